/* SSL_CTX_set_num_tickets(3): how many come, when set where. */
#include "harness.h"

static int generated, new_on_server;

static int generate_cb(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    generated++;
    return 1;
}

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    new_on_server++;
    return 0;
}

static SSL_CTX *counting_server(void)
{
    SSL_CTX *ctx = new_server();
    SSL_CTX_set_session_ticket_cb(ctx, generate_cb, NULL, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_new_cb(ctx, new_cb);
    generated = new_on_server = 0;
    return ctx;
}

static void get_and_set(void)
{
    SSL_CTX *ctx = new_server();
    SSL *ssl;
    section("get and set");
    is((long)SSL_CTX_get_num_tickets(ctx), 2, "default of a context");
    ssl = SSL_new(ctx);
    is((long)SSL_get_num_tickets(ssl), 2, "default of an SSL");
    is(SSL_CTX_set_num_tickets(ctx, 5), 1, "set on the context");
    is((long)SSL_CTX_get_num_tickets(ctx), 5, "kept there");
    is((long)SSL_get_num_tickets(ssl), 2, "an SSL that exists keeps its own");
    is(SSL_set_num_tickets(ssl, 0), 1, "set on the SSL");
    is((long)SSL_get_num_tickets(ssl), 0, "kept there");
    SSL_free(ssl);
    ssl = SSL_new(ctx);
    is((long)SSL_get_num_tickets(ssl), 5, "a new SSL takes the context's");
    is(SSL_set_num_tickets(ssl, 1000000), 1, "a million is accepted");
    is((long)SSL_get_num_tickets(ssl), 1000000, "and kept");
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_client_method());
    is((long)SSL_CTX_get_num_tickets(ctx), 2, "a client's context has the number too");
    is(SSL_CTX_set_num_tickets(ctx, 3), 1, "and it can be set");
    SSL_CTX_free(ctx);
}

static void full_and_resumed(void)
{
    static const int counts[] = {0, 1, 2, 3, 8, 33};
    section("%s, a full handshake and a resumption", tls_name());
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        SSL_CTX *client = new_client(), *server = counting_server();
        SSL_SESSION *session, *give = NULL;
        if (counts[i] == 0)
            give = visit(client, server, NULL);
        SSL_CTX_set_num_tickets(server, (size_t)counts[i]);
        generated = new_on_server = 0;
        session = visit(client, server, NULL);
        show("num_tickets %d, full: generated %d, new-session calls %d, received %d", counts[i], generated,
             new_on_server, visited.tickets);
        generated = new_on_server = 0;
        SSL_SESSION_free(visit(client, server, give ? give : session));
        show("num_tickets %d, offered: resumed %d, generated %d, new-session calls %d, received %d", counts[i],
             visited.resumed, generated, new_on_server, visited.tickets);
        SSL_SESSION_free(session);
        SSL_SESSION_free(give);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

/* Which of the two numbers counts: the SSL's. */
static void on_the_ssl(void)
{
    SSL_CTX *client = new_client(), *server = counting_server();
    struct pair pair = join(client, server);
    section("%s, set on the SSL", tls_name());
    SSL_CTX_set_num_tickets(server, 7);
    SSL_set_num_tickets(pair.server, 4);
    ok(shake(&pair), "handshake");
    settle(&pair);
    show("generated %d", generated);
    is(SSL_set_num_tickets(pair.server, 9), 1, "set after the handshake");
    settle(&pair);
    ok(say(pair.server, pair.client, "hello"), "data");
    show("generated %d", generated);
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* SSL_OP_NO_TICKET leaves the number alone: TLS 1.3 sends as many stateful tickets. */
static int decrypted;

static SSL_TICKET_RETURN not_called_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                       SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)session, (void)name, (void)name_len, (void)status, (void)arg;
    decrypted++;
    return SSL_TICKET_RETURN_ABORT;
}

