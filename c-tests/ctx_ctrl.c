/* SSL_CTX_ctrl(3), SSL_CTX_set_options(3), SSL_CTX_set_timeout(3), SSL_CTX_set_session_cache_mode(3), …: settings. */
#include "harness.h"

static void options(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl;
    section("options");
    show("at first: %#llx", (unsigned long long)SSL_CTX_get_options(ctx));
    show("set: %#llx", (unsigned long long)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_PRIORITIZE_CHACHA));
    show("clear: %#llx", (unsigned long long)SSL_CTX_clear_options(ctx, SSL_OP_ENABLE_MIDDLEBOX_COMPAT));
    ssl = SSL_new(ctx);
    show("of a new SSL: %#llx", (unsigned long long)SSL_get_options(ssl));
    show("set: %#llx", (unsigned long long)SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION));
    show("clear: %#llx", (unsigned long long)SSL_clear_options(ssl, SSL_OP_NO_TICKET));
    show("the context's: %#llx", (unsigned long long)SSL_CTX_get_options(ctx));
    show("a high bit: %#llx", (unsigned long long)SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | 1ull << 35));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void modes(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    section("modes");
    show("at first %ld", SSL_CTX_get_mode(ctx));
    show("set %ld", SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE));
    show("clear %ld", SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY));
    SSL *ssl = SSL_new(ctx);
    show("of a new SSL %ld", SSL_get_mode(ssl));
    show("set %ld", SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void session_settings(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    section("sessions");
    show("cache mode %ld, size %ld, timeout %ld", SSL_CTX_get_session_cache_mode(ctx), SSL_CTX_sess_get_cache_size(ctx),
         SSL_CTX_get_timeout(ctx));
    show("set cache mode: was %ld", SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_BOTH));
    show("set cache size: was %ld", SSL_CTX_sess_set_cache_size(ctx, 5));
    show("set timeout: was %ld", SSL_CTX_set_timeout(ctx, 77));
    show("cache mode %ld, size %ld, timeout %ld", SSL_CTX_get_session_cache_mode(ctx), SSL_CTX_sess_get_cache_size(ctx),
         SSL_CTX_get_timeout(ctx));
    show("sessions in the cache %ld", SSL_CTX_sess_number(ctx));
    SSL *ssl = SSL_new(ctx);
    show("default timeout %ld", SSL_get_default_timeout(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void counters(SSL_CTX *ctx, const char *whose)
{
    show("%s: connect %ld good %ld renegotiate %ld, accept %ld good %ld renegotiate %ld", whose,
         SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx), SSL_CTX_sess_connect_renegotiate(ctx),
         SSL_CTX_sess_accept(ctx), SSL_CTX_sess_accept_good(ctx), SSL_CTX_sess_accept_renegotiate(ctx));
    show("   hits %ld, cb hits %ld, misses %ld, timeouts %ld, full %ld", SSL_CTX_sess_hits(ctx),
         SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx), SSL_CTX_sess_timeouts(ctx), SSL_CTX_sess_cache_full(ctx));
}

static void counted(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, counters", tls_name());
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_SESSION_free(visit(client, server, session));
    SSL_SESSION_free(visit(client, server, session));
    struct pair pair = join(client, server);
    SSL_set_verify(pair.client, SSL_VERIFY_PEER, NULL);
    shake(&pair);
    part(&pair);
    counters(client, "client");
    counters(server, "server");
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void numbers(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl;
    section("numbers");
    show("max_cert_list %ld", SSL_CTX_get_max_cert_list(ctx));
    show("set: was %ld", SSL_CTX_set_max_cert_list(ctx, 5000));
    show("now %ld", SSL_CTX_get_max_cert_list(ctx));
    show("read_ahead %d", (int)SSL_CTX_get_read_ahead(ctx));
    SSL_CTX_set_read_ahead(ctx, 1);
    show("read_ahead %d", (int)SSL_CTX_get_read_ahead(ctx));
    static const long sizes[] = {0, 511, 512, 600, 16384, 16385};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        show("max_send_fragment %ld: %ld", sizes[i], SSL_CTX_set_max_send_fragment(ctx, sizes[i]));
        show("split_send_fragment %ld: %ld", sizes[i], SSL_CTX_set_split_send_fragment(ctx, sizes[i]));
    }
    show("max_pipelines 0 %ld, 1 %ld", SSL_CTX_set_max_pipelines(ctx, 0), SSL_CTX_set_max_pipelines(ctx, 1));
    show("block_padding 0 %d, 16 %d, 16384 %d, 16385 %d", SSL_CTX_set_block_padding(ctx, 0),
         SSL_CTX_set_block_padding(ctx, 16), SSL_CTX_set_block_padding(ctx, 16384),
         SSL_CTX_set_block_padding(ctx, 16385));
    show("security level %d", SSL_CTX_get_security_level(ctx));
    SSL_CTX_set_security_level(ctx, 1);
    show("security level %d", SSL_CTX_get_security_level(ctx));
    show("max_early_data %u, recv %u", SSL_CTX_get_max_early_data(ctx), SSL_CTX_get_recv_max_early_data(ctx));
    show("quiet shutdown %d", SSL_CTX_get_quiet_shutdown(ctx));
    show("verify mode %d, depth %d", SSL_CTX_get_verify_mode(ctx), SSL_CTX_get_verify_depth(ctx));
    ssl = SSL_new(ctx);
    show("of a new SSL: max_cert_list %ld, read_ahead %d, security level %d", SSL_get_max_cert_list(ssl),
         SSL_get_read_ahead(ssl), SSL_get_security_level(ssl));
    SSL_free(ssl);
    show("method: %s", SSL_CTX_get_ssl_method(ctx) == TLS_method() ? "TLS_method" : "another");
    show("an unknown command: %ld", SSL_CTX_ctrl(ctx, 9999, 0, NULL));
    show("an unknown callback command: %ld", SSL_CTX_callback_ctrl(ctx, 9999, NULL));
    show("%s", reason());
    SSL_CTX_free(ctx);
}

static void methods(void)
{
    static const struct {
        const char *name;
        const SSL_METHOD *(*method)(void);
    } all[] = {
        {"TLS_method", TLS_method}, {"TLS_server_method", TLS_server_method}, {"TLS_client_method", TLS_client_method}};
    section("methods");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        SSL_CTX *ctx = SSL_CTX_new(all[i].method());
        SSL *ssl = SSL_new(ctx);
        show("%s: is server %d, version %s", all[i].name, SSL_is_server(ssl), SSL_get_version(ssl));
        int r = SSL_do_handshake(ssl);
        show("   SSL_do_handshake: %s", outcome(ssl, r));
        BIO *in = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in, -1);
        SSL_set_bio(ssl, in, BIO_new(BIO_s_mem()));
        r = SSL_accept(ssl);
        show("   SSL_accept: %s", outcome(ssl, r));
        ok(SSL_get_ssl_method(ssl) == all[i].method(), "the method is what was asked for");
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    SSL_CTX *ctx = SSL_CTX_new_ex(NULL, NULL, TLS_method());
    ok(ctx != NULL, "SSL_CTX_new_ex");
    SSL_CTX_free(ctx);
}

/* Settings that go through one connection: padding, fragment sizes, small certificate lists. */
static void in_use(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, in use", tls_name());
    if (tls == TLS1_3_VERSION) {
        SSL_CTX_set_block_padding(server, 512);
        struct pair pair = join_memory(client, server);
        ok(shake(&pair), "handshake with padding");
        settle(&pair);
        SSL_write(pair.server, "x", 1);
        unsigned char record[2000];
        show("a byte becomes a record of %zu", take(pair.server, record, sizeof record));
        part(&pair);
    }
    SSL_CTX_set_max_cert_list(client, 100);
    struct pair pair = join(client, server);
    show_shake(&pair, "a certificate list that is too long");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    options();
    modes();
    session_settings();
    numbers();
    methods();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        counted();
        in_use();
    }
    return finish();
}
