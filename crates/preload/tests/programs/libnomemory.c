/* A system that has no memory to give to this library; to all others it has. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);

static uintptr_t start, end;

static int look(struct dl_phdr_info *module, size_t size, void *unused)
{
    int i;
    (void)size, (void)unused;
    if (strstr(module->dlpi_name, "libcarnet_preload.so") == NULL)
        return 0;
    start = module->dlpi_addr;
    for (i = 0; i < module->dlpi_phnum; i++)
        if (module->dlpi_phdr[i].p_type == PT_LOAD)
            end = start + module->dlpi_phdr[i].p_vaddr + module->dlpi_phdr[i].p_memsz;
    return 1;
}

/* The linker runs it before what was named before this. */
__attribute__((constructor)) static void find(void)
{
    dl_iterate_phdr(look, NULL);
}

static int is_carnet(void *caller)
{
    return (uintptr_t)caller >= start && (uintptr_t)caller < end;
}

void *malloc(size_t size)
{
    return is_carnet(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_carnet(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : __libc_calloc(count, size);
}
