/* A linker that takes its time to find what this library asks for last when it looks for OpenSSL, and for its ring. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

void *dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    if (real == NULL)
        *(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (real == NULL)
        *(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    if (strcmp(name, "OPENSSL_sk_value") == 0 || strcmp(name, "getrandom") == 0)
        usleep(600000);
    return real(handle, name);
}
