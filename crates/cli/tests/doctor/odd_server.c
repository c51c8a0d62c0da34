/*
 * A server that does with tickets what a server should not: odd_server PORT CERT KEY ODDITY [CERT2 KEY2].
 * Answers one connection after the other until it is killed.
 */
#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *oddity;
static SSL_CTX *contexts[2];

static int is(const char *name)
{
    return strcmp(oddity, name) == 0;
}

/* With one key for ever; what is odd is the name, or the answer. */
static int ticket_key(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    unsigned char key[32];
    OSSL_PARAM params[3];
    /* What might stand on a stack. */
    unsigned long long address = 0x7ffd12345678ULL;

    (void)ssl;
    memset(key, 7, sizeof(key));
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, sizeof(key));
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"sha256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (enc) {
        memset(name, is("zero") ? 0 : 'n', 16);
        if (is("memory"))
            memcpy(name + 8, &address, sizeof(address));
        memset(iv, 9, 16);
    }
    if (!EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, enc) || !EVP_MAC_CTX_set_params(mac, params))
        return -1;
    return enc || is("stingy") ? 1 : 2;
}

static int choose(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert, (void)arg;
    if (name != NULL && strcmp(name, "inner.example") == 0) {
        SSL_set_SSL_CTX(ssl, contexts[1]);
        SSL_set_verify(ssl, SSL_CTX_get_verify_mode(contexts[1]), NULL);
    }
    return SSL_TLSEXT_ERR_OK;
}

static int accept_all(int ok, X509_STORE_CTX *store)
{
    (void)ok, (void)store;
    return 1;
}

static SSL_CTX *context(const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL || SSL_CTX_use_certificate_file(ctx, cert, SSL_FILETYPE_PEM) != 1
        || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        exit(1);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"odd", 3);
    if (is("zero") || is("memory") || is("stingy"))
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_key);
    if (is("zero-key")) {
        unsigned char zeros[80] = {0};

        SSL_CTX_set_tlsext_ticket_keys(ctx, zeros, sizeof(zeros));
    }
    if (is("off")) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    }
    if (is("long"))
        SSL_CTX_set_timeout(ctx, 8 * 86400);
    if (is("short"))
        SSL_CTX_set_timeout(ctx, 8);
    if (is("old"))
        SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (is("vhosts"))
        SSL_CTX_set_tlsext_servername_callback(ctx, choose);
    return ctx;
}

static void serve(int fd, SSL_CTX *ctx)
{
    char request[1000];
    SSL *ssl = SSL_new(ctx);

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0)
        SSL_write(ssl, "HTTP/1.0 200 OK\r\n\r\n", 19);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, count;

    if (argc < 5)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    oddity = argv[4];
    contexts[0] = context(argv[2], argv[3]);
    contexts[1] = argc > 6 ? context(argv[5], argv[6]) : context(argv[2], argv[3]);
    if (is("vhosts"))
        SSL_CTX_set_verify(contexts[1], SSL_VERIFY_PEER, accept_all);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(atoi(argv[1]));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 50) != 0)
        return 1;
    for (count = 0;; count++) {
        int fd = accept(listener, NULL, NULL);

        if (is("forgetful")) {
            SSL_CTX_free(contexts[0]);
            contexts[0] = context(argv[2], argv[3]);
        }
        serve(fd, contexts[is("strangers") ? count % 3 == 0 : 0]);
    }
}
