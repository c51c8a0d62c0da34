//! Options and what sessions depend on: `SSL_CTX_set_options(3)`, `SSL_CTX_set_session_id_context(3)`,
//! `SSL_CTX_set_alpn_protos(3)`.

use std::ffi::{c_int, c_uchar, c_uint};

use bytes::Bytes;

use super::entry::{bytes, entry};
use super::types::{SSL, SSL_CTX};
use crate::error::{Error, Reason};
use crate::handles;
use crate::objects::config::{Configurable, is_protocol_list};
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// SSL_MAX_SID_CTX_LENGTH
const MAX_ID_CONTEXT_LEN: c_uint = 32;

/// Switches options on (SSL_OP_…). Returns all that are on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_options(ctx: *mut SSL_CTX, options: u64) -> u64 {
    entry("SSL_CTX_set_options", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.switch_options(options, 0))
    })
}

/// Switches options on (SSL_OP_…). Returns all that are on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_options(ssl: *mut SSL, options: u64) -> u64 {
    entry("SSL_set_options", 0, || {
        Ok(handles::lookup::<Connection>(ssl)?.switch_options(options, 0))
    })
}

/// Switches options off (SSL_OP_…). Returns all that are still on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_clear_options(ctx: *mut SSL_CTX, options: u64) -> u64 {
    entry("SSL_CTX_clear_options", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.switch_options(0, options))
    })
}

/// Switches options off (SSL_OP_…). Returns all that are still on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_clear_options(ssl: *mut SSL, options: u64) -> u64 {
    entry("SSL_clear_options", 0, || {
        Ok(handles::lookup::<Connection>(ssl)?.switch_options(0, options))
    })
}

/// The options that are on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_options(ctx: *const SSL_CTX) -> u64 {
    entry("SSL_CTX_get_options", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().protocol.options)
    })
}

/// The options that are on.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_options(ssl: *const SSL) -> u64 {
    entry("SSL_get_options", 0, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().protocol.options)
    })
}

/// Separates applications or virtual hosts: a session is resumed only under the context it was made in (at most 32 bytes).
/// Returns 1 on success, 0 on failure.
///
/// # Safety
/// `sid_ctx` points at `sid_ctx_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_session_id_context(
    ctx: *mut SSL_CTX,
    sid_ctx: *const c_uchar,
    sid_ctx_len: c_uint,
) -> c_int {
    entry("SSL_CTX_set_session_id_context", 0, || {
        let target = handles::lookup::<Context>(ctx)?;
        if sid_ctx_len > MAX_ID_CONTEXT_LEN {
            return Err(Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG.into());
        }
        // SAFETY: the caller's contract.
        let context = unsafe { bytes(sid_ctx, sid_ctx_len as usize) }?;
        target
            .update(|config| config.resumption.set_id_context(context))
            .map(|()| 1)
    })
}

/// Separates applications or virtual hosts: a session is resumed only under the context it was made in (at most 32 bytes).
/// Returns 1 on success, 0 on failure.
///
/// # Safety
/// `sid_ctx` points at `sid_ctx_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_session_id_context(
    ssl: *mut SSL,
    sid_ctx: *const c_uchar,
    sid_ctx_len: c_uint,
) -> c_int {
    entry("SSL_set_session_id_context", 0, || {
        let target = handles::lookup::<Connection>(ssl)?;
        if sid_ctx_len > MAX_ID_CONTEXT_LEN {
            return Err(Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG.into());
        }
        // SAFETY: the caller's contract.
        let context = unsafe { bytes(sid_ctx, sid_ctx_len as usize) }?;
        target
            .update(|config| config.resumption.set_id_context(context))
            .map(|()| 1)
    })
}

/// The protocols that a client offers (RFC 7301): names, each after its length. Returns 0 on success, 1 on failure.
///
/// # Safety
/// `protos` points at `protos_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_alpn_protos(
    ctx: *mut SSL_CTX,
    protos: *const c_uchar,
    protos_len: c_uint,
) -> c_int {
    entry("SSL_CTX_set_alpn_protos", 1, || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let protocols = unsafe { bytes(protos, if protos.is_null() { 0 } else { protos_len as usize }) }?;
        if !is_protocol_list(protocols) {
            return Err(Error::Silent);
        }
        target.update(|config| config.alpn = Bytes::copy_from_slice(protocols));
        Ok(0)
    })
}

/// The protocols that a client offers (RFC 7301): names, each after its length. Returns 0 on success, 1 on failure.
///
/// # Safety
/// `protos` points at `protos_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_alpn_protos(ssl: *mut SSL, protos: *const c_uchar, protos_len: c_uint) -> c_int {
    entry("SSL_set_alpn_protos", 1, || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let protocols = unsafe { bytes(protos, if protos.is_null() { 0 } else { protos_len as usize }) }?;
        if !is_protocol_list(protocols) {
            return Err(Error::Silent);
        }
        target.update(|config| config.alpn = Bytes::copy_from_slice(protocols));
        Ok(0)
    })
}
