//! The words of `ciphers(1)`: which traits of a suite each one asks for.
//!
//! As in OpenSSL a word is a set of values for some traits, words joined by `+` are their intersection, and a suite is
//! covered when it has one of the values of every trait that is asked for. Suites that do not exist here count: what
//! has been joined with them covers nothing.

use super::cipher::{Aead, KeyExchange, SSL_CIPHER};

/// Sets of values; 0 asks for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traits {
    exchange: u8,
    authentication: u8,
    encryption: u32,
    mac: u8,
    strength: u8,
    min_version: u16,
    /// Whether it is left out of `DEFAULT`.
    not_default: bool,
}

const RSA: u8 = 1;
const DHE: u8 = 2;
const ECDHE: u8 = 4;
const PSK: u8 = 8;
const RSA_PSK: u8 = 16;
const ECDHE_PSK: u8 = 32;
const DHE_PSK: u8 = 64;
const SRP: u8 = 128;

const BY_RSA: u8 = 1;
const BY_DSS: u8 = 2;
const BY_NOBODY: u8 = 4;
const BY_ECDSA: u8 = 8;
const BY_PSK: u8 = 16;
const BY_SRP: u8 = 32;

const AES128: u32 = 1;
const AES256: u32 = 2;
const AES128_GCM: u32 = 4;
const AES256_GCM: u32 = 8;
const AES128_CCM: u32 = 16;
const AES256_CCM: u32 = 32;
const AES128_CCM8: u32 = 64;
const AES256_CCM8: u32 = 128;
const CHACHA20: u32 = 256;
const CAMELLIA128: u32 = 512;
const CAMELLIA256: u32 = 1024;
const ARIA128: u32 = 2048;
const ARIA256: u32 = 4096;
const TRIPLE_DES: u32 = 8192;
const UNENCRYPTED: u32 = 1 << 31;
const CBC: u32 = AES128 | AES256 | CAMELLIA128 | CAMELLIA256 | TRIPLE_DES;

const SHA1: u8 = 1;
const SHA256: u8 = 2;
const SHA384: u8 = 4;
const AEAD: u8 = 8;
const MD5: u8 = 16;

const LOW: u8 = 1;
const MEDIUM: u8 = 2;
const HIGH: u8 = 4;
const FIPS: u8 = 8;

const TLS1_2: u16 = 0x0303;

impl Traits {
    const NONE: Self = Self {
        exchange: 0,
        authentication: 0,
        encryption: 0,
        mac: 0,
        strength: 0,
        min_version: 0,
        not_default: false,
    };

    const fn exchange(exchange: u8) -> Self {
        Self { exchange, ..Self::NONE }
    }

    /// With an authentication.
    const fn by(self, authentication: u8) -> Self {
        Self { authentication, ..self }
    }

    const fn encryption(encryption: u32) -> Self {
        Self {
            encryption,
            ..Self::NONE
        }
    }

    const fn mac(mac: u8) -> Self {
        Self { mac, ..Self::NONE }
    }

    const fn strength(strength: u8) -> Self {
        Self { strength, ..Self::NONE }
    }

    const fn since(min_version: u16) -> Self {
        Self {
            min_version,
            ..Self::NONE
        }
    }

    /// Those of a suite.
    pub fn of(cipher: &SSL_CIPHER) -> Self {
        Self {
            exchange: ECDHE,
            authentication: match cipher.key_exchange {
                KeyExchange::EcdheEcdsa => BY_ECDSA,
                KeyExchange::EcdheRsa => BY_RSA,
                KeyExchange::Any => 0,
            },
            encryption: match cipher.aead {
                Aead::Aes128Gcm => AES128_GCM,
                Aead::Aes256Gcm => AES256_GCM,
                Aead::ChaCha20Poly1305 => CHACHA20,
            },
            mac: AEAD,
            strength: match cipher.aead {
                Aead::Aes128Gcm | Aead::Aes256Gcm => HIGH | FIPS,
                Aead::ChaCha20Poly1305 => HIGH,
            },
            min_version: TLS1_2,
            not_default: false,
        }
    }

