/* SSL_set_bio(3), SSL_set_fd(3): a TLS connection over anything that is a BIO. */
#include "harness.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- an application's own BIO: one byte at a time, and every other call asks to be repeated ----------------------- */

struct drip {
    unsigned char *bytes; /* shared ring: what this side reads, the other writes */
    size_t *head, *tail;
    unsigned char *peer_bytes;
    size_t *peer_head, *peer_tail;
    int calls, flushes, reads, writes;
};
enum { RING = 1 << 16 };

static int drip_write(BIO *bio, const char *in, size_t len, size_t *written)
{
    struct drip *drip = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (++drip->calls % 2 || len == 0) {
        BIO_set_retry_write(bio);
        return 0;
    }
    drip->writes++;
    drip->peer_bytes[(*drip->peer_tail)++ % RING] = (unsigned char)*in;
    *written = 1;
    return 1;
}

static int drip_read(BIO *bio, char *out, size_t len, size_t *got)
{
    struct drip *drip = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (++drip->calls % 2 || len == 0 || *drip->head == *drip->tail) {
        BIO_set_retry_read(bio);
        return 0;
    }
    drip->reads++;
    *out = (char)drip->bytes[(*drip->head)++ % RING];
    *got = 1;
    return 1;
}

static long drip_ctrl(BIO *bio, int command, long number, void *pointer)
{
    struct drip *drip = BIO_get_data(bio);
    (void)number, (void)pointer;
    if (command == BIO_CTRL_FLUSH) {
        drip->flushes++;
        return 1;
    }
    return 0;
}

static int drip_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static int destroyed;

static int drip_destroy(BIO *bio)
{
    free(BIO_get_data(bio));
    destroyed++;
    return 1;
}

static unsigned char rings[2][RING];
static size_t marks[4];

static BIO *drip_new(BIO_METHOD *method, int side)
{
    struct drip *drip = calloc(1, sizeof *drip);
    BIO *bio = BIO_new(method);
    *drip = (struct drip){
        rings[side], &marks[side], &marks[2 + side], rings[!side], &marks[!side], &marks[2 + !side], 0, 0, 0, 0};
    BIO_set_data(bio, drip);
    return bio;
}

