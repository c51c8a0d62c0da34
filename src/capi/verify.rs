//! How the peer is judged: `SSL_CTX_set_verify(3)`, `SSL_CTX_set1_param(3)`, `SSL_set1_host(3)`.

use std::ffi::{c_char, c_int, c_uint};
use std::ptr;

use super::entry::{entry, optional_string};
use super::types::{SSL, SSL_CTX, SSL_verify_cb, X509_VERIFY_PARAM};
use crate::error::{Error, Result};
use crate::handles;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Whether and how the peer must prove who it is: SSL_VERIFY_… bits, and a callback or NULL to keep the one there is.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_verify(ctx: *mut SSL_CTX, mode: c_int, callback: SSL_verify_cb) {
    entry("SSL_CTX_set_verify", (), || {
        handles::lookup::<Context>(ctx)?.set_verify(mode, callback);
        Ok(())
    })
}

/// Whether and how the peer must prove who it is: SSL_VERIFY_… bits, and a callback or NULL to keep the one there is.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_verify(ssl: *mut SSL, mode: c_int, callback: SSL_verify_cb) {
    entry("SSL_set_verify", (), || {
        handles::lookup::<Connection>(ssl)?.set_verify(mode, callback);
        Ok(())
    })
}

/// The longest chain that is accepted, not counting the peer's certificate and the root.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_verify_depth(ctx: *mut SSL_CTX, depth: c_int) {
    entry("SSL_CTX_set_verify_depth", (), || {
        handles::lookup::<Context>(ctx)?.param()?.set_depth(depth);
        Ok(())
    })
}

/// The longest chain that is accepted, not counting the peer's certificate and the root.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_verify_depth(ssl: *mut SSL, depth: c_int) {
    entry("SSL_set_verify_depth", (), || {
        handles::lookup::<Connection>(ssl)?.param()?.set_depth(depth);
        Ok(())
    })
}

/// The depth that was set, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_verify_depth(ctx: *const SSL_CTX) -> c_int {
    entry("SSL_CTX_get_verify_depth", -1, || {
        Ok(handles::lookup::<Context>(ctx)?.param()?.depth())
    })
}

/// The depth that was set, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_depth(ssl: *const SSL) -> c_int {
    entry("SSL_get_verify_depth", -1, || {
        Ok(handles::lookup::<Connection>(ssl)?.param()?.depth())
    })
}

/// The SSL_VERIFY_… bits.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_verify_mode(ctx: *const SSL_CTX) -> c_int {
    entry("SSL_CTX_get_verify_mode", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().verify.mode)
    })
}

/// The SSL_VERIFY_… bits.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_mode(ssl: *const SSL) -> c_int {
    entry("SSL_get_verify_mode", 0, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().verify.mode)
    })
}

/// The verify callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_verify_callback(ctx: *const SSL_CTX) -> SSL_verify_cb {
    entry("SSL_CTX_get_verify_callback", None, || {
        Ok(handles::lookup::<Context>(ctx)?.config().verify.callback)
    })
}

/// The verify callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_callback(ssl: *const SSL) -> SSL_verify_cb {
    entry("SSL_get_verify_callback", None, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().verify.callback)
    })
}

/// What peers' certificates must be good for (X509_PURPOSE_…). Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_purpose(ctx: *mut SSL_CTX, purpose: c_int) -> c_int {
    entry("SSL_CTX_set_purpose", 0, || {
        made(handles::lookup::<Context>(ctx)?.param()?.set_purpose(purpose))
    })
}

/// What peers' certificates must be good for (X509_PURPOSE_…). Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_purpose(ssl: *mut SSL, purpose: c_int) -> c_int {
    entry("SSL_set_purpose", 0, || {
        made(handles::lookup::<Connection>(ssl)?.param()?.set_purpose(purpose))
    })
}

/// How certificates are trusted (X509_TRUST_…). Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_trust(ctx: *mut SSL_CTX, trust: c_int) -> c_int {
    entry("SSL_CTX_set_trust", 0, || {
        made(handles::lookup::<Context>(ctx)?.param()?.set_trust(trust))
    })
}

/// How certificates are trusted (X509_TRUST_…). Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_trust(ssl: *mut SSL, trust: c_int) -> c_int {
    entry("SSL_set_trust", 0, || {
        made(handles::lookup::<Connection>(ssl)?.param()?.set_trust(trust))
    })
}

/// Copies parameters of a verification. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `vpm` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_param(ctx: *mut SSL_CTX, vpm: *mut X509_VERIFY_PARAM) -> c_int {
    entry("SSL_CTX_set1_param", 0, || {
        let target = handles::lookup::<Context>(ctx)?;
        if vpm.is_null() {
            return Err(Error::NULL);
        }
        // SAFETY: the caller's contract.
        made(unsafe { target.param()?.set_from(vpm) })
    })
}

/// Copies parameters of a verification. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `vpm` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_param(ssl: *mut SSL, vpm: *mut X509_VERIFY_PARAM) -> c_int {
    entry("SSL_set1_param", 0, || {
        let target = handles::lookup::<Connection>(ssl)?;
        if vpm.is_null() {
            return Err(Error::NULL);
        }
        // SAFETY: the caller's contract.
        made(unsafe { target.param()?.set_from(vpm) })
    })
}

/// The parameters of verifications, owned by the object.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_param(ctx: *mut SSL_CTX) -> *mut X509_VERIFY_PARAM {
    entry("SSL_CTX_get0_param", ptr::null_mut(), || {
        Ok(handles::lookup::<Context>(ctx)?.param()?.as_ptr())
    })
}

/// The parameters of verifications, owned by the object.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_param(ssl: *mut SSL) -> *mut X509_VERIFY_PARAM {
    entry("SSL_get0_param", ptr::null_mut(), || {
        Ok(handles::lookup::<Connection>(ssl)?.param()?.as_ptr())
    })
}

/// The host name that the peer's certificate must have; NULL or empty for any. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_host(ssl: *mut SSL, name: *const c_char) -> c_int {
    entry("SSL_set1_host", 0, || {
        // SAFETY: the caller's contract.
        let name = unsafe { optional_string(name) };
        made(handles::lookup::<Connection>(ssl)?.param()?.set_host(name))
    })
}

/// One more host name that the peer's certificate may have. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add1_host(ssl: *mut SSL, name: *const c_char) -> c_int {
    entry("SSL_add1_host", 0, || {
        // SAFETY: the caller's contract.
        let name = unsafe { optional_string(name) };
        made(handles::lookup::<Connection>(ssl)?.param()?.add_host(name))
    })
}

/// How host names are compared (X509_CHECK_FLAG_…).
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_hostflags(ssl: *mut SSL, flags: c_uint) {
    entry("SSL_set_hostflags", (), || {
        handles::lookup::<Connection>(ssl)?.param()?.set_host_flags(flags);
        Ok(())
    })
}

/// The name of the peer's certificate that matched, owned by the connection; NULL when none was asked for.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peername(ssl: *mut SSL) -> *const c_char {
    entry("SSL_get0_peername", ptr::null(), || {
        Ok(handles::lookup::<Connection>(ssl)?.param()?.peer_name())
    })
}

/// libcrypto says why on the queue.
fn made(good: bool) -> Result<c_int> {
    if good { Ok(1) } else { Err(Error::Queued) }
}
