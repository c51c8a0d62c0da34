/* i2d_SSL_SESSION(3), d2i_SSL_SESSION(3), PEM_write_bio_SSL_SESSION(3): sessions as bytes. */
#include "harness.h"

#include <openssl/pem.h>

/* A session that has every field a ticket can have, made by hand so that its bytes are always the same. */
static SSL_SESSION *by_hand(void)
{
    SSL_SESSION *session = SSL_SESSION_new();
    unsigned char key[48];
    SSL *ssl;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    STACK_OF(SSL_CIPHER) * list;

    memset(key, 0x4b, sizeof key);
    ssl = SSL_new(ctx);
    list = SSL_get_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        if (SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, i)) == 0x1302)
            SSL_SESSION_set_cipher(session, sk_SSL_CIPHER_value(list, i));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
    SSL_SESSION_set1_master_key(session, key, sizeof key);
    SSL_SESSION_set1_id(session, (const unsigned char *)"an id", 5);
    SSL_SESSION_set1_id_context(session, (const unsigned char *)"context", 7);
    SSL_SESSION_set_time(session, 1700000000);
    SSL_SESSION_set_timeout(session, 7200);
    SSL_SESSION_set1_hostname(session, "host.example");
    SSL_SESSION_set1_alpn_selected(session, (const unsigned char *)"h2", 2);
    SSL_SESSION_set_max_early_data(session, 16384);
    SSL_SESSION_set1_ticket_appdata(session, "application data", 16);
    return session;
}

static void show_bytes(const unsigned char *der, int len)
{
    for (int i = 0; i < len; i += 32) {
        char hex[65] = "";
        for (int j = i; j < len && j < i + 32; j++)
            snprintf(hex + 2 * (j - i), 3, "%02x", der[j]);
        show("%s", hex);
    }
}

static void same(SSL_SESSION *a, const char *what)
{
    unsigned char *one = NULL, *two = NULL, room[8192], *end = room;
    const unsigned char *p;
    int len = i2d_SSL_SESSION(a, &one);
    ok(len > 0, "%s: encoded", what);
    ok(i2d_SSL_SESSION(a, NULL) == len, "%s: the length alone is the same", what);
    ok(i2d_SSL_SESSION(a, &end) == len, "%s: into a buffer", what);
    ok(end == room + len && !memcmp(room, one, (size_t)len), "%s: the pointer moves on", what);
    p = one;
    SSL_SESSION *b = d2i_SSL_SESSION(NULL, &p, len);
    if (ok(b != NULL, "%s: decoded", what)) {
        ok(p - one == len, "%s: all of it", what);
        ok(i2d_SSL_SESSION(b, &two) == len && !memcmp(one, two, (size_t)len), "%s: encoded again to the same bytes",
           what);
    }
    OPENSSL_free(one);
    OPENSSL_free(two);
    SSL_SESSION_free(b);
}

static void made(void)
{
    SSL_SESSION *session = by_hand();
    unsigned char *der = NULL;
    int len = i2d_SSL_SESSION(session, &der);
    section("made by hand");
    show_bytes(der, len);
    same(session, "by hand");
    OPENSSL_free(der);
    SSL_SESSION_free(session);

    session = SSL_SESSION_new();
    der = NULL;
    show("an empty session: %d bytes", i2d_SSL_SESSION(session, &der));
    OPENSSL_free(der);
    SSL_SESSION_free(session);
    show("NULL: %d", i2d_SSL_SESSION(NULL, NULL));
}

/* Each byte changed and each end cut off: an error or a session, never anything worse. */
static void damaged(void)
{
    SSL_SESSION *session = by_hand(), *old;
    unsigned char *der = NULL;
    int len = i2d_SSL_SESSION(session, &der), cut = 0, changed = 0, same_again = 0;
    const unsigned char *p;
    section("damaged");
    for (int i = 0; i < len; i++) {
        unsigned char *copy = malloc((size_t)i + 1); /* so that valgrind sees a read beyond the end */
        memcpy(copy, der, (size_t)i);
        p = copy;
        SSL_SESSION *got = d2i_SSL_SESSION(NULL, &p, i);
        cut += got == NULL;
        SSL_SESSION_free(got);
        free(copy);
    }
    is(cut, len, "every shortened one is refused");
    ERR_clear_error();
    for (int i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            der[i] ^= (unsigned char)(1 << bit);
            p = der;
            SSL_SESSION *got = d2i_SSL_SESSION(NULL, &p, len);
            if (got)
                same_again += i2d_SSL_SESSION(got, NULL) > 0;
            changed += got != NULL; /* libcarnet takes DER only, libssl some BER */
            SSL_SESSION_free(got);
            der[i] ^= (unsigned char)(1 << bit);
        }
    }
    ok(changed > len && same_again == changed, "what is taken with a bit changed can be written again");
    ERR_clear_error();
    p = (const unsigned char *)"junk";
    ok(d2i_SSL_SESSION(NULL, &p, 4) == NULL, "junk");
    ok(ERR_peek_error() != 0, "leaves an error");
    ERR_clear_error();
    old = session;
    p = der;
    SSL_SESSION *into = d2i_SSL_SESSION(&session, &p, len);
    ok(into == old && session == old, "decoded into a session that exists");
    SSL_SESSION_free(session);
    OPENSSL_free(der);
}

