//! What the TLS filter does when libcrypto calls it. The BIO's data is its SSL handle.

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

use super::super::ssl_io::{SSL_get_error, SSL_read, SSL_write};
use super::super::ssl_lifecycle::SSL_free;
use super::super::ssl_shutdown::SSL_shutdown;
use super::super::types::{BIO, BIO_METHOD, SSL};
use super::{TYPE_SSL, ctrl};
use crate::capi::constants::{
    SSL_ERROR_WANT_ACCEPT, SSL_ERROR_WANT_CONNECT, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE,
    SSL_ERROR_WANT_X509_LOOKUP,
};
use crate::capi::entry::entry;
use crate::libcrypto::bio_method::{self, Again, Functions, Own};

/// BIO_RR_SSL_X509_LOOKUP
pub(super) const REASON_X509_LOOKUP: c_int = 1;
/// BIO_RR_CONNECT
pub(super) const REASON_CONNECT: c_int = 2;
/// BIO_RR_ACCEPT
const REASON_ACCEPT: c_int = 3;

struct Method(*const BIO_METHOD);
// SAFETY: a method is never changed after it was made.
unsafe impl Send for Method {}
// SAFETY: as above.
unsafe impl Sync for Method {}

static METHOD: OnceLock<Method> = OnceLock::new();

/// The one method, made when first asked for.
pub(super) fn shared() -> *const BIO_METHOD {
    let functions = Functions {
        write,
        read,
        puts,
        ctrl: ctrl::ctrl,
        callback_ctrl: ctrl::callback_ctrl,
        create,
        destroy,
    };
    METHOD
        .get_or_init(|| Method(bio_method::new(TYPE_SSL, c"ssl", &functions)))
        .0
}

unsafe extern "C" fn create(bio: *mut BIO) -> c_int {
    // SAFETY: libcrypto passes the BIO that it is making.
    let own = unsafe { Own::new(bio) };
    own.set_ready(false);
    own.set_data(std::ptr::null_mut());
    own.clear_flags();
    1
}

unsafe extern "C" fn destroy(bio: *mut BIO) -> c_int {
    if bio.is_null() {
        return 0;
    }
    // SAFETY: libcrypto passes the BIO that it is freeing.
    let own = unsafe { Own::new(bio) };
    let ssl: *mut SSL = own.data().cast();
    // SAFETY: handles are checked by the callees; NULL is left alone.
    unsafe {
        if !ssl.is_null() {
            SSL_shutdown(ssl);
        }
        if own.close_flag() != 0 {
            if own.is_ready() {
                SSL_free(ssl);
            }
            own.clear_flags();
            own.set_ready(false);
        }
    }
    own.set_data(std::ptr::null_mut());
    1
}

/// Runs one transfer and turns SSL_get_error into the BIO's retry flags.
unsafe fn transfer(bio: *mut BIO, work: impl FnOnce(*mut SSL) -> c_int) -> c_int {
    // SAFETY: libcrypto passes the BIO that it was asked to use.
    let own = unsafe { Own::new(bio) };
    let ssl: *mut SSL = own.data().cast();
    if ssl.is_null() {
        return 0;
    }
    own.clear_retry();
    let moved = work(ssl);
    // SAFETY: the handle is checked by the callee.
    match unsafe { SSL_get_error(ssl, moved) } {
        SSL_ERROR_WANT_READ => own.again(Again::Read),
        SSL_ERROR_WANT_WRITE => own.again(Again::Write),
        SSL_ERROR_WANT_X509_LOOKUP => own.again(Again::Special(REASON_X509_LOOKUP)),
        SSL_ERROR_WANT_CONNECT => own.again(Again::Special(REASON_CONNECT)),
        SSL_ERROR_WANT_ACCEPT => own.again(Again::Special(REASON_ACCEPT)),
        _ => {}
    }
    moved
}

unsafe extern "C" fn read(bio: *mut BIO, buffer: *mut c_char, len: c_int) -> c_int {
    if buffer.is_null() {
        return 0;
    }
    entry("BIO_f_ssl", -1, || {
        // SAFETY: libcrypto passes a buffer of `len` bytes.
        Ok(unsafe { transfer(bio, |ssl| SSL_read(ssl, buffer.cast(), len)) })
    })
}

unsafe extern "C" fn write(bio: *mut BIO, data: *const c_char, len: c_int) -> c_int {
    if data.is_null() {
        return 0;
    }
    entry("BIO_f_ssl", -1, || {
        // SAFETY: libcrypto passes `len` readable bytes.
        Ok(unsafe { transfer(bio, |ssl| SSL_write(ssl, data.cast(), len)) })
    })
}

unsafe extern "C" fn puts(bio: *mut BIO, text: *const c_char) -> c_int {
    if text.is_null() {
        return 0;
    }
    // SAFETY: libcrypto passes a NUL-terminated string.
    let len = unsafe { CStr::from_ptr(text) }.count_bytes();
    // SAFETY: as above.
    unsafe { write(bio, text, c_int::try_from(len).unwrap_or(c_int::MAX)) }
}
