/* X509 has ex_data, too: what the application's function for the end of a certificate asks of the connection that the
 * certificate belonged to. */
#include "harness.h"

static int index_of_x509, ended;
static SSL *owner;

static void free_x509(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (ptr == NULL || owner == NULL)
        return;
    ended++;
    SSL_get_verify_result(owner);
    SSL_get_peer_cert_chain(owner);
    SSL_SESSION *session = SSL_get1_session(owner);
    if (session)
        SSL_SESSION_get0_peer(session);
    SSL_SESSION_free(session);
}

static int mark(int good, X509_STORE_CTX *store)
{
    (void)good;
    X509_set_ex_data(X509_STORE_CTX_get_current_cert(store), index_of_x509, "marked");
    return 1;
}

/* TLS 1.3: each certificate that the client is asked for takes the place of the one before. */
static void replaced(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, a client shows its certificate again", tls_name());
    use_identity(client, client_identity());
    SSL_CTX_set_post_handshake_auth(client, 1);
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, mark);
    struct pair pair = join(client, server);
    show_shake(&pair, "handshake");
    owner = pair.server;
    for (int i = 0; i < 3; i++) {
        SSL_get_session(pair.server);
        is(SSL_verify_client_post_handshake(pair.server), 1, "asked for");
        SSL_do_handshake(pair.server);
        settle(&pair);
        is_text(peer_name(pair.server), "client.example", "and shown");
        SSL_get_peer_cert_chain(pair.server);
    }
    owner = NULL;
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void cleared(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, a connection is cleared", tls_name());
    trust(client, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, mark);
    struct pair pair = join(client, server);
    show_shake(&pair, "handshake");
    settle(&pair);
    owner = pair.client;
    X509_set_ex_data(SSL_SESSION_get0_peer(SSL_get_session(owner)), index_of_x509, "marked");
    SSL_set_session(owner, NULL);
    is(SSL_clear(owner), 1, "cleared");
    owner = NULL;
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    index_of_x509 = X509_get_ex_new_index(0, NULL, NULL, NULL, free_x509);
    for (const int *version = versions(); *version; version++) {
        tls = *version;
        if (tls == TLS1_3_VERSION)
            replaced();
        cleared();
    }
    ok(ended > 0, "certificates have ended");
    return finish();
}
