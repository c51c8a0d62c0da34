//! The C ABI: one file for each family of manual pages. Turns C's arguments into Rust and back, decides nothing.

pub mod constants;
pub mod entry;
pub mod types;
pub mod unsupported;
