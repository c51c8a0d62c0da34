//! SSL_shutdown(3), SSL_set_shutdown(3).

use std::ffi::c_int;

use super::entry::entry;
use super::ssl_lifecycle::connection;
use super::types::SSL;
use crate::drive::shutdown;

/// Sends close_notify; called again, waits for the peer's. Returns 1 when both have been seen, 0 when the peer's is still
/// to come, less when it failed or has to wait: see SSL_get_error(3).
///
/// SSL_shutdown(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_shutdown(s: *mut SSL) -> c_int {
    entry("SSL_shutdown", -1, || {
        let done = shutdown::perform(&*connection(s)?);
        Ok(done.map_or_else(|halt| halt.handshake_result("SSL_shutdown"), c_int::from))
    })
}

/// Declares which halves of the connection are closed (SSL_SENT_SHUTDOWN, SSL_RECEIVED_SHUTDOWN).
///
/// SSL_set_shutdown(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_shutdown(ssl: *mut SSL, mode: c_int) {
    entry("SSL_set_shutdown", (), || {
        // Only the two flags mean anything.
        connection(ssl)?.status().set_shutdown((mode & 3) as u8);
        Ok(())
    });
}

/// Which halves of the connection are closed.
///
/// SSL_get_shutdown(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_shutdown(ssl: *const SSL) -> c_int {
    entry("SSL_get_shutdown", 0, || {
        Ok(c_int::from(connection(ssl)?.status().shutdown()))
    })
}
