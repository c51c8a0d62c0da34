/* What can be set on an SSL of its own, and lists that describe a connection: SSL_get_ciphers(3), SSL_get_shared_sigalgs(3), … */
#include "harness.h"

static void lists(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, ciphers of a connection", tls_name());
    if (tls == TLS1_3_VERSION)
        SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256");
    struct pair pair = join(client, server);
    if (tls == TLS1_3_VERSION)
        is(SSL_set_ciphersuites(pair.client, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"), 1,
           "on the client");
    else
        is(SSL_set_cipher_list(pair.client, "ECDHE-ECDSA-AES128-GCM-SHA256"), 1, "on the client");
    ok(shake(&pair), "handshake");
    is(SSL_set_cipher_list(pair.client, "NONSENSE"), 0, "nonsense is refused");
    ERR_clear_error();
    char shared[512];
    const char *text = SSL_get_shared_ciphers(pair.server, shared, sizeof shared);
    show("shared: %s", text ? text : "none");
    STACK_OF(SSL_CIPHER) *list = SSL_get_client_ciphers(pair.server);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        if (strstr(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)), "SCSV") == NULL)
            show("client's: %s", SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
    show("negotiated: %s, pending the same %d", SSL_get_cipher_name(pair.client),
         SSL_get_pending_cipher(pair.server) == SSL_get_current_cipher(pair.server));
    list = SSL_get1_supported_ciphers(pair.client);
    show("supported by the client: %d", sk_SSL_CIPHER_num(list));
    sk_SSL_CIPHER_free(list);
    part(&pair);

    SSL_CTX_set_options(server, SSL_OP_CIPHER_SERVER_PREFERENCE);
    pair = join(client, server);
    ok(shake(&pair), "handshake with the server's preference");
    show("negotiated: %s", SSL_get_cipher_name(pair.client));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void signatures(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, signature algorithms of a connection", tls_name());
    struct pair pair = join(client, server);
    is(SSL_set1_sigalgs_list(pair.client, "ECDSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA384"), 1, "on the client");
    ok(shake(&pair), "handshake");
    int sign = 0, hash = 0, both = 0, nid = 0;
    unsigned char sig = 0, md = 0;
    int n = SSL_get_sigalgs(pair.server, -1, NULL, NULL, NULL, NULL, NULL);
    show("the client offered %d", n);
    for (int i = 0; i < n; i++) {
        SSL_get_sigalgs(pair.server, i, &sign, &hash, &both, &sig, &md);
        show("   %s %s %s %d %d", OBJ_nid2sn(sign), OBJ_nid2sn(hash), OBJ_nid2sn(both), sig, md);
    }
    n = SSL_get_shared_sigalgs(pair.server, -1, NULL, NULL, NULL, NULL, NULL);
    show("shared %d", n);
    for (int i = 0; i < n; i++) {
        SSL_get_shared_sigalgs(pair.server, i, &sign, &hash, &both, &sig, &md);
        show("   %s %s %s %d %d", OBJ_nid2sn(sign), OBJ_nid2sn(hash), OBJ_nid2sn(both), sig, md);
    }
    show("server signed: %d", (int)SSL_get_signature_nid(pair.server, &nid));
    show("   with %s", OBJ_nid2sn(nid));
    show("   type: %d", SSL_get_signature_type_nid(pair.server, &nid));
    show("   %s", OBJ_nid2sn(nid));
    show("client signed: %d", (int)SSL_get_signature_nid(pair.client, &nid));
    show("peer of the client signed: %d", (int)SSL_get_peer_signature_nid(pair.client, &nid));
    show("   with %s", OBJ_nid2sn(nid));
    EVP_PKEY *key = NULL;
    if (SSL_get_peer_tmp_key(pair.client, &key)) {
        show("server's share: %s, %d bits", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
        EVP_PKEY_free(key);
    }
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Certificates as DER, all at once, and taken away again. */
static void certificates(void)
{
    SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
    unsigned char *cert = NULL, *key = NULL;
    int cert_len = i2d_X509(server_identity()->cert, &cert), key_len = i2d_PrivateKey(server_identity()->key, &key);
    section("%s, certificates as bytes", tls_name());
    struct pair pair = join(client, server);
    is(SSL_use_certificate_ASN1(pair.server, cert, cert_len), 1, "certificate");
    is(SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, pair.server, key, key_len), 1, "key");
    is(SSL_use_certificate_ASN1(pair.server, cert, cert_len - 1), 0, "a certificate cut short");
    is(SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, pair.server, key, key_len - 1), 0, "a key cut short");
    ERR_clear_error();
    ok(shake(&pair), "handshake");
    part(&pair);

    STACK_OF(X509) *chain = sk_X509_new_null();
    sk_X509_push(chain, authority()->cert);
    is(SSL_CTX_use_cert_and_key(server, server_identity()->cert, server_identity()->key, chain, 1), 1, "all at once");
    is(SSL_CTX_use_cert_and_key(server, server_identity()->cert, server_identity()->key, chain, 0), 0,
       "not overwriting what is there");
    show("%s", reason());
    is(SSL_CTX_use_cert_and_key(server, server_identity()->cert, client_identity()->key, chain, 1), 0,
       "that don't fit");
    show("%s", reason());
    sk_X509_free(chain);
    pair = join(client, server);
    ok(shake(&pair), "handshake");
    show("chain of %d", sk_X509_num(SSL_get_peer_cert_chain(pair.client)));
    part(&pair);
    is(SSL_CTX_use_certificate_ASN1(server, cert_len, cert), 1, "on the context");
    is(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, server, key, key_len), 1, "its key");
    pair = join(client, server);
    SSL_certs_clear(pair.server);
    ok(SSL_get_certificate(pair.server) == NULL, "cleared on the SSL");
    part(&pair);
    ok(SSL_CTX_get0_certificate(server) && SSL_CTX_get0_privatekey(server), "not on the context");
    OPENSSL_free(cert);
    OPENSSL_free(key);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int verify_cb(int ok, X509_STORE_CTX *store)
{
    (void)store;
    return ok;
}

static void verification(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, verification of an SSL", tls_name());
    struct pair pair = join(client, server);
    SSL_set_verify(pair.client, SSL_VERIFY_PEER, verify_cb);
    ok(SSL_get_verify_callback(pair.client) == verify_cb, "callback");
    is(SSL_get_verify_mode(pair.client), SSL_VERIFY_PEER, "mode");
    SSL_set_verify_depth(pair.client, 5);
    is(SSL_get_verify_depth(pair.client), 5, "depth");
    SSL_set_verify_result(pair.client, 7);
    is(SSL_get_verify_result(pair.client), 7, "result by hand");
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, authority()->cert);
    is(SSL_set1_verify_cert_store(pair.client, store), 1, "a store of its own");
    X509_STORE_free(store);
    ok(shake(&pair), "handshake");
    is(SSL_get_verify_result(pair.client), 0, "verified against it");
    part(&pair);

    pair = join(client, server);
    SSL_set_verify(pair.server, SSL_VERIFY_PEER, NULL);
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(server_identity()->cert)));
    SSL_set_client_CA_list(pair.server, names);
    is(SSL_add_client_CA(pair.server, authority()->cert), 1, "SSL_add_client_CA");
    is(sk_X509_NAME_num(SSL_get_client_CA_list(pair.server)), 2, "two names");
    ok(shake(&pair), "handshake");
    show("the client got %d, by the other function %d", sk_X509_NAME_num(SSL_get_client_CA_list(pair.client)),
         sk_X509_NAME_num(SSL_get0_peer_CA_list(pair.client)));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int padding_calls;

