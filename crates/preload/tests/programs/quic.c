/*
 * QUIC over loopback, client and server in one process. quic FIRST SECOND…: visits servers named by their certificates, one after
 * the other, always with the newest ticket, and prints a line for each: full or resumed, and how many tickets came with it. Servers
 * of the same name are contexts of their own. Prints "none" where OpenSSL has no QUIC servers (before 3.5).
 */
#include "pair.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#if OPENSSL_VERSION_NUMBER >= 0x30500000L && !defined(OPENSSL_NO_QUIC)
#include <openssl/quic.h>

static const unsigned char protocol[] = "\4test";

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in, unsigned in_len, void *unused)
{
    (void)ssl, (void)in, (void)in_len, (void)unused;
    *out = protocol + 1;
    *len = 4;
    return SSL_TLSEXT_ERR_OK;
}

/* A copy: a session whose connection is not shut down in time is none that can be resumed. */
static int keep_copy(SSL *ssl, SSL_SESSION *session)
{
    keep(ssl, SSL_SESSION_dup(session));
    return 0;
}

static int bound(struct sockaddr_in *address)
{
    socklen_t len = sizeof *address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof *address) != 0 || getsockname(fd, (struct sockaddr *)address, &len) != 0)
        die("socket");
    return fd;
}

static SSL_CTX *context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (ctx == NULL)
        die("context");
    return ctx;
}

static void visit(SSL_CTX *client_ctx, SSL_CTX *server_ctx, struct kept *kept)
{
    struct sockaddr_in here, there;
    int server_fd = bound(&there), client_fd = bound(&here), done = 0, round, before = kept->tickets;
    SSL *listener = SSL_new_listener(server_ctx, 0), *client = SSL_new(client_ctx), *server = NULL;
    BIO_ADDR *peer = BIO_ADDR_new();
    if (listener == NULL || client == NULL || SSL_set_fd(listener, server_fd) != 1 || SSL_listen(listener) != 1
        || SSL_set_blocking_mode(listener, 0) != 1 || SSL_set_fd(client, client_fd) != 1 || SSL_set_blocking_mode(client, 0) != 1
        || BIO_ADDR_rawmake(peer, AF_INET, &there.sin_addr, sizeof there.sin_addr, there.sin_port) != 1
        || SSL_set1_initial_peer_addr(client, peer) != 1 || SSL_set_alpn_protos(client, protocol, 5) != 0)
        die("connection");
    SSL_set_ex_data(client, kept_index(), kept);
    SSL_set_tlsext_host_name(client, "a.example");
    if (kept->session != NULL) {
        SSL_SESSION *session = SSL_SESSION_dup(kept->session);
        SSL_set_session(client, session);
        SSL_SESSION_free(session);
    }
    /* Until the handshake is over, both have fallen silent, and what came was read. */
    for (round = 0; round < 2000 && done < 20; round++) {
        struct pollfd both[] = { { server_fd, POLLIN, 0 }, { client_fd, POLLIN, 0 } };
        int result = SSL_do_handshake(client);
        if (result <= 0 && SSL_get_error(client, result) != SSL_ERROR_WANT_READ && SSL_get_error(client, result) != SSL_ERROR_WANT_WRITE)
            die("handshake");
        SSL_handle_events(client);
        SSL_handle_events(listener);
        if (server == NULL)
            server = SSL_accept_connection(listener, SSL_ACCEPT_CONNECTION_NO_BLOCK);
        if (server != NULL) {
            SSL_handle_events(server);
            if (result == 1 && SSL_is_init_finished(server))
                done = kept->tickets - before == 2 ? 20 : done + 1;
        }
        poll(both, 2, 10);
    }
    if (done < 20)
        die("silence");
    printf("%s %d\n", SSL_session_reused(server) ? "resumed" : "full", kept->tickets - before);
    SSL_free(client);
    SSL_free(server);
    SSL_free(listener);
    BIO_ADDR_free(peer);
    close(server_fd);
    close(client_fd);
}

int main(int argc, char **argv)
{
    SSL_CTX *client = context(OSSL_QUIC_client_method());
    struct kept kept = { NULL, 0 };
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, keep_copy);
    kept_index();
    for (int i = 1; i < argc; i++) {
        SSL_CTX *server = context(OSSL_QUIC_server_method());
        use_identity(server, argv[i]);
        SSL_CTX_set_alpn_select_cb(server, choose, NULL);
        visit(client, server, &kept);
        if (i % 2 == 0)
            visit(client, server, &kept);
        SSL_CTX_free(server);
    }
    SSL_SESSION_free(kept.session);
    SSL_CTX_free(client);
    return 0;
}
#else
int main(void)
{
    puts("none");
    return 0;
}
#endif
