/* SSL_CTX_set_cipher_list(3), SSL_CTX_set1_groups(3), SSL_CTX_set1_sigalgs(3), SSL_CTX_set_min_proto_version(3). */
#include "harness.h"

static void suites(void)
{
    static const char *const lists[] = {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
        "",
        "NONSENSE",
        "TLS_AES_128_GCM_SHA256:NONSENSE",
        "tls_aes_128_gcm_sha256",
        "TLS_AES_128_GCM_SHA256::TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256",
    };
    section("TLS 1.3 suites");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        int r = SSL_CTX_set_ciphersuites(ctx, lists[i]);
        show("\"%s\": %d (%s)", lists[i], r, reason());
        STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(ctx);
        for (int c = 0; c < sk_SSL_CIPHER_num(list); c++)
            if (SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, c)) >> 8 == 0x13)
                show("   %s", SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, c)));
        SSL_CTX_free(ctx);
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    is(SSL_set_ciphersuites(ssl, "TLS_CHACHA20_POLY1305_SHA256"), 1, "on an SSL");
    is_text(SSL_get_cipher_list(ssl, 0), "TLS_CHACHA20_POLY1305_SHA256", "first of its list");
    ok(SSL_get_cipher_list(ssl, 1000) == NULL, "no end of the list");
    ok(SSL_get_current_cipher(ssl) == NULL, "none negotiated");
    is_text(SSL_get_cipher_name(ssl), "(NONE)", "its name");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void ciphers(void)
{
    static const char *const lists[] = {"HIGH",
                                        "DEFAULT",
                                        "ECDHE-ECDSA-AES128-GCM-SHA256",
                                        "NONSENSE",
                                        "HIGH:NONSENSE",
                                        "ECDHE+AESGCM:!RSA",
                                        "ALL:@STRENGTH",
                                        "DEFAULT@SECLEVEL=1",
                                        ""};
    section("TLS 1.2 cipher strings: accepted or not");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        int r = SSL_CTX_set_cipher_list(ctx, lists[i]);
        show("\"%s\": %d (%s)", lists[i], r, reason());
        SSL_CTX_free(ctx);
    }
}

