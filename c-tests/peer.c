/*
 * peer: one TLS endpoint, server or client, for interoperability tests. Prints one stable line per connection.
 * This part reads the options, makes the SSL_CTX and the sockets; peer_keys.c has the ticket keys, peer_conn.c runs a
 * connection.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    const char *name, *argument, *help, *value;
} options[] = {
    {"host", "ADDRESS", "IPv4 address to listen on or to connect to (127.0.0.1)", NULL},
    {"port", "N", "port; a server with 0 picks one; 'listening port=N' is its first line", NULL},
    {"rounds", "N", "connections, one after the other (1)", NULL},
    {"timeout", "S", "the whole program gives up after S seconds (300)", NULL},
    {"cert", "FILE", "certificate chain, PEM", NULL},
    {"key", "FILE", "private key, PEM (the certificate's file)", NULL},
    {"vhost", "NAME", "server: for this name, use -vhost-cert and -vhost-key", NULL},
    {"vhost-cert", "FILE", "certificate chain of the second context", NULL},
    {"vhost-key", "FILE", "private key of the second context", NULL},
    {"ca", "FILE", "trusted certificates, PEM", NULL},
    {"verify", "none|peer|require|any", "verify the peer (none); 'any' asks and lets everyone in", NULL},
    {"verify-name", "NAME", "client: the name the certificate must have", NULL},
    {"min", "1.2|1.3", "lowest version", NULL},
    {"max", "1.2|1.3", "highest version", NULL},
    {"groups", "LIST", "groups, as SSL_CTX_set1_groups_list", NULL},
    {"suites", "LIST", "TLS 1.3 suites", NULL},
    {"ciphers", "LIST", "TLS 1.2 ciphers", NULL},
    {"sigalgs", "LIST", "signature algorithms", NULL},
    {"alpn", "A,B", "protocols; a server picks its first that the client has, or refuses", NULL},
    {"sni", "NAME", "client: server name to ask for", NULL},
    {"tickets", "N", "SSL_CTX_set_num_tickets", NULL},
    {"extra", "N", "server: SSL_new_session_ticket N times after the handshake", NULL},
    {"ticket-keys", "HEX", "160 hex digits: SSL_CTX_set_tlsext_ticket_keys", NULL},
    {"key-callback", "evp|hmac|none", "server: give the -ticket-keys by a callback, or none to new tickets", NULL},
    {"key-cipher", "NAME", "cipher of the callback (aes-256-cbc)", NULL},
    {"renew", NULL, "the callback asks for a new ticket at each resumption", NULL},
    {"context", "TEXT", "server: session id context (peer)", NULL},
    {"appdata", "TEXT", "server: application data of each ticket", NULL},
    {"no-ticket", NULL, "SSL_OP_NO_TICKET", NULL},
    {"no-ems", NULL, "SSL_OP_NO_EXTENDED_MASTER_SECRET", NULL},
    {"server-preference", NULL, "SSL_OP_CIPHER_SERVER_PREFERENCE", NULL},
    {"no-middlebox", NULL, "clear SSL_OP_ENABLE_MIDDLEBOX_COMPAT", NULL},
    {"sess-in", "FILE", "client: session to offer, PEM, or DER if the name ends in .der", NULL},
    {"sess-out", "FILE", "client: write the newest session, PEM or DER", NULL},
    {"resume", NULL, "client: each round offers the newest session of the one before", NULL},
    {"wait", "N", "client: after the data, read until N tickets have come (at most 2 s)", NULL},
    {"pha", NULL, "post-handshake authentication: a client offers it, a server asks", NULL},
    {"keyupdate", "one|both", "SSL_key_update at half and at three quarters of the data sent", NULL},
    {"echo", NULL, "write back what comes, until the peer closes", NULL},
    {"send", "N", "write N bytes of the pattern", NULL},
    {"text", "TEXT", "write this text instead (\\r and \\n are understood)", NULL},
    {"chunk", "N", "bytes per SSL_write (16384)", NULL},
    {"recv", "N|all", "read N bytes, or until the peer closes", NULL},
    {"check", NULL, "the bytes read must be the pattern", NULL},
    {"fragment", "N", "SSL_CTX_set_max_send_fragment", NULL},
    {"read-ahead", NULL, "SSL_CTX_set_read_ahead", NULL},
    {"blocking", NULL, "blocking socket (never with -echo of more than the socket's buffers hold)", NULL},
    {"keylog", "FILE", "append the secrets, for debugging", NULL},
    {"expect", "A;B", "every report must contain each of these pieces", NULL},
    {"reject", "A;B", "no report may contain one of these pieces", NULL},
};

#define NUM_OPTIONS (sizeof options / sizeof options[0])

const char *option(const char *name)
{
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        if (!strcmp(options[i].name, name))
            return options[i].value;
    fprintf(stderr, "peer: no such option in the table: %s\n", name);
    abort();
}

long option_number(const char *name, long otherwise)
{
    const char *value = option(name);
    return value ? strtol(value, NULL, 10) : otherwise;
}

static int usage(const char *wrong)
{
    if (wrong)
        fprintf(stderr, "peer: %s\n", wrong);
    fprintf(stderr, "usage: peer server|client [options]\n");
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        fprintf(stderr, "  -%s %s\n      %s\n", options[i].name, options[i].argument ? options[i].argument : "",
                options[i].help);
    return PEER_USAGE;
}

static int parse(int argc, char **argv)
{
    for (int a = 2; a < argc; a++) {
        size_t i = 0;
        while (i < NUM_OPTIONS && (argv[a][0] != '-' || strcmp(argv[a] + 1, options[i].name)))
            i++;
        if (i == NUM_OPTIONS || (options[i].argument && a + 1 == argc))
            return usage(argv[a]);
        options[i].value = options[i].argument ? argv[++a] : "";
    }
    return PEER_OK;
}

static void fail(const char *what)
{
    fprintf(stderr, "peer: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(PEER_USAGE);
}

static void need(int ok, const char *what)
{
    if (!ok)
        fail(what);
}

/* --- callbacks ------------------------------------------------------------------------------------------------ */

