/* SSL_CTX_set_info_callback(3), SSL_CTX_set_msg_callback(3): what an application sees of a handshake. */
#include "harness.h"

static int want_info, want_messages, headers, inner_types;
static char last_state[2][128];

static const char *who(const SSL *ssl)
{
    return SSL_is_server(ssl) ? "server" : "client";
}

static void info_cb(const SSL *ssl, int where, int ret)
{
    if (!want_info)
        return;
    if (where & SSL_CB_ALERT)
        show("%s: alert %s %s %s", who(ssl), where & SSL_CB_READ ? "read" : "write", SSL_alert_type_string_long(ret),
             SSL_alert_desc_string_long(ret));
    else if (where & SSL_CB_HANDSHAKE_START)
        show("%s: handshake start (%#x, %d)", who(ssl), where, ret);
    else if (where & SSL_CB_HANDSHAKE_DONE)
        show("%s: handshake done (%#x, %d)", who(ssl), where, ret);
    else if (where & SSL_CB_EXIT)
        show("%s: exit %d from %s in %s", who(ssl), ret, where & SSL_ST_CONNECT ? "connect" : "accept",
             SSL_state_string(ssl));
    else if (strcmp(last_state[SSL_is_server(ssl)], SSL_state_string_long(ssl)) && SSL_in_init(ssl) &&
             !SSL_in_before(ssl))
        show("%s: %#x %s: %s", who(ssl), where, SSL_state_string(ssl), SSL_state_string_long(ssl));
    /* a state that is told twice, because the call was repeated in it, counts once */
    snprintf(last_state[SSL_is_server(ssl)], sizeof last_state[0], "%s", SSL_state_string_long(ssl));
}

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *b = bytes;
    if (!want_messages)
        return;
    if (type == SSL3_RT_HANDSHAKE)
        show("%s %s %x handshake %d%s", who(ssl), sent ? "sends" : "gets", version, len ? b[0] : -1,
             arg == &want_messages ? "" : " WRONG ARG");
    else if (type == SSL3_RT_HEADER)
        headers += len == 5; /* how messages are spread over records is the library's own affair */
    else if (type == SSL3_RT_INNER_CONTENT_TYPE)
        inner_types += len == 1;
    else
        show("%s %s %x type %d, %zu bytes: %d %d", who(ssl), sent ? "sends" : "gets", version, type, len, b[0],
             len > 1 ? b[1] : -1);
}

static void watch(SSL_CTX *ctx)
{
    SSL_CTX_set_info_callback(ctx, info_cb);
    SSL_CTX_set_msg_callback(ctx, message_cb);
    SSL_CTX_set_msg_callback_arg(ctx, &want_messages);
}

static void everything(SSL_CTX *client, SSL_CTX *server, const char *what)
{
    SSL_SESSION *session;
    struct pair pair;
    section("%s, %s: full", tls_name(), what);
    session = visit(client, server, NULL);
    section("%s, %s: resumed", tls_name(), what);
    pair = join(client, server);
    SSL_set_session(pair.client, session);
    shake(&pair);
    settle(&pair);
    section("%s, %s: data", tls_name(), what);
    say(pair.client, pair.server, "hello");
    if (tls == TLS1_3_VERSION) {
        section("%s, %s: ticket on demand, key update", tls_name(), what);
        SSL_new_session_ticket(pair.server);
        SSL_do_handshake(pair.server);
        SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(pair.client);
        settle(&pair);
        say(pair.server, pair.client, "world");
    }
    section("%s, %s: end", tls_name(), what);
    SSL_shutdown(pair.client);
    SSL_shutdown(pair.server);
    SSL_shutdown(pair.client);
    part(&pair);
    SSL_SESSION_free(session);
}

static void failing(SSL_CTX *client, SSL_CTX *server)
{
    struct pair pair = join(client, server);
    section("%s, failing", tls_name());
    SSL_set_verify(pair.client, SSL_VERIFY_PEER, NULL);
    shake(&pair);
    part(&pair);
    pair = join(client, server);
    SSL_set1_groups_list(pair.client, "P-256");
    SSL_set1_groups_list(pair.server, "P-384");
    shake(&pair);
    part(&pair);
}

static void setters(void)
{
    SSL_CTX *ctx = new_server();
    section("setters and getters");
    ok(!SSL_CTX_get_info_callback(ctx), "no info callback at first");
    SSL_CTX_set_info_callback(ctx, info_cb);
    ok(SSL_CTX_get_info_callback(ctx) == info_cb, "set on the context");
    SSL *ssl = SSL_new(ctx);
    show("on a new SSL: %d", SSL_get_info_callback(ssl) == info_cb);
    SSL_set_info_callback(ssl, info_cb);
    ok(SSL_get_info_callback(ssl) == info_cb, "set on the SSL");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    setters();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        SSL_CTX *client = new_client(), *server = new_server();
        watch(client);
        watch(server);
        want_info = 1;
        everything(client, server, "info callback");
        failing(client, server);
        want_info = 0;
        want_messages = 1;
        everything(client, server, "message callback");
        failing(client, server);
        want_messages = 0;
        ok(headers > 20, "record headers were told");
        ok(tls != TLS1_3_VERSION || inner_types > 10, "inner content types were told");
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
