/* One SSL_CTX in many threads at once: handshakes, resumptions, settings that change meanwhile. */
#include "harness.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 40 };

static SSL_CTX *client, *server;
static int generated;

struct result {
    int done, resumed, data;
};

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    __atomic_add_fetch(&generated, 1, __ATOMIC_RELAXED);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "appdata", 7);
}

static void *visitor(void *arg)
{
    struct result *result = arg;
    SSL_SESSION *session = NULL;
    for (int i = 0; i < ROUNDS; i++) {
        struct pair pair = join(client, server);
        if (session)
            SSL_set_session(pair.client, session);
        result->done += shake(&pair);
        result->resumed += SSL_session_reused(pair.server);
        result->data += say(pair.client, pair.server, "hello") && say(pair.server, pair.client, "world");
        settle(&pair);
        SSL_SESSION_free(session);
        session = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
        part(&pair);
    }
    SSL_SESSION_free(session);
    return NULL;
}

/* Changes what may be changed while connections are being made. */
static void *changer(void *arg)
{
    volatile int *stop = arg;
    for (int i = 0; !*stop; i++) {
        SSL_CTX_set_num_tickets(server, 1 + (size_t)(i & 1));
        SSL_CTX_up_ref(server);
        SSL *ssl = SSL_new(server);
        SSL_free(ssl);
        SSL_CTX_free(server);
    }
    return NULL;
}

static void many(int changing)
{
    pthread_t threads[THREADS], extra;
    struct result results[THREADS] = {{0}};
    volatile int stop = 0;
    int done = 0, resumed = 0, data = 0;
    if (changing)
        pthread_create(&extra, NULL, changer, (void *)&stop);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, visitor, &results[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    stop = 1;
    if (changing)
        pthread_join(extra, NULL);
    for (int i = 0; i < THREADS; i++) {
        done += results[i].done;
        resumed += results[i].resumed;
        data += results[i].data;
    }
    is(done, THREADS * ROUNDS, "handshakes");
    is(data, THREADS * ROUNDS, "data");
    is(resumed, THREADS * (ROUNDS - 1), "resumed all but the first of each thread");
}

/* A session that many threads offer at once. */
static SSL_SESSION *shared;

static void *sharer(void *arg)
{
    struct result *result = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct pair pair = join(client, server);
        SSL_SESSION_up_ref(shared);
        SSL_set_session(pair.client, shared);
        SSL_SESSION_free(shared);
        result->done += shake(&pair);
        result->resumed += SSL_session_reused(pair.server);
        settle(&pair);
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
        part(&pair);
    }
    return NULL;
}

static void one_session(void)
{
    pthread_t threads[THREADS];
    struct result results[THREADS] = {{0}};
    int done = 0, resumed = 0;
    shared = visit(client, server, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, sharer, &results[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        done += results[i].done;
        resumed += results[i].resumed;
    }
    is(done, THREADS * ROUNDS, "handshakes");
    is(resumed, THREADS * ROUNDS, "resumed");
    SSL_SESSION_free(shared);
}

int main(void)
{
    server_identity(); /* made once, before there are threads */
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, NULL);
        section("%s, %d threads", tls_name(), THREADS);
        many(0);
        section("%s, and one that changes the context", tls_name());
        many(1);
        section("%s, one session for all", tls_name());
        one_session();
        ok(generated > THREADS * ROUNDS, "tickets were made");
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
