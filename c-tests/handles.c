/*
 * What libcarnet promises and libssl does not: a handle that is stale, freed twice, of the wrong kind, foreign or NULL makes
 * the call fail with a reason on the queue. Nothing is read or written through it, and the next connection works.
 */
#include "harness.h"

typedef long (*on_ssl)(SSL *s);
typedef long (*on_ctx)(SSL_CTX *c);
typedef long (*on_session)(SSL_SESSION *s);

static char buffer[64];
static unsigned number;
static size_t size;
static const unsigned char *bytes;

#define SSL_CALLS(X)                                                                                                   \
    X(SSL_do_handshake(s))                                                                                             \
    X(SSL_accept(s))                                                                                                   \
    X(SSL_connect(s))                                                                                                  \
    X(SSL_read(s, buffer, 10))                                                                                         \
    X(SSL_read_ex(s, buffer, 10, &size))                                                                               \
    X(SSL_peek(s, buffer, 10))                                                                                         \
    X(SSL_write(s, buffer, 10))                                                                                        \
    X(SSL_write_ex(s, buffer, 10, &size))                                                                              \
    X(SSL_shutdown(s))                                                                                                 \
    X(SSL_clear(s))                                                                                                    \
    X(SSL_pending(s))                                                                                                  \
    X(SSL_has_pending(s))                                                                                              \
    X(SSL_up_ref(s))                                                                                                   \
    X(SSL_set_fd(s, 0))                                                                                                \
    X(SSL_get_fd(s))                                                                                                   \
    X((long)SSL_get_rbio(s))                                                                                           \
    X((long)SSL_get_SSL_CTX(s))                                                                                        \
    X((long)SSL_set_SSL_CTX(s, NULL))                                                                                  \
    X((long)SSL_get_session(s))                                                                                        \
    X((long)SSL_get1_session(s))                                                                                       \
    X(SSL_set_session(s, NULL))                                                                                        \
    X(SSL_session_reused(s))                                                                                           \
    X((long)SSL_get_num_tickets(s))                                                                                    \
    X(SSL_set_num_tickets(s, 2))                                                                                       \
    X(SSL_new_session_ticket(s))                                                                                       \
    X(SSL_key_update(s, 0))                                                                                            \
    X(SSL_renegotiate(s))                                                                                              \
    X(SSL_verify_client_post_handshake(s))                                                                             \
    X((long)SSL_get1_peer_certificate(s))                                                                              \
    X((long)SSL_get_peer_cert_chain(s))                                                                                \
    X((long)SSL_get_current_cipher(s))                                                                                 \
    X((long)SSL_get_servername(s, 0))                                                                                  \
    X(SSL_use_certificate(s, NULL))                                                                                    \
    X(SSL_use_PrivateKey(s, NULL))                                                                                     \
    X(SSL_check_private_key(s))                                                                                        \
    X(SSL_set_cipher_list(s, "HIGH"))                                                                                  \
    X(SSL_set_ciphersuites(s, "TLS_AES_128_GCM_SHA256"))                                                               \
    X(SSL_set_ex_data(s, 0, NULL))                                                                                     \
    X((long)SSL_get_ex_data(s, 0))                                                                                     \
    X(SSL_ctrl(s, SSL_CTRL_MODE, 0, NULL))                                                                             \
    X(SSL_callback_ctrl(s, SSL_CTRL_SET_MSG_CALLBACK, NULL))                                                           \
    X((long)SSL_set_options(s, 0))                                                                                     \
    X(SSL_export_keying_material(s, (unsigned char *)buffer, 10, "x", 1, NULL, 0, 0) == 1)                             \
    X((long)SSL_get_finished(s, buffer, 10))                                                                           \
    X(SSL_set1_host(s, "a"))                                                                                           \
    X(SSL_set_alpn_protos(s, (const unsigned char *)"\1a", 2) == 0)                                                    \
    X((long)SSL_dup(s))                                                                                                \
    X((long)SSL_client_hello_get0_ciphers(s, &bytes))                                                                  \
    X((SSL_set_bio(s, NULL, NULL), 0))                                                                                 \
    X((SSL_set_accept_state(s), 0))                                                                                    \
    X((SSL_set_verify(s, 0, NULL), 0))                                                                                 \
    X(SSL_read_early_data(s, buffer, 10, &size))                                                                       \
    X(SSL_write_early_data(s, buffer, 10, &size))                                                                      \
    X(SSL_get_early_data_status(s))                                                                                    \
    X(SSL_set_max_early_data(s, 1))                                                                                    \
    X((long)SSL_get_max_early_data(s))                                                                                 \
    X(SSL_set_recv_max_early_data(s, 1))                                                                               \
    X(SSL_export_keying_material_early(s, (unsigned char *)buffer, 10, "x", 1, NULL, 0))                               \
    X(SSL_use_psk_identity_hint(s, "x"))                                                                               \
    X((SSL_set_allow_early_data_cb(s, NULL, NULL), 0))                                                                 \
    X((SSL_set_psk_find_session_callback(s, NULL), 0))                                                                 \
    X((SSL_set_info_callback(s, NULL), 0))

