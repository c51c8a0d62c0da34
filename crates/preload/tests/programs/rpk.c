/*
 * Two contexts with one certificate, each of whose connections expect a raw public key (RFC 7250) of their own. The client that
 * the first expects connects to it, then there again with its ticket, then with it to the second, and a last time without.
 * Prints "none" where OpenSSL has no raw public keys (before 3.2).
 */
#include "pair.h"

#if OPENSSL_VERSION_NUMBER >= 0x30200000L
static const char *const EXPECTED[] = { "client1", "client2" };

static SSL_CTX *server_context(void)
{
    static const unsigned char raw[] = { TLSEXT_cert_type_rpk };
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    use_identity(ctx, "server");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"x", 1);
    if (SSL_CTX_set1_client_cert_type(ctx, raw, sizeof raw) != 1 || SSL_CTX_dane_enable(ctx) != 1)
        die("server context");
    return ctx;
}

static void expect(SSL *ssl, const char *name)
{
    BIO *file = BIO_new_file(in_directory(name, ".pem"), "r");
    X509 *certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
    if (SSL_dane_enable(ssl, NULL) != 1 || SSL_add_expected_rpk(ssl, X509_get0_pubkey(certificate)) != 1)
        die("expected key");
    X509_free(certificate);
    BIO_free(file);
}

/* Returns the newest session of the client. */
static SSL_SESSION *call(SSL_CTX *client_ctx, SSL_CTX *server_ctx, const char *expected, int version, SSL_SESSION *with)
{
    SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
    struct kept kept = { NULL, 0 };
    SSL_set_ex_data(client, kept_index(), &kept);
    SSL_set_min_proto_version(client, version);
    SSL_set_max_proto_version(client, version);
    expect(server, expected);
    if (with != NULL)
        SSL_set_session(client, with);
    printf("%s ", !shake(client, server) ? "failed" : SSL_session_reused(server) ? "resumed" : "full");
    ERR_clear_error();
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
    if (kept.session == NULL)
        return with;
    SSL_SESSION_free(with);
    return kept.session;
}

int main(void)
{
    static const unsigned char raw[] = { TLSEXT_cert_type_rpk };
    SSL_CTX *client = client_context(), *servers[] = { server_context(), server_context() };
    int version;
    use_identity(client, EXPECTED[0]);
    SSL_CTX_set1_client_cert_type(client, raw, sizeof raw);
    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = call(client, servers[0], EXPECTED[0], version, NULL);
        session = call(client, servers[0], EXPECTED[0], version, session);
        session = call(client, servers[1], EXPECTED[1], version, session);
        SSL_SESSION_free(call(client, servers[1], EXPECTED[1], version, NULL));
        SSL_SESSION_free(session);
        printf("\n");
    }
    SSL_CTX_free(client);
    SSL_CTX_free(servers[0]);
    SSL_CTX_free(servers[1]);
    return 0;
}
#else
int main(void)
{
    puts("none");
    return 0;
}
#endif
