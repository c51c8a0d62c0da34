/* Which suite, certificate, signature and group come of what two sides want: SSL_CTX_set_cipher_list(3), SSL_CTX_set_options(3),
 * SSL_CTX_set1_sigalgs(3), SSL_CTX_set1_groups(3), SSL_get_shared_ciphers(3), SSL_get_peer_tmp_key(3). Only suites and groups that both
 * libraries have are asked for. */
#include "harness.h"

static struct identity rsa, p384, ed25519;

/* What the contexts of one connection are told. */
struct wishes {
    const char *what;
    const char *client_list, *server_list;     /* of TLS 1.2 */
    const char *client_suites, *server_suites; /* of TLS 1.3 */
    uint64_t options;                          /* the server's */
    const char *client_sigalgs, *server_sigalgs;
    const char *client_groups, *server_groups;
    int certificates; /* of the server: 1 P-256, 2 RSA, 4 P-384, 8 Ed25519; 0 for all but the last two */
};

#define E128 "ECDHE-ECDSA-AES128-GCM-SHA256"
#define E256 "ECDHE-ECDSA-AES256-GCM-SHA384"
#define ECHA "ECDHE-ECDSA-CHACHA20-POLY1305"
#define R128 "ECDHE-RSA-AES128-GCM-SHA256"
#define R256 "ECDHE-RSA-AES256-GCM-SHA384"
#define RCHA "ECDHE-RSA-CHACHA20-POLY1305"
#define BY_ECDSA E256 ":" ECHA ":" E128
#define BY_RSA R256 ":" RCHA ":" R128
#define OURS12 E256 ":" R256 ":" ECHA ":" RCHA ":" E128 ":" R128
#define OURS13 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define ALGORITHMS                                                                                                               \
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:"     \
    "RSA+SHA384:RSA+SHA512"

static SSL_CTX *server_with(int certificates)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(ctx, tls);
    SSL_CTX_set_max_proto_version(ctx, tls);
    if (certificates == 0)
        certificates = 3;
    if (certificates & 1)
        use_identity(ctx, server_identity());
    if (certificates & 2)
        use_identity(ctx, &rsa);
    if (certificates & 4)
        use_identity(ctx, &p384);
    if (certificates & 8)
        use_identity(ctx, &ed25519);
    return ctx;
}

static void show_ciphers(const char *what, STACK_OF(SSL_CIPHER) *list)
{
    char line[512] = "";
    size_t n = 0;
    for (int i = 0; i < sk_SSL_CIPHER_num(list) && n < sizeof line; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, " %s", SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
    show("   %s:%s%s", what, line, list ? "" : " NULL");
}

static long peer_tmp_key(SSL *ssl, EVP_PKEY **key)
{
    return SSL_get_peer_tmp_key(ssl, key);
}

static void show_key(const char *what, SSL *ssl, long (*get)(SSL *, EVP_PKEY **))
{
    EVP_PKEY *key = NULL;
    long found = get(ssl, &key);
    char group[64] = "";
    size_t len = 0;
    if (found == 1)
        EVP_PKEY_get_group_name(key, group, sizeof group, &len);
    show("   %s: %ld %s %d bits %s", what, found, found == 1 ? EVP_PKEY_get0_type_name(key) : "", found == 1 ? EVP_PKEY_get_bits(key) : 0,
         group);
    if (found == 1)
        EVP_PKEY_free(key);
}

static void show_sigalgs(SSL *ssl, const char *side)
{
    int sign = -1, hash = -1, both = -1;
    unsigned char rsig = 0, rhash = 0;
    int count = SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL);
    int shared = SSL_get_shared_sigalgs(ssl, 0, &sign, &hash, &both, &rsig, &rhash);
    show("   %s: %s by the peer; %d shared, the first %s %s %s %02x%02x", side, count > 0 ? "some" : "none", shared, OBJ_nid2sn(sign),
         OBJ_nid2sn(hash), OBJ_nid2sn(both), rhash, rsig);
    for (int i = 0; i < shared; i++) {
        SSL_get_shared_sigalgs(ssl, i, NULL, NULL, NULL, &rsig, &rhash);
        show("      %02x%02x", rhash, rsig);
    }
}

