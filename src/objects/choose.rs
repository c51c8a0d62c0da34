//! Which certificate to present, and signing with its key (RFC 8446 sections 4.4.2.2 and 4.4.3).

use std::sync::Arc;

use carnet_tls::{Credential, NamedGroup, SignatureScheme};

use super::config::Config;
use super::credentials::{Credentials, Slot};
use super::scheme;
use super::security::Weight;
use crate::error::{Common, Reason, Result};
use crate::libcrypto::pkey::{Key, KeyKind};
use crate::libcrypto::store::Store;

impl Credentials {
    /// The certificate to present to a peer that accepts `schemes`, most wanted first; `None` when none fits.
    /// `trusted` completes the chain when none is given and `auto_chain` is set (SSL_MODE_NO_AUTO_CHAIN is not).
    pub fn choose(&self, wanted: &Wanted<'_>) -> Option<Chosen> {
        let (slot, scheme) = wanted.schemes.iter().find_map(|scheme| {
            let (slot, _) = self.slot_for(*scheme, wanted.tls13)?;
            slot.is_on_one_of(wanted.groups).then_some((slot, scheme))
        })?;
        let leaf = slot.certificate.as_ref()?;
        let given = slot.chain.as_deref().or(self.extra_chain.as_deref());
        let store = wanted
            .auto_chain
            .then(|| self.chain_store.as_ref().unwrap_or(wanted.trusted));
        let sent = slot.presented.chain(leaf, given, store)?;
        Some(Chosen {
            credential: Credential {
                chain: sent.chain,
                scheme: *scheme,
                ocsp_response: None,
            },
            weights: sent.weights,
        })
    }

    /// Signs with the key that [`Credentials::choose`] meant.
    pub fn sign(&self, scheme: SignatureScheme, tls13: bool, message: &[u8]) -> Result<Vec<u8>> {
        let (slot, scheme) = self
            .slot_for(scheme, tls13)
            .ok_or(Reason::NO_SUITABLE_SIGNATURE_ALGORITHM)?;
        let key = slot.key.as_ref().ok_or(Reason::NO_PRIVATE_KEY_ASSIGNED)?;
        slot.presented
            .signer(key, scheme)
            .sign(message)
            .ok_or_else(|| Common::EVP_LIB.into())
    }

    fn slot_for(&self, code: SignatureScheme, tls13: bool) -> Option<(&Slot, &'static scheme::Scheme)> {
        let scheme = scheme::find(code.0).filter(|scheme| scheme.tls13 || !tls13)?;
        let slot = self.slots.iter().filter(|slot| slot.is_complete()).find(|slot| {
            let facts = slot
                .key
                .as_ref()
                .and_then(|key| slot.presented.facts(key, slot.certificate.as_ref()));
            facts.is_some_and(|facts| {
                facts.may_sign && scheme.signs_with(facts.kind, tls13) && scheme.fits_rsa_bits(facts.bits)
            })
        })?;
        Some((slot, scheme))
    }

    /// Is there any certificate with its key?
    pub fn is_empty(&self) -> bool {
        !self.slots.iter().any(Slot::is_complete)
    }
}

impl Slot {
    /// RFC 8422 section 5.1: in TLS 1.2 the client's supported_groups say which curves it takes in certificates, too.
    fn is_on_one_of(&self, groups: Option<&[u16]>) -> bool {
        let Some(groups) = groups else { return true };
        let group = match self.key.as_ref().and_then(Key::kind) {
            Some(KeyKind::EcP256) => NamedGroup::SECP256R1,
            Some(KeyKind::EcP384) => NamedGroup::SECP384R1,
            Some(KeyKind::EcP521) => NamedGroup::SECP521R1,
            Some(KeyKind::EcOther) => return false,
            _ => return true,
        };
        groups.contains(&group.0)
    }
}

/// A certificate to present.
pub struct Chosen {
    /// For the engine.
    pub credential: Credential,
    /// How strong each certificate of the chain is.
    pub weights: Arc<[Weight]>,
}

/// What a peer accepts, for [`Credentials::choose`].
pub struct Wanted<'a> {
    /// Schemes in order of preference.
    pub schemes: &'a [SignatureScheme],
    /// TLS 1.2: the groups that a certificate's key may be on; `None` for any.
    pub groups: Option<&'a [u16]>,
    /// The version is TLS 1.3.
    pub tls13: bool,
    /// The context's trusted certificates.
    pub trusted: &'a Store,
    /// Complete a chain that is not given.
    pub auto_chain: bool,
}

const MODE_NO_AUTO_CHAIN: u32 = 8;

impl Config {
    /// Complete our own chains from the trusted store? (SSL_MODE_NO_AUTO_CHAIN forbids.)
    pub fn auto_chain(&self) -> bool {
        self.protocol.mode & MODE_NO_AUTO_CHAIN == 0
    }

    /// `SSL_set_SSL_CTX(3)`: takes over what OpenSSL keeps with the certificates.
    pub fn adopt_certificates(&mut self, other: &Config) {
        self.credentials = other.credentials.clone();
        self.algorithms.schemes = other.algorithms.schemes.clone();
        self.algorithms.client_schemes = other.algorithms.client_schemes.clone();
        self.algorithms.security_level = other.algorithms.security_level;
        self.hooks.certificate = other.hooks.certificate;
        self.hooks.security = other.hooks.security;
    }
}
