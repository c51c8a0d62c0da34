//! BIO_ctrl on a TLS filter (BIO_ctrl(3), BIO_f_ssl(3)).

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use super::super::ssl_bio::{SSL_get_rbio, SSL_get_wbio, SSL_set_bio};
use super::super::ssl_io::{SSL_get_error, SSL_pending};
use super::super::ssl_lifecycle::{
    SSL_clear, SSL_do_handshake, SSL_dup, SSL_free, SSL_is_server, SSL_set_accept_state, SSL_set_connect_state,
};
use super::super::ssl_shutdown::SSL_shutdown;
use super::super::types::{BIO, SSL};
use super::C_SET_SSL;
use super::method::{REASON_CONNECT, REASON_X509_LOOKUP};
use crate::capi::constants::{
    SSL_ERROR_WANT_CONNECT, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_X509_LOOKUP,
};
use crate::capi::entry::entry;
use crate::libcrypto::bio::InfoCallback;
use crate::libcrypto::bio_method::{self, Again, Own};

const CTRL_RESET: c_int = 1;
const CTRL_INFO: c_int = 3;
const CTRL_PUSH: c_int = 6;
const CTRL_POP: c_int = 7;
const CTRL_GET_CLOSE: c_int = 8;
const CTRL_SET_CLOSE: c_int = 9;
const CTRL_PENDING: c_int = 10;
const CTRL_FLUSH: c_int = 11;
const CTRL_DUP: c_int = 12;
const CTRL_WPENDING: c_int = 13;
const CTRL_SET_CALLBACK: c_int = 14;
const C_DO_STATE_MACHINE: c_int = 101;
const C_GET_SSL: c_int = 110;
const C_SSL_MODE: c_int = 119;
// TLS 1.3 has no renegotiation, and carnet offers none: asking for it after so many bytes or seconds does nothing.
const C_SET_RENEGOTIATE_BYTES: c_int = 125;
const C_GET_RENEGOTIATIONS: c_int = 126;
const C_SET_RENEGOTIATE_TIMEOUT: c_int = 127;

/// BIO_ctrl.
pub(super) unsafe extern "C" fn ctrl(bio: *mut BIO, cmd: c_int, num: c_long, arg: *mut c_void) -> c_long {
    // SAFETY: libcrypto passes the live BIO and what the command asks for.
    entry("BIO_f_ssl", 0, || Ok(unsafe { dispatch(bio, cmd, num, arg) }))
}

unsafe fn dispatch(bio: *mut BIO, cmd: c_int, num: c_long, arg: *mut c_void) -> c_long {
    // SAFETY: `ctrl`'s contract, for this function and the ones it calls.
    unsafe {
        let own = Own::new(bio);
        let ssl: *mut SSL = own.data().cast();
        if ssl.is_null() && cmd != C_SET_SSL {
            return 0;
        }
        match cmd {
            C_SET_SSL => set_ssl(bio, num, arg.cast()),
            C_GET_SSL => get_ssl(ssl, arg.cast()),
            C_SSL_MODE => {
                if num != 0 {
                    SSL_set_connect_state(ssl)
                } else {
                    SSL_set_accept_state(ssl)
                }
                1
            }
            CTRL_GET_CLOSE => c_long::from(own.close_flag()),
            CTRL_SET_CLOSE => {
                own.set_close_flag(num as c_int);
                1
            }
            CTRL_RESET => reset(own, ssl, num, arg),
            CTRL_PENDING => match SSL_pending(ssl) {
                0 => bio_method::ctrl(SSL_get_rbio(ssl), CTRL_PENDING, 0, ptr::null_mut()),
                pending => c_long::from(pending),
            },
            CTRL_WPENDING => bio_method::ctrl(SSL_get_wbio(ssl), cmd, num, arg),
            CTRL_FLUSH => {
                own.clear_retry();
                let done = bio_method::ctrl(SSL_get_wbio(ssl), cmd, num, arg);
                own.copy_next_retry();
                done
            }
            CTRL_PUSH => push(own, ssl),
            CTRL_POP => {
                if ptr::eq(bio.cast::<c_void>(), arg) {
                    SSL_set_bio(ssl, ptr::null_mut(), ptr::null_mut());
                }
                1
            }
            C_DO_STATE_MACHINE => handshake(own, ssl),
            CTRL_DUP => duplicate(ssl, arg.cast()),
            CTRL_INFO | CTRL_SET_CALLBACK => 0,
            C_SET_RENEGOTIATE_BYTES | C_GET_RENEGOTIATIONS | C_SET_RENEGOTIATE_TIMEOUT => 0,
            _ => bio_method::ctrl(SSL_get_rbio(ssl), cmd, num, arg),
        }
    }
}