static void show_result(struct pair *pair)
{
    char shared[512] = "";
    int nid = 0, type = 0;
    SSL *c = pair->client, *s = pair->server;
    show("   %s with %s, the same on both sides: %d", SSL_get_version(c), SSL_get_cipher_name(c),
         SSL_get_current_cipher(c) == SSL_get_current_cipher(s));
    show("   shared: %s", SSL_get_shared_ciphers(s, shared, sizeof shared) ? shared : "NULL");
    show("   shared, as the client says: %s", SSL_get_shared_ciphers(c, shared, sizeof shared) ? "some" : "NULL");
    show_ciphers("client's", SSL_get_client_ciphers(s));
    show_ciphers("client's, as the client says", SSL_get_client_ciphers(c));
    show("   certificate of %s; our own %s", peer_name(c), SSL_get_certificate(s) ? "known" : "unknown");
    show("   group %s, %s; shared %ld: %s; client's %ld", SSL_group_to_name(c, (int)SSL_get_negotiated_group(c)),
         SSL_group_to_name(s, (int)SSL_get_negotiated_group(s)), SSL_get_shared_group(s, -1),
         OBJ_nid2sn((int)SSL_get_shared_group(s, 0)), SSL_get1_groups(s, NULL));
    show_key("peer's ephemeral key, for the client", c, peer_tmp_key);
    show_key("for the server", s, peer_tmp_key);
    int found = (int)SSL_get_peer_signature_nid(c, &nid), typed = SSL_get_peer_signature_type_nid(c, &type);
    show("   peer's signature: %d %s, %d %s", found, OBJ_nid2sn(nid), typed, OBJ_nid2sn(type));
    nid = type = 0;
    found = (int)SSL_get_signature_nid(s, &nid), typed = SSL_get_signature_type_nid(s, &type);
    show("   own signature: %d %s, %d %s", found, OBJ_nid2sn(nid), typed, OBJ_nid2sn(type));
    ok(say(c, s, "to the server") && say(s, c, "to the client"), "data passes");
}

