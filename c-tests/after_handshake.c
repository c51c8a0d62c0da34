/*
 * What goes on after the handshake, where it meets something else: SSL_MODE_AUTO_RETRY, observers, a cache of tickets,
 * a peer that has closed its half.
 */
#include "harness.h"

static SSL_SESSION *kept[8];
static int num_kept, exits;

static int keep_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    if (num_kept < 8 && SSL_SESSION_up_ref(session))
        kept[num_kept++] = session;
    return 0;
}

static void forget(void)
{
    while (num_kept > 0)
        SSL_SESSION_free(kept[--num_kept]);
}

static void info_cb(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)ret;
    exits += (where & SSL_CB_EXIT) != 0;
}

/* Without SSL_MODE_AUTO_RETRY a read returns after a message that was no data: not after those of the handshake. */
static void first_read(int both)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    char buf[16];
    int r;
    /* Of two the records would count: they may come in one. */
    SSL_set_num_tickets(pair.server, 1);
    section("first read without SSL_MODE_AUTO_RETRY, %s", both ? "from the start" : "after the handshake");
    if (both) {
        SSL_clear_mode(pair.client, SSL_MODE_AUTO_RETRY);
        SSL_clear_mode(pair.server, SSL_MODE_AUTO_RETRY);
    }
    ok(shake(&pair), "handshake");
    SSL_clear_mode(pair.client, SSL_MODE_AUTO_RETRY);
    SSL_clear_mode(pair.server, SSL_MODE_AUTO_RETRY);
    show("client writes %s", outcome(pair.client, SSL_write(pair.client, "hello", 5)));
    r = SSL_read(pair.server, buf, sizeof buf);
    show("server reads %s", outcome(pair.server, r));
    is(r, 5, "the server's first read brings the data");
    show("server writes %s", outcome(pair.server, SSL_write(pair.server, "world", 5)));
    for (int i = 0; i < 3; i++) {
        r = SSL_read(pair.client, buf, sizeof buf);
        show("client reads %s", outcome(pair.client, r));
    }
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static SSL_CTX *authenticating(SSL_CTX **client, int stateful)
{
    SSL_CTX *server = new_server();
    *client = new_client();
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    if (stateful)
        SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(server, 1);
    SSL_CTX_set_post_handshake_auth(*client, 1);
    SSL_CTX_set_session_cache_mode(*client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(*client, keep_cb);
    use_identity(*client, client_identity());
    return server;
}

/* Asks for the client's certificate, and has both sides read. */
static void ask(struct pair *pair)
{
    char byte;
    int r = SSL_verify_client_post_handshake(pair->server);
    show("asked %d (%s)", r, reason());
    show("   SSL_do_handshake %s", outcome(pair->server, SSL_do_handshake(pair->server)));
    show("   client reads %s", outcome(pair->client, SSL_read(pair->client, &byte, 1)));
    show("   server reads %s", outcome(pair->server, SSL_read(pair->server, &byte, 1)));
    show("   server in init %d, %s", SSL_in_init(pair->server), SSL_state_string_long(pair->server));
    show("   client reads %s", outcome(pair->client, SSL_read(pair->client, &byte, 1)));
    show("   client in init %d, %s", SSL_in_init(pair->client), SSL_state_string_long(pair->client));
}

/* Tickets that were sent before are what they were: the server's cache knows them by their own secrets. */
static void tickets_before_and_after(int stateful)
{
    SSL_CTX *client, *server = authenticating(&client, stateful);
    struct pair pair = join(client, server);
    section("tickets before and after authentication, %s", stateful ? "in the cache" : "sealed");
    ok(shake(&pair), "handshake");
    settle(&pair);
    ask(&pair);
    settle(&pair);
    SSL_shutdown(pair.client);
    SSL_shutdown(pair.server);
    part(&pair);
    is(num_kept, 2, "tickets");
    for (int i = 0; i < num_kept; i++) {
        pair = join(client, server);
        SSL_set_session(pair.client, kept[i]);
        show_shake(&pair, i ? "second ticket" : "first ticket");
        show("   resumed %d, peer %s", SSL_session_reused(pair.server), peer_name(pair.server));
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
        part(&pair);
        num_kept = 2;
    }
    forget();
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* With an observer the connection comes to rest as it does without. */
static void observed(int messages)
{
    SSL_CTX *client, *server = authenticating(&client, 0);
    struct pair pair;
    section("observed authentication, %s", messages ? "and data" : "then closed");
    SSL_CTX_set_info_callback(client, info_cb);
    SSL_CTX_set_info_callback(server, info_cb);
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    exits = 0;
    ask(&pair);
    show("   exits %d", exits);
    if (messages)
        ok(say(pair.client, pair.server, "hello") && say(pair.server, pair.client, "world"), "data both ways");
    show("   client closes %s", outcome(pair.client, SSL_shutdown(pair.client)));
    show("   server closes %s", outcome(pair.server, SSL_shutdown(pair.server)));
    part(&pair);
    forget();
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* The peer has closed its half: what goes the other way still does. */
static void half_closed(const char *what)
{
    SSL_CTX *client, *server = authenticating(&client, 0);
    struct pair pair = join(client, server);
    char buf[16];
    section("half closed, %s", what);
    ok(shake(&pair), "handshake");
    settle(&pair);
    show("client closes %s", outcome(pair.client, SSL_shutdown(pair.client)));
    show("server reads %s", outcome(pair.server, SSL_read(pair.server, buf, sizeof buf)));
    show("server writes %s", outcome(pair.server, SSL_write(pair.server, "one", 3)));
    if (!strcmp(what, "key update"))
        show("SSL_key_update %d", SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED));
    if (!strcmp(what, "authentication"))
        show("SSL_verify_client_post_handshake %d", SSL_verify_client_post_handshake(pair.server));
    if (!strcmp(what, "ticket"))
        show("SSL_new_session_ticket %d", SSL_new_session_ticket(pair.server));
    show("server writes %s", outcome(pair.server, SSL_write(pair.server, "two", 3)));
    show("server closes %s", outcome(pair.server, SSL_shutdown(pair.server)));
    for (int i = 0; i < 3; i++)
        show("client reads %s", outcome(pair.client, SSL_read(pair.client, buf, sizeof buf)));
    show("client closes %s", outcome(pair.client, SSL_shutdown(pair.client)));
    part(&pair);
    forget();
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Many in a row are nothing bad. */
static void key_updates(int requested)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join_memory(client, server);
    section("40 KeyUpdates at once, %s", requested ? "each to be answered" : "unanswered");
    SSL_CTX_set_num_tickets(server, 0);
    while (SSL_do_handshake(pair.client) + SSL_do_handshake(pair.server) != 2)
        carry(pair.client, pair.server), carry(pair.server, pair.client);
    for (int i = 0; i < 40; i++) {
        SSL_key_update(pair.client, requested ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(pair.client);
    }
    ERR_clear_error();
    SSL_write(pair.client, "hello", 5);
    carry(pair.client, pair.server);
    char buf[16];
    is(SSL_read(pair.server, buf, sizeof buf), 5, "data behind them: %s", reason());
    SSL_write(pair.server, "world", 5);
    carry(pair.server, pair.client);
    is(SSL_read(pair.client, buf, sizeof buf), 5, "and the other way: %s", reason());
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        first_read(0);
        first_read(1);
        if (tls != TLS1_3_VERSION)
            continue;
        tickets_before_and_after(0);
        tickets_before_and_after(1);
        observed(0);
        observed(1);
        half_closed("nothing");
        half_closed("key update");
        half_closed("authentication");
        half_closed("ticket");
        key_updates(0);
        key_updates(1);
    }
    return finish();
}
