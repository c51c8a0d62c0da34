/* STACK_OF(SSL_CIPHER) and STACK_OF(SSL_COMP) with sk_SSL_CIPHER_num, sk_SSL_CIPHER_value and the rest. */
DEFINE_STACK_OF(SRTP_PROTECTION_PROFILE)
DEFINE_STACK_OF_CONST(SSL_CIPHER)
#ifndef sk_SSL_COMP_num /* since OpenSSL 3.2 comp.h has it */
DEFINE_STACK_OF(SSL_COMP)
#endif

/* Sessions as DER, to and from BIOs. */
#define d2i_SSL_SESSION_bio(bio, session) ASN1_d2i_bio_of(SSL_SESSION, SSL_SESSION_new, d2i_SSL_SESSION, bio, session)
#define i2d_SSL_SESSION_bio(bio, session) ASN1_i2d_bio_of(SSL_SESSION, i2d_SSL_SESSION, bio, session)

/* Commands: SSL_CTX_ctrl and SSL_ctrl under the names of what they do. */
#define CARNET_CTX_CTRL(ctx, command, number, pointer) SSL_CTX_ctrl((ctx), command, (number), (void *)(pointer))
#define CARNET_SSL_CTRL(ssl, command, number, pointer) SSL_ctrl((ssl), command, (number), (void *)(pointer))
#define CARNET_CTX_CALLBACK(ctx, command, function) SSL_CTX_callback_ctrl((ctx), command, (void (*)(void))(function))
#define CARNET_SSL_CALLBACK(ssl, command, function) SSL_callback_ctrl((ssl), command, (void (*)(void))(function))

