//! One ring, many contexts: what a ticket is really sealed under.
//!
//! Where contexts share a ring, a ticket that one of them made must not resume on another: it would carry a client past
//! the other's authentication. So each context seals under keys of its own, which come from the ring's key and a digest
//! of what the context is, and of the server name that the client asked for:
//!
//! ```text
//! secret = HMAC(MAC key ‖ cipher key, "carnet context" ‖ digest of the context)
//! HMAC(secret, 0 ‖ server name) = cipher key     HMAC(secret, 1 ‖ server name) = MAC key
//! key name = first 8 bytes of the ring key's name ‖ 4 bytes of HMAC(secret, 2 ‖ server name) ‖ the rest
//! ```
//!
//! A ticket for another context or server name names another key, and is refused before anything is decrypted.

use carnet_ticket::{KeyName, TicketKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How much of a name is the ring key's own.
pub const RING_ID_LEN: usize = 8;
/// How much of a name tells contexts apart.
pub const CONTEXT_ID_LEN: usize = 4;

/// What a context is, as far as it matters to who may resume there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextDigest([u8; 32]);

/// Builds a [`ContextDigest`]. The order of the parts counts, and so does where one ends.
#[derive(Clone, Default)]
pub struct ContextParts(Sha256);

impl ContextParts {
    /// One more part: a public key, a session-id context, a verify mode, a client CA's name …
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// The digest of all parts.
    pub fn digest(self) -> ContextDigest {
        ContextDigest(self.0.finalize().into())
    }
}

/// A ring's key as one context has it. Made once for each key of the ring.
#[derive(Clone)]
pub struct Separated {
    name: KeyName,
    secret: Hmac<Sha256>,
}

/// What a ticket for one server name is sealed under: AES-256-CBC and HMAC-SHA-256.
pub struct SealingKeys {
    /// AES-256.
    pub cipher_key: Zeroizing<[u8; 32]>,
    /// HMAC-SHA-256.
    pub mac_key: Zeroizing<[u8; 32]>,
}

impl Separated {
    /// `key` for the context that `digest` stands for.
    pub fn new(key: &TicketKey, digest: &ContextDigest) -> Self {
        // A block, of which RFC 2104 makes the key: there is room for both keys, 32 bytes each.
        let mut block = Zeroizing::new([0; 64]);
        let material = key.mac_key().iter().chain(key.cipher_key());
        block.iter_mut().zip(material).for_each(|(to, from)| *to = *from);
        let mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        let mac = mac.chain_update(b"carnet context").chain_update(digest.0);
        let mut secret = Zeroizing::new([0; 64]);
        let derived = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        secret.iter_mut().zip(derived.iter()).for_each(|(to, from)| *to = *from);
        Self {
            name: *key.name(),
            secret: <Hmac<Sha256> as KeyInit>::new((&*secret).into()),
        }
    }

    /// The ring's key that this came from.
    pub fn ring_key(&self) -> &KeyName {
        &self.name
    }

    /// The name of the key for `server_name` (empty: none was asked for), for the head of a ticket.
    pub fn name_for(&self, server_name: &[u8]) -> KeyName {
        let tag = self.derive(2, server_name);
        let mut name = self.name;
        let id = name.0.iter_mut().skip(RING_ID_LEN).take(CONTEXT_ID_LEN);
        id.zip(tag.iter()).for_each(|(to, from)| *to = *from);
        name
    }

    /// The keys for `server_name`.
    pub fn keys_for(&self, server_name: &[u8]) -> SealingKeys {
        SealingKeys {
            cipher_key: self.derive(0, server_name),
            mac_key: self.derive(1, server_name),
        }
    }

    fn derive(&self, which: u8, server_name: &[u8]) -> Zeroizing<[u8; 32]> {
        // DNS names are the same in upper and lower case (RFC 4343).
        let mac = self.secret.clone().chain_update([which]);
        let mac = server_name
            .chunks(64)
            .fold(mac, |mac, chunk| mac.chain_update(lower(chunk, &mut [0; 64])));
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for Separated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Separated({:?})", self.name)
    }
}

/// Is the ticket's key name one that came from the ring's key `name`?
pub fn has_ring_id(ticket: &KeyName, name: &KeyName) -> bool {
    ticket.0.first_chunk::<RING_ID_LEN>() == name.0.first_chunk::<RING_ID_LEN>()
}

/// `chunk` in lower case, without an allocation.
fn lower<'b>(chunk: &[u8], buffer: &'b mut [u8; 64]) -> &'b [u8] {
    let len = chunk.len().min(buffer.len());
    buffer
        .iter_mut()
        .zip(chunk)
        .for_each(|(to, from)| *to = from.to_ascii_lowercase());
    buffer.get(..len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> TicketKey {
        TicketKey::from_openssl_blob(&[byte; 80]).unwrap()
    }

    fn digest(parts: &[&[u8]]) -> ContextDigest {
        let parts = parts.iter().fold(ContextParts::default(), |all, part| all.part(part));
        parts.digest()
    }

    fn all(separated: &Separated, server_name: &[u8]) -> Vec<u8> {
        let keys = separated.keys_for(server_name);
        [
            &separated.name_for(server_name).0[8..12],
            &*keys.cipher_key,
            &*keys.mac_key,
        ]
        .concat()
    }

    #[test]
    fn each_key_context_and_server_name_has_keys_of_its_own() {
        let (key_a, key_b) = (key(1), key(2));
        let (one, other) = (digest(&[b"one"]), digest(&[b"other"]));
        let base = all(&Separated::new(&key_a, &one), b"a.example");
        let others = [
            all(&Separated::new(&key_b, &one), b"a.example"),
            all(&Separated::new(&key_a, &other), b"a.example"),
            all(&Separated::new(&key_a, &one), b"b.example"),
            all(&Separated::new(&key_a, &one), b""),
        ];
        for other in &others {
            assert_ne!(base[..4], other[..4], "the name");
            assert_ne!(base[4..36], other[4..36], "the cipher key");
            assert_ne!(base[36..], other[36..], "the MAC key");
        }
        assert_ne!(base[4..36], base[36..]);
        assert_eq!(base, all(&Separated::new(&key_a, &one), b"a.example"));
    }

    #[test]
    fn case_of_a_server_name_does_not_count() {
        let separated = Separated::new(&key(1), &digest(&[]));
        let long = [b"A".repeat(200), b"Z".to_vec()].concat();
        assert_eq!(all(&separated, b"WWW.Example"), all(&separated, b"www.example"));
        assert_eq!(all(&separated, &long), all(&separated, &long.to_ascii_lowercase()));
        assert_ne!(all(&separated, &long), all(&separated, &long[..200]));
    }

    #[test]
    fn where_a_part_ends_counts() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a"]), digest(&[b"a", b""]));
        assert_eq!(digest(&[b"a", b"b"]), digest(&[b"a", b"b"]));
    }

    #[test]
    fn a_name_tells_the_rings_key() {
        let separated = Separated::new(&key(1), &digest(&[]));
        let name = separated.name_for(b"a.example");
        assert!(has_ring_id(&name, &KeyName([1; 16])));
        assert!(!has_ring_id(&name, &KeyName([2; 16])));
        assert_eq!(name.0[12..], [1; 4], "the place for a chain's start is left alone");
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", Separated::new(&key(0xab), &digest(&[])));
        assert_eq!(text, format!("Separated({})", "ab".repeat(16)));
    }
}
