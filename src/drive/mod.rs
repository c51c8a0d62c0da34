//! Runs a carnet-tls connection over BIOs and answers its questions by calling the application.
//!
//! ```text
//! SSL_accept, SSL_read, SSL_write, SSL_shutdown …           capi
//!   handshake, data, shutdown: what the call is after
//!     run: steps the engine, moves bytes, reports events    <-> BIO
//!       ask: question -> answer                              -> callbacks, libcrypto
//!         hello, credential, verify, tickets
//! ```
//!
//! The engine and the BIOs are held by one call at a time ([`Held`]) and let go before every call of the application's:
//! callbacks come back with the same SSL.

#![forbid(unsafe_code)]

pub mod ask;
mod cache;
mod credential;
pub mod data;
pub mod early;
pub mod handshake;
mod held;
mod hello;
mod observe;
pub mod post;
mod psk;
mod reasons;
mod run;
mod security;
pub mod session;
mod session12;
pub mod session_id;
pub mod shutdown;
mod staple;
mod start;
pub mod state_names;
pub mod status;
pub mod tickets;
mod transport;
mod verify;

pub use held::Held;
pub use run::Halt;
