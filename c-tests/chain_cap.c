/*
 * What libcarnet has and libssl has not: an end to chains of resumptions (carnet.h, carnet_CTX_set_chain_cap), with every kind of
 * keys that it applies to, in TLS 1.3 and 1.2. The time is that of a key store whose clock the test moves, or a session's own.
 */
#include "harness.h"

#if __has_include(<carnet.h>)
#include <carnet.h>
#else
/* An application that has carnet.h but not its <openssl/ssl.h>. */
typedef struct carnet_keystore_st carnet_keystore;
typedef time_t (*carnet_clock_fn)(void *arg);
carnet_keystore *carnet_keystore_new(long interval, long lifetime);
void carnet_keystore_free(carnet_keystore *ks);
int carnet_keystore_set_clock(carnet_keystore *ks, carnet_clock_fn clock, void *arg);
int carnet_CTX_use_keystore(SSL_CTX *ctx, carnet_keystore *ks);
int carnet_ticket_key_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, HMAC_CTX *hctx, int enc);
int carnet_ticket_key_evp_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *hctx, int enc);
int carnet_CTX_set_chain_cap(SSL_CTX *ctx, uint64_t seconds);
uint64_t carnet_CTX_get_chain_cap(const SSL_CTX *ctx);
#define CARNET_CHAIN_CAP_RECOMMENDED 604800
#define CARNET_CHAIN_CAP_LONGEST (1 << 30)
#endif

enum { CAP = 100, YEAR = 365 * 24 * 3600 };

static long ahead; /* how far the store's clock is ahead of when the test began: it stands still in between */
static time_t began;
static SSL_CTX *client;

static time_t clock_moved(void *arg)
{
    return began + *(long *)arg;
}

static carnet_keystore *new_store(void)
{
    carnet_keystore *store = carnet_keystore_new(0, 50L * YEAR);
    ahead = 0;
    began = time(NULL);
    ok(store && carnet_keystore_set_clock(store, clock_moved, &ahead), "a key store with a clock");
    return store;
}

/* --- what the callbacks see -------------------------------------------------------------------------------------- */
static int status, with_session;
static long backdate;

static int generate(SSL *s, void *arg)
{
    (void)arg;
    if (backdate)
        SSL_SESSION_set_time(SSL_get_session(s), time(NULL) - backdate);
    return 1;
}

static SSL_TICKET_RETURN decrypt(SSL *s, SSL_SESSION *session, const unsigned char *name, size_t len, SSL_TICKET_STATUS seen, void *arg)
{
    (void)s, (void)name, (void)len, (void)arg;
    status = seen;
    with_session = session != NULL;
    return seen == SSL_TICKET_SUCCESS         ? SSL_TICKET_RETURN_USE
           : seen == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW
                                              : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static SSL_CTX *new_capped(uint64_t cap)
{
    SSL_CTX *server = new_server();
    ok(carnet_CTX_set_chain_cap(server, cap), "a server with a cap of %lu", (unsigned long)cap);
    SSL_CTX_set_session_ticket_cb(server, generate, decrypt, NULL);
    return server;
}

/* One visit with `session`, which is replaced by what the client got. True if it was a resumption. */
static int again(SSL_CTX *server, SSL_SESSION **session)
{
    SSL_SESSION *next = visit(client, server, *session);
    SSL_SESSION_free(*session);
    *session = next;
    ok(visited.done, "a connection");
    return visited.resumed;
}

/* --- setting it ------------------------------------------------------------------------------------------------------ */
static void setting(void)
{
    SSL_CTX *ctx = new_server();
    section("setting");
    is((long)carnet_CTX_get_chain_cap(ctx), 0, "there is none at first");
    is(carnet_CTX_set_chain_cap(ctx, CARNET_CHAIN_CAP_RECOMMENDED), 1, "the recommended one");
    is((long)carnet_CTX_get_chain_cap(ctx), 7 * 24 * 3600, "is seven days");
    is(carnet_CTX_set_chain_cap(ctx, CARNET_CHAIN_CAP_LONGEST), 1, "the longest");
    is(carnet_CTX_set_chain_cap(ctx, (uint64_t)CARNET_CHAIN_CAP_LONGEST + 1), 0, "one that is too long");
    is_text(reason(), "passed invalid argument", "and why");
    is(carnet_CTX_set_chain_cap(ctx, UINT64_MAX), 0, "one that is much too long");
    is_text(reason(), "passed invalid argument", "and why");
    is((long)carnet_CTX_get_chain_cap(ctx), CARNET_CHAIN_CAP_LONGEST, "the other stays");
    is(carnet_CTX_set_chain_cap(ctx, 0), 1, "none again");
    is((long)carnet_CTX_get_chain_cap(ctx), 0, "none again");
    is(carnet_CTX_set_chain_cap(NULL, 1), 0, "no context");
    is_text(reason(), "passed a null parameter", "and why");
    is((long)carnet_CTX_get_chain_cap(NULL), 0, "no context");
    is_text(reason(), "passed a null parameter", "and why");
    SSL_CTX_free(ctx);
}

/* --- with every kind of keys ----------------------------------------------------------------------------------------- */
static void use_store(SSL_CTX *ctx)
{
    (void)ctx;
}

static void use_callback(SSL_CTX *ctx)
{
    SSL_CTX_set_tlsext_ticket_key_cb(ctx, carnet_ticket_key_cb);
}

static void use_evp_callback(SSL_CTX *ctx)
{
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, carnet_ticket_key_evp_cb);
}

