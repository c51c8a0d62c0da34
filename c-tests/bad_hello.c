/* ClientHellos that break RFC 8446, made by hand: which alert the server sends, and which reason it leaves. */
#include "harness.h"

struct bytes {
    unsigned char data[70000];
    size_t len;
};

static void add(struct bytes *to, const void *bytes, size_t len)
{
    memcpy(to->data + to->len, bytes, len);
    to->len += len;
}

static void add_number(struct bytes *to, size_t number, int width)
{
    for (int i = width - 1; i >= 0; i--)
        to->data[to->len++] = (unsigned char)(number >> 8 * i);
}

static void add_fill(struct bytes *to, int value, size_t len)
{
    memset(to->data + to->len, value, len);
    to->len += len;
}

/* What a ClientHello is made of; each test changes one thing. */
enum extension { VERSIONS, GROUPS, SHARES, SIGNATURES, MODES, EXTRA, NUM_EXTENSIONS };

struct hello {
    int legacy_version, session_id_len, compression_len, compression;
    const char *suites;
    size_t suites_len;
    struct {
        int type, twice, missing;
        const char *body;
        size_t len;
    } ext[NUM_EXTENSIONS];
    int short_by, long_by; /* the extensions' length is wrong by this */
    int rest;              /* bytes after the extensions */
    int no_extensions;
};

static char share[] = "\0\044\0\035\0\040................................";

static struct hello good(void)
{
    struct hello h = {.legacy_version = 0x303, .session_id_len = 32, .compression_len = 1};
    memset(share + 6, 9, 32);
    h.suites = "\x13\x01\x13\x02";
    h.suites_len = 4;
#define EXT(which, number, text)                                                                                       \
    h.ext[which].type = number, h.ext[which].body = text, h.ext[which].len = sizeof text - 1
    EXT(VERSIONS, 43, "\2\3\4");
    EXT(GROUPS, 10, "\0\4\0\035\0\027");
    EXT(SHARES, 51, share);
    EXT(SIGNATURES, 13, "\0\4\4\3\10\4");
    EXT(MODES, 45, "\1\1");
    h.ext[EXTRA].missing = 1;
    return h;
}

static void build(const struct hello *h, struct bytes *record)
{
    static struct bytes exts, body;
    exts.len = body.len = record->len = 0;
    for (int i = 0; i < NUM_EXTENSIONS; i++)
        for (int n = 0; n < 1 + h->ext[i].twice && !h->ext[i].missing; n++) {
            add_number(&exts, (size_t)h->ext[i].type, 2);
            add_number(&exts, h->ext[i].len, 2);
            add(&exts, h->ext[i].body, h->ext[i].len);
        }
    add_number(&body, (size_t)h->legacy_version, 2);
    add_fill(&body, 5, 32);
    add_number(&body, (size_t)h->session_id_len, 1);
    add_fill(&body, 6, (size_t)h->session_id_len);
    add_number(&body, h->suites_len, 2);
    add(&body, h->suites, h->suites_len);
    add_number(&body, (size_t)h->compression_len, 1);
    add_fill(&body, h->compression, (size_t)h->compression_len);
    if (!h->no_extensions) {
        add_number(&body, exts.len - (size_t)h->short_by + (size_t)h->long_by, 2);
        add(&body, exts.data, exts.len);
    }
    add_fill(&body, 0, (size_t)h->rest);
    add_number(record, 22, 1);
    add_number(record, 0x301, 2);
    add_number(record, body.len + 4, 2);
    add_number(record, 1, 1);
    add_number(record, body.len, 3);
    add(record, body.data, body.len);
}

static SSL_CTX *server;

/* What the server's answer is: an alert, a HelloRetryRequest or ServerHello, or nothing. */
static void answer(SSL *ssl, char *out, size_t room)
{
    static const unsigned char retry[] = {0xCF, 0x21, 0xAD, 0x74};
    unsigned char wire[20000];
    size_t n = take(ssl, wire, sizeof wire);
    if (n >= 7 && wire[0] == 21)
        snprintf(out, room, "alert %d %d", wire[5], wire[6]);
    else if (n > 15 && wire[0] == 22)
        snprintf(out, room, "%s", memcmp(wire + 11, retry, 4) ? "ServerHello" : "HelloRetryRequest");
    else
        snprintf(out, room, "%s", n ? "something else" : "nothing");
}

/* Where libssl's answer is not RFC 8446's, only libcarnet is judged: this is the alert it must send. */
static int rfc_alert;

