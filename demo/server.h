/*
 * What every demo server needs and no manual page is about: a certificate, a
 * listening socket, and a line of text for the client. One connection at a
 * time; port 0, so that the system picks a free one.
 *
 * The first line on standard output is `listening 127.0.0.1:PORT`. Commands
 * come on standard input, one a line, and are answered on standard output:
 *
 *     advance SECONDS   move the clock of the key store
 *     erase             throw every ticket key away
 *     quit              leave (so does the end of the input)
 *
 * So a rotation that takes hours can be watched without waiting for it.
 */
#ifndef CARNET_DEMO_SERVER_H
#define CARNET_DEMO_SERVER_H

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <carnet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#define KEY_INTERVAL 3600    /* a key makes tickets for an hour */
#define TICKET_LIFETIME 7200 /* and reads them for two hours more */

/* What the manual pages leave to the reader. */
static carnet_keystore *store;
static long clock_skew;

static time_t skewed_clock(void *arg)
{
    return time(NULL) + *(long *)arg;
}

static void die(const char *what)
{
    fprintf(stderr, "%s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* A key for one run, and a certificate for it that lasts a day. */
static void use_new_certificate(SSL_CTX *ctx)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *name;

    if (key == NULL || cert == NULL)
        die("making a key");
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 24 * 60 * 60);
    name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_set_pubkey(cert, key);
    if (!X509_sign(cert, key, EVP_sha256()))
        die("signing the certificate");
    if (SSL_CTX_use_certificate(ctx, cert) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)
        die("installing the certificate");
    X509_free(cert);
    EVP_PKEY_free(key);
}

static int listen_on_loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0
        || getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        perror("listening on 127.0.0.1");
        exit(1);
    }
    printf("listening 127.0.0.1:%d\n", ntohs(at.sin_port));
    return fd;
}

/* Tells the client how it got in, and what `remark` knows beyond that. */
static void answer(SSL *ssl, const char *remark)
{
    char line[256];
    int len = snprintf(line, sizeof(line), "server: %s%s%s\n",
                       SSL_session_reused(ssl) ? "resumed" : "full handshake", remark[0] ? "; " : "", remark);

    SSL_write(ssl, line, len);
}

/* Reads to the end of a request: a line of text, or the empty line of HTTP. */
static int read_request(SSL *ssl)
{
    char request[4096] = "";
    size_t used = 0;
    int n;

    while (used + 1 < sizeof(request) && (n = SSL_read(ssl, request + used, (int)(sizeof(request) - 1 - used))) > 0) {
        used += (size_t)n;
        request[used] = '\0';
        if (strncmp(request, "GET ", 4) == 0 ? strstr(request, "\r\n\r\n") != NULL : strchr(request, '\n') != NULL)
            break;
    }
    return strncmp(request, "GET ", 4) == 0;
}

static void serve(SSL_CTX *ctx, int listener, const char *(*remark)(SSL *))
{
    int fd = accept(listener, NULL, NULL);
    SSL *ssl = SSL_new(ctx);

    if (fd < 0 || ssl == NULL || SSL_set_fd(ssl, fd) != 1)
        die("taking a connection");
    if (SSL_accept(ssl) == 1) {
        if (read_request(ssl)) {
            static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";
            SSL_write(ssl, head, sizeof(head) - 1);
        }
        answer(ssl, remark != NULL ? remark(ssl) : "");
        SSL_shutdown(ssl);
    } else {
        ERR_print_errors_fp(stderr);
    }
    SSL_free(ssl);
    close(fd);
}

/* Returns 0 when it is time to leave. */
static int obey(const char *line)
{
    if (strncmp(line, "advance ", 8) == 0) {
        clock_skew += atol(line + 8);
        printf("clock %+ld s\n", clock_skew);
    } else if (strcmp(line, "erase\n") == 0) {
        carnet_keystore_erase(store, NULL);
        printf("no keys\n");
    } else {
        return 0;
    }
    return 1;
}

/*
 * Runs a server until it is told to leave. `setup` installs the callbacks the
 * program is about; `before` (or NULL) runs ahead of each connection; `remark`
 * (or NULL) adds to the line that the client gets.
 */
static int run_server(void (*setup)(SSL_CTX *), void (*before)(void), const char *(*remark)(SSL *))
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    char line[64];
    int listener;

    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what stdio has not taken yet */
    signal(SIGPIPE, SIG_IGN);
    store = carnet_keystore_new(KEY_INTERVAL, TICKET_LIFETIME);
    if (ctx == NULL || store == NULL || !carnet_keystore_set_clock(store, skewed_clock, &clock_skew))
        die("starting");
    use_new_certificate(ctx);
    setup(ctx);
    listener = listen_on_loopback();
    for (;;) {
        struct pollfd wait[2] = {{.fd = 0, .events = POLLIN}, {.fd = listener, .events = POLLIN}};

        if (poll(wait, 2, -1) < 0)
            die("poll");
        if (wait[0].revents != 0 && (fgets(line, sizeof(line), stdin) == NULL || !obey(line)))
            break;
        if (wait[1].revents != 0) {
            if (before != NULL)
                before();
            serve(ctx, listener, remark);
        }
    }
    close(listener);
    carnet_keystore_free(store);
    SSL_CTX_free(ctx);
    return 0;
}

#endif
