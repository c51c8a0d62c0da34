/* SSL_CTX_get_tlsext_ticket_keys and SSL_CTX_set_tlsext_ticket_keys, and who can open whose tickets. */
#include "harness.h"

static void lengths(void)
{
    SSL_CTX *ctx = new_server(), *other = new_server();
    unsigned char keys[96], back[96];
    static const int wrong[] = {0, 1, 16, 32, 48, 64, 79, 81, 96, -1};

    section("the blob");
    is(SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0), 80, "get with NULL tells the size");
    is(SSL_CTX_set_tlsext_ticket_keys(ctx, NULL, 0), 80, "set with NULL too");
    is(SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 17), 80, "and does not look at the length");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        is(SSL_CTX_get_tlsext_ticket_keys(ctx, back, wrong[i]), 0, "get into %d bytes", wrong[i]);
        is_text(reason(), "invalid ticket keys length", "   the reason");
        is(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, wrong[i]), 0, "set from %d bytes", wrong[i]);
        is_text(reason(), "invalid ticket keys length", "   the reason");
    }
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (unsigned char)i;
    memset(back, 0xee, sizeof back);
    is(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 80), 1, "set 80 bytes");
    is(SSL_CTX_get_tlsext_ticket_keys(ctx, back, 80), 1, "get them back");
    ok(!memcmp(keys, back, 80) && back[80] == 0xee, "the same bytes and no more");
    is(SSL_CTX_get_tlsext_ticket_keys(other, back, 80), 1, "another context");
    ok(memcmp(keys, back, 80) != 0, "has keys of its own");
    memset(keys, 0, sizeof keys);
    carnet_ok(SSL_CTX_set_tlsext_ticket_keys(other, keys, 80) == 0, "keys of zeros are refused");
    ERR_clear_error();
    SSL_CTX_free(other);
    other = new_server();
    is(SSL_CTX_get_tlsext_ticket_keys(other, keys, 80), 1, "yet another");
    ok(memcmp(keys, back, 16) != 0 && memcmp(keys + 16, back + 16, 32) != 0 && memcmp(keys + 48, back + 48, 32) != 0,
       "has random ones");
    SSL_CTX_free(other);
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_client_method());
    is(SSL_CTX_get_tlsext_ticket_keys(ctx, back, 80), 1, "a client's context has them too");
    is(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 80), 1, "and takes new ones");
    SSL_CTX_free(ctx);
}

static void offered(const char *what, SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session, int wanted)
{
    SSL_SESSION_free(visit(client, server, session));
    is(visited.resumed, wanted, "%s: resumed", what);
    is(visited.done, 1, "%s: done", what);
}

static void isolation(void)
{
    SSL_CTX *client = new_client(), *one = new_server(), *two = new_server();
    SSL_SESSION *from_one, *from_two;
    unsigned char keys[80];

    section("%s, isolation and sharing", tls_name());
    from_one = visit(client, one, NULL);
    from_two = visit(client, two, NULL);
    offered("own ticket", client, one, from_one, 1);
    offered("the other context's", client, one, from_two, 0);
    offered("the other way round", client, two, from_one, 0);
    SSL_CTX_get_tlsext_ticket_keys(one, keys, sizeof keys);
    SSL_CTX_set_tlsext_ticket_keys(two, keys, sizeof keys);
    offered("keys shared", client, two, from_one, 1);
    offered("what it made before under its old keys", client, two, from_two, 0);
    SSL_CTX_set_session_id_context(two, (const unsigned char *)"something else", 14);
    offered("keys shared, another session id context", client, two, from_one, 0);
    SSL_CTX_set_session_id_context(two, (const unsigned char *)"c-tests", 7);
    keys[0] ^= 1;
    SSL_CTX_set_tlsext_ticket_keys(two, keys, sizeof keys);
    offered("another name, the same keys", client, two, from_one, 0);
    keys[0] ^= 1;
    keys[16] ^= 1;
    SSL_CTX_set_tlsext_ticket_keys(two, keys, sizeof keys);
    offered("another MAC key", client, two, from_one, 0);
    keys[16] ^= 1;
    keys[79] ^= 1;
    SSL_CTX_set_tlsext_ticket_keys(two, keys, sizeof keys);
    offered("another AES key", client, two, from_one, 0);
    keys[79] ^= 1;
    SSL_CTX_set_tlsext_ticket_keys(two, keys, sizeof keys);
    offered("the keys put right", client, two, from_one, 1);
    SSL_SESSION_free(from_one);
    SSL_SESSION_free(from_two);
    SSL_CTX_free(client);
    SSL_CTX_free(one);
    SSL_CTX_free(two);
}

/* The key context is that of the context which the connection started with, not of the one it was switched to. */
static int switch_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    SSL_set_SSL_CTX(ssl, arg);
    return SSL_TLSEXT_ERR_OK;
}

static void switched(void)
{
    SSL_CTX *client = new_client(), *one = new_server(), *two = new_server();
    SSL_SESSION *session;
    section("%s, a server-name callback switches the context", tls_name());
    SSL_CTX_set_tlsext_servername_callback(one, switch_cb);
    SSL_CTX_set_tlsext_servername_arg(one, two);
    session = visit(client, one, NULL);
    SSL_CTX_set_tlsext_servername_callback(one, NULL);
    offered("at the first context", client, one, session, 1);
    offered("at the second", client, two, session, 0);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(one);
    SSL_CTX_free(two);
}

/* What is on the wire: name ‖ IV ‖ ciphertext ‖ MAC, under the keys that were set. */
static void layout(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *second;
    unsigned char keys[80];
    const unsigned char *ticket = NULL, *next = NULL;
    size_t len = 0, next_len = 0;

    section("%s, the ticket's bytes", tls_name());
    memset(keys, 0x5a, sizeof keys);
    memcpy(keys, "sixteen letters!", 16);
    SSL_CTX_set_tlsext_ticket_keys(server, keys, sizeof keys);
    session = visit(client, server, NULL);
    second = visit(client, server, NULL);
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    SSL_SESSION_get0_ticket(second, &next, &next_len);
    ok(len > 64 && !memcmp(ticket, keys, 16), "begins with the key's name");
    is((long)(len % 16), 0, "name, IV, blocks and MAC fill whole blocks");
    ok(next_len > 64 && memcmp(ticket + 16, next + 16, 16) != 0, "IVs differ");
    show("lifetime hint %lu, timeout %ld", SSL_SESSION_get_ticket_lifetime_hint(session),
         SSL_SESSION_get_timeout(session));
    is(SSL_SESSION_has_ticket(session), 1, "SSL_SESSION_has_ticket");
    SSL_SESSION_get0_ticket(session, NULL, &len);
    SSL_SESSION_free(session);
    SSL_SESSION_free(second);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* The timeout becomes the lifetime, at most a week. */
static void lifetimes(void)
{
    static const long timeouts[] = {0, 100, 300, 604800, 604801, 10000000};
    section("%s, lifetimes", tls_name());
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        SSL_CTX *client = new_client(), *server = new_server();
        SSL_SESSION *session;
        SSL_CTX_set_timeout(server, timeouts[i]);
        session = visit(client, server, NULL);
        show("timeout %ld: hint %lu", timeouts[i], SSL_SESSION_get_ticket_lifetime_hint(session));
        SSL_SESSION_free(visit(client, server, session));
        show("   resumed %d", visited.resumed);
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

int main(void)
{
    lengths();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        isolation();
        switched();
        layout();
        lifetimes();
    }
    return finish();
}
