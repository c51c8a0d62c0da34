//! The cipher suites of TLS 1.2 that this crate can do, all of them ECDHE and AEAD (RFC 5289, RFC 7905), and who may sign
//! for them.

use aws_lc_rs::aead;

use crate::schedule::HashAlgorithm;
use crate::{CipherSuite, NamedGroup, SignatureScheme, kx};

/// The kind of key that a suite's signature is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// Elliptic curves, EdDSA among them (RFC 8422 section 2.2).
    Ecdsa,
    Rsa,
}

/// What a TLS 1.2 cipher suite consists of.
#[derive(Debug)]
pub(crate) struct Suite12 {
    pub(crate) suite: CipherSuite,
    pub(crate) signer: Signer,
    /// Of the PRF and of Finished.
    pub(crate) hash: HashAlgorithm,
    pub(crate) aead: &'static aead::Algorithm,
    /// fixed_iv_length: 4 where the rest of the nonce travels with the record (RFC 5288), 12 where none does (RFC 7905).
    pub(crate) fixed_iv_len: usize,
}

const fn gcm128(suite: CipherSuite, signer: Signer) -> Suite12 {
    Suite12 {
        suite,
        signer,
        hash: HashAlgorithm::Sha256,
        aead: &aead::AES_128_GCM,
        fixed_iv_len: 4,
    }
}

const fn gcm256(suite: CipherSuite, signer: Signer) -> Suite12 {
    Suite12 {
        suite,
        signer,
        hash: HashAlgorithm::Sha384,
        aead: &aead::AES_256_GCM,
        fixed_iv_len: 4,
    }
}

const fn chacha(suite: CipherSuite, signer: Signer) -> Suite12 {
    Suite12 {
        suite,
        signer,
        hash: HashAlgorithm::Sha256,
        aead: &aead::CHACHA20_POLY1305,
        fixed_iv_len: 12,
    }
}

static SUITES_12: [Suite12; 6] = [
    gcm128(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Signer::Ecdsa),
    gcm256(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, Signer::Ecdsa),
    chacha(
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        Signer::Ecdsa,
    ),
    gcm128(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, Signer::Rsa),
    gcm256(CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, Signer::Rsa),
    chacha(CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, Signer::Rsa),
];

impl CipherSuite {
    pub(crate) fn tls12(self) -> Option<&'static Suite12> {
        SUITES_12.iter().find(|known| known.suite == self)
    }

    /// Is this a suite of TLS 1.2 that this crate can do?
    pub fn is_tls12(self) -> bool {
        self.tls12().is_some()
    }
}

impl SignatureScheme {
    /// The kind of key that makes these signatures in TLS 1.2; `None` for those that this crate refuses there, SHA-1
    /// among them (RFC 9155).
    ///
    /// In TLS 1.2 the number names a hash and an algorithm; the curve of an ECDSA key is not bound by it (RFC 8446
    /// section 4.2.3).
    pub(crate) fn signer12(self) -> Option<Signer> {
        match self {
            Self::ECDSA_SECP256R1_SHA256
            | Self::ECDSA_SECP384R1_SHA384
            | Self::ECDSA_SECP521R1_SHA512
            | Self::ED25519
            | Self::ED448 => Some(Signer::Ecdsa),
            Self::RSA_PKCS1_SHA256
            | Self::RSA_PKCS1_SHA384
            | Self::RSA_PKCS1_SHA512
            | Self::RSA_PSS_RSAE_SHA256
            | Self::RSA_PSS_RSAE_SHA384
            | Self::RSA_PSS_RSAE_SHA512
            | Self::RSA_PSS_PSS_SHA256
            | Self::RSA_PSS_PSS_SHA384
            | Self::RSA_PSS_PSS_SHA512 => Some(Signer::Rsa),
            _ => None,
        }
    }

    /// May it sign in TLS 1.2?
    pub fn is_tls12(self) -> bool {
        self.signer12().is_some()
    }
}

impl NamedGroup {
    /// Hybrids with ML-KEM are defined for TLS 1.3 only.
    pub(crate) fn is_tls12(self) -> bool {
        self != Self::X25519MLKEM768 && kx::is_supported(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_suite_is_of_both_versions() {
        for known in &SUITES_12 {
            assert!(known.suite.is_tls12() && !known.suite.is_tls13());
            assert!(known.suite.name().is_some());
        }
        assert!(!CipherSuite::TLS_AES_128_GCM_SHA256.is_tls12());
    }

    #[test]
    fn every_key_signs_with_its_own_schemes() {
        assert_eq!(SignatureScheme::RSA_PKCS1_SHA384.signer12(), Some(Signer::Rsa));
        assert_eq!(SignatureScheme::ED25519.signer12(), Some(Signer::Ecdsa));
        assert!(!SignatureScheme::RSA_PKCS1_SHA1.is_tls12());
        assert!(!SignatureScheme::ECDSA_SHA1.is_tls12());
        assert!(!NamedGroup::X25519MLKEM768.is_tls12());
    }
}
