//! The ring: keys that come and go with time.
//!
//! ```text
//!   made ──► ahead ──────► sealing ──────► opening ──────────► erased
//!            one interval   one interval    one ticket lifetime
//! ```
//!
//! Readers take the current [`Snapshot`] without a lock, and as long as `now` is one of the moments that it is good for,
//! and nobody else has changed the ring, they are done. Otherwise they let time's changes happen and publish a new
//! snapshot. Keys whose time has passed are dropped, and so zeroized, as soon as the last reader lets go.
//!
//! A ring of one process is made by [`Ring::single`], [`Ring::rotating`] or [`Ring::fixed`]: after a fork both sides have
//! the keys that there are, and each makes its next ones alone. The others live in a page that processes share, and
//! whoever first notices that a key is due makes it for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Guard};
use carnet_ticket::{KeyName, TicketKey};

use crate::entropy::{Entropy, NoEntropy, SystemEntropy, random_key};
use crate::schedule::{Policy, Slot, Slots};
use crate::shared::{Counter, Page};
use crate::snapshot::{KeyInfo, Snapshot};
use crate::trace::without_trace;

/// The keys of one server, or of several that share them.
pub struct Ring {
    pub(crate) policy: Policy,
    pub(crate) source: Source,
    pub(crate) current: ArcSwap<Snapshot>,
    pub(crate) page: Option<Page>,
    clock: Option<Clock>,
    forgotten: AtomicBool,
}

/// Where `now` comes from, seconds since 1970.
pub type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// Where new keys come from.
pub(crate) enum Source {
    /// Nowhere: this ring has only the keys that it is given.
    Given,
    /// Randomness.
    Random(Box<dyn Entropy>),
    /// The chain of a root secret, which is kept with the keys.
    Chain,
    /// Nowhere: this is a copy to look at, of a ring that has a chain or not. Time passes in it, but nothing is counted.
    Copy {
        /// Does the chain of a root secret stand with the keys?
        rooted: bool,
    },
}

/// A key that opens a ticket.
#[derive(Debug, Clone)]
pub struct Found {
    /// The key.
    pub key: Arc<TicketKey>,
    /// False if it opens only: the client should get a ticket under a newer key (SSL_TICKET_SUCCESS_RENEW).
    pub still_seals: bool,
}

/// Why a ring was not changed. All of it is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Another process is changing it; try again in a moment.
    #[error("another process is changing the ring; try again")]
    Busy,
    /// No key could be made.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The keys are those of a root secret and the clock, and no others can seal: the rest of the fleet would not have
    /// them.
    #[error("this ring's keys come from a root secret: the clock rotates them")]
    Rooted,
    /// Only keys with HMAC-SHA-256 and at most 32 bytes of MAC key can be shared.
    #[error("a key of this kind can't be put into a shared ring")]
    Unshareable,
    /// A ring that is given its keys can't make one.
    #[error("this ring makes no keys of its own")]
    Given,
}

impl Ring {
    /// How many keys a shared ring has room for. When there are more, the oldest leave.
    pub const ROOM: usize = crate::shared::content::MAX_KEYS;

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
    pub(crate) fn with_entropy(policy: Policy, now: u64, entropy: Box<dyn Entropy>) -> Self {
        let ring = Self::empty(policy, Source::Random(entropy), None);
        ring.advance(now);
        ring
    }

    /// This key for ever, and no others of its own: `SSL_CTX_set_tlsext_ticket_keys`.
    pub fn fixed(key: TicketKey) -> Self {
        let ring = Self::empty(Policy::unchanging(Policy::DEFAULT_LIFETIME), Source::Given, None);
        let key = Arc::new(key);
        ring.change_own(0, |slots| slots.seal_with(key.clone()));
        ring
    }

    pub(crate) fn empty(policy: Policy, source: Source, page: Option<Page>) -> Self {
        Self {
            current: ArcSwap::from_pointee(Snapshot::none(&policy)),
            policy,
            source,
            page,
            clock: None,
            forgotten: AtomicBool::new(false),
        }
    }

