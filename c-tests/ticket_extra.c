/*
 * SSL_new_session_ticket beside everything else: what goes out with it and in which order, a pipe that is too narrow, calls from
 * callbacks, KeyUpdate and post-handshake authentication in the same breath. SSL_CTX_set_num_tickets(3).
 */
#include "harness.h"

static int generated, new_on_server, received;
static char order[1024]; /* what the client got */

/* What the callbacks of the server do besides counting. */
static enum { NOTHING, ASK_IN_GENERATE, ASK_IN_NEW, ASK_IN_INFO } ask_where;
static int asks_left;

static void ask_here(SSL *ssl, int where)
{
    if ((int)ask_where != where || asks_left == 0)
        return;
    asks_left--;
    show("   asked for one more from the %s callback: %d",
         where == ASK_IN_GENERATE ? "generate" : (where == ASK_IN_NEW ? "new-session" : "info"),
         SSL_new_session_ticket(ssl));
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    generated++;
    ask_here(ssl, ASK_IN_GENERATE);
    return 1;
}

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)session;
    if (SSL_is_server(ssl)) {
        new_on_server++;
        ask_here(ssl, ASK_IN_NEW);
    } else {
        received++;
    }
    return 0;
}

static void info_cb(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where & SSL_CB_HANDSHAKE_DONE)
        ask_here((SSL *)ssl, ASK_IN_INFO);
}

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *p = bytes;
    (void)version, (void)ssl, (void)arg;
    if (sent || strlen(order) > sizeof order - 8)
        return;
    if (type == SSL3_RT_HEADER && len == 5 && p[0] == SSL3_RT_APPLICATION_DATA)
        strcat(order, " |");
    else if (type == SSL3_RT_HANDSHAKE && p[0] == SSL3_MT_NEWSESSION_TICKET)
        strcat(order, " NST");
    else if (type == SSL3_RT_HANDSHAKE && p[0] == SSL3_MT_KEY_UPDATE)
        strcat(order, " KU");
    else if (type == SSL3_RT_HANDSHAKE && p[0] == SSL3_MT_CERTIFICATE_REQUEST)
        strcat(order, " CR");
}

static SSL_CTX *client, *server;

static void open_contexts(int num_tickets)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, new_cb);
    SSL_CTX_sess_set_new_cb(server, new_cb);
    SSL_CTX_set_msg_callback(client, message_cb);
    SSL_CTX_set_info_callback(server, info_cb);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, NULL);
    SSL_CTX_set_num_tickets(server, (size_t)num_tickets);
    generated = new_on_server = received = 0;
    ask_where = NOTHING;
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static struct pair settled(void)
{
    struct pair pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    generated = new_on_server = received = 0;
    order[0] = 0;
    return pair;
}

static void counts(const char *what)
{
    show("%s: generated %d, new on the server %d, received %d;%s", what, generated, new_on_server, received, order);
}

/* A write takes the tickets along, in front of its data. */
static void with_data(void)
{
    char in[64];
    section("together with data");
    open_contexts(0);
    struct pair pair = settled();
    for (int i = 0; i < 3; i++)
        is(SSL_new_session_ticket(pair.server), 1, "asked for");
    is(SSL_write(pair.server, "hello", 5), 5, "written");
    is(generated, 3, "all are made by then");
    is(SSL_read(pair.client, in, sizeof in), 5, "read");
    counts("with the data");
    is(SSL_write(pair.server, "again", 5), 5, "written");
    is(SSL_read(pair.client, in, sizeof in), 5, "read");
    counts("no more with the next");
    part(&pair);
    close_contexts();
}

/* Reading, peeking and SSL_pending do not send them; a shutdown gives up on them. */
static void not_by_reading(void)
{
    char in[64];
    section("reading does not send them");
    open_contexts(0);
    struct pair pair = settled();
    is(SSL_new_session_ticket(pair.server), 1, "asked for");
    SSL_write(pair.client, "x", 1);
    int r = SSL_read(pair.server, in, sizeof in);
    show("SSL_read %s", outcome(pair.server, r));
    counts("after a read");
    r = SSL_peek(pair.server, in, sizeof in);
    show("SSL_peek %s", outcome(pair.server, r));
    show("pending %d", SSL_pending(pair.server));
    settle(&pair);
    counts("after more reads");
    part(&pair);

    pair = settled();
    is(SSL_new_session_ticket(pair.server), 1, "asked for");
    r = SSL_shutdown(pair.server);
    show("SSL_shutdown %s", outcome(pair.server, r));
    settle(&pair);
    counts("after it");
    part(&pair);
    close_contexts();
}

