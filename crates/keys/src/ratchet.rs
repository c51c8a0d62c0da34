//! A chain of secrets from one root: every host that knows the root has the same keys at the same time, and what is
//! stolen from one today opens nothing from yesterday.
//!
//! ```text
//! root ──► chain n ──► chain n+1 ──► chain n+2 ──► …      each step: HMAC-SHA-256, one way
//!             │            │             │
//!             ▼            ▼             ▼
//!           key n       key n+1       key n+2               key n seals in interval n of the clock
//! ```
//!
//! Interval n is `n * interval .. (n + 1) * interval`, seconds since 1970. A chain that has gone on can't go back; whoever
//! has stepped past n and erased key n can't open what it sealed.

use carnet_ticket::{OPENSSL_BLOB_LEN, TicketKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Length of a root secret and of each secret of the chain.
pub const SECRET_LEN: usize = 32;

/// How far a chain goes at a time: some seconds of work, or sixty years of intervals of a minute.
const MAX_STEPS: u64 = 1 << 25;

type Secret = Zeroizing<[u8; SECRET_LEN]>;

/// The secret of one interval, from which its key and the next secret come.
#[derive(Clone)]
pub(crate) struct Chain {
    number: u64,
    secret: Secret,
}

impl Chain {
    /// The secret of interval `number`.
    pub(crate) fn new(number: u64, secret: &[u8; SECRET_LEN]) -> Self {
        Self {
            number,
            secret: Zeroizing::new(*secret),
        }
    }

    /// The chain that `root` starts at interval `number`. Intervals of another length make another chain.
    pub(crate) fn from_root(root: &[u8; SECRET_LEN], interval: u64, number: u64) -> Self {
        Self {
            number,
            secret: derive(root, b"carnet chain", interval),
        }
    }

    /// Which interval this is the secret of.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The secret itself, to be kept as the keys are.
    pub(crate) fn secret(&self) -> &[u8; SECRET_LEN] {
        &self.secret
    }

    /// Is interval `number` near enough? A clock that jumps by centuries must not hold up the server while the chain
    /// runs after it.
    pub(crate) fn can_reach(&self, number: u64) -> bool {
        number.saturating_sub(self.number) <= MAX_STEPS
    }

    /// Goes on to interval `number`; there is no way back. One HMAC a step.
    pub(crate) fn advance_to(&mut self, number: u64) {
        while self.number < number {
            self.secret = derive(&self.secret, b"carnet next", 0);
            self.number += 1;
        }
    }

    /// The ticket key of this interval: name, MAC key and cipher key. `None`: they came out as zeros.
    pub(crate) fn key(&self) -> Option<TicketKey> {
        let mut blob = Zeroizing::new([0; OPENSSL_BLOB_LEN]);
        for (part, chunk) in (0..).zip(blob.chunks_mut(SECRET_LEN)) {
            let bytes = derive(&self.secret, b"carnet key", part);
            chunk.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
        }
        TicketKey::from_openssl_blob(&blob).ok()
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// HMAC-SHA-256(secret, label ‖ number).
fn derive(secret: &[u8; SECRET_LEN], label: &[u8], number: u64) -> Secret {
    // A block, of which RFC 2104 makes the key by filling up with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
    let mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    let mac = mac.chain_update(label).chain_update(number.to_be_bytes());
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: [u8; SECRET_LEN] = [7; SECRET_LEN];
    const KNOWN_NAME: [u8; 16] = [
        0xa5, 0x2b, 0xb7, 0x1b, 0x33, 0xd4, 0xdd, 0x7c, 0x97, 0xe2, 0x53, 0xc2, 0xf0, 0xc0, 0xa7, 0x0d,
    ];

    fn chain(number: u64) -> Chain {
        let mut chain = Chain::from_root(&ROOT, 3600, 0);
        chain.advance_to(number);
        chain
    }

    #[test]
    fn hosts_agree_whenever_they_start() {
        let mut late = chain(3);
        late.advance_to(100);
        assert_eq!(late.secret(), chain(100).secret());
        let (ours, theirs) = (late.key().unwrap(), chain(100).key().unwrap());
        assert_eq!(ours.to_openssl_blob().unwrap(), theirs.to_openssl_blob().unwrap());
    }

    #[test]
    fn each_interval_has_a_key_of_its_own_with_three_different_parts() {
        let mut names: Vec<_> = (0..50).map(|number| *chain(number).key().unwrap().name()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 50);
        let key = chain(1).key().unwrap();
        assert_ne!(key.cipher_key(), key.mac_key());
        assert_ne!(key.name().0, key.mac_key()[..16]);
    }

    #[test]
    fn other_roots_and_other_intervals_are_other_chains() {
        let first = Chain::from_root(&ROOT, 3600, 0);
        assert_ne!(first.secret(), Chain::from_root(&[8; SECRET_LEN], 3600, 0).secret());
        assert_ne!(first.secret(), Chain::from_root(&ROOT, 1800, 0).secret());
        assert_ne!(first.secret(), &ROOT);
    }

    #[test]
    fn there_is_no_way_back() {
        let mut chain = chain(9);
        let secret = *chain.secret();
        chain.advance_to(3);
        assert_eq!((chain.number(), *chain.secret()), (9, secret));
    }

    /// From the definition at the top, by another implementation (Python's hmac).
    #[test]
    fn known_answer() {
        assert_eq!(chain(2).key().unwrap().name().0, KNOWN_NAME);
    }
}
