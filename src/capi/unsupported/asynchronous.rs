//! Asynchronous jobs (`SSL_get_all_async_fds(3)`, `SSL_set_async_callback(3)`, `SSL_MODE_ASYNC`): engines that pause a handshake. Private
//! key operations here run to their end.

use std::ffi::{c_int, c_void};

use super::foreign::SSL_async_callback_fn;
use super::unsupported;
use crate::capi::entry::store;
use crate::capi::types::{SSL, SSL_CTX};

/// Whether a connection waits for an asynchronous operation. Returns 0: it never does.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_waiting_for_async(_s: *mut SSL) -> c_int {
    0
}

/// The file descriptors to wait for. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_all_async_fds(_s: *mut SSL, _fds: *mut c_int, _numfds: *mut usize) -> c_int {
    unsupported("SSL_get_all_async_fds", 0)
}

/// The file descriptors that came and went. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_changed_async_fds(
    _s: *mut SSL,
    _addfd: *mut c_int,
    _numaddfds: *mut usize,
    _delfd: *mut c_int,
    _numdelfds: *mut usize,
) -> c_int {
    unsupported("SSL_get_changed_async_fds", 0)
}

/// Would set the function that tells when a job may go on. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_async_callback(_ctx: *mut SSL_CTX, _callback: SSL_async_callback_fn) -> c_int {
    unsupported("SSL_CTX_set_async_callback", 0)
}

/// Would set the argument of that function. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_async_callback_arg(_ctx: *mut SSL_CTX, _arg: *mut c_void) -> c_int {
    unsupported("SSL_CTX_set_async_callback_arg", 0)
}

/// Would set the function that tells when a job may go on. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_async_callback(_s: *mut SSL, _callback: SSL_async_callback_fn) -> c_int {
    unsupported("SSL_set_async_callback", 0)
}

/// Would set the argument of that function. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_async_callback_arg(_s: *mut SSL, _arg: *mut c_void) -> c_int {
    unsupported("SSL_set_async_callback_arg", 0)
}

/// How the engine's asynchronous job stands. Stores `ASYNC_STATUS_UNSUPPORTED` (0) and returns 1.
///
/// # Safety
/// `status` is NULL or points at a writable `int`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_async_status(_s: *mut SSL, status: *mut c_int) -> c_int {
    // SAFETY: the caller's contract above.
    unsafe { store(status, 0) };
    1
}
