//! The protocol engine of a connection and the pipes it runs over.
//!
//! One I/O call at a time has the whole of it. It is tried for and never waited for: whoever finds it taken is an
//! application's BIO that calls back into the connection it carries, or a second thread, and gets an error instead of a
//! deadlock. It is let go before any callback of the SSL API.

use carnet_tls::Connection as Engine;

use crate::libcrypto::bio::Bio;

/// What the holder of a connection's I/O has.
#[derive(Default)]
pub struct Io {
    /// The engine; made when the handshake begins.
    pub engine: Option<Box<Engine>>,
    /// Where bytes come from.
    pub read_bio: Option<Bio>,
    /// Where bytes go; often another reference to the same BIO.
    pub write_bio: Option<Bio>,
    /// An application write that was cut short by a BIO that would not take more.
    pub unfinished: Option<Unfinished>,
    /// A question is with the application, so that no other I/O call may run the engine.
    pub asking: bool,
    /// The BIO has not yet been flushed after the last write that wants it.
    pub flush_due: bool,
    /// What the next handshake call or write is to send.
    pub requests: Requests,
    /// For the observers.
    pub watch: Watch,
}

/// What the application has asked for and has not been sent: never in the middle of a write that is not finished.
#[derive(Debug, Clone, Copy, Default)]
pub struct Requests {
    /// SSL_new_session_ticket(3): how many are still to be made.
    pub tickets: usize,
    /// SSL_key_update(3): and does it ask the peer for one?
    pub key_update: Option<bool>,
    /// SSL_verify_client_post_handshake(3)
    pub certificate: bool,
    /// How often a certificate has been asked for on this connection.
    pub certificates_asked: usize,
}

/// What the observers' callbacks need to know from one step to the next.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watch {
    /// Somebody wants to hear of states and messages.
    pub observed: bool,
    /// The same, or of secrets.
    pub watched: bool,
    /// SSL_set_record_padding_callback(3): the application says how much padding each record gets.
    pub padded: bool,
    /// A message after the handshake has been shown and its end has not.
    pub message_open: bool,
    /// How many messages the engine had taken when the current read began.
    pub messages: u64,
}

/// An application write that has to be repeated with the same data (SSL_write(3), SSL_R_BAD_WRITE_RETRY).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// The buffer's address.
    pub address: usize,
    /// How many bytes the application wanted to write.
    pub len: usize,
    /// How many of them have been sealed and given to the BIO in records before the one that is stuck.
    pub done: usize,
    /// How many bytes the stuck record carries.
    pub stuck: usize,
}
