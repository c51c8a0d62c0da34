/* Sets its ticket key callback as a language without macros would, and counts what it is asked. */
#include "pair.h"
#include <openssl/hmac.h>

#undef SSL_CTX_set_tlsext_ticket_key_cb
extern long SSL_CTX_set_tlsext_ticket_key_cb(SSL_CTX *, int (*)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, HMAC_CTX *, int));

static int made, opened;

static int callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int enc)
{
    static const unsigned char key[32] = { 1, 2, 3 };
    (void)ssl;
    if (enc) {
        memset(name, 'N', 16);
        RAND_bytes(iv, 16);
    }
    *(enc ? &made : &opened) += 1;
    EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, enc);
    HMAC_Init_ex(mac, key, sizeof key, EVP_sha256(), NULL);
    return enc ? 1 : SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}

int main(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    SSL_CTX *client = client_context(), *server = SSL_CTX_new(TLS_server_method());
    use_identity(server, "server");
    printf("callback set: %ld\n", SSL_CTX_set_tlsext_ticket_key_cb(server, callback));
    for (int i = 0; i < 2; i++) {
        struct kept kept = { NULL, 0 }, second = { NULL, 0 };
        int resumed = 0;
        made = opened = 0;
        if (!connect_pair(client, server, versions[i], NULL, NULL, &kept, &resumed)
            || !connect_pair(client, server, versions[i], NULL, kept.session, &second, &resumed))
            die("handshake");
        printf("TLS 1.%d: the callback made %d tickets and opened %d, %s\n", 2 + i, made, opened, resumed ? "resumed" : "full");
        SSL_SESSION_free(kept.session);
        SSL_SESSION_free(second.session);
    }
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return 0;
}
