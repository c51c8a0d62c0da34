/* HelloRetryRequest: the server wants a group for which the client sent no share. TLS 1.3. */
#include "harness.h"

static int hellos, server_hellos, ccs;

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *b = bytes;
    (void)version, (void)ssl, (void)arg;
    if (!sent)
        return;
    ccs += type == SSL3_RT_CHANGE_CIPHER_SPEC;
    if (type != SSL3_RT_HANDSHAKE || len == 0)
        return;
    hellos += *b == SSL3_MT_CLIENT_HELLO;
    server_hellos += *b == SSL3_MT_SERVER_HELLO;
}

static int hello_calls, sni_calls, alpn_calls, cert_calls, opened;

static int hello_cb(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert, (void)arg;
    hello_calls++;
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int sni_cb(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert, (void)arg;
    sni_calls++;
    return SSL_TLSEXT_ERR_OK;
}

static int alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned in_len, void *arg)
{
    (void)ssl, (void)in_len, (void)arg;
    alpn_calls++;
    *out = in + 1;
    *out_len = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static int cert_cb(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    cert_calls++;
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)name, (void)name_len, (void)arg;
    opened++;
    show("decrypt callback: status %d, session %d", (int)status, session != NULL);
    return session ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static SSL_CTX *client, *server;

static void open_contexts(const char *of_client, const char *of_server)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set1_groups_list(client, of_client);
    SSL_CTX_set1_groups_list(server, of_server);
    SSL_CTX_set_msg_callback(client, message_cb);
    SSL_CTX_set_msg_callback(server, message_cb);
    SSL_CTX_set_client_hello_cb(server, hello_cb, NULL);
    SSL_CTX_set_tlsext_servername_callback(server, sni_cb);
    SSL_CTX_set_alpn_select_cb(server, alpn_cb, NULL);
    SSL_CTX_set_cert_cb(server, cert_cb, NULL);
    SSL_CTX_set_session_ticket_cb(server, NULL, decrypt_cb, NULL);
    SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\2h2", 3);
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void reset(void)
{
    hellos = server_hellos = ccs = hello_calls = sni_calls = alpn_calls = cert_calls = opened = 0;
}

static void counts(void)
{
    show("   ClientHellos %d, ServerHellos %d, ChangeCipherSpecs %d", hellos, server_hellos, ccs);
    show("   callbacks: hello %d, server name %d, ALPN %d, certificate %s, tickets opened %d", hello_calls, sni_calls,
         alpn_calls, cert_calls ? "yes" : "no", opened); /* libssl asks for the certificate before it retries, too */
}

static void full_and_resumed(const char *of_client, const char *of_server)
{
    SSL_SESSION *session;
    section("client %s, server %s", of_client, of_server);
    open_contexts(of_client, of_server);
    reset();
    session = visit(client, server, NULL);
    show("full: done %d, tickets %d", visited.done, visited.tickets);
    counts();
    reset();
    SSL_SESSION_free(visit(client, server, session));
    show("offered: done %d, resumed %d, tickets %d", visited.done, visited.resumed, visited.tickets);
    counts();
    SSL_SESSION_free(session);
    close_contexts();
}

/* With SSL_OP_ENABLE_MIDDLEBOX_COMPAT off there are no ChangeCipherSpecs. */
static void no_middlebox(void)
{
    section("without middlebox compatibility");
    open_contexts("X25519:P-384", "P-384");
    SSL_CTX_clear_options(client, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    SSL_CTX_clear_options(server, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    reset();
    SSL_SESSION_free(visit(client, server, NULL));
    show("done %d", visited.done);
    counts();
    close_contexts();
}

/* A client certificate and a retry in one handshake. */
static void with_client_certificate(void)
{
    section("with a client certificate");
    open_contexts("X25519:P-256", "P-256");
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    use_identity(client, client_identity());
    struct pair pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "server.example");
    reset();
    show_shake(&pair, "handshake");
    is_text(peer_name(pair.server), "client.example", "the server knows the client");
    counts();
    part(&pair);
    close_contexts();
}

int main(void)
{
    full_and_resumed("X25519:P-256", "P-256");
    full_and_resumed("P-256:X25519:P-384", "P-384");
    full_and_resumed("P-384:X25519", "X25519");
    full_and_resumed("X25519", "X25519");
    no_middlebox();
    with_client_certificate();
    ok(1, "ran");
    return finish();
}
