/*
 * What libcarnet has and libssl has not: a client that says how many tickets it would like (RFC 9149; carnet.h,
 * carnet_CTX_set_ticket_request), and a server that gives it no more. TLS 1.3.
 */
#include "harness.h"

#if __has_include(<carnet.h>)
#include <carnet.h>
#else
/* An application that has libcarnet but not its headers. */
int carnet_CTX_set_ticket_request(SSL_CTX *ctx, int new_session, int resumption);
int carnet_set_ticket_request(SSL *ssl, int new_session, int resumption);
int carnet_CTX_honour_ticket_requests(SSL_CTX *ctx, int yes);
int carnet_honour_ticket_requests(SSL *ssl, int yes);
int carnet_get_ticket_request(const SSL *ssl, unsigned char *new_session, unsigned char *resumption);
int carnet_get_expected_tickets(const SSL *ssl);
#endif

static SSL_CTX *client, *server;
static int received;

static int received_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    received++;
    return 0;
}

static void contexts(void)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, received_cb);
}

static void done(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* One connection; what both sides say of it. `asked` < 0: the server hears of no request. Returns the client's session. */
static SSL_SESSION *meet(const char *what, SSL_SESSION *session, int asked, int expected, int tickets)
{
    unsigned char new_session = 99, resumption = 99;
    SSL_SESSION *copy = session ? SSL_SESSION_dup(session) : NULL;
    struct pair pair = join(client, server);
    if (copy)
        SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    received = 0;
    is(carnet_get_expected_tickets(pair.client), -1, "%s: nothing is known before", what);
    is(carnet_get_ticket_request(pair.server, NULL, NULL), 0, "%s: nor to the server", what);
    ok(shake(&pair), "%s: handshake", what);
    is(SSL_session_reused(pair.client), session != NULL, "%s: resumed", what);
    int heard = carnet_get_ticket_request(pair.server, &new_session, &resumption);
    is(heard, asked >= 0, "%s: the server has heard a request", what);
    if (asked >= 0)
        is(session ? resumption : new_session, asked, "%s: for so many", what);
    is(carnet_get_expected_tickets(pair.client), expected, "%s: promised", what);
    is(carnet_get_expected_tickets(pair.server), -1, "%s: nobody promises a server", what);
    settle(&pair);
    is(received, tickets, "%s: came", what);
    ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "more"), "%s: data", what);
    SSL_SESSION *got = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client);
    part(&pair);
    is_text(reason(), "none", "%s: no error", what);
    return got;
}

static void full(void)
{
    section("a full handshake");
    contexts();
    SSL_SESSION_free(meet("no request", NULL, -1, -1, 2));
    is(carnet_CTX_set_ticket_request(client, 1, 0), 1, "one and none");
    SSL_SESSION_free(meet("one", NULL, 1, 1, 1));
    is(carnet_CTX_set_ticket_request(client, 0, 0), 1, "none");
    SSL_SESSION_free(meet("none", NULL, 0, 0, 0));
    is(carnet_CTX_set_ticket_request(client, 2, 1), 1, "two");
    SSL_SESSION_free(meet("two", NULL, 2, 2, 2));
    is(carnet_CTX_set_ticket_request(client, 255, 255), 1, "all there are");
    SSL_SESSION_free(meet("no more than the server gives anyhow", NULL, 255, 2, 2));
    SSL_CTX_set_num_tickets(server, 300);
    SSL_SESSION_free(meet("no more than were asked for", NULL, 255, 255, 255));
    SSL_CTX_set_num_tickets(server, 0);
    SSL_SESSION_free(meet("a server that gives none", NULL, 255, 0, 0));
    is(carnet_CTX_set_ticket_request(client, -1, -1), 1, "no request");
    SSL_CTX_set_num_tickets(server, 3);
    SSL_SESSION_free(meet("no request any more", NULL, -1, -1, 3));
    done();
}

static void resumed(void)
{
    section("a resumption");
    contexts();
    SSL_SESSION *session = meet("at first", NULL, -1, -1, 2);
    SSL_SESSION_free(meet("no request", session, -1, -1, 1));
    SSL_CTX_set_num_tickets(server, 5);
    static const int wanted[] = {0, 1, 3, 5, 7};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int given = wanted[i] < 5 ? wanted[i] : 5;
        carnet_CTX_set_ticket_request(client, 2, wanted[i]);
        SSL_SESSION_free(meet("asked", session, wanted[i], given, given));
    }
    SSL_SESSION_free(session);
    done();
}

