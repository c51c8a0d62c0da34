/*
 * TLS 1.3: a ClientHello that offers several tickets (RFC 8446 section 4.2.11). A real client's hello gets a pre_shared_key extension
 * made by hand, with binders that are right or wrong; the server's answer tells which identity it chose.
 */
#include "craft.h"

#include <openssl/hmac.h>
#include <openssl/kdf.h>

enum { HASH_LEN = 32, MOST = 40 };

struct identity_offer {
    const char *text; /* what the case says of it */
    unsigned char ticket[2048];
    size_t len;
    unsigned char psk[HASH_LEN];
    int wrong_binder;
};

static struct identity_offer offers[MOST];
static int num_offers, fewer_binders;
static int answers[MOST], asked;
static char heard[1024];

static const char *appdata_in(SSL_SESSION *session)
{
    void *data = NULL;
    size_t len = 0;
    if (session)
        SSL_SESSION_get0_ticket_appdata(session, &data, &len);
    return data ? data : "-";
}

static int generate_cb(SSL *ssl, void *arg)
{
    static char text[8];
    int *made = arg;
    sprintf(text, "t%d", (*made)++);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), text, strlen(text) + 1);
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    int answer = answers[asked < MOST ? asked++ : 0];
    (void)ssl, (void)name, (void)arg;
    if (strlen(heard) < sizeof heard - 64)
        sprintf(heard + strlen(heard), " %s/%zu of %s", status == SSL_TICKET_NO_DECRYPT ? "NO_DECRYPT" : "opened",
                name_len, appdata_in(session));
    if (answer >= 0)
        return (SSL_TICKET_RETURN)answer;
    return session ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

/* --- binders: RFC 8446 sections 4.2.11.2 and 7.1, with SHA-256 ---------------------------------------------------- */

static void expand_label(const unsigned char *secret, const char *label, const unsigned char *context,
                         size_t context_len, unsigned char *out)
{
    unsigned char info[128] = {0, HASH_LEN};
    size_t len = 3, n = HASH_LEN;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    len += (size_t)sprintf((char *)info + 3, "tls13 %s", label);
    info[2] = (unsigned char)(len - 3);
    info[len++] = (unsigned char)context_len;
    memcpy(info + len, context, context_len);
    len += context_len;
    EVP_PKEY_derive_init(ctx);
    EVP_PKEY_CTX_hkdf_mode(ctx, EVP_PKEY_HKDEF_MODE_EXPAND_ONLY);
    EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256());
    EVP_PKEY_CTX_set1_hkdf_key(ctx, secret, HASH_LEN);
    EVP_PKEY_CTX_add1_hkdf_info(ctx, info, (int)len);
    EVP_PKEY_derive(ctx, out, &n);
    EVP_PKEY_CTX_free(ctx);
}

static void binder(const unsigned char *psk, const unsigned char *hello, size_t len, unsigned char *out)
{
    unsigned char early[HASH_LEN], key[HASH_LEN], hash[HASH_LEN];
    const unsigned char zeros[HASH_LEN] = {0};
    HMAC(EVP_sha256(), zeros, HASH_LEN, psk, HASH_LEN, early, NULL);
    EVP_Digest("", 0, hash, NULL, EVP_sha256(), NULL);
    expand_label(early, "res binder", hash, HASH_LEN, key);
    expand_label(key, "finished", hash, 0, early);
    EVP_Digest(hello, len, hash, NULL, EVP_sha256(), NULL);
    HMAC(EVP_sha256(), early, HASH_LEN, hash, HASH_LEN, out, NULL);
}

/* --- the hello ----------------------------------------------------------------------------------------------------- */

static unsigned char wire[65536];
static size_t wire_len;

static void set_number(size_t at, size_t number, int width)
{
    while (width-- > 0) {
        wire[at + (size_t)width] = (unsigned char)number;
        number >>= 8;
    }
}

/* Where the list of extensions begins: its length's two bytes. */
static size_t extensions_at(void)
{
    size_t at = 5 + 4 + 2 + 32;
    at += 1u + wire[at];
    at += 2u + ((size_t)wire[at] << 8 | wire[at + 1]);
    return at + 1 + wire[at];
}

