/* What a TLS 1.2 connection tells of itself at every point of its handshakes, full and resumed. */
#include "harness.h"

static int keylog_lines;
static char keylog_label[64];

static void keylog_cb(const SSL *ssl, const char *line)
{
    (void)ssl;
    keylog_lines++;
    snprintf(keylog_label, sizeof keylog_label, "%.*s", (int)strcspn(line, " "), line);
}

/* With an observer libcarnet puts each message into a record of its own, as libssl always does. */
static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)sent, (void)version, (void)type, (void)bytes, (void)len, (void)ssl, (void)arg;
}

static const char *suite(const SSL_CIPHER *cipher)
{
    return cipher ? SSL_CIPHER_get_name(cipher) : "none";
}

static void show_point(SSL *ssl, const char *who)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    show("%s: %s, %s, %s, init %d finished %d before %d want %d", who, SSL_get_version(ssl), SSL_state_string(ssl),
         SSL_state_string_long(ssl), SSL_in_init(ssl), SSL_is_init_finished(ssl), SSL_in_before(ssl), SSL_want(ssl));
    show("   suite %s, pending %s, reused %d, EMS %ld, RI %ld, finished %zu %zu", suite(SSL_get_current_cipher(ssl)),
         suite(SSL_get_pending_cipher(ssl)), SSL_session_reused(ssl), SSL_get_extms_support(ssl),
         SSL_get_secure_renegotiation_support(ssl), SSL_get_finished(ssl, NULL, 0),
         SSL_get_peer_finished(ssl, NULL, 0));
    show("   session: %s", session ? "there" : "none");
}

/* One end gets a byte at a time; what it tells is shown when it changes. */
static int trickle(SSL *to, SSL *from, const char *who)
{
    unsigned char bytes[8192];
    char before[128] = "", now[128];
    size_t len = take(from, bytes, sizeof bytes);
    int r = -1;
    for (size_t i = 0; i < len; i++) {
        put(to, bytes + i, 1);
        r = SSL_do_handshake(to);
        snprintf(now, sizeof now, "%s, %s, suite %s, pending %s", SSL_get_version(to), SSL_state_string(to),
                 suite(SSL_get_current_cipher(to)), suite(SSL_get_pending_cipher(to)));
        if (strcmp(now, before))
            show("   %s: %s", who, now);
        memcpy(before, now, sizeof now);
        if (r == 1 && i + 1 < len)
            show("   %s is done before the last byte", who);
    }
    show("%s: %s", who, outcome(to, r));
    return r;
}

static void show_key(SSL *ssl, const char *who)
{
    EVP_PKEY *key = NULL;
    int digest = 0, type = 0, peer_digest = 0, peer_type = 0;
    long got = SSL_get_server_tmp_key(ssl, &key);
    show("%s: server's key %ld type %d bits %d", who, got, key ? EVP_PKEY_get_base_id(key) : 0,
         key ? EVP_PKEY_get_bits(key) : 0);
    EVP_PKEY_free(key);
    show("   signed %d, digest %d, type %d %d", (int)SSL_get_signature_nid(ssl, &digest), digest,
         SSL_get_signature_type_nid(ssl, &type), type);
    show("   peer signed %d, digest %d, type %d %d", (int)SSL_get_peer_signature_nid(ssl, &peer_digest), peer_digest,
         SSL_get_peer_signature_type_nid(ssl, &peer_type), peer_type);
    show("   group %ld, shared %ld, bits %d", (long)SSL_get_negotiated_group(ssl), (long)SSL_get_shared_group(ssl, 0),
         SSL_get_cipher_bits(ssl, NULL));
    char ciphers[1000] = "";
    const char *shared = SSL_get_shared_ciphers(ssl, ciphers, sizeof ciphers);
    show("   peer's groups %d, schemes %d, shared schemes %d, suites %d", (long)SSL_get1_groups(ssl, NULL) > 0,
         SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL) > 0,
         SSL_get_shared_sigalgs(ssl, 0, NULL, NULL, NULL, NULL, NULL) > 0, shared != NULL);
    ERR_clear_error();
}

