//! One ring, many contexts: what a ticket is really sealed under.
//!
//! Where contexts share a ring, a ticket that one of them made must not resume on another: it would carry a client past
//! the other's authentication. So each context seals under keys of its own, which come from the ring's key and a digest
//! of what the context is, and of the server name that the client asked for:
//!
//! ```text
//! secret = HMAC(MAC key ‖ cipher key, "carnet context" ‖ digest of the context)
//! HMAC(secret, 0 ‖ server name) = cipher key     HMAC(secret, 1 ‖ server name) = MAC key
//! key name = first 8 bytes of the ring key's name ‖ 4 bytes of HMAC(secret, 2 ‖ server name)
//!            ‖ 4 bytes: when the chain of resumptions began, masked with HMAC(secret, 3 ‖ IV)
//! ```
//!
//! A server name is taken as it was sent: whoever writes it with other capitals gets tickets of his own.
//!
//! A ticket for another context or server name names another key, and is refused before anything is decrypted.

use carnet_ticket::{IV_LEN, KeyName, TicketKey, chain_stamp, stamped_start};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How much of a name is the ring key's own.
const RING_ID_LEN: usize = 8;
/// How much of a name tells contexts apart.
const CONTEXT_ID_LEN: usize = 4;

/// What a context is, as far as it matters to who may resume there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextDigest([u8; 32]);

/// Builds a [`ContextDigest`]. The order of the parts counts, and so does where one ends.
#[derive(Clone, Default)]
pub struct ContextParts(Sha256);

impl ContextParts {
    /// What a context of OpenSSL is: its certificate's public key (`X509_pubkey_digest(3)` with SHA-256, zeros for none) and
    /// its verify mode. The names of its client CAs follow as parts, in their order (`X509_NAME_digest(3)`), and, where
    /// clients are verified, [`ContextParts::trusting`].
    pub fn of_context(public_key: &[u8; 32], verify_mode: i32) -> Self {
        Self::default().part(public_key).part(&verify_mode.to_be_bytes())
    }

    /// Whom a context that verifies its clients trusts: the flags of its verification (its own and those of its
    /// store, `X509_VERIFY_PARAM_get_flags(3)`), the depth (`SSL_CTX_get_verify_depth(3)`), and the certificates in its store
    /// (SHA-256 of each, `X509_digest(3)`), in any order. Follows the client CAs' names.
    pub fn trusting(self, flags: u64, depth: i32, mut certificates: Vec<[u8; 32]>) -> Self {
        certificates.sort_unstable();
        certificates.dedup();
        let parts = self.part(&flags.to_be_bytes()).part(&depth.to_be_bytes());
        certificates.iter().fold(parts, |parts, one| parts.part(one))
    }

    /// A callback that has a say in whether a client's certificate will do: where it is, as an offset from the start of the
    /// module with this file name, which is the same in all processes of a program. Either it judges `alone`
    /// (`SSL_CTX_set_cert_verify_callback(3)`), or it is asked along the way (`SSL_CTX_set_verify(3)`). Follows
    /// [`ContextParts::trusting`]; the one that is asked along the way comes first.
    pub fn judged_by(self, alone: bool, module: &[u8], offset: u64) -> Self {
        let kind: &[u8] = if alone { b"judge" } else { b"asked" };
        self.part(kind).part(module).part(&offset.to_be_bytes())
    }

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
#[derive(Clone)]
pub struct SealingKeys {
    /// AES-256.
    pub cipher_key: Zeroizing<[u8; 32]>,
    /// HMAC-SHA-256.
    pub mac_key: Zeroizing<[u8; 32]>,
}

/// A [`Separated`] key's part for one server name.
#[derive(Clone)]
pub struct ForName {
    /// What its tickets are sealed under.
    pub keys: SealingKeys,
    tag: [u8; CONTEXT_ID_LEN],
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

    /// What does not change from ticket to ticket for `server_name` (empty: none was asked for): worth keeping.
    pub fn for_name(&self, server_name: &[u8]) -> ForName {
        ForName {
            keys: self.keys_for(server_name),
            tag: self.derive(2, server_name).first_chunk().copied().unwrap_or_default(),
        }
    }

