/*
 * The ticket key callback as the SSL_CTX_set_tlsext_ticket_key_cb(3) page
 * shows it in the 1.1.1 packages of distributions: AES-128-CBC, HMAC-SHA256,
 * 16-byte keys.
 *
 *     cc key-callback-1.1.1-aes128.c -lcarnet -lcrypto
 *
 * Mended: `key` is declared, findkey() gets `key_name` (the page has `name`),
 * the contexts are passed as they are, and the renewal test can be reached.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* HMAC_* */
#include "server.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/tls1.h>

#define RENEW_TIME TICKET_LIFETIME

static carnet_ticket_key the_key; /* one connection at a time: one copy is enough */

static carnet_ticket_key *currentkey(void)
{
    return carnet_keystore_current(store, &the_key) ? &the_key : NULL;
}

static carnet_ticket_key *createkey(void)
{
    return carnet_keystore_create(store, &the_key) ? &the_key : NULL;
}

static carnet_ticket_key *findkey(const unsigned char name[16])
{
    return carnet_keystore_find(store, name, &the_key) ? &the_key : NULL;
}

static time_t now(void)
{
    return carnet_keystore_now(store);
}

static int ssl_tlsext_ticket_key_cb(SSL *s, unsigned char key_name[16], unsigned char *iv, EVP_CIPHER_CTX *ctx,
                                    HMAC_CTX *hctx, int enc)
{
    carnet_ticket_key *key;

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

        EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key->aes_key, iv);
        HMAC_Init_ex(hctx, key->hmac_key, 16, EVP_sha256(), NULL);

        return 1;

    } else { /* a ticket is being read */
        key = findkey(key_name);

        if (key == NULL || key->expire < now())
            return 0;

        HMAC_Init_ex(hctx, key->hmac_key, 16, EVP_sha256(), NULL);
        EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key->aes_key, iv);

        if (key->expire <= now() + RENEW_TIME)
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
