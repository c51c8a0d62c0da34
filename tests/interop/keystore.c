/*
 * carnet.h, function by function. Prints `ok` lines; leaves with 1 at the first check that fails.
 *
 *     keystore CERTIFICATE KEY [ROUNDS OF EACH THREAD]
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* HMAC_CTX */
#include <carnet.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/tls1.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #what);                                                          \
            ERR_print_errors_fp(stdout);                                                                               \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const char *certificate, *key_file;
static int num_rounds = 2000;
static time_t the_time = 1700000000;

static time_t the_clock(void *arg)
{
    return *(time_t *)arg;
}

static carnet_keystore *new_store(long interval, long lifetime)
{
    carnet_keystore *ks = carnet_keystore_new(interval, lifetime);

    CHECK(ks != NULL && carnet_keystore_set_clock(ks, the_clock, &the_time) == 1);
    return ks;
}

/* A failure leaves one reason, which is the SSL library's; this takes it away. */
static int one_reason(void)
{
    unsigned long e = ERR_get_error();

    return ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_reason_error_string(e) != NULL && ERR_get_error() == 0;
}

static void test_times(void)
{
    carnet_keystore *ks = new_store(100, 1000);
    carnet_ticket_key first, found, second;

    CHECK(carnet_keystore_now(ks) == the_time);
    CHECK(carnet_keystore_current(ks, &first) == 1 && !first.renew);
    CHECK(first.created <= the_time && first.retires > the_time && first.expire == first.retires + 1000);
    the_time = first.retires - 1;
    CHECK(carnet_keystore_current(ks, &found) == 1 && memcmp(first.name, found.name, 16) == 0);
    the_time = first.retires;
    CHECK(carnet_keystore_current(ks, &second) == 1 && memcmp(first.name, second.name, 16) != 0);
    CHECK(memcmp(first.aes_key, second.aes_key, 32) != 0 && memcmp(first.hmac_key, second.hmac_key, 32) != 0);
    CHECK(carnet_keystore_find(ks, first.name, &found) == 1 && found.renew == 1);
    CHECK(memcmp(first.aes_key, found.aes_key, 32) == 0 && memcmp(first.hmac_key, found.hmac_key, 32) == 0);
    the_time = first.expire - 1;
    CHECK(carnet_keystore_find(ks, first.name, &found) == 1);
    the_time = first.expire;
    CHECK(carnet_keystore_find(ks, first.name, &found) == 0 && ERR_peek_error() == 0);
    carnet_ticket_key_cleanse(&first);
    for (size_t i = 0; i < sizeof(first.aes_key); i++)
        CHECK(first.aes_key[i] == 0 && first.hmac_key[i] == 0);
    carnet_ticket_key_cleanse(NULL);
    carnet_keystore_free(ks);
    printf("ok a key makes tickets, opens them, and goes\n");
}

static void test_changes(void)
{
    carnet_keystore *ks = new_store(0, 1000);
    carnet_ticket_key first, second, third, found;

    CHECK(carnet_keystore_current(ks, &first) == 1);
    the_time += 1000000;
    CHECK(carnet_keystore_current(ks, &found) == 1 && memcmp(first.name, found.name, 16) == 0);
    CHECK(carnet_keystore_rotate(ks) == 1 && carnet_keystore_current(ks, &second) == 1);
    CHECK(memcmp(first.name, second.name, 16) != 0);
    CHECK(carnet_keystore_find(ks, first.name, &found) == 1 && found.renew == 1 && found.expire == the_time + 1000);
    CHECK(carnet_keystore_create(ks, &third) == 1 && memcmp(third.name, second.name, 16) != 0);
    CHECK(carnet_keystore_current(ks, &found) == 1 && memcmp(third.name, found.name, 16) == 0);
    CHECK(carnet_keystore_create(ks, NULL) == 1);
    CHECK(carnet_keystore_erase(ks, third.name) == 1 && carnet_keystore_find(ks, third.name, &found) == 0);
    CHECK(carnet_keystore_erase(ks, third.name) == 0 && ERR_peek_error() == 0);
    CHECK(carnet_keystore_find(ks, second.name, &found) == 1);
    CHECK(carnet_keystore_erase(ks, NULL) == 1 && carnet_keystore_find(ks, second.name, &found) == 0);
    CHECK(carnet_keystore_current(ks, &found) == 1);
    carnet_keystore_free(ks);
    printf("ok keys are turned, made and erased by hand\n");
}