static void feed(const char *what, const unsigned char *bytes, size_t len)
{
    SSL *ssl = SSL_new(server);
    char said[64];
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    put(ssl, bytes, len);
    int r = SSL_do_handshake(ssl);
    const char *result = outcome(ssl, r);
    answer(ssl, said, sizeof said);
    if (rfc_alert) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, rfc_alert < 0 ? "nothing" : "alert 2 %d", rfc_alert);
        carnet_ok(!strcmp(said, wanted), "%s: %s; %s, wanted %s", what, result, said, wanted);
    } else if (strstr(said, "alert") && !strstr(said, " 40") && !strstr(said, " 70")) {
        /* malformed in one way or another: the alert is what counts, and that there is a reason */
        ok(!strncmp(result, "-1 SSL (", 8) && strcmp(result, "-1 SSL (none)"), "%s: an error with a reason; %s", what,
           said);
    } else {
        show("%s: %s; %s", what, result, said);
    }
    rfc_alert = 0;
    SSL_free(ssl);
}

static void send_hello(const char *what, const struct hello *h)
{
    static struct bytes record;
    build(h, &record);
    feed(what, record.data, record.len);
}

static void hellos(void)
{
    struct hello h = good();
    section("hellos");
    send_hello("good", &h);
#define TRY(what, change)                                                                                              \
    h = good();                                                                                                        \
    change;                                                                                                            \
    send_hello(what, &h)
    TRY("legacy version 3.4", h.legacy_version = 0x304);
    TRY("legacy version 3.1", h.legacy_version = 0x301);
    TRY("session id of 33", h.session_id_len = 33);
    TRY("no session id", h.session_id_len = 0);
    rfc_alert = SSL_AD_DECODE_ERROR;
    TRY("no compression method", h.compression_len = 0);
    rfc_alert = SSL_AD_ILLEGAL_PARAMETER;
    TRY("compression 1", h.compression = 1);
    TRY("two compression methods", h.compression_len = 2);
    rfc_alert = SSL_AD_DECODE_ERROR;
    TRY("no suites", h.suites_len = 0);
    TRY("half a suite", h.suites_len = 3);
    TRY("an unknown suite", (h.suites = "\x13\x09", h.suites_len = 2));
    TRY("only TLS 1.2 suites", (h.suites = "\xc0\x2b\xc0\x2f", h.suites_len = 4));
    TRY("extensions one byte short", h.short_by = 1);
    TRY("extensions one byte long", h.long_by = 1);
    TRY("a byte after the extensions", h.rest = 1);
    TRY("no extensions", h.no_extensions = 1);
}

static void extensions(void)
{
    static const char *const names[] = {"supported_versions", "supported_groups", "key_share", "signature_algorithms",
                                        "psk_key_exchange_modes"};
    struct hello h;
    section("extensions");
    for (int i = 0; i < EXTRA; i++) {
        char what[64];
        h = good();
        h.ext[i].missing = 1;
        snprintf(what, sizeof what, "no %s", names[i]);
        send_hello(what, &h);
        h = good();
        h.ext[i].twice = 1;
        snprintf(what, sizeof what, "%s twice", names[i]);
        send_hello(what, &h);
        h = good();
        h.ext[i].len = 0;
        rfc_alert = i == VERSIONS ? SSL_AD_DECODE_ERROR : 0;
        snprintf(what, sizeof what, "%s empty", names[i]);
        send_hello(what, &h);
        h = good();
        h.ext[i].len--;
        rfc_alert = i == VERSIONS ? SSL_AD_DECODE_ERROR : 0;
        snprintf(what, sizeof what, "%s one byte short", names[i]);
        send_hello(what, &h);
    }
#define WITH(what, which, number, text)                                                                                \
    h = good();                                                                                                        \
    h.ext[which].missing = 0;                                                                                          \
    EXT(which, number, text);                                                                                          \
    send_hello(what, &h)
    WITH("an unknown extension", EXTRA, 0x1a1a, "grease");
    WITH("only an unknown version", VERSIONS, 43, "\2\3\5");
    rfc_alert = SSL_AD_DECODE_ERROR;
    WITH("an odd list of versions", VERSIONS, 43, "\3\3\4\3");
    WITH("share of an unknown group", SHARES, 51, "\0\5\x1a\x1a\0\1x");
    WITH("no share", SHARES, 51, "\0\0");
    WITH("an empty share", SHARES, 51, "\0\4\0\035\0\0");
    WITH("a short share", SHARES, 51, "\0\5\0\035\0\1x");
    WITH("a P-256 share that is not on the curve", SHARES, 51,
         "\0\105\0\027\0\101\4................................................................");
    WITH("no group in common", GROUPS, 10, "\0\2\x1a\x1a");
    WITH("an odd list of groups", GROUPS, 10, "\0\3\0\035\0");
    WITH("no signature algorithm in common", SIGNATURES, 13, "\0\2\1\1");
    WITH("an empty list of signature algorithms", SIGNATURES, 13, "\0\0");
    WITH("an empty server name", EXTRA, 0, "");
    WITH("a server name with a zero in it", EXTRA, 0, "\0\7\0\0\4a\0bc");
    WITH("a server name of unknown type", EXTRA, 0, "\0\6\1\0\3abc");
    WITH("an empty ALPN list", EXTRA, 16, "\0\0");
    WITH("an ALPN list with an empty name", EXTRA, 16, "\0\1\0");
    rfc_alert = SSL_AD_DECODE_ERROR;
    WITH("a PSK without binders", EXTRA, 41, "\0\7\0\1x\0\0\0\0");
    WITH("a PSK with an empty identity", EXTRA, 41, "\0\6\0\0\0\0\0\0\0\041\040................................");
    rfc_alert = SSL_AD_DECODE_ERROR;
    WITH("a PSK with a short binder", EXTRA, 41, "\0\7\0\1x\0\0\0\0\0\2\1b");
    WITH("an unknown PSK", EXTRA, 41, "\0\7\0\1x\0\0\0\0\0\041\040................................");
    WITH("early data without a PSK", EXTRA, 42, "");
    WITH("a cookie that nobody gave", EXTRA, 44, "\0\3abc");
    WITH("post_handshake_auth with a body", EXTRA, 49, "x");
}

