//! Certificates and keys from files (`PEM_read_bio_X509(3)`, `d2i_X509_bio(3)`).

use std::ffi::{CStr, c_int, c_long, c_void};
use std::ptr::{self, NonNull};

use super::c::{BIO, BIO_METHOD, EVP_PKEY, FILE, RSA, X509, pem_password_cb};
use super::err;
use super::pkey::Key;
use super::x509::Certificate;

unsafe extern "C" {
    fn BIO_new(method: *const BIO_METHOD) -> *mut BIO;
    fn BIO_s_file() -> *const BIO_METHOD;
    fn BIO_ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long;
    fn BIO_new_fp(file: *mut FILE, close: c_int) -> *mut BIO;
    fn BIO_free(bio: *mut BIO) -> c_int;
    fn BIO_write(bio: *mut BIO, data: *const c_void, len: c_int) -> c_int;
    fn PEM_read_bio_X509(bio: *mut BIO, x: *mut *mut X509, cb: Option<pem_password_cb>, u: *mut c_void) -> *mut X509;
    fn PEM_read_bio_X509_AUX(
        bio: *mut BIO,
        x: *mut *mut X509,
        cb: Option<pem_password_cb>,
        u: *mut c_void,
    ) -> *mut X509;
    fn PEM_read_bio_PrivateKey(
        bio: *mut BIO,
        x: *mut *mut EVP_PKEY,
        cb: Option<pem_password_cb>,
        u: *mut c_void,
    ) -> *mut EVP_PKEY;
    fn PEM_read_bio_RSAPrivateKey(
        bio: *mut BIO,
        x: *mut *mut RSA,
        cb: Option<pem_password_cb>,
        u: *mut c_void,
    ) -> *mut RSA;
    fn PEM_read_bio_Parameters(bio: *mut BIO, x: *mut *mut EVP_PKEY) -> *mut EVP_PKEY;
    fn d2i_X509_bio(bio: *mut BIO, x: *mut *mut X509) -> *mut X509;
    fn d2i_PrivateKey_bio(bio: *mut BIO, x: *mut *mut EVP_PKEY) -> *mut EVP_PKEY;
    fn d2i_RSAPrivateKey_bio(bio: *mut BIO, x: *mut *mut RSA) -> *mut RSA;
    fn RSA_free(rsa: *mut RSA);
}

const BIO_C_SET_FILENAME: c_int = 108;
const BIO_CLOSE_AND_READ: c_long = 3;
const LIB_PEM: u32 = 9;
const PEM_R_NO_START_LINE: u32 = 108;

/// Who is asked for a file's pass phrase.
#[derive(Debug, Clone, Copy)]
pub struct Password {
    /// The application's function, or libcrypto's prompt.
    pub callback: Option<pem_password_cb>,
    /// Its last argument; without a function, the pass phrase itself.
    pub argument: *mut c_void,
}

/// A BIO that is ours alone.
pub struct File(NonNull<BIO>);

impl File {
    /// Opens for reading. A failure is on the error queue.
    pub fn open(name: &CStr) -> Option<Self> {
        // SAFETY: a static method; the result is new or NULL.
        let file = NonNull::new(unsafe { BIO_new(BIO_s_file()) }).map(Self)?;
        let name = name.as_ptr().cast_mut().cast();
        // SAFETY: a live BIO and a string.
        (unsafe { BIO_ctrl(file.as_ptr(), BIO_C_SET_FILENAME, BIO_CLOSE_AND_READ, name) } > 0).then_some(file)
    }

