/* SSL_CTX_set_psk_find_session_callback(3), SSL_CTX_set_psk_use_session_callback(3): external PSKs. TLS 1.3. */
#include "harness.h"

enum answer { FAILS, GIVES, NONE };

struct peer {
    SSL_SESSION *psk;
    enum answer answer;
    int calls;
};

static struct peer finder, user;
static int generated, received, announced, decrypted;
static size_t identity_len = 8;
static unsigned char identity[400] = "identity";
static unsigned char key[512] = "an external pre-shared key, 32 b";
static size_t key_len = 32;

static SSL_SESSION *psk_new(unsigned id)
{
    unsigned char suite[2] = {(unsigned char)(id >> 8), (unsigned char)id};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(session, key, key_len);
    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite));
    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return session;
}

/* What a callback stores and returns. */
static int give(struct peer *peer, SSL_SESSION **session)
{
    *session = NULL;
    if (peer->answer == GIVES) {
        SSL_SESSION_up_ref(peer->psk);
        *session = peer->psk;
    }
    return peer->answer != FAILS;
}

static int find_cb(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **session)
{
    int ours = len == identity_len && !memcmp(id, identity, len);
    finder.calls++;
    show("   find: %s, server %d, session %d", ours ? "our identity" : "another identity", SSL_is_server(ssl),
         SSL_get_session(ssl) != NULL);
    if (ours)
        return give(&finder, session);
    *session = NULL;
    return 1;
}

static int use_cb(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **session)
{
    user.calls++;
    show("   use: digest of %d bytes, server %d", md ? EVP_MD_get_size(md) : 0, SSL_is_server(ssl));
    *id = identity;
    *len = identity_len;
    return give(&user, session);
}

static int generate_cb(SSL *ssl, void *arg)
{
    (void)arg;
    generated++;
    show("   generate: early data %u, timeout %ld", SSL_SESSION_get_max_early_data(SSL_get_session(ssl)),
         SSL_SESSION_get_timeout(SSL_get_session(ssl)));
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)name, (void)arg;
    decrypted++;
    show("   decrypt: session %d, name of %zu bytes, status %d", session != NULL, len, status);
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW
                                                                              : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static int received_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    received++;
    return 0;
}

static int announced_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    announced++;
    return 0;
}

static SSL_CTX *client, *server;

static void contexts(unsigned suite)
{
    client = new_client();
    server = new_server();
    finder = (struct peer){.psk = psk_new(suite), .answer = GIVES};
    user = (struct peer){.psk = finder.psk, .answer = GIVES};
    SSL_CTX_set_psk_find_session_callback(server, find_cb);
    SSL_CTX_set_psk_use_session_callback(client, use_cb);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, received_cb);
    SSL_CTX_sess_set_new_cb(server, announced_cb);
}

static void done(void)
{
    if (user.psk != finder.psk)
        SSL_SESSION_free(user.psk);
    SSL_SESSION_free(finder.psk);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    identity_len = 8;
    key_len = 32;
}

static void show_session(const char *whose, SSL *ssl)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    unsigned int id_len = 0, context_len = 0;
    if (!session) {
        show("   %s has no session", whose);
        return;
    }
    SSL_SESSION_get_id(session, &id_len);
    SSL_SESSION_get0_id_context(session, &context_len);
    show("   %s's session: version %x, %s, secret of %zu bytes, id of %u, context of %u, ticket %d, resumable %d, timeout "
         "%ld, verified %ld",
         whose, (unsigned)SSL_SESSION_get_protocol_version(session),
         SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)), SSL_SESSION_get_master_key(session, NULL, 0), id_len,
         context_len, SSL_SESSION_has_ticket(session), SSL_SESSION_is_resumable(session),
         SSL_SESSION_get_timeout(session), SSL_get_verify_result(ssl));
    show("   %s: the application's object %d, psk identity %d, hint %d, peer %s", whose,
         session == user.psk || session == finder.psk, SSL_get_psk_identity(ssl) != NULL,
         SSL_get_psk_identity_hint(ssl) != NULL, peer_name(ssl));
}

/* One connection, and one more with the ticket that came, if one came. */
static void go(const char *what)
{
    generated = received = announced = decrypted = finder.calls = user.calls = 0;
    show("%s", what);
    struct pair pair = join(client, server);
    int good = show_shake(&pair, "   handshake");
    if (good) {
        show_session("client", pair.client);
        show_session("server", pair.server);
    }
    settle(&pair);
    show("   find ran %d times, use %d, decrypt %d; reused %d %d; tickets generated %d, announced %d, received %d",
         finder.calls, user.calls, decrypted, SSL_session_reused(pair.client), SSL_session_reused(pair.server), generated,
         announced, received);
    if (!good) {
        part(&pair);
        return;
    }
    SSL_SESSION *session = SSL_get1_session(pair.client);
    show("   cipher %s", SSL_get_cipher_name(pair.client));
    ok(say(pair.client, pair.server, "data"), "data");
    SSL_shutdown(pair.client);
    part(&pair);
    if (SSL_SESSION_has_ticket(session)) {
        enum answer before = user.answer;
        user.answer = NONE;
        pair = join(client, server);
        SSL_set_session(pair.client, session);
        show_shake(&pair, "   the ticket that came");
        show("   reused %d", SSL_session_reused(pair.client));
        part(&pair);
        user.answer = before;
    }
    SSL_SESSION_free(session);
}

