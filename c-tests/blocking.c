/* Blocking sockets, a thread on each side: what a simple program does. */
#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *client, *server;

struct job {
    int fd;
    size_t total, chunk;
    int good, updates;
};

static int all_written(SSL *ssl, const char *bytes, size_t len)
{
    return SSL_write(ssl, bytes, (int)len) == (int)len;
}

/* Echoes until the other side closes, then closes, too. */
static void *echo(void *arg)
{
    struct job *job = arg;
    SSL *ssl = SSL_new(server);
    static char in[20000];
    int n;
    SSL_set_fd(ssl, job->fd);
    job->good = SSL_accept(ssl) == 1;
    for (long i = 0; job->good && (n = SSL_read(ssl, in, sizeof in)) > 0; i++) {
        if (tls == TLS1_3_VERSION && i % 50 == 49)
            SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        if (tls == TLS1_3_VERSION && i % 70 == 69)
            SSL_new_session_ticket(ssl);
        if (!all_written(ssl, in, (size_t)n)) /* with what was asked for before it */
            job->good = 0;
    }
    job->good = job->good && SSL_get_shutdown(ssl) == SSL_RECEIVED_SHUTDOWN && SSL_shutdown(ssl) == 1;
    SSL_free(ssl);
    ERR_clear_error();
    return NULL;
}

static int ask(struct job *job)
{
    SSL *ssl = SSL_new(client);
    char *out = malloc(job->chunk), *in = malloc(job->chunk);
    size_t sent = 0;
    int good;
    SSL_set_fd(ssl, job->fd);
    good = SSL_connect(ssl) == 1;
    while (good && sent < job->total) {
        size_t got = 0;
        for (size_t i = 0; i < job->chunk; i++)
            out[i] = (char)((sent + i) * 31 >> 3);
        if (tls == TLS1_3_VERSION && sent / job->chunk % 40 == 39) /* goes out with the write */
            SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        good = all_written(ssl, out, job->chunk);
        while (good && got < job->chunk) {
            int n = SSL_read(ssl, in + got, (int)(job->chunk - got));
            good = n > 0;
            got += n > 0 ? (size_t)n : 0;
        }
        good = good && !memcmp(in, out, job->chunk);
        sent += job->chunk;
    }
    /* reading until the end copes with tickets and key updates that are still on their way; SSL_shutdown alone may not */
    good = good && SSL_shutdown(ssl) == 0 && SSL_read(ssl, in, 1) == 0 &&
           SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN && SSL_shutdown(ssl) == 1;
    if (!good)
        shutdown(job->fd, SHUT_RDWR); /* so that the other thread ends, too */
    SSL_free(ssl);
    free(out);
    free(in);
    return good;
}

static void run(size_t total, size_t chunk)
{
    int fds[2];
    pthread_t thread;
    struct job there = {0}, here = {0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
        abort();
    there.fd = fds[1];
    here.fd = fds[0];
    here.total = total;
    here.chunk = chunk;
    pthread_create(&thread, NULL, echo, &there);
    is(ask(&here), 1, "%s: %zu bytes there and back in pieces of %zu", tls_name(), total, chunk);
    pthread_join(thread, NULL);
    is(there.good, 1, "the server is content, too");
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const size_t scale = getenv("C_TESTS_SMALL") ? 64 : 1;
    signal(SIGPIPE, SIG_IGN);
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        run(4000000 / scale, 16384);
        run(4000000 / scale, 1000);
        run(100000 / scale, 7);
        run(4000000 / scale, 50000);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
