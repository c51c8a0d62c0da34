//! libcarnet_preload.so: leaves OpenSSL's TLS alone and gives every program that uses it ticket keys that rotate, that its
//! processes share, and that a fleet can agree on.
//!
//! ```text
//! loaded     what happens when the library is loaded, and before each fork
//! privileges likewise before the process changes its root directory or user
//! exit       what happens when the process ends
//! hooks      the functions of libssl that this stands before
//! foreign    contexts of other OpenSSLs in the same process
//! callback   the key callback that OpenSSL calls for each ticket
//!   context    what is kept with each SSL_CTX
//!   identity   what a context is, and whether that has changed
//!     module     where its callbacks are
//!     algorithms with what a context computes
//!   tickets    under which keys to seal, whether to open
//!     state      settings and ring of the process          carnet-keys
//!   openssl    the real OpenSSL, found at run time
//! undisturbed  panics stay here, and nobody is cancelled here
//! wipe       no memory is freed with secrets in it
//! ```
//!
//! It never brings the program down: where it can't do its job the program runs as it would without it, and one line says
//! why. It has no threads, and does nothing in programs that use no TLS.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("libcarnet_preload.so is for 64-bit systems: it keeps a time where OpenSSL keeps a pointer");

mod algorithms;
mod callback;
mod context;
mod exit;
mod foreign;
mod hooks;
mod identity;
mod loaded;
mod log;
mod module;
mod openssl;
mod privileges;
mod settings;
mod state;
mod tickets;
mod undisturbed;
mod wipe;
