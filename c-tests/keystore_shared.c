/* Key stores that processes share: in memory, with children; in a file, with whoever opens it (carnet.h). */
#include "harness.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../include/carnet.h"

static int same_key(carnet_keystore *one, carnet_keystore *other)
{
    carnet_ticket_key a, b;
    int same = carnet_keystore_current(one, &a) == 1 && carnet_keystore_current(other, &b) == 1
        && memcmp(a.name, b.name, sizeof(a.name)) == 0 && memcmp(a.aes_key, b.aes_key, sizeof(a.aes_key)) == 0
        && memcmp(a.hmac_key, b.hmac_key, sizeof(a.hmac_key)) == 0;

    carnet_ticket_key_cleanse(&a);
    carnet_ticket_key_cleanse(&b);
    return same;
}

static void by_a_child(carnet_keystore *shared, carnet_keystore *own)
{
    unsigned char shared_before[16], own_before[16];
    carnet_ticket_key key;
    int status = -1;
    pid_t child;

    carnet_keystore_current(shared, &key);
    memcpy(shared_before, key.name, 16);
    carnet_keystore_current(own, &key);
    memcpy(own_before, key.name, 16);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int turned = carnet_keystore_rotate(shared) == 1 && carnet_keystore_rotate(own) == 1;
        carnet_keystore_free(shared); /* a child has its own copy of everything, and lets go of it */
        carnet_keystore_free(own);
        _exit(turned ? 0 : 1);
    }
    carnet_ok(waitpid(child, &status, 0) == child && status == 0, "a child turns the keys");
    carnet_keystore_current(shared, &key);
    carnet_ok(memcmp(shared_before, key.name, 16) != 0, "of a shared store for its parent as well");
    carnet_ok(carnet_keystore_find(shared, shared_before, &key) == 1 && key.renew == 1, "where the old one still opens");
    carnet_ok(carnet_keystore_erase(shared, shared_before) == 1, "until it is erased");
    carnet_ok(carnet_keystore_find(shared, shared_before, &key) == 0, "for everybody");
    carnet_keystore_current(own, &key);
    carnet_ok(memcmp(own_before, key.name, 16) == 0, "of a store of its own for itself");
    carnet_ticket_key_cleanse(&key);
}

static int refused(carnet_keystore *store, const char *word)
{
    const char *data = NULL;
    int flags = 0;
    unsigned long error = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
    int told = store == NULL && error != 0 && (flags & ERR_TXT_STRING) && strstr(data, word) != NULL && ERR_peek_error() == 0;

    if (!told)
        printf("# %s\n", data != NULL ? data : "no reason");
    ERR_clear_error();
    return told;
}

static void in_a_file(void)
{
    char directory[] = "/tmp/carnet-keystore-XXXXXX", path[sizeof(directory) + 8];
    carnet_keystore *one, *other;

    if (mkdtemp(directory) == NULL)
        return;
    snprintf(path, sizeof(path), "%s/ring", directory);
    one = carnet_keystore_open(path, 3600, 7200);
    other = carnet_keystore_open(path, 1, 1);
    carnet_ok(one != NULL && other != NULL && same_key(one, other), "who opens the file has the keys");
    carnet_ok(carnet_keystore_rotate(one) == 1 && same_key(one, other), "also after they have turned");
    carnet_keystore_free(one);
    one = carnet_keystore_open(path, 3600, 7200);
    carnet_ok(same_key(one, other), "and later");
    chmod(path, 0644);
    carnet_ok(refused(carnet_keystore_open(path, 3600, 7200), "chmod 600"), "a file that others can read is refused");
    chmod(path, 0600);
    carnet_ok(truncate(path, 10) == 0 && refused(carnet_keystore_open(path, 3600, 7200), "10 bytes"), "so is a short one");
    unlink(path);
    carnet_ok(refused(carnet_keystore_open(path, 10, 7200), "at least 554 s"), "and more keys than there is room for");
    carnet_ok(refused(carnet_keystore_open("/nowhere/ring", 3600, 7200), "/nowhere/ring"), "a path that leads nowhere");
    rmdir(directory);
    carnet_keystore_free(one);
    carnet_keystore_free(other);
}

int main(void)
{
    carnet_keystore *shared = carnet_keystore_shared(3600, 7200), *own = carnet_keystore_new(3600, 7200);

    by_a_child(shared, own);
    carnet_keystore_free(shared);
    carnet_keystore_free(own);
    carnet_ok(refused(carnet_keystore_shared(10, 7200), "at least 554 s"), "the shortest interval is told");
    in_a_file();
    return finish();
}
