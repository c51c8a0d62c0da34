/* peer, one connection. Handshake, data both ways at once, shutdown, report. */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is on its way in both directions. */
struct flow {
    SSL *ssl;
    int fd;
    size_t to_send, sent, received, to_receive; /* to_receive SIZE_MAX: until the peer closes */
    unsigned char out[65536];                   /* the piece being written; SSL_write may have to be repeated with it */
    size_t out_len;
    size_t updates;
    uint32_t sum;
    int wrong, closed;
};

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i ^ i >> 8 ^ i >> 16);
}

/* Waits until the call that returned `error` may be repeated; 0 if it never may, or nothing came in time. */
static int wait_for(struct flow *flow, int error, int milliseconds)
{
    struct pollfd pfd = {.fd = flow->fd};
    if (error == SSL_ERROR_WANT_READ)
        pfd.events = POLLIN;
    else if (error == SSL_ERROR_WANT_WRITE)
        pfd.events = POLLOUT;
    else
        return 0;
    return poll(&pfd, 1, milliseconds) > 0;
}

static int handshake(struct flow *flow)
{
    int r;
    while ((r = SSL_do_handshake(flow->ssl)) != 1)
        if (!wait_for(flow, SSL_get_error(flow->ssl, r), 20000))
            return 0;
    return 1;
}

/* SSL_ERROR_NONE, SSL_ERROR_WANT_… when nothing can be read now, SSL_ERROR_ZERO_RETURN, or the error. */
static int read_some(struct flow *flow)
{
    unsigned char in[16384];
    size_t room = sizeof in, n = 0;
    int r, check = option("check") != NULL; /* looked up here, not for each byte */
    if (option("echo") && flow->out_len > 0)
        return SSL_ERROR_NONE;
    if (flow->to_receive != SIZE_MAX && flow->to_receive > flow->received && flow->to_receive - flow->received < room)
        room = flow->to_receive - flow->received;
    r = SSL_read_ex(flow->ssl, in, room, &n);
    if (r != 1)
        return SSL_get_error(flow->ssl, r);
    for (size_t i = 0; i < n; i++) {
        if (check && in[i] != pattern(flow->received + i))
            flow->wrong = 1;
        flow->sum = (flow->sum ^ in[i]) * 16777619u;
    }
    flow->received += n;
    if (option("echo")) {
        memcpy(flow->out, in, n);
        flow->out_len = n;
    }
    return SSL_ERROR_NONE;
}

/* Puts the next piece of text or pattern into `out`. */
static void prepare(struct flow *flow)
{
    const char *text = option("text");
    size_t chunk = (size_t)option_number("chunk", 16384), left;
    if (flow->out_len > 0 || flow->sent >= flow->to_send)
        return;
    left = flow->to_send - flow->sent;
    if (chunk == 0 || chunk > sizeof flow->out)
        chunk = sizeof flow->out;
    flow->out_len = left < chunk ? left : chunk;
    for (size_t i = 0; i < flow->out_len; i++)
        flow->out[i] = text ? (unsigned char)text[flow->sent + i] : pattern(flow->sent + i);
}

static void update_keys(struct flow *flow)
{
    static const size_t due[] = {2, 3};
    const char *kind = option("keyupdate");
    if (!kind || flow->updates == 2 || flow->sent * 4 < flow->to_send * due[flow->updates])
        return;
    flow->updates++;
    if (!SSL_key_update(flow->ssl, strcmp(kind, "both") ? SSL_KEY_UPDATE_NOT_REQUESTED : SSL_KEY_UPDATE_REQUESTED))
        flow->wrong = 1;
}

static int write_some(struct flow *flow)
{
    size_t n = 0;
    int r;
    if (flow->out_len == 0) {
        update_keys(flow);
        prepare(flow);
    }
    if (flow->out_len == 0)
        return SSL_ERROR_NONE;
    r = SSL_write_ex(flow->ssl, flow->out, flow->out_len, &n);
    if (r != 1)
        return SSL_get_error(flow->ssl, r);
    flow->sent += n;
    flow->out_len -= n;
    memmove(flow->out, flow->out + n, flow->out_len);
    return SSL_ERROR_NONE;
}

