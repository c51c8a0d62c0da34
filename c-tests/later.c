/* Callbacks that say 'later': SSL_CTX_set_cert_cb(3), SSL_CTX_set_client_hello_cb(3), SSL_CTX_set_client_cert_cb(3), SSL_set_retry_verify(3).
 * What SSL_get_error(3) and SSL_want(3) say, that the handshake goes on, and that what was changed in between counts. */
#include "harness.h"

static struct {
    int cert, hello, client_cert, verify, verify_one; /* how often each is still to say 'later' */
    int hello_alert;
} waits;
static int calls[5];
static SSL_CTX *other;      /* for SSL_set_SSL_CTX */
static struct identity rsa; /* its certificate */

static void reset(void)
{
    memset(&waits, 0, sizeof waits);
    memset(calls, 0, sizeof calls);
    other = NULL;
}

static int cert_cb(SSL *ssl, void *arg)
{
    calls[0]++;
    if (waits.cert-- > 0)
        return -1;
    if (arg) {
        const struct identity *id = arg;
        is(SSL_use_certificate(ssl, id->cert), 1, "the callback sets a certificate");
        is(SSL_use_PrivateKey(ssl, id->key), 1, "and a key");
    }
    return 1;
}

static int hello_cb(SSL *ssl, int *alert, void *arg)
{
    (void)arg;
    calls[1]++;
    if (waits.hello-- > 0)
        return SSL_CLIENT_HELLO_RETRY;
    if (waits.hello_alert) {
        *alert = waits.hello_alert;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (other)
        ok(SSL_set_SSL_CTX(ssl, other) == other, "the callback switches contexts");
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int client_cert_cb(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)ssl;
    calls[2]++;
    if (waits.client_cert-- > 0)
        return -1;
    X509_up_ref(*cert = client_identity()->cert);
    EVP_PKEY_up_ref(*key = client_identity()->key);
    return 1;
}

static int verify_all(X509_STORE_CTX *ctx, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    calls[3]++;
    if (waits.verify-- > 0)
        return SSL_set_retry_verify(ssl);
    return arg ? 1 : X509_verify_cert(ctx);
}

static int verify_one(int good, X509_STORE_CTX *ctx)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    calls[4]++;
    if (waits.verify_one > 0) {
        waits.verify_one--;
        return SSL_set_retry_verify(ssl);
    }
    return good;
}

static int is_later(int error)
{
    return error == SSL_ERROR_WANT_X509_LOOKUP || error == SSL_ERROR_WANT_CLIENT_HELLO_CB || error == SSL_ERROR_WANT_RETRY_VERIFY;
}

static int one(const char *side, SSL *ssl)
{
    int r = SSL_do_handshake(ssl), error = SSL_get_error(ssl, r);
    if (is_later(error) || (r != 1 && error != SSL_ERROR_WANT_READ))
        show("   %s: %s, want %d (%d%d%d%d), state \"%s\", init %d", side, outcome(ssl, r), SSL_want(ssl), SSL_want_x509_lookup(ssl),
             SSL_want_client_hello_cb(ssl), SSL_want_retry_verify(ssl), SSL_want_read(ssl), SSL_state_string_long(ssl),
             SSL_in_init(ssl));
    ERR_clear_error();
    return r == 1;
}

/* Until both sides are done, or nothing more happens. */
static int run(struct pair *pair, const char *what)
{
    int client = 0, server = 0;
    show("%s", what);
    for (int i = 0; i < 8 && !(client && server); i++) {
        client = one("client", pair->client);
        server = one("server", pair->server);
    }
    show("   done %d %d; callbacks: certificate %d, hello %d, client's certificate %d, chain %d, one %d", client, server, calls[0],
         calls[1], calls[2], calls[3], calls[4]);
    if (client && server) {
        show("   client knows \"%s\"; server knows \"%s\"; results %ld, %ld", peer_name(pair->client), peer_name(pair->server),
             SSL_get_verify_result(pair->client), SSL_get_verify_result(pair->server));
        ok(say(pair->client, pair->server, "to the server") && say(pair->server, pair->client, "to the client"), "data passes");
    }
    return client && server;
}

