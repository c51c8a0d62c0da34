/* SSL_CTX_sess_set_new_cb(3): who gets which session, who owns it, and when it is removed. */
#include "harness.h"

static int kept, calls[2], removed[2], keep;
static SSL_SESSION *held[16];

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    int side = SSL_is_server(ssl);
    calls[side]++;
    show("new session on the %s: resumable %d, ticket %d, id %d, same as SSL_get_session %d",
         side ? "server" : "client", SSL_SESSION_is_resumable(session), SSL_SESSION_has_ticket(session),
         SSL_SESSION_get_id(session, &(unsigned){0}) != NULL, session == SSL_get_session(ssl));
    if (!keep || kept == 16)
        return 0;
    held[kept++] = session;
    return 1;
}

static void remove_cb(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)session;
    removed[SSL_CTX_get_ssl_method(ctx) == TLS_server_method()]++;
}

static SSL_CTX *client, *server;

static void open_contexts(long client_mode, long server_mode)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_session_cache_mode(client, client_mode);
    SSL_CTX_set_session_cache_mode(server, server_mode);
    SSL_CTX_sess_set_new_cb(client, new_cb);
    SSL_CTX_sess_set_new_cb(server, new_cb);
    memset(calls, 0, sizeof calls);
    memset(removed, 0, sizeof removed);
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void modes(void)
{
    static const long modes[] = {SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_SERVER, SSL_SESS_CACHE_BOTH,
                                 SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_INTERNAL};
    section("%s, cache modes", tls_name());
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        open_contexts(modes[i], modes[i]);
        struct pair pair = join(client, server);
        shake(&pair);
        settle(&pair);
        show("mode %#lx: calls on the client %d, on the server %d", modes[i], calls[0], calls[1]);
        SSL_SESSION *session = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
        part(&pair);
        pair = join(client, server);
        SSL_set_session(pair.client, session);
        shake(&pair);
        settle(&pair);
        show("   resumed %d: calls on the client %d, on the server %d", SSL_session_reused(pair.client), calls[0],
             calls[1]);
        SSL_SESSION_free(session);
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
        part(&pair);
        close_contexts();
    }
}

/* A callback that returns 1 owns the session; it outlives the connection and the context, and resumes. */
static void ownership(void)
{
    section("%s, sessions that the callback keeps", tls_name());
    open_contexts(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, SSL_SESS_CACHE_OFF);
    keep = 1;
    struct pair pair = join(client, server);
    shake(&pair);
    settle(&pair);
    SSL_shutdown(pair.client);
    part(&pair);
    keep = 0;
    show("kept %d", kept);
    for (int i = 0; i < kept; i++) {
        pair = join(client, server);
        SSL_set_session(pair.client, held[i]);
        shake(&pair);
        is(SSL_session_reused(pair.client), 1, "session %d resumes", i);
        SSL_shutdown(pair.client);
        part(&pair);
    }
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    for (int i = 0; i < kept; i++) {
        show("session %d outlives its context: protocol %x", i, SSL_SESSION_get_protocol_version(held[i]));
        SSL_SESSION_free(held[i]);
    }
    kept = 0;
}

static void getters(void)
{
    SSL_CTX *ctx = new_server();
    section("getters");
    ok(!SSL_CTX_sess_get_new_cb(ctx) && !SSL_CTX_sess_get_remove_cb(ctx) && !SSL_CTX_sess_get_get_cb(ctx),
       "none at first");
    SSL_CTX_sess_set_new_cb(ctx, new_cb);
    SSL_CTX_sess_set_remove_cb(ctx, remove_cb);
    ok(SSL_CTX_sess_get_new_cb(ctx) == new_cb, "new");
    ok(SSL_CTX_sess_get_remove_cb(ctx) == remove_cb, "remove");
    SSL_CTX_free(ctx);
}

/* An SSL_CTX_remove_session spoils a session for good. */
static void removing(void)
{
    section("%s, SSL_CTX_remove_session", tls_name());
    open_contexts(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, SSL_SESS_CACHE_OFF);
    SSL_CTX_sess_set_new_cb(client, NULL);
    SSL_CTX_sess_set_remove_cb(client, remove_cb);
    SSL_SESSION *session = visit(client, server, NULL);
    show("remove callback ran %d times in a visit", removed[0]);
    is(SSL_SESSION_is_resumable(session), 1, "resumable");
    show("SSL_CTX_remove_session: %d", SSL_CTX_remove_session(client, session));
    is(SSL_SESSION_is_resumable(session), 0, "no longer");
    show("remove callback ran %d times", removed[0]);
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, session);
    shake(&pair);
    is(SSL_session_reused(pair.client), 0, "not resumed");
    part(&pair);
    SSL_SESSION_free(session);
    close_contexts();
}

/* TLS 1.3: a server keeps the session of a ticket that holds all of it only if somebody wants to hear of its end. */
static void kept_inside(void)
{
    for (int with_remove = 0; with_remove < 2; with_remove++)
        for (int stateful = 0; stateful < 2; stateful++) {
            open_contexts(SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER);
            SSL_CTX_sess_set_new_cb(server, NULL);
            SSL_CTX_sess_set_remove_cb(server, with_remove ? remove_cb : NULL);
            if (stateful)
                SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
            SSL_SESSION_free(visit(client, server, NULL));
            show("remove callback %d, SSL_OP_NO_TICKET %d: kept %ld", with_remove, stateful,
                 SSL_CTX_sess_number(server));
            close_contexts();
        }
}

int main(void)
{
    getters();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        modes();
        ownership();
        removing();
        kept_inside();
    }
    return finish();
}
