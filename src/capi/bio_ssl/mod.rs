//! BIO_f_ssl(3): TLS as a filter in a chain of BIOs.

mod ctrl;
mod method;

use std::ffi::{c_int, c_long};
use std::ptr;

use super::entry::entry;
use super::ssl_lifecycle::{SSL_free, SSL_new, SSL_set_accept_state, SSL_set_connect_state};
use super::ssl_session::SSL_copy_session_id;
use super::ssl_shutdown::SSL_shutdown;
use super::types::{BIO, BIO_METHOD, SSL, SSL_CTX};
use crate::error::Error;
use crate::libcrypto::bio::{self, Bio};
use crate::libcrypto::bio_method;

/// BIO_TYPE_SSL: number 7, a filter.
const TYPE_SSL: c_int = 7 | 0x0200;
const C_SET_SSL: c_int = 109;
const CLOSE: c_long = 1;

/// The method of a BIO that does TLS over the BIO behind it. Give it an SSL with `BIO_set_ssl`.
///
/// The method is static; NULL when memory is short. BIO_f_ssl(3)
#[unsafe(no_mangle)]
pub extern "C" fn BIO_f_ssl() -> *const BIO_METHOD {
    entry("BIO_f_ssl", ptr::null(), || Ok(method::shared()))
}

/// A TLS BIO with a new SSL of `ctx`, a client's when `client` is not 0. The SSL is freed with the BIO.
///
/// The caller owns the BIO; NULL on failure. BIO_f_ssl(3)
///
/// # Safety
/// `ctx` is an SSL_CTX of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_ssl(ctx: *mut SSL_CTX, client: c_int) -> *mut BIO {
    entry("BIO_new_ssl", ptr::null_mut(), || {
        let bio = bio::with_method(method::shared()).ok_or(Error::Queued)?;
        // SAFETY: handles are checked; the SSL goes to the BIO, which frees it.
        unsafe {
            let ssl = SSL_new(ctx);
            if ssl.is_null() {
                return Err(Error::Queued);
            }
            if client != 0 {
                SSL_set_connect_state(ssl)
            } else {
                SSL_set_accept_state(ssl)
            }
            if bio_method::ctrl(bio.as_ptr(), C_SET_SSL, CLOSE, ssl.cast()) != 1 {
                SSL_free(ssl);
                return Err(Error::Queued);
            }
        }
        Ok(bio.into_raw())
    })
}

/// A TLS client BIO on top of a connect BIO: `BIO_set_conn_hostname` says where to.
///
/// The caller owns the chain; NULL on failure. BIO_f_ssl(3)
///
/// # Safety
/// `ctx` is an SSL_CTX of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_ssl_connect(ctx: *mut SSL_CTX) -> *mut BIO {
    entry("BIO_new_ssl_connect", ptr::null_mut(), || {
        // SAFETY: the caller's contract; the BIO is ours when it is not NULL.
        let tls = unsafe { Bio::from_owned(BIO_new_ssl(ctx, 1)) }.ok_or(Error::Silent)?;
        let connect = bio::connect().ok_or(Error::Queued)?;
        Ok(bio::push(tls, connect).into_raw())
    })
}

/// The same with a buffering BIO in front.
///
/// The caller owns the chain; NULL on failure. BIO_f_ssl(3)
///
/// # Safety
/// `ctx` is an SSL_CTX of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_buffer_ssl_connect(ctx: *mut SSL_CTX) -> *mut BIO {
    entry("BIO_new_buffer_ssl_connect", ptr::null_mut(), || {
        let buffer = bio::buffer().ok_or(Error::Queued)?;
        // SAFETY: the caller's contract; the chain is ours when it is not NULL.
        let chain = unsafe { Bio::from_owned(BIO_new_ssl_connect(ctx)) }.ok_or(Error::Silent)?;
        Ok(bio::push(buffer, chain).into_raw())
    })
}

/// The SSL of the first TLS BIO in a chain; NULL when there is none.
///
/// # Safety
/// `bio` is NULL or live.
unsafe fn ssl_of(bio: *mut BIO) -> *mut SSL {
    // SAFETY: the caller's promise; `find` gives NULL or a BIO of our method.
    unsafe {
        let found = bio_method::find(bio, TYPE_SSL);
        if found.is_null() {
            ptr::null_mut()
        } else {
            bio_method::Own::new(found).data().cast()
        }
    }
}

/// Copies the session of the first TLS BIO of `from` to that of `to`. Returns 1, or 0 when either has none.
///
/// BIO_f_ssl(3)
///
/// # Safety
/// `to` and `from` are NULL or live BIOs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_ssl_copy_session_id(to: *mut BIO, from: *mut BIO) -> c_int {
    entry("BIO_ssl_copy_session_id", 0, || {
        // SAFETY: the caller's contract; what is found are our own handles.
        let (to, from) = unsafe { (ssl_of(to), ssl_of(from)) };
        if to.is_null() || from.is_null() {
            return Err(Error::Silent);
        }
        // SAFETY: handles are checked by the callee.
        Ok(unsafe { SSL_copy_session_id(to, from) })
    })
}

/// Sends close_notify on every TLS BIO of the chain.
///
/// BIO_f_ssl(3)
///
/// # Safety
/// `bio` is NULL or a live BIO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_ssl_shutdown(bio: *mut BIO) {
    entry("BIO_ssl_shutdown", (), || {
        // SAFETY: the caller's contract; each next belongs to the same live chain.
        unsafe {
            let mut at = bio_method::find(bio, TYPE_SSL);
            while !at.is_null() {
                SSL_shutdown(bio_method::Own::new(at).data().cast());
                at = bio_method::find(bio_method::Own::new(at).next(), TYPE_SSL);
            }
        }
        Ok(())
    });
}