static void use_cache(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
}

static const struct kind {
    const char *name;
    void (*use)(SSL_CTX *ctx);
    int stateful;
} kinds[] = {{"key store", use_store, 0},
             {"carnet_ticket_key_cb", use_callback, 0},
             {"carnet_ticket_key_evp_cb", use_evp_callback, 0},
             {"cache", use_cache, 1}};

static void chain(const struct kind *kind)
{
    carnet_keystore *store = new_store();
    SSL_CTX *server = new_capped(CAP);
    SSL_SESSION *session = NULL;
    section("%s, %s", tls_name(), kind->name);
    carnet_CTX_use_keystore(server, store);
    kind->use(server);

    is(again(server, &session), 0, "a full handshake");
    ahead += CAP - 40;
    is(again(server, &session), 1, "after 60 seconds, a resumption");
    ahead += 39;
    status = -1;
    is(again(server, &session), 1, "after 99 seconds, another");
    ahead += 1;
    is(again(server, &session), 0, "after 100 seconds, a full handshake");
    is(status, kind->stateful ? -1 : SSL_TICKET_NO_DECRYPT, "what the decrypt callback saw");
    is(visited.tickets > 0 || (kind->stateful && tls == TLS1_2_VERSION), 1, "with a new ticket");
    ahead += CAP - 40;
    is(again(server, &session), 1, "a new chain");

    is(carnet_CTX_set_chain_cap(server, 30), 1, "a shorter cap");
    is(again(server, &session), 0, "holds for the sessions that there are");
    is(carnet_CTX_set_chain_cap(server, 0), 1, "no cap");
    /* What says the time in its name is not known any more. */
    is(again(server, &session), kind->stateful, "names a key as libssl does");
    ahead += 20L * YEAR;
    is(again(server, &session), 1, "and goes on for ever");

    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    carnet_keystore_free(store);
}

static void clocks(void)
{
    carnet_keystore *store = new_store();
    SSL_CTX *server = new_capped(CAP);
    SSL_SESSION *session = NULL;
    section("%s, clocks that disagree", tls_name());
    carnet_CTX_use_keystore(server, store);
    is(again(server, &session), 0, "a full handshake");
    ahead = -CAP;
    is(again(server, &session), 1, "on a clock that is a little behind");
    ahead = -CAP - 1;
    is(again(server, &session), 0, "on a clock that is far behind");
    ahead = 136L * YEAR; /* the 32 bits of a name have gone round but for ten weeks */
    is(again(server, &session), 0, "136 years later");
    is(again(server, &session), 1, "and a new chain then");
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    carnet_keystore_free(store);
}

/* --- what a ticket says, and to whom ----------------------------------------------------------------------------------- */
static unsigned char keys[80];

static const unsigned char *ticket_of(SSL_SESSION *session)
{
    const unsigned char *ticket = NULL;
    size_t len = 0;
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    return ok(ticket && len > 16, "a ticket") ? ticket : keys;
}

