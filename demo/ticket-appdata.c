/*
 * Application data inside the ticket, as SSL_CTX_set_session_ticket_cb(3)
 * describes it: a guest is given a number at its first visit, the number
 * travels in the ticket, and the server, which remembers nobody, reads it
 * when the guest comes back.
 *
 *     cc ticket-appdata.c -lcarnet -lcrypto
 *
 * The keys need no callback here: the store is given to the SSL_CTX.
 */
#include "server.h"

static int num_guests;

/* A ticket is about to be made. A session that was resumed has its data already. */
static int gen_cb(SSL *s, void *arg)
{
    SSL_SESSION *ss = SSL_get_session(s);
    int *guests = arg;
    char text[32];
    void *data;
    size_t len;

    if (!SSL_SESSION_get0_ticket_appdata(ss, &data, &len))
        return 0;
    if (len != 0)
        return 1;
    /* Two tickets of one handshake share a session, and so a number. */
    snprintf(text, sizeof(text), "guest %d", ++*guests);
    return SSL_SESSION_set1_ticket_appdata(ss, text, strlen(text));
}

/* A ticket was shown. The answers are those that leave the library's decision as it is. */
static SSL_TICKET_RETURN dec_cb(SSL *s, SSL_SESSION *ss, const unsigned char *keyname, size_t keyname_len,
                                SSL_TICKET_STATUS status, void *arg)
{
    void *data;
    size_t len;

    (void)s, (void)keyname, (void)keyname_len, (void)arg;
    switch (status) {
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW:
        if (!SSL_SESSION_get0_ticket_appdata(ss, &data, &len) || len == 0)
            return SSL_TICKET_RETURN_IGNORE_RENEW; /* not one of ours: a full handshake */
        return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
    }
    return SSL_TICKET_RETURN_ABORT;
}

static const char *who_is_it(SSL *ssl)
{
    static char text[64];
    void *data = NULL;
    size_t len = 0;

    SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &len);
    if (len == 0)
        return "";
    snprintf(text, sizeof(text), "%s %.*s", SSL_session_reused(ssl) ? "the ticket says" : "from now on you are",
             (int)len, (const char *)data);
    return text;
}

static void setup(SSL_CTX *ctx)
{
    if (!SSL_CTX_set_session_ticket_cb(ctx, gen_cb, dec_cb, &num_guests))
        die("setting the ticket callbacks");
    if (!carnet_CTX_use_keystore(ctx, store))
        die("sharing the key store");
}

int main(void)
{
    return run_server(setup, NULL, who_is_it);
}
