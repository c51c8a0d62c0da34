/*
 * What it costs.   cost callback 12|13 N [CA]    by how many nanoseconds the median of N resumed handshakes with the ring's keys is longer than
 *                                           with OpenSSL's own, in turns in one process; of contexts that verify clients by a file of CA
 *                  cost ticket N            nanoseconds of CPU for each of N TLS 1.3 tickets made after a handshake
 *                  cost quiet 12|13 N       how often the preloaded library allocates in N resumed handshakes, after some to warm up
 *                  cost visit 12|13 PORT N    N resumed handshakes with a server on 127.0.0.1
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <link.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pair.h"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static unsigned long from, to, counted;

static void count(void *caller)
{
    unsigned long at = (unsigned long)caller;
    counted += at >= from && at < to;
}

void *malloc(size_t len)
{
    count(__builtin_return_address(0));
    return __libc_malloc(len);
}

void *calloc(size_t number, size_t len)
{
    count(__builtin_return_address(0));
    return __libc_calloc(number, len);
}

void *realloc(void *old, size_t len)
{
    count(__builtin_return_address(0));
    return __libc_realloc(old, len);
}

static int find_library(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (strstr(info->dlpi_name, "libcarnet_preload") == NULL)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            unsigned long end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
            to = end > to ? end : to;
        }
    from = info->dlpi_addr;
    return 1;
}

static double nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static SSL_CTX *client, *server;
static struct kept kept;

static void resume(int version)
{
    struct kept next = { NULL, 0 };
    int resumed = 0;
    if (!connect_pair(client, server, version, "a.example", kept.session, &next, &resumed) || (kept.session != NULL && !resumed))
        die("not resumed");
    if (next.session != NULL) {
        SSL_SESSION_free(kept.session);
        kept = next;
    }
}

static void resume_often(int version, int number)
{
    while (number-- > 0)
        resume(version);
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return a < b ? -1 : a > b;
}

/* A context that has set keys is left to OpenSSL, which takes the path that it has without the library. What interrupts a handshake makes
 * it much longer, so that medians do not see it. */
static double callback_cost(int version, int number, const char *authorities)
{
    enum { WARM_UP = 50, MOST = 20000 };
    static double took[2][MOST];
    SSL_CTX *contexts[2] = { server, SSL_CTX_new(TLS_server_method()) };
    struct kept sessions[2] = { { NULL, 0 }, { NULL, 0 } };
    unsigned char keys[80];
    if (number > MOST)
        number = MOST;
    use_identity(contexts[1], "server");
    SSL_CTX_set_timeout(contexts[1], 100000);
    RAND_bytes(keys, sizeof keys);
    SSL_CTX_set_tlsext_ticket_keys(contexts[1], keys, sizeof keys);
    for (int i = 0; i < 2 && authorities != NULL; i++) {
        SSL_CTX_set_verify(contexts[i], SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_session_id_context(contexts[i], (const unsigned char *)"cost", 4);
        if (SSL_CTX_load_verify_locations(contexts[i], authorities, NULL) != 1)
            die("authorities");
    }
    for (int turn = -WARM_UP; turn < number; turn++) {
        for (int i = 0; i < 2; i++) {
            int which = (turn + i) & 1;
            server = contexts[which];
            kept = sessions[which];
            double start = nanoseconds(CLOCK_MONOTONIC);
            resume(version);
            if (turn >= 0)
                took[which][turn] = nanoseconds(CLOCK_MONOTONIC) - start;
            sessions[which] = kept;
        }
    }
    kept.session = NULL;
    for (int i = 0; i < 2; i++) {
        qsort(took[i], (size_t)number, sizeof took[i][0], by_size);
        SSL_SESSION_free(sessions[i].session);
    }
    SSL_CTX_free(contexts[1]);
    server = contexts[0];
    return took[0][number / 2] - took[1][number / 2];
}

static double ticket_cost(int number)
{
    SSL *here = SSL_new(client), *there = SSL_new(server);
    double start;
    char byte;
    SSL_set_ex_data(here, kept_index(), &kept);
    if (!shake(here, there))
        die("handshake");
    /* The client's share is not measured. */
    double total = 0;
    for (int i = 0; i < number; i++) {
        start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        if (SSL_new_session_ticket(there) != 1)
            die("ticket");
        SSL_do_handshake(there);
        total += nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
        SSL_read(here, &byte, 1);
    }
    return total / number;
}

/* One connection to a server; the session to go on with. */
static int visit(int version, int port, int *resumed)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct linger linger = { 1, 0 };
    struct kept next = { NULL, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, ok;
    char answer[1024];
    SSL *ssl = SSL_new(client);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* So that ports do not run out. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    SSL_set_fd(ssl, fd);
    SSL_set_ex_data(ssl, kept_index(), &next);
    SSL_set_min_proto_version(ssl, version);
    SSL_set_max_proto_version(ssl, version);
    if (kept.session != NULL)
        SSL_set_session(ssl, kept.session);
    ok = SSL_connect(ssl) == 1;
    if (ok && version == TLS1_3_VERSION) {
        static const char request[] = "GET / HTTP/1.0\r\n\r\n";
        ok = SSL_write(ssl, request, sizeof request - 1) > 0 && SSL_read(ssl, answer, sizeof answer) > 0;
    }
    *resumed = SSL_session_reused(ssl);
    if (next.session != NULL) {
        SSL_SESSION_free(kept.session);
        kept = next;
    }
    /* Otherwise the session is thought to be cut short, and no good. */
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
    close(fd);
    return ok;
}

static void visits(int version, int port, int number)
{
    int resumed = 0;
    if (!visit(version, port, &resumed))
        die("visit");
    for (int i = 0; i < number; i++)
        if (!visit(version, port, &resumed) || !resumed)
            die("not resumed");
}

int main(int argc, char **argv)
{
    int version = argc > 2 && atoi(argv[2]) == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    client = client_context();
    server = SSL_CTX_new(TLS_server_method());
    use_identity(server, "server");
    SSL_CTX_set_timeout(server, 100000);
    if (argc == 5 && strcmp(argv[1], "visit") == 0) {
        visits(version, atoi(argv[3]), atoi(argv[4]));
        printf("%s\n", argv[4]);
    } else if ((argc == 4 || argc == 5) && strcmp(argv[1], "callback") == 0) {
        printf("%.1f\n", callback_cost(version, atoi(argv[3]), argv[4]));
    } else if (argc == 4 && strcmp(argv[1], "quiet") == 0) {
        resume_often(version, 5);
        dl_iterate_phdr(find_library, NULL);
        counted = 0;
        resume_often(version, atoi(argv[3]));
        printf("%lu %s\n", counted, from ? "loaded" : "absent");
    } else if (argc == 3 && strcmp(argv[1], "ticket") == 0) {
        version = TLS1_3_VERSION;
        ticket_cost(50);
        printf("%.1f\n", ticket_cost(atoi(argv[2])));
    } else {
        die("cost what?");
    }
    SSL_SESSION_free(kept.session);
    return 0;
}
