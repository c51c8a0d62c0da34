/* A prefork server: the context is made before fork(2), every child serves, and each takes the others' tickets. */
#include "harness.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 4 };

/* One pair of sockets for each connection, made before the fork. */
enum { CONNECTIONS = 5 };
static int sockets[CHILDREN][CONNECTIONS][2];

static int serve(SSL_CTX *server, int which)
{
    int good = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        SSL *ssl = SSL_new(server);
        char in[64];
        SSL_set_fd(ssl, sockets[which][i][1]);
        if (SSL_accept(ssl) == 1) {
            int n = SSL_read(ssl, in, sizeof in);
            if (n > 0 && SSL_write(ssl, in, n) == n)
                good++;
            SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        close(sockets[which][i][1]);
    }
    return good;
}

static SSL_SESSION *ask(SSL_CTX *client, int fd, SSL_SESSION *session, int *resumed)
{
    SSL *ssl = SSL_new(client);
    SSL_SESSION *got = NULL;
    char in[64] = "";
    SSL_set_fd(ssl, fd);
    if (session)
        SSL_set_session(ssl, session);
    *resumed = -1;
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, "ping", 4) == 4 && SSL_read(ssl, in, sizeof in) == 4) {
        *resumed = SSL_session_reused(ssl);
        while (SSL_read(ssl, in, sizeof in) > 0)
            ;
        got = SSL_get1_session(ssl);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    ERR_clear_error();
    return got;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        SSL_CTX *client = new_client(), *server = new_server();
        SSL_SESSION *before = visit(client, server, NULL), *session = NULL;
        pid_t children[CHILDREN];
        section("%s, %d children", tls_name(), CHILDREN);
        for (int c = 0; c < CHILDREN; c++)
            for (int i = 0; i < CONNECTIONS; i++)
                if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[c][i]))
                    abort();
        fflush(stdout);
        for (int c = 0; c < CHILDREN; c++) {
            children[c] = fork();
            if (children[c] == 0) {
                int good = serve(server, c);
                SSL_SESSION_free(before); /* a child has its own copy of everything, and lets go of it */
                SSL_CTX_free(client);
                SSL_CTX_free(server);
                identities_free();
                _exit(good);
            }
        }
        for (int c = 0; c < CHILDREN; c++)
            for (int i = 0; i < CONNECTIONS; i++)
                close(sockets[c][i][1]);
        for (int i = 0; i < CONNECTIONS; i++)
            for (int c = 0; c < CHILDREN; c++) {
                int resumed;
                SSL_SESSION *offered = i == 0 ? before : session, *copy = SSL_SESSION_dup(offered);
                SSL_SESSION *next = ask(client, sockets[c][i][0], copy, &resumed);
                is(resumed, 1, "connection %d of child %d takes the ticket of another process", i, c);
                SSL_SESSION_free(copy);
                if (next) {
                    SSL_SESSION_free(session);
                    session = next;
                }
                close(sockets[c][i][0]);
            }
        for (int c = 0; c < CHILDREN; c++) {
            int status = 0;
            waitpid(children[c], &status, 0);
            is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, CONNECTIONS, "child %d served all", c);
        }
        SSL_SESSION_free(visit(client, server, session));
        is(visited.resumed, 1, "the parent takes the last child's ticket");
        SSL_SESSION_free(session);
        SSL_SESSION_free(before);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
