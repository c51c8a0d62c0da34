/* SSL_CTX_set_client_hello_cb(3), SSL_CTX_set_cert_cb(3), SSL_CTX_set_client_cert_cb(3): answers that may come later. */
#include "harness.h"

static int hello_calls, hello_waits, hello_result, hello_alert;

static int hello_cb(SSL *ssl, int *alert, void *arg)
{
    const unsigned char *bytes = NULL;
    int *types = NULL;
    size_t len = 0, count = 0;
    hello_calls++;
    if (hello_waits > 0) {
        hello_waits--;
        return SSL_CLIENT_HELLO_RETRY;
    }
    show("hello callback: arg %s, legacy version %x, v2 %d, random %zu, session id %zu, compression %zu",
         (const char *)arg, SSL_client_hello_get0_legacy_version(ssl), SSL_client_hello_isv2(ssl),
         SSL_client_hello_get0_random(ssl, &bytes), SSL_client_hello_get0_session_id(ssl, &bytes),
         SSL_client_hello_get0_compression_methods(ssl, &bytes));
    len = SSL_client_hello_get0_ciphers(ssl, &bytes);
    ok(len >= 2 && len % 2 == 0 && bytes != NULL, "cipher list is there");
    is(SSL_client_hello_get1_extensions_present(ssl, &types, &count), 1, "extensions present");
    ok(count > 4 && types != NULL, "some");
    OPENSSL_free(types);
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &bytes, &len) == 1 && len >= 3)
        show("supported_versions: %zu bytes, %d %02x%02x", len, bytes[0], bytes[1], bytes[2]);
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &len) == 1 && len > 5)
        show("server_name: %.*s", (int)len - 5, bytes + 5);
    is(SSL_client_hello_get0_ext(ssl, 0x1234, &bytes, &len), 0, "an extension that isn't there");
    if (hello_alert)
        *alert = hello_alert;
    return hello_result;
}

static void hello(const char *what, int waits, int result, int alert)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_CTX_set_client_hello_cb(server, hello_cb, "argument");
    struct pair pair = join(client, server);
    SSL_set_tlsext_host_name(pair.client, "server.example");
    hello_calls = 0;
    hello_waits = waits;
    hello_result = result;
    hello_alert = alert;
    SSL_do_handshake(pair.client);
    for (int i = 0; i < waits; i++) {
        int r = SSL_do_handshake(pair.server);
        show("%s: %s, want %d, want client hello %d", what, outcome(pair.server, r), SSL_want(pair.server),
             SSL_want_client_hello_cb(pair.server));
    }
    show_shake(&pair, what);
    show("   callback ran %d times", hello_calls);
    const unsigned char *bytes = NULL;
    if (SSL_is_init_finished(pair.server))
        show("   outside the callback: ciphers %zu", SSL_client_hello_get0_ciphers(pair.server, &bytes));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int cert_calls, cert_waits, cert_result, cert_installs;

static int cert_cb(SSL *ssl, void *arg)
{
    cert_calls++;
    show("certificate callback: arg %s, server %d", (const char *)arg, SSL_is_server(ssl));
    if (cert_waits > 0) {
        cert_waits--;
        return -1;
    }
    if (cert_installs) {
        const struct identity *id = SSL_is_server(ssl) ? server_identity() : client_identity();
        SSL_use_certificate(ssl, id->cert);
        SSL_use_PrivateKey(ssl, id->key);
    }
    return cert_result;
}

static void cert(const char *what, int waits, int result)
{
    SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_cert_cb(server, cert_cb, "argument");
    struct pair pair = join(client, server);
    cert_calls = 0;
    cert_waits = waits;
    cert_result = result;
    cert_installs = 1;
    SSL_do_handshake(pair.client);
    for (int i = 0; i < waits; i++) {
        int r = SSL_do_handshake(pair.server);
        show("%s: %s, want %d, want X509 %d", what, outcome(pair.server, r), SSL_want(pair.server),
             SSL_want_x509_lookup(pair.server));
    }
    show_shake(&pair, what);
    show("   callback ran %d times, the client sees %s", cert_calls, peer_name(pair.client));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void client_cert(const char *what, int waits, int result, int installs)
{
    SSL_CTX *client = new_client(), *server = new_server();
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_cb(client, cert_cb, "client's");
    struct pair pair = join(client, server);
    cert_calls = 0;
    cert_waits = waits;
    cert_result = result;
    cert_installs = installs;
    SSL_do_handshake(pair.client);
    SSL_do_handshake(pair.server);
    for (int i = 0; i < waits; i++) {
        int r = SSL_do_handshake(pair.client);
        show("%s: %s", what, outcome(pair.client, r));
    }
    show_shake(&pair, what);
    show("   callback ran %d times, the server sees %s", cert_calls, peer_name(pair.server));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int old_result, old_waits;

static int old_cb(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)ssl;
    show("client_cert callback");
    if (old_waits-- > 0)
        return -1;
    if (old_result == 1) {
        *cert = client_identity()->cert;
        *key = client_identity()->key;
        X509_up_ref(*cert);
        EVP_PKEY_up_ref(*key);
    }
    return old_result;
}

static void old_client_cert(const char *what, int waits, int result)
{
    SSL_CTX *client = new_client(), *server = new_server();
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_client_cert_cb(client, old_cb);
    ok(SSL_CTX_get_client_cert_cb(client) == old_cb, "kept");
    old_waits = waits;
    old_result = result;
    struct pair pair = join(client, server);
    SSL_do_handshake(pair.client);
    SSL_do_handshake(pair.server);
    for (int i = 0; i < waits; i++) {
        int r = SSL_do_handshake(pair.client);
        show("%s: %s, want %d", what, outcome(pair.client, r), SSL_want(pair.client));
    }
    show_shake(&pair, what);
    show("   the server sees %s", peer_name(pair.server));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        section("%s, client hello callback", tls_name());
        hello("success", 0, SSL_CLIENT_HELLO_SUCCESS, 0);
        hello("retry twice", 2, SSL_CLIENT_HELLO_SUCCESS, 0);
        hello("error", 0, SSL_CLIENT_HELLO_ERROR, 0);
        hello("error with an alert", 0, SSL_CLIENT_HELLO_ERROR, SSL_AD_UNRECOGNIZED_NAME);
        section("%s, certificate callback of a server", tls_name());
        cert("success", 0, 1);
        cert("later", 2, 1);
        cert("refused", 0, 0);
        section("%s, certificate callback of a client", tls_name());
        client_cert("success", 0, 1, 1);
        client_cert("success without a certificate", 0, 1, 0);
        client_cert("later", 2, 1, 1);
        client_cert("refused", 0, 0, 0);
        section("%s, client_cert callback", tls_name());
        old_client_cert("success", 0, 1);
        old_client_cert("none", 0, 0);
        old_client_cert("later", 2, 1);
    }
    return finish();
}
