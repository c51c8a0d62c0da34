/*
 * SSL_read_early_data(3), SSL_write_early_data(3): what every call says at every stage, on both sides; early data and answers to
 * it in turn; BIOs that are full. TLS 1.3.
 */
#include "harness.h"

static SSL_CTX *client, *server;
static SSL_SESSION *session;
static uint64_t moment;

static void contexts(void)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_max_early_data(server, 1000);
    SSL_CTX_set_options(server, SSL_OP_NO_ANTI_REPLAY);
    session = visit(client, server, NULL);
}

static void done(void)
{
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static struct pair early_pair(void)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    return pair;
}

static void show_state(const char *who, SSL *ssl)
{
    show("      %s: in init %d, before %d, finished %d, %s, early data %d, version %s", who, SSL_in_init(ssl) != 0,
         SSL_in_before(ssl) != 0, SSL_is_init_finished(ssl) != 0, SSL_state_string_long(ssl),
         SSL_get_early_data_status(ssl), SSL_get_version(ssl));
}

/* One call, what it came to, and the state after it. */
static int call_write_early(SSL *ssl, const char *text)
{
    size_t n = 77;
    ERR_clear_error();
    int result = SSL_write_early_data(ssl, text, strlen(text), &n);
    show("   %llu %s SSL_write_early_data: %s, %zu", (unsigned long long)++moment, SSL_is_server(ssl) ? "server" : "client",
         outcome(ssl, result), result == 1 ? n : 0);
    show_state(SSL_is_server(ssl) ? "server" : "client", ssl);
    return result;
}

static int call_read_early(SSL *ssl)
{
    char buffer[100];
    size_t n = 77;
    ERR_clear_error();
    int result = SSL_read_early_data(ssl, buffer, sizeof buffer, &n);
    const char *name = result == SSL_READ_EARLY_DATA_SUCCESS ? "SUCCESS" : result ? "FINISH" : "ERROR";
    show("   %llu %s SSL_read_early_data: %s, %s, \"%.*s\"", (unsigned long long)++moment,
         SSL_is_server(ssl) ? "server" : "client", name, result ? "no error" : outcome(ssl, 0),
         result == SSL_READ_EARLY_DATA_SUCCESS ? (int)n : 0, buffer);
    show_state(SSL_is_server(ssl) ? "server" : "client", ssl);
    return result;
}

static int call(SSL *ssl, const char *what)
{
    char buffer[100] = "";
    int result = -9;
    ERR_clear_error();
    if (!strcmp(what, "read"))
        result = SSL_read(ssl, buffer, sizeof buffer - 1);
    else if (!strcmp(what, "peek"))
        result = SSL_peek(ssl, buffer, sizeof buffer - 1);
    else if (!strcmp(what, "write"))
        result = SSL_write(ssl, "written", 7);
    else if (!strcmp(what, "shutdown"))
        result = SSL_shutdown(ssl);
    else if (!strcmp(what, "connect"))
        result = SSL_connect(ssl);
    else if (!strcmp(what, "accept"))
        result = SSL_accept(ssl);
    else if (!strcmp(what, "handshake"))
        result = SSL_do_handshake(ssl);
    show("   %llu %s SSL_%s: %s%s%s", (unsigned long long)++moment, SSL_is_server(ssl) ? "server" : "client", what,
         outcome(ssl, result), buffer[0] ? " " : "", buffer);
    show_state(SSL_is_server(ssl) ? "server" : "client", ssl);
    return result;
}

static int use_nothing(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **psk)
{
    (void)ssl, (void)md, (void)id, (void)len;
    *psk = NULL;
    return 1;
}

static void before(void)
{
    section("before anything");
    contexts();
    SSL *ssl = SSL_new(client);
    call_write_early(ssl, "early");
    call_read_early(ssl);
    SSL_free(ssl);
    ssl = SSL_new(server);
    call_write_early(ssl, "early");
    call_read_early(ssl);
    SSL_free(ssl);
    struct pair pair = join(client, server);
    call_read_early(pair.client);
    call_write_early(pair.client, "early");
    call_write_early(pair.server, "early");
    call_read_early(pair.server);
    call_write_early(pair.server, "early");
    show_shake(&pair, "then");
    part(&pair);
    done();
}

static void in_turn(void)
{
    section("in turn");
    contexts();
    struct pair pair = early_pair();
    call_write_early(pair.client, "one");
    call_write_early(pair.client, "two");
    call_read_early(pair.client);
    call_read_early(pair.server);
    call_write_early(pair.server, "answer to one");
    call(pair.client, "read");
    call(pair.client, "read");
    call_read_early(pair.server);
    call_read_early(pair.server);
    call_write_early(pair.server, "answer to two");
    call_write_early(pair.client, "three");
    call(pair.client, "peek");
    call(pair.client, "read");
    call_read_early(pair.server);
    call(pair.client, "handshake");
    call_write_early(pair.client, "late");
    call_write_early(pair.server, "answer to three");
    call_read_early(pair.server);
    call_write_early(pair.server, "after the end");
    call_read_early(pair.server);
    call(pair.client, "read");
    call(pair.client, "read");
    call(pair.server, "handshake");
    call_write_early(pair.server, "after the handshake");
    call_read_early(pair.server);
    call_write_early(pair.client, "after the handshake");
    call(pair.client, "read");
    ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "more"), "data");
    part(&pair);
    done();
}

