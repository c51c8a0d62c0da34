//! Servers as Debian ships them, with `libcarnet_preload.so` loaded into them: do tickets resume where they should, each
//! time, and nowhere else?
//!
//! `CARNET_LIB=DIR` tests the library in another directory than Cargo's.

#[path = "../../../../tests/interop/identity.rs"]
mod identity;
#[path = "../../../../tests/interop/process.rs"]
#[allow(dead_code, reason = "shared with tests/interop, which uses all of it")]
mod process;

mod client;
mod load;
mod place;

mod apache;
mod dovecot;
mod haproxy;
mod nginx;
mod postfix;
mod postgres;
mod python;
mod s_server;
mod stunnel;
