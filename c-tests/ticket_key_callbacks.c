/* SSL_CTX_set_tlsext_ticket_key_cb(3): every return value of a key callback, making and reading, HMAC_CTX and EVP_MAC_CTX. */
#include "harness.h"

#include <openssl/hmac.h>

enum kind { WITH_HMAC, WITH_EVP };

static struct {
    int sealing, opening; /* what the callback returns */
    int skip_setup;       /* it returns without having set anything up */
    int seals, opens;     /* how often it ran */
    int ran[2];           /* the same, of each kind */
    int zeroed;           /* name and IV were zero when it was asked to seal */
    int from_handshake;   /* it got the server's SSL */
    int fresh;            /* cipher and MAC had nothing in them */
    int same_iv;          /* the IV that it opened with is the one that it sealed with */
} app;

static const unsigned char key[32] = "0123456789abcdef0123456789abcde";

static int is_zero(const unsigned char *bytes, size_t len)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++)
        all |= bytes[i];
    return all == 0;
}

/* What both kinds share: notes, name and IV. Returns what the callback returns. */
static int common(SSL *ssl, unsigned char *name, unsigned char *iv, int enc)
{
    app.from_handshake &= SSL_is_server(ssl);
    enc ? app.seals++ : app.opens++;
    if (!enc)
        app.same_iv &= iv[0] == 0x42 && !memcmp(iv, iv + 1, 15);
    if (!enc && app.opening == 0) /* the search for a key leaves an error, which is nobody's */
        ERR_raise(ERR_LIB_USER, 77);
    if (!enc)
        return memcmp(name, "the key's name..", 16) ? 0 : app.opening;
    app.zeroed &= is_zero(name, 16) && is_zero(iv, EVP_MAX_IV_LENGTH);
    memcpy(name, "the key's name..", 16);
    memset(iv, 0x42, EVP_MAX_IV_LENGTH);
    return app.sealing;
}

static int hmac_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *hmac, int enc)
{
    int answer = common(ssl, name, iv, enc);
    app.ran[WITH_HMAC]++;
    app.fresh &= !EVP_CIPHER_CTX_get0_cipher(cipher) && !HMAC_CTX_get_md(hmac);
    if (app.skip_setup)
        return answer;
    if (!EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, enc) ||
        !HMAC_Init_ex(hmac, key, sizeof key, EVP_sha256(), NULL))
        return -1;
    return answer;
}

static int evp_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    OSSL_PARAM params[3] = {OSSL_PARAM_octet_string("key", (void *)key, sizeof key),
                            OSSL_PARAM_utf8_string("digest", "SHA256", 6), OSSL_PARAM_END};
    int answer = common(ssl, name, iv, enc);
    app.ran[WITH_EVP]++;
    ERR_set_mark(); /* there is no size yet, which is an error */
    app.fresh &= !EVP_CIPHER_CTX_get0_cipher(cipher) && EVP_MAC_is_a(EVP_MAC_CTX_get0_mac(mac), "HMAC") &&
                 EVP_MAC_CTX_get_mac_size(mac) == 0;
    ERR_pop_to_mark();
    if (app.skip_setup)
        return answer;
    if (!EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, enc) || !EVP_MAC_CTX_set_params(mac, params))
        return -1;
    return answer;
}

static void install(SSL_CTX *ctx, enum kind kind)
{
    memset(&app, 0, sizeof app);
    app.sealing = app.opening = app.zeroed = app.from_handshake = app.fresh = app.same_iv = 1;
    if (kind == WITH_HMAC)
        is(SSL_CTX_set_tlsext_ticket_key_cb(ctx, hmac_cb), 1, "SSL_CTX_set_tlsext_ticket_key_cb");
    else
        is(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, evp_cb), 1, "SSL_CTX_set_tlsext_ticket_key_evp_cb");
}

static void show_visit(const char *what, int value)
{
    if (visited.done)
        show("%s %d: done, resumed %d, tickets %d, callback sealed %d opened %d", what, value, visited.resumed,
             visited.tickets, app.seals, app.opens);
    else
        show("%s %d: client %s (%s), server %s (%s), callback sealed %d opened %d", what, value,
             error_name(visited.client.error), visited.client.reason, error_name(visited.server.error),
             visited.server.reason, app.seals, app.opens);
}

