/* Which version two sides agree on: limits, options, methods, the fallback signal. */
#include "harness.h"

static SSL_CTX *client_ctx, *server_ctx;

static const char *version_name(int version)
{
    switch (version) {
    case 0:
        return "any";
    case TLS1_VERSION:
        return "1.0";
    case TLS1_1_VERSION:
        return "1.1";
    case TLS1_2_VERSION:
        return "1.2";
    case TLS1_3_VERSION:
        return "1.3";
    default:
        return "?";
    }
}

struct limits {
    int min, max;
    uint64_t options;
};

static void limit(SSL_CTX *ctx, const struct limits *limits)
{
    SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
    SSL_CTX_set_min_proto_version(ctx, limits->min);
    SSL_CTX_set_max_proto_version(ctx, limits->max);
    SSL_CTX_set_options(ctx, limits->options);
}

static void show_limits(const char *who, const struct limits *limits)
{
    show("%s: %s to %s%s%s", who, version_name(limits->min), version_name(limits->max),
         limits->options & SSL_OP_NO_TLSv1_2 ? ", not 1.2" : "",
         limits->options & SSL_OP_NO_TLSv1_3 ? ", not 1.3" : "");
}

static void meet(const char *what)
{
    struct pair pair = join(client_ctx, server_ctx);
    if (show_shake(&pair, what)) {
        show("   %s, %s; %s on the other side", SSL_get_version(pair.client), SSL_get_cipher_name(pair.client),
             SSL_get_version(pair.server));
        show("   client_version %x, version %x %x", SSL_client_version(pair.server), SSL_version(pair.client),
             SSL_version(pair.server));
        is(SSL_version(pair.client), SSL_version(pair.server), "both say the same");
    }
    part(&pair);
}

static void matrix(void)
{
    /* from 1.2 on where a hole would leave only what libcarnet does not speak */
    static const struct limits all[] = {
        {0, 0, 0},
        {TLS1_2_VERSION, TLS1_2_VERSION, 0},
        {TLS1_3_VERSION, TLS1_3_VERSION, 0},
        {TLS1_3_VERSION, 0, 0},
        {TLS1_2_VERSION, TLS1_3_VERSION, 0},
        {0, 0, SSL_OP_NO_TLSv1_3},
        {TLS1_2_VERSION, 0, SSL_OP_NO_TLSv1_2},
    };
    const size_t n = sizeof all / sizeof all[0];
    section("limits");
    for (size_t c = 0; c < n; c++)
        for (size_t s = 0; s < n; s++) {
            show_limits("client", &all[c]);
            show_limits("server", &all[s]);
            limit(client_ctx, &all[c]);
            limit(server_ctx, &all[s]);
            /* libssl's server may have TLS 1.1 to try, and fails later */
            if (all[s].min == 0 && (all[c].min == TLS1_3_VERSION || all[s].options))
                SSL_CTX_set_min_proto_version(server_ctx, TLS1_2_VERSION);
            if (all[c].min == 0 && all[s].min == TLS1_3_VERSION)
                SSL_CTX_set_min_proto_version(client_ctx, TLS1_2_VERSION);
            meet("   they");
        }
    limit(client_ctx, &all[0]);
    limit(server_ctx, &all[0]);
}

/* Nothing is left: neither side can say hello. */
static void nothing(void)
{
    static const struct limits none[] =
        {
            {TLS1_3_VERSION, 0, SSL_OP_NO_TLSv1_3},
            {TLS1_2_VERSION, 0, SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2},
            {TLS1_3_VERSION, TLS1_2_VERSION, 0},
        },
                               any = {0, 0, 0};
    section("no version");
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        show_limits("one side", &none[i]);
        limit(client_ctx, &none[i]);
        limit(server_ctx, &any);
        struct pair pair = join(client_ctx, server_ctx);
        int r = SSL_do_handshake(pair.client);
        show("   client: %s, %s", outcome(pair.client, r), SSL_state_string_long(pair.client));
        r = SSL_do_handshake(pair.client);
        show("   again: %s", outcome(pair.client, r));
        ok(BIO_pending(SSL_get_rbio(pair.server)) == 7, "an alert is out");
        part(&pair);
        limit(client_ctx, &any);
        limit(server_ctx, &none[i]);
        meet("   server");
    }
    limit(server_ctx, &any);
}

