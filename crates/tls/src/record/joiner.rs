//! Handshake messages out of records: "Handshake messages MAY be coalesced into a single TLSPlaintext record or
//! fragmented across several records" (RFC 8446 section 5.1).

use bytes::Bytes;

use crate::message::Message;
use crate::{Error, ErrorKind, HandshakeType};

const HEADER_LEN: usize = 4;

/// Holds what has arrived of messages that are not complete, or not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    /// Whole messages of the last record, then perhaps the front of one more.
    ready: Bytes,
    /// The front of a message that spans records. When it holds something, `ready` is empty.
    partial: Vec<u8>,
}

impl Joiner {
    /// No byte of any message is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.partial.is_empty()
    }

    /// Adds a record's content. All complete messages must have been taken before.
    pub(crate) fn push(&mut self, fragment: &[u8]) {
        if self.partial.is_empty() {
            self.ready = Bytes::copy_from_slice(fragment);
        } else {
            self.partial.extend_from_slice(fragment);
        }
    }

    /// The next complete message. The length is judged as soon as it is known.
    pub(crate) fn next(&mut self, max_certificate_len: usize) -> Result<Option<Message>, Error> {
        if !self.partial.is_empty() {
            let Some(len) = message_len(&self.partial, max_certificate_len)? else {
                return Ok(None);
            };
            if self.partial.len() < len {
                return Ok(None);
            }
            self.ready = Bytes::from(std::mem::take(&mut self.partial));
        }
        if self.ready.is_empty() {
            return Ok(None);
        }
        match message_len(&self.ready, max_certificate_len)? {
            Some(len) if len <= self.ready.len() => {
                let raw = self.ready.split_to(len);
                Ok(Message::new(raw))
            }
            _ => {
                self.partial = std::mem::take(&mut self.ready).into();
                Ok(None)
            }
        }
    }
}

/// The whole length of the message that starts here, once its header is complete.
fn message_len(front: &[u8], max_certificate_len: usize) -> Result<Option<usize>, Error> {
    let Some([kind, a, b, c]) = front.first_chunk::<HEADER_LEN>().copied() else {
        return Ok(None);
    };
    let body = u32::from_be_bytes([0, a, b, c]);
    let body = usize::try_from(body).map_err(|_| ErrorKind::MessageTooLong)?;
    match max_len(HandshakeType(kind), max_certificate_len) {
        None => Err(ErrorKind::UnexpectedMessage.into()),
        Some(max) if body > max => Err(ErrorKind::MessageTooLong.into()),
        Some(_) => Ok(Some(HEADER_LEN + body)),
    }
}

/// How long each message may be at most; `None` for those that neither TLS 1.3 nor TLS 1.2 has.
///
/// The protocol itself allows 2^24 - 1 bytes for all. These are what their fields can honestly need.
fn max_len(kind: HandshakeType, max_certificate_len: usize) -> Option<usize> {
    match kind {
        // Two bytes of version, 32 random, a session id, suites, compression, and 2^16 of extensions: 131,396.
        HandshakeType::CLIENT_HELLO => Some(131_396),
        HandshakeType::SERVER_HELLO | HandshakeType::ENCRYPTED_EXTENSIONS => Some(65_607),
        HandshakeType::NEW_SESSION_TICKET => Some(131_338),
        HandshakeType::CERTIFICATE | HandshakeType::CERTIFICATE_REQUEST => Some(max_certificate_len),
        HandshakeType::CERTIFICATE_VERIFY => Some(65_539),
        // TLS 1.2: curve, point, scheme and signature; an OCSP response; a point.
        HandshakeType::SERVER_KEY_EXCHANGE => Some(65_798),
        HandshakeType::CERTIFICATE_STATUS => Some(65_539),
        HandshakeType::CLIENT_KEY_EXCHANGE => Some(256),
        // Longer ones than these are malformed, but not a danger.
        HandshakeType::FINISHED
        | HandshakeType::KEY_UPDATE
        | HandshakeType::END_OF_EARLY_DATA
        | HandshakeType::HELLO_REQUEST
        | HandshakeType::SERVER_HELLO_DONE => Some(64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(joiner: &mut Joiner) -> Option<Vec<u8>> {
        joiner.next(100).unwrap().map(|m| m.raw().to_vec())
    }

    #[test]
    fn coalesced_messages_come_one_by_one() {
        let mut joiner = Joiner::default();
        joiner.push(&[24, 0, 0, 1, 0, 20, 0, 0, 2, 7, 7, 24, 0]);
        assert_eq!(take(&mut joiner).unwrap(), [24, 0, 0, 1, 0]);
        assert_eq!(take(&mut joiner).unwrap(), [20, 0, 0, 2, 7, 7]);
        assert_eq!(take(&mut joiner), None);
        assert!(!joiner.is_empty());
        joiner.push(&[0, 1, 1, 24]);
        assert_eq!(take(&mut joiner).unwrap(), [24, 0, 0, 1, 1]);
        assert_eq!(take(&mut joiner), None);
        assert!(!joiner.is_empty());
    }

    #[test]
    fn fragments_of_any_size_are_joined() {
        let mut joiner = Joiner::default();
        let message = [11, 0, 0, 3, 1, 2, 3];
        for byte in message {
            assert_eq!(take(&mut joiner), None);
            joiner.push(&[byte]);
        }
        assert_eq!(take(&mut joiner).unwrap(), message);
        assert!(joiner.is_empty());
    }

    #[test]
    fn lengths_are_refused_before_the_body_arrives() {
        for (header, kind) in [
            ([11, 0, 0, 101], ErrorKind::MessageTooLong),
            ([20, 255, 255, 255], ErrorKind::MessageTooLong),
            ([99, 0, 0, 0], ErrorKind::UnexpectedMessage),
        ] {
            let mut joiner = Joiner::default();
            joiner.push(&header);
            assert_eq!(joiner.next(100).unwrap_err().kind(), kind);
        }
    }
}
