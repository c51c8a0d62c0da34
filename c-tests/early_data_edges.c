/*
 * SSL_read_early_data(3) where it meets something else: a server that speaks TLS 1.2 only, reads that come too soon, modes, key
 * logs, records in many pieces, and how much refused early data a server puts up with.
 */
#include "harness.h"

static SSL_CTX *client, *server;
static SSL_SESSION *session;

static void contexts(void)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_max_early_data(server, 20000);
    SSL_CTX_set_recv_max_early_data(server, 20000);
    SSL_CTX_set_options(server, SSL_OP_NO_ANTI_REPLAY);
    session = visit(client, server, NULL);
}

static void done(void)
{
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static struct pair early_pair(struct pair pair)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    return pair;
}

static int write_early(SSL *ssl, const char *data, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    int result = SSL_write_early_data(ssl, data, len, &n);
    show("   wrote: %s, %zu", outcome(ssl, result), result == 1 ? n : 0);
    return result;
}

/* All that comes early, and what came last. */
static int read_early(SSL *ssl, size_t room)
{
    static char got[40000];
    size_t n = 0, all = 0;
    int result, pieces = 0;
    ERR_clear_error();
    while ((result = SSL_read_early_data(ssl, got, room, &n)) == SSL_READ_EARLY_DATA_SUCCESS) {
        all += n;
        pieces++;
    }
    show("   read: %zu in %d pieces, then %s", all, pieces, result == SSL_READ_EARLY_DATA_FINISH ? "FINISH" : outcome(ssl, 0));
    return result;
}

static void read_call(SSL *ssl, const char *who)
{
    char got[100] = "";
    ERR_clear_error();
    int n = SSL_read(ssl, got, sizeof got - 1);
    show("   %s SSL_read: %s \"%s\", in init %d, %s", who, outcome(ssl, n), got, SSL_in_init(ssl) != 0,
         SSL_state_string_long(ssl));
}

static void too_soon(void)
{
    section("reads before there is an answer");
    contexts();
    struct pair pair = early_pair(join(client, server));
    write_early(pair.client, "one", 3);
    read_call(pair.client, "client");
    read_call(pair.client, "client");
    write_early(pair.client, "two", 3);
    read_early(pair.server, 100);
    /* What libssl writes now is in a record of the wrong type. */
    if (on_carnet) {
        char got[10];
        size_t n = 0;
        carnet_ok(SSL_write_early_data(pair.client, "three", 5, &n) == 1 && n == 5, "more is written");
        carnet_ok(SSL_read_early_data(pair.server, got, sizeof got, &n) == SSL_READ_EARLY_DATA_SUCCESS && n == 5,
                  "and read");
        carnet_ok(shake(&pair), "handshake");
    }
    part(&pair);
    done();
}

/* A server that reads its client's early data as if it were data, and one that accepts before it has read all. */
static void not_read(void)
{
    section("SSL_read instead of SSL_read_early_data");
    contexts();
    struct pair pair = early_pair(join(client, server));
    char byte;
    size_t n;
    write_early(pair.client, "one and a half", 14);
    show("   first byte %d", SSL_read_early_data(pair.server, &byte, 1, &n));
    show("   pending %d", SSL_pending(pair.server));
    read_call(pair.server, "server");
    part(&pair);

    section("SSL_accept before all is read");
    pair = early_pair(join(client, server));
    write_early(pair.client, "one", 3);
    write_early(pair.client, "two", 3);
    show("   first %d", SSL_read_early_data(pair.server, &byte, 1, &n));
    int result = SSL_accept(pair.server);
    show("   SSL_accept: %s", outcome(pair.server, result));
    part(&pair);
    done();
}

static void older(void)
{
    section("TLS 1.2");
    contexts();
    struct pair pair = early_pair(join(client, server));
    SSL_set_min_proto_version(pair.client, TLS1_2_VERSION);
    SSL_set_min_proto_version(pair.server, TLS1_2_VERSION);
    SSL_set_max_proto_version(pair.server, TLS1_2_VERSION);
    write_early(pair.client, "one", 3);
    /* "A client that attempts to send 0-RTT data MUST fail a connection if it receives a ServerHello with TLS 1.2 or older"
     * (RFC 8446 appendix D.3). libssl leaves that to the server. */
    is(shake(&pair), 0, "early data to a server of TLS 1.2");
    carnet_ok(!strcmp(pair.client_half.reason, "unsupported protocol"), "the client refuses: %s", pair.client_half.reason);
    part(&pair);
    pair = join(client, server);
    SSL_set_min_proto_version(pair.client, TLS1_2_VERSION);
    SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
    SSL_set_min_proto_version(pair.server, TLS1_2_VERSION);
    for (int i = 0; i < 3; i++) {
        SSL_do_handshake(pair.client);
        if (read_early(pair.server, 100) == SSL_READ_EARLY_DATA_FINISH)
            break;
    }
    show("   %s, early data %d", SSL_get_version(pair.server), SSL_get_early_data_status(pair.server));
    ok(shake(&pair), "handshake");
    ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "more"), "data");
    part(&pair);
    done();
}