static void test_misuse(void)
{
    carnet_keystore *ks = new_store(100, 1000), *gone = new_store(100, 1000);
    carnet_ticket_key key;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    carnet_keystore *wrong[] = {NULL, (carnet_keystore *)ctx, (carnet_keystore *)&key, (carnet_keystore *)8, gone};

    CHECK(carnet_keystore_new(-1, 0) == NULL && one_reason());
    CHECK(carnet_keystore_new(0, -1) == NULL && one_reason());
    CHECK(carnet_keystore_set_clock(ks, the_clock, &the_time) == 0 && one_reason());
    CHECK(carnet_keystore_current(ks, NULL) == 0 && one_reason());
    CHECK(carnet_keystore_find(ks, NULL, &key) == 0 && one_reason());
    CHECK(carnet_keystore_up_ref(gone) == 1);
    carnet_keystore_free(gone);
    CHECK(carnet_keystore_current(gone, &key) == 1);
    CHECK(carnet_CTX_use_keystore(ctx, gone) == 1);
    carnet_keystore_free(gone);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(carnet_keystore_up_ref(wrong[i]) == 0 && one_reason());
        CHECK(carnet_keystore_now(wrong[i]) == -1 && one_reason());
        CHECK(carnet_keystore_current(wrong[i], &key) == 0 && one_reason());
        CHECK(carnet_keystore_create(wrong[i], &key) == 0 && one_reason());
        CHECK(carnet_keystore_find(wrong[i], (const unsigned char *)"0123456789abcdef", &key) == 0 && one_reason());
        CHECK(carnet_keystore_rotate(wrong[i]) == 0 && one_reason());
        CHECK(carnet_keystore_erase(wrong[i], NULL) == 0 && one_reason());
        CHECK(carnet_keystore_set_clock(wrong[i], the_clock, &the_time) == 0 && one_reason());
        if (wrong[i] != NULL) {
            CHECK(carnet_CTX_use_keystore(ctx, wrong[i]) == 0 && one_reason());
            carnet_keystore_free(wrong[i]);
            CHECK(one_reason());
        }
    }
    CHECK(carnet_CTX_use_keystore((SSL_CTX *)ks, ks) == 0 && one_reason());
    CHECK(carnet_CTX_use_keystore(NULL, ks) == 0 && one_reason());
    carnet_keystore_free(NULL);
    CHECK(ERR_peek_error() == 0);
    carnet_keystore_free(ks);
    SSL_CTX_free(ctx);
    printf("ok what is no store is an error with a reason\n");
}

static SSL_CTX *new_server(carnet_keystore *ks, const char *id_context)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    CHECK(ctx != NULL && SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) == 1);
    CHECK(SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) == 1);
    CHECK(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)id_context, (unsigned)strlen(id_context)) == 1);
    CHECK(ks == NULL || carnet_CTX_use_keystore(ctx, ks) == 1);
    return ctx;
}

static SSL_SESSION *newest;
static int num_tickets;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(newest);
    newest = session;
    num_tickets++;
    return 1;
}

/* One visit over memory, with the newest ticket if there is one. Whether it resumed; its tickets are counted. */
static int visit(SSL_CTX *server_ctx)
{
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
    SSL *client, *server = SSL_new(server_ctx);
    BIO *client_end, *server_end;
    char byte;
    int reused;

    SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client_ctx, keep_session);
    client = SSL_new(client_ctx);
    CHECK(client != NULL && server != NULL && BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    if (newest != NULL)
        CHECK(SSL_set_session(client, newest) == 1);
    num_tickets = 0;
    for (int i = 0; i < 4; i++) {
        int c = SSL_connect(client), s = SSL_accept(server);
        if (c == 1 && s == 1)
            break;
    }
    CHECK(SSL_is_init_finished(client) && SSL_is_init_finished(server));
    CHECK(SSL_write(server, "x", 1) == 1 && SSL_read(client, &byte, 1) == 1);
    reused = SSL_session_reused(server);
    CHECK(reused == SSL_session_reused(client));
    /* Else the session would be marked as one not to resume. */
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    ERR_clear_error();
    return reused;
}

static void forget(void)
{
    SSL_SESSION_free(newest);
    newest = NULL;
}