#define SSL_CTX_set_mode(ctx, op) CARNET_CTX_CTRL(ctx, SSL_CTRL_MODE, op, NULL)
#define SSL_CTX_clear_mode(ctx, op) CARNET_CTX_CTRL(ctx, SSL_CTRL_CLEAR_MODE, op, NULL)
#define SSL_CTX_get_mode(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_MODE, 0, NULL)
#define SSL_clear_mode(ssl, op) CARNET_SSL_CTRL(ssl, SSL_CTRL_CLEAR_MODE, op, NULL)
#define SSL_set_mode(ssl, op) CARNET_SSL_CTRL(ssl, SSL_CTRL_MODE, op, NULL)
#define SSL_get_mode(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_MODE, 0, NULL)
#define SSL_set_mtu(ssl, mtu) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MTU, mtu, NULL)
#define DTLS_set_link_mtu(ssl, mtu) CARNET_SSL_CTRL(ssl, DTLS_CTRL_SET_LINK_MTU, mtu, NULL)
#define DTLS_get_link_min_mtu(ssl) CARNET_SSL_CTRL(ssl, DTLS_CTRL_GET_LINK_MIN_MTU, 0, NULL)
#define SSL_get_secure_renegotiation_support(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_RI_SUPPORT, 0, NULL)
#define SSL_CTX_set_cert_flags(ctx, op) CARNET_CTX_CTRL(ctx, SSL_CTRL_CERT_FLAGS, op, NULL)
#define SSL_set_cert_flags(ssl, op) CARNET_SSL_CTRL(ssl, SSL_CTRL_CERT_FLAGS, op, NULL)
#define SSL_CTX_clear_cert_flags(ctx, op) CARNET_CTX_CTRL(ctx, SSL_CTRL_CLEAR_CERT_FLAGS, op, NULL)
#define SSL_clear_cert_flags(ssl, op) CARNET_SSL_CTRL(ssl, SSL_CTRL_CLEAR_CERT_FLAGS, op, NULL)
#define SSL_CTX_set_msg_callback_arg(ctx, arg) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, arg)
#define SSL_set_msg_callback_arg(ssl, arg) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, arg)
#define SSL_get_extms_support(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_EXTMS_SUPPORT, 0, NULL)
#define SSL_CTX_sess_number(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_NUMBER, 0, NULL)
#define SSL_CTX_sess_connect(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_CONNECT, 0, NULL)
#define SSL_CTX_sess_connect_good(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_CONNECT_GOOD, 0, NULL)
#define SSL_CTX_sess_connect_renegotiate(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_CONNECT_RENEGOTIATE, 0, NULL)
#define SSL_CTX_sess_accept(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_ACCEPT, 0, NULL)
#define SSL_CTX_sess_accept_renegotiate(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_ACCEPT_RENEGOTIATE, 0, NULL)
#define SSL_CTX_sess_accept_good(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_ACCEPT_GOOD, 0, NULL)
#define SSL_CTX_sess_hits(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_HIT, 0, NULL)
#define SSL_CTX_sess_cb_hits(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_CB_HIT, 0, NULL)
#define SSL_CTX_sess_misses(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_MISSES, 0, NULL)
#define SSL_CTX_sess_timeouts(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_TIMEOUTS, 0, NULL)
#define SSL_CTX_sess_cache_full(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_SESS_CACHE_FULL, 0, NULL)
#define DTLSv1_get_timeout(ssl, arg) CARNET_SSL_CTRL(ssl, DTLS_CTRL_GET_TIMEOUT, 0, arg)
#define DTLSv1_handle_timeout(ssl) CARNET_SSL_CTRL(ssl, DTLS_CTRL_HANDLE_TIMEOUT, 0, NULL)
#define SSL_num_renegotiations(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_NUM_RENEGOTIATIONS, 0, NULL)
#define SSL_clear_num_renegotiations(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_CLEAR_NUM_RENEGOTIATIONS, 0, NULL)
#define SSL_total_renegotiations(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_TOTAL_RENEGOTIATIONS, 0, NULL)
#define SSL_CTX_set_tmp_dh(ctx, dh) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_TMP_DH, 0, dh)
#define SSL_CTX_set_dh_auto(ctx, onoff) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_DH_AUTO, onoff, NULL)
#define SSL_set_dh_auto(ssl, onoff) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_DH_AUTO, onoff, NULL)
#define SSL_set_tmp_dh(ssl, dh) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TMP_DH, 0, dh)
#define SSL_CTX_set_tmp_ecdh(ctx, ecdh) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_TMP_ECDH, 0, ecdh)
#define SSL_set_tmp_ecdh(ssl, ecdh) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_TMP_ECDH, 0, ecdh)
#define SSL_CTX_add_extra_chain_cert(ctx, x509) CARNET_CTX_CTRL(ctx, SSL_CTRL_EXTRA_CHAIN_CERT, 0, x509)
#define SSL_CTX_get_extra_chain_certs(ctx, px509) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_EXTRA_CHAIN_CERTS, 0, px509)
#define SSL_CTX_get_extra_chain_certs_only(ctx, px509) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_EXTRA_CHAIN_CERTS, 1, px509)
#define SSL_CTX_clear_extra_chain_certs(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_CLEAR_EXTRA_CHAIN_CERTS, 0, NULL)
#define SSL_CTX_set0_chain(ctx, sk) CARNET_CTX_CTRL(ctx, SSL_CTRL_CHAIN, 0, sk)
#define SSL_CTX_set1_chain(ctx, sk) CARNET_CTX_CTRL(ctx, SSL_CTRL_CHAIN, 1, sk)
#define SSL_CTX_add0_chain_cert(ctx, x509) CARNET_CTX_CTRL(ctx, SSL_CTRL_CHAIN_CERT, 0, x509)
#define SSL_CTX_add1_chain_cert(ctx, x509) CARNET_CTX_CTRL(ctx, SSL_CTRL_CHAIN_CERT, 1, x509)
#define SSL_CTX_get0_chain_certs(ctx, px509) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_CHAIN_CERTS, 0, px509)
#define SSL_CTX_build_cert_chain(ctx, flags) CARNET_CTX_CTRL(ctx, SSL_CTRL_BUILD_CERT_CHAIN, flags, NULL)
#define SSL_CTX_select_current_cert(ctx, x509) CARNET_CTX_CTRL(ctx, SSL_CTRL_SELECT_CURRENT_CERT, 0, x509)
#define SSL_CTX_set_current_cert(ctx, op) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_CURRENT_CERT, op, NULL)
#define SSL_CTX_set0_verify_cert_store(ctx, st) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_VERIFY_CERT_STORE, 0, st)
#define SSL_CTX_set1_verify_cert_store(ctx, st) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_VERIFY_CERT_STORE, 1, st)
#define SSL_CTX_get0_verify_cert_store(ctx, st) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_VERIFY_CERT_STORE, 0, st)
#define SSL_CTX_set0_chain_cert_store(ctx, st) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_CHAIN_CERT_STORE, 0, st)
#define SSL_CTX_set1_chain_cert_store(ctx, st) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_CHAIN_CERT_STORE, 1, st)
#define SSL_CTX_get0_chain_cert_store(ctx, st) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_CHAIN_CERT_STORE, 0, st)
#define SSL_set0_chain(ssl, sk) CARNET_SSL_CTRL(ssl, SSL_CTRL_CHAIN, 0, sk)
#define SSL_set1_chain(ssl, sk) CARNET_SSL_CTRL(ssl, SSL_CTRL_CHAIN, 1, sk)
#define SSL_add0_chain_cert(ssl, x509) CARNET_SSL_CTRL(ssl, SSL_CTRL_CHAIN_CERT, 0, x509)
#define SSL_add1_chain_cert(ssl, x509) CARNET_SSL_CTRL(ssl, SSL_CTRL_CHAIN_CERT, 1, x509)
#define SSL_get0_chain_certs(ssl, px509) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_CHAIN_CERTS, 0, px509)
#define SSL_build_cert_chain(ssl, flags) CARNET_SSL_CTRL(ssl, SSL_CTRL_BUILD_CERT_CHAIN, flags, NULL)
#define SSL_select_current_cert(ssl, x509) CARNET_SSL_CTRL(ssl, SSL_CTRL_SELECT_CURRENT_CERT, 0, x509)
#define SSL_set_current_cert(ssl, op) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_CURRENT_CERT, op, NULL)
#define SSL_set0_verify_cert_store(ssl, st) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_VERIFY_CERT_STORE, 0, st)
#define SSL_set1_verify_cert_store(ssl, st) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_VERIFY_CERT_STORE, 1, st)
#define SSL_get0_verify_cert_store(ssl, st) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_VERIFY_CERT_STORE, 0, st)
#define SSL_set0_chain_cert_store(ssl, st) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_CHAIN_CERT_STORE, 0, st)
#define SSL_set1_chain_cert_store(ssl, st) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_CHAIN_CERT_STORE, 1, st)
#define SSL_get0_chain_cert_store(ssl, st) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_CHAIN_CERT_STORE, 0, st)
#define SSL_get1_groups(ssl, glist) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_GROUPS, 0, glist)
#define SSL_CTX_set1_groups(ctx, glist, glistlen) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_GROUPS, glistlen, glist)
#define SSL_CTX_set1_groups_list(ctx, s) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_GROUPS_LIST, 0, s)
#define SSL_set1_groups(ssl, glist, glistlen) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_GROUPS, glistlen, glist)
#define SSL_set1_groups_list(ssl, str) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_GROUPS_LIST, 0, str)
#define SSL_get_shared_group(ssl, n) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_SHARED_GROUP, n, NULL)
#define SSL_get_negotiated_group(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_NEGOTIATED_GROUP, 0, NULL)
#define SSL_CTX_set1_sigalgs(ctx, slist, slistlen) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_SIGALGS, slistlen, slist)
#define SSL_CTX_set1_sigalgs_list(ctx, s) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_SIGALGS_LIST, 0, s)
#define SSL_set1_sigalgs(ssl, slist, slistlen) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_SIGALGS, slistlen, slist)
#define SSL_set1_sigalgs_list(ssl, str) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_SIGALGS_LIST, 0, str)
#define SSL_CTX_set1_client_sigalgs(ctx, slist, slistlen) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_CLIENT_SIGALGS, slistlen, slist)
#define SSL_CTX_set1_client_sigalgs_list(ctx, s) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_CLIENT_SIGALGS_LIST, 0, s)
#define SSL_set1_client_sigalgs(ssl, slist, slistlen) \
    CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_CLIENT_SIGALGS, slistlen, slist)
