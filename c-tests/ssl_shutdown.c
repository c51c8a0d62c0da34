/* SSL_shutdown(3), SSL_get_error(3), SSL_set_shutdown(3): how a connection ends. */
#include "harness.h"

static SSL_CTX *client, *server;

static struct pair connected(void)
{
    struct pair pair = join(client, server);
    shake(&pair);
    settle(&pair);
    return pair;
}

static void flags(struct pair *pair, const char *when)
{
    show("   %s: shutdown flags client %d, server %d", when, SSL_get_shutdown(pair->client),
         SSL_get_shutdown(pair->server));
}

static void both_halves(void)
{
    struct pair pair = connected();
    char got[8];
    int r;
    section("%s, both halves", tls_name());
    r = SSL_shutdown(pair.client);
    show("client's first: %s", outcome(pair.client, r));
    flags(&pair, "after it");
    r = SSL_write(pair.client, "x", 1);
    show("client writes on: %s", outcome(pair.client, r));
    r = SSL_read(pair.client, got, 1);
    show("client reads on: %s", outcome(pair.client, r));
    r = SSL_shutdown(pair.client);
    show("client's second, too early: %s", outcome(pair.client, r));
    r = SSL_read(pair.server, got, 1);
    show("server reads: %s", outcome(pair.server, r));
    size_t n = 3;
    r = SSL_read_ex(pair.server, got, 1, &n);
    show("server reads again: %s", outcome(pair.server, r));
    r = SSL_peek(pair.server, got, 1);
    show("server peeks: %s", outcome(pair.server, r));
    flags(&pair, "after it");
    ok(SSL_write(pair.server, "bye", 3) == 3, "the server may still write");
    r = SSL_read(pair.client, got, sizeof got);
    show("client reads it: %s", outcome(pair.client, r));
    r = SSL_shutdown(pair.server);
    show("server's first: %s", outcome(pair.server, r));
    r = SSL_shutdown(pair.server);
    show("server's second: %s", outcome(pair.server, r));
    r = SSL_shutdown(pair.client);
    show("client's last: %s", outcome(pair.client, r));
    flags(&pair, "at the end");
    r = SSL_read(pair.client, got, sizeof got);
    show("client reads: %s", outcome(pair.client, r));
    r = SSL_do_handshake(pair.client);
    show("SSL_do_handshake after all: %s", outcome(pair.client, r));
    part(&pair);
}

/* Data that is still on its way when this side wants to shut down. */
static void data_in_flight(void)
{
    struct pair pair = connected();
    int r;
    section("%s, data after close_notify", tls_name());
    SSL_write(pair.server, "late", 4);
    r = SSL_shutdown(pair.client);
    show("first: %s", outcome(pair.client, r));
    r = SSL_shutdown(pair.client);
    show("second: %s", outcome(pair.client, r));
    r = SSL_read(pair.client, &r, 1);
    show("read: %s", outcome(pair.client, r));
    part(&pair);
}

