//! Data in the first flight of TLS 1.3, RFC 8446 section 2.3 (`SSL_read_early_data(3)`). It can be replayed; this library neither sends nor
//! accepts it, so a client that offers some is answered by a handshake without.

use std::ffi::{c_char, c_int, c_uchar, c_void};

use super::unsupported;
use crate::capi::constants::{SSL_EARLY_DATA_NOT_SENT, SSL_READ_EARLY_DATA_ERROR};
use crate::capi::entry::{entry, store};
use crate::capi::types::{SSL, SSL_CTX};
use crate::handles;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Would set how many bytes of early data a server's tickets allow. 0 is what holds: returns 1. Returns 0 for anything
/// else: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_max_early_data(_ctx: *mut SSL_CTX, max_early_data: u32) -> c_int {
    only_zero("SSL_CTX_set_max_early_data", max_early_data)
}

/// [`SSL_CTX_set_max_early_data`] for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_max_early_data(_s: *mut SSL, max_early_data: u32) -> c_int {
    only_zero("SSL_set_max_early_data", max_early_data)
}

/// How many bytes of early data the tickets of a context allow: none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_max_early_data(_ctx: *const SSL_CTX) -> u32 {
    0
}

/// How many bytes of early data the tickets of a connection allow: none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_max_early_data(_s: *const SSL) -> u32 {
    0
}

/// Sets how many bytes of early data a server would read and throw away at most. Kept, and not used yet. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_recv_max_early_data(ctx: *mut SSL_CTX, recv_max_early_data: u32) -> c_int {
    entry("SSL_CTX_set_recv_max_early_data", 0, || {
        handles::lookup::<Context>(ctx)?.update(|own| own.resumption.recv_max_early_data = recv_max_early_data);
        Ok(1)
    })
}

/// Sets how many bytes of early data a server would read and throw away at most. Kept, and not used yet. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_recv_max_early_data(s: *mut SSL, recv_max_early_data: u32) -> c_int {
    entry("SSL_set_recv_max_early_data", 0, || {
        handles::lookup::<Connection>(s)?.update(|own| own.resumption.recv_max_early_data = recv_max_early_data);
        Ok(1)
    })
}

/// How many bytes of early data a server would read and throw away at most.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_recv_max_early_data(ctx: *const SSL_CTX) -> u32 {
    entry("SSL_CTX_get_recv_max_early_data", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().resumption.recv_max_early_data)
    })
}

/// How many bytes of early data a server would read and throw away at most.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_recv_max_early_data(s: *const SSL) -> u32 {
    entry("SSL_get_recv_max_early_data", 0, || {
        Ok(handles::lookup::<Connection>(s)?
            .config()
            .resumption
            .recv_max_early_data)
    })
}

/// What became of the early data. Returns `SSL_EARLY_DATA_NOT_SENT`: none is ever sent or accepted.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_early_data_status(_s: *const SSL) -> c_int {
    SSL_EARLY_DATA_NOT_SENT
}

/// Would read early data. Stores 0 and returns `SSL_READ_EARLY_DATA_ERROR`: not supported.
///
/// # Safety
/// `readbytes` is NULL or points at a writable `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read_early_data(
    _s: *mut SSL,
    _buf: *mut c_void,
    _num: usize,
    readbytes: *mut usize,
) -> c_int {
    // SAFETY: the caller's contract above.
    unsafe { store(readbytes, 0) };
    unsupported("SSL_read_early_data", SSL_READ_EARLY_DATA_ERROR)
}

/// Would write early data. Stores 0 and returns 0: not supported.
///
/// # Safety
/// `written` is NULL or points at a writable `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_early_data(
    _s: *mut SSL,
    _buf: *const c_void,
    _num: usize,
    written: *mut usize,
) -> c_int {
    // SAFETY: the caller's contract above.
    unsafe { store(written, 0) };
    unsupported("SSL_write_early_data", 0)
}

/// Would derive keys from the early exporter secret. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_export_keying_material_early(
    _s: *mut SSL,
    _out: *mut c_uchar,
    _olen: usize,
    _label: *const c_char,
    _llen: usize,
    _context: *const c_uchar,
    _contextlen: usize,
) -> c_int {
    unsupported("SSL_export_keying_material_early", 0)
}

fn only_zero(function: &'static str, limit: u32) -> c_int {
    if limit == 0 { 1 } else { unsupported(function, 0) }
}
