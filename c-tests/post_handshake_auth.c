/* SSL_verify_client_post_handshake(3), and the tickets it brings: SSL_CTX_set_num_tickets(3). TLS 1.3. */
#include "harness.h"

static int generated, received;

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

static SSL_CTX *asking_server(int mode)
{
    SSL_CTX *ctx = new_server();
    trust(ctx, authority());
    SSL_CTX_set_verify(ctx, mode, NULL);
    SSL_CTX_set_session_ticket_cb(ctx, generate_cb, NULL, NULL);
    generated = received = 0;
    return ctx;
}

static SSL_CTX *answering_client(int offers, const struct identity *id)
{
    SSL_CTX *ctx = new_client();
    SSL_CTX_set_post_handshake_auth(ctx, offers);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, received_cb);
    if (id)
        use_identity(ctx, id);
    return ctx;
}

/* Asks, lets both sides read and write, shows how it ended. */
static void ask(struct pair *pair, const char *what)
{
    char byte;
    int r = SSL_verify_client_post_handshake(pair->server);
    show("%s: SSL_verify_client_post_handshake %d (%s)", what, r, reason());
    if (r != 1)
        return;
    r = SSL_do_handshake(pair->server);
    show("   SSL_do_handshake %s", outcome(pair->server, r));
    r = SSL_read(pair->client, &byte, 1);
    show("   client reads %s", outcome(pair->client, r));
    r = SSL_read(pair->server, &byte, 1);
    show("   server reads %s", outcome(pair->server, r));
    r = SSL_read(pair->client, &byte, 1);
    show("   client reads %s", outcome(pair->client, r));
    show("   peer %s, verify result %ld", peer_name(pair->server), SSL_get_verify_result(pair->server));
    settle(pair);
    show("   tickets generated %d, received %d", generated, received);
}

