/* Session-id contexts on both sides, what a callback sees of a session before it is done, SSL_clear and SSL_dup with
 * sessions, and sessions put together by hand. */
#include "harness.h"

static SSL_CTX *client, *server;

static const char *context_of(SSL_SESSION *session)
{
    static char text[40];
    unsigned len = 0;
    const unsigned char *context = SSL_SESSION_get0_id_context(session, &len);
    snprintf(text, sizeof text, "%.*s (%u)", (int)len, (const char *)context, len);
    return text;
}

static SSL_SESSION *meet(SSL_SESSION *offered, const char *own_context, const char *what)
{
    struct pair pair = join(client, server);
    SSL_SESSION *session = NULL;
    if (own_context)
        SSL_set_session_id_context(pair.client, (const unsigned char *)own_context, (unsigned)strlen(own_context));
    if (offered) {
        int r = SSL_set_session(pair.client, offered);
        show("set session %d (%s)", r, reason());
    }
    if (show_shake(&pair, what)) {
        say(pair.server, pair.client, "tickets first");
        session = SSL_get1_session(pair.client);
        show("   reused %d; client's context %s", SSL_session_reused(pair.client), context_of(session));
        show("   server's context %s", context_of(SSL_get_session(pair.server)));
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
    }
    part(&pair);
    return session;
}

/* A client has contexts, too: a session of another one is an error once the server has resumed it. */
static void of_clients(void)
{
    section("%s, contexts of a client", tls_name());
    SSL_SESSION *none = meet(NULL, NULL, "none"), *one = meet(NULL, "one", "one");
    SSL_SESSION_free(meet(none, NULL, "none, none"));
    SSL_SESSION_free(meet(none, "one", "none, one"));
    SSL_SESSION_free(meet(one, "one", "one, one"));
    SSL_SESSION_free(meet(one, "two", "one, two"));
    SSL_SESSION_free(none);
    SSL_SESSION_free(one);
}

/* SSL_set_session with a session of a version that the connection can't speak. */
static void of_other_versions(void)
{
    int other = tls == TLS1_3_VERSION ? TLS1_2_VERSION : TLS1_3_VERSION;
    section("%s, a session of another version", tls_name());
    SSL_SESSION *session = meet(NULL, NULL, "made"), *copy = SSL_SESSION_dup(session);
    show("set version %d", SSL_SESSION_set_protocol_version(copy, other));
    SSL_SESSION_free(meet(copy, NULL, "offered"));
    SSL_SESSION_free(copy);
    copy = SSL_SESSION_dup(session);
    SSL_SESSION_set_protocol_version(copy, TLS1_1_VERSION);
    SSL_SESSION_free(meet(copy, NULL, "offered as TLS 1.1"));
    SSL_SESSION_free(copy);
    copy = SSL_SESSION_new();
    SSL_SESSION_free(meet(copy, NULL, "an empty one"));
    SSL_SESSION_free(copy);
    SSL_SESSION_free(session);
}

/* The same SSL for one connection after the other. */
static void again(void)
{
    section("%s, SSL_clear", tls_name());
    struct pair pair = join_memory(client, server);
    for (int i = 0; i < 3; i++) {
        ok(shake(&pair), "handshake %d", i);
        settle(&pair);
        show("   reused %d %d, version %s, EMS %ld", SSL_session_reused(pair.client), SSL_session_reused(pair.server),
             SSL_get_version(pair.client), SSL_get_extms_support(pair.client));
        ok(say(pair.client, pair.server, "hello") && say(pair.server, pair.client, "hello"), "data");
        if (i == 0) {
            SSL_shutdown(pair.client);
            SSL_shutdown(pair.server);
        } /* the second time it is not closed, so that its session is spoilt */
        (void)BIO_reset(SSL_get_rbio(pair.client)), (void)BIO_reset(SSL_get_wbio(pair.client));
        (void)BIO_reset(SSL_get_rbio(pair.server)), (void)BIO_reset(SSL_get_wbio(pair.server));
        show("   clear %d %d, version %s, session %d, reused %d", SSL_clear(pair.client), SSL_clear(pair.server),
             SSL_get_version(pair.client), SSL_get_session(pair.client) != NULL, SSL_session_reused(pair.client));
    }
    part(&pair);
}

static void look(SSL *ssl, const char *where)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    unsigned len = 0;
    if (!session) {
        show("   %s: no session", where);
        return;
    }
    SSL_SESSION_get_id(session, &len);
    show("   %s: version %x, id %u, suite %s, secret %zu, peer %d, context %s", where,
         SSL_SESSION_get_protocol_version(session), len,
         SSL_SESSION_get0_cipher(session) ? SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)) : "none",
         SSL_SESSION_get_master_key(session, NULL, 0), SSL_SESSION_get0_peer(session) != NULL, context_of(session));
}

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    look(ssl, "server's name");
    return SSL_TLSEXT_ERR_OK;
}

static int cert_cb(SSL *ssl, void *arg)
{
    look(ssl, arg);
    return 1;
}

static int verify_cb(int good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    (void)good;
    if (X509_STORE_CTX_get_error_depth(store) == 0)
        look(ssl, SSL_is_server(ssl) ? "server verifies" : "client verifies");
    return 1;
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    look(ssl, "ticket");
    return 1;
}

static void half_done(void)
{
    section("%s, sessions that are being made", tls_name());
    SSL_CTX *c = new_client(), *s = new_server();
    SSL_CTX_set_tlsext_servername_callback(s, name_cb);
    SSL_CTX_set_cert_cb(s, cert_cb, "server's certificate");
    SSL_CTX_set_cert_cb(c, cert_cb, "client's certificate");
    use_identity(c, client_identity());
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, verify_cb);
    SSL_CTX_set_verify(s, SSL_VERIFY_PEER, verify_cb);
    SSL_CTX_set_session_ticket_cb(s, generate_cb, NULL, NULL);
    struct pair pair = join(c, s);
    ok(shake(&pair), "handshake");
    say(pair.server, pair.client, "tickets first");
    look(pair.client, "client");
    look(pair.server, "server");
    SSL_SESSION *session = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client), SSL_shutdown(pair.server);
    part(&pair);
    pair = join(c, s);
    SSL_set_session(pair.client, session);
    ok(shake(&pair), "handshake, resumed %d", SSL_session_reused(pair.client));
    look(pair.client, "client");
    look(pair.server, "server");
    part(&pair);
    SSL_SESSION_free(session);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        of_clients();
        of_other_versions();
        again();
        half_done();
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
