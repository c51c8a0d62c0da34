/*
 * What a connection reads from its context when the moment comes, and so finds there also what was set after SSL_new(3):
 * SSL_CTX_set_info_callback(3) and its like. And what it took over and keeps.
 */
#include "harness.h"

static int calls;

static void info_cb(const SSL *ssl, int where, int ret)
{
    show("   %s: %#x %#x %s", SSL_is_server(ssl) ? "server" : "client", where, ret, SSL_state_string(ssl));
}

static void quiet_cb(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)where, (void)ret;
    calls++;
}

static int switch_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    SSL_set_SSL_CTX(ssl, arg);
    return SSL_TLSEXT_ERR_OK;
}

static void info_callback(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    section("info callback set on the contexts");
    SSL_CTX_set_info_callback(client, info_cb);
    SSL_CTX_set_info_callback(server, quiet_cb);
    is(SSL_get_info_callback(pair.client) == NULL, 1, "SSL_get_info_callback shows the connection's own only");
    calls = 0;
    ok(shake(&pair), "handshake");
    is(calls > 0, 1, "the server's was called");
    part(&pair);

    section("a connection's own, taken away again");
    pair = join(client, server);
    SSL_set_info_callback(pair.server, info_cb);
    SSL_set_info_callback(pair.server, NULL);
    SSL_CTX_set_info_callback(client, NULL);
    calls = 0;
    ok(shake(&pair), "handshake");
    is(calls > 0, 1, "the context's is called");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* State by state, those that are told twice included. */
static void resumed(int server_side)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session = visit(client, server, NULL);
    struct pair pair = join(client, server);
    section("a resumption, seen by the %s", server_side ? "server" : "client");
    SSL_CTX_set_info_callback(server_side ? server : client, info_cb);
    SSL_set_session(pair.client, session);
    ok(shake(&pair), "handshake");
    is(SSL_session_reused(pair.client), 1, "resumed");
    part(&pair);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void switched(void)
{
    SSL_CTX *client = new_client(), *server = new_server(), *other = new_server();
    struct pair pair;
    section("the info callback of the context that was switched to");
    SSL_CTX_set_info_callback(other, quiet_cb);
    SSL_CTX_set_tlsext_servername_callback(server, switch_cb);
    SSL_CTX_set_tlsext_servername_arg(server, other);
    pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "server.example");
    calls = 0;
    ok(shake(&pair), "handshake");
    is(calls > 0, 1, "called");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    SSL_CTX_free(other);
}

/* A handshake that can't begin is told as well. */
static void refused(int server_side, int how)
{
    SSL_CTX *ctx = server_side ? new_server() : new_client();
    SSL *ssl;
    int r;
    section("no %s, %s", how ? "suites" : "versions", server_side ? "server" : "client");
    if (how) {
        SSL_CTX_set_ciphersuites(ctx, "");
        SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
        SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
    } else {
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
        SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TLSv1_2);
    }
    ssl = SSL_new(ctx);
    SSL_CTX_set_info_callback(ctx, info_cb);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (server_side)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    r = SSL_do_handshake(ssl);
    show("SSL_do_handshake %s, %s", outcome(ssl, r), SSL_state_string(ssl));
    r = SSL_do_handshake(ssl);
    show("again %s", outcome(ssl, r));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const char *list_of(SSL *ssl)
{
    static char text[512];
    const STACK_OF(X509_NAME) *names = SSL_get_client_CA_list(ssl);
    snprintf(text, sizeof text, "%d names", names ? sk_X509_NAME_num(names) : 0);
    return text;
}

static void lists(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    section("lists set on the contexts");
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cipher_list(server, "ECDHE-ECDSA-CHACHA20-POLY1305");
    SSL_CTX_set_ciphersuites(server, "TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_add_client_CA(server, authority()->cert);
    SSL_CTX_set_timeout(server, 1234);
    show("server: verify mode %d, %s", SSL_get_verify_mode(pair.server), list_of(pair.server));
    for (int i = 0; SSL_get_cipher_list(pair.server, i); i++)
        show("server: suite %s", SSL_get_cipher_list(pair.server, i));
    show_shake(&pair, "handshake");
    show("suite %s, timeout %ld, client was told %s", SSL_get_cipher(pair.server),
         SSL_SESSION_get_timeout(SSL_get_session(pair.server)), list_of(pair.client));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Certificates that go with any chain. */
static void extra_chain(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    section("SSL_CTX_add_extra_chain_cert after SSL_new");
    X509_up_ref(authority()->cert);
    SSL_CTX_add_extra_chain_cert(server, authority()->cert);
    ok(shake(&pair), "handshake");
    show("chain of %d", sk_X509_num(SSL_get_peer_cert_chain(pair.client)));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int certificate_cb(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)cert, (void)key;
    show("client was told %s", list_of(ssl));
    return 0;
}

/* The lists of the context that was switched to, unless the connection has its own. */
static void switched_lists(int own)
{
    SSL_CTX *client = new_client(), *server = new_server(), *other = new_server();
    struct pair pair;
    section("switched to another context, %s", own ? "with lists of its own" : "following it");
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cipher_list(other, "ECDHE-ECDSA-CHACHA20-POLY1305");
    SSL_CTX_set_ciphersuites(other, "TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_add_client_CA(other, authority()->cert);
    SSL_CTX_set_tlsext_servername_callback(server, switch_cb);
    SSL_CTX_set_tlsext_servername_arg(server, other);
    SSL_CTX_set_client_cert_cb(client, certificate_cb);
    pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "server.example");
    if (own) {
        SSL_set_cipher_list(pair.server, "ECDHE-ECDSA-AES256-GCM-SHA384");
        SSL_set_client_CA_list(pair.server, sk_X509_NAME_new_null());
    }
    show_shake(&pair, "handshake");
    show("suite %s, %s", SSL_get_cipher(pair.server), list_of(pair.server));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    SSL_CTX_free(other);
}

static int allow_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    if (arg)
        SSL_set_options(ssl, SSL_OP_NO_TICKET);
    else
        SSL_clear_options(ssl, SSL_OP_NO_TICKET);
    return SSL_TLSEXT_ERR_OK;
}

/* The server-name callback has its say when tickets have been looked at already. */
static void tickets_by_name(int off)
{
    static int yes;
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair;
    section("tickets switched %s by a server-name callback", off ? "off" : "on");
    if (!off)
        SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_tlsext_servername_callback(server, allow_cb);
    SSL_CTX_set_tlsext_servername_arg(server, off ? &yes : NULL);
    pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "server.example");
    ok(shake(&pair), "handshake");
    settle(&pair);
    show("has a ticket %d", SSL_SESSION_has_ticket(SSL_get_session(pair.client)));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        info_callback();
        switched();
        resumed(0);
        resumed(1);
        lists();
        extra_chain();
        switched_lists(0);
        switched_lists(1);
        tickets_by_name(0);
        tickets_by_name(1);
        if (tls != TLS1_3_VERSION)
            continue;
        refused(0, 0);
        refused(1, 0);
        refused(0, 1);
    }
    return finish();
}
