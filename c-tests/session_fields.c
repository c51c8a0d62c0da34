/* The accessors of SSL_SESSION: SSL_SESSION_get_time(3), SSL_SESSION_get0_id_context(3), SSL_SESSION_dup(3), … */
#include "harness.h"

#include <time.h>

static void empty(void)
{
    long before = (long)time(NULL);
    SSL_SESSION *session = SSL_SESSION_new();
    const unsigned char *bytes = NULL;
    unsigned len = 77;
    size_t size = 77;
    section("a new session");
    ok(is_since(SSL_SESSION_get_time(session), before), "time is now");
    show("timeout %ld", SSL_SESSION_get_timeout(session));
    show("protocol %d, cipher %d, compress %u", SSL_SESSION_get_protocol_version(session),
         SSL_SESSION_get0_cipher(session) != NULL, SSL_SESSION_get_compress_id(session));
    SSL_SESSION_get_id(session, &len);
    show("id length %u", len);
    bytes = SSL_SESSION_get0_id_context(session, &len);
    show("id context length %u", len);
    show("host %d, peer %d", SSL_SESSION_get0_hostname(session) != NULL, SSL_SESSION_get0_peer(session) != NULL);
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    show("ALPN %zu", size);
    SSL_SESSION_get0_ticket(session, &bytes, &size);
    show("ticket %zu, has ticket %d, hint %lu", size, SSL_SESSION_has_ticket(session),
         SSL_SESSION_get_ticket_lifetime_hint(session));
    show("early data %u, fragment %u, master key %zu", SSL_SESSION_get_max_early_data(session),
         SSL_SESSION_get_max_fragment_length(session), SSL_SESSION_get_master_key(session, NULL, 0));
    show("resumable %d", SSL_SESSION_is_resumable(session));
    SSL_SESSION_free(session);
    SSL_SESSION_free(NULL);
}

static void set(void)
{
    SSL_SESSION *session = SSL_SESSION_new();
    unsigned char big[520], back[520];
    const unsigned char *bytes;
    unsigned len;
    size_t size;
    section("set and get");
    memset(big, 'B', sizeof big);
    is(SSL_SESSION_set_time(session, 1234567890), 1234567890, "set time");
    is(SSL_SESSION_get_time(session), 1234567890, "get time");
    is(SSL_SESSION_set_timeout(session, 99), 1, "set timeout");
    is(SSL_SESSION_get_timeout(session), 99, "get timeout");
    is(SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION), 1, "set protocol");
    is(SSL_SESSION_get_protocol_version(session), TLS1_3_VERSION, "get protocol");
    is(SSL_SESSION_set_max_early_data(session, 5), 1, "set early data");
    is(SSL_SESSION_get_max_early_data(session), 5, "get early data");
    is(SSL_SESSION_set1_id(session, big, 32), 1, "id of 32 bytes");
    bytes = SSL_SESSION_get_id(session, &len);
    ok(len == 32 && !memcmp(bytes, big, 32), "is kept");
    is(SSL_SESSION_set1_id(session, big, 33), 0, "id of 33 bytes");
    show("%s", reason());
    is(SSL_SESSION_set1_id_context(session, big, 32), 1, "id context of 32 bytes");
    bytes = SSL_SESSION_get0_id_context(session, &len);
    ok(len == 32 && !memcmp(bytes, big, 32), "is kept");
    is(SSL_SESSION_set1_id_context(session, big, 33), 0, "id context of 33 bytes");
    show("%s", reason());
    is(SSL_SESSION_set1_master_key(session, big, 48), 1, "master key");
    is((long)SSL_SESSION_get_master_key(session, NULL, 0), 48, "its length");
    is((long)SSL_SESSION_get_master_key(session, back, 10), 10, "some of it");
    is((long)SSL_SESSION_get_master_key(session, back, sizeof back), 48, "all of it");
    ok(!memcmp(back, big, 48), "the same bytes");
    is(SSL_SESSION_set1_master_key(session, big, 513), 0, "a master key that is too long");
    is(SSL_SESSION_set1_hostname(session, "host.example"), 1, "host name");
    is_text(SSL_SESSION_get0_hostname(session), "host.example", "is kept");
    is(SSL_SESSION_set1_hostname(session, NULL), 1, "no host name");
    ok(SSL_SESSION_get0_hostname(session) == NULL, "is gone");
    is(SSL_SESSION_set1_alpn_selected(session, (const unsigned char *)"h2", 2), 1, "ALPN");
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    ok(size == 2 && !memcmp(bytes, "h2", 2), "is kept");
    is(SSL_SESSION_set1_alpn_selected(session, NULL, 0), 1, "no ALPN");
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    is((long)size, 0, "is gone");
    show("resumable %d", SSL_SESSION_is_resumable(session));
    SSL_SESSION_free(session);
}

