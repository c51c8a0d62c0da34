/*
 * Forks while another thread has this library write lines. Children write one, too, and end; OpenSSL's locks are not asked for
 * there. Says how many did not end.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

static void set_keys(SSL_CTX *ctx)
{
    unsigned char keys[80] = "an application's own";
    SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof keys);
}

static void *talk(void *ctx)
{
    for (;;)
        set_keys(ctx);
    return NULL;
}

int main(void)
{
    SSL_CTX *one = SSL_CTX_new(TLS_server_method()), *other = SSL_CTX_new(TLS_server_method());
    pthread_t thread;
    int i, status, stuck = 0;
    pthread_create(&thread, NULL, talk, one);
    for (i = 0; i < 200 && stuck == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            set_keys(other);
            _exit(0);
        }
        stuck += waitpid(child, &status, 0) != child || status != 0;
    }
    printf("%d\n", stuck);
    fflush(stdout);
    _exit(0);
}