static void quiet(void)
{
    struct pair pair = connected();
    int r;
    section("%s, quiet and by hand", tls_name());
    is(SSL_get_quiet_shutdown(pair.client), 0, "quiet at first");
    SSL_set_quiet_shutdown(pair.client, 1);
    is(SSL_get_quiet_shutdown(pair.client), 1, "quiet now");
    r = SSL_shutdown(pair.client);
    show("quiet shutdown: %s", outcome(pair.client, r));
    flags(&pair, "after it");
    r = SSL_read(pair.server, &r, 1);
    show("server sees nothing of it: %s", outcome(pair.server, r));
    SSL_set_shutdown(pair.server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    flags(&pair, "set by hand");
    r = SSL_read(pair.server, &r, 1);
    show("server reads: %s", outcome(pair.server, r));
    r = SSL_shutdown(pair.server);
    show("server's shutdown: %s", outcome(pair.server, r));
    SSL_CTX_set_quiet_shutdown(client, 1);
    is(SSL_CTX_get_quiet_shutdown(client), 1, "on the context");
    part(&pair);
    pair = connected();
    is(SSL_get_quiet_shutdown(pair.client), 1, "taken over by a new SSL");
    SSL_CTX_set_quiet_shutdown(client, 0);
    part(&pair);
}

/* The transport ends without close_notify. */
static void truncated(int ignore)
{
    struct pair pair;
    int r;
    section("%s, end of file without close_notify%s", tls_name(), ignore ? ", ignored by option" : "");
    pair = join_memory(client, server);
    if (ignore)
        SSL_set_options(pair.server, SSL_OP_IGNORE_UNEXPECTED_EOF);
    shake(&pair);
    settle(&pair);
    ok(say(pair.client, pair.server, "data"), "data before it");
    BIO_set_mem_eof_return(SSL_get_rbio(pair.server), 0);
    r = SSL_read(pair.server, &r, 1);
    show("read: %s", outcome(pair.server, r));
    flags(&pair, "after it");
    r = SSL_read(pair.server, &r, 1);
    show("read again: %s", outcome(pair.server, r));
    r = SSL_write(pair.server, "x", 1);
    show("write: %s", outcome(pair.server, r));
    r = SSL_shutdown(pair.server);
    show("shutdown: %s", outcome(pair.server, r));
    part(&pair);
    pair = join_memory(client, server);
    if (ignore)
        SSL_set_options(pair.server, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_do_handshake(pair.client);
    carry(pair.client, pair.server);
    BIO_set_mem_eof_return(SSL_get_rbio(pair.server), 0);
    r = SSL_do_handshake(pair.server);
    if (ignore)
        ok(r <= 0, "in the handshake it is an error all the same");
    else
        show("in the handshake: %s", outcome(pair.server, r));
    ERR_clear_error();
    part(&pair);
}

/* A BIO pair's other half goes away. */
static void pipe_gone(void)
{
    struct pair pair = connected();
    int r;
    section("%s, the other end is freed", tls_name());
    SSL_free(pair.client);
    pair.client = NULL;
    r = SSL_read(pair.server, &r, 1);
    show("read: %s", outcome(pair.server, r));
    r = SSL_write(pair.server, "x", 1);
    show("write: %s", outcome(pair.server, r));
    SSL_free(pair.server);
    ERR_clear_error();
}

/* The error of one connection is not that of the next, and SSL_get_error reads the queue. */
static void the_queue(void)
{
    struct pair pair = connected();
    int r;
    section("%s, SSL_get_error and the queue", tls_name());
    r = SSL_read(pair.client, &r, 1);
    is(SSL_get_error(pair.client, r), SSL_ERROR_WANT_READ, "nothing to read");
    ERR_raise(ERR_LIB_USER, 1);
    is(SSL_get_error(pair.client, r), SSL_ERROR_SSL, "an old error on the queue changes the answer");
    r = SSL_read(pair.client, &r, 1);
    carnet_ok(SSL_get_error(pair.client, r) == SSL_ERROR_WANT_READ, "an I/O call empties the queue first");
    ERR_clear_error();
    ERR_raise(ERR_LIB_SYS, 5);
    is(SSL_get_error(pair.client, -1), SSL_ERROR_SYSCALL, "a system error on the queue");
    ERR_clear_error();
    is(SSL_get_error(pair.client, 1), SSL_ERROR_NONE, "success");
    part(&pair);
}

static void fatal(void)
{
    struct pair pair = connected();
    unsigned char junk[64] = {23, 3, 3, 0, 32};
    int r;
    section("%s, after a fatal error", tls_name());
    BIO_write(SSL_get_rbio(pair.client), junk, 37);
    r = SSL_read(pair.server, &r, 1);
    show("server reads junk: %s", outcome(pair.server, r));
    r = SSL_read(pair.server, &r, 1);
    show("reads again: %s", outcome(pair.server, r));
    r = SSL_write(pair.server, "x", 1);
    show("writes: %s", outcome(pair.server, r));
    r = SSL_shutdown(pair.server);
    show("shuts down: %s", outcome(pair.server, r));
    r = SSL_read(pair.client, &r, 1);
    show("client reads: %s", outcome(pair.client, r));
    r = SSL_read(pair.client, &r, 1);
    show("reads again: %s", outcome(pair.client, r));
    r = SSL_write(pair.client, "x", 1);
    show("writes: %s", outcome(pair.client, r));
    r = SSL_shutdown(pair.client);
    show("shuts down: %s", outcome(pair.client, r));
    flags(&pair, "at the end");
    part(&pair);
}

/* The close_notify does not fit into the pipe. */
static void full_pipe(void)
{
    static char big[400000];
    struct pair pair = connected();
    char in[16384];
    int r;
    section("%s, shutdown while the pipe is full", tls_name());
    SSL_set_mode(pair.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    while (SSL_write(pair.client, big, 16384) > 0)
        ;
    r = SSL_shutdown(pair.client);
    show("shutdown: %s", outcome(pair.client, r));
    while (SSL_read(pair.server, in, sizeof in) > 0)
        ;
    r = SSL_shutdown(
        pair.client); /* libssl wants the write repeated first; libcarnet sends what is pending and its alert */
    carnet_ok(r == 0, "again: %s", outcome(pair.client, r));
    part(&pair);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        both_halves();
        data_in_flight();
        quiet();
        truncated(0);
        truncated(1);
        pipe_gone();
        the_queue();
        fatal();
        full_pipe();
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
