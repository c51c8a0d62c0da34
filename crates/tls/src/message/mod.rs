//! Handshake messages (RFC 8446 section 4), both directions.
//!
//! What arrives is viewed, not copied: a parsed message is its [`Bytes`] and where its parts are.

pub(crate) mod certificate;
pub(crate) mod client_hello;
pub(crate) mod client_hello_extensions;
pub(crate) mod extensions;
pub(crate) mod post;
pub(crate) mod server_hello;
pub(crate) mod ticket_request;
pub(crate) mod tls12;

use std::ops::Range;

use bytes::Bytes;

use crate::codec::Writer;
use crate::{Error, ErrorKind, HandshakeType};

pub use client_hello::ClientHello;
pub(crate) use client_hello::{OfferedPsk, PskCursor};
pub(crate) use extensions::Extensions;
pub use ticket_request::TicketRequest;

/// Type and length.
const HEADER_LEN: usize = 4;

/// A handshake message as it arrived, complete but not parsed.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    raw: Bytes,
}

impl Message {
    /// `raw` is the whole message with its header, which says its length truly.
    pub(crate) fn new(raw: Bytes) -> Option<Self> {
        (raw.len() >= HEADER_LEN).then_some(Self { raw })
    }

    pub(crate) fn kind(&self) -> HandshakeType {
        HandshakeType(self.raw.first().copied().unwrap_or_default())
    }

    /// With its header, as the transcript wants it.
    pub(crate) fn raw(&self) -> &Bytes {
        &self.raw
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.raw.get(HEADER_LEN..).unwrap_or_default()
    }

    /// "Protocol messages MUST be sent in the order defined in Section 4.4.1 [...]. A peer which receives a handshake
    /// message in an unexpected order MUST abort the handshake with an 'unexpected_message' alert" (section 4).
    pub(crate) fn expect(self, kind: HandshakeType) -> Result<Self, Error> {
        if self.kind() == kind {
            Ok(self)
        } else {
            Err(ErrorKind::UnexpectedMessage.into())
        }
    }
}

/// Appends a message: its type, its length, and what `body` writes. Nothing, if that is too long.
pub(crate) fn encode(out: &mut Vec<u8>, kind: HandshakeType, body: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
    let at = out.len();
    let mut w = Writer::new(out);
    w.u8(kind.0);
    w.nest24(body);
    if w.fits() {
        Ok(())
    } else {
        out.truncate(at);
        Err(ErrorKind::Internal.into())
    }
}

/// Where the front `len` bytes of the `left` that end `raw` are.
fn range_at(raw_len: usize, left_behind: usize, len: usize) -> Range<usize> {
    let start = raw_len.saturating_sub(left_behind).saturating_sub(len);
    start..start + len
}

/// A shared part of `raw`; nothing if the range is not inside, which the parsers rule out.
fn part(raw: &Bytes, range: Range<usize>) -> Bytes {
    if range.start <= range.end && range.end <= raw.len() {
        raw.slice(range)
    } else {
        Bytes::new()
    }
}
