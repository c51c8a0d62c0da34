//! Certificates: `SSL_CTX_use_certificate(3)`, for contexts and connections.

use std::ffi::{c_char, c_int, c_uchar};

use super::entry::{bytes, entry, optional_string};
use super::types::{SSL, SSL_CTX, X509};
use crate::error::{Common, Error, Result};
use crate::handles;
use crate::libcrypto::x509::Certificate;
use crate::objects::connection::Connection;
use crate::objects::context::Context;
use crate::objects::loading;

/// Uses a certificate; the library takes a reference of its own. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `x` is NULL or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate(ctx: *mut SSL_CTX, x: *mut X509) -> c_int {
    entry("SSL_CTX_use_certificate", 0, || {
        // SAFETY: the caller's contract.
        let certificate = unsafe { Certificate::from_borrowed(x) }.ok_or(Error::NULL)?;
        loading::use_certificate(&*handles::lookup::<Context>(ctx)?, certificate).map(|()| 1)
    })
}

/// Uses a certificate; the library takes a reference of its own. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `x` is NULL or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate(ssl: *mut SSL, x: *mut X509) -> c_int {
    entry("SSL_use_certificate", 0, || {
        // SAFETY: the caller's contract.
        let certificate = unsafe { Certificate::from_borrowed(x) }.ok_or(Error::NULL)?;
        loading::use_certificate(&*handles::lookup::<Connection>(ssl)?, certificate).map(|()| 1)
    })
}

/// Uses a certificate in DER. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `d` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_ASN1(ctx: *mut SSL_CTX, len: c_int, d: *const c_uchar) -> c_int {
    entry("SSL_CTX_use_certificate_ASN1", 0, || {
        // SAFETY: the caller's contract.
        let certificate = unsafe { certificate_der(d, len) }?;
        loading::use_certificate(&*handles::lookup::<Context>(ctx)?, certificate).map(|()| 1)
    })
}

/// Uses a certificate in DER. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `d` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_ASN1(ssl: *mut SSL, d: *const c_uchar, len: c_int) -> c_int {
    entry("SSL_use_certificate_ASN1", 0, || {
        // SAFETY: the caller's contract.
        let certificate = unsafe { certificate_der(d, len) }?;
        loading::use_certificate(&*handles::lookup::<Connection>(ssl)?, certificate).map(|()| 1)
    })
}

/// Uses the first certificate of a file (SSL_FILETYPE_PEM or SSL_FILETYPE_ASN1). Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_file(ctx: *mut SSL_CTX, file: *const c_char, format: c_int) -> c_int {
    entry("SSL_CTX_use_certificate_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_certificate_file(&*handles::lookup::<Context>(ctx)?, file, format).map(|()| 1)
    })
}

/// Uses the first certificate of a file (SSL_FILETYPE_PEM or SSL_FILETYPE_ASN1). Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_file(ssl: *mut SSL, file: *const c_char, format: c_int) -> c_int {
    entry("SSL_use_certificate_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_certificate_file(&*handles::lookup::<Connection>(ssl)?, file, format).map(|()| 1)
    })
}

/// Uses the first certificate of a PEM file and those that follow as its chain. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_chain_file(ctx: *mut SSL_CTX, file: *const c_char) -> c_int {
    entry("SSL_CTX_use_certificate_chain_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_chain_file(&*handles::lookup::<Context>(ctx)?, file).map(|()| 1)
    })
}

/// Uses the first certificate of a PEM file and those that follow as its chain. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_chain_file(ssl: *mut SSL, file: *const c_char) -> c_int {
    entry("SSL_use_certificate_chain_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_chain_file(&*handles::lookup::<Connection>(ssl)?, file).map(|()| 1)
    })
}

/// # Safety
/// `der` points at `len` readable bytes.
unsafe fn certificate_der(der: *const c_uchar, len: c_int) -> Result<Certificate> {
    let len = usize::try_from(len).map_err(|_| Common::ASN1_LIB)?;
    // SAFETY: the caller's promise.
    let der = unsafe { bytes(der, len) }?;
    Certificate::from_der(der).ok_or_else(|| Common::ASN1_LIB.into())
}
