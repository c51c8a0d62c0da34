/* peer: one TLS endpoint for the command line. Shared by its parts. */
#ifndef PEER_H
#define PEER_H

#include <openssl/ssl.h>
#include <stdint.h>

/* Exit codes; the worst of all connections wins. */
enum {
    PEER_OK = 0,
    PEER_USAGE = 1,     /* wrong arguments, or the context could not be set up */
    PEER_HANDSHAKE = 2, /* a handshake failed */
    PEER_DATA = 3,      /* wrong, missing or unexpectedly ended data */
    PEER_EXPECT = 4     /* all went well, but the report is not what -expect wanted */
};

/* What one connection counted; the SSL's app data points here. */
struct tally {
    int tickets;       /* server: made; client: received */
    char appdata[129]; /* server: found in the ticket that came, printable */
    int status;        /* server: what the decrypt callback was told, -1 if it did not run */
    char sni[256];
    int hellos;        /* ClientHellos sent or received: two after a HelloRetryRequest */
    int updates;       /* KeyUpdates received */
    SSL_SESSION *last; /* client: the newest session */
};

/* The value of an option, or NULL; a flag that is set has the value "". */
const char *option(const char *name);
long option_number(const char *name, long otherwise);

/* Server: the ticket keys that the options ask for; 1 if they could be set. */
int set_ticket_keys(SSL_CTX *ctx);

/* Runs one connection over fd and prints its report. */
int run_connection(SSL_CTX *ctx, int fd, int number, SSL_SESSION **session);

/* Sessions as PEM files, as s_client's -sess_in and -sess_out have them, or as DER if the name ends in .der. */
SSL_SESSION *read_session(const char *path);
void write_session(const char *path, SSL_SESSION *session);

#endif
