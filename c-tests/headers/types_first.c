/* After the header of libcrypto that names the same types. */
#include <openssl/types.h>
#include HEADER
extern int declared;
