/* The callback that the manual pages give as an example, with their evident slips mended, over a small key store. */
#include "harness.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { RENEW_TIME = 100, NUM_KEYS = 4 };

/* "something that you need to implement" */
typedef struct {
    unsigned char name[16], aes_key[32], hmac_key[32];
    long expire;
} your_type_t;

static your_type_t keys[NUM_KEYS];
static int num_keys, refuse_keys;
static long clock_now = 1000;

static your_type_t *currentkey(void)
{
    return num_keys && keys[num_keys - 1].expire > clock_now + RENEW_TIME ? &keys[num_keys - 1] : NULL;
}

static your_type_t *createkey(void)
{
    your_type_t *key = &keys[num_keys];
    if (refuse_keys || num_keys == NUM_KEYS || RAND_bytes((unsigned char *)key, sizeof *key) <= 0)
        return NULL;
    key->expire = clock_now + 3 * RENEW_TIME;
    num_keys++;
    return key;
}

static your_type_t *findkey(const unsigned char *name)
{
    for (int i = 0; i < num_keys; i++)
        if (!memcmp(keys[i].name, name, 16))
            return &keys[i];
    return NULL;
}

/* SSL_CTX_set_tlsext_ticket_key_cb(3) of 1.1.1 */
static int with_hmac(SSL *s, unsigned char *key_name, unsigned char *iv, EVP_CIPHER_CTX *ctx, HMAC_CTX *hctx, int enc)
{
    your_type_t *key;
    (void)s;
    if (enc) {
        if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) <= 0)
            return -1;
        key = currentkey();
        if (key == NULL && (key = createkey()) == NULL)
            return 0;
        memcpy(key_name, key->name, 16);
        EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv);
        HMAC_Init_ex(hctx, key->hmac_key, 32, EVP_sha256(), NULL);
        return 1;
    }
    key = findkey(key_name);
    if (key == NULL || key->expire < clock_now)
        return 0;
    HMAC_Init_ex(hctx, key->hmac_key, 32, EVP_sha256(), NULL);
    EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv);
    return key->expire < clock_now + RENEW_TIME ? 2 : 1;
}

/* The same as of 3.0, with EVP_MAC_CTX */
static int with_evp(SSL *s, unsigned char *key_name, unsigned char *iv, EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *hctx, int enc)
{
    your_type_t *key;
    OSSL_PARAM params[3];
    (void)s;
    if (enc) {
        if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) <= 0)
            return -1;
        key = currentkey();
        if (key == NULL && (key = createkey()) == NULL)
            return 0;
        memcpy(key_name, key->name, 16);
        if (EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv) == 0)
            return -1;
    } else {
        key = findkey(key_name);
        if (key == NULL || key->expire < clock_now)
            return 0;
        if (EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key->aes_key, iv) == 0)
            return -1;
    }
    params[0] = OSSL_PARAM_construct_octet_string("key", key->hmac_key, 32);
    params[1] = OSSL_PARAM_construct_utf8_string("digest", "sha256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_MAC_CTX_set_params(hctx, params) == 0)
        return -1;
    return !enc && key->expire < clock_now + RENEW_TIME ? 2 : 1;
}

static SSL_SESSION *step(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session, const char *what, int resumed)
{
    SSL_SESSION *next = visit(client, server, session);
    is(visited.resumed, resumed, "%s: resumed", what);
    show("   done %d, tickets %d, keys made %d", visited.done, visited.tickets, num_keys);
    SSL_SESSION_free(session);
    return next;
}

static void story(int evp)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session;

    section("%s, %s", tls_name(), evp ? "EVP_MAC_CTX" : "HMAC_CTX");
    num_keys = refuse_keys = 0;
    clock_now = 1000;
    if (evp)
        is(SSL_CTX_set_tlsext_ticket_key_evp_cb(server, with_evp), 1, "set");
    else
        is(SSL_CTX_set_tlsext_ticket_key_cb(server, with_hmac), 1, "set");
    session = step(client, server, NULL, "first", 0);
    session = step(client, server, session, "while the key is fresh", 1);
    clock_now += 2 * RENEW_TIME + 1;
    session = step(client, server, session, "while it is being renewed", 1);
    clock_now += RENEW_TIME;
    session = step(client, server, session, "with the renewed ticket, the old key gone", 1);
    clock_now += 10 * RENEW_TIME;
    session = step(client, server, session, "when all keys are gone", 0);
    session = step(client, server, session, "with the ticket of that", 1);
    clock_now += 10 * RENEW_TIME;
    refuse_keys = 1;
    session = step(client, server, session, "when no key can be made", 0);
    refuse_keys = 0;
    session = step(client, server, session, "when it can again", 0);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        story(0);
        story(1);
    }
    return finish();
}
