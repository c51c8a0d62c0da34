//! This library's own work, which nothing ends half-way.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

const DISABLE: c_int = 1;

/// A panic stays here: `None`. And a thread that is cancelled (pthread_cancel(3)) does its work first: it would end wherever
/// it asks the system for something, and not be able to get out of here, which would be the end of the program.
pub fn undisturbed<R>(work: impl FnOnce() -> R) -> Option<R> {
    let mut before = DISABLE;
    // SAFETY: `before` has room for the state that there was.
    unsafe { pthread_setcancelstate(DISABLE, &raw mut before) };
    let result = catch_unwind(AssertUnwindSafe(work));
    // SAFETY: the state that there was; nobody is asked for the one that there is.
    unsafe { pthread_setcancelstate(before, null_mut()) };
    result.ok()
}
