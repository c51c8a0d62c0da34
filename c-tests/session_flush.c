/* SSL_CTX_flush_sessions(3): by hand, and by itself after every 255 good handshakes unless SSL_SESS_CACHE_NO_AUTO_CLEAR. */
#include "harness.h"

#include <time.h>

static SSL_CTX *client, *server;
static int removed[2];

static void remove_cb(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)session;
    removed[ctx == server]++;
}

/* Sessions that have expired, and as many that have not. */
static void fill(SSL_CTX *ctx, int count)
{
    for (int i = 0; i < 2 * count; i++) {
        unsigned char id[8] = {0xee, (unsigned char)i, (unsigned char)(i >> 8), 0, 0, 0, 0, 1};
        SSL_SESSION *session = SSL_SESSION_new();
        SSL_SESSION_set1_id(session, id, sizeof id);
        SSL_SESSION_set_protocol_version(session, tls);
        SSL_SESSION_set_timeout(session, 1000);
        SSL_SESSION_set_time(session, i % 2 ? 5000 : (long)time(NULL) + 1000);
        SSL_CTX_add_session(ctx, session);
        SSL_SESSION_free(session);
    }
}

static void by_hand(void)
{
    section("%s, by hand", tls_name());
    client = new_client();
    server = new_server();
    SSL_CTX_sess_set_remove_cb(server, remove_cb);
    fill(server, 50);
    removed[1] = 0;
    show("at first %ld", SSL_CTX_sess_number(server));
    SSL_CTX_flush_sessions(server, 4000);
    show("before anything expires %ld, removed %d", SSL_CTX_sess_number(server), removed[1]);
    SSL_CTX_flush_sessions(server, 6000);
    show("in the last second %ld, removed %d", SSL_CTX_sess_number(server), removed[1]);
    SSL_CTX_flush_sessions(server, 6001);
    show("after it %ld, removed %d", SSL_CTX_sess_number(server), removed[1]);
    SSL_CTX_flush_sessions(server, (long)time(NULL));
    show("now %ld, removed %d", SSL_CTX_sess_number(server), removed[1]);
    SSL_CTX_flush_sessions(server, 0);
    show("at 0 %ld, removed %d", SSL_CTX_sess_number(server), removed[1]);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void connect_once(void)
{
    struct pair pair = join(client, server);
    shake(&pair);
    settle(&pair);
    SSL_shutdown(pair.client);
    SSL_shutdown(pair.server);
    part(&pair);
}

static void statistics(SSL_CTX *ctx, const char *whose)
{
    show("%s: connect %ld, good %ld; accept %ld, good %ld; hits %ld, misses %ld, timeouts %ld, full %ld", whose,
         SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx), SSL_CTX_sess_accept(ctx),
         SSL_CTX_sess_accept_good(ctx), SSL_CTX_sess_hits(ctx), SSL_CTX_sess_misses(ctx), SSL_CTX_sess_timeouts(ctx),
         SSL_CTX_sess_cache_full(ctx));
}

static void by_itself(uint64_t options, long more, const char *what)
{
    enum { EXPIRED = 5, ROUND = 260 };
    section("%s, by itself, %s", tls_name(), what);
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, options);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | more);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER | more);
    SSL_CTX_sess_set_cache_size(client, 300);
    SSL_CTX_sess_set_cache_size(server, 300);
    fill(client, EXPIRED);
    fill(server, EXPIRED);
    SSL_CTX_sess_set_remove_cb(client, remove_cb);
    if (options)
        SSL_CTX_sess_set_remove_cb(server, remove_cb);
    removed[0] = removed[1] = 0;
    for (int i = 1; i <= ROUND; i++) {
        int before[2] = {removed[0], removed[1]};
        connect_once();
        for (int side = 0; side < 2; side++)
            if (removed[side] - before[side] >= EXPIRED)
                show("after %d handshakes the %s has removed %d at once", i, side ? "server" : "client",
                     removed[side] - before[side]);
    }
    show("client %ld, server %ld", SSL_CTX_sess_number(client), SSL_CTX_sess_number(server));
    statistics(client, "client");
    statistics(server, "server");
    ok(SSL_CTX_sess_accept_good(server) == ROUND, "all good");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* What one connection counts, on which side. */
static void counting(void)
{
    section("%s, what is counted", tls_name());
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_SESSION *session = visit(client, server, NULL);
    statistics(client, "client, full");
    statistics(server, "server, full");
    SSL_SESSION_free(visit(client, server, session));
    statistics(client, "client, resumed");
    statistics(server, "server, resumed");
    struct pair pair = join(client, server);
    SSL_do_handshake(pair.client);
    statistics(client, "client, half-way");
    SSL_do_handshake(pair.server);
    statistics(server, "server, half-way");
    part(&pair);
    pair = join(client, server);
    SSL_do_handshake(pair.server);
    statistics(server, "server, nothing said");
    BIO_write(SSL_get_rbio(pair.client), "nonsense, and not TLS", 21);
    show_shake(&pair, "nonsense");
    statistics(server, "server, nonsense");
    part(&pair);
    SSL_CTX_flush_sessions(server, 0);
    SSL_SESSION_free(visit(client, server, session));
    statistics(server, "server, lost");
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A HelloRetryRequest makes the server look twice. */
static void counting_twice(void)
{
    if (tls != TLS1_3_VERSION)
        return;
    section("%s, what is counted with a HelloRetryRequest", tls_name());
    client = new_client();
    server = new_server();
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set1_groups_list(client, "X25519:P-256");
    SSL_CTX_set1_groups_list(server, "P-256");
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_SESSION_free(visit(client, server, session));
    show("resumed %d", visited.resumed);
    statistics(client, "client, resumed");
    statistics(server, "server, resumed");
    SSL_CTX_flush_sessions(server, 0);
    SSL_SESSION_free(visit(client, server, session));
    statistics(server, "server, lost");
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A server-name callback that switches contexts: sessions are those of the first, good handshakes of the second. */
static SSL_CTX *second;

static int switch_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    SSL_set_SSL_CTX(ssl, second);
    return SSL_TLSEXT_ERR_OK;
}

static void switching(void)
{
    section("%s, contexts that are switched", tls_name());
    client = new_client();
    server = new_server();
    second = new_server();
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_options(second, SSL_OP_NO_TICKET);
    SSL_CTX_set_tlsext_servername_callback(server, switch_cb);
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_SESSION_free(visit(client, server, session));
    show("resumed %d; the first keeps %ld, the second %ld", visited.resumed, SSL_CTX_sess_number(server),
         SSL_CTX_sess_number(second));
    statistics(server, "first");
    statistics(second, "second");
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    SSL_CTX_free(second);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        by_hand();
        counting();
        counting_twice();
        switching();
        by_itself(SSL_OP_NO_TICKET, 0, "no tickets");
        by_itself(SSL_OP_NO_TICKET, SSL_SESS_CACHE_NO_AUTO_CLEAR, "SSL_SESS_CACHE_NO_AUTO_CLEAR");
        by_itself(0, 0, "tickets");
    }
    return finish();
}
