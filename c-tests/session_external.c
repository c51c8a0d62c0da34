/* SSL_CTX_sess_set_get_cb(3), SSL_CTX_sess_set_new_cb(3), SSL_CTX_sess_set_remove_cb(3): a server whose sessions are kept
 * by the application. Tickets are off, so that sessions are found by their ids, in TLS 1.3 as in TLS 1.2. */
#include "harness.h"

#ifdef ON_CARNET
/* Of carnet.h, which those who build with the system's headers have not. */
SSL_SESSION *carnet_pending_session(void);
#endif

static SSL_CTX *client, *server;

/* The application's store: by id. */
enum { SLOTS = 64 };
static SSL_SESSION *store[SLOTS];
static int news, gets, removes, quiet;
static int keep, give_copy, pending;

static int same_id(const SSL_SESSION *session, const unsigned char *id, unsigned len)
{
    unsigned its_len;
    const unsigned char *its = SSL_SESSION_get_id(session, &its_len);
    return its_len == len && !memcmp(its, id, len);
}

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    unsigned len;
    SSL_SESSION_get_id(session, &len);
    news++;
    if (!quiet)
        show("   new: id of %u bytes, the connection's own %d, in the cache %ld", len, session == SSL_get_session(ssl),
             SSL_CTX_sess_number(SSL_get_SSL_CTX(ssl)));
    if (!keep)
        return 0;
    for (int i = 0; i < SLOTS; i++)
        if (!store[i]) {
            store[i] = session;
            return 1;
        }
    return 0;
}

static SSL_SESSION *get_cb(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    gets++;
    if (!quiet)
        show("   get: server %d, id of %d bytes, copy %d, session %d", SSL_is_server(ssl), len, *copy,
             SSL_get_session(ssl) != NULL);
#ifdef ON_CARNET
    if (pending > 0) {
        pending--;
        return carnet_pending_session();
    }
#endif
    for (int i = 0; i < SLOTS; i++)
        if (store[i] && same_id(store[i], id, (unsigned)len)) {
            *copy = give_copy;
            if (!give_copy)
                SSL_SESSION_up_ref(store[i]);
            return store[i];
        }
    return NULL;
}

static void remove_cb(SSL_CTX *ctx, SSL_SESSION *session)
{
    removes++;
    if (!quiet)
        show("   remove: resumable %d, cached %ld", SSL_SESSION_is_resumable(session), SSL_CTX_sess_number(ctx));
}

static void empty_store(void)
{
    for (int i = 0; i < SLOTS; i++) {
        SSL_SESSION_free(store[i]);
        store[i] = NULL;
    }
}

static void open_contexts(long mode)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server, mode);
    SSL_CTX_sess_set_new_cb(server, new_cb);
    SSL_CTX_sess_set_get_cb(server, get_cb);
    SSL_CTX_sess_set_remove_cb(server, remove_cb);
    news = gets = removes = 0;
    keep = give_copy = 1;
}

static void statistics(const char *what)
{
    show("%s: new %d, get %d, remove %d; accept %ld, good %ld, number %ld, hits %ld, cb hits %ld, misses %ld, timeouts %ld",
         what, news, gets, removes, SSL_CTX_sess_accept(server), SSL_CTX_sess_accept_good(server),
         SSL_CTX_sess_number(server), SSL_CTX_sess_hits(server), SSL_CTX_sess_cb_hits(server),
         SSL_CTX_sess_misses(server), SSL_CTX_sess_timeouts(server));
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    empty_store();
}

static SSL_SESSION *go(SSL_SESSION *session, const char *what)
{
    SSL_SESSION *got = visit(client, server, session);
    if (visited.done)
        show("%s: resumed %d, tickets %d", what, visited.resumed, visited.tickets);
    else
        show("%s: client %s (%s), server %s (%s)", what, error_name(visited.client.error), visited.client.reason,
             error_name(visited.server.error), visited.server.reason);
    ok(visited.done, "the handshake");
    return got;
}

