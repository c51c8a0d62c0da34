//! The ring: keys that come and go with time.
//!
//! ```text
//!   made ──► ahead ──────► sealing ──────► opening ──────────► erased
//!            one interval   one interval    one ticket lifetime
//! ```
//!
//! Readers take the current [`Snapshot`] without a lock, and as long as `now` is one of the moments that it is good for
//! they are done. Otherwise they take the writers' lock, let time's changes happen, and publish a new snapshot. Keys
//! whose time has passed are dropped, and so zeroized, as soon as the last reader lets go.
//!
//! A ring belongs to one process. After a fork both have the keys that there are, and each makes its next ones alone:
//! workers that rotate and must open each other's tickets have to be given the same keys ([`Ring::install`]).

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use carnet_ticket::{KeyName, TicketKey};

use crate::entropy::{Entropy, SystemEntropy, random_key};
use crate::schedule::{Policy, Slot, Slots};
use crate::snapshot::{KeyInfo, Snapshot};

/// The keys of one server, or of several that share them.
pub struct Ring {
    policy: Policy,
    /// `None`: this ring has only the keys that it is given.
    entropy: Option<Box<dyn Entropy>>,
    current: ArcSwap<Snapshot>,
    writer: Mutex<()>,
}

/// A key that opens a ticket.
#[derive(Debug, Clone)]
pub struct Found {
    /// The key.
    pub key: Arc<TicketKey>,
    /// False if it opens only: the client should get a ticket under a newer key (SSL_TICKET_SUCCESS_RENEW).
    pub still_seals: bool,
}

impl Ring {
    /// One random key for ever: what each `SSL_CTX` has unless it is told otherwise. Should the system have no
    /// randomness to give, no key seals, and each second is another try.
    pub fn single(now: u64) -> Self {
        Self::rotating(Policy::unchanging(Policy::DEFAULT_LIFETIME), now)
    }

    /// Random keys that change as `policy` says.
    pub fn rotating(policy: Policy, now: u64) -> Self {
        Self::with_entropy(policy, now, Box::new(SystemEntropy))
    }

    /// As [`Ring::rotating`], with random bytes from `entropy`.
    pub fn with_entropy(policy: Policy, now: u64, entropy: Box<dyn Entropy>) -> Self {
        let ring = Self::empty(policy, now, Some(entropy));
        ring.advance(now);
        ring
    }

    /// This key for ever, and no others of its own: `SSL_CTX_set_tlsext_ticket_keys`.
    pub fn fixed(key: TicketKey) -> Self {
        let ring = Self::empty(Policy::unchanging(Policy::DEFAULT_LIFETIME), 0, None);
        ring.install(key, 0);
        ring
    }

    fn empty(policy: Policy, now: u64, entropy: Option<Box<dyn Entropy>>) -> Self {
        let slots = Slots {
            slots: Vec::new(),
            policy: &policy,
            now,
        };
        Self {
            current: ArcSwap::from_pointee(Snapshot::new(&slots, false)),
            policy,
            entropy,
            writer: Mutex::new(()),
        }
    }

    /// The key to seal a ticket with. `None`: there is none, so there is no ticket.
    pub fn sealing(&self, now: u64) -> Option<Arc<TicketKey>> {
        self.at(now).sealing().cloned()
    }

    /// The key that opens tickets under `name`.
    pub fn opening(&self, name: &KeyName, now: u64) -> Option<Found> {
        self.opening_as(now, |snapshot| snapshot.find(name))
    }

    /// The key that opens tickets under `name` where chains of resumptions are capped: names end in a time there, so
    /// only the rest is compared ([`KeyName::has_id_of`]). Keys that share a ring must differ in it; random ones do.
    pub fn opening_by_id(&self, name: &KeyName, now: u64) -> Option<Found> {
        self.opening_as(now, |snapshot| snapshot.find_by_id(name))
    }

    fn opening_as(&self, now: u64, find: impl FnOnce(&Snapshot) -> Option<&Slot>) -> Option<Found> {
        let snapshot = self.at(now);
        let slot = find(&snapshot)?;
        Some(Found {
            key: slot.key.clone(),
            still_seals: snapshot.still_seals(slot, now),
        })
    }

    /// Lets happen what time has brought: whoever has a timer may call this, so that keys are erased on time even when
    /// nobody asks for one.
    pub fn tick(&self, now: u64) {
        self.at(now);
    }

    /// The next key seals from now on, ahead of its time. `None`: no key could be made, and all stays as it was.
    pub fn rotate(&self, now: u64) -> Option<Arc<TicketKey>> {
        self.change(now, |slots| {
            if !slots.promote_next() {
                slots.seal_with(self.make()?);
            }
            slots.sealing().map(|slot| slot.key.clone())
        })
    }

    /// `key` seals from now on, for as long as any other would.
    pub fn install(&self, key: TicketKey, now: u64) {
        self.change(now, |slots| slots.seal_with(Arc::new(key)));
    }

    /// `key` opens until `opens_until` (`u64::MAX` for ever) and never seals, also if it did until now.
    pub fn accept(&self, key: TicketKey, opens_until: u64, now: u64) {
        self.change(now, |slots| slots.open_with(Arc::new(key), opens_until));
    }

    /// Erases a key: its tickets open no more. If it was the sealing key, the next takes over. True if it was there.
    pub fn revoke(&self, name: &KeyName, now: u64) -> bool {
        self.change(now, |slots| {
            let before = slots.slots.len();
            slots.slots.retain(|slot| slot.name != *name);
            slots.slots.len() < before
        })
    }

    /// All keys, oldest first as far as they were made here.
    pub fn keys(&self, now: u64) -> Vec<KeyInfo> {
        self.at(now).list(now)
    }

    /// How long keys live.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn at(&self, now: u64) -> Guard<Arc<Snapshot>> {
        let snapshot = self.current.load();
        if snapshot.is_good_at(now) {
            return snapshot;
        }
        drop(snapshot);
        self.advance(now);
        self.current.load()
    }

    #[cold]
    fn advance(&self, now: u64) {
        self.change(now, |_| ());
    }

    /// One writer at a time; readers see all of a change or nothing of it.
    fn change<R>(&self, now: u64, edit: impl FnOnce(&mut Slots<'_>) -> R) -> R {
        // What the lock guards is complete at every moment, so a writer that panicked has spoiled nothing.
        let _one_writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut slots = self.current.load().slots(&self.policy, now);
        let result = edit(&mut slots);
        slots.settle(|| self.make());
        let snapshot = Snapshot::new(&slots, self.entropy.is_some());
        self.current.store(Arc::new(snapshot));
        result
    }

    fn make(&self) -> Option<Arc<TicketKey>> {
        let entropy = self.entropy.as_deref()?;
        random_key(entropy).ok().map(Arc::new)
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = self.current.load().list(0);
        f.debug_struct("Ring")
            .field("policy", &self.policy)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}
