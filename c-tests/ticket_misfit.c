/*
 * Tickets that open and whose session does not fit the connection: another version, session id context, suite, hash, extended
 * master secret, or too old. What the decrypt callback is told, what follows, and whether a new ticket comes.
 */
#include "craft.h"

static SSL_CTX *client, *server;
static int told, answer, generated;

static int generate_cb(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    generated++;
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)name, (void)name_len, (void)arg;
    told = (int)status;
    ok((session != NULL) == (status >= SSL_TICKET_SUCCESS), "a session if there is one");
    return (SSL_TICKET_RETURN)answer;
}

static void open_contexts(void)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_tlsext_ticket_keys(server, craft_keys, sizeof craft_keys);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Offers `session` with a ticket that holds `inside`. */
static void offer(const char *what, SSL_SESSION *session, SSL_SESSION *inside)
{
    static const int answers[] = {-1, SSL_TICKET_RETURN_IGNORE, SSL_TICKET_RETURN_USE, SSL_TICKET_RETURN_USE_RENEW};
    unsigned char ticket[4096];
    SSL_SESSION *offered = with_ticket(session, ticket, seal_session(inside, ticket));
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        answer = answers[i];
        told = -1;
        generated = 0;
        SSL_CTX_set_session_ticket_cb(server, generate_cb, answer < 0 ? NULL : decrypt_cb, NULL);
        SSL_SESSION_free(visit(client, server, offered));
        if (visited.done)
            show("%s, answered %d: told %d, %s, tickets %d", what, answer, told, visited.resumed ? "resumed" : "full",
                 generated);
        else
            show("%s, answered %d: told %d, server %s (%s), client %s (%s)", what, answer, told,
                 error_name(visited.server.error), visited.server.reason, error_name(visited.client.error),
                 visited.client.reason);
    }
    SSL_SESSION_free(offered);
    SSL_SESSION_free(inside);
}

static SSL_SESSION *inside_of(SSL_SESSION *session)
{
    const unsigned char *ticket;
    size_t len;
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    return open_session(ticket, len);
}

static void give_cipher(SSL_SESSION *session, const char *two_bytes)
{
    SSL *ssl = SSL_new(server);
    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, (const unsigned char *)two_bytes));
    SSL_free(ssl);
}

static void changed(void)
{
    SSL_SESSION *session, *inside, *flagged;
    const int is13 = tls == TLS1_3_VERSION;
    section("%s, what is in the ticket is changed", tls_name());
    open_contexts();
    session = visit(client, server, NULL);
    show("cipher %s, flags %ld", SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)),
         session_number(inside = inside_of(session), 13));
    offer("as it was", session, inside);

    inside = inside_of(session);
    SSL_SESSION_set1_id_context(inside, (const unsigned char *)"C-tests", 7);
    offer("another session id context", session, inside);
    inside = inside_of(session);
    SSL_SESSION_set1_id_context(inside, (const unsigned char *)"", 0);
    offer("no session id context", session, inside);

    inside = inside_of(session);
    SSL_SESSION_set_protocol_version(inside, is13 ? TLS1_2_VERSION : TLS1_3_VERSION);
    offer("the other version", session, inside);
    inside = inside_of(session);
    SSL_SESSION_set_protocol_version(inside, TLS1_1_VERSION);
    offer("an old version", session, inside);

    inside = inside_of(session);
    SSL_SESSION_set_time(inside, SSL_SESSION_get_time(inside) - 7300);
    offer("too old", session, inside);
    inside = inside_of(session);
    SSL_SESSION_set_time(inside, SSL_SESSION_get_time(inside) - 7300);
    SSL_SESSION_set_timeout(inside, 100000);
    offer("old, with time left", session, inside);
    inside = inside_of(session);
    SSL_SESSION_set_time(inside, SSL_SESSION_get_time(inside) + 1000);
    offer("from the future", session, inside);

    inside = inside_of(session);
    give_cipher(inside, is13 ? "\x13\x01" : "\xc0\x2b");
    if (is13 && !knows_another_hash())
        SSL_SESSION_free(inside);
    else
        offer(is13 ? "a suite with another hash" : "another suite", session, inside);
    if (!is13) {
        inside = inside_of(session);
        flagged = with_number(inside, 13, -1);
        SSL_SESSION_free(inside);
        offer("no extended master secret", session, flagged);
    }
    SSL_SESSION_free(session);
    close_contexts();
}

/* A renewed ticket: TLS 1.3 sets its clock anew, so that a chain of resumptions has no end; TLS 1.2 does not. */
static void times(void)
{
    unsigned char ticket[4096];
    section("%s, the time in a renewed ticket", tls_name());
    open_contexts();
    answer = SSL_TICKET_RETURN_USE_RENEW;
    SSL_SESSION *session = visit(client, server, NULL), *inside = inside_of(session);
    SSL_SESSION_set_time(inside, SSL_SESSION_get_time(inside) - 5000);
    SSL_SESSION *offered = with_ticket(session, ticket, seal_session(inside, ticket));
    SSL_CTX_set_session_ticket_cb(server, NULL, decrypt_cb, NULL);
    SSL_SESSION *again = visit(client, server, offered), *renewed = inside_of(again);
    show("resumed %d, moved on %d, timeout %ld", visited.resumed,
         SSL_SESSION_get_time(renewed) > SSL_SESSION_get_time(inside) + 4000, SSL_SESSION_get_timeout(renewed));
    SSL_SESSION_free(renewed);
    SSL_SESSION_free(again);
    SSL_SESSION_free(offered);
    SSL_SESSION_free(inside);
    SSL_SESSION_free(session);
    close_contexts();
}