    /// The name of the key for a server name, for the head of a ticket with this IV, whose chain of resumptions began at
    /// `start`.
    pub fn name_for(&self, named: &ForName, iv: &[u8; IV_LEN], start: u64) -> KeyName {
        let stamp = chain_stamp(start, self.mask(iv));
        let mut name = self.name;
        let rest = name.0.iter_mut().skip(RING_ID_LEN);
        rest.zip(named.tag.iter().chain(&stamp))
            .for_each(|(to, from)| *to = *from);
        name
    }

    /// When the chain of a ticket with this name and IV began. `None`: it is not for this context and server name.
    pub fn chain_start(&self, name: &KeyName, named: &ForName, iv: &[u8; IV_LEN], now: u64) -> Option<u64> {
        let (_, rest) = name.0.split_at_checked(RING_ID_LEN)?;
        let (context, stamp) = rest.split_first_chunk::<CONTEXT_ID_LEN>()?;
        if named.tag != *context {
            return None;
        }
        Some(stamped_start(*stamp.first_chunk()?, self.mask(iv), now))
    }

    fn mask(&self, iv: &[u8; IV_LEN]) -> [u8; 4] {
        self.derive(3, iv).first_chunk().copied().unwrap_or_default()
    }

    fn keys_for(&self, server_name: &[u8]) -> SealingKeys {
        SealingKeys {
            cipher_key: self.derive(0, server_name),
            mac_key: self.derive(1, server_name),
        }
    }

    fn derive(&self, which: u8, about: &[u8]) -> Zeroizing<[u8; 32]> {
        let mac = self.secret.clone().chain_update([which]).chain_update(about);
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
        let named = separated.for_name(server_name);
        let keys = &named.keys;
        [
            &separated.name_for(&named, &[0; IV_LEN], 0).0[8..12],
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
    fn where_a_part_ends_counts() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a"]), digest(&[b"a", b""]));
        assert_eq!(digest(&[b"a", b"b"]), digest(&[b"a", b"b"]));
    }

    #[test]
    fn whom_a_context_trusts_counts_in_any_order() {
        let trusting = |depth, certificates: &[[u8; 32]]| {
            let parts = ContextParts::of_context(&[1; 32], 1);
            parts.trusting(0, depth, certificates.to_vec()).digest()
        };
        let (one, two) = ([1; 32], [2; 32]);
        assert_eq!(trusting(1, &[one, two]), trusting(1, &[two, one, two]));
        assert_ne!(trusting(1, &[one, two]), trusting(1, &[one]));
        assert_ne!(trusting(1, &[one]), trusting(2, &[one]));
    }

    #[test]
    fn who_judges_counts() {
        let by = |alone, module: &[u8], offset| ContextParts::default().judged_by(alone, module, offset).digest();
        let digests = [
            ContextParts::default().digest(),
            by(false, b"nginx", 16),
            by(true, b"nginx", 16),
            by(false, b"httpd", 16),
            by(false, b"nginx", 32),
        ];
        for (place, digest) in digests.iter().enumerate() {
            assert!(!digests[..place].contains(digest), "{place}");
        }
    }

    #[test]
    fn a_name_tells_the_rings_key_and_the_chains_start() {
        let separated = Separated::new(&key(1), &digest(&[]));
        let (start, iv) = (1_700_000_000, [7; IV_LEN]);
        let (a, b) = (separated.for_name(b"a.example"), separated.for_name(b"b.example"));
        let name = separated.name_for(&a, &iv, start);
        assert!(has_ring_id(&name, &KeyName([1; 16])));
        assert!(!has_ring_id(&name, &KeyName([2; 16])));
        assert_eq!(separated.chain_start(&name, &a, &iv, start + 100_000), Some(start));
        assert_eq!(separated.chain_start(&name, &b, &iv, start), None);
        assert_ne!(separated.chain_start(&name, &a, &[8; IV_LEN], start), Some(start));
        assert_ne!(name.0[12..], (start as u32).to_be_bytes(), "not for everybody to read");
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", Separated::new(&key(0xab), &digest(&[])));
        assert_eq!(text, format!("Separated({})", "ab".repeat(16)));
    }
}