/* A pipe that takes less than one ticket at a time. */
static void narrow(int by_write)
{
    char in[64];
    int r = 0;
    section("a narrow pipe, driven by %s", by_write ? "SSL_write" : "SSL_do_handshake");
    open_contexts(0);
    struct pair pair = {.client = SSL_new(client), .server = SSL_new(server)};
    BIO *a = NULL, *b = NULL;
    BIO_new_bio_pair(&a, 100, &b, 100);
    SSL_set_bio(pair.client, a, a);
    SSL_set_bio(pair.server, b, b);
    SSL_set_connect_state(pair.client);
    SSL_set_accept_state(pair.server);
    for (int i = 0; i < 200 && !(SSL_is_init_finished(pair.client) && SSL_is_init_finished(pair.server)); i++) {
        SSL_do_handshake(pair.client);
        SSL_do_handshake(pair.server);
        ERR_clear_error();
    }
    settle(&pair);
    generated = new_on_server = received = 0;
    order[0] = 0;
    for (int i = 0; i < 3; i++)
        is(SSL_new_session_ticket(pair.server), 1, "asked for");
    r = by_write ? SSL_write(pair.server, "hello", 5) : SSL_do_handshake(pair.server);
    show("first: %s", outcome(pair.server, r));
    is(generated, 1, "one is made, and waits");
    is(SSL_new_session_ticket(pair.server), 1, "one more while it waits");
    int made = 0;
    for (int i = 0; r <= 0 && i < 100; i++) {
        ERR_clear_error();
        if (SSL_read(pair.client, in, sizeof in) > 0)
            show("data came early");
        r = by_write ? SSL_write(pair.server, "hello", 5) : SSL_do_handshake(pair.server);
        ok(generated - made <= 1, "at most one is made a step");
        made = generated;
    }
    show("at last: %s", outcome(pair.server, r));
    for (int i = 0; by_write && i < 5 && (r = SSL_read(pair.client, in, sizeof in)) <= 0; i++)
        ;
    show("client reads %d", by_write ? r : 0);
    settle(&pair);
    counts("then");
    part(&pair);
    close_contexts();
}

/* While a write is not finished nothing comes in between, whatever is called. */
static void unfinished_write(void)
{
    static char big[1 << 18];
    static char in[1 << 14];
    int r, n;
    section("while a write is not finished");
    open_contexts(0);
    struct pair pair = settled();
    r = SSL_write(pair.server, big, sizeof big);
    show("the write: %s", outcome(pair.server, r));
    is(SSL_new_session_ticket(pair.server), 1, "asked for");
    show("in init %d", SSL_in_init(pair.server));
    r = SSL_do_handshake(pair.server);
    show("SSL_do_handshake %s", outcome(pair.server, r));
    r = SSL_read(pair.server, in, sizeof in);
    show("SSL_read %s", outcome(pair.server, r));
    is(SSL_new_session_ticket(pair.server), 1, "asked for again");
    counts("until then");
    for (int i = 0; i < 100 && (r = SSL_write(pair.server, big, sizeof big)) <= 0; i++)
        while ((n = SSL_read(pair.client, in, sizeof in)) > 0)
            ;
    is(r, sizeof big, "the write ends");
    show("in init %d", SSL_in_init(pair.server));
    show("SSL_do_handshake %s", outcome(pair.server, SSL_do_handshake(pair.server)));
    show("SSL_read %s", outcome(pair.server, SSL_read(pair.server, in, sizeof in)));
    order[0] = 0;
    counts("and until the next write");
    is(SSL_write(pair.server, "", 0), 0, "a write of nothing");
    settle(&pair);
    show("made %d, received %d", generated, received);
    part(&pair);
    close_contexts();
}