static void stateful(void)
{
    SSL_CTX *client = new_client(), *server = counting_server();
    SSL_SESSION *session;
    section("%s, SSL_OP_NO_TICKET", tls_name());
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(server, 3);
    session = visit(client, server, NULL);
    show("done %d, generated %d, received %d, has ticket %d", visited.done, generated, visited.tickets,
         session ? SSL_SESSION_has_ticket(session) : -1);
    const unsigned char *ticket;
    size_t len = 0;
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    show("   a ticket of %zu bytes", len);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, not_called_cb, NULL);
    decrypted = 0;
    SSL_SESSION_free(visit(client, server, session));
    show("   done %d, resumed %d, decrypt callback ran %d times", visited.done, visited.resumed, decrypted);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* A client that resumes with SSL_CTX_set_num_tickets unequal to the default on a server whose ticket callback renews. */
static void distinct(void)
{
    SSL_CTX *client = new_client(), *server = counting_server();
    SSL_SESSION *list[3], *session;
    section("%s, every ticket works, each once and twice", tls_name());
    SSL_CTX_set_num_tickets(server, 1);
    for (int i = 0; i < 3; i++)
        list[i] = visit(client, server, i ? list[i - 1] : NULL);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++) {
            session = visit(client, server, list[i]);
            show("round %d, session %d: resumed %d", round, i, visited.resumed);
            SSL_SESSION_free(session);
        }
    for (int i = 0; i < 3; i++)
        SSL_SESSION_free(list[i]);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* Changed by a callback in the middle: what counts is the number at the time of each ticket. */
enum place { AT_HELLO, AT_SERVER_NAME, AT_CERTIFICATE, AT_ALPN, AT_FINISHED, AT_TICKET, NUM_PLACES };
static const char *const place_names[] = {"client-hello", "server-name", "certificate", "ALPN", "info", "generate"};
static int change_at, change_to;

static void change(SSL *ssl, int here)
{
    if (change_at == here)
        SSL_set_num_tickets(ssl, (size_t)change_to);
}

static int hello_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    change(ssl, AT_HELLO);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    change(ssl, AT_SERVER_NAME);
    return SSL_TLSEXT_ERR_OK;
}

static int certificate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    change(ssl, AT_CERTIFICATE);
    return 1;
}

static int alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in, unsigned inlen,
                   void *arg)
{
    (void)out, (void)len, (void)in, (void)inlen, (void)arg;
    change(ssl, AT_ALPN);
    return SSL_TLSEXT_ERR_NOACK;
}

static void info_cb(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (where & SSL_CB_HANDSHAKE_DONE)
        change((SSL *)ssl, AT_FINISHED);
}

static int changing_generate_cb(SSL *ssl, void *arg)
{
    generate_cb(ssl, arg);
    change(ssl, AT_TICKET);
    return 1;
}

static SSL_TICKET_RETURN renew_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                  SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)session, (void)name, (void)name_len, (void)arg;
    return status >= SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static void from_callbacks(void)
{
    static const int to[] = {0, 1, 5};
    SSL_CTX *client = new_client(), *server = counting_server();
    section("%s, changed by a callback", tls_name());
    SSL_CTX_set_client_hello_cb(server, hello_cb, NULL);
    SSL_CTX_set_tlsext_servername_callback(server, name_cb);
    SSL_CTX_set_cert_cb(server, certificate_cb, NULL);
    SSL_CTX_set_alpn_select_cb(server, alpn_cb, NULL);
    SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\2h2", 3);
    SSL_CTX_set_info_callback(server, info_cb);
    SSL_CTX_set_session_ticket_cb(server, changing_generate_cb, renew_cb, NULL);
    change_at = -1;
    SSL_SESSION *session = visit(client, server, NULL);
    for (change_at = 0; change_at < NUM_PLACES; change_at++)
        for (int i = 0; i < 3; i++) {
            change_to = to[i];
            generated = 0;
            SSL_SESSION_free(visit(client, server, NULL));
            show("%s callback, to %d, full: generated %d, received %d", place_names[change_at], change_to, generated,
                 visited.tickets);
            generated = 0;
            SSL_SESSION_free(visit(client, server, session));
            show("   resumed %d: generated %d, received %d", visited.resumed, generated, visited.tickets);
        }
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    get_and_set();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        full_and_resumed();
        on_the_ssl();
        stateful();
        distinct();
        from_callbacks();
    }
    return finish();
}
