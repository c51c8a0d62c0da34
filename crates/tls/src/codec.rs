//! Reading and writing the presentation language of RFC 8446 section 3, always within bounds.

/// The bytes are not what the grammar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads from the front of a slice.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u24(&mut self) -> Result<usize, Malformed> {
        let [a, b, c] = self.array()?;
        Ok(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// A vector with a one-byte length.
    pub(crate) fn vec8(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u8()?;
        self.take(len.into())
    }

    /// A vector with a two-byte length.
    pub(crate) fn vec16(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// A vector with a three-byte length.
    pub(crate) fn vec24(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u24()?;
        self.take(len)
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// A vector that must not be empty.
pub(crate) fn non_empty(bytes: &[u8]) -> Result<&[u8], Malformed> {
    if bytes.is_empty() { Err(Malformed) } else { Ok(bytes) }
}

/// A vector of 16-bit numbers, checked once to be of even length.
#[derive(Clone, Copy)]
pub(crate) struct U16List<'a>(&'a [u8]);

impl<'a> U16List<'a> {
    /// `bytes` is the vector's content, which must not be empty.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
            return Err(Malformed);
        }
        Ok(Self(bytes))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u16> + 'a {
        let (pairs, _) = self.0.as_chunks::<2>();
        pairs.iter().map(|pair| u16::from_be_bytes(*pair))
    }

    pub(crate) fn contains(self, number: u16) -> bool {
        self.iter().any(|n| n == number)
    }
}

/// Appends to a buffer. A vector too long for its length field is remembered and reported at the end.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    overflow: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, overflow: false }
    }

    /// Did every vector fit its length field?
    pub(crate) fn fits(&self) -> bool {
        !self.overflow
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(crate) fn u8(&mut self, n: u8) {
        self.out.push(n);
    }

    pub(crate) fn u16(&mut self, n: u16) {
        self.bytes(&n.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, n: u32) {
        self.bytes(&n.to_be_bytes());
    }

    /// Whatever `content` writes, behind a one-byte length.
    pub(crate) fn nest8(&mut self, content: impl FnOnce(&mut Self)) {
        self.nest::<1>(content);
    }

    /// Whatever `content` writes, behind a two-byte length.
    pub(crate) fn nest16(&mut self, content: impl FnOnce(&mut Self)) {
        self.nest::<2>(content);
    }

    /// Whatever `content` writes, behind a three-byte length.
    pub(crate) fn nest24(&mut self, content: impl FnOnce(&mut Self)) {
        self.nest::<3>(content);
    }

    pub(crate) fn vec8(&mut self, bytes: &[u8]) {
        self.nest8(|w| w.bytes(bytes));
    }

    pub(crate) fn vec16(&mut self, bytes: &[u8]) {
        self.nest16(|w| w.bytes(bytes));
    }

    pub(crate) fn vec24(&mut self, bytes: &[u8]) {
        self.nest24(|w| w.bytes(bytes));
    }

    fn nest<const N: usize>(&mut self, content: impl FnOnce(&mut Self)) {
        let at = self.out.len();
        self.bytes(&[0; N]);
        content(self);
        let len = self.out.len().saturating_sub(at).saturating_sub(N);
        let encoded = len.to_be_bytes();
        let (high, low) = encoded.split_at(encoded.len().saturating_sub(N));
        if high.iter().any(|b| *b != 0) {
            self.overflow = true;
        }
        if let Some(field) = self.out.get_mut(at..).and_then(|tail| tail.get_mut(..N)) {
            field.copy_from_slice(low);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_nest_and_come_back() {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out);
        w.nest24(|w| {
            w.vec8(b"a");
            w.nest16(|w| w.u16(7));
        });
        assert!(w.fits());
        assert_eq!(out, [0, 0, 6, 1, b'a', 0, 2, 0, 7]);
        let mut r = Reader::new(&out);
        let mut inner = Reader::new(r.vec24().unwrap());
        r.finish().unwrap();
        assert_eq!(inner.vec8(), Ok(&b"a"[..]));
        assert_eq!(
            U16List::new(inner.vec16().unwrap()).unwrap().iter().collect::<Vec<_>>(),
            [7]
        );
    }

    #[test]
    fn too_long_for_its_length_is_noticed() {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out);
        w.vec8(&[0; 256]);
        assert!(!w.fits());
    }

    #[test]
    fn nothing_is_read_past_the_end() {
        let mut r = Reader::new(&[0, 5, 1]);
        assert_eq!(r.vec16(), Err(Malformed));
        assert!(U16List::new(&[1]).is_err());
        assert!(U16List::new(&[]).is_err());
    }
}
