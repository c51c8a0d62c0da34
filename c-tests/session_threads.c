/* One cache, many threads: handshakes that add and find sessions while others add, remove, move and flush. */
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4 };

static SSL_CTX *client, *server;
static atomic_int done, resumed, failed, removed, busy;
static int rounds;

static void remove_cb(SSL_CTX *ctx, SSL_SESSION *session)
{
    removed++;
    /* Both would deadlock if a lock were held. */
    if (on_carnet) {
        SSL_CTX_sess_number(ctx);
        SSL_CTX_remove_session(ctx, NULL);
    }
    (void)session;
}

static SSL_SESSION *once(SSL_SESSION *session)
{
    struct pair pair = join(client, server);
    SSL_SESSION *got = NULL;
    if (session)
        SSL_set_session(pair.client, session);
    if (shake(&pair)) {
        settle(&pair);
        done++;
        resumed += SSL_session_reused(pair.client) ? 1 : 0;
        got = SSL_get1_session(pair.client);
    } else
        failed++;
    SSL_shutdown(pair.client);
    SSL_shutdown(pair.server);
    part(&pair);
    SSL_SESSION_free(session);
    return got;
}

static void *connecting(void *arg)
{
    (void)arg;
    for (int i = 0; i < rounds; i++) {
        SSL_SESSION *session = once(NULL);
        SSL_SESSION_free(once(session));
    }
    busy--;
    return NULL;
}

static void *meddling(void *arg)
{
    (void)arg;
    for (unsigned i = 0; busy > 0; i++) {
        unsigned char id[8] = {0xdd, (unsigned char)i, (unsigned char)(i >> 8), 0, 0, 0, 0, 1};
        SSL_SESSION *session = SSL_SESSION_new();
        SSL_SESSION_set1_id(session, id, sizeof id);
        SSL_SESSION_set_protocol_version(session, tls);
        SSL_CTX_add_session(server, session);
        SSL_SESSION_set_timeout(session, 100000 + (long)(i % 7));
        SSL_SESSION_set_time(session, 1000 + (long)(i % 5));
        if (i % 3 == 0)
            SSL_CTX_remove_session(server, session);
        if (i % 16 == 0)
            SSL_CTX_flush_sessions(server, 200000);
        SSL_SESSION_free(session);
    }
    return NULL;
}

static void together(void)
{
    pthread_t threads[THREADS + 1];
    section("%s", tls_name());
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_remove_cb(server, remove_cb);
    done = resumed = failed = removed = 0;
    busy = THREADS;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, connecting, NULL);
    pthread_create(&threads[THREADS], NULL, meddling, NULL);
    for (int i = 0; i <= THREADS; i++)
        pthread_join(threads[i], NULL);
    is(failed, 0, "no handshake failed");
    is(done, 2 * THREADS * rounds, "all were done");
    is(resumed, THREADS * rounds, "every second one was resumed");
    is(SSL_CTX_sess_hits(server), THREADS * rounds, "and counted");
    SSL_CTX_flush_sessions(server, 200000);
    long left = SSL_CTX_sess_number(server);
    is(left, (tls == TLS1_3_VERSION ? 3 : 1) * THREADS * rounds, "what the handshakes made is there, and nothing else");
    removed = 0;
    SSL_CTX_free(server);
    ok(removed == left, "SSL_CTX_free tells of each");
    SSL_CTX_free(client);
}

int main(void)
{
    rounds = getenv("C_TESTS_SMALL") ? 5 : 40;
    server_identity();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        together();
    }
    return finish();
}
