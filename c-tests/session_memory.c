/* Whatever a peer does, a session cache holds no more than it may (CVE-2024-2511): thousands of connections, small caches,
 * connections that end badly, two that resume one session at the same time. */
#include "harness.h"

#include <malloc.h>

enum { SIZE = 16 };

static SSL_CTX *client, *server;
static long most[2];
static int rounds;

static void open_contexts(uint64_t options, long client_mode, long server_mode)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, options);
    SSL_CTX_set_session_cache_mode(client, client_mode);
    SSL_CTX_set_session_cache_mode(server, server_mode);
    SSL_CTX_sess_set_cache_size(client, SIZE);
    SSL_CTX_sess_set_cache_size(server, SIZE);
    most[0] = most[1] = 0;
}

static void look(void)
{
    long now[2] = {SSL_CTX_sess_number(client), SSL_CTX_sess_number(server)};
    for (int i = 0; i < 2; i++)
        most[i] = now[i] > most[i] ? now[i] : most[i];
}

static void end(struct pair *pair, int orderly)
{
    if (orderly) {
        SSL_shutdown(pair->client);
        SSL_shutdown(pair->server);
    }
    part(pair);
    look();
}

/* Full handshakes; every third ends without a word, every fifth with an alert. */
static void full(int round)
{
    struct pair pair = join(client, server);
    shake(&pair);
    settle(&pair);
    look();
    if (round % 5 == 0)
        BIO_write(SSL_get_rbio(pair.client), "\x17\x03\x03\x00\x20 garbage that does not decrypt", 37);
    if (round % 5 == 0)
        settle(&pair);
    end(&pair, round % 3 != 0);
}

/* One after the other, each resumes what the last one left. */
static void chain(int round)
{
    static SSL_SESSION *last;
    struct pair pair = join(client, server);
    if (last)
        SSL_set_session(pair.client, last);
    shake(&pair);
    settle(&pair);
    SSL_SESSION_free(last);
    last = round + 1 < rounds ? SSL_get1_session(pair.client) : NULL;
    end(&pair, 1);
}

/* Two resume the same session; one fails while the other is still getting its tickets. */
static void twins(int round)
{
    struct pair one = join(client, server);
    shake(&one);
    settle(&one);
    SSL_SESSION *session = SSL_SESSION_dup(SSL_get_session(one.client)), *again = SSL_SESSION_dup(session);
    SSL_shutdown(one.client);
    SSL_shutdown(one.server);
    part(&one);
    one = join(client, server);
    struct pair two = join(client, server);
    SSL_set_session(one.client, session);
    SSL_set_session(two.client, again);
    SSL_SESSION_free(session);
    SSL_SESSION_free(again);
    SSL_do_handshake(one.client);
    SSL_do_handshake(two.client);
    SSL_do_handshake(one.server);
    SSL_do_handshake(two.server);
    SSL_do_handshake(two.client);
    BIO_write(SSL_get_rbio(one.client), "\x17\x03\x03\x00\x20 garbage that does not decrypt", 37);
    SSL_do_handshake(one.server);
    part(&one);
    shake(&two);
    settle(&two);
    end(&two, round % 2);
}

/* Hellos that name sessions nobody has. */
static void strangers(int round)
{
    static SSL_SESSION *session;
    if (!session)
        session = visit(client, server, NULL);
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    unsigned char id[32] = {(unsigned char)round, (unsigned char)(round >> 8)};
    SSL_SESSION_set1_id(copy, id, sizeof id);
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    shake(&pair);
    end(&pair, 0);
    if (round + 1 == rounds) {
        SSL_SESSION_free(session);
        session = NULL;
    }
}

static void many(void (*one)(int), const char *what)
{
    /* What grows once (tables, free lists) has grown by then. */
    for (int i = 0; i < rounds / 4; i++)
        one(i);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < rounds; i++)
        one(i);
    size_t after = mallinfo2().uordblks;
    long growth = after > before ? (long)(after - before) : 0;
    /* A session that stays takes more than half a kilobyte. malloc's own lists take a while to settle. */
    ok(growth < 200 * 1024, "%s: memory does not grow", what);
    ok(most[0] < SIZE && most[1] < SIZE, "%s: both caches stay within their size", what);
    show("   at most %ld on the client, %ld on the server", most[0], most[1]);
    SSL_CTX_flush_sessions(server, 0);
    SSL_CTX_flush_sessions(client, 0);
    is(SSL_CTX_sess_number(server) + SSL_CTX_sess_number(client), 0, "%s: and can be emptied", what);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    rounds = getenv("C_TESTS_SMALL") ? 40 : 400;
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        section("%s", tls_name());
        open_contexts(SSL_OP_NO_TICKET, SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER);
        many(full, "no tickets");
        open_contexts(SSL_OP_NO_TICKET, SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_SERVER);
        many(full, "no tickets, and a client that keeps sessions");
        open_contexts(0, SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_SERVER);
        many(full, "tickets, and a client that keeps sessions");
        open_contexts(SSL_OP_NO_TICKET, SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER);
        many(chain, "a chain of resumptions");
        open_contexts(SSL_OP_NO_TICKET, SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER);
        many(twins, "two of one session");
        open_contexts(SSL_OP_NO_TICKET, SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER);
        many(strangers, "unknown ids");
    }
    return finish();
}
