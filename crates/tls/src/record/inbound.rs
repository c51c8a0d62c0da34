//! Records as they arrive (RFC 8446 section 5): framing, opening, and all that may be wrong with them.

use std::ops::Range;

use super::input::Input;
use super::joiner::Joiner;
use super::{HEADER_LEN, MAX_CIPHERTEXT, MAX_PLAINTEXT, RecordKey};
use crate::event::Events;
use crate::message::Message;
use crate::{AlertDescription, AlertLevel, ContentType, Error, ErrorKind, Event};

/// So many records without content may come in a row.
const MAX_EMPTY_RECORDS: u8 = 32;

/// What arrived.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A whole handshake message.
    Message(Message),
    /// Application data; it waits in the input buffer.
    Data,
    /// An alert.
    Alert(AlertLevel, AlertDescription),
    /// TLS 1.2: the peer's change_cipher_spec.
    ChangeCipherSpec,
    /// Not enough bytes for anything.
    NeedInput,
}

/// Early data that was not accepted, and how much more of it is skipped (RFC 8446 section 4.2.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    /// After a HelloRetryRequest: "skipping all records with an external content type of 'application_data'".
    Unread(u32),
    /// After a ServerHello: "attempting to deprotect received records using the handshake traffic key, discarding
    /// records which fail deprotection".
    Undecryptable(u32),
}

/// The receiving half of the record layer.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) input: Input,
    joiner: Joiner,
    key: Option<RecordKey>,
    skip: Skip,
    /// change_cipher_spec is tolerated now (RFC 8446 section 5).
    tolerates_ccs: bool,
    /// The peer may not have keys yet, so its alerts may come unprotected.
    plain_alerts: bool,
    /// Nothing has been received yet.
    fresh: bool,
    /// The rules of TLS 1.2: change_cipher_spec means something, and protected records show their types.
    tls12: bool,
    empty_records: u8,
}

impl Inbound {
    pub(crate) fn new() -> Self {
        Self {
            input: Input::default(),
            joiner: Joiner::default(),
            key: None,
            skip: Skip::Nothing,
            tolerates_ccs: false,
            plain_alerts: false,
            fresh: true,
            tls12: false,
            empty_records: 0,
        }
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.key.is_some()
    }

    /// Changes the key for what comes next.
    ///
    /// "Implementations MUST verify that all messages immediately preceding a key change align with a record boundary;
    /// if not, then they MUST terminate the connection with an 'unexpected_message' alert" (section 5.1).
    pub(crate) fn set_key(&mut self, key: RecordKey) -> Result<(), Error> {
        if !self.joiner.is_empty() {
            return Err(ErrorKind::InterleavedMessage.into());
        }
        self.key = Some(key);
        Ok(())
    }

    /// Is the last message taken the end of its record?
    pub(crate) fn is_aligned(&self) -> bool {
        self.joiner.is_empty()
    }

    /// Unprotected alerts are taken until the first protected record can be opened: a client that fails on the
    /// ServerHello has no other way to say so.
    pub(crate) fn allow_plain_alerts(&mut self) {
        self.plain_alerts = true;
    }

    /// TLS 1.2 has been negotiated.
    pub(crate) fn turn_to_tls12(&mut self) {
        self.tls12 = true;
    }

    pub(crate) fn tolerate_ccs(&mut self, yes: bool) {
        self.tolerates_ccs = yes;
    }

    /// The client offered early data and gets a HelloRetryRequest.
    pub(crate) fn skip_early_data_unread(&mut self, limit: u32) {
        self.skip = Skip::Unread(limit);
    }

    /// The client offered early data and gets a ServerHello that does not accept it.
    pub(crate) fn skip_early_data(&mut self, limit: u32) {
        self.skip = Skip::Undecryptable(limit);
    }

    /// The next thing that the bytes so far amount to.
    pub(crate) fn next(&mut self, events: &mut Events, max_certificate_len: usize) -> Result<Incoming, Error> {
        loop {
            if let Some(message) = self.joiner.next(max_certificate_len)? {
                return Ok(Incoming::Message(message));
            }
            let Some(header) = self.input.header() else {
                return Ok(Incoming::NeedInput);
            };
            let (content_type, len) = self.check_header(header)?;
            let Some(body) = self.input.take_record(len) else {
                return Ok(Incoming::NeedInput);
            };
            self.fresh = false;
            events.push(|| Event::RecordHeader { sent: false, header });
            if let Some(incoming) = self.record(content_type, header, body, events)? {
                return Ok(incoming);
            }
        }
    }

