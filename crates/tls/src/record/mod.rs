//! The record layer of TLS 1.3 (RFC 8446 section 5) and of TLS 1.2 (RFC 5246 section 6).

mod inbound;
mod input;
mod joiner;
mod key;
mod outbound;

pub(crate) use inbound::{Inbound, Incoming};
pub(crate) use key::{RecordKey, TAG_LEN};
pub(crate) use outbound::Outbound;

use crate::{ContentType, ProtocolVersion};

/// Content type, legacy version, length.
pub(crate) const HEADER_LEN: usize = 5;
/// The longest content of a record (section 5.1).
pub(crate) const MAX_PLAINTEXT: usize = 1 << 14;
/// The longest protected record's body (section 5.2).
pub(crate) const MAX_CIPHERTEXT: usize = MAX_PLAINTEXT + 256;

fn header(content_type: ContentType, version: ProtocolVersion, len: u16) -> [u8; HEADER_LEN] {
    let [major, minor] = version.0.to_be_bytes();
    let [high, low] = len.to_be_bytes();
    [content_type.0, major, minor, high, low]
}

#[cfg(test)]
mod tests;
