/* SSL_CTX_set_security_level(3), SSL_CTX_set_security_callback(3): what each level lets pass, and what a callback is asked. Only suites
 * and groups that both libraries have are set. */
#include "harness.h"

static const char *const suites12 = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
                                    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
static const char *const suites13 = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
static const char *const algorithms = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
                                      "rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512";
static const char *const groups = "X25519:P-256:P-384";

static struct {
    const char *name, *curve; /* a curve, or an RSA key of so many bits, or Ed25519 */
    int bits;
    const char *hash;
    X509 *cert;
    EVP_PKEY *key;
} certs[] = {
    {.name = "RSA 512, SHA-256", .bits = 512, .hash = "SHA256"},
    {.name = "RSA 1024, SHA-256", .bits = 1024, .hash = "SHA256"},
    {.name = "RSA 2048, SHA-256", .bits = 2048, .hash = "SHA256"},
    {.name = "RSA 2048, SHA-1", .bits = 2048, .hash = "SHA1"},
    {.name = "RSA 3072, SHA-256", .bits = 3072, .hash = "SHA256"},
    {.name = "P-256, SHA-256", .curve = "P-256", .hash = "SHA256"},
    {.name = "P-256, SHA-1", .curve = "P-256", .hash = "SHA1"},
    {.name = "P-384, SHA-256", .curve = "P-384", .hash = "SHA256"},
    {.name = "P-384, SHA-384", .curve = "P-384", .hash = "SHA384"},
    {.name = "P-521, SHA-512", .curve = "P-521", .hash = "SHA512"},
    {.name = "Ed25519, SHA-256", .hash = "SHA256"},
};
enum { COUNT = sizeof certs / sizeof certs[0], RSA2048 = 2, P256 = 5, P384 = 8 };

/* Signed by the harness's authority, so that the signature counts. */
static void make_certs(void)
{
    for (int i = 0; i < COUNT; i++) {
        EVP_PKEY *key = certs[i].curve  ? EVP_EC_gen(certs[i].curve)
                        : certs[i].bits ? EVP_RSA_gen((size_t)certs[i].bits)
                                        : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        X509 *cert = X509_new();
        X509_set_version(cert, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 100 + i);
        X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
        X509_gmtime_adj(X509_getm_notAfter(cert), 3600 * 24 * 365);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)certs[i].name, -1, -1, 0);
        X509_set_issuer_name(cert, X509_get_subject_name(authority()->cert));
        X509_set_pubkey(cert, key);
        if (!X509_sign(cert, authority()->key, EVP_get_digestbyname(certs[i].hash)))
            abort();
        certs[i].cert = cert;
        certs[i].key = key;
    }
}

static SSL_CTX *limited(SSL_CTX *ctx)
{
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_cipher_list(ctx, suites12);
    SSL_CTX_set_ciphersuites(ctx, suites13);
    SSL_CTX_set1_sigalgs_list(ctx, algorithms);
    SSL_CTX_set1_groups_list(ctx, groups);
    return ctx;
}

static SSL_CTX *server_of(int which)
{
    SSL_CTX *ctx = limited(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_min_proto_version(ctx, tls);
    SSL_CTX_set_max_proto_version(ctx, tls);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"c-tests", 7);
    SSL_CTX_use_certificate(ctx, certs[which].cert);
    SSL_CTX_use_PrivateKey(ctx, certs[which].key);
    ERR_clear_error();
    return ctx;
}

