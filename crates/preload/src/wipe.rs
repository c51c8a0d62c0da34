//! What this library frees is wiped first. Types that wipe themselves do so with what they are made of, but not with what
//! was between those parts: the room of an enum's larger variants, a buffer that nothing was written to. When such a value
//! is moved to the heap, whatever was on the stack goes with it, and that may be what keys were derived from.
//!
//! Only the library's own memory is meant, not the program's; and in the steady state it frees none.
//!
//! And where there is no memory, Rust would end the program, which may well have a way to go on. So there is a reserve.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

static RESERVE: Reserve = Reserve {
    room: UnsafeCell::new([0; RESERVE_LEN]),
    state: AtomicU64::new(0),
};

/// A ring and some dozens of rotations, contexts and names.
const RESERVE_LEN: usize = 128 << 10;

// SAFETY: all memory comes from the system's allocator, or from the reserve, and goes back to it as it came. `realloc` is
// that of the trait, which copies to new memory and gives back the old by `dealloc`.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is that of the system's allocator.
        let memory = unsafe { System.alloc(layout) };
        RESERVE.unless(memory, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let memory = unsafe { System.alloc_zeroed(layout) };
        // What is in the reserve was never used, or wiped.
        RESERVE.unless(memory, layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory was allocated with this layout, and nobody uses it any more.
        unsafe { memory.write_bytes(0, layout.size()) };
        // Or it would be left out, since nobody reads it.
        black_box(memory);
        if RESERVE.has(memory) {
            return RESERVE.release();
        }
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Is so little left that no work should be begun that needs memory?
pub fn is_short_of_memory() -> bool {
    let (used, _) = parts(RESERVE.state.load(Ordering::Relaxed));
    used > RESERVE_LEN / 2 && Vec::<u8>::new().try_reserve(RESERVE_LEN).is_err()
}

/// Memory that is given out from its start to its end, and anew when all has come back. No lock, which a fork could leave
/// locked.
struct Reserve {
    room: UnsafeCell<[u8; RESERVE_LEN]>,
    /// How many bytes were given out, and, in the lower half, to how many who still have them.
    state: AtomicU64,
}

// SAFETY: each byte is given to one at a time, and not touched here.
unsafe impl Sync for Reserve {}

fn parts(state: u64) -> (usize, u64) {
    ((state >> 32) as usize, state & u64::from(u32::MAX))
}

impl Reserve {
    fn start(&self) -> *mut u8 {
        self.room.get().cast()
    }

    fn has(&self, memory: *mut u8) -> bool {
        (self.start().addr()..self.start().addr() + RESERVE_LEN).contains(&memory.addr())
    }

    /// What the system has given, or as much of this where that is NULL.
    fn unless(&self, memory: *mut u8, layout: Layout) -> *mut u8 {
        if memory.is_null() { self.alloc(layout) } else { memory }
    }

    /// NULL: there is no room.
    #[cold]
    fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut from = 0;
        let take = |state| {
            let (used, users) = parts(state);
            let first = self.start().addr() + used;
            from = first.next_multiple_of(layout.align()) - self.start().addr();
            let end = from.checked_add(layout.size()).filter(|end| *end <= RESERVE_LEN)?;
            Some((end as u64) << 32 | (users + 1))
        };
        let taken = self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, take);
        taken.map_or(null_mut(), |_| self.start().wrapping_add(from))
    }

    fn release(&self) {
        let less = |state| {
            let (used, users) = parts(state);
            Some(if users <= 1 {
                0
            } else {
                (used as u64) << 32 | (users - 1)
            })
        };
        let _always = self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_begins_anew_when_all_has_come_back() {
        let reserve = Reserve {
            room: UnsafeCell::new([0; RESERVE_LEN]),
            state: AtomicU64::new(0),
        };
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        for _ in 0..3 {
            let (one, two) = (reserve.alloc(layout(1, 1)), reserve.alloc(layout(100, 64)));
            assert!(reserve.has(one) && reserve.has(two) && two.addr().is_multiple_of(64));
            assert!(two.addr() > one.addr());
            assert!(reserve.alloc(layout(RESERVE_LEN - 100, 1)).is_null());
            reserve.release();
            assert!(!reserve.alloc(layout(RESERVE_LEN - 300, 1)).is_null());
            reserve.release();
            reserve.release();
            assert_eq!(reserve.state.load(Ordering::Relaxed), 0);
        }
        assert!(!reserve.has(null_mut()) && !reserve.has((&raw const reserve.state).cast_mut().cast()));
    }
}
