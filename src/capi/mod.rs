//! The C ABI: one file for each family of manual pages. Turns C's arguments into Rust and back, decides nothing.

pub mod alert_strings;
pub mod bio_ssl;
pub mod carnet_h;
pub mod constants;
pub mod entry;
pub mod library;
pub mod session_codec;
pub mod session_fields;
pub mod session_id;
pub mod session_life;
pub mod session_print;
pub mod session_ticket;
pub mod ssl_bio;
pub mod ssl_io;
pub mod ssl_lifecycle;
pub mod ssl_shutdown;
pub mod types;
pub mod unsupported;
