/* Renegotiation is refused: by SSL_renegotiate, and when the peer asks for it. libssl is told to (SSL_OP_NO_RENEGOTIATION). */
#include "harness.h"

static SSL_CTX *client, *server;
static int alerts;

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *b = bytes;
    (void)version, (void)ssl, (void)arg;
    if (type == SSL3_RT_ALERT && len == 2) {
        alerts++;
        show("   %s an alert: level %d, %s", sent ? "sends" : "gets", b[0], SSL_alert_desc_string_long(b[1]));
    }
}

static void asking(SSL *ssl, const char *who)
{
    int r;
    r = SSL_renegotiate(ssl);
    show("%s: SSL_renegotiate %d (%s), pending %d", who, r, reason(), SSL_renegotiate_pending(ssl));
    r = SSL_renegotiate_abbreviated(ssl);
    show("%s: SSL_renegotiate_abbreviated %d (%s), pending %d", who, r, reason(), SSL_renegotiate_pending(ssl));
    r = SSL_do_handshake(ssl);
    show("%s: SSL_do_handshake %s, state %s", who, outcome(ssl, r), SSL_state_string_long(ssl));
    show("%s: renegotiations %ld, of the peer %ld", who, SSL_num_renegotiations(ssl), SSL_total_renegotiations(ssl));
}

static void own_wish(void)
{
    struct pair pair = join(client, server);
    section("%s, asking for it", tls_name());
    ok(shake(&pair), "handshake");
    settle(&pair);
    asking(pair.client, "client");
    asking(pair.server, "server");
    ok(say(pair.client, pair.server, "still here"), "data passes");
    ok(say(pair.server, pair.client, "still here"), "data passes");
    if (tls == TLS1_2_VERSION) /* else a client need not say that it knows */
        show("secure renegotiation: %ld %ld", SSL_get_secure_renegotiation_support(pair.client),
             SSL_get_secure_renegotiation_support(pair.server));
    part(&pair);
}

static void options(void)
{
    section("%s, options", tls_name());
    static const uint64_t all[] = {SSL_OP_NO_RENEGOTIATION, SSL_OP_ALLOW_CLIENT_RENEGOTIATION,
                                   SSL_OP_LEGACY_SERVER_CONNECT, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION,
                                   SSL_OP_NO_EXTENDED_MASTER_SECRET};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        SSL_CTX *other = new_client();
        SSL_CTX_set_options(other, all[i]);
        show("set %d", (SSL_CTX_get_options(other) & all[i]) != 0);
        struct pair pair = join(other, server);
        show_shake(&pair, "client");
        show("   EMS %ld %ld, RI %ld", SSL_get_extms_support(pair.client), SSL_get_extms_support(pair.server),
             SSL_get_secure_renegotiation_support(pair.client));
        part(&pair);
        SSL_CTX_free(other);
    }
}

/* Before the handshake nothing has been negotiated that could be renegotiated. */
static void early(void)
{
    struct pair pair = join(client, server);
    section("%s, before the handshake", tls_name());
    int r = SSL_renegotiate(pair.client);
    show("SSL_renegotiate %d (%s)", r, reason());
    r = SSL_renegotiate(pair.server);
    show("SSL_renegotiate %d (%s)", r, reason());
    show_shake(&pair, "handshake");
    part(&pair);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        SSL_CTX_set_options(client, SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_options(server, SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_msg_callback(client, message_cb);
        SSL_CTX_set_msg_callback(server, message_cb);
        own_wish();
        early();
        options();
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