static struct tally *tally_of(SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

static int generate(SSL *ssl, void *arg)
{
    const char *appdata = option("appdata");
    (void)arg;
    tally_of(ssl)->tickets++;
    return !appdata || SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), appdata, strlen(appdata));
}

static SSL_TICKET_RETURN decrypted(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                   SSL_TICKET_STATUS status, void *arg)
{
    struct tally *tally = tally_of(ssl);
    void *data = NULL;
    size_t len = 0;
    (void)name, (void)name_len, (void)arg;
    tally->status = (int)status;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (SSL_SESSION_get0_ticket_appdata(session, &data, &len) && len > 0 && len < sizeof tally->appdata) {
        memcpy(tally->appdata, data, len);
        tally->appdata[len] = 0;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static int new_session(SSL *ssl, SSL_SESSION *session)
{
    struct tally *tally = tally_of(ssl);
    tally->tickets++;
    SSL_SESSION_free(tally->last);
    tally->last = session;
    return 1;
}

static int server_name(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    if (!name)
        return SSL_TLSEXT_ERR_NOACK;
    snprintf(tally_of(ssl)->sni, sizeof tally_of(ssl)->sni, "%s", name);
    if (arg && !strcmp(name, option("vhost")))
        SSL_set_SSL_CTX(ssl, arg);
    return SSL_TLSEXT_ERR_OK;
}

static size_t alpn_wire(unsigned char *out, size_t room)
{
    size_t len = 0;
    char *copy = strdup(option("alpn")), *rest = copy;
    for (char *one = strtok_r(copy, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        size_t n = strlen(one);
        if (n > 255 || len + n + 1 > room)
            fail("-alpn is too long");
        out[len++] = (unsigned char)n;
        memcpy(out + len, one, n);
        len += n;
    }
    free(copy);
    return len;
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                       unsigned int in_len, void *arg)
{
    unsigned char ours[1024];
    size_t len = alpn_wire(ours, sizeof ours);
    unsigned char *chosen = NULL;
    (void)ssl, (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, ours, (unsigned)len, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    /* `chosen` points into `ours`; the answer has to live in the client's list. */
    for (const unsigned char *p = in; p < in + in_len; p += 1 + *p)
        if (*p == *out_len && !memcmp(p + 1, chosen, *out_len))
            *out = p + 1;
    return SSL_TLSEXT_ERR_OK;
}

static void message(int sent, int version, int content_type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *type = bytes;
    (void)version, (void)arg;
    if (content_type != SSL3_RT_HANDSHAKE || len == 0)
        return;
    if (*type == SSL3_MT_CLIENT_HELLO)
        tally_of(ssl)->hellos++;
    if (*type == SSL3_MT_KEY_UPDATE && !sent)
        tally_of(ssl)->updates++;
}

static void keylog(const SSL *ssl, const char *line)
{
    FILE *file = fopen(option("keylog"), "a");
    (void)ssl;
    if (file) {
        fprintf(file, "%s\n", line);
        fclose(file);
    }
}

/* --- the context ---------------------------------------------------------------------------------------------- */

static int version(const char *text)
{
    return !strcmp(text, "1.2") ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static void certificate(SSL_CTX *ctx, const char *cert, const char *key)
{
    need(SSL_CTX_use_certificate_chain_file(ctx, cert) == 1, cert);
    need(SSL_CTX_use_PrivateKey_file(ctx, key ? key : cert, SSL_FILETYPE_PEM) == 1, key ? key : cert);
    need(SSL_CTX_check_private_key(ctx) == 1, "certificate and key do not match");
}

static void ticket_settings(SSL_CTX *ctx, int is_server)
{
    if (option("tickets"))
        need(SSL_CTX_set_num_tickets(ctx, (size_t)option_number("tickets", 0)), "-tickets");
    if (option("no-ticket"))
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    need(set_ticket_keys(ctx), "-ticket-keys");
    if (is_server) {
        const char *context = option("context") ? option("context") : "peer";
        need(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)context, (unsigned)strlen(context)),
             "session id context");
        need(SSL_CTX_set_session_ticket_cb(ctx, generate, decrypted, NULL), "ticket callbacks");
    } else {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, new_session);
    }
}

static int let_in(int good, X509_STORE_CTX *store)
{
    (void)good, (void)store;
    return 1;
}

static void peer_settings(SSL_CTX *ctx, int is_server)
{
    const char *verify = option("verify");
    unsigned char wire[1024];
    if (option("ca"))
        need(SSL_CTX_load_verify_locations(ctx, option("ca"), NULL) == 1, option("ca"));
    if (option("ca") && is_server)
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(option("ca")));
    if (verify && strcmp(verify, "none"))
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (strcmp(verify, "require") ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
                           strcmp(verify, "any") ? NULL : let_in);
    if (option("pha") && is_server)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (option("pha") && !is_server)
        SSL_CTX_set_post_handshake_auth(ctx, 1);
    if (option("alpn") && is_server)
        SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
    if (option("alpn") && !is_server)
        need(SSL_CTX_set_alpn_protos(ctx, wire, (unsigned)alpn_wire(wire, sizeof wire)) == 0, "-alpn");
}

static SSL_CTX *make_context(int is_server)
{
    SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    need(ctx != NULL, "SSL_CTX_new");
    if (option("cert"))
        certificate(ctx, option("cert"), option("key"));
    if (option("min"))
        need(SSL_CTX_set_min_proto_version(ctx, version(option("min"))) == 1, "-min");
    if (option("max"))
        need(SSL_CTX_set_max_proto_version(ctx, version(option("max"))) == 1, "-max");
    if (option("groups"))
        need(SSL_CTX_set1_groups_list(ctx, option("groups")) == 1, "-groups");
    if (option("suites"))
        need(SSL_CTX_set_ciphersuites(ctx, option("suites")) == 1, "-suites");
    if (option("ciphers"))
        need(SSL_CTX_set_cipher_list(ctx, option("ciphers")) == 1, "-ciphers");
    if (option("sigalgs"))
        need(SSL_CTX_set1_sigalgs_list(ctx, option("sigalgs")) == 1, "-sigalgs");
    if (option("fragment"))
        need(SSL_CTX_set_max_send_fragment(ctx, option_number("fragment", 0)) == 1, "-fragment");
    if (option("read-ahead"))
        SSL_CTX_set_read_ahead(ctx, 1);
    if (option("no-ems"))
        SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (option("server-preference"))
        SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (option("no-middlebox"))
        SSL_CTX_clear_options(ctx, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    if (option("keylog"))
        SSL_CTX_set_keylog_callback(ctx, keylog);
    SSL_CTX_set_msg_callback(ctx, message);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
    ticket_settings(ctx, is_server);
    peer_settings(ctx, is_server);
    return ctx;
}

/* --- sockets -------------------------------------------------------------------------------------------------- */

static struct sockaddr_in address(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)option_number("port", 0))};
    need(inet_pton(AF_INET, option("host") ? option("host") : "127.0.0.1", &to.sin_addr) == 1, "-host");
    return to;
}

