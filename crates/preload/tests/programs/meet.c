/* Loads the library that is its first argument while it makes a context of its own, after as many milliseconds as the second says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *load(void *words)
{
    char **argv = words;
    usleep((useconds_t)atoi(argv[2]) * 1000);
    if (dlopen(argv[1], RTLD_NOW) == NULL)
        puts(dlerror());
    return NULL;
}

int main(int argc, char **argv)
{
    void *(*method)(void), *(*new)(void *);
    pthread_t thread;
    if (argc < 3)
        return 99;
    alarm(60);
    if (dlopen("libssl.so.3", RTLD_NOW | RTLD_GLOBAL) == NULL)
        return 98;
    *(void **)&method = dlsym(RTLD_DEFAULT, "TLS_server_method");
    *(void **)&new = dlsym(RTLD_DEFAULT, "SSL_CTX_new");
    pthread_create(&thread, NULL, load, argv);
    if (new(method()) == NULL)
        return 97;
    pthread_join(thread, NULL);
    puts("have contexts");
    return 0;
}
