//! What this library frees is wiped first. Types that wipe themselves do so with what they are made of, but not with what
//! was between those parts: the room of an enum's larger variants, a buffer that nothing was written to. When such a value
//! is moved to the heap, whatever was on the stack goes with it, and that may be what keys were derived from.
//!
//! Only the library's own memory is meant, not the program's; and in the steady state it frees none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

// SAFETY: all memory comes from the system's allocator and goes back to it as it came. `realloc` is that of the trait, which
// copies to new memory and gives back the old by `dealloc`.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory was allocated with this layout, and nobody uses it any more.
        unsafe { memory.write_bytes(0, layout.size()) };
        // Or it would be left out, since nobody reads it.
        black_box(memory);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
