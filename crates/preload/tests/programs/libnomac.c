/* An OpenSSL that makes no MACs of either kind and gives no keys to the preload library, and says so, as long as there is the file that
 * NO_MAC_IF names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static int fails(void *caller)
{
    Dl_info info;
    return access(getenv("NO_MAC_IF"), F_OK) == 0 && dladdr(caller, &info) && strstr(info.dli_fname, "carnet_preload");
}

int EVP_MAC_CTX_set_params(EVP_MAC_CTX *mac, const OSSL_PARAM params[])
{
    int (*real)(EVP_MAC_CTX *, const OSSL_PARAM[]) = dlsym(RTLD_NEXT, "EVP_MAC_CTX_set_params");
    if (!fails(__builtin_return_address(0)))
        return real(mac, params);
    ERR_raise(ERR_LIB_EVP, ERR_R_FATAL);
    return 0;
}

int HMAC_Init_ex(HMAC_CTX *mac, const void *key, int len, const EVP_MD *digest, ENGINE *engine)
{
    int (*real)(HMAC_CTX *, const void *, int, const EVP_MD *, ENGINE *) = dlsym(RTLD_NEXT, "HMAC_Init_ex");
    if (!fails(__builtin_return_address(0)))
        return real(mac, key, len, digest, engine);
    ERR_raise(ERR_LIB_EVP, ERR_R_FATAL);
    return 0;
}

long SSL_CTX_ctrl(void *context, int command, long number, void *pointer)
{
    long (*real)(void *, int, long, void *) = dlsym(RTLD_NEXT, "SSL_CTX_ctrl");
    if (command != 58 || !fails(__builtin_return_address(0)))
        return real(context, command, number, pointer);
    ERR_raise(ERR_LIB_SSL, ERR_R_FATAL);
    return 0;
}
