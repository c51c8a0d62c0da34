//! C types that only unsupported functions mention: libssl's own structures and callbacks.

#![allow(non_camel_case_types, reason = "C's own names")]

use std::ffi::{c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};

use crate::capi::types::{SSL, SSL_CIPHER, X509, stack_st_SSL_CIPHER};
pub use crate::libcrypto::discard::{
    BIGNUM, BIO_ADDR, COMP_METHOD, CT_POLICY_EVAL_CTX, CTLOG_STORE, ENGINE, SSL_DANE, stack_st_SCT,
};

/// An SRTP protection profile (`SSL_get_srtp_profiles(3)`).
#[repr(C)]
#[derive(Debug)]
pub struct srtp_protection_profile_st {
    /// The profile's name.
    pub name: *const c_char,
    /// The profile's number, RFC 5764 section 4.1.2.
    pub id: c_ulong,
}
/// An SRTP protection profile.
pub type SRTP_PROTECTION_PROFILE = srtp_protection_profile_st;

/// A session ticket as an extension carries it (`SSL_set_session_ticket_ext_cb`).
#[repr(C)]
#[derive(Debug)]
pub struct tls_session_ticket_ext_st {
    /// How many bytes there are.
    pub length: u16,
    /// The ticket.
    pub data: *mut c_void,
}
/// A session ticket as an extension carries it.
pub type TLS_SESSION_TICKET_EXT = tls_session_ticket_ext_st;

/// A compression method with its number.
#[repr(C)]
#[derive(Debug)]
pub struct ssl_comp_st {
    _opaque: [u8; 0],
}
/// A compression method with its number.
pub type SSL_COMP = ssl_comp_st;

/// OpenSSL's own unit tests.
#[repr(C)]
#[derive(Debug)]
pub struct openssl_ssl_test_functions {
    _opaque: [u8; 0],
}

/// Judges a server's timestamps (`SSL_CTX_set_ct_validation_callback(3)`).
pub type ssl_ct_validation_cb =
    Option<unsafe extern "C" fn(ctx: *const CT_POLICY_EVAL_CTX, scts: *const stack_st_SCT, arg: *mut c_void) -> c_int>;
/// Tells when an asynchronous job may go on (`SSL_set_async_callback(3)`).
pub type SSL_async_callback_fn = Option<unsafe extern "C" fn(s: *mut SSL, arg: *mut c_void) -> c_int>;
/// Chooses a retransmission timeout in microseconds (`DTLS_set_timer_cb(3)`).
pub type DTLS_timer_cb = Option<unsafe extern "C" fn(s: *mut SSL, timer_us: c_uint) -> c_uint>;
/// Sees the client's session ticket of TLS 1.2.
pub type tls_session_ticket_ext_cb_fn =
    Option<unsafe extern "C" fn(s: *mut SSL, data: *const c_uchar, len: c_int, arg: *mut c_void) -> c_int>;
/// Supplies the master secret of TLS 1.2.
pub type tls_session_secret_cb_fn = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        secret: *mut c_void,
        secret_len: *mut c_int,
        peer_ciphers: *mut stack_st_SSL_CIPHER,
        cipher: *mut *const SSL_CIPHER,
        arg: *mut c_void,
    ) -> c_int,
>;
/// Writes an extension of the application's own (`SSL_CTX_add_client_custom_ext(3)`).
pub type custom_ext_add_cb = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        out: *mut *const c_uchar,
        outlen: *mut usize,
        al: *mut c_int,
        add_arg: *mut c_void,
    ) -> c_int,
>;
/// Releases what [`custom_ext_add_cb`] wrote.
pub type custom_ext_free_cb =
    Option<unsafe extern "C" fn(s: *mut SSL, ext_type: c_uint, out: *const c_uchar, add_arg: *mut c_void)>;
/// Reads an extension of the peer's (`SSL_CTX_add_client_custom_ext(3)`).
pub type custom_ext_parse_cb = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        input: *const c_uchar,
        inlen: usize,
        al: *mut c_int,
        parse_arg: *mut c_void,
    ) -> c_int,
>;
/// Writes an extension of the application's own into the messages that it chose (`SSL_CTX_add_custom_ext(3)`).
pub type SSL_custom_ext_add_cb_ex = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        context: c_uint,
        out: *mut *const c_uchar,
        outlen: *mut usize,
        x: *mut X509,
        chainidx: usize,
        al: *mut c_int,
        add_arg: *mut c_void,
    ) -> c_int,
>;
/// Releases what [`SSL_custom_ext_add_cb_ex`] wrote.
pub type SSL_custom_ext_free_cb_ex = Option<
    unsafe extern "C" fn(s: *mut SSL, ext_type: c_uint, context: c_uint, out: *const c_uchar, add_arg: *mut c_void),
>;
/// Reads an extension of the peer's from the messages that the application chose (`SSL_CTX_add_custom_ext(3)`).
pub type SSL_custom_ext_parse_cb_ex = Option<
    unsafe extern "C" fn(
        s: *mut SSL,
        ext_type: c_uint,
        context: c_uint,
        input: *const c_uchar,
        inlen: usize,
        x: *mut X509,
        chainidx: usize,
        al: *mut c_int,
        parse_arg: *mut c_void,
    ) -> c_int,
>;

/// `STACK_OF(SRTP_PROTECTION_PROFILE)`
#[repr(C)]
#[derive(Debug)]
pub struct stack_st_SRTP_PROTECTION_PROFILE {
    _opaque: [u8; 0],
}
/// `STACK_OF(SSL_COMP)`
#[repr(C)]
#[derive(Debug)]
pub struct stack_st_SSL_COMP {
    _opaque: [u8; 0],
}
/// C's file offset.
pub type off_t = c_long;