static void names(void)
{
    SSL_CTX *capped = new_capped(CAP), *plain = new_capped(0);
    SSL_SESSION *session = NULL, *other = NULL;
    section("%s, fixed keys", tls_name());
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (unsigned char)(i * 7 + 1);
    is(SSL_CTX_set_tlsext_ticket_keys(capped, keys, sizeof keys), 1, "keys for one");
    is(SSL_CTX_set_tlsext_ticket_keys(plain, keys, sizeof keys), 1, "and for the other");

    again(capped, &session);
    again(capped, &other);
    is(memcmp(ticket_of(session), keys, 12), 0, "twelve bytes name the key");
    is(!memcmp(ticket_of(session) + 12, keys + 12, 4), 0, "four do not");
    is(!memcmp(ticket_of(session) + 12, ticket_of(other) + 12, 4), 0, "and are never the same");
    is(again(capped, &session), 1, "a resumption");
    status = with_session = -1;
    is(again(plain, &session), 0, "none where there is no cap");
    is(status, SSL_TICKET_NO_DECRYPT, "as if the key were another");
    is(with_session, 0, "so there is no session to see");
    is(memcmp(ticket_of(session), keys, 16), 0, "sixteen bytes name the key there");
    is(again(capped, &session), 1, "a resumption where there is a cap");

    section("%s, counted from the session", tls_name());
    SSL_CTX_set_timeout(plain, 1000);
    for (backdate = CAP - 10; backdate <= CAP + 10; backdate += 20) {
        SSL_SESSION_free(session), session = NULL;
        again(plain, &session);
        is(again(capped, &session), backdate < CAP, "a ticket without a time, of a session of %ld seconds ago", backdate);
    }
    backdate = 0;
    SSL_SESSION_free(session);
    SSL_SESSION_free(other);
    SSL_CTX_free(capped);
    SSL_CTX_free(plain);
}

static int own_callback(SSL *s, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac, int enc)
{
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("key", keys + 16, 32),
                           OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"}, 0), OSSL_PARAM_construct_end()};
    (void)s;
    if (enc)
        memcpy(name, keys, 16), memset(iv, 5, 16);
    else if (memcmp(name, keys, 16))
        return 0;
    if (!EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, keys + 48, iv, enc) || !EVP_MAC_CTX_set_params(mac, params))
        return -1;
    return 2;
}

static void own_keys(void)
{
    SSL_CTX *server = new_capped(CAP);
    SSL_SESSION *session = NULL;
    section("%s, a callback of the application's own", tls_name());
    SSL_CTX_set_tlsext_ticket_key_evp_cb(server, own_callback);
    backdate = CAP * 2;
    again(server, &session);
    is(memcmp(ticket_of(session), keys, 16), 0, "names its key as it likes");
    is(SSL_SESSION_get_ticket_lifetime_hint(session), 7200, "its tickets live as long as they did");
    is(again(server, &session), 1, "and there is no cap");
    backdate = 0;
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
}

/* --- what the client is told ------------------------------------------------------------------------------------------- */
static void lifetimes(void)
{
    carnet_keystore *store = new_store();
    SSL_CTX *server = new_capped(CAP);
    SSL_SESSION *session = NULL;
    long hint;
    section("%s, lifetimes", tls_name());
    carnet_CTX_use_keystore(server, store);
    again(server, &session);
    hint = (long)SSL_SESSION_get_ticket_lifetime_hint(session);
    ok(hint <= CAP && hint >= CAP - 10, "no more than the cap");
    if (tls == TLS1_3_VERSION) {
        ahead += CAP - 20;
        is(again(server, &session), 1, "a resumption later");
        hint = (long)SSL_SESSION_get_ticket_lifetime_hint(session);
        ok(hint <= 20 && hint >= 10, "what is left");
    }
    is(carnet_CTX_set_chain_cap(server, YEAR), 1, "a cap that is longer than the timeout");
    SSL_SESSION_free(session), session = NULL;
    again(server, &session);
    is(SSL_SESSION_get_ticket_lifetime_hint(session), 7200, "changes nothing");
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    carnet_keystore_free(store);
}

static int arrived;

static int count_session(SSL *s, SSL_SESSION *session)
{
    (void)s, (void)session;
    arrived++;
    return 0;
}

