//! Certificates and keys, one of each kind (`SSL_CTX_use_certificate(3)`, `SSL_CTX_add1_chain_cert(3)`).

use std::sync::Arc;

pub use super::choose::Wanted;
use super::presented::Presented;
use crate::error::{Common, Error, Reason, Result};
use crate::libcrypto::err;
use crate::libcrypto::pkey::{Key, KeyKind};
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::store::Store;
use crate::libcrypto::x509::Certificate;

/// A slot for each kind of key, as in OpenSSL: all elliptic curves share one.
const SLOTS: usize = 5;

/// SSL_CERT_SET_FIRST and SSL_CERT_SET_NEXT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// The first slot with certificate and key.
    First,
    /// The next one.
    Next,
}

/// The certificates and keys that a context or a connection may present.
#[derive(Clone, Default)]
pub struct Credentials {
    pub(super) slots: [Slot; SLOTS],
    current: usize,
    pub(super) extra_chain: Option<Arc<CertificateStack>>,
    /// `SSL_set_cert_flags(3)`
    pub flags: u32,
    /// `SSL_set1_chain_cert_store(3)`: completes our own chains.
    pub chain_store: Option<Store>,
    /// `SSL_set1_verify_cert_store(3)`: judges the peer's.
    pub verify_store: Option<Store>,
}

#[derive(Clone, Default)]
pub(super) struct Slot {
    pub certificate: Option<Certificate>,
    pub key: Option<Key>,
    pub chain: Option<Arc<CertificateStack>>,
    /// What handshakes need of all this; made anew whenever it changes.
    pub presented: Arc<Presented>,
}

fn slot_of(kind: KeyKind) -> usize {
    match kind {
        KeyKind::Rsa => 0,
        KeyKind::RsaPss => 1,
        KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 | KeyKind::EcOther => 2,
        KeyKind::Ed25519 => 3,
        KeyKind::Ed448 => 4,
    }
}

impl Credentials {
    /// `SSL_use_certificate(3)`. A key that does not fit the new certificate is dropped.
    pub fn set_certificate(&mut self, certificate: Certificate) -> Result<()> {
        let public = certificate.public_key().ok_or(Common::X509_LIB)?;
        let kind = public.kind().ok_or(Reason::UNKNOWN_CERTIFICATE_TYPE)?;
        let index = slot_of(kind);
        let slot = self.slot_mut(index);
        if let Some(key) = &slot.key {
            public.copy_parameters(key);
            if err::forgiving(|| certificate.check_private_key(key).then_some(())).is_none() {
                slot.key = None;
            }
        }
        slot.certificate = Some(certificate);
        slot.renew();
        self.current = index;
        Ok(())
    }

    /// `SSL_use_PrivateKey(3)`
    pub fn set_key(&mut self, key: Key) -> Result<()> {
        let kind = key.kind().ok_or(Reason::UNKNOWN_CERTIFICATE_TYPE)?;
        let index = slot_of(kind);
        let slot = self.slot_mut(index);
        if slot
            .certificate
            .as_ref()
            .is_some_and(|certificate| !certificate.check_private_key(&key))
        {
            return Err(Error::Queued);
        }
        slot.key = Some(key);
        slot.renew();
        self.current = index;
        Ok(())
    }

    /// `SSL_use_cert_and_key(3)`: all at once, replacing only when told to.
    pub fn set_both(
        &mut self,
        certificate: Certificate,
        key: Option<Key>,
        chain: Option<CertificateStack>,
        replace: bool,
    ) -> Result<()> {
        let public = certificate.public_key().ok_or(Error::Queued)?;
        if let Some(key) = &key {
            public.copy_parameters(key);
            key.copy_parameters(&public);
            if !public.is_public_of(key) {
                return Err(Reason::PRIVATE_KEY_MISMATCH.into());
            }
        }
        let index = slot_of(public.kind().ok_or(Reason::UNKNOWN_CERTIFICATE_TYPE)?);
        let slot = self.slot_mut(index);
        if !replace && (slot.certificate.is_some() || slot.key.is_some() || slot.chain.is_some()) {
            return Err(Reason::NOT_REPLACING_CERTIFICATE.into());
        }
        slot.certificate = Some(certificate);
        slot.chain = chain.map(Arc::new);
        slot.key = key.or(slot.key.take());
        slot.renew();
        self.current = index;
        Ok(())
    }

    /// `SSL_check_private_key(3)`
    pub fn check_private_key(&self) -> Result<()> {
        let slot = self.slot();
        let certificate = slot.certificate.as_ref().ok_or(Reason::NO_CERTIFICATE_ASSIGNED)?;
        let key = slot.key.as_ref().ok_or(Reason::NO_PRIVATE_KEY_ASSIGNED)?;
        if certificate.check_private_key(key) {
            Ok(())
        } else {
            Err(Error::Queued)
        }
    }

    /// `SSL_get_certificate(3)`
    pub fn certificate(&self) -> Option<&Certificate> {
        self.slot().certificate.as_ref()
    }