static void meet(const struct wishes *w)
{
    SSL_CTX *client = new_client(), *server = server_with(w->certificates);
    SSL_CTX_set_cipher_list(client, w->client_list ? w->client_list : OURS12);
    SSL_CTX_set_cipher_list(server, w->server_list ? w->server_list : OURS12);
    SSL_CTX_set_ciphersuites(client, w->client_suites ? w->client_suites : OURS13);
    SSL_CTX_set_ciphersuites(server, w->server_suites ? w->server_suites : OURS13);
    SSL_CTX_set_options(server, w->options);
    SSL_CTX_set1_groups_list(client, w->client_groups ? w->client_groups : "X25519:P-256:P-384");
    SSL_CTX_set1_groups_list(server, w->server_groups ? w->server_groups : "X25519:P-256:P-384");
    is(SSL_CTX_set1_sigalgs_list(client, w->client_sigalgs ? w->client_sigalgs : ALGORITHMS), 1, "client's algorithms");
    is(SSL_CTX_set1_sigalgs_list(server, w->server_sigalgs ? w->server_sigalgs : ALGORITHMS), 1, "server's algorithms");
    ERR_clear_error();
    struct pair pair = join(client, server);
    if (show_shake(&pair, w->what)) {
        show_result(&pair);
        show_sigalgs(pair.client, "client");
        show_sigalgs(pair.server, "server");
    }
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

#define SERVER_FIRST SSL_OP_CIPHER_SERVER_PREFERENCE

static const struct wishes both_versions[] = {
    {.what = "as it comes"},
    {.what = "the client prefers ChaCha20",
     .client_list = ECHA ":" RCHA ":" OURS12,
     .client_suites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"},
    {.what = "the client prefers ChaCha20, the server decides",
     .client_list = ECHA ":" RCHA ":" OURS12,
     .client_suites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
     .options = SERVER_FIRST},
    {.what = "the client prefers ChaCha20, the server decides and lets it",
     .client_list = ECHA ":" RCHA ":" OURS12,
     .client_suites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
     .options = SERVER_FIRST | SSL_OP_PRIORITIZE_CHACHA},
    {.what = "the client does not prefer ChaCha20, the server decides and would let it",
     .client_list = E128 ":" R128 ":" ECHA ":" RCHA,
     .client_suites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
     .server_list = E256 ":" R256 ":" ECHA ":" RCHA,
     .server_suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
     .options = SERVER_FIRST | SSL_OP_PRIORITIZE_CHACHA},
    {.what = "ChaCha20 first without the server's preference", .options = SSL_OP_PRIORITIZE_CHACHA},
    {.what = "nothing in common",
     .client_list = ECHA ":" RCHA,
     .client_suites = "TLS_CHACHA20_POLY1305_SHA256",
     .server_list = E128 ":" R128,
     .server_suites = "TLS_AES_128_GCM_SHA256"},
    {.what = "only RSA", .certificates = 2},
    {.what = "only P-384", .certificates = 4},
    {.what = "only Ed25519", .certificates = 8},
    {.what = "the client's algorithms: RSA first", .client_sigalgs = "rsa_pss_rsae_sha384:ECDSA+SHA256"},
    {.what = "the client's algorithms: ECDSA first", .client_sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha384"},
    {.what = "the client's algorithms: ECDSA only", .client_sigalgs = "ECDSA+SHA256:ECDSA+SHA512"},
    {.what = "the client's algorithms: PSS only", .client_sigalgs = "rsa_pss_rsae_sha512:rsa_pss_rsae_sha256"},
    {.what = "the client's algorithms: ECDSA, the server has RSA", .client_sigalgs = "ECDSA+SHA256", .certificates = 2},
    {.what = "the server's algorithms: RSA first", .server_sigalgs = "rsa_pss_rsae_sha384:ECDSA+SHA256"},
    {.what = "the server's algorithms, its preference",
     .server_sigalgs = "rsa_pss_rsae_sha512:rsa_pss_rsae_sha256:ECDSA+SHA256",
     .client_sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256:rsa_pss_rsae_sha512",
     .options = SERVER_FIRST},
    {.what = "the server's algorithms, its preference, RSA",
     .server_sigalgs = "rsa_pss_rsae_sha512:rsa_pss_rsae_sha256:ECDSA+SHA256",
     .client_sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256:rsa_pss_rsae_sha512",
     .options = SERVER_FIRST,
     .certificates = 2},
    {.what = "no algorithm in common", .client_sigalgs = "ECDSA+SHA256", .server_sigalgs = "ECDSA+SHA384", .certificates = 1},
    {.what = "the server's algorithms leave one certificate", .server_sigalgs = "rsa_pss_rsae_sha256"},
    {.what = "groups: the client's order", .client_groups = "P-384:P-256:X25519", .server_groups = "X25519:P-256:P-384"},
    {.what = "groups: the server's order",
     .client_groups = "P-384:P-256:X25519",
     .server_groups = "X25519:P-256:P-384",
     .options = SERVER_FIRST},
    {.what = "groups: one in common", .client_groups = "X25519:P-256", .server_groups = "P-384:P-256"},
    {.what = "groups: none in common", .client_groups = "X25519", .server_groups = "P-384"},
    {.what = "groups: not that of the certificate", .client_groups = "X25519", .certificates = 1},
    {.what = "groups: not that of one certificate", .client_groups = "X25519"},
    {.what = "groups: the server's has not its certificate's", .server_groups = "X25519:P-384", .certificates = 1},
    {.what = "two of a kind: the last is used", .certificates = 5},
};

static const struct wishes only12[] = {
    {.what = "RSA suites only", .client_list = BY_RSA},
    {.what = "ECDSA suites only", .client_list = BY_ECDSA},
    {.what = "RSA suites, an ECDSA certificate", .client_list = BY_RSA, .certificates = 1},
    {.what = "ECDSA suites, an RSA certificate", .client_list = BY_ECDSA, .certificates = 2},
    {.what = "RSA suites first", .client_list = BY_RSA ":" BY_ECDSA},
    {.what = "ECDSA suites first", .client_list = BY_ECDSA ":" BY_RSA},
    {.what = "RSA suites first on the server", .client_list = BY_ECDSA ":" BY_RSA, .server_list = BY_RSA ":" BY_ECDSA, .options = SERVER_FIRST},
    {.what = "RSA suites first, ECDSA algorithms", .client_list = BY_RSA ":" BY_ECDSA, .client_sigalgs = "ECDSA+SHA256"},
    {.what = "ECDSA suites, RSA algorithms", .client_list = BY_ECDSA, .client_sigalgs = "RSA+SHA256"},
    {.what = "PKCS #1 only", .client_sigalgs = "RSA+SHA256:RSA+SHA512"},
    {.what = "PKCS #1 first", .client_sigalgs = "RSA+SHA384:rsa_pss_rsae_sha256", .certificates = 2},
    {.what = "PKCS #1 for the server", .server_sigalgs = "RSA+SHA384:RSA+SHA256", .certificates = 2},
    {.what = "any curve with any hash", .client_sigalgs = "ECDSA+SHA512:ECDSA+SHA256", .certificates = 1},
    {.what = "P-384 with SHA-256", .client_sigalgs = "ECDSA+SHA256", .certificates = 4},
    {.what = "SHA-1 at level 2", .client_sigalgs = "RSA+SHA1:ECDSA+SHA1"},
    {.what = "Ed25519 with ECDSA's suites", .client_sigalgs = "ed25519", .certificates = 8},
    {.what = "Ed25519 with RSA's suites", .client_list = BY_RSA, .certificates = 8},
};

int main(void)
{
    rsa = identity_new("rsa.example", KEY_RSA, authority());
    p384 = identity_new("p384.example", KEY_P384, authority());
    ed25519 = identity_new("ed25519.example", KEY_ED25519, authority());
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        section("%s", tls_name());
        for (size_t i = 0; i < sizeof both_versions / sizeof both_versions[0]; i++)
            meet(&both_versions[i]);
        for (size_t i = 0; tls == TLS1_2_VERSION && i < sizeof only12 / sizeof only12[0]; i++)
            meet(&only12[i]);
    }
    identity_free(&rsa);
    identity_free(&p384);
    identity_free(&ed25519);
    return finish();
}
