//! Signature schemes: what each needs of a key, and the languages that name them (`SSL_CTX_set1_sigalgs_list(3)`).

use carnet_tls::SignatureScheme;

use crate::libcrypto::pkey::KeyKind;
use crate::libcrypto::sign::{Digest, Recipe};

/// What OpenSSL's interface calls the algorithm of a key: its NIDs.
const NID_RSA: i32 = 6;
const NID_RSA_PSS: i32 = 912;
const NID_EC: i32 = 408;
const NID_ED25519: i32 = 1087;
const NID_ED448: i32 = 1088;

/// A scheme that we can sign or verify with.
#[derive(Debug)]
pub struct Scheme {
    /// The number on the wire.
    pub code: u16,
    name: &'static str,
    /// How to sign.
    pub recipe: Recipe,
    /// The key that signs. An ECDSA scheme names its curve in TLS 1.3 only; see [`Scheme::signs_with`].
    key: KeyKind,
    /// The algorithm as the interface names it.
    pub signature_nid: i32,
    /// Allowed in a TLS 1.3 CertificateVerify (RFC 8446 section 4.2.3).
    pub tls13: bool,
}

const fn scheme(code: u16, name: &'static str, digest: Option<Digest>, key: KeyKind) -> Scheme {
    let pss = code >> 8 == 8 && digest.is_some();
    let signature_nid = match key {
        KeyKind::Ed25519 => NID_ED25519,
        KeyKind::Ed448 => NID_ED448,
        KeyKind::Rsa if !pss => NID_RSA,
        KeyKind::Rsa | KeyKind::RsaPss => NID_RSA_PSS,
        KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 | KeyKind::EcOther => NID_EC,
    };
    let tls13 = !matches!(digest, Some(Digest::Sha1)) && (pss || !matches!(key, KeyKind::Rsa));
    Scheme {
        code,
        name,
        recipe: Recipe { digest, pss },
        key,
        signature_nid,
        tls13,
    }
}

/// What they are called, as `SSL_CTX_set1_sigalgs_list(3)` takes them.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|scheme| scheme.name)
}

/// Every scheme, in OpenSSL's default order.
pub static ALL: &[Scheme] = &[
    scheme(0x0403, "ecdsa_secp256r1_sha256", Some(Digest::Sha256), KeyKind::EcP256),
    scheme(0x0503, "ecdsa_secp384r1_sha384", Some(Digest::Sha384), KeyKind::EcP384),
    scheme(0x0603, "ecdsa_secp521r1_sha512", Some(Digest::Sha512), KeyKind::EcP521),
    scheme(0x0807, "ed25519", None, KeyKind::Ed25519),
    scheme(0x0808, "ed448", None, KeyKind::Ed448),
    scheme(0x0809, "rsa_pss_pss_sha256", Some(Digest::Sha256), KeyKind::RsaPss),
    scheme(0x080a, "rsa_pss_pss_sha384", Some(Digest::Sha384), KeyKind::RsaPss),
    scheme(0x080b, "rsa_pss_pss_sha512", Some(Digest::Sha512), KeyKind::RsaPss),
    scheme(0x0804, "rsa_pss_rsae_sha256", Some(Digest::Sha256), KeyKind::Rsa),
    scheme(0x0805, "rsa_pss_rsae_sha384", Some(Digest::Sha384), KeyKind::Rsa),
    scheme(0x0806, "rsa_pss_rsae_sha512", Some(Digest::Sha512), KeyKind::Rsa),
    scheme(0x0401, "rsa_pkcs1_sha256", Some(Digest::Sha256), KeyKind::Rsa),
    scheme(0x0501, "rsa_pkcs1_sha384", Some(Digest::Sha384), KeyKind::Rsa),
    scheme(0x0601, "rsa_pkcs1_sha512", Some(Digest::Sha512), KeyKind::Rsa),
    scheme(0x0203, "ecdsa_sha1", Some(Digest::Sha1), KeyKind::EcP256),
    scheme(0x0201, "rsa_pkcs1_sha1", Some(Digest::Sha1), KeyKind::Rsa),
];