static void answers(void)
{
    section("who has it");
    contexts(0x1301);
    if (knows_another_hash())
        go("SHA-256, and the suite has SHA-384");
    done();
    contexts(0x1302);
    go("SHA-384");
    finder.answer = NONE;
    go("the server has none");
    finder.answer = FAILS;
    go("the server's callback fails");
    finder.answer = GIVES;
    user.answer = NONE;
    go("the client has none");
    user.answer = FAILS;
    go("the client's callback fails");
    done();
    contexts(0x1301);
    SSL_CTX_set_ciphersuites(server, "TLS_CHACHA20_POLY1305_SHA256");
    go("another suite with the same hash");
    done();
}

static void without_certificate(unsigned suite, enum answer answer, const char *what)
{
    contexts(suite);
    SSL_CTX_free(server);
    server = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_psk_find_session_callback(server, find_cb);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, NULL);
    finder.answer = answer;
    go(what);
    done();
}

static void no_certificate(void)
{
    section("no certificate");
    without_certificate(0x1302, GIVES, "SHA-384");
    without_certificate(0x1301, GIVES, "SHA-256");
    without_certificate(0x1302, NONE, "not found");
}

static void contents(void)
{
    section("what is in it");
    contexts(0x1302);
    identity_len = sizeof identity;
    go("an identity of 400 bytes");
    identity_len = 1;
    go("an identity of one byte");
    done();
    static const struct {
        size_t len;
        const char *what;
    } secrets[] = {{16, "a secret of 16 bytes"}, {100, "a secret of 100 bytes"}, {512, "a secret of 512 bytes"}};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        key_len = secrets[i].len;
        contexts(0x1302);
        go(secrets[i].what);
        done();
    }
    contexts(0x1302);
    key[3] ^= 1;
    user.psk = psk_new(0x1302);
    key[3] ^= 1;
    go("another secret");
    done();
    contexts(0x1302);
    SSL_SESSION_set_protocol_version(finder.psk, TLS1_2_VERSION);
    user.psk = psk_new(0x1302);
    go("the server's is for TLS 1.2");
    done();
    contexts(0x1302);
    SSL_SESSION_set_protocol_version(user.psk, TLS1_2_VERSION);
    finder.psk = psk_new(0x1302);
    go("the client's is for TLS 1.2");
    done();
    contexts(0x1302);
    SSL_SESSION_set_time(finder.psk, SSL_SESSION_get_time(finder.psk) - 400);
    go("too old");
    SSL_SESSION_set_timeout(finder.psk, 100000);
    go("old, with a long timeout");
    done();
}

static void verification(void)
{
    section("verification");
    contexts(0x1302);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    go("the server wants a certificate");
    SSL_CTX_set_session_id_context(server, NULL, 0);
    go("the same without session id context");
    done();
    contexts(0x1302);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    go("the client wants to trust the server");
    done();
    contexts(0x1302);
    SSL_CTX_set_num_tickets(server, 0);
    go("no tickets wanted");
    SSL_CTX_set_num_tickets(server, 5);
    go("five tickets wanted");
    done();
}

static void retries(void)
{
    section("HelloRetryRequest");
    contexts(0x1302);
    SSL_CTX_set1_groups_list(client, "P-256:X25519");
    SSL_CTX_set1_groups_list(server, "X25519");
    go("SHA-384");
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    go("the suite has SHA-256");
    done();
}

/* A ticket and an external PSK in one hello. */
static void both(const char *what, int good_ticket, enum answer find)
{
    contexts(0x1302);
    SSL_CTX_set_psk_use_session_callback(client, NULL);
    SSL_SESSION *session = visit(client, server, NULL);
    SSL_CTX_set_psk_use_session_callback(client, use_cb);
    if (!good_ticket) {
        unsigned char other[80] = "another key, which has another name and opens nothing that came before it";
        SSL_CTX_set_tlsext_ticket_keys(server, other, sizeof other);
    }
    finder.answer = find;
    show("%s", what);
    finder.calls = user.calls = decrypted = 0;
    struct pair pair = join(client, server);
    SSL_set_session(pair.client, session);
    show_shake(&pair, "   handshake");
    show_session("client", pair.client);
    show_session("server", pair.server);
    settle(&pair);
    show("   find ran %d times, use %d, decrypt %d; reused %d %d", finder.calls, user.calls, decrypted,
         SSL_session_reused(pair.client), SSL_session_reused(pair.server));
    part(&pair);
    SSL_SESSION_free(session);
    done();
}

int main(void)
{
    answers();
    no_certificate();
    contents();
    verification();
    retries();
    section("a ticket as well");
    both("a good ticket", 1, GIVES);
    both("a bad ticket", 0, GIVES);
    both("a bad ticket, and no PSK", 0, NONE);
    ok(1, "ran");
    return finish();
}
