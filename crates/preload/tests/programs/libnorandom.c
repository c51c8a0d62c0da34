/* A system without randomness: what this library asks gets nothing. OpenSSL makes the system call itself and is not reached. */
#include <errno.h>
#include <sys/types.h>

ssize_t getrandom(void *buffer, size_t len, unsigned flags)
{
    (void)buffer, (void)len, (void)flags;
    errno = EIO;
    return -1;
}
