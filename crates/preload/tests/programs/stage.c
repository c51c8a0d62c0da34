/*
 * A stage for the tests in ../preload: reads orders from standard input, a line each, and answers each with a line.
 *
 *   ctx NAME [cert=ID|none] [late=ID] [verify=peer|require] [ca=ID] [names=ID] [asked=A|B|made] [judge=A|B]
 *       [sid=TEXT] [timeout=S] [no_ticket] [tickets=N] [cache_off] [how=ex] [dtls] [host=NAME] [stores_host=NAME]
 *   connect CTX 12|13 [name=HOST] [use=S] [save=S] [cert=ID] [ask[=A|B|none]] [trust=ID] [host=NAME] [depth=N] [crl] [dtls]    -> full|resumed tickets=N peer=yes|no key=HEX len=N | failed REASON
 *   callback CTX evp|hmac lazy|good|null|old [N [M]]    the application's own key callback (old: the macro's function, if it is a
 *                                                   symbol), which returns N when it has opened a ticket, 2 unless told, and M
 *                                                   when it has sealed one, 1 unless told
 *   keys CTX set BYTE | keys CTX get
 *   by_name CTX NAME CTX2 | by_hello CTX NAME CTX2         switches contexts in the server-name or the client-hello callback
 *   export S FILE | import S FILE                                sessions with their tickets
 *   change CTX cert|trust|also|revoked ID                       another certificate; other, or further, trusted authorities;
 *                                                   ca1's revocation list with ID on it instead of another
 *   damage S flip|cut|add NUMBER | graft S 12|13                 another ticket in a session; the ticket in one of that version
 *   errors                  -> how often a handshake that went well left an error; which errors a new context leaves on the queue
 *   child ORDER…          in a forked child; more than one between semicolons
 *   With LINGER in the environment it says "ended PID" at its very end, and takes further orders until an empty line.
 *   free CTX, clearenv, chroot DIR, setuid N, closefds, take2 FILE, spawn, pass S, exit
 *
 * Seconds pass at an order. With CLOCK in the environment, seconds since 1970, they pass at nothing else.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include "pair.h"

#define MAX 32

static time_t standing = -1, passed;

/* The libraries' clock: they find these functions before the system's, and look at it before main. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (standing < 0)
        standing = getenv("CLOCK") ? atol(getenv("CLOCK")) : 0;
    if (clock == CLOCK_REALTIME && result == 0) {
        if (standing != 0)
            *now = (struct timespec){ standing, 0 };
        now->tv_sec += passed;
    }
    return result;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into != NULL)
        *into = now.tv_sec;
    return now.tv_sec;
}

static struct named {
    char name[32];
    void *value;
} contexts[MAX], sessions[MAX];
static SSL_CTX *client_ctx;

static struct named *find(struct named *all, const char *name)
{
    int i;
    for (i = 0; i < MAX - 1 && all[i].name[0] != 0 && strcmp(all[i].name, name) != 0; i++)
        ;
    if (all[i].name[0] == 0)
        snprintf(all[i].name, sizeof all[i].name, "%s", name);
    return &all[i];
}

static SSL_CTX *context(const char *name)
{
    SSL_CTX *ctx = name ? find(contexts, name)->value : NULL;
    if (ctx == NULL)
        die("no such context");
    return ctx;
}

/* The value of KEY= among the words. */
static const char *option(char **words, const char *key)
{
    size_t len = strlen(key);
    for (words += 2; *words != NULL; words++)
        if (strncmp(*words, key, len) == 0 && ((*words)[len] == '=' || (*words)[len] == 0))
            return (*words)[len] ? *words + len + 1 : *words + len;
    return NULL;
}

/* A certificate that comes with the connection. */
static int on_certificate(SSL *ssl, void *id)
{
    return SSL_use_certificate_file(ssl, in_directory(id, ".pem"), SSL_FILETYPE_PEM) == 1
           && SSL_use_PrivateKey_file(ssl, in_directory(id, ".key"), SSL_FILETYPE_PEM) == 1;
}

