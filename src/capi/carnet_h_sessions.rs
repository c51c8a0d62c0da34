//! carnet.h: session lookups that take their time.

use super::types::SSL_SESSION;
use crate::handles;

/// What a callback of SSL_CTX_sess_set_get_cb(3) returns as long as it does not know whether there is such a session, for
/// example because it has yet to ask another machine. It is no session, and is neither referenced nor freed.
///
/// The handshake then stops: the call returns -1, SSL_get_error(3) says SSL_ERROR_WANT_CLIENT_HELLO_CB (11, which is
/// BoringSSL's SSL_ERROR_PENDING_SESSION), and the next call asks the callback again. This is BoringSSL's
/// SSL_magic_pending_session_ptr(); OpenSSL has no such thing.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_pending_session() -> *mut SSL_SESSION {
    handles::pending_session()
}
