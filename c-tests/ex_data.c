/* CRYPTO_get_ex_new_index(3), SSL_get_ex_new_index, …: the application's own data on SSL_CTX, SSL and SSL_SESSION. */
#include "harness.h"

#include <openssl/crypto.h>

static int news, dups, frees;
static long last_argl;
static const char *last_argp;

static void new_cb(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ptr, (void)ad, (void)idx;
    news++;
    last_argl = argl;
    last_argp = argp;
}

static int dup_cb(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx, long argl, void *argp)
{
    (void)to, (void)from, (void)idx, (void)argl, (void)argp;
    dups++;
    *from_d = "copied";
    return 1;
}

static void free_cb(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    frees++;
    if (ptr) /* how many sessions the library makes for itself is its own affair */
        show("free callback: %s", (char *)ptr);
}

static void reset(void)
{
    news = dups = frees = 0;
}

static void on_context(void)
{
    int one = SSL_CTX_get_ex_new_index(7, "argp", new_cb, dup_cb, free_cb);
    int two = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    SSL_CTX *ctx;
    section("SSL_CTX");
    ok(one >= 1 && two == one + 1, "indices follow each other, 0 is taken by app_data");
    reset();
    ctx = SSL_CTX_new(TLS_method());
    is(news, 1, "the new callback ran");
    is(last_argl, 7, "argl");
    is_text(last_argp, "argp", "argp");
    ok(SSL_CTX_get_ex_data(ctx, one) == NULL, "NULL at first");
    is(SSL_CTX_set_ex_data(ctx, one, "context's"), 1, "set");
    is(SSL_CTX_set_ex_data(ctx, two, "two"), 1, "set");
    is_text(SSL_CTX_get_ex_data(ctx, one), "context's", "get");
    is_text(SSL_CTX_get_ex_data(ctx, two), "two", "get");
    ok(SSL_CTX_get_ex_data(ctx, 99) == NULL, "an index that is not there");
    SSL_CTX_set_app_data(ctx, "app");
    is_text(SSL_CTX_get_app_data(ctx), "app", "app data");
    SSL_CTX_up_ref(ctx);
    SSL_CTX_free(ctx);
    is(frees, 0, "a reference remains");
    SSL_CTX_free(ctx);
    is(frees, 1, "freed with the last");
}

static void on_ssl(void)
{
    int one = SSL_get_ex_new_index(0, NULL, new_cb, dup_cb, free_cb);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl, *copy;
    section("SSL");
    reset();
    ssl = SSL_new(ctx);
    is(news, 1, "the new callback ran");
    SSL_set_ex_data(ssl, one, "ssl's");
    SSL_set_app_data(ssl, "app");
    is_text(SSL_get_ex_data(ssl, one), "ssl's", "get");
    is_text(SSL_get_app_data(ssl), "app", "app data");
    copy = SSL_dup(ssl);
    is(dups, 1, "the dup callback ran");
    is_text(SSL_get_ex_data(copy, one), "copied", "the copy has what it said");
    is_text(SSL_get_app_data(copy), "app", "app data is copied as it is");
    SSL_free(copy);
    SSL_free(ssl);
    is(frees, 2, "both freed");
    SSL_CTX_free(ctx);
    show("X509_STORE_CTX index %d", SSL_get_ex_data_X509_STORE_CTX_idx() == SSL_get_ex_data_X509_STORE_CTX_idx());
}

static void on_session(void)
{
    int one = SSL_SESSION_get_ex_new_index(0, NULL, new_cb, dup_cb, free_cb);
    SSL_SESSION *session, *copy;
    section("SSL_SESSION");
    reset();
    session = SSL_SESSION_new();
    is(news, 1, "the new callback ran");
    SSL_SESSION_set_ex_data(session, one, "session's");
    SSL_SESSION_set_app_data(session, "app");
    is_text(SSL_SESSION_get_ex_data(session, one), "session's", "get");
    is_text(SSL_SESSION_get_app_data(session), "app", "app data");
    copy = SSL_SESSION_dup(session);
    is(dups, 1, "the dup callback ran");
    is_text(SSL_SESSION_get_ex_data(copy, one), "copied", "the copy has what it said");
    SSL_SESSION_free(copy);
    SSL_SESSION_free(session);
    is(frees, 2, "both freed");
}

/* The callback of one SSL finds its data from an argument of that SSL. */
static int found;

static int generate_cb(SSL *ssl, void *arg)
{
    int *index = arg;
    char *text = SSL_get_ex_data(ssl, *index);
    found += text && !strcmp(text, "server's own");
    return 1;
}

static void in_callbacks(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    static int index;
    index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    section("in callbacks");
    SSL_CTX_set_session_ticket_cb(server, generate_cb, NULL, &index);
    struct pair pair = join(client, server);
    SSL_set_ex_data(pair.server, index, "server's own");
    shake(&pair);
    is(found, 2, "found twice");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    on_context();
    on_ssl();
    on_session();
    in_callbacks();
    return finish();
}
