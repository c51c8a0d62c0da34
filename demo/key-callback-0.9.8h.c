/*
 * The ticket key callback as the first SSL_CTX_set_tlsext_ticket_key_cb(3)
 * page had it, in OpenSSL 0.9.8h: the application keeps the name of its
 * current key in `current_name` and looks the key up by it.
 *
 *     cc key-callback-0.9.8h.c -lcarnet -lcrypto
 *
 * Mended: `key` and `current_name` are declared; a key that is missing OR has
 * expired is refused (the page says AND, and reads through a NULL pointer);
 * EXPIRE_TIME is the time that `expire` is compared with; the contexts are
 * passed as they are, and the renewal test can be reached.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* HMAC_* */
#include "server.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/tls1.h>

#define EXPIRE_TIME carnet_keystore_now(store)
#define RENEW_TIME TICKET_LIFETIME

static unsigned char current_name[16];
static carnet_ticket_key the_key; /* one connection at a time: one copy is enough */

static carnet_ticket_key *findkey(const unsigned char name[16])
{
    return carnet_keystore_find(store, name, &the_key) ? &the_key : NULL;
}

/* Makes a key and names it to the caller, and for the tickets that follow. */
static carnet_ticket_key *createkey(unsigned char key_name[16])
{
    if (!carnet_keystore_create(store, &the_key))
        return NULL;
    memcpy(key_name, the_key.name, 16);
    memcpy(current_name, the_key.name, 16);
    return &the_key;
}

/* The page's application turns its keys itself; ours asks the store whose turn it is. */
static void turn_keys(void)
{
    if (carnet_keystore_current(store, &the_key))
        memcpy(current_name, the_key.name, 16);
}

static int ssl_tlsext_ticket_key_cb(SSL *s, unsigned char key_name[16], unsigned char *iv, EVP_CIPHER_CTX *ctx,
                                    HMAC_CTX *hctx, int enc)
{
    carnet_ticket_key *key;

    (void)s;
    if (enc) { /* a ticket is being made */
        if (RAND_bytes(iv, 16) <= 0)
            return -1;

        key = findkey(current_name);
        if (!key) {
            key = createkey(key_name);
            if (!key)
                return 0;
        }
        memcpy(key_name, current_name, 16);

        EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key->aes_key, iv);
        HMAC_Init_ex(hctx, key->hmac_key, 16, EVP_sha256(), NULL);

        return 1;

    } else { /* a ticket is being read */
        key = findkey(key_name);

        if (!key || key->expire < EXPIRE_TIME) {
            return 0;
        }

        HMAC_Init_ex(hctx, key->hmac_key, 16, EVP_sha256(), NULL);
        EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key->aes_key, iv);

        if (key->expire <= (EXPIRE_TIME + RENEW_TIME)) {
            /* still good, but to be replaced by a ticket under the new key */
            return 2;
        }
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
    int status = run_server(setup, turn_keys, NULL);

    carnet_ticket_key_cleanse(&the_key);
    return status;
}
