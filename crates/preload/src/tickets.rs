//! What a key callback has to decide: under which name and keys to seal, and whether to open. No pointers here.

#![forbid(unsafe_code)]

use std::sync::Arc;

use arc_swap::ArcSwap;
use carnet_keys::separation::{ContextDigest, ForName, SealingKeys, Separated, has_ring_id};
use carnet_keys::{Counter, Ring, without_trace};
use carnet_ticket::{ChainCap, IV_LEN, KeyName, TicketKey};

/// A ring as one context has it: what was derived from the ring's keys for this context and some server names is kept
/// until those keys go.
pub struct Separation {
    digest: ContextDigest,
    made: ArcSwap<Vec<Arc<Made>>>,
}

/// A ring's key as this context has it for one server name.
struct Made {
    separated: Arc<Separated>,
    server_name: Box<[u8]>,
    named: ForName,
}

impl Made {
    fn is_for_the_same(&self, other: &Self) -> bool {
        self.separated.ring_key() == other.separated.ring_key() && self.server_name == other.server_name
    }
}

/// For how many server names keys are kept, of each key of the ring. Clients choose names, and must not fill the memory
/// with them.
const MAX_NAMES: usize = 32;

/// What a ticket can be opened with.
pub struct Opening<'a> {
    pub keys: &'a SealingKeys,
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

    /// For a new ticket: its name, and the keys to seal it under. They are lent, so that no copies are left about. `None`:
    /// there is no key, so there is no ticket.
    pub fn seal<R>(
        &self,
        ring: &Ring,
        asked: &Asked<'_>,
        chain_start: u64,
        then: impl FnOnce(KeyName, &SealingKeys) -> R,
    ) -> Option<R> {
        let sealed = ring.with_sealing(asked.now, |key| {
            self.with_made(ring, key, asked, |separated, named| {
                then(separated.name_for(named, asked.iv, chain_start), &named.keys)
            })
        });
        ring.count(match sealed {
            Some(_) => Counter::Issued,
            None => Counter::NoKey,
        });
        sealed
    }

    /// For a ticket with this key name. `None`: it can't be opened here, and the handshake is a full one.
    pub fn open<R>(
        &self,
        ring: &Ring,
        name: &KeyName,
        asked: &Asked<'_>,
        cap: Option<ChainCap>,
        then: impl FnOnce(Opening<'_>) -> R,
    ) -> Option<R> {
        let fits = |key: &KeyName| has_ring_id(name, key);
        let found = ring.with_opening(asked.now, fits, |key, still_seals| {
            self.with_made(ring, key, asked, |separated, named| {
                let Some(chain_start) = separated.chain_start(name, named, asked.iv, asked.now) else {
                    return Err(Counter::WrongContext);
                };
                if cap.is_some_and(|cap| cap.is_over(chain_start, asked.now)) {
                    return Err(Counter::ChainTooOld);
                }
                let opened = then(Opening {
                    keys: &named.keys,
                    renew: !still_seals,
                    chain_start,
                });
                Ok((opened, still_seals))
            })
        });
        let (opened, counter) = match found {
            None => (None, Counter::UnknownKey),
            Some(Err(why_not)) => (None, why_not),
            Some(Ok((opened, true))) => (Some(opened), Counter::Opened),
            Some(Ok((opened, false))) => (Some(opened), Counter::Renewed),
        };
        ring.count(counter);
        opened
    }

    fn with_made<R>(
        &self,
        ring: &Ring,
        key: &TicketKey,
        asked: &Asked<'_>,
        then: impl FnOnce(&Separated, &ForName) -> R,
    ) -> R {
        let made = self.made.load();
        let of_key = || made.iter().filter(|made| made.separated.ring_key() == key.name());
        if let Some(made) = of_key().find(|made| *made.server_name == *asked.server_name) {
            return then(&made.separated, &made.named);
        }
        without_trace(|| {
            let separated = of_key().next().map(|made| made.separated.clone());
            let separated = separated.unwrap_or_else(|| Arc::new(Separated::new(key, &self.digest)));
            let named = separated.for_name(asked.server_name);
            if of_key().count() >= MAX_NAMES {
                return then(&separated, &named);
            }
            let new = Arc::new(Made {
                separated,
                server_name: asked.server_name.into(),
                named,
            });
            self.keep(ring, &new, asked.now);
            then(&new.separated, &new.named)
        })
    }

    /// What came from a key that the ring has erased is erased here, too. What another thread puts in or takes out at the same
    /// time stays in or out.
    fn keep(&self, ring: &Ring, new: &Arc<Made>, now: u64) {
        let stays =
            |made: &&Arc<Made>| !made.is_for_the_same(new) && ring.opening(made.separated.ring_key(), now).is_some();
        self.made.rcu(|before| {
            let others = before.iter().filter(stays).cloned();
            others.chain([new.clone()]).collect::<Vec<_>>()
        });
        if ring.is_forgotten() {
            self.forget();
        }
    }

    /// The ring has changed: erases what came from keys that it has erased.
    pub fn follow(&self, ring: &Ring, now: u64) {
        let is_gone = |made: &Arc<Made>| ring.opening(made.separated.ring_key(), now).is_none();
        if self.made.load().iter().any(is_gone) {
            let live = |before: &Arc<Vec<_>>| before.iter().filter(|made| !is_gone(made)).cloned().collect::<Vec<_>>();
            self.made.rcu(live);
        }
    }

    /// For the end of the process: erases what was derived. From a ring that was told to forget its keys before, nothing new
    /// comes.
    pub fn forget(&self) {
        self.made.store(Arc::default());
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

    struct Opened {
        keys: SealingKeys,
        renew: bool,
        chain_start: u64,
    }

    fn seal(here: &Separation, ring: &Ring, asked: &Asked<'_>) -> (KeyName, SealingKeys) {
        here.seal(ring, asked, T, |name, keys| (name, keys.clone())).unwrap()
    }

    fn open(
        here: &Separation,
        ring: &Ring,
        name: &KeyName,
        asked: &Asked<'_>,
        cap: Option<ChainCap>,
    ) -> Option<Opened> {
        here.open(ring, name, asked, cap, |opening| Opened {
            keys: opening.keys.clone(),
            renew: opening.renew,
            chain_start: opening.chain_start,
        })
    }

    fn ring() -> Ring {
        Ring::shared(Policy::every(HOUR, 7200), T).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_here_and_nowhere_else() {
        let ring = ring();
        let (here, there) = (separation(b"here"), separation(b"there"));
        let (name, keys) = seal(&here, &ring, &asked(b"a", T));
        let opened = open(&here, &ring, &name, &asked(b"a", T), None).unwrap();
        assert_eq!(
            (*opened.keys.mac_key, *opened.keys.cipher_key),
            (*keys.mac_key, *keys.cipher_key)
        );
        assert!(!opened.renew);
        assert!(open(&there, &ring, &name, &asked(b"a", T), None).is_none());
        assert!(open(&here, &ring, &name, &asked(b"b", T), None).is_none());
        assert!(open(&here, &ring, &KeyName([9; 16]), &asked(b"a", T), None).is_none());
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
        let (name, _) = seal(&here, &ring, &asked(b"", T));
        let later = asked(b"", T + HOUR);
        assert!(open(&here, &ring, &name, &later, None).unwrap().renew);
        assert_ne!(seal(&here, &ring, &later).0.0[..8], name.0[..8]);
        assert!(open(&here, &ring, &name, &asked(b"", T + 3 * HOUR), None).is_none());
        assert_eq!(ring.counted(Counter::Renewed), 1);
    }

    #[test]
    fn what_was_derived_goes_with_its_key_where_nobody_connects() {
        let ring = Ring::shared(Policy::every(HOUR, 5400), T).unwrap();
        let (quiet, busy) = (separation(b"quiet"), separation(b"busy"));
        let key = ring.sealing(T).unwrap();
        let (_, before) = (seal(&quiet, &ring, &asked(b"a", T)), ring.version());
        for (now, is_there) in [(T + HOUR, true), (T + HOUR + 5399, true), (T + HOUR + 5400, false)] {
            seal(&busy, &ring, &asked(b"", now));
            quiet.follow(&ring, now);
            assert_eq!(
                quiet
                    .made
                    .load()
                    .iter()
                    .any(|made| made.separated.ring_key() == key.name()),
                is_there
            );
        }
        assert_ne!(ring.version(), before);
    }

    #[test]
    fn a_chain_ends_at_its_cap() {
        let ring = ring();
        let here = separation(b"here");
        let cap = ChainCap::new(1000);
        let (name, _) = seal(&here, &ring, &asked(b"", T + 900));
        let open_at = |now| open(&here, &ring, &name, &asked(b"", now), cap);
        assert_eq!(open_at(T + 999).unwrap().chain_start, T);
        assert!(open_at(T + 1000).is_none());
        assert_eq!(ring.counted(Counter::ChainTooOld), 1);
    }

    #[test]
    fn names_do_not_fill_the_memory() {
        let ring = ring();
        let here = separation(b"here");
        for number in 0..100_u8 {
            let (name, keys) = seal(&here, &ring, &asked(&[number], T));
            let opened = open(&here, &ring, &name, &asked(&[number], T), None).unwrap();
            assert_eq!(*opened.keys.mac_key, *keys.mac_key);
        }
        assert_eq!(here.made.load().len(), MAX_NAMES);
    }

    #[test]
    fn threads_keep_what_others_have_made() {
        let ring = ring();
        for round in 0..50 {
            let here = separation(&[round]);
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for thread in 0..4_u8 {
                    let (here, ring, start) = (&here, &ring, &start);
                    scope.spawn(move || {
                        start.wait();
                        (0..4).for_each(|name| drop(seal(here, ring, &asked(&[thread % 2, thread / 2, name], T))));
                    });
                }
            });
            assert_eq!(here.made.load().len(), 16, "round {round}");
        }
    }

    #[test]
    fn separated_keys_go_with_the_rings() {
        let ring = ring();
        let here = separation(b"here");
        for step in 0..100 {
            let now = T + step * HOUR;
            seal(&here, &ring, &asked(b"", now));
            let made = here.made.load();
            let live = |made: &Arc<Made>| ring.opening(made.separated.ring_key(), now).is_some();
            assert!(made.len() <= 3 && made.iter().all(live), "step {step}");
        }
    }

    #[test]
    fn nothing_is_kept_of_a_ring_that_has_forgotten_its_keys() {
        let ring = ring();
        let here = separation(b"here");
        seal(&here, &ring, &asked(b"", T));
        let late = Separated::new(&ring.sealing(T).unwrap(), &here.digest);
        ring.forget();
        here.forget();
        assert!(here.made.load().is_empty());
        assert!(
            here.seal(&ring, &asked(b"", T), T, |_, _| ()).is_none(),
            "no key, no ticket"
        );
        // Another thread that was about to.
        let named = late.for_name(b"");
        let late = Made {
            separated: Arc::new(late),
            server_name: Box::default(),
            named,
        };
        here.keep(&ring, &Arc::new(late), T);
        assert!(here.made.load().is_empty());
    }
}
