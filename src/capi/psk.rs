//! What is left of TLS 1.2's pre-shared keys, RFC 4279 (`SSL_CTX_use_psk_identity_hint(3)`): there are no cipher suites for them.
//! The callbacks are in `callbacks_connection`, and serve TLS 1.3.

use std::ffi::{c_char, c_int};
use std::ptr;

use super::entry::{entry, optional_string};
use super::types::{SSL, SSL_CTX};
use crate::error::{Reason, Result};
use crate::handles;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// PSK_MAX_IDENTITY_LEN
const MAX_HINT_LEN: usize = 256;

/// The hint that a server gives its TLS 1.2 clients; NULL for none. TLS 1.3 has no hints, so it is checked and nobody ever gets
/// it. Returns 1, or 0 if it is longer than 256 bytes.
///
/// # Safety
/// `identity_hint` is NULL or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_psk_identity_hint(ctx: *mut SSL_CTX, identity_hint: *const c_char) -> c_int {
    entry("SSL_CTX_use_psk_identity_hint", 0, || {
        handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract above.
        unsafe { check_hint(identity_hint) }
    })
}

/// [`SSL_CTX_use_psk_identity_hint`] for one connection.
///
/// # Safety
/// `identity_hint` is NULL or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_psk_identity_hint(s: *mut SSL, identity_hint: *const c_char) -> c_int {
    entry("SSL_use_psk_identity_hint", 0, || {
        handles::lookup::<Connection>(s)?;
        // SAFETY: the caller's contract above.
        unsafe { check_hint(identity_hint) }
    })
}

/// # Safety
/// `hint` is NULL or a NUL-terminated string.
unsafe fn check_hint(hint: *const c_char) -> Result<c_int> {
    // SAFETY: the caller's promise.
    match unsafe { optional_string(hint) } {
        Some(hint) if hint.count_bytes() > MAX_HINT_LEN => Err(Reason::DATA_LENGTH_TOO_LONG.into()),
        _ => Ok(1),
    }
}

/// The server's hint in TLS 1.2. Returns NULL: there was none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_psk_identity_hint(_s: *const SSL) -> *const c_char {
    ptr::null()
}

/// The client's identity in TLS 1.2. Returns NULL, in TLS 1.3 also with a PSK: so does OpenSSL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_psk_identity(_s: *const SSL) -> *const c_char {
    ptr::null()
}