    /// The clock that `now` is read from. It is looked at again before anything is changed: a process that was stopped with
    /// a time in its hands would otherwise take what others have done since for a clock that was set back, and move all
    /// keys' times by as much.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let clock: Option<Clock> = Some(Box::new(clock));
        Self { clock, ..self }
    }

    /// `now`, if there is no clock to look at again.
    pub(crate) fn still(&self, now: u64) -> u64 {
        self.clock.as_ref().map_or(now, |clock| clock())
    }

    /// The key to seal a ticket with. `None`: there is none, so there is no ticket.
    pub fn sealing(&self, now: u64) -> Option<Arc<TicketKey>> {
        self.at(now).sealing().cloned()
    }

    /// As [`Ring::sealing`], without a reference to the key that could outlive the call, and that threads would have to count.
    pub fn with_sealing<R>(&self, now: u64, then: impl FnOnce(&TicketKey) -> R) -> Option<R> {
        self.at(now).sealing().map(|key| then(key))
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

    /// What `then` makes of the key that opens tickets whose name it `fits`, where names are made of a key's and more, and
    /// of whether it still seals ([`Found`]).
    pub fn with_opening<R>(
        &self,
        now: u64,
        fits: impl Fn(&KeyName) -> bool,
        then: impl FnOnce(&TicketKey, bool) -> R,
    ) -> Option<R> {
        let snapshot = self.at(now);
        let slot = opens_now(snapshot.all().iter().find(|slot| fits(&slot.name)), now)?;
        Some(then(&slot.key, snapshot.still_seals(slot, now)))
    }

    fn opening_as(&self, now: u64, find: impl FnOnce(&Snapshot) -> Option<&Slot>) -> Option<Found> {
        let snapshot = self.at(now);
        let slot = opens_now(find(&snapshot), now)?;
        Some(Found {
            key: slot.key.clone(),
            still_seals: snapshot.still_seals(slot, now),
        })
    }

    /// The next key seals from now on, ahead of its time.
    pub fn rotate(&self, now: u64) -> Result<Arc<TicketKey>, ChangeError> {
        let entropy = match &self.source {
            Source::Chain => return Err(ChangeError::Rooted),
            Source::Given | Source::Copy { .. } => return Err(ChangeError::Given),
            Source::Random(entropy) => entropy,
        };
        self.change(now, |slots| {
            if !slots.promote_next() {
                slots.seal_with(without_trace(|| random_key(&**entropy).map(Arc::new))?);
            }
            slots.sealing().map(|slot| slot.key.clone()).ok_or(NoEntropy)
        })?
        .map_err(ChangeError::from)
    }

    /// `key` seals from now on, for as long as any other would.
    pub fn install(&self, key: TicketKey, now: u64) -> Result<(), ChangeError> {
        if let Source::Chain = self.source {
            return Err(ChangeError::Rooted);
        }
        let key = self.shareable(key)?;
        self.change(now, |slots| slots.seal_with(key.clone()))
    }

    /// `key` opens until `opens_until` (`u64::MAX` for ever) and never seals, also if it did until now.
    pub fn accept(&self, key: TicketKey, opens_until: u64, now: u64) -> Result<(), ChangeError> {
        let key = self.shareable(key)?;
        self.change(now, |slots| slots.open_with(key.clone(), opens_until))
    }

    /// Erases a key: its tickets open no more. If it was the sealing key, the next takes over. True if it was there.
    pub fn revoke(&self, name: &KeyName, now: u64) -> Result<bool, ChangeError> {
        self.change(now, |slots| {
            let before = slots.slots.len();
            slots.slots.retain(|slot| slot.name != *name);
            slots.slots.len() < before
        })
    }

    /// For the end of a process: its copies of the keys are erased as soon as the last reader lets go, and it has none from
    /// now on, whatever is done to the ring. A page that others share stays as it is.
    pub fn forget(&self) {
        self.forgotten.store(true, Ordering::SeqCst);
        self.current.store(Arc::new(Snapshot::none(&self.policy)));
    }

    /// Has it been told to forget its keys?
    pub fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::SeqCst)
    }

    /// Goes on with `snapshot`.
    pub(crate) fn keep(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
        self.if_forgotten();
    }

    /// Who has put keys into place while another thread made the ring forget its own takes them out again.
    fn if_forgotten(&self) {
        if self.is_forgotten() {
            self.current.store(Arc::new(Snapshot::none(&self.policy)));
        }
    }

    /// Which version of a shared ring there is now: another number whenever keys have come or gone. What was derived from
    /// them is to be looked through then. Costs one load.
    pub fn version(&self) -> u64 {
        self.page.as_ref().map_or(0, Page::version)
    }

    /// All keys, oldest first as far as they were made here.
    pub fn keys(&self, now: u64) -> Vec<KeyInfo> {
        self.at(now).list(now)
    }

    /// How long keys live.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Do the keys come from a root secret?
    pub fn is_rooted(&self) -> bool {
        matches!(self.source, Source::Chain | Source::Copy { rooted: true })
    }

    /// Counts something, if this ring is shared.
    pub fn count(&self, counter: Counter) {
        if let Some(page) = &self.page {
            page.counters().add(counter);
        }
    }

    /// How often `counter` was counted, by all processes that share this ring.
    pub fn counted(&self, counter: Counter) -> u64 {
        self.page.as_ref().map_or(0, |page| page.counters().value(counter))
    }

    /// Keeps the page of a shared ring out of swap, where the limits allow it, for this process too: a lock on memory does
    /// not pass to the child of a fork, and goes when the parent ends.
    pub fn lock_after_fork(&self) {
        if let Some(page) = &self.page {
            page.lock();
        }
    }

    fn shareable(&self, key: TicketKey) -> Result<Arc<TicketKey>, ChangeError> {
        match &self.page {
            Some(_) if !Page::has_room_for(&key) => Err(ChangeError::Unshareable),
            _ => Ok(Arc::new(key)),
        }
    }

    fn at(&self, now: u64) -> Guard<Arc<Snapshot>> {
        let snapshot = self.current.load();
        let version = self.page.as_ref().map_or(0, Page::version);
        if snapshot.is_good_at(now) && snapshot.version() == version {
            return snapshot;
        }
        drop(snapshot);
        self.advance(now);
        self.current.load()
    }

    #[cold]
    pub(crate) fn advance(&self, now: u64) {
        if self.is_forgotten() {
            return;
        }
        without_trace(|| match &self.page {
            Some(page) => self.advance_shared(page, now),
            None => self.change_own(now, |_| ()),
        });
    }

    fn change<R>(&self, now: u64, edit: impl FnMut(&mut Slots<'_>) -> R) -> Result<R, ChangeError> {
        without_trace(|| match &self.page {
            Some(page) => self.change_shared(page, now, edit),
            None => Ok(self.change_own(now, edit)),
        })
    }

    /// Readers see all of a change or nothing of it; of two writers the later one starts anew from the earlier one's.
    /// There is no lock that a fork could leave locked.
    fn change_own<R>(&self, now: u64, mut edit: impl FnMut(&mut Slots<'_>) -> R) -> R {
        loop {
            let old = self.current.load_full();
            let mut slots = old.slots(&self.policy, self.still(now));
            let result = edit(&mut slots);
            slots.settle(|| self.make());
            let new = Arc::new(Snapshot::new(&slots, matches!(self.source, Source::Random(_))));
            let found = self.current.compare_and_swap(&old, new);
            if Arc::ptr_eq(&found, &old) {
                self.if_forgotten();
                return result;
            }
        }
    }

    pub(crate) fn make(&self) -> Option<Arc<TicketKey>> {
        let Source::Random(entropy) = &self.source else {
            return None;
        };
        without_trace(|| random_key(&**entropy).ok().map(Arc::new))
    }
}

/// Where another process holds up the change that would erase it, a key that has run out may still be here.
fn opens_now(slot: Option<&Slot>, now: u64) -> Option<&Slot> {
    slot.filter(|slot| slot.opens_until > now)
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
