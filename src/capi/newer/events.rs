//! SSL_handle_events(3), SSL_get_event_timeout(3), SSL_poll(3) and their relatives, made for QUIC: a TLS connection has no timers
//! and does nothing unasked.

use std::ffi::{c_int, c_void};

use super::unsupported;
use crate::capi::entry::entry;
use crate::capi::ssl_lifecycle::connection;
use crate::capi::ssl_state::SSL_want;
use crate::capi::types::SSL;

/// SSL_READING, SSL_WRITING
const READING: c_int = 3;
const WRITING: c_int = 2;
/// So many seconds are for ever, as in OpenSSL.
const FOR_EVER: i64 = 1_000_000;

/// Returns 1: nothing is to be done.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_handle_events(s: *mut SSL) -> c_int {
    entry("SSL_handle_events", 0, || connection(s).map(|_| 1))
}

/// When [`SSL_handle_events`] is to be called next: never. Returns 1.
///
/// # Safety
/// `tv` is NULL or points at a `struct timeval`, `is_infinite` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_event_timeout(s: *mut SSL, tv: *mut [i64; 2], is_infinite: *mut c_int) -> c_int {
    entry("SSL_get_event_timeout", 0, || {
        connection(s)?;
        // SAFETY: the caller's contract.
        unsafe {
            if !tv.is_null() {
                tv.write([FOR_EVER, 0]);
            }
            if !is_infinite.is_null() {
                is_infinite.write(1);
            }
        }
        Ok(1)
    })
}

/// SSL_want_read(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_net_read_desired(s: *mut SSL) -> c_int {
    // SAFETY: the caller's contract.
    (unsafe { SSL_want(s) } == READING).into()
}

/// SSL_want_write(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_net_write_desired(s: *mut SSL) -> c_int {
    // SAFETY: the caller's contract.
    (unsafe { SSL_want(s) } == WRITING).into()
}

/// Would say what to poll for reading. Returns 0: ask the BIO.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_rpoll_descriptor(_s: *mut SSL, _desc: *mut c_void) -> c_int {
    unsupported("SSL_get_rpoll_descriptor", 0)
}

/// Would say what to poll for writing. Returns 0: ask the BIO.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_wpoll_descriptor(_s: *mut SSL, _desc: *mut c_void) -> c_int {
    unsupported("SSL_get_wpoll_descriptor", 0)
}

/// Would wait for QUIC's objects, and refuses TLS in OpenSSL as well. Returns 0; nothing is ready.
///
/// # Safety
/// `result_count` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_poll(
    _items: *mut c_void,
    _num_items: usize,
    _stride: usize,
    _timeout: *const c_void,
    _flags: u64,
    result_count: *mut usize,
) -> c_int {
    if !result_count.is_null() {
        // SAFETY: the caller's contract.
        unsafe { result_count.write(0) };
    }
    unsupported("SSL_poll", 0)
}

/// How long the peer took to answer in the handshake. Returns 0: not measured.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_handshake_rtt(_s: *const SSL, _rtt: *mut u64) -> c_int {
    0
}