/* SSL_VERIFY_PEER with no session id context of the server's, whatever the callback says. */
static void no_context(void)
{
    static const int modes[] = {SSL_VERIFY_NONE, SSL_VERIFY_PEER};
    section("%s, no session id context set", tls_name());
    for (int i = 0; i < 2; i++) {
        open_contexts();
        SSL_CTX_set_session_id_context(server, NULL, 0);
        SSL_SESSION *session = visit(client, server, NULL);
        SSL_CTX_set_verify(server, modes[i], NULL);
        offer(i ? "SSL_VERIFY_PEER" : "SSL_VERIFY_NONE", session, inside_of(session));
        SSL_SESSION *inside = inside_of(session);
        SSL_SESSION_set_time(inside, SSL_SESSION_get_time(inside) - 7300);
        offer(i ? "SSL_VERIFY_PEER, too old" : "SSL_VERIFY_NONE, too old", session, inside);
        SSL_SESSION_free(session);
        close_contexts();
    }
}

/* --- TLS 1.2: a ClientHello that is changed on its way -------------------------------------------------------------- */

static unsigned char wire[16384];
static size_t wire_len;

static size_t number(size_t at)
{
    return (size_t)wire[at] << 8 | wire[at + 1];
}

static void cut(size_t at, size_t len)
{
    memmove(wire + at, wire + at + len, wire_len - at - len);
    wire_len -= len;
}

static void shorter(size_t at, size_t by)
{
    size_t n = number(at) - by;
    wire[at] = (unsigned char)(n >> 8);
    wire[at + 1] = (unsigned char)n;
}

/* Leaves extension `type` out, or suite `type` if that is one, which only makes room for another. */
static int leave_out(int type, int is_suite)
{
    size_t at = 5 + 4 + 2 + 32, suites, end;
    at += 1u + wire[at];
    suites = at;
    at += 2 + number(at);
    for (size_t i = suites + 2; is_suite && i < at; i += 2)
        if ((int)number(i) == type)
            wire[i] = wire[i + 1] = 0xfa;
    at += 1u + wire[at];
    end = at + 2 + number(at);
    for (size_t i = at + 2; !is_suite && i < end; i += 4 + number(i + 2))
        if ((int)number(i) == type) {
            size_t len = 4 + number(i + 2);
            cut(i, len);
            shorter(at, len);
            shorter(7, len);
            shorter(3, len);
            return 1;
        }
    return is_suite;
}

static void changed_hello(const char *what, SSL_SESSION *session, int type, int is_suite)
{
    struct pair pair = join_memory(client, server);
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    char said[64] = "nothing";
    SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    SSL_do_handshake(pair.client);
    wire_len = take(pair.client, wire, sizeof wire);
    if (type >= 0)
        ok(leave_out(type, is_suite), "%s: it was there", what);
    put(pair.server, wire, wire_len);
    ERR_clear_error();
    int r = SSL_do_handshake(pair.server);
    const char *result = outcome(pair.server, r);
    wire_len = take(pair.server, wire, sizeof wire);
    if (wire_len >= 7 && wire[0] == 21)
        sprintf(said, "alert %d", wire[6]);
    else if (wire_len > 100 && wire[0] == 22)
        sprintf(said, "ServerHello");
    show("%s: %s, reused %d, %s", what, said, r == -1 && wire[0] == 22 && SSL_session_reused(pair.server), result);
    part(&pair);
}

static void hellos(void)
{
    section("%s, the hello is changed", tls_name());
    open_contexts();
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_SESSION *flagged = inside_of(session), *inside = with_number(flagged, 13, -1);
    unsigned char ticket[4096];
    SSL_SESSION *plain = with_ticket(session, ticket, seal_session(inside, ticket));
    changed_hello("as it is", session, -1, 0);
    changed_hello("a session with extended master secret, a hello without", session, 23, 0);
    changed_hello("a session without, a hello with", plain, -1, 0);
    changed_hello("both without", plain, 23, 0);
    changed_hello("the session's suite is not offered", session,
                  (int)SSL_CIPHER_get_protocol_id(SSL_SESSION_get0_cipher(session)), 1);
    changed_hello("no session_ticket extension", session, 35, 0);
    SSL_SESSION_free(flagged);
    SSL_SESSION_free(plain);
    SSL_SESSION_free(inside);
    SSL_SESSION_free(session);
    close_contexts();
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        changed();
        times();
        no_context();
        if (tls == TLS1_2_VERSION)
            hellos();
    }
    return finish();
}
