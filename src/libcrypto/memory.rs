//! Memory that C frees with `OPENSSL_free` (OPENSSL_malloc(3)).

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    fn CRYPTO_memdup(data: *const c_void, len: usize, file: *const c_char, line: c_int) -> *mut c_void;
}

/// A copy of `bytes` that the caller owns, to be freed with `OPENSSL_free`; NULL for none and when memory is short.
pub fn duplicate(bytes: &[u8]) -> *mut u8 {
    // SAFETY: the slice is readable for its length; the file's name is static and only kept.
    unsafe { CRYPTO_memdup(bytes.as_ptr().cast(), bytes.len(), c"carnet".as_ptr(), 0).cast() }
}
