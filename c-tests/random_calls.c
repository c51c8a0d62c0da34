/*
 * Random sequences of calls on both ends of a connection, from fixed seeds: what each call returns must be the same on libcarnet as on
 * libssl. Only what RFC 8446 leaves to the library (when exactly an answer goes out) is kept out of the sequences.
 */
#include "harness.h"

static uint64_t state;

static unsigned pick(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

static SSL_CTX *client, *server;
static char bytes[70000];

struct end {
    SSL *ssl;
    const char *name;
    size_t written, read; /* totals, to know what must come */
};

static unsigned char expected(size_t at)
{
    return (unsigned char)(at * 7 + (at >> 9));
}

static void do_write(struct end *e)
{
    static const int sizes[] = {1, 2, 5, 100, 1000, 16383, 16384, 16385, 40000, 65000};
    int len = sizes[pick(10)];
    for (int i = 0; i < len; i++)
        bytes[i] = (char)expected(e->written + (size_t)i);
    int r = SSL_write(e->ssl, bytes, len);
    show("%s writes %d: %s", e->name, len, outcome(e->ssl, r));
    if (r > 0)
        e->written += (size_t)r;
}

static void do_read(struct end *e, int peek)
{
    static const int sizes[] = {1, 3, 64, 1000, 16384, 30000};
    static char in[30000];
    int len = sizes[pick(6)];
    int r = peek ? SSL_peek(e->ssl, in, len) : SSL_read(e->ssl, in, len), wrong = 0;
    for (int i = 0; i < r; i++)
        wrong |= (unsigned char)in[i] != expected(e->read + (size_t)i);
    show("%s %s %d: %s%s", e->name, peek ? "peeks" : "reads", len, outcome(e->ssl, r), wrong ? " WRONG BYTES" : "");
    if (!peek && r > 0)
        e->read += (size_t)r;
    show("   pending %d", SSL_pending(e->ssl));
}

static void do_other(struct end *e, struct end *other)
{
    int r;
    switch (pick(5)) {
    case 0:
        r = SSL_key_update(e->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
        show("%s updates its key: %d", e->name, r);
        ERR_clear_error();
        break;
    case 1:
        r = SSL_new_session_ticket(e->ssl);
        show("%s makes a ticket: %d", e->name, r);
        break;
    case 2:
        r = SSL_do_handshake(e->ssl);
        show("%s handshakes: %s", e->name, outcome(e->ssl, r));
        break;
    case 3:
        show("%s: shutdown %d, in init %d", e->name, SSL_get_shutdown(e->ssl), SSL_in_init(e->ssl));
        break;
    case 4:
        show("%s has read %zu of %zu", e->name, e->read, other->written);
        break;
    }
}

static void sequence(unsigned seed, int length)
{
    struct pair pair = join_memory(client, server);
    struct end ends[2] = {{pair.client, "client", 0, 0}, {pair.server, "server", 0, 0}};
    state = seed * 2654435761u + 88172645463325252u;
    section("seed %u", seed);
    shake(&pair);
    settle(&pair);
    if (pick(3) == 0)
        SSL_set_mode(pair.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (pick(3) == 0)
        SSL_set_max_send_fragment(pair.server, 1000);
    for (int i = 0; i < length; i++) {
        struct end *e = &ends[pick(2)], *other = e == &ends[0] ? &ends[1] : &ends[0];
        unsigned what = pick(24);
        if (what >= 20) { /* what was written so far travels */
            carry(e->ssl, other->ssl);
            continue;
        }
        if (what < 8)
            do_write(e);
        else if (what < 15)
            do_read(e, 0);
        else if (what < 17)
            do_read(e, 1);
        else
            do_other(e, other);
    }
    /* the end: everything that was written arrives */
    for (int i = 0; i < 2000; i++)
        for (int side = 0; side < 2; side++) {
            carry(pair.client, pair.server);
            carry(pair.server, pair.client);
            static char in[20000];
            int r = SSL_read(ends[side].ssl, in, sizeof in);
            if (r > 0)
                ends[side].read += (size_t)r;
            ERR_clear_error();
        }
    is((long)(ends[0].read - ends[1].written), 0, "seed %u: the client has read all", seed);
    is((long)(ends[1].read - ends[0].written), 0, "seed %u: the server has read all", seed);
    if (pick(2))
        SSL_shutdown(pair.client);
    part(&pair);
}

int main(void)
{
    const int length = getenv("C_TESTS_SMALL") ? 30 : 200;
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        if (tls != TLS1_3_VERSION)
            continue; /* key updates and tickets on demand are half of it */
        client = new_client();
        server = new_server();
        for (unsigned seed = 1; seed <= 30; seed++)
            sequence(seed, length);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
