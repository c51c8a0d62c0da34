/* Whoever asks for randomness gets a signal when it does so for the Nth time, if the file that SIGNAL_AT names says "N KILL" or
 * "N STOP"; the file is gone then. (It need not be a system call that could be traced: where the kernel lets it, newer C libraries
 * do it in the process.) */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t getrandom(void *buffer, size_t len, unsigned flags)
{
    static int left, number;
    const char *path = getenv("SIGNAL_AT");
    int file = left == 0 && path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        char order[3];
        if (read(file, order, sizeof order) == sizeof order) {
            left = order[0] - '0';
            number = order[2] == 'K' ? SIGKILL : SIGSTOP;
        }
        close(file);
        unlink(path);
    }
    /* To ask for nothing is to ask whether there is any. */
    if (left > 0 && len > 0 && --left == 0)
        kill(getpid(), number);
    return syscall(SYS_getrandom, buffer, len, flags);
}