static int same_export(struct pair *pair, const char *label, const char *context, size_t context_len, int use,
                       unsigned char *out)
{
    unsigned char other[40];
    int a = SSL_export_keying_material(pair->client, out, 40, label, strlen(label), (const unsigned char *)context,
                                       context_len, use);
    int b = SSL_export_keying_material(pair->server, other, 40, label, strlen(label), (const unsigned char *)context,
                                       context_len, use);
    return a == 1 && b == 1 && !memcmp(out, other, 40);
}

static void exporters(struct pair *pair)
{
    unsigned char none[40], empty[40], some[40];
    ok(same_export(pair, "EXPERIMENTAL c-tests", NULL, 0, 0, none), "exporter, no context");
    ok(same_export(pair, "EXPERIMENTAL c-tests", "", 0, 1, empty), "exporter, an empty context");
    ok(same_export(pair, "EXPERIMENTAL c-tests", "abc", 3, 1, some), "exporter, a context");
    show("no context is an empty one: %d; a context matters: %d", !memcmp(none, empty, 40),
         memcmp(empty, some, 40) != 0);
    for (size_t i = 0; i < 4; i++) {
        static const char *const labels[] = {"client finished", "server finished", "master secret", "key expansion"};
        int r = SSL_export_keying_material(pair->client, none, 40, labels[i], strlen(labels[i]), NULL, 0, 0);
        show("exporter '%s': %d (%s)", labels[i], r, reason());
    }
}

static void finished(struct pair *pair)
{
    unsigned char sent[64], got[64];
    size_t n = SSL_get_finished(pair->client, sent, sizeof sent);
    size_t m = SSL_get_peer_finished(pair->server, got, sizeof got);
    ok(n == m && n > 0 && !memcmp(sent, got, n), "the client's Finished is the same on both sides");
    show("   %zu bytes", n);
    n = SSL_get_finished(pair->server, sent, sizeof sent);
    m = SSL_get_peer_finished(pair->client, got, sizeof got);
    ok(n == m && n > 0 && !memcmp(sent, got, n), "the server's Finished is the same on both sides");
}

static void data(struct pair *pair)
{
    char text[16] = "";
    ok(SSL_write(pair->client, "some data", 9) == 9, "written");
    carry(pair->client, pair->server);
    show("has pending %d, pending %d", SSL_has_pending(pair->server), SSL_pending(pair->server));
    is(SSL_peek(pair->server, text, 4), 4, "peek");
    show("has pending %d, pending %d", SSL_has_pending(pair->server), SSL_pending(pair->server));
    is(SSL_read(pair->server, text, 5), 5, "read");
    is(SSL_pending(pair->server), 4, "left");
    is(SSL_read(pair->server, text, sizeof text), 4, "the rest");
    int r = SSL_read(pair->server, text, sizeof text);
    show("nothing left: %s", outcome(pair->server, r));
    is(SSL_write(pair->server, "", 0), 0, "a write of nothing");
    ERR_clear_error();
    r = SSL_new_session_ticket(pair->server);
    show("new ticket %d (%s)", r, reason());
    r = SSL_key_update(pair->client, SSL_KEY_UPDATE_REQUESTED);
    show("key update %d (%s)", r, reason());
    r = SSL_verify_client_post_handshake(pair->server);
    show("certificate request %d (%s)", r, reason());
    show("do_handshake again: %d %d", SSL_do_handshake(pair->client), SSL_do_handshake(pair->server));
}

static void closing(struct pair *pair)
{
    char byte;
    show("shutdown: client %d", SSL_shutdown(pair->client));
    carry(pair->client, pair->server);
    int r = SSL_read(pair->server, &byte, 1);
    show("server reads %s, shutdown state %d", outcome(pair->server, r), SSL_get_shutdown(pair->server));
    is(SSL_write(pair->server, "late", 4), 4, "the other half is open");
    carry(pair->server, pair->client);
    is(SSL_read(pair->client, &byte, 1), 1, "and its data arrives");
    r = SSL_shutdown(pair->server);
    show("shutdown: server %d", r);
    carry(pair->server, pair->client);
    while ((r = SSL_read(pair->client, &byte, 1)) > 0)
        ;
    show("client reads %s, shutdown state %d", outcome(pair->client, r), SSL_get_shutdown(pair->client));
    r = SSL_write(pair->client, "x", 1);
    show("client writes %s", outcome(pair->client, r));
}

