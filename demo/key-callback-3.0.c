/*
 * The same key callback in the form OpenSSL 3 asks for, with an EVP_MAC_CTX
 * in the place of the HMAC_CTX: SSL_CTX_set_tlsext_ticket_key_evp_cb(3). The
 * context arrives as an HMAC that has no key and no digest yet.
 *
 *     cc key-callback-3.0.c -lcarnet -lcrypto
 */
#include "server.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
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

static int set_mac_key(EVP_MAC_CTX *hctx, carnet_ticket_key *key)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->hmac_key, sizeof(key->hmac_key)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"sha256", 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(hctx, params);
}

static int ssl_tlsext_ticket_key_evp_cb(SSL *s, unsigned char key_name[16], unsigned char *iv, EVP_CIPHER_CTX *ctx,
                                        EVP_MAC_CTX *hctx, int enc)
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

        if (!EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv) || !set_mac_key(hctx, key))
            return -1;

        return 1;

    } else { /* a ticket is being read */
        time_t t = carnet_keystore_now(store);
        key = findkey(key_name);

        if (key == NULL || key->expire < t)
            return 0;

        if (!set_mac_key(hctx, key) || !EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv))
            return -1;

        if (key->expire <= t + RENEW_TIME)
            return 2; /* still good, but to be replaced by a ticket under the new key */

        return 1;
    }
}

static void setup(SSL_CTX *ctx)
{
    if (SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ssl_tlsext_ticket_key_evp_cb) != 1)
        die("setting the key callback");
}

int main(void)
{
    int status = run_server(setup, NULL, NULL);

    carnet_ticket_key_cleanse(&the_key);
    return status;
}
