//! What of a session concerns its ticket: SSL_CTX_set_session_ticket_cb(3), SSL_SESSION_has_ticket(3).

use std::ffi::{c_int, c_uchar, c_ulong, c_void};

use bytes::Bytes;

use super::entry::{bytes, data_ptr, entry, store};
use super::types::SSL_SESSION;
use crate::handles;
use crate::objects::session::SessionObject;

/// Copies `len` bytes from `data` into the session's ticket application data, in place of what was there; NULL or no
/// bytes leave it empty. They go into every ticket made of the session from then on. Returns 1, or 0 on failure.
///
/// SSL_SESSION_set1_ticket_appdata(3)
///
/// # Safety
/// `ss` is a session of this library; `data` points at `len` readable bytes, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_ticket_appdata(
    ss: *mut SSL_SESSION,
    data: *const c_void,
    len: usize,
) -> c_int {
    entry("SSL_SESSION_set1_ticket_appdata", 0, || {
        let session = handles::lookup::<SessionObject>(ss)?;
        // SAFETY: the caller's contract.
        let data = unsafe { bytes(data.cast(), if data.is_null() { 0 } else { len }) }?;
        let data = (!data.is_empty()).then(|| Bytes::copy_from_slice(data));
        session.update(|session| session.appdata = data);
        Ok(1)
    })
}

/// Shows the session's ticket application data: its address in `*data` and its length in `*len`, NULL and 0 if there is
/// none. The bytes belong to the session, are to be read only, and stay until they are set again or the session goes.
/// Returns 1, or 0 on failure.
///
/// SSL_SESSION_get0_ticket_appdata(3)
///
/// # Safety
/// `ss` is a session of this library; `data` and `len` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_ticket_appdata(
    ss: *mut SSL_SESSION,
    data: *mut *mut c_void,
    len: *mut usize,
) -> c_int {
    entry("SSL_SESSION_get0_ticket_appdata", 0, || {
        let session = handles::lookup::<SessionObject>(ss)?;
        let (at, length) = session.read(|session| {
            let appdata = session.appdata.as_deref().unwrap_or_default();
            (data_ptr(appdata), appdata.len())
        });
        // SAFETY: the caller's contract.
        unsafe {
            store(data, at.cast_mut().cast());
            store(len, length);
        }
        Ok(1)
    })
}

/// 1 if the session has a ticket, as a client's may; 0 otherwise.
///
/// SSL_SESSION_has_ticket(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_has_ticket(s: *const SSL_SESSION) -> c_int {
    entry("SSL_SESSION_has_ticket", 0, || {
        let session = handles::lookup::<SessionObject>(s)?;
        Ok(c_int::from(session.read(|session| {
            session.ticket.as_ref().is_some_and(|ticket| !ticket.is_empty())
        })))
    })
}

/// The lifetime that came with the session's ticket, seconds; 0 if it has none.
///
/// SSL_SESSION_has_ticket(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_ticket_lifetime_hint(s: *const SSL_SESSION) -> c_ulong {
    entry("SSL_SESSION_get_ticket_lifetime_hint", 0, || {
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| session.lifetime_hint))
    })
}

/// Shows the session's ticket: its length in `*len` and, unless `tick` is NULL, its address in `*tick`. It belongs to
/// the session. Nothing is stored on failure.
///
/// SSL_SESSION_has_ticket(3)
///
/// # Safety
/// `s` is a session of this library; `tick` is NULL or writable; `len` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_ticket(s: *const SSL_SESSION, tick: *mut *const c_uchar, len: *mut usize) {
    entry("SSL_SESSION_get0_ticket", (), || {
        let session = handles::lookup::<SessionObject>(s)?;
        let (at, length) = session.read(|session| {
            let ticket = session.ticket.as_deref().unwrap_or_default();
            (data_ptr(ticket), ticket.len())
        });
        // SAFETY: the caller's contract.
        unsafe {
            store(len, length);
            store(tick, at);
        }
        Ok(())
    });
}

/// How much early data the session allows, bytes.
///
/// SSL_SESSION_get_max_early_data(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_max_early_data(s: *const SSL_SESSION) -> u32 {
    entry("SSL_SESSION_get_max_early_data", 0, || {
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| session.max_early_data))
    })
}

/// Says how much early data the session allows, bytes. Returns 1, or 0 on failure.
///
/// SSL_SESSION_get_max_early_data(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_max_early_data(s: *mut SSL_SESSION, max_early_data: u32) -> c_int {
    entry("SSL_SESSION_set_max_early_data", 0, || {
        handles::lookup::<SessionObject>(s)?.update(|session| session.max_early_data = max_early_data);
        Ok(1)
    })
}
