//! SSL_SESSION_get_id(3), SSL_SESSION_get0_id_context(3), SSL_SESSION_is_resumable(3): what names a session.

use std::ffi::{c_int, c_uchar, c_uint};
use std::ptr;

use carnet_ticket::SessionId;

use super::entry::{bytes, entry, store};
use super::types::SSL_SESSION;
use crate::error::{Reason, Result};
use crate::handles;
use crate::objects::session::SessionObject;

/// # Safety
/// `len` is NULL or writable.
unsafe fn show(id: &SessionId, len: *mut c_uint) -> *const c_uchar {
    // SAFETY: the caller's promise.
    unsafe { store(len, id.len() as c_uint) };
    id.as_bytes().as_ptr()
}

/// # Safety
/// `data` points at `len` readable bytes, or `len` is 0.
unsafe fn identifier(data: *const c_uchar, len: c_uint, too_long: Reason) -> Result<SessionId> {
    if len as usize > SessionId::MAX_LEN {
        return Err(too_long.into());
    }
    // SAFETY: the caller's promise.
    SessionId::new(unsafe { bytes(data, len as usize) }?).map_err(|_| too_long.into())
}

/// The session's id, at most 32 bytes; the length in `*len` unless that is NULL. It belongs to the session.
///
/// SSL_SESSION_get_id(3)
///
/// # Safety
/// `s` is a session of this library; `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_id(s: *const SSL_SESSION, len: *mut c_uint) -> *const c_uchar {
    entry("SSL_SESSION_get_id", ptr::null(), || {
        // SAFETY: the caller's contract.
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| unsafe { show(&session.session_id, len) }))
    })
}

/// Sets the session's id, at most 32 bytes. Returns 1, or 0 on failure.
///
/// SSL_SESSION_set1_id(3)
///
/// # Safety
/// `s` is a session of this library; `sid` points at `sid_len` readable bytes, or `sid_len` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_id(s: *mut SSL_SESSION, sid: *const c_uchar, sid_len: c_uint) -> c_int {
    entry("SSL_SESSION_set1_id", 0, || {
        let session = handles::lookup::<SessionObject>(s)?;
        // SAFETY: the caller's contract.
        let id = unsafe { identifier(sid, sid_len, Reason::SSL_SESSION_ID_TOO_LONG) }?;
        session.update(|session| session.session_id = id);
        Ok(1)
    })
}

/// The session-id context, at most 32 bytes; the length in `*len` unless that is NULL. It belongs to the session.
///
/// SSL_SESSION_get0_id_context(3)
///
/// # Safety
/// `s` is a session of this library; `len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_id_context(s: *const SSL_SESSION, len: *mut c_uint) -> *const c_uchar {
    entry("SSL_SESSION_get0_id_context", ptr::null(), || {
        // SAFETY: the caller's contract.
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| unsafe { show(&session.session_id_context, len) }))
    })
}

/// Sets the session-id context, at most 32 bytes. Returns 1, or 0 on failure.
///
/// SSL_SESSION_get0_id_context(3)
///
/// # Safety
/// `s` is a session of this library; `sid_ctx` points at `sid_ctx_len` readable bytes, or `sid_ctx_len` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_id_context(
    s: *mut SSL_SESSION,
    sid_ctx: *const c_uchar,
    sid_ctx_len: c_uint,
) -> c_int {
    entry("SSL_SESSION_set1_id_context", 0, || {
        let session = handles::lookup::<SessionObject>(s)?;
        // SAFETY: the caller's contract.
        let id = unsafe { identifier(sid_ctx, sid_ctx_len, Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG) }?;
        session.update(|session| session.session_id_context = id);
        Ok(1)
    })
}

/// 1 if the session can be offered for resumption: it has an id or a ticket, and its connection did not fail.
///
/// SSL_SESSION_is_resumable(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_is_resumable(s: *const SSL_SESSION) -> c_int {
    entry("SSL_SESSION_is_resumable", 0, || {
        Ok(c_int::from(handles::lookup::<SessionObject>(s)?.is_resumable()))
    })
}

/// The session's compression method: 0, there is none in carnet.
///
/// SSL_SESSION_get_compress_id(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_compress_id(s: *const SSL_SESSION) -> c_uint {
    entry("SSL_SESSION_get_compress_id", 0, || {
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| session.compression.unwrap_or(0).into()))
    })
}