/* Functions that verify clients: two that are asked along the way, two that judge alone, and one that is in no file. */
static int asked_a(int ok, X509_STORE_CTX *store)
{
    (void)store;
    return ok;
}

static int asked_b(int ok, X509_STORE_CTX *store)
{
    return ok && X509_STORE_CTX_get_error_depth(store) < 100;
}

static int judge_a(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    return X509_verify_cert(store);
}

static int judge_b(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    return X509_verify_cert(store) == 1;
}

static SSL_verify_cb asked(const char *which)
{
    /* mov %edi, %eax; ret */
    static const unsigned char code[] = { 0x89, 0xf8, 0xc3 };
    void *made;
    if (strcmp(which, "A") == 0 || strcmp(which, "B") == 0)
        return *which == 'A' ? asked_a : asked_b;
    made = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(made, code, sizeof code);
    return (SSL_verify_cb)made;
}

static void order_ctx(char **words)
{
    const char *value;
    const SSL_METHOD *method = option(words, "dtls") ? DTLS_server_method() : TLS_server_method();
    SSL_CTX *ctx = option(words, "how") ? SSL_CTX_new_ex(NULL, NULL, method) : SSL_CTX_new(method);
    if (ctx == NULL)
        die("context");
    value = option(words, "cert");
    if (value == NULL || strcmp(value, "none") != 0)
        use_identity(ctx, value ? value : "server");
    if ((value = option(words, "late")) != NULL)
        SSL_CTX_set_cert_cb(ctx, on_certificate, strdup(value));
    if ((value = option(words, "verify")) != NULL)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (strcmp(value, "require") ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
                           option(words, "asked") ? asked(option(words, "asked")) : NULL);
    if ((value = option(words, "judge")) != NULL)
        SSL_CTX_set_cert_verify_callback(ctx, *value == 'A' ? judge_a : judge_b, NULL);
    if ((value = option(words, "ca")) != NULL && SSL_CTX_load_verify_locations(ctx, in_directory(value, ".pem"), NULL) != 1)
        die("ca");
    if ((value = option(words, "host")) != NULL)
        X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ctx), value, 0);
    if ((value = option(words, "stores_host")) != NULL)
        X509_VERIFY_PARAM_set1_host(X509_STORE_get0_param(SSL_CTX_get_cert_store(ctx)), value, 0);
    if ((value = option(words, "names")) != NULL)
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(in_directory(value, ".pem")));
    if ((value = option(words, "sid")) != NULL)
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)value, (unsigned)strlen(value));
    if ((value = option(words, "timeout")) != NULL)
        SSL_CTX_set_timeout(ctx, atol(value));
    if (option(words, "no_ticket") != NULL)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    if ((value = option(words, "tickets")) != NULL)
        SSL_CTX_set_num_tickets(ctx, (size_t)atoi(value));
    if (option(words, "cache_off") != NULL)
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    find(contexts, words[1])->value = ctx;
    printf("ok\n");
}

static void print_ticket(const SSL_SESSION *session)
{
    const unsigned char *ticket;
    size_t len = 0, i;
    if (session != NULL)
        SSL_SESSION_get0_ticket(session, &ticket, &len);
    printf(" key=");
    for (i = 0; i < 16 && i < len; i++)
        printf("%02x", ticket[i]);
    printf(" iv=");
    for (i = 16; i < 32 && i < len; i++)
        printf("%02x", ticket[i]);
    printf(" len=%zu\n", len);
}

/* In a TLS 1.2 resumption the client's callback is not told of a new ticket. */
static void kept_in_place(SSL *client, const SSL_SESSION *before, struct kept *kept)
{
    const unsigned char *old = NULL, *new = NULL;
    size_t old_len = 0, new_len = 0;
    kept->session = SSL_get1_session(client);
    SSL_SESSION_get0_ticket(kept->session, &new, &new_len);
    if (before != NULL)
        SSL_SESSION_get0_ticket(before, &old, &old_len);
    kept->tickets = new_len > 0 && (new_len != old_len || memcmp(new, old, new_len) != 0);
}

