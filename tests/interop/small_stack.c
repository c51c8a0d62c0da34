/*
 * Full and resumed handshakes, both sides, on a thread with the 64 KiB of stack that stunnel gives its threads.
 *
 *     small_stack CERTIFICATE KEY CA
 */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STACK_SIZE (64 * 1024)

static char **arguments;
static SSL_SESSION *newest;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(newest);
    newest = session;
    return 1;
}

static void need(int ok)
{
    if (ok)
        return;
    ERR_print_errors_fp(stdout);
    exit(1);
}

static void visit(SSL_CTX *client_ctx, SSL_CTX *server_ctx, int resumed)
{
    SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
    BIO *client_end, *server_end;
    char byte;

    need(client != NULL && server != NULL && BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    if (newest != NULL)
        need(SSL_set_session(client, newest) == 1);
    for (int i = 0; i < 4 && (SSL_in_init(client) || SSL_in_init(server)); i++) {
        SSL_connect(client);
        SSL_accept(server);
    }
    need(SSL_write(server, "x", 1) == 1 && SSL_read(client, &byte, 1) == 1);
    need(SSL_session_reused(client) == resumed);
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
}

static void *run(void *arg)
{
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method()), *server_ctx = SSL_CTX_new(TLS_server_method());

    (void)arg;
    need(client_ctx != NULL && server_ctx != NULL);
    need(SSL_CTX_use_certificate_chain_file(server_ctx, arguments[1]) == 1);
    need(SSL_CTX_use_PrivateKey_file(server_ctx, arguments[2], SSL_FILETYPE_PEM) == 1);
    need(SSL_CTX_load_verify_locations(client_ctx, arguments[3], NULL) == 1);
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client_ctx, keep_session);
    visit(client_ctx, server_ctx, 0);
    visit(client_ctx, server_ctx, 1);
    SSL_SESSION_free(newest);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_attr_t attributes;
    pthread_t thread;

    need(argc == 4);
    arguments = argv;
    need(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0);
    need(pthread_create(&thread, &attributes, run, NULL) == 0 && pthread_join(thread, NULL) == 0);
    printf("ok\n");
    return 0;
}
