/* craft: tickets and sessions made by hand, for tests that offer what no server would have made. */
#ifndef CRAFT_H
#define CRAFT_H

#include "harness.h"

/* Name, MAC key and AES key, as SSL_CTX_set_tlsext_ticket_keys takes them. A test may put others there. */
extern unsigned char craft_keys[80];

/* A copy of `session` that has another ticket in it; the caller frees it. */
SSL_SESSION *with_ticket(SSL_SESSION *session, const unsigned char *ticket, size_t len);

/* A ticket under craft_keys that holds `plain`. Without padding its length must be a multiple of 16. Returns the ticket's length. */
size_t seal_bytes(const unsigned char *plain, size_t len, int padding, unsigned char *out);
/* The same, with the session's DER in it. */
size_t seal_session(SSL_SESSION *session, unsigned char *out);
/* The session in a ticket under craft_keys, NULL if there is none; the caller frees it. */
SSL_SESSION *open_session(const unsigned char *ticket, size_t len);

/* The number in the DER's field [tag] of a session, -1 if the field is not there. */
long session_number(SSL_SESSION *session, int tag);
/* A copy without the number in field [tag] (value < 0), or with another one that is below 128. */
SSL_SESSION *with_number(SSL_SESSION *session, int tag, int value);

#endif
