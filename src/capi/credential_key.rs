//! Private keys: `SSL_CTX_use_PrivateKey(3)`, for contexts and connections.

use std::ffi::{c_char, c_int, c_long, c_uchar};

use super::entry::{bytes, entry, optional_string};
use super::types::{EVP_PKEY, RSA, SSL, SSL_CTX, STACK_OF_X509, X509};
use crate::error::{Common, Error, Result};
use crate::handles;
use crate::libcrypto::pkey::Key;
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::x509::Certificate;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;
use crate::objects::loading;

/// Uses a private key; the library takes a reference of its own. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `pkey` is NULL or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey(ctx: *mut SSL_CTX, pkey: *mut EVP_PKEY) -> c_int {
    entry("SSL_CTX_use_PrivateKey", 0, || {
        // SAFETY: the caller's contract.
        let key = unsafe { Key::from_borrowed(pkey) }.ok_or(Error::NULL)?;
        loading::use_key(&*handles::lookup::<Context>(ctx)?, key).map(|()| 1)
    })
}

/// Uses a private key; the library takes a reference of its own. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `pkey` is NULL or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey(ssl: *mut SSL, pkey: *mut EVP_PKEY) -> c_int {
    entry("SSL_use_PrivateKey", 0, || {
        // SAFETY: the caller's contract.
        let key = unsafe { Key::from_borrowed(pkey) }.ok_or(Error::NULL)?;
        loading::use_key(&*handles::lookup::<Connection>(ssl)?, key).map(|()| 1)
    })
}

/// Uses a private key of an EVP_PKEY_… type in DER. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `d` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_ASN1(
    kind: c_int,
    ctx: *mut SSL_CTX,
    d: *const c_uchar,
    len: c_long,
) -> c_int {
    entry("SSL_CTX_use_PrivateKey_ASN1", 0, || {
        // SAFETY: the caller's contract.
        let der = unsafe { der(d, len) }?;
        let key = Key::from_der(kind, der).ok_or(Common::ASN1_LIB)?;
        loading::use_key(&*handles::lookup::<Context>(ctx)?, key).map(|()| 1)
    })
}

/// Uses a private key of an EVP_PKEY_… type in DER. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `d` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_ASN1(kind: c_int, ssl: *mut SSL, d: *const c_uchar, len: c_long) -> c_int {
    entry("SSL_use_PrivateKey_ASN1", 0, || {
        // SAFETY: the caller's contract.
        let der = unsafe { der(d, len) }?;
        let key = Key::from_der(kind, der).ok_or(Common::ASN1_LIB)?;
        loading::use_key(&*handles::lookup::<Connection>(ssl)?, key).map(|()| 1)
    })
}

/// Uses the private key of a file (SSL_FILETYPE_PEM or SSL_FILETYPE_ASN1). Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_file(ctx: *mut SSL_CTX, file: *const c_char, format: c_int) -> c_int {
    entry("SSL_CTX_use_PrivateKey_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_key_file(&*handles::lookup::<Context>(ctx)?, file, format).map(|()| 1)
    })
}

/// Uses the private key of a file (SSL_FILETYPE_PEM or SSL_FILETYPE_ASN1). Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_file(ssl: *mut SSL, file: *const c_char, format: c_int) -> c_int {
    entry("SSL_use_PrivateKey_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_key_file(&*handles::lookup::<Connection>(ssl)?, file, format).map(|()| 1)
    })
}

/// Uses an RSA private key. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `rsa` is NULL or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey(ctx: *mut SSL_CTX, rsa: *mut RSA) -> c_int {
    entry("SSL_CTX_use_RSAPrivateKey", 0, || {
        if rsa.is_null() {
            return Err(Error::NULL);
        }
        // SAFETY: the caller's contract.
        let key = unsafe { Key::from_rsa(rsa) }.ok_or(Common::EVP_LIB)?;
        loading::use_key(&*handles::lookup::<Context>(ctx)?, key).map(|()| 1)
    })
}

/// Uses an RSA private key. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `rsa` is NULL or a live key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey(ssl: *mut SSL, rsa: *mut RSA) -> c_int {
    entry("SSL_use_RSAPrivateKey", 0, || {
        if rsa.is_null() {
            return Err(Error::NULL);
        }
        // SAFETY: the caller's contract.
        let key = unsafe { Key::from_rsa(rsa) }.ok_or(Common::EVP_LIB)?;
        loading::use_key(&*handles::lookup::<Connection>(ssl)?, key).map(|()| 1)
    })
}

/// Uses an RSAPrivateKey in DER. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `d` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_ASN1(ctx: *mut SSL_CTX, d: *const c_uchar, len: c_long) -> c_int {
    entry("SSL_CTX_use_RSAPrivateKey_ASN1", 0, || {
        // SAFETY: the caller's contract.
        let der = unsafe { der(d, len) }?;
        let key = Key::from_rsa_der(der).ok_or(Common::ASN1_LIB)?;
        loading::use_key(&*handles::lookup::<Context>(ctx)?, key).map(|()| 1)
    })
}

