/*
 * NewSessionTicket as it is on the wire, by the client's message callback: lifetime, age_add, nonce and ticket, in what order and
 * between which messages; and what the client's session tells of it (SSL_SESSION_get_ticket_lifetime_hint(3)).
 */
#include "craft.h"

enum { ROOM = 40 };

static struct {
    unsigned long lifetime, age_add;
    unsigned char nonce[256];
    size_t nonce_len, ticket_len;
    unsigned char ticket[4096];
} wire[ROOM];
static int num_wire;

static char order[2048]; /* the messages that the server sent */
static unsigned char hello_id[2][33];

static unsigned long number(const unsigned char *p, int len)
{
    unsigned long n = 0;
    while (len-- > 0)
        n = n << 8 | *p++;
    return n;
}

static void note_ticket(const unsigned char *p, int is13)
{
    if (num_wire == ROOM)
        return;
    wire[num_wire].lifetime = number(p + 4, 4);
    p += 8;
    wire[num_wire].nonce_len = 0;
    wire[num_wire].age_add = 0; /* what stood there may be of another version */
    if (is13) {
        wire[num_wire].age_add = number(p, 4);
        wire[num_wire].nonce_len = p[4];
        memcpy(wire[num_wire].nonce, p + 5, p[4]);
        p += 5 + p[4];
    }
    wire[num_wire].ticket_len = number(p, 2);
    if (wire[num_wire].ticket_len <= sizeof wire[0].ticket)
        memcpy(wire[num_wire].ticket, p + 2, wire[num_wire].ticket_len);
    num_wire++;
}

static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *p = bytes;
    const char *name = "?";
    (void)version, (void)arg, (void)len;
    if (type == SSL3_RT_HANDSHAKE && (p[0] == SSL3_MT_CLIENT_HELLO || p[0] == SSL3_MT_SERVER_HELLO)) {
        unsigned char *id = hello_id[p[0] == SSL3_MT_SERVER_HELLO];
        memset(id, 0, 33);
        memcpy(id, p + 38, 1u + p[38]);
    }
    if (sent || type != SSL3_RT_HANDSHAKE)
        return;
    if (p[0] == SSL3_MT_SERVER_HELLO)
        name = "SH";
    else if (p[0] == SSL3_MT_FINISHED)
        name = "Fin";
    else if (p[0] == SSL3_MT_NEWSESSION_TICKET)
        name = "NST";
    else
        name = "..";
    if (strlen(order) < sizeof order - 8)
        sprintf(order + strlen(order), " %s", name);
    if (p[0] == SSL3_MT_NEWSESSION_TICKET)
        note_ticket(p, SSL_version(ssl) == TLS1_3_VERSION);
}

static SSL_CTX *client, *server;