/// Names that OpenSSL accepts for schemes that we neither offer nor accept.
const KNOWN_BUT_ABSENT: &[&str] = &[
    "ecdsa_sha224",
    "rsa_pkcs1_sha224",
    "dsa_sha1",
    "dsa_sha224",
    "dsa_sha256",
];

impl Scheme {
    /// Whether such a key makes these signatures. In TLS 1.2 any curve goes with any hash (RFC 8422 section 5.1.3).
    pub fn signs_with(&self, key: KeyKind, tls13: bool) -> bool {
        let is_ec = |kind| {
            matches!(
                kind,
                KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 | KeyKind::EcOther
            )
        };
        self.key == key || !tls13 && is_ec(self.key) && is_ec(key)
    }

    /// RSASSA-PSS needs a modulus of twice the hash and two bytes more (RFC 8017 section 9.1.1).
    pub fn fits_rsa_bits(&self, bits: i32) -> bool {
        let digest_len = match self.recipe.digest {
            Some(Digest::Sha1) => 20,
            Some(Digest::Sha256) => 32,
            Some(Digest::Sha384) => 48,
            Some(Digest::Sha512) => 64,
            None => 0,
        };
        !self.recipe.pss || bits >= 8 * (2 * digest_len + 2)
    }

    /// The kind of key that signs so.
    pub fn key_kind(&self) -> KeyKind {
        self.key
    }

    /// How strong it is, as OpenSSL counts (`SSL_CTX_set_security_level(3)`): half of the hash, and less for SHA-1.
    pub fn security_bits(&self) -> i32 {
        match (self.recipe.digest, self.key) {
            (Some(Digest::Sha1), _) => 64,
            (Some(Digest::Sha256), _) => 128,
            (Some(Digest::Sha384), _) => 192,
            (Some(Digest::Sha512), _) => 256,
            (None, KeyKind::Ed448) => 224,
            (None, _) => 128,
        }
    }

    /// The NID of its hash, 0 for none.
    pub fn digest_nid(&self) -> i32 {
        match self.recipe.digest {
            Some(Digest::Sha1) => 64,
            Some(Digest::Sha256) => 672,
            Some(Digest::Sha384) => 673,
            Some(Digest::Sha512) => 674,
            None => 0,
        }
    }
}

/// The scheme with this number.
pub fn find(code: u16) -> Option<&'static Scheme> {
    ALL.iter().find(|scheme| scheme.code == code)
}

/// The scheme that TLS 1.3 has for keys on this curve.
pub fn of_curve(kind: KeyKind) -> Option<u16> {
    match kind {
        KeyKind::EcP256 => Some(0x0403),
        KeyKind::EcP384 => Some(0x0503),
        KeyKind::EcP521 => Some(0x0603),
        _ => None,
    }
}

/// Is it a scheme of RSA keys?
pub fn is_by_rsa(code: u16) -> bool {
    find(code).is_some_and(|scheme| matches!(scheme.key, KeyKind::Rsa | KeyKind::RsaPss))
}

/// The group that such keys are on.
pub fn curve_of(kind: KeyKind) -> Option<u16> {
    match kind {
        KeyKind::EcP256 => Some(0x0017),
        KeyKind::EcP384 => Some(0x0018),
        KeyKind::EcP521 => Some(0x0019),
        _ => None,
    }
}

/// What is offered and accepted when nothing is set: everything but SHA-1, which security level 1 already forbids.
pub fn defaults() -> impl Iterator<Item = SignatureScheme> {
    ALL.iter()
        .filter(|scheme| scheme.recipe.digest != Some(Digest::Sha1))
        .map(|scheme| SignatureScheme(scheme.code))
}

