/* harness: checks, contexts, connections. Certificates are in identity.c. */
#include "harness.h"

#include <stdarg.h>

int tls = TLS1_3_VERSION;
struct visited visited;

static int number, passed, failed;

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void line(const char *prefix, const char *format, va_list args, const char *rest)
{
    fputs(prefix, stdout);
    vprintf(format, args);
    printf("%s\n", rest);
}

void section(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("# --- ", format, args, "");
    va_end(args);
}

void show(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("# ", format, args, "");
    va_end(args);
}

static int verdict(int good, const char *format, va_list args, const char *rest)
{
    char prefix[32];
    number++;
    good ? passed++ : failed++;
    snprintf(prefix, sizeof prefix, "%s %d - ", good ? "ok" : "not ok", number);
    line(prefix, format, args, rest);
    return good;
}

int ok(int good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    good = verdict(good != 0, format, args, "");
    va_end(args);
    return good;
}

int is(long got, long wanted, const char *format, ...)
{
    char rest[80];
    va_list args;
    va_start(args, format);
    if (got == wanted)
        snprintf(rest, sizeof rest, " = %ld", got);
    else
        snprintf(rest, sizeof rest, " = %ld, wanted %ld", got, wanted);
    int good = verdict(got == wanted, format, args, rest);
    va_end(args);
    return good;
}

int is_text(const char *got, const char *wanted, const char *format, ...)
{
    char rest[600];
    va_list args;
    int good = got && !strcmp(got, wanted);
    va_start(args, format);
    if (good)
        snprintf(rest, sizeof rest, " = \"%s\"", got);
    else
        snprintf(rest, sizeof rest, " = \"%s\", wanted \"%s\"", got ? got : "(null)", wanted);
    verdict(good, format, args, rest);
    va_end(args);
    return good;
}

int carnet_ok(int good, const char *format, ...)
{
    va_list args;
    if (!on_carnet)
        return 1;
    va_start(args, format);
    good ? passed++ : failed++;
    line(good ? "carnet ok - " : "carnet not ok - ", format, args, "");
    va_end(args);
    return good;
}

int finish(void)
{
    void identities_free(void);
    identities_free();
    printf("1..%d\n", number);
    return failed != 0 || passed == 0;
}

const char *reason(void)
{
    static _Thread_local char text[256];
    unsigned long e = ERR_peek_error();
    const char *why = ERR_reason_error_string(e);
    if (e == 0)
        return "none";
    if (!why)
        snprintf(text, sizeof text, "library %d reason %d", ERR_GET_LIB(e), ERR_GET_REASON(e));
    else if (ERR_GET_LIB(e) == ERR_LIB_SSL)
        snprintf(text, sizeof text, "%s", why);
    else
        snprintf(text, sizeof text, "%s: %s", ERR_lib_error_string(e), why);
    ERR_clear_error();
    return text;
}

const char *error_name(int ssl_error)
{
    static const char *const names[] = {"NONE",
                                        "SSL",
                                        "WANT_READ",
                                        "WANT_WRITE",
                                        "WANT_X509_LOOKUP",
                                        "SYSCALL",
                                        "ZERO_RETURN",
                                        "WANT_CONNECT",
                                        "WANT_ACCEPT",
                                        "WANT_ASYNC",
                                        "WANT_ASYNC_JOB",
                                        "WANT_CLIENT_HELLO_CB",
                                        "WANT_RETRY_VERIFY"};
    return ssl_error >= 0 && ssl_error < (int)(sizeof names / sizeof names[0]) ? names[ssl_error] : "unknown";
}

const char *outcome(SSL *ssl, int result)
{
    static _Thread_local char text[4][320];
    static _Thread_local int next;
    char *out = text[next++ % 4];
    int error = SSL_get_error(ssl, result);
    const char *why = reason();
    if (error == SSL_ERROR_NONE)
        snprintf(out, sizeof text[0], "%d%s%s", result, strcmp(why, "none") ? ", and on the queue: " : "",
                 strcmp(why, "none") ? why : "");
    else
        snprintf(out, sizeof text[0], "%d %s (%s)", result, error_name(error), why);
    return out;
}

const int *versions(void)
{
    static int list[3];
    const char *wanted = getenv("C_TESTS_VERSIONS");
    int n = 0;
    if (!wanted || strstr(wanted, "1.3"))
        list[n++] = TLS1_3_VERSION;
    if (wanted && strstr(wanted, "1.2"))
        list[n++] = TLS1_2_VERSION;
    list[n] = 0;
    return list;
}

const char *tls_name(void)
{
    return tls == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2";
}

/* --- contexts ------------------------------------------------------------------------------------------------------ */

static SSL_CTX *limited(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, tls) != 1 || SSL_CTX_set_max_proto_version(ctx, tls) != 1) {
        printf("Bail out! no SSL_CTX: %s\n", reason());
        exit(2);
    }
    return ctx;
}

SSL_CTX *new_server(void)
{
    SSL_CTX *ctx = limited(TLS_server_method());
    if (!use_identity(ctx, server_identity())) {
        printf("Bail out! no certificate: %s\n", reason());
        exit(2);
    }
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"c-tests", 7);
    return ctx;
}

SSL_CTX *new_client(void)
{
    SSL_CTX *ctx = limited(TLS_client_method());
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return ctx;
}

/* --- connections --------------------------------------------------------------------------------------------------- */

