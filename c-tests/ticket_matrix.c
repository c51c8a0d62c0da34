/*
 * SSL_CTX_set_session_ticket_cb(3) and SSL_CTX_set_tlsext_ticket_key_cb(3), all of it at once: whose keys × which ticket ×
 * what the key callback answers when it reads and when it makes × what the decrypt callback answers. One line a case:
 *
 *   the case: [the server's callbacks in order] outcome; what the client got
 *
 * where "read 1" and "make 1" are calls of the key callback and their result, "told SUCCESS/16 session" is the decrypt callback with
 * its status, the length of the key name and the session if there was one, "gen" the generate callback and "new" the
 * new-session callback.
 */
#include "craft.h"

#include <openssl/hmac.h>
#include <stdarg.h>

enum source { OWN_KEYS, FIXED_KEYS, HMAC_CALLBACK, EVP_CALLBACK, NUM_SOURCES };
enum ticket { NOTHING, GOOD, OTHER_NAME, BAD_MAC, BAD_PADDING, UNREADABLE, TOO_SHORT, NO_ROOM, NUM_TICKETS };

static const char *const source_names[] = {"own keys", "fixed keys", "HMAC_CTX callback", "EVP_MAC_CTX callback"};
static const char *const ticket_names[] = {"no ticket",   "good",       "another name", "bad MAC",
                                           "bad padding", "unreadable", "31 bytes",     "64 bytes"};

static struct {
    int reads, makes; /* what the key callback answers */
    int answer;       /* what the decrypt callback answers */
    char server[512], client[256];
} app;

static void note(char *list, size_t room, const char *format, ...) PRINTF(3, 4);
static void note(char *list, size_t room, const char *format, ...)
{
    size_t used = strlen(list);
    va_list args;
    va_start(args, format);
    if (used) {
        snprintf(list + used, room - used, ", ");
        used = strlen(list);
    }
    vsnprintf(list + used, room - used, format, args);
    va_end(args);
}
#define SERVER(...) note(app.server, sizeof app.server, __VA_ARGS__)
#define CLIENT(...) note(app.client, sizeof app.client, __VA_ARGS__)

/* --- the callbacks ------------------------------------------------------------------------------------------------- */

/* Returns what the callback returns; 0 for a name that is not ours. */
static int key_answer(unsigned char *name, unsigned char *iv, int enc)
{
    int answer = enc ? app.makes : app.reads;
    if (enc) {
        memcpy(name, craft_keys, 16);
        memset(iv, 0x42, EVP_MAX_IV_LENGTH);
    } else if (memcmp(name, craft_keys, 16)) {
        answer = 0;
    }
    SERVER("%s %d", enc ? "make" : "read", answer);
    return answer;
}

static int hmac_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *hmac, int enc)
{
    int answer = key_answer(name, iv, enc);
    (void)ssl;
    if (answer > 0 && (!EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, craft_keys + 48, iv, enc) ||
                       !HMAC_Init_ex(hmac, craft_keys + 16, 32, EVP_sha256(), NULL)))
        abort();
    return answer;
}

static int evp_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    OSSL_PARAM params[3] = {OSSL_PARAM_octet_string("key", craft_keys + 16, 32),
                            OSSL_PARAM_utf8_string("digest", "SHA256", 6), OSSL_PARAM_END};
    int answer = key_answer(name, iv, enc);
    (void)ssl;
    if (answer > 0 && (!EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, craft_keys + 48, iv, enc) ||
                       !EVP_MAC_CTX_set_params(mac, params)))
        abort();
    return answer;
}

static int generate_cb(SSL *ssl, void *arg)
{
    SERVER("gen%s", arg == &app && SSL_get_session(ssl) ? "" : " of nothing");
    return 1;
}

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    static const char *const names[] = {"FATAL_MALLOC", "FATAL_OTHER", "NONE",         "EMPTY",
                                        "NO_DECRYPT",   "SUCCESS",     "SUCCESS_RENEW"};
    int known = name_len == 16 && !memcmp(name, craft_keys, 16);
    SERVER("told %s/%s%zu%s%s", names[status], known ? "=" : "", name_len, session ? " session" : "",
           arg == &app && SSL_is_server(ssl) && (!session || session != SSL_get_session(ssl)) ? "" : " wrongly");
    return (SSL_TICKET_RETURN)app.answer;
}

static int new_cb(SSL *ssl, SSL_SESSION *session)
{
    SERVER("new%s", session == SSL_get_session(ssl) ? "" : " other");
    return 0;
}

