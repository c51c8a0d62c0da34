//! Data in the first flight of TLS 1.3, RFC 8446 section 2.3 (`SSL_read_early_data(3)`). It may be a replay; see the manual page
//! for what keeps a server from taking it twice.

use std::ffi::{c_char, c_int, c_uchar, c_void};

use carnet_tls::EarlyDataStatus;

use super::constants::{
    SSL_EARLY_DATA_ACCEPTED, SSL_EARLY_DATA_NOT_SENT, SSL_EARLY_DATA_REJECTED, SSL_READ_EARLY_DATA_ERROR,
    SSL_READ_EARLY_DATA_FINISH, SSL_READ_EARLY_DATA_SUCCESS,
};
use super::entry::{bytes, bytes_mut, entry, store};
use super::ssl_lifecycle::connection;
use super::types::{SSL, SSL_CTX};
use crate::drive::early;
use crate::error::Error;
use crate::handles;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Sets how many bytes of early data a server's tickets allow; 0 for none. Tickets then work once, unless
/// SSL_OP_NO_ANTI_REPLAY says otherwise. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_max_early_data(ctx: *mut SSL_CTX, max_early_data: u32) -> c_int {
    entry("SSL_CTX_set_max_early_data", 0, || {
        handles::lookup::<Context>(ctx)?.update(|own| own.resumption.max_early_data = max_early_data);
        Ok(1)
    })
}

/// [`SSL_CTX_set_max_early_data`] for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_max_early_data(s: *mut SSL, max_early_data: u32) -> c_int {
    entry("SSL_set_max_early_data", 0, || {
        handles::lookup::<Connection>(s)?.update(|own| own.resumption.max_early_data = max_early_data);
        Ok(1)
    })
}

/// How many bytes of early data the tickets of a context allow.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_max_early_data(ctx: *const SSL_CTX) -> u32 {
    entry("SSL_CTX_get_max_early_data", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().resumption.max_early_data)
    })
}

/// How many bytes of early data the tickets of a connection allow. A client's, once it writes early data: how many it may write.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_max_early_data(s: *const SSL) -> u32 {
    entry("SSL_get_max_early_data", 0, || {
        Ok(handles::lookup::<Connection>(s)?.config().resumption.max_early_data)
    })
}

/// Sets how many bytes of early data a server takes at most, whether it reads them or throws them away. Returns 1 on success,
/// 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_recv_max_early_data(ctx: *mut SSL_CTX, recv_max_early_data: u32) -> c_int {
    entry("SSL_CTX_set_recv_max_early_data", 0, || {
        handles::lookup::<Context>(ctx)?.update(|own| own.resumption.recv_max_early_data = recv_max_early_data);
        Ok(1)
    })
}

/// Sets how many bytes of early data a server takes at most, whether it reads them or throws them away. Returns 1 on success,
/// 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_recv_max_early_data(s: *mut SSL, recv_max_early_data: u32) -> c_int {
    entry("SSL_set_recv_max_early_data", 0, || {
        handles::lookup::<Connection>(s)?.update(|own| own.resumption.recv_max_early_data = recv_max_early_data);
        Ok(1)
    })
}

/// How many bytes of early data a server takes at most.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_recv_max_early_data(ctx: *const SSL_CTX) -> u32 {
    entry("SSL_CTX_get_recv_max_early_data", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().resumption.recv_max_early_data)
    })
}

/// How many bytes of early data a server takes at most.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_recv_max_early_data(s: *const SSL) -> u32 {
    entry("SSL_get_recv_max_early_data", 0, || {
        Ok(handles::lookup::<Connection>(s)?
            .config()
            .resumption
            .recv_max_early_data)
    })
}

/// What became of the early data: `SSL_EARLY_DATA_NOT_SENT`, `…_REJECTED` or `…_ACCEPTED`.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_early_data_status(s: *const SSL) -> c_int {
    entry("SSL_get_early_data_status", SSL_EARLY_DATA_NOT_SENT, || {
        Ok(match early::outcome(&*handles::lookup::<Connection>(s)?) {
            EarlyDataStatus::NotSent => SSL_EARLY_DATA_NOT_SENT,
            EarlyDataStatus::Rejected => SSL_EARLY_DATA_REJECTED,
            EarlyDataStatus::Accepted => SSL_EARLY_DATA_ACCEPTED,
        })
    })
}

/// Server: reads up to `num` bytes of early data; how many comes through `readbytes`. Returns `SSL_READ_EARLY_DATA_SUCCESS`;
/// `SSL_READ_EARLY_DATA_FINISH`, with 0 bytes, when there is no more; or `SSL_READ_EARLY_DATA_ERROR`: see SSL_get_error(3).
///
/// # Safety
/// `s` is a connection of this library, `buf` points at `num` writable bytes, `readbytes` is NULL or points at a writable
/// `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read_early_data(
    s: *mut SSL,
    buf: *mut c_void,
    num: usize,
    readbytes: *mut usize,
) -> c_int {
    entry("SSL_read_early_data", SSL_READ_EARLY_DATA_ERROR, || {
        // SAFETY: the caller's contract above.
        let buffer = unsafe { bytes_mut(buf.cast(), num) }?;
        let (result, count) = match early::read(&*connection(s)?, buffer) {
            Ok(Some(count)) => (SSL_READ_EARLY_DATA_SUCCESS, count),
            Ok(None) => (SSL_READ_EARLY_DATA_FINISH, 0),
            Err(halt) => {
                halt.read_result("SSL_read_early_data");
                return Err(Error::Silent);
            }
        };
        // SAFETY: the caller's contract above.
        unsafe { store(readbytes, count) };
        Ok(result)
    })
}

/// Client: sends its hello, the first time, and `num` bytes of early data; how many were written comes through `written`.
/// Server: answers early data before the handshake is done. Returns 1, or 0: see SSL_get_error(3).
///
/// # Safety
/// `s` is a connection of this library, `buf` points at `num` readable bytes, `written` is NULL or points at a writable
/// `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_early_data(
    s: *mut SSL,
    buf: *const c_void,
    num: usize,
    written: *mut usize,
) -> c_int {
    entry("SSL_write_early_data", 0, || {
        // SAFETY: the caller's contract above.
        let data = unsafe { bytes(buf.cast(), num) }?;
        let count = early::write(&*connection(s)?, data).map_err(|halt| {
            halt.read_result("SSL_write_early_data");
            Error::Silent
        })?;
        // SAFETY: the caller's contract above.
        unsafe { store(written, count) };
        Ok(1)
    })
}

/// Derives keying material from the early secret (RFC 8446 section 7.5): on a client that has sent early data, and on a server
/// that has accepted it. Returns 1, or 0 on failure.
///
/// # Safety
/// `s` is a connection of this library, `out` points at `olen` writable, `label` at `llen` and `context` at `contextlen`
/// readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_export_keying_material_early(
    s: *mut SSL,
    out: *mut c_uchar,
    olen: usize,
    label: *const c_char,
    llen: usize,
    context: *const c_uchar,
    contextlen: usize,
) -> c_int {
    entry("SSL_export_keying_material_early", 0, || {
        // SAFETY: the caller's contract above.
        let (out, label) = unsafe { (bytes_mut(out, olen)?, bytes(label.cast(), llen)?) };
        // SAFETY: as above.
        let context = unsafe { bytes(context, contextlen) }?;
        // OpenSSL fails without a word.
        connection(s)?
            .with_engine(|engine| engine.export_early_keying_material(out, label, context))
            .ok_or(Error::Silent)?
            .map_err(|_| Error::Silent)?;
        Ok(1)
    })
}