static int wanted(int error)
{
    return error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Nothing moved: sleep until the socket allows what was missing. */
static int idle(struct flow *flow, int reading, int writing)
{
    struct pollfd pfd = {.fd = flow->fd};
    if (reading == SSL_ERROR_WANT_READ || writing == SSL_ERROR_WANT_READ)
        pfd.events |= POLLIN;
    if (reading == SSL_ERROR_WANT_WRITE || writing == SSL_ERROR_WANT_WRITE)
        pfd.events |= POLLOUT;
    return poll(&pfd, 1, 20000) > 0;
}

static int transfer(struct flow *flow)
{
    const char *blocking = option("blocking");
    for (;;) {
        size_t before = flow->sent + flow->received;
        int writing = write_some(flow), reading = SSL_ERROR_NONE;
        int writes_left = flow->out_len > 0 || flow->sent < flow->to_send;
        int reads_left = !flow->closed && flow->received < flow->to_receive;
        if (reads_left && !(blocking && writes_left))
            reading = read_some(flow);
        if (reading == SSL_ERROR_ZERO_RETURN)
            flow->closed = 1;
        else if (!wanted(reading) || !wanted(writing))
            return 0;
        writes_left = flow->out_len > 0 || flow->sent < flow->to_send;
        reads_left = !flow->closed && flow->received < flow->to_receive;
        if (!writes_left && !reads_left)
            return flow->to_receive == SIZE_MAX || flow->received >= flow->to_receive;
        if (!blocking && before == flow->sent + flow->received && !flow->closed && !idle(flow, reading, writing))
            return 0;
    }
}

/* Server: tickets and the certificate request that the options ask for. */
static int after_handshake(struct flow *flow)
{
    long extra = option_number("extra", 0);
    if (!SSL_is_server(flow->ssl))
        return 1;
    for (long i = 0; i < extra; i++)
        if (!SSL_new_session_ticket(flow->ssl))
            return 0;
    if (extra > 0 && !handshake(flow))
        return 0;
    return !option("pha") || (SSL_verify_client_post_handshake(flow->ssl) == 1 && handshake(flow));
}

/* Reads on, without wanting data: tickets, requests, the peer's close_notify. */
static void drain(struct flow *flow, struct tally *tally, long tickets)
{
    unsigned char in[1024];
    size_t n;
    while (!flow->closed && (tickets < 0 || tally->tickets < tickets)) {
        int r = SSL_read_ex(flow->ssl, in, sizeof in, &n), error = SSL_get_error(flow->ssl, r);
        if (r != 1 && error == SSL_ERROR_ZERO_RETURN)
            flow->closed = 1;
        else if (r != 1 && !wait_for(flow, error, 2000))
            return;
    }
}

/* Says goodbye; whether the peer did too ends up in `closed`. */
static void shut_down(struct flow *flow, struct tally *tally)
{
    int r = SSL_shutdown(flow->ssl);
    if (r < 0 && wait_for(flow, SSL_get_error(flow->ssl, r), 2000))
        r = SSL_shutdown(flow->ssl);
    if (r == 0)
        drain(flow, tally, -1);
    flow->closed = SSL_get_shutdown(flow->ssl);
}

static size_t unescaped(const char *text)
{
    char *out = strdup(text), *start = out;
    for (const char *p = text; *p; p++)
        *out++ = p[0] == '\\' && p[1] == 'n' ? (p++, '\n') : p[0] == '\\' && p[1] == 'r' ? (p++, '\r') : *p;
    size_t len = (size_t)(out - start);
    memcpy((char *)text, start, len); /* argv may be written */
    free(start);
    return len;
}

static void prepare_ssl(SSL *ssl, int fd, SSL_SESSION *session)
{
    if (!option("blocking"))
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    SSL_set_fd(ssl, fd);
    if (SSL_is_server(ssl)) {
        SSL_set_accept_state(ssl);
        return;
    }
    SSL_set_connect_state(ssl);
    if (option("sni"))
        SSL_set_tlsext_host_name(ssl, option("sni"));
    if (option("verify-name"))
        SSL_set1_host(ssl, option("verify-name"));
    if (session)
        SSL_set_session(ssl, session);
}

static int peer_name(SSL *ssl, char *out, int room)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    int len = cert ? X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, out, room) : -1;
    X509_free(cert);
    if (len < 0)
        snprintf(out, (size_t)room, "-");
    return len;
}

