/* SSL_read_early_data(3) under an external PSK (SSL_CTX_set_psk_use_session_callback(3)). TLS 1.3. */
#include "harness.h"

static SSL_CTX *client, *server;
static SSL_SESSION *ours, *theirs; /* the PSK as client and server have it; NULL for none */

static SSL_SESSION *psk_new(uint32_t max_early_data)
{
    static const unsigned char key[32] = "an external pre-shared key, 32 b", suite[2] = {0x13, 0x02};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(session, key, sizeof key);
    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite));
    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
    SSL_SESSION_set_max_early_data(session, max_early_data);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return session;
}

static int give(SSL_SESSION *psk, SSL_SESSION **session)
{
    if (psk)
        SSL_SESSION_up_ref(psk);
    *session = psk;
    return 1;
}

static int find_cb(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **session)
{
    (void)ssl, (void)id;
    return give(len == 8 ? theirs : NULL, session);
}

static int use_cb(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **session)
{
    (void)ssl, (void)md;
    *id = (const unsigned char *)"identity";
    *len = 8;
    return give(ours, session);
}

static int select_cb(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen,
                     void *arg)
{
    (void)ssl, (void)inlen, (void)arg;
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static void contexts(uint32_t client_limit, uint32_t server_limit)
{
    client = new_client();
    server = new_server();
    ours = psk_new(client_limit);
    theirs = psk_new(server_limit);
    SSL_CTX_set_max_early_data(server, 1000);
    SSL_CTX_set_psk_find_session_callback(server, find_cb);
    SSL_CTX_set_psk_use_session_callback(client, use_cb);
}

static void done(void)
{
    SSL_SESSION_free(ours);
    SSL_SESSION_free(theirs);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void go_on(struct pair *pair, const char *what)
{
    char got[300];
    size_t n = 0, all = 0;
    int result = SSL_write_early_data(pair->client, "early", 5, &n);
    show("%s: wrote %d, %s", what, result, result == 1 ? "no error" : outcome(pair->client, result));
    show("   allowed %u", SSL_get_max_early_data(pair->client));
    while ((result = SSL_read_early_data(pair->server, got + all, 2, &n)) == SSL_READ_EARLY_DATA_SUCCESS)
        all += n;
    show("   server: %s \"%.*s\"", result ? "FINISH" : outcome(pair->server, 0), (int)all, got);
    int good = show_shake(pair, "   handshake");
    show("   reused %d %d, early data %d %d", SSL_session_reused(pair->client), SSL_session_reused(pair->server),
         SSL_get_early_data_status(pair->client), SSL_get_early_data_status(pair->server));
    if (good)
        ok(say(pair->client, pair->server, "data") && say(pair->server, pair->client, "more"), "data");
    settle(pair);
    ERR_clear_error();
    part(pair);
}

static void go(const char *what)
{
    struct pair pair = join(client, server);
    go_on(&pair, what);
}

static void limits(void)
{
    section("limits");
    contexts(100, 100);
    go("allowed");
    go("again: nobody remembers");
    SSL_CTX_set_max_early_data(server, 0);
    go("the server allows none");
    done();
    contexts(100, 4);
    go("the server's PSK allows four bytes");
    done();
    contexts(4, 100);
    go("the client's PSK allows four bytes");
    done();
    contexts(100, 100);
    SSL_SESSION_free(theirs);
    theirs = NULL;
    go("the server has none");
    done();
    contexts(100, 100);
    SSL_CTX_set1_groups_list(client, "P-256:X25519");
    SSL_CTX_set1_groups_list(server, "X25519");
    go("a HelloRetryRequest");
    done();
}

static void names(void)
{
    static const unsigned char protocols[] = "\3one\3two";
    section("names and protocols");
    contexts(100, 100);
    SSL_SESSION_set1_alpn_selected(ours, (const unsigned char *)"one", 3);
    SSL_SESSION_set1_alpn_selected(theirs, (const unsigned char *)"one", 3);
    SSL_CTX_set_alpn_select_cb(server, select_cb, NULL);
    go("the client offers no protocol");
    SSL_CTX_set_alpn_protos(client, protocols, 8);
    go("the client offers the PSK's");
    SSL_SESSION_set1_alpn_selected(theirs, (const unsigned char *)"two", 3);
    go("the server's PSK has another");
    SSL_SESSION_set1_alpn_selected(ours, (const unsigned char *)"six", 3);
    go("the client does not offer the PSK's");
    done();
    contexts(100, 100);
    SSL_SESSION_set1_hostname(ours, "one.example");
    struct pair pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "one.example");
    go_on(&pair, "the PSK's server");
    pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "two.example");
    go_on(&pair, "another server");
    done();
}

static void tickets(void)
{
    section("with a ticket");
    contexts(100, 100);
    SSL_CTX_set_psk_use_session_callback(client, NULL);
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_CTX_set_psk_use_session_callback(client, use_cb);
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, session);
    go_on(&pair, "both allow it");
    SSL_SESSION_free(session);
    done();
}

int main(void)
{
    limits();
    names();
    tickets();
    return finish();
}