static void open_contexts(void)
{
    client = new_client();
    server = new_server();
    /* The first group of TLS 1.3 is another since OpenSSL 3.5, and its number, in the session, longer. */
    if (tls == TLS1_3_VERSION)
        SSL_CTX_set1_groups_list(server, "X25519");
    SSL_CTX_set_msg_callback(client, message_cb);
    SSL_CTX_set_tlsext_ticket_keys(server, craft_keys, sizeof craft_keys);
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static SSL_SESSION *visit_and_note(SSL_SESSION *session)
{
    num_wire = 0;
    order[0] = 0;
    return visit(client, server, session);
}

/* In DER, which has as many bytes as a number needs: how many a random one needs is chance. */
static int integer_len(unsigned long number)
{
    int len = 1;
    while (number > 127) {
        number >>= 8;
        len++;
    }
    return len;
}

/* What each ticket says, beside the session that is in it. */
static void show_tickets(void)
{
    for (int i = 0; i < num_wire; i++) {
        char nonce[64] = "";
        SSL_SESSION *inside = open_session(wire[i].ticket, wire[i].ticket_len);
        for (size_t n = 0; n < wire[i].nonce_len && n < 16; n++)
            sprintf(nonce + 2 * n, "%02x", wire[i].nonce[n]);
        int der_len = inside ? i2d_SSL_SESSION(inside, NULL) : 0;
        ok((int)wire[i].ticket_len == 16 + 16 + (der_len / 16 + 1) * 16 + 32, "name, IV, the padded session, MAC");
        show("   lifetime %lu, nonce %s, session of %d bytes; in it timeout %ld, hint %ld", wire[i].lifetime, nonce,
             der_len < 300 ? der_len - integer_len(wire[i].age_add) : 0 /* with a certificate, whose length varies */,
             inside ? SSL_SESSION_get_timeout(inside) : -1, inside ? session_number(inside, 9) : -2);
        if (tls == TLS1_3_VERSION)
            ok(inside && session_number(inside, 14) == (long)wire[i].age_add,
               "the ticket holds the age_add that was sent");
        SSL_SESSION_free(inside);
    }
}

/* Where the ticket stands among the messages, and that no two are alike. */
static void place(void)
{
    section("%s, among the messages", tls_name());
    open_contexts();
    SSL_CTX_set_num_tickets(server, 20);
    SSL_SESSION *session = visit_and_note(NULL);
    show("full:%s", order);
    for (int i = 0; i < num_wire; i++)
        for (int j = 0; j < i; j++)
            if (wire[i].age_add == wire[j].age_add ||
                !memcmp(wire[i].nonce, wire[j].nonce, 8) == (wire[i].nonce_len > 0) ||
                !memcmp(wire[i].ticket, wire[j].ticket, wire[i].ticket_len) ||
                !memcmp(wire[i].ticket + 16, wire[j].ticket + 16, 16))
                ok(0, "tickets %d and %d have something in common", j, i);
    show("tickets %d", num_wire);
    show_tickets();
    SSL_SESSION_free(visit_and_note(session));
    show("resumed %d:%s", visited.resumed, order);
    show_tickets();
    SSL_SESSION_free(session);
    close_contexts();
}

/* Each of the sessions that a client got in one handshake has a secret of its own (TLS 1.3), that of the ticket. */
static SSL_SESSION *kept[8];
static int num_kept;

static int keep_cb(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    if (num_kept == 8)
        return 0;
    kept[num_kept++] = session;
    return 1;
}

static void secrets(void)
{
    section("%s, the secret in the ticket", tls_name());
    open_contexts();
    SSL_CTX_set_num_tickets(server, 3);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, keep_cb);
    num_wire = num_kept = 0;
    struct pair pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    SSL_new_session_ticket(pair.server); /* in TLS 1.2 it can't */
    SSL_do_handshake(pair.server);
    settle(&pair);
    is(num_kept, num_wire, "a session for each ticket");
    for (int i = 0; i < num_kept; i++) {
        unsigned char here[64] = {0}, there[64] = {0}, before[64] = {1};
        const unsigned char *ticket;
        size_t len, n = SSL_SESSION_get_master_key(kept[i], here, sizeof here), m = 0;
        SSL_SESSION_get0_ticket(kept[i], &ticket, &len);
        SSL_SESSION *inside = open_session(ticket, len);
        if (inside)
            m = SSL_SESSION_get_master_key(inside, there, sizeof there);
        ok(n == m && n > 0 && !memcmp(here, there, n), "the same on both sides, %zu bytes", n);
        if (i > 0) {
            SSL_SESSION_get_master_key(kept[i - 1], before, sizeof before);
            ok(memcmp(before, here, n) != 0, "not that of the ticket before");
        }
        show("hint %lu, timeout %ld, has ticket %d, resumable %d", SSL_SESSION_get_ticket_lifetime_hint(kept[i]),
             SSL_SESSION_get_timeout(kept[i]), SSL_SESSION_has_ticket(kept[i]), SSL_SESSION_is_resumable(kept[i]));
        SSL_SESSION_free(inside);
    }
    while (num_kept > 0)
        SSL_SESSION_free(kept[--num_kept]);
    part(&pair);
    close_contexts();
}

/* The nonce counts on: over tickets that the key callback declined, over post-handshake authentication, over extra ones. */
static int declines;

static int key_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    OSSL_PARAM params[3] = {OSSL_PARAM_octet_string("key", craft_keys + 16, 32),
                            OSSL_PARAM_utf8_string("digest", "SHA256", 6), OSSL_PARAM_END};
    (void)ssl;
    if (declines > 0) {
        declines--;
        return 0;
    }
    if (enc) {
        memcpy(name, craft_keys, 16);
        memset(iv, 5, 16);
    }
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, craft_keys + 48, iv, enc) &&
                   EVP_MAC_CTX_set_params(mac, params)
               ? 1
               : -1;
}