/* Cuts the client's own pre_shared_key off, which is the last extension. */
static void cut(void)
{
    size_t at = extensions_at() + 2;
    while (at + 4 < wire_len && (wire[at] << 8 | wire[at + 1]) != 41)
        at += 4u + ((size_t)wire[at + 2] << 8 | wire[at + 3]);
    wire_len = at;
}

static void add_identities(void)
{
    const int num_binders = num_offers - fewer_binders;
    const size_t binders_len = (size_t)num_binders * (1 + HASH_LEN);
    size_t start = wire_len, list = start + 6, extensions = extensions_at();
    wire_len = list;
    for (int i = 0; i < num_offers; i++) {
        set_number(wire_len, offers[i].len, 2);
        memcpy(wire + wire_len + 2, offers[i].ticket, offers[i].len);
        wire_len += 2 + offers[i].len;
        set_number(wire_len, 12345, 4);
        wire_len += 4;
    }
    set_number(start, 41, 2);
    set_number(start + 2, wire_len - start - 4 + 2 + binders_len, 2);
    set_number(start + 4, wire_len - list, 2);
    set_number(extensions, wire_len + 2 + binders_len - extensions - 2, 2);
    set_number(6, wire_len + 2 + binders_len - 9, 3);
    set_number(3, wire_len + 2 + binders_len - 5, 2);
    size_t truncated = wire_len;
    set_number(wire_len, binders_len, 2);
    wire_len += 2;
    for (int i = 0; i < num_binders; i++) {
        wire[wire_len] = HASH_LEN;
        binder(offers[i].psk, wire + 5, truncated - 5, wire + wire_len + 1);
        wire[wire_len + 1] ^= (unsigned char)offers[i].wrong_binder;
        wire_len += 1 + HASH_LEN;
    }
}

/* What the server's flight says: the index that it chose. */
static const char *choice(const unsigned char *flight, size_t len)
{
    static char text[32];
    if (len >= 7 && flight[0] == 21) {
        sprintf(text, "alert %d", flight[6]);
        return text;
    }
    if (len < 80 || flight[0] != 22)
        return "nothing";
    size_t at = 5 + 4 + 2 + 32, end;
    at += 1u + flight[at] + 3;
    end = at + 2 + ((size_t)flight[at] << 8 | flight[at + 1]);
    for (at += 2; at + 4 <= end && end <= len; at += 4u + ((size_t)flight[at + 2] << 8 | flight[at + 3]))
        if ((flight[at] << 8 | flight[at + 1]) == 41) {
            sprintf(text, "identity %d", flight[at + 4] << 8 | flight[at + 5]);
            return text;
        }
    return "no identity";
}

/* --- cases --------------------------------------------------------------------------------------------------------- */

static SSL_CTX *client, *server;
static SSL_SESSION *sessions[3], *other_hash;

static void open_contexts(void)
{
    static int made;
    made = 0;
    client = new_client();
    server = new_server();
    SSL_CTX_set_tlsext_ticket_keys(server, craft_keys, sizeof craft_keys);
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, &made);
    SSL_CTX_set_num_tickets(server, 1);
    SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
    memset(answers, -1, sizeof answers);
    other_hash = visit(client, server, NULL);
    SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    for (int i = 0; i < 3; i++)
        sessions[i] = visit(client, server, NULL);
}

