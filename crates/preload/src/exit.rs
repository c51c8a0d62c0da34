//! The end of a process: its own copies of keys are erased when it calls exit(3) or returns from main, in forked workers as
//! well. What other processes share stays. A thread that is still at work then finds no key, and makes no ticket.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use carnet_keys::Ring;

use crate::state;
use crate::tickets::Separation;
use crate::undisturbed::undisturbed;

/// Each is copied when something joins it. There are several, so that they stay short where there are many contexts.
const LISTS: usize = 64;

/// What keeps keys, beside the ring. No lock, which a fork could leave locked.
static KEEPERS: [ArcSwapOption<Vec<Weak<Separation>>>; LISTS] = [const { ArcSwapOption::const_empty() }; LISTS];

/// From now on the end of the process erases the ring's keys.
pub fn erase_ring_at_exit() {
    // SAFETY: the function stays as long as the process, since this library is never unloaded. If there is no memory for it,
    // nothing is erased.
    unsafe { libc::atexit(erase) };
}

/// What the end of the process erases, too.
pub fn erased_at_exit(separation: Separation) -> Arc<Separation> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let separation = Arc::new(separation);
    let list = KEEPERS.get(NEXT.fetch_add(1, Ordering::Relaxed) % LISTS);
    if let Some(list) = list {
        list.rcu(|before| {
            let others = before.iter().flat_map(|all| all.iter());
            let live = others.filter(|other| other.strong_count() > 0).cloned();
            Some(Arc::new(live.chain([Arc::downgrade(&separation)]).collect::<Vec<_>>()))
        });
    }
    separation
}

/// Erases what was derived from keys that the ring no longer has, in contexts that nobody connects to as well.
pub fn follow(ring: &Ring, now: u64) {
    /// For which version of the ring this was done.
    static DONE: AtomicU64 = AtomicU64::new(0);
    let version = ring.version();
    if DONE.load(Ordering::Relaxed) != version {
        DONE.store(version, Ordering::Relaxed);
        each(|separation| separation.follow(ring, now));
    }
}

fn each(then: impl Fn(&Separation)) {
    for list in &KEEPERS {
        let list = list.load();
        let all = list.iter().flat_map(|all| all.iter());
        all.filter_map(Weak::upgrade).for_each(|separation| then(&separation));
    }
}

/// A thread that derives keys meanwhile sees that the ring has forgotten its own, and forgets them, too.
extern "C" fn erase() {
    let _done = undisturbed(|| {
        state::forget();
        each(Separation::forget);
    });
}
