/* Session ids and session-id contexts: SSL_CTX_set_generate_session_id(3), SSL_has_matching_session_id(3),
 * SSL_CTX_set_session_id_context(3). */
#include "harness.h"

static SSL_CTX *client, *server;

static int calls, result, length, fill, look_for;
static unsigned char taken[32];

static int generate_cb(SSL *ssl, unsigned char *id, unsigned *len)
{
    int zeros = 1;
    calls++;
    for (unsigned i = 0; i < *len; i++)
        zeros &= id[i] == 0;
    show("   generate: room %u, zeros %d, server %d, version %s, session %d", *len, zeros, SSL_is_server(ssl),
         SSL_get_version(ssl), SSL_get_session(ssl) != NULL);
    if (look_for)
        show("   has matching: taken %d, another %d", SSL_has_matching_session_id(ssl, taken, 32),
             SSL_has_matching_session_id(ssl, (const unsigned char *)"no such id", 10));
    memset(id, fill, *len);
    if (length >= 0)
        *len = (unsigned)length;
    return result;
}

static int other_cb(SSL *ssl, unsigned char *id, unsigned *len)
{
    (void)ssl;
    show("   the connection's own callback");
    memset(id, 0x77, *len);
    return 1;
}

static void open_contexts(uint64_t options)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, options);
    calls = 0;
    result = 1;
    length = -1;
    fill = 0x41;
    look_for = 0;
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void ids(SSL *ssl, const char *whose)
{
    unsigned len;
    const unsigned char *id = SSL_SESSION_get_id(SSL_get_session(ssl), &len);
    int same = len > 0;
    for (unsigned i = 1; i < len; i++)
        same &= id[i] == id[0];
    show("%s: id of %u bytes, %s %02x", whose, len, same ? "all" : "mixed", same ? id[0] : 0);
}

static void once(SSL_SESSION *session, const char *what)
{
    struct pair pair = join(client, server);
    if (session)
        SSL_set_session(pair.client, session);
    if (ok(show_shake(&pair, what) >= 0, "over")) {
        if (pair.server_half.result == 1 && pair.client_half.result == 1) {
            settle(&pair);
            ids(pair.server, "   server");
            if (tls == TLS1_2_VERSION && (SSL_get_options(pair.server) & SSL_OP_NO_TICKET))
                ids(pair.client, "   client");
            show("   resumed %d, number %ld", SSL_session_reused(pair.server), SSL_CTX_sess_number(server));
        }
    }
    SSL_shutdown(pair.client);
    SSL_shutdown(pair.server);
    part(&pair);
}

static void generating(uint64_t options, const char *what)
{
    section("%s, %s: the callback", tls_name(), what);
    open_contexts(options);
    is(SSL_CTX_set_generate_session_id(server, generate_cb), 1, "SSL_CTX_set_generate_session_id");
    once(NULL, "32 bytes");
    fill = 0x42;
    length = 10;
    once(NULL, "10 bytes");
    fill = 0x43;
    length = 0;
    once(NULL, "no bytes");
    length = 33;
    once(NULL, "33 bytes");
    length = -1;
    result = 0;
    once(NULL, "a callback that fails");
    result = 1;
    fill = 0x41;
    memset(taken, 0x41, sizeof taken);
    look_for = 1;
    once(NULL, "an id that is taken");
    show("calls %d", calls);
    fill = 0x44;
    struct pair pair = join(client, server);
    is(SSL_set_generate_session_id(pair.server, other_cb), 1, "SSL_set_generate_session_id");
    show_shake(&pair, "a callback of the connection's own");
    ids(pair.server, "   server");
    show("   matches afterwards: its own %d, taken %d, 33 bytes %d",
         SSL_has_matching_session_id(pair.server, (const unsigned char *)"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", 32),
         SSL_has_matching_session_id(pair.server, taken, 32), SSL_has_matching_session_id(pair.server, taken, 33));
    SSL_shutdown(pair.server);
    part(&pair);
    pair = join(client, server);
    is(SSL_set_generate_session_id(pair.server, NULL), 1, "none on the connection");
    fill = 0x45;
    show_shake(&pair, "so the context's is asked");
    ids(pair.server, "   server");
    SSL_shutdown(pair.server);
    part(&pair);
    is(SSL_CTX_set_generate_session_id(server, NULL), 1, "none on the context");
    once(NULL, "neither");
    close_contexts();
}

