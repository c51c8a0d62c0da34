/* harness: contexts and connections. Checks are in checks.c, certificates in identity.c. */
#include "harness.h"

struct visited visited;

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

static int same_ticket(SSL_SESSION *a, SSL_SESSION *b)
{
    const unsigned char *ticket[2] = {NULL, NULL};
    size_t len[2] = {0, 0};
    SSL_SESSION_get0_ticket(a, &ticket[0], &len[0]);
    SSL_SESSION_get0_ticket(b, &ticket[1], &len[1]);
    return len[0] == len[1] && (len[0] == 0 || !memcmp(ticket[0], ticket[1], len[0]));
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
        if (visited.resumed && same_ticket(got, session)) { /* what was offered is spent; the caller's is not */
            SSL_SESSION_free(got);
            SSL_SESSION_up_ref(session);
            got = session;
        }
        SSL_shutdown(pair.client);
        SSL_shutdown(pair.server);
    } else if (pair.client_half.result == 1) { /* TLS 1.3: the client was done when the server failed */
        settle(&pair);
    }
    part(&pair);
    SSL_CTX_set_session_cache_mode(client, mode);
    SSL_CTX_sess_set_new_cb(client, before);
    return got;
}
