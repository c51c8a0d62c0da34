//! Secure Remote Password, RFC 5054 (`SSL_CTX_set_srp_password(3)`): key exchanges of TLS 1.2 and older only, deprecated by
//! OpenSSL 3.0 itself. A context made here never offers or accepts one.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::foreign::BIGNUM;
use super::unsupported;
use crate::capi::constants::{SSL_AD_INTERNAL_ERROR, SSL3_AL_FATAL};
use crate::capi::entry::store;
use crate::capi::types::{SSL, SSL_CTX};

/// Would prepare a connection for SRP. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SRP_CTX_init(_s: *mut SSL) -> c_int {
    unsupported("SSL_SRP_CTX_init", 0)
}

/// Would prepare a context for SRP. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_SRP_CTX_init(_ctx: *mut SSL_CTX) -> c_int {
    unsupported("SSL_CTX_SRP_CTX_init", 0)
}

/// Would release the SRP state of a connection. Returns 0: it has none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SRP_CTX_free(_ctx: *mut SSL) -> c_int {
    unsupported("SSL_SRP_CTX_free", 0)
}

/// Would release the SRP state of a context. Returns 0: it has none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_SRP_CTX_free(_ctx: *mut SSL_CTX) -> c_int {
    unsupported("SSL_CTX_SRP_CTX_free", 0)
}

/// Would ask the application for the verifier of the user that the client named. Returns `SSL3_AL_FATAL` and stores
/// `internal_error` as the alert: not supported.
///
/// # Safety
/// `ad` is NULL or points at a writable `int`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_srp_server_param_with_username(_s: *mut SSL, ad: *mut c_int) -> c_int {
    // SAFETY: the caller's contract above.
    unsafe { store(ad, SSL_AD_INTERNAL_ERROR) };
    unsupported("SSL_srp_server_param_with_username", SSL3_AL_FATAL)
}

/// Would compute the client's public value. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SRP_Calc_A_param(_s: *mut SSL) -> c_int {
    unsupported("SRP_Calc_A_param", 0)
}

/// Would set the name a client logs in with. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_username(_ctx: *mut SSL_CTX, _name: *mut c_char) -> c_int {
    unsupported("SSL_CTX_set_srp_username", 0)
}

/// Would set the password a client logs in with. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_password(_ctx: *mut SSL_CTX, _password: *mut c_char) -> c_int {
    unsupported("SSL_CTX_set_srp_password", 0)
}

/// Would set the smallest group a client accepts, in bits. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_strength(_ctx: *mut SSL_CTX, _strength: c_int) -> c_int {
    unsupported("SSL_CTX_set_srp_strength", 0)
}

/// Would set the function that asks a client's user for the password. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_client_pwd_callback(
    _ctx: *mut SSL_CTX,
    _cb: Option<unsafe extern "C" fn(arg0: *mut SSL, arg1: *mut c_void) -> *mut c_char>,
) -> c_int {
    unsupported("SSL_CTX_set_srp_client_pwd_callback", 0)
}

/// Would set the function that judges the group a server chose. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_verify_param_callback(
    _ctx: *mut SSL_CTX,
    _cb: Option<unsafe extern "C" fn(arg0: *mut SSL, arg1: *mut c_void) -> c_int>,
) -> c_int {
    unsupported("SSL_CTX_set_srp_verify_param_callback", 0)
}

/// Would set the function that finds a user's verifier. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_username_callback(
    _ctx: *mut SSL_CTX,
    _cb: Option<unsafe extern "C" fn(arg0: *mut SSL, arg1: *mut c_int, arg2: *mut c_void) -> c_int>,
) -> c_int {
    unsupported("SSL_CTX_set_srp_username_callback", 0)
}

/// Would set the argument of the SRP callbacks. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_srp_cb_arg(_ctx: *mut SSL_CTX, _arg: *mut c_void) -> c_int {
    unsupported("SSL_CTX_set_srp_cb_arg", 0)
}

/// Would set the group, salt and verifier of a user. Returns -1: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_srp_server_param(
    _s: *mut SSL,
    _n: *const BIGNUM,
    _g: *const BIGNUM,
    _sa: *mut BIGNUM,
    _v: *mut BIGNUM,
    _info: *mut c_char,
) -> c_int {
    unsupported("SSL_set_srp_server_param", -1)
}

/// Would compute the verifier of a user from a password. Returns -1: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_srp_server_param_pw(
    _s: *mut SSL,
    _user: *const c_char,
    _pass: *const c_char,
    _grp: *const c_char,
) -> c_int {
    unsupported("SSL_set_srp_server_param_pw", -1)
}

/// The generator of the SRP group. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_g(_s: *mut SSL) -> *mut BIGNUM {
    unsupported("SSL_get_srp_g", ptr::null_mut())
}

/// The modulus of the SRP group. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_N(_s: *mut SSL) -> *mut BIGNUM {
    unsupported("SSL_get_srp_N", ptr::null_mut())
}

/// The name that the client logged in with. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_username(_s: *mut SSL) -> *mut c_char {
    unsupported("SSL_get_srp_username", ptr::null_mut())
}

/// What the server keeps about the user. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srp_userinfo(_s: *mut SSL) -> *mut c_char {
    unsupported("SSL_get_srp_userinfo", ptr::null_mut())
}