struct contexts {
    SSL_CTX *client, *server;
};

static struct contexts begin(void)
{
    reset();
    return (struct contexts){new_client(), new_server()};
}

static void end(struct contexts *both)
{
    SSL_CTX_free(both->client);
    SSL_CTX_free(both->server);
}

static void connect_with(struct contexts *both, const char *what)
{
    struct pair pair = join(both->client, both->server);
    run(&pair, what);
    part(&pair);
    end(both);
}

static void ask_client(struct contexts *both)
{
    SSL_CTX_set_verify(both->server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    trust(both->server, authority());
}

static void certificates(void)
{
    section("%s: certificate callback", tls_name());
    struct contexts both = begin();
    SSL_CTX_set_cert_cb(both.server, cert_cb, NULL);
    waits.cert = 2;
    connect_with(&both, "server, later twice");

    both = begin();
    SSL_CTX_set_cert_cb(both.server, cert_cb, &rsa);
    waits.cert = 1;
    connect_with(&both, "server, then another certificate");

    both = begin();
    SSL_CTX *bare = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(bare, tls);
    SSL_CTX_set_cert_cb(bare, cert_cb, (void *)(uintptr_t)server_identity());
    SSL_CTX_free(both.server);
    both.server = bare;
    waits.cert = 1;
    connect_with(&both, "a server that had none");

    both = begin();
    SSL_CTX_set_cert_cb(both.server, cert_cb, NULL);
    waits.cert = 1;
    struct pair pair = join(both.client, both.server);
    one("client", pair.client);
    one("server", pair.server);
    SSL_use_certificate(pair.server, rsa.cert);
    SSL_use_PrivateKey(pair.server, rsa.key);
    run(&pair, "server, the certificate set between the calls");
    part(&pair);
    end(&both);

    both = begin();
    ask_client(&both);
    SSL_CTX_set_cert_cb(both.client, cert_cb, (void *)(uintptr_t)client_identity());
    waits.cert = 2;
    connect_with(&both, "client, later twice");

    both = begin();
    ask_client(&both);
    SSL_CTX_set_client_cert_cb(both.client, client_cert_cb);
    waits.client_cert = 2;
    connect_with(&both, "client, the older callback, later twice");

    both = begin();
    ask_client(&both);
    SSL_CTX_set_cert_cb(both.client, cert_cb, NULL);
    SSL_CTX_set_client_cert_cb(both.client, client_cert_cb);
    waits.cert = waits.client_cert = 1;
    connect_with(&both, "client, both callbacks");
}

static void hellos(void)
{
    section("%s: client hello callback", tls_name());
    struct contexts both = begin();
    SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
    waits.hello = 3;
    connect_with(&both, "later thrice");

    both = begin();
    SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
    other = new_server();
    use_identity(other, &rsa);
    SSL_CTX_set_cipher_list(other, "CHACHA20");
    waits.hello = 1;
    connect_with(&both, "later, then another context");
    SSL_CTX_free(other);

    both = begin();
    SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
    SSL_CTX_set_cert_cb(both.server, cert_cb, NULL);
    waits.hello = waits.cert = 1;
    connect_with(&both, "later, and the certificate later, too");

    both = begin();
    SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
    waits.hello = 1;
    waits.hello_alert = SSL_AD_ACCESS_DENIED;
    connect_with(&both, "later, then no");

    both = begin();
    SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
    waits.hello = 1;
    struct pair pair = join(both.client, both.server);
    one("client", pair.client);
    one("server", pair.server);
    SSL_set_options(pair.server, tls == TLS1_3_VERSION ? SSL_OP_NO_TLSv1_3 : SSL_OP_NO_TLSv1_2);
    run(&pair, "the version forbidden between the calls");
    part(&pair);
    end(&both);

    both = begin();
    SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
    SSL_CTX_set1_groups_list(both.server, "P-384");
    waits.hello = 1;
    connect_with(&both, "later, and a HelloRetryRequest in TLS 1.3");
}

static void chains(void)
{
    section("%s: verification", tls_name());
    struct contexts both = begin();
    trust(both.client, authority());
    SSL_CTX_set_verify(both.client, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(both.client, verify_all, NULL);
    waits.verify = 2;
    connect_with(&both, "client, later twice");

    both = begin();
    SSL_CTX_set_verify(both.client, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(both.client, verify_all, NULL);
    waits.verify = 1;
    connect_with(&both, "client, later, then no");

    both = begin();
    SSL_CTX_set_cert_verify_callback(both.client, verify_all, "good");
    waits.verify = 1;
    connect_with(&both, "client that does not verify");

    both = begin();
    trust(both.client, authority());
    SSL_CTX_set_verify(both.client, SSL_VERIFY_PEER, verify_one);
    waits.verify_one = 1;
    connect_with(&both, "client, one certificate of the chain");

    both = begin();
    SSL_CTX_set_verify(both.client, SSL_VERIFY_PEER, verify_one);
    waits.verify_one = 1;
    connect_with(&both, "client, one certificate of a chain that is not trusted");

    both = begin();
    ask_client(&both);
    use_identity(both.client, client_identity());
    SSL_CTX_set_cert_verify_callback(both.server, verify_all, NULL);
    waits.verify = 1;
    connect_with(&both, "server");

    both = begin();
    ask_client(&both);
    use_identity(both.client, client_identity());
    SSL_CTX_set_verify(both.server, SSL_VERIFY_PEER, verify_one);
    waits.verify_one = 1;
    connect_with(&both, "server, one certificate of the chain");
}

/* Other calls on a connection that waits. */
static void meanwhile(void)
{
    char byte;
    section("%s: meanwhile", tls_name());
    struct contexts both = begin();
    SSL_CTX_set_cert_cb(both.server, cert_cb, NULL);
    waits.cert = 6;
    struct pair pair = join(both.client, both.server);
    one("client", pair.client);
    one("server", pair.server);
    show("read: %s", outcome(pair.server, SSL_read(pair.server, &byte, 1)));
    show("peek: %s", outcome(pair.server, SSL_peek(pair.server, &byte, 1)));
    show("write: %s", outcome(pair.server, SSL_write(pair.server, "x", 1)));
    show("accept: %s", outcome(pair.server, SSL_accept(pair.server)));
    show("pending %d, has pending %d", SSL_pending(pair.server), SSL_has_pending(pair.server));
    show("shutdown: %s", outcome(pair.server, SSL_shutdown(pair.server)));
    show("want %d", SSL_want(pair.server));
    run(&pair, "it goes on");
    part(&pair);
    end(&both);

    for (int which = 0; which < 3; which++) {
        both = begin();
        SSL_CTX_set_cert_cb(both.server, cert_cb, NULL);
        SSL_CTX_set_client_hello_cb(both.server, hello_cb, NULL);
        SSL_CTX_set_verify(both.client, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(both.client, verify_all, NULL);
        waits.hello = which == 0;
        waits.cert = which == 1;
        waits.verify = which == 2;
        pair = join(both.client, both.server);
        one("client", pair.client);
        one("server", pair.server);
        one("client", pair.client);
        SSL_CTX_free(both.client);
        SSL_CTX_free(both.server);
        part(&pair);
        ok(1, "freed while it waits, contexts first");
    }

    both = begin();
    SSL_CTX_set_cert_cb(both.server, cert_cb, NULL);
    waits.cert = 1;
    pair = join(both.client, both.server);
    one("client", pair.client);
    one("server", pair.server);
    is(SSL_clear(pair.server), 1, "cleared while it waits");
    show("want %d", SSL_want(pair.server));
    part(&pair);
    end(&both);
}

int main(void)
{
    rsa = identity_new("rsa.example", KEY_RSA, authority());
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        certificates();
        hellos();
        chains();
        meanwhile();
    }
    identity_free(&rsa);
    return finish();
}
