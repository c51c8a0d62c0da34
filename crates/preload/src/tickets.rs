//! What a key callback has to decide: under which name and keys to seal, and whether to open. No pointers here.

#![forbid(unsafe_code)]

use std::sync::Arc;

use arc_swap::ArcSwap;
use carnet_keys::separation::{ContextDigest, ForName, SealingKeys, Separated, has_ring_id};
use carnet_keys::{Counter, Ring};
use carnet_ticket::{ChainCap, IV_LEN, KeyName, TicketKey};

/// A ring as one context has it: with the ring's keys, separated for this context once and kept until they change.
pub struct Separation {
    digest: ContextDigest,
    made: ArcSwap<Vec<Arc<Kept>>>,
}

/// A ring's key in separated form, with what was derived from it for some server names. All of it goes with the key.
struct Kept {
    separated: Separated,
    names: ArcSwap<Vec<(Box<[u8]>, ForName)>>,
}

/// For how many server names keys are kept. Clients choose names, and must not fill the memory with them.
const MAX_NAMES: usize = 32;

impl Kept {
    fn for_name(&self, server_name: &[u8]) -> ForName {
        let names = self.names.load();
        if let Some((_, named)) = names.iter().find(|(name, _)| **name == *server_name) {
            return named.clone();
        }
        let new = self.separated.for_name(server_name);
        if names.len() < MAX_NAMES {
            let more = names.iter().cloned().chain([(server_name.into(), new.clone())]);
            self.names.store(Arc::new(more.collect()));
        }
        new
    }
}

/// Under what a ticket is sealed.
pub struct Sealing {
    pub name: KeyName,
    pub keys: SealingKeys,
}

/// What a ticket can be opened with.
pub struct Opening {
    pub keys: SealingKeys,
    /// The client should get a new ticket, since this key no longer seals.
    pub renew: bool,
    /// When the chain of resumptions began, seconds since 1970.
    pub chain_start: u64,
}

/// Which ticket is meant.
pub struct Asked<'a> {
    pub server_name: &'a [u8],
    pub iv: &'a [u8; IV_LEN],
    pub now: u64,
}

impl Separation {
    /// Nothing is made before it is needed.
    pub fn new(digest: ContextDigest) -> Self {
        Self {
            digest,
            made: ArcSwap::default(),
        }
    }

    /// Is this the context that it was made for?
    pub fn is_for(&self, digest: &ContextDigest) -> bool {
        self.digest == *digest
    }

    /// For a new ticket. `None`: there is no key, so there is no ticket.
    pub fn seal(&self, ring: &Ring, asked: &Asked<'_>, chain_start: u64) -> Option<Sealing> {
        let Some(key) = ring.sealing(asked.now) else {
            ring.count(Counter::NoKey);
            return None;
        };
        let kept = self.kept(ring, &key, asked.now);
        ring.count(Counter::Issued);
        let named = kept.for_name(asked.server_name);
        Some(Sealing {
            name: kept.separated.name_for(&named, asked.iv, chain_start),
            keys: named.keys,
        })
    }

    /// For a ticket with this key name. `None`: it can't be opened here, and the handshake is a full one.
    pub fn open(&self, ring: &Ring, name: &KeyName, asked: &Asked<'_>, cap: Option<ChainCap>) -> Option<Opening> {
        let Some(found) = ring.opening_where(asked.now, |key| has_ring_id(name, key)) else {
            ring.count(Counter::UnknownKey);
            return None;
        };
        let kept = self.kept(ring, &found.key, asked.now);
        let named = kept.for_name(asked.server_name);
        let Some(chain_start) = kept.separated.chain_start(name, &named, asked.iv, asked.now) else {
            ring.count(Counter::WrongContext);
            return None;
        };
        if cap.is_some_and(|cap| cap.is_over(chain_start, asked.now)) {
            ring.count(Counter::ChainTooOld);
            return None;
        }
        ring.count(if found.still_seals {
            Counter::Opened
        } else {
            Counter::Renewed
        });
        Some(Opening {
            keys: named.keys,
            renew: !found.still_seals,
            chain_start,
        })
    }

