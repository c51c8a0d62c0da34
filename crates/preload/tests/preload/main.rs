//! The library in programs of our own: small C programs (../programs) and Python, with OpenSSL as Debian has it.
//!
//! `bites` has what went wrong elsewhere, item by item; the others are named after what they try.

mod bites;
mod cost;
mod end;
mod fleet;
mod hygiene;
mod memory;
mod place;
mod settings;
mod stage;
mod start;