static void own_method(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "drip");
    struct pair pair = {.client = SSL_new(client), .server = SSL_new(server)};
    char got[16] = "";
    int r = 0, c = 0;

    section("%s, a BIO_METHOD that moves one byte and wants to be called again", tls_name());
    memset(marks, 0, sizeof marks);
    destroyed = 0;
    BIO_meth_set_write_ex(method, drip_write);
    BIO_meth_set_read_ex(method, drip_read);
    BIO_meth_set_ctrl(method, drip_ctrl);
    BIO_meth_set_create(method, drip_create);
    BIO_meth_set_destroy(method, drip_destroy);
    BIO *a = drip_new(method, 0), *b = drip_new(method, 1);
    SSL_set_bio(pair.client, a, a);
    SSL_set_bio(pair.server, b, b);
    SSL_set_connect_state(pair.client);
    SSL_set_accept_state(pair.server);
    c = SSL_do_handshake(pair.client);
    show("first call: %s", outcome(pair.client, c));
    show("want: %d, want write %d", SSL_want(pair.client), SSL_want_write(pair.client));
    for (int i = 0; i < 100000 && (r != 1 || c != 1); i++) {
        if (c != 1)
            c = SSL_do_handshake(pair.client);
        if (r != 1)
            r = SSL_do_handshake(pair.server);
    }
    ok(r == 1 && c == 1, "handshake done after many calls");
    for (r = 0; r != 5;)
        r = SSL_write(pair.client, "hello", 5);
    for (r = 0; r <= 0;)
        r = SSL_read(pair.server, got, sizeof got);
    is(r, 5, "data");
    is_text(got, "hello", "content");
    struct drip *drip = BIO_get_data(a);
    ok(drip->reads > 500 && drip->writes > 200, "byte for byte");
    ok(drip->flushes > 0, "flushed");
    SSL_free(pair.client);
    is(destroyed, 1, "SSL_free frees the BIO");
    SSL_free(pair.server);
    is(destroyed, 2, "and the other one");
    BIO_meth_free(method);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void memory(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join_memory(client, server);
    section("%s, memory BIOs", tls_name());
    ok(shake(&pair), "handshake");
    ok(say(pair.client, pair.server, "hello") && say(pair.server, pair.client, "world"), "data");
    ok(SSL_get_rbio(pair.client) != SSL_get_wbio(pair.client), "two BIOs a side");
    int r = SSL_read(pair.client, &r, 1);
    show("reading nothing: %s", outcome(pair.client, r));
    BIO_set_mem_eof_return(SSL_get_rbio(pair.client), 0);
    r = SSL_read(pair.client, &r, 1);
    show("reading at the end: %s", outcome(pair.client, r));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void sockets(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = {.client = SSL_new(client), .server = SSL_new(server)};
    int fds[2];
    section("%s, a pair of sockets", tls_name());
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
        abort();
    is(SSL_set_fd(pair.client, fds[0]), 1, "SSL_set_fd");
    is(SSL_set_rfd(pair.server, fds[1]), 1, "SSL_set_rfd");
    is(SSL_set_wfd(pair.server, fds[1]), 1, "SSL_set_wfd");
    ok(SSL_get_fd(pair.client) == fds[0] && SSL_get_rfd(pair.client) == fds[0] && SSL_get_wfd(pair.client) == fds[0],
       "SSL_get_fd");
    ok(SSL_get_rbio(pair.server) == SSL_get_wbio(pair.server), "the same fd twice is one BIO");
    show("BIO type: %s", BIO_method_name(SSL_get_rbio(pair.client)));
    SSL_set_connect_state(pair.client);
    SSL_set_accept_state(pair.server);
    ok(shake(&pair), "handshake");
    ok(say(pair.client, pair.server, "hello") && say(pair.server, pair.client, "world"), "data");
    close(fds[0]);
    int r = SSL_read(pair.server, &r, 1);
    show("the other side is gone: %s", outcome(pair.server, r));
    part(&pair);
    close(fds[1]);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Who owns which BIO: SSL_set_bio takes references, SSL_set0_rbio too, and what was there is let go. */
static void ownership(void)
{
    SSL_CTX *ctx = new_server();
    SSL *ssl = SSL_new(ctx);
    BIO *a = BIO_new(BIO_s_mem()), *b = BIO_new(BIO_s_mem()), *c = BIO_new(BIO_s_mem());
    section("ownership of BIOs");
    BIO_up_ref(a);
    BIO_up_ref(b);
    BIO_up_ref(c);
    SSL_set_bio(ssl, a, a);
    ok(SSL_get_rbio(ssl) == a && SSL_get_wbio(ssl) == a, "one for both");
    SSL_set_bio(ssl, a, b);
    ok(SSL_get_rbio(ssl) == a && SSL_get_wbio(ssl) == b, "the other for writing");
    BIO_up_ref(c);
    SSL_set0_rbio(ssl, c);
    ok(SSL_get_rbio(ssl) == c && SSL_get_wbio(ssl) == b, "a third for reading");
    SSL_set_bio(ssl, NULL, NULL);
    ok(!SSL_get_rbio(ssl) && !SSL_get_wbio(ssl), "none");
    ok(BIO_free(a) && BIO_free(b) && BIO_free(c), "ours are left");
    BIO_free(c);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* A buffering BIO in between works: the handshake flushes it, the application flushes its own data. */
static void filter(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    section("%s, a filter on top of the BIO", tls_name());
    BIO *below = SSL_get_wbio(pair.client);
    BIO_up_ref(below);
    SSL_set0_wbio(pair.client, BIO_push(BIO_new(BIO_f_buffer()), below));
    ok(shake(&pair), "handshake");
    char got[8];
    is(SSL_write(pair.client, "hello", 5), 5, "data");
    is(BIO_flush(SSL_get_wbio(pair.client)), 1, "flushed by the application");
    is(SSL_read(pair.server, got, sizeof got), 5, "arrives");
    ok(say(pair.server, pair.client, "world"), "data the other way");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    ownership();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        own_method();
        memory();
        sockets();
        filter();
    }
    return finish();
}
