//! Judging the peer: its chain, and what it signed (`SSL_CTX_set_verify(3)`, RFC 8446 section 4.4.2.4).

use std::ffi::{c_int, c_void};

use bytes::Bytes;
use carnet_tls::{AlertDescription, SignatureScheme};

use super::callbacks::{Hook, SSL_cert_verify_cb, SSL_verify_cb};
use super::scheme;
use crate::error::{Common, Reason, Result};
use crate::libcrypto::pkey::Key;
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::store::{Store, VerifyParam};
use crate::libcrypto::store_ctx::{self, Question};
pub use crate::libcrypto::store_ctx::{Judgement, ssl_index};
use crate::libcrypto::x509::Certificate;

/// What the peer sent, parsed once for all who ask.
pub struct PeerChain {
    /// Its own certificate.
    pub leaf: Certificate,
    /// All of them, leaf first (`SSL_get_peer_cert_chain(3)`).
    pub all: CertificateStack,
    key: Option<Key>,
}

impl PeerChain {
    /// Parses a Certificate message's entries. An empty list is `None`; one that does not parse is an error whose alert
    /// is decode_error (ASN1 library on the queue).
    pub fn parse(chain: &[Bytes]) -> Result<Option<Self>> {
        let mut all = CertificateStack::new().ok_or(Common::MallocFailure)?;
        for der in chain {
            let certificate = Certificate::from_der(der).ok_or(Common::ASN1_LIB)?;
            if !all.push(certificate) {
                return Err(Common::MallocFailure.into());
            }
        }
        let Some(leaf) = all.element(0) else { return Ok(None) };
        let key = leaf.public_key();
        Ok(Some(Self { leaf, all, key }))
    }

    /// Checks a signature with the peer's key. `false` also for a scheme that does not fit the key.
    pub fn verify(&self, code: SignatureScheme, tls13: bool, message: &[u8], signature: &[u8]) -> bool {
        let Some(key) = &self.key else { return false };
        let Some(scheme) = scheme::find(code.0).filter(|scheme| scheme.tls13 || !tls13) else {
            return false;
        };
        let fits = key.kind().is_some_and(|kind| scheme.signs_with(kind, tls13));
        fits && key.verify(scheme.recipe, message, signature)
    }

    /// The key itself.
    pub fn key(&self) -> Result<&Key> {
        self.key
            .as_ref()
            .ok_or_else(|| Reason::UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS.into())
    }
}

/// Where and how a chain is judged.
pub struct Judge<'a> {
    /// `SSL_set1_verify_cert_store(3)` or the context's store.
    pub store: &'a Store,
    /// The connection's parameters.
    pub param: &'a VerifyParam,
    /// We are the client.
    pub peer_is_server: bool,
    /// `SSL_get_security_level(3)`
    pub security_level: i32,
    /// The `SSL *` for callbacks.
    pub ssl: *mut c_void,
    /// `SSL_set_verify(3)`
    pub callback: SSL_verify_cb,
    /// `SSL_CTX_set_cert_verify_callback(3)`
    pub instead: Hook<SSL_cert_verify_cb>,
}

impl Judge<'_> {
    /// Judges. Callbacks run: no lock may be held.
    pub fn judge(&self, chain: &PeerChain) -> Result<Judgement> {
        let question = Question {
            store: self.store,
            leaf: &chain.leaf,
            sent: &chain.all,
            param: self.param,
            peer_is_server: self.peer_is_server,
            security_level: self.security_level,
            ssl: self.ssl,
            callback: self.callback,
            instead: self
                .instead
                .function
                .map(|function| (function, self.instead.argument.pointer())),
        };
        Ok(store_ctx::judge(&question).ok_or(Common::X509_LIB)?)
    }
}

/// The alert that tells the peer of an X509_V_ERR_… (RFC 8446 section 6.2), observed of OpenSSL 3.0.19 number by number.
pub fn alert_for(error: c_int) -> AlertDescription {
    use AlertDescription as Alert;
    match error {
        2 | 3 | 18..=22 | 25 | 33 | 79 => Alert::UnknownCa,
        4..=6 | 9 | 11 | 13..=16 | 27 | 28 | 62..=68 | 94 => Alert::BadCertificate,
        7 | 8 => Alert::DecryptError,
        10 | 12 => Alert::CertificateExpired,
        23 => Alert::CertificateRevoked,
        26 => Alert::UnsupportedCertificate,
        50 => Alert::HandshakeFailure,
        1 | 17 | 69 | 70 => Alert::InternalError,
        _ => Alert::CertificateUnknown,
    }
}
