/* What SSL_SESSION's setters take and its getters give back, beyond session_fields: SSL_SESSION_set_cipher(3),
 * SSL_SESSION_print(3), SSL_SESSION_dup(3), SSL_SESSION_set1_ticket_appdata(3), odd arguments. */
#include "harness.h"

static void print(SSL_SESSION *session)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    is(SSL_SESSION_print(bio, session), 1, "SSL_SESSION_print");
    long len = BIO_get_mem_data(bio, &text);
    show("%.*s", (int)len, text ? text : "");
    (void)BIO_reset(bio);
    show("SSL_SESSION_print_keylog: %d", SSL_SESSION_print_keylog(bio, session));
    len = BIO_get_mem_data(bio, &text);
    show("%.*s", (int)len, text ? text : "");
    BIO_free(bio);
}

static const SSL_CIPHER *cipher(SSL *ssl, const char *name)
{
    STACK_OF(SSL_CIPHER) *all = SSL_get_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++)
        if (!strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)), name))
            return sk_SSL_CIPHER_value(all, i);
    return NULL;
}

static SSL_SESSION *filled(SSL *ssl, int version, const char *suite)
{
    unsigned char bytes[48];
    SSL_SESSION *session = SSL_SESSION_new();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    SSL_SESSION_set_time(session, 1234567890);
    SSL_SESSION_set_timeout(session, 4321);
    SSL_SESSION_set_protocol_version(session, version);
    SSL_SESSION_set_cipher(session, cipher(ssl, suite));
    SSL_SESSION_set1_id(session, bytes, 32);
    SSL_SESSION_set1_id_context(session, (const unsigned char *)"context", 7);
    SSL_SESSION_set1_master_key(session, bytes, sizeof bytes);
    SSL_SESSION_set1_hostname(session, "host.example");
    SSL_SESSION_set1_alpn_selected(session, (const unsigned char *)"h2", 2);
    SSL_SESSION_set1_ticket_appdata(session, "appdata", 7);
    SSL_SESSION_set_max_early_data(session, 77);
    return session;
}

