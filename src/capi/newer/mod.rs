//! What OpenSSL 3.2 to 3.5 have added to libssl.
//!
//! Programs that were built with their headers call these functions; the headers of this library are OpenSSL 3.0's and do not
//! declare them. Were they missing, such a call would go past this library into the real libssl, with a handle of ours.

mod certificates;
mod events;
mod kinds;
mod quic;
mod same;

use super::entry::entry;
use crate::error::Error;

/// Puts `ERR_R_UNSUPPORTED` on the error queue as raised by `function`, and returns what a failure of it looks like.
fn unsupported<T>(function: &'static str, failure: T) -> T {
    entry(function, failure, || Err(Error::UNSUPPORTED))
}
