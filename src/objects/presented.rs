//! What handshakes need of a certificate and its key, worked out once: encodings, chain, prepared signatures.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::scheme::{self, Scheme};
use super::security::Weight;
use crate::libcrypto::err;
use crate::libcrypto::pkey::{Key, KeyKind};
use crate::libcrypto::sign::Signer;
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::store::Store;
use crate::libcrypto::store_ctx::{self, Building};
use crate::libcrypto::x509::Certificate;

const SCHEMES: usize = scheme::ALL.len();

/// Filled as handshakes ask; thrown away when the certificate, its key or its chain changes.
#[derive(Default)]
pub(super) struct Presented {
    facts: OnceLock<Option<Facts>>,
    chain: OnceLock<Option<Sent>>,
    signers: [OnceLock<Signer>; SCHEMES],
}

/// A chain as it is sent.
#[derive(Clone)]
pub(super) struct Sent {
    pub chain: Arc<[Bytes]>,
    /// How strong each certificate is.
    pub weights: Arc<[Weight]>,
}

impl Sent {
    fn new(certificates: impl Iterator<Item = Certificate>) -> Option<Self> {
        let (chain, weights): (Vec<_>, Vec<_>) = certificates
            .map(|certificate| (certificate.to_der(), Weight::of(&certificate)))
            .unzip();
        Some(Self {
            chain: chain.into_iter().collect::<Option<_>>()?,
            weights: weights.into(),
        })
    }
}

/// What decides whether a key can sign with a scheme.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub kind: KeyKind,
    pub bits: i32,
    /// The certificate's key usage allows signatures.
    pub may_sign: bool,
}

impl Presented {
    pub fn facts(&self, key: &Key, certificate: Option<&Certificate>) -> Option<Facts> {
        *self.facts.get_or_init(|| {
            let may_sign = certificate.is_none_or(Certificate::may_sign);
            Some(Facts {
                kind: key.kind()?,
                bits: key.bits(),
                may_sign,
            })
        })
    }

    /// The chain to send: the one given, or what the store completes, or the leaf alone.
    pub fn chain(&self, leaf: &Certificate, given: Option<&CertificateStack>, store: Option<&Store>) -> Option<Sent> {
        self.chain
            .get_or_init(|| {
                let built = match (given, store) {
                    (None, Some(store)) => complete(leaf, store),
                    _ => None,
                };
                match built {
                    Some(built) => Sent::new(built.elements()),
                    None => {
                        let issuers = given.into_iter().flat_map(CertificateStack::elements);
                        Sent::new([leaf.clone()].into_iter().chain(issuers))
                    }
                }
            })
            .clone()
    }

    pub fn signer(&self, key: &Key, scheme: &'static Scheme) -> &Signer {
        let index = scheme::ALL
            .iter()
            .position(|other| other.code == scheme.code)
            .unwrap_or(0);
        self.signers[index].get_or_init(|| Signer::new(key.clone(), scheme.recipe))
    }
}

/// What can be found of the chain. That it does not end in a trusted root is no failure: the peer may have one.
fn complete(leaf: &Certificate, store: &Store) -> Option<CertificateStack> {
    let building = Building {
        store,
        leaf,
        untrusted: None,
        flags: 0,
    };
    let mut built = None;
    err::forgiving(|| {
        let (chain, verdict) = store_ctx::build(&building)?;
        built = Some(chain);
        verdict.ok()
    });
    built.filter(|chain| !chain.is_empty())
}
