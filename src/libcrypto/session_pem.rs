//! Sessions in PEM (PEM_read_bio_SSL_SESSION(3)), and hex dumps for their text form.
//!
//! libcrypto does the armour and the encryption; it calls back for the DER and passes our handles through unseen.

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};
use std::ptr;

use super::c::{BIO, FILE, pem_password_cb};

const NAME: &CStr = c"SSL SESSION PARAMETERS";

/// `d2i_of_void`
pub type Decode = unsafe extern "C" fn(*mut *mut c_void, *mut *const c_uchar, c_long) -> *mut c_void;
/// `i2d_of_void`
pub type Encode = unsafe extern "C" fn(*const c_void, *mut *mut c_uchar) -> c_int;

unsafe extern "C" {
    fn PEM_ASN1_read(
        decode: Decode,
        name: *const c_char,
        file: *mut FILE,
        x: *mut *mut c_void,
        callback: Option<pem_password_cb>,
        argument: *mut c_void,
    ) -> *mut c_void;
    fn PEM_ASN1_read_bio(
        decode: Decode,
        name: *const c_char,
        bio: *mut BIO,
        x: *mut *mut c_void,
        callback: Option<pem_password_cb>,
        argument: *mut c_void,
    ) -> *mut c_void;
    fn PEM_ASN1_write(
        encode: Encode,
        name: *const c_char,
        file: *mut FILE,
        x: *const c_void,
        cipher: *const c_void,
        password: *const c_uchar,
        password_len: c_int,
        callback: Option<pem_password_cb>,
        argument: *mut c_void,
    ) -> c_int;
    fn PEM_ASN1_write_bio(
        encode: Encode,
        name: *const c_char,
        bio: *mut BIO,
        x: *const c_void,
        cipher: *const c_void,
        password: *const c_uchar,
        password_len: c_int,
        callback: Option<pem_password_cb>,
        argument: *mut c_void,
    ) -> c_int;
    fn BIO_dump_indent(bio: *mut BIO, data: *const c_void, len: c_int, indent: c_int) -> c_int;
    fn X509_verify_cert_error_string(code: c_long) -> *const c_char;
}

/// Where PEM comes from or goes to.
#[derive(Clone, Copy)]
pub enum Stream {
    /// C's stdio.
    File(*mut FILE),
    /// A BIO.
    Bio(*mut BIO),
}

/// Reads the next session; NULL with the reason on the error queue.
///
/// # Safety
/// The stream is live; `x` is NULL or what `decode` accepts; the callback and its argument are the application's own.
pub unsafe fn read(
    stream: Stream,
    decode: Decode,
    x: *mut *mut c_void,
    callback: Option<pem_password_cb>,
    argument: *mut c_void,
) -> *mut c_void {
    let name = NAME.as_ptr();
    // SAFETY: the caller's promise; the name is static.
    unsafe {
        match stream {
            Stream::File(file) => PEM_ASN1_read(decode, name, file, x, callback, argument),
            Stream::Bio(bio) => PEM_ASN1_read_bio(decode, name, bio, x, callback, argument),
        }
    }
}

/// Writes a session, unencrypted. 1, or 0 with the reason on the error queue.
///
/// # Safety
/// The stream is live; `x` is what `encode` accepts.
pub unsafe fn write(stream: Stream, encode: Encode, x: *const c_void) -> c_int {
    let (name, none) = (NAME.as_ptr(), ptr::null());
    // SAFETY: the caller's promise; no cipher means that password and callback are not looked at.
    unsafe {
        match stream {
            Stream::File(file) => PEM_ASN1_write(encode, name, file, x, none, none.cast(), 0, None, ptr::null_mut()),
            Stream::Bio(bio) => PEM_ASN1_write_bio(encode, name, bio, x, none, none.cast(), 0, None, ptr::null_mut()),
        }
    }
}

/// A hex dump, indented by `indent` columns.
///
/// # Safety
/// `bio` is a live BIO.
pub unsafe fn dump(bio: *mut BIO, data: &[u8], indent: c_int) -> bool {
    let Ok(len) = c_int::try_from(data.len()) else {
        return false;
    };
    // SAFETY: live by the caller's promise; `data` is readable for its length.
    unsafe { BIO_dump_indent(bio, data.as_ptr().cast(), len, indent) > 0 }
}

/// What an `X509_V_` code means.
pub fn verify_result_text(code: i64) -> &'static str {
    // SAFETY: gives a static string for every number.
    let text = unsafe { CStr::from_ptr(X509_verify_cert_error_string(code)) };
    text.to_str().unwrap_or_default()
}