static size_t padding_cb(SSL *ssl, int type, size_t len, void *arg)
{
    (void)ssl, (void)type, (void)len;
    padding_calls += arg == &padding_calls;
    return 100;
}

static void others(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, others", tls_name());
    struct pair pair = join_memory(client, server);
    if (tls == TLS1_3_VERSION) {
        ok(shake(&pair), "handshake");
        settle(&pair);
        SSL_set_record_padding_callback(pair.client, padding_cb);
        SSL_set_record_padding_callback_arg(pair.client, &padding_calls);
        SSL_write(pair.client, "x", 1);
        unsigned char record[300];
        show("padded by a callback: a record of %zu", take(pair.client, record, sizeof record));
        ok(padding_calls > 0, "the callback ran");
    }
    is(SSL_is_dtls(pair.client), 0, "SSL_is_dtls");
    SSL_set_security_level(pair.client, 3);
    is(SSL_get_security_level(pair.client), 3, "security level");
    is(SSL_version(pair.client) >= TLS1_2_VERSION, 1, "version");
    ok(SSL_get_current_compression(pair.client) == NULL, "no compression");
    part(&pair);
    pair = join(client, server);
    shake(&pair);
    settle(&pair);
    struct pair next = join(client, server);
    is(SSL_copy_session_id(next.client, pair.client), 1, "SSL_copy_session_id");
    ok(shake(&next), "handshake");
    is(SSL_session_reused(next.client), 1, "resumed");
    unsigned len = 0;
    const unsigned char *id = SSL_SESSION_get_id(SSL_get_session(pair.server), &len);
    show("the server knows the id: %d", SSL_has_matching_session_id(pair.server, id, len));
    part(&next);
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        lists();
        signatures();
        certificates();
        verification();
        others();
    }
    return finish();
}