static void switched(void)
{
    section("not honoured");
    contexts();
    carnet_CTX_set_ticket_request(client, 1, 1);
    is(carnet_CTX_honour_ticket_requests(server, 0), 1, "switched off");
    SSL_SESSION_free(meet("off", NULL, -1, -1, 2));
    is(carnet_CTX_honour_ticket_requests(server, 1), 1, "switched on");
    SSL_SESSION_free(meet("on", NULL, 1, 1, 1));

    section("one connection");
    struct pair pair = join(client, server);
    is(carnet_set_ticket_request(pair.client, 0, 0), 1, "the client wants none");
    received = 0;
    ok(shake(&pair), "handshake");
    settle(&pair);
    is(received, 0, "came");
    part(&pair);
    pair = join(client, server);
    is(carnet_honour_ticket_requests(pair.server, 0), 1, "the server does not care");
    received = 0;
    ok(shake(&pair), "handshake");
    settle(&pair);
    is(received, 2, "came");
    is(SSL_new_session_ticket(pair.server), 1, "one more, asked for by the server");
    ok(say(pair.server, pair.client, "data"), "data");
    is(received, 3, "came");
    part(&pair);

    section("after a HelloRetryRequest");
    SSL_CTX_set1_groups_list(client, "P-256:X25519");
    SSL_CTX_set1_groups_list(server, "X25519");
    SSL_SESSION_free(meet("asked twice", NULL, 1, 1, 1));
    done();
}

static int states;

static void info_cb(const SSL *ssl, int where, int value)
{
    (void)value;
    if (where & SSL_CB_HANDSHAKE_DONE)
        states = SSL_get_state(ssl);
}

/* At the end of a handshake the state says whether tickets follow: TLS_ST_SW_SESSION_TICKET, as OpenSSL 3.0 numbers it. (Headers
 * since 3.2 number it otherwise, libcarnet does not.) */
static void foretold(void)
{
    const int sends_tickets = 33;
    section("what info callbacks see");
    contexts();
    SSL_CTX_set_info_callback(server, info_cb);
    SSL_SESSION_free(meet("tickets follow", NULL, -1, -1, 2));
    is(states, sends_tickets, "foretold");
    carnet_CTX_set_ticket_request(client, 0, 0);
    SSL_SESSION_free(meet("none follow", NULL, 0, 0, 0));
    is(states, TLS_ST_OK, "foretold");
    done();
}

static void refused(void)
{
    static const int bad[][2] = {{-1, 0}, {0, -1}, {256, 0}, {0, 256}, {-2, -2}, {1000000, 1}};
    section("refused");
    contexts();
    SSL *ssl = SSL_new(client);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        is(carnet_CTX_set_ticket_request(client, bad[i][0], bad[i][1]), 0, "%d and %d", bad[i][0], bad[i][1]);
        ok(ERR_GET_REASON(ERR_get_error()) == ERR_R_PASSED_INVALID_ARGUMENT, "says why");
        is(carnet_set_ticket_request(ssl, bad[i][0], bad[i][1]), 0, "%d and %d", bad[i][0], bad[i][1]);
        ok(ERR_GET_REASON(ERR_get_error()) == ERR_R_PASSED_INVALID_ARGUMENT, "says why");
    }
    is(carnet_CTX_set_ticket_request(NULL, 1, 1), 0, "no context");
    is(carnet_set_ticket_request(NULL, 1, 1), 0, "no connection");
    is(carnet_CTX_honour_ticket_requests(NULL, 1), 0, "no context");
    is(carnet_honour_ticket_requests(NULL, 1), 0, "no connection");
    is(carnet_get_ticket_request(NULL, NULL, NULL), 0, "no connection");
    is(carnet_get_expected_tickets(NULL), -1, "no connection");
    is(carnet_CTX_set_ticket_request((SSL_CTX *)ssl, 1, 1), 0, "a connection is no context");
    SSL_free(ssl);
    is(carnet_get_expected_tickets(ssl), -1, "a freed connection");
    ERR_clear_error();
    done();
}

int main(void)
{
    full();
    resumed();
    switched();
    foretold();
    refused();
    return finish();
}