static void nonces(void)
{
    char byte;
    if (tls != TLS1_3_VERSION)
        return;
    section("%s, nonces", tls_name());
    open_contexts();
    SSL_CTX_set_tlsext_ticket_key_evp_cb(server, key_cb);
    SSL_CTX_set_num_tickets(server, 3);
    trust(server, authority());
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    use_identity(client, client_identity());
    SSL_CTX_set_post_handshake_auth(client, 1);
    declines = 1;
    num_wire = 0;
    struct pair pair = join(client, server);
    ok(shake(&pair), "handshake");
    settle(&pair);
    show("three tickets, the first declined: %d", num_wire);
    declines = 2;
    is(SSL_verify_client_post_handshake(pair.server), 1, "SSL_verify_client_post_handshake");
    SSL_do_handshake(pair.server);
    SSL_read(pair.client, &byte, 1);
    SSL_read(pair.server, &byte, 1);
    settle(&pair);
    show("three more after an authentication, two of them declined: %d", num_wire);
    declines = 1;
    for (int i = 0; i < 3; i++)
        is(SSL_new_session_ticket(pair.server), 1, "one more");
    SSL_do_handshake(pair.server);
    settle(&pair);
    show("three extra ones, the first declined: %d", num_wire);
    show_tickets();
    part(&pair);
    close_contexts();
}

/* SSL_CTX_set_timeout(3): what of it the client is told, after a full handshake and after a resumption. */
static SSL_TICKET_RETURN renew_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                  SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)session, (void)name, (void)name_len, (void)arg;
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW
                                                                              : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static void lifetimes(void)
{
    static const long timeouts[] = {-1, 0, 1, 300, 7200, 604799, 604800, 604801, 4000000000L, 4294967296L};
    section("%s, lifetimes", tls_name());
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        open_contexts();
        SSL_CTX_set_session_ticket_cb(server, NULL, renew_cb, NULL);
        SSL_CTX_set_num_tickets(server, 1);
        if (timeouts[i] >= 0)
            show("SSL_CTX_set_timeout was %ld", SSL_CTX_set_timeout(server, timeouts[i]));
        show("timeout %ld: %ld", timeouts[i], SSL_CTX_get_timeout(server));
        SSL_SESSION *session = visit_and_note(NULL);
        show_tickets();
        show("   the client's hint %lu", session ? SSL_SESSION_get_ticket_lifetime_hint(session) : 1);
        SSL_SESSION *again = visit_and_note(session);
        show("   resumed %d", visited.resumed);
        show_tickets();
        show("   the client's hint %lu", again ? SSL_SESSION_get_ticket_lifetime_hint(again) : 1);
        SSL_SESSION_free(again);
        SSL_SESSION_free(session);
        close_contexts();
    }
}

/* TLS 1.2: beside a ticket the client sends a session id that it has made up, and the server's echo says 'resumed'
 * (RFC 5077 section 3.4). In TLS 1.3 the echo means nothing. */
static void made_up_id(void)
{
    section("%s, the session id beside the ticket", tls_name());
    open_contexts();
    SSL_SESSION *session = visit_and_note(NULL);
    show("first: client's id of %d bytes, server's of %d", hello_id[0][0], hello_id[1][0]);
    for (int keys = 0; keys < 2; keys++) {
        unsigned char before[33], others[80];
        if (keys == 1)
            SSL_CTX_set_tlsext_ticket_keys(server, memset(others, 0x78, sizeof others), sizeof others);
        memcpy(before, hello_id[0], 33);
        SSL_SESSION_free(visit_and_note(session));
        show("%s: resumed %d, client's id of %d bytes, server's of %d, echoed %d", keys ? "unknown key" : "again",
             visited.resumed, hello_id[0][0], hello_id[1][0], !memcmp(hello_id[0], hello_id[1], 33));
        show("   the client's is that of the hello before: %d", !memcmp(before, hello_id[0], 33));
    }
    SSL_SESSION_free(session);
    close_contexts();
}

int main(void)
{
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        place();
        secrets();
        nonces();
        lifetimes();
        made_up_id();
    }
    return finish();
}
