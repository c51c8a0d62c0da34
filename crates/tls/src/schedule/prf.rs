//! The key schedule of TLS 1.2: the PRF (RFC 5246 section 5) and what is made with it.

use std::fmt;

use zeroize::Zeroizing;

use super::hash::{Digest, HashAlgorithm, Mac, Secret};
use crate::record::RecordKey;
use crate::suite12::Suite12;
use crate::{Error, ErrorKind, Side};

/// "master_secret[48]" (section 6.1).
const MASTER_SECRET_LEN: usize = 48;
/// "verify_data_length [...] equal to 12" (section 7.4.9).
const VERIFY_DATA_LEN: usize = 12;

/// Labels that an exporter must not reach, or it would hand out the connection's own keys (RFC 5705 section 4).
const RESERVED_LABELS: [&[u8]; 5] = [
    b"client finished",
    b"server finished",
    b"master secret",
    b"extended master secret",
    b"key expansion",
];

/// A(i), label and seed of everything but an exporter with a long context.
const USUAL_INPUT: usize = 160;

/// PRF(secret, label, seed) = P_hash(secret, label + seed), the seed in up to four parts.
fn prf(secret: &Mac, label: &[u8], seed: [&[u8]; 4], out: &mut [u8]) {
    let hash_len = secret.hash().len();
    let parts = || std::iter::once(label).chain(seed);
    let len = hash_len + parts().map(<[u8]>::len).sum::<usize>();
    let (mut usual, mut long) = ([0; USUAL_INPUT], Vec::new());
    let input = match usual.get_mut(..len) {
        Some(input) => input,
        None => {
            long.resize(len, 0);
            long.as_mut_slice()
        }
    };
    // In one piece: most of what hashing a few bytes costs is in the handling of pieces.
    let mut at = hash_len;
    for part in parts() {
        if let Some(to) = input.get_mut(at..at + part.len()) {
            to.copy_from_slice(part);
        }
        at += part.len();
    }
    prf_on(secret, input, hash_len, out);
    input.fill(0);
    zeroize::optimization_barrier(input);
}

/// With label and seed in `input`, behind room for A(i).
fn prf_on(secret: &Mac, input: &mut [u8], hash_len: usize, out: &mut [u8]) {
    // A(1) = HMAC(secret, A(0)), where A(0) is the seed.
    let mut a = secret.extract(input.get(hash_len..).unwrap_or_default());
    let mut chunks = out.chunks_mut(hash_len).peekable();
    while let Some(chunk) = chunks.next() {
        if let Some(to) = input.get_mut(..hash_len) {
            to.copy_from_slice(a.as_bytes());
        }
        let block = secret.extract(input);
        if let Some(from) = block.as_bytes().get(..chunk.len()) {
            chunk.copy_from_slice(from);
        }
        if chunks.peek().is_some() {
            a = secret.extract(a.as_bytes());
        }
    }
}

/// The randoms of both hellos.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HelloRandoms {
    pub(crate) client: [u8; 32],
    pub(crate) server: [u8; 32],
}

/// The master secret, with its HMAC key prepared.
pub(crate) struct MasterSecret {
    secret: Secret,
    mac: Box<Mac>,
}

impl MasterSecret {
    fn new(hash: HashAlgorithm, secret: &[u8]) -> Self {
        Self {
            secret: Secret::new(secret),
            mac: Box::new(Mac::new(hash, secret)),
        }
    }

    /// That of a session, if it can be one.
    pub(crate) fn of_session(hash: HashAlgorithm, secret: &[u8]) -> Option<Self> {
        (secret.len() == MASTER_SECRET_LEN).then(|| Self::new(hash, secret))
    }

    /// PRF(pre_master_secret, "master secret", ClientHello.random + ServerHello.random) (RFC 5246 section 8.1).
    pub(crate) fn derive(hash: HashAlgorithm, premaster: &[u8], randoms: &HelloRandoms) -> Self {
        let mut secret = Zeroizing::new([0; MASTER_SECRET_LEN]);
        let seed: [&[u8]; 4] = [&randoms.client, &randoms.server, &[], &[]];
        prf(
            &Mac::new(hash, premaster),
            b"master secret",
            seed,
            secret.as_mut_slice(),
        );
        Self::new(hash, secret.as_slice())
    }

