/* Large transfers in both directions at once, in odd pieces. The size is a quarter under valgrind's patience. */
#include "harness.h"

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i ^ i >> 8 ^ i >> 16 ^ i >> 24);
}

struct stream {
    SSL *from, *to;
    size_t sent, received, chunk, room;
    int wrong;
    unsigned char out[70000], in[70000];
};

static void pump(struct stream *s, size_t all)
{
    size_t n = 0, len = all - s->sent < s->chunk ? all - s->sent : s->chunk;
    if (len > 0) {
        for (size_t i = 0; i < len; i++)
            s->out[i] = pattern(s->sent + i);
        if (SSL_write_ex(s->from, s->out, len, &n))
            s->sent += n;
        else if (SSL_get_error(s->from, 0) != SSL_ERROR_WANT_WRITE)
            s->wrong = 1;
    }
    while (SSL_read_ex(s->to, s->in, s->room, &n)) {
        for (size_t i = 0; i < n; i++)
            s->wrong |= s->in[i] != pattern(s->received + i);
        s->received += n;
    }
    if (SSL_get_error(s->to, 0) != SSL_ERROR_WANT_READ)
        s->wrong = 1;
}

static void transfer(const char *suite, size_t all, size_t chunk, size_t room, int read_ahead)
{
    SSL_CTX *client = new_client(), *server = new_server();
    static struct stream up, down;
    if (suite)
        SSL_CTX_set_ciphersuites(client, suite);
    SSL_CTX_set_mode(client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_read_ahead(client, read_ahead);
    SSL_CTX_set_read_ahead(server, read_ahead);
    struct pair pair = join(client, server);
    ok(shake(&pair), "handshake");
    memset(&up, 0, sizeof up);
    memset(&down, 0, sizeof down);
    up.from = down.to = pair.client;
    up.to = down.from = pair.server;
    up.chunk = down.room = chunk;
    down.chunk = up.room = room;
    for (long i = 0; i < 10000000 && (up.received < all || down.received < all) && !up.wrong && !down.wrong; i++) {
        pump(&up, all);
        pump(&down, all);
        if (i % 200 == 100 && tls == TLS1_3_VERSION && SSL_get_key_update_type(pair.client) == SSL_KEY_UPDATE_NONE)
            SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED);
        ERR_clear_error();
    }
    is((long)up.received, (long)all, "%s: up, in pieces of %zu", SSL_get_cipher_name(pair.client), chunk);
    is((long)down.received, (long)all, "%s: down, in pieces of %zu", SSL_get_cipher_name(pair.client), room);
    ok(!up.wrong && !down.wrong, "not a byte was wrong");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    const char *scale = getenv("C_TESTS_SMALL");
    const size_t mib = scale ? 1 << 14 : 1 << 20;
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        section("%s", tls_name());
        transfer(NULL, 64 * mib, 65521, 16384, 0);
        transfer("TLS_AES_128_GCM_SHA256", 8 * mib, 12289, 7, 0);
        transfer("TLS_CHACHA20_POLY1305_SHA256", 8 * mib, 16385, 4099, 1);
        transfer("TLS_AES_256_GCM_SHA384", mib, 1, 16383, 1);
        transfer("TLS_AES_128_GCM_SHA256", mib, 100, 101, 0);
    }
    return finish();
}
