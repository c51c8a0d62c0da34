/* Uses OpenSSL while it is being loaded. */
#include <stdio.h>
#include <unistd.h>

#include <openssl/ssl.h>

__attribute__((constructor)) static void start(void)
{
    SSL_CTX *ctx;
    usleep(900000);
    ctx = SSL_CTX_new(TLS_server_method());
    if (ctx != NULL)
        printf("both ");
    SSL_CTX_free(ctx);
}
