/* Callbacks that call back into the library with the SSL they got: nothing deadlocks, and what they set takes effect. */
#include "harness.h"

static int depth_calls[8];
enum where { IN_INFO, IN_MESSAGE, IN_HELLO, IN_NAME, IN_ALPN, IN_VERIFY, IN_GENERATE, IN_DECRYPT };

/* What any callback may ask. */
static void look_around(const SSL *ssl_const, enum where where)
{
    SSL *ssl = (SSL *)ssl_const;
    char text[8];
    depth_calls[where]++;
    SSL_get_version(ssl);
    SSL_get_current_cipher(ssl);
    SSL_state_string_long(ssl);
    SSL_get_SSL_CTX(ssl);
    SSL_get_session(ssl);
    SSL_SESSION_free(SSL_get1_session(ssl));
    SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    X509_free(SSL_get1_peer_certificate(ssl));
    SSL_get_verify_result(ssl);
    SSL_session_reused(ssl);
    SSL_get_rbio(ssl);
    SSL_get_num_tickets(ssl);
    SSL_get_error(ssl, -1);
    SSL_pending(ssl);
    SSL_get_finished(ssl, text, sizeof text);
    SSL_set_ex_data(ssl, 0, SSL_get_ex_data(ssl, 0));
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    SSL_get_options(ssl);
    SSL_is_init_finished(ssl);
    SSL_up_ref(ssl);
    SSL_free(ssl);
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
    SSL_CTX_up_ref(ctx);
    SSL_CTX_get_num_tickets(ctx);
    SSL_CTX_free(ctx);
}

static void info_cb(const SSL *ssl, int where, int ret)
{
    (void)where, (void)ret;
    look_around(ssl, IN_INFO);
}

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)sent, (void)version, (void)type, (void)bytes, (void)len, (void)arg;
    look_around(ssl, IN_MESSAGE);
}

static int hello_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    look_around(ssl, IN_HELLO);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int name_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    look_around(ssl, IN_NAME);
    return SSL_TLSEXT_ERR_OK;
}

static int alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in, unsigned in_len,
                   void *arg)
{
    (void)in_len, (void)arg;
    look_around(ssl, IN_ALPN);
    *out = in + 1;
    *len = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static int verify_cb(int good, X509_STORE_CTX *store)
{
    look_around(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()), IN_VERIFY);
    return good;
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    look_around(ssl, IN_GENERATE);
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)session, (void)name, (void)name_len, (void)arg;
    look_around(ssl, IN_DECRYPT);
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static void looking(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    section("%s, looking around in every callback", tls_name());
    SSL_CTX_set_info_callback(client, info_cb);
    SSL_CTX_set_info_callback(server, info_cb);
    SSL_CTX_set_msg_callback(client, message_cb);
    SSL_CTX_set_msg_callback(server, message_cb);
    SSL_CTX_set_client_hello_cb(server, hello_cb, NULL);
    SSL_CTX_set_tlsext_servername_callback(server, name_cb);
    SSL_CTX_set_alpn_select_cb(server, alpn_cb, NULL);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
    SSL_CTX_set_alpn_protos(client, (const unsigned char *)"\1a", 2);
    trust(client, authority());
    trust(server, authority());
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, verify_cb);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, verify_cb);
    use_identity(client, client_identity());
    SSL_SESSION *session = visit(client, server, NULL);
    is(visited.done, 1, "full handshake");
    SSL_SESSION_free(visit(client, server, session));
    is(visited.resumed, 1, "resumed");
    for (int i = 0; i < 8; i++)
        ok(depth_calls[i] > 0, "callback %d ran", i);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* --- callbacks that change their SSL ------------------------------------------------------------------------------- */

static int change; /* which change the server-name callback makes */
static struct identity other;

static int changing_cb(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    switch (change) {
    case 0:
        SSL_use_certificate(ssl, other.cert);
        SSL_use_PrivateKey(ssl, other.key);
        break;
    case 1:
        SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        break;
    case 2:
        SSL_set_num_tickets(ssl, 5);
        break;
    case 3:
        SSL_set_options(ssl, SSL_OP_NO_TICKET);
        break;
    case 4:
        SSL_set_session_id_context(ssl, (const unsigned char *)"changed", 7);
        break;
    case 5:
        SSL_set1_groups_list(ssl, "P-384");
        break;
    case 6:
        SSL_set_ciphersuites(ssl, "TLS_CHACHA20_POLY1305_SHA256");
        break;
    }
    return SSL_TLSEXT_ERR_OK;
}

static int changing_hello_cb(SSL *ssl, int *alert, void *arg)
{
    changing_cb(ssl, alert, arg);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void changing(int in_hello)
{
    static const char *const names[] = {"certificate",        "verify mode", "num_tickets", "NO_TICKET",
                                        "session id context", "groups",      "suites"};
    section("%s, changes in the %s callback", tls_name(), in_hello ? "client-hello" : "server-name");
    other = identity_new("other.example", KEY_P384, authority());
    for (change = 0; change < 7; change++) {
        if (!in_hello && (change == 3 || change == 5))
            continue; /* libssl has already settled these when it asks for the name */
        SSL_CTX *client = new_client(), *server = new_server();
        trust(server, authority());
        use_identity(client, client_identity());
        if (in_hello)
            SSL_CTX_set_client_hello_cb(server, changing_hello_cb, NULL);
        else
            SSL_CTX_set_tlsext_servername_callback(server, changing_cb);
        SSL_SESSION *session = visit(client, server, NULL);
        struct pair pair = join(client, server);
        show_shake(&pair, names[change]);
        int group = (int)SSL_get_negotiated_group(pair.client);
        show("   client sees %s, server sees %s, group %s, cipher %s, tickets %d", peer_name(pair.client),
             peer_name(pair.server), group ? SSL_group_to_name(pair.client, group) : "none",
             SSL_get_cipher_name(pair.client), visited.tickets);
        part(&pair);
        if (session) {
            SSL_SESSION_free(visit(client, server, session));
            show("   resumed %d", visited.resumed);
        }
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    identity_free(&other);
}

/* A callback that drops the application's last reference to its SSL, while the library is still in it. */
static int free_in_callback(SSL *ssl, void *arg)
{
    SSL **place = arg;
    if (*place) {
        SSL_up_ref(ssl);
        SSL_free(*place);
        *place = NULL;
    }
    return 1;
}

static void dropping(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL *place = NULL;
    section("%s, a reference dropped in a callback", tls_name());
    SSL_CTX_set_session_ticket_cb(server, free_in_callback, NULL, &place);
    struct pair pair = join(client, server);
    place = pair.server;
    ok(shake(&pair), "handshake");
    ok(place == NULL, "dropped");
    ok(say(pair.server, pair.client, "still there"), "and still there");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        memset(depth_calls, 0, sizeof depth_calls);
        looking();
        changing(0);
        changing(1);
        dropping();
    }
    return finish();
}
