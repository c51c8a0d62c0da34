/*
 * SSL_set_accept_state(3), SSL_set_connect_state(3) on a connection that was in use: another handshake begins, with another peer,
 * and nothing of the first may pass for the second's. TLS 1.3 too where OpenSSL goes along without SSL_clear(3): on the client.
 */
#include "harness.h"

/* The used connection takes the place of one side of a pair, which is returned. */
static SSL *replace(SSL **side, SSL *again)
{
    SSL *unused = *side;
    BIO *bio = SSL_get_rbio(unused);
    BIO_up_ref(bio); /* one for both directions */
    SSL_set_bio(again, bio, bio);
    *side = again;
    return unused;
}

static void show_peer(const char *when, SSL *ssl)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    X509 *of_session = SSL_get_session(ssl) ? SSL_SESSION_get0_peer(SSL_get_session(ssl)) : NULL;
    show("   %s: peer %s, with the session %d, name %s, result %ld", when, peer_name(ssl), of_session != NULL,
         name ? name : "none", SSL_get_verify_result(ssl));
}

/* First a client with a certificate, then one without. */
static void another_client(int verify)
{
    SSL_CTX *known = new_client(), *unknown = new_client(), *server = new_server();
    section("%s, a server meets another client, verify mode %d", tls_name(), verify);
    use_identity(known, client_identity());
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    struct pair first = join(known, server), second = join(unknown, server);
    SSL_set_tlsext_host_name(first.client, "one.example");
    show_shake(&first, "first");
    show_peer("first", first.server);
    SSL_SESSION *session = SSL_get1_session(first.server);
    SSL_shutdown(first.client), SSL_shutdown(first.server);

    SSL_set_accept_state(first.server);
    SSL_set_verify(first.server, verify, NULL);
    SSL *unused = replace(&second.server, first.server);
    show_shake(&second, "second");
    show_peer("second", second.server);
    is_text(peer_name(second.server), "none", "nobody is taken for the first client");
    is(SSL_get_session(second.server) == session, 0, "the session is another");
    is(SSL_SESSION_get0_peer(session) != NULL, 1, "and the first one is as it was");

    SSL_SESSION_free(session);
    SSL_free(unused);
    SSL_free(first.client);
    part(&second);
    SSL_CTX_free(known);
    SSL_CTX_free(unknown);
    SSL_CTX_free(server);
}

static int never(SSL *ssl, int forward_secure)
{
    (void)ssl, (void)forward_secure;
    return 1;
}

static void tickets_again(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, a server that made no ticket makes one", tls_name());
    struct pair first = join(client, server), second = join(client, server);
    SSL_set_not_resumable_session_callback(first.server, never);
    show_shake(&first, "first");
    is(SSL_SESSION_has_ticket(SSL_get_session(first.client)), 0, "no ticket");
    SSL_set_accept_state(first.server);
    SSL_set_not_resumable_session_callback(first.server, NULL);
    SSL *unused = replace(&second.server, first.server);
    show_shake(&second, "second");
    is(SSL_SESSION_has_ticket(SSL_get_session(second.client)), 1, "a ticket");
    SSL_free(unused);
    SSL_free(first.client);
    part(&second);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A resumption, and then a full handshake. */
static void another_server(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    unsigned char secret[64];
    section("%s, a client resumes, and then does not", tls_name());
    SSL_SESSION *session = visit(client, server, NULL);
    struct pair first = join(client, server), second = join(client, server);
    SSL_set_session(first.client, session);
    show_shake(&first, "first");
    is(SSL_session_reused(first.client), 1, "resumed");
    SSL_shutdown(first.client), SSL_shutdown(first.server);

    SSL_set_connect_state(first.client);
    SSL_set_session(first.client, NULL);
    SSL *unused = replace(&second.client, first.client);
    show_shake(&second, "second");
    is(SSL_session_reused(second.client), 0, "not resumed");
    is(SSL_session_reused(second.server), 0, "as the server has it");
    show_peer("second", second.client);
    SSL_SESSION *made = SSL_get1_session(second.client);
    show("   secret of %zu bytes", SSL_SESSION_get_master_key(made, secret, sizeof secret));
    SSL_SESSION_free(made);
    SSL_SESSION_free(session);
    SSL_free(unused);
    SSL_free(first.server);
    part(&second);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *version = versions(); *version; version++) {
        tls = *version;
        another_server();
        if (tls == TLS1_2_VERSION) {
            another_client(SSL_VERIFY_NONE);
            another_client(SSL_VERIFY_PEER);
            tickets_again();
        }
    }
    return finish();
}
