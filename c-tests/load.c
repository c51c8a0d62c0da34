/* SSL_CTX_use_certificate(3), SSL_CTX_load_verify_locations(3), SSL_CTX_check_private_key(3): good and bad files. */
#include "harness.h"

#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/c-tests-XXXXXX";

static const char *path(const char *name)
{
    static char text[4][128];
    static int next;
    char *out = text[next++ % 4];
    snprintf(out, sizeof text[0], "%s/%s", dir, name);
    return out;
}

static FILE *create(const char *name)
{
    FILE *file = fopen(path(name), "w");
    if (!file)
        abort();
    return file;
}

static struct identity other, rsa, ed;

static int passphrase(char *out, int size, int writing, void *arg)
{
    (void)writing;
    if (!arg)
        return -1;
    snprintf(out, (size_t)size, "%s", (const char *)arg);
    return (int)strlen(arg);
}

static void write_files(void)
{
    FILE *file;
    if (!mkdtemp(dir))
        abort();
    other = identity_new("other.example", KEY_P384, authority());
    ed = identity_new("ed.example", KEY_ED25519, authority());
    rsa = identity_new("rsa.example", KEY_RSA, authority());
    file = create("cert.pem");
    PEM_write_X509(file, server_identity()->cert);
    fclose(file);
    file = create("chain.pem");
    PEM_write_X509(file, server_identity()->cert);
    PEM_write_X509(file, authority()->cert);
    fclose(file);
    file = create("root.pem");
    PEM_write_X509(file, authority()->cert);
    fclose(file);
    file = create("key.pem");
    PEM_write_PrivateKey(file, server_identity()->key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    file = create("locked.pem");
    PEM_write_PrivateKey(file, server_identity()->key, EVP_aes_128_cbc(), (unsigned char *)"secret", 6, NULL, NULL);
    fclose(file);
    file = create("other.pem");
    PEM_write_PrivateKey(file, other.key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    file = create("both.pem");
    PEM_write_PrivateKey(file, server_identity()->key, NULL, NULL, 0, NULL, NULL);
    PEM_write_X509(file, server_identity()->cert);
    fclose(file);
    file = create("cert.der");
    i2d_X509_fp(file, server_identity()->cert);
    fclose(file);
    file = create("key.der");
    i2d_PrivateKey_fp(file, server_identity()->key);
    fclose(file);
    file = create("junk");
    fprintf(file, "This is not a certificate.\n");
    fclose(file);
    file = create("broken.pem");
    fprintf(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    fclose(file);
    fclose(create("empty"));
}

static void remove_files(void)
{
    static const char *const names[] = {"cert.pem", "chain.pem", "root.pem", "key.pem", "locked.pem", "other.pem",
                                        "both.pem", "cert.der",  "key.der",  "junk",    "broken.pem", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path(names[i]));
    rmdir(dir);
}

/* The result and the reasons, oldest and newest. */
static void told(int result, const char *what)
{
    unsigned long last = ERR_peek_last_error();
    char newest[128];
    snprintf(newest, sizeof newest, "%s",
             last ? ERR_reason_error_string(last) ? ERR_reason_error_string(last) : "?" : "none");
    show("%s: %d (%s; last: %s)", what, result, reason(), newest);
}

static void files(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    section("certificates from files");
    told(SSL_CTX_check_private_key(ctx), "check with nothing loaded");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.pem"), SSL_FILETYPE_PEM), "cert.pem");
    told(SSL_CTX_check_private_key(ctx), "check with a certificate alone");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.der"), SSL_FILETYPE_ASN1), "cert.der");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.der"), SSL_FILETYPE_PEM), "cert.der as PEM");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.pem"), SSL_FILETYPE_ASN1), "cert.pem as DER");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.pem"), 99), "file type 99");
    told(SSL_CTX_use_certificate_file(ctx, path("junk"), SSL_FILETYPE_PEM), "junk");
    told(SSL_CTX_use_certificate_file(ctx, path("empty"), SSL_FILETYPE_PEM), "empty");
    told(SSL_CTX_use_certificate_file(ctx, path("broken.pem"), SSL_FILETYPE_PEM), "broken.pem");
    told(SSL_CTX_use_certificate_file(ctx, path("missing"), SSL_FILETYPE_PEM), "missing");
    told(SSL_CTX_use_certificate_file(ctx, path("key.pem"), SSL_FILETYPE_PEM), "key.pem as a certificate");
    section("keys from files");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("key.pem"), SSL_FILETYPE_PEM), "key.pem");
    told(SSL_CTX_check_private_key(ctx), "check");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("key.der"), SSL_FILETYPE_ASN1), "key.der");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("junk"), SSL_FILETYPE_PEM), "junk");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("junk"), SSL_FILETYPE_ASN1), "junk as DER");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("missing"), SSL_FILETYPE_PEM), "missing");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("cert.pem"), SSL_FILETYPE_PEM), "cert.pem as a key");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("key.pem"), 0), "file type 0");
    told(SSL_CTX_check_private_key(ctx), "check: what failed changed nothing");
    SSL_CTX_set_default_passwd_cb(ctx, passphrase);
    told(SSL_CTX_use_PrivateKey_file(ctx, path("locked.pem"), SSL_FILETYPE_PEM), "locked.pem, no passphrase");
    SSL_CTX_set_default_passwd_cb_userdata(ctx, "wrong!");
    /* One wrong key of 256 leaves what looks like padding: the reason is a matter of luck. */
    is(SSL_CTX_use_PrivateKey_file(ctx, path("locked.pem"), SSL_FILETYPE_PEM), 0, "locked.pem, wrong passphrase");
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb_userdata(ctx, "secret");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("locked.pem"), SSL_FILETYPE_PEM), "locked.pem");
    SSL_CTX_free(ctx);
}

