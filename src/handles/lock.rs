//! A lock for a few instructions, which a fork can't leave locked for ever.
//!
//! Every call looks its handle up, so in a process with many threads some thread is always at it. Should another one fork
//! at that moment, the child would inherit the lock without the thread that could open it, and its first `SSL_new` would
//! wait in vain; libssl, which has no such table, would not. So a lock knows in which generation of the process it was
//! taken: one that is older has lost its owner. What these locks guard are numbers and pointers that are changed one by
//! one, such that a change that was cut short can lose an entry and nothing else.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::ops::{Deref, DerefMut};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const UNLOCKED: u32 = 0;

/// How many forks lie between the first process and this one; never [`UNLOCKED`].
static GENERATION: AtomicU32 = AtomicU32::new(1);

unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

extern "C" fn begin_generation() {
    // There is no other thread in a child that was just made. 0 would take four thousand million forks in a row.
    if GENERATION.fetch_add(1, Ordering::Relaxed) == u32::MAX {
        GENERATION.store(1, Ordering::Relaxed);
    }
}

/// To be called before there can be a handle.
pub(super) fn watch_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function is ours, takes nothing, and stays as long as this library, which is never unloaded. Without
        // memory for the entry forks are as they would be with any other lock.
        unsafe { pthread_atfork(None, None, Some(begin_generation)) };
    });
}

/// See the module.
pub(super) struct Lock<T> {
    /// [`UNLOCKED`], or the generation of whoever has it.
    owner: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only reached through a guard, of which there is one at a time in a process.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub const fn new(value: T) -> Self {
        Self {
            owner: AtomicU32::new(UNLOCKED),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits, not for long. No callback may run under it, and nothing that may itself be locked, memory included.
    pub fn lock(&self) -> Guard<'_, T> {
        let now = GENERATION.load(Ordering::Relaxed);
        let mut attempts = 0u32;
        loop {
            let seen = self.owner.load(Ordering::Relaxed);
            let free = seen == UNLOCKED || seen != now;
            if free
                && self
                    .owner
                    .compare_exchange_weak(seen, now, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return Guard { lock: self };
            }
            attempts = attempts.saturating_add(1);
            pause(attempts);
        }
    }
}

/// Whoever has the lock needs a moment; if its thread was interrupted, a processor; if that thread has a lower priority,
/// one that yielding does not give it.
fn pause(attempts: u32) {
    const SPINS: u32 = 64;
    const YIELDS: u32 = 256;
    if attempts <= SPINS {
        std::hint::spin_loop();
    } else if attempts <= YIELDS {
        std::thread::yield_now();
    } else {
        std::thread::sleep(Duration::from_micros(50));
    }
}

pub(super) struct Guard<'l, T> {
    lock: &'l Lock<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is ours for as long as this guard lives.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed alone.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.lock.owner.store(UNLOCKED, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_at_a_time() {
        let count = Lock::new(0u64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| *count.lock() += 1));
            }
        });
        assert_eq!(*count.lock(), 40_000);
    }

    #[test]
    fn a_lock_whose_owner_stayed_behind_a_fork_is_open() {
        let value = Lock::new(7);
        // As in a child: taken in a generation that is over.
        value.owner.store(
            GENERATION.load(Ordering::Relaxed).wrapping_sub(1).max(u32::MAX - 1),
            Ordering::Relaxed,
        );
        assert_eq!(*value.lock(), 7);
    }
}
