/* SSL_CTX_set_psk_client_callback(3), SSL_CTX_set_psk_server_callback(3): made for TLS 1.2, and asked in TLS 1.3, too. */
#include "harness.h"

static char identity[300] = "Client_identity";
static unsigned char key[600] = "sixteen bytes or";
static unsigned client_key_len, server_key_len;
static int client_calls, server_calls, find_calls, use_calls;
static enum { NONE, GIVES } new_style;

static unsigned client_cb(SSL *ssl, const char *hint, char *id, unsigned id_room, unsigned char *psk, unsigned room)
{
    int empty = 1;
    for (unsigned i = 0; i < id_room; i++)
        empty &= id[i] == 0;
    client_calls++;
    show("   client: server %d, hint %d, room for an identity of %u, empty %d, for a key of %u", SSL_is_server(ssl),
         hint != NULL, id_room, empty, room);
    memcpy(id, identity, strlen(identity) < id_room ? strlen(identity) : id_room);
    memcpy(psk, key, client_key_len < room ? client_key_len : room);
    return client_key_len;
}

static unsigned server_cb(SSL *ssl, const char *id, unsigned char *psk, unsigned room)
{
    int ours = !strncmp(id, identity, strlen(id));
    server_calls++;
    show("   server: server %d, %s of %zu bytes, room for a key of %u", SSL_is_server(ssl),
         ours ? "our identity" : "another identity", ours ? strlen(id) : 0, room);
    if (!ours)
        return 0;
    memcpy(psk, key, server_key_len < room ? server_key_len : room);
    return server_key_len;
}

static SSL_SESSION *psk_new(void)
{
    static const unsigned char suite[2] = {0x13, 0x01};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(session, key, 16);
    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite));
    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return session;
}

static int find_cb(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **session)
{
    (void)ssl, (void)id;
    find_calls++;
    show("   find: %zu bytes", len);
    *session = new_style == GIVES ? psk_new() : NULL;
    return 1;
}

static int use_cb(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **session)
{
    (void)ssl, (void)md;
    use_calls++;
    show("   use");
    *id = (const unsigned char *)identity;
    *len = strlen(identity);
    *session = new_style == GIVES ? psk_new() : NULL;
    return 1;
}

static SSL_CTX *client, *server;

static void contexts(unsigned client_len, unsigned server_len)
{
    client = new_client();
    server = new_server();
    client_key_len = client_len;
    server_key_len = server_len;
    SSL_CTX_set_psk_client_callback(client, client_cb);
    SSL_CTX_set_psk_server_callback(server, server_cb);
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
}

static void go(const char *what)
{
    client_calls = server_calls = find_calls = use_calls = 0;
    show("%s", what);
    struct pair pair = join(client, server);
    int good = show_shake(&pair, "   handshake");
    if (good) {
        SSL_SESSION *s = SSL_get_session(pair.server);
        show("   reused %d %d, %s, peer %s, secrets of %zu and %zu bytes, timeout %ld", SSL_session_reused(pair.client),
             SSL_session_reused(pair.server), SSL_get_cipher_name(pair.client), peer_name(pair.client),
             SSL_SESSION_get_master_key(SSL_get_session(pair.client), NULL, 0), SSL_SESSION_get_master_key(s, NULL, 0),
             SSL_SESSION_get_timeout(s));
        show("   identity %d %d, hint %d %d", SSL_get_psk_identity(pair.client) != NULL,
             SSL_get_psk_identity(pair.server) != NULL, SSL_get_psk_identity_hint(pair.client) != NULL,
             SSL_get_psk_identity_hint(pair.server) != NULL);
        ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "more"), "data");
    }
    settle(&pair);
    show("   client's callback ran %d times, server's %d, use %d, find %d", client_calls, server_calls, use_calls,
         find_calls);
    SSL_shutdown(pair.client);
    part(&pair);
}

