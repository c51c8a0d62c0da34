/* SSL_key_update(3), SSL_get_key_update_type(3). TLS 1.3. */
#include "harness.h"

static int sent[2], got[2];

static void message_cb(int is_sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)version, (void)arg;
    if (type != SSL3_RT_HANDSHAKE || len < 5 || *(const unsigned char *)bytes != SSL3_MT_KEY_UPDATE)
        return;
    if (is_sent)
        sent[SSL_is_server(ssl)]++;
    else
        got[SSL_is_server(ssl)]++;
}

static SSL_CTX *client, *server;

static struct pair connected(void)
{
    struct pair pair = join(client, server);
    SSL_set_msg_callback(pair.client, message_cb);
    SSL_set_msg_callback(pair.server, message_cb);
    shake(&pair);
    settle(&pair);
    memset(sent, 0, sizeof sent);
    memset(got, 0, sizeof got);
    return pair;
}

static void counts(const char *what)
{
    show("%s: client sent %d got %d, server sent %d got %d", what, sent[0], got[0], sent[1], got[1]);
}

static void update(int by_server, int kind)
{
    struct pair pair = connected();
    SSL *one = by_server ? pair.server : pair.client, *two = by_server ? pair.client : pair.server;
    section("%s updates, %s", by_server ? "the server" : "the client", kind ? "the other too" : "alone");
    is(SSL_get_key_update_type(one), SSL_KEY_UPDATE_NONE, "nothing pending");
    is(SSL_key_update(one, kind), 1, "SSL_key_update");
    is(SSL_get_key_update_type(one), kind, "pending");
    counts("asked for");
    ok(say(one, two, "after"), "data under the new key");
    is(SSL_get_key_update_type(one), SSL_KEY_UPDATE_NONE, "nothing pending");
    counts("with the next write");
    ok(say(two, one, "answer"), "data the other way");
    counts("after the answer");
    for (int i = 0; i < 20; i++) {
        SSL_key_update(i % 2 ? one : two, i % 3 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        ok(say(one, two, "ping") && say(two, one, "pong"), "round %d", i);
    }
    counts("after twenty rounds");
    part(&pair);
}

static void by_handshake(void)
{
    struct pair pair = connected();
    section("driven by SSL_do_handshake");
    is(SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 1, "SSL_key_update");
    show("init %d, finished %d", SSL_in_init(pair.client), SSL_is_init_finished(pair.client));
    is(SSL_do_handshake(pair.client), 1, "SSL_do_handshake");
    counts("sent");
    settle(&pair);
    counts("the server answers when it reads or writes");
    is(SSL_do_handshake(pair.client), 1, "SSL_do_handshake with nothing to do");
    counts("nothing more");
    part(&pair);
}

/* Asking several times before anything is sent: one update. */
static void merged(void)
{
    struct pair pair = connected();
    section("asked for three times");
    for (int i = 0; i < 3; i++)
        show("%d", SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED));
    ok(say(pair.client, pair.server, "data"), "data");
    counts("then");
    part(&pair);
}

/* Both ask at the same time. */
static void crossing(void)
{
    struct pair pair = connected();
    section("both ask at once");
    SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED);
    SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED);
    is(SSL_write(pair.client, "from client", 11), 11, "client writes");
    is(SSL_write(pair.server, "from server", 11), 11, "server writes");
    settle(&pair);
    ok(say(pair.client, pair.server, "ping") && say(pair.server, pair.client, "pong"), "data both ways");
    counts("then");
    part(&pair);
}

/* Many updates of one side while the other only reads. */
static void one_sided(void)
{
    struct pair pair = connected();
    section("twenty requests while the other side only reads");
    for (int i = 0; i < 20; i++) {
        SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED);
        char byte;
        SSL_write(pair.client, "x", 1);
        if (SSL_read(pair.server, &byte, 1) != 1)
            show("round %d: nothing read (%s)", i, reason());
    }
    ok(say(pair.server, pair.client, "answer"), "the other side answers");
    show("client sent %d, server got %d", sent[0], got[1]);
    ok(sent[1] >= 1, "and has updated");
    part(&pair);
}

static void refused(void)
{
    struct pair pair = join(client, server);
    section("refused");
    is(SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 0, "before the handshake");
    show("%s", reason());
    ok(shake(&pair), "handshake");
    is(SSL_key_update(pair.client, 2), 0, "an unknown kind");
    show("%s", reason());
    is(SSL_key_update(pair.client, -1), 0, "no kind");
    show("%s", reason());
    part(&pair);

    static char big[300000];
    pair = connected();
    int r = SSL_write(pair.client, big, sizeof big);
    show("a write is pending: %s", outcome(pair.client, r));
    is(SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 0, "in the middle of a write");
    show("%s", reason());
    part(&pair);
}

int main(void)
{
    client = new_client();
    server = new_server();
    for (int side = 0; side < 2; side++) {
        update(side, SSL_KEY_UPDATE_NOT_REQUESTED);
        update(side, SSL_KEY_UPDATE_REQUESTED);
    }
    by_handshake();
    merged();
    crossing();
    one_sided();
    refused();
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    return finish();
}