    /// Wraps C's `FILE *` and leaves it open afterwards.
    ///
    /// # Safety
    /// `file` is an open stream that outlives the result.
    pub unsafe fn from_stream(file: *mut FILE) -> Option<Self> {
        // SAFETY: open by the caller's promise; 0 is BIO_NOCLOSE.
        NonNull::new(unsafe { BIO_new_fp(file, 0) }).map(Self)
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut BIO {
        self.0.as_ptr()
    }

    /// The next certificate in PEM.
    pub fn certificate(&self, password: Password) -> Option<Certificate> {
        // SAFETY: a live BIO; the callback and its argument are the application's promise.
        unsafe {
            let read = PEM_read_bio_X509(self.as_ptr(), ptr::null_mut(), password.callback, password.argument);
            Certificate::from_owned(read)
        }
    }

    /// The next certificate in PEM, perhaps a TRUSTED one.
    pub fn trusted_certificate(&self, password: Password) -> Option<Certificate> {
        // SAFETY: as in `certificate`.
        unsafe {
            let read = PEM_read_bio_X509_AUX(self.as_ptr(), ptr::null_mut(), password.callback, password.argument);
            Certificate::from_owned(read)
        }
    }

    /// The certificate in DER.
    pub fn certificate_der(&self) -> Option<Certificate> {
        // SAFETY: a live BIO; the result is new or NULL.
        unsafe { Certificate::from_owned(d2i_X509_bio(self.as_ptr(), ptr::null_mut())) }
    }

    /// The private key in PEM.
    pub fn private_key(&self, password: Password) -> Option<Key> {
        // SAFETY: as in `certificate`.
        unsafe {
            let read = PEM_read_bio_PrivateKey(self.as_ptr(), ptr::null_mut(), password.callback, password.argument);
            Key::from_owned(read)
        }
    }

    /// The next key parameters in PEM, for example Diffie-Hellman's.
    pub fn parameters(&self) -> Option<Key> {
        // SAFETY: a live BIO; the result is new or NULL.
        unsafe { Key::from_owned(PEM_read_bio_Parameters(self.as_ptr(), ptr::null_mut())) }
    }

    /// The private key in DER.
    pub fn private_key_der(&self) -> Option<Key> {
        // SAFETY: a live BIO; the result is new or NULL.
        unsafe { Key::from_owned(d2i_PrivateKey_bio(self.as_ptr(), ptr::null_mut())) }
    }

    /// The RSA private key in PEM.
    pub fn rsa_private_key(&self, password: Password) -> Option<Key> {
        // SAFETY: as in `certificate`.
        let rsa =
            unsafe { PEM_read_bio_RSAPrivateKey(self.as_ptr(), ptr::null_mut(), password.callback, password.argument) };
        // SAFETY: new or NULL, and ours.
        unsafe { wrap_rsa(rsa) }
    }

    /// The RSA private key in DER.
    pub fn rsa_private_key_der(&self) -> Option<Key> {
        // SAFETY: a live BIO.
        let rsa = unsafe { d2i_RSAPrivateKey_bio(self.as_ptr(), ptr::null_mut()) };
        // SAFETY: new or NULL, and ours.
        unsafe { wrap_rsa(rsa) }
    }
}

/// # Safety
/// `rsa` is NULL or owned by the caller.
unsafe fn wrap_rsa(rsa: *mut RSA) -> Option<Key> {
    let rsa = NonNull::new(rsa)?;
    // SAFETY: live; the result takes a reference of its own.
    let key = unsafe { Key::from_rsa(rsa.as_ptr()) };
    // SAFETY: ours by the caller's promise.
    unsafe { RSA_free(rsa.as_ptr()) };
    key
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: this value owns it.
        unsafe { BIO_free(self.as_ptr()) };
    }
}

/// The newest error says that a PEM file had nothing more of the kind asked for: the end of a list, no failure.
pub fn at_end_of_pem() -> bool {
    err::peek_last().is_some_and(|code| code.library() == LIB_PEM && code.reason() == PEM_R_NO_START_LINE)
}

/// Writes all of `text`.
///
/// # Safety
/// `bio` is a live BIO.
pub unsafe fn write_all(bio: *mut BIO, text: &[u8]) -> bool {
    let Ok(len) = c_int::try_from(text.len()) else {
        return false;
    };
    // SAFETY: live by the caller's promise; `text` is readable.
    len == 0 || unsafe { BIO_write(bio, text.as_ptr().cast(), len) } == len
}
