/* When a session that is offered is taken, and when not. SSL_set_session(3), SSL_CTX_set_session_id_context(3). */
#include "harness.h"

#include <time.h>

static SSL_CTX *client, *server;

static void open_contexts(void)
{
    client = new_client();
    server = new_server();
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void told(const char *what)
{
    if (visited.done)
        show("%s: done, resumed %d, tickets %d", what, visited.resumed, visited.tickets);
    else
        show("%s: client %s (%s), server %s (%s)", what, error_name(visited.client.error), visited.client.reason,
             error_name(visited.server.error), visited.server.reason);
}

static void try(SSL_SESSION *session, const char *what)
{
    SSL_SESSION_free(visit(client, server, session));
    told(what);
}

/* Time and timeout in the client's session say when it stops offering it. */
static void expiry_at_the_client(void)
{
    SSL_SESSION *session, *copy;
    section("%s, expiry, the client's view", tls_name());
    open_contexts();
    session = visit(client, server, NULL);
    copy = SSL_SESSION_dup(session);
    SSL_SESSION_set_time(copy, (long)time(NULL) - 7300);
    try(copy, "made 7300 s ago");
    SSL_SESSION_set_timeout(copy, 10000);
    try(copy, "made 7300 s ago, timeout 10000");
    SSL_SESSION_set_time(copy, (long)time(NULL) + 1000);
    try(copy, "made in the future");
    SSL_SESSION_set_time(copy, (long)time(NULL) - 100);
    try(copy, "made 100 s ago");
    SSL_SESSION_free(copy);
    SSL_SESSION_free(session);
    close_contexts();
}

/* Time and timeout in the ticket, put there by the generate callback. */
static long made_ago, its_timeout;

static int generate_cb(SSL *ssl, void *arg)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    (void)arg;
    SSL_SESSION_set_time(session, (long)time(NULL) - made_ago);
    SSL_SESSION_set_timeout(session, its_timeout);
    return 1;
}

static void expiry_at_the_server(void)
{
    static const long cases[][2] = {{0, 7200}, {100, 7200}, {7300, 7200}, {100, 50}, {-1000, 7200}, {8000, 9000}};
    section("%s, expiry, the server's view", tls_name());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char what[64];
        open_contexts();
        made_ago = cases[i][0];
        its_timeout = cases[i][1];
        SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, NULL);
        SSL_SESSION *session = visit(client, server, NULL);
        show("   lifetime hint %lu", SSL_SESSION_get_ticket_lifetime_hint(session));
        SSL_SESSION_set_timeout(session, 100000);
        snprintf(what, sizeof what, "made %ld s ago, timeout %ld", made_ago, its_timeout);
        try(session, what);
        SSL_SESSION_free(session);
        close_contexts();
    }
}

static void id_contexts(void)
{
    SSL_SESSION *session;
    section("%s, session id contexts", tls_name());
    open_contexts();
    session = visit(client, server, NULL);
    SSL_CTX_set_session_id_context(server, (const unsigned char *)"other", 5);
    try(session, "another context");
    SSL_CTX_set_session_id_context(server, (const unsigned char *)"c-tests", 7);
    try(session, "the same context");
    is(SSL_CTX_set_session_id_context(server, (const unsigned char *)"123456789012345678901234567890123", 33), 0,
       "33 bytes");
    show("%s", reason());
    struct pair pair = join(client, server);
    is(SSL_set_session_id_context(pair.server, (const unsigned char *)"of its own", 10), 1, "on the SSL");
    SSL_set_session(pair.client, session);
    show_shake(&pair, "another context on the SSL");
    show("   resumed %d", SSL_session_reused(pair.server));
    part(&pair);
    SSL_SESSION_free(session);
    close_contexts();
}

/* SSL_VERIFY_PEER without a session id context: a resumption is a fatal error, a full handshake is not. */
static void no_id_context(void)
{
    SSL_SESSION *session;
    section("%s, SSL_VERIFY_PEER and no session id context", tls_name());
    open_contexts();
    SSL_CTX_set_session_id_context(server, NULL, 0);
    session = visit(client, server, NULL);
    told("SSL_VERIFY_NONE, full");
    try(session, "SSL_VERIFY_NONE, resumed");
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    try(NULL, "SSL_VERIFY_PEER, full");
    try(session, "SSL_VERIFY_PEER, a session to resume");
    SSL_SESSION_free(session);
    close_contexts();
}