static struct pair ends(SSL_CTX *client, SSL_CTX *server)
{
    struct pair pair = {.client = SSL_new(client), .server = SSL_new(server)};
    if (!pair.client || !pair.server) {
        printf("Bail out! no SSL: %s\n", reason());
        exit(2);
    }
    SSL_set_connect_state(pair.client);
    SSL_set_accept_state(pair.server);
    return pair;
}

struct pair join(SSL_CTX *client, SSL_CTX *server)
{
    struct pair pair = ends(client, server);
    BIO *a = NULL, *b = NULL;
    BIO_new_bio_pair(&a, 1 << 17, &b, 1 << 17);
    SSL_set_bio(pair.client, a, a);
    SSL_set_bio(pair.server, b, b);
    return pair;
}

static BIO *memory(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(bio, -1);
    return bio;
}

struct pair join_memory(SSL_CTX *client, SSL_CTX *server)
{
    struct pair pair = ends(client, server);
    SSL_set_bio(pair.client, memory(), memory());
    SSL_set_bio(pair.server, memory(), memory());
    return pair;
}

size_t take(SSL *from, unsigned char *out, size_t room)
{
    size_t n = 0;
    return BIO_read_ex(SSL_get_wbio(from), out, room, &n) ? n : 0;
}

void put(SSL *to, const unsigned char *bytes, size_t len)
{
    if (len > 0 && BIO_write(SSL_get_rbio(to), bytes, (int)len) != (int)len)
        abort();
}

size_t carry(SSL *from, SSL *to)
{
    static _Thread_local unsigned char bytes[1 << 16];
    size_t n, all = 0;
    while ((n = take(from, bytes, sizeof bytes)) > 0) {
        put(to, bytes, n);
        all += n;
    }
    return all;
}

static void step(SSL *ssl, struct half *half)
{
    ERR_clear_error();
    half->result = SSL_do_handshake(ssl);
    half->error = SSL_get_error(ssl, half->result);
    snprintf(half->reason, sizeof half->reason, "%s", reason());
}

static int is_memory(SSL *ssl)
{
    return BIO_method_type(SSL_get_rbio(ssl)) == BIO_TYPE_MEM;
}

static int over(const struct half *half)
{
    return half->result != 1 &&
           (half->error == SSL_ERROR_SSL || half->error == SSL_ERROR_SYSCALL || half->error == SSL_ERROR_ZERO_RETURN);
}

int shake(struct pair *pair)
{
    pair->client_half = pair->server_half = (struct half){0};
    for (int i = 0; i < 20; i++) {
        if (!over(&pair->client_half))
            step(pair->client, &pair->client_half);
        if (is_memory(pair->client))
            carry(pair->client, pair->server);
        if (!over(&pair->server_half))
            step(pair->server, &pair->server_half);
        if (is_memory(pair->server))
            carry(pair->server, pair->client);
        if (pair->client_half.result == 1 && pair->server_half.result == 1)
            return 1;
        if (over(&pair->client_half) && over(&pair->server_half))
            return 0;
    }
    return 0;
}

int show_shake(struct pair *pair, const char *what)
{
    int done = shake(pair);
    const struct half *c = &pair->client_half, *s = &pair->server_half;
    if (done)
        show("%s: done", what);
    else
        show("%s: client %d %s (%s), server %d %s (%s)", what, c->result, error_name(c->error), c->reason, s->result,
             error_name(s->error), s->reason);
    return done;
}

void part(struct pair *pair)
{
    SSL_free(pair->client);
    SSL_free(pair->server);
    ERR_clear_error();
}

void settle(struct pair *pair)
{
    char byte;
    for (int i = 0; i < 4; i++) {
        while (SSL_read(pair->client, &byte, 1) > 0)
            ;
        if (is_memory(pair->client))
            carry(pair->client, pair->server);
        while (SSL_read(pair->server, &byte, 1) > 0)
            ;
        if (is_memory(pair->server))
            carry(pair->server, pair->client);
    }
    ERR_clear_error();
}

int say(SSL *from, SSL *to, const char *text)
{
    char got[512] = "";
    int len = (int)strlen(text), n = -1;
    if (SSL_write(from, text, len) != len)
        return 0;
    if (is_memory(from))
        carry(from, to);
    for (int i = 0; i < 5 && n <= 0; i++)
        n = SSL_read(to, got, sizeof got);
    return n == len && !memcmp(got, text, (size_t)len);
}

static int received(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    visited.tickets++;
    return 0;
}

SSL_SESSION *visit(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session)
{
    long mode = SSL_CTX_get_session_cache_mode(client);
    int (*before)(SSL *, SSL_SESSION *) = SSL_CTX_sess_get_new_cb(client);
    SSL_SESSION *got = NULL, *offered = session ? SSL_SESSION_dup(session) : NULL;
    struct pair pair;

    visited = (struct visited){0};
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, received);
    pair = join(client, server);
    if (offered)
        SSL_set_session(pair.client, offered);
    SSL_SESSION_free(offered);
    visited.done = shake(&pair);
    visited.client = pair.client_half;
    visited.server = pair.server_half;
    if (visited.done) {
        settle(&pair);
        visited.resumed = SSL_session_reused(pair.client);
        got = SSL_get1_session(pair.client);
        if (visited.resumed && visited.tickets == 0) { /* what was offered is spent; the caller's is not */
            SSL_SESSION_free(got);
            SSL_SESSION_up_ref(session);
            got = session;
        }
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
    }
    part(&pair);
    SSL_CTX_set_session_cache_mode(client, mode);
    SSL_CTX_sess_set_new_cb(client, before);
    return got;
}
