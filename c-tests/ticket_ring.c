/*
 * Keys that turn: SSL_CTX_set_tlsext_ticket_key_cb(3) served by carnet's key store, and the store as the context's own ring. While
 * a key is in force, when it has retired and after it has expired: what the decrypt callback is told, and what follows. Only
 * libcarnet has such a store.
 */
#include "harness.h"

#include <openssl/hmac.h>
#include <time.h>

typedef struct carnet_keystore_st carnet_keystore;
carnet_keystore *carnet_keystore_new(long interval, long lifetime);
void carnet_keystore_free(carnet_keystore *ks);
int carnet_keystore_set_clock(carnet_keystore *ks, time_t (*clock)(void *arg), void *arg);
int carnet_keystore_rotate(carnet_keystore *ks);
int carnet_keystore_erase(carnet_keystore *ks, const unsigned char *name);
int carnet_CTX_use_keystore(SSL_CTX *ctx, carnet_keystore *ks);
int carnet_ticket_key_cb(SSL *ssl, unsigned char *key_name, unsigned char *iv, EVP_CIPHER_CTX *ctx, HMAC_CTX *hctx,
                         int enc);
int carnet_ticket_key_evp_cb(SSL *ssl, unsigned char *key_name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
                             EVP_MAC_CTX *hctx, int enc);

enum how { AS_RING, AS_HMAC_CALLBACK, AS_EVP_CALLBACK, NUM_WAYS };
static const char *const ways[] = {"the context's ring", "HMAC_CTX callback", "EVP_MAC_CTX callback"};
enum { INTERVAL = 3600, LIFETIME = 7200 };

static long skew;
static int told, obey;

static time_t clock_cb(void *arg)
{
    (void)arg;
    return 1700000000 + skew;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)session, (void)name, (void)name_len, (void)arg;
    told = (int)status;
    if (obey >= 0)
        return (SSL_TICKET_RETURN)obey;
    return status == SSL_TICKET_SUCCESS         ? SSL_TICKET_RETURN_USE
           : status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW
                                                : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static SSL_CTX *client, *server;
static int sent; /* tickets; TLS 1.2's renewed ones are no new sessions to a client */

static void message_cb(int is_sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)version, (void)ssl, (void)arg, (void)len;
    sent += !is_sent && type == SSL3_RT_HANDSHAKE && *(const unsigned char *)bytes == SSL3_MT_NEWSESSION_TICKET;
}

static void offer(const char *what, SSL_SESSION *session, int status, int resumed, int tickets)
{
    told = -1;
    sent = 0;
    SSL_SESSION_free(visit(client, server, session));
    carnet_ok(visited.done && told == status && visited.resumed == resumed && sent == tickets,
              "%s, answered %d: told %d, resumed %d, tickets %d; wanted %d, %d, %d", what, obey, told, visited.resumed,
              sent, status, resumed, tickets);
}

static void turning(enum how how)
{
    const int is13 = tls == TLS1_3_VERSION, full = is13 ? 2 : 1;
    carnet_keystore *ks = carnet_keystore_new(INTERVAL, LIFETIME);
    unsigned char blob[80];
    section("%s, %s", tls_name(), ways[how]);
    client = new_client();
    SSL_CTX_set_msg_callback(client, message_cb);
    server = new_server();
    skew = 0;
    ok(ks && carnet_keystore_set_clock(ks, clock_cb, NULL) && carnet_CTX_use_keystore(server, ks), "a store");
    if (how == AS_HMAC_CALLBACK)
        ok(SSL_CTX_set_tlsext_ticket_key_cb(server, carnet_ticket_key_cb) == 1, "its callback");
    else if (how == AS_EVP_CALLBACK)
        ok(SSL_CTX_set_tlsext_ticket_key_evp_cb(server, carnet_ticket_key_evp_cb) == 1, "its callback");
    SSL_CTX_set_session_ticket_cb(server, NULL, decrypt_cb, NULL);
    obey = -1;
    SSL_SESSION *session = visit(client, server, NULL);

    /* As with libssl's own keys: renewed in TLS 1.3 whenever it is used. */
    const int fresh = is13 ? SSL_TICKET_SUCCESS_RENEW : SSL_TICKET_SUCCESS;
    offer("in force", session, fresh, 1, fresh == SSL_TICKET_SUCCESS_RENEW);
    obey = SSL_TICKET_RETURN_USE_RENEW;
    offer("in force", session, fresh, 1, 1);
    obey = -1;
    skew += INTERVAL + INTERVAL / 2;
    offer("retired", session, SSL_TICKET_SUCCESS_RENEW, 1, 1);
    obey = SSL_TICKET_RETURN_USE;
    offer("retired", session, SSL_TICKET_SUCCESS_RENEW, 1, 0);
    obey = SSL_TICKET_RETURN_IGNORE_RENEW;
    offer("retired", session, SSL_TICKET_SUCCESS_RENEW, 0, full);
    obey = -1;
    skew += 2 * LIFETIME;
    offer("expired", session, SSL_TICKET_NO_DECRYPT, 0, full);
    obey = SSL_TICKET_RETURN_IGNORE;
    offer("expired", session, SSL_TICKET_NO_DECRYPT, 0, 0);
    obey = -1;
    SSL_SESSION_free(session);

    session = visit(client, server, NULL);
    ok(carnet_keystore_rotate(ks), "turned by hand");
    offer("turned", session, SSL_TICKET_SUCCESS_RENEW, 1, 1);
    ok(carnet_keystore_erase(ks, NULL), "all keys are thrown away");
    offer("thrown away", session, SSL_TICKET_NO_DECRYPT, 0, full);
    SSL_SESSION_free(session);
    ok(SSL_CTX_get_tlsext_ticket_keys(server, blob, sizeof blob) >= 0, "the blob");
    ERR_clear_error();
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    carnet_keystore_free(ks);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        for (int how = 0; how < NUM_WAYS; how++)
            turning((enum how)how);
    }
    return finish();
}
