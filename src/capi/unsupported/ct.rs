//! Certificate Transparency, RFC 6962 (`SSL_CTX_set_ct_validation_callback(3)`): timestamps are neither asked for nor checked.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::foreign::{CTLOG_STORE, ssl_ct_validation_cb, stack_st_SCT};
use super::unsupported;
use crate::capi::types::{SSL, SSL_CTX};
use crate::libcrypto::discard::free_log_list;

/// Would set the function that judges a server's timestamps. NULL turns checking off, which it is: returns 1. Returns 0
/// for any other function: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_ct_validation_callback(
    _s: *mut SSL,
    callback: ssl_ct_validation_cb,
    _arg: *mut c_void,
) -> c_int {
    if callback.is_none() {
        1
    } else {
        unsupported("SSL_set_ct_validation_callback", 0)
    }
}

/// [`SSL_set_ct_validation_callback`] for the connections of a context.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_ct_validation_callback(
    _ctx: *mut SSL_CTX,
    callback: ssl_ct_validation_cb,
    _arg: *mut c_void,
) -> c_int {
    if callback.is_none() {
        1
    } else {
        unsupported("SSL_CTX_set_ct_validation_callback", 0)
    }
}

/// Would check timestamps by one of the built-in rules. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_enable_ct(_s: *mut SSL, _validation_mode: c_int) -> c_int {
    unsupported("SSL_enable_ct", 0)
}

/// Would check timestamps by one of the built-in rules. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_enable_ct(_ctx: *mut SSL_CTX, _validation_mode: c_int) -> c_int {
    unsupported("SSL_CTX_enable_ct", 0)
}

/// Whether a connection checks timestamps. Returns 0: it does not.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_ct_is_enabled(_s: *const SSL) -> c_int {
    0
}

/// Whether the connections of a context check timestamps. Returns 0: they do not.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_ct_is_enabled(_ctx: *const SSL_CTX) -> c_int {
    0
}

/// The timestamps that the server sent. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peer_scts(_s: *mut SSL) -> *const stack_st_SCT {
    unsupported("SSL_get0_peer_scts", ptr::null())
}

/// Would load the usual list of logs. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_ctlog_list_file(_ctx: *mut SSL_CTX) -> c_int {
    unsupported("SSL_CTX_set_default_ctlog_list_file", 0)
}

/// Would load a list of logs. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_ctlog_list_file(_ctx: *mut SSL_CTX, _path: *const c_char) -> c_int {
    unsupported("SSL_CTX_set_ctlog_list_file", 0)
}

/// Would keep a list of logs. It belongs to the library from here on, so it is freed; the error queue says why.
///
/// # Safety
/// `logs` is NULL or a list that the caller owns and gives away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_ctlog_store(_ctx: *mut SSL_CTX, logs: *mut CTLOG_STORE) {
    // SAFETY: the caller's contract above.
    unsafe { free_log_list(logs) };
    unsupported("SSL_CTX_set0_ctlog_store", ());
}

/// The list of logs. Returns NULL: none was set.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_ctlog_store(_ctx: *const SSL_CTX) -> *const CTLOG_STORE {
    ptr::null()
}
