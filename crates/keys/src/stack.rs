//! How much of its stack a thread still has.

#![expect(unsafe_code, reason = "the threads library tells it in C")]

use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::null_mut;

/// How much of a stack is taken for one. Where its limit is far away, or there is none, what is called the first thread's
/// reaches down to whatever was mapped when it was asked for, and the heap grows into that: coroutines have stacks there.
const LONGEST: usize = 8 << 20;

/// Bytes below the caller's frame that belong to the stack of this thread. `None`: the thread runs on a stack that the
/// threads library knows nothing of, as coroutines do, or the library does not tell.
pub(crate) fn room() -> Option<usize> {
    thread_local! {
        static STACK: Option<Range<usize>> = bounds();
    }
    let here = 0_u8;
    let here = (&raw const here).addr();
    let stack = STACK.try_with(Clone::clone).ok()??;
    stack.contains(&here).then(|| here - stack.start)
}

/// From the lowest byte that may be used to the end. The first thread's can't be told in a chroot without /proc.
fn bounds() -> Option<Range<usize>> {
    let mut attributes = MaybeUninit::uninit();
    let (mut start, mut len, mut guard) = (null_mut(), 0, 0);
    // SAFETY: pthread_getattr_np fills the attributes in if it returns 0; then they are read, and destroyed once.
    let told = unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let told = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut len) == 0
            && libc::pthread_attr_getguardsize(attributes.as_ptr(), &raw mut guard) == 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        told
    };
    let end = start.addr().checked_add(len)?;
    // Versions of the library disagree whether the guard is part of it.
    let start = start.addr().checked_add(guard)?.max(end.saturating_sub(LONGEST));
    (told && start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_no_more_than_it_was_given() {
        for len in [32 << 10, 64 << 10, 1 << 20] {
            let thread = std::thread::Builder::new().stack_size(len).spawn(room).unwrap();
            let room = thread.join().unwrap().unwrap();
            assert!(room < len && room > len / 4, "{room} of {len}");
        }
    }
}
