/*
 * Functions that OpenSSL 3.2 to 3.5 have added, on TLS connections: what is true of them without QUIC, and nothing crashes. They
 * are looked for by name, since older headers do not declare them; where the system's libssl does not have them, nothing is compared.
 */
#include <dlfcn.h>
#include <sys/time.h>

#include "harness.h"

/* A number that a function makes of the connection alone. */
static const char *const of_connection[] = {
    "SSL_is_tls",          "SSL_is_quic",          "SSL_is_connection",     "SSL_is_listener",
    "SSL_is_domain",       "SSL_handle_events",    "SSL_net_read_desired",  "SSL_net_write_desired",
    "SSL_get_stream_type", "SSL_is_stream_local",  "SSL_get_stream_read_state", "SSL_get_stream_write_state",
    "SSL_listen",          "SSL_get_blocking_mode", "SSL_get_negotiated_client_cert_type",
    "SSL_get_negotiated_server_cert_type",
};

/* What is NULL. */
static const char *const none[] = { "SSL_get0_listener", "SSL_get0_domain", "SSL_get0_peer_rpk" };

/* What refuses, in a way that is seen from its value, when it is asked with 0 or NULL for all else. */
static const char *const refused[] = {
    "SSL_set_blocking_mode",   "SSL_set1_initial_peer_addr", "SSL_set_default_stream_mode", "SSL_set_incoming_stream_policy",
    "SSL_stream_conclude",     "SSL_stream_reset",           "SSL_get_value_uint",          "SSL_set_value_uint",
    "SSL_get_domain_flags",    "SSL_get_conn_close_info",    "SSL_get_stream_read_error_code", "SSL_get_stream_write_error_code",
    "SSL_add_expected_rpk",
};

static void *function(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    ok(found != NULL, "there is %s", name);
    return found;
}

static void about(SSL *ssl)
{
    const char *(*group_name)(SSL *) = (const char *(*)(SSL *))function("SSL_get0_group_name");
    int (*event_timeout)(SSL *, struct timeval *, int *) = (int (*)(SSL *, struct timeval *, int *))function("SSL_get_event_timeout");
    SSL *(*whole)(SSL *) = (SSL * (*)(SSL *)) function("SSL_get0_connection");
    unsigned long long (*stream_id)(SSL *) = (unsigned long long (*)(SSL *))function("SSL_get_stream_id");
    struct timeval when = { 0, 0 };
    int is_infinite = 0;
    for (size_t i = 0; i < sizeof of_connection / sizeof of_connection[0]; i++) {
        int (*number)(SSL *) = (int (*)(SSL *))function(of_connection[i]);
        show("%s: %d", of_connection[i], number(ssl));
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ok(((void *(*)(SSL *))function(none[i]))(ssl) == NULL, "%s: none", none[i]);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int (*asked)(SSL *, void *, void *, void *) = (int (*)(SSL *, void *, void *, void *))function(refused[i]);
        show("%s: %d", refused[i], asked(ssl, NULL, NULL, NULL));
        ERR_clear_error();
    }
    show("group %s", group_name(ssl));
    is(event_timeout(ssl, &when, &is_infinite), 1, "there is an answer when something has to be done");
    show("infinite %d, %ld s", is_infinite, (long)when.tv_sec);
    ok(whole(ssl) == ssl, "a connection is its own");
    ok(stream_id(ssl) == ~0ULL, "no stream");
    is_text(reason(), "none", "the error queue");
}

static int on_hello(SSL *ssl, int *alert, void *order)
{
    int (*extensions)(SSL *, unsigned short *, size_t *) = (int (*)(SSL *, unsigned short *, size_t *))order;
    unsigned short found[64];
    size_t count = 0, room = 1;
    (void)alert;
    is(extensions(ssl, NULL, &count), 1, "how many extensions");
    is(extensions(ssl, found, &room), 0, "too little room");
    room = 64;
    is(extensions(ssl, found, &room), 1, "the extensions");
    ok(room == count && count > 3, "as many as were told");
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void body(void)
{
    SSL_CTX *server = new_server(), *client = new_client();
    int (*write_ex2)(SSL *, const void *, size_t, unsigned long long, size_t *) =
        (int (*)(SSL *, const void *, size_t, unsigned long long, size_t *))function("SSL_write_ex2");
    int (*shutdown_ex)(SSL *, unsigned long long, void *, size_t) = (int (*)(SSL *, unsigned long long, void *, size_t))function("SSL_shutdown_ex");
    long long (*get_time)(SSL_SESSION *) = (long long (*)(SSL_SESSION *))function("SSL_SESSION_get_time_ex");
    long long (*set_time)(SSL_SESSION *, long long) = (long long (*)(SSL_SESSION *, long long))function("SSL_SESSION_set_time_ex");
    SSL_CTX_set1_groups_list(client, "P-256");
    SSL_CTX_set1_groups_list(server, "P-256");
    SSL_CTX_set_client_hello_cb(server, on_hello, function("SSL_client_hello_get_extension_order"));
    struct pair pair = join(client, server);
    size_t written = 0;
    section("%s, after the handshake", tls_name());
    show_shake(&pair, "handshake");
    about(pair.client);
    about(pair.server);
    is(write_ex2(pair.client, "hello", 5, 0, &written), 1, "SSL_write_ex2");
    is((long)written, 5, "written");
    SSL_SESSION *session = SSL_get1_session(pair.client);
    ok(get_time(session) > 1700000000, "a time");
    is((long)set_time(session, 5000000000LL), 5000000000L, "set");
    is((long)get_time(session), 5000000000L, "got");
    SSL_SESSION_free(session);
    is(shutdown_ex(pair.server, 0, NULL, 0), 0, "SSL_shutdown_ex");
    part(&pair);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void contexts(void)
{
    static const unsigned char x509[] = { 0 };
    static const char *const kinds[] = { "SSL_CTX_set1_client_cert_type", "SSL_CTX_set1_server_cert_type" };
    const SSL_METHOD *(*quic)(void) = (const SSL_METHOD *(*)(void))function("OSSL_QUIC_client_method");
    int (*padding)(SSL_CTX *, size_t, size_t) = (int (*)(SSL_CTX *, size_t, size_t))function("SSL_CTX_set_block_padding_ex");
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    for (size_t i = 0; i < 2; i++) {
        int (*set)(SSL_CTX *, const unsigned char *, size_t) = (int (*)(SSL_CTX *, const unsigned char *, size_t))function(kinds[i]);
        is(set(ctx, x509, 1), 1, "%s: X.509", kinds[i]);
        is(set(ctx, NULL, 0), 1, "%s: nothing", kinds[i]);
    }
    is(padding(ctx, 512, 512), 1, "the same padding for all");
    carnet_ok(padding(ctx, 512, 1) == 0, "another for the handshake");
    carnet_ok(quic() == NULL && SSL_CTX_new(quic()) == NULL, "no context without a method");
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

int main(void)
{
    if (OpenSSL_version_num() < 0x30500000L) {
        ok(1, "nothing to compare with");
        carnet_ok(dlsym(RTLD_DEFAULT, "SSL_is_quic") != NULL, "but it is there");
        return finish();
    }
    contexts();
    for (const int *version = versions(); *version; version++) {
        tls = *version;
        body();
    }
    return finish();
}
