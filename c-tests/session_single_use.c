/* SSL_CTX_set_max_early_data(3): a server that allows early data makes tickets that only name a session in its cache, and
 * each is good for one connection, unless SSL_OP_NO_ANTI_REPLAY says that somebody else sees to that. */
#include "harness.h"

static SSL_CTX *client, *server;
static SSL_SESSION *store[16];
static int stored;

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    show("   new: the connection's own %d, in the cache %ld", session == SSL_get_session(ssl),
         SSL_CTX_sess_number(SSL_get_SSL_CTX(ssl)));
    if (stored == 16)
        return 0;
    store[stored++] = session;
    return 1;
}

static SSL_SESSION *get_cb(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    (void)ssl;
    for (int i = 0; i < stored; i++) {
        unsigned its_len;
        const unsigned char *its = SSL_SESSION_get_id(store[i], &its_len);
        if ((int)its_len == len && !memcmp(its, id, its_len)) {
            show("   get: found, resumable %d, copy %d", SSL_SESSION_is_resumable(store[i]), *copy);
            return store[i];
        }
    }
    show("   get: not found");
    return NULL;
}

static void remove_cb(SSL_CTX *ctx, SSL_SESSION *session)
{
    show("   remove: resumable %d, cached %ld", SSL_SESSION_is_resumable(session), SSL_CTX_sess_number(ctx));
}

static SSL_SESSION *go(SSL_SESSION *session, const char *what)
{
    const unsigned char *ticket;
    size_t len = 0;
    SSL_SESSION *got = visit(client, server, session);
    ok(visited.done, "%s", what);
    SSL_SESSION_get0_ticket(got, &ticket, &len);
    show("resumed %d, tickets %d, which are names %d; number %ld, hits %ld, cb hits %ld, misses %ld", visited.resumed,
         visited.tickets, len == 32, SSL_CTX_sess_number(server), SSL_CTX_sess_hits(server),
         SSL_CTX_sess_cb_hits(server), SSL_CTX_sess_misses(server));
    return got;
}

static void single_use(const char *what, long mode, uint64_t options)
{
    section("%s, %s", tls_name(), what);
    client = new_client();
    server = new_server();
    SSL_CTX_set_session_cache_mode(server, mode);
    SSL_CTX_set_options(server, options);
    SSL_CTX_sess_set_new_cb(server, new_cb);
    SSL_CTX_sess_set_get_cb(server, get_cb);
    SSL_CTX_sess_set_remove_cb(server, remove_cb);
    is(SSL_CTX_set_max_early_data(server, 100), 1, "SSL_CTX_set_max_early_data");
    SSL_SESSION *first = go(NULL, "full"), *second = go(first, "its ticket");
    SSL_SESSION_free(go(first, "the same ticket again"));
    SSL_SESSION_free(go(second, "its successor"));
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    while (stored > 0)
        SSL_SESSION_free(store[--stored]);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        single_use("internal cache", SSL_SESS_CACHE_SERVER, 0);
        single_use("NO_INTERNAL_STORE", SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE, 0);
        single_use("NO_INTERNAL", SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL, 0);
        single_use("no cache", SSL_SESS_CACHE_OFF, 0);
        single_use("SSL_OP_NO_ANTI_REPLAY", SSL_SESS_CACHE_SERVER, SSL_OP_NO_ANTI_REPLAY);
        single_use("SSL_OP_NO_ANTI_REPLAY and SSL_OP_NO_TICKET", SSL_SESS_CACHE_SERVER,
                   SSL_OP_NO_ANTI_REPLAY | SSL_OP_NO_TICKET);
    }
    return finish();
}
