//! What the root gives for each interval, worked out apart from the library, from what its documentation says: the chain,
//! the ring's keys, and the keys of the servers' one context.

use std::process::Command;

use carnet_keys::SECRET_LEN;
use carnet_keys::separation::{ContextDigest, ContextParts};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::memory::Wanted;
use crate::place::pki;

type Secret = [u8; SECRET_LEN];

/// The initial value of SHA-256: FIPS 180-4 section 5.3.3.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The secret of an interval and all that comes from it.
pub struct Interval {
    pub chain: Secret,
    pub name: [u8; 16],
    pub mac: Secret,
    pub cipher: Secret,
    /// Of the servers' context; then for a client that names no server.
    context: Secret,
    context_cipher: Secret,
    context_mac: Secret,
}

fn hmac(key: &[u8], message: &[&[u8]]) -> Secret {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    message.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The first secret of the chain.
pub fn first(root: &Secret, interval: u64) -> Secret {
    hmac(root, &[b"carnet chain", &interval.to_be_bytes()])
}

pub fn next(chain: &Secret) -> Secret {
    hmac(chain, &[b"carnet next", &[0; 8]])
}

impl Interval {
    pub fn new(chain: Secret, context_digest: &Secret) -> Self {
        let part = |number: u64| hmac(&chain, &[b"carnet key", &number.to_be_bytes()]);
        let blob = [0, 1, 2].map(part).concat();
        let (name, keys) = blob.split_first_chunk().unwrap();
        let (mac, cipher) = (*keys.first_chunk().unwrap(), *keys[SECRET_LEN..].first_chunk().unwrap());
        let context = hmac(&[mac, cipher].concat(), &[b"carnet context", context_digest]);
        Self {
            chain,
            name: *name,
            mac,
            cipher,
            context,
            context_cipher: hmac(&context, &[&[0]]),
            context_mac: hmac(&context, &[&[1]]),
        }
    }

    /// What opens this interval's tickets.
    pub fn keys(&self, number: u64, wanted: &mut Wanted) {
        for (what, secret) in [
            ("MAC key", &self.mac),
            ("cipher key", &self.cipher),
            ("context", &self.context),
            ("context's cipher key", &self.context_cipher),
            ("context's MAC key", &self.context_mac),
        ] {
            in_all_forms(&format!("{what} of {number}"), secret, wanted);
        }
        for (what, key) in [
            ("MAC key", self.mac.to_vec()),
            ("ring key", [self.mac, self.cipher].concat()),
            ("context", self.context.to_vec()),
            ("context's MAC key", self.context_mac.to_vec()),
        ] {
            as_a_prepared_hmac(&format!("{what} of {number}"), &key, wanted);
        }
    }

    /// What gives the keys of this interval and of all that follow.
    pub fn chain(&self, number: u64, wanted: &mut Wanted) {
        whole(&format!("chain at {number}"), &self.chain, wanted);
    }
}

/// A secret that is an HMAC's key, too.
pub fn whole(what: &str, secret: &Secret, wanted: &mut Wanted) {
    in_all_forms(what, secret, wanted);
    as_a_prepared_hmac(what, secret, wanted);
}

/// As it is, by halves (AES keeps the second for itself), as the words of SHA-256 that it came from, and as the key
/// blocks of HMAC.
fn in_all_forms(what: &str, secret: &Secret, wanted: &mut Wanted) {
    let (front, back) = secret.split_at(SECRET_LEN / 2);
    wanted.add(format!("{what}, front"), front);
    wanted.add(format!("{what}, back"), back);
    let words: Vec<u8> = secret.chunks(4).flat_map(|word| word.iter().rev().copied()).collect();
    wanted.add(format!("{what}, words"), &words);
    for (name, pad) in [("inner", 0x36), ("outer", 0x5c)] {
        wanted.add(
            format!("{what}, {name} block"),
            &secret.map(|byte: u8| byte ^ pad)[..16],
        );
    }
}

/// What SHA-256 has come to behind the key blocks: as good as the key itself.
fn as_a_prepared_hmac(what: &str, key: &[u8], wanted: &mut Wanted) {
    for (name, pad) in [("inner", 0x36), ("outer", 0x5c)] {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to ^= from);
        let mut state = START;
        sha2::block_api::compress256(&mut state, &[block]);
        let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_ne_bytes()).collect();
        wanted.add(format!("{what}, {name} state"), &bytes);
    }
}

/// What the servers' context is, once for the library's own types and once as bytes: their certificate's key, and that
/// nobody is verified.
pub fn context() -> (ContextDigest, Secret) {
    let mut openssl = Command::new("openssl");
    openssl
        .args(["pkey", "-pubout", "-outform", "DER", "-in"])
        .arg(pki().join("server.key"));
    let der = openssl.output().unwrap().stdout;
    // The point at the end of a P-256 key.
    let public_key: Secret = Sha256::digest(&der[der.len() - 65..]).into();
    let mut parts = Sha256::new();
    for part in [&public_key[..], &0_u32.to_be_bytes()] {
        parts.update((part.len() as u64).to_be_bytes());
        parts.update(part);
    }
    (
        ContextParts::of_context(&public_key, 0).digest(),
        parts.finalize().into(),
    )
}
