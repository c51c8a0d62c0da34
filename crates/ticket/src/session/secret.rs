//! The secret of a session.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A session's secret: up to 512 bytes, zeroized when dropped, never printed, compared in constant time.
///
/// Those that TLS itself makes (48 bytes at most) are held inline. OpenSSL's format allows more, for external PSKs.
#[derive(Clone)]
pub struct Secret(Repr);

#[derive(Clone)]
enum Repr {
    Inline {
        len: u8,
        bytes: Zeroizing<[u8; INLINE_LEN]>,
    },
    Shared(Arc<Zeroizing<Vec<u8>>>),
}

/// The length of a TLS 1.2 master secret and of the longest hash of a TLS 1.3 suite.
const INLINE_LEN: usize = 48;

/// More than 512 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session's secret has at most 512 bytes")]
pub struct SecretTooLong;

impl Secret {
    /// TLS13_MAX_RESUMPTION_PSK_LENGTH.
    pub const MAX_LEN: usize = 512;

    /// Copies `secret`, if it is short enough.
    pub fn new(secret: &[u8]) -> Result<Self, SecretTooLong> {
        if secret.len() > Self::MAX_LEN {
            return Err(SecretTooLong);
        }
        let mut bytes = Zeroizing::new([0; INLINE_LEN]);
        match (bytes.get_mut(..secret.len()), u8::try_from(secret.len())) {
            (Some(head), Ok(len)) => {
                head.copy_from_slice(secret);
                Ok(Self(Repr::Inline { len, bytes }))
            }
            _ => Ok(Self(Repr::Shared(Arc::new(Zeroizing::new(secret.to_vec()))))),
        }
    }

    /// The secret itself.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self(Repr::Inline {
            len: 0,
            bytes: Zeroizing::new([0; INLINE_LEN]),
        })
    }
}

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        *self = Self::default();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_up_to_512_bytes() {
        for len in [0, 1, 32, 47, 48, 49, 511, 512] {
            let secret = Secret::new(&vec![9; len]).unwrap();
            assert_eq!(secret.as_bytes(), vec![9; len]);
            assert_eq!(secret, secret.clone());
        }
        assert_eq!(Secret::new(&[9; 513]), Err(SecretTooLong));
    }

    #[test]
    fn is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new(&[0x41; 48]).unwrap()), "Secret(48 bytes)");
    }
}