/* Bytes after the session belong to somebody else. */
static void followed(void)
{
    SSL_SESSION *session = by_hand(), *got;
    unsigned char *der = NULL, longer[1024];
    int len = i2d_SSL_SESSION(session, &der);
    memcpy(longer, der, (size_t)len);
    memcpy(longer + len, "rest", 4);
    const unsigned char *p = longer;
    section("followed by something else");
    got = d2i_SSL_SESSION(NULL, &p, len + 4);
    ok(got != NULL, "decoded");
    is((long)(p - longer), len, "what follows is left");
    SSL_SESSION_free(got);
    SSL_SESSION_free(session);
    OPENSSL_free(der);
}

static void pem(void)
{
    SSL_SESSION *session = by_hand(), *got;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    section("PEM");
    is(PEM_write_bio_SSL_SESSION(bio, session), 1, "written");
    long len = BIO_get_mem_data(bio, &text);
    for (char *p = text, *end; p < text + len; p = end + 1) {
        end = memchr(p, '\n', (size_t)(text + len - p));
        if (!end)
            break;
        show("%.*s", (int)(end - p), p);
    }
    got = PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL);
    ok(got != NULL, "read");
    same(got, "from PEM");
    SSL_SESSION_free(got);
    ok(PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL) == NULL, "nothing more to read");
    show("%s", reason());
    BIO_free(bio);
    FILE *file = tmpfile();
    is(PEM_write_SSL_SESSION(file, session), 1, "written to a file");
    rewind(file);
    got = PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
    same(got, "from a file");
    fclose(file);
    SSL_SESSION_free(got);
    SSL_SESSION_free(session);
}

/* Sessions of real connections, with and without a client certificate, go through bytes and still resume. */
static void real(int with_certificate)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session, *back;
    unsigned char *der = NULL;
    const unsigned char *p;
    int len;
    section("%s, of a real connection%s", tls_name(), with_certificate ? " with a client certificate" : "");
    if (with_certificate) {
        trust(server, authority());
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
        use_identity(client, client_identity());
    }
    session = visit(client, server, NULL);
    same(session, "the client's");
    p = NULL;
    len = i2d_SSL_SESSION(session, &der);
    p = der;
    back = d2i_SSL_SESSION(NULL, &p, len);
    SSL_SESSION_free(visit(client, server, back));
    is(visited.resumed, 1, "resumed from bytes");
    OPENSSL_free(der);
    SSL_SESSION_free(back);
    SSL_SESSION_free(session);

    struct pair pair = join(client, server);
    shake(&pair);
    same(SSL_get_session(pair.server), "the server's");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void printed(void)
{
    SSL_SESSION *session = by_hand();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    section("SSL_SESSION_print");
    is(SSL_SESSION_print(bio, session), 1, "printed");
    long len = BIO_get_mem_data(bio, &text);
    for (char *p = text, *end; p < text + len && (end = memchr(p, '\n', (size_t)(text + len - p))); p = end + 1)
        show("%.*s", (int)(end - p), p);
    BIO_free(bio);
    bio = BIO_new(BIO_s_mem());
    is(SSL_SESSION_print_keylog(bio, session), 1, "for a key log");
    len = BIO_get_mem_data(bio, &text);
    show("%.*s", (int)len - 1, text);
    BIO_free(bio);
    SSL_SESSION_free(session);
}

int main(void)
{
    made();
    damaged();
    followed();
    pem();
    printed();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        real(0);
        real(1);
    }
    return finish();
}