static void printing(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session;
    section("print, empty");
    session = SSL_SESSION_new();
    SSL_SESSION_set_time(session, 0);
    print(session);
    SSL_SESSION_set_timeout(session, 0);
    print(session);
    SSL_SESSION_free(session);
    section("print, TLS 1.3");
    session = filled(ssl, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
    print(session);
    SSL_SESSION_free(session);
    section("print, TLS 1.2");
    session = filled(ssl, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256");
    print(session);
    SSL_SESSION_set1_master_key(session, NULL, 0);
    print(session);
    SSL_SESSION_free(session);
    section("print, other versions");
    session = filled(ssl, TLS1_1_VERSION, "ECDHE-RSA-CHACHA20-POLY1305");
    print(session);
    SSL_SESSION_set_protocol_version(session, DTLS1_2_VERSION);
    print(session);
    SSL_SESSION_set_protocol_version(session, 0x1234);
    SSL_SESSION_set1_id(session, NULL, 0);
    print(session);
    SSL_SESSION_free(session);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void compare(const SSL_SESSION *a, const SSL_SESSION *b, const char *what)
{
    unsigned char keys[2][64];
    const unsigned char *bytes[2];
    unsigned lens[2];
    size_t sizes[2];
    void *data[2];
    const char *names[2] = {SSL_SESSION_get0_hostname(a), SSL_SESSION_get0_hostname(b)};
    section("%s", what);
    bytes[0] = SSL_SESSION_get_id(a, &lens[0]), bytes[1] = SSL_SESSION_get_id(b, &lens[1]);
    ok(lens[0] == lens[1] && bytes[0] != bytes[1] && !memcmp(bytes[0], bytes[1], lens[0]), "id");
    bytes[0] = SSL_SESSION_get0_id_context(a, &lens[0]), bytes[1] = SSL_SESSION_get0_id_context(b, &lens[1]);
    ok(lens[0] == lens[1] && bytes[0] != bytes[1] && !memcmp(bytes[0], bytes[1], lens[0]), "id context");
    sizes[0] = SSL_SESSION_get_master_key(a, keys[0], 64), sizes[1] = SSL_SESSION_get_master_key(b, keys[1], 64);
    ok(sizes[0] == sizes[1] && !memcmp(keys[0], keys[1], sizes[0]), "master key");
    ok(names[0] && names[1] && names[0] != names[1] && !strcmp(names[0], names[1]), "host name");
    SSL_SESSION_get0_alpn_selected(a, &bytes[0], &sizes[0]);
    SSL_SESSION_get0_alpn_selected(b, &bytes[1], &sizes[1]);
    ok(sizes[0] == sizes[1] && !memcmp(bytes[0], bytes[1], sizes[0]), "ALPN");
    is(SSL_SESSION_get0_ticket_appdata((SSL_SESSION *)a, &data[0], &sizes[0]), 1, "appdata");
    is(SSL_SESSION_get0_ticket_appdata((SSL_SESSION *)b, &data[1], &sizes[1]), 1, "appdata");
    ok(sizes[0] == sizes[1] && !memcmp(data[0], data[1], sizes[0]), "the same");
    ok(SSL_SESSION_get_time(a) == SSL_SESSION_get_time(b) && SSL_SESSION_get_timeout(a) == SSL_SESSION_get_timeout(b),
       "times");
    ok(SSL_SESSION_get0_cipher(a) == SSL_SESSION_get0_cipher(b) && SSL_SESSION_get0_cipher(a), "cipher");
    ok(SSL_SESSION_get_protocol_version(a) == SSL_SESSION_get_protocol_version(b), "protocol");
    ok(SSL_SESSION_get_max_early_data(a) == SSL_SESSION_get_max_early_data(b), "early data");
    show("resumable %d, %d", SSL_SESSION_is_resumable(a), SSL_SESSION_is_resumable(b));
}

static void copies(void)
{
    SSL_CTX *ctx = new_server();
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = filled(ssl, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384"), *copy = SSL_SESSION_dup(session);
    compare(session, copy, "a copy");
    SSL_SESSION_free(copy);
    SSL_CTX_add_session(ctx, session);
    copy = SSL_SESSION_dup(session);
    SSL_SESSION_set_timeout(copy, 1);
    show("a copy of a cached session is not in the cache: flush leaves %ld",
         (SSL_CTX_flush_sessions(ctx, 1234567893), SSL_CTX_sess_number(ctx)));
    show("SSL_CTX_add_session of the copy: %d, number %ld", SSL_CTX_add_session(ctx, copy), SSL_CTX_sess_number(ctx));
    SSL_CTX_remove_session(ctx, copy);
    show("removed: original resumable %d, copy %d", SSL_SESSION_is_resumable(session), SSL_SESSION_is_resumable(copy));
    SSL_SESSION *third = SSL_SESSION_dup(copy);
    show("a copy of that: resumable %d", SSL_SESSION_is_resumable(third));
    SSL_SESSION_free(third);
    SSL_SESSION_free(copy);
    SSL_SESSION_free(session);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void odd(void)
{
    SSL_SESSION *session = SSL_SESSION_new();
    unsigned char out[8];
    unsigned len = 9;
    void *data = NULL;
    size_t size = 9;
    static const int versions[] = {0, 1, SSL3_VERSION, TLS1_VERSION, TLS1_3_VERSION, 0x0305, 0xffff};
    section("odd arguments");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        show("version %x: set %d, get %x", (unsigned)versions[i],
             SSL_SESSION_set_protocol_version(session, versions[i]), (unsigned)SSL_SESSION_get_protocol_version(session));
    is(SSL_SESSION_set_cipher(session, NULL), 1, "no cipher");
    ok(SSL_SESSION_get0_cipher(session) == NULL, "is none");
    is(SSL_SESSION_set1_id(session, (const unsigned char *)"", 0), 1, "an empty id");
    ok(SSL_SESSION_get_id(session, NULL) != NULL, "its address without its length");
    ok(SSL_SESSION_get_id(session, &len) != NULL && len == 0, "and with it");
    is((long)SSL_SESSION_get_master_key(session, out, sizeof out), 0, "no master key");
    is(SSL_SESSION_set1_master_key(session, (const unsigned char *)"0123456789", 10), 1, "a short one");
    is((long)SSL_SESSION_get_master_key(session, out, sizeof out), 8, "a part of it");
    is((long)SSL_SESSION_get_master_key(session, NULL, 0), 10, "its length");
    is(SSL_SESSION_set_max_early_data(session, 0xffffffff), 1, "all early data");
    show("%u", SSL_SESSION_get_max_early_data(session));
    show("no appdata: %d, %d, %zu", SSL_SESSION_get0_ticket_appdata(session, &data, &size), data != NULL, size);
    is(SSL_SESSION_set1_ticket_appdata(session, "x", 1), 1, "appdata");
    is(SSL_SESSION_set1_ticket_appdata(session, NULL, 0), 1, "none again");
    size = 9;
    show("get: %d, %d, %zu", SSL_SESSION_get0_ticket_appdata(session, &data, &size), data != NULL, size);
    is(SSL_SESSION_set1_hostname(session, ""), 1, "an empty host name");
    is_text(SSL_SESSION_get0_hostname(session), "", "is kept");
    is(SSL_SESSION_set1_alpn_selected(session, (const unsigned char *)"x", 0), 1, "an empty ALPN");
    is(SSL_SESSION_set_time(session, 0), 0, "time 0");
    is(SSL_SESSION_set_timeout(session, 0), 1, "timeout 0");
    show("time %ld, timeout %ld, compression %u, hint %lu, fragment %u", SSL_SESSION_get_time(session),
         SSL_SESSION_get_timeout(session), SSL_SESSION_get_compress_id(session),
         SSL_SESSION_get_ticket_lifetime_hint(session), SSL_SESSION_get_max_fragment_length(session));
    show("%s", reason());
    SSL_SESSION_free(session);
}

/* SSL_SESSION_get0_peer(3) */
static void peers(void)
{
    section("peer");
    SSL_CTX *client = new_client(), *server = new_server();
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    use_identity(client, client_identity());
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        SSL_CTX_set_min_proto_version(client, 0);
        SSL_CTX_set_min_proto_version(server, 0);
        SSL_CTX_set_max_proto_version(client, tls);
        SSL_CTX_set_max_proto_version(server, tls);
        struct pair pair = join(client, server);
        shake(&pair);
        settle(&pair);
        SSL_SESSION *session = SSL_get_session(pair.server), *copy = SSL_SESSION_dup(session);
        X509 *peer = SSL_SESSION_get0_peer(session);
        ok(peer != NULL && peer == SSL_SESSION_get0_peer(session), "%s: the same address twice", tls_name());
        ok(X509_cmp(peer, SSL_SESSION_get0_peer(copy)) == 0, "%s: the copy has it, too", tls_name());
        ok(X509_cmp(peer, client_identity()->cert) == 0, "%s: it is the client's", tls_name());
        part(&pair);
        SSL_SESSION_free(copy);
    }
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    printing();
    copies();
    odd();
    peers();
    return finish();
}
