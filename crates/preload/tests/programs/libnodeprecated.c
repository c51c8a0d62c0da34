/* An OpenSSL that was built without what is deprecated: it knows key callbacks of the EVP_MAC kind alone. */
#define _GNU_SOURCE
#include <dlfcn.h>

long SSL_CTX_callback_ctrl(void *context, int command, void (*callback)(void))
{
    long (*real)(void *, int, void (*)(void)) = dlsym(RTLD_NEXT, "SSL_CTX_callback_ctrl");
    return command == 72 ? 0 : real(context, command, callback);
}