static SSL_CTX *datagram_client(void)
{
    static SSL_CTX *ctx;
    if (ctx == NULL) {
        ctx = SSL_CTX_new(DTLS_client_method());
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep);
    }
    return ctx;
}

static void order_connect(char **words)
{
    const char *name = option(words, "name"), *use = option(words, "use"), *save = option(words, "save"), *cert = option(words, "cert");
    int dtls = option(words, "dtls") != NULL;
    SSL *client = SSL_new(dtls ? datagram_client() : client_ctx), *server = SSL_new(context(words[1]));
    int version = dtls ? DTLS1_2_VERSION : atoi(words[2]) == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    X509_STORE *trusted;
    struct kept kept = { NULL, 0 };
    X509 *peer;
    SSL_set_ex_data(client, kept_index(), &kept);
    SSL_set_min_proto_version(client, version);
    SSL_set_max_proto_version(client, version);
    if (option(words, "ask") != NULL)
        SSL_set_verify(server, strcmp(option(words, "ask"), "none") == 0 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, *option(words, "ask") ? asked(option(words, "ask")) : NULL);
    if (option(words, "host") != NULL)
        SSL_set1_host(server, option(words, "host"));
    if (option(words, "depth") != NULL)
        SSL_set_verify_depth(server, atoi(option(words, "depth")));
    if (option(words, "crl") != NULL)
        X509_VERIFY_PARAM_set_flags(SSL_get0_param(server), X509_V_FLAG_CRL_CHECK);
    if (option(words, "trust") != NULL) {
        trusted = X509_STORE_new();
        if (X509_STORE_load_file(trusted, in_directory(option(words, "trust"), ".pem")) != 1 || !SSL_set0_verify_cert_store(server, trusted))
            die("trust");
    }
    if (name != NULL)
        SSL_set_tlsext_host_name(client, name);
    if (use != NULL)
        SSL_set_session(client, find(sessions, use)->value);
    if (cert != NULL && (SSL_use_certificate_file(client, in_directory(cert, ".pem"), SSL_FILETYPE_PEM) != 1
                         || SSL_use_PrivateKey_file(client, in_directory(cert, ".key"), SSL_FILETYPE_PEM) != 1))
        die("client certificate");
    ERR_clear_error();
    if (!shake(client, server)) {
        const char *reason = ERR_reason_error_string(ERR_peek_error());
        printf("failed %s\n", reason ? reason : "?");
    } else {
        if (kept.session == NULL)
            kept_in_place(client, use != NULL ? find(sessions, use)->value : NULL, &kept);
        peer = SSL_get1_peer_certificate(server);
        printf("%s tickets=%d peer=%s", SSL_session_reused(server) ? "resumed" : "full", kept.tickets, peer ? "yes" : "no");
        X509_free(peer);
        print_ticket(kept.session);
        SSL_shutdown(client);
        SSL_shutdown(server);
        if (save != NULL && kept.session != NULL) {
            struct named *place = find(sessions, save);
            SSL_SESSION_free(place->value);
            SSL_SESSION_up_ref(kept.session);
            place->value = kept.session;
        }
    }
    SSL_SESSION_free(kept.session);
    SSL_free(client);
    SSL_free(server);
}

static const unsigned char APP_KEY[32] = "an application's own ticket keys";

static int start_cipher(EVP_CIPHER_CTX *cipher, unsigned char *iv, int enc)
{
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, APP_KEY, iv, enc);
}

/* What the callbacks return when they have opened a ticket. */
static int opened = 2, sealed = 1;

/* Writes neither name nor IV, as stunnel does with the name. */
static int evp_lazy(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    OSSL_PARAM params[] = { OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
                            OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, (void *)APP_KEY, 32), OSSL_PARAM_END };
    (void)ssl, (void)name;
    return EVP_MAC_CTX_set_params(mac, params) && start_cipher(cipher, iv, enc) ? (enc ? sealed : opened) : -1;
}