#define CTX_CALLS(X)                                                                                                   \
    X(SSL_CTX_set_max_early_data(c, 1))                                                                                \
    X(SSL_CTX_set_recv_max_early_data(c, 1))                                                                           \
    X(SSL_CTX_use_psk_identity_hint(c, "x"))                                                                           \
    X((SSL_CTX_set_psk_use_session_callback(c, NULL), 0))                                                              \
    X((long)SSL_new(c))                                                                                                \
    X(SSL_CTX_up_ref(c))                                                                                               \
    X((long)SSL_CTX_get_num_tickets(c))                                                                                \
    X(SSL_CTX_set_num_tickets(c, 2))                                                                                   \
    X(SSL_CTX_set_session_ticket_cb(c, NULL, NULL, NULL))                                                              \
    X(SSL_CTX_ctrl(c, SSL_CTRL_GET_TLSEXT_TICKET_KEYS, 80, buffer))                                                    \
    X(SSL_CTX_ctrl(c, SSL_CTRL_MODE, 0, NULL))                                                                         \
    X(SSL_CTX_callback_ctrl(c, SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB, NULL))                                               \
    X(SSL_CTX_set_tlsext_ticket_key_evp_cb(c, NULL))                                                                   \
    X(SSL_CTX_use_certificate(c, NULL))                                                                                \
    X(SSL_CTX_use_PrivateKey(c, NULL))                                                                                 \
    X(SSL_CTX_use_certificate_chain_file(c, "/dev/null"))                                                              \
    X(SSL_CTX_use_PrivateKey_file(c, "/dev/null", SSL_FILETYPE_PEM))                                                   \
    X(SSL_CTX_check_private_key(c))                                                                                    \
    X(SSL_CTX_load_verify_locations(c, "/dev/null", NULL))                                                             \
    X(SSL_CTX_set_default_verify_paths(c))                                                                             \
    X(SSL_CTX_set_cipher_list(c, "HIGH"))                                                                              \
    X(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"))                                                           \
    X(SSL_CTX_set_session_id_context(c, (const unsigned char *)"x", 1))                                                \
    X(SSL_CTX_set_alpn_protos(c, (const unsigned char *)"\1a", 2) == 0)                                                \
    X((long)SSL_CTX_set_options(c, 0))                                                                                 \
    X((long)SSL_CTX_get_cert_store(c))                                                                                 \
    X((long)SSL_CTX_get_ciphers(c))                                                                                    \
    X((long)SSL_CTX_get0_certificate(c))                                                                               \
    X(SSL_CTX_set_ex_data(c, 0, NULL))                                                                                 \
    X((long)SSL_CTX_get_ex_data(c, 0))                                                                                 \
    X((long)SSL_CTX_get_client_CA_list(c))                                                                             \
    X((SSL_CTX_set_verify(c, 0, NULL), 0))                                                                             \
    X((SSL_CTX_set_alpn_select_cb(c, NULL, NULL), 0))                                                                  \
    X((SSL_CTX_set_info_callback(c, NULL), 0))                                                                         \
    X((SSL_CTX_sess_set_new_cb(c, NULL), 0))                                                                           \
    X((SSL_CTX_set_keylog_callback(c, NULL), 0))

#define SESSION_CALLS(X)                                                                                               \
    X(SSL_SESSION_up_ref(s))                                                                                           \
    X((long)SSL_SESSION_dup(s))                                                                                        \
    X(i2d_SSL_SESSION(s, NULL))                                                                                        \
    X(SSL_SESSION_get_time(s))                                                                                         \
    X(SSL_SESSION_set_timeout(s, 5))                                                                                   \
    X((long)SSL_SESSION_get_id(s, &number))                                                                            \
    X((long)SSL_SESSION_get0_cipher(s))                                                                                \
    X((long)SSL_SESSION_get0_hostname(s))                                                                              \
    X((long)SSL_SESSION_get0_peer(s))                                                                                  \
    X((long)SSL_SESSION_get_master_key(s, (unsigned char *)buffer, 10))                                                \
    X(SSL_SESSION_set1_ticket_appdata(s, "x", 1))                                                                      \
    X(SSL_SESSION_get0_ticket_appdata(s, (void **)&bytes, &size))                                                      \
    X(SSL_SESSION_has_ticket(s))                                                                                       \
    X(SSL_SESSION_is_resumable(s))                                                                                     \
    X(SSL_SESSION_set1_id(s, (const unsigned char *)"x", 1))                                                           \
    X(SSL_SESSION_set_ex_data(s, 0, NULL))                                                                             \
    X((SSL_SESSION_get0_ticket(s, &bytes, &size), 0))

#define AS_TEXT(call) #call,
static const char *const ssl_names[] = {SSL_CALLS(AS_TEXT)};
static const char *const ctx_names[] = {CTX_CALLS(AS_TEXT)};
static const char *const session_names[] = {SESSION_CALLS(AS_TEXT)};

#define AS_CASE(call)                                                                                                  \
    if (which == at++)                                                                                                 \
        return call;

static long call_ssl(SSL *s, size_t which)
{
    size_t at = 0;
    SSL_CALLS(AS_CASE)
    return 0;
}

static long call_ctx(SSL_CTX *c, size_t which)
{
    size_t at = 0;
    CTX_CALLS(AS_CASE)
    return 0;
}

static long call_session(SSL_SESSION *s, size_t which)
{
    size_t at = 0;
    SESSION_CALLS(AS_CASE)
    return 0;
}

/* Everything that is not what it should be. */
enum { KINDS = 9 };
static const char *const kind_names[KINDS] = {
    "NULL",      "stale",         "an SSL_CTX, an SSL or an SSL_SESSION instead",
    "another",   "an odd number", "a small number",
    "the stack", "the heap",      "code"};

static void bad_handles(void *out[KINDS], void *stale, void *wrong, void *wrong_too)
{
    static char *heap;
    if (!heap)
        heap = calloc(1, 4096);
    void *all[KINDS] = {
        NULL, stale, wrong, wrong_too, (void *)0x1234567890abcdefu, (void *)8, buffer, heap, (void *)(uintptr_t)strlen};
    memcpy(out, all, sizeof all);
}

/* A call failed as it should: 0, -1 or NULL, and there is a reason on the queue. */
static int failed_well(long result, int *silent)
{
    int good = result == 0 || result == -1;
    if (ERR_peek_error() == 0)
        ++*silent;
    ERR_clear_error();
    return good;
}

/* For these NULL is nothing, in libssl as well. */
static int libssl_is_silent(const char *name)
{
    return strstr(name, "i2d_SSL_SESSION") || strstr(name, "SSL_SESSION_get_time") ||
           strstr(name, "SSL_SESSION_set_timeout");
}

#define SWEEP(names, call, type)                                                                                       \
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)                                                        \
        for (int k = 0; k < KINDS; k++) {                                                                              \
            int silent = 0;                                                                                            \
            ERR_clear_error();                                                                                         \
            int good = failed_well(call((type *)bad[k], i), &silent);                                                  \
            if (good && k == 0 && libssl_is_silent(names[i])) {                                                        \
                fine++;                                                                                                \
                continue;                                                                                              \
            }                                                                                                          \
            if (!good || silent)                                                                                       \
                carnet_ok(0, "%s with %s: %s%s", names[i], kind_names[k], good ? "" : "did not fail ",                 \
                          silent ? "left no reason" : "");                                                             \
            else                                                                                                       \
                fine++;                                                                                                \
        }                                                                                                              \
    carnet_ok(fine > 0, "%zu calls with %d kinds of bad handles, %d failed with a reason",                             \
              sizeof names / sizeof names[0], KINDS, fine)

