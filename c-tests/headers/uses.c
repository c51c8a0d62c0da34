/* What programs do with the header beyond calling functions: macros, stacks, callback types, constants in #if. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#if SSL_VERIFY_PEER == 0 || TLS1_3_VERSION != 0x0304 || !defined(SSL_CTX_set_min_proto_version)
#error "constants must be good for the preprocessor"
#endif

int generate(SSL *ssl, void *arg);
SSL_TICKET_RETURN decrypt(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t length,
    SSL_TICKET_STATUS status, void *arg);
int ticket_key(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int enc);
int ticket_key_evp(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
    int enc);
int server_name(SSL *ssl, int *alert, void *arg);
long setup(SSL_CTX *ctx, X509 *issuer, unsigned char keys[80]);
int inspect(SSL *ssl);

int generate(SSL *ssl, void *arg)
{
    static const char data[] = "appdata";
    (void)arg;
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), data, sizeof(data));
}

SSL_TICKET_RETURN decrypt(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t length,
    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)session, (void)name, (void)length, (void)arg;
    switch (status) {
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    case SSL_TICKET_SUCCESS:
        return SSL_TICKET_RETURN_USE;
    case SSL_TICKET_SUCCESS_RENEW:
        return SSL_TICKET_RETURN_USE_RENEW;
    default:
        return SSL_TICKET_RETURN_ABORT;
    }
}

long setup(SSL_CTX *ctx, X509 *issuer, unsigned char keys[80])
{
    SSL_load_error_strings();
    OpenSSL_add_ssl_algorithms();
    SSL_CTX_set_options(ctx, SSL_OP_ALL | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_tlsext_servername_callback(ctx, server_name);
    SSL_CTX_set_tlsext_servername_arg(ctx, ctx);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_key_evp);
    SSL_CTX_set_ecdh_auto(ctx, 1);
    SSL_CTX_set_app_data(ctx, keys);
    return SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS) & SSL_CTX_add_extra_chain_cert(ctx, issuer)
        & SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 80) & SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)
        & SSL_CTX_set1_groups_list(ctx, "X25519:P-256") & SSL_CTX_set_tlsext_ticket_key_cb(ctx, ticket_key)
        & SSL_CTX_set_session_ticket_cb(ctx, generate, decrypt, NULL);
}

int inspect(SSL *ssl)
{
    static const char *const names[] = { TLS1_3_RFC_AES_128_GCM_SHA256, SSL_TXT_AES_GCM };
    STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(ssl);
    const SSL_CIPHER *first = sk_SSL_CIPHER_num(ciphers) > 0 ? sk_SSL_CIPHER_value(ciphers, 0) : NULL;
    X509 *peer = SSL_get_peer_certificate(ssl);
    OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl);
    BIO *bio = BIO_new_ssl_connect(SSL_get_SSL_CTX(ssl));
    SSL *inner = NULL;
    int bits = SSL_get_cipher_bits(ssl, NULL);

    BIO_get_ssl(bio, &inner);
    (void)BIO_do_handshake(bio);
    X509_free(peer);
    SSL_set_tlsext_host_name(ssl, "localhost");
    SSL_CTX_set_default_passwd_cb(SSL_get_SSL_CTX(ssl), NULL);
    return names[0] != NULL && first != NULL && state == TLS_ST_OK && SSL_want_read(ssl) && bits > 0
        && SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL) >= 0
        && ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
}
