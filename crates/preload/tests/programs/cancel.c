/*
 * A thread that is cancelled (pthread_cancel(3)) while it is in a handshake; and with "callback" in the application's own key
 * callback, which is left then and there.
 */
#include "pair.h"

#include <pthread.h>
#include <time.h>

static SSL_CTX *client_ctx, *server_ctx;
static int went_well;
static time_t passed;

/* The clock of all that is in this program. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = (struct timespec){ 1700000000 + passed, 0 };
    return 0;
}

time_t time(time_t *into)
{
    if (into != NULL)
        *into = 1700000000 + passed;
    return 1700000000 + passed;
}

static int cancelled(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    (void)ssl, (void)name, (void)iv, (void)cipher, (void)mac, (void)enc;
    pthread_testcancel();
    return 0;
}

static void *meet(void *unused)
{
    SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
    struct kept kept = { NULL, 0 };
    SSL_set_ex_data(client, kept_index(), &kept);
    pthread_cancel(pthread_self());
    went_well = shake(client, server);
    pthread_testcancel();
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *end;
    client_ctx = client_context();
    server_ctx = SSL_CTX_new(TLS_server_method());
    use_identity(server_ctx, "server");
    if (argc > 1 && strcmp(argv[1], "callback") == 0)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server_ctx, cancelled);
    /* Time for new keys. */
    passed = 7000;
    pthread_create(&thread, NULL, meet, NULL);
    pthread_join(thread, &end);
    printf("%d %s\n", went_well, end == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
    return 0;
}