static void sealing(enum kind kind)
{
    section("%s, %s, making a ticket", tls_name(), kind ? "EVP_MAC_CTX" : "HMAC_CTX");
    for (int answer = -1; answer <= 3; answer++) {
        SSL_CTX *client = new_client(), *server = new_server();
        SSL_SESSION *session;
        install(server, kind);
        app.sealing = answer;
        session = visit(client, server, NULL);
        show_visit("returns", answer);
        show("   a ticket to offer: %d", session ? SSL_SESSION_has_ticket(session) : -1);
        ok(app.from_handshake, "the callback got the server's SSL");
        carnet_ok(app.zeroed, "name and IV were zero beforehand");
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

static void opening(enum kind kind, int num_tickets)
{
    section("%s, %s, reading a ticket, num_tickets %d", tls_name(), kind ? "EVP_MAC_CTX" : "HMAC_CTX", num_tickets);
    for (int answer = -2; answer <= 3; answer++) {
        SSL_CTX *client = new_client(), *server = new_server();
        SSL_SESSION *session;
        install(server, kind);
        session = visit(client, server, NULL);
        SSL_CTX_set_num_tickets(server, (size_t)num_tickets);
        app.opening = answer;
        app.seals = app.opens = 0;
        SSL_SESSION_free(visit(client, server, session));
        show_visit("returns", answer);
        ok(app.fresh, "cipher and MAC contexts come empty");
        ok(app.same_iv, "the IV is the ticket's");
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

/* A callback that says yes without a cipher or a MAC must not make the library use one that isn't there. */
static void no_setup(enum kind kind)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session;
    section("%s, %s, a callback that sets nothing up", tls_name(), kind ? "EVP_MAC_CTX" : "HMAC_CTX");
    install(server, kind);
    session = visit(client, server, NULL);
    app.skip_setup = 1;
    SSL_SESSION_free(visit(client, server, session));
    show("reading: done %d, server %s", visited.done, error_name(visited.server.error));
    SSL_SESSION_free(session);
    session = visit(client, server, NULL);
    show("making: done %d, tickets %d, server %s", visited.done, visited.tickets, error_name(visited.server.error));
    SSL_SESSION_free(session);
    app.skip_setup = 0;
    SSL_SESSION_free(visit(client, server, NULL));
    is(visited.done && visited.tickets > 0, 1, "the next connection works");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* The EVP callback wins over the HMAC one; NULL takes a callback away and brings the context's own keys back. */
static void precedence(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *own;
    section("%s, which callback", tls_name());
    own = visit(client, server, NULL);
    install(server, WITH_HMAC);
    SSL_SESSION_free(visit(client, server, own));
    is(visited.resumed, 0, "a ticket under the context's own keys is nothing to the callback");
    is(app.opens, 1, "the callback saw it");
    session = visit(client, server, NULL);
    SSL_CTX_set_tlsext_ticket_key_cb(server, NULL);
    app.seals = app.opens = 0;
    SSL_SESSION_free(visit(client, server, session));
    is(visited.resumed, 0, "without the callback its ticket is nothing to the context");
    is(app.seals + app.opens, 0, "the callback did not run");
    SSL_SESSION_free(visit(client, server, own));
    is(visited.resumed, 1, "the context's own ticket is good again");
    SSL_SESSION_free(session);
    SSL_SESSION_free(own);

    is(SSL_CTX_callback_ctrl(server, SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB, (void (*)(void))hmac_cb), 1,
       "SSL_CTX_callback_ctrl(72)");
    session = visit(client, server, NULL);
    SSL_SESSION_free(visit(client, server, session));
    is(visited.resumed, 1, "resumed under it");
    ok(app.seals > 0 && app.opens > 0, "the callback ran both ways");
    SSL_SESSION_free(session);

    is(SSL_CTX_set_tlsext_ticket_key_evp_cb(server, evp_cb), 1, "the other kind beside it");
    app.ran[WITH_HMAC] = app.ran[WITH_EVP] = 0;
    session = visit(client, server, NULL);
    SSL_SESSION_free(visit(client, server, session));
    is(visited.resumed, 1, "resumed under that");
    ok(app.ran[WITH_HMAC] == 0 && app.ran[WITH_EVP] > 1, "the one with EVP_MAC_CTX alone ran");
    SSL_SESSION_free(session);
    is(SSL_CTX_set_tlsext_ticket_key_evp_cb(server, NULL), 1, "taken away");
    SSL_SESSION_free(visit(client, server, NULL));
    ok(app.ran[WITH_HMAC] > 0, "the other runs again");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        for (int kind = WITH_HMAC; kind <= WITH_EVP; kind++) {
            sealing(kind);
            opening(kind, 2);
            opening(kind, 0);
            no_setup(kind);
        }
        precedence();
    }
    return finish();
}
