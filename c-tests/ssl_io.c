/* SSL_read(3), SSL_write(3), SSL_pending(3), SSL_CTX_set_mode(3): data. */
#include "harness.h"

static SSL_CTX *client, *server;

static struct pair connected(void)
{
    struct pair pair = join(client, server);
    if (!shake(&pair))
        show("no handshake: %s, %s", pair.client_half.reason, pair.server_half.reason);
    settle(&pair);
    return pair;
}

static void reading(void)
{
    struct pair pair = connected();
    char got[64] = "";
    size_t n = 99;
    int r;
    section("%s, read, peek, pending", tls_name());
    r = SSL_read(pair.server, got, sizeof got);
    show("nothing there: %s", outcome(pair.server, r));
    is(SSL_read_ex(pair.server, got, sizeof got, &n), 0, "SSL_read_ex of nothing");
    show("want %d, retry in the BIO %d", SSL_want(pair.server), BIO_should_retry(SSL_get_rbio(pair.server)) != 0);
    SSL_write(pair.client, "0123456789", 10);
    show("before reading: pending %d, has pending %d", SSL_pending(pair.server), SSL_has_pending(pair.server));
    is(SSL_peek(pair.server, got, 4), 4, "SSL_peek of 4");
    is_text(got, "0123", "peeked");
    is(SSL_pending(pair.server), 10, "all still pending");
    is(SSL_has_pending(pair.server), 1, "has pending");
    is(SSL_peek_ex(pair.server, got, sizeof got, &n), 1, "SSL_peek_ex");
    is((long)n, 10, "all peeked");
    memset(got, 0, sizeof got);
    is(SSL_read(pair.server, got, 3), 3, "SSL_read of 3");
    is_text(got, "012", "content");
    is(SSL_pending(pair.server), 7, "the rest is pending");
    r = SSL_read(pair.server, got, 0);
    show("SSL_read of 0 bytes: %s", outcome(pair.server, r));
    r = SSL_read_ex(pair.server, got, 0, &n);
    show("SSL_read_ex of 0 bytes: %s", outcome(pair.server, r));
    r = SSL_read(pair.server, got, -1);
    show("SSL_read of -1 bytes: %d (%s)", r, reason());
    r = SSL_write(pair.server, got, -1);
    show("SSL_write of -1 bytes: %d (%s)", r, reason());
    is(SSL_read_ex(pair.server, got, sizeof got, &n), 1, "SSL_read_ex");
    is((long)n, 7, "the rest");
    is(SSL_pending(pair.server), 0, "nothing left");
    part(&pair);
}

/* Records don't run together: one SSL_read gives bytes of one record at most, unless it asks for less. */
static void records(void)
{
    struct pair pair = connected();
    char got[100];
    section("%s, records", tls_name());
    SSL_write(pair.client, "first", 5);
    SSL_write(pair.client, "second", 6);
    SSL_write(pair.client, "third", 5);
    is(SSL_read(pair.server, got, sizeof got), 5, "first");
    is(SSL_read(pair.server, got, sizeof got), 6, "second");
    is(SSL_read(pair.server, got, sizeof got), 5, "third");
    SSL_set_read_ahead(pair.server, 1);
    is(SSL_get_read_ahead(pair.server), 1, "read ahead");
    SSL_write(pair.client, "first", 5);
    SSL_write(pair.client, "second", 6);
    is(SSL_read(pair.server, got, sizeof got), 5, "first");
    show("then: pending %d, has pending %d", SSL_pending(pair.server), SSL_has_pending(pair.server));
    is(SSL_read(pair.server, got, sizeof got), 6, "second");
    show("then: pending %d, has pending %d", SSL_pending(pair.server), SSL_has_pending(pair.server));
    part(&pair);
}

static long count;

static void tally_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)version, (void)bytes, (void)len, (void)ssl, (void)arg;
    count += sent && type == SSL3_RT_HEADER;
}

static void large(void)
{
    static const int fragments[] = {512, 1000, 4096, 16384};
    static char out[100000], in[100000];
    section("%s, a large write becomes records", tls_name());
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 7);
    for (size_t f = 0; f < sizeof fragments / sizeof fragments[0]; f++) {
        struct pair pair = connected();
        int all = 0, r;
        is(SSL_set_max_send_fragment(pair.client, fragments[f]), 1, "max_send_fragment %d", fragments[f]);
        SSL_set_msg_callback(pair.client, tally_cb);
        count = 0;
        is(SSL_write(pair.client, out, sizeof out), sizeof out, "100000 bytes");
        is(count, (long)(sizeof out + (size_t)fragments[f] - 1) / fragments[f], "records");
        while (all < (int)sizeof in && (r = SSL_read(pair.server, in + all, (int)sizeof in - all)) > 0)
            all += r;
        ok(all == sizeof in && !memcmp(in, out, sizeof in), "the same bytes");
        part(&pair);
    }
    struct pair pair = connected();
    is(SSL_set_max_send_fragment(pair.client, 511), 0, "max_send_fragment 511");
    is(SSL_set_max_send_fragment(pair.client, 16385), 0, "max_send_fragment 16385");
    part(&pair);
    show("%s", reason());
}

