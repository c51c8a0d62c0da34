/* The life of an SSL: new, free, up_ref, clear, dup, states. SSL_new(3), SSL_clear(3), SSL_dup(3), SSL_get_state(3). */
#include "harness.h"

static const char *state(SSL *ssl)
{
    static char text[2][400];
    static int next;
    char *out = text[next++ % 2];
    snprintf(out, sizeof text[0], "%s / %s, state %d, init %d, before %d, finished %d", SSL_state_string(ssl),
             SSL_state_string_long(ssl), SSL_get_state(ssl), SSL_in_init(ssl), SSL_in_before(ssl),
             SSL_is_init_finished(ssl));
    return out;
}

static void states(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL *ssl = SSL_new(server);
    struct pair pair;
    section("%s, states", tls_name());
    show("new: %s", state(ssl));
    show("is server: %d", SSL_is_server(ssl));
    SSL_set_connect_state(ssl);
    show("connect state: %s, is server %d", state(ssl), SSL_is_server(ssl));
    SSL_set_accept_state(ssl);
    show("accept state: %s, is server %d", state(ssl), SSL_is_server(ssl));
    SSL_free(ssl);

    pair = join(client, server);
    int r = SSL_do_handshake(pair.client);
    show("client, %s: %s", outcome(pair.client, r), state(pair.client));
    show("   version %s, cipher %s", SSL_get_version(pair.client), SSL_get_cipher_name(pair.client));
    r = SSL_do_handshake(pair.server);
    show("server, %s: %s", outcome(pair.server, r), state(pair.server));
    show("   version %s, cipher %s", SSL_get_version(pair.server), SSL_get_cipher_name(pair.server));
    r = SSL_do_handshake(pair.client);
    show("client, %s: %s", outcome(pair.client, r), state(pair.client));
    r = SSL_do_handshake(pair.server);
    show("server, %s: %s", outcome(pair.server, r), state(pair.server));
    ok(shake(&pair), "done");
    show("client: %s", state(pair.client));
    show("   version %s, %x, cipher %s, %d bits", SSL_get_version(pair.client), SSL_version(pair.client),
         SSL_get_cipher_name(pair.client), SSL_get_cipher_bits(pair.client, NULL));
    show("   client version %x, group %ld", SSL_client_version(pair.client), SSL_get_negotiated_group(pair.client));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void references(void)
{
    SSL_CTX *server = new_server(), *client = new_client();
    SSL *ssl = SSL_new(server);
    section("references");
    is(SSL_up_ref(ssl), 1, "SSL_up_ref");
    SSL_free(ssl);
    ok(SSL_get_SSL_CTX(ssl) == server, "lives on after one SSL_free");
    SSL_free(ssl);
    SSL_free(NULL);
    is(SSL_CTX_up_ref(server), 1, "SSL_CTX_up_ref");
    SSL_CTX_free(server);
    ssl = SSL_new(server);
    ok(ssl != NULL, "the context lives on");
    SSL_CTX_free(server); /* the SSL holds the last one */
    struct pair pair = join(client, SSL_get_SSL_CTX(ssl));
    ok(shake(&pair), "and goes on being useful");
    SSL_free(ssl);
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(NULL);
    is(SSL_new(NULL) == NULL, 1, "SSL_new(NULL)");
    show("%s", reason());
    is(SSL_CTX_new(NULL) == NULL, 1, "SSL_CTX_new(NULL)");
    show("%s", reason());
}

static void wrong_order(void)
{
    SSL_CTX *server = new_server();
    SSL *ssl = SSL_new(server);
    char byte;
    section("calls that come too early");
    int r = SSL_do_handshake(ssl);
    show("SSL_do_handshake, no side chosen: %s", outcome(ssl, r));
    r = SSL_read(ssl, &byte, 1);
    show("SSL_read, no side chosen: %s", outcome(ssl, r));
    r = SSL_write(ssl, &byte, 1);
    show("SSL_write, no side chosen: %s", outcome(ssl, r));
    r = SSL_shutdown(ssl);
    show("SSL_shutdown, no side chosen: %s", outcome(ssl, r));
    r = SSL_peek(ssl, &byte, 1);
    show("SSL_peek, no side chosen: %s", outcome(ssl, r));
    SSL_set_accept_state(ssl);
    r = SSL_shutdown(ssl);
    show("SSL_shutdown before the handshake: %s", outcome(ssl, r));
    r = SSL_accept(ssl);
    show("SSL_accept without a BIO: %s", outcome(ssl, r));
    show("fd %d, rbio %d, wbio %d", SSL_get_fd(ssl), SSL_get_rbio(ssl) != NULL, SSL_get_wbio(ssl) != NULL);
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(server);
}

static void cleared(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    struct pair pair = join(client, server);
    section("%s, SSL_clear", tls_name());
    ok(shake(&pair), "first handshake");
    settle(&pair);
    is(SSL_shutdown(pair.client), 0, "shutdown");
    is(SSL_shutdown(pair.server), 0, "shutdown");
    is(SSL_shutdown(pair.client), 1, "shutdown, second half");
    is(SSL_shutdown(pair.server), 1, "shutdown, second half");
    is(SSL_clear(pair.client), 1, "SSL_clear of the client");
    is(SSL_clear(pair.server), 1, "SSL_clear of the server");
    show("client: %s, is server %d, shutdown %d", state(pair.client), SSL_is_server(pair.client),
         SSL_get_shutdown(pair.client));
    show("session is kept: client %d, server %d", SSL_get_session(pair.client) != NULL,
         SSL_get_session(pair.server) != NULL);
    show_shake(&pair, "second handshake on the same objects");
    show("resumed: client %d, server %d", SSL_session_reused(pair.client), SSL_session_reused(pair.server));
    ok(say(pair.client, pair.server, "hello"), "data");
    part(&pair);

    pair = join(client, server);
    SSL_do_handshake(pair.client);
    is(SSL_clear(pair.client), 1, "SSL_clear in the middle of a handshake");
    show("client: %s", state(pair.client));
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void duplicated(void)
{
    SSL_CTX *client = new_client(), *server = new_server();
    SSL *ssl = SSL_new(server), *copy;
    section("SSL_dup");
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_accept_state(ssl);
    copy = SSL_dup(ssl);
    if (ok(copy != NULL && copy != ssl, "a copy before the handshake is another object")) {
        show("verify %d, no ticket %d, mode %ld, is server %d", SSL_get_verify_mode(copy),
             (SSL_get_options(copy) & SSL_OP_NO_TICKET) != 0, SSL_get_mode(copy) & SSL_MODE_ENABLE_PARTIAL_WRITE,
             SSL_is_server(copy));
        SSL_free(copy);
    }
    SSL_free(ssl);

    struct pair pair = join(client, server);
    shake(&pair);
    copy = SSL_dup(pair.server);
    is(copy == pair.server, 1, "a copy after the handshake is a reference");
    SSL_free(copy);
    ok(say(pair.client, pair.server, "hello"), "data");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void own_certificate(void)
{
    SSL_CTX *client = new_client(), *server = SSL_CTX_new(TLS_server_method());
    section("%s, certificate of the SSL, not of the context", tls_name());
    struct pair pair = join(client, server);
    ok(!shake(&pair), "no certificate at all: no handshake");
    part(&pair);
    pair = join(client, server);
    is(SSL_use_certificate(pair.server, server_identity()->cert), 1, "SSL_use_certificate");
    is(SSL_use_PrivateKey(pair.server, server_identity()->key), 1, "SSL_use_PrivateKey");
    is(SSL_check_private_key(pair.server), 1, "SSL_check_private_key");
    ok(shake(&pair), "handshake");
    is_text(peer_name(pair.client), "server.example", "the client sees it");
    ok(SSL_get_certificate(pair.server) != NULL && SSL_get_privatekey(pair.server) != NULL, "the server has it");
    ok(SSL_CTX_get0_certificate(server) == NULL, "the context has none");
    is_text(peer_name(pair.server), "none", "the server sees none");
    part(&pair);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    references();
    wrong_order();
    duplicated();
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        states();
        cleared();
        own_certificate();
    }
    return finish();
}