#define SSL_set1_client_sigalgs_list(ssl, str) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_CLIENT_SIGALGS_LIST, 0, str)
#define SSL_get0_certificate_types(ssl, clist) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_CLIENT_CERT_TYPES, 0, clist)
#define SSL_CTX_set1_client_certificate_types(ctx, clist, clistlen) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_CLIENT_CERT_TYPES, clistlen, clist)
#define SSL_set1_client_certificate_types(ssl, clist, clistlen) \
    CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_CLIENT_CERT_TYPES, clistlen, clist)
#define SSL_get_signature_nid(ssl, pn) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_SIGNATURE_NID, 0, pn)
#define SSL_get_peer_signature_nid(ssl, pn) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_PEER_SIGNATURE_NID, 0, pn)
#define SSL_get_peer_tmp_key(ssl, pk) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_PEER_TMP_KEY, 0, pk)
#define SSL_get_tmp_key(ssl, pk) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_TMP_KEY, 0, pk)
#define SSL_get0_raw_cipherlist(ssl, plst) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_RAW_CIPHERLIST, 0, plst)
#define SSL_get0_ec_point_formats(ssl, plst) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_EC_POINT_FORMATS, 0, plst)
#define SSL_CTX_set_min_proto_version(ctx, version) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, version, NULL)
#define SSL_CTX_set_max_proto_version(ctx, version) \
    CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, version, NULL)
