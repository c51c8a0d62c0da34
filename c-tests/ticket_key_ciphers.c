/* SSL_CTX_set_tlsext_ticket_key_cb(3): a key callback may choose any cipher and any digest. */
#include "harness.h"

#include <openssl/hmac.h>

static const EVP_CIPHER *cipher;
static const EVP_MD *digest;
static const char *digest_name;

static const unsigned char key[64] = "sixty-four bytes of key material, enough for everything below..";

static int hmac_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, HMAC_CTX *hmac, int enc)
{
    (void)ssl;
    if (enc) {
        memset(name, 'k', 16);
        memset(iv, 0x11, (size_t)EVP_CIPHER_get_iv_length(cipher));
    }
    if (!EVP_CipherInit_ex(ctx, cipher, NULL, key, iv, enc) || !HMAC_Init_ex(hmac, key, 32, digest, NULL))
        return -1;
    return 1 + !enc;
}

static int evp_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac, int enc)
{
    OSSL_PARAM params[3] = {OSSL_PARAM_octet_string("key", (void *)key, 32),
                            OSSL_PARAM_utf8_string("digest", (char *)digest_name, strlen(digest_name)), OSSL_PARAM_END};
    (void)ssl;
    if (enc) {
        memset(name, 'k', 16);
        memset(iv, 0x11, (size_t)EVP_CIPHER_get_iv_length(cipher));
    }
    if (!EVP_CipherInit_ex(ctx, cipher, NULL, key, iv, enc) || !EVP_MAC_CTX_set_params(mac, params))
        return -1;
    return 1 + !enc;
}

static void round_trip(const char *cipher_name, const char *md_name, int evp)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *again;
    const unsigned char *ticket = NULL;
    size_t len = 0;
    long rest;

    cipher = EVP_get_cipherbyname(cipher_name);
    digest = EVP_get_digestbyname(md_name);
    digest_name = md_name;
    if (evp)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server, evp_cb);
    else
        SSL_CTX_set_tlsext_ticket_key_cb(server, hmac_cb);
    session = visit(client, server, NULL);
    if (session)
        SSL_SESSION_get0_ticket(session, &ticket, &len);
    again = session ? visit(client, server, session) : NULL;
    /* How many blocks there are is chance: the session's random numbers have one length or another in DER. */
    rest = (long)len - 16 - EVP_CIPHER_get_iv_length(cipher) - EVP_MD_get_size(digest);
    show("%s, %s, %s: name, IV, %s, MAC; done %d, resumed %d (%s)", cipher_name, md_name, evp ? "EVP_MAC" : "HMAC",
         rest > 0 && rest % EVP_CIPHER_get_block_size(cipher) == 0 ? "whole blocks" : "something else", visited.done,
         visited.resumed, visited.server.reason);
    SSL_SESSION_free(session);
    session = again ? visit(client, server, again) : NULL;
    if (again)
        show("   the renewed one: resumed %d", visited.resumed);
    SSL_SESSION_free(session);
    SSL_SESSION_free(again);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* OpenSSL 3.0 gives up with internal_error on ciphers without padding; carnet makes good tickets. Never anything between. */
static void stream(const char *cipher_name)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session;
    cipher = EVP_get_cipherbyname(cipher_name);
    digest_name = "SHA256";
    SSL_CTX_set_tlsext_ticket_key_evp_cb(server, evp_cb);
    session = visit(client, server, NULL);
    ok(visited.done || visited.server.error == SSL_ERROR_SSL, "%s: works, or fails cleanly", cipher_name);
    if (session) {
        SSL_SESSION_free(visit(client, server, session));
        carnet_ok(visited.resumed, "%s: resumed", cipher_name);
    }
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A MAC that is wrong in its last byte, or a ticket cut short, is no error: a full handshake. */
static void spoiled(const char *cipher_name, const char *md_name)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session;
    unsigned char *der = NULL;
    const unsigned char *ticket, *p;
    size_t len;
    int der_len;

    cipher = EVP_get_cipherbyname(cipher_name);
    digest = EVP_get_digestbyname(md_name);
    digest_name = md_name;
    SSL_CTX_set_tlsext_ticket_key_evp_cb(server, evp_cb);
    session = visit(client, server, NULL);
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    der_len = i2d_SSL_SESSION(session, &der);
    for (int i = 0; i + (int)len <= der_len; i++)
        if (!memcmp(der + i, ticket, len))
            der[i + (int)len - 1] ^= 0x80;
    SSL_SESSION_free(session);
    p = der;
    session = d2i_SSL_SESSION(NULL, &p, der_len);
    OPENSSL_free(der);
    SSL_SESSION_free(visit(client, server, session));
    is(visited.done && !visited.resumed, 1, "%s, %s: last MAC byte changed, a full handshake", cipher_name, md_name);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    static const char *const ciphers[] = {"AES-128-CBC", "AES-256-CBC",      "AES-192-CBC",
                                          "AES-128-ECB", "CAMELLIA-256-CBC", "DES-EDE3-CBC"};
    static const char *const digests[] = {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256", "MD5"};
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        section("%s, ciphers", tls_name());
        for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
            for (int evp = 0; evp < 2; evp++)
                round_trip(ciphers[i], "SHA256", evp);
        section("%s, digests", tls_name());
        for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
            for (int evp = 0; evp < 2; evp++)
                round_trip("AES-256-CBC", digests[i], evp);
        section("%s, stream ciphers", tls_name());
        stream("AES-256-CTR");
        stream("AES-128-OFB");
        stream("ChaCha20");
        section("%s, spoiled", tls_name());
        spoiled("AES-128-CBC", "SHA1");
        spoiled("AES-256-CBC", "SHA512");
        spoiled("CAMELLIA-256-CBC", "SHA256");
    }
    return finish();
}
