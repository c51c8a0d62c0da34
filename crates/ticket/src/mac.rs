//! HMAC (RFC 2104) with the keyed inner and outer states made once.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Sha256, Sha384, Sha512};

/// Which HMAC seals a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacAlgorithm {
    /// HMAC-SHA-256: OpenSSL's choice.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

impl MacAlgorithm {
    /// Bytes of MAC at the end of a ticket.
    pub fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A keyed HMAC, copied for each ticket.
#[derive(Clone)]
pub(crate) enum Mac {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl Mac {
    pub(crate) fn new(algorithm: MacAlgorithm, key: &[u8]) -> Option<Self> {
        match algorithm {
            MacAlgorithm::Sha256 => Hmac::new_from_slice(key).ok().map(Self::Sha256),
            MacAlgorithm::Sha384 => Hmac::new_from_slice(key).ok().map(Self::Sha384),
            MacAlgorithm::Sha512 => Hmac::new_from_slice(key).ok().map(Self::Sha512),
        }
    }

    pub(crate) fn algorithm(&self) -> MacAlgorithm {
        match self {
            Self::Sha256(_) => MacAlgorithm::Sha256,
            Self::Sha384(_) => MacAlgorithm::Sha384,
            Self::Sha512(_) => MacAlgorithm::Sha512,
        }
    }

    /// More of what is to be authenticated.
    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(mac) => mac.update(data),
            Self::Sha384(mac) => mac.update(data),
            Self::Sha512(mac) => mac.update(data),
        }
    }

    /// Appends the MAC to `out`.
    pub(crate) fn append_to(self, out: &mut Vec<u8>) {
        match self {
            Self::Sha256(mac) => out.extend_from_slice(&mac.finalize().into_bytes()),
            Self::Sha384(mac) => out.extend_from_slice(&mac.finalize().into_bytes()),
            Self::Sha512(mac) => out.extend_from_slice(&mac.finalize().into_bytes()),
        }
    }

    /// The beginning of the MAC.
    pub(crate) fn first_bytes(self) -> [u8; 4] {
        let first = match self {
            Self::Sha256(mac) => mac.finalize().into_bytes().first_chunk().copied(),
            Self::Sha384(mac) => mac.finalize().into_bytes().first_chunk().copied(),
            Self::Sha512(mac) => mac.finalize().into_bytes().first_chunk().copied(),
        };
        // No digest is shorter.
        first.unwrap_or_default()
    }

    /// Is `tag` the MAC of `data`? In constant time, and never for a shortened tag.
    pub(crate) fn verify(&self, data: &[u8], tag: &[u8]) -> bool {
        match self {
            Self::Sha256(mac) => mac.clone().chain_update(data).verify_slice(tag).is_ok(),
            Self::Sha384(mac) => mac.clone().chain_update(data).verify_slice(tag).is_ok(),
            Self::Sha512(mac) => mac.clone().chain_update(data).verify_slice(tag).is_ok(),
        }
    }
}
