//! TLS 1.3 and TLS 1.2 without I/O: bytes in, bytes and questions out.
//!
//! A [`Connection`] never calls out. [`Connection::step`] goes on until it needs wire bytes, has some to be written, has
//! application data, or needs a decision that is not TLS's own; then it says so and gives up the borrow. Whoever drives
//! it does what is asked and steps again.
//!
//! Inside, a handshake state is an owned value that one message or one answer consumes; see `server` and `client`, which
//! list their states in the order of the wire. RFC 8446 is quoted beside the code that obeys it; for TLS 1.2, in the
//! modules called `tls12`, it is RFC 5246 with its extensions.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod alert;
mod client;
mod codec;
mod connection;
mod core;
mod early;
mod error;
mod event;
mod facts;
mod finished12;
#[cfg(any(test, fuzzing))]
mod fuzz12;
mod kx;
mod message;
mod number;
mod open;
mod open12;
mod question;
mod record;
mod schedule;
mod server;
mod settings;
mod state;
mod suite12;
mod transcript;

pub use alert::{AlertDescription, AlertLevel};
pub use connection::{Connection, Step};
pub use early::EarlyDataStatus;
pub use error::{Error, ErrorKind};
pub use event::{Event, StateName};
pub use message::{ClientHello, TicketRequest};
pub use number::{
    CipherSuite, ContentType, ExtensionType, HandshakeType, NamedGroup, ProtocolVersion, SignatureScheme,
};
pub use question::{
    Answer, Credential, CredentialRequest, ExternalOffer, NewTicket, Offer, Question, ReceivedTicket, TicketDraft,
    TicketVerdict,
};
pub use settings::{ClientAuth, Settings, Tls12};

/// What the fuzz targets call, to get behind the record protection.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::client::fuzz::server_flight;
    pub use crate::fuzz12::tls12;
    pub use crate::server::fuzz::early_flight;
}

/// Which side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that sends ClientHello.
    Client,
    /// The one that answers it.
    Server,
}

impl Side {
    pub(crate) fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

// Whoever drives connections may do so from any thread.
const _: () = {
    const fn can_change_threads<T: Send>() {}
    can_change_threads::<Connection>();
};
