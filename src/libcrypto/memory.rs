//! Memory that C frees with `OPENSSL_free` (OPENSSL_malloc(3)).

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    fn CRYPTO_memdup(data: *const c_void, len: usize, file: *const c_char, line: c_int) -> *mut c_void;
    fn CRYPTO_free(data: *mut c_void, file: *const c_char, line: c_int);
}

/// A copy of `bytes` that the caller owns, to be freed with `OPENSSL_free`; NULL for none and when memory is short.
pub fn duplicate(bytes: &[u8]) -> *mut u8 {
    // SAFETY: the slice is readable for its length; the file's name is static and only kept.
    unsafe { CRYPTO_memdup(bytes.as_ptr().cast(), bytes.len(), c"carnet".as_ptr(), 0).cast() }
}

/// Takes over memory that C allocated with `OPENSSL_malloc`: copies it and frees the original. `None` for NULL.
///
/// # Safety
/// `data` is NULL or points at `len` readable bytes that the caller gives away.
pub unsafe fn take(data: *mut u8, len: usize) -> Option<Box<[u8]>> {
    if data.is_null() {
        return None;
    }
    // SAFETY: not NULL, so readable by the caller's promise.
    let copy = unsafe { std::slice::from_raw_parts(data, len) }.into();
    // SAFETY: given away by the caller, and not used any more.
    unsafe { CRYPTO_free(data.cast(), c"carnet".as_ptr(), 0) };
    Some(copy)
}