    /// PRF(pre_master_secret, "extended master secret", session_hash) (RFC 7627 section 4). `session_hash` is over all
    /// messages up to and including ClientKeyExchange.
    pub(crate) fn derive_extended(hash: HashAlgorithm, premaster: &[u8], session_hash: &Digest) -> Self {
        let mut secret = Zeroizing::new([0; MASTER_SECRET_LEN]);
        let seed: [&[u8]; 4] = [session_hash.as_bytes(), &[], &[], &[]];
        let label = b"extended master secret";
        prf(&Mac::new(hash, premaster), label, seed, secret.as_mut_slice());
        Self::new(hash, secret.as_slice())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The client's write key and the server's (RFC 5246 section 6.3). AEAD suites have no MAC keys.
    pub(crate) fn record_keys(&self, suite: &Suite12, randoms: &HelloRandoms) -> Result<(RecordKey, RecordKey), Error> {
        // Two keys of up to 32 bytes, two IVs of up to 12.
        let mut block = Zeroizing::new([0; 88]);
        let (key_len, iv_len) = (suite.aead.key_len(), suite.fixed_iv_len);
        let block = block.get_mut(..2 * (key_len + iv_len)).ok_or(ErrorKind::Internal)?;
        // Here the server's random comes first.
        prf(
            &self.mac,
            b"key expansion",
            [&randoms.server, &randoms.client, &[], &[]],
            block,
        );
        let mut r = crate::codec::Reader::new(block);
        let (client_key, server_key) = (r.take(key_len)?, r.take(key_len)?);
        let (client_iv, server_iv) = (r.take(iv_len)?, r.take(iv_len)?);
        Ok((
            RecordKey::tls12(suite, client_key, client_iv)?,
            RecordKey::tls12(suite, server_key, server_iv)?,
        ))
    }

    /// verify_data of this side's Finished: PRF(master_secret, finished_label, Hash(handshake_messages)).
    pub(crate) fn finished(&self, side: Side, transcript: &Digest) -> Digest {
        let label: &[u8] = match side {
            Side::Client => b"client finished",
            Side::Server => b"server finished",
        };
        let mut verify_data = [0; VERIFY_DATA_LEN];
        prf(
            &self.mac,
            label,
            [transcript.as_bytes(), &[], &[], &[]],
            &mut verify_data,
        );
        Digest::new(&verify_data)
    }

    /// Keying material for the application (RFC 5705 section 4). Unlike in TLS 1.3, an empty context is not none.
    pub(crate) fn export(
        &self,
        out: &mut [u8],
        label: &[u8],
        context: Option<&[u8]>,
        randoms: &HelloRandoms,
    ) -> Result<(), Error> {
        // The PRF takes label and seed as one string, so a reserved label must not be a beginning either.
        if RESERVED_LABELS.iter().any(|reserved| label.starts_with(reserved)) {
            return Err(ErrorKind::Misuse.into());
        }
        let (len, context): (&[u8], &[u8]) = match context {
            None => (&[], &[]),
            Some(context) => {
                let len = u16::try_from(context.len()).map_err(|_| ErrorKind::Misuse)?;
                (&len.to_be_bytes(), context)
            }
        };
        prf(&self.mac, label, [&randoms.client, &randoms.server, len, context], out);
        Ok(())
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(digits: &str) -> Vec<u8> {
        let value = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(value).collect()
    }

    fn check(hash: HashAlgorithm, secret: &str, seed: &str, label: &[u8], expected: &str) {
        let expected = hex(expected);
        let seed = hex(seed);
        for split in [0, 1, seed.len()] {
            let (a, b) = seed.split_at(split);
            let mut out = vec![0; expected.len()];
            prf(&Mac::new(hash, &hex(secret)), label, [a, b, &[], &[]], &mut out);
            assert_eq!(out, expected);
        }
    }

    /// The vectors posted to the TLS working group's list ("TLS 1.2 test vectors", 2009), which all libraries use.
    #[test]
    fn the_published_vectors() {
        check(
            HashAlgorithm::Sha256,
            "9bbe436ba940f017b17652849a71db35",
            "a0ba9f936cda311827a6f796ffd5198c",
            b"test label",
            concat!(
                "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af",
                "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701",
                "87347b66"
            ),
        );
        check(
            HashAlgorithm::Sha384,
            "b80b733d6ceefcdc71566ea48e5567df",
            "cd665cf6a8447dd6ff8b27555edb7465",
            b"test label",
            concat!(
                "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0",
                "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425",
                "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703",
                "d73e56f"
            ),
        );
    }

    #[test]
    fn exports_know_no_context_from_an_empty_one() {
        let master = MasterSecret::of_session(HashAlgorithm::Sha256, &[7; 48]).unwrap();
        let randoms = HelloRandoms {
            client: [1; 32],
            server: [2; 32],
        };
        let export = |label: &[u8], context: Option<&[u8]>| {
            let mut out = [0; 40];
            master.export(&mut out, label, context, &randoms).map(|()| out)
        };
        assert_ne!(
            export(b"EXPORTER-x", None).unwrap(),
            export(b"EXPORTER-x", Some(b"")).unwrap()
        );
        for label in RESERVED_LABELS {
            assert_eq!(export(label, None).unwrap_err().kind(), ErrorKind::Misuse);
        }
        assert!(export(b"key expansion and more", None).is_err());
        assert_eq!(format!("{master:?}"), "MasterSecret");
        assert!(MasterSecret::of_session(HashAlgorithm::Sha256, &[7; 47]).is_none());
    }
}
