/*
 * A clock that the test moves: the file that AHEAD names holds eight bytes, the number of seconds by which it is ahead. Only the preload library and
 * libssl see it; servers keep the time that they know. The file is mapped when a program starts, so that neither another root directory
 * nor another user takes it away.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead;

__attribute__((constructor)) static void map(void)
{
    const char *path = getenv("AHEAD");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd >= 0 ? mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (page != MAP_FAILED)
        ahead = page;
    if (fd >= 0)
        close(fd);
}

static time_t added(void *caller)
{
    Dl_info info;

    if (ahead == NULL || dladdr(caller, &info) == 0 || info.dli_fname == NULL)
        return 0;
    return strstr(info.dli_fname, "/libcarnet_preload.so") || strstr(info.dli_fname, "/libssl.so") ? (time_t)*ahead : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += added(__builtin_return_address(0));
    return result;
}

time_t time(time_t *into)
{
    struct timespec now;
    time_t seconds;

    syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &now);
    seconds = now.tv_sec + added(__builtin_return_address(0));
    if (into != NULL)
        *into = seconds;
    return seconds;
}
