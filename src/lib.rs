//! libcarnet: OpenSSL's libssl, its session tickets first, with a TLS of its own.
//!
//! `capi` is what C sees; it turns to `objects` (what handles name) and `drive` (which runs connections); those use
//! `handles` (the registry) and `libcrypto` (safe wrappers). Nothing imports `capi`.

#[cfg(not(target_pointer_width = "64"))]
compile_error!("libcarnet.so is for 64-bit systems: its handles lie in a range of addresses that 32 bits can't name");

pub mod capi;
pub mod drive;
pub mod error;
pub mod handles;
pub mod libcrypto;
pub mod objects;
