//! What functions return and callbacks are told.

use std::ffi::c_int;

/// `SSL_set_shutdown(3)`: close_notify was sent.
pub const SSL_SENT_SHUTDOWN: c_int = 1;
/// close_notify has arrived.
pub const SSL_RECEIVED_SHUTDOWN: c_int = 2;
/// DER.
pub const SSL_FILETYPE_ASN1: c_int = 2;
/// `SSL_CTX_use_certificate_file(3)`: base64 between marker lines.
pub const SSL_FILETYPE_PEM: c_int = 1;
pub const CERT_PKEY_VALID: c_int = 0x1;
pub const CERT_PKEY_SIGN: c_int = 0x2;
pub const CERT_PKEY_EE_SIGNATURE: c_int = 0x10;
pub const CERT_PKEY_CA_SIGNATURE: c_int = 0x20;
pub const CERT_PKEY_EE_PARAM: c_int = 0x40;
pub const CERT_PKEY_CA_PARAM: c_int = 0x80;
pub const CERT_PKEY_EXPLICIT_SIGN: c_int = 0x100;
pub const CERT_PKEY_ISSUER_NAME: c_int = 0x200;
pub const CERT_PKEY_CERT_TYPE: c_int = 0x400;
pub const CERT_PKEY_SUITEB: c_int = 0x800;
/// `SSL_select_next_proto(3)`: the peer has no such extension.
pub const OPENSSL_NPN_UNSUPPORTED: c_int = 0;
/// A common protocol was found.
pub const OPENSSL_NPN_NEGOTIATED: c_int = 1;
/// There is no common protocol.
pub const OPENSSL_NPN_NO_OVERLAP: c_int = 2;
/// `SSL_want(3)`: what the last operation waits for.
pub const SSL_NOTHING: c_int = 1;
pub const SSL_WRITING: c_int = 2;
pub const SSL_READING: c_int = 3;
pub const SSL_X509_LOOKUP: c_int = 4;
pub const SSL_ASYNC_PAUSED: c_int = 5;
pub const SSL_ASYNC_NO_JOBS: c_int = 6;
pub const SSL_CLIENT_HELLO_CB: c_int = 7;
pub const SSL_RETRY_VERIFY: c_int = 8;
/// `SSL_key_update(3)`: nothing is due.
pub const SSL_KEY_UPDATE_NONE: c_int = -1;
/// New keys for what we send.
pub const SSL_KEY_UPDATE_NOT_REQUESTED: c_int = 0;
/// New keys for both directions.
pub const SSL_KEY_UPDATE_REQUESTED: c_int = 1;
pub const SSL_ST_CONNECT: c_int = 0x1000;
pub const SSL_ST_ACCEPT: c_int = 0x2000;
pub const SSL_ST_MASK: c_int = 0xfff;
/// `SSL_CTX_set_info_callback(3)`: a step within a handshake.
pub const SSL_CB_LOOP: c_int = 0x1;
/// A handshake call returns.
pub const SSL_CB_EXIT: c_int = 0x2;
/// Something was received.
pub const SSL_CB_READ: c_int = 0x4;
/// Something was sent.
pub const SSL_CB_WRITE: c_int = 0x8;
/// An alert.
pub const SSL_CB_ALERT: c_int = 0x4000;
pub const SSL_CB_READ_ALERT: c_int = 0x4004;
pub const SSL_CB_WRITE_ALERT: c_int = 0x4008;
pub const SSL_CB_ACCEPT_LOOP: c_int = 0x2001;
pub const SSL_CB_ACCEPT_EXIT: c_int = 0x2002;
pub const SSL_CB_CONNECT_LOOP: c_int = 0x1001;
pub const SSL_CB_CONNECT_EXIT: c_int = 0x1002;
/// A handshake begins.
pub const SSL_CB_HANDSHAKE_START: c_int = 0x10;
/// A handshake is done.
pub const SSL_CB_HANDSHAKE_DONE: c_int = 0x20;
pub const SSL_ST_READ_HEADER: c_int = 0xf0;
pub const SSL_ST_READ_BODY: c_int = 0xf1;
pub const SSL_ST_READ_DONE: c_int = 0xf2;
/// `SSL_CTX_set_verify(3)`: a server asks for no certificate; a client goes on whatever it gets.
pub const SSL_VERIFY_NONE: c_int = 0;
/// A server asks for a certificate; a client ends the handshake over a bad one.
pub const SSL_VERIFY_PEER: c_int = 1;
/// A server ends the handshake without a certificate.
pub const SSL_VERIFY_FAIL_IF_NO_PEER_CERT: c_int = 2;
/// Ask in the first handshake only.
pub const SSL_VERIFY_CLIENT_ONCE: c_int = 4;
/// Ask when `SSL_verify_client_post_handshake` says so, not in the handshake.
pub const SSL_VERIFY_POST_HANDSHAKE: c_int = 8;
/// `SSL_get_error(3)`: the operation succeeded.
pub const SSL_ERROR_NONE: c_int = 0;
/// A fatal error; the queue says which.
pub const SSL_ERROR_SSL: c_int = 1;
/// Call again when the transport has something to read.
pub const SSL_ERROR_WANT_READ: c_int = 2;
/// Call again when the transport takes something to write.
pub const SSL_ERROR_WANT_WRITE: c_int = 3;
/// Call again when the certificate callback has its answer.
pub const SSL_ERROR_WANT_X509_LOOKUP: c_int = 4;
/// The transport failed: look at `errno`. No further I/O on this connection.
pub const SSL_ERROR_SYSCALL: c_int = 5;
/// The peer sent close_notify.
pub const SSL_ERROR_ZERO_RETURN: c_int = 6;
/// Call again when the transport has connected.
pub const SSL_ERROR_WANT_CONNECT: c_int = 7;
/// Call again when the transport has accepted.
pub const SSL_ERROR_WANT_ACCEPT: c_int = 8;
/// Call again when the engine is done (never with this library).
pub const SSL_ERROR_WANT_ASYNC: c_int = 9;
/// No asynchronous job was free (never with this library).
pub const SSL_ERROR_WANT_ASYNC_JOB: c_int = 10;
/// Call again when the ClientHello callback has its answer.
pub const SSL_ERROR_WANT_CLIENT_HELLO_CB: c_int = 11;
/// Call again when the verify callback has its answer.
pub const SSL_ERROR_WANT_RETRY_VERIFY: c_int = 12;
pub const SSL_CERT_SET_FIRST: c_int = 1;
pub const SSL_CERT_SET_NEXT: c_int = 2;
pub const SSL_CERT_SET_SERVER: c_int = 3;
/// `SSL_CTX_set_client_hello_cb(3)`: go on.
pub const SSL_CLIENT_HELLO_SUCCESS: c_int = 1;
/// End the handshake with the alert.
pub const SSL_CLIENT_HELLO_ERROR: c_int = 0;
/// Not yet: `SSL_ERROR_WANT_CLIENT_HELLO_CB`.
pub const SSL_CLIENT_HELLO_RETRY: c_int = -1;
/// `SSL_read_early_data(3)`
pub const SSL_READ_EARLY_DATA_ERROR: c_int = 0;
pub const SSL_READ_EARLY_DATA_SUCCESS: c_int = 1;
pub const SSL_READ_EARLY_DATA_FINISH: c_int = 2;
/// `SSL_get_early_data_status(3)`
pub const SSL_EARLY_DATA_NOT_SENT: c_int = 0;
pub const SSL_EARLY_DATA_REJECTED: c_int = 1;
pub const SSL_EARLY_DATA_ACCEPTED: c_int = 2;
/// `SSL_CTX_set_session_ticket_cb(3)`: out of memory. Never given to the callback.
pub const SSL_TICKET_FATAL_ERR_MALLOC: c_int = 0;
/// Another fatal error. Never given to the callback.
pub const SSL_TICKET_FATAL_ERR_OTHER: c_int = 1;
/// No ticket. Never given to the callback.
pub const SSL_TICKET_NONE: c_int = 2;
/// TLS 1.2: the client sent an empty ticket and would like one.
pub const SSL_TICKET_EMPTY: c_int = 3;
/// The ticket could not be opened: key unknown, bytes changed, content unreadable.
pub const SSL_TICKET_NO_DECRYPT: c_int = 4;
/// The ticket was opened.
pub const SSL_TICKET_SUCCESS: c_int = 5;
/// The ticket was opened and a new one is due.
pub const SSL_TICKET_SUCCESS_RENEW: c_int = 6;
/// End the handshake with a fatal error.
pub const SSL_TICKET_RETURN_ABORT: c_int = 0;
/// Full handshake, no new ticket.
pub const SSL_TICKET_RETURN_IGNORE: c_int = 1;
/// Full handshake, new ticket.
pub const SSL_TICKET_RETURN_IGNORE_RENEW: c_int = 2;
/// Resume, no new ticket.
pub const SSL_TICKET_RETURN_USE: c_int = 3;
/// Resume, new ticket.
pub const SSL_TICKET_RETURN_USE_RENEW: c_int = 4;
/// What server-name, ALPN and status callbacks return: agreed.
pub const SSL_TLSEXT_ERR_OK: c_int = 0;
/// Not agreed, go on (an error in TLS 1.3).
pub const SSL_TLSEXT_ERR_ALERT_WARNING: c_int = 1;
/// End the handshake.
pub const SSL_TLSEXT_ERR_ALERT_FATAL: c_int = 2;
/// Go on as if the extension had not come.
pub const SSL_TLSEXT_ERR_NOACK: c_int = 3;
pub const SSL_CT_VALIDATION_PERMISSIVE: c_int = 0;
pub const SSL_CT_VALIDATION_STRICT: c_int = 1;
