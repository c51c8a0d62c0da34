// What a library like ours must not be: it gives every SSL_CTX the same ticket keys. The tests of isolation have to
// fail with it.
#include <dlfcn.h>
#include <openssl/ssl.h>

static SSL_CTX *with_key(SSL_CTX *ctx)
{
    unsigned char keys[80];

    for (unsigned char i = 0; i < sizeof(keys); i++)
        keys[i] = i + 1;
    if (ctx)
        SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof(keys));
    return ctx;
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    SSL_CTX *(*real)(const SSL_METHOD *) = dlsym(RTLD_NEXT, "SSL_CTX_new");

    return with_key(real(method));
}

SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *library, const char *properties, const SSL_METHOD *method)
{
    SSL_CTX *(*real)(OSSL_LIB_CTX *, const char *, const SSL_METHOD *) = dlsym(RTLD_NEXT, "SSL_CTX_new_ex");

    return with_key(real(library, properties, method));
}