/// `SSL_CTX_set1_sigalgs_list(3)`: `RSA-PSS+SHA256:ECDSA+SHA256:ed25519`. `None` for a list with an unknown or repeated
/// name, or with nothing that we can use.
pub fn parse_list(list: &str) -> Option<Vec<u16>> {
    let mut codes = Vec::new();
    for element in list.split(':') {
        let element = element.trim();
        if KNOWN_BUT_ABSENT.contains(&element) || element.split('+').any(|part| ["SHA224", "DSA"].contains(&part)) {
            continue;
        }
        let code = parse_one(element)?.code;
        if codes.contains(&code) {
            return None;
        }
        codes.push(code);
    }
    (!codes.is_empty()).then_some(codes)
}

fn parse_one(element: &str) -> Option<&'static Scheme> {
    match element.split_once('+') {
        // Either may come first.
        Some((one, other)) => of_pair(one, other).or_else(|| of_pair(other, one)),
        None => ALL.iter().find(|scheme| scheme.name == element),
    }
}

fn of_pair(signature: &str, hash: &str) -> Option<&'static Scheme> {
    let digest_nid = match hash {
        "SHA1" | "sha1" => 64,
        "SHA256" | "sha256" => 672,
        "SHA384" | "sha384" => 673,
        "SHA512" | "sha512" => 674,
        _ => return None,
    };
    let signature_nid = match signature {
        "RSA" => NID_RSA,
        "RSA-PSS" | "PSS" => NID_RSA_PSS,
        "ECDSA" => NID_EC,
        _ => return None,
    };
    from_nids(digest_nid, signature_nid)
}

/// One pair of `SSL_CTX_set1_sigalgs(3)`: the NIDs of hash and algorithm. `RSA-PSS` means keys of rsaEncryption.
pub fn from_nids(digest: i32, signature: i32) -> Option<&'static Scheme> {
    ALL.iter().find(|scheme| {
        scheme.digest_nid() == digest
            && scheme.signature_nid == signature
            && (signature != NID_RSA_PSS || scheme.key == KeyKind::Rsa)
    })
}

/// `SSL_CTX_set1_sigalgs(3)`: hash and algorithm in turns. `None` for an unknown pair or half of one.
pub fn from_nid_pairs(nids: &[i32]) -> Option<Vec<u16>> {
    if nids.is_empty() || !nids.len().is_multiple_of(2) {
        return None;
    }
    nids.chunks_exact(2)
        .map(|pair| match pair {
            [digest, signature] => from_nids(*digest, *signature).map(|scheme| scheme.code),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_name_a_scheme() {
        assert_eq!(
            parse_list("RSA-PSS+SHA256:ECDSA+SHA384:ed25519"),
            Some(vec![0x0804, 0x0503, 0x0807])
        );
        assert_eq!(parse_list("rsa_pss_pss_sha256"), Some(vec![0x0809]));
        assert_eq!(parse_list("RSA+SHA256:RSA+SHA224"), Some(vec![0x0401]));
        assert_eq!(parse_list("SHA256+RSA:SHA224+RSA"), Some(vec![0x0401]));
        assert_eq!(parse_list("SHA256+SHA256"), None);
        assert_eq!(parse_list("RSA+SHA256:RSA+SHA256"), None);
        assert_eq!(parse_list("foo"), None);
        assert_eq!(parse_list(""), None);
    }

    #[test]
    fn tls13_ties_curves_to_hashes_and_forbids_pkcs1() {
        assert!(!find(0x0403).unwrap().signs_with(KeyKind::EcP384, true));
        assert!(find(0x0403).unwrap().signs_with(KeyKind::EcP384, false));
        assert!(!find(0x0401).unwrap().tls13 && find(0x0804).unwrap().tls13 && find(0x0807).unwrap().tls13);
        assert!(!find(0x0806).unwrap().fits_rsa_bits(1024) && find(0x0804).unwrap().fits_rsa_bits(1024));
    }
}
