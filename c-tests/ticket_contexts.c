/*
 * Whose callbacks, keys and numbers: a connection starts with one SSL_CTX and is moved to another by its server-name or
 * client-hello callback. Ticket keys and callbacks are those of the first (SSL_set_SSL_CTX does not move them).
 */
#include "harness.h"

#include <openssl/hmac.h>

struct host {
    const char *name;
    SSL_CTX *ctx;
    unsigned char key[32];
};

static struct host one = {.name = "one"}, two = {.name = "two"};
static char calls[1024];

static void note(const struct host *host, const char *what)
{
    if (strlen(calls) < sizeof calls - 40)
        sprintf(calls + strlen(calls), " %s:%s", host->name, what);
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)ssl;
    note(arg, "gen");
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)name, (void)name_len, (void)status;
    note(arg, session ? "opened" : "unopened");
    return session ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)session;
    note(SSL_get_SSL_CTX(ssl) == one.ctx ? &one : &two, "new");
    return 0;
}

static int keyed(struct host *host, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *hmac,
                 int enc)
{
    note(host, enc ? "seal" : "open");
    if (enc) {
        memcpy(name, host->key, 16);
        memset(iv, 9, 16);
    } else if (memcmp(name, host->key, 16)) {
        return 0;
    }
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, host->key, iv, enc) &&
                   HMAC_Init_ex(hmac, host->key, 32, EVP_sha256(), NULL)
               ? 1
               : -1;
}

static int key_one(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *hmac, int enc)
{
    (void)ssl;
    return keyed(&one, name, iv, cipher, hmac, enc);
}

static int key_two(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *hmac, int enc)
{
    (void)ssl;
    return keyed(&two, name, iv, cipher, hmac, enc);
}

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_SSL_CTX(ssl, two.ctx);
    return SSL_TLSEXT_ERR_OK;
}

static int hello_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_SSL_CTX(ssl, two.ctx);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static SSL_CTX *client;

static void open_host(struct host *host, int callbacks, int num_tickets)
{
    host->ctx = new_server();
    memset(host->key, host->name[0], sizeof host->key);
    SSL_CTX_set_session_ticket_cb(host->ctx, generate_cb, decrypt_cb, host);
    SSL_CTX_set_session_cache_mode(host->ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(host->ctx, new_cb);
    SSL_CTX_set_num_tickets(host->ctx, (size_t)num_tickets);
    if (callbacks)
        SSL_CTX_set_tlsext_ticket_key_cb(host->ctx, (host == &one ? key_one : key_two));
}

static SSL_SESSION *go(const char *what, SSL_CTX *to, SSL_SESSION *session)
{
    calls[0] = 0;
    SSL_SESSION *got = visit(client, to, session);
    if (visited.done)
        show("%s: resumed %d, received %d, calls%s", what, visited.resumed, visited.tickets, calls);
    else
        show("%s: server %s (%s), client %s (%s), calls%s", what, error_name(visited.server.error),
             visited.server.reason, error_name(visited.client.error), visited.client.reason, calls);
    return got;
}

static void moved(int callbacks, int by_hello)
{
    section("%s, %s, moved by the %s callback", tls_name(), callbacks ? "key callbacks" : "own keys",
            by_hello ? "client-hello" : "server-name");
    client = new_client();
    open_host(&one, callbacks, 3);
    open_host(&two, callbacks, 1);
    SSL_SESSION *from_one = go("at one", one.ctx, NULL), *from_two = go("at two", two.ctx, NULL);
    if (by_hello)
        SSL_CTX_set_client_hello_cb(one.ctx, hello_cb, NULL);
    else
        SSL_CTX_set_tlsext_servername_callback(one.ctx, name_cb);
    SSL_SESSION *moved = go("from one to two", one.ctx, NULL);
    SSL_SESSION_free(go("one's ticket there", one.ctx, from_one));
    SSL_SESSION_free(go("two's ticket there", one.ctx, from_two));
    SSL_SESSION_free(go("a ticket from there, there", one.ctx, moved));
    SSL_CTX_set_client_hello_cb(one.ctx, NULL, NULL);
    SSL_CTX_set_tlsext_servername_callback(one.ctx, NULL);
    SSL_SESSION_free(go("a ticket from there, at one", one.ctx, moved));
    SSL_SESSION_free(go("a ticket from there, at two", two.ctx, moved));
    SSL_SESSION_free(from_one);
    SSL_SESSION_free(from_two);
    SSL_SESSION_free(moved);
    SSL_CTX_free(one.ctx);
    SSL_CTX_free(two.ctx);
    SSL_CTX_free(client);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        for (int callbacks = 0; callbacks < 2; callbacks++)
            for (int by_hello = 0; by_hello < 2; by_hello++)
                moved(callbacks, by_hello);
    }
    ok(1, "all cases ran");
    return finish();
}
