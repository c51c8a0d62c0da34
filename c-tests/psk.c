/* SSL_CTX_set_psk_find_session_callback(3), SSL_CTX_set_psk_use_session_callback(3): external PSKs. TLS 1.3. */
#include "harness.h"

static SSL_SESSION *psk;
static int find_result, find_calls, use_result, use_calls, generated, received;

static SSL_SESSION *psk_new(unsigned id)
{
    static const unsigned char key[32] = "an external pre-shared key, 32 b";
    unsigned char suite[2] = {(unsigned char)(id >> 8), (unsigned char)id};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(session, key, sizeof key);
    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite));
    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return session;
}

static int find_cb(SSL *ssl, const unsigned char *identity, size_t len, SSL_SESSION **session)
{
    (void)ssl;
    find_calls++;
    *session = NULL;
    if (len != 8 || memcmp(identity, "identity", 8))
        return 1;
    if (find_result == 1) {
        SSL_SESSION_up_ref(psk);
        *session = psk;
    }
    return find_result != 0;
}

static int use_cb(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **session)
{
    (void)ssl, (void)md;
    use_calls++;
    *id = (const unsigned char *)"identity";
    *len = 8;
    *session = NULL;
    if (use_result == 1) {
        SSL_SESSION_up_ref(psk);
        *session = psk;
    }
    return use_result != 0;
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    generated++;
    return 1;
}

static int received_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    received++;
    return 0;
}

/* find and use: 0 an error, 1 a PSK, 2 none */
static void try(const char *what, unsigned suite, int find, int use, int with_certificate)
{
    SSL_CTX *client = new_client(), *server = with_certificate ? new_server() : SSL_CTX_new(TLS_server_method());
    psk = psk_new(suite);
    find_result = find;
    use_result = use;
    find_calls = use_calls = generated = received = 0;
    SSL_CTX_set_psk_find_session_callback(server, find_cb);
    SSL_CTX_set_psk_use_session_callback(client, use_cb);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, NULL);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, received_cb);
    struct pair pair = join(client, server);
    int done = show_shake(&pair, what);
    settle(&pair);
    show("   find ran %d times, use %d; reused %d %d; peer %s; tickets generated %d, received %d", find_calls,
         use_calls, SSL_session_reused(pair.client), SSL_session_reused(pair.server), peer_name(pair.client), generated,
         received);
    if (done) {
        SSL_SESSION *session = SSL_get1_session(pair.client);
        show("   cipher %s, resumable %d", SSL_get_cipher_name(pair.client), SSL_SESSION_is_resumable(session));
        SSL_shutdown(pair.client);
        part(&pair);
        if (SSL_SESSION_has_ticket(session)) {
            use_result = 2;
            pair = join(client, server);
            SSL_set_session(pair.client, session);
            show_shake(&pair, "   the ticket that came");
            show("   reused %d", SSL_session_reused(pair.client));
            part(&pair);
        }
        SSL_SESSION_free(session);
    } else {
        part(&pair);
    }
    SSL_SESSION_free(psk);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    section("external PSKs");
    try("both sides have it", 0x1301, 1, 1, 1);
    try("both sides have it, SHA-384", 0x1302, 1, 1, 1);
    try("without a certificate", 0x1301, 1, 1, 0);
    try("the server has none", 0x1301, 2, 1, 1);
    try("the client has none", 0x1301, 1, 2, 1);
    try("the server's callback fails", 0x1301, 0, 1, 1);
    try("the client's callback fails", 0x1301, 1, 0, 1);
    ok(1, "ran");
    return finish();
}