static const char *group_name(SSL *ssl)
{
    int group = (int)SSL_get_negotiated_group(ssl);
    const char *name = group ? SSL_group_to_name(ssl, group) : NULL;
    return name ? name : "-";
}

static const char *dash(const char *text)
{
    return text && *text ? text : "-";
}

/* What the session itself remembers: ALPN and SNI of the connection that it comes from. */
static void remembered(SSL *ssl, char *out, size_t room)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    const unsigned char *alpn = NULL;
    size_t len = 0;
    SSL_SESSION_get0_alpn_selected(session, &alpn, &len);
    snprintf(out, room, "session-alpn=%.*s session-sni=%s", len ? (int)len : 1, len ? (const char *)alpn : "-",
             dash(SSL_SESSION_get0_hostname(session)));
}

static void report(struct flow *flow, struct tally *tally, int number, char *line, size_t room)
{
    const unsigned char *alpn = NULL;
    unsigned int alpn_len = 0;
    char name[64], sni[256], session[600];
    int nid = 0;
    SSL *ssl = flow->ssl;
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
    SSL_get_peer_signature_nid(ssl, &nid);
    peer_name(ssl, name, sizeof name);
    snprintf(sni, sizeof sni, "%s", dash(SSL_is_server(ssl) ? tally->sni : option("sni")));
    remembered(ssl, session, sizeof session);
    snprintf(
        line, room,
        "conn=%d ok=1 version=%s cipher=%s group=%s ems=%ld hrr=%d resumed=%d alpn=%.*s sni=%s %s tickets=%d "
        "appdata=%s status=%d peer=%s verify=%ld signature=%s sent=%zu received=%zu sum=%08x updates=%zu/%d closed=%s",
        number, SSL_get_version(ssl), SSL_get_cipher_name(ssl), group_name(ssl), SSL_get_extms_support(ssl),
        tally->hellos > 1, SSL_session_reused(ssl), alpn_len ? (int)alpn_len : 1,
        alpn_len ? (const char *)alpn : "-", sni, session, tally->tickets, dash(tally->appdata), tally->status, name,
        SSL_get_verify_result(ssl), nid ? OBJ_nid2sn(nid) : "-", flow->sent, flow->received, (unsigned)flow->sum,
        flow->updates, tally->updates,
        flow->closed == 3   ? "both"
        : flow->closed == 1 ? "sent"
        : flow->closed == 2 ? "received"
                            : "no");
}

/* Is every (or is any) of the pieces, separated by semicolons, in the line? */
static int contains(const char *line, const char *pieces, int all)
{
    char *copy = strdup(pieces), *rest = copy;
    int found = all;
    for (char *one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest))
        found = all ? found && strstr(line, one) : found || strstr(line, one);
    free(copy);
    return found;
}

static int judge(const char *line, int result)
{
    int good = (!option("expect") || contains(line, option("expect"), 1)) &&
               (!option("reject") || !contains(line, option("reject"), 0));
    printf("%s\n", line);
    if (option("expect") || option("reject"))
        return good ? PEER_OK : PEER_EXPECT;
    return result;
}

/* Whoever closes with bytes unread resets the connection, and the other end may lose the alert. */
static void let_go(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    char rest[4096];
    shutdown(fd, SHUT_WR);
    while (poll(&pfd, 1, 2000) > 0 && read(fd, rest, sizeof rest) > 0)
        ;
}

