/* BIO_f_ssl(3): TLS as a BIO filter, BIO_new_ssl_connect and its relatives. */
#include "harness.h"

static SSL_CTX *client, *server;

/* A chain ssl -> pair on both sides. */
static void chain(BIO **c, BIO **s)
{
    BIO *a = NULL, *b = NULL;
    BIO_new_bio_pair(&a, 1 << 17, &b, 1 << 17);
    *c = BIO_push(BIO_new_ssl(client, 1), a);
    *s = BIO_push(BIO_new_ssl(server, 0), b);
}

static void talk(void)
{
    BIO *c, *s;
    SSL *ssl = NULL;
    char got[64] = "";
    int n = -1;
    section("%s, a chain", tls_name());
    chain(&c, &s);
    is(BIO_get_ssl(c, &ssl), 1, "BIO_get_ssl");
    ok(ssl != NULL && !SSL_is_server(ssl), "the client's SSL");
    int r = (int)BIO_do_handshake(c);
    show("first step: %d, retry %d, read %d, write %d", r, BIO_should_retry(c), BIO_should_read(c) != 0,
         BIO_should_write(c) != 0);
    for (int i = 0; i < 10; i++) {
        BIO_do_handshake(s);
        if (BIO_do_handshake(c) == 1)
            break;
    }
    ok(SSL_is_init_finished(ssl), "handshake");
    is(BIO_write(c, "hello", 5), 5, "BIO_write");
    for (int i = 0; i < 5 && n <= 0; i++)
        n = BIO_read(s, got, sizeof got);
    is(n, 5, "BIO_read");
    is_text(got, "hello", "content");
    is(BIO_puts(s, "line\n"), 5, "BIO_puts");
    n = BIO_read(c, got, 3);
    is(n, 3, "BIO_read of a part");
    show("pending %d", (int)BIO_pending(c));
    is(BIO_read(c, got, sizeof got), 2, "the rest");
    n = BIO_read(c, got, sizeof got);
    show("nothing there: %d, retry %d", n, BIO_should_retry(c));
    is(BIO_flush(c), 1, "BIO_flush");
    BIO_ssl_shutdown(c);
    n = BIO_read(s, got, sizeof got);
    show("after BIO_ssl_shutdown the other side reads %d, eof %d, retry %d", n, (int)BIO_eof(s), BIO_should_retry(s));
    show("renegotiations %ld", BIO_get_num_renegotiates(c));
    BIO_free_all(c);
    BIO_free_all(s);
    ERR_clear_error();
}

static void whose(void)
{
    BIO *bio = BIO_new(BIO_f_ssl());
    SSL *ssl = SSL_new(client), *back = NULL;
    section("who owns the SSL");
    show("method: %s, type %#x", BIO_method_name(bio), BIO_method_type(bio));
    show("get without one: %ld", BIO_get_ssl(bio, &back));
    is(BIO_set_ssl(bio, ssl, BIO_NOCLOSE), 1, "BIO_set_ssl");
    is(BIO_get_ssl(bio, &back), 1, "BIO_get_ssl");
    ok(back == ssl, "the same one");
    BIO_free(bio);
    ok(SSL_get_SSL_CTX(ssl) == client, "BIO_NOCLOSE leaves it alone");
    SSL_free(ssl);
    bio = BIO_new_ssl(client, 1);
    BIO_get_ssl(bio, &back);
    SSL_up_ref(back);
    BIO_free(bio);
    ok(SSL_get_SSL_CTX(back) == client, "a reference keeps it");
    SSL_free(back);
    ERR_clear_error();
}

static void connecting(void)
{
    section("BIO_new_ssl_connect");
    BIO *bio = BIO_new_ssl_connect(client);
    SSL *ssl = NULL;
    ok(bio != NULL, "made");
    ok(BIO_get_ssl(bio, &ssl) == 1 && ssl, "has an SSL");
    is(BIO_set_conn_hostname(bio, "127.0.0.1:1"), 1, "address");
    is_text(BIO_get_conn_port(bio), "1", "port");
    int r = (int)BIO_do_connect(bio);
    show("nobody listens there: %d, an error is left %d", r, ERR_peek_error() != 0);
    ERR_clear_error();
    BIO_free_all(bio);
    bio = BIO_new_buffer_ssl_connect(client);
    ok(bio != NULL, "BIO_new_buffer_ssl_connect");
    show("first in the chain: %s", BIO_method_name(bio));
    BIO_free_all(bio);
}

static void copied(void)
{
    BIO *c, *s, *c2, *s2;
    SSL *one = NULL, *two = NULL;
    section("%s, BIO_ssl_copy_session_id", tls_name());
    chain(&c, &s);
    for (int i = 0; i < 10; i++) {
        BIO_do_handshake(c);
        BIO_do_handshake(s);
    }
    char byte;
    BIO_read(c, &byte, 1);
    chain(&c2, &s2);
    is(BIO_ssl_copy_session_id(c2, c), 1, "copied");
    BIO_get_ssl(c, &one);
    BIO_get_ssl(c2, &two);
    ok(SSL_get_session(one) == SSL_get_session(two), "the same session");
    BIO_free_all(c);
    BIO_free_all(s);
    BIO_free_all(c2);
    BIO_free_all(s2);
    ERR_clear_error();
}

int main(void)
{
    client = new_client();
    server = new_server();
    whose();
    connecting();
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        client = new_client();
        server = new_server();
        talk();
        copied();
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
    return finish();
}