static void done(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void keys(void)
{
    static const struct {
        unsigned client, server;
        const char *what;
    } cases[] = {
        {16, 16, "16 bytes"},        {1, 1, "1 byte"},
        {512, 512, "512 bytes"},     {0, 16, "the client has none"},
        {16, 0, "the server has none"}, {16, 15, "the server has another"},
        {513, 16, "the client's is too long"}, {16, 513, "the server's is too long"},
    };
    section("keys");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        contexts(cases[i].client, cases[i].server);
        go(cases[i].what);
        done();
    }
}

static void identities(void)
{
    static const size_t lengths[] = {1, 128, 255, 256};
    section("identities");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(identity, 0, sizeof identity);
        memset(identity, 'i', lengths[i]);
        contexts(16, 16);
        go("one letter many times");
        done();
    }
    /* libssl takes it for a lack of memory */
    memset(identity, 0, sizeof identity);
    contexts(16, 16);
    struct pair pair = join(client, server);
    is(shake(&pair), 0, "no identity, no handshake");
    part(&pair);
    done();
    strcpy(identity, "Client_identity");
}

static void suites(void)
{
    section("suites");
    if (knows_another_hash()) {
        contexts(16, 16);
        SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
        go("both hashes");
        SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
        go("SHA-384 only");
        done();
    }
    contexts(16, 16);
    SSL_CTX_free(server);
    server = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_psk_server_callback(server, server_cb);
    go("no certificate");
    SSL_CTX_set_ciphersuites(client, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
    go("no certificate, ChaCha20-Poly1305 before AES-128");
    SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
    go("no certificate, SHA-384 only");
    done();
    contexts(16, 16);
    SSL_CTX_set1_groups_list(client, "P-256:X25519");
    SSL_CTX_set1_groups_list(server, "X25519");
    go("after a HelloRetryRequest");
    done();
}

static void both_styles(void)
{
    section("with the callbacks for TLS 1.3");
    contexts(16, 16);
    SSL_CTX_set_psk_use_session_callback(client, use_cb);
    SSL_CTX_set_psk_find_session_callback(server, find_cb);
    new_style = NONE;
    go("which have none");
    new_style = GIVES;
    go("which have one");
    done();
}

static void on_the_ssl(void)
{
    section("set on the SSL");
    contexts(16, 16);
    SSL_CTX_set_psk_client_callback(client, NULL);
    SSL_CTX_set_psk_server_callback(server, NULL);
    struct pair pair = join(client, server);
    SSL_set_psk_client_callback(pair.client, client_cb);
    SSL_set_psk_server_callback(pair.server, server_cb);
    show_shake(&pair, "handshake");
    show("reused %d %d", SSL_session_reused(pair.client), SSL_session_reused(pair.server));
    part(&pair);
    done();
}

static void hints(void)
{
    char longest[300];
    SSL_CTX *ctx = new_server();
    SSL *ssl = SSL_new(ctx);
    section("the hint, which is for TLS 1.2");
    memset(longest, 'h', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    is(SSL_CTX_use_psk_identity_hint(ctx, "hint"), 1, "a hint");
    is(SSL_CTX_use_psk_identity_hint(ctx, NULL), 1, "none");
    is(SSL_CTX_use_psk_identity_hint(ctx, longest), 0, "too long");
    show("%s", reason());
    is(SSL_use_psk_identity_hint(ssl, "hint"), 1, "a hint for the SSL");
    is(SSL_use_psk_identity_hint(ssl, NULL), 1, "none for the SSL");
    is(SSL_use_psk_identity_hint(ssl, longest), 0, "too long for the SSL");
    show("%s", reason());
    longest[256] = 0;
    is(SSL_use_psk_identity_hint(ssl, longest), 1, "256 bytes");
    ok(SSL_get_psk_identity_hint(ssl) == NULL, "nobody has sent one");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    keys();
    identities();
    suites();
    both_styles();
    on_the_ssl();
    hints();
    return finish();
}