static void resuming(void)
{
    section("%s, not asked for a resumption", tls_name());
    open_contexts(SSL_OP_NO_TICKET);
    SSL_CTX_set_generate_session_id(server, generate_cb);
    SSL_SESSION *session = visit(client, server, NULL);
    show("calls %d", calls);
    fill = 0x42;
    once(session, "again");
    show("calls %d", calls);
    SSL_SESSION_free(session);
    close_contexts();
}

/* An id that nobody keeps: the server shows none. */
static void modes(void)
{
    static const long modes[] = {SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_NO_INTERNAL | 2};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        section("%s, cache mode %lx", tls_name(), modes[i]);
        open_contexts(SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(server, modes[i]);
        SSL_CTX_set_generate_session_id(server, generate_cb);
        once(NULL, "full");
        once(NULL, "full");
        close_contexts();
    }
}

static void matching(void)
{
    section("%s, SSL_has_matching_session_id", tls_name());
    open_contexts(0);
    SSL_SESSION *session = SSL_SESSION_new();
    SSL_SESSION_set1_id(session, (const unsigned char *)"session", 7);
    SSL_SESSION_set_protocol_version(session, tls);
    SSL_CTX_add_session(server, session);
    struct pair pair = join(client, server);
    show("before the handshake: %d", SSL_has_matching_session_id(pair.server, (const unsigned char *)"session", 7));
    ok(shake(&pair), "handshake");
    show("after it: %d, shorter %d, longer %d, none %d, too long %d",
         SSL_has_matching_session_id(pair.server, (const unsigned char *)"session", 7),
         SSL_has_matching_session_id(pair.server, (const unsigned char *)"session", 6),
         SSL_has_matching_session_id(pair.server, (const unsigned char *)"session", 8),
         SSL_has_matching_session_id(pair.server, (const unsigned char *)"session", 0),
         SSL_has_matching_session_id(pair.server, taken, 33));
    show("on the client: %d", SSL_has_matching_session_id(pair.client, (const unsigned char *)"session", 7));
    show("%s", reason());
    part(&pair);
    SSL_SESSION_free(session);
    close_contexts();
}

static void contexts(void)
{
    const unsigned char *bytes;
    unsigned len;
    section("%s, session-id contexts", tls_name());
    open_contexts(SSL_OP_NO_TICKET);
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_SESSION_get0_id_context(session, &len);
    show("the client's session has %u bytes", len);
    struct pair pair = join(client, server);
    is(SSL_set_session_id_context(pair.server, (const unsigned char *)"of its own", 10), 1, "on the connection");
    is(SSL_set_session_id_context(pair.server, taken, 33), 0, "33 bytes");
    show("%s", reason());
    SSL_set_session(pair.client, session);
    show_shake(&pair, "another context");
    bytes = SSL_SESSION_get0_id_context(SSL_get_session(pair.server), &len);
    show("resumed %d, context of the session \"%.*s\", timeouts %ld, misses %ld", SSL_session_reused(pair.server),
         (int)len, (const char *)bytes, SSL_CTX_sess_timeouts(server), SSL_CTX_sess_misses(server));
    part(&pair);
    SSL_SESSION_free(session);
    close_contexts();
    open_contexts(SSL_OP_NO_TICKET);
    SSL_CTX_set_session_id_context(server, NULL, 0);
    session = visit(client, server, NULL);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    SSL_SESSION_free(visit(client, server, session));
    show("SSL_VERIFY_PEER and no context: client %s, server %s (%s)", error_name(visited.client.error),
         error_name(visited.server.error), visited.server.reason);
    long number = SSL_CTX_sess_number(server);
    SSL_SESSION_free(visit(client, server, NULL));
    show("a full handshake: done %d, sessions kept %ld", visited.done, SSL_CTX_sess_number(server) - number);
    SSL_SESSION_free(session);
    close_contexts();
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        generating(SSL_OP_NO_TICKET, "no tickets");
        generating(0, "tickets");
        resuming();
        modes();
        matching();
        contexts();
    }
    return finish();
}