/// Uses an RSAPrivateKey in DER. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `d` points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_ASN1(ssl: *mut SSL, d: *const c_uchar, len: c_long) -> c_int {
    entry("SSL_use_RSAPrivateKey_ASN1", 0, || {
        // SAFETY: the caller's contract.
        let der = unsafe { der(d, len) }?;
        let key = Key::from_rsa_der(der).ok_or(Common::ASN1_LIB)?;
        loading::use_key(&*handles::lookup::<Connection>(ssl)?, key).map(|()| 1)
    })
}

/// Uses the RSA private key of a file. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_file(
    ctx: *mut SSL_CTX,
    file: *const c_char,
    format: c_int,
) -> c_int {
    entry("SSL_CTX_use_RSAPrivateKey_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_rsa_key_file(&*handles::lookup::<Context>(ctx)?, file, format).map(|()| 1)
    })
}

/// Uses the RSA private key of a file. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_file(ssl: *mut SSL, file: *const c_char, format: c_int) -> c_int {
    entry("SSL_use_RSAPrivateKey_file", 0, || {
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) };
        loading::use_rsa_key_file(&*handles::lookup::<Connection>(ssl)?, file, format).map(|()| 1)
    })
}

/// Uses a certificate, its key and its chain in one go; with `replace` 0 only if nothing of their kind is there.
/// Returns 1 on success, 0 on failure.
///
/// # Safety
/// All pointers are NULL or point at live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_cert_and_key(
    ctx: *mut SSL_CTX,
    x: *mut X509,
    pkey: *mut EVP_PKEY,
    chain: *mut STACK_OF_X509,
    replace: c_int,
) -> c_int {
    entry("SSL_CTX_use_cert_and_key", 0, || {
        // SAFETY: the caller's contract.
        let (certificate, key) = unsafe { (Certificate::from_borrowed(x), Key::from_borrowed(pkey)) };
        // SAFETY: the caller's contract.
        let chain = unsafe { optional_stack(chain) }?;
        let certificate = certificate.ok_or(Error::NULL)?;
        loading::use_both(
            &*handles::lookup::<Context>(ctx)?,
            certificate,
            key,
            chain,
            replace != 0,
        )
        .map(|()| 1)
    })
}

/// Uses a certificate, its key and its chain in one go; with `replace` 0 only if nothing of their kind is there.
/// Returns 1 on success, 0 on failure.
///
/// # Safety
/// All pointers are NULL or point at live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_cert_and_key(
    ssl: *mut SSL,
    x: *mut X509,
    pkey: *mut EVP_PKEY,
    chain: *mut STACK_OF_X509,
    replace: c_int,
) -> c_int {
    entry("SSL_use_cert_and_key", 0, || {
        // SAFETY: the caller's contract.
        let (certificate, key) = unsafe { (Certificate::from_borrowed(x), Key::from_borrowed(pkey)) };
        // SAFETY: the caller's contract.
        let chain = unsafe { optional_stack(chain) }?;
        let certificate = certificate.ok_or(Error::NULL)?;
        loading::use_both(
            &*handles::lookup::<Connection>(ssl)?,
            certificate,
            key,
            chain,
            replace != 0,
        )
        .map(|()| 1)
    })
}

/// Whether the current certificate and private key belong together. Returns 1 if so.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_check_private_key(ctx: *const SSL_CTX) -> c_int {
    entry("SSL_CTX_check_private_key", 0, || {
        handles::lookup::<Context>(ctx)?
            .config()
            .credentials
            .check_private_key()
            .map(|()| 1)
    })
}

/// Whether the current certificate and private key belong together. Returns 1 if so.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_check_private_key(ssl: *const SSL) -> c_int {
    entry("SSL_check_private_key", 0, || {
        handles::lookup::<Connection>(ssl)?
            .config()
            .credentials
            .check_private_key()
            .map(|()| 1)
    })
}

/// # Safety
/// `der` points at `len` readable bytes.
unsafe fn der<'a>(der: *const c_uchar, len: c_long) -> Result<&'a [u8]> {
    let len = usize::try_from(len).map_err(|_| Common::ASN1_LIB)?;
    // SAFETY: the caller's promise.
    unsafe { bytes(der, len) }
}

/// # Safety
/// `stack` is NULL or live, with live certificates.
unsafe fn optional_stack(stack: *const STACK_OF_X509) -> Result<Option<CertificateStack>> {
    if stack.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { CertificateStack::from_borrowed(stack) }
        .map(Some)
        .ok_or_else(|| Common::MallocFailure.into())
}
