/* Sessions of TLS 1.2: by ticket, by id, and not at all; what limits them; what the caches and callbacks get to see. */
#include "harness.h"

static SSL_CTX *client, *server;
static int new_sessions[2], removed[2];
static long age; /* of the server's sessions when they are made, seconds */

static int client_new(SSL *ssl, SSL_SESSION *session)
{
    unsigned len = 0;
    SSL_SESSION_get_id(session, &len);
    new_sessions[0]++;
    show("   client's new session: id %u, ticket %d, in init %d, suite %s", len, SSL_SESSION_has_ticket(session),
         SSL_in_init(ssl), SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)));
    return 0;
}

static int server_new(SSL *ssl, SSL_SESSION *session)
{
    unsigned len = 0;
    SSL_SESSION_get_id(session, &len);
    new_sessions[1]++;
    show("   server's new session: id %u, ticket %d, in init %d, secret %zu", len, SSL_SESSION_has_ticket(session),
         SSL_in_init(ssl), SSL_SESSION_get_master_key(session, NULL, 0));
    SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - age);
    return 0;
}

/* Before a session becomes a ticket. */
static int server_ticket(SSL *ssl, void *arg)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    (void)arg;
    SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - age);
    return 1;
}

static void client_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx, (void)session;
    removed[0]++;
}

static void server_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx, (void)session;
    removed[1]++;
}

static void start(const char *what)
{
    section("%s, %s", tls_name(), what);
    client = new_client();
    server = new_server();
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(client, client_new);
    SSL_CTX_sess_set_new_cb(server, server_new);
    SSL_CTX_sess_set_remove_cb(client, client_remove);
    SSL_CTX_sess_set_remove_cb(server, server_remove);
    memset(new_sessions, 0, sizeof new_sessions);
    memset(removed, 0, sizeof removed);
}

static void statistics(const char *who, SSL_CTX *ctx)
{
    show("%s: %ld kept; connect %ld %ld, accept %ld %ld, hits %ld, misses %ld, timeouts %ld, full %ld", who,
         SSL_CTX_sess_number(ctx), SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx), SSL_CTX_sess_accept(ctx),
         SSL_CTX_sess_accept_good(ctx), SSL_CTX_sess_hits(ctx), SSL_CTX_sess_misses(ctx), SSL_CTX_sess_timeouts(ctx),
         SSL_CTX_sess_cache_full(ctx));
}

static void stop(void)
{
    statistics("client", client);
    statistics("server", server);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    show("new %d %d", new_sessions[0], new_sessions[1]);
    client = server = NULL;
}

static void show_session(const char *who, SSL_SESSION *session)
{
    unsigned id_len = 0, context_len = 0;
    SSL_SESSION_get_id(session, &id_len);
    SSL_SESSION_get0_id_context(session, &context_len);
    show("   %s: id %u, ticket %d, hint %lu, timeout %ld, resumable %d, compress id %u, context %u, master key %zu",
         who, id_len, SSL_SESSION_has_ticket(session), SSL_SESSION_get_ticket_lifetime_hint(session),
         SSL_SESSION_get_timeout(session), SSL_SESSION_is_resumable(session), SSL_SESSION_get_compress_id(session),
         context_len, SSL_SESSION_get_master_key(session, NULL, 0));
}

/* One connection; the session that the client has afterwards. */
static SSL_SESSION *meet(SSL_SESSION *offered, const char *what)
{
    struct pair pair = join(client, server);
    SSL_SESSION *session = NULL;
    unsigned char secrets[2][64] = {{0}};
    show("-- %s", what);
    if (offered)
        SSL_set_session(pair.client, offered);
    if (show_shake(&pair, what)) {
        show("   reused %d %d", SSL_session_reused(pair.client), SSL_session_reused(pair.server));
        ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "data"), "data passes");
        session = SSL_get1_session(pair.client);
        show_session("client", session);
        show_session("server", SSL_get_session(pair.server));
        is((long)SSL_SESSION_get_master_key(session, secrets[0], 64), 48, "a master secret");
        SSL_SESSION_get_master_key(SSL_get_session(pair.server), secrets[1], 64);
        ok(!memcmp(secrets[0], secrets[1], 64), "the same on both sides");
        if (offered) {
            const unsigned char *a, *b;
            unsigned a_len, b_len;
            a = SSL_SESSION_get_id(offered, &a_len);
            b = SSL_SESSION_get_id(session, &b_len);
            show("   the same object %d, the same id %d", session == offered, a_len == b_len && !memcmp(a, b, a_len));
        }
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
    }
    show("   removed %d %d", removed[0], removed[1]);
    part(&pair);
    return session;
}

static void twice(const char *what)
{
    start(what);
}

static void thrice(void)
{
    SSL_SESSION *session = meet(NULL, "full"), *next = meet(session, "resumed"), *last = meet(next, "resumed again");
    SSL_SESSION_free(session);
    SSL_SESSION_free(next);
    SSL_SESSION_free(last);
    stop();
}

static void kinds(void)
{
    twice("tickets");
    thrice();
    twice("ids");
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    thrice();
    twice("a client that takes no tickets");
    SSL_CTX_set_options(client, SSL_OP_NO_TICKET);
    thrice();
    twice("ids, and no cache on the server");
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
    thrice();
    twice("tickets, and no cache on the server");
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
    thrice();
    twice("ids, and no internal store");
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    thrice();
    twice("ids, and no internal lookup");
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP);
    thrice();
    twice("a client that keeps nothing");
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_OFF);
    thrice();
}