static int evp_good(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    if (enc)
        memset(name, 'E', 16), memset(iv, 'i', 16);
    return memcmp(name, "EEEEEEEEEEEEEEEE", 16) ? 0 : evp_lazy(ssl, name, iv, cipher, mac, enc);
}

static int hmac_lazy(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int enc)
{
    (void)ssl, (void)name;
    return HMAC_Init_ex(mac, APP_KEY, 32, EVP_sha256(), NULL) && start_cipher(cipher, iv, enc) ? (enc ? sealed : opened) : -1;
}

static int hmac_good(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int enc)
{
    if (enc)
        memset(name, 'H', 16), memset(iv, 'i', 16);
    return memcmp(name, "HHHHHHHHHHHHHHHH", 16) ? 0 : hmac_lazy(ssl, name, iv, cipher, mac, enc);
}

typedef int (*hmac_callback)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, HMAC_CTX *, int);
typedef int (*evp_callback)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int);

static void order_callback(char **words)
{
    SSL_CTX *ctx = context(words[1]);
    int lazy = strcmp(words[3], "lazy") == 0, none = strcmp(words[3], "null") == 0;
    long result;
    opened = words[4] ? atoi(words[4]) : 2;
    sealed = words[4] && words[5] ? atoi(words[5]) : 1;
    if (strcmp(words[2], "evp") == 0) {
        evp_callback callback = none ? NULL : lazy ? evp_lazy : evp_good;
        result = SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, callback);
    } else {
        hmac_callback callback = none ? NULL : lazy ? hmac_lazy : hmac_good;
        if (strcmp(words[3], "old") == 0) {
            long (*set)(SSL_CTX *, hmac_callback) = dlsym(RTLD_DEFAULT, "SSL_CTX_set_tlsext_ticket_key_cb");
            result = set ? set(ctx, callback) : -1;
        } else {
            result = SSL_CTX_set_tlsext_ticket_key_cb(ctx, callback);
        }
    }
    printf("%ld\n", result);
}

static void order_keys(char **words)
{
    unsigned char blob[80];
    SSL_CTX *ctx = context(words[1]);
    if (strcmp(words[2], "len") == 0) {
        printf("%ld %ld\n", SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0), SSL_CTX_get_tlsext_ticket_keys(ctx, blob, 79));
    } else if (strcmp(words[2], "set") == 0) {
        memset(blob, words[3][0], sizeof blob);
        printf("%ld\n", SSL_CTX_set_tlsext_ticket_keys(ctx, blob, sizeof blob));
    } else if (strcmp(words[2], "copy") == 0) {
        long got = SSL_CTX_get_tlsext_ticket_keys(ctx, blob, sizeof blob);
        printf("%ld %ld\n", got, SSL_CTX_set_tlsext_ticket_keys(context(words[3]), blob, sizeof blob));
    } else {
        long got = SSL_CTX_get_tlsext_ticket_keys(ctx, blob, sizeof blob);
        int i;
        printf("%ld ", got);
        for (i = 0; i < 16; i++)
            printf("%02x", blob[i]);
        printf("\n");
    }
}

/* The rule that both switching callbacks follow. */
static struct {
    char name[64];
    SSL_CTX *from, *to;
} rules[8];

static void move_to(SSL *ssl, const char *name, size_t len)
{
    SSL_CTX *from = SSL_get_SSL_CTX(ssl);
    size_t i;
    for (i = 0; i < 8; i++)
        if (rules[i].to != NULL && rules[i].from == from && strlen(rules[i].name) == len && memcmp(rules[i].name, name, len) == 0) {
            SSL_set_SSL_CTX(ssl, rules[i].to);
            SSL_set_verify(ssl, SSL_CTX_get_verify_mode(rules[i].to), NULL);
        }
}

static int on_name(SSL *ssl, int *alert, void *argument)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert, (void)argument;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    move_to(ssl, name, strlen(name));
    return SSL_TLSEXT_ERR_OK;
}