#define SSL_CTX_get_min_proto_version(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL)
#define SSL_CTX_get_max_proto_version(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, NULL)
#define SSL_set_min_proto_version(ssl, version) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, version, NULL)
#define SSL_set_max_proto_version(ssl, version) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, version, NULL)
#define SSL_get_min_proto_version(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL)
#define SSL_get_max_proto_version(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, NULL)
#define SSL_CTX_sess_set_cache_size(ctx, t) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_SESS_CACHE_SIZE, t, NULL)
#define SSL_CTX_sess_get_cache_size(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_SESS_CACHE_SIZE, 0, NULL)
#define SSL_CTX_set_session_cache_mode(ctx, m) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_SESS_CACHE_MODE, m, NULL)
#define SSL_CTX_get_session_cache_mode(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_SESS_CACHE_MODE, 0, NULL)
#define SSL_CTX_get_read_ahead(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_READ_AHEAD, 0, NULL)
#define SSL_CTX_set_read_ahead(ctx, m) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_READ_AHEAD, m, NULL)
#define SSL_CTX_get_max_cert_list(ctx) CARNET_CTX_CTRL(ctx, SSL_CTRL_GET_MAX_CERT_LIST, 0, NULL)
#define SSL_CTX_set_max_cert_list(ctx, m) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_MAX_CERT_LIST, m, NULL)
#define SSL_get_max_cert_list(ssl) CARNET_SSL_CTRL(ssl, SSL_CTRL_GET_MAX_CERT_LIST, 0, NULL)
#define SSL_set_max_cert_list(ssl, m) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MAX_CERT_LIST, m, NULL)
#define SSL_CTX_set_max_send_fragment(ctx, m) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_MAX_SEND_FRAGMENT, m, NULL)
#define SSL_set_max_send_fragment(ssl, m) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MAX_SEND_FRAGMENT, m, NULL)
#define SSL_CTX_set_split_send_fragment(ctx, m) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_SPLIT_SEND_FRAGMENT, m, NULL)
#define SSL_set_split_send_fragment(ssl, m) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_SPLIT_SEND_FRAGMENT, m, NULL)
#define SSL_CTX_set_max_pipelines(ctx, m) CARNET_CTX_CTRL(ctx, SSL_CTRL_SET_MAX_PIPELINES, m, NULL)
#define SSL_set_max_pipelines(ssl, m) CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_MAX_PIPELINES, m, NULL)
#define SSL_CTX_clear_chain_certs(ctx) SSL_CTX_set0_chain(ctx, NULL)
#define SSL_clear_chain_certs(ssl) SSL_set0_chain(ssl, NULL)
#define SSL_CTX_get_default_read_ahead(ctx) SSL_CTX_get_read_ahead(ctx)
#define SSL_CTX_set_default_read_ahead(ctx, m) SSL_CTX_set_read_ahead(ctx, m)
#define SSL_set_retry_verify(ssl) (CARNET_SSL_CTRL(ssl, SSL_CTRL_SET_RETRY_VERIFY, 0, NULL) > 0)

/* Options by the number of their bit. */
#define SSL_OP_BIT(n) ((uint64_t)1 << (n))

/* What a connection waits for. */
#define SSL_want_nothing(ssl) (SSL_want(ssl) == SSL_NOTHING)
#define SSL_want_read(ssl) (SSL_want(ssl) == SSL_READING)
#define SSL_want_write(ssl) (SSL_want(ssl) == SSL_WRITING)
#define SSL_want_x509_lookup(ssl) (SSL_want(ssl) == SSL_X509_LOOKUP)
#define SSL_want_retry_verify(ssl) (SSL_want(ssl) == SSL_RETRY_VERIFY)
#define SSL_want_async(ssl) (SSL_want(ssl) == SSL_ASYNC_PAUSED)
#define SSL_want_async_job(ssl) (SSL_want(ssl) == SSL_ASYNC_NO_JOBS)
#define SSL_want_client_hello_cb(ssl) (SSL_want(ssl) == SSL_CLIENT_HELLO_CB)
#define SSL_in_connect_init(ssl) (!SSL_is_server(ssl) && SSL_in_init(ssl))
#define SSL_in_accept_init(ssl) (SSL_is_server(ssl) && SSL_in_init(ssl))