/* From a callback: in a handshake only beside tickets that were asked for. */
static void from_callbacks(void)
{
    static const char *const names[] = {"", "generate", "new-session", "info"};
    section("from callbacks");
    for (int where = ASK_IN_GENERATE; where <= ASK_IN_INFO; where++) {
        open_contexts(1);
        ask_where = where;
        asks_left = 2;
        show("%s callback, in the handshake", names[where]);
        order[0] = 0;
        struct pair pair = join(client, server);
        ok(shake(&pair), "handshake");
        settle(&pair);
        counts("   after the handshake");
        asks_left = 2;
        show("%s callback, beside one that was asked for", names[where]);
        is(SSL_new_session_ticket(pair.server), 1, "asked for");
        is(SSL_do_handshake(pair.server), 1, "sent");
        settle(&pair);
        counts("   after it");
        asks_left = 0;
        ok(say(pair.server, pair.client, "hello"), "data");
        counts("   and after data");
        part(&pair);
        close_contexts();
    }
}

/* KeyUpdate and tickets, asked for in either order. */
static void with_key_update(void)
{
    section("together with KeyUpdate");
    for (int first = 0; first < 2; first++) {
        open_contexts(0);
        struct pair pair = settled();
        int r = 0;
        if (first)
            r = SSL_key_update(pair.server, SSL_KEY_UPDATE_NOT_REQUESTED);
        show("tickets%s: %d", first ? " after it" : "", SSL_new_session_ticket(pair.server));
        if (!first)
            r = SSL_key_update(pair.server, SSL_KEY_UPDATE_NOT_REQUESTED);
        show("SSL_key_update %d (%s)", r, reason());
        ok(say(pair.server, pair.client, "hello"), "data");
        counts("then");
        ok(say(pair.server, pair.client, "hello"), "more data");
        counts("then");
        part(&pair);
        close_contexts();
    }
}

/* The server asks for a certificate and has tickets to send. */
static void with_authentication(void)
{
    char in[8];
    section("together with post-handshake authentication");
    for (int first = 0; first < 2; first++) {
        open_contexts(2);
        trust(server, authority());
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
        use_identity(client, client_identity());
        SSL_CTX_set_post_handshake_auth(client, 1);
        struct pair pair = settled();
        int r = 0;
        if (first)
            r = SSL_verify_client_post_handshake(pair.server);
        show("ticket%s: %d", first ? " after it" : "", SSL_new_session_ticket(pair.server));
        if (!first)
            r = SSL_verify_client_post_handshake(pair.server);
        show("SSL_verify_client_post_handshake %d (%s)", r, reason());
        r = SSL_do_handshake(pair.server);
        show("SSL_do_handshake %s", outcome(pair.server, r));
        for (int i = 0; i < 3; i++) {
            SSL_read(pair.client, in, sizeof in);
            SSL_read(pair.server, in, sizeof in);
        }
        settle(&pair);
        counts("then");
        show("peer %s", peer_name(pair.server));
        part(&pair);
        close_contexts();
    }
}

/* Below TLS 1.3 there is no such thing. */
static void older(void)
{
    tls = TLS1_2_VERSION;
    section("%s", tls_name());
    open_contexts(2);
    struct pair pair = join(client, server);
    is(SSL_new_session_ticket(pair.server), 0, "before the handshake");
    ok(shake(&pair), "handshake");
    is(SSL_new_session_ticket(pair.server), 0, "after it");
    is_text(reason(), "none", "the reason");
    is(SSL_new_session_ticket(pair.client), 0, "a client");
    is(SSL_set_num_tickets(pair.server, 7), 1, "SSL_set_num_tickets");
    is(SSL_do_handshake(pair.server), 1, "nothing to do");
    ok(say(pair.server, pair.client, "hello"), "data");
    counts("tickets of TLS 1.2");
    part(&pair);
    close_contexts();
}

int main(void)
{
    with_data();
    not_by_reading();
    narrow(0);
    narrow(1);
    unfinished_write();
    from_callbacks();
    with_key_update();
    with_authentication();
    older();
    return finish();
}
