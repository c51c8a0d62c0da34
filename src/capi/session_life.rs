//! SSL_SESSION_new(3), SSL_SESSION_free(3): making, copying, counting sessions; application data on them.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use super::entry::entry;
use super::types::SSL_SESSION;
use crate::handles::{self, Ref};
use crate::objects::session::SessionObject;

/// A new session: no secret, no suite, not verified, made now.
///
/// The caller owns it; NULL on failure. SSL_SESSION_new(3)
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SESSION_new() -> *mut SSL_SESSION {
    entry("SSL_SESSION_new", ptr::null_mut(), || {
        Ok(Arc::new(SessionObject::empty()).name()?.to_c())
    })
}

/// A copy of a session, with its application data.
///
/// The caller owns the copy; NULL on failure. SSL_SESSION_new(3)
///
/// # Safety
/// `src` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_dup(src: *const SSL_SESSION) -> *mut SSL_SESSION {
    entry("SSL_SESSION_dup", ptr::null_mut(), || {
        let session: Ref<SessionObject> = handles::acquire(src)?;
        Ok(session.duplicate(session.as_ptr())?.to_c())
    })
}

/// Takes one more reference on a session. Returns 1, or 0 on failure.
///
/// SSL_SESSION_up_ref(3)
///
/// # Safety
/// `ses` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_up_ref(ses: *mut SSL_SESSION) -> c_int {
    entry("SSL_SESSION_up_ref", 0, || {
        handles::up_ref::<SessionObject>(ses)?;
        Ok(1)
    })
}

/// Gives one reference on a session back. NULL is fine.
///
/// SSL_SESSION_free(3)
///
/// # Safety
/// `ses` is NULL or a session of this library of which the caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_free(ses: *mut SSL_SESSION) {
    entry("SSL_SESSION_free", (), || Ok(handles::release::<SessionObject>(ses)?));
}

/// Keeps the application's `data` with a session under an index from `SSL_SESSION_get_ex_new_index`. Returns 1, or 0
/// on failure. What becomes of `data` in the end is the business of the index's free function.
///
/// SSL_SESSION_set_ex_data(3)
///
/// # Safety
/// `ss` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_ex_data(ss: *mut SSL_SESSION, idx: c_int, data: *mut c_void) -> c_int {
    entry("SSL_SESSION_set_ex_data", 0, || {
        let session = handles::lookup::<SessionObject>(ss)?;
        Ok(c_int::from(session.ex_data(ss).set(idx, data)))
    })
}

/// The application's data under an index; NULL when there is none.
///
/// SSL_SESSION_get_ex_data(3)
///
/// # Safety
/// `ss` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_ex_data(ss: *const SSL_SESSION, idx: c_int) -> *mut c_void {
    entry("SSL_SESSION_get_ex_data", ptr::null_mut(), || {
        let session = handles::lookup::<SessionObject>(ss)?;
        Ok(session.ex_data(ss.cast_mut()).value(idx))
    })
}