static void getters(void)
{
    static const int numbers[] = {0,
                                  SSL3_VERSION,
                                  TLS1_VERSION,
                                  TLS1_1_VERSION,
                                  TLS1_2_VERSION,
                                  TLS1_3_VERSION,
                                  TLS1_3_VERSION + 1,
                                  0x200,
                                  DTLS1_VERSION,
                                  DTLS1_2_VERSION,
                                  -1};
    section("setters and getters");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        SSL *ssl = SSL_new(ctx);
        show("min %x: %d, now %lx; max: %d, now %lx", numbers[i], (int)SSL_CTX_set_min_proto_version(ctx, numbers[i]),
             SSL_CTX_get_min_proto_version(ctx), (int)SSL_CTX_set_max_proto_version(ctx, numbers[i]),
             SSL_CTX_get_max_proto_version(ctx));
        show("   on a connection: %d %lx %d %lx", (int)SSL_set_min_proto_version(ssl, numbers[i]),
             SSL_get_min_proto_version(ssl), (int)SSL_set_max_proto_version(ssl, numbers[i]),
             SSL_get_max_proto_version(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
        ERR_clear_error();
    }
}

static void methods(void)
{
    section("TLSv1_2_method");
    SSL_CTX *ctx = SSL_CTX_new(TLSv1_2_client_method()), *other = client_ctx;
    SSL *ssl = SSL_new(ctx);
    show("version %x %s, min %lx max %lx", SSL_version(ssl), SSL_get_version(ssl), SSL_get_min_proto_version(ssl),
         SSL_get_max_proto_version(ssl));
    show("setting a limit: %d %d", (int)SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION),
         (int)SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    client_ctx = SSL_CTX_new(TLSv1_2_client_method());
    meet("client");
    SSL_CTX_set_options(client_ctx, SSL_OP_NO_TLSv1_2);
    meet("client without its only version");
    SSL_CTX_free(client_ctx);
    client_ctx = other;
    other = server_ctx;
    server_ctx = SSL_CTX_new(TLSv1_2_server_method());
    use_identity(server_ctx, server_identity());
    meet("server");
    SSL_CTX_free(server_ctx);
    server_ctx = other;
}

/* SSL_MODE_SEND_FALLBACK_SCSV: whoever tries an older version again is told if that was not needed (RFC 7507). */
static void fallback(void)
{
    static const int versions[] = {0, TLS1_2_VERSION, TLS1_3_VERSION};
    section("fallback");
    SSL_CTX_set_mode(client_ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    for (size_t c = 0; c < 3; c++)
        for (size_t s = 0; s < 3; s++) {
            SSL_CTX_set_max_proto_version(client_ctx, versions[c]);
            SSL_CTX_set_max_proto_version(server_ctx, versions[s]);
            show("client %s, server %s", version_name(versions[c]), version_name(versions[s]));
            meet("   they");
        }
    SSL_CTX_clear_mode(client_ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL_CTX_set_max_proto_version(client_ctx, 0);
    SSL_CTX_set_max_proto_version(server_ctx, 0);
}

/* A server that can do TLS 1.3 marks its random when it is made to speak TLS 1.2 (RFC 8446 section 4.1.3). */
static void marks(void)
{
    static const char mark[] = "DOWNGRD\1";
    section("marks of a downgrade");
    for (int i = 0; i < 2; i++) {
        unsigned char random[32];
        SSL_CTX_set_max_proto_version(client_ctx, TLS1_2_VERSION);
        SSL_CTX_set_max_proto_version(server_ctx, i ? TLS1_2_VERSION : 0);
        struct pair pair = join(client_ctx, server_ctx);
        ok(shake(&pair), "handshake");
        SSL_get_server_random(pair.client, random, sizeof random);
        is(!memcmp(random + 24, mark, 8), !i, "marked only if TLS 1.3 was possible");
        part(&pair);
    }
    SSL_CTX_set_max_proto_version(client_ctx, 0);
    SSL_CTX_set_max_proto_version(server_ctx, 0);
}

/* A man in the middle takes supported_versions away: the client sees the mark. */
static void attacked(void)
{
    unsigned char bytes[2048];
    section("supported_versions taken away");
    struct pair pair = join_memory(client_ctx, server_ctx);
    SSL_do_handshake(pair.client);
    size_t len = take(pair.client, bytes, sizeof bytes), changed = 0;
    for (size_t i = 5; i + 9 < len; i++)
        if (!memcmp(bytes + i, "\0\x2b\0", 3) && bytes[i + 4] + 1 == bytes[i + 3]) {
            bytes[i] = 0x7a; /* an extension that nobody knows */
            changed++;
            break;
        }
    is((long)changed, 1, "found it");
    put(pair.server, bytes, len);
    int r = SSL_do_handshake(pair.server);
    show("server: %s, %s", outcome(pair.server, r), SSL_get_version(pair.server));
    carry(pair.server, pair.client);
    r = SSL_do_handshake(pair.client);
    show("client: %s", outcome(pair.client, r));
    carry(pair.client, pair.server);
    r = SSL_do_handshake(pair.server);
    show("server: %s", outcome(pair.server, r));
    part(&pair);
}

/* A session of one version is offered to a server that speaks the other. */
static void sessions(void)
{
    section("sessions and versions");
    for (int i = 0; i < 2; i++) {
        int first = i ? TLS1_2_VERSION : TLS1_3_VERSION, then = i ? TLS1_3_VERSION : TLS1_2_VERSION;
        SSL_CTX_set_max_proto_version(server_ctx, first);
        SSL_SESSION *session = visit(client_ctx, server_ctx, NULL), *next;
        show("made in %s", version_name(SSL_SESSION_get_protocol_version(session)));
        SSL_CTX_set_min_proto_version(server_ctx, then == TLS1_3_VERSION ? then : 0);
        SSL_CTX_set_max_proto_version(server_ctx, then);
        next = visit(client_ctx, server_ctx, session);
        show("offered in %s: done %d (client %s, server %s), resumed %d, tickets %d", version_name(then), visited.done,
             visited.client.reason, visited.server.reason, visited.resumed, visited.tickets);
        if (next)
            show("   the next is of %s", version_name(SSL_SESSION_get_protocol_version(next)));
        SSL_SESSION_free(next);
        SSL_CTX_set_min_proto_version(server_ctx, 0);
        SSL_CTX_set_max_proto_version(server_ctx, 0);
        /* the client has no use for it */
        SSL_CTX_set_min_proto_version(client_ctx, then);
        SSL_CTX_set_max_proto_version(client_ctx, then);
        next = visit(client_ctx, server_ctx, session);
        show("client of %s: done %d, resumed %d", version_name(then), visited.done, visited.resumed);
        SSL_SESSION_free(next);
        SSL_SESSION_free(session);
        SSL_CTX_set_min_proto_version(client_ctx, 0);
        SSL_CTX_set_max_proto_version(client_ctx, 0);
    }
}

int main(void)
{
    client_ctx = SSL_CTX_new(TLS_client_method());
    server_ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_OFF);
    use_identity(server_ctx, server_identity());
    SSL_CTX_set_session_id_context(server_ctx, (const unsigned char *)"c-tests", 7);
    matrix();
    nothing();
    getters();
    methods();
    fallback();
    marks();
    attacked();
    sessions();
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    return finish();
}
