//! Newer names and wider types for what this library does anyway.

use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};
use std::ptr;

use super::unsupported;
use crate::capi::ctx_sessions::SSL_CTX_flush_sessions;
use crate::capi::entry::entry;
use crate::capi::library::SSL_group_to_name;
use crate::capi::session_codec::d2i_SSL_SESSION;
use crate::capi::session_fields::{SSL_SESSION_get_time, SSL_SESSION_set_time};
use crate::capi::settings_record::{SSL_CTX_set_block_padding, SSL_set_block_padding};
use crate::capi::ssl_groups::negotiated;
use crate::capi::ssl_hello::with_hello;
use crate::capi::ssl_io::SSL_write_ex;
use crate::capi::ssl_lifecycle::connection;
use crate::capi::ssl_shutdown::SSL_shutdown;
use crate::capi::types::{SSL, SSL_CTX, SSL_SESSION};
use crate::error::Error;
use crate::libcrypto::memory;

/// SSL_SESSION_get_time(3), for a `time_t` of any width.
///
/// # Safety
/// `s` is NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_time_ex(s: *const SSL_SESSION) -> i64 {
    // SAFETY: the caller's contract.
    unsafe { SSL_SESSION_get_time(s) }
}

/// SSL_SESSION_set_time(3), likewise.
///
/// # Safety
/// `s` is NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_time_ex(s: *mut SSL_SESSION, t: i64) -> i64 {
    // SAFETY: the caller's contract.
    unsafe { SSL_SESSION_set_time(s, t) }
}

/// SSL_CTX_flush_sessions(3), likewise.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_flush_sessions_ex(ctx: *mut SSL_CTX, tm: i64) {
    SSL_CTX_flush_sessions(ctx, tm);
}

/// d2i_SSL_SESSION(3). Sessions here belong to no library context.
///
/// # Safety
/// As for [`d2i_SSL_SESSION`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn d2i_SSL_SESSION_ex(
    a: *mut *mut SSL_SESSION,
    pp: *mut *const c_uchar,
    length: c_long,
    _libctx: *mut c_void,
    _propq: *const c_char,
) -> *mut SSL_SESSION {
    // SAFETY: the caller's contract.
    unsafe { d2i_SSL_SESSION(a, pp, length) }
}

/// SSL_write_ex(3). The flags are of QUIC's streams: with any, returns 0.
///
/// # Safety
/// As for [`SSL_write_ex`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_ex2(
    s: *mut SSL,
    buf: *const c_void,
    num: usize,
    flags: u64,
    written: *mut usize,
) -> c_int {
    if flags != 0 {
        return unsupported("SSL_write_ex2", 0);
    }
    // SAFETY: the caller's contract.
    unsafe { SSL_write_ex(s, buf, num, written) }
}

/// SSL_shutdown(3). Flags and arguments are of QUIC's connections, and mean nothing here.
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_shutdown_ex(s: *mut SSL, _flags: u64, _args: *const c_void, _args_len: usize) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { SSL_shutdown(s) }
}

/// The name of the group of the key exchange, SSL_get_negotiated_group(3); NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_group_name(s: *mut SSL) -> *const c_char {
    entry("SSL_get0_group_name", ptr::null(), || {
        let nid = negotiated(&*connection(s)?);
        Ok(c_int::try_from(nid).map_or(ptr::null(), |nid| SSL_group_to_name(s, nid)))
    })
}

/// SSL_CTX_set_block_padding(3). Handshake messages of their own size are not padded: any other size for them is refused.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_block_padding_ex(
    ctx: *mut SSL_CTX,
    app_block_size: usize,
    hs_block_size: usize,
) -> c_int {
    if hs_block_size != app_block_size {
        return unsupported("SSL_CTX_set_block_padding_ex", 0);
    }
    SSL_CTX_set_block_padding(ctx, app_block_size)
}

/// SSL_set_block_padding(3), likewise.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_block_padding_ex(ssl: *mut SSL, app_block_size: usize, hs_block_size: usize) -> c_int {
    if hs_block_size != app_block_size {
        return unsupported("SSL_set_block_padding_ex", 0);
    }
    SSL_set_block_padding(ssl, app_block_size)
}

/// The types of the hello's extensions in its order, into the caller's array, which has room for `*num_exts`; without an array,
/// how many there are. Returns 1, or 0 on failure.
///
/// SSL_client_hello_get1_extensions_present(3)
///
/// # Safety
/// `s` is a connection of this library, `num_exts` is NULL or writable, `exts` is NULL or has the room that it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get_extension_order(
    s: *mut SSL,
    exts: *mut u16,
    num_exts: *mut usize,
) -> c_int {
    entry("SSL_client_hello_get_extension_order", 0, || {
        if num_exts.is_null() {
            return Err(Error::Silent);
        }
        let kinds: Vec<u16> = with_hello(s, |hello| hello.extensions().map(|(kind, _)| kind.0).collect())?;
        // SAFETY: the caller's contract.
        let room = unsafe { num_exts.replace(kinds.len()) };
        if exts.is_null() {
            return Ok(1);
        }
        if room < kinds.len() {
            // SAFETY: as above. What it was.
            unsafe { num_exts.write(room) };
            return Ok(0);
        }
        for (place, kind) in kinds.iter().enumerate() {
            // SAFETY: within the room.
            unsafe { exts.add(place).write(*kind) };
        }
        Ok(1)
    })
}

/// The signature algorithms by name, separated by colons, in a string that the caller frees with OPENSSL_free.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get1_builtin_sigalgs(_libctx: *mut c_void) -> *mut c_char {
    entry("SSL_get1_builtin_sigalgs", ptr::null_mut(), || {
        let names: Vec<&str> = crate::objects::scheme::names().collect();
        let mut text = names.join(":").into_bytes();
        text.push(0);
        Ok(memory::duplicate(&text).cast())
    })
}
