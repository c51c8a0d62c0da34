/*
 * swap 12|13: the application puts a key callback of its own on a context, and takes it back, just when OpenSSL has made what the other kind
 * of callback gets and has not called yet: as another thread may. Prints how the handshakes end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include "pair.h"

typedef int (*key_callback)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int);

static SSL_CTX *server;
static int taken, given, without_mac;

static int own(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    static const unsigned char key[32] = "an application's own ticket keys";
    OSSL_PARAM params[] = { OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
                            OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, 32), OSSL_PARAM_END };
    (void)ssl;
    without_mac += mac == NULL;
    if (enc)
        memset(name, 'E', 16), memset(iv, 'i', 16);
    return memcmp(name, "EEEE", 4) == 0 && mac != NULL && EVP_MAC_CTX_set_params(mac, params)
        && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, enc);
}

/* libcrypto may have uses of its own for what libssl asks it for. */
static int is_libssl(void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) && strstr(info.dli_fname, "libssl");
}

/* For callbacks of the older kind. */
HMAC_CTX *HMAC_CTX_new(void)
{
    HMAC_CTX *(*real)(void) = dlsym(RTLD_NEXT, "HMAC_CTX_new");
    if (taken == 1 && is_libssl(__builtin_return_address(0)))
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server, own), taken = 2;
    return real();
}

/* And for those of the newer kind. */
EVP_MAC *EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
    EVP_MAC *(*real)(OSSL_LIB_CTX *, const char *, const char *) = dlsym(RTLD_NEXT, "EVP_MAC_fetch");
    if (given == 1 && is_libssl(__builtin_return_address(0)))
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server, NULL), given = 2;
    return real(library, name, properties);
}

static SSL_SESSION *visit(SSL_CTX *client, int version, SSL_SESSION *session)
{
    struct kept next = { NULL, 0 };
    int resumed, ok = connect_pair(client, server, version, NULL, session, &next, &resumed);
    printf("%s ", !ok ? "failed" : resumed ? "resumed" : "full");
    return next.session;
}

int main(int argc, char **argv)
{
    int version = argc > 1 && atoi(argv[1]) == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX *client = client_context();
    SSL_SESSION *ticket;
    server = SSL_CTX_new(TLS_server_method());
    use_identity(server, "server");
    ticket = visit(client, version, NULL);
    /* When it opens a ticket of the library's, and when it seals one. */
    for (int opens = 1; opens >= 0; opens--) {
        taken = 1;
        SSL_SESSION_free(visit(client, version, opens ? ticket : NULL));
        given = 1;
        SSL_SESSION_free(visit(client, version, opens ? ticket : NULL));
        printf("%d %d ", taken, given);
    }
    SSL_SESSION_free(visit(client, version, ticket));
    printf("%d without a MAC\n", without_mac);
    SSL_SESSION_free(ticket);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return 0;
}
