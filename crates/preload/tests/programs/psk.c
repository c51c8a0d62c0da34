/*
 * Two contexts with one certificate that know alice by different secrets: keys agreed upon beforehand, or passwords. She
 * connects to the first, then there again with her ticket, then with it to the second, without a secret.
 *
 *   psk old|new [connection]        the callback of TLS 1.2, or that of TLS 1.3; set on each connection
 *   psk srp
 */
#include "pair.h"

static const unsigned char SECRETS[2][17] = { "the first one's ", "the second one's" };
static SSL_CTX *servers[2];
static const unsigned char *clients_secret;
static int of_connection, is_new, is_srp;

static int number(SSL *ssl)
{
    return SSL_get_SSL_CTX(ssl) == servers[1];
}

static unsigned server_key(SSL *ssl, const char *identity, unsigned char *psk, unsigned len)
{
    (void)len;
    if (strcmp(identity, "alice") != 0)
        return 0;
    memcpy(psk, SECRETS[number(ssl)], 16);
    return 16;
}

static unsigned client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_len, unsigned char *psk, unsigned len)
{
    (void)ssl, (void)hint, (void)identity_len, (void)len;
    if (clients_secret == NULL)
        return 0;
    strcpy(identity, "alice");
    memcpy(psk, clients_secret, 16);
    return 16;
}

static int find_session(SSL *ssl, const unsigned char *identity, size_t len, SSL_SESSION **found)
{
    static const unsigned char suite[] = { 0x13, 0x01 };
    *found = NULL;
    if (len == 5 && memcmp(identity, "alice", 5) == 0) {
        *found = SSL_SESSION_new();
        SSL_SESSION_set1_master_key(*found, SECRETS[number(ssl)], 16);
        SSL_SESSION_set_cipher(*found, SSL_CIPHER_find(ssl, suite));
        SSL_SESSION_set_protocol_version(*found, TLS1_3_VERSION);
    }
    return 1;
}

static int user(SSL *ssl, int *alert, void *unused)
{
    (void)alert, (void)unused;
    return SSL_set_srp_server_param_pw(ssl, "alice", (char *)SECRETS[number(ssl)], "2048") == 1 ? SSL_ERROR_NONE : SSL3_AL_FATAL;
}

static SSL_CTX *server_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    use_identity(ctx, "server");
    SSL_CTX_set_cipher_list(ctx, "ALL:PSK:SRP:@SECLEVEL=0");
    if (is_srp)
        SSL_CTX_set_srp_username_callback(ctx, user);
    else if (!of_connection && is_new)
        SSL_CTX_set_psk_find_session_callback(ctx, find_session);
    else if (!of_connection)
        SSL_CTX_set_psk_server_callback(ctx, server_key);
    return ctx;
}

static SSL_SESSION *call(SSL_CTX *client_ctx, int which, int version, SSL_SESSION *with)
{
    SSL *client = SSL_new(client_ctx), *server = SSL_new(servers[which]);
    struct kept kept = { NULL, 0 };
    const char *identity;
    SSL_set_ex_data(client, kept_index(), &kept);
    SSL_set_min_proto_version(client, version);
    SSL_set_max_proto_version(client, version);
    if (of_connection && is_new)
        SSL_set_psk_find_session_callback(server, find_session);
    else if (of_connection)
        SSL_set_psk_server_callback(server, server_key);
    if (with != NULL)
        SSL_set_session(client, with);
    if (shake(client, server)) {
        identity = is_srp ? SSL_get_srp_username(server) : SSL_get_psk_identity(server);
        printf("%s %s ", SSL_session_reused(server) ? "resumed" : "full", identity ? identity : "nobody");
        if (kept.session == NULL)
            kept.session = SSL_get1_session(client);
    } else {
        printf("failed ");
        ERR_clear_error();
    }
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
    return kept.session;
}

int main(int argc, char **argv)
{
    SSL_CTX *client = client_context();
    SSL_SESSION *session;
    int version;
    of_connection = argc > 2;
    is_new = argc > 1 && strcmp(argv[1], "new") == 0;
    is_srp = argc > 1 && strcmp(argv[1], "srp") == 0;
    servers[0] = server_context();
    servers[1] = server_context();
    SSL_CTX_set_cipher_list(client, is_srp ? "SRP:@SECLEVEL=0" : is_new ? "ALL" : "PSK-AES128-GCM-SHA256");
    SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256");
    for (version = is_new ? TLS1_3_VERSION : TLS1_2_VERSION; version <= (is_srp ? TLS1_2_VERSION : TLS1_3_VERSION); version++) {
        clients_secret = SECRETS[0];
        if (is_srp) {
            SSL_CTX_set_srp_username(client, (char *)"alice");
            SSL_CTX_set_srp_password(client, (char *)SECRETS[0]);
        } else {
            SSL_CTX_set_psk_client_callback(client, client_key);
        }
        session = call(client, 0, version, NULL);
        call(client, 0, version, session);
        clients_secret = NULL;
        if (is_srp)
            SSL_CTX_set_srp_password(client, (char *)"");
        call(client, 1, version, session);
        printf("\n");
    }
    return 0;
}
