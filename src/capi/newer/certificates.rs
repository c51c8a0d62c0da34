//! Raw public keys (RFC 7250, SSL_set1_server_cert_type(3)) and compressed certificates (RFC 8879, SSL_CTX_compress_certs(3)):
//! certificates here are X.509, and sent as they are.

use std::ffi::{c_int, c_uchar};
use std::ptr;

use super::unsupported;
use crate::capi::types::{EVP_PKEY, SSL, SSL_CTX, SSL_SESSION};

/// TLSEXT_cert_type_x509
const X509: c_uchar = 0;

/// Says which types of client certificate there may be. Returns 1 for X.509 alone, and for no list, which is the same; 0 otherwise.
///
/// # Safety
/// `val` points at `len` readable bytes, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_client_cert_type(_of: *mut SSL, val: *const c_uchar, len: usize) -> c_int {
    // SAFETY: the caller's contract.
    if unsafe { is_x509_alone(val, len) } {
        return 1;
    }
    unsupported("SSL_set1_client_cert_type", 0)
}

/// The list that was set: none. Returns 1.
///
/// # Safety
/// `t` and `len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_client_cert_type(_of: *const SSL, t: *mut *mut c_uchar, len: *mut usize) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { no_list(t, len) }
}

/// Says which types of server certificate there may be. Returns 1 for X.509 alone, and for no list, which is the same; 0 otherwise.
///
/// # Safety
/// `val` points at `len` readable bytes, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_server_cert_type(_of: *mut SSL, val: *const c_uchar, len: usize) -> c_int {
    // SAFETY: the caller's contract.
    if unsafe { is_x509_alone(val, len) } {
        return 1;
    }
    unsupported("SSL_set1_server_cert_type", 0)
}

/// The list that was set: none. Returns 1.
///
/// # Safety
/// `t` and `len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_server_cert_type(_of: *const SSL, t: *mut *mut c_uchar, len: *mut usize) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { no_list(t, len) }
}

/// Says which types of client certificate there may be. Returns 1 for X.509 alone, and for no list, which is the same; 0 otherwise.
///
/// # Safety
/// `val` points at `len` readable bytes, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_client_cert_type(_of: *mut SSL_CTX, val: *const c_uchar, len: usize) -> c_int {
    // SAFETY: the caller's contract.
    if unsafe { is_x509_alone(val, len) } {
        return 1;
    }
    unsupported("SSL_CTX_set1_client_cert_type", 0)
}

/// The list that was set: none. Returns 1.
///
/// # Safety
/// `t` and `len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_client_cert_type(
    _of: *const SSL_CTX,
    t: *mut *mut c_uchar,
    len: *mut usize,
) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { no_list(t, len) }
}

/// Says which types of server certificate there may be. Returns 1 for X.509 alone, and for no list, which is the same; 0 otherwise.
///
/// # Safety
/// `val` points at `len` readable bytes, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_server_cert_type(_of: *mut SSL_CTX, val: *const c_uchar, len: usize) -> c_int {
    // SAFETY: the caller's contract.
    if unsafe { is_x509_alone(val, len) } {
        return 1;
    }
    unsupported("SSL_CTX_set1_server_cert_type", 0)
}

/// The list that was set: none. Returns 1.
///
/// # Safety
/// `t` and `len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_server_cert_type(
    _of: *const SSL_CTX,
    t: *mut *mut c_uchar,
    len: *mut usize,
) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { no_list(t, len) }
}

/// # Safety
/// `val` points at `len` readable bytes, or is NULL.
unsafe fn is_x509_alone(val: *const c_uchar, len: usize) -> bool {
    // SAFETY: the caller's contract.
    val.is_null() || (len == 1 && unsafe { val.read() } == X509)
}

/// # Safety
/// `t` and `len` are NULL or writable.
unsafe fn no_list(t: *mut *mut c_uchar, len: *mut usize) -> c_int {
    if t.is_null() || len.is_null() {
        return 0;
    }
    // SAFETY: the caller's contract.
    unsafe {
        t.write(ptr::null_mut());
        len.write(0);
    }
    1
}

/// X.509.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_negotiated_client_cert_type(_s: *const SSL) -> c_int {
    c_int::from(X509)
}

/// X.509.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_negotiated_server_cert_type(_s: *const SSL) -> c_int {
    c_int::from(X509)
}

/// Returns NULL: the peer has no raw key.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peer_rpk(_s: *const SSL) -> *mut EVP_PKEY {
    ptr::null_mut()
}

/// Returns NULL: nor has a session.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_SESSION_get0_peer_rpk(_s: *mut SSL_SESSION) -> *mut EVP_PKEY {
    ptr::null_mut()
}

/// Would expect a raw key of the peer. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_add_expected_rpk(_s: *mut SSL, _rpk: *mut EVP_PKEY) -> c_int {
    unsupported("SSL_add_expected_rpk", 0)
}

/// Returns 0: nothing is compressed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set1_cert_comp_preference(_ctx: *mut SSL_CTX, _algs: *mut c_int, _len: usize) -> c_int {
    unsupported("SSL_CTX_set1_cert_comp_preference", 0)
}

/// Returns 0: nothing is compressed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_cert_comp_preference(_s: *mut SSL, _algs: *mut c_int, _len: usize) -> c_int {
    unsupported("SSL_set1_cert_comp_preference", 0)
}

/// Returns 0: nothing is compressed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_compress_certs(_ctx: *mut SSL_CTX, _alg: c_int) -> c_int {
    unsupported("SSL_CTX_compress_certs", 0)
}

/// Returns 0: nothing is compressed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_compress_certs(_s: *mut SSL, _alg: c_int) -> c_int {
    unsupported("SSL_compress_certs", 0)
}

/// Returns 0: nothing is compressed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set1_compressed_cert(
    _ctx: *mut SSL_CTX,
    _alg: c_int,
    _data: *mut c_uchar,
    _len: usize,
    _orig_len: usize,
) -> c_int {
    unsupported("SSL_CTX_set1_compressed_cert", 0)
}

/// Returns 0: nothing is compressed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_compressed_cert(
    _s: *mut SSL,
    _alg: c_int,
    _data: *mut c_uchar,
    _len: usize,
    _orig_len: usize,
) -> c_int {
    unsupported("SSL_set1_compressed_cert", 0)
}

/// Returns 0: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get1_compressed_cert(
    _ctx: *mut SSL_CTX,
    _alg: c_int,
    _data: *mut *mut c_uchar,
    _orig_len: *mut usize,
) -> usize {
    0
}

/// Returns 0: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get1_compressed_cert(
    _s: *mut SSL,
    _alg: c_int,
    _data: *mut *mut c_uchar,
    _orig_len: *mut usize,
) -> usize {
    0
}