static int listener(void)
{
    struct sockaddr_in at = address();
    socklen_t len = sizeof at;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    need(!bind(fd, (struct sockaddr *)&at, sizeof at) && !listen(fd, 16), "can't listen");
    getsockname(fd, (struct sockaddr *)&at, &len);
    printf("listening port=%d\n", ntohs(at.sin_port));
    return fd;
}

static int next_socket(int listening)
{
    struct sockaddr_in to = address();
    int one = 1, fd;
    if (listening >= 0)
        fd = accept(listening, NULL, NULL);
    else if ((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to))
        fail("can't connect");
    need(fd >= 0, "no socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

int main(int argc, char **argv)
{
    SSL_SESSION *session = NULL;
    SSL_CTX *ctx, *second = NULL;
    int is_server, listening, worst = PEER_OK;

    if (argc < 2 || (strcmp(argv[1], "server") && strcmp(argv[1], "client")))
        return usage(NULL);
    if (parse(argc, argv))
        return PEER_USAGE;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    alarm((unsigned)option_number("timeout", 300));
    is_server = !strcmp(argv[1], "server");
    ctx = make_context(is_server);
    if (option("vhost")) {
        second = make_context(is_server);
        certificate(second, option("vhost-cert"), option("vhost-key"));
    }
    if (is_server) {
        SSL_CTX_set_tlsext_servername_callback(ctx, server_name);
        SSL_CTX_set_tlsext_servername_arg(ctx, second);
    }
    if (option("sess-in"))
        session = read_session(option("sess-in"));
    listening = is_server ? listener() : -1;
    for (int n = 1; n <= option_number("rounds", 1); n++) {
        int result = run_connection(ctx, next_socket(listening), n, &session);
        worst = result > worst ? result : worst;
    }
    if (option("sess-out"))
        write_session(option("sess-out"), session);
    SSL_SESSION_free(session);
    SSL_CTX_free(second);
    SSL_CTX_free(ctx);
    if (listening >= 0)
        close(listening);
    return worst;
}