/* What the three TLS 1.3 suites say about themselves. */
static void facts(void)
{
    static const unsigned char ids[][2] = {{0x13, 1}, {0x13, 2}, {0x13, 3}, {0x13, 9}, {0, 0}};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    section("SSL_CIPHER");
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, ids[i]);
        char text[256] = "";
        int alg = 0;
        show("%02x%02x: %s", ids[i][0], ids[i][1], cipher ? SSL_CIPHER_get_name(cipher) : "not found");
        if (!cipher)
            continue;
        show("   standard %s, version %s, id %lx, protocol id %x", SSL_CIPHER_standard_name(cipher),
             SSL_CIPHER_get_version(cipher), (unsigned long)SSL_CIPHER_get_id(cipher),
             SSL_CIPHER_get_protocol_id(cipher));
        int bits = SSL_CIPHER_get_bits(cipher, &alg);
        show("   bits %d of %d, aead %d", bits, alg, SSL_CIPHER_is_aead(cipher));
        show("   nids: cipher %s, digest %s, kx %s, auth %s", OBJ_nid2sn(SSL_CIPHER_get_cipher_nid(cipher)),
             OBJ_nid2sn(SSL_CIPHER_get_digest_nid(cipher)), OBJ_nid2sn(SSL_CIPHER_get_kx_nid(cipher)),
             OBJ_nid2sn(SSL_CIPHER_get_auth_nid(cipher)));
        show("   handshake digest %s", EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(cipher)));
        show("   %s", strtok(SSL_CIPHER_description(cipher, text, sizeof text), "\n"));
        is_text(OPENSSL_cipher_name(SSL_CIPHER_standard_name(cipher)), SSL_CIPHER_get_name(cipher), "name of the name");
    }
    is_text(SSL_CIPHER_get_name(NULL), "(NONE)", "name of NULL");
    is_text(SSL_CIPHER_get_version(NULL), "(NONE)", "version of NULL");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void groups(void)
{
    static const char *const lists[] = {"X25519", "P-256:P-384", "prime256v1",    "secp384r1:x25519", "P-256:P-256",
                                        "",       "nonsense",    "P-256:nonsense"};
    section("groups");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        long r = SSL_CTX_set1_groups_list(ctx, lists[i]);
        show("\"%s\": %ld", lists[i], r);
        ERR_clear_error();
        SSL_CTX_free(ctx);
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    int nids[] = {NID_X9_62_prime256v1, NID_X25519}, wrong[] = {NID_sha256};
    is(SSL_CTX_set1_groups(ctx, nids, 2), 1, "by number");
    is(SSL_CTX_set1_groups(ctx, wrong, 1), 0, "by a number that is no group");
    is(SSL_CTX_set1_groups(ctx, nids, 0), 0, "none");
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

static void negotiated(void)
{
    static const struct {
        const char *client, *server;
    } cases[] = {
        {"X25519", "X25519"},      {"P-256", "P-256"},        {"P-384", "P-384"},
        {"X25519:P-256", "P-256"}, {"P-256", "X25519:P-256"}, {"X25519:P-256:P-384", "P-384:P-256"},
        {"X25519", "P-256"},
    };
    section("%s, which group", tls_name());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SSL_CTX *client = new_client(), *server = new_server();
        SSL_CTX_set1_groups_list(client, cases[i].client);
        SSL_CTX_set1_groups_list(server, cases[i].server);
        struct pair pair = join(client, server);
        char what[64];
        snprintf(what, sizeof what, "client %s, server %s", cases[i].client, cases[i].server);
        if (show_shake(&pair, what)) {
            int group = (int)SSL_get_negotiated_group(pair.client);
            show("   %s on both sides: %d, shared %ld, peer's %ld", SSL_group_to_name(pair.client, group),
                 group == (int)SSL_get_negotiated_group(pair.server), SSL_get_shared_group(pair.server, -1),
                 SSL_get1_groups(pair.server, NULL));
        }
        part(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

static void signatures(void)
{
    static const char *const lists[] = {"ECDSA+SHA256",
                                        "RSA-PSS+SHA256:ECDSA+SHA384",
                                        "ed25519",
                                        "ecdsa_secp256r1_sha256",
                                        "rsa_pss_rsae_sha256",
                                        "nonsense",
                                        "ECDSA+nonsense",
                                        "",
                                        "RSA+SHA256"};
    section("signature algorithms");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        long r = SSL_CTX_set1_sigalgs_list(ctx, lists[i]);
        show("\"%s\": %ld", lists[i], r);
        r = SSL_CTX_set1_client_sigalgs_list(ctx, lists[i]);
        show("   for clients: %ld", r);
        ERR_clear_error();
        SSL_CTX_free(ctx);
    }
}

static void versions_set(void)
{
    static const int numbers[] = {0, TLS1_2_VERSION, TLS1_3_VERSION, TLS1_3_VERSION + 1, 5, SSL3_VERSION, -1};
    section("protocol versions");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        show("%x: min %ld, max %ld", (unsigned)numbers[i], SSL_CTX_set_min_proto_version(ctx, numbers[i]),
             SSL_CTX_set_max_proto_version(ctx, numbers[i]));
        SSL *ssl = SSL_new(ctx);
        is(SSL_get_min_proto_version(ssl), SSL_CTX_get_min_proto_version(ctx), "min is copied");
        show("   min %lx, max %lx", SSL_CTX_get_min_proto_version(ctx), SSL_CTX_get_max_proto_version(ctx));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
        ERR_clear_error();
    }
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_CTX_set_min_proto_version(server, 0);
    SSL_CTX_set_max_proto_version(server, 0);
    SSL_CTX_set_min_proto_version(client, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    struct pair pair = join(client, server);
    ok(!shake(&pair), "a range with nothing in it: no handshake");
    is_text(pair.client_half.reason, "no protocols available", "the client's reason");
    part(&pair);
    SSL_CTX_set_max_proto_version(client, 0);
    SSL_CTX_set_options(server, SSL_OP_NO_TLSv1_3);
    pair = join(client, server);
    show_shake(&pair, "no version in common");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    suites();
    ciphers();
    facts();
    groups();
    signatures();
    versions_set();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        negotiated();
    }
    return finish();
}
