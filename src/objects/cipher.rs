//! `SSL_CIPHER`: the cipher suites (`SSL_CIPHER_get_name(3)`). Real addresses: programs compare them.

use std::ffi::CStr;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::cipher_list::{self, SuiteB};
use crate::error::{Error, Reason, Result};
use crate::libcrypto::c::EVP_MD;
use crate::libcrypto::sign::Digest;
use crate::libcrypto::stack::StaticStack;

/// How keys are agreed and the peer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyExchange {
    /// TLS 1.3: not the suite's business.
    Any,
    /// ECDHE with an ECDSA (or EdDSA) certificate.
    EcdheEcdsa,
    /// ECDHE with an RSA certificate.
    EcdheRsa,
}

/// The bulk cipher, always with its own authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aead {
    /// AES-128-GCM
    Aes128Gcm,
    /// AES-256-GCM
    Aes256Gcm,
    /// ChaCha20-Poly1305
    ChaCha20Poly1305,
}

/// The hash of the key schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
}

impl Hash {
    /// For C (get0).
    pub fn shown(self) -> *const EVP_MD {
        match self {
            Self::Sha256 => Digest::Sha256.shown(),
            Self::Sha384 => Digest::Sha384.shown(),
        }
    }
}

/// What `const SSL_CIPHER *` points at.
#[derive(Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_cipher_st {
    /// The two bytes on the wire.
    pub code: u16,
    /// OpenSSL's name.
    pub name: &'static CStr,
    /// IANA's name.
    pub standard_name: &'static CStr,
    /// How keys are agreed.
    pub key_exchange: KeyExchange,
    /// The bulk cipher.
    pub aead: Aead,
    /// The hash of the key schedule.
    pub hash: Hash,
}

/// `SSL_CIPHER`
#[allow(non_camel_case_types, reason = "C's own name")]
pub type SSL_CIPHER = ssl_cipher_st;

macro_rules! suites {
    ($($code:literal $name:literal $standard:literal $kx:ident $aead:ident $hash:ident;)*) => {
        /// Every suite, TLS 1.3 first, in OpenSSL's order of preference.
        pub static ALL: &[SSL_CIPHER] = &[$(ssl_cipher_st {
            code: $code,
            name: $name,
            standard_name: $standard,
            key_exchange: KeyExchange::$kx,
            aead: Aead::$aead,
            hash: Hash::$hash,
        },)*];
    };
}

suites! {
    0x1302 c"TLS_AES_256_GCM_SHA384" c"TLS_AES_256_GCM_SHA384" Any Aes256Gcm Sha384;
    0x1303 c"TLS_CHACHA20_POLY1305_SHA256" c"TLS_CHACHA20_POLY1305_SHA256" Any ChaCha20Poly1305 Sha256;
    0x1301 c"TLS_AES_128_GCM_SHA256" c"TLS_AES_128_GCM_SHA256" Any Aes128Gcm Sha256;
    0xc02c c"ECDHE-ECDSA-AES256-GCM-SHA384" c"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" EcdheEcdsa Aes256Gcm Sha384;
    0xc030 c"ECDHE-RSA-AES256-GCM-SHA384" c"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" EcdheRsa Aes256Gcm Sha384;
    0xcca9 c"ECDHE-ECDSA-CHACHA20-POLY1305" c"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" EcdheEcdsa ChaCha20Poly1305 Sha256;
    0xcca8 c"ECDHE-RSA-CHACHA20-POLY1305" c"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" EcdheRsa ChaCha20Poly1305 Sha256;
    0xc02b c"ECDHE-ECDSA-AES128-GCM-SHA256" c"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" EcdheEcdsa Aes128Gcm Sha256;
    0xc02f c"ECDHE-RSA-AES128-GCM-SHA256" c"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" EcdheRsa Aes128Gcm Sha256;
}

/// What `OSSL_default_ciphersuites(3)` says.
pub const DEFAULT_SUITES: &CStr = c"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
/// What `OSSL_default_cipher_list(3)` says.
pub const DEFAULT_LIST: &CStr = c"ALL:!COMPLEMENTOFDEFAULT:!eNULL";