/* What reaches the client: tickets and alerts. */
static void message_cb(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *p = bytes;
    (void)version, (void)ssl, (void)arg;
    if (!sent && type == SSL3_RT_ALERT && p[1] != SSL_AD_CLOSE_NOTIFY)
        CLIENT("alert %s", SSL_alert_desc_string_long(p[1]));
    if (!sent && type == SSL3_RT_HANDSHAKE && p[0] == SSL3_MT_NEWSESSION_TICKET) {
        unsigned long lifetime = (unsigned long)p[4] << 24 | (unsigned)p[5] << 16 | (unsigned)p[6] << 8 | p[7];
        CLIENT("%s for %lu s", len > 10 ? "ticket" : "empty ticket", lifetime);
    }
}

/* --- a case -------------------------------------------------------------------------------------------------------- */

static SSL_CTX *client, *server;

static void open_contexts(enum source source)
{
    client = new_client();
    SSL_CTX_set_msg_callback(client, message_cb);
    server = new_server();
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(server, new_cb);
    if (source == OWN_KEYS)
        SSL_CTX_get_tlsext_ticket_keys(server, craft_keys, sizeof craft_keys);
    else
        memcpy(craft_keys, "the ticket name!then, 32 bytes long, the MAC keythen, 32 bytes long, the AES key", 80);
    if (source == FIXED_KEYS)
        SSL_CTX_set_tlsext_ticket_keys(server, craft_keys, sizeof craft_keys);
    else if (source == HMAC_CALLBACK)
        SSL_CTX_set_tlsext_ticket_key_cb(server, hmac_cb);
    else if (source == EVP_CALLBACK)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(server, evp_cb);
    memset(&app, 0, sizeof app);
    app.reads = app.makes = 1;
}

static void close_contexts(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* The same session with a ticket that is good or broken in one way. */
static SSL_SESSION *spoiled(SSL_SESSION *session, enum ticket kind)
{
    static unsigned char made[4096];
    static const unsigned char zeros[64];
    const unsigned char *ticket;
    size_t len;
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    memcpy(made, ticket, len);
    if (kind == OTHER_NAME)
        made[5] ^= 1;
    else if (kind == BAD_MAC)
        made[len - 1] ^= 1;
    else if (kind == BAD_PADDING)
        len = seal_bytes(zeros, sizeof zeros, 0, made);
    else if (kind == UNREADABLE)
        len = seal_bytes((const unsigned char *)"no session at all", 17, 1, made);
    else if (kind == TOO_SHORT)
        len = 31;
    else if (kind == NO_ROOM) /* a name, an IV and a MAC, and nothing between them */
        len = 64;
    return with_ticket(session, made, len);
}

/* The reason that counts: where libssl could not take the padding off, its cipher's error is still on the queue. */
static const char *ours(const char *reason)
{
    return strcmp(reason, "Provider routines: bad decrypt") ? reason : "internal error";
}

static void try(const char *what, SSL_SESSION *offered, int with_decrypt)
{
    app.server[0] = app.client[0] = 0;
    SSL_CTX_set_session_ticket_cb(server, generate_cb, with_decrypt ? decrypt_cb : NULL, &app);
    SSL_SESSION_free(visit(client, server, offered));
    if (visited.done)
        show("%s: [%s] %s; %s", what, app.server, visited.resumed ? "resumed" : "full",
             app.client[0] ? app.client : "nothing");
    else
        show("%s: [%s] failed, server %s (%s), client %s (%s); %s", what, app.server, error_name(visited.server.error),
             ours(visited.server.reason), error_name(visited.client.error), visited.client.reason,
             app.client[0] ? app.client : "nothing");
}

/* The decrypt callback is away, or answers anything that it may and may not. */
static void answers(const char *what, SSL_SESSION *offered)
{
    static const int list[] = {SSL_TICKET_RETURN_ABORT,
                               SSL_TICKET_RETURN_IGNORE,
                               SSL_TICKET_RETURN_IGNORE_RENEW,
                               SSL_TICKET_RETURN_USE,
                               SSL_TICKET_RETURN_USE_RENEW,
                               -1,
                               5,
                               100};
    char text[128];
    snprintf(text, sizeof text, "%s, no decrypt callback", what);
    try(text, offered, 0);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        app.answer = list[i];
        snprintf(text, sizeof text, "%s, answered %d", what, list[i]);
        try(text, offered, 1);
    }
}

static SSL_SESSION *first_visit(void)
{
    SSL_CTX_set_session_ticket_cb(server, NULL, NULL, NULL);
    SSL_SESSION *session = visit(client, server, NULL);
    ok(session && SSL_SESSION_has_ticket(session), "a ticket to offer");
    return session;
}

