/* harness: certificates and keys, made at run time. */
#include "harness.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

static struct identity made[3];

static EVP_PKEY *key_new(enum key_kind kind)
{
    switch (kind) {
    case KEY_P256:
        return EVP_EC_gen("P-256");
    case KEY_P384:
        return EVP_EC_gen("P-384");
    case KEY_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case KEY_RSA:
        return EVP_RSA_gen(2048);
    }
    return NULL;
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

struct identity identity_new(const char *name, enum key_kind kind, const struct identity *issuer)
{
    static long serial = 1;
    char alternative[128];
    struct identity id = {X509_new(), key_new(kind)};
    X509_NAME *subject = X509_get_subject_name(id.cert);
    EVP_PKEY *signer = issuer ? issuer->key : id.key;

    X509_set_version(id.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(id.cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(id.cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(id.cert), 86400);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(id.cert, issuer ? X509_get_subject_name(issuer->cert) : subject);
    X509_set_pubkey(id.cert, id.key);
    snprintf(alternative, sizeof alternative, "DNS:%s", name);
    extend(id.cert, issuer ? issuer->cert : id.cert, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
    extend(id.cert, issuer ? issuer->cert : id.cert, NID_subject_alt_name, alternative);
    if (!X509_sign(id.cert, signer, EVP_PKEY_get_id(signer) == EVP_PKEY_ED25519 ? NULL : EVP_sha256())) {
        printf("Bail out! can't make a certificate: %s\n", reason());
        exit(2);
    }
    return id;
}

void identity_free(struct identity *id)
{
    X509_free(id->cert);
    EVP_PKEY_free(id->key);
    *id = (struct identity){NULL, NULL};
}

static const struct identity *once(int which, const char *name)
{
    if (!made[which].cert)
        made[which] = identity_new(name, KEY_P256, which ? authority() : NULL);
    return &made[which];
}

const struct identity *authority(void)
{
    return once(0, "root.example");
}

const struct identity *server_identity(void)
{
    return once(1, "server.example");
}

const struct identity *client_identity(void)
{
    return once(2, "client.example");
}

void identities_free(void)
{
    for (int i = 0; i < 3; i++)
        identity_free(&made[i]);
}

int use_identity(SSL_CTX *ctx, const struct identity *id)
{
    return SSL_CTX_use_certificate(ctx, id->cert) == 1 && SSL_CTX_use_PrivateKey(ctx, id->key) == 1 &&
           SSL_CTX_check_private_key(ctx) == 1;
}

void trust(SSL_CTX *ctx, const struct identity *root)
{
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root->cert);
}

const char *peer_name(SSL *ssl)
{
    static char names[4][64];
    static int next;
    char *name = names[next++ % 4];
    X509 *cert = SSL_get1_peer_certificate(ssl);
    if (!cert)
        return "none";
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof names[0]);
    X509_free(cert);
    return name;
}