static void test_sharing(void)
{
    carnet_keystore *ks = new_store(100, 1000);
    SSL_CTX *one = new_server(ks, "same"), *two = new_server(ks, "same"), *other = new_server(ks, "other");
    SSL_CTX *alone = new_server(NULL, "same");
    unsigned char blob[80];
    carnet_ticket_key key;

    CHECK(carnet_keystore_current(ks, &key) == 1);
    CHECK(SSL_CTX_get_tlsext_ticket_keys(two, blob, sizeof(blob)) == 1 && memcmp(blob, key.name, 16) == 0);
    CHECK(visit(one) == 0 && num_tickets == 2);
    CHECK(visit(two) == 1 && num_tickets == 1);
    CHECK(visit(other) == 0);
    forget();
    CHECK(visit(one) == 0 && visit(alone) == 0);
    forget();
    carnet_keystore_free(ks); /* the contexts keep the keys */
    CHECK(visit(one) == 0 && visit(two) == 1);
    CHECK(carnet_CTX_use_keystore(two, NULL) == 1 && visit(two) == 0);
    forget();
    SSL_CTX_free(one);
    SSL_CTX_free(two);
    SSL_CTX_free(other);
    SSL_CTX_free(alone);
    printf("ok contexts share a store, and only those that are told to\n");
}

static int num_calls;

static int counting_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, HMAC_CTX *hctx, int enc)
{
    num_calls++;
    return carnet_ticket_key_cb(ssl, name, iv, ctx, hctx, enc);
}

static int counting_evp_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *hctx,
                           int enc)
{
    num_calls++;
    return carnet_ticket_key_evp_cb(ssl, name, iv, ctx, hctx, enc);
}

/* Tickets of either ready-made callback, and of none, are the same: each way opens the others'. */
static void test_callbacks(void)
{
    carnet_keystore *ks = new_store(100, 1000);
    SSL_CTX *ways[] = {new_server(ks, "same"), new_server(ks, "same"), new_server(ks, "same")};

    CHECK(SSL_CTX_set_tlsext_ticket_key_cb(ways[1], counting_cb) == 1);
    CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(ways[2], counting_evp_cb) == 1);
    for (int from = 0; from < 3; from++) {
        for (int to = 0; to < 3; to++) {
            num_calls = 0;
            CHECK(visit(ways[from]) == 0 && num_tickets == 2 && num_calls == (from == 0 ? 0 : 2));
            num_calls = 0;
            CHECK(visit(ways[to]) == 1 && num_tickets == 1 && num_calls == (to == 0 ? 0 : 2));
            forget();
        }
    }
    CHECK(visit(ways[1]) == 0);
    the_time += 200; /* retired */
    CHECK(visit(ways[2]) == 1 && num_tickets == 1);
    the_time += 5000; /* gone */
    CHECK(visit(ways[2]) == 0 && num_tickets == 2);
    forget();
    for (int i = 0; i < 3; i++)
        SSL_CTX_free(ways[i]);
    carnet_keystore_free(ks);
    CHECK(carnet_ticket_key_cb(NULL, NULL, NULL, NULL, NULL, 1) == -1 && one_reason());
    CHECK(carnet_ticket_key_evp_cb(NULL, NULL, NULL, NULL, NULL, 0) == -1 && one_reason());
    printf("ok the ready-made callbacks make and open the same tickets\n");
}

static void *use_busily(void *arg)
{
    carnet_ticket_key key, found;

    for (int i = 0; i < num_rounds; i++) {
        if (!carnet_keystore_current(arg, &key) || key.created > the_time)
            return arg;
        carnet_keystore_find(arg, key.name, &found);
        if (i % 100 == 0 && !carnet_keystore_rotate(arg))
            return arg;
    }
    return NULL;
}

static void test_threads(void)
{
    carnet_keystore *ks = new_store(100, 1000);
    pthread_t threads[4];
    void *wrong;

    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, use_busily, ks) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    carnet_keystore_free(ks);
    printf("ok threads turn and use the keys at once\n");
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    certificate = argv[1];
    key_file = argv[2];
    if (argc > 3)
        num_rounds = atoi(argv[3]);
    CHECK(strchr(carnet_version(), '.') != NULL);
    test_times();
    test_changes();
    test_misuse();
    test_threads();
    test_sharing();
    test_callbacks();
    return 0;
}
