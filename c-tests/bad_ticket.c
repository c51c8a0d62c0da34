/* Tickets that are cut at every byte and changed in every byte: a full handshake, never an error, never a wrong accept. */
#include "craft.h"

static int statuses[8], name_lens_ok;

static SSL_TICKET_RETURN decrypt_cb(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                    SSL_TICKET_STATUS status, void *arg)
{
    size_t *offered = arg;
    (void)ssl, (void)session, (void)name;
    statuses[status & 7]++;
    name_lens_ok &= name_len == (*offered < 16 ? *offered : 16);
    if (status == SSL_TICKET_EMPTY)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE
                                                                              : SSL_TICKET_RETURN_IGNORE;
}

static size_t offered_len;

static SSL_CTX *client, *server;

/* 1: full handshake, 2: resumed, 0: failed */
static int offer(SSL_SESSION *session, const unsigned char *ticket, size_t len)
{
    SSL_SESSION *changed = with_ticket(session, ticket, len);
    offered_len = len;
    SSL_SESSION_free(visit(client, server, changed));
    SSL_SESSION_free(changed);
    return visited.done ? 1 + visited.resumed : 0;
}

static void tally(const char *what, const int *results)
{
    show("%s: failed %d, full %d, resumed %d; told EMPTY %d, NO_DECRYPT %d, SUCCESS %d", what, results[0], results[1],
         results[2], statuses[SSL_TICKET_EMPTY], statuses[SSL_TICKET_NO_DECRYPT],
         statuses[SSL_TICKET_SUCCESS] + statuses[SSL_TICKET_SUCCESS_RENEW]);
    memset(statuses, 0, sizeof statuses);
}

static void all_ways(int step)
{
    unsigned char copy[4096] = {0};
    const unsigned char *ticket;
    size_t len;
    SSL_SESSION *session;
    int results[3] = {0};

    client = new_client();
    server = new_server();
    session = visit(client, server, NULL);
    SSL_CTX_set_session_ticket_cb(server, NULL, decrypt_cb, &offered_len);
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    memcpy(copy, ticket, len);
    memset(statuses, 0, sizeof statuses);
    name_lens_ok = 1;
    section("%s", tls_name());
    results[offer(session, copy, len)]++;
    tally("as it is", results);

    memset(results, 0, sizeof results);
    for (size_t i = 1; i < len; i += (size_t)step)
        results[offer(session, copy, i)]++;
    tally("cut at every byte", results);
    is(results[1], (long)(len - 2 + (size_t)step) / step, "every one of them a full handshake");

    memset(results, 0, sizeof results);
    for (size_t i = 0; i < len; i += (size_t)step) {
        copy[i] ^= (unsigned char)(1 << i % 8);
        results[offer(session, copy, len)]++;
        copy[i] ^= (unsigned char)(1 << i % 8);
    }
    tally("changed in every byte", results);
    is(results[1], (long)(len - 1 + (size_t)step) / step, "every one of them a full handshake");

    memset(results, 0, sizeof results);
    for (size_t more = 1; more < 70; more += (size_t)step)
        results[offer(session, copy, len + more)]++;
    tally("with zeros behind it", results);
    is(results[0] + results[2], 0, "every one of them a full handshake");

    memset(results, 0, sizeof results);
    memset(copy + 16, 0x77, sizeof copy - 16);
    for (size_t l = 16; l < 4096; l = l * 2 + 1)
        results[offer(session, copy, l)]++;
    tally("the right name and junk", results);
    ok(name_lens_ok, "the callback was told as much of the name as there was");

    memcpy(copy, ticket, len);
    memset(results, 0, sizeof results);
    results[offer(session, copy, len)]++;
    is(results[2], 1, "the good one still works");
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* --- tickets made by hand under known keys: a good MAC over what is no session --------------------------------------- */

static void forged(void)
{
    unsigned char ticket[2048], plain[1024] = {0}, *der = NULL;
    SSL_SESSION *session, *inside;
    int results[3] = {0}, len;
    static const unsigned char junk[] = {0x30, 0x03, 2, 1, 1};

    client = new_client();
    server = new_server();
    SSL_CTX_set_tlsext_ticket_keys(server, (void *)craft_keys, 80);
    session = visit(client, server, NULL);
    SSL_CTX_set_session_ticket_cb(server, NULL, decrypt_cb, &offered_len);
    memset(statuses, 0, sizeof statuses);
    section("%s, a good MAC over something else", tls_name());
#define FORGE(what, bytes, n, padding)                                                                                 \
    memset(results, 0, sizeof results);                                                                                \
    results[offer(session, ticket, seal_bytes(bytes, n, padding, ticket))]++;                                          \
    tally(what, results)
    FORGE("nothing", plain, 0, 1);
    FORGE("zeros with bad padding", plain, 64, 0);
    FORGE("zeros", plain, 64, 1);
    FORGE("junk", junk, sizeof junk, 1);
    inside = SSL_SESSION_new();
    SSL_SESSION_set_protocol_version(inside, tls);
    SSL_SESSION_set1_id_context(inside, (const unsigned char *)"c-tests", 7);
    SSL_SESSION_set_cipher(inside, SSL_SESSION_get0_cipher(session));
    len = i2d_SSL_SESSION(inside, &der);
    ok(offer(session, ticket, seal_bytes(der, (size_t)len, 1, ticket)) != 2, "a session without a key is not resumed");
    memset(statuses, 0, sizeof statuses);
    OPENSSL_free(der);
    der = NULL;
    memset(plain, 1, 48);
    SSL_SESSION_set1_master_key(inside, plain, 48);
    len = i2d_SSL_SESSION(inside, &der);
    offer(session, ticket, seal_bytes(der, (size_t)len, 1, ticket));
    show("a session with another key: done %d, server %s", visited.done, visited.server.reason);
    memset(statuses, 0, sizeof statuses);
    memcpy(plain, der, (size_t)len);
    FORGE("a session and a byte behind it", plain, (size_t)len + 1, 1);
    OPENSSL_free(der);
    der = NULL;
    SSL_SESSION_set1_master_key(inside, plain, SSL_SESSION_get_master_key(session, plain, sizeof plain));
    SSL_SESSION_set_protocol_version(inside, tls == TLS1_3_VERSION ? TLS1_2_VERSION : TLS1_3_VERSION);
    len = i2d_SSL_SESSION(inside, &der);
    FORGE("a session of the other version", der, (size_t)len, 1);
    show("   server %s", visited.server.reason);
    OPENSSL_free(der);
    SSL_SESSION_free(inside);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

int main(void)
{
    const int step = getenv("C_TESTS_SMALL") ? 11 : 1;
    for (const int *v = versions(); *v; v++) {
        tls = *v;
        all_ways(step);
        forged();
    }
    return finish();
}