    /// What the name of a suite asks for: its version counts only with words for versions.
    pub fn of_named(self) -> Self {
        Self { min_version: 0, ..self }
    }

    /// What both ask for; `None` when they rule each other out.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        // OpenSSL forgets COMPLEMENTOFDEFAULT over the first word for a strength that follows.
        let forgotten = self.strength == 0 && other.strength != 0;
        Some(Self {
            exchange: meet(self.exchange, other.exchange)?,
            authentication: meet(self.authentication, other.authentication)?,
            encryption: meet(self.encryption, other.encryption)?,
            mac: meet(self.mac, other.mac)?,
            strength: meet(self.strength, other.strength)?,
            min_version: match (self.min_version, other.min_version) {
                (0, version) | (version, 0) => version,
                (one, same) if one == same => one,
                _ => return None,
            },
            not_default: self.not_default && !forgotten || other.not_default,
        })
    }

    /// Does a suite have what is asked for?
    pub fn cover(&self, suite: &Self) -> bool {
        covers(self.exchange, suite.exchange)
            && covers(self.authentication, suite.authentication)
            && covers(self.encryption, suite.encryption)
            && covers(self.mac, suite.mac)
            && covers(self.strength, suite.strength)
            && (self.min_version == 0 || self.min_version == suite.min_version)
            && (!self.not_default || suite.not_default)
    }
}

fn meet<T>(one: T, other: T) -> Option<T>
where
    T: Copy + Default + PartialEq + std::ops::BitAnd<Output = T>,
{
    let nothing = T::default();
    if one == nothing || other == nothing {
        return Some(if one == nothing { other } else { one });
    }
    Some(one & other).filter(|both| *both != nothing)
}

fn covers<T>(wanted: T, has: T) -> bool
where
    T: Copy + Default + PartialEq + std::ops::BitAnd<Output = T>,
{
    wanted == T::default() || wanted & has != T::default()
}

/// What a word asks for.
pub(super) fn find(word: &[u8]) -> Option<Traits> {
    WORDS
        .iter()
        .find(|(name, _)| name.as_bytes() == word)
        .map(|(_, traits)| *traits)
}