static const struct {
    const char *name;
    long mode;
} modes[] = {
    {"internal", SSL_SESS_CACHE_SERVER},
    {"NO_INTERNAL_LOOKUP", SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP},
    {"NO_INTERNAL_STORE", SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE},
    {"NO_INTERNAL", SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL},
    {"CLIENT", SSL_SESS_CACHE_CLIENT},
    {"OFF", SSL_SESS_CACHE_OFF},
};

/* Each mode, with the copy flag and without. */
static void each_mode(void)
{
    for (size_t i = 0; i < 2 * sizeof modes / sizeof modes[0]; i++) {
        section("%s, %s, copy %d", tls_name(), modes[i / 2].name, (int)(i & 1));
        open_contexts(modes[i / 2].mode);
        give_copy = (int)(i & 1);
        SSL_SESSION *first = go(NULL, "full"), *second = go(first, "resumed");
        statistics("then");
        SSL_SESSION_free(go(second, "once more"));
        statistics("then");
        SSL_SESSION_free(first);
        SSL_SESSION_free(second);
        close_contexts();
    }
}

/* Found with the application though the context has lost it. */
static void lost_inside(void)
{
    section("%s, the context has lost it", tls_name());
    open_contexts(SSL_SESS_CACHE_SERVER);
    SSL_SESSION *first = go(NULL, "full");
    SSL_CTX_sess_set_remove_cb(server, NULL);
    SSL_CTX_flush_sessions(server, 0);
    statistics("flushed");
    SSL_SESSION_free(go(first, "what was flushed may not be resumed"));
    statistics("then");
    SSL_SESSION_free(first);
    close_contexts();

    open_contexts(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    first = go(NULL, "full, not stored inside");
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER);
    SSL_SESSION *second = go(first, "resumed, and stored now");
    statistics("then");
    if (tls == TLS1_2_VERSION) {
        SSL_CTX_sess_set_get_cb(server, NULL);
        SSL_SESSION_free(go(first, "without the callback"));
        statistics("then");
    }
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    close_contexts();
}

