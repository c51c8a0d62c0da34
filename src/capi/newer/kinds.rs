//! What an `SSL` may be besides a TLS connection since there is QUIC: SSL_is_quic(3), SSL_get0_connection(3),
//! SSL_get0_listener(3), SSL_get0_domain(3).

use std::ffi::c_int;
use std::ptr;

use crate::capi::entry::entry;
use crate::capi::ssl_lifecycle::connection;
use crate::capi::types::SSL;

/// Returns 1 for a connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_tls(s: *const SSL) -> c_int {
    entry("SSL_is_tls", 0, || connection(s).map(|_| 1))
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_quic(_s: *const SSL) -> c_int {
    0
}

/// Returns 1 for a connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_connection(s: *mut SSL) -> c_int {
    entry("SSL_is_connection", 0, || connection(s).map(|_| 1))
}

/// The connection itself.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_connection(s: *mut SSL) -> *mut SSL {
    s
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_listener(_s: *mut SSL) -> c_int {
    0
}

/// Returns NULL: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_listener(_s: *mut SSL) -> *mut SSL {
    ptr::null_mut()
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_domain(_s: *mut SSL) -> c_int {
    0
}

/// Returns NULL: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_domain(_s: *mut SSL) -> *mut SSL {
    ptr::null_mut()
}
