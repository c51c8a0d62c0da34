/* Has no TLS of its own. host PLUGIN [OTHER PLUGIN]: loads them out of everybody's sight, uses, unloads them, again and again. */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int use(const char *path)
{
    int not_openssls = -1;
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    int (*visit)(int *) = plugin ? (int (*)(int *))dlsym(plugin, "visit") : NULL;
    int good = visit ? visit(&not_openssls) : -1;
    if (visit == NULL)
        fprintf(stderr, "%s\n", dlerror());
    printf("%d %s\n", good, not_openssls == 1 ? "shared" : "own");
    fflush(stdout);
    dlclose(plugin);
    return good == 4;
}

int main(int argc, char **argv)
{
    int good = 1, status;
    /* Before there is any libssl. */
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, &status, 0);
    for (int round = 0; round < 3; round++)
        for (int i = 1; i < argc; i++)
            good &= use(argv[i]);
    child = fork();
    if (child == 0)
        _exit(!use(argv[1]));
    waitpid(child, &status, 0);
    return !(good && status == 0);
}
