/* Before the header of libcrypto that names the same types. */
#include HEADER
#include <openssl/types.h>
extern int declared;
