//! What a TLS session ticket is: how its bytes are laid out, how it is sealed and opened, the session inside, and what
//! follows from offering one.
//!
//! Nothing here does I/O, reads a clock, draws randomness or calls foreign code: the time and the IV are arguments.
//! Formats and decisions are those of OpenSSL 3.0's libssl, so that tickets and session files pass between the two.
//!
//! * [`layout`]: key name ‖ IV ‖ ciphertext ‖ MAC
//! * [`TicketKey`]: seals and opens
//! * [`ChainCap`]: for how long one full handshake may be followed by resumptions
//! * [`Session`]: the DER inside, as `i2d_SSL_SESSION` writes it
//! * [`verdict()`]: what an opened or unopened ticket leads to
//! * [`Quota`]: how many tickets a TLS 1.3 server owes its client
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod chain;
mod cipher;
mod key;
pub mod layout;
mod mac;
mod private;
mod quota;
mod session;
mod verdict;

pub use chain::{ChainCap, KEY_ID_LEN, chain_stamp, stamped_start};
pub use key::{IV_LEN, KeyError, KeyName, OPENSSL_BLOB_LEN, OpenError, SealError, TicketKey};
pub use mac::MacAlgorithm;
pub use private::{Private, private};
pub use quota::{Ended, Owed, Quota};
pub use session::{DecodeError, Expiry, Secret, SecretTooLong, Session, SessionId, SessionIdContext, SessionIdTooLong};
pub use verdict::{Outcome, Return, Status, verdict};
