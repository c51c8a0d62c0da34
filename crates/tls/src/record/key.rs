//! Record protection (RFC 8446 section 5.2, RFC 5246 section 6.2.3.3): one direction's AEAD key, IV and sequence number.

use std::fmt;
use std::ops::Range;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroize;

use super::HEADER_LEN;
use crate::number::Suite13;
use crate::suite12::Suite12;
use crate::{ContentType, Error, ErrorKind, ProtocolVersion};

/// Length of the authentication tag, the same for all suites.
pub(crate) const TAG_LEN: usize = 16;

/// Protects or opens records, in order.
pub(crate) struct RecordKey {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
    limit: u64,
    form: Form,
}

/// How records look under a key, and how its nonces are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Tls13,
    /// TLS 1.2 with the 8 explicit bytes of the nonce in each record (RFC 5288 section 3).
    Explicit12,
    /// TLS 1.2 with nonces as in TLS 1.3 (RFC 7905 section 2).
    Implicit12,
}

/// nonce_explicit of RFC 5288.
const EXPLICIT_LEN: usize = 8;

impl RecordKey {
    pub(crate) fn new(suite: &Suite13, key: &[u8], iv: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            key: LessSafeKey::new(UnboundKey::new(suite.aead, key)?),
            iv: iv.try_into().map_err(|_| ErrorKind::Internal)?,
            sequence: 0,
            limit: suite.record_limit,
            form: Form::Tls13,
        })
    }

    /// A key of TLS 1.2 (RFC 5246 section 6.2.3.3). `iv` has the suite's fixed_iv_length.
    pub(crate) fn tls12(suite: &Suite12, key: &[u8], iv: &[u8]) -> Result<Self, Error> {
        let mut whole = [0; NONCE_LEN];
        whole
            .get_mut(..iv.len())
            .ok_or(ErrorKind::Internal)?
            .copy_from_slice(iv);
        Ok(Self {
            key: LessSafeKey::new(UnboundKey::new(suite.aead, key)?),
            iv: whole,
            sequence: 0,
            // TLS 1.2 can't change keys: they last until the sequence numbers end.
            limit: u64::MAX,
            form: if iv.len() == NONCE_LEN {
                Form::Implicit12
            } else {
                Form::Explicit12
            },
        })
    }

    #[cfg(test)]
    pub(crate) fn set_sequence(&mut self, sequence: u64) {
        self.sequence = sequence;
    }

    /// Has it protected so many records that another key should take over?
    pub(crate) fn is_worn(&self) -> bool {
        self.sequence >= self.limit
    }

    /// "The 64-bit record sequence number is encoded in network byte order and padded to the left with zeros to
    /// iv_length. [It] is XORed with either the static client_write_iv or server_write_iv" (section 5.3).
    fn nonce(&self) -> Nonce {
        let mut nonce = self.iv;
        for (byte, sequence) in nonce.iter_mut().rev().zip(self.sequence.to_be_bytes().iter().rev()) {
            *byte ^= sequence;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// "If a TLS implementation would need to wrap a sequence number, it MUST either rekey (Section 4.6.3) or terminate
    /// the connection" (section 5.3). It rekeys long before.
    ///
    /// The last number is not used: whoever finds that there is none after it must not have used it, for the alert that
    /// follows would use it again.
    fn next_sequence(&self) -> Result<u64, Error> {
        self.sequence.checked_add(1).ok_or_else(|| ErrorKind::Internal.into())
    }

    /// Opens a record's body in place; gives the length of the TLSInnerPlaintext at its front. A failure leaves the
    /// sequence number alone, so that early data can be skipped by trial.
    pub(crate) fn open(&mut self, header: [u8; HEADER_LEN], body: &mut [u8]) -> Result<usize, Error> {
        let next = self.next_sequence()?;
        let plain = self.key.open_in_place(self.nonce(), Aad::from(header), body);
        let len = plain.map_err(|_| ErrorKind::BadRecordMac)?.len();
        self.sequence = next;
        Ok(len)
    }

    /// Appends a protected record of `data` to `out`, padded to a multiple of `padding` bytes.
    pub(crate) fn seal(
        &mut self,
        content_type: ContentType,
        data: &[u8],
        padding: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if self.form != Form::Tls13 {
            return self.seal12(content_type, data, out);
        }
        let next = self.next_sequence()?;
        let inner_len = padded_len(data.len() + 1, padding);
        let len = u16::try_from(inner_len + TAG_LEN).map_err(|_| ErrorKind::Internal)?;
        out.reserve(HEADER_LEN + usize::from(len));
        let header = super::header(ContentType::APPLICATION_DATA, ProtocolVersion::TLS1_2, len);
        out.extend_from_slice(&header);
        let at = out.len();
        out.extend_from_slice(data);
        out.push(content_type.0);
        out.resize(at + inner_len, 0);
        let inner = out.get_mut(at..).ok_or(ErrorKind::Internal)?;
        let tag = self
            .key
            .seal_in_place_separate_tag(self.nonce(), Aad::from(header), inner)?;
        out.extend_from_slice(tag.as_ref());
        self.sequence = next;
        Ok(())
    }

    /// seq_num + TLSCompressed.type + TLSCompressed.version + TLSCompressed.length (RFC 5246 section 6.2.3.3).
    fn additional_data12(&self, header: [u8; HEADER_LEN], len: u16) -> Aad<[u8; 13]> {
        let mut data = [0; 13];
        let [content_type, major, minor, _, _] = header;
        let [high, low] = len.to_be_bytes();
        let tail = [content_type, major, minor, high, low];
        for (to, from) in data.iter_mut().zip(self.sequence.to_be_bytes().iter().chain(&tail)) {
            *to = *from;
        }
        Aad::from(data)
    }

    /// "The salt is the 'implicit' part of the nonce and is not sent in the packet. [...] The nonce_explicit MAY be the
    /// 64-bit sequence number" (RFC 5288 section 3), and is in what we send.
    fn explicit_nonce(&self, explicit: [u8; EXPLICIT_LEN]) -> Nonce {
        let mut nonce = self.iv;
        for (to, from) in nonce.iter_mut().rev().zip(explicit.iter().rev()) {
            *to = *from;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// Opens a TLS 1.2 record's body in place; says where in it the content is.
    pub(crate) fn open12(&mut self, header: [u8; HEADER_LEN], body: &mut [u8]) -> Result<Range<usize>, Error> {
        let next = self.next_sequence()?;
        let start = if self.form == Form::Explicit12 { EXPLICIT_LEN } else { 0 };
        let sealed_len = body.len().checked_sub(start).ok_or(ErrorKind::BadRecordMac)?;
        let len = sealed_len.checked_sub(TAG_LEN).ok_or(ErrorKind::BadRecordMac)?;
        let aad = self.additional_data12(header, u16::try_from(len).map_err(|_| ErrorKind::BadRecordMac)?);
        let (explicit, sealed) = body.split_at_mut_checked(start).ok_or(ErrorKind::BadRecordMac)?;
        let nonce = match (&*explicit).try_into() {
            Ok(explicit) => self.explicit_nonce(explicit),
            Err(_) => self.nonce(),
        };
        let opened = self.key.open_in_place(nonce, aad, sealed);
        opened.map_err(|_| ErrorKind::BadRecordMac)?;
        self.sequence = next;
        Ok(start..start + len)
    }

    fn seal12(&mut self, content_type: ContentType, data: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let next = self.next_sequence()?;
        let is_explicit = self.form == Form::Explicit12;
        let start = if is_explicit { EXPLICIT_LEN } else { 0 };
        let len = u16::try_from(start + data.len() + TAG_LEN).map_err(|_| ErrorKind::Internal)?;
        out.reserve(HEADER_LEN + usize::from(len));
        let header = super::header(content_type, ProtocolVersion::TLS1_2, len);
        out.extend_from_slice(&header);
        let explicit = self.sequence.to_be_bytes();
        let nonce = if is_explicit {
            out.extend_from_slice(&explicit);
            self.explicit_nonce(explicit)
        } else {
            self.nonce()
        };
        let aad = self.additional_data12(header, u16::try_from(data.len()).map_err(|_| ErrorKind::Internal)?);
        let at = out.len();
        out.extend_from_slice(data);
        let inner = out.get_mut(at..).ok_or(ErrorKind::Internal)?;
        let tag = self.key.seal_in_place_separate_tag(nonce, aad, inner)?;
        out.extend_from_slice(tag.as_ref());
        self.sequence = next;
        Ok(())
    }
}

/// "the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets" (section 5.4), so padding yields to that.
fn padded_len(inner_len: usize, padding: usize) -> usize {
    match padding {
        0 | 1 => inner_len,
        block => inner_len
            .next_multiple_of(block)
            .min(super::MAX_PLAINTEXT + 1)
            .max(inner_len),
    }
}

impl Drop for RecordKey {
    fn drop(&mut self) {
        // The key itself is aws-lc's, which clears it.
        self.iv.zeroize();
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordKey")
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}
