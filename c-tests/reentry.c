/* Callbacks that come back: the application's functions use the connection, its context and its sessions while the library
 * is at work with them, as they may. */
#include "harness.h"

static int index_of_session;
static const char kept[] = "kept";

/* --- ex_data ------------------------------------------------------------------------------------------------------ */

static void new_session(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ptr, (void)ad, (void)argl, (void)argp;
    SSL_SESSION_set_ex_data(parent, idx, (void *)kept);
}

static void new_ssl(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ptr, (void)ad, (void)argl, (void)argp;
    ok(SSL_get_SSL_CTX(parent) != NULL, "a new SSL has its context");
    is(SSL_set_ex_data(parent, idx, (void *)kept), 1, "and takes data");
}

static void new_ctx(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ptr, (void)ad, (void)argl, (void)argp;
    is(SSL_CTX_set_ex_data(parent, idx, (void *)kept), 1, "a new SSL_CTX takes data");
}

/* The session's data is the SSL, which is asked something that the session's end may have under way. */
static void free_session(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (ptr == NULL || ptr == kept)
        return;
    SSL_get_verify_result(ptr);
    SSL_get_servername(ptr, TLSEXT_NAMETYPE_host_name);
    SSL_get_SSL_CTX(ptr);
}

static void new_functions(void)
{
    section("new functions use what is new");
    int session_index = SSL_SESSION_get_ex_new_index(0, NULL, new_session, NULL, NULL);
    int ssl_index = SSL_get_ex_new_index(0, NULL, new_ssl, NULL, NULL);
    int ctx_index = SSL_CTX_get_ex_new_index(0, NULL, new_ctx, NULL, NULL);
    SSL_SESSION *session = SSL_SESSION_new();
    is_text(SSL_SESSION_get_ex_data(session, session_index), kept, "session");
    SSL_SESSION_free(session);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    is_text(SSL_CTX_get_ex_data(ctx, ctx_index), kept, "context");
    SSL *ssl = SSL_new(ctx);
    is_text(SSL_get_ex_data(ssl, ssl_index), kept, "connection");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void expired_offer(void)
{
    section("a client drops an expired session");
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session = visit(client, server, NULL);
    struct pair pair = join(client, server);
    SSL_SESSION_set_time(session, 1000);
    SSL_set_session(pair.client, session);
    SSL_SESSION_set_ex_data(session, index_of_session, pair.client);
    SSL_SESSION_free(session);
    is(shake(&pair), 1, "handshake");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int wanted;

static int generate(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    return 1;
}

static int opened;

static SSL_TICKET_RETURN decide(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t len,
                                SSL_TICKET_STATUS status, void *arg)
{
    (void)name, (void)len, (void)status, (void)arg;
    opened++;
    if (session == NULL)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    SSL_SESSION_set_ex_data(session, index_of_session, ssl);
    return wanted;
}

/* The session from a ticket is dropped: refused by the callback, unfit, or replaced by that of the new ticket. */
static void dropped(int verdict, int other_context, int retry, const char *what)
{
    section("%s", what);
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_SESSION *session = visit(client, server, NULL);
    wanted = verdict;
    opened = 0;
    SSL_CTX_set_session_ticket_cb(server, generate, decide, NULL);
    if (other_context)
        SSL_CTX_set_session_id_context(server, (const unsigned char *)"other", 5);
    if (retry) {
        SSL_CTX_set1_groups_list(server, "P-384");
        SSL_CTX_set1_groups_list(client, "X25519:P-384");
    }
    SSL_SESSION_free(visit(client, server, session));
    show("done %d, resumed %d, tickets %d, opened %d times", visited.done, visited.resumed, visited.tickets, opened);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* --- verification ------------------------------------------------------------------------------------------------- */

static int times;

static int ask_again(int good, X509_STORE_CTX *store)
{
    (void)good;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (times++ == 0)
        (void)SSL_set_retry_verify(ssl);
    return 1;
}

static void retry(void)
{
    section("a verification that is asked for again, once");
    SSL_CTX *client = new_client(), *server = new_server();
    trust(client, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, ask_again);
    struct pair pair = join(client, server);
    int waits = 0, done = 0;
    for (int i = 0; i < 20 && !done; i++) {
        int theirs, ours = SSL_do_handshake(pair.client);
        waits += SSL_get_error(pair.client, ours) == SSL_ERROR_WANT_RETRY_VERIFY;
        theirs = SSL_do_handshake(pair.server);
        done = ours == 1 && theirs == 1;
    }
    is(done, 1, "done");
    is(waits, 1, "waits");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static SSL_CTX *built;

static int change_context(int good, X509_STORE_CTX *store)
{
    (void)store;
    SSL_CTX_set_options(built, SSL_OP_PRIORITIZE_CHACHA);
    times++;
    return good;
}

static void building(void)
{
    section("the store's callback changes the context whose chain is being built");
    built = new_server();
    trust(built, authority());
    X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(built), change_context);
    times = 0;
    is(SSL_CTX_build_cert_chain(built, SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR), 1, "built");
    ok(times > 0, "the callback ran");
    SSL_CTX_free(built);
}

/* --- what is selected, and what may be resumed ---------------------------------------------------------------------- */

static int selected;

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in,
                           unsigned in_len, void *arg)
{
    (void)ssl, (void)in, (void)in_len, (void)arg;
    /* No address at all, which only a selection makes one. */
    *out = (const unsigned char *)(uintptr_t)16;
    *len = 5;
    return selected;
}

static void stale_selection(int answer, const char *what)
{
    SSL_CTX *client = new_client(), *server = new_server();
    selected = answer;
    SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\2h2", 3);
    SSL_CTX_set_alpn_select_cb(server, select_protocol, NULL);
    struct pair pair = join(client, server);
    show_shake(&pair, what);
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int forbid(SSL *ssl, int is_forward_secure)
{
    (void)ssl;
    show("may it be resumed? %d", is_forward_secure);
    return 1;
}

static void not_resumable(void)
{
    section("a session that may not be resumed");
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_CTX_set_not_resumable_session_callback(server, forbid);
    SSL_SESSION_free(visit(client, server, NULL));
    is(visited.done, 1, "done");
    is(visited.tickets, 0, "tickets");
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static int removed;

static void count_removed(SSL_CTX *ctx, SSL_SESSION *session)
{
    unsigned len;
    SSL_SESSION_get_id(session, &len);
    SSL_CTX_get_num_tickets(ctx);
    removed += len > 0;
}

static void torn_off(void)
{
    section("connections that end without a word");
    SSL_CTX *client = new_client(), *server = new_server();
    SSL_CTX_sess_set_remove_cb(client, count_removed);
    SSL_CTX_sess_set_remove_cb(server, count_removed);
    struct pair pair = join(client, server);
    is(shake(&pair), 1, "handshake");
    settle(&pair);
    is(removed, 0, "none is removed");
    part(&pair);
    is(removed, 2, "both are");
    SSL_CTX_sess_set_remove_cb(client, NULL);
    SSL_CTX_sess_set_remove_cb(server, NULL);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* --- BIOs --------------------------------------------------------------------------------------------------------- */

static SSL *carried;

static int make_bio(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static int end_bio(BIO *bio)
{
    (void)bio;
    SSL_pending(carried);
    show("a BIO ends, descriptor %d", SSL_get_fd(carried));
    ERR_clear_error();
    return 1;
}

static void ending_bios(void)
{
    section("a BIO that asks its SSL when it ends");
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "asking");
    BIO_meth_set_create(method, make_bio);
    BIO_meth_set_destroy(method, end_bio);
    SSL_CTX *ctx = new_client();
    carried = SSL_new(ctx);
    SSL_set0_rbio(carried, BIO_new(method));
    SSL_set0_rbio(carried, BIO_new(BIO_s_mem()));
    SSL_set0_wbio(carried, BIO_new(method));
    SSL_set_bio(carried, NULL, NULL);
    SSL_free(carried);
    SSL_CTX_free(ctx);
    BIO_meth_free(method);
}

int main(void)
{
    index_of_session = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, free_session);
    expired_offer();
    dropped(SSL_TICKET_RETURN_IGNORE_RENEW, 0, 0, "refused by the application");
    dropped(SSL_TICKET_RETURN_USE_RENEW, 0, 0, "resumed");
    dropped(SSL_TICKET_RETURN_USE_RENEW, 1, 0, "made in another context");
    dropped(SSL_TICKET_RETURN_USE_RENEW, 0, 1, "resumed after a HelloRetryRequest");
    dropped(SSL_TICKET_RETURN_USE_RENEW, 1, 1, "made in another context, with a HelloRetryRequest");
    retry();
    building();
    section("protocols that were not selected");
    stale_selection(SSL_TLSEXT_ERR_NOACK, "not acknowledged");
    stale_selection(SSL_TLSEXT_ERR_ALERT_FATAL, "refused");
    not_resumable();
    torn_off();
    ending_bios();
    new_functions();
    return finish();
}
