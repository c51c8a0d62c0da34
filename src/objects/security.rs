//! What is strong enough: `SSL_CTX_set_security_level(3)`, `SSL_CTX_set_security_callback(3)`.
//!
//! Everything that may be too weak is put as a [`Query`] and judged by a [`Policy`]: the application's callback, or the
//! level if there is none. Bits and NIDs are those that OpenSSL 3.0.19 passes.

use std::ffi::c_int;
use std::ptr;

use super::callbacks::{Hook, SSL_security_cb};
use super::cipher::SSL_CIPHER;
use super::config::{Config, Configurable};
use super::method::SSL_METHOD;
use super::{group, scheme};
use crate::error::{Error, Reason, Result};
use crate::handles::{SSL, SSL_CTX};
use crate::libcrypto::callouts::{self, SecurityQuestion};
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::x509::{Certificate, SignatureFacts};

/// SSL_SECOP_…, with the bits that say what the subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Operation {
    /// May a client offer it?
    CipherSupported = 0x10001,
    /// May a server choose it?
    CipherShared = 0x10002,
    /// May a server have chosen it?
    CipherCheck = 0x10003,
    /// May it be offered, and in TLS 1.3 chosen?
    GroupSupported = 0x20004,
    /// May a server choose it in TLS 1.2?
    GroupShared = 0x20005,
    /// May the other side have chosen it?
    GroupCheck = 0x20006,
    /// May this version be spoken?
    Version = 9,
    /// May there be tickets in TLS 1.2?
    Ticket = 10,
    /// May it be offered?
    SchemeSupported = 0x5000b,
    /// May we sign so?
    SchemeShared = 0x5000c,
    /// May the peer have signed so?
    SchemeCheck = 0x5000d,
    /// Does it make suites of TLS 1.2 possible that are signed for so?
    SchemeMask = 0x5000e,
    /// The key of our own certificate.
    LeafKey = 0x60010,
    /// The key of an issuer.
    IssuerKey = 0x60011,
    /// The signature on a certificate.
    IssuerSignature = 0x60012,
}

/// What is in question.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// It is all in the numbers.
    None,
    /// A cipher suite.
    Cipher(&'static SSL_CIPHER),
    /// A group or a signature scheme, by its number on the wire.
    Code(u16),
    /// A certificate; `None` where only the strength is known, which is all that a level asks for.
    Certificate(Option<&'a Certificate>),
}

/// One question of strength.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    operation: Operation,
    bits: c_int,
    nid: c_int,
    subject: Subject<'a>,
}

impl Query<'_> {
    /// A suite.
    pub fn cipher(operation: Operation, cipher: &'static SSL_CIPHER) -> Self {
        Self {
            operation,
            bits: cipher.bits(),
            nid: 0,
            subject: Subject::Cipher(cipher),
        }
    }

    /// A group.
    pub fn group(operation: Operation, code: u16) -> Self {
        Self {
            operation,
            bits: group::security_bits(code),
            nid: group::find(code).map_or(0, |group| group.nid),
            subject: Subject::Code(code),
        }
    }

    /// A signature scheme.
    pub fn scheme(operation: Operation, code: u16) -> Self {
        let known = scheme::find(code);
        Self {
            operation,
            bits: known.map_or(0, scheme::Scheme::security_bits),
            nid: known.map_or(0, scheme::Scheme::digest_nid),
            subject: Subject::Code(code),
        }
    }

    /// A version of the protocol.
    pub fn version(version: u16) -> Self {
        Self {
            operation: Operation::Version,
            bits: 0,
            nid: c_int::from(version),
            subject: Subject::None,
        }
    }

    /// Tickets, in TLS 1.2.
    pub fn ticket() -> Self {
        Self {
            operation: Operation::Ticket,
            bits: 0,
            nid: 0,
            subject: Subject::None,
        }
    }
}

/// How strong a certificate is.
#[derive(Debug, Clone, Copy)]
pub struct Weight {
    key_bits: i32,
    /// `None` for a certificate that is signed by itself: nobody relies on that.
    signature: Option<SignatureFacts>,
}

impl Weight {
    /// Weighs a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let signature = || certificate.signature_facts().unwrap_or_default();
        Self {
            key_bits: certificate.public_key().map_or(-1, |key| key.security_bits()),
            signature: (!certificate.is_self_signed()).then(signature),
        }
    }
}

/// Who decides, for a context or a connection.
#[derive(Clone, Copy)]
pub struct Policy {
    level: i32,
    hook: Hook<SSL_security_cb>,
    ssl: *mut SSL,
    ctx: *mut SSL_CTX,
}

impl Policy {
    /// That of `config`, which belongs to one of these.
    pub fn new(config: &Config, ssl: *mut SSL, ctx: *mut SSL_CTX) -> Self {
        Self {
            level: config.algorithms.security_level,
            hook: config.hooks.security,
            ssl,
            ctx,
        }
    }

    /// The level alone.
    pub fn of_level(level: i32) -> Self {
        Self {
            level,
            hook: Hook::default(),
            ssl: ptr::null_mut(),
            ctx: ptr::null_mut(),
        }
    }

    /// Does the application decide?
    pub fn is_the_applications(&self) -> bool {
        self.hook.function.is_some()
    }