static char big[400000];

/* Empties the pipe. */
static long drink(SSL *ssl)
{
    static char in[20000];
    long all = 0;
    for (int r; (r = SSL_read(ssl, in, sizeof in)) > 0;)
        all += r;
    return all;
}

/* What may change when a write is repeated: without a mode, nothing. */
static void retries(void)
{
    struct pair pair = connected();
    static char moved[sizeof big];
    long got;
    int r;
    section("%s, repeating a write", tls_name());
    memset(big, 'b', sizeof big);
    memcpy(moved, big, sizeof moved);
    r = SSL_write(pair.client, big, sizeof big);
    show("more than the pipe holds: %s", outcome(pair.client, r));
    show("want write %d", SSL_want_write(pair.client));
    r = SSL_write(pair.client, big, 5);
    show("repeated with less: %s", outcome(pair.client, r));
    part(&pair);

    pair = connected();
    SSL_write(pair.client, big, sizeof big);
    drink(pair.server);
    r = SSL_write(pair.client, moved, sizeof moved);
    show("repeated from elsewhere: %s", outcome(pair.client, r));
    part(&pair);

    pair = connected();
    SSL_write(pair.client, big, sizeof big);
    got = 0;
    SSL_set_mode(pair.client, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    r = 0;
    for (int i = 0; i < 100 && r <= 0; i++) {
        r = SSL_write(pair.client, moved, sizeof moved);
        got += drink(pair.server);
    }
    show("from elsewhere with the mode: %s", outcome(pair.client, r));
    is(got, sizeof big, "all has come, once");
    part(&pair);
}

static void modes(void)
{
    struct pair pair = connected();
    long got;
    int r;
    section("%s, modes", tls_name());
    show("modes at first: %ld", SSL_get_mode(pair.client));
    SSL_set_mode(pair.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    r = SSL_write(pair.client, big, sizeof big);
    ok(r > 0 && r < (int)sizeof big && r % 16384 == 0, "partial write: some whole records");
    got = r;
    for (int i = 0; i < 100 && got < (long)sizeof big; i++) {
        r = SSL_write(pair.client, big + got, (int)((long)sizeof big - got));
        if (r > 0)
            got += r;
        else
            drink(pair.server);
    }
    is(got, sizeof big, "the rest");
    drink(pair.server);
    SSL_clear_mode(pair.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    show("modes at last: %ld", SSL_get_mode(pair.client));
    ok(say(pair.client, pair.server, "hello"), "data");
    part(&pair);
}

/* 0-byte writes: SSL_write_ex succeeds. */
static void nothing(void)
{
    struct pair pair = connected();
    size_t n = 5;
    char got[8];
    section("%s, writing nothing", tls_name());
    is(SSL_write_ex(pair.client, "", 0, &n), 1, "SSL_write_ex of 0 bytes");
    is((long)n, 0, "written");
    is(SSL_write(pair.client, "", 0), 0, "SSL_write of 0 bytes");
    int r = SSL_read(pair.server, got, sizeof got);
    show("the other side: %s", outcome(pair.server, r));
    is(SSL_write_ex(pair.client, "x", 1, &n), 1, "something");
    is(SSL_read_ex(pair.server, got, sizeof got, &n), 1, "arrives");
    part(&pair);
}

/* Reading and writing before the handshake is done does the handshake. */
static void implicit(void)
{
    struct pair pair = join(client, server);
    char got[8] = "";
    int r = 0, w = 0;
    section("%s, read and write do the handshake", tls_name());
    for (int i = 0; i < 10 && (r <= 0 || w <= 0); i++) {
        if (w <= 0)
            w = SSL_write(pair.client, "hi", 2);
        if (r <= 0)
            r = SSL_read(pair.server, got, sizeof got);
    }
    is(w, 2, "SSL_write");
    is(r, 2, "SSL_read");
    is_text(got, "hi", "content");
    ok(SSL_is_init_finished(pair.client) && SSL_is_init_finished(pair.server), "done");
    part(&pair);
}

static void renegotiation(void)
{
    struct pair pair = connected();
    section("%s, renegotiation", tls_name());
    if (tls == TLS1_3_VERSION) {
        is(SSL_renegotiate(pair.client), 0, "SSL_renegotiate");
        show("%s", reason());
        is(SSL_renegotiate_abbreviated(pair.client), 0, "SSL_renegotiate_abbreviated");
        show("%s", reason());
    }
    show("pending %d, secure support %ld", SSL_renegotiate_pending(pair.client),
         SSL_get_secure_renegotiation_support(pair.client));
    ok(say(pair.client, pair.server, "hello"), "data goes on");
    part(&pair);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        reading();
        records();
        large();
        retries();
        modes();
        nothing();
        implicit();
        renegotiation();
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