static int on_hello(SSL *ssl, int *alert, void *argument)
{
    const unsigned char *extension;
    size_t len;
    (void)alert, (void)argument;
    if (SSL_client_hello_get0_ext(ssl, 0, &extension, &len) && len > 5)
        move_to(ssl, (const char *)extension + 5, len - 5);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void order_switch(char **words)
{
    SSL_CTX *ctx = context(words[1]);
    size_t i;
    if (strcmp(words[0], "by_name") == 0)
        SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
    else
        SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
    for (i = 0; rules[i].to != NULL && (rules[i].from != ctx || strcmp(rules[i].name, words[2]) != 0); i++)
        ;
    rules[i].from = ctx;
    snprintf(rules[i].name, sizeof rules[i].name, "%s", words[2]);
    rules[i].to = context(words[3]);
    printf("ok\n");
}

/* Where BYTES are in the DER of a session, which holds them once. */
static unsigned char *find_bytes(unsigned char *der, size_t len, const unsigned char *bytes, size_t count)
{
    unsigned char *found = memmem(der, len, bytes, count);
    if (found == NULL)
        die("not in the session");
    return found;
}

/* Appends LEN bytes as a DER element. */
static size_t put(unsigned char *out, unsigned char tag, const unsigned char *bytes, size_t len)
{
    size_t head = len < 128 ? 2 : len < 256 ? 3 : 4;
    out[0] = tag;
    out[1] = (unsigned char)(len < 128 ? len : 0x80 + head - 2);
    if (head == 3)
        out[2] = (unsigned char)len;
    if (head == 4)
        out[2] = (unsigned char)(len >> 8), out[3] = (unsigned char)len;
    memmove(out + head, bytes, len);
    return head + len;
}

/* The session SAVED with another ticket: context tag 10 of the sequence is taken out and put in anew. */
static void set_ticket(struct named *place, const unsigned char *ticket, size_t len)
{
    static unsigned char der[16384], body[16384], out[16400];
    unsigned char octets[4096], *end = der, *old;
    const unsigned char *at, *before;
    size_t before_len, body_len = 0, head, octets_len, total;
    total = (size_t)i2d_SSL_SESSION(place->value, &end);
    SSL_SESSION_get0_ticket(place->value, &before, &before_len);
    old = find_bytes(der, total, before, before_len);
    head = before_len < 128 ? 2 : before_len < 256 ? 3 : 4;
    octets_len = put(octets, 4, ticket, len);
    /* The explicit tag's own head is before the octet string's. */
    unsigned char *tag = old - head - (before_len + head < 128 ? 2 : before_len + head < 256 ? 3 : 4);
    unsigned char *start = der + (der[1] < 128 ? 2 : 2 + (der[1] & 0x7f));
    memcpy(body, start, (size_t)(tag - start));
    body_len = (size_t)(tag - start);
    body_len += put(body + body_len, 0xaa, octets, octets_len);
    memcpy(body + body_len, old + before_len, (size_t)(der + total - (old + before_len)));
    body_len += (size_t)(der + total - (old + before_len));
    at = out;
    total = put(out, 0x30, body, body_len);
    SSL_SESSION_free(place->value);
    place->value = d2i_SSL_SESSION(NULL, &at, (long)total);
    if (place->value == NULL)
        die("damaged too much");
}

static void order_damage(char **words)
{
    struct named *place = find(sessions, words[1]);
    unsigned char copy[4096] = { 0 };
    const unsigned char *ticket;
    size_t len, number = (size_t)atoi(words[3]);
    SSL_SESSION_get0_ticket(place->value, &ticket, &len);
    memcpy(copy, ticket, len);
    if (strcmp(words[2], "flip") == 0)
        copy[number] ^= 0x20;
    else
        len = strcmp(words[2], "cut") == 0 ? number : len + number;
    set_ticket(place, copy, len);
    printf("ok\n");
}

/* The ticket of a session in a session of the other version. */
static void order_graft(char **words)
{
    struct named *place = find(sessions, words[1]), other = { "", NULL };
    SSL *client = SSL_new(client_ctx), *server;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    struct kept kept = { NULL, 0 };
    unsigned char copy[4096];
    const unsigned char *ticket;
    size_t len;
    SSL_SESSION_get0_ticket(place->value, &ticket, &len);
    memcpy(copy, ticket, len);
    use_identity(ctx, "server");
    server = SSL_new(ctx);
    SSL_set_ex_data(client, kept_index(), &kept);
    SSL_set_max_proto_version(client, atoi(words[2]) == 12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    if (!shake(client, server))
        die("graft");
    SSL_shutdown(client);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(ctx);
    other.value = kept.session;
    set_ticket(&other, copy, len);
    SSL_SESSION_free(place->value);
    place->value = other.value;
    printf("ok\n");
}

static void order_session(char **words)
{
    struct named *place = find(sessions, words[1]);
    int writes = strcmp(words[0], "export") == 0;
    FILE *file = fopen(words[2], writes ? "w" : "r");
    if (file == NULL)
        die(words[2]);
    if (writes)
        PEM_write_SSL_SESSION(file, place->value);
    else
        place->value = PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
    /* A client has a clock of its own: it got the session now. */
    if (!writes && place->value != NULL)
        SSL_SESSION_set_time(place->value, (long)time(NULL));
    fclose(file);
    printf("%s\n", place->value ? "ok" : "no session");
}

static void order(char **words);

static void in_child(char **words)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        /* Several orders stand between semicolons. */
        for (char **word = words; *word != NULL; word++)
            if (strcmp(*word, ";") == 0) {
                *word = NULL;
                order(words);
                words = word + 1;
            }
        order(words);
        fflush(stdout);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        printf("the child ended with %d\n", status);
}

static void *from_file(const char *name, const char *suffix)
{
    FILE *file = fopen(in_directory(name, suffix), "r");
    void *found = NULL;
    if (file != NULL) {
        found = strcmp(suffix, ".pem") == 0 ? (void *)PEM_read_X509(file, NULL, NULL, NULL) : PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
    }
    if (found == NULL)
        die(name);
    return found;
}

/* Takes the old list out of the store that is in use, and puts the new one in, as OpenVPN does. */
static void put_revoked(SSL_CTX *ctx, const char *name)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    X509 *authority = from_file("ca1", ".pem"), *client = from_file(name, ".pem");
    EVP_PKEY *key = from_file("ca1", ".key");
    X509_CRL *list = X509_CRL_new();
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *when = X509_gmtime_adj(NULL, -60);
    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(authority));
    X509_CRL_set1_lastUpdate(list, when);
    X509_REVOKED_set_revocationDate(revoked, when);
    X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(client));
    X509_CRL_add0_revoked(list, revoked);
    X509_CRL_set1_nextUpdate(list, X509_gmtime_adj(when, 3600));
    X509_CRL_sign(list, key, EVP_sha256());
    for (int i = sk_X509_OBJECT_num(objects) - 1; i >= 0; i--)
        if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) == X509_LU_CRL)
            X509_OBJECT_free(sk_X509_OBJECT_delete(objects, i));
    X509_STORE_add_crl(store, list);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    ASN1_TIME_free(when);
    X509_CRL_free(list);
    X509_free(authority);
    X509_free(client);
    EVP_PKEY_free(key);
}

