//! What two peers have in common: signature schemes, groups, suites (SSL_get_shared_sigalgs(3), SSL_get_shared_group(3)).

use carnet_tls::NamedGroup;

use super::cipher::{Aead, KeyExchange, SSL_CIPHER};
use super::cipher_list::SuiteB;
use super::config::Config;
use super::scheme;
use super::security::{Operation, Policy, Query};
use crate::libcrypto::pkey::KeyKind;

const OP_CIPHER_SERVER_PREFERENCE: u64 = 1 << 22;
const OP_PRIORITIZE_CHACHA: u64 = 1 << 21;

impl Config {
    /// Suite B, if a cipher list or SSL_set_cert_flags(3) has asked for it.
    pub fn suite_b(&self) -> Option<SuiteB> {
        SuiteB::of_flags(self.credentials.flags)
    }

    /// The schemes that we sign with. A server's list for clients is not for itself.
    pub fn own_schemes(&self, server: bool) -> Vec<u16> {
        if let Some(suite_b) = self.suite_b() {
            return suite_b.schemes().to_vec();
        }
        let algorithms = &self.algorithms;
        let for_clients = algorithms.client_schemes.as_ref().filter(|_| !server);
        match for_clients.or(algorithms.schemes.as_ref()) {
            Some(schemes) => schemes.to_vec(),
            None => scheme::defaults().map(|scheme| scheme.0).collect(),
        }
    }

    /// The schemes that both sides have and that are strong enough, in the order of whoever prefers. The application's
    /// function may run.
    pub fn shared_schemes(&self, server: bool, theirs: &[u16], policy: &Policy) -> Vec<u16> {
        let ours = self.own_schemes(server);
        let (first, second) = if self.prefers_own() {
            (ours.as_slice(), theirs)
        } else {
            (theirs, ours.as_slice())
        };
        let strong = |code: &u16| policy.allows(&Query::scheme(Operation::SchemeShared, *code));
        let both = first.iter().copied().filter(|code| second.contains(code));
        both.filter(strong).collect()
    }

    /// SSL_OP_CIPHER_SERVER_PREFERENCE, which Suite B implies for schemes and groups.
    pub fn prefers_own(&self) -> bool {
        self.protocol.options & OP_CIPHER_SERVER_PREFERENCE != 0 || self.suite_b().is_some()
    }

    /// SSL_OP_PRIORITIZE_CHACHA: a server that prefers its own order yields to a client whose first suite is with ChaCha20.
    pub fn yields_to_chacha(&self) -> bool {
        let both = OP_CIPHER_SERVER_PREFERENCE | OP_PRIORITIZE_CHACHA;
        self.protocol.options & both == both
    }

    /// Whether a server has a certificate that TLS 1.3 can use: any but one on a curve that no scheme of ours names.
    pub fn has_tls13_certificate(&self) -> bool {
        // Suite B is not looked at here: where it rules the certificate out, that is said later.
        let schemes = self.algorithms.schemes.as_deref();
        let ours = schemes.map_or_else(|| scheme::defaults().map(|scheme| scheme.0).collect(), <[u16]>::to_vec);
        self.credentials.key_kinds().any(|kind| match scheme::of_curve(kind) {
            Some(code) => ours.contains(&code),
            None => !matches!(kind, KeyKind::EcOther),
        })
    }
}

/// ChaCha20 first, the rest as it was.
pub fn chacha_first(suites: &mut [carnet_tls::CipherSuite]) {
    suites.sort_by_key(|suite| !is_chacha(suite.0));
}

/// A suite with ChaCha20?
pub fn is_chacha(code: u16) -> bool {
    super::cipher::find(code).is_some_and(|cipher| cipher.aead == Aead::ChaCha20Poly1305)
}

/// Whether suites of TLS 1.2 that are signed for as this one can be offered: some scheme for it has to be, too. The
/// application's function may run.
pub struct Signers {
    ecdsa: bool,
    rsa: bool,
}

impl Signers {
    /// Those that these schemes make possible.
    pub fn new(schemes: &[u16], policy: &Policy) -> Self {
        let strong = |is_such: fn(KeyKind) -> bool| {
            schemes.iter().any(|code| {
                scheme::find(*code).is_some_and(|scheme| is_such(scheme.key_kind()))
                    && policy.allows(&Query::scheme(Operation::SchemeMask, *code))
            })
        };
        let is_rsa = |kind| matches!(kind, KeyKind::Rsa | KeyKind::RsaPss);
        Self {
            ecdsa: strong(|kind| !matches!(kind, KeyKind::Rsa | KeyKind::RsaPss)),
            rsa: strong(is_rsa),
        }
    }

    /// Is there one for this suite?
    pub fn cover(&self, cipher: &SSL_CIPHER) -> bool {
        match cipher.key_exchange {
            KeyExchange::Any => true,
            KeyExchange::EcdheEcdsa => self.ecdsa,
            KeyExchange::EcdheRsa => self.rsa,
        }
    }
}

impl SuiteB {
    /// RFC 6460 section 3.
    pub fn groups(self) -> &'static [u16] {
        const P256: u16 = NamedGroup::SECP256R1.0;
        const P384: u16 = NamedGroup::SECP384R1.0;
        match self {
            Self::Only128 => &[P256],
            Self::Only192 => &[P384],
            Self::From128 => &[P256, P384],
        }
    }

    /// ECDSA with the hash that goes with the curve.
    pub fn schemes(self) -> &'static [u16] {
        match self {
            Self::Only128 => &[0x0403],
            Self::Only192 => &[0x0503],
            Self::From128 => &[0x0403, 0x0503],
        }
    }
}
