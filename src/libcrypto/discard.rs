//! The little of libcrypto that unsupported functions need: its types, to free what they were given, an empty list.

#![allow(non_camel_case_types, reason = "C's own names")]

use std::ffi::c_char;
use std::ptr;

use super::c::OPENSSL_STACK;

/// libcrypto's list of Certificate Transparency logs.
#[repr(C)]
#[derive(Debug)]
pub struct ctlog_store_st {
    _opaque: [u8; 0],
}
/// libcrypto's list of Certificate Transparency logs.
pub type CTLOG_STORE = ctlog_store_st;
/// libcrypto's rules for timestamps.
#[repr(C)]
#[derive(Debug)]
pub struct ct_policy_eval_ctx_st {
    _opaque: [u8; 0],
}
/// libcrypto's rules for timestamps.
pub type CT_POLICY_EVAL_CTX = ct_policy_eval_ctx_st;
/// `STACK_OF(SCT)`
#[repr(C)]
#[derive(Debug)]
pub struct stack_st_SCT {
    _opaque: [u8; 0],
}
/// libcrypto's state of DANE verification.
#[repr(C)]
#[derive(Debug)]
pub struct ssl_dane_st {
    _opaque: [u8; 0],
}
/// libcrypto's state of DANE verification.
pub type SSL_DANE = ssl_dane_st;
/// libcrypto's compression method.
#[repr(C)]
#[derive(Debug)]
pub struct comp_method_st {
    _opaque: [u8; 0],
}
/// libcrypto's compression method.
pub type COMP_METHOD = comp_method_st;
/// libcrypto's engine.
#[repr(C)]
#[derive(Debug)]
pub struct engine_st {
    _opaque: [u8; 0],
}
/// libcrypto's engine.
pub type ENGINE = engine_st;
/// libcrypto's big number.
#[repr(C)]
#[derive(Debug)]
pub struct bignum_st {
    _opaque: [u8; 0],
}
/// libcrypto's big number.
pub type BIGNUM = bignum_st;
/// libcrypto's socket address.
#[repr(C)]
#[derive(Debug)]
pub struct bio_addr_st {
    _opaque: [u8; 0],
}
/// libcrypto's socket address.
pub type BIO_ADDR = bio_addr_st;

mod ffi {
    use super::{COMP_METHOD, CTLOG_STORE, OPENSSL_STACK, c_char};

    unsafe extern "C" {
        pub fn CTLOG_STORE_free(store: *mut CTLOG_STORE);
        pub fn COMP_get_name(method: *const COMP_METHOD) -> *const c_char;
        pub fn OPENSSL_sk_new_null() -> *mut OPENSSL_STACK;
    }
}

/// Frees a list of logs (`CTLOG_STORE_free(3)`).
///
/// # Safety
/// `logs` is NULL or a list that nobody uses any more.
pub unsafe fn free_log_list(logs: *mut CTLOG_STORE) {
    // SAFETY: the caller's promise is ours.
    unsafe { ffi::CTLOG_STORE_free(logs) }
}

/// The name of a compression method; NULL for NULL.
///
/// # Safety
/// `method` is NULL or one of libcrypto's.
pub unsafe fn compression_name(method: *const COMP_METHOD) -> *const c_char {
    if method.is_null() {
        return ptr::null();
    }
    // SAFETY: not NULL, so one of libcrypto's by the caller's promise.
    unsafe { ffi::COMP_get_name(method) }
}

/// A stack with nothing in it, to be kept for the life of the process; NULL when memory is short.
pub fn new_empty_stack() -> *mut OPENSSL_STACK {
    // SAFETY: no precondition.
    unsafe { ffi::OPENSSL_sk_new_null() }
}