static void loading(void)
{
    section("certificates that may be used");
    for (int level = 0; level <= 5; level++)
        for (int i = 0; i < COUNT; i++) {
            SSL_CTX *ctx = SSL_CTX_new(TLS_method());
            SSL_CTX_set_security_level(ctx, level);
            SSL *ssl = SSL_new(ctx);
            int r = SSL_CTX_use_certificate(ctx, certs[i].cert);
            show("level %d, %s: %d (%s)", level, certs[i].name, r, reason());
            is(SSL_use_certificate(ssl, certs[i].cert), r, "the same on a connection");
            ERR_clear_error();
            r = (int)SSL_CTX_add1_chain_cert(ctx, certs[i].cert);
            show("   as an issuer: %d (%s)", r, reason());
            r = SSL_CTX_use_cert_and_key(ctx, certs[i].cert, certs[i].key, NULL, 1);
            show("   with its key: %d (%s)", r, reason());
            SSL_free(ssl);
            SSL_CTX_free(ctx);
        }
    section("levels");
    static const int levels[] = {-1, 0, 3, 5, 6, 100};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        SSL_CTX_set_security_level(ctx, levels[i]);
        SSL *ssl = SSL_new(ctx);
        show("%d: %d, %d", levels[i], SSL_CTX_get_security_level(ctx), SSL_get_security_level(ssl));
        SSL_set_security_level(ssl, 1);
        show("   then %d, %d", SSL_CTX_get_security_level(ctx), SSL_get_security_level(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void show_lists(SSL *ssl)
{
    STACK_OF(SSL_CIPHER) *list = SSL_get1_supported_ciphers(ssl);
    char line[512] = "";
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " %x", SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, i)));
    show("   supported:%s%s", line, list ? "" : " NULL");
    show("   all: %d", sk_SSL_CIPHER_num(SSL_get_ciphers(ssl)));
    sk_SSL_CIPHER_free(list);
}

static void meet(const char *what, int which, int client_level, int server_level)
{
    char text[128];
    SSL_CTX *client = limited(new_client()), *server = server_of(which);
    struct pair pair = join(client, server);
    SSL_set_security_level(pair.client, client_level);
    SSL_set_security_level(pair.server, server_level);
    snprintf(text, sizeof text, "%s, client %d, server %d: %s", tls_name(), client_level, server_level, what);
    if (show_shake(&pair, text)) {
        int nid = 0, type = 0;
        SSL_get_peer_signature_nid(pair.client, &nid);
        SSL_get_peer_signature_type_nid(pair.client, &type);
        show("   %s, group %s, %s %s, shared groups %ld, algorithms %d", SSL_get_cipher_name(pair.client),
             SSL_group_to_name(pair.client, (int)SSL_get_negotiated_group(pair.client)), OBJ_nid2sn(type), OBJ_nid2sn(nid),
             SSL_get_shared_group(pair.server, -1), SSL_get_shared_sigalgs(pair.server, 0, NULL, NULL, NULL, NULL, NULL));
        char names[512] = "";
        SSL_get_shared_ciphers(pair.server, names, sizeof names);
        show("   shared %s", names);
        show("   client's groups %ld, algorithms %d", SSL_get1_groups(pair.server, NULL),
             SSL_get_sigalgs(pair.server, -1, NULL, NULL, NULL, NULL, NULL));
    }
    show_lists(pair.client);
    show_lists(pair.server);
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void handshakes(void)
{
    static const int used[] = {1, RSA2048, 3, 4, P256, 6, 7, P384, 10};
    section("%s: handshakes", tls_name());
    for (int level = 0; level <= 5; level++)
        for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
            /* libssl's client would offer TLS 1.2 without a group, and no suite here does without. */
            if (tls == TLS1_3_VERSION || level < 5)
                meet(certs[used[i]].name, used[i], level, 0);
            meet(certs[used[i]].name, used[i], 0, level);
        }
}

static void verified(void)
{
    section("%s: chains", tls_name());
    for (int level = 0; level <= 5; level++)
        for (int i = 1; i < COUNT; i++) {
            if ((certs[i].curve && !strcmp(certs[i].curve, "P-521")) || (tls == TLS1_2_VERSION && level == 5))
                continue;
            SSL_CTX *client = limited(new_client()), *server = server_of(i);
            trust(client, authority());
            SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
            struct pair pair = join(client, server);
            SSL_set_security_level(pair.client, level);
            char text[64];
            snprintf(text, sizeof text, "level %d, %s", level, certs[i].name);
            show_shake(&pair, text);
            show("   %s", X509_verify_cert_error_string(SSL_get_verify_result(pair.client)));
            part(&pair);
            SSL_CTX_free(client);
            SSL_CTX_free(server);
        }
}

static void tickets(void)
{
    section("%s: tickets", tls_name());
    for (int level = 1; level <= 4; level++)
        for (int side = 0; side < 2; side++) {
            SSL_CTX *client = limited(new_client()), *server = server_of(P384);
            SSL_SESSION *first = NULL, *second = NULL;
            SSL_CTX_set_security_level(side ? server : client, level);
            first = visit(client, server, NULL);
            show("level %d on the %s: done %d, tickets %d, has one %d", level, side ? "server" : "client", visited.done, visited.tickets,
                 first ? SSL_SESSION_has_ticket(first) : -1);
            if (first) {
                second = visit(client, server, first);
                show("   again: done %d, resumed %d", visited.done, visited.resumed);
            }
            SSL_SESSION_free(first);
            SSL_SESSION_free(second);
            SSL_CTX_free(client);
            SSL_CTX_free(server);
        }
}