static uint64_t first_options, then_options; /* of the client */

static void changing(const char *what, uint64_t then_server, int new_timeout, const char *new_context, int verify)
{
    for (int by_id = 0; by_id < 2; by_id++) {
        start(what);
        show(by_id ? "by id" : "by ticket");
        if (by_id)
            SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
        SSL_CTX_set_options(client, first_options);
        SSL_SESSION *session = meet(NULL, "full");
        SSL_CTX_clear_options(client, first_options);
        SSL_CTX_set_options(client, then_options);
        SSL_CTX_set_options(server, then_server);
        if (new_timeout) /* the session grows old */
            SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - 100000);
        if (new_context)
            SSL_CTX_set_session_id_context(server, (const unsigned char *)new_context, (unsigned)strlen(new_context));
        if (verify)
            SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
        SSL_SESSION *next = meet(session, "then");
        SSL_SESSION_free(session);
        SSL_SESSION_free(next);
        stop();
    }
}

static void short_lived(void)
{
    for (int by_id = 0; by_id < 2; by_id++) {
        start("sessions that live a second");
        show(by_id ? "by id" : "by ticket");
        SSL_CTX_set_timeout(server, 1);
        if (by_id)
            SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
        else
            SSL_CTX_set_session_ticket_cb(server, server_ticket, NULL, NULL);
        age = 3;
        SSL_SESSION *session = meet(NULL, "full");
        age = 0;
        SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - 3);
        SSL_SESSION_free(meet(session, "too late"));
        SSL_SESSION_free(session);
        stop();
    }
}

static int not_resumable_cb(SSL *ssl, int forward_secure)
{
    (void)ssl;
    show("   not resumable? %d", forward_secure);
    return 1;
}

static void not_resumable(void)
{
    for (int by_id = 0; by_id < 2; by_id++) {
        start("not resumable");
        show(by_id ? "by id" : "by ticket");
        if (by_id)
            SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
        SSL_CTX_set_not_resumable_session_callback(server, not_resumable_cb);
        thrice();
    }
}

/* Other suites are preferred by now. (A libssl client also offers a session whose suite it does not have any more, and fails;
 * libcarnet's does not offer it. A libssl server resumes such a session; libcarnet's does not.) */
static void suites(void)
{
    for (int by_id = 0; by_id < 2; by_id++) {
        start("other suites");
        show(by_id ? "by id" : "by ticket");
        if (by_id)
            SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
        SSL_CTX_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256");
        SSL_SESSION *session = meet(NULL, "full");
        SSL_CTX_set_cipher_list(client, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256");
        SSL_SESSION *next = meet(session, "the client prefers another");
        SSL_SESSION_free(next);
        statistics("client", client);
        statistics("server", server);
        SSL_CTX_sess_set_new_cb(server, NULL);
        SSL_CTX_set_cipher_list(server, "ECDHE-ECDSA-AES256-GCM-SHA384");
        next = visit(client, server, session);
        carnet_ok(visited.done && !visited.resumed, "a suite that the server does not have any more is not resumed");
        SSL_SESSION_free(next);
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

/* A fatal alert and a connection that is not closed spoil a session. */
static void spoilt(void)
{
    for (int how = 0; how < 2; how++) {
        start(how ? "a connection that is not closed" : "a connection that fails");
        SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
        struct pair pair = join_memory(client, server);
        show_shake(&pair, "full");
        SSL_SESSION *session = SSL_get1_session(pair.client);
        if (how == 0) {
            put(pair.server,
                (const unsigned char *)"\x17\3\3\0\x30"
                                       "012345678901234567890123456789012345678901234567",
                53);
            char byte;
            SSL_read(pair.server, &byte, 1);
            carry(pair.server, pair.client);
            SSL_read(pair.client, &byte, 1);
        }
        part(&pair);
        show("removed %d %d, resumable %d, kept %ld %ld", removed[0], removed[1], SSL_SESSION_is_resumable(session),
             SSL_CTX_sess_number(client), SSL_CTX_sess_number(server));
        SSL_SESSION_free(meet(session, "offered all the same"));
        SSL_SESSION_free(session);
        stop();
    }
}

int main(void)
{
    tls = TLS1_2_VERSION;
    kinds();
    changing("nothing changes", 0, 0, NULL, 0);
    changing("an old session", 0, 1, NULL, 0);
    changing("another context", 0, 0, "another", 0);
    changing("another context, client certificates wanted", 0, 0, "another", 1);
    changing("no context", 0, 0, "", 0);
    changing("client certificates wanted", 0, 0, NULL, 1);
    changing("tickets are off by then", SSL_OP_NO_TICKET, 0, NULL, 0);
    first_options = SSL_OP_NO_EXTENDED_MASTER_SECRET;
    changing("an old client learns EMS", 0, 0, NULL, 0);
    first_options = 0;
    then_options = SSL_OP_NO_EXTENDED_MASTER_SECRET;
    changing("a client forgets EMS", 0, 0, NULL, 0);
    changing("both forget EMS", SSL_OP_NO_EXTENDED_MASTER_SECRET, 0, NULL, 0);
    then_options = SSL_OP_NO_TICKET;
    changing("the client takes no tickets any more", 0, 0, NULL, 0);
    then_options = 0;
    short_lived();
    not_resumable();
    suites();
    spoilt();
    return finish();
}
