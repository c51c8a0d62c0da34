//! What a context computes with: the algorithms of its own library context (`OSSL_LIB_CTX`), which may be the only one that has
//! any. fips_module(7) advises programs to leave the default one empty.

use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr::null_mut;

use crate::openssl::OpenSsl;

/// Looked up once: to do it for each ticket would cost more than the rest.
pub struct Algorithms {
    /// `OSSL_LIB_CTX *`, which outlives the contexts that were made of it; NULL is the default one.
    library: *mut c_void,
    cipher: Fetched,
    digest: Fetched,
}

/// `EVP_CIPHER *` or `EVP_MD *`, given back in the end.
struct Fetched {
    object: *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
}

impl Drop for Fetched {
    fn drop(&mut self) {
        // SAFETY: what was fetched is given back once, by its own function.
        unsafe { (self.free)(self.object) };
    }
}

/// `int X509_digest(const X509 *, const EVP_MD *, unsigned char *, unsigned int *)`, and its like
pub type DigestFunction = unsafe extern "C" fn(*const c_void, *const c_void, *mut c_uchar, *mut c_uint) -> c_int;

impl Algorithms {
    /// `None`: they are not all there.
    ///
    /// # Safety
    /// `library` is an `OSSL_LIB_CTX` that outlives what this returns, or NULL; `properties` ends in NUL, or is NULL.
    pub unsafe fn of_library(openssl: &OpenSsl, library: *mut c_void, properties: *const c_char) -> Option<Self> {
        type Fetch = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char) -> *mut c_void;
        let fetched = |fetch: Fetch, free, name: &CStr| {
            // SAFETY: the caller's contract.
            let object = unsafe { fetch(library, name.as_ptr(), properties) };
            (!object.is_null()).then_some(Fetched { object, free })
        };
        Some(Self {
            library,
            cipher: fetched(openssl.EVP_CIPHER_fetch, openssl.EVP_CIPHER_free, c"AES-256-CBC")?,
            digest: fetched(openssl.EVP_MD_fetch, openssl.EVP_MD_free, c"SHA256")?,
        })
    }

    /// `const EVP_CIPHER *`
    pub fn aes_256_cbc(&self) -> *const c_void {
        self.cipher.object
    }

    /// `const EVP_MD *`
    pub fn sha256(&self) -> *const c_void {
        self.digest.object
    }

    /// False: there is no randomness to be had.
    pub fn randomize(&self, openssl: &OpenSsl, out: &mut [u8]) -> bool {
        // SAFETY: the buffer is as long as it says; the library context is there (`of_library`).
        unsafe { (openssl.RAND_bytes_ex)(self.library, out.as_mut_ptr(), out.len(), 0) == 1 }
    }

    /// SHA-256 of a certificate, its public key, or a name; zeros for NULL. `None`: it could not be computed.
    ///
    /// # Safety
    /// `object` is NULL, or live and of the function's type.
    pub unsafe fn digest_of(&self, object: *const c_void, digest: DigestFunction) -> Option<[u8; 32]> {
        let mut out = [0; 64];
        // SAFETY: the caller's contract; `out` has room for any digest.
        let done = object.is_null() || unsafe { digest(object, self.sha256(), out.as_mut_ptr(), null_mut()) } == 1;
        done.then_some(out.first_chunk().copied()?)
    }
}
