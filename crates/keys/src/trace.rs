//! Keys that were on the stack.

use std::hint::black_box;

use crate::stack;

/// Bytes, more than any of the work with keys needs. Without optimisation it needs many times as much.
const DEPTH: usize = if cfg!(debug_assertions) { 80 << 10 } else { 20 << 10 };

/// Bytes that are wiped at a time, and with what the compiler adds to them at most.
const STEP: usize = 1 << 10;
const FRAME: usize = STEP + 256;

/// Bytes that are left to whoever comes in between: a signal's handler.
const SPARE: usize = 8 << 10;

/// Does work with secrets that are moved about on the way to their places, and wipes the stack that it has used: a value
/// that is zeroized where it ends up may have left copies where it was before. What `work` returns must hold its secrets
/// in an allocation of their own. For work that is seldom done: this costs some hundred nanoseconds.
///
/// The stack is wiped before the work as well. A value that is moved takes along what happens to be between its parts (the
/// room of an enum's larger variants, a buffer not written to yet), and so an older key could get into a younger one's
/// allocation.
///
/// No more is wiped than the thread has room for, and nothing on a stack of unknown size (a coroutine's).
pub fn without_trace<R>(work: impl FnOnce() -> R) -> R {
    wipe_below();
    let result = outlined(work);
    wipe_below();
    result
}

/// In a frame of its own, which is gone when [`wipe`] runs in the same place.
#[inline(never)]
fn outlined<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[inline(never)]
fn wipe_below() {
    let room = stack::room().unwrap_or(0).saturating_sub(SPARE);
    wipe(room.min(DEPTH) / FRAME);
}

#[inline(never)]
fn wipe(frames: usize) {
    if frames == 0 {
        return;
    }
    // Not a constant, which would be somewhere else.
    let mut frame = [0_u64; STEP / 8];
    black_box(&mut frame);
    wipe(frames - 1);
    // Needed until here, so that the next frame lies below this one and does not take its place.
    black_box(&mut frame);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves words on the stack, as far down as it goes, and returns.
    #[inline(never)]
    fn litter(frames: usize) -> u64 {
        let mut frame = [0xfeed_u64; STEP / 8];
        black_box(&mut frame);
        if frames > 0 {
            litter(frames - 1) + frame[0]
        } else {
            frame[1]
        }
    }

    #[test]
    fn threads_with_little_room_survive() {
        for len in [16 << 10, 24 << 10, 48 << 10, 96 << 10] {
            let thread = std::thread::Builder::new().stack_size(len);
            let done = thread.spawn(|| without_trace(|| litter(1))).unwrap().join();
            assert_eq!(done.unwrap(), 2 * 0xfeed, "{len}");
        }
    }
}
