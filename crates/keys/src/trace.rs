//! Keys that were on the stack.

use std::hint::black_box;

/// More words than any of the work with keys needs. Without optimisation it needs many times as much.
const DEPTH: usize = if cfg!(debug_assertions) { 8192 } else { 2048 };

/// Does work with secrets that are moved about on the way to their places, and wipes the stack that it has used: a value
/// that is zeroized where it ends up may have left copies where it was before. What `work` returns must hold its secrets
/// in an allocation of their own. For work that is seldom done: this costs some hundred nanoseconds.
///
/// The stack is wiped before the work as well. A value that is moved takes along what happens to be between its parts (the
/// room of an enum's larger variants, a buffer not written to yet), and so an older key could get into a younger one's
/// allocation.
pub fn without_trace<R>(work: impl FnOnce() -> R) -> R {
    wipe();
    let result = outlined(work);
    wipe();
    result
}

/// In a frame of its own, which is gone when [`wipe`] runs in the same place.
#[inline(never)]
fn outlined<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[inline(never)]
fn wipe() {
    // Not a constant, which would be somewhere else.
    let mut frame = [0_u64; DEPTH];
    black_box(&mut frame);
}
