//! Which key seals session tickets and which keys open them, now.
//!
//! A [`Ring`] holds a few keys. One seals; it, those before it and the one after it open. Nothing here reads a clock:
//! `now` is always an argument, in seconds since 1970, and nothing here runs by itself.
//!
//! ```
//! use carnet_keys::{Policy, Ring};
//!
//! let ring = Ring::rotating(Policy::default(), 1_700_000_000);
//! let sealing = ring.sealing(1_700_000_000).ok_or("no key, no ticket")?;
//! let found = ring.opening(sealing.name(), 1_700_003_600).ok_or("gone")?;
//! assert!(!found.still_seals, "an hour later, its client gets a new ticket");
//! # Ok::<(), &str>(())
//! ```
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod entropy;
pub mod forms;
mod iv;
mod ratchet;
mod ring;
mod ring_file;
mod root_file;
mod schedule;
pub mod separation;
mod share;
mod shared;
mod snapshot;
mod stack;
#[cfg(test)]
mod tests;
mod trace;

pub use entropy::{Entropy, NoEntropy, SystemEntropy};
pub use iv::fresh_iv;
pub use ratchet::SECRET_LEN;
pub use ring::{ChangeError, Clock, Found, Ring};
pub use ring_file::{FileError, Start, write_private};
pub use schedule::Policy;
pub use share::{Root, ShareError};
pub use shared::{Counter, PAGE_LEN, PageError};
pub use snapshot::{KeyInfo, KeyState};
pub use trace::without_trace;
