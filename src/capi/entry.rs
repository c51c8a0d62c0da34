//! The one way in: catches panics and puts failures on the error queue, once.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Reason, Result};

// A profile with panic = "abort" would undo what this file promises.
const _: () = assert!(cfg!(panic = "unwind"), "panics must unwind, to be caught here");

/// Runs an entry point's body. A failure is pushed to the error queue as raised by `name` and becomes `failure`; a
/// panic is an internal error, and never leaves for C.
pub fn entry<T>(name: &'static str, failure: T, body: impl FnOnce() -> Result<T>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            error.push(name);
            failure
        }
        Err(_) => {
            Error::INTERNAL.push(name);
            failure
        }
    }
}

/// The bytes at `data`. C may pass NULL for none.
///
/// # Safety
/// `data` points at `len` bytes that stay readable and unchanged for `'a`, or `len` is 0.
pub unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    check(data, len)?;
    // SAFETY: not NULL, and the caller promises `len` readable bytes, which are no more than there can be.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// The room at `data`. C may pass NULL for none.
///
/// # Safety
/// `data` points at `len` writable bytes that nobody else uses for `'a`, or `len` is 0.
pub unsafe fn bytes_mut<'a>(data: *mut u8, len: usize) -> Result<&'a mut [u8]> {
    if len == 0 {
        return Ok(&mut []);
    }
    check(data, len)?;
    // SAFETY: not NULL, and the caller promises `len` writable bytes, which are no more than there can be.
    Ok(unsafe { std::slice::from_raw_parts_mut(data, len) })
}

/// NULL is no place for bytes, and a length that was negative before it became a size_t is none.
fn check(data: *const u8, len: usize) -> Result<()> {
    if data.is_null() {
        return Err(Error::NULL);
    }
    if isize::try_from(len).is_err() {
        return Err(Reason::BAD_LENGTH.into());
    }
    Ok(())
}

/// The string at `text`; NULL is an error.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string that stays unchanged for `'a`.
pub unsafe fn string<'a>(text: *const c_char) -> Result<&'a CStr> {
    // SAFETY: the caller's promise is ours.
    unsafe { optional_string(text) }.ok_or(Error::NULL)
}

/// The string at `text`, or nothing for NULL.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string that stays unchanged for `'a`.
pub unsafe fn optional_string<'a>(text: *const c_char) -> Option<&'a CStr> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not NULL, so a NUL-terminated string by the caller's promise.
    Some(unsafe { CStr::from_ptr(text) })
}

/// Stores a result where C asked for it; NULL means that C does not want it.
///
/// # Safety
/// `place` is NULL or points at a writable `T`.
pub unsafe fn store<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not NULL, so writable by the caller's promise.
        unsafe { place.write(value) }
    }
}

/// The address of a byte string for C: NULL for an empty one, whose Rust address dangles.
pub fn data_ptr(data: &[u8]) -> *const u8 {
    if data.is_empty() {
        std::ptr::null()
    } else {
        data.as_ptr()
    }
}
