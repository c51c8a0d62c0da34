/* A TLS client and a TLS server in one process, over memory. Programs of the tests in ../preload include this. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    exit(99);
}

/* The directory with the test's certificates: NAME.pem and NAME.key. */
static const char *in_directory(const char *name, const char *suffix)
{
    static _Thread_local char paths[4][512];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s%s", getenv("PKI") ? getenv("PKI") : ".", name, suffix);
    return path;
}

static void use_identity(SSL_CTX *ctx, const char *name)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, in_directory(name, ".pem")) != 1
        || SSL_CTX_use_PrivateKey_file(ctx, in_directory(name, ".key"), SSL_FILETYPE_PEM) != 1)
        die("identity");
}

/* What the client kept: the last ticket. */
struct kept {
    SSL_SESSION *session;
    int tickets;
};

static int kept_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static int keep(SSL *ssl, SSL_SESSION *session)
{
    struct kept *kept = SSL_get_ex_data(ssl, kept_index());
    SSL_SESSION_free(kept->session);
    kept->session = session;
    kept->tickets++;
    return 1;
}

static SSL_CTX *client_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL)
        die("client context");
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep);
    kept_index();
    return ctx;
}

/* How often a call that has not failed has left an error; counted for who asks, since others measure what calls cost. */
static int counts_errors, stray_errors;

static int step(SSL *ssl, int *done)
{
    char byte[64];
    int result = *done ? SSL_read(ssl, byte, sizeof byte) : SSL_do_handshake(ssl);
    stray_errors += counts_errors && (result > 0 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ) && ERR_peek_error() != 0;
    if (result <= 0) {
        int error = SSL_get_error(ssl, result);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    }
    *done = 1;
    return 1;
}

/* Runs the handshake and lets the client read the tickets that come after it. */
static int shake(SSL *client, SSL *server)
{
    int client_done = 0, server_done = 0, round;
    BIO *near, *far;
    if (BIO_new_bio_pair(&near, 0, &far, 0) != 1)
        die("pair");
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (round = 0; round < 12; round++) {
        if (!step(client, &client_done) || !step(server, &server_done))
            return 0;
    }
    return client_done && server_done;
}

/* One connection. The caller frees kept->session. 1 for success; then *resumed says how. */
static int connect_pair(SSL_CTX *client_ctx, SSL_CTX *server_ctx, int version, const char *name,
                        SSL_SESSION *session, struct kept *kept, int *resumed)
{
    SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
    int ok;
    if (client == NULL || server == NULL)
        die("connection");
    SSL_set_ex_data(client, kept_index(), kept);
    SSL_set_min_proto_version(client, version);
    SSL_set_max_proto_version(client, version);
    if (name != NULL)
        SSL_set_tlsext_host_name(client, name);
    if (session != NULL)
        SSL_set_session(client, session);
    ERR_clear_error();
    ok = shake(client, server);
    *resumed = ok && SSL_session_reused(server);
    if (ok) {
        SSL_shutdown(client);
        SSL_shutdown(server);
    }
    SSL_free(client);
    SSL_free(server);
    return ok;
}
