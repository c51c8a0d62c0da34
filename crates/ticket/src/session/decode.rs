//! Reading the DER.

use bytes::Bytes;
use der::asn1::OctetStringRef;
use der::{Decode, Header, Reader, SliceReader, Tag, TagNumber};

use super::encode::FORMAT_VERSION;
use super::{Secret, Session, SessionId};
use crate::Private;

/// The timeout of a session that does not say: OpenSSL's choice.
const DEFAULT_TIMEOUT: u64 = 3;

/// Why bytes are not a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not DER, or another type than the field has.
    #[error("not the DER of a session: {0}")]
    Der(der::ErrorKind),
    /// A field that the format does not have, or not there.
    #[error("the session has an unknown field, or one twice, or not in order")]
    Field,
    /// Another version of the format.
    #[error("unknown version of the session format")]
    FormatVersion,
    /// Neither TLS (3.x) nor DTLS.
    #[error("not a protocol version")]
    Protocol,
    /// A field is longer or shorter than it may be.
    #[error("the session's {0} has a wrong length")]
    Length(&'static str),
    /// Bytes follow the session.
    #[error("bytes left over after the session")]
    Trailing,
}

impl From<der::Error> for DecodeError {
    fn from(error: der::Error) -> Self {
        Self::Der(error.kind())
    }
}

impl Session {
    /// Reads a session that fills `der`, as `d2i_SSL_SESSION(3)` does. `now` (seconds since 1970) stands in for a
    /// missing time.
    ///
    /// Any cipher suite's number is taken, and the certificate is not parsed: whoever resumes the session judges both.
    /// Where OpenSSL takes BER (indefinite lengths, strings in pieces), this does not: nobody writes it.
    pub fn decode(der: &[u8], now: u64) -> Result<Self, DecodeError> {
        Self::decode_shared(&Private::new(der.to_vec()).into_shared(), now)
    }

    /// As [`Session::decode`], but the session's large fields share `der` instead of being copied from it.
    ///
    /// The buffer holds the secret, so make it with [`Private::into_shared`].
    pub fn decode_shared(der: &Bytes, now: u64) -> Result<Self, DecodeError> {
        let mut reader = SliceReader::new(der)?;
        let session = reader.sequence(|fields| Fields { fields, der }.session(now))?;
        if !reader.is_finished() {
            return Err(DecodeError::Trailing);
        }
        Ok(session)
    }

    /// Reads a session at the start of `der`; also tells how many bytes it took.
    pub fn decode_prefix(der: &[u8], now: u64) -> Result<(Self, usize), DecodeError> {
        let header = Header::peek(&SliceReader::new(der)?)?;
        let len = usize::try_from((der::Encode::encoded_len(&header)? + header.length())?)?;
        let der = der.get(..len).ok_or(DecodeError::Length("encoding"))?;
        Ok((Self::decode(der, now)?, len))
    }
}

struct Fields<'f, 'd> {
    fields: &'f mut SliceReader<'d>,
    der: &'d Bytes,
}

