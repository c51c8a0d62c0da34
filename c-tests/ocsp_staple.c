/* Stapled OCSP responses (SSL_CTX_set_tlsext_status_cb): who is asked, when, and what the answers lead to. What is stapled
 * is not looked into, so it need not be one. */
#include "harness.h"

static SSL_CTX *client, *server;
static int server_answer, client_answer;
static const char *staple;

static int server_cb(SSL *ssl, void *arg)
{
    X509 *cert = SSL_get_certificate(ssl);
    show("   server is asked: argument %s, type %ld, certificate %d, reused %d", (const char *)arg,
         SSL_get_tlsext_status_type(ssl), cert != NULL, SSL_session_reused(ssl));
    if (staple)
        SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_strdup(staple), (long)strlen(staple));
    return server_answer;
}

/* Returns where it is. */
static unsigned char *show_response(SSL *ssl, const char *who)
{
    unsigned char *response = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(ssl, &response);
    show("   %s: %ld bytes, %.*s", who, len, len > 0 ? (int)len : 0, len > 0 ? (const char *)response : "");
    return response;
}

static unsigned char *shown;

static int client_cb(SSL *ssl, void *arg)
{
    show("   client is asked: argument %s, type %ld, verified %ld, peer %s", arg ? (const char *)arg : "none",
         SSL_get_tlsext_status_type(ssl), SSL_get_verify_result(ssl), peer_name(ssl));
    shown = show_response(ssl, "   there");
    return client_answer;
}

static SSL_SESSION *meet(SSL_SESSION *offered, const char *what)
{
    struct pair pair = join(client, server);
    SSL_SESSION *session = NULL;
    shown = NULL;
    if (offered)
        SSL_set_session(pair.client, offered);
    if (show_shake(&pair, what)) {
        say(pair.server, pair.client, "tickets first");
        show("   reused %d", SSL_session_reused(pair.client));
        unsigned char *now = show_response(pair.client, "client");
        if (shown)
            is(now == shown, 1, "where the callback saw it");
        show_response(pair.server, "server");
        session = SSL_get1_session(pair.client);
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
    }
    part(&pair);
    return session;
}

static void start(const char *what)
{
    section("%s, %s", tls_name(), what);
    client = new_client();
    server = new_server();
    trust(client, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_tlsext_status_cb(server, server_cb);
    SSL_CTX_set_tlsext_status_arg(server, "ours");
    SSL_CTX_set_tlsext_status_cb(client, client_cb);
    SSL_CTX_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp);
    server_answer = SSL_TLSEXT_ERR_OK;
    client_answer = 1;
    staple = "a response";
}

static void stop(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void answers(void)
{
    static const int all[] = {
        SSL_TLSEXT_ERR_OK, SSL_TLSEXT_ERR_NOACK, SSL_TLSEXT_ERR_ALERT_WARNING, SSL_TLSEXT_ERR_ALERT_FATAL, -1, 7};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        start("the server's answer");
        server_answer = all[i];
        show("answer %d", all[i]);
        SSL_SESSION_free(meet(NULL, "with a response"));
        staple = NULL;
        SSL_SESSION_free(meet(NULL, "without"));
        stop();
    }
    for (int answer = -2; answer < 3; answer++) {
        start("the client's answer");
        client_answer = answer;
        show("answer %d", answer);
        SSL_SESSION_free(meet(NULL, "with a response"));
        staple = NULL;
        SSL_SESSION_free(meet(NULL, "without"));
        stop();
    }
}

static void resumptions(void)
{
    start("resumed");
    SSL_SESSION *session = meet(NULL, "full"), *next = meet(session, "resumed");
    SSL_SESSION_free(next);
    SSL_SESSION_free(session);
    stop();
}

static void absent(void)
{
    start("nobody asks");
    SSL_CTX_set_tlsext_status_type(client, -1);
    SSL_SESSION_free(meet(NULL, "no request"));
    stop();
    start("no callbacks");
    SSL_CTX_set_tlsext_status_cb(client, NULL);
    SSL_SESSION_free(meet(NULL, "the client has none"));
    SSL_CTX_set_tlsext_status_cb(client, client_cb);
    SSL_CTX_set_tlsext_status_cb(server, NULL);
    SSL_SESSION_free(meet(NULL, "the server has none"));
    stop();
    start("a chain that is not trusted");
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_store(client, X509_STORE_new());
    SSL_SESSION_free(meet(NULL, "refused before"));
    SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
    SSL_SESSION_free(meet(NULL, "not verified"));
    stop();
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        answers();
        resumptions();
        absent();
    }
    ok(1, "all answers were given");
    return finish();
}
