/*
 * A TLS client for the tests in ../preload: reads orders from standard input, a line each, and answers each with a line.
 * Servers are reached through sockets that have a path, so that they may live in network namespaces of their own.
 *
 *   mint PATH 12|13 S       a full handshake; its last ticket is kept as session number S   -> full|resumed|failed TICKET
 *   use PATH S              another with that session, which stays as it is                  -> full|resumed|failed
 *   forget S
 */
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pair.h"

#define MAX 4096

static SSL_SESSION *sessions[MAX];
static SSL_CTX *client_ctx;

/* A server that has just been started may not be there yet. */
static int reach(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int tries;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    for (tries = 0; tries < 2000; tries++) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
        usleep(5000);
    }
    die("nobody there");
    return -1;
}

/* One connection, as a browser makes it. Says how it went. */
static const char *visit(const char *path, int version, SSL_SESSION *session, struct kept *kept)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    SSL *ssl = SSL_new(client_ctx);
    char answer[4096];
    const char *how = "failed";
    int fd = reach(path);
    SSL_set_ex_data(ssl, kept_index(), kept);
    SSL_set_min_proto_version(ssl, version);
    SSL_set_max_proto_version(ssl, version);
    SSL_set_fd(ssl, fd);
    if (session != NULL)
        SSL_set_session(ssl, session);
    ERR_clear_error();
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, request, sizeof request - 1) > 0 && SSL_read(ssl, answer, sizeof answer) > 0) {
        while (SSL_read(ssl, answer, sizeof answer) > 0)
            ;
        how = SSL_session_reused(ssl) ? "resumed" : "full";
    }
    if (kept->session == NULL)
        kept->session = SSL_get1_session(ssl);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
    return how;
}

static SSL_SESSION **place(const char *number)
{
    int index = number ? atoi(number) : -1;
    if (index < 0 || index >= MAX)
        die("no such session");
    return &sessions[index];
}

static void order(char **words)
{
    struct kept kept = { NULL, 0 };
    const unsigned char *ticket;
    size_t len = 0, i;
    if (strcmp(words[0], "mint") == 0) {
        SSL_SESSION **to = place(words[3]);
        int version = atoi(words[2]) == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
        printf("%s ", visit(words[1], version, NULL, &kept));
        if (kept.session != NULL)
            SSL_SESSION_get0_ticket(kept.session, &ticket, &len);
        for (i = 0; i < len; i++)
            printf("%02x", ticket[i]);
        printf("\n");
        SSL_SESSION_free(*to);
        *to = kept.session;
    } else if (strcmp(words[0], "use") == 0) {
        /* A copy: OpenSSL does not use a session again that a connection did not end well with. */
        SSL_SESSION *session = SSL_SESSION_dup(*place(words[2]));
        printf("%s\n", visit(words[1], SSL_SESSION_get_protocol_version(session), session, &kept));
        SSL_SESSION_free(kept.session);
        SSL_SESSION_free(session);
    } else {
        SSL_SESSION **gone = place(words[1]);
        SSL_SESSION_free(*gone);
        *gone = NULL;
        printf("ok\n");
    }
}

int main(void)
{
    char line[1024], *words[8], *rest;
    signal(SIGPIPE, SIG_IGN);
    client_ctx = client_context();
    while (fgets(line, sizeof line, stdin) != NULL) {
        int n = 0;
        line[strcspn(line, "\n")] = 0;
        for (char *word = strtok_r(line, " ", &rest); word != NULL && n < 7; word = strtok_r(NULL, " ", &rest))
            words[n++] = word;
        words[n] = NULL;
        if (n > 0)
            order(words);
        fflush(stdout);
    }
    return 0;
}
