//! Puts a ticket key into the contexts that a ticket key callback gets (SSL_CTX_set_tlsext_ticket_key_cb(3)): what an
//! application's callback does with EVP_EncryptInit_ex, EVP_DecryptInit_ex, HMAC_Init_ex and EVP_MAC_init.

use std::ffi::{c_char, c_int, c_uchar, c_void};
use std::ptr;

use carnet_ticket::{IV_LEN, MacAlgorithm, TicketKey};

use super::c::{EVP_CIPHER_CTX, EVP_MAC_CTX, HMAC_CTX};
use super::evp_ctx::Refused;

mod ffi {
    use super::{EVP_CIPHER_CTX, EVP_MAC_CTX, HMAC_CTX, Param, c_char, c_int, c_uchar, c_void};

    unsafe extern "C" {
        pub fn EVP_aes_128_cbc() -> *const c_void;
        pub fn EVP_aes_256_cbc() -> *const c_void;
        pub fn EVP_sha256() -> *const c_void;
        pub fn EVP_sha384() -> *const c_void;
        pub fn EVP_sha512() -> *const c_void;
        pub fn EVP_CipherInit_ex(
            ctx: *mut EVP_CIPHER_CTX,
            cipher: *const c_void,
            engine: *mut c_void,
            key: *const c_uchar,
            iv: *const c_uchar,
            enc: c_int,
        ) -> c_int;
        pub fn HMAC_Init_ex(
            ctx: *mut HMAC_CTX,
            key: *const c_void,
            len: c_int,
            md: *const c_void,
            engine: *mut c_void,
        ) -> c_int;
        pub fn EVP_MAC_init(ctx: *mut EVP_MAC_CTX, key: *const c_uchar, len: usize, params: *const Param) -> c_int;
        pub fn OSSL_PARAM_construct_utf8_string(key: *const c_char, buf: *mut c_char, size: usize) -> Param;
        pub fn OSSL_PARAM_construct_end() -> Param;
    }
}

/// OSSL_PARAM(3)
#[repr(C)]
pub struct Param {
    key: *const c_char,
    data_type: u32,
    data: *mut c_void,
    data_size: usize,
    return_size: usize,
}

fn ok(ret: c_int) -> Result<(), Refused> {
    if ret > 0 { Ok(()) } else { Err(Refused) }
}

/// Sets AES-CBC with the key's cipher key, to encrypt or to decrypt.
///
/// # Safety
/// `ctx` is a live context.
pub unsafe fn set_cipher(
    ctx: *mut EVP_CIPHER_CTX,
    key: &TicketKey,
    iv: &[u8; IV_LEN],
    encrypt: bool,
) -> Result<(), Refused> {
    // SAFETY: both return libcrypto's own constants.
    let cipher = unsafe {
        if key.cipher_key().len() == 16 {
            ffi::EVP_aes_128_cbc()
        } else {
            ffi::EVP_aes_256_cbc()
        }
    };
    let engine = ptr::null_mut();
    // SAFETY: the caller's context; the key is as long as the cipher wants, the IV a block.
    ok(unsafe {
        ffi::EVP_CipherInit_ex(
            ctx,
            cipher,
            engine,
            key.cipher_key().as_ptr(),
            iv.as_ptr(),
            encrypt.into(),
        )
    })
}

/// Sets HMAC with the key's digest and MAC key.
///
/// # Safety
/// `ctx` is a live context.
pub unsafe fn set_hmac(ctx: *mut HMAC_CTX, key: &TicketKey) -> Result<(), Refused> {
    // SAFETY: all return libcrypto's own constants.
    let digest = unsafe {
        match key.mac_algorithm() {
            MacAlgorithm::Sha256 => ffi::EVP_sha256(),
            MacAlgorithm::Sha384 => ffi::EVP_sha384(),
            MacAlgorithm::Sha512 => ffi::EVP_sha512(),
        }
    };
    let mac_key = key.mac_key();
    let len = c_int::try_from(mac_key.len()).map_err(|_| Refused)?;
    // SAFETY: the caller's context; `mac_key` has `len` bytes.
    ok(unsafe { ffi::HMAC_Init_ex(ctx, mac_key.as_ptr().cast(), len, digest, ptr::null_mut()) })
}

/// The same for an EVP_MAC_CTX, which is of the algorithm HMAC already.
///
/// # Safety
/// `ctx` is a live context of HMAC.
pub unsafe fn set_mac(ctx: *mut EVP_MAC_CTX, key: &TicketKey) -> Result<(), Refused> {
    let digest = match key.mac_algorithm() {
        MacAlgorithm::Sha256 => c"SHA256",
        MacAlgorithm::Sha384 => c"SHA384",
        MacAlgorithm::Sha512 => c"SHA512",
    };
    let mac_key = key.mac_key();
    // SAFETY: both strings are constants that end in NUL (size 0: measure it); libcrypto only reads the value.
    let params = unsafe {
        [
            ffi::OSSL_PARAM_construct_utf8_string(c"digest".as_ptr(), digest.as_ptr().cast_mut(), 0),
            ffi::OSSL_PARAM_construct_end(),
        ]
    };
    // SAFETY: the caller's context; `mac_key` has that many bytes; `params` ends with its end mark.
    ok(unsafe { ffi::EVP_MAC_init(ctx, mac_key.as_ptr(), mac_key.len(), params.as_ptr()) })
}