static void works(int num_tickets)
{
    SSL_CTX *client = answering_client(1, client_identity()), *server = asking_server(SSL_VERIFY_PEER);
    struct pair pair;
    section("works, num_tickets %d", num_tickets);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    SSL_CTX_set_num_tickets(server, (size_t)num_tickets);
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    is_text(peer_name(pair.server), "none", "not asked in the handshake");
    show("   tickets generated %d, received %d", generated, received);
    ask(&pair, "first");
    is_text(peer_name(pair.server), "client.example", "known now");
    ask(&pair, "second");
    ok(say(pair.client, pair.server, "hello") && say(pair.server, pair.client, "world"), "data both ways");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Once with a certificate, then with none: nobody is known any more. */
static void withdrawn(void)
{
    SSL_CTX *client = answering_client(1, client_identity()), *server = asking_server(SSL_VERIFY_PEER);
    struct pair pair;
    section("withdrawn");
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    ask(&pair, "with a certificate");
    SSL_certs_clear(pair.client);
    ask(&pair, "without");
    is_text(peer_name(pair.server), "none", "nobody");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A ticket that was made after the authentication carries the certificate. */
static void resumed(void)
{
    SSL_CTX *client = answering_client(1, client_identity());
    SSL_CTX *server = asking_server(SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE);
    SSL_SESSION *session;
    struct pair pair = join(client, server);
    section("on resumption");
    ok(shake(&pair), "handshake");
    settle(&pair);
    ask(&pair, "first connection");
    session = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client);
    part(&pair);
    generated = received = 0;
    pair = join(client, server);
    SSL_set_session(pair.client, session);
    ok(shake(&pair), "handshake");
    settle(&pair);
    is(SSL_session_reused(pair.server), 1, "resumed");
    is_text(peer_name(pair.server), "client.example", "certificate from the ticket");
    ask(&pair, "resumed connection");
    part(&pair);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* The number is changed before the server asks: after a full handshake that counts, after a resumption it is one. */
static void tickets_changed(int resume)
{
    static const int numbers[] = {0, 1, 3, 2};
    SSL_CTX *client = answering_client(1, client_identity());
    SSL_CTX *server = asking_server(SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE);
    SSL_SESSION *session = visit(client, server, NULL);
    section("num_tickets changed before it, %s", resume ? "after a resumption" : "after a full handshake");
    struct pair pair = join(client, server);
    if (resume)
        SSL_set_session(pair.client, session);
    ok(shake(&pair), "handshake");
    settle(&pair);
    is(SSL_session_reused(pair.server), resume, "resumed");
    for (size_t i = 0; i < 4; i++) {
        char what[32];
        generated = received = 0;
        snprintf(what, sizeof what, "num_tickets %d", numbers[i]);
        SSL_set_num_tickets(pair.server, (size_t)numbers[i]);
        ask(&pair, what);
    }
    part(&pair);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int show_authorities(SSL *ssl, void *arg)
{
    (void)arg;
    const STACK_OF(X509_NAME) *lists[] = {SSL_get0_peer_CA_list(ssl), SSL_get_client_CA_list(ssl)};
    for (int list = 0; list < 2; list++) {
        show("   %s: %d names", list ? "SSL_get_client_CA_list" : "SSL_get0_peer_CA_list", sk_X509_NAME_num(lists[list]));
        for (int i = 0; i < sk_X509_NAME_num(lists[list]); i++) {
            char name[128];
            show("      %s", X509_NAME_oneline(sk_X509_NAME_value(lists[list], i), name, sizeof name));
        }
    }
    return 1;
}

/* Each request names the authorities that there are at the time, and the client is shown those of this request. */
static void authorities(void)
{
    SSL_CTX *client = answering_client(1, client_identity());
    SSL_CTX *server = asking_server(SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE);
    struct pair pair;
    section("authorities named before each request");
    SSL_CTX_set_cert_cb(client, show_authorities, NULL);
    SSL_CTX_add_client_CA(server, server_identity()->cert);
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    ask(&pair, "those of the context");
    is(SSL_add_client_CA(pair.server, authority()->cert), 1, "SSL_add_client_CA");
    ask(&pair, "one more");
    is(SSL_add1_to_CA_list(pair.server, client_identity()->cert), 1, "SSL_add1_to_CA_list");
    ask(&pair, "one of both sides' list");
    SSL_set_client_CA_list(pair.server, sk_X509_NAME_new_null());
    ask(&pair, "an empty list");
    SSL_set0_CA_list(pair.server, NULL);
    SSL_set_client_CA_list(pair.server, NULL);
    ask(&pair, "no list");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void refused(const char *what, SSL_CTX *client, SSL_CTX *server)
{
    struct pair pair = join(client, server);
    section("%s", what);
    ok(shake(&pair), "handshake");
    settle(&pair);
    ask(&pair, what);
    ask(&pair, "once more");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void at_the_wrong_time(void)
{
    SSL_CTX *client = answering_client(1, client_identity()), *server = asking_server(SSL_VERIFY_PEER);
    struct pair pair = join(client, server);
    section("at the wrong time or on the wrong side");
    is(SSL_verify_client_post_handshake(pair.server), 0, "before the handshake");
    show("%s", reason());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    ok(shake(&pair), "handshake");
    settle(&pair);
    is(SSL_verify_client_post_handshake(pair.client), 0, "by a client");
    show("%s", reason());
    is(SSL_verify_client_post_handshake(pair.server), 1, "by a server");
    is(SSL_verify_client_post_handshake(pair.server), 0, "while a request is on its way");
    show("%s", reason());
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    const int must = SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    struct identity stranger = identity_new("stranger", KEY_P256, NULL);
    for (int n = 0; n <= 3; n++)
        works(n);
    withdrawn();
    authorities();
    resumed();
    tickets_changed(0);
    tickets_changed(1);
    refused("the client did not offer it", answering_client(0, client_identity()), asking_server(must));
    refused("the server does not want to", answering_client(1, client_identity()), asking_server(SSL_VERIFY_NONE));
    refused("no certificate, not required", answering_client(1, NULL),
            asking_server(SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE));
    refused("no certificate, required", answering_client(1, NULL), asking_server(must));
    refused("a certificate that nobody signed", answering_client(1, &stranger), asking_server(must));
    at_the_wrong_time();
    identity_free(&stranger);
    return finish();
}