/* The end of early data comes apart from the client's Finished. */
static void end_without_finished(void)
{
    unsigned char bytes[4096];
    section("the end of early data, byte by byte");
    contexts();
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    struct pair pair = join_memory(client, server);
    SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    call_write_early(pair.client, "one");
    carry(pair.client, pair.server);
    call_read_early(pair.server);
    call_read_early(pair.server);
    carry(pair.server, pair.client);
    call(pair.client, "handshake");
    size_t len = take(pair.client, bytes, sizeof bytes);
    int result = SSL_READ_EARLY_DATA_ERROR;
    char buffer[10];
    size_t n, finished_at = 0;
    for (size_t i = 0; i < len && result != SSL_READ_EARLY_DATA_FINISH; i++) {
        put(pair.server, bytes + i, 1);
        result = SSL_read_early_data(pair.server, buffer, sizeof buffer, &n);
        finished_at = i + 1;
    }
    show("   FINISH %d, before the last byte %d", result == SSL_READ_EARLY_DATA_FINISH, finished_at < len);
    show_state("server", pair.server);
    call_write_early(pair.server, "before Finished");
    put(pair.server, bytes + finished_at, len - finished_at);
    call(pair.server, "accept");
    carry(pair.server, pair.client);
    call(pair.client, "read");
    part(&pair);
    done();
}

static void wrong_side_of_it(void)
{
    section("SSL_read and SSL_write in the middle");
    contexts();
    struct pair pair = early_pair();
    call_read_early(pair.server);
    call(pair.server, "read");
    call(pair.server, "write");
    call(pair.server, "accept");
    call_read_early(pair.server);
    call_write_early(pair.client, "one");
    call_read_early(pair.server);
    call(pair.server, "write");
    call_read_early(pair.server);
    call(pair.client, "write");
    call_write_early(pair.client, "late");
    call_read_early(pair.server);
    call(pair.server, "read");
    call(pair.client, "read");
    part(&pair);

    section("SSL_write at once after early data");
    pair = early_pair();
    call_write_early(pair.client, "one");
    call(pair.client, "write");
    call_write_early(pair.client, "late");
    call_read_early(pair.server);
    call(pair.client, "write");
    call_read_early(pair.server);
    call(pair.server, "read");
    part(&pair);

    section("SSL_connect before it");
    pair = early_pair();
    call(pair.client, "connect");
    call_write_early(pair.client, "late");
    call(pair.server, "accept");
    call_read_early(pair.server);
    call(pair.client, "connect");
    call(pair.server, "accept");
    part(&pair);
    done();
}

static void rejected(void)
{
    section("rejected");
    contexts();
    struct pair pair = early_pair();
    call_write_early(pair.client, "one");
    call(pair.server, "accept");
    call_read_early(pair.server);
    call(pair.client, "read");
    call_write_early(pair.client, "two");
    call(pair.client, "connect");
    call_write_early(pair.client, "three");
    call(pair.server, "accept");
    ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "more"), "data");
    part(&pair);

    section("rejected, and the server writes at once");
    SSL_CTX_set_max_early_data(server, 0);
    pair = early_pair();
    call_write_early(pair.client, "one");
    call_read_early(pair.server);
    call_write_early(pair.server, "hello");
    call(pair.client, "read");
    call(pair.client, "write");
    call(pair.server, "read");
    part(&pair);
    done();
}

static void closing(void)
{
    section("SSL_shutdown in the middle");
    contexts();
    struct pair pair = early_pair();
    call_write_early(pair.client, "one");
    call(pair.client, "shutdown");
    call_read_early(pair.server);
    call_read_early(pair.server);
    part(&pair);
    pair = early_pair();
    call_write_early(pair.client, "one");
    call_read_early(pair.server);
    call(pair.server, "shutdown");
    call(pair.client, "read");
    part(&pair);
    done();
}