static void order_change(char **words)
{
    SSL_CTX *ctx = context(words[1]);
    if (strcmp(words[2], "cert") == 0)
        use_identity(ctx, words[3]);
    else if (strcmp(words[2], "trust") == 0)
        SSL_CTX_set_cert_store(ctx, X509_STORE_new()), SSL_CTX_load_verify_locations(ctx, in_directory(words[3], ".pem"), NULL);
    else if (strcmp(words[2], "revoked") == 0)
        put_revoked(ctx, words[3]);
    else if (strcmp(words[2], "also") == 0)
        SSL_CTX_load_verify_locations(ctx, in_directory(words[3], ".pem"), NULL);
    printf("ok\n");
}

/* Children made without pthread_atfork's handlers. */
static int spawn(void)
{
    char *arguments[] = { "true", NULL };
    int first = 1, second = 1;
    pid_t child = vfork();
    if (child == 0) {
        execv("/bin/true", arguments);
        _exit(1);
    }
    waitpid(child, &first, 0);
    if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) == 0)
        waitpid(child, &second, 0);
    return first || second || system("true");
}

static void order_errors(char **words)
{
    unsigned long error;
    (void)words;
    printf("%d", stray_errors);
    stray_errors = 0;
    ERR_clear_error();
    /* The application's own. */
    ERR_raise(ERR_LIB_USER, 7);
    SSL_CTX_free(SSL_CTX_new(TLS_server_method()));
    while ((error = ERR_get_error()) != 0)
        printf(" %s:%d", ERR_GET_LIB(error) == ERR_LIB_USER ? "user" : "other", ERR_GET_REASON(error));
    printf("\n");
}

