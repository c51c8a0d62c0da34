//! SSL_get_client_random(3), SSL_get_finished(3), SSL_export_keying_material(3).

use std::ffi::{c_char, c_int, c_uchar, c_void};

use carnet_tls::ProtocolVersion;

use super::entry::{bytes, bytes_mut, entry};
use super::ssl_lifecycle::connection;
use super::types::SSL;
use crate::error::{Error, Reason, Result};
use crate::objects::connection::Connection;

/// Copies as much of `from` as fits and returns how much that was; with no room, how long `from` is.
///
/// # Safety
/// `out` points at `outlen` writable bytes.
unsafe fn copy_out(from: &[u8], out: *mut u8, outlen: usize) -> Result<usize> {
    if outlen == 0 {
        return Ok(from.len());
    }
    let len = from.len().min(outlen);
    // SAFETY: the caller's promise.
    let room = unsafe { bytes_mut(out, len) }?;
    room.copy_from_slice(from.get(..len).unwrap_or_default());
    Ok(len)
}

/// Copies the client's random. Returns how many bytes, or with no room how many there are.
///
/// SSL_get_client_random(3)
///
/// # Safety
/// `ssl` is a connection of this library, `out` points at `outlen` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_client_random(ssl: *const SSL, out: *mut c_uchar, outlen: usize) -> usize {
    entry("SSL_get_client_random", 0, || {
        let random = connection(ssl)?
            .with_engine(|engine| engine.client_random())
            .unwrap_or_default();
        // SAFETY: the caller's contract above.
        unsafe { copy_out(&random, out, outlen) }
    })
}

/// Copies the server's random. Returns how many bytes, or with no room how many there are.
///
/// SSL_get_server_random(3)
///
/// # Safety
/// `ssl` is a connection of this library, `out` points at `outlen` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_server_random(ssl: *const SSL, out: *mut c_uchar, outlen: usize) -> usize {
    entry("SSL_get_server_random", 0, || {
        let random = connection(ssl)?
            .with_engine(|engine| engine.server_random())
            .unwrap_or_default();
        // SAFETY: the caller's contract above.
        unsafe { copy_out(&random, out, outlen) }
    })
}

/// Copies what fits of a Finished message and returns its whole length.
///
/// # Safety
/// `buf` points at `count` writable bytes.
unsafe fn finished(message: &[u8], buf: *mut c_void, count: usize) -> Result<usize> {
    if count != 0 {
        // SAFETY: the caller's promise.
        unsafe { copy_out(message, buf.cast(), count) }?;
    }
    Ok(message.len())
}

/// Copies our Finished. Returns its length, 0 before it was sent.
///
/// SSL_get_finished(3)
///
/// # Safety
/// `s` is a connection of this library, `buf` points at `count` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_finished(s: *const SSL, buf: *mut c_void, count: usize) -> usize {
    entry("SSL_get_finished", 0, || {
        let message = connection(s)?
            .with_engine(|engine| engine.finished_local().to_vec())
            .unwrap_or_default();
        // SAFETY: the caller's contract above.
        unsafe { finished(&message, buf, count) }
    })
}

/// Copies the peer's Finished. Returns its length, 0 before it came.
///
/// SSL_get_peer_finished(3)
///
/// # Safety
/// `s` is a connection of this library, `buf` points at `count` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_peer_finished(s: *const SSL, buf: *mut c_void, count: usize) -> usize {
    entry("SSL_get_peer_finished", 0, || {
        let message = connection(s)?
            .with_engine(|engine| engine.finished_peer().to_vec())
            .unwrap_or_default();
        // SAFETY: the caller's contract above.
        unsafe { finished(&message, buf, count) }
    })
}

/// In TLS 1.2 exporters share their labels with the handshake's own derivations, which nobody may repeat (RFC 5705
/// section 4). OpenSSL refuses every label that begins with one of those.
fn is_reserved(connection: &Connection, label: &[u8]) -> bool {
    const RESERVED: [&[u8]; 5] = [
        b"client finished",
        b"server finished",
        b"master secret",
        b"extended master secret",
        b"key expansion",
    ];
    let is_tls12 = connection.with_engine(|engine| engine.version() == Some(ProtocolVersion::TLS1_2));
    is_tls12 == Some(true) && RESERVED.iter().any(|reserved| label.starts_with(reserved))
}

/// Derives keying material for the application (RFC 8446 section 7.5). Returns 1, 0 or less on failure.
///
/// SSL_export_keying_material(3)
///
/// # Safety
/// `s` is a connection of this library, `out` points at `olen` writable, `label` at `llen` and `context` at `contextlen`
/// readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_export_keying_material(
    s: *mut SSL,
    out: *mut c_uchar,
    olen: usize,
    label: *const c_char,
    llen: usize,
    context: *const c_uchar,
    contextlen: usize,
    use_context: c_int,
) -> c_int {
    const FAILURE: c_int = -1;
    entry("SSL_export_keying_material", FAILURE, || {
        // SAFETY: the caller's contract above.
        let (out, label) = unsafe { (bytes_mut(out, olen)?, bytes(label.cast(), llen)?) };
        // SAFETY: as above.
        let context = unsafe { bytes(context, if use_context == 0 { 0 } else { contextlen }) }?;
        let context = (use_context != 0).then_some(context);
        if is_reserved(&*connection(s)?, label) {
            Error::from(Reason::TLS_ILLEGAL_EXPORTER_LABEL).push("SSL_export_keying_material");
            return Ok(0);
        }
        let exported = connection(s)?
            .with_engine(|engine| engine.export_keying_material(out, label, context))
            .ok_or(Error::Silent)?;
        // Before the handshake is done OpenSSL fails without a word.
        exported.map_err(|_| Error::Silent)?;
        Ok(1)
    })
}
