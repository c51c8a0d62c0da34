//! The transcript hash (RFC 8446 section 4.4.1).

use crate::HandshakeType;
use crate::schedule::{Digest, HashAlgorithm, Running};

/// The hash of all handshake messages so far. Boxed: the states that own it are moved a lot.
#[derive(Clone)]
pub(crate) struct Transcript {
    running: Box<Running>,
    /// The messages themselves, as long as a TLS 1.2 client may have to sign them.
    kept: Option<Vec<u8>>,
}

impl Transcript {
    pub(crate) fn new(hash: HashAlgorithm) -> Self {
        Self {
            running: Box::new(Running::new(hash)),
            kept: None,
        }
    }

    /// One that keeps the messages, too: in TLS 1.2 CertificateVerify signs "all handshake messages sent or received,
    /// starting at client hello and up to, but not including, this message" (RFC 5246 section 7.4.8), with a hash of its
    /// own.
    pub(crate) fn keeping_messages(hash: HashAlgorithm) -> Self {
        Self {
            kept: Some(Vec::with_capacity(4096)),
            ..Self::new(hash)
        }
    }

    /// The messages so far, if they are kept.
    pub(crate) fn messages(&self) -> &[u8] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Nobody will sign them.
    pub(crate) fn forget_messages(&mut self) {
        self.kept = None;
    }

    /// Adds a whole message, header included.
    pub(crate) fn add(&mut self, message: &[u8]) {
        self.running.update(message);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(message);
        }
    }

    pub(crate) fn current(&self) -> Digest {
        Running::clone(&self.running).finish()
    }

    /// The hash as if `tail` came next: for binders, which cover only a part of the ClientHello.
    pub(crate) fn with(&self, tail: &[u8]) -> Digest {
        let mut running = Running::clone(&self.running);
        running.update(tail);
        running.finish()
    }

    /// "when the server responds to a ClientHello with a HelloRetryRequest, the value of ClientHello1 is replaced with
    /// a special synthetic handshake message of handshake type 'message_hash' containing Hash(ClientHello1)."
    pub(crate) fn replaced_by_message_hash(self) -> Self {
        let hash = self.running.hash();
        let first_hello = self.running.finish();
        let mut running = Running::new(hash);
        let len = u8::try_from(hash.len()).unwrap_or(u8::MAX);
        running.update(&[HandshakeType::MESSAGE_HASH.0, 0, 0, len]);
        running.update(first_hello.as_bytes());
        Self {
            running: Box::new(running),
            kept: None,
        }
    }
}