const NID_AES_128_GCM: i32 = 895;
const NID_AES_256_GCM: i32 = 901;
const NID_CHACHA20_POLY1305: i32 = 1018;
const NID_KX_ECDHE: i32 = 1038;
const NID_KX_ANY: i32 = 1063;
const NID_AUTH_RSA: i32 = 1046;
const NID_AUTH_ECDSA: i32 = 1047;
const NID_AUTH_ANY: i32 = 1064;
const ID_PREFIX: u32 = 0x0300_0000;

impl ssl_cipher_st {
    /// A TLS 1.3 suite?
    pub fn is_tls13(&self) -> bool {
        self.key_exchange == KeyExchange::Any
    }

    /// `SSL_CIPHER_get_version(3)`
    pub fn version(&self) -> &'static CStr {
        if self.is_tls13() { c"TLSv1.3" } else { c"TLSv1.2" }
    }

    /// `SSL_CIPHER_get_id(3)`
    pub fn id(&self) -> u32 {
        ID_PREFIX | u32::from(self.code)
    }

    /// `SSL_CIPHER_get_bits(3)`
    pub fn bits(&self) -> i32 {
        match self.aead {
            Aead::Aes128Gcm => 128,
            Aead::Aes256Gcm | Aead::ChaCha20Poly1305 => 256,
        }
    }

    /// `SSL_CIPHER_get_cipher_nid(3)`
    pub fn cipher_nid(&self) -> i32 {
        match self.aead {
            Aead::Aes128Gcm => NID_AES_128_GCM,
            Aead::Aes256Gcm => NID_AES_256_GCM,
            Aead::ChaCha20Poly1305 => NID_CHACHA20_POLY1305,
        }
    }

    /// `SSL_CIPHER_get_kx_nid(3)`
    pub fn key_exchange_nid(&self) -> i32 {
        if self.is_tls13() { NID_KX_ANY } else { NID_KX_ECDHE }
    }

    /// `SSL_CIPHER_get_auth_nid(3)`
    pub fn authentication_nid(&self) -> i32 {
        match self.key_exchange {
            KeyExchange::Any => NID_AUTH_ANY,
            KeyExchange::EcdheEcdsa => NID_AUTH_ECDSA,
            KeyExchange::EcdheRsa => NID_AUTH_RSA,
        }
    }
}

/// `SSL_CIPHER_description(3)`, with its newline.
impl fmt::Display for ssl_cipher_st {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (exchange, authentication) = match self.key_exchange {
            KeyExchange::Any => ("any", "any"),
            KeyExchange::EcdheEcdsa => ("ECDH", "ECDSA"),
            KeyExchange::EcdheRsa => ("ECDH", "RSA"),
        };
        let encryption = match self.aead {
            Aead::Aes128Gcm => "AESGCM(128)",
            Aead::Aes256Gcm => "AESGCM(256)",
            Aead::ChaCha20Poly1305 => "CHACHA20/POLY1305(256)",
        };
        let (name, version) = (self.name.to_string_lossy(), self.version().to_string_lossy());
        let mac = "AEAD";
        writeln!(
            f,
            "{name:<30} {version:<7} Kx={exchange:<8} Au={authentication:<5} Enc={encryption:<22} Mac={mac:<4}"
        )
    }
}

/// The suite with these two bytes.
pub fn find(code: u16) -> Option<&'static SSL_CIPHER> {
    ALL.iter().find(|cipher| cipher.code == code)
}

/// The suite at this address, if it is one of ours: nothing else is looked into.
pub fn known(pointer: *const SSL_CIPHER) -> Option<&'static SSL_CIPHER> {
    ALL.iter().find(|cipher| std::ptr::eq(*cipher, pointer))
}

/// The suite with this IANA name.
pub fn find_standard(name: &CStr) -> Option<&'static SSL_CIPHER> {
    ALL.iter().find(|cipher| cipher.standard_name == name)
}