    /// `SSL_get_privatekey(3)`
    pub fn key(&self) -> Option<&Key> {
        self.slot().key.as_ref()
    }

    /// `SSL_get0_chain_certs(3)`
    pub fn chain(&self) -> Option<&CertificateStack> {
        self.slot().chain.as_deref()
    }

    /// `SSL_set0_chain(3)`, `SSL_clear_chain_certs(3)`
    pub fn set_chain(&mut self, chain: Option<CertificateStack>) {
        let slot = self.slot_mut(self.current);
        slot.chain = chain.map(Arc::new);
        slot.renew();
    }

    /// `SSL_add0_chain_cert(3)`
    pub fn add_to_chain(&mut self, issuer: Certificate) -> Result<()> {
        let slot = self.slot_mut(self.current);
        append(&mut slot.chain, issuer)?;
        slot.renew();
        Ok(())
    }

    /// `SSL_CTX_get_extra_chain_certs_only(3)`: sent with any certificate that has no chain of its own.
    pub fn extra_chain(&self) -> Option<&CertificateStack> {
        self.extra_chain.as_deref()
    }

    /// `SSL_CTX_add_extra_chain_cert(3)`
    pub fn add_to_extra_chain(&mut self, issuer: Certificate) -> Result<()> {
        append(&mut self.extra_chain, issuer)?;
        self.renew_all();
        Ok(())
    }

    /// `SSL_CTX_clear_extra_chain_certs(3)`
    pub fn clear_extra_chain(&mut self) {
        self.extra_chain = None;
        self.renew_all();
    }

    /// Are the certificates that go with any chain the very same?
    pub fn shares_extra_chain(&self, other: &Self) -> bool {
        match (&self.extra_chain, &other.extra_chain) {
            (Some(mine), Some(other)) => Arc::ptr_eq(mine, other),
            (mine, other) => mine.is_none() && other.is_none(),
        }
    }

    /// Takes over the certificates that go with any chain.
    pub fn take_extra_chain(&mut self, other: &Self) {
        if !self.shares_extra_chain(other) {
            self.extra_chain.clone_from(&other.extra_chain);
            self.renew_all();
        }
    }

    /// Forgets what was prepared from things outside: the trusted store, the mode.
    pub fn renew_all(&mut self) {
        self.slots.iter_mut().for_each(Slot::renew);
    }

    /// `SSL_certs_clear(3)`
    pub fn clear(&mut self) {
        self.slots = Default::default();
    }

    /// `SSL_set_current_cert(3)`
    pub fn set_current(&mut self, select: Select) -> bool {
        let from = match select {
            Select::First => 0,
            Select::Next => self.current + 1,
        };
        let found = self
            .slots
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, slot)| slot.is_complete());
        self.current = found.map_or(self.current, |(index, _)| index);
        found.is_some()
    }

    /// `SSL_select_current_cert(3)`
    pub fn select_current(&mut self, certificate: &Certificate) -> bool {
        let complete = || self.slots.iter().enumerate().filter(|(_, slot)| slot.is_complete());
        let same = |slot: &Slot| {
            slot.certificate
                .as_ref()
                .is_some_and(|own| own.as_ptr() == certificate.as_ptr())
        };
        let equal = |slot: &Slot| slot.certificate.as_ref() == Some(certificate);
        let found = complete()
            .find(|(_, slot)| same(slot))
            .or_else(|| complete().find(|(_, slot)| equal(slot)));
        let index = found.map(|(index, _)| index);
        self.current = index.unwrap_or(self.current);
        index.is_some()
    }

    /// The kinds of the keys that have a certificate.
    pub fn key_kinds(&self) -> impl Iterator<Item = KeyKind> + '_ {
        let complete = self.slots.iter().filter(|slot| slot.is_complete());
        complete.filter_map(|slot| slot.key.as_ref()?.kind())
    }

    pub(super) fn slot(&self) -> &Slot {
        // `current` only ever comes from `slot_of` and `enumerate`.
        self.slots.get(self.current).unwrap_or(&self.slots[0])
    }

    fn slot_mut(&mut self, index: usize) -> &mut Slot {
        &mut self.slots[index.min(SLOTS - 1)]
    }
}

impl Slot {
    pub fn is_complete(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }

    fn renew(&mut self) {
        self.presented = Arc::default();
    }
}

fn append(chain: &mut Option<Arc<CertificateStack>>, certificate: Certificate) -> Result<()> {
    let old = chain.take();
    let mut stack = match old.map(Arc::try_unwrap) {
        Some(Ok(stack)) => stack,
        Some(Err(shared)) => shared.duplicate().ok_or(Common::MallocFailure)?,
        None => CertificateStack::new().ok_or(Common::MallocFailure)?,
    };
    let pushed = stack.push(certificate);
    *chain = Some(Arc::new(stack));
    if pushed {
        Ok(())
    } else {
        Err(Common::MallocFailure.into())
    }
}