/* The client's certificate travels in the ticket. */
static void client_certificate(void)
{
    SSL_SESSION *session;
    struct pair pair;
    section("%s, a client certificate", tls_name());
    open_contexts();
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    use_identity(client, client_identity());
    session = visit(client, server, NULL);
    for (int i = 0; i < 2; i++) {
        pair = join(client, server);
        SSL_set_session(pair.client, session);
        show_shake(&pair, i ? "resumed again" : "resumed");
        is(SSL_session_reused(pair.server), 1, "reused");
        is_text(peer_name(pair.server), "client.example", "the server knows the client");
        is_text(peer_name(pair.client), "server.example", "the client knows the server");
        is(SSL_get_verify_result(pair.server), X509_V_OK, "verify result");
        show("chains: client %d, server %d", sk_X509_num(SSL_get_peer_cert_chain(pair.client)),
             sk_X509_num(SSL_get_peer_cert_chain(pair.server)));
        settle(&pair);
        SSL_SESSION_free(session);
        session = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
        part(&pair);
    }
    SSL_SESSION_free(session);
    close_contexts();

    open_contexts();
    SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
    session = visit(client, server, NULL);
    pair = join(client, server);
    SSL_set_session(pair.client, session);
    show_shake(&pair, "the server was never trusted");
    show("verify result of the client: %ld", SSL_get_verify_result(pair.client));
    part(&pair);
    SSL_SESSION_free(session);
    close_contexts();
}

/* A cipher suite with the same hash will do, one with another won't. */
static void suites(void)
{
    SSL_SESSION *session;
    if (tls != TLS1_3_VERSION)
        return;
    section("%s, cipher suites", tls_name());
    open_contexts();
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    session = visit(client, server, NULL);
    SSL_CTX_set_ciphersuites(server, "TLS_CHACHA20_POLY1305_SHA256");
    try(session, "SHA-256 to SHA-256");
    SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
    if (knows_another_hash())
        try(session, "SHA-256 to SHA-384");
    SSL_SESSION_free(visit(client, server, session));
    carnet_ok(visited.done && !visited.resumed && visited.tickets == 2, "another hash earns tickets");
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_ciphersuites(client, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
    try(session, "the client prefers another");
    SSL_CTX_set_ciphersuites(client, "TLS_AES_256_GCM_SHA384");
    SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
    SSL_SESSION_free(visit(client, server, session)); /* libssl's client offers it in vain, libcarnet's does not */
    ok(visited.done && !visited.resumed, "the client no longer offers its suite");
    SSL_SESSION_free(session);
    close_contexts();
}

/* A session is spent once it was used, or when its connection ended without a shutdown. */
static void spent(void)
{
    SSL_SESSION *session, *kept;
    struct pair pair;
    section("%s, spent sessions", tls_name());
    for (int mode = 0; mode < 2; mode++)
        for (int shut = 0; shut < 2; shut++) {
            open_contexts();
            session = visit(client, server, NULL);
            SSL_CTX_set_session_cache_mode(client, mode ? SSL_SESS_CACHE_CLIENT : SSL_SESS_CACHE_OFF);
            pair = join(client, server);
            SSL_set_session(pair.client, session);
            shake(&pair);
            settle(&pair);
            kept = SSL_get1_session(pair.client);
            if (shut)
                SSL_shutdown(pair.client);
            part(&pair);
            show("cache mode %d, shutdown %d: offered one resumable %d, new one resumable %d", mode, shut,
                 SSL_SESSION_is_resumable(session), SSL_SESSION_is_resumable(kept));
            pair = join(client, server);
            SSL_set_session(pair.client, session);
            shake(&pair);
            show("   offered again: resumed %d", SSL_session_reused(pair.client));
            SSL_shutdown(pair.client);
            part(&pair);
            pair = join(client, server);
            SSL_set_session(pair.client, kept);
            shake(&pair);
            show("   the new one: resumed %d", SSL_session_reused(pair.client));
            part(&pair);
            SSL_SESSION_free(session);
            SSL_SESSION_free(kept);
            close_contexts();
        }
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        expiry_at_the_client();
        expiry_at_the_server();
        id_contexts();
        no_id_context();
        client_certificate();
        suites();
        spent();
    }
    return finish();
}
