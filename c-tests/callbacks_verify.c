/* SSL_CTX_set_verify(3), SSL_get_verify_result(3), SSL_CTX_set_cert_verify_callback(3). */
#include "harness.h"

static int answer, calls, deepest, override;

static int verify_cb(int preverified, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    int depth = X509_STORE_CTX_get_error_depth(store);
    calls++;
    deepest = depth > deepest ? depth : deepest;
    show("verify callback: ok %d, depth %d, error %d, has SSL %d, certificate %d", preverified, depth,
         X509_STORE_CTX_get_error(store), ssl != NULL, X509_STORE_CTX_get_current_cert(store) != NULL);
    if (override)
        X509_STORE_CTX_set_error(store, override);
    return answer < 0 ? preverified : answer;
}

static int whole_chain_cb(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    show("whole-chain callback: has SSL %d, leaf %d, arg %s", ssl != NULL, X509_STORE_CTX_get0_cert(store) != NULL,
         (const char *)arg);
    if (!answer)
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return answer;
}

static void try(const char *what, SSL_CTX *client, SSL_CTX *server)
{
    struct pair pair = join(client, server);
    calls = deepest = 0;
    show_shake(&pair, what);
    show("   client: result %ld, peer %s; server: result %ld, peer %s; callback calls %d",
         SSL_get_verify_result(pair.client), peer_name(pair.client), SSL_get_verify_result(pair.server),
         peer_name(pair.server), calls);
    part(&pair);
}

static void client_side(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, the client verifies the server", tls_name());
    answer = -1;
    override = 0;
    try("SSL_VERIFY_NONE, no trust", client, server);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    try("SSL_VERIFY_PEER, no trust", client, server);
    trust(client, authority());
    try("trusted", client, server);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, verify_cb);
    try("trusted, with a callback that agrees", client, server);
    answer = 0;
    try("trusted, with a callback that refuses", client, server);
    override = X509_V_ERR_CERT_REVOKED;
    try("the same with an error of its own", client, server);
    override = 0;
    SSL_CTX_free(client);
    client = new_client();
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, verify_cb);
    answer = 1;
    try("not trusted, with a callback that accepts", client, server);
    override = X509_V_OK;
    SSL_CTX_set_verify(client, SSL_VERIFY_NONE, verify_cb);
    answer = 0;
    try("SSL_VERIFY_NONE, with a callback that refuses", client, server);
    is(SSL_CTX_get_verify_mode(client), SSL_VERIFY_NONE, "mode");
    ok(SSL_CTX_get_verify_callback(client) == verify_cb, "callback");
    is(SSL_CTX_get_verify_depth(client), -1, "depth at first");
    SSL_CTX_set_verify_depth(client, 3);
    is(SSL_CTX_get_verify_depth(client), 3, "depth");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void names(void)
{
    static const char *const hosts[] = {"server.example", "SERVER.example", "other.example", "example"};
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, host names", tls_name());
    trust(client, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct pair pair = join(client, server);
        is(SSL_set1_host(pair.client, hosts[i]), 1, "SSL_set1_host %s", hosts[i]);
        show_shake(&pair, hosts[i]);
        const char *matched = SSL_get0_peername(pair.client);
        show("   result %ld, matched %s", SSL_get_verify_result(pair.client), matched ? matched : "nothing");
        part(&pair);
    }
    struct pair pair = join(client, server);
    X509_VERIFY_PARAM_set1_host(SSL_get0_param(pair.client), "other.example", 0);
    SSL_add1_host(pair.client, "server.example");
    show_shake(&pair, "one of two");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void server_side(void)
{
    struct identity stranger = identity_new("stranger", KEY_P384, NULL);
    const struct {
        const char *what;
        int mode;
        const struct identity *id;
    } cases[] = {
        {"not asked", SSL_VERIFY_NONE, client_identity()},
        {"asked, has one", SSL_VERIFY_PEER, client_identity()},
        {"asked, has none", SSL_VERIFY_PEER, NULL},
        {"asked, has a wrong one", SSL_VERIFY_PEER, &stranger},
        {"required, has one", SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, client_identity()},
        {"required, has none", SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL},
        {"required, has a wrong one", SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &stranger},
        {"FAIL_IF_NO_PEER_CERT alone", SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL},
    };
    section("%s, the server verifies the client", tls_name());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SSL_CTX *client = new_client(), *server = new_server();
        trust(server, authority());
        SSL_CTX_set_verify(server, cases[i].mode, NULL);
        if (cases[i].id)
            use_identity(client, cases[i].id);
        struct pair pair = join(client, server);
        if (show_shake(&pair, cases[i].what))
            settle(&pair);
        char byte;
        int r = SSL_read(pair.client, &byte, 1);
        show("   the client then reads: %s", outcome(pair.client, r));
        show("   server: result %ld, peer %s", SSL_get_verify_result(pair.server), peer_name(pair.server));
        part(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    identity_free(&stranger);
}

/* The CA names of the request reach the client. */
static void authorities(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair;
    section("%s, names of authorities in the request", tls_name());
    is(SSL_CTX_add_client_CA(server, authority()->cert), 1, "SSL_CTX_add_client_CA");
    is(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(server)), 1, "one in the list");
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
    use_identity(client, client_identity());
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    STACK_OF(X509_NAME) *list = SSL_get_client_CA_list(pair.client);
    is(sk_X509_NAME_num(list), 1, "the client sees one");
    if (sk_X509_NAME_num(list) == 1) {
        char text[64] = "";
        X509_NAME_get_text_by_NID(sk_X509_NAME_value(list, 0), NID_commonName, text, sizeof text);
        is_text(text, "root.example", "its name");
    }
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(pair.client);
    is(sk_X509_num(chain), 2, "the server completes its chain from what it trusts");
    show("chain that the server got: %d", sk_X509_num(SSL_get_peer_cert_chain(pair.server)));
    show("verified chain: client %d, server %d", sk_X509_num(SSL_get0_verified_chain(pair.client)),
         sk_X509_num(SSL_get0_verified_chain(pair.server)));
    X509 *one = SSL_get1_peer_certificate(pair.server), *zero = SSL_get0_peer_certificate(pair.server);
    ok(one && one == zero, "get0 and get1 give the same certificate");
    X509_free(one);
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void whole_chain(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, SSL_CTX_set_cert_verify_callback", tls_name());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(client, whole_chain_cb, "argument");
    answer = 1;
    try("accepts what nobody trusts", client, server);
    answer = 0;
    try("refuses", client, server);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* An intermediate certificate that the server must send. */
static void intermediate(void)
{
    struct identity middle = identity_new("middle", KEY_P256, NULL), leaf;
    SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
    section("%s, a chain of two", tls_name());
    leaf = identity_new("leaf.example", KEY_P256, &middle);
    use_identity(server, &leaf);
    is(SSL_CTX_add1_chain_cert(server, middle.cert), 1, "SSL_CTX_add1_chain_cert");
    trust(client, &middle);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    struct pair pair = join(client, server);
    ok(shake(&pair), "handshake");
    is(sk_X509_num(SSL_get_peer_cert_chain(pair.client)), 2, "two came");
    is_text(peer_name(pair.client), "leaf.example", "the leaf");
    part(&pair);
    is(SSL_CTX_clear_chain_certs(server), 1, "SSL_CTX_clear_chain_certs");
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    is(sk_X509_num(SSL_get_peer_cert_chain(pair.client)), 1, "one came");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    identity_free(&middle);
    identity_free(&leaf);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client_side();
        names();
        server_side();
        authorities();
        whole_chain();
        intermediate();
    }
    return finish();
}