/* --- the callback ---------------------------------------------------------------------------------------------------- */

static struct asked {
    int side, op, bits, nid, other;
} asked[512];
static int asked_count, forbidden = -1, forbidden_bits = -1, watching;
static char marker;

static int security(const SSL *ssl, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    int number = 0;
    if (ex != &marker)
        abort();
    if ((op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CIPHER)
        number = SSL_CIPHER_get_protocol_id(other);
    else if ((op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_SIGALG || (op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CURVE)
        number = ((unsigned char *)other)[0] << 8 | ((unsigned char *)other)[1];
    else if ((op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CERT)
        number = X509_get_signature_nid(other);
    int side = ssl ? SSL_is_server((SSL *)(uintptr_t)ssl) : 2 + (ctx != NULL);
    struct asked now = {side, op, bits, nid, number};
    /* libssl asks one by one until it has found one that will do, and libcarnet about all: only that they ask is compared. */
    if ((side == 1 && (op == SSL_SECOP_CIPHER_SHARED || op == SSL_SECOP_CURVE_SUPPORTED || op == SSL_SECOP_CURVE_SHARED ||
                       (op == SSL_SECOP_CURVE_CHECK && tls == TLS1_3_VERSION))) ||
        (side == 0 && op == SSL_SECOP_SIGALG_SHARED))
        now = (struct asked){side, op, 0, 0, 0};
    int known = !watching;
    for (int i = 0; i < asked_count && !known; i++)
        known = !memcmp(&asked[i], &now, sizeof now);
    if (!known && asked_count < (int)(sizeof asked / sizeof asked[0]))
        asked[asked_count++] = now;
    return !((op & 0xffff) == (forbidden & 0xffff) && forbidden >= 0 && (forbidden_bits < 0 || bits == forbidden_bits));
}

static int by_value(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    const int left[] = {x->side, x->op, x->bits, x->nid, x->other}, right[] = {y->side, y->op, y->bits, y->nid, y->other};
    for (int i = 0; i < 5; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static void show_asked(const char *what)
{
    static const char *const sides[] = {"client", "server", "nobody", "context"};
    qsort(asked, (size_t)asked_count, sizeof asked[0], by_value);
    show("%s", what);
    for (int i = 0; i < asked_count; i++)
        show("   %s: op %x, %d bits, nid %d, of %x", sides[asked[i].side], (unsigned)asked[i].op, asked[i].bits, asked[i].nid,
             (unsigned)asked[i].other);
    asked_count = 0;
}

static void watch(SSL_CTX *ctx)
{
    SSL_CTX_set_security_callback(ctx, security);
    SSL_CTX_set0_security_ex_data(ctx, &marker);
}

static void callback_of_lists(void)
{
    section("a callback that watches settings");
    SSL_CTX *ctx = limited(SSL_CTX_new(TLS_method()));
    watch(ctx);
    ok(SSL_CTX_get_security_callback(ctx) == security && SSL_CTX_get0_security_ex_data(ctx) == &marker, "it can be got");
    watching = 1;
    SSL *ssl = SSL_new(ctx);
    show_asked("a new connection");
    for (int i = 0; i < COUNT; i++) {
        SSL_CTX_use_certificate(ctx, certs[i].cert);
        show_asked(certs[i].name);
    }
    SSL_use_certificate(ssl, certs[P256].cert);
    show_asked("on a connection");
    SSL_add1_chain_cert(ssl, certs[P256].cert);
    show_asked("an issuer");
    show_lists(ssl);
    show_asked("supported ciphers");
    forbidden = SSL_SECOP_EE_KEY;
    is(SSL_CTX_use_certificate(ctx, certs[P384].cert), 0, "forbidden: key");
    show("%s", reason());
    forbidden = SSL_SECOP_CA_MD;
    is(SSL_CTX_use_certificate(ctx, certs[P384].cert), 0, "forbidden: signature");
    show("%s", reason());
    forbidden = SSL_SECOP_CIPHER_SUPPORTED;
    forbidden_bits = 256;
    show_lists(ssl);
    forbidden = forbidden_bits = -1;
    asked_count = watching = 0;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void callback_watches(int which, int client_too)
{
    section("%s: a callback that watches a handshake with %s%s", tls_name(), certs[which].name, client_too ? " and a client's certificate" : "");
    SSL_CTX *client = limited(new_client()), *server = server_of(which);
    watch(client);
    watch(server);
    if (client_too) {
        use_identity(client, client_identity());
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
        trust(server, authority());
    }
    trust(client, authority());
    struct pair pair = join(client, server);
    watching = 1;
    show_shake(&pair, "watched");
    watching = 0;
    show_asked("asked");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void callback_forbids(void)
{
    static const struct {
        const char *what;
        int op, bits;
    } cases[] = {
        {"ciphers supported, 256 bits", SSL_SECOP_CIPHER_SUPPORTED, 256}, {"ciphers shared, 256 bits", SSL_SECOP_CIPHER_SHARED, 256},
        {"ciphers shared", SSL_SECOP_CIPHER_SHARED, -1},                  {"ciphers supported", SSL_SECOP_CIPHER_SUPPORTED, -1},
        {"cipher check", SSL_SECOP_CIPHER_CHECK, -1},                     {"groups supported, 128 bits", SSL_SECOP_CURVE_SUPPORTED, 128},
        {"groups supported", SSL_SECOP_CURVE_SUPPORTED, -1},              {"groups shared, 128 bits", SSL_SECOP_CURVE_SHARED, 128},
        {"groups shared", SSL_SECOP_CURVE_SHARED, -1},                    {"group check", SSL_SECOP_CURVE_CHECK, -1},
        {"algorithms supported, 128 bits", SSL_SECOP_SIGALG_SUPPORTED, 128},
        {"algorithms supported", SSL_SECOP_SIGALG_SUPPORTED, -1},         {"algorithms shared, 128 bits", SSL_SECOP_SIGALG_SHARED, 128},
        {"algorithms shared", SSL_SECOP_SIGALG_SHARED, -1},               {"algorithm check", SSL_SECOP_SIGALG_CHECK, -1},
        {"mask of algorithms", SSL_SECOP_SIGALG_MASK, -1},                {"version", SSL_SECOP_VERSION, -1},
        {"tickets", SSL_SECOP_TICKET, -1},                                {"key", SSL_SECOP_EE_KEY, -1},
        {"peer's key", SSL_SECOP_PEER_EE_KEY, -1},                        {"peer's signature", SSL_SECOP_PEER_CA_MD, -1},
        {"compression", SSL_SECOP_COMPRESSION, -1},
    };
    section("%s: a callback that forbids", tls_name());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int side = 0; side < 2; side++) {
            if (tls == TLS1_2_VERSION && !side && cases[i].op == SSL_SECOP_CURVE_SUPPORTED && cases[i].bits < 0)
                continue; /* as above */
            SSL_CTX *client = limited(new_client()), *server = server_of(P384);
            watch(side ? server : client);
            trust(client, authority());
            struct pair pair = join(client, server);
            char text[96];
            forbidden = cases[i].op;
            forbidden_bits = cases[i].bits;
            snprintf(text, sizeof text, "%s, by the %s", cases[i].what, side ? "server" : "client");
            if (show_shake(&pair, text)) {
                SSL_SESSION *session = SSL_get1_session(pair.client);
                show("   %s, group %s", SSL_get_cipher_name(pair.client),
                     SSL_group_to_name(pair.client, (int)SSL_get_negotiated_group(pair.client)));
                if (tls == TLS1_2_VERSION)
                    show("   ticket %d", SSL_SESSION_has_ticket(session));
                SSL_SESSION_free(session);
            }
            forbidden = forbidden_bits = -1;
            part(&pair);
            SSL_CTX_free(client);
            SSL_CTX_free(server);
        }
}

int main(void)
{
    make_certs();
    loading();
    callback_of_lists();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        handshakes();
        verified();
        tickets();
        callback_watches(P256, 0);
        callback_watches(RSA2048, 1);
        callback_forbids();
    }
    for (int i = 0; i < COUNT; i++) {
        X509_free(certs[i].cert);
        EVP_PKEY_free(certs[i].key);
    }
    return finish();
}