static void null(void)
{
    section("NULL");
    show("time %ld, timeout %ld, set %ld %ld", SSL_SESSION_get_time(NULL), SSL_SESSION_get_timeout(NULL),
         SSL_SESSION_set_time(NULL, 1), SSL_SESSION_set_timeout(NULL, 1));
    show("%s", reason());
}

static void references(void)
{
    SSL_SESSION *session = SSL_SESSION_new();
    section("references");
    is(SSL_SESSION_up_ref(session), 1, "up_ref");
    SSL_SESSION_free(session);
    is(SSL_SESSION_set_timeout(session, 5), 1, "still there");
    SSL_SESSION_free(session);
}

/* What both sides of a real connection say about their sessions. */
static void real(SSL_SESSION *session, const char *whose)
{
    const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);
    const unsigned char *bytes;
    unsigned id_len, context_len;
    size_t ticket_len, alpn_len;
    SSL_SESSION_get_id(session, &id_len);
    SSL_SESSION_get0_id_context(session, &context_len);
    SSL_SESSION_get0_ticket(session, &bytes, &ticket_len);
    SSL_SESSION_get0_alpn_selected(session, &bytes, &alpn_len);
    show("%s: protocol %x, cipher %s, id %u, context %u, ticket %d, ALPN %zu, hint %lu, timeout %ld", whose,
         SSL_SESSION_get_protocol_version(session), cipher ? SSL_CIPHER_get_name(cipher) : "-", id_len, context_len,
         ticket_len > 0, alpn_len, SSL_SESSION_get_ticket_lifetime_hint(session), SSL_SESSION_get_timeout(session));
    show("   host %s, peer %d, master key %zu, early data %u, resumable %d",
         SSL_SESSION_get0_hostname(session) ? SSL_SESSION_get0_hostname(session) : "-",
         SSL_SESSION_get0_peer(session) != NULL, SSL_SESSION_get_master_key(session, NULL, 0),
         SSL_SESSION_get_max_early_data(session), SSL_SESSION_is_resumable(session));
}

static void connections(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    section("%s, of real connections", tls_name());
    ok(SSL_get_session(pair.client) == NULL, "none before the handshake");
    ok(SSL_get1_session(pair.client) == NULL, "not even get1");
    shake(&pair);
    real(SSL_get_session(pair.client), "client before reading");
    settle(&pair);
    real(SSL_get_session(pair.client), "client");
    real(SSL_get_session(pair.server), "server");
    SSL_SESSION *session = SSL_get1_session(pair.client), *copy = SSL_SESSION_dup(session);
    ok(session == SSL_get_session(pair.client) && session == SSL_get0_session(pair.client), "get0, get1: the same one");
    ok(copy && copy != session, "a copy is another");
    real(copy, "copy");
    SSL_SESSION_set_timeout(copy, 1);
    ok(SSL_SESSION_get_timeout(session) != 1, "changing the copy leaves the original alone");
    SSL_SESSION_free(copy);
    SSL_shutdown(pair.client);
    part(&pair);
    pair = join(client, server);
    is(SSL_set_session(pair.client, session), 1, "SSL_set_session");
    ok(SSL_get_session(pair.client) == session, "is what SSL_get_session gives");
    is(SSL_session_reused(pair.client), 0, "not reused yet");
    shake(&pair);
    is(SSL_session_reused(pair.client), 1, "client: reused");
    is(SSL_session_reused(pair.server), 1, "server: reused");
    real(SSL_get_session(pair.client), "client, resumed");
    settle(&pair);
    real(SSL_get_session(pair.client), "client, after tickets");
    real(session, "the session that was offered");
    real(SSL_get_session(pair.server), "server, resumed");
    is(SSL_set_session(pair.client, NULL), 1, "SSL_set_session(NULL)");
    part(&pair);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    empty();
    set();
    null();
    references();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        connections();
    }
    return finish();
}