    /// Is it strong enough? The application's function may run: no lock may be held.
    pub fn allows(&self, query: &Query<'_>) -> bool {
        let question = SecurityQuestion {
            operation: query.operation as c_int,
            bits: query.bits,
            nid: query.nid,
        };
        let (function, data) = (self.hook.function, self.hook.argument.pointer());
        let call = |other| callouts::security(function, (self.ssl, self.ctx), &question, other, data);
        let said = match query.subject {
            Subject::None | Subject::Certificate(None) => call(ptr::null_mut()),
            Subject::Cipher(cipher) => call(ptr::from_ref(cipher).cast_mut().cast()),
            Subject::Code(code) => {
                let mut bytes = code.to_be_bytes();
                call(bytes.as_mut_ptr().cast())
            }
            Subject::Certificate(Some(certificate)) => call(certificate.as_ptr().cast()),
        };
        said.map_or_else(|| level_allows(self.level, query), |answer| answer != 0)
    }

    /// The versions that may be spoken out of a range. Every one that is not under `lowest` is asked about, and first of
    /// all the highest that the method knows: without that nothing begins.
    pub fn versions(&self, method: &SSL_METHOD, lowest: u16, (low, high): (u16, u16)) -> Result<(u16, u16)> {
        const TLS1_0: u16 = 0x0301;
        const TLS1_3: u16 = 0x0304;
        let allowed = |version: &u16| self.allows(&Query::version(*version));
        let highest = if method.version == 0 { TLS1_3 } else { method.version };
        if !allowed(&highest) {
            return Err(Error::INTERNAL);
        }
        let good: Vec<u16> = (lowest.max(TLS1_0)..highest).filter(allowed).chain([highest]).collect();
        let mut left = good.into_iter().filter(|version| (low..=high).contains(version));
        let first = left.next().ok_or(Reason::NO_PROTOCOLS_AVAILABLE)?;
        Ok((first, left.next_back().unwrap_or(first)))
    }

    /// A certificate that is used, ours (`leaf`) or that of an issuer of ours.
    pub fn check(&self, certificate: &Certificate, leaf: bool) -> Result<()> {
        self.check_weight(Weight::of(certificate), Some(certificate), leaf)
    }

    /// The same for one that has been weighed.
    pub fn check_weight(&self, weight: Weight, certificate: Option<&Certificate>, leaf: bool) -> Result<()> {
        let (operation, too_small) = if leaf {
            (Operation::LeafKey, Reason::EE_KEY_TOO_SMALL)
        } else {
            (Operation::IssuerKey, Reason::CA_KEY_TOO_SMALL)
        };
        let subject = Subject::Certificate(certificate);
        let query = |operation, bits, nid| Query {
            operation,
            bits,
            nid,
            subject,
        };
        if !self.allows(&query(operation, weight.key_bits, 0)) {
            return Err(too_small.into());
        }
        let strong = weight
            .signature
            .is_none_or(|facts| self.allows(&query(Operation::IssuerSignature, facts.bits, facts.nid)));
        if strong {
            Ok(())
        } else {
            Err(Reason::CA_MD_TOO_WEAK.into())
        }
    }

    /// The issuers of a chain that is set.
    pub fn check_issuers(&self, chain: &CertificateStack) -> Result<()> {
        chain.elements().try_for_each(|issuer| self.check(&issuer, false))
    }
}

/// The policy of a context or a connection.
pub fn policy(target: &impl Configurable) -> Policy {
    let (ssl, ctx) = target.names();
    Policy::new(&target.config(), ssl, ctx)
}

/// SSL_CTX_set_security_level(3), "DEFAULT CALLBACK BEHAVIOUR", for what exists here.
fn level_allows(level: i32, query: &Query<'_>) -> bool {
    const NO_TICKETS_FROM: i32 = 3;
    const TLS1_1: c_int = 0x0302;
    if level <= 0 {
        return true;
    }
    match query.operation {
        Operation::Version => query.nid > TLS1_1,
        Operation::Ticket => level < NO_TICKETS_FROM,
        _ => query.bits >= security_bits(level),
    }
}

/// How many bits of strength a security level asks for.
fn security_bits(level: i32) -> i32 {
    match level {
        i32::MIN..=0 => 0,
        1 => 80,
        2 => 112,
        3 => 128,
        4 => 192,
        5.. => 256,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cipher;
    use super::*;

    #[test]
    fn levels_ask_for_bits() {
        let aes128 = Query::cipher(Operation::CipherSupported, cipher::find(0x1301).unwrap());
        assert!(Policy::of_level(3).allows(&aes128) && !Policy::of_level(4).allows(&aes128));
        let sha1 = Query::scheme(Operation::SchemeSupported, 0x0201);
        assert!(Policy::of_level(0).allows(&sha1) && !Policy::of_level(1).allows(&sha1));
        let p384 = Query::group(Operation::GroupSupported, 0x0018);
        assert!(Policy::of_level(4).allows(&p384) && !Policy::of_level(5).allows(&p384));
        assert!(Policy::of_level(2).allows(&Query::ticket()) && !Policy::of_level(3).allows(&Query::ticket()));
        assert!(!Policy::of_level(1).allows(&Query::version(0x0302)));
    }
}
