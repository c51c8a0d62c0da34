/* SSL_CTX_set_session_ticket_cb(3): every status times every answer of the decrypt callback, and what follows. */
#include "harness.h"

enum source { OWN_KEYS, KEY_CALLBACK };

static struct {
    int generated, decrypted;
    int status; /* that the decrypt callback was told last */
    int has_session, name_len;
    int answer;     /* that it gives */
    int generate;   /* what the generate callback returns */
    int key_answer; /* what the key callback returns when it opens */
} app;

static int generate_cb(SSL *ssl, void *arg)
{
    app.generated++;
    ok(arg == &app && SSL_get_session(ssl) != NULL, "generate callback: argument and session are there");
    return app.generate;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)name;
    app.decrypted++;
    app.status = (int)status;
    app.has_session = session != NULL;
    app.name_len = (int)name_len;
    ok(arg == &app && SSL_is_server(ssl), "decrypt callback: argument and SSL are there");
    return (SSL_TICKET_RETURN)app.answer;
}

static int key_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    static unsigned char key[32] = {1, 2, 3};
    OSSL_PARAM params[] = {OSSL_PARAM_octet_string("key", key, sizeof key),
                           OSSL_PARAM_utf8_string("digest", "SHA256", 6), OSSL_PARAM_END};
    (void)ssl;
    if (enc) {
        memset(name, 'n', 16);
        memset(iv, 7, 16);
    }
    if (!EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, enc) || !EVP_MAC_CTX_set_params(mac, params))
        return -1;
    return enc ? 1 : app.key_answer;
}

static const char *status_name(int status)
{
    static const char *const names[] = {"not called", "FATAL_MALLOC", "FATAL_OTHER", "NONE",
                                        "EMPTY",      "NO_DECRYPT",   "SUCCESS",     "SUCCESS_RENEW"};
    return status >= -1 && status <= 6 ? names[status + 1] : "unknown";
}

/* One connection that offers a ticket which comes out as the key callback (or a change of keys) has it. */
static void offer(enum source source, int opens, int answer, int with_decrypt)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *first, *second;
    unsigned char other_keys[80];

    memset(other_keys, 9, sizeof other_keys);
    memset(&app, 0, sizeof app);
    app.generate = 1;
    app.key_answer = 1;
    app.answer = SSL_TICKET_RETURN_USE_RENEW;
    SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, &app);
    if (source == KEY_CALLBACK)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server, key_cb);
    first = visit(client, server, NULL);
    ok(first != NULL && SSL_SESSION_has_ticket(first), "a ticket to offer");

    SSL_CTX_set_session_ticket_cb(server, generate_cb, with_decrypt ? decrypt_cb : NULL, &app);
    app.generated = 0;
    app.status = -1;
    app.answer = answer;
    app.key_answer = opens;
    if (source == OWN_KEYS && opens == 0)
        SSL_CTX_set_tlsext_ticket_keys(server, other_keys, sizeof other_keys);
    second = visit(client, server, first);
    show("%s opens=%d answer=%d: status %s (calls %d, session %d, name length %d)", source ? "callback" : "own keys",
         opens, with_decrypt ? answer : -99, status_name(app.status), app.decrypted, app.has_session, app.name_len);
    if (visited.done)
        show("   done, resumed %d, generated %d, received %d", visited.resumed, app.generated, visited.tickets);
    else
        show("   failed: client %s (%s), server %s (%s)", error_name(visited.client.error), visited.client.reason,
             error_name(visited.server.error), visited.server.reason);
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void table(enum source source, int opens)
{
    section("%s, %s, opening answers %d", tls_name(), source ? "key callback" : "own keys", opens);
    offer(source, opens, 0, 0);
    for (int answer = -1; answer <= 6; answer++)
        offer(source, opens, answer, 1);
}

/* TLS 1.2: a client that would like a ticket but has none sends an empty extension. TLS 1.3 has no such thing. */
static void empty(void)
{
    section("%s, no ticket to offer", tls_name());
    for (int answer = 0; answer <= 5; answer++) {
        SSL_CTX *client = new_client(), *server = new_server();
        memset(&app, 0, sizeof app);
        app.generate = 1;
        app.status = -1;
        app.answer = answer;
        SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, &app);
        SSL_SESSION_free(visit(client, server, NULL));
        show("answer=%d: status %s, done %d, generated %d, received %d, server %s", answer, status_name(app.status),
             visited.done, app.generated, visited.tickets, visited.server.reason);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

static void generate_refuses(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, the generate callback returns 0, and something else", tls_name());
    for (int answer = -1; answer <= 2; answer++) {
        memset(&app, 0, sizeof app);
        app.generate = answer;
        SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, &app);
        SSL_SESSION_free(visit(client, server, NULL));
        show("answer=%d: done %d, generated %d, received %d", answer, visited.done, app.generated, visited.tickets);
        show("   client %s (%s), server %s (%s)", error_name(visited.client.error), visited.client.reason,
             error_name(visited.server.error), visited.server.reason);
    }
    ok(SSL_CTX_set_session_ticket_cb(server, NULL, NULL, NULL) == 1, "callbacks are taken away");
    app.generated = 0;
    SSL_SESSION_free(visit(client, server, NULL));
    is(app.generated, 0, "and don't run any more");
    is(visited.done, 1, "the handshake works without them");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    show("EMPTY %d .. SUCCESS_RENEW %d, ABORT %d .. USE_RENEW %d", SSL_TICKET_EMPTY, SSL_TICKET_SUCCESS_RENEW,
         SSL_TICKET_RETURN_ABORT, SSL_TICKET_RETURN_USE_RENEW);
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        table(OWN_KEYS, 0);
        table(OWN_KEYS, 1);
        table(KEY_CALLBACK, 0);
        table(KEY_CALLBACK, 1);
        table(KEY_CALLBACK, 2);
        table(KEY_CALLBACK, -1);
        empty();
        generate_refuses();
    }
    return finish();
}