    fn check_header(&self, header: [u8; HEADER_LEN]) -> Result<(ContentType, usize), Error> {
        let [content_type, major, minor, high, low] = header;
        let content_type = ContentType(content_type);
        if self.fresh
            && let Some(kind) = other_protocol(header)
        {
            return Err(kind.into());
        }
        // legacy_record_version "MUST be ignored for all purposes"; but another major version is another protocol.
        if major != 3 {
            // Who does not begin with TLS would not understand an alert.
            let kind = if self.fresh {
                ErrorKind::NotTls
            } else {
                ErrorKind::WrongVersionNumber
            };
            return Err(kind.into());
        }
        // Of protected records it "is always 0x0303" (section 5.2), and authenticated: judged here for a clear reason.
        if self.key.is_some() && content_type == ContentType::APPLICATION_DATA && minor != 3 {
            return Err(ErrorKind::WrongVersionNumber.into());
        }
        // "If a TLS implementation receives an unexpected record type, it MUST terminate the connection with an
        // 'unexpected_message' alert."
        if content_type.name().is_none() {
            return Err(ErrorKind::BadRecordType.into());
        }
        let len = usize::from(u16::from_be_bytes([high, low]));
        // "The length MUST NOT exceed 2^14 + 256 bytes. An endpoint that receives a record that exceeds this length
        // MUST terminate the connection with a 'record_overflow' alert." Unprotected: 2^14. TLS 1.2 would allow 2048 more,
        // but its AEAD suites never need more than 24.
        let is_protected12 = self.tls12 && self.key.is_some();
        let max = if content_type == ContentType::APPLICATION_DATA || is_protected12 {
            MAX_CIPHERTEXT
        } else {
            MAX_PLAINTEXT
        };
        if len > max {
            return Err(ErrorKind::RecordTooLong.into());
        }
        Ok((content_type, len))
    }

    fn record(
        &mut self,
        content_type: ContentType,
        header: [u8; HEADER_LEN],
        body: Range<usize>,
        events: &mut Events,
    ) -> Result<Option<Incoming>, Error> {
        if self.tls12 {
            return self.record12(content_type, header, body);
        }
        match (content_type, self.key.is_some()) {
            (ContentType::CHANGE_CIPHER_SPEC, _) => self.change_cipher_spec(body).map(|()| None),
            (ContentType::APPLICATION_DATA, true) => self.protected(header, body, events),
            (ContentType::APPLICATION_DATA, false) => self.skip_unread(&body).map(|()| None),
            (ContentType::ALERT, true) if self.plain_alerts => self.content(content_type, body),
            (_, true) => Err(ErrorKind::BadRecordType.into()),
            (_, false) => self.content(content_type, body),
        }
    }

    /// A record of TLS 1.2 (RFC 5246 section 6.2).
    fn record12(
        &mut self,
        content_type: ContentType,
        header: [u8; HEADER_LEN],
        body: Range<usize>,
    ) -> Result<Option<Incoming>, Error> {
        let Some(key) = self.key.as_mut() else {
            return match content_type {
                ContentType::CHANGE_CIPHER_SPEC => self.change_cipher_spec12(body).map(Some),
                ContentType::APPLICATION_DATA => Err(ErrorKind::UnexpectedMessage.into()),
                _ => self.content(content_type, body),
            };
        };
        // There is no second one without renegotiation, which we don't do.
        if content_type == ContentType::CHANGE_CIPHER_SPEC {
            return Err(ErrorKind::BadChangeCipherSpec.into());
        }
        let opened = key.open12(header, self.input.bytes_mut(body.clone()))?;
        if opened.len() > MAX_PLAINTEXT {
            return Err(ErrorKind::PlaintextTooLong.into());
        }
        self.content(content_type, body.start + opened.start..body.start + opened.end)
    }

    /// struct { enum { change_cipher_spec(1), (255) } type; } ChangeCipherSpec; (RFC 5246 section 7.1). Whether it comes
    /// in time, the handshake's state decides.
    fn change_cipher_spec12(&mut self, body: Range<usize>) -> Result<Incoming, Error> {
        if self.input.bytes(body) != [1] {
            return Err(ErrorKind::BadChangeCipherSpec.into());
        }
        if !self.joiner.is_empty() {
            return Err(ErrorKind::InterleavedMessage.into());
        }
        Ok(Incoming::ChangeCipherSpec)
    }

    /// "An implementation may receive an unencrypted record of type change_cipher_spec consisting of the single byte
    /// value 0x01 at any time after the first ClientHello message has been sent or received and before the peer's
    /// Finished message has been received and MUST simply drop it without further processing" (section 5).
    fn change_cipher_spec(&mut self, body: Range<usize>) -> Result<(), Error> {
        // "If an implementation detects a change_cipher_spec record received before the first ClientHello message or after
        // the peer's Finished message, it MUST be treated as an unexpected record type."
        if !self.tolerates_ccs {
            return Err(ErrorKind::BadRecordType.into());
        }
        if self.input.bytes(body) != [1] {
            return Err(ErrorKind::BadChangeCipherSpec.into());
        }
        if !self.joiner.is_empty() {
            return Err(ErrorKind::InterleavedMessage.into());
        }
        self.count_empty()
    }