/* The negotiated cipher. */
#define SSL_get_cipher(ssl) SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))
#define SSL_get_cipher_name(ssl) SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))
#define SSL_get_cipher_version(ssl) SSL_CIPHER_get_version(SSL_get_current_cipher(ssl))
#define SSL_get_cipher_bits(ssl, bits) SSL_CIPHER_get_bits(SSL_get_current_cipher(ssl), bits)

/* The application's data on objects; index 0 is always there. */
#define SSL_get_ex_new_index(l, p, newf, dupf, freef) \
    CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, l, p, newf, dupf, freef)
#define SSL_CTX_get_ex_new_index(l, p, newf, dupf, freef) \
    CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, l, p, newf, dupf, freef)
#define SSL_SESSION_get_ex_new_index(l, p, newf, dupf, freef) \
    CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_SESSION, l, p, newf, dupf, freef)
#define SSL_get_app_data(ssl) SSL_get_ex_data(ssl, 0)
#define SSL_set_app_data(ssl, data) SSL_set_ex_data(ssl, 0, (void *)(data))
#define SSL_CTX_get_app_data(ctx) SSL_CTX_get_ex_data(ctx, 0)
#define SSL_CTX_set_app_data(ctx, data) SSL_CTX_set_ex_data(ctx, 0, (void *)(data))
#define SSL_SESSION_get_app_data(session) SSL_SESSION_get_ex_data(session, 0)
#define SSL_SESSION_set_app_data(session, data) SSL_SESSION_set_ex_data(session, 0, (void *)(data))

/* Older names. */
#define SSLv23_method TLS_method
#define SSLv23_server_method TLS_server_method
#define SSLv23_client_method TLS_client_method
#define SSL_get0_session SSL_get_session
#define SSL_cache_hit(ssl) SSL_session_reused(ssl)
#define SSL_get_time(session) SSL_SESSION_get_time(session)
#define SSL_set_time(session, t) SSL_SESSION_set_time(session, t)
#define SSL_get_timeout(session) SSL_SESSION_get_timeout(session)
#define SSL_set_timeout(session, t) SSL_SESSION_set_timeout(session, t)
#define SSL_get_peer_certificate SSL_get1_peer_certificate
#define SSL_get_server_tmp_key(ssl, key) SSL_get_peer_tmp_key(ssl, key)
#define SSL_get1_curves SSL_get1_groups
#define SSL_CTX_set1_curves SSL_CTX_set1_groups
#define SSL_CTX_set1_curves_list SSL_CTX_set1_groups_list
#define SSL_set1_curves SSL_set1_groups
#define SSL_set1_curves_list SSL_set1_groups_list
#define SSL_get_shared_curve SSL_get_shared_group
#define SSL_CTX_set_npn_advertised_cb SSL_CTX_set_next_protos_advertised_cb
#define SSL_CTX_set_npn_select_cb SSL_CTX_set_next_proto_select_cb
#define SSL_get0_npn_negotiated SSL_get0_next_proto_negotiated
#define SSL_library_init() OPENSSL_init_ssl(0, NULL)
#define OpenSSL_add_ssl_algorithms() SSL_library_init()
#define SSLeay_add_ssl_algorithms() SSL_library_init()
#define SSL_load_error_strings() OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL)
#define SSL_COMP_free_compression_methods() ((void)0)
#define SSL_disable_ct(ssl) ((void)SSL_set_ct_validation_callback((ssl), NULL, NULL))
#define SSL_CTX_disable_ct(ctx) ((void)SSL_CTX_set_ct_validation_callback((ctx), NULL, NULL))

/* Temporary RSA keys are long gone, and elliptic curves are always chosen automatically. A function gives the answer, so that a
 * program which does not look at it gets no warning. */
static ossl_inline int carnet_answer(int answer)
{
    return answer;
}
#define SSL_CTX_need_tmp_RSA(ctx) carnet_answer(0)
#define SSL_CTX_set_tmp_rsa(ctx, rsa) carnet_answer(1)
#define SSL_need_tmp_RSA(ssl) carnet_answer(0)
#define SSL_set_tmp_rsa(ssl, rsa) carnet_answer(1)
#define SSL_CTX_set_tmp_rsa_callback(ctx, cb) ((void)(cb))
#define SSL_set_tmp_rsa_callback(ssl, cb) ((void)(cb))
#define SSL_CTX_set_ecdh_auto(ctx, onoff) carnet_answer((onoff) != 0)
#define SSL_set_ecdh_auto(ssl, onoff) carnet_answer((onoff) != 0)
