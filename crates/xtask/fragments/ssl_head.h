
/* SSL and SSL_CTX are in openssl/types.h. What the pointers point at is the library's own affair. */
typedef struct ssl_method_st SSL_METHOD;
typedef struct ssl_cipher_st SSL_CIPHER;
typedef struct ssl_session_st SSL_SESSION;
typedef struct ssl_conf_ctx_st SSL_CONF_CTX;
typedef struct ssl_comp_st SSL_COMP;

/* What the decrypt callback of SSL_CTX_set_session_ticket_cb is told, and what it answers. */
typedef int SSL_TICKET_STATUS;
typedef int SSL_TICKET_RETURN;
