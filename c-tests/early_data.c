/* SSL_read_early_data(3): early data that is accepted, and early data that is refused, for each reason there is. TLS 1.3. */
#include "harness.h"

static SSL_CTX *client, *server;
static int generated, announced, allow, allow_calls;
static SSL_SESSION *kept; /* the server's last session */

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    generated++;
    show("   generate: the session allows %u", SSL_SESSION_get_max_early_data(SSL_get_session(ssl)));
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)name, (void)arg;
    show("   decrypt: session %d allows %u, name of %zu bytes, status %d", session != NULL,
         session ? SSL_SESSION_get_max_early_data(session) : 0, len, status);
    return session ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    announced++;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static void remove_cb(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx;
    show("   removed: resumable %d", SSL_SESSION_is_resumable(session));
}

static int allow_cb(SSL *ssl, void *arg)
{
    allow_calls++;
    show("   allow: argument %s, reused %d", (char *)arg, SSL_session_reused(ssl));
    return allow;
}

static int select_cb(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen,
                     void *arg)
{
    (void)ssl;
    const char *wanted = *(const char **)arg;
    if (!wanted)
        return SSL_TLSEXT_ERR_NOACK;
    for (unsigned i = 0; i < inlen; i += 1u + in[i])
        if (in[i] == strlen(wanted) && !memcmp(in + i + 1, wanted, in[i])) {
            *out = in + i + 1;
            *outlen = in[i];
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_NOACK;
}

static const char *protocol;

static void contexts(uint32_t max_early_data, uint64_t options)
{
    client = new_client();
    server = new_server();
    SSL_CTX_set_max_early_data(server, max_early_data);
    SSL_CTX_set_options(server, options);
    SSL_CTX_set_num_tickets(server, 1);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
    SSL_CTX_sess_set_new_cb(server, new_cb);
    generated = announced = allow_calls = 0;
}

static void done(void)
{
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    protocol = NULL;
}

static const char *status(SSL *ssl)
{
    static const char *const names[] = {"not sent", "rejected", "accepted"};
    int value = SSL_get_early_data_status(ssl);
    return value >= 0 && value < 3 ? names[value] : "unknown";
}

static const char *read_name(int result)
{
    static const char *const names[] = {"ERROR", "SUCCESS", "FINISH"};
    return result >= 0 && result < 3 ? names[result] : "unknown";
}

/* Reads until there is no more; returns the last result. */
static int read_early(SSL *ssl, size_t room)
{
    char buffer[20000];
    size_t n;
    int result;
    do {
        n = 77;
        ERR_clear_error();
        result = SSL_read_early_data(ssl, buffer, room, &n);
        if (result == SSL_READ_EARLY_DATA_SUCCESS)
            show("   server read %zu: %.*s", n, n > 20 ? 20 : (int)n, buffer);
        else if (result == SSL_READ_EARLY_DATA_FINISH)
            show("   server read FINISH, %zu", n);
        else
            show("   server read %s: %s", read_name(result), outcome(ssl, 0));
    } while (result == SSL_READ_EARLY_DATA_SUCCESS);
    return result;
}

static int write_early(SSL *ssl, const char *data, size_t len)
{
    size_t n = 77;
    ERR_clear_error();
    int result = SSL_write_early_data(ssl, data, len, &n);
    if (result == 1)
        show("   wrote %zu early", n);
    else
        show("   could not write early: %s", outcome(ssl, result));
    return result;
}

static void after(struct pair *pair, int good)
{
    show("   client: %s, reused %d; server: %s, reused %d, allows %u", status(pair->client),
         SSL_session_reused(pair->client), status(pair->server), SSL_session_reused(pair->server),
         SSL_get_max_early_data(pair->server));
    /* libssl clears it when it says hello again */
    if (SSL_get_early_data_status(pair->client) == SSL_EARLY_DATA_ACCEPTED)
        show("   the client allowed itself %u", SSL_get_max_early_data(pair->client));
    if (good) {
        ok(say(pair->client, pair->server, "late") && say(pair->server, pair->client, "answer"), "data");
        settle(pair);
        SSL_SESSION *session = SSL_get_session(pair->client);
        show("   the client's session has a ticket %d, generated %d, announced %d", SSL_SESSION_has_ticket(session),
             generated, announced);
        /* Of a ticket that says nothing libssl believes what the ticket before it said. */
        if (SSL_get_max_early_data(pair->server) > 0)
            show("   and allows %u", SSL_SESSION_get_max_early_data(session));
        else
            carnet_ok(SSL_SESSION_get_max_early_data(session) == 0, "and allows none");
    }
    generated = announced = 0;
}

/* A client that has early data meets the server. `reads`: the server reads it; else it only accepts. */
static SSL_SESSION *meet(const char *what, SSL_SESSION *session, const char *text, int reads)
{
    SSL_SESSION *got, *copy = session ? SSL_SESSION_dup(session) : NULL;
    show("%s", what);
    struct pair pair = join(client, server);
    if (copy)
        SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    if (!text || write_early(pair.client, text, strlen(text)) == 0)
        SSL_do_handshake(pair.client);
    if (reads)
        read_early(pair.server, 100);
    int good = show_shake(&pair, "   handshake");
    after(&pair, good);
    got = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client);
    SSL_shutdown(pair.server);
    part(&pair);
    return got;
}

