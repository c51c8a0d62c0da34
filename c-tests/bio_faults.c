/* A BIO that fails at its n-th call, for every n: an error, no crash, no leak, and the next connection works. */
#include "harness.h"

static int calls, fail_at, how;

enum { RETRY_ONCE, END_OF_FILE, BROKEN, BROKEN_WITH_ERROR, LESS, FAULTS };

static const char *const fault_names[] = {"asks to be called again", "end of file", "fails",
                                          "fails with an error of its own", "takes or gives one byte"};

/* Passes everything on to the next BIO in the chain, but for one call. */
static int fault(BIO *bio, int is_read, size_t *len, int *answer)
{
    BIO_clear_retry_flags(bio);
    if (++calls != fail_at)
        return 0;
    *answer = 0;
    switch (how) {
    case RETRY_ONCE:
        is_read ? BIO_set_retry_read(bio) : BIO_set_retry_write(bio);
        *answer = -1;
        return 1;
    case END_OF_FILE:
        return 1;
    case BROKEN_WITH_ERROR:
        ERR_raise(ERR_LIB_USER, 77);
        *answer = -1;
        return 1;
    case BROKEN:
        *answer = -1;
        return 1;
    default:
        if (*len > 1)
            *len = 1;
        return 0;
    }
}

static int faulty_read(BIO *bio, char *out, int len)
{
    int answer;
    size_t n = (size_t)len;
    if (fault(bio, 1, &n, &answer))
        return answer;
    int r = BIO_read(BIO_next(bio), out, (int)n);
    BIO_copy_next_retry(bio);
    return r;
}

static int faulty_write(BIO *bio, const char *in, int len)
{
    int answer;
    size_t n = (size_t)len;
    if (fault(bio, 0, &n, &answer))
        return answer;
    int r = BIO_write(BIO_next(bio), in, (int)n);
    BIO_copy_next_retry(bio);
    return r;
}

static long faulty_ctrl(BIO *bio, int command, long number, void *pointer)
{
    return BIO_next(bio) ? BIO_ctrl(BIO_next(bio), command, number, pointer) : 0;
}

static int faulty_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *method;
static SSL_CTX *client, *server;

static void put_in_between(SSL *ssl)
{
    BIO *below = SSL_get_rbio(ssl), *filter = BIO_new(method);
    BIO_up_ref(below);
    BIO_push(filter, below);
    SSL_set_bio(ssl, filter, filter);
}

/* A whole connection; 1 if everything in it worked. */
static int converse(struct pair *pair)
{
    char in[64];
    int r = 0, w = 0;
    if (!shake(pair))
        return 0;
    for (int i = 0; i < 4 && w <= 0; i++)
        w = SSL_write(pair->client, "question", 8);
    for (int i = 0; i < 4 && r <= 0; i++)
        r = SSL_read(pair->server, in, sizeof in);
    if (w != 8 || r != 8)
        return 0;
    for (int i = 0, done = 0; i < 4 && done <= 0; i++)
        done = w = SSL_write(pair->server, "answer", 6);
    for (int i = 0, done = 0; i < 4 && done <= 0; i++)
        done = r = SSL_read(pair->client, in, sizeof in);
    return w == 6 && r == 6;
}

static void sweep(int of_server)
{
    for (how = 0; how < FAULTS; how++) {
        int worked = 0, failed = 0, total;
        for (fail_at = 1;; fail_at++) {
            struct pair pair = join(client, server);
            calls = 0;
            put_in_between(of_server ? pair.server : pair.client);
            converse(&pair) ? worked++ : failed++;
            SSL_shutdown(pair.client);
            SSL_shutdown(pair.server);
            total = calls;
            part(&pair);
            if (total < fail_at || fail_at > 300)
                break;
        }
        ok(how == RETRY_ONCE || how == LESS ? failed == 0 : failed > 3, "%s: the %s's BIO %s, at every call",
           tls_name(), of_server ? "server" : "client", fault_names[how]);
        fail_at = 0;
        struct pair pair = join(client, server);
        ok(converse(&pair), "and the next connection works");
        part(&pair);
    }
}

/* What SSL_get_error says of each fault. */
static void errors(void)
{
    section("%s, errors", tls_name());
    for (how = 0; how < LESS; how++) {
        struct pair pair = join(client, server);
        char byte;
        calls = fail_at = 0;
        put_in_between(pair.client);
        shake(&pair);
        settle(&pair);
        calls = 0;
        fail_at = 1;
        ERR_clear_error();
        int r = SSL_read(pair.client, &byte, 1);
        show("reading, the BIO %s: %s", fault_names[how], outcome(pair.client, r));
        calls = 0;
        r = SSL_write(pair.server, "x", 1);
        fail_at = 0;
        part(&pair);
        pair = join(client, server);
        calls = fail_at = 0;
        put_in_between(pair.client);
        shake(&pair);
        settle(&pair);
        calls = 0;
        fail_at = 1;
        ERR_clear_error();
        r = SSL_write(pair.client, "x", 1);
        show("writing, the BIO %s: %s", fault_names[how], outcome(pair.client, r));
        part(&pair);
    }
}

int main(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "faulty");
    BIO_meth_set_read(method, faulty_read);
    BIO_meth_set_write(method, faulty_write);
    BIO_meth_set_ctrl(method, faulty_ctrl);
    BIO_meth_set_create(method, faulty_create);
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        sweep(0);
        sweep(1);
        errors();
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    BIO_meth_free(method);
    return finish();
}