static WORDS: &[(&str, Traits)] = &[
    ("ALL", Traits::encryption(!UNENCRYPTED)),
    ("COMPLEMENTOFALL", Traits::encryption(UNENCRYPTED)),
    (
        "COMPLEMENTOFDEFAULT",
        Traits {
            not_default: true,
            ..Traits::NONE
        },
    ),
    ("kRSA", Traits::exchange(RSA)),
    ("kEDH", Traits::exchange(DHE)),
    ("kDHE", Traits::exchange(DHE)),
    ("DH", Traits::exchange(DHE)),
    ("kEECDH", Traits::exchange(ECDHE)),
    ("kECDHE", Traits::exchange(ECDHE)),
    ("ECDH", Traits::exchange(ECDHE)),
    ("kPSK", Traits::exchange(PSK)),
    ("kRSAPSK", Traits::exchange(RSA_PSK)),
    ("kECDHEPSK", Traits::exchange(ECDHE_PSK)),
    ("kDHEPSK", Traits::exchange(DHE_PSK)),
    ("kSRP", Traits::exchange(SRP)),
    ("aRSA", Traits::NONE.by(BY_RSA)),
    ("aDSS", Traits::NONE.by(BY_DSS)),
    ("DSS", Traits::NONE.by(BY_DSS)),
    ("aNULL", Traits::NONE.by(BY_NOBODY)),
    ("aECDSA", Traits::NONE.by(BY_ECDSA)),
    ("ECDSA", Traits::NONE.by(BY_ECDSA)),
    ("aPSK", Traits::NONE.by(BY_PSK)),
    ("aSRP", Traits::NONE.by(BY_SRP)),
    ("EDH", Traits::exchange(DHE).by(!BY_NOBODY)),
    ("DHE", Traits::exchange(DHE).by(!BY_NOBODY)),
    ("EECDH", Traits::exchange(ECDHE).by(!BY_NOBODY)),
    ("ECDHE", Traits::exchange(ECDHE).by(!BY_NOBODY)),
    ("RSA", Traits::exchange(RSA).by(BY_RSA)),
    ("ADH", Traits::exchange(DHE).by(BY_NOBODY)),
    ("AECDH", Traits::exchange(ECDHE).by(BY_NOBODY)),
    ("PSK", Traits::exchange(PSK | RSA_PSK | ECDHE_PSK | DHE_PSK)),
    ("SRP", Traits::exchange(SRP)),
    ("eNULL", Traits::encryption(UNENCRYPTED)),
    ("NULL", Traits::encryption(UNENCRYPTED)),
    (
        "AES128",
        Traits::encryption(AES128 | AES128_GCM | AES128_CCM | AES128_CCM8),
    ),
    (
        "AES256",
        Traits::encryption(AES256 | AES256_GCM | AES256_CCM | AES256_CCM8),
    ),
    (
        "AES",
        Traits::encryption(
            AES128 | AES256 | AES128_GCM | AES256_GCM | AES128_CCM | AES256_CCM | AES128_CCM8 | AES256_CCM8,
        ),
    ),
    ("AESGCM", Traits::encryption(AES128_GCM | AES256_GCM)),
    (
        "AESCCM",
        Traits::encryption(AES128_CCM | AES256_CCM | AES128_CCM8 | AES256_CCM8),
    ),
    ("AESCCM8", Traits::encryption(AES128_CCM8 | AES256_CCM8)),
    ("CAMELLIA128", Traits::encryption(CAMELLIA128)),
    ("CAMELLIA256", Traits::encryption(CAMELLIA256)),
    ("CAMELLIA", Traits::encryption(CAMELLIA128 | CAMELLIA256)),
    ("CHACHA20", Traits::encryption(CHACHA20)),
    ("ARIA128", Traits::encryption(ARIA128)),
    ("ARIA256", Traits::encryption(ARIA256)),
    ("ARIA", Traits::encryption(ARIA128 | ARIA256)),
    ("ARIAGCM", Traits::encryption(ARIA128 | ARIA256)),
    ("3DES", Traits::encryption(TRIPLE_DES)),
    ("CBC", Traits::encryption(CBC)),
    ("SHA1", Traits::mac(SHA1)),
    ("SHA", Traits::mac(SHA1)),
    ("SHA256", Traits::mac(SHA256)),
    ("SHA384", Traits::mac(SHA384)),
    ("MD5", Traits::mac(MD5)),
    ("SSLv3", Traits::since(0x0300)),
    ("TLSv1", Traits::since(0x0301)),
    ("TLSv1.0", Traits::since(0x0301)),
    ("TLSv1.2", Traits::since(TLS1_2)),
    ("LOW", Traits::strength(LOW)),
    ("MEDIUM", Traits::strength(MEDIUM)),
    ("HIGH", Traits::strength(HIGH)),
    ("FIPS", Traits::strength(FIPS)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_words_ask_for_what_they_have_in_common() {
        let word = |word: &str| find(word.as_bytes()).unwrap();
        assert_eq!(word("AES").meet(&word("AES128")), Some(word("AES128")));
        assert_eq!(word("AES128").meet(&word("CHACHA20")), None);
        assert_eq!(word("HIGH").meet(&word("FIPS")), None);
        assert_eq!(word("TLSv1.2").meet(&word("TLSv1.0")), None);
        assert!(word("ECDHE").meet(&word("aRSA")).is_some());
    }
}
