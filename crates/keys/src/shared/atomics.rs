//! What `versions` stands on, and its model check puts others in the place of (tests/interleavings.rs).

pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};

/// How often a reader tries again that was overtaken, or came while a copy was being repaired.
pub(crate) const TRIES: usize = 8;