/* Every kind of ticket, and what comes of it. */
static void reading(enum source source, int step)
{
    static const int results[] = {1, 0, 2, -1, 3, -7};
    const int callback = source == HMAC_CALLBACK || source == EVP_CALLBACK;
    char what[64];
    section("%s, %s, reading", tls_name(), source_names[source]);
    open_contexts(source);
    SSL_SESSION *session = first_visit();
    for (int kind = NOTHING; kind < NUM_TICKETS; kind += step) {
        SSL_SESSION *offered = kind == NOTHING ? NULL : spoiled(session, (enum ticket)kind);
        for (size_t i = 0; i < (callback && kind != NOTHING && kind != TOO_SHORT ? 6 : 1); i += (size_t)step) {
            app.reads = results[i];
            if (callback)
                snprintf(what, sizeof what, "%s, read %d", ticket_names[kind], app.reads);
            else
                snprintf(what, sizeof what, "%s", ticket_names[kind]);
            answers(what, offered);
        }
        SSL_SESSION_free(offered);
    }
    SSL_SESSION_free(session);
    close_contexts();
}

/* What the key callback answers when it is to make the ticket that is due. */
static void making(enum source source, int step)
{
    static const int results[] = {1, 0, 2, -1, 3, -7};
    static const int answers_list[] = {SSL_TICKET_RETURN_IGNORE, SSL_TICKET_RETURN_IGNORE_RENEW, SSL_TICKET_RETURN_USE,
                                       SSL_TICKET_RETURN_USE_RENEW};
    char what[64];
    section("%s, %s, making", tls_name(), source_names[source]);
    open_contexts(source);
    SSL_SESSION *session = first_visit();
    for (int fresh = 1; fresh >= 0; fresh--)
        for (size_t make = 0; make < 6; make += (size_t)step)
            for (size_t read = 0; read < (fresh ? 1 : 3); read += (size_t)step) {
                app.makes = results[make];
                app.reads = results[read];
                snprintf(what, sizeof what, "%s, read %d, make %d", fresh ? "no ticket" : "good", app.reads, app.makes);
                try(what, fresh ? NULL : session, 0);
                for (size_t i = 0; i < 4 && !fresh; i++) {
                    app.answer = answers_list[i];
                    snprintf(what, sizeof what, "good, read %d, make %d, answered %d", app.reads, app.makes,
                             app.answer);
                    try(what, session, 1);
                }
            }
    SSL_SESSION_free(session);
    close_contexts();
}

/* The ring of the context itself, as it turns: keys that were set go on reading, or don't. */
static void turned(void)
{
    unsigned char others[80];
    section("%s, fixed keys that are changed and changed back", tls_name());
    open_contexts(FIXED_KEYS);
    SSL_SESSION *session = first_visit();
    memset(others, 'o', sizeof others);
    app.answer = SSL_TICKET_RETURN_IGNORE_RENEW;
    SSL_CTX_set_tlsext_ticket_keys(server, others, sizeof others);
    try("under other keys", session, 1);
    app.answer = SSL_TICKET_RETURN_USE_RENEW;
    SSL_CTX_set_tlsext_ticket_keys(server, craft_keys, sizeof craft_keys);
    try("under the first again", session, 1);
    SSL_SESSION_free(session);
    close_contexts();
}

/* TLS 1.2: without a ticket that is accepted, and with none promised, a session id may still name a session in the cache. */
static void beside_a_cache(enum source source)
{
    section("%s, %s, sessions are in the cache too", tls_name(), source_names[source]);
    open_contexts(source);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER);
    app.answer = SSL_TICKET_RETURN_IGNORE; /* no ticket, so a session id */
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, &app);
    SSL_SESSION *by_id = visit(client, server, NULL), *by_ticket = first_visit();
    show("by id: ticket %d, resumable %d", SSL_SESSION_has_ticket(by_id), SSL_SESSION_is_resumable(by_id));
    answers("session id alone", by_id);
    const unsigned char *ticket;
    unsigned char changed[4096];
    size_t len;
    SSL_SESSION_get0_ticket(by_ticket, &ticket, &len);
    memcpy(changed, ticket, len);
    SSL_SESSION *both = with_ticket(by_id, changed, len);
    answers("session id and a good ticket of another session", both);
    SSL_SESSION_free(both);
    SSL_SESSION_free(by_id); /* gone from the cache, after so many failures */
    app.answer = SSL_TICKET_RETURN_IGNORE;
    SSL_CTX_set_session_ticket_cb(server, generate_cb, decrypt_cb, &app);
    by_id = visit(client, server, NULL);
    changed[3] ^= 1;
    both = with_ticket(by_id, changed, len);
    try("session id and a ticket under another name, ignored", both, 1);
    answers("session id and a ticket under another name", both);
    SSL_SESSION_free(both);
    SSL_SESSION_free(by_id);
    SSL_SESSION_free(by_ticket);
    close_contexts();
}

int main(void)
{
    const int step = getenv("C_TESTS_SMALL") ? 2 : 1;
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        for (int source = 0; source < NUM_SOURCES; source++)
            reading((enum source)source, step);
        making(HMAC_CALLBACK, step);
        making(EVP_CALLBACK, step);
        turned();
        if (tls == TLS1_2_VERSION) {
            beside_a_cache(FIXED_KEYS);
            beside_a_cache(EVP_CALLBACK);
        }
    }
    return finish();
}
