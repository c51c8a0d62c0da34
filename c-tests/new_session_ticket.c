/* SSL_new_session_ticket: SSL_CTX_set_num_tickets(3). TLS 1.3. */
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

static SSL_CTX *client, *server;

static void open_contexts(void)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, received_cb);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, NULL);
    generated = received = 0;
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void counts(const char *what)
{
    show("%s: generated %d, received %d", what, generated, received);
}

static void who_may(void)
{
    struct pair pair;
    section("who may, and when");
    open_contexts();
    pair = join(client, server);
    is(SSL_new_session_ticket(pair.server), 0, "server before the handshake");
    is_text(reason(), "none", "the reason");
    is(SSL_do_handshake(pair.client) == 1, 0, "ClientHello is out");
    is(SSL_do_handshake(pair.server) == 1, 0, "the server's flight is out");
    is(SSL_new_session_ticket(pair.server), 0, "server during the handshake");
    ok(shake(&pair), "handshake");
    is(SSL_new_session_ticket(pair.client), 0, "a client");
    is(SSL_new_session_ticket(pair.server), 1, "server after the handshake");
    is(SSL_new_session_ticket(pair.server), 1, "once more");
    is_text(reason(), "none", "the reason");
    part(&pair);
    close_contexts();
}

static void driven_by(const char *what, int how, int times)
{
    struct pair pair;
    size_t n = 0;
    int r = 0;
    open_contexts();
    SSL_CTX_set_num_tickets(server, 1);
    pair = join(client, server);
    shake(&pair);
    settle(&pair);
    generated = received = 0;
    for (int i = 0; i < times; i++)
        r += SSL_new_session_ticket(pair.server);
    is(r, times, "%s: %d asked for", what, times);
    is(generated, 0, "%s: none is made yet", what);
    show("in init: %d, want nothing: %d", SSL_in_init(pair.server), SSL_want_nothing(pair.server));
    if (how == 0)
        r = SSL_do_handshake(pair.server);
    else if (how == 1)
        r = SSL_write_ex(pair.server, "x", 1, &n);
    else if (how == 2)
        r = SSL_write_ex(pair.server, "", 0, &n);
    else if (how == 3)
        r = SSL_write(pair.server, "", 0);
    else
        r = SSL_read_ex(pair.server, &n, 1, &n);
    show("%s: returns %d, error %s", what, r, error_name(SSL_get_error(pair.server, r)));
    settle(&pair);
    counts(what);
    ok(SSL_is_init_finished(pair.server), "%s: finished again", what);
    ok(say(pair.server, pair.client, "pong") && say(pair.client, pair.server, "ping"), "%s: data goes on", what);
    counts("   at the end");
    part(&pair);
    close_contexts();
}

/* Asking again while asked-for tickets are still queued, and after they went out. */
static void again(void)
{
    struct pair pair;
    section("asking again");
    open_contexts();
    SSL_CTX_set_num_tickets(server, 0);
    pair = join(client, server);
    shake(&pair);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < round; i++)
            SSL_new_session_ticket(pair.server);
        is(SSL_do_handshake(pair.server), 1, "round %d goes out", round);
        settle(&pair);
        counts("so far");
    }
    part(&pair);
    close_contexts();
}

/* A connection that came from a ticket may make more; each of them works. */
static void on_resumption(void)
{
    SSL_SESSION *session, *extra;
    struct pair pair;
    section("on a resumed connection");
    open_contexts();
    session = visit(client, server, NULL);
    pair = join(client, server);
    SSL_set_session(pair.client, session);
    ok(shake(&pair), "handshake");
    settle(&pair);
    is(SSL_session_reused(pair.client), 1, "resumed");
    generated = received = 0;
    SSL_new_session_ticket(pair.server);
    SSL_new_session_ticket(pair.server);
    is(SSL_do_handshake(pair.server), 1, "two more");
    settle(&pair);
    counts("after it");
    extra = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client); /* SSL_free without it would spoil the session */
    part(&pair);
    SSL_SESSION_free(session);
    session = visit(client, server, extra);
    is(visited.resumed, 1, "the last of them resumes");
    SSL_SESSION_free(session);
    SSL_SESSION_free(extra);
    close_contexts();
}

/* In the middle of a record that is still being written no ticket may be put in between. */
static void middle_of_a_record(void)
{
    static char big[300000];
    struct pair pair;
    int r, n = 0;
    char in[16384];
    section("in the middle of a write");
    open_contexts();
    SSL_CTX_set_num_tickets(server, 0);
    pair = join(client, server);
    shake(&pair);
    r = SSL_write(pair.server, big, sizeof big);
    show("a write larger than the pipe: %s", error_name(SSL_get_error(pair.server, r)));
    is(SSL_new_session_ticket(pair.server), 1, "asked for while it is pending");
    for (int i = 0; r <= 0 && i < 100; i++) {
        while ((n = SSL_read(pair.client, in, sizeof in)) > 0)
            ;
        r = SSL_write(pair.server, big, sizeof big);
    }
    is(r, sizeof big, "the write ends");
    counts("then");
    settle(&pair);
    r = SSL_write(pair.server, "x", 1);
    is(r, 1, "the next write");
    settle(&pair);
    counts("then");
    part(&pair);
    close_contexts();
}

static void after_shutdown(void)
{
    struct pair pair;
    section("after the shutdown");
    open_contexts();
    SSL_CTX_set_num_tickets(server, 0);
    pair = join(client, server);
    shake(&pair);
    is(SSL_shutdown(pair.server), 0, "close_notify is out");
    int may = SSL_new_session_ticket(pair.server); /* libssl says yes, and makes one that nobody gets */
    carnet_ok(!may, "no ticket after close_notify");
    int r = SSL_do_handshake(pair.server);
    show("SSL_do_handshake: %s", outcome(pair.server, r));
    settle(&pair);
    is(received, 0, "none is received");
    part(&pair);
    close_contexts();
}

int main(void)
{
    who_may();
    section("what drives them out");
    driven_by("SSL_do_handshake", 0, 1);
    driven_by("SSL_do_handshake", 0, 5);
    driven_by("SSL_write_ex", 1, 3);
    driven_by("SSL_write_ex of nothing", 2, 2);
    driven_by("SSL_write of nothing", 3, 1);
    driven_by("SSL_read_ex", 4, 2);
    again();
    on_resumption();
    middle_of_a_record();
    after_shutdown();
    return finish();
}
