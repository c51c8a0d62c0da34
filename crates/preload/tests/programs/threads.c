/*
 * threads THREADS ROUNDS: every thread makes contexts, shakes hands on its own and on a common one, resumes, and lets go of contexts while
 * connections still use them. One line at the end.
 */
#include <pthread.h>
#include <unistd.h>

#include "pair.h"

static SSL_CTX *common, *client;
static int rounds, failures, resumptions;

static void pair(SSL_CTX *server)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (int i = 0; i < 2; i++) {
        struct kept first = { NULL, 0 }, second = { NULL, 0 };
        int resumed = 0;
        if (!connect_pair(client, server, versions[i], NULL, NULL, &first, &resumed)
            || !connect_pair(client, server, versions[i], NULL, first.session, &second, &resumed))
            __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&resumptions, resumed, __ATOMIC_RELAXED);
        SSL_SESSION_free(first.session);
        SSL_SESSION_free(second.session);
    }
}

/* The application gives up its context before the connection is made. */
static void orphan(SSL_CTX *server)
{
    SSL *here = SSL_new(client), *there = SSL_new(server);
    struct kept kept = { NULL, 0 };
    SSL_CTX_free(server);
    SSL_set_ex_data(here, kept_index(), &kept);
    if (!shake(here, there) || kept.tickets == 0)
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
    SSL_SESSION_free(kept.session);
    SSL_free(here);
    SSL_free(there);
}

static void *work(void *argument)
{
    for (int round = 0; round < rounds; round++) {
        SSL_CTX *own = SSL_CTX_new(TLS_server_method());
        use_identity(own, round % 2 ? "server" : "other");
        if (round % 3 == 0) {
            SSL_CTX_load_verify_locations(own, in_directory("ca1", ".pem"), NULL);
            SSL_CTX_set_verify(own, SSL_VERIFY_PEER, NULL);
            SSL_CTX_set_session_id_context(own, (const unsigned char *)"x", 1);
        }
        pair(own);
        pair(common);
        orphan(own);
    }
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    int count = argc > 2 ? atoi(argv[1]) : 4;
    rounds = argc > 2 ? atoi(argv[2]) : 4;
    client = client_context();
    common = SSL_CTX_new(TLS_server_method());
    use_identity(common, "server");
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    SSL_CTX_free(common);
    SSL_CTX_free(client);
    printf("%d failures, %d resumptions\n", failures, resumptions);
    return failures != 0;
}