/// BIO_set_ssl: the filter owns the SSL if `close` says so, and whatever BIO the SSL reads from becomes the next one.
unsafe fn set_ssl(bio: *mut BIO, close: c_long, ssl: *mut SSL) -> c_long {
    // SAFETY: the caller's promise; handles are checked by the callees.
    unsafe {
        let own = Own::new(bio);
        let before: *mut SSL = own.data().cast();
        if !before.is_null() {
            SSL_shutdown(before);
            if own.close_flag() != 0 && own.is_ready() {
                SSL_free(before);
            }
        }
        own.set_close_flag(close as c_int);
        own.set_data(ssl.cast());
        let inner = SSL_get_rbio(ssl);
        if !inner.is_null() {
            own.insert_next(inner);
        }
        own.set_ready(true);
    }
    1
}

unsafe fn get_ssl(ssl: *mut SSL, place: *mut *mut SSL) -> c_long {
    if place.is_null() {
        return 0;
    }
    // SAFETY: not NULL, and BIO_get_ssl's caller promises a writable pointer.
    unsafe { place.write(ssl) };
    1
}

unsafe fn reset(own: Own, ssl: *mut SSL, num: c_long, arg: *mut c_void) -> c_long {
    // SAFETY: handles are checked; the BIOs belong to the live chain or SSL.
    unsafe {
        SSL_shutdown(ssl);
        if SSL_is_server(ssl) != 0 {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
        }
        if SSL_clear(ssl) == 0 {
            return 0;
        }
        if !own.next().is_null() {
            return bio_method::ctrl(own.next(), CTRL_RESET, num, arg);
        }
        let inner = SSL_get_rbio(ssl);
        if inner.is_null() {
            1
        } else {
            bio_method::ctrl(inner, CTRL_RESET, num, arg)
        }
    }
}

/// Another BIO was put behind the filter: the SSL talks through that one from now on.
unsafe fn push(own: Own, ssl: *mut SSL) -> c_long {
    let next = own.next();
    // SAFETY: `next` is live with its chain, and the SSL gets a reference of its own.
    unsafe {
        if !next.is_null() && next != SSL_get_rbio(ssl) && bio_method::up_ref(next) {
            SSL_set_bio(ssl, next, next);
        }
    }
    1
}

/// BIO_do_handshake.
unsafe fn handshake(own: Own, ssl: *mut SSL) -> c_long {
    own.clear_retry();
    // SAFETY: handles are checked by the callees.
    unsafe {
        let done = SSL_do_handshake(ssl);
        match SSL_get_error(ssl, done) {
            SSL_ERROR_WANT_READ => own.again(Again::Read),
            SSL_ERROR_WANT_WRITE => own.again(Again::Write),
            SSL_ERROR_WANT_CONNECT => {
                let reason = bio_method::retry_reason(own.next());
                own.again(Again::Special(if reason == 0 { REASON_CONNECT } else { reason }));
            }
            SSL_ERROR_WANT_X509_LOOKUP => own.again(Again::Special(REASON_X509_LOOKUP)),
            _ => {}
        }
        c_long::from(done)
    }
}

/// BIO_dup_chain: the copy gets a copy of the SSL.
unsafe fn duplicate(ssl: *mut SSL, copy: *mut BIO) -> c_long {
    if copy.is_null() {
        return 0;
    }
    // SAFETY: libcrypto passes the fresh BIO of our method.
    let copy = unsafe { Own::new(copy) };
    // SAFETY: handles are checked by the callee.
    let twin = unsafe { SSL_dup(ssl) };
    copy.set_data(twin.cast());
    copy.set_ready(!twin.is_null());
    c_long::from(!twin.is_null())
}

/// BIO_callback_ctrl goes to the BIO that the SSL reads from.
pub(super) unsafe extern "C" fn callback_ctrl(bio: *mut BIO, cmd: c_int, callback: InfoCallback) -> c_long {
    if cmd != CTRL_SET_CALLBACK {
        return 0;
    }
    entry("BIO_f_ssl", 0, || {
        // SAFETY: libcrypto passes the live BIO; its data is NULL or our handle, which the callee checks.
        unsafe {
            let ssl: *mut SSL = Own::new(bio).data().cast();
            Ok(if ssl.is_null() {
                0
            } else {
                bio_method::callback_ctrl(SSL_get_rbio(ssl), cmd, callback)
            })
        }
    })
}