impl<'d> Fields<'_, 'd> {
    fn session(&mut self, now: u64) -> Result<Session, DecodeError> {
        if i128::from(self.fields.decode::<i64>()?) != FORMAT_VERSION {
            return Err(DecodeError::FormatVersion);
        }
        let protocol = protocol(self.fields.decode()?)?;
        let cipher = <[u8; 2]>::try_from(self.octets()?).map_err(|_| DecodeError::Length("cipher suite"))?;
        let session_id = SessionId::new(self.octets()?).map_err(|_| DecodeError::Length("id"))?;
        let secret = Secret::new(self.octets()?).map_err(|_| DecodeError::Length("secret"))?;
        let mut session = Session::new(protocol, u16::from_be_bytes(cipher), secret, now);
        session.session_id = session_id;
        self.optional_fields(&mut session)?;
        Ok(session)
    }

    /// Those after the secret: each tagged, each optional, in the order of their numbers.
    fn optional_fields(&mut self, session: &mut Session) -> Result<(), DecodeError> {
        session.timeout = DEFAULT_TIMEOUT;
        let mut next = 0;
        while !self.fields.is_finished() {
            let header = Header::decode(self.fields)?;
            let content = self.fields.read_slice(header.length())?;
            let number = match header.tag() {
                // [0] IMPLICIT OCTET STRING, a relic of SSL 2: read over.
                Tag::ContextSpecific {
                    constructed: false,
                    number: TagNumber(0),
                } => 0,
                Tag::ContextSpecific {
                    constructed: true,
                    number: TagNumber(number @ 1..),
                } => number,
                _ => return Err(DecodeError::Field),
            };
            // Once each, and in order.
            if number < next {
                return Err(DecodeError::Field);
            }
            next = number.saturating_add(1);
            self.optional_field(session, number, content)?;
        }
        Ok(())
    }

    /// `content` is what the explicit tag `number` encloses.
    fn optional_field(&self, session: &mut Session, number: u32, content: &'d [u8]) -> Result<(), DecodeError> {
        match number {
            0 => (),
            // As for all these numbers, zero and missing are the same.
            1 => match i64::from_der(content)? {
                0 => (),
                time => session.time = time.cast_unsigned(),
            },
            2 => match i64::from_der(content)? {
                0 => (),
                timeout => session.timeout = timeout.cast_unsigned(),
            },
            3 => session.peer = Some(self.share(one_sequence(content)?)),
            4 => {
                let context = SessionId::new(octets(content)?);
                session.session_id_context = context.map_err(|_| DecodeError::Length("context"))?;
            }
            5 => session.verify_result = i32::from_der(content)?.into(),
            6 => session.hostname = Some(self.c_string(content)?),
            7 => session.psk_identity_hint = Some(self.c_string(content)?),
            8 => session.psk_identity = Some(self.c_string(content)?),
            9 => session.lifetime_hint = u64::from_der(content)?,
            10 => session.ticket = Some(self.bytes(content)?),
            11 => session.compression = compression(octets(content)?)?,
            12 => session.srp_username = Some(self.c_string(content)?),
            13 => session.flags = low_32_bits(u64::from_der(content)?),
            14 => session.age_add = u32::from_der(content)?,
            15 => session.max_early_data = u32::from_der(content)?,
            16 => session.alpn = Some(self.bytes(content)?),
            17 => session.max_fragment_mode = low_8_bits(u32::from_der(content)?),
            18 => session.appdata = Some(self.bytes(content)?),
            19 => session.kex_group = u32::from_der(content)?,
            _ => return Err(DecodeError::Field),
        }
        Ok(())
    }

    fn octets(&mut self) -> Result<&'d [u8], DecodeError> {
        Ok(self.fields.decode::<&OctetStringRef>()?.as_bytes())
    }

    fn bytes(&self, content: &'d [u8]) -> Result<Bytes, DecodeError> {
        Ok(self.share(octets(content)?))
    }

    /// A string that OpenSSL keeps as C does: it ends at the first NUL.
    fn c_string(&self, content: &'d [u8]) -> Result<Bytes, DecodeError> {
        let string = octets(content)?.split(|byte| *byte == 0).next();
        Ok(self.share(string.unwrap_or_default()))
    }

    fn share(&self, part: &'d [u8]) -> Bytes {
        self.der.slice_ref(part)
    }
}

/// An OCTET STRING and nothing else.
fn octets(content: &[u8]) -> Result<&[u8], DecodeError> {
    Ok(<&OctetStringRef>::from_der(content)?.as_bytes())
}

/// A SEQUENCE and nothing else, whatever is inside: a certificate, for those who look closer.
fn one_sequence(content: &[u8]) -> Result<&[u8], DecodeError> {
    let mut reader = SliceReader::new(content)?;
    let header = Header::decode(&mut reader)?;
    header.tag().assert_eq(Tag::Sequence)?;
    reader.read_slice(header.length())?;
    reader.finish()?;
    Ok(content)
}

/// One byte; zero is the null method and never written.
fn compression(octets: &[u8]) -> Result<Option<u8>, DecodeError> {
    match octets {
        [0] => Ok(None),
        [method] => Ok(Some(*method)),
        _ => Err(DecodeError::Length("compression method")),
    }
}

/// TLS's versions, DTLS's, and the one of Cisco's DTLS before there was a standard: those that OpenSSL reads back.
fn protocol(number: i64) -> Result<u16, DecodeError> {
    let number = u16::try_from(number).map_err(|_| DecodeError::Protocol)?;
    match number {
        0x0300..=0x03ff | 0xfe00..=0xfeff | 0x0100 => Ok(number),
        _ => Err(DecodeError::Protocol),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cut is OpenSSL's: a 64-bit field read into 32 bits"
)]
fn low_32_bits(value: u64) -> u32 {
    value as u32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cut is OpenSSL's: a 32-bit field read into 8 bits"
)]
fn low_8_bits(value: u32) -> u8 {
    value as u8
}
