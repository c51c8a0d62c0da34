//! The atomics of `versions`; its model check puts others in their place (tests/interleavings.rs).

pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};
