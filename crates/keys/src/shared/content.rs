//! A ring's keys as words: what a version in shared memory holds.
//!
//! ```text
//! word 0        how many keys; 1       when this was written, seconds since 1970
//! words 2..7    the chain of a ring with a root secret: interval number, secret (zeros: there is none)
//! words 7..231  16 keys of 14 words: name 2 | MAC key 4 | cipher key 4 | seals from, seals until, opens until | kind
//! ```
//!
//! A kind is the lengths of cipher key and MAC key, a byte each, lowest first. The MAC is HMAC-SHA-256, which is what every
//! server's ticket keys use. Places without a key are zero.

use std::sync::Arc;

use carnet_ticket::{KeyName, MacAlgorithm, TicketKey};
use zeroize::Zeroizing;

use crate::ratchet::Chain;
use crate::schedule::Slot;
use crate::trace::without_trace;

/// How many keys there is room for.
pub(crate) const MAX_KEYS: usize = 16;

const HEAD_WORDS: usize = 7;
const KEY_WORDS: usize = 14;
const MAX_KEY_LEN: usize = 32;

/// How many words a version has.
pub(crate) const CONTENT_WORDS: usize = HEAD_WORDS + MAX_KEYS * KEY_WORDS;

/// The words of a version, wiped after use.
pub(crate) type Content = Zeroizing<[u64; CONTENT_WORDS]>;

/// Room for a version.
pub(crate) fn blank() -> Content {
    Zeroizing::new([0; CONTENT_WORDS])
}

/// What the words say.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) slots: Vec<Slot>,
    pub(crate) made_at: u64,
    pub(crate) chain: Option<Chain>,
}

impl Decoded {
    /// Nothing.
    pub(crate) const EMPTY: Self = Self {
        slots: Vec::new(),
        made_at: 0,
        chain: None,
    };
}

/// Writes down the newest [`MAX_KEYS`] keys. A key of a kind that has no room here is left out: it can't be shared.
pub(crate) fn encode(slots: &[Slot], made_at: u64, chain: Option<&Chain>) -> Content {
    let mut content = blank();
    let (head, places) = content.split_at_mut(HEAD_WORDS);
    let shared = slots.iter().filter(|slot| fits(&slot.key));
    let excess = shared.clone().count().saturating_sub(MAX_KEYS);
    let mut count = 0;
    // The oldest go first when there are too many.
    for (slot, place) in shared.skip(excess).zip(places.chunks_exact_mut(KEY_WORDS)) {
        write_key(slot, place);
        count += 1;
    }
    let chain_words = chain.map(|chain| (chain.number(), to_words::<4>(chain.secret())));
    let (number, secret) = chain_words.unwrap_or_default();
    let values = [count, made_at, number].into_iter().chain(secret.iter().copied());
    head.iter_mut().zip(values).for_each(|(word, value)| *word = value);
    content
}

/// `None`: these are not words that [`encode`] wrote. Keys that are in `known` are not prepared again.
pub(crate) fn decode(content: &Content, known: &[Slot]) -> Option<Decoded> {
    let (head, places) = content.split_at_checked(HEAD_WORDS)?;
    let &[count, made_at, number, ref secret @ ..] = head else {
        return None;
    };
    let count = usize::try_from(count).ok().filter(|count| *count <= MAX_KEYS)?;
    let places = places.chunks_exact(KEY_WORDS).take(count);
    let secret: Zeroizing<[u8; 32]> = to_bytes(secret);
    let chain = (number != 0 || *secret != [0; 32]).then(|| Chain::new(number, &secret));
    Some(Decoded {
        slots: places.map(|place| read_key(place, known)).collect::<Option<_>>()?,
        made_at,
        chain,
    })
}

/// Is there room for a key of this kind?
pub(crate) fn fits(key: &TicketKey) -> bool {
    key.mac_algorithm() == MacAlgorithm::Sha256 && key.mac_key().len() <= MAX_KEY_LEN
}

fn write_key(slot: &Slot, place: &mut [u64]) {
    let (cipher, mac) = (slot.key.cipher_key(), slot.key.mac_key());
    let (name, mac_words, cipher_words) = (to_words::<2>(&slot.name.0), to_words::<4>(mac), to_words::<4>(cipher));
    let words = name
        .iter()
        .chain(mac_words.iter())
        .chain(cipher_words.iter())
        .copied()
        .chain([slot.seals_from, slot.seals_until, slot.opens_until])
        .chain([cipher.len() as u64 | (mac.len() as u64) << 8]);
    place.iter_mut().zip(words).for_each(|(to, word)| *to = word);
}