static void key_log(const SSL *ssl, const char *line)
{
    const char *end = strchr(line, ' ');
    show("      %s: %.*s", SSL_is_server(ssl) ? "server" : "client", (int)(end - line), line);
}

static void logged(void)
{
    section("key logs");
    contexts();
    SSL_CTX_set_keylog_callback(client, key_log);
    SSL_CTX_set_keylog_callback(server, key_log);
    struct pair pair = early_pair(join(client, server));
    write_early(pair.client, "one", 3);
    read_early(pair.server, 100);
    show_shake(&pair, "   handshake");
    part(&pair);
    done();
}

static void modes(void)
{
    static char much[20000];
    section("much of it, in several records");
    contexts();
    struct pair pair = early_pair(join(client, server));
    write_early(pair.client, much, sizeof much);
    read_early(pair.server, 40000);
    show_shake(&pair, "   handshake");
    part(&pair);
    pair = early_pair(join(client, server));
    SSL_set_mode(pair.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_max_send_fragment(pair.client, 512);
    SSL_set_read_ahead(pair.server, 1);
    write_early(pair.client, much, sizeof much);
    read_early(pair.server, 300);
    show_shake(&pair, "   handshake");
    part(&pair);
    done();

    section("in pieces of one byte");
    contexts();
    unsigned char bytes[4096];
    size_t n;
    char got[10];
    pair = early_pair(join_memory(client, server));
    write_early(pair.client, "one", 3);
    size_t len = take(pair.client, bytes, sizeof bytes);
    int result = SSL_READ_EARLY_DATA_ERROR, other = 0;
    for (size_t i = 0; i < len && result == SSL_READ_EARLY_DATA_ERROR; i++) {
        put(pair.server, bytes + i, 1);
        result = SSL_read_early_data(pair.server, got, sizeof got, &n);
        other += result == SSL_READ_EARLY_DATA_ERROR && SSL_get_error(pair.server, 0) != SSL_ERROR_WANT_READ;
    }
    show("   %d, %zu bytes, errors but waiting %d", result, n, other);
    carry(pair.server, pair.client);
    show_shake(&pair, "   handshake");
    part(&pair);
    done();
}

/* How much refused early data a server skips that reads none and takes `limit`. libssl allows 104 bytes more, and counts a byte
 * for each record. */
static int is_skipped(uint32_t limit, size_t all, size_t record)
{
    static char much[20000];
    size_t n;
    struct pair pair = early_pair(join(client, server));
    SSL_set_recv_max_early_data(pair.server, limit);
    if (SSL_write_early_data(pair.client, much, 0, &n) != 1)
        abort();
    for (size_t sent = 0; sent < all; sent += record)
        if (SSL_write_early_data(pair.client, much, all - sent < record ? all - sent : record, &n) != 1)
            abort();
    int good = shake(&pair);
    part(&pair);
    return good;
}

static void skipping(void)
{
    section("refused early data");
    contexts();
    is(is_skipped(1000, 1000, 16384), 1, "as much as it takes");
    is(is_skipped(1000, 1000, 100), 1, "in several records");
    is(is_skipped(0, 0, 1), 1, "none");
    is(is_skipped(0, 1, 1), 0, "one byte for a server that takes none");
    is(is_skipped(1000, 1200, 16384), 0, "too much");
    is(is_skipped(1000, 1200, 10), 0, "too much in several records");
    carnet_ok(!is_skipped(1000, 1001, 16384), "a byte too much");
    done();
}

/* What was read ahead is for the next call: this one says that there is no early data to be had. */
static void too_much_read_ahead(void)
{
    size_t n;
    char got[10];
    section("refused early data, read ahead and more than is skipped");
    contexts();
    struct pair pair = early_pair(join(client, server));
    SSL_set_read_ahead(pair.server, 1);
    SSL_set_max_early_data(pair.server, 0);
    SSL_set_recv_max_early_data(pair.server, 0);
    write_early(pair.client, "one", 3);
    show("   first %d", SSL_read_early_data(pair.server, got, sizeof got, &n));
    show("   early data %d", SSL_get_early_data_status(pair.server));
    int r = SSL_read(pair.server, got, sizeof got);
    show("   then %s", outcome(pair.server, r));
    part(&pair);
    done();
}

int main(void)
{
    too_soon();
    not_read();
    older();
    logged();
    modes();
    skipping();
    too_much_read_ahead();
    ok(1, "ran");
    return finish();
}