    fn protected(
        &mut self,
        header: [u8; HEADER_LEN],
        body: Range<usize>,
        events: &mut Events,
    ) -> Result<Option<Incoming>, Error> {
        let Some(key) = self.key.as_mut() else {
            return Err(ErrorKind::Internal.into());
        };
        let inner_len = match key.open(header, self.input.bytes_mut(body.clone())) {
            Ok(len) => len,
            Err(error) => return self.skip_undecryptable(&body, error).map(|()| None),
        };
        // "Once a record is deprotected successfully, it is treated as the start of the client's second flight."
        self.skip = Skip::Nothing;
        self.plain_alerts = false;
        let inner = self.input.bytes(body.start..body.start + inner_len);
        // "If a receiving implementation does not find a non-zero octet in the cleartext, it MUST terminate the
        // connection with an 'unexpected_message' alert" (section 5.4).
        let end = inner
            .iter()
            .rposition(|byte| *byte != 0)
            .ok_or(ErrorKind::NoInnerType)?;
        let content_type = ContentType(inner.get(end).copied().unwrap_or_default());
        events.push(|| Event::InnerContentType {
            sent: false,
            content_type,
        });
        // "the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets", padding included.
        if inner_len > MAX_PLAINTEXT + 1 {
            return Err(ErrorKind::PlaintextTooLong.into());
        }
        self.content(content_type, body.start..body.start + end)
    }

    /// A record's content, whatever protected it.
    fn content(&mut self, content_type: ContentType, content: Range<usize>) -> Result<Option<Incoming>, Error> {
        // "Handshake messages MUST NOT be interleaved with other record types" (section 5.1).
        if content_type != ContentType::HANDSHAKE && !self.joiner.is_empty() {
            return Err(ErrorKind::InterleavedMessage.into());
        }
        match content_type {
            ContentType::HANDSHAKE => {
                // "Implementations MUST NOT send zero-length fragments of Handshake types".
                if content.is_empty() {
                    return Err(ErrorKind::UnexpectedRecord.into());
                }
                self.skip = Skip::Nothing;
                self.empty_records = 0;
                self.joiner.push(self.input.bytes(content));
                Ok(None)
            }
            ContentType::APPLICATION_DATA if content.is_empty() => self.count_empty().map(|()| None),
            ContentType::APPLICATION_DATA => {
                self.empty_records = 0;
                self.input.set_plaintext(content);
                Ok(Some(Incoming::Data))
            }
            ContentType::ALERT => match self.input.bytes(content) {
                // "a record with an Alert type MUST contain exactly one message" (section 5.1); of one that is empty: "the
                // receiving implementation MUST terminate the connection with an 'unexpected_message' alert" (5.4).
                [level, description] => Ok(Some(Incoming::Alert((*level).into(), (*description).into()))),
                _ => Err(ErrorKind::MalformedAlert.into()),
            },
            // "receives a protected change_cipher_spec record MUST abort the handshake with an 'unexpected_message'".
            ContentType::CHANGE_CIPHER_SPEC => Err(ErrorKind::BadChangeCipherSpec.into()),
            _ => Err(ErrorKind::UnexpectedRecord.into()),
        }
    }

    fn count_empty(&mut self) -> Result<(), Error> {
        self.empty_records += 1;
        if self.empty_records > MAX_EMPTY_RECORDS {
            return Err(ErrorKind::TooManyEmptyRecords.into());
        }
        Ok(())
    }

    fn skip_unread(&mut self, body: &Range<usize>) -> Result<(), Error> {
        let Skip::Unread(left) = self.skip else {
            return Err(ErrorKind::UnexpectedMessage.into());
        };
        self.skip = Skip::Unread(less(left, body)?);
        Ok(())
    }

    fn skip_undecryptable(&mut self, body: &Range<usize>, error: Error) -> Result<(), Error> {
        let Skip::Undecryptable(left) = self.skip else {
            return Err(error);
        };
        self.skip = Skip::Undecryptable(less(left, body)?);
        Ok(())
    }
}

/// What may still be skipped after this record. Even an empty one counts, so that there is an end.
fn less(left: u32, body: &Range<usize>) -> Result<u32, Error> {
    let data = body.len().saturating_sub(super::TAG_LEN + 1).max(1);
    u32::try_from(data)
        .ok()
        .and_then(|data| left.checked_sub(data))
        .ok_or_else(|| ErrorKind::TooMuchEarlyData.into())
}

/// What the first bytes look like, if they are of a protocol that is often taken for TLS.
fn other_protocol(start: [u8; HEADER_LEN]) -> Option<ErrorKind> {
    match &start {
        b"GET /" | b"POST " | b"HEAD " | b"PUT /" => Some(ErrorKind::HttpRequest),
        b"CONNE" => Some(ErrorKind::ProxyRequest),
        _ => None,
    }
}
