/* Says which library it is served by, after a context was made and freed there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    Dl_info where = { 0 };
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    const char *slash;

    if (ctx == NULL || ssl == NULL || SSL_CTX_set_num_tickets(ctx, 3) != 1 || SSL_CTX_get_num_tickets(ctx) != 3)
        return 1;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    if (dladdr((void *)SSL_CTX_new, &where) == 0)
        return 1;
    slash = strrchr(where.dli_fname, '/');
    puts(slash == NULL ? where.dli_fname : slash + 1);
    return 0;
}
