//! Options, modes, flags and limits that a program sets.

use std::ffi::c_int;

pub const SSL_EXT_TLS_ONLY: c_int = 0x1;
pub const SSL_EXT_DTLS_ONLY: c_int = 0x2;
pub const SSL_EXT_TLS_IMPLEMENTATION_ONLY: c_int = 0x4;
pub const SSL_EXT_SSL3_ALLOWED: c_int = 0x8;
pub const SSL_EXT_TLS1_2_AND_BELOW_ONLY: c_int = 0x10;
pub const SSL_EXT_TLS1_3_ONLY: c_int = 0x20;
pub const SSL_EXT_IGNORE_ON_RESUMPTION: c_int = 0x40;
pub const SSL_EXT_CLIENT_HELLO: c_int = 0x80;
pub const SSL_EXT_TLS1_2_SERVER_HELLO: c_int = 0x100;
pub const SSL_EXT_TLS1_3_SERVER_HELLO: c_int = 0x200;
pub const SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS: c_int = 0x400;
pub const SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST: c_int = 0x800;
pub const SSL_EXT_TLS1_3_CERTIFICATE: c_int = 0x1000;
pub const SSL_EXT_TLS1_3_NEW_SESSION_TICKET: c_int = 0x2000;
pub const SSL_EXT_TLS1_3_CERTIFICATE_REQUEST: c_int = 0x4000;
/// `SSL_CTX_set_options(3)`: TLS 1.2 without RFC 7627.
pub const SSL_OP_NO_EXTENDED_MASTER_SECRET: u64 = 0x1;
/// Overwrite what was handed to the application.
pub const SSL_OP_CLEANSE_PLAINTEXT: u64 = 0x2;
pub const SSL_OP_LEGACY_SERVER_CONNECT: u64 = 0x4;
pub const SSL_OP_ENABLE_KTLS: u64 = 0x8;
pub const SSL_OP_TLSEXT_PADDING: u64 = 0x10;
pub const SSL_OP_SAFARI_ECDHE_ECDSA_BUG: u64 = 0x40;
/// An end of file without close_notify counts as one.
pub const SSL_OP_IGNORE_UNEXPECTED_EOF: u64 = 0x80;
pub const SSL_OP_ALLOW_CLIENT_RENEGOTIATION: u64 = 0x100;
pub const SSL_OP_DISABLE_TLSEXT_CA_NAMES: u64 = 0x200;
/// TLS 1.3 resumption without a fresh key exchange.
pub const SSL_OP_ALLOW_NO_DHE_KEX: u64 = 0x400;
pub const SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS: u64 = 0x800;
pub const SSL_OP_NO_QUERY_MTU: u64 = 0x1000;
pub const SSL_OP_COOKIE_EXCHANGE: u64 = 0x2000;
/// No stateless tickets: TLS 1.3 tickets name a session in the cache instead.
pub const SSL_OP_NO_TICKET: u64 = 0x4000;
pub const SSL_OP_CISCO_ANYCONNECT: u64 = 0x8000;
pub const SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION: u64 = 0x10000;
pub const SSL_OP_NO_COMPRESSION: u64 = 0x20000;
pub const SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION: u64 = 0x40000;
pub const SSL_OP_NO_ENCRYPT_THEN_MAC: u64 = 0x80000;
/// RFC 8446 appendix D.4.
pub const SSL_OP_ENABLE_MIDDLEBOX_COMPAT: u64 = 0x100000;
/// ChaCha20 first when the client has it first.
pub const SSL_OP_PRIORITIZE_CHACHA: u64 = 0x200000;
/// The server's order of ciphers counts.
pub const SSL_OP_CIPHER_SERVER_PREFERENCE: u64 = 0x400000;
pub const SSL_OP_TLS_ROLLBACK_BUG: u64 = 0x800000;
/// Early data without single-use tickets.
pub const SSL_OP_NO_ANTI_REPLAY: u64 = 0x1000000;
pub const SSL_OP_NO_SSLv3: u64 = 0x2000000;
pub const SSL_OP_NO_TLSv1: u64 = 0x4000000;
/// Not TLS 1.2.
pub const SSL_OP_NO_TLSv1_2: u64 = 0x8000000;
pub const SSL_OP_NO_TLSv1_1: u64 = 0x10000000;
/// Not TLS 1.3.
pub const SSL_OP_NO_TLSv1_3: u64 = 0x20000000;
pub const SSL_OP_NO_DTLSv1: u64 = 0x4000000;
pub const SSL_OP_NO_DTLSv1_2: u64 = 0x8000000;
/// Refuse renegotiation.
pub const SSL_OP_NO_RENEGOTIATION: u64 = 0x40000000;
pub const SSL_OP_CRYPTOPRO_TLSEXT_BUG: u64 = 0x80000000;
/// Every protocol version.
pub const SSL_OP_NO_SSL_MASK: u64 = 0x3e000000;
pub const SSL_OP_NO_DTLS_MASK: u64 = 0xc000000;
/// Workarounds for old peers that do no harm.
pub const SSL_OP_ALL: u64 = 0x80000850;
/// Options without a meaning any more are zero.
pub const SSL_OP_MICROSOFT_SESS_ID_BUG: u64 = 0x0;
pub const SSL_OP_NETSCAPE_CHALLENGE_BUG: u64 = 0x0;
pub const SSL_OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG: u64 = 0x0;
pub const SSL_OP_SSLREF2_REUSE_CERT_TYPE_BUG: u64 = 0x0;
pub const SSL_OP_MICROSOFT_BIG_SSLV3_BUFFER: u64 = 0x0;
pub const SSL_OP_MSIE_SSLV2_RSA_PADDING: u64 = 0x0;
pub const SSL_OP_SSLEAY_080_CLIENT_DH_BUG: u64 = 0x0;
pub const SSL_OP_TLS_D5_BUG: u64 = 0x0;
pub const SSL_OP_TLS_BLOCK_PADDING_BUG: u64 = 0x0;
pub const SSL_OP_SINGLE_ECDH_USE: u64 = 0x0;
pub const SSL_OP_SINGLE_DH_USE: u64 = 0x0;
pub const SSL_OP_EPHEMERAL_RSA: u64 = 0x0;
pub const SSL_OP_NO_SSLv2: u64 = 0x0;
pub const SSL_OP_PKCS1_CHECK_1: u64 = 0x0;
pub const SSL_OP_PKCS1_CHECK_2: u64 = 0x0;
pub const SSL_OP_NETSCAPE_CA_DN_BUG: u64 = 0x0;
pub const SSL_OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG: u64 = 0x0;
/// `SSL_CTX_set_mode(3)`: a write may take a part of the data.
pub const SSL_MODE_ENABLE_PARTIAL_WRITE: c_int = 0x1;
/// A repeated write may come from another address.
pub const SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: c_int = 0x2;
/// Reads go on after messages that carry no data.
pub const SSL_MODE_AUTO_RETRY: c_int = 0x4;
/// Do not complete the chain from the store.
pub const SSL_MODE_NO_AUTO_CHAIN: c_int = 0x8;
/// Idle connections own no buffers.
pub const SSL_MODE_RELEASE_BUFFERS: c_int = 0x10;
pub const SSL_MODE_SEND_CLIENTHELLO_TIME: c_int = 0x20;
pub const SSL_MODE_SEND_SERVERHELLO_TIME: c_int = 0x40;
pub const SSL_MODE_SEND_FALLBACK_SCSV: c_int = 0x80;
pub const SSL_MODE_ASYNC: c_int = 0x100;
pub const SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG: c_int = 0x400;
pub const SSL_CERT_FLAG_TLS_STRICT: c_int = 0x1;
pub const SSL_CERT_FLAG_SUITEB_128_LOS_ONLY: c_int = 0x10000;
pub const SSL_CERT_FLAG_SUITEB_192_LOS: c_int = 0x20000;
pub const SSL_CERT_FLAG_SUITEB_128_LOS: c_int = 0x30000;
pub const SSL_CERT_FLAG_BROKEN_PROTOCOL: c_int = 0x10000000;
pub const SSL_BUILD_CHAIN_FLAG_UNTRUSTED: c_int = 1;
pub const SSL_BUILD_CHAIN_FLAG_NO_ROOT: c_int = 2;
pub const SSL_BUILD_CHAIN_FLAG_CHECK: c_int = 4;
pub const SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR: c_int = 8;
pub const SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR: c_int = 16;
/// `SSL_CONF_CTX_set_flags(3)`: names as on a command line, `-cipher`.
pub const SSL_CONF_FLAG_CMDLINE: c_int = 0x1;
/// Names as in a file, `CipherString`.
pub const SSL_CONF_FLAG_FILE: c_int = 0x2;
/// Take clients' commands.
pub const SSL_CONF_FLAG_CLIENT: c_int = 0x4;
/// Take servers' commands.
pub const SSL_CONF_FLAG_SERVER: c_int = 0x8;
/// Put failures on the error queue.
pub const SSL_CONF_FLAG_SHOW_ERRORS: c_int = 0x10;
/// Take certificates and keys.
pub const SSL_CONF_FLAG_CERTIFICATE: c_int = 0x20;
/// A certificate must have its key in the end.
pub const SSL_CONF_FLAG_REQUIRE_PRIVATE: c_int = 0x40;
/// `SSL_CONF_cmd_value_type(3)`: no such command.
pub const SSL_CONF_TYPE_UNKNOWN: c_int = 0;
/// The value is text.
pub const SSL_CONF_TYPE_STRING: c_int = 1;
/// The value is the name of a file.
pub const SSL_CONF_TYPE_FILE: c_int = 2;
/// The value is the name of a directory.
pub const SSL_CONF_TYPE_DIR: c_int = 3;
/// There is no value.
pub const SSL_CONF_TYPE_NONE: c_int = 4;
/// The value is the URI of a store.
pub const SSL_CONF_TYPE_STORE: c_int = 5;
/// `SSL_CTX_set_session_cache_mode(3)`
pub const SSL_SESS_CACHE_OFF: c_int = 0x0;
pub const SSL_SESS_CACHE_CLIENT: c_int = 0x1;
pub const SSL_SESS_CACHE_SERVER: c_int = 0x2;
pub const SSL_SESS_CACHE_BOTH: c_int = 0x3;
pub const SSL_SESS_CACHE_NO_AUTO_CLEAR: c_int = 0x80;
pub const SSL_SESS_CACHE_NO_INTERNAL_LOOKUP: c_int = 0x100;
pub const SSL_SESS_CACHE_NO_INTERNAL_STORE: c_int = 0x200;
pub const SSL_SESS_CACHE_NO_INTERNAL: c_int = 0x300;
pub const SSL_SESS_CACHE_UPDATE_TIME: c_int = 0x400;
pub const SSL_MAC_FLAG_READ_MAC_STREAM: c_int = 1;
pub const SSL_MAC_FLAG_WRITE_MAC_STREAM: c_int = 2;
pub const SSL_MAC_FLAG_READ_MAC_TLSTREE: c_int = 4;
pub const SSL_MAC_FLAG_WRITE_MAC_TLSTREE: c_int = 8;
pub const SSL_SECOP_OTHER_TYPE: u32 = 0xffff0000;
pub const SSL_SECOP_OTHER_NONE: c_int = 0x0;
pub const SSL_SECOP_OTHER_CIPHER: c_int = 0x10000;
pub const SSL_SECOP_OTHER_CURVE: c_int = 0x20000;
pub const SSL_SECOP_OTHER_DH: c_int = 0x30000;
pub const SSL_SECOP_OTHER_PKEY: c_int = 0x40000;
pub const SSL_SECOP_OTHER_SIGALG: c_int = 0x50000;
pub const SSL_SECOP_OTHER_CERT: c_int = 0x60000;
pub const SSL_SECOP_PEER: c_int = 0x1000;
pub const SSL_SECOP_CIPHER_SUPPORTED: c_int = 0x10001;
pub const SSL_SECOP_CIPHER_SHARED: c_int = 0x10002;
pub const SSL_SECOP_CIPHER_CHECK: c_int = 0x10003;
pub const SSL_SECOP_CURVE_SUPPORTED: c_int = 0x20004;
pub const SSL_SECOP_CURVE_SHARED: c_int = 0x20005;
pub const SSL_SECOP_CURVE_CHECK: c_int = 0x20006;
pub const SSL_SECOP_TMP_DH: c_int = 0x40007;
pub const SSL_SECOP_VERSION: c_int = 0x9;
pub const SSL_SECOP_TICKET: c_int = 0xa;
pub const SSL_SECOP_SIGALG_SUPPORTED: c_int = 0x5000b;
pub const SSL_SECOP_SIGALG_SHARED: c_int = 0x5000c;
pub const SSL_SECOP_SIGALG_CHECK: c_int = 0x5000d;
pub const SSL_SECOP_SIGALG_MASK: c_int = 0x5000e;
pub const SSL_SECOP_COMPRESSION: c_int = 0xf;
pub const SSL_SECOP_EE_KEY: c_int = 0x60010;
pub const SSL_SECOP_CA_KEY: c_int = 0x60011;
pub const SSL_SECOP_CA_MD: c_int = 0x60012;
pub const SSL_SECOP_PEER_EE_KEY: c_int = 0x61010;
pub const SSL_SECOP_PEER_CA_KEY: c_int = 0x61011;
pub const SSL_SECOP_PEER_CA_MD: c_int = 0x61012;
pub const OPENSSL_INIT_NO_LOAD_SSL_STRINGS: c_int = 0x100000;
pub const OPENSSL_INIT_LOAD_SSL_STRINGS: c_int = 0x200000;
pub const OPENSSL_INIT_SSL_DEFAULT: c_int = 0x200002;
pub const OPENSSL_TLS_SECURITY_LEVEL: c_int = 1;