static void close_contexts(void)
{
    for (int i = 0; i < 3; i++)
        SSL_SESSION_free(sessions[i]);
    SSL_SESSION_free(other_hash);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static struct identity_offer *add(SSL_SESSION *session, const char *text)
{
    struct identity_offer *offer = &offers[num_offers++];
    memset(offer, 0, sizeof *offer);
    offer->text = text;
    if (session) {
        const unsigned char *ticket;
        unsigned char psk[64] = {0};
        SSL_SESSION_get0_ticket(session, &ticket, &offer->len);
        memcpy(offer->ticket, ticket, offer->len);
        SSL_SESSION_get_master_key(session, psk, sizeof psk);
        memcpy(offer->psk, psk, HASH_LEN);
    } else {
        offer->len = 200;
        memset(offer->ticket, 'j', offer->len);
    }
    return offer;
}

static void add_good(int which)
{
    static const char *const names[] = {"t1", "t2", "t3"};
    add(sessions[which], names[which]);
}

/* Where libssl's alert is not the one of RFC 8446 section 6.2, only libcarnet's is judged. */
static int rfc_alert;

static void run(const char *what)
{
    struct pair pair = join_memory(client, server);
    char list[512] = "";
    for (int i = 0; i < num_offers && i < 8; i++)
        sprintf(list + strlen(list), " %s", offers[i].text);
    asked = 0;
    heard[0] = 0;
    SSL_set_session(pair.client, sessions[0]);
    SSL_do_handshake(pair.client);
    wire_len = take(pair.client, wire, sizeof wire);
    cut();
    add_identities();
    put(pair.server, wire, wire_len);
    ERR_clear_error();
    int r = SSL_do_handshake(pair.server);
    const char *result = outcome(pair.server, r);
    wire_len = take(pair.server, wire, sizeof wire);
    const char *chosen = choice(wire, wire_len);
    if (rfc_alert) {
        char wanted[32];
        sprintf(wanted, "alert %d", rfc_alert);
        ok(!strncmp(result, "-1 SSL (", 8) && strcmp(result, "-1 SSL (none)"), "%s: an error with a reason", what);
        carnet_ok(!strcmp(chosen, wanted), "%s, offered%s: %s, wanted %s", what, list, chosen, wanted);
    } else {
        show("%s, offered%s: callback told%s; %s, %s", what, list, heard[0] ? heard : " nothing", chosen, result);
    }
    rfc_alert = 0;
    part(&pair);
    num_offers = fewer_binders = 0;
    memset(answers, -1, sizeof answers);
}

static void in_turn(void)
{
    section("one after the other");
    add_good(0);
    run("one");
    add_good(0), add_good(1);
    run("the first is good");
    add(NULL, "junk"), add_good(1);
    run("the second is");
    add(NULL, "junk"), add(NULL, "junk"), add_good(2), add_good(0);
    run("the third is");
    add(NULL, "junk"), add(NULL, "junk");
    run("none is");
    for (int i = 0; i < 15; i++)
        add(NULL, "junk");
    add_good(0);
    run("the sixteenth is");
}

static void by_the_callback(void)
{
    section("the decrypt callback chooses");
    for (int answer = SSL_TICKET_RETURN_ABORT; answer <= SSL_TICKET_RETURN_USE_RENEW; answer++) {
        char what[32];
        sprintf(what, "answered %d", answer);
        add_good(0), add_good(1);
        answers[0] = answer;
        run(what);
        add(NULL, "junk"), add_good(1);
        answers[0] = answer;
        run(what);
    }
    add_good(0), add_good(1), add_good(2);
    answers[0] = answers[1] = SSL_TICKET_RETURN_IGNORE;
    run("ignored twice");
    add_good(0), add_good(1);
    answers[0] = answers[1] = SSL_TICKET_RETURN_IGNORE_RENEW;
    run("all ignored");
}

static void binders(void)
{
    section("binders");
    add_good(0), add_good(1);
    offers[0].wrong_binder = 1;
    run("wrong for the one that is chosen");
    add_good(0), add_good(1);
    offers[1].wrong_binder = 1;
    run("wrong for one that is not looked at");
    add(NULL, "junk"), add_good(1);
    offers[0].wrong_binder = 1;
    run("wrong for one that can't be opened");
    add_good(0), add_good(1);
    fewer_binders = 1;
    answers[0] = SSL_TICKET_RETURN_IGNORE;
    rfc_alert = SSL_AD_ILLEGAL_PARAMETER;
    run("none for the one that is chosen");
}

static void misfits(void)
{
    section("a session that opens and does not fit");
    add(other_hash, "other-hash"), add_good(1);
    run("of a suite with another hash");
    add(other_hash, "other-hash");
    run("the same alone");
    SSL_CTX_set_session_id_context(server, (const unsigned char *)"other", 5);
    add_good(0), add_good(1);
    run("of another session id context");
    SSL_CTX_set_session_id_context(server, (const unsigned char *)"c-tests", 7);
    add(sessions[0], "empty")->len = 0;
    add_good(1);
    rfc_alert = SSL_AD_DECODE_ERROR; /* libssl tells the callback EMPTY before it sends the same */
    run("an empty identity");
}

int main(void)
{
    open_contexts();
    in_turn();
    by_the_callback();
    binders();
    misfits();
    close_contexts();
    ok(1, "all cases ran");
    return finish();
}