/// The suites that may be negotiated.
#[derive(Clone)]
pub struct Suites {
    tls13: Arc<[&'static SSL_CIPHER]>,
    tls12: Arc<[&'static SSL_CIPHER]>,
    /// Made when C asks; shared between the copies of a configuration, so that C sees one address.
    stack: Arc<OnceLock<Option<StaticStack>>>,
    /// They were chosen for a connection, which no longer minds those of its context.
    pub own: bool,
}

impl Default for Suites {
    fn default() -> Self {
        let (tls13, tls12): (Vec<_>, Vec<_>) = ALL.iter().partition(|cipher| cipher.is_tls13());
        Self {
            tls13: tls13.into(),
            tls12: tls12.into(),
            stack: Arc::default(),
            own: false,
        }
    }
}

impl Suites {
    /// Are these the very same?
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.stack, &other.stack)
    }

    /// All of them, TLS 1.3 first.
    pub fn iter(&self) -> impl Iterator<Item = &'static SSL_CIPHER> + '_ {
        self.tls13.iter().chain(self.tls12.iter()).copied()
    }

    /// `SSL_get_ciphers(3)`, owned by `self` until it changes.
    pub fn stack(&self) -> Option<&StaticStack> {
        self.stack
            .get_or_init(|| StaticStack::new(&self.iter().collect::<Vec<_>>()))
            .as_ref()
    }

    /// `SSL_set_ciphersuites(3)`: TLS 1.3. Unknown names are passed over, unless nothing else is named. As in OpenSSL the
    /// name of an older suite is taken for what it says, and changes nothing of the versions that the suite is for.
    pub fn set_tls13(&mut self, names: &str) -> Result<()> {
        let suites: Arc<[_]> = names
            .split(':')
            .filter_map(|name| {
                let name = name.trim_matches(|c: char| c.is_ascii_whitespace()).as_bytes();
                ALL.iter().find(|cipher| cipher.standard_name.to_bytes() == name)
            })
            .collect();
        if !names.is_empty() && suites.is_empty() {
            return Err(Reason::NO_CIPHER_MATCH.into());
        }
        self.tls13 = suites;
        self.stack = Arc::default();
        Ok(())
    }

    /// `SSL_set_cipher_list(3)`: TLS 1.2, with what else the list sets. A list that leaves nothing is an error and takes
    /// effect all the same, as in OpenSSL.
    pub fn set_tls12(&mut self, list: &str, suite_b: Option<SuiteB>) -> (Aside, Result<()>) {
        let parsed = cipher_list::parse(list, ALL.iter().filter(|cipher| !cipher.is_tls13()), suite_b);
        let aside = Aside {
            security_level: parsed.security_level,
            suite_b: parsed.suite_b,
        };
        let Some(suites) = parsed.suites else {
            return (aside, Err(Error::Ssl(Reason::INVALID_COMMAND)));
        };
        self.tls12 = suites.into();
        self.stack = Arc::default();
        let none = self.tls12.is_empty();
        (
            aside,
            if none {
                Err(Reason::NO_CIPHER_MATCH.into())
            } else {
                Ok(())
            },
        )
    }
}

/// What a cipher list sets besides the suites.
#[derive(Debug, Clone, Copy)]
pub struct Aside {
    /// `@SECLEVEL=n`
    pub security_level: Option<i32>,
    /// `SUITEB128` and its relatives.
    pub suite_b: Option<SuiteB>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_aligned_as_openssl_does_it() {
        let text = find(0xcca8).unwrap().to_string();
        assert_eq!(
            text,
            "ECDHE-RSA-CHACHA20-POLY1305    TLSv1.2 Kx=ECDH     Au=RSA   Enc=CHACHA20/POLY1305(256) Mac=AEAD\n"
        );
    }

    #[test]
    fn unknown_suites_are_passed_over_but_not_alone() {
        let mut suites = Suites::default();
        assert_eq!(suites.set_tls13("foo"), Err(Reason::NO_CIPHER_MATCH.into()));
        assert_eq!(suites.tls13.len(), 3);
        suites.set_tls13("foo:TLS_AES_128_GCM_SHA256").unwrap();
        assert_eq!(suites.tls13.len(), 1);
        suites.set_tls13("").unwrap();
        assert_eq!(suites.tls13.len(), 0);
    }
}
