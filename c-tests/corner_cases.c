/*
 * Small things that programs do: an empty ALPN list by NULL, signature algorithms named the other way round, the largest curve,
 * a look at a chain that is not accepted yet.
 */
#include "harness.h"

static void protocol_lists(void)
{
    static const unsigned char h2[] = {2, 'h', '2'}, cut[] = {3, 'h'};
    SSL_CTX *ctx = new_client();
    SSL *ssl = SSL_new(ctx);
    section("ALPN lists");
    show("set %d, NULL %d, NULL with a length %d, none %d, cut %d (%s)", SSL_CTX_set_alpn_protos(ctx, h2, 3),
         SSL_CTX_set_alpn_protos(ctx, NULL, 0), SSL_CTX_set_alpn_protos(ctx, NULL, 2), SSL_CTX_set_alpn_protos(ctx, h2, 0),
         SSL_CTX_set_alpn_protos(ctx, cut, 2), reason());
    show("set %d, NULL %d, NULL with a length %d, none %d, cut %d (%s)", SSL_set_alpn_protos(ssl, h2, 3),
         SSL_set_alpn_protos(ssl, NULL, 0), SSL_set_alpn_protos(ssl, NULL, 2), SSL_set_alpn_protos(ssl, h2, 0),
         SSL_set_alpn_protos(ssl, cut, 2), reason());
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void signature_lists(void)
{
    static const char *const lists[] = {"RSA+SHA256", "SHA256+RSA", "SHA384+ECDSA:RSA-PSS+SHA256", "SHA256+PSS",
                                        "SHA256+SHA256", "RSA+RSA", "RSA+", "+SHA256", "RSA+SHA256+RSA",
                                        "SHA256+RSA:RSA+SHA256", "SHA224+RSA:RSA+SHA256"};
    SSL_CTX *ctx = new_client();
    section("signature algorithms");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        show("%s: %ld, for certificates %ld", lists[i], SSL_CTX_set1_sigalgs_list(ctx, lists[i]),
             SSL_CTX_set1_client_sigalgs_list(ctx, lists[i]));
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

static void largest_curve(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair;
    section("%s: P-521", tls_name());
    /* In TLS 1.2 they say of certificates, too. */
    is(SSL_CTX_set1_groups_list(client, tls == TLS1_2_VERSION ? "P-521:P-256" : "P-521"), 1, "client");
    is(SSL_CTX_set1_groups_list(server, "secp521r1:P-256"), 1, "server");
    pair = join(client, server);
    show_shake(&pair, "handshake");
    show("shared %ld, key of %d bits", SSL_get_shared_group(pair.server, 0), SSL_get_cipher_bits(pair.client, NULL));
    EVP_PKEY *shared = NULL;
    is(SSL_get_peer_tmp_key(pair.client, &shared), 1, "the server's share can be seen");
    is(shared ? EVP_PKEY_get_bits(shared) : 0, 521, "bits");
    EVP_PKEY_free(shared);
    ok(say(pair.client, pair.server, "hello"), "data");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Of a P-521 certificate the server must know that the client takes such curves. */
static void largest_certificate(void)
{
    struct identity id = {NULL, EVP_EC_gen("P-521")};
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair;
    section("%s: a P-521 key", tls_name());
    id.cert = X509_new();
    X509_set_version(id.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(id.cert), 521);
    X509_gmtime_adj(X509_getm_notBefore(id.cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(id.cert), 3600);
    X509_set_pubkey(id.cert, id.key);
    X509_sign(id.cert, id.key, EVP_sha512());
    ok(use_identity(server, &id), "usable");
    pair = join(client, server);
    show_shake(&pair, "handshake");
    part(&pair);
    identity_free(&id);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int chain_of(SSL *ssl)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    return chain ? sk_X509_num(chain) : -1;
}

static int looks, verdict;

static int look_cb(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    (void)arg;
    show("   look %d: chain of %d, peer %s", ++looks, chain_of(ssl), peer_name(ssl));
    if (verdict == 2 && looks == 1)
        return SSL_set_retry_verify(ssl);
    if (!verdict)
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return verdict != 0;
}

static void chains_under_judgement(int how, const char *what)
{
    SSL_CTX *client = new_client(), *server = new_server();
    STACK_OF(X509) *first;
    struct pair pair;
    section("%s: a chain that is %s", tls_name(), what);
    looks = 0;
    verdict = how;
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(client, look_cb, NULL);
    pair = join(client, server);
    for (int i = 0; i < 3; i++) {
        int r = SSL_do_handshake(pair.client);
        show("client %s", outcome(pair.client, r));
        if (SSL_get_error(pair.client, r) == SSL_ERROR_WANT_RETRY_VERIFY)
            break;
        show("server %s", outcome(pair.server, SSL_do_handshake(pair.server)));
    }
    show("chain of %d, peer %s, verify result %ld", chain_of(pair.client), peer_name(pair.client),
         SSL_get_verify_result(pair.client));
    first = SSL_get_peer_cert_chain(pair.client);
    show_shake(&pair, "handshake");
    show("chain of %d, peer %s", chain_of(pair.client), peer_name(pair.client));
    carnet_ok(first == NULL || how != 2 || first == SSL_get_peer_cert_chain(pair.client), "the same chain");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    protocol_lists();
    signature_lists();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        largest_curve();
        largest_certificate();
        chains_under_judgement(1, "accepted");
        chains_under_judgement(2, "judged twice");
        chains_under_judgement(0, "refused");
    }
    return finish();
}