static void mismatch(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl;
    section("a certificate and another one's key");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.pem"), SSL_FILETYPE_PEM), "cert.pem");
    told(SSL_CTX_use_PrivateKey_file(ctx, path("other.pem"), SSL_FILETYPE_PEM), "other.pem");
    told(SSL_CTX_check_private_key(ctx), "check");
    told(SSL_CTX_use_PrivateKey(ctx, ed.key), "a key of another kind");
    told(SSL_CTX_use_PrivateKey(ctx, NULL), "no key");
    told(SSL_CTX_use_certificate(ctx, NULL), "no certificate");
    ssl = SSL_new(ctx);
    told(SSL_use_PrivateKey_file(ssl, path("key.pem"), SSL_FILETYPE_PEM), "the right one, on an SSL");
    told(SSL_check_private_key(ssl), "check the SSL");
    told(SSL_use_certificate_file(ssl, path("cert.pem"), SSL_FILETYPE_PEM), "cert.pem on an SSL");
    told(SSL_check_private_key(ssl), "check the SSL");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_server_method());
    told(SSL_CTX_use_PrivateKey_file(ctx, path("other.pem"), SSL_FILETYPE_PEM), "the wrong key first");
    told(SSL_CTX_use_certificate_file(ctx, path("cert.pem"), SSL_FILETYPE_PEM), "then the certificate");
    told(SSL_CTX_check_private_key(ctx), "check");
    SSL_CTX_free(ctx);
}

