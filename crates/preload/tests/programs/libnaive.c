/* What this library must not be: one ticket key for every SSL_CTX. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

typedef struct ssl_ctx_st SSL_CTX;

SSL_CTX *SSL_CTX_new(const void *method)
{
    void *libssl = dlopen("libssl.so.3", RTLD_NOW);
    SSL_CTX *(*real)(const void *) = dlsym(libssl, "SSL_CTX_new");
    long (*control)(SSL_CTX *, int, long, void *) = dlsym(libssl, "SSL_CTX_ctrl");
    unsigned char keys[80];
    SSL_CTX *ctx = real(method);
    memset(keys, 'k', sizeof keys);
    control(ctx, 59, sizeof keys, keys);
    return ctx;
}
