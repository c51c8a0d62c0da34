/* peer, the ticket keys: 80 bytes for the library itself, or for a key callback that works with the same bytes. */
#define OPENSSL_SUPPRESS_DEPRECATED /* HMAC_CTX */
#include "peer.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/tls1.h>
#include <string.h>

/* SSL_CTX_set_tlsext_ticket_keys's layout; a cipher with a shorter key takes the start of its part. */
static struct {
    unsigned char name[16], mac[32], cipher[32];
} keys;

static const EVP_CIPHER *cipher;

/* The part that both kinds of callback share; what the callback has to return. */
static int set_cipher(unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, int making)
{
    if (making && !strcmp(option("key-callback"), "none"))
        return 0;
    if (making) {
        memcpy(name, keys.name, sizeof keys.name);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(cipher)) != 1)
            return -1;
    } else if (memcmp(name, keys.name, sizeof keys.name)) {
        return 0;
    }
    if (!EVP_CipherInit_ex(ctx, cipher, NULL, keys.cipher, iv, making))
        return -1;
    return making || !option("renew") ? 1 : 2;
}

static int with_evp(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac,
                    int making)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, keys.mac, sizeof keys.mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    int result = set_cipher(name, iv, ctx, making);
    (void)ssl;
    return result > 0 && !EVP_MAC_CTX_set_params(mac, params) ? -1 : result;
}

static int with_hmac(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *ctx, HMAC_CTX *mac,
                     int making)
{
    int result = set_cipher(name, iv, ctx, making);
    (void)ssl;
    return result > 0 && !HMAC_Init_ex(mac, keys.mac, sizeof keys.mac, EVP_sha256(), NULL) ? -1 : result;
}

int set_ticket_keys(SSL_CTX *ctx)
{
    const char *kind = option("key-callback");
    size_t len = 0;
    if (!option("ticket-keys"))
        return kind == NULL;
    if (!OPENSSL_hexstr2buf_ex((unsigned char *)&keys, sizeof keys, &len, option("ticket-keys"), 0) ||
        len != sizeof keys)
        return 0;
    if (!kind)
        return SSL_CTX_set_tlsext_ticket_keys(ctx, &keys, sizeof keys) == 1;
    cipher = EVP_get_cipherbyname(option("key-cipher") ? option("key-cipher") : "aes-256-cbc");
    if (!cipher)
        return 0;
    if (!strcmp(kind, "evp") || !strcmp(kind, "none"))
        return SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, with_evp) == 1;
    return !strcmp(kind, "hmac") && SSL_CTX_set_tlsext_ticket_key_cb(ctx, with_hmac) == 1;
}
