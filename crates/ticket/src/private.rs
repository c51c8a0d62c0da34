//! Bytes that are wiped when they are dropped.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use subtle::ConstantTimeEq;

/// A buffer with secrets in it: wiped when dropped, never printed, compared in constant time.
///
/// `zeroize::Zeroizing<Vec<u8>>` would do, but writes byte by byte, which costs more than decrypting the buffer did.
#[derive(Clone, Default)]
pub struct Private(Vec<u8>);

impl Private {
    /// Takes `bytes` over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// A shared buffer, wiped when the last of its sharers lets go.
    pub fn into_shared(self) -> Bytes {
        Bytes::from_owner(self)
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

/// A shared buffer of `bytes` that is wiped when the last of its sharers lets go.
pub fn private(bytes: Vec<u8>) -> Bytes {
    Private::new(bytes).into_shared()
}

impl Drop for Private {
    fn drop(&mut self) {
        // Also what is beyond the end: it was cut off, not wiped. This never allocates.
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

impl zeroize::ZeroizeOnDrop for Private {}

impl Deref for Private {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Private {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Private {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl PartialEq for Private {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(&other.0).into()
    }
}

impl Eq for Private {}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Private({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shared_and_not_printed() {
        let private = Private::new(vec![0x41; 5]);
        assert_eq!(format!("{private:?}"), "Private(5 bytes)");
        assert_eq!(private, private.clone());
        let shared = private.into_shared();
        assert_eq!(shared.slice(1..3), [0x41; 2][..]);
    }
}
