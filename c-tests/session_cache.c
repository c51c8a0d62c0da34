/* SSL_CTX_add_session(3), SSL_CTX_remove_session(3), SSL_CTX_sess_set_cache_size(3), SSL_CTX_sess_number(3): what the
 * cache holds, which session leaves it first, and what is counted, without any connection. */
#include "harness.h"

#include <time.h>

static SSL_CTX *ctx;
static char gone[256]; /* what the remove callback saw: the first letter of each id */
static int numbers_in_callback;

static void remove_cb(SSL_CTX *of, SSL_SESSION *session)
{
    unsigned len;
    const unsigned char *id = SSL_SESSION_get_id(session, &len);
    size_t n = strlen(gone);
    if (of == ctx && n + 2 < sizeof gone) {
        gone[n] = len ? (char)id[0] : '-';
        gone[n + 1] = 0;
    }
    if (numbers_in_callback)
        show("   the callback sees %c go: resumable %d", len ? id[0] : '-', SSL_SESSION_is_resumable(session));
}

static SSL_SESSION *named(char name, int version)
{
    unsigned char id[32];
    SSL_SESSION *session = SSL_SESSION_new();
    memset(id, name, sizeof id);
    SSL_SESSION_set1_id(session, id, sizeof id);
    SSL_SESSION_set_protocol_version(session, version);
    SSL_SESSION_set_time(session, 1000000);
    SSL_SESSION_set_timeout(session, 100);
    return session;
}

static void begin(const char *what, long size)
{
    section("%s", what);
    ctx = new_server();
    SSL_CTX_sess_set_remove_cb(ctx, remove_cb);
    SSL_CTX_sess_set_cache_size(ctx, size);
    gone[0] = 0;
}

static void told(const char *what)
{
    show("%s: number %ld, full %ld, gone \"%s\"", what, SSL_CTX_sess_number(ctx), SSL_CTX_sess_cache_full(ctx), gone);
    gone[0] = 0;
}

static void end(void)
{
    gone[0] = 0;
    SSL_CTX_free(ctx);
    show("SSL_CTX_free: gone \"%s\"", gone);
}

static SSL_SESSION *add(char name)
{
    SSL_SESSION *session = named(name, TLS1_2_VERSION);
    show("add %c: %d", name, SSL_CTX_add_session(ctx, session));
    return session;
}

static void sizes(void)
{
    static const long sizes[] = {0, 1, 2, 3, 4};
    section("the size");
    ctx = new_server();
    show("default %ld", SSL_CTX_sess_get_cache_size(ctx));
    show("set 5, was %ld", SSL_CTX_sess_set_cache_size(ctx, 5));
    show("set -1: %ld, now %ld", SSL_CTX_sess_set_cache_size(ctx, -1), SSL_CTX_sess_get_cache_size(ctx));
    show("mode %lx", SSL_CTX_get_session_cache_mode(ctx));
    show("timeout %ld, set 99: %ld, now %ld", SSL_CTX_get_timeout(ctx), SSL_CTX_set_timeout(ctx, 99),
         SSL_CTX_get_timeout(ctx));
    SSL_CTX_free(ctx);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char what[32];
        snprintf(what, sizeof what, "size %ld", sizes[i]);
        begin(what, sizes[i]);
        for (char name = 'a'; name < 'g'; name++) {
            SSL_SESSION_free(add(name));
            told("   after it");
        }
        end();
    }
}

/* Which one leaves: that which expires first, of equals that which came first. */
static void eviction(void)
{
    SSL_SESSION *a, *b, *c, *d;
    begin("eviction goes by expiry", 4);
    a = named('a', TLS1_2_VERSION), b = named('b', TLS1_2_VERSION), c = named('c', TLS1_2_VERSION),
    d = named('d', TLS1_2_VERSION);
    SSL_SESSION_set_timeout(a, 400);
    SSL_SESSION_set_timeout(b, 100);
    SSL_SESSION_set_timeout(c, 300);
    SSL_SESSION_set_timeout(d, 200);
    SSL_CTX_add_session(ctx, a);
    SSL_CTX_add_session(ctx, b);
    SSL_CTX_add_session(ctx, c);
    told("a, b, c");
    SSL_CTX_add_session(ctx, d);
    told("d");
    SSL_CTX_add_session(ctx, b);
    told("b again");
    SSL_CTX_sess_set_cache_size(ctx, 2);
    told("size 2");
    SSL_SESSION *e = add('e');
    told("e");
    SSL_SESSION_free(e);
    end();
    show("resumable: a %d, b %d, c %d, d %d", SSL_SESSION_is_resumable(a), SSL_SESSION_is_resumable(b),
         SSL_SESSION_is_resumable(c), SSL_SESSION_is_resumable(d));
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    SSL_SESSION_free(c);
    SSL_SESSION_free(d);
}