/* BIOs that hold a few bytes only. */
static void full(void)
{
    char much[600], got[600];
    size_t n, all = 0;
    int blocked = 0, result, stage = 0;
    section("a BIO that is full");
    contexts();
    memset(much, 'm', sizeof much);
    struct pair pair = early_pair();
    BIO *a = NULL, *b = NULL;
    BIO_new_bio_pair(&a, 100, &b, 1 << 16);
    SSL_set_bio(pair.client, a, a);
    SSL_set_bio(pair.server, b, b);
    for (int i = 0; i < 200 && stage < 2; i++) {
        if (stage == 0) {
            n = 77;
            result = SSL_write_early_data(pair.client, much, sizeof much, &n);
            if (result == 1) {
                is((long)n, sizeof much, "written");
                stage = 1;
            } else if (SSL_get_error(pair.client, result) == SSL_ERROR_WANT_WRITE) {
                blocked++;
            } else {
                show("%s", outcome(pair.client, result));
                break;
            }
        } else {
            SSL_do_handshake(pair.client);
        }
        result = SSL_read_early_data(pair.server, got, sizeof got, &n);
        if (result == SSL_READ_EARLY_DATA_SUCCESS)
            all += n;
        else if (result == SSL_READ_EARLY_DATA_FINISH)
            stage = 2;
        else if (SSL_get_error(pair.server, 0) != SSL_ERROR_WANT_READ &&
                 SSL_get_error(pair.server, 0) != SSL_ERROR_WANT_WRITE) {
            show("%s", outcome(pair.server, 0));
            break;
        }
    }
    ok(blocked > 0, "it was full");
    is((long)all, sizeof much, "read");
    is(stage, 2, "all of it");
    ok(shake(&pair), "handshake");
    ok(say(pair.client, pair.server, "data") && say(pair.server, pair.client, "more"), "data");
    part(&pair);

    section("a write that is repeated with something else");
    pair = early_pair();
    BIO_new_bio_pair(&a, 100, &b, 100);
    SSL_set_bio(pair.client, a, a);
    SSL_set_bio(pair.server, b, b);
    call_write_early(pair.client, "one");
    call_write_early(pair.client, "one");
    call_write_early(pair.client, "four");
    part(&pair);
    done();
}

static void info_cb(const SSL *ssl, int where, int value)
{
    const char *what = where & SSL_CB_HANDSHAKE_START  ? "start"
                       : where & SSL_CB_HANDSHAKE_DONE ? "done"
                       : where & SSL_CB_ALERT          ? "alert"
                       : where & SSL_CB_LOOP           ? "loop"
                       : where & SSL_CB_EXIT           ? "exit"
                                                       : "other";
    show("      %s %s %d: %s", SSL_is_server(ssl) ? "server" : "client", what, value, SSL_state_string_long(ssl));
}

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)arg, (void)version;
    if (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_CHANGE_CIPHER_SPEC)
        show("      %s %s %d/%d%s", SSL_is_server(ssl) ? "server" : "client", sent ? "sends" : "gets", type,
             *(const unsigned char *)bytes, len == 4 ? ", empty" : "");
}

static void observed(int reads)
{
    section("observed, the server %s", reads ? "reads" : "accepts");
    contexts();
    struct pair pair = early_pair();
    SSL_set_info_callback(pair.client, info_cb);
    SSL_set_info_callback(pair.server, info_cb);
    SSL_set_msg_callback(pair.client, message_cb);
    SSL_set_msg_callback(pair.server, message_cb);
    call_write_early(pair.client, "one");
    if (reads) {
        call_read_early(pair.server);
        call_write_early(pair.server, "answer");
    } else {
        call(pair.server, "accept");
    }
    call(pair.client, "read");
    call(pair.client, "handshake");
    if (reads)
        call_read_early(pair.server);
    call(pair.server, "handshake");
    call(pair.client, "read");
    part(&pair);
    done();
}

static void no_session(void)
{
    section("a PSK callback that has none");
    contexts();
    struct pair pair = join(client, server);
    SSL_set_psk_use_session_callback(pair.client, use_nothing);
    call_write_early(pair.client, "one");
    part(&pair);

    section("SSL_clear");
    pair = early_pair();
    call_write_early(pair.client, "one");
    call_read_early(pair.server);
    is(SSL_clear(pair.server), 1, "SSL_clear");
    show("   in init %d, before %d", SSL_in_init(pair.server), SSL_in_before(pair.server));
    part(&pair);
    done();
}

static void numbers(void)
{
    section("numbers");
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    is(SSL_CTX_get_max_early_data(ctx), 0, "default");
    is(SSL_CTX_get_recv_max_early_data(ctx), 16384, "default to receive");
    is(SSL_CTX_set_max_early_data(ctx, 0xffffffff), 1, "the most");
    is(SSL_CTX_set_recv_max_early_data(ctx, 7), 1, "seven");
    is((long)SSL_CTX_get_max_early_data(ctx), 0xffffffff, "kept");
    is(SSL_CTX_get_recv_max_early_data(ctx), 7, "kept");
    is(SSL_get_max_early_data(ssl), 0, "not for an SSL that is there");
    is(SSL_get_recv_max_early_data(ssl), 16384, "nor this");
    is(SSL_set_max_early_data(ssl, 5), 1, "on the SSL");
    is(SSL_set_recv_max_early_data(ssl, 6), 1, "on the SSL");
    is(SSL_get_max_early_data(ssl), 5, "kept");
    is(SSL_get_recv_max_early_data(ssl), 6, "kept");
    SSL_free(ssl);
    ssl = SSL_new(ctx);
    is((long)SSL_get_max_early_data(ssl), 0xffffffff, "for a new SSL");
    is(SSL_get_recv_max_early_data(ssl), 7, "for a new SSL");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    numbers();
    before();
    in_turn();
    end_without_finished();
    wrong_side_of_it();
    rejected();
    closing();
    full();
    no_session();
    observed(1);
    observed(0);
    return finish();
}
