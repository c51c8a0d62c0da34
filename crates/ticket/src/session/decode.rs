//! Reading the DER.

use bytes::Bytes;
use der::asn1::{ContextSpecific, OctetStringRef};
use der::{Decode, Header, Reader, SliceReader, Tag, TagNumber};

use super::encode::FORMAT_VERSION;
use super::{Secret, Session, SessionId};
use crate::Private;

/// The timeout of a session that does not say: OpenSSL's choice.
const DEFAULT_TIMEOUT: u64 = 3;

/// Why bytes are not a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not DER, or not these fields in this order.
    #[error("not the DER of a session: {0}")]
    Der(der::ErrorKind),
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

    /// Those after the secret. Each is optional; their order is fixed.
    fn optional_fields(&mut self, session: &mut Session) -> Result<(), DecodeError> {
        self.skip_key_arg()?;
        // As for all these numbers, zero and missing are the same.
        if let Some(time @ (1.. | ..=-1)) = self.explicit::<i64>(1)? {
            session.time = time.cast_unsigned();
        }
        session.timeout = match self.explicit::<i64>(2)? {
            None | Some(0) => DEFAULT_TIMEOUT,
            Some(timeout) => timeout.cast_unsigned(),
        };
        session.peer = self.explicit::<Element<'d>>(3)?.map(|peer| self.share(peer.0));
        let context = self
            .explicit::<&OctetStringRef>(4)?
            .map_or(&[][..], OctetStringRef::as_bytes);
        session.session_id_context = SessionId::new(context).map_err(|_| DecodeError::Length("context"))?;
        session.verify_result = self.explicit::<i32>(5)?.unwrap_or_default().into();
        session.hostname = self.c_string(6)?;
        session.psk_identity_hint = self.c_string(7)?;
        session.psk_identity = self.c_string(8)?;
        session.lifetime_hint = self.explicit(9)?.unwrap_or_default();
        session.ticket = self.bytes(10)?;
        session.compression = self.compression()?;
        session.srp_username = self.c_string(12)?;
        session.flags = low_32_bits(self.explicit(13)?.unwrap_or_default());
        session.age_add = self.explicit(14)?.unwrap_or_default();
        session.max_early_data = self.explicit(15)?.unwrap_or_default();
        session.alpn = self.bytes(16)?;
        session.max_fragment_mode = low_8_bits(self.explicit(17)?.unwrap_or_default());
        session.appdata = self.bytes(18)?;
        session.kex_group = self.explicit(19)?.unwrap_or_default();
        Ok(())
    }

    fn octets(&mut self) -> Result<&'d [u8], DecodeError> {
        Ok(self.fields.decode::<&OctetStringRef>()?.as_bytes())
    }

    fn explicit<T: Decode<'d, Error = der::Error>>(&mut self, number: u32) -> Result<Option<T>, DecodeError> {
        let field = ContextSpecific::<T>::decode_explicit(self.fields, TagNumber(number))?;
        Ok(field.map(|field| field.value))
    }

    fn bytes(&mut self, number: u32) -> Result<Option<Bytes>, DecodeError> {
        let value = self.explicit::<&OctetStringRef>(number)?;
        Ok(value.map(|value| self.share(value.as_bytes())))
    }

    /// A string that OpenSSL keeps as C does: it ends at the first NUL.
    fn c_string(&mut self, number: u32) -> Result<Option<Bytes>, DecodeError> {
        let value = self.explicit::<&OctetStringRef>(number)?;
        Ok(value.map(|value| {
            let value = value.as_bytes();
            self.share(value.split(|byte| *byte == 0).next().unwrap_or_default())
        }))
    }

    /// One byte; zero is the null method and never written.
    fn compression(&mut self) -> Result<Option<u8>, DecodeError> {
        match self.explicit::<&OctetStringRef>(11)?.map(OctetStringRef::as_bytes) {
            None | Some([0]) => Ok(None),
            Some([method]) => Ok(Some(*method)),
            Some(_) => Err(DecodeError::Length("compression method")),
        }
    }

    /// [0] IMPLICIT OCTET STRING: a relic of SSL 2, read over.
    fn skip_key_arg(&mut self) -> Result<(), DecodeError> {
        ContextSpecific::<&OctetStringRef>::decode_implicit(self.fields, TagNumber(0))?;
        Ok(())
    }

    fn share(&self, part: &'d [u8]) -> Bytes {
        self.der.slice_ref(part)
    }
}

/// A SEQUENCE with its header, whatever is inside.
struct Element<'d>(&'d [u8]);

impl<'d> Decode<'d> for Element<'d> {
    type Error = der::Error;

    fn decode<R: Reader<'d>>(reader: &mut R) -> der::Result<Self> {
        Tag::peek(reader)?.assert_eq(Tag::Sequence)?;
        reader.tlv_bytes().map(Self)
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