static void records(void)
{
    static struct bytes r;
    struct hello h = good();
    section("records");
    feed("an HTTP request", (const unsigned char *)"GET / HTTP/1.0\r\n\r\n", 18);
    feed("an HTTP proxy request", (const unsigned char *)"CONNECT a:443 HTTP/1.0\r\n\r\n", 26);
    feed("zeros", (const unsigned char *)"\0\0\0\0\0\0\0\0\0\0", 10);
    feed("letters", (const unsigned char *)"abcdefghijklmnop", 16);
    feed("an unknown record type", (const unsigned char *)"\x19\3\1\0\1x", 6);
    rfc_alert = SSL_AD_UNEXPECTED_MESSAGE;
    feed("a record of no bytes", (const unsigned char *)"\x16\3\1\0\0", 5);
    feed("a record that is too long", (const unsigned char *)"\x16\3\1\x48\1xxxxxxxx", 13);
    feed("a record of version 4", (const unsigned char *)"\x16\4\1\0\1x", 6);
    feed("application data first", (const unsigned char *)"\x17\3\3\0\1x", 6);
    feed("ChangeCipherSpec first", (const unsigned char *)"\x14\3\3\0\1\1", 6);
    feed("a wrong ChangeCipherSpec", (const unsigned char *)"\x14\3\3\0\1\2", 6);
    rfc_alert = -1;
    feed("a fatal alert first", (const unsigned char *)"\x15\3\3\0\2\2\50", 7);
    rfc_alert = -1;
    feed("a warning alert first", (const unsigned char *)"\x15\3\3\0\2\1\132", 7);
    rfc_alert = -1;
    feed("close_notify first", (const unsigned char *)"\x15\3\3\0\2\1\0", 7);
    feed("half an alert", (const unsigned char *)"\x15\3\3\0\1\2", 6);
    feed("a ServerHello to a server", (const unsigned char *)"\x16\3\3\0\4\2\0\0\0", 9);
    feed("a Finished first", (const unsigned char *)"\x16\3\3\0\4\x14\0\0\0", 9);
    feed("an empty ClientHello", (const unsigned char *)"\x16\3\1\0\4\1\0\0\0", 9);
    feed("a ClientHello of 16 MiB", (const unsigned char *)"\x16\3\1\0\4\1\xff\xff\xff", 9);
    feed("an unknown message", (const unsigned char *)"\x16\3\1\0\4\x63\0\0\0", 9);

    build(&h, &r);
    add(&r,
        "\x17\3\3\0\x15"
        "aaaaaaaaaaaaaaaaaaaaa",
        26);
    feed("a good ClientHello and then junk", r.data, r.len);
    build(&h, &r);
    add(&r, r.data, r.len);
    feed("two ClientHellos", r.data, r.len);
    build(&h, &r);
    feed("cut in the middle", r.data, r.len / 2);
}

/* The same good ClientHello in pieces: one byte of content a record, one byte of the transport a call. */
static void fragments(void)
{
    static struct bytes whole, pieces;
    struct hello h = good();
    section("fragments");
    build(&h, &whole);
    pieces.len = 0;
    for (size_t i = 5; i < whole.len; i++) {
        add(&pieces, "\x16\3\1\0\1", 5);
        add(&pieces, whole.data + i, 1);
    }
    feed("a record a byte", pieces.data, pieces.len);

    SSL *ssl = SSL_new(server);
    char said[64];
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    int waits = 0;
    for (size_t i = 0; i < whole.len; i++) {
        put(ssl, whole.data + i, 1);
        int r = SSL_do_handshake(ssl);
        waits += SSL_get_error(ssl, r) == SSL_ERROR_WANT_READ;
    }
    answer(ssl, said, sizeof said);
    ok(waits == (int)whole.len, "asks for more after every byte");
    is_text(said, "ServerHello", "and answers");
    SSL_free(ssl);
}

int main(void)
{
    SSL_CTX *client = new_client();
    server = new_server();
    hellos();
    extensions();
    records();
    fragments();
    SSL_SESSION_free(visit(client, server, NULL));
    is(visited.done, 1, "after all this, the next connection works");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    return finish();
}
