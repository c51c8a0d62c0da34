//! What libssl.so.3 exports and this library does not do: every symbol is there, so that no call slips past with one of
//! our handles into a real libssl, and fails the way its manual page says a failure looks.
//!
//! Where the honest answer is "there is none" (`SSL_get_selected_srtp_profile`), the function gives it and the error queue stays
//! empty; where a program asked for something that it will not get, the queue says so.

mod asynchronous;
mod compression;
mod ct;
mod dane;
mod extensions;
pub mod foreign;
mod other;
mod srp;
mod srtp_dtls;
mod tmp_dh;

pub(super) use extensions::SSL_CTX_use_serverinfo_file;
pub(super) use tmp_dh::{SSL_CTX_set0_tmp_dh_pkey, SSL_set0_tmp_dh_pkey};

use super::entry::entry;
use crate::error::Error;

/// Puts `ERR_R_UNSUPPORTED` on the error queue as raised by `function`, and returns what a failure of it looks like.
fn unsupported<T>(function: &'static str, failure: T) -> T {
    entry(function, failure, || Err(Error::UNSUPPORTED))
}
