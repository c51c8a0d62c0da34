//! The buffer that wire bytes arrive in, and in which records are opened in place.

use std::ops::Range;

use super::{HEADER_LEN, MAX_CIPHERTEXT};

/// Room for the longest record: with read-ahead, how much is asked for at once.
const WHOLE_RECORD: usize = HEADER_LEN + MAX_CIPHERTEXT;

/// Wire bytes, from the oldest that is still needed to the newest.
#[derive(Debug, Default)]
pub(crate) struct Input {
    // Its length is what has been initialized so far; `end` says how much of it holds data.
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// Decrypted application data that the application has not taken yet. Lies before `start`.
    plain: Range<usize>,
    pub(crate) read_ahead: bool,
}

impl Input {
    /// The next record's header, if all of it is here.
    pub(crate) fn header(&self) -> Option<[u8; HEADER_LEN]> {
        self.wire().first_chunk().copied()
    }

    /// Wire bytes that are not part of a record already taken.
    pub(crate) fn wire(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes the next record, whose body has `len` bytes, if all of it is here; gives where the body is.
    pub(crate) fn take_record(&mut self, len: usize) -> Option<Range<usize>> {
        let body = self.start + HEADER_LEN;
        let next = body + len;
        if next > self.end {
            return None;
        }
        self.start = next;
        Some(body..next)
    }

    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buf.get(range).unwrap_or_default()
    }

    pub(crate) fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.buf.get_mut(range).unwrap_or_default()
    }

    pub(crate) fn set_plaintext(&mut self, range: Range<usize>) {
        self.plain = range;
    }

    pub(crate) fn plaintext(&self) -> &[u8] {
        self.bytes(self.plain.clone())
    }

    pub(crate) fn consume_plaintext(&mut self, n: usize) {
        self.plain.start = self.plain.start.saturating_add(n).min(self.plain.end);
    }

    /// How many bytes the current header or body still lacks.
    fn missing(&self) -> usize {
        let here = self.end - self.start;
        match self.header() {
            None => HEADER_LEN - here,
            Some([_, _, _, high, low]) => {
                let len = usize::from(u16::from_be_bytes([high, low])).min(MAX_CIPHERTEXT);
                (HEADER_LEN + len).saturating_sub(here).max(1)
            }
        }
    }

    /// Where the next wire bytes belong.
    pub(crate) fn buffer(&mut self) -> &mut [u8] {
        let missing = self.missing();
        self.make_room(missing);
        let until = if self.read_ahead {
            self.buf.len()
        } else {
            self.end + missing
        };
        self.buf.get_mut(self.end..until).unwrap_or_default()
    }

    /// Moves what is still needed to the front, and grows the buffer if that is not enough.
    fn make_room(&mut self, missing: usize) {
        let keep = if self.plain.is_empty() {
            self.start
        } else {
            self.plain.start
        };
        if keep == self.end || self.end + missing > self.buf.len() {
            self.buf.copy_within(keep..self.end, 0);
            self.start -= keep;
            self.end -= keep;
            self.plain = self.plain.start.saturating_sub(keep)..self.plain.end.saturating_sub(keep);
        }
        let least = self.end + missing;
        let wanted = if self.read_ahead {
            least.max(WHOLE_RECORD)
        } else {
            least
        };
        if self.buf.len() < wanted {
            self.buf.resize(wanted, 0);
        }
    }

    pub(crate) fn received(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.buf.len());
    }

    /// Gives the memory back, if nothing is in it.
    pub(crate) fn release(&mut self) {
        if self.plain.is_empty() && self.start == self.end {
            *self = Self {
                read_ahead: self.read_ahead,
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(input: &mut Input, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = input.buffer();
            let n = room.len().min(bytes.len());
            room[..n].copy_from_slice(&bytes[..n]);
            input.received(n);
            bytes = &bytes[n..];
        }
    }

    #[test]
    fn asks_for_exactly_what_is_missing() {
        let mut input = Input::default();
        assert_eq!(input.buffer().len(), 5);
        feed(&mut input, &[22, 3, 3]);
        assert_eq!(input.buffer().len(), 2);
        feed(&mut input, &[0, 7]);
        assert_eq!(input.buffer().len(), 7);
        assert_eq!(input.take_record(7), None);
        feed(&mut input, b"1234567");
        let body = input.take_record(7).unwrap();
        assert_eq!(input.bytes(body), b"1234567");
        assert_eq!(input.buffer().len(), 5);
    }

    #[test]
    fn plaintext_survives_what_arrives_behind_it() {
        let mut input = Input {
            read_ahead: true,
            ..Input::default()
        };
        feed(&mut input, &[23, 3, 3, 0, 4, b'a', b'b', b'c', b'd', 22, 3]);
        let body = input.take_record(4).unwrap();
        input.set_plaintext(body.start..body.start + 3);
        input.consume_plaintext(1);
        for _ in 0..3 {
            assert!(input.buffer().len() > 4096);
        }
        feed(&mut input, &[3, 0, 0]);
        assert_eq!(input.plaintext(), b"bc");
        assert_eq!(input.header(), Some([22, 3, 3, 0, 0]));
        input.release();
        assert_eq!(input.plaintext(), b"bc");
        input.consume_plaintext(100);
        assert_eq!(input.plaintext(), b"");
    }
}