static SSL_SESSION *connection(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *offered, const char *what)
{
    struct pair pair = join_memory(client, server);
    SSL_SESSION *session;
    section("%s, %s", tls_name(), what);
    keylog_lines = 0;
    if (offered)
        SSL_set_session(pair.client, offered);
    show_point(pair.client, "client");
    show_point(pair.server, "server");
    show("client: %s", outcome(pair.client, SSL_do_handshake(pair.client)));
    show_point(pair.client, "client");
    for (int i = 0; i < 2; i++) {
        trickle(pair.server, pair.client, "server");
        show_point(pair.server, "server");
        trickle(pair.client, pair.server, "client");
        show_point(pair.client, "client");
    }
    trickle(pair.server, pair.client, "server");
    show_point(pair.server, "server");
    show("key log: %d lines, the last %s", keylog_lines, keylog_label);
    show_key(pair.client, "client");
    show_key(pair.server, "server");
    finished(&pair);
    exporters(&pair);
    data(&pair);
    closing(&pair);
    session = SSL_get1_session(pair.client);
    part(&pair);
    return session;
}

/* Each kind of key signs for its suites, and each group goes with each. */
static void kinds(void)
{
    static const struct {
        enum key_kind kind;
        const char *name;
    } keys[] = {{KEY_P256, "P-256"}, {KEY_P384, "P-384"}, {KEY_ED25519, "Ed25519"}, {KEY_RSA, "RSA"}};
    static const char *const groups[] = {"X25519", "P-256", "P-384"};
    section("%s, keys and groups", tls_name());
    for (size_t k = 0; k < 4; k++) {
        struct identity id = identity_new("server.example", keys[k].kind, authority());
        for (size_t g = 0; g < 3; g++) {
            char list[64];
            SSL_CTX *client = new_client(), *server = new_server();
            use_identity(server, &id);
            if (keys[k].kind == KEY_RSA || keys[k].kind == KEY_ED25519) {
                /* the harness's P-256 certificate must not be chosen */
                SSL_CTX_set1_sigalgs_list(client, keys[k].kind == KEY_RSA ? "RSA-PSS+SHA256:RSA+SHA256" : "ed25519");
            }
            snprintf(list, sizeof list, "%s:P-256:P-384", groups[g]);
            SSL_CTX_set1_groups_list(client, g == 0 ? "X25519:P-256:P-384" : g == 1 ? "P-256:P-384" : "P-384:P-256");
            SSL_CTX_set1_groups_list(server, groups[g]);
            struct pair pair = join(client, server);
            if (show_shake(&pair, keys[k].name)) {
                show("%s with %s: %s", keys[k].name, groups[g], suite(SSL_get_current_cipher(pair.client)));
                show_key(pair.client, "client");
            }
            part(&pair);
            SSL_CTX_free(client);
            SSL_CTX_free(server);
        }
        identity_free(&id);
    }
}

int main(void)
{
    SSL_CTX *client, *server;
    tls = TLS1_2_VERSION;
    client = new_client();
    server = new_server();
    SSL_CTX_set_keylog_callback(client, keylog_cb);
    SSL_CTX_set_msg_callback(client, message_cb);
    SSL_CTX_set_msg_callback(server, message_cb);
    SSL_SESSION *session = connection(client, server, NULL, "in full");
    SSL_SESSION *next = connection(client, server, session, "resumed");
    SSL_SESSION_free(next);
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_SESSION_free(session);
    session = connection(client, server, NULL, "in full, without tickets");
    next = connection(client, server, session, "resumed by its id");
    SSL_SESSION_free(next);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    kinds();
    return finish();
}
