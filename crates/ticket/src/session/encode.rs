//! Writing the DER.
//!
//! One walk over the fields serves two sinks: one counts, the other writes. So the length of every part is known
//! before its header, and the whole goes straight into the caller's buffer.

use super::Session;

/// SSL_SESSION_ASN1_VERSION.
pub(super) const FORMAT_VERSION: i128 = 1;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;

impl Session {
    /// How many bytes [`Session::encode_into`] appends.
    pub fn encoded_len(&self) -> usize {
        let content = self.content_len();
        header_len(content) + content
    }

    /// Appends the session as `i2d_SSL_SESSION(3)` writes it, byte for byte.
    ///
    /// `out` grows at most once, and not at all if [`Session::encoded_len`] bytes are free in it: then no copy of the
    /// secret stays behind in memory that was given up.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let content = self.content_len();
        out.reserve(header_len(content) + content);
        put_header(out, SEQUENCE, content);
        self.walk(out);
    }

    fn content_len(&self) -> usize {
        let mut count = Count(0);
        self.walk(&mut count);
        count.0
    }

    fn walk(&self, out: &mut impl Sink) {
        put_integer(out, FORMAT_VERSION);
        put_integer(out, self.protocol.into());
        put_octets(out, &self.cipher.to_be_bytes());
        put_octets(out, self.session_id.as_bytes());
        put_octets(out, self.secret.as_bytes());
        nonzero(out, 1, self.time.cast_signed().into());
        nonzero(out, 2, self.timeout.cast_signed().into());
        if let Some(peer) = &self.peer {
            put_header(out, EXPLICIT | 3, peer.len());
            out.put(peer);
        }
        optional(out, 4, Some(self.session_id_context.as_bytes()));
        nonzero(out, 5, low_32_bits(self.verify_result).into());
        optional(out, 6, self.hostname.as_deref());
        optional(out, 7, self.psk_identity_hint.as_deref());
        optional(out, 8, self.psk_identity.as_deref());
        nonzero(out, 9, self.lifetime_hint.into());
        optional(out, 10, self.ticket.as_deref());
        optional(out, 11, self.compression.as_ref().map(std::slice::from_ref));
        optional(out, 12, self.srp_username.as_deref());
        nonzero(out, 13, self.flags.into());
        nonzero(out, 14, self.age_add.into());
        nonzero(out, 15, self.max_early_data.into());
        optional(out, 16, self.alpn.as_deref());
        nonzero(out, 17, self.max_fragment_mode.into());
        optional(out, 18, self.appdata.as_deref());
        // Unlike the numbers before it, written even when zero.
        explicit_integer(out, 19, self.kex_group.into());
    }
}

/// OpenSSL keeps the verification result in a C `long` and serializes an `int32_t`.
#[expect(clippy::cast_possible_truncation, reason = "the cut is OpenSSL's format")]
fn low_32_bits(value: i64) -> i32 {
    value as i32
}

trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

struct Count(usize);

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

fn nonzero(out: &mut impl Sink, tag: u8, value: i128) {
    if value != 0 {
        explicit_integer(out, tag, value);
    }
}

fn explicit_integer(out: &mut impl Sink, tag: u8, value: i128) {
    // Sixteen bytes at most, so both lengths take one byte.
    put_header(out, EXPLICIT | tag, 2 + integer_len(value));
    put_integer(out, value);
}

fn optional(out: &mut impl Sink, tag: u8, value: Option<&[u8]>) {
    if let Some(value) = value {
        put_header(out, EXPLICIT | tag, header_len(value.len()) + value.len());
        put_octets(out, value);
    }
}

fn put_octets(out: &mut impl Sink, value: &[u8]) {
    put_header(out, OCTET_STRING, value.len());
    out.put(value);
}

fn put_integer(out: &mut impl Sink, value: i128) {
    let bytes = value.to_be_bytes();
    let len = integer_len(value);
    put_header(out, INTEGER, len);
    out.put(
        bytes
            .last_chunk::<16>()
            .and_then(|all| all.get(16 - len..))
            .unwrap_or_default(),
    );
}

/// The fewest bytes that hold `value` in two's complement (X.690 section 8.3).
fn integer_len(value: i128) -> usize {
    let spare = value.leading_zeros().max(value.leading_ones()) - 1;
    16 - (spare / 8) as usize
}

fn header_len(content: usize) -> usize {
    let mut count = Count(0);
    put_header(&mut count, SEQUENCE, content);
    count.0
}

/// Tag and definite length (X.690 section 10.1: in the fewest bytes).
fn put_header(out: &mut impl Sink, tag: u8, len: usize) {
    let bytes = len.to_be_bytes();
    let significant = bytes.len() - (len.leading_zeros() / 8) as usize;
    match u8::try_from(len) {
        Ok(short @ ..0x80) => out.put(&[tag, short]),
        // At most eight bytes of length, so this sum fits.
        _ => {
            out.put(&[tag, 0x80 | significant as u8]);
            out.put(bytes.get(bytes.len() - significant..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(value: i128) -> Vec<u8> {
        let mut out = Vec::new();
        put_integer(&mut out, value);
        out
    }

    #[test]
    fn integers_take_the_fewest_bytes() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(integer(255), [2, 2, 0, 255]);
        assert_eq!(integer(256), [2, 2, 1, 0]);
        assert_eq!(integer(-1), [2, 1, 255]);
        assert_eq!(integer(-128), [2, 1, 128]);
        assert_eq!(integer(-129), [2, 2, 255, 127]);
        assert_eq!(
            integer(u64::MAX.into()),
            [2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255]
        );
        assert_eq!(integer(i64::MIN.into()), [2, 8, 128, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn lengths_take_the_fewest_bytes() {
        for (len, header) in [
            (0, &[0x30, 0][..]),
            (127, &[0x30, 127]),
            (128, &[0x30, 0x81, 128]),
            (255, &[0x30, 0x81, 255]),
            (256, &[0x30, 0x82, 1, 0]),
            (65535, &[0x30, 0x82, 255, 255]),
            (65536, &[0x30, 0x83, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            put_header(&mut out, SEQUENCE, len);
            assert_eq!(out, header);
            assert_eq!(header_len(len), header.len());
        }
    }
}