static void failure(struct flow *flow, int number, const char *stage, char *line, size_t room)
{
    unsigned long e = ERR_peek_error();
    const char *reason = e ? ERR_reason_error_string(e) : NULL;
    /* Since OpenSSL 3.2 it says "ssl/tls alert" for "sslv3 alert". */
    static const char renamed[] = "ssl/tls alert ";
    int old_name = reason && !strncmp(reason, renamed, strlen(renamed));
    snprintf(line, room, "conn=%d ok=0 stage=%s reason=%s%s received=%zu sent=%zu verify=%ld", number, stage,
             old_name ? "sslv3" : "", reason ? reason + (old_name ? strlen("ssl/tls") : 0) : "-", flow->received, flow->sent,
             SSL_get_verify_result(flow->ssl));
    ERR_clear_error();
}

int run_connection(SSL_CTX *ctx, int fd, int number, SSL_SESSION **session)
{
    struct tally tally = {.status = -1};
    struct flow *flow = calloc(1, sizeof *flow);
    const char *stage = "handshake", *recv = option("recv");
    static size_t text_len;
    char line[2048];
    int result = PEER_HANDSHAKE;

    if (option("text") && text_len == 0)
        text_len = unescaped(option("text"));
    ERR_clear_error();
    flow->fd = fd;
    flow->ssl = SSL_new(ctx);
    flow->sum = 2166136261u;
    flow->to_send = option("text") ? text_len : (size_t)option_number("send", 0);
    flow->to_receive = option("echo") || (recv && !strcmp(recv, "all")) ? SIZE_MAX : (size_t)option_number("recv", 0);
    SSL_set_app_data(flow->ssl, &tally);
    prepare_ssl(flow->ssl, fd, *session);
    if (handshake(flow)) {
        result = PEER_DATA;
        stage = "after";
        if (after_handshake(flow) && (stage = "data", transfer(flow)) && !flow->wrong) {
            if (option("wait"))
                drain(flow, &tally, option_number("wait", 0));
            shut_down(flow, &tally);
            result = PEER_OK;
        }
    }
    if (result == PEER_OK)
        report(flow, &tally, number, line, sizeof line);
    else
        failure(flow, number, flow->wrong ? "content" : stage, line, sizeof line);
    result = judge(line, result);
    if (tally.last && (option("resume") || option("sess-out"))) {
        SSL_SESSION_free(*session);
        *session = tally.last;
    } else {
        SSL_SESSION_free(tally.last);
    }
    SSL_free(flow->ssl);
    if (result != PEER_OK)
        let_go(fd);
    close(fd);
    free(flow);
    return result;
}

static int is_der(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && !strcmp(path + len - 4, ".der");
}

static SSL_SESSION *read_der(FILE *file)
{
    unsigned char bytes[16384];
    const unsigned char *at = bytes;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    SSL_SESSION *session = d2i_SSL_SESSION(NULL, &at, (long)len);
    return session && at == bytes + len ? session : NULL;
}

static int write_der(FILE *file, SSL_SESSION *session)
{
    unsigned char bytes[16384], *at = bytes;
    int len = i2d_SSL_SESSION(session, NULL);
    return len > 0 && len <= (int)sizeof bytes && i2d_SSL_SESSION(session, &at) == len && at == bytes + len &&
           fwrite(bytes, 1, (size_t)len, file) == (size_t)len;
}

SSL_SESSION *read_session(const char *path)
{
    FILE *file = fopen(path, "r");
    SSL_SESSION *session = !file         ? NULL
                           : is_der(path) ? read_der(file)
                                          : PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
    if (!session) {
        fprintf(stderr, "peer: no session in %s\n", path);
        exit(PEER_USAGE);
    }
    fclose(file);
    return session;
}

void write_session(const char *path, SSL_SESSION *session)
{
    FILE *file = session ? fopen(path, "w") : NULL;
    if (!session)
        return;
    if (!file || !(is_der(path) ? write_der(file, session) : PEM_write_SSL_SESSION(file, session))) {
        fprintf(stderr, "peer: can't write the session to %s\n", path);
        exit(PEER_USAGE);
    }
    fclose(file);
}
