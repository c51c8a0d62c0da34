/* A second time, with the rest of libcrypto that programs include. */
#include HEADER
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <openssl/pkcs12.h>
#include <openssl/ocsp.h>
#include HEADER
extern int declared;