static SSL_SESSION *first(void)
{
    return meet("the first visit", NULL, NULL, 0);
}

static void single_use(void)
{
    section("stateful tickets");
    contexts(1000, 0);
    SSL_CTX_sess_set_remove_cb(server, remove_cb);
    SSL_SESSION *one = first();
    show("in the cache: %ld", SSL_CTX_sess_number(server));
    SSL_SESSION *two = meet("the ticket", one, "early", 1);
    show("in the cache: %ld", SSL_CTX_sess_number(server));
    SSL_SESSION_free(meet("the same ticket again", one, "early again", 1));
    show("in the cache: %ld", SSL_CTX_sess_number(server));
    SSL_SESSION *three = meet("the ticket of the resumption", two, "early", 1);
    SSL_SESSION_free(meet("and the next, without early data", three, NULL, 1));
    SSL_SESSION_free(meet("which is spent as well", three, "early", 1));
    SSL_SESSION_free(one);
    SSL_SESSION_free(two);
    SSL_SESSION_free(three);
    done();
}

static void stateless(void)
{
    section("stateless tickets: SSL_OP_NO_ANTI_REPLAY");
    contexts(1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_SESSION *one = first();
    show("in the cache: %ld", SSL_CTX_sess_number(server));
    SSL_SESSION_free(meet("the ticket", one, "early", 1));
    SSL_SESSION_free(meet("the same ticket again", one, "early again", 1));
    SSL_SESSION_free(meet("without early data", one, NULL, 1));
    SSL_SESSION_free(meet("the server does not read it", one, "early", 0));
    SSL_SESSION_free(meet("the server reads, nobody writes, nothing is resumed", NULL, NULL, 1));
    SSL_CTX_set_max_early_data(server, 0);
    SSL_SESSION_free(meet("the server allows none any more", one, "early", 1));
    SSL_CTX_set_max_early_data(server, 10);
    SSL_SESSION_free(meet("the server allows less than its ticket says", one, "early, and more than ten", 1));
    SSL_SESSION_free(one);
    done();
    contexts(0, 0);
    one = first();
    SSL_SESSION_free(meet("a ticket that allows none", one, "early", 1));
    SSL_SESSION_set_max_early_data(one, 100);
    SSL_SESSION_free(meet("the client believes otherwise", one, "early", 1));
    SSL_SESSION_free(one);
    done();
}

static void refused(void)
{
    unsigned char keys[80] = "another key, which has another name and opens nothing that came before it";
    section("refused");
    contexts(1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_SESSION *one = first();
    SSL_CTX_set_allow_early_data_cb(server, allow_cb, "argument");
    allow = 1;
    SSL_SESSION_free(meet("the callback allows it", one, "early", 1));
    allow = 0;
    SSL_SESSION_free(meet("the callback does not", one, "early", 1));
    allow_calls = 0;
    SSL_SESSION_free(meet("nobody has early data", one, NULL, 1));
    SSL_SESSION_free(meet("nobody reads early data", one, "early", 0));
    show("calls: %d", allow_calls);
    SSL_CTX_set_allow_early_data_cb(server, NULL, NULL);
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    if (knows_another_hash())
        SSL_SESSION_free(meet("a suite with another hash", one, "early", 1));
    SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
    SSL_CTX_set1_groups_list(client, "P-256:X25519");
    SSL_CTX_set1_groups_list(server, "X25519");
    SSL_SESSION_free(meet("a HelloRetryRequest", one, "early", 1));
    SSL_CTX_set1_groups_list(client, "X25519");
    SSL_CTX_set_tlsext_ticket_keys(server, keys, sizeof keys);
    SSL_SESSION_free(meet("a ticket under a key that is gone", one, "early", 1));
    SSL_SESSION_free(one);
    done();
}

/* RFC 8446 section 4.2.10: the server "MUST verify" that the suite is the session's. libssl takes one of the same hash, too. */
static void other_suite(void)
{
    section("another suite with the same hash");
    contexts(1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    SSL_SESSION *one = first();
    SSL_CTX_set_ciphersuites(server, "TLS_CHACHA20_POLY1305_SHA256");
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, one);
    write_early(pair.client, "early", 5);
    char buffer[10];
    size_t n;
    int result = SSL_read_early_data(pair.server, buffer, sizeof buffer, &n);
    carnet_ok(result == SSL_READ_EARLY_DATA_FINISH, "no early data is read");
    show_shake(&pair, "   handshake");
    carnet_ok(SSL_get_early_data_status(pair.client) == SSL_EARLY_DATA_REJECTED, "it was rejected");
    show("   reused %d %d", SSL_session_reused(pair.client), SSL_session_reused(pair.server));
    part(&pair);
    SSL_SESSION_free(one);
    done();
}

static void ages(void)
{
    static const int seconds[] = {5, 15, -5, -15};
    section("ages");
    for (size_t i = 0; i < 4; i++) {
        contexts(1000, 0);
        SSL_SESSION *one = first();
        /* The one who believes that the ticket is older. */
        SSL_SESSION *old = seconds[i] > 0 ? one : kept;
        SSL_SESSION_set_time(old, SSL_SESSION_get_time(old) - abs(seconds[i]));
        show("%s believes that it is %d seconds old", seconds[i] > 0 ? "the client" : "the server", abs(seconds[i]));
        SSL_SESSION_free(meet("then", one, "early", 1));
        SSL_SESSION_free(one);
        done();
    }
}

static void protocols(void)
{
    static const unsigned char both[] = "\3one\3two", only_two[] = "\3two";
    section("application protocols");
    contexts(1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_alpn_protos(client, both, 8);
    SSL_CTX_set_alpn_select_cb(server, select_cb, &protocol);
    protocol = "one";
    SSL_SESSION *one = first();
    SSL_SESSION_free(meet("the same", one, "early", 1));
    protocol = "two";
    SSL_SESSION_free(meet("another", one, "early", 1));
    protocol = NULL;
    SSL_SESSION_free(meet("none", one, "early", 1));
    SSL_CTX_set_alpn_protos(client, only_two, 4);
    SSL_SESSION_free(meet("the client does not offer it", one, "early", 1));
    SSL_CTX_set_alpn_protos(client, NULL, 0);
    SSL_SESSION_free(meet("the client offers none", one, "early", 1));
    SSL_SESSION_free(one);
    one = first();
    SSL_CTX_set_alpn_protos(client, both, 8);
    SSL_SESSION_free(meet("none before, none now", one, "early", 1));
    protocol = "two";
    SSL_SESSION_free(meet("none before, one now", one, "early", 1));
    SSL_SESSION_free(one);
    done();
}

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static SSL_SESSION *named(const char *name, SSL_SESSION *session)
{
    SSL_SESSION *copy = session ? SSL_SESSION_dup(session) : NULL;
    show("the client names %s", name ? name : "nobody");
    struct pair pair = join(client, server);
    if (name)
        SSL_set_tlsext_host_name(pair.client, name);
    if (copy)
        SSL_set_session(pair.client, copy);
    SSL_SESSION_free(copy);
    if (!session || write_early(pair.client, "early", 5) == 0)
        SSL_do_handshake(pair.client);
    read_early(pair.server, 100);
    after(&pair, show_shake(&pair, "   handshake"));
    SSL_SESSION *got = SSL_get1_session(pair.client);
    SSL_shutdown(pair.client);
    part(&pair);
    return got;
}

static void names(void)
{
    section("server names");
    contexts(1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_tlsext_servername_callback(server, name_cb);
    SSL_SESSION *one = named("one.example", NULL);
    show("in the session: %s", SSL_SESSION_get0_hostname(one) ? SSL_SESSION_get0_hostname(one) : "none");
    SSL_SESSION_free(named("one.example", one));
    SSL_SESSION_free(named("two.example", one));
    SSL_SESSION_free(named(NULL, one));
    SSL_SESSION_set1_hostname(one, NULL);
    SSL_SESSION_free(named("two.example", one));
    SSL_SESSION_free(one);
    done();
}

static void amounts(uint64_t options, const char *what)
{
    char much[400];
    section("amounts, %s", what);
    memset(much, 'm', sizeof much);
    contexts(300, options);
    SSL_SESSION *one = first();
    static const struct {
        uint32_t receive;
        size_t first, second;
        int reads;
    } cases[] = {{16384, 300, 0, 1}, {16384, 200, 100, 1}, {16384, 301, 0, 1}, {16384, 200, 101, 1}, {200, 200, 0, 1},
                 {200, 201, 0, 1},   {200, 100, 101, 1},   {0, 1, 0, 1},       {0, 0, 0, 1},         {100, 50, 0, 0},
                 {100, 300, 0, 0},   {200, 0, 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SSL_SESSION *copy = SSL_SESSION_dup(one);
        SSL_CTX_set_recv_max_early_data(server, cases[i].receive);
        show("the server takes %u, the client writes %zu and %zu, read %d", cases[i].receive, cases[i].first,
             cases[i].second, cases[i].reads);
        struct pair pair = join(client, server);
        SSL_set_session(pair.client, copy);
        SSL_SESSION_free(copy);
        if (write_early(pair.client, much, cases[i].first) == 1 && cases[i].second)
            write_early(pair.client, much, cases[i].second);
        if (cases[i].reads)
            read_early(pair.server, sizeof much);
        after(&pair, show_shake(&pair, "   handshake"));
        SSL_shutdown(pair.client);
        part(&pair);
    }
    SSL_SESSION_free(one);
    done();
}

static void exporters(void)
{
    unsigned char ours[32] = "", theirs[32] = "", late[32] = "";
    section("the early exporter");
    contexts(1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_SESSION *one = first();
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, one);
    show("before: %d %d", SSL_export_keying_material_early(pair.client, ours, 32, "label", 5, NULL, 0),
         SSL_export_keying_material_early(pair.server, theirs, 32, "label", 5, NULL, 0));
    write_early(pair.client, "early", 5);
    is(SSL_export_keying_material_early(pair.client, ours, 32, "label", 5, NULL, 0), 1, "client");
    read_early(pair.server, 100);
    is(SSL_export_keying_material_early(pair.server, theirs, 32, "label", 5, NULL, 0), 1, "server");
    ok(!memcmp(ours, theirs, 32), "the same");
    is(SSL_export_keying_material_early(pair.server, late, 32, "label", 5, (unsigned char *)"c", 1), 1, "with a context");
    ok(memcmp(late, theirs, 32) != 0, "something else");
    show_shake(&pair, "handshake");
    is(SSL_export_keying_material_early(pair.client, late, 32, "label", 5, NULL, 0), 1, "after the handshake");
    ok(!memcmp(ours, late, 32), "the same");
    part(&pair);
    pair = join(client, server);
    show_shake(&pair, "another");
    show("without early data: %d %d", SSL_export_keying_material_early(pair.client, ours, 32, "label", 5, NULL, 0),
         SSL_export_keying_material_early(pair.server, ours, 32, "label", 5, NULL, 0));
    part(&pair);
    SSL_SESSION_free(one);
    done();
}

int main(void)
{
    single_use();
    stateless();
    refused();
    other_suite();
    ages();
    protocols();
    names();
    amounts(SSL_OP_NO_ANTI_REPLAY, "tickets that can be used again");
    exporters();
    return finish();
}