static void order_process(char **words)
{
    const char *what = words[0];
    int result = 0;
    if (strcmp(what, "free") == 0)
        SSL_CTX_free(context(words[1])), find(contexts, words[1])->value = NULL;
    else if (strcmp(what, "clearenv") == 0)
        result = clearenv();
    else if (strcmp(what, "chroot") == 0)
        result = chroot(words[1]) || chdir("/");
    else if (strcmp(what, "setuid") == 0)
        result = setgid((gid_t)atoi(words[1])) || setuid((uid_t)atoi(words[1]));
    else if (strcmp(what, "closefds") == 0)
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    else if (strcmp(what, "pass") == 0)
        passed += atoi(words[1]);
    else if (strcmp(what, "take2") == 0) {
        /* A file that happens to get the number of standard error. */
        close(2);
        result = open(words[1], O_CREAT | O_RDWR, 0600) != 2;
    } else if (strcmp(what, "spawn") == 0)
        result = spawn(); else if (strcmp(what, "exit") == 0)
        exit(0);
    else
        die(what);
    printf("%s\n", result ? "failed" : "ok");
}

static void order(char **words)
{
    static const struct {
        const char *name;
        void (*run)(char **);
    } orders[] = { { "ctx", order_ctx },       { "connect", order_connect }, { "callback", order_callback }, { "keys", order_keys },
                   { "by_name", order_switch }, { "by_hello", order_switch }, { "export", order_session },    { "import", order_session },
                   { "change", order_change },  { "damage", order_damage },   { "graft", order_graft },
                   { "errors", order_errors } };
    size_t i;
    if (strcmp(words[0], "child") == 0) {
        in_child(words + 1);
        return;
    }
    for (i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(orders[i].name, words[0]) == 0) {
            orders[i].run(words);
            return;
        }
    order_process(words);
}

/* 0 when there are no more: the end, or an empty line. */
static int next_order(void)
{
    char line[1024], *words[20], *rest;
    int n = 0;
    if (fgets(line, sizeof line, stdin) == NULL)
        return 0;
    line[strcspn(line, "\n")] = 0;
    for (char *word = strtok_r(line, " ", &rest); word != NULL && n < 19; word = strtok_r(NULL, " ", &rest))
        words[n++] = word;
    words[n] = NULL;
    if (n > 0)
        order(words);
    fflush(stdout);
    return n > 0;
}

/* After all destructors, since it is asked for before all constructors. */
static void linger(int status, void *unused)
{
    (void)status, (void)unused;
    if (getenv("LINGER") == NULL)
        return;
    printf("ended %d\n", (int)getpid());
    fflush(stdout);
    while (next_order())
        ;
    printf("over\n");
    fflush(stdout);
}

static void to_linger(void)
{
    on_exit(linger, NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*before_all)(void) = to_linger;

int main(void)
{
    /* OpenSSL is to stay usable after the end. */
    if (getenv("LINGER") != NULL)
        OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    counts_errors = 1;
    client_ctx = client_context();
    while (next_order())
        ;
    return 0;
}