static void sweep(void)
{
    SSL_CTX *ctx = new_server(), *stale_ctx = new_server();
    SSL *ssl = SSL_new(ctx), *stale_ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new(), *stale_session = SSL_SESSION_new();
    void *bad[KINDS];
    int fine = 0;
    SSL_CTX_free(stale_ctx);
    SSL_free(stale_ssl);
    SSL_SESSION_free(stale_session);
    bad_handles(bad, stale_ssl, ctx, session);
    SWEEP(ssl_names, call_ssl, SSL);
    fine = 0;
    bad_handles(bad, stale_ctx, ssl, session);
    SWEEP(ctx_names, call_ctx, SSL_CTX);
    fine = 0;
    bad_handles(bad, stale_session, ctx, ssl);
    SWEEP(session_names, call_session, SSL_SESSION);
    SSL_SESSION_free(session);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void left_a_reason(const char *what)
{
    int some = ERR_peek_error() != 0;
    carnet_ok(some, "%s: %s", what, reason());
}

/* Freeing twice, freeing what is no handle, freeing with the wrong function. */
static void freeing(void)
{
    SSL_CTX *ctx = new_server();
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    int local = 5;
    section("freeing");
    ERR_clear_error();
    SSL_free((SSL *)ctx);
    left_a_reason("SSL_free of an SSL_CTX");
    SSL_CTX_free((SSL_CTX *)ssl);
    left_a_reason("SSL_CTX_free of an SSL");
    SSL_SESSION_free((SSL_SESSION *)ssl);
    left_a_reason("SSL_SESSION_free of an SSL");
    SSL_free((SSL *)&local);
    left_a_reason("SSL_free of an int");
    carnet_ok(local == 5, "the int is as it was");
    carnet_ok(SSL_get_SSL_CTX(ssl) == ctx, "the SSL is as it was");
    ERR_clear_error();
    SSL_free(ssl);
    carnet_ok(ERR_peek_error() == 0, "freed");
    SSL_free(ssl);
    left_a_reason("freed again");
    SSL_SESSION_free(session);
    SSL_SESSION_free(session);
    left_a_reason("a session freed again");
    SSL_CTX_free(ctx);
    SSL_CTX_free(ctx);
    left_a_reason("a context freed again");
    SSL_free(NULL);
    SSL_CTX_free(NULL);
    SSL_SESSION_free(NULL);
    carnet_ok(ERR_peek_error() == 0, "NULL may be freed");
}

/* The place of a freed object is used again, the old handle does not come back to life. */
static void reuse(void)
{
    SSL_CTX *ctx = new_server();
    SSL *old[50];
    int alive = 0, same = 0;
    section("reuse");
    for (int i = 0; i < 50; i++) {
        old[i] = SSL_new(ctx);
        SSL_free(old[i]);
    }
    SSL *now = SSL_new(ctx);
    for (int i = 0; i < 50; i++) {
        alive += SSL_up_ref(old[i]);
        same += old[i] == now;
    }
    carnet_ok(alive == 0, "none of fifty freed handles works (%d do)", alive);
    carnet_ok(same == 0, "and none is given out again at once");
    ERR_clear_error();
    SSL_free(now);
    SSL_CTX_free(ctx);
}

/* Good objects, and NULL where something else was expected. */
static void null_arguments(void)
{
    SSL_CTX *ctx = new_server();
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    section("NULL arguments");
#define FAILS(call)                                                                                                    \
    ERR_clear_error();                                                                                                 \
    carnet_ok(!(call), #call)
    FAILS(SSL_write(ssl, NULL, 10) > 0);
    FAILS(SSL_read(ssl, NULL, 10) > 0);
    FAILS(SSL_read_ex(ssl, buffer, 10, NULL) > 0);
    FAILS(SSL_CTX_use_certificate_file(ctx, NULL, SSL_FILETYPE_PEM) > 0);
    FAILS(SSL_CTX_use_certificate_chain_file(ctx, NULL) > 0);
    FAILS(SSL_CTX_set_cipher_list(ctx, NULL) > 0);
    FAILS(SSL_CTX_set_ciphersuites(ctx, NULL) > 0);
    FAILS(SSL_CTX_set1_groups_list(ctx, NULL) > 0);
    FAILS(SSL_CTX_set1_sigalgs_list(ctx, NULL) > 0);
    FAILS(SSL_CTX_set1_groups(ctx, NULL, 3) > 0);
    FAILS(SSL_CTX_set_session_id_context(ctx, NULL, 5) > 0);
    FAILS(SSL_SESSION_set1_id(session, NULL, 5) > 0);
    FAILS(SSL_SESSION_set1_master_key(session, NULL, 5) > 0);
    FAILS(d2i_SSL_SESSION(NULL, NULL, 10) != NULL);
    FAILS(SSL_CIPHER_find(ssl, NULL) != NULL);
    FAILS(SSL_export_keying_material(ssl, NULL, 10, NULL, 0, NULL, 0, 0) == 1);
    FAILS(SSL_set_SSL_CTX(ssl, (SSL_CTX *)ssl) != NULL);
    FAILS(SSL_set_session(ssl, (SSL_SESSION *)ctx) == 1);
    FAILS(SSL_CTX_add_session(ctx, NULL) == 1);
    FAILS(SSL_CTX_remove_session(ctx, NULL) == 1);
    ERR_clear_error();
    SSL_SESSION_free(session);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    sweep();
    freeing();
    reuse();
    null_arguments();
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session = visit(client, server, NULL);
    is(visited.done, 1, "after all this, a connection works");
    SSL_SESSION_free(visit(client, server, session));
    is(visited.resumed, 1, "and is resumed");
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    return finish();
}
