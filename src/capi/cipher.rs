//! Cipher suites: `SSL_CIPHER_get_name(3)`, `SSL_CIPHER_description(3)`, `OPENSSL_cipher_name(3)`.

use std::ffi::{CStr, c_char, c_int, c_uchar};
use std::ptr;

use super::entry::{entry, optional_string, store};
use super::types::{EVP_MD, SSL, SSL_CIPHER};
use crate::error::{Common, Error, Result};
use crate::libcrypto::memory;
use crate::objects::cipher;

/// What stands for the name of no suite.
const NONE: &CStr = c"(NONE)";
/// The least room for a description.
const DESCRIPTION_LEN: c_int = 128;

fn text(cipher: *const SSL_CIPHER, show: impl FnOnce(&'static SSL_CIPHER) -> &'static CStr) -> *const c_char {
    cipher::known(cipher).map_or(NONE, show).as_ptr()
}

fn number<T: Default>(cipher: *const SSL_CIPHER, show: impl FnOnce(&'static SSL_CIPHER) -> T) -> T {
    cipher::known(cipher).map_or(T::default(), show)
}

/// OpenSSL's name of the suite, or "(NONE)".
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_name(c: *const SSL_CIPHER) -> *const c_char {
    text(c, |cipher| cipher.name)
}

/// IANA's name of the suite, or "(NONE)".
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_standard_name(c: *const SSL_CIPHER) -> *const c_char {
    text(c, |cipher| cipher.standard_name)
}

/// The version that the suite came with, or "(NONE)".
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_version(c: *const SSL_CIPHER) -> *const c_char {
    text(c, cipher::ssl_cipher_st::version)
}

/// OpenSSL's name of the suite that IANA calls so, or "(NONE)".
///
/// # Safety
/// `rfc_name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OPENSSL_cipher_name(rfc_name: *const c_char) -> *const c_char {
    // SAFETY: the caller's contract.
    let name = unsafe { optional_string(rfc_name) };
    name.and_then(cipher::find_standard)
        .map_or(NONE, |cipher| cipher.name)
        .as_ptr()
}

/// The strength of the bulk cipher in bits; the length of its key goes to `alg_bits`.
///
/// # Safety
/// `alg_bits` is NULL or points at a writable int.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_get_bits(c: *const SSL_CIPHER, alg_bits: *mut c_int) -> c_int {
    let bits = number(c, cipher::ssl_cipher_st::bits);
    if bits != 0 {
        // SAFETY: the caller's contract.
        unsafe { store(alg_bits, bits) };
    }
    bits
}

/// OpenSSL's number of the suite: the two bytes of the wire after 0x0300.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_id(c: *const SSL_CIPHER) -> u32 {
    number(c, cipher::ssl_cipher_st::id)
}

/// The two bytes of the wire.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_protocol_id(c: *const SSL_CIPHER) -> u16 {
    number(c, |cipher| cipher.code)
}

/// The NID of the bulk cipher.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_cipher_nid(c: *const SSL_CIPHER) -> c_int {
    number(c, cipher::ssl_cipher_st::cipher_nid)
}

/// The NID of the MAC: NID_undef (0), since every suite here is an AEAD.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_digest_nid(c: *const SSL_CIPHER) -> c_int {
    number(c, |_| 0)
}

/// The NID of the key exchange.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_kx_nid(c: *const SSL_CIPHER) -> c_int {
    number(c, cipher::ssl_cipher_st::key_exchange_nid)
}

/// The NID of the authentication.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_auth_nid(c: *const SSL_CIPHER) -> c_int {
    number(c, cipher::ssl_cipher_st::authentication_nid)
}

/// Whether the suite encrypts and authenticates in one: they all do.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_is_aead(c: *const SSL_CIPHER) -> c_int {
    number(c, |_| 1)
}

/// The hash of the suite's key schedule, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CIPHER_get_handshake_digest(c: *const SSL_CIPHER) -> *const EVP_MD {
    cipher::known(c).map_or(ptr::null(), |cipher| cipher.hash.shown())
}

/// Describes the suite in a line. Without `buf`, in memory that the caller frees with OPENSSL_free. NULL when `size` is
/// under 128.
///
/// # Safety
/// `buf` is NULL or points at `size` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_description(
    cipher: *const SSL_CIPHER,
    buf: *mut c_char,
    size: c_int,
) -> *mut c_char {
    entry("SSL_CIPHER_description", ptr::null_mut(), || {
        let mut line = cipher::known(cipher).ok_or(Error::NULL)?.to_string().into_bytes();
        line.push(0);
        if buf.is_null() {
            let copy: *mut c_char = memory::duplicate(&line).cast();
            return if copy.is_null() {
                Err(Common::MallocFailure.into())
            } else {
                Ok(copy)
            };
        }
        if size < DESCRIPTION_LEN {
            return Err(Error::Silent);
        }
        // SAFETY: `buf` has at least 128 bytes by the caller's contract, and no line is as long.
        unsafe { ptr::copy_nonoverlapping(line.as_ptr(), buf.cast(), line.len()) };
        Ok(buf)
    })
}

/// The suite with these two bytes, or NULL.
///
/// # Safety
/// `ptr` points at two readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CIPHER_find(_ssl: *mut SSL, ptr: *const c_uchar) -> *const SSL_CIPHER {
    entry("SSL_CIPHER_find", ptr::null(), || {
        // SAFETY: the caller's contract.
        let code = unsafe { two_bytes(ptr) }?;
        Ok(cipher::find(code).map_or(ptr::null(), ptr::from_ref))
    })
}

/// # Safety
/// `data` is NULL or points at two readable bytes.
unsafe fn two_bytes(data: *const c_uchar) -> Result<u16> {
    // SAFETY: the caller's promise.
    match unsafe { super::entry::bytes(data, 2) }? {
        [high, low] => Ok(u16::from_be_bytes([*high, *low])),
        _ => Err(Error::INTERNAL),
    }
}
