/*
 * The ticket key callback as the SSL_CTX_set_tlsext_ticket_key_cb(3) page of
 * OpenSSL 1.1.1 shows it: AES-256-CBC, HMAC-SHA256, 32-byte keys. What the
 * page says the reader must write is made of carnet's key store.
 *
 *     cc key-callback-1.1.1.c -lcarnet -lcrypto
 *
 * Mended: the contexts are passed as they are, not by address, and the
 * renewal test, which the page puts behind a test that implies it is false.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* HMAC_* */
#include "server.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/tls1.h>

typedef carnet_ticket_key your_type_t;

/* The rest of a key's life after it has stopped making tickets. */
#define RENEW_TIME TICKET_LIFETIME

static your_type_t the_key; /* one connection at a time: one copy is enough */

static your_type_t *currentkey(void)
{
    return carnet_keystore_current(store, &the_key) ? &the_key : NULL;
}

static your_type_t *createkey(void)
{
    return carnet_keystore_create(store, &the_key) ? &the_key : NULL;
}

static your_type_t *findkey(const unsigned char key_name[16])
{
    return carnet_keystore_find(store, key_name, &the_key) ? &the_key : NULL;
}

static int ssl_tlsext_ticket_key_cb(SSL *s, unsigned char key_name[16], unsigned char *iv, EVP_CIPHER_CTX *ctx,
                                    HMAC_CTX *hctx, int enc)
{
    your_type_t *key;

    (void)s;
    if (enc) { /* a ticket is being made */
        if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) <= 0)
            return -1; /* the system has no randomness to give */

        key = currentkey();
        if (key == NULL) { /* no key is in force */
            key = createkey();
            if (key == NULL) /* nor can there be one: no ticket */
                return 0;
        }
        memcpy(key_name, key->name, 16);

        EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv);
        HMAC_Init_ex(hctx, key->hmac_key, 32, EVP_sha256(), NULL);

        return 1;

    } else { /* a ticket is being read */
        time_t t = carnet_keystore_now(store); /* time(NULL), plus what the demo's clock was moved by */
        key = findkey(key_name);

        if (key == NULL || key->expire < t)
            return 0;

        HMAC_Init_ex(hctx, key->hmac_key, 32, EVP_sha256(), NULL);
        EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv);

        if (key->expire <= t + RENEW_TIME)
            return 2; /* still good, but to be replaced by a ticket under the new key */

        return 1;
    }
}

static void setup(SSL_CTX *ctx)
{
    if (SSL_CTX_set_tlsext_ticket_key_cb(ctx, ssl_tlsext_ticket_key_cb) != 1)
        die("setting the key callback");
}

int main(void)
{
    int status = run_server(setup, NULL, NULL);

    carnet_ticket_key_cleanse(&the_key);
    return status;
}