fn read_key(place: &[u64], known: &[Slot]) -> Option<Slot> {
    let (name, rest) = place.split_at_checked(2)?;
    let (mac, rest) = rest.split_at_checked(4)?;
    let (cipher, rest) = rest.split_at_checked(4)?;
    let &[seals_from, seals_until, opens_until, kind] = rest else {
        return None;
    };
    let name: Zeroizing<[u8; 16]> = to_bytes(name);
    let name = KeyName(*name);
    let (mac, cipher): (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) = (to_bytes(mac), to_bytes(cipher));
    let cipher = cipher.get(..usize::try_from(kind & 0xff).ok()?)?;
    let mac = mac.get(..usize::try_from(kind >> 8).ok()?)?;
    let same = |slot: &&Slot| slot.name == name && slot.key.is_made_of(cipher, MacAlgorithm::Sha256, mac);
    let key = match known.iter().find(same) {
        Some(slot) => slot.key.clone(),
        None => without_trace(|| {
            TicketKey::new(name, cipher, MacAlgorithm::Sha256, mac)
                .ok()
                .map(Arc::new)
        })?,
    };
    Some(Slot {
        name,
        key,
        seals_from,
        seals_until,
        opens_until,
    })
}

/// Eight bytes a word, filled up with zeros.
fn to_words<const N: usize>(bytes: &[u8]) -> Zeroizing<[u64; N]> {
    let mut words = Zeroizing::new([0; N]);
    for (word, chunk) in words.iter_mut().zip(bytes.chunks(8)) {
        let mut eight = Zeroizing::new([0; 8]);
        eight.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        *word = u64::from_le_bytes(*eight);
    }
    words
}

fn to_bytes<const N: usize>(words: &[u64]) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    let source = words.iter().flat_map(|word| word.to_le_bytes());
    bytes.iter_mut().zip(source).for_each(|(to, from)| *to = from);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Policy;

    fn slot(byte: u8, cipher_len: usize, mac_len: usize) -> Slot {
        let (cipher, mac) = (vec![byte; cipher_len], vec![byte ^ 0xff; mac_len]);
        let key = TicketKey::new(KeyName([byte; 16]), &cipher, MacAlgorithm::Sha256, &mac).unwrap();
        Slot::new(Arc::new(key), 1_000 + u64::from(byte), &Policy::default())
    }

    fn names(slots: &[Slot]) -> Vec<u8> {
        slots.iter().map(|slot| slot.name.0[0]).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let slots = [slot(1, 32, 32), slot(2, 16, 16), slot(3, 32, 20)];
        let chain = Chain::new(5, &[9; 32]);
        let read = decode(&encode(&slots, 77, Some(&chain)), &[]).unwrap();
        assert_eq!(read.made_at, 77);
        assert_eq!(read.chain.as_ref().map(Chain::number), Some(5));
        assert_eq!(read.chain.unwrap().secret(), chain.secret());
        for (read, written) in read.slots.iter().zip(&slots) {
            assert_eq!(read.name, written.name);
            assert_eq!(
                (read.key.cipher_key(), read.key.mac_key()),
                (written.key.cipher_key(), written.key.mac_key())
            );
            let times = |slot: &Slot| (slot.seals_from, slot.seals_until, slot.opens_until);
            assert_eq!(times(read), times(written));
        }
        assert!(decode(&encode(&slots, 77, None), &[]).unwrap().chain.is_none());
    }

    #[test]
    fn keys_that_are_known_are_not_made_again() {
        let slots = [slot(1, 32, 32)];
        let content = encode(&slots, 0, None);
        let read = decode(&content, &slots).unwrap();
        assert!(Arc::ptr_eq(&read.slots[0].key, &slots[0].key));
        let namesake = [slot(1, 16, 16)];
        let read = decode(&content, &namesake).unwrap();
        assert_eq!(
            read.slots[0].key.cipher_key().len(),
            32,
            "the same name is not the same key"
        );
    }

    #[test]
    fn the_oldest_leave_a_full_ring_and_what_does_not_fit_stays_out() {
        let mut slots: Vec<Slot> = (1..=18).map(|byte| slot(byte, 32, 32)).collect();
        slots.insert(5, slot(99, 32, 33));
        let read = decode(&encode(&slots, 0, None), &[]).unwrap();
        assert_eq!(names(&read.slots), (3..=18).collect::<Vec<u8>>());
    }

    #[test]
    fn words_that_nobody_wrote_are_no_ring() {
        let content = encode(&[slot(1, 32, 32)], 0, None);
        for (word, value) in [
            (0, 17),
            (0, u64::MAX),
            (0, 2),
            (HEAD_WORDS + 13, 0),
            (HEAD_WORDS + 13, 0x2021),
        ] {
            let mut content = content.clone();
            content[word] = value;
            assert!(decode(&content, &[]).is_none(), "word {word} = {value:#x}");
        }
        let mut zeros = content.clone();
        zeros[HEAD_WORDS + 2..HEAD_WORDS + 6].fill(0);
        assert!(decode(&zeros, &[]).is_none(), "a key of zeros is none");
        assert!(decode(&blank(), &[]).unwrap().slots.is_empty());
    }
}
