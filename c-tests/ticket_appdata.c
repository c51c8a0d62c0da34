/* SSL_SESSION_set1_ticket_appdata and SSL_SESSION_get0_ticket_appdata: SSL_CTX_set_session_ticket_cb(3). */
#include "harness.h"

static const char *to_store; /* by the generate callback */
static size_t to_store_len;
static int store_result;
static char found[4096];
static long found_len;

static void look(SSL_SESSION *session, const char *what)
{
    void *data = (void *)"untouched";
    size_t len = 777;
    int r = SSL_SESSION_get0_ticket_appdata(session, &data, &len);
    show("%s: returns %d, length %zu, %s", what, r, len,
         data ? (len && len < 100 ? (char *)data : "not NULL") : "NULL");
}

static void on_a_session(void)
{
    SSL_SESSION *session = SSL_SESSION_new(), *copy;
    char big[2000];

    section("on a session of its own");
    look(session, "new");
    is(SSL_SESSION_set1_ticket_appdata(session, "first", 6), 1, "set");
    look(session, "after set");
    is(SSL_SESSION_set1_ticket_appdata(session, "the second one", 15), 1, "set again");
    look(session, "replaced");
    copy = SSL_SESSION_dup(session);
    look(copy, "copy");
    is(SSL_SESSION_set1_ticket_appdata(session, NULL, 0), 1, "set to NULL, 0");
    look(session, "emptied");
    look(copy, "the copy keeps its own");
    SSL_SESSION_free(copy);
    is(SSL_SESSION_set1_ticket_appdata(session, "x", 0), 1, "set to a pointer and no bytes");
    look(session, "no bytes");
    is(SSL_SESSION_set1_ticket_appdata(session, NULL, 5), 1, "set to NULL and five bytes");
    look(session, "NULL and five");
    memset(big, 'b', sizeof big);
    is(SSL_SESSION_set1_ticket_appdata(session, big, sizeof big), 1, "set 2000 bytes");
    memset(big, 0, sizeof big);
    look(session, "2000 bytes");
    SSL_SESSION_free(session);
    show("errors: %s", reason());
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    store_result = SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), to_store, to_store_len);
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    void *data = NULL;
    size_t len = 0;
    (void)ssl, (void)name, (void)name_len, (void)arg;
    found_len = -1;
    if (session && SSL_SESSION_get0_ticket_appdata(session, &data, &len) == 1) {
        found_len = (long)len;
        if (len && len < sizeof found)
            memcpy(found, data, len);
    }
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW
                                                                              : SSL_TICKET_RETURN_IGNORE_RENEW;
}

/* Stores `len` bytes in the ticket, comes back with it, and sees what the server finds. */
static void through_a_ticket(const char *data, size_t len, const char *what)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *again;

    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
    to_store = data;
    to_store_len = len;
    session = visit(client, server, NULL);
    is(store_result, 1, "%s: stored", what);
    look(session, "   the client sees none of it");
    found_len = -2;
    to_store = "another";
    to_store_len = 8;
    again = visit(client, server, session);
    is(visited.resumed, 1, "%s: resumed", what);
    is(found_len, (long)len, "%s: length in the ticket", what);
    ok(found_len <= 0 || !memcmp(found, data, len), "%s: the same bytes", what);
    SSL_SESSION_free(session);
    session = visit(client, server, again);
    is(found_len, 8, "%s: the renewed ticket carries what was stored for it", what);
    SSL_SESSION_free(session);
    SSL_SESSION_free(again);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Data stays with the session when a resumption's generate callback does not touch it. */
static int count_cb(SSL *ssl, void *arg)
{
    void *data = NULL;
    size_t len = 0;
    (void)arg;
    SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &len);
    show("generate callback finds %zu bytes: %s", len, len ? (char *)data : "-");
    if (len == 0)
        SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "once", 5);
    return 1;
}

