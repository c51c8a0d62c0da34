/*
 * What the test programs share: checks that print stable text (TAP), certificates made at run time, a client and a
 * server in one thread over a BIO pair or over memory, and the pump that moves them on.
 *
 * Every line that a program prints is compared between libcarnet and the system's libssl, so no pointers, no times and no random
 * bytes may be printed. What only carnet promises goes through carnet_ok(), which prints nothing on libssl.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ON_CARNET
enum { on_carnet = 1 };
#else
enum { on_carnet = 0 };
#endif

/* --- checks: every one prints a line -------------------------------------------------------------------------- */
#define PRINTF(a, b) __attribute__((format(printf, a, b)))
void section(const char *format, ...) PRINTF(1, 2);     /* a heading */
void show(const char *format, ...) PRINTF(1, 2);        /* compared, but neither right nor wrong */
int ok(int good, const char *format, ...) PRINTF(2, 3); /* must be true */
int is(long got, long wanted, const char *format, ...) PRINTF(3, 4);
int is_text(const char *got, const char *wanted, const char *format, ...) PRINTF(3, 4);
int carnet_ok(int good, const char *format, ...) PRINTF(2, 3); /* must be true on libcarnet; silent elsewhere */
/* Does libssl make tickets after it has passed over a session, or a PSK, of another hash? Before 3.0.22 it forgot to, and what
 * comes of it is not compared. */
int knows_another_hash(void);
/* Is this moment none before `from`, which time(2) has said, and none to come? time(2) is a tick of the timer behind other clocks. */
int is_since(long moment, long from);
int finish(void);                                              /* frees what the harness made; main's return value */

/* The oldest error's reason, "none" if the queue is empty; empties the queue. Errors of other libraries bear their name. */
const char *reason(void);
const char *error_name(int ssl_error);
/* What an I/O call came to, such as "1" or "-1 SSL (bad record mac)"; empties the queue. */
const char *outcome(SSL *ssl, int result);

/* --- versions: programs run their bodies once per version under test -------------------------------------------- */
/* C_TESTS_VERSIONS in the environment, such as "1.3 1.2", which is what make sets; 1.3 alone without it. Ends with 0. */
const int *versions(void);
extern int tls; /* what new_client and new_server are limited to; TLS1_3_VERSION at first */
const char *tls_name(void);

/* --- certificates ----------------------------------------------------------------------------------------------- */
struct identity {
    X509 *cert;
    EVP_PKEY *key;
};
enum key_kind { KEY_P256, KEY_P384, KEY_ED25519, KEY_RSA };
const struct identity *authority(void);       /* the root that signed the next two */
const struct identity *server_identity(void); /* CN and DNS name "server.example", P-256 */
const struct identity *client_identity(void); /* CN "client.example", P-256 */
struct identity identity_new(const char *name, enum key_kind kind, const struct identity *issuer);
void identity_free(struct identity *id);
void identities_free(void); /* the three above; finish() does it */
int use_identity(SSL_CTX *ctx, const struct identity *id);
void trust(SSL_CTX *ctx, const struct identity *root);
const char *peer_name(SSL *ssl); /* the common name of the peer's certificate, "none" */

/* --- contexts and connections ------------------------------------------------------------------------------------ */
SSL_CTX *new_server(void); /* with server_identity and session id context "c-tests" */
SSL_CTX *new_client(void); /* verifies nothing; keeps no sessions by itself */

struct half {
    int result, error; /* of the last SSL_do_handshake: its value and SSL_get_error's */
    char reason[128];  /* and the oldest error it left, "none" */
};

struct pair {
    SSL *client, *server;
    struct half client_half, server_half;
};

struct pair join(SSL_CTX *client, SSL_CTX *server);        /* over a BIO pair */
struct pair join_memory(SSL_CTX *client, SSL_CTX *server); /* over four memory BIOs; see carry() */
int shake(struct pair *pair);                              /* 1 when both sides are done */
int show_shake(struct pair *pair, const char *what);       /* shake, and show how it went */
void part(struct pair *pair);                              /* frees both */
void settle(struct pair *pair);                            /* read both until nothing is left */
int say(SSL *from, SSL *to, const char *text);             /* one message, checked; 1 if it came */

/* Moves what `from` has written to `to` (join_memory only); returns the number of bytes. */
size_t carry(SSL *from, SSL *to);
/* The same in two steps, for tests that look at the bytes or change them. */
size_t take(SSL *from, unsigned char *out, size_t room);
void put(SSL *to, const unsigned char *bytes, size_t len);

/* A whole connection that offers a copy of `session` (may be NULL): a session that was used is spent. Returns the newest session that the client
 * got, or the one of the connection if no ticket came; the caller frees it. NULL if the handshake failed. */
SSL_SESSION *visit(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session);
/* What the last visit() saw. */
struct visited {
    int done, resumed, tickets; /* tickets: received by the client */
    struct half client, server;
};
extern struct visited visited;

#endif
