/* craft: the DER of sessions, taken apart and put together, and tickets under known keys. */
#include "craft.h"

unsigned char craft_keys[80] = "the ticket name!then, 32 bytes long, the MAC keythen, 32 bytes long, the AES key";

/* --- DER ----------------------------------------------------------------------------------------------------------- */

static size_t put_header(unsigned char *out, int tag, size_t len)
{
    out[0] = (unsigned char)tag;
    if (len < 128) {
        out[1] = (unsigned char)len;
        return 2;
    }
    if (len < 256) {
        out[1] = 0x81;
        out[2] = (unsigned char)len;
        return 3;
    }
    out[1] = 0x82;
    out[2] = (unsigned char)(len >> 8);
    out[3] = (unsigned char)len;
    return 4;
}

static size_t get_header(const unsigned char *in, size_t *len)
{
    size_t n = in[1] & 0x7f;
    *len = in[1];
    if (in[1] < 128)
        return 2;
    *len = 0;
    for (size_t i = 0; i < n; i++)
        *len = *len << 8 | in[2 + i];
    return 2 + n;
}

/* A copy of the session in which field `tag` (the whole octet, as in 0xa0 | n) is `field`, or is left out (NULL). */
static SSL_SESSION *with_field(SSL_SESSION *session, int tag, const unsigned char *field, size_t field_len)
{
    unsigned char *body = malloc(1 << 17), *out = malloc(1 << 17), *der = NULL;
    size_t body_len = 0, len, at;
    int der_len = i2d_SSL_SESSION(session, &der), placed = 0;
    at = get_header(der, &len);
    while (at <= (size_t)der_len) {
        int here = at < (size_t)der_len ? der[at] : 0x100;
        if (!placed && here >= tag && here >= 0xa0) {
            if (field) {
                body_len += put_header(body + body_len, tag, field_len);
                memcpy(body + body_len, field, field_len);
                body_len += field_len;
            }
            placed = 1;
        }
        if (at == (size_t)der_len)
            break;
        size_t element, header = get_header(der + at, &element);
        if (here != tag) {
            memcpy(body + body_len, der + at, header + element);
            body_len += header + element;
        }
        at += header + element;
    }
    OPENSSL_free(der);
    len = put_header(out, 0x30, body_len);
    memcpy(out + len, body, body_len);
    const unsigned char *p = out;
    SSL_SESSION *made = d2i_SSL_SESSION(NULL, &p, (long)(len + body_len));
    free(body);
    free(out);
    return made;
}

SSL_SESSION *with_ticket(SSL_SESSION *session, const unsigned char *ticket, size_t len)
{
    unsigned char *inner = malloc(len + 8);
    size_t header = put_header(inner, 4, len);
    memcpy(inner + header, ticket, len);
    SSL_SESSION *made = with_field(session, 0xaa, inner, header + len);
    free(inner);
    return made;
}

SSL_SESSION *with_number(SSL_SESSION *session, int tag, int value)
{
    const unsigned char integer[3] = {2, 1, (unsigned char)value};
    return with_field(session, 0xa0 | tag, value < 0 ? NULL : integer, sizeof integer);
}

long session_number(SSL_SESSION *session, int tag)
{
    unsigned char *der = NULL;
    size_t len, at;
    long number = -1;
    int der_len = i2d_SSL_SESSION(session, &der);
    at = get_header(der, &len);
    while (at < (size_t)der_len) {
        size_t element, header = get_header(der + at, &element);
        if (der[at] == (0xa0 | tag)) {
            const unsigned char *integer = der + at + header;
            number = 0;
            for (size_t i = 0; i < integer[1]; i++)
                number = number << 8 | integer[2 + i];
        }
        at += header + element;
    }
    OPENSSL_free(der);
    return number;
}

/* --- tickets ------------------------------------------------------------------------------------------------------- */

size_t seal_bytes(const unsigned char *plain, size_t len, int padding, unsigned char *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t mac_len = 0;
    int n = 0, all;
    memcpy(out, craft_keys, 16);
    memset(out + 16, 3, 16);
    EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, craft_keys + 48, out + 16);
    EVP_CIPHER_CTX_set_padding(ctx, padding);
    EVP_EncryptUpdate(ctx, out + 32, &all, plain, (int)len);
    EVP_EncryptFinal_ex(ctx, out + 32 + all, &n);
    EVP_CIPHER_CTX_free(ctx);
    all += 32 + n;
    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, craft_keys + 16, 32, out, (size_t)all, out + all, 32, &mac_len);
    return (size_t)all + mac_len;
}

size_t seal_session(SSL_SESSION *session, unsigned char *out)
{
    unsigned char *der = NULL;
    int len = i2d_SSL_SESSION(session, &der);
    size_t all = seal_bytes(der, (size_t)len, 1, out);
    OPENSSL_free(der);
    return all;
}

SSL_SESSION *open_session(const unsigned char *ticket, size_t len)
{
    unsigned char *plain = malloc(len + 32);
    const unsigned char *p = plain;
    int n = 0, all = 0;
    SSL_SESSION *session = NULL;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (len > 64 && !memcmp(ticket, craft_keys, 16) &&
        EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, craft_keys + 48, ticket + 16) &&
        EVP_DecryptUpdate(ctx, plain, &all, ticket + 32, (int)len - 64) && EVP_DecryptFinal_ex(ctx, plain + all, &n))
        session = d2i_SSL_SESSION(NULL, &p, all + n);
    EVP_CIPHER_CTX_free(ctx);
    free(plain);
    return session;
}