static void inherited(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *again;
    section("%s, data set once", tls_name());
    SSL_CTX_set_session_ticket_cb(server, count_cb, decrypt_cb, NULL);
    session = visit(client, server, NULL);
    again = visit(client, server, session);
    is(found_len, 5, "found in the first ticket");
    SSL_SESSION_free(visit(client, server, again));
    is(found_len, 5, "found in the renewed one");
    SSL_SESSION_free(session);
    SSL_SESSION_free(again);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* As much as a ticket holds, and more: a connection that fails cleanly, and a server that goes on. */
static void sizes(void)
{
    static const size_t lens[] = {16000, 59000, 65000, 65150, 0xff00, 65535, 70000, 1 << 20};
    char *data = malloc(1 << 20);
    memset(data, 'd', 1 << 20);
    section("%s, how much a ticket holds", tls_name());
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        SSL_CTX *client = new_client(), *server = new_server();
        SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
        to_store = data;
        to_store_len = lens[i];
        SSL_SESSION *session = visit(client, server, NULL);
        is(store_result, 1, "%zu bytes: the session takes them", lens[i]);
        show("   done %d, tickets %d, server %s (%s), client %s (%s)", visited.done, visited.tickets,
             error_name(visited.server.error), visited.server.reason, error_name(visited.client.error),
             visited.client.reason);
        to_store_len = 3;
        if (session &&
            lens[i] < 60000) { /* libcarnet's client offers no longer ones in TLS 1.3: its hello must have room */
            found_len = -2;
            SSL_SESSION_free(visit(client, server, session));
            show("   done %d, resumed %d, found %ld", visited.done, visited.resumed, found_len);
        }
        SSL_SESSION_free(session);
        SSL_SESSION_free(visit(client, server, NULL));
        is(visited.done && visited.tickets > 0, 1, "%zu bytes: the next connection is a good one", lens[i]);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    free(data);
}

/* Set by the application itself, in the middle of a handshake or after it, and not by the generate callback. */
static const char *ticket_says;

static SSL_TICKET_RETURN tell_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                 SSL_TICKET_STATUS status, void *arg)
{
    void *data = NULL;
    size_t len = 0;
    ticket_says = "-";
    if (session && SSL_SESSION_get0_ticket_appdata(session, &data, &len) && len)
        ticket_says = !strcmp(data, "before") ? "before" : (!strcmp(data, "after") ? "after" : "something else");
    return decrypt_cb(ssl, session, name, name_len, status, arg);
}

static int at_certificate(SSL *ssl, void *arg)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    (void)arg;
    show("   in the certificate callback a session: %d", session != NULL);
    if (session)
        SSL_SESSION_set1_ticket_appdata(session, "before", 7);
    return 1;
}

static SSL_SESSION *after(struct pair *pair)
{
    settle(pair);
    SSL_SESSION *session = SSL_get1_session(pair->client);
    SSL_shutdown(pair->client);
    part(pair);
    return session;
}

static void at_any_time(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair;
    SSL_SESSION *session;
    section("%s, set at another time", tls_name());
    SSL_CTX_set_session_ticket_cb(server, NULL, tell_cb, NULL);
    SSL_CTX_set_cert_cb(server, at_certificate, NULL);
    session = visit(client, server, NULL);
    SSL_CTX_set_cert_cb(server, NULL, NULL);
    SSL_SESSION_free(visit(client, server, session));
    show("in the certificate callback: resumed %d, the ticket says %s", visited.resumed, ticket_says);
    SSL_SESSION_free(session);

    pair = join(client, server);
    ok(shake(&pair), "handshake");
    is(SSL_SESSION_set1_ticket_appdata(SSL_get_session(pair.server), "after", 6), 1, "set after the handshake");
    session = after(&pair);
    SSL_SESSION_free(visit(client, server, session));
    show("after the handshake: resumed %d, the ticket says %s", visited.resumed, ticket_says);
    SSL_SESSION_free(session);

    pair = join(client, server);
    ok(shake(&pair), "handshake");
    SSL_SESSION_set1_ticket_appdata(SSL_get_session(pair.server), "after", 6);
    show("one more ticket: %d", SSL_new_session_ticket(pair.server));
    SSL_do_handshake(pair.server);
    session = after(&pair);
    SSL_SESSION_free(visit(client, server, session));
    show("after the handshake, in one more ticket: resumed %d, the ticket says %s", visited.resumed, ticket_says);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    static char big[3000];
    memset(big, 'x', sizeof big);
    on_a_session();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        section("%s, through a ticket", tls_name());
        through_a_ticket("user=42", 8, "text");
        through_a_ticket("\0\0\0", 3, "zeros");
        through_a_ticket("x", 0, "no bytes");
        through_a_ticket(NULL, 0, "NULL");
        through_a_ticket(big, sizeof big, "3000 bytes");
        inherited();
        at_any_time();
        sizes();
    }
    return finish();
}