/* A session that is changed while it is in the cache moves. */
static void moving(void)
{
    SSL_SESSION *s[6];
    begin("time and timeout move a session", 100);
    for (int i = 0; i < 6; i++) {
        s[i] = named((char)('a' + i), TLS1_2_VERSION);
        SSL_SESSION_set_timeout(s[i], 100 * (i + 1));
        SSL_CTX_add_session(ctx, s[i]);
    }
    is(SSL_SESSION_set_timeout(s[5], 50), 1, "f expires first");
    is(SSL_SESSION_set_time(s[0], 3000000), 3000000, "a last");
    is(SSL_SESSION_set_timeout(s[3], 300), 1, "d with c, and after it");
    is(SSL_SESSION_set_timeout(s[2], 300), 1, "c is set to what it has: now c after d");
    SSL_CTX_sess_set_cache_size(ctx, 1);
    SSL_SESSION *last = add('z');
    told("emptied by z");
    SSL_SESSION_free(last);
    for (int i = 0; i < 6; i++)
        SSL_SESSION_free(s[i]);
    end();
}

static void endless(void)
{
    SSL_SESSION *a, *b, *c, *d;
    begin("times that end never, or before they begin", 100);
    a = named('a', TLS1_2_VERSION), b = named('b', TLS1_2_VERSION), c = named('c', TLS1_2_VERSION),
    d = named('d', TLS1_2_VERSION);
    SSL_SESSION_set_timeout(a, 0x7fffffffffffffffL);
    show("timeout below 0: %ld", SSL_SESSION_set_timeout(b, -5));
    show("timeout of b %ld", SSL_SESSION_get_timeout(b));
    SSL_SESSION_set_time(c, -1000);
    SSL_SESSION_set_time(d, 0);
    SSL_CTX_add_session(ctx, a);
    SSL_CTX_add_session(ctx, b);
    SSL_CTX_add_session(ctx, c);
    SSL_CTX_add_session(ctx, d);
    SSL_CTX_flush_sessions(ctx, 50);
    told("flush at 50");
    SSL_CTX_flush_sessions(ctx, 100);
    told("flush at 100");
    SSL_CTX_flush_sessions(ctx, 101);
    told("flush at 101");
    SSL_CTX_flush_sessions(ctx, 0x7fffffffffffffffL);
    told("flush at the end of time");
    SSL_CTX_flush_sessions(ctx, 0);
    told("flush at 0");
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    SSL_SESSION_free(c);
    SSL_SESSION_free(d);
    end();
}

static void twice(void)
{
    SSL_SESSION *a, *again, *other;
    begin("the same session and the same id twice", 4);
    a = add('a');
    show("add it again: %d", SSL_CTX_add_session(ctx, a));
    told("then");
    again = named('a', TLS1_2_VERSION);
    show("another with its id: %d", SSL_CTX_add_session(ctx, again));
    told("then");
    show("resumable: the first %d, the other %d", SSL_SESSION_is_resumable(a), SSL_SESSION_is_resumable(again));
    other = named('a', TLS1_3_VERSION);
    show("another with its id and another version: %d", SSL_CTX_add_session(ctx, other));
    told("then");
    show("remove the first, which is there no more: %d", SSL_CTX_remove_session(ctx, a));
    told("then");
    show("resumable: the first %d, the second %d", SSL_SESSION_is_resumable(a), SSL_SESSION_is_resumable(again));
    show("remove the second: %d", SSL_CTX_remove_session(ctx, again));
    told("then");
    show("remove that of the other version: %d, again %d", SSL_CTX_remove_session(ctx, other),
         SSL_CTX_remove_session(ctx, other));
    told("then");
    SSL_SESSION_free(a);
    SSL_SESSION_free(again);
    SSL_SESSION_free(other);
    end();
}

