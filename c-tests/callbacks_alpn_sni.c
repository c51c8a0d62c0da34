/* SSL_CTX_set_alpn_select_cb(3), SSL_CTX_set_tlsext_servername_callback(3). */
#include "harness.h"

static const unsigned char *select_from;
static unsigned select_len;
static int select_result, select_calls;

static int select_cb(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                     unsigned in_len, void *arg)
{
    unsigned char *chosen = NULL;
    (void)ssl;
    select_calls++;
    show("select callback: offered %u bytes \"%.*s\", arg %s", in_len, in[0], (const char *)in + 1, (const char *)arg);
    if (select_result != SSL_TLSEXT_ERR_OK)
        return select_result;
    if (SSL_select_next_proto(&chosen, out_len, select_from, select_len, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void selected(const char *what, SSL *ssl)
{
    const unsigned char *name = (const unsigned char *)"?";
    unsigned len = 1;
    SSL_get0_alpn_selected(ssl, &name, &len);
    show("   %s: %u %.*s", what, len, (int)len, len ? (const char *)name : "");
}

static void alpn(const char *what, const char *offer, unsigned offer_len, const char *from, int with_callback,
                 int result)
{
    SSL_CTX *client = new_client(), *server = new_server();
    select_from = (const unsigned char *)from;
    select_len = (unsigned)strlen(from);
    select_result = result;
    select_calls = 0;
    if (with_callback)
        SSL_CTX_set_alpn_select_cb(server, select_cb, "argument");
    if (offer)
        is(SSL_CTX_set_alpn_protos(client, (const unsigned char *)offer, offer_len), 0, "%s: protocols set", what);
    struct pair pair = join(client, server);
    show_shake(&pair, what);
    selected("client", pair.client);
    selected("server", pair.server);
    show("   callback ran %d times", select_calls);
    if (pair.client_half.result == 1 && offer) {
        settle(&pair);
        SSL_SESSION *session = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
        SSL_free(pair.client);
        SSL_free(pair.server);
        pair = join(client, server);
        SSL_set_session(pair.client, session);
        show_shake(&pair, "and resumed");
        selected("client", pair.client);
        selected("server", pair.server);
        show("   reused %d", SSL_session_reused(pair.client));
        SSL_SESSION_free(session);
    }
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void alpn_all(void)
{
    static const char h2_http[] = "\2h2\10http/1.1", mine[] = "\4mine";
    section("%s, ALPN", tls_name());
    alpn("nothing offered", NULL, 0, "\2h2", 1, 0);
    alpn("server without a callback", h2_http, 12, "\2h2", 0, 0);
    alpn("first", h2_http, 12, "\2h2", 1, 0);
    alpn("second", h2_http, 12, "\10http/1.1\2h2", 1, 0);
    alpn("mismatch", mine, 5, "\2h2", 1, 0);
    alpn("NOACK", h2_http, 12, "\2h2", 1, SSL_TLSEXT_ERR_NOACK);
    alpn("ALERT_WARNING", h2_http, 12, "\2h2", 1, SSL_TLSEXT_ERR_ALERT_WARNING);
    alpn("ALERT_FATAL", h2_http, 12, "\2h2", 1, SSL_TLSEXT_ERR_ALERT_FATAL);

    SSL_CTX *client = new_client();
    SSL *ssl = SSL_new(client);
    is(SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\3h2", 3), 1, "a list that is too short is refused");
    is(SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\0", 1), 1, "an empty name is refused");
    is(SSL_set_alpn_protos(ssl, (const unsigned char *)"\2h2\4", 4), 1, "a list with a rest is refused");
    is(SSL_set_alpn_protos(ssl, NULL, 0), 0, "no list is accepted");
    show("%s", reason());
    SSL_free(ssl);
    SSL_CTX_free(client);
}

static void select_next_proto(void)
{
    unsigned char *out, len;
    section("SSL_select_next_proto");
    is(SSL_select_next_proto(&out, &len, (const unsigned char *)"\1a\1b", 4, (const unsigned char *)"\1b\1a", 4),
       OPENSSL_NPN_NEGOTIATED, "overlap");
    show("chosen %.*s", len, out);
    is(SSL_select_next_proto(&out, &len, (const unsigned char *)"\1a", 2, (const unsigned char *)"\1b", 2),
       OPENSSL_NPN_NO_OVERLAP, "no overlap");
    show("chosen %.*s", len, out);
}

/* --- server name --------------------------------------------------------------------------------------------------- */

static SSL_CTX *second;
static int sni_result, sni_alert, sni_switch;

static int sni_cb(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    show("server-name callback: %s, type %d, arg %s", name ? name : "no name", SSL_get_servername_type(ssl),
         (const char *)arg);
    if (sni_switch) {
        SSL_CTX *now = SSL_set_SSL_CTX(ssl, second);
        ok(now == second && SSL_get_SSL_CTX(ssl) == second, "switched");
    }
    if (sni_alert)
        *alert = sni_alert;
    return sni_result;
}

static void sni(const char *what, const char *name, int result, int alert, int switches)
{
    SSL_CTX *client = new_client(), *server = new_server();
    sni_result = result;
    sni_alert = alert;
    sni_switch = switches;
    SSL_CTX_set_tlsext_servername_callback(server, sni_cb);
    SSL_CTX_set_tlsext_servername_arg(server, "argument");
    struct pair pair = join(client, server);
    if (name)
        is(SSL_set_tlsext_host_name(pair.client, name), 1, "%s: name set", what);
    int done = show_shake(&pair, what);
    const char *c = SSL_get_servername(pair.client, TLSEXT_NAMETYPE_host_name);
    const char *s = SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name);
    show("   client asked for %s, server got %s, certificate %s", c ? c : "-", s ? s : "-", peer_name(pair.client));
    if (done) {
        settle(&pair);
        SSL_SESSION *session = SSL_get1_session(pair.client);
        const char *host = SSL_SESSION_get0_hostname(session);
        show("   in the client's session: %s", host ? host : "-");
        host = SSL_SESSION_get0_hostname(SSL_get_session(pair.server));
        show("   in the server's session: %s", host ? host : "-");
        SSL_shutdown(pair.client);
        SSL_free(pair.client);
        SSL_free(pair.server);
        pair = join(client, server);
        SSL_set_session(pair.client, session);
        if (name)
            SSL_set_tlsext_host_name(pair.client, name);
        show_shake(&pair, "resumed");
        s = SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name);
        show("   reused %d, server got %s", SSL_session_reused(pair.server), s ? s : "-");
        SSL_SESSION_free(session);
    }
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void sni_all(void)
{
    struct identity other = identity_new("other.example", KEY_P256, authority());
    char long_name[300];
    section("%s, server name", tls_name());
    second = new_server();
    use_identity(second, &other);
    sni("no name", NULL, SSL_TLSEXT_ERR_OK, 0, 0);
    sni("accepted", "server.example", SSL_TLSEXT_ERR_OK, 0, 0);
    sni("not acknowledged", "server.example", SSL_TLSEXT_ERR_NOACK, 0, 0);
    sni("switched", "other.example", SSL_TLSEXT_ERR_OK, 0, 1);
    sni("switched, not acknowledged", "other.example", SSL_TLSEXT_ERR_NOACK, 0, 1);
    sni("fatal", "bad.example", SSL_TLSEXT_ERR_ALERT_FATAL, 0, 0);
    sni("fatal with an alert", "bad.example", SSL_TLSEXT_ERR_ALERT_FATAL, SSL_AD_ACCESS_DENIED, 0);
    sni("warning", "bad.example", SSL_TLSEXT_ERR_ALERT_WARNING, 0, 0);
    SSL_CTX_free(second);
    identity_free(&other);

    SSL_CTX *client = new_client();
    SSL *ssl = SSL_new(client);
    memset(long_name, 'a', sizeof long_name);
    long_name[255] = 0;
    is(SSL_set_tlsext_host_name(ssl, long_name), 1, "a name of 255 letters");
    long_name[255] = 'a';
    long_name[256] = 0;
    is(SSL_set_tlsext_host_name(ssl, long_name), 0, "a name of 256 letters");
    show("%s", reason());
    is(SSL_set_tlsext_host_name(ssl, ""), 0, "an empty name");
    show("%s", reason());
    is(SSL_set_tlsext_host_name(ssl, NULL), 1, "NULL takes the name away");
    ok(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == NULL, "it is gone");
    SSL_free(ssl);
    SSL_CTX_free(client);
}

int main(void)
{
    select_next_proto();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        alpn_all();
        sni_all();
    }
    return finish();
}