    fn kept(&self, ring: &Ring, key: &TicketKey, now: u64) -> Arc<Kept> {
        let made = self.made.load();
        if let Some(kept) = made.iter().find(|kept| kept.separated.ring_key() == key.name()) {
            return Arc::clone(kept);
        }
        let new = Arc::new(Kept {
            separated: Separated::new(key, &self.digest),
            names: ArcSwap::default(),
        });
        // What came from a key that the ring has erased is erased here, too. Should two threads come here at the same
        // time, one of them comes here again.
        let live = |kept: &&Arc<Kept>| ring.opening(kept.separated.ring_key(), now).is_some();
        let all = made.iter().filter(live).cloned().chain([Arc::clone(&new)]);
        self.made.store(Arc::new(all.collect()));
        new
    }
}

#[cfg(test)]
mod tests {
    use carnet_keys::Policy;
    use carnet_keys::separation::ContextParts;

    use super::*;

    const T: u64 = 1_700_000_000;
    const HOUR: u64 = 3600;

    fn separation(part: &[u8]) -> Separation {
        Separation::new(ContextParts::default().part(part).digest())
    }

    fn asked(server_name: &[u8], now: u64) -> Asked<'_> {
        Asked {
            server_name,
            iv: &[3; IV_LEN],
            now,
        }
    }

    fn ring() -> Ring {
        Ring::shared(Policy::every(HOUR, 7200), T).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_here_and_nowhere_else() {
        let ring = ring();
        let (here, there) = (separation(b"here"), separation(b"there"));
        let sealed = here.seal(&ring, &asked(b"a", T), T).unwrap();
        let opened = here.open(&ring, &sealed.name, &asked(b"a", T), None).unwrap();
        assert_eq!(*opened.keys.mac_key, *sealed.keys.mac_key);
        assert_eq!(*opened.keys.cipher_key, *sealed.keys.cipher_key);
        assert!(!opened.renew);
        assert!(there.open(&ring, &sealed.name, &asked(b"a", T), None).is_none());
        assert!(here.open(&ring, &sealed.name, &asked(b"b", T), None).is_none());
        assert!(here.open(&ring, &KeyName([9; 16]), &asked(b"a", T), None).is_none());
        let counted = [
            Counter::Issued,
            Counter::Opened,
            Counter::WrongContext,
            Counter::UnknownKey,
        ]
        .map(|counter| ring.counted(counter));
        assert_eq!(counted, [1, 1, 2, 1]);
    }

    #[test]
    fn a_ticket_under_an_older_key_is_renewed() {
        let ring = ring();
        let here = separation(b"here");
        let sealed = here.seal(&ring, &asked(b"", T), T).unwrap();
        let later = asked(b"", T + HOUR);
        assert!(here.open(&ring, &sealed.name, &later, None).unwrap().renew);
        assert_ne!(here.seal(&ring, &later, T).unwrap().name.0[..8], sealed.name.0[..8]);
        assert!(
            here.open(&ring, &sealed.name, &asked(b"", T + 3 * HOUR), None)
                .is_none()
        );
        assert_eq!(ring.counted(Counter::Renewed), 1);
    }

    #[test]
    fn a_chain_ends_at_its_cap() {
        let ring = ring();
        let here = separation(b"here");
        let cap = ChainCap::new(1000);
        let sealed = here.seal(&ring, &asked(b"", T + 900), T).unwrap();
        let open = |now| here.open(&ring, &sealed.name, &asked(b"", now), cap);
        assert_eq!(open(T + 999).unwrap().chain_start, T);
        assert!(open(T + 1000).is_none());
        assert_eq!(ring.counted(Counter::ChainTooOld), 1);
    }

    #[test]
    fn names_do_not_fill_the_memory() {
        let ring = ring();
        let here = separation(b"here");
        for number in 0..100_u8 {
            let sealed = here.seal(&ring, &asked(&[number], T), T).unwrap();
            let opened = here.open(&ring, &sealed.name, &asked(&[number], T), None).unwrap();
            assert_eq!(*opened.keys.mac_key, *sealed.keys.mac_key);
        }
        assert_eq!(here.made.load()[0].names.load().len(), MAX_NAMES);
    }

    #[test]
    fn separated_keys_go_with_the_rings() {
        let ring = ring();
        let here = separation(b"here");
        for step in 0..100 {
            let now = T + step * HOUR;
            here.seal(&ring, &asked(b"", now), T).unwrap();
            let made = here.made.load();
            let live = |kept: &Arc<Kept>| ring.opening(kept.separated.ring_key(), now).is_some();
            assert!(made.len() <= 3 && made.iter().all(live), "step {step}");
        }
    }
}
