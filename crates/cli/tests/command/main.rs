//! The command as a person or a script runs it: on real files, on running servers, on sessions that they gave.

#[path = "../../../../tests/interop/identity.rs"]
mod identity;
#[path = "../../../../tests/interop/process.rs"]
#[allow(dead_code, reason = "shared with tests/interop, which uses all of it")]
mod process;

mod json;
mod keys;
mod open;
mod place;
mod servers;
mod stats;