/* A connection that outlives its chain asks for one more ticket. */
static void late(int options, const char *what)
{
    carnet_keystore *store = new_store();
    SSL_CTX *server = new_capped(CAP);
    struct pair pair;
    section("%s, a ticket that comes late, %s", tls_name(), what);
    carnet_CTX_use_keystore(server, store);
    SSL_CTX_set_options(server, options);
    SSL_CTX_sess_set_new_cb(client, count_session);
    pair = join(client, server);
    ok(shake(&pair), "a handshake");
    settle(&pair);
    for (int i = 0; i < 2; i++) {
        arrived = 0;
        is(SSL_new_session_ticket(pair.server), 1, "one more");
        say(pair.server, pair.client, "hello");
        is(arrived, !i, i ? "and it does not come" : "and it comes");
        ahead += CAP;
    }
    part(&pair);
    SSL_CTX_sess_set_new_cb(client, NULL);
    SSL_CTX_free(server);
    carnet_keystore_free(store);
}

/* --- external PSKs ------------------------------------------------------------------------------------------------------ */
static SSL_SESSION *psk;

static int find_psk(SSL *s, const unsigned char *identity, size_t len, SSL_SESSION **session)
{
    (void)s;
    *session = NULL;
    if (len == 3 && !memcmp(identity, "psk", 3) && SSL_SESSION_up_ref(psk))
        *session = psk;
    return 1;
}

static int use_psk(SSL *s, const EVP_MD *digest, const unsigned char **identity, size_t *len, SSL_SESSION **session)
{
    (void)digest;
    *identity = (const unsigned char *)"psk";
    *len = 3;
    *session = NULL;
    /* Where a ticket is on offer, that alone. */
    if (!SSL_SESSION_has_ticket(SSL_get_session(s)) && SSL_SESSION_up_ref(psk))
        *session = psk;
    return 1;
}

/* Whoever knows the PSK begins a chain, however old the session is that the application keeps it in. */
static void external(int options, const char *what)
{
    carnet_keystore *store = new_store();
    SSL_CTX *server = new_capped(CAP);
    SSL_SESSION *session = NULL;
    SSL *ssl = SSL_new(server);
    section("%s, an external PSK, %s", tls_name(), what);
    carnet_CTX_use_keystore(server, store);
    SSL_CTX_set_options(server, options);
    psk = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(psk, (const unsigned char *)"an external pre-shared key, 32 b", 32);
    SSL_SESSION_set_cipher(psk, SSL_CIPHER_find(ssl, (const unsigned char[]){0x13, 2}));
    SSL_SESSION_set_protocol_version(psk, TLS1_3_VERSION);
    SSL_CTX_set_psk_find_session_callback(server, find_psk);
    SSL_CTX_set_psk_use_session_callback(client, use_psk);

    ahead = 20 * CAP;
    is(again(server, &session), 1, "a handshake with the PSK");
    is(visited.tickets > 0, 1, "earns a ticket");
    ahead += CAP - 1;
    is(again(server, &session), 1, "which resumes as long as the cap says");
    ahead += 1;
    is(again(server, &session), 0, "and no longer");
    SSL_SESSION_free(session), session = NULL;
    is(again(server, &session), 1, "the PSK goes on for ever");
    ahead += CAP - 1;
    is(again(server, &session), 1, "each time with a new chain");

    SSL_CTX_set_psk_use_session_callback(client, NULL);
    SSL_SESSION_free(psk);
    SSL_SESSION_free(session);
    SSL_free(ssl);
    SSL_CTX_free(server);
    carnet_keystore_free(store);
}

int main(void)
{
    const int both[] = {TLS1_3_VERSION, TLS1_2_VERSION};
    setting();
    for (size_t i = 0; i < 2; i++) {
        tls = both[i];
        client = new_client();
        SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            chain(&kinds[k]);
        clocks();
        names();
        own_keys();
        lifetimes();
        if (tls == TLS1_3_VERSION) {
            late(0, "stateless");
            late(SSL_OP_NO_TICKET, "stateful");
            external(0, "stateless");
            external(SSL_OP_NO_TICKET, "stateful");
        }
        SSL_CTX_free(client);
    }
    return finish();
}