static void without_id(void)
{
    SSL_SESSION *a = SSL_SESSION_new(), *b = SSL_SESSION_new();
    begin("sessions without an id", 4);
    show("add %d, another %d", SSL_CTX_add_session(ctx, a), SSL_CTX_add_session(ctx, b));
    told("then");
    show("remove %d", SSL_CTX_remove_session(ctx, b));
    told("then");
    show("remove NULL %d", SSL_CTX_remove_session(ctx, NULL));
    show("%s", reason());
    SSL_CTX_flush_sessions(ctx, 0);
    told("flush");
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    end();
}

/* SSL_SESS_CACHE_UPDATE_TIME */
static void update_time(void)
{
    SSL_SESSION *a;
    begin("SSL_SESS_CACHE_UPDATE_TIME", 4);
    a = named('a', TLS1_2_VERSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | 0x400);
    long before = (long)time(NULL);
    show("add: %d", SSL_CTX_add_session(ctx, a));
    ok(is_since(SSL_SESSION_get_time(a), before), "its time is now");
    SSL_SESSION_set_time(a, 5);
    before = (long)time(NULL);
    show("add again: %d", SSL_CTX_add_session(ctx, a));
    ok(is_since(SSL_SESSION_get_time(a), before), "its time is now");
    SSL_SESSION_free(a);
    end();
}

/* Modes have no say in what an application adds, and a session that was removed may come back. */
static void modes(void)
{
    SSL_SESSION *a;
    begin("modes and SSL_CTX_add_session", 4);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF | SSL_SESS_CACHE_NO_INTERNAL);
    a = add('a');
    told("then");
    show("removed: %d", SSL_CTX_remove_session(ctx, a));
    show("resumable %d", SSL_SESSION_is_resumable(a));
    show("added again: %d", SSL_CTX_add_session(ctx, a));
    show("resumable %d", SSL_SESSION_is_resumable(a));
    told("then");
    SSL_SESSION_free(a);
    end();
}

static void counters(void)
{
    begin("counters of a new context", 4);
    show("connect %ld %ld %ld, accept %ld %ld %ld, hits %ld %ld, misses %ld, timeouts %ld, full %ld",
         SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx), SSL_CTX_sess_connect_renegotiate(ctx),
         SSL_CTX_sess_accept(ctx), SSL_CTX_sess_accept_good(ctx), SSL_CTX_sess_accept_renegotiate(ctx),
         SSL_CTX_sess_hits(ctx), SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx), SSL_CTX_sess_timeouts(ctx),
         SSL_CTX_sess_cache_full(ctx));
    end();
}

static void callback_sees(void)
{
    begin("what the remove callback finds", 3);
    numbers_in_callback = 1;
    SSL_SESSION_free(add('a'));
    SSL_SESSION_free(add('b'));
    SSL_SESSION_free(add('c'));
    SSL_CTX_sess_set_cache_size(ctx, 0);
    SSL_SESSION_free(add('d'));
    SSL_CTX_flush_sessions(ctx, 2000000);
    end();
    numbers_in_callback = 0;
}

/* The callback may use the context's data even in SSL_CTX_free. */
static int index_of_data;

static void remove_with_data(SSL_CTX *of, SSL_SESSION *session)
{
    (void)session;
    show("   data \"%s\", sessions' timeout %ld", (const char *)SSL_CTX_get_ex_data(of, index_of_data),
         SSL_CTX_get_timeout(of));
}

static void freeing(void)
{
    SSL_SESSION *kept;
    section("SSL_CTX_free");
    ctx = new_server();
    index_of_data = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    SSL_CTX_set_ex_data(ctx, index_of_data, "of the context");
    SSL_CTX_sess_set_remove_cb(ctx, remove_with_data);
    kept = add('a');
    SSL_SESSION_free(add('b'));
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    show("a connection is left");
    SSL_free(ssl);
    show("it is freed; the session that was kept: resumable %d", SSL_SESSION_is_resumable(kept));
    SSL_SESSION_set_timeout(kept, 7);
    show("its timeout %ld", SSL_SESSION_get_timeout(kept));
    SSL_SESSION_free(kept);
    show("%s", reason());
}

int main(void)
{
    sizes();
    eviction();
    moving();
    endless();
    twice();
    without_id();
    update_time();
    modes();
    counters();
    callback_sees();
    freeing();
    return finish();
}