static void chains(void)
{
    SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
    STACK_OF(X509) *chain = NULL;
    section("chain files");
    told(SSL_CTX_use_certificate_chain_file(server, path("chain.pem")), "chain.pem");
    SSL_CTX_get_extra_chain_certs(server, &chain);
    show("extra chain: %d", sk_X509_num(chain));
    SSL_CTX_get0_chain_certs(server, &chain);
    show("chain: %d", sk_X509_num(chain));
    told(SSL_CTX_use_PrivateKey_file(server, path("key.pem"), SSL_FILETYPE_PEM), "key.pem");
    struct pair pair = join(client, server);
    ok(shake(&pair), "handshake");
    is(sk_X509_num(SSL_get_peer_cert_chain(pair.client)), 2, "certificates that came");
    part(&pair);
    told(SSL_CTX_use_certificate_chain_file(server, path("cert.pem")), "cert.pem instead");
    pair = join(client, server);
    shake(&pair);
    is(sk_X509_num(SSL_get_peer_cert_chain(pair.client)), 1, "certificates that came");
    part(&pair);
    told(SSL_CTX_use_certificate_chain_file(server, path("junk")), "junk");
    told(SSL_CTX_use_certificate_chain_file(server, path("missing")), "missing");
    told(SSL_CTX_use_certificate_chain_file(server, path("both.pem")), "both.pem");
    told(SSL_CTX_check_private_key(server), "check");
    X509_up_ref(authority()->cert);
    told((int)SSL_CTX_add_extra_chain_cert(server, authority()->cert), "an extra chain certificate");
    pair = join(client, server);
    shake(&pair);
    show("certificates that came: %d", sk_X509_num(SSL_get_peer_cert_chain(pair.client)));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void trusted(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    STACK_OF(X509_NAME) * names;
    section("trusted certificates");
    told(SSL_CTX_load_verify_locations(ctx, path("root.pem"), NULL), "root.pem");
    told(SSL_CTX_load_verify_locations(ctx, path("missing"), NULL), "missing");
    told(SSL_CTX_load_verify_locations(ctx, path("junk"), NULL), "junk");
    told(SSL_CTX_load_verify_locations(ctx, NULL, dir), "a directory");
    told(SSL_CTX_load_verify_locations(ctx, NULL, NULL), "nothing");
    told(SSL_CTX_load_verify_file(ctx, path("root.pem")), "SSL_CTX_load_verify_file");
    told(SSL_CTX_load_verify_dir(ctx, dir), "SSL_CTX_load_verify_dir");
    told(SSL_CTX_set_default_verify_paths(ctx), "default paths");
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    ok(store != NULL, "a store");
    X509_STORE *fresh = X509_STORE_new();
    SSL_CTX_set_cert_store(ctx, fresh);
    ok(SSL_CTX_get_cert_store(ctx) == fresh, "another one");
    names = SSL_load_client_CA_file(path("chain.pem"));
    show("names in chain.pem: %d", sk_X509_NAME_num(names));
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    ERR_clear_error();
    names = SSL_load_client_CA_file(path("missing"));
    show("names in a missing file: %d (%s)", names ? 0 : -1, reason());
    names = SSL_load_client_CA_file(path("junk"));
    show("names in junk: %d (%s)", names ? 0 : -1, reason());
    SSL_CTX_free(ctx);
}

/* Every kind of key serves a handshake; two kinds in one context are both there. */
static void kinds(void)
{
    const struct identity *ids[] = {server_identity(), &other, &rsa, &ed};
    const char *names[] = {"P-256", "P-384", "RSA", "Ed25519"};
    section("%s, kinds of keys", tls_name());
    for (int i = 0; i < 4; i++) {
        SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
        is(use_identity(server, ids[i]), 1, "%s", names[i]);
        struct pair pair = join(client, server);
        int nid = 0;
        show_shake(&pair, names[i]);
        SSL_get_peer_signature_type_nid(pair.client, &nid);
        show("   certificate %s, signed with %s", peer_name(pair.client), OBJ_nid2sn(nid));
        part(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
    use_identity(server, &rsa);
    use_identity(server, server_identity());
    for (int i = 0; i < 2; i++) {
        struct pair pair = join(client, server);
        SSL_set1_sigalgs_list(pair.client, i ? "RSA-PSS+SHA256" : "ECDSA+SHA256");
        show_shake(&pair, i ? "client wants RSA" : "client wants ECDSA");
        show("   certificate %s", peer_name(pair.client));
        part(&pair);
    }
    struct pair pair = join(client, server);
    SSL_set1_sigalgs_list(pair.client, "ed25519");
    show_shake(&pair, "client wants Ed25519");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    write_files();
    files();
    mismatch();
    chains();
    trusted();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        kinds();
    }
    remove_files();
    identity_free(&other);
    identity_free(&rsa);
    identity_free(&ed);
    return finish();
}
