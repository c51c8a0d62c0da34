//! Pre-shared keys of TLS 1.2, RFC 4279 (`SSL_CTX_use_psk_identity_hint(3)`): there are no cipher suites for them.

use std::ffi::{c_char, c_int};
use std::ptr;

use super::unsupported;
use crate::capi::types::{SSL, SSL_CTX};

/// Would set the hint that a server gives its clients. NULL for none is what holds: returns 1. Returns 0 for any other:
/// not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_psk_identity_hint(_ctx: *mut SSL_CTX, identity_hint: *const c_char) -> c_int {
    if identity_hint.is_null() {
        1
    } else {
        unsupported("SSL_CTX_use_psk_identity_hint", 0)
    }
}

/// [`SSL_CTX_use_psk_identity_hint`] for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_use_psk_identity_hint(_s: *mut SSL, identity_hint: *const c_char) -> c_int {
    if identity_hint.is_null() {
        1
    } else {
        unsupported("SSL_use_psk_identity_hint", 0)
    }
}

/// The server's hint. Returns NULL: there was none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_psk_identity_hint(_s: *const SSL) -> *const c_char {
    ptr::null()
}

/// The client's identity. Returns NULL: there was none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_psk_identity(_s: *const SSL) -> *const c_char {
    ptr::null()
}
