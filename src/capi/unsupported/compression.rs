//! Compression of records, RFC 3749 (`SSL_COMP_add_compression_method(3)`): gone from TLS 1.3 and unsafe before (CRIME). There is never
//! a method, which programs may ask and need not be told as an error.

use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::foreign::{COMP_METHOD, SSL_COMP, stack_st_SSL_COMP};
use super::unsupported;
use crate::capi::types::SSL;
use crate::libcrypto::discard::{compression_name, new_empty_stack};

/// The list that [`SSL_COMP_get_compression_methods`] shows: the application's, or an empty one.
static METHODS: AtomicPtr<stack_st_SSL_COMP> = AtomicPtr::new(ptr::null_mut());

/// How what is written gets compressed. Returns NULL: not at all.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_current_compression(_s: *const SSL) -> *const COMP_METHOD {
    ptr::null()
}

/// How what is read was compressed. Returns NULL: not at all.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_current_expansion(_s: *const SSL) -> *const COMP_METHOD {
    ptr::null()
}

/// The name of one of libcrypto's compression methods; NULL for NULL.
///
/// # Safety
/// `comp` is NULL or a method of libcrypto's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_COMP_get_name(comp: *const COMP_METHOD) -> *const c_char {
    // SAFETY: the caller's contract above.
    unsafe { compression_name(comp) }
}

/// The name of a method in the list. Returns NULL: no method of ours exists.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_get0_name(_comp: *const SSL_COMP) -> *const c_char {
    unsupported("SSL_COMP_get0_name", ptr::null())
}

/// The number of a method in the list. Returns -1: no method of ours exists.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_get_id(_comp: *const SSL_COMP) -> c_int {
    unsupported("SSL_COMP_get_id", -1)
}

/// The list of compression methods, which belongs to the library: empty, unless the application put one of its own there.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_get_compression_methods() -> *mut stack_st_SSL_COMP {
    let current = METHODS.load(Ordering::Acquire);
    if !current.is_null() {
        return current;
    }
    // Two threads that come here first at once leave one empty list behind, once in the life of the process.
    let fresh = new_empty_stack().cast();
    match METHODS.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => fresh,
        Err(other) => other,
    }
}

/// Replaces the list and gives back the one from before. Nothing is ever taken from it.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_set0_compression_methods(meths: *mut stack_st_SSL_COMP) -> *mut stack_st_SSL_COMP {
    METHODS.swap(meths, Ordering::AcqRel)
}

/// Would add a method. Returns 1, which means failure here: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_COMP_add_compression_method(_id: c_int, _cm: *mut COMP_METHOD) -> c_int {
    unsupported("SSL_COMP_add_compression_method", 1)
}
