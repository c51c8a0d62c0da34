/* The version, or 0 below TLS 1.0. */
#define TLS1_get_version(ssl) ((SSL_version(ssl) >> 8) == TLS1_VERSION_MAJOR ? SSL_version(ssl) : 0)
#define TLS1_get_client_version(ssl) ((SSL_client_version(ssl) >> 8) == TLS1_VERSION_MAJOR ? SSL_client_version(ssl) : 0)

/* Extensions' commands. They need openssl/ssl.h too. */
#define SSL_set_tlsext_host_name(ssl, name) \
    CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name)
#define SSL_set_tlsext_debug_callback(ssl, cb) CARNET_SSL_CALLBACK(ssl, SSL_CTRL_SET_TLSEXT_DEBUG_CB, cb)
#define SSL_set_tlsext_debug_arg(ssl, arg) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TLSEXT_DEBUG_ARG, 0, arg)
#define SSL_get_tlsext_status_type(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_TLSEXT_STATUS_REQ_TYPE, 0, NULL)
#define SSL_set_tlsext_status_type(ssl, type) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, type, NULL)
#define SSL_get_tlsext_status_exts(ssl, arg) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_TLSEXT_STATUS_REQ_EXTS, 0, arg)
#define SSL_set_tlsext_status_exts(ssl, arg) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_EXTS, 0, arg)
#define SSL_get_tlsext_status_ids(ssl, arg) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_TLSEXT_STATUS_REQ_IDS, 0, arg)
#define SSL_set_tlsext_status_ids(ssl, arg) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_IDS, 0, arg)
#define SSL_get_tlsext_status_ocsp_resp(ssl, arg) \
    CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, arg)
#define SSL_set_tlsext_status_ocsp_resp(ssl, arg, arglen) \
    CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, arglen, arg)
#define SSL_CTX_set_tlsext_servername_callback(ctx, cb) \
    CARNET_CTX_CALLBACK(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, cb)
#define SSL_CTX_set_tlsext_servername_arg(ctx, arg) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, arg)
#define SSL_CTX_get_tlsext_ticket_keys(ctx, keys, keylen) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_TLSEXT_TICKET_KEYS, keylen, keys)
#define SSL_CTX_set_tlsext_ticket_keys(ctx, keys, keylen) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_TLSEXT_TICKET_KEYS, keylen, keys)
#define SSL_CTX_get_tlsext_status_cb(ctx, cb) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB, 0, cb)
#define SSL_CTX_set_tlsext_status_cb(ctx, cb) CARNET_CTX_CALLBACK(ctx, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, cb)
#define SSL_CTX_get_tlsext_status_arg(ctx, arg) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB_ARG, 0, arg)
#define SSL_CTX_set_tlsext_status_arg(ctx, arg) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG, 0, arg)
#define SSL_CTX_set_tlsext_status_type(ctx, type) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, type, NULL)
#define SSL_CTX_get_tlsext_status_type(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_TLSEXT_STATUS_REQ_TYPE, 0, NULL)