static void nothing_found(void)
{
    section("%s, nothing is found", tls_name());
    open_contexts(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    keep = 0;
    SSL_SESSION *first = go(NULL, "full");
    SSL_SESSION_free(go(first, "not kept by anyone"));
    statistics("then");
    SSL_SESSION_free(first);
    close_contexts();
    open_contexts(SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_get_cb(server, NULL);
    first = go(NULL, "full");
    SSL_CTX_sess_set_remove_cb(server, NULL);
    SSL_CTX_flush_sessions(server, 0);
    SSL_SESSION_free(go(first, "no get callback"));
    statistics("then");
    SSL_SESSION_free(first);
    close_contexts();
}

/* What the callback finds has to fit like any other. */
static void unfit(void)
{
    for (int i = 0; i < 4; i++) {
        static const char *const what[] = {"another session-id context", "expired", "not resumable", "another version"};
        section("%s, found and unfit: %s", tls_name(), what[i]);
        open_contexts(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_SESSION *first = go(NULL, "full");
        for (int s = 0; s < SLOTS && store[s]; s++)
            switch (i) {
            case 0: SSL_SESSION_set1_id_context(store[s], (const unsigned char *)"x", 1); break;
            case 1: SSL_SESSION_set_time(store[s], 1000); break;
            case 2: SSL_CTX_remove_session(client, store[s]); break;
            default: SSL_SESSION_set_protocol_version(store[s], tls ^ 7); break;
            }
        SSL_SESSION_free(go(first, "offered"));
        statistics("then");
        SSL_SESSION_free(first);
        close_contexts();
    }
}

/* The internal cache has it, and it has expired. */
static void expired_inside(void)
{
    section("%s, expired in the cache", tls_name());
    open_contexts(SSL_SESS_CACHE_SERVER);
    SSL_SESSION *first = go(NULL, "full");
    for (int s = 0; s < SLOTS && store[s]; s++)
        SSL_SESSION_set_time(store[s], 1000);
    SSL_SESSION_free(go(first, "offered"));
    statistics("then");
    SSL_CTX_set_session_id_context(server, (const unsigned char *)"other", 5);
    SSL_SESSION_free(go(first, "offered again under another context"));
    statistics("then");
    SSL_SESSION_free(first);
    close_contexts();
}

/* A connection that ends badly takes its session with it. */
static void bad_end(void)
{
    section("%s, connections that end without a shutdown", tls_name());
    open_contexts(SSL_SESS_CACHE_SERVER);
    struct pair pair = join(client, server);
    shake(&pair);
    settle(&pair);
    SSL_SESSION *session = SSL_get1_session(pair.client);
    statistics("up");
    part(&pair);
    statistics("gone");
    quiet = 1;
    empty_store();
    SSL_SESSION_free(go(session, "offered"));
    quiet = 0;
    SSL_SESSION_free(session);
    close_contexts();
}

/* With a HelloRetryRequest the server looks twice, and the second look decides. */
static int answers;

static SSL_SESSION *get_limited_cb(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    show("   reused %d, session %d", SSL_session_reused(ssl), SSL_get_session(ssl) != NULL);
    return answers-- > 0 ? get_cb(ssl, id, len, copy) : NULL;
}

static void looking_twice(void)
{
    if (tls != TLS1_3_VERSION)
        return;
    for (int i = 0; i < 3; i++) {
        section("%s, a HelloRetryRequest, %d answers", tls_name(), i);
        open_contexts(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set1_groups_list(client, "X25519:P-256");
        SSL_CTX_set1_groups_list(server, "P-256");
        SSL_CTX_sess_set_get_cb(server, get_limited_cb);
        SSL_SESSION *first = go(NULL, "full");
        answers = i;
        SSL_SESSION_free(go(first, "offered"));
        statistics("then");
        SSL_SESSION_free(first);
        close_contexts();
    }
}

/* carnet.h's carnet_pending_session(): the lookup takes its time. libssl has no such thing. */
static void later(void)
{
#ifdef ON_CARNET
    open_contexts(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    quiet = 1;
    SSL_SESSION *session = visit(client, server, NULL), *offered = SSL_SESSION_dup(session);
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, offered);
    SSL_SESSION_free(offered);
    SSL_do_handshake(pair.client);
    gets = 0;
    pending = 2;
    for (int i = 0; i < 2; i++) {
        int got = SSL_do_handshake(pair.server);
        carnet_ok(got == -1 && SSL_get_error(pair.server, got) == SSL_ERROR_WANT_CLIENT_HELLO_CB &&
                      SSL_want(pair.server) == SSL_CLIENT_HELLO_CB && ERR_peek_error() == 0 && gets == i + 1,
                  "%s: the handshake waits for the session", tls_name());
    }
    carnet_ok(shake(&pair) && SSL_session_reused(pair.server) && gets == 3 && SSL_CTX_sess_cb_hits(server) == 1,
              "%s: and goes on", tls_name());
    part(&pair);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER);
    SSL_CTX_flush_sessions(server, 0);
    empty_store();
    long before = SSL_CTX_sess_misses(server);
    pending = 1;
    pair = join(client, server);
    offered = SSL_SESSION_dup(session);
    SSL_set_session(pair.client, offered);
    SSL_SESSION_free(offered);
    carnet_ok(shake(&pair) && !SSL_session_reused(pair.server) && SSL_CTX_sess_misses(server) == before + 1,
              "%s: a lookup that is put off and fails is one miss", tls_name());
    part(&pair);
    pending = 100;
    pair = join(client, server);
    SSL_set_session(pair.client, session);
    SSL_do_handshake(pair.client);
    SSL_do_handshake(pair.server);
    part(&pair);
    carnet_ok(1, "%s: a connection may be freed while it waits", tls_name());
    pending = 0;
    SSL_SESSION_free(session);
    close_contexts();
    quiet = 0;
#else
    (void)pending;
#endif
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        each_mode();
        lost_inside();
        nothing_found();
        unfit();
        expired_inside();
        bad_end();
        looking_twice();
        later();
    }
    return finish();
}
