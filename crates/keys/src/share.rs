//! Rings whose keys processes share through a page of memory.
//!
//! Each process keeps the keys of the version that it saw last, prepared for use, and compares one number to know
//! whether it is still the newest. Whoever first notices that a key is due claims the page, looks again, and writes. If
//! that process dies, or another was faster, the rest go on with what they have: the next key was published an interval
//! ago.

use carnet_ticket::TicketKey;
use rustix::io::Errno;

use crate::entropy::SystemEntropy;
use crate::ratchet::{Chain, SECRET_LEN};
use crate::ring::{ChangeError, Ring, Source};
use crate::schedule::{Policy, STEPS_AT_ONCE, Slot, Slots};
use crate::shared::content::{self, Decoded, MAX_KEYS};
use crate::shared::memory::Memory;
use crate::shared::{Counter, PAGE_LEN, Page, PageError};
use crate::snapshot::Snapshot;
use crate::trace::without_trace;

/// What a fleet agrees on. All hosts with the same root have the same keys at the same time.
#[derive(Clone)]
pub struct Root {
    /// The secret of interval `number`.
    chain: Chain,
    policy: Policy,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Root")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Why there is no shared ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// The system gives no memory.
    #[error("no shared memory: {0}")]
    Memory(#[from] Errno),
    /// The memory is no ring.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A ring has room for 16 keys.
    #[error("the interval is too short for tickets that live {lifetime} s: make it at least {least} s")]
    TooShort {
        /// How long tickets live, seconds.
        lifetime: u64,
        /// The shortest interval that fits, seconds.
        least: u64,
    },
    /// A chain needs intervals to count.
    #[error("keys from a root secret need an interval of at least {} s", Root::MIN_INTERVAL)]
    NoInterval,
}

impl Root {
    /// The shortest interval: clocks of a fleet that disagree by no more than this still agree on who opens what.
    pub const MIN_INTERVAL: u64 = 60;

    /// The root whose chain began at `since`, seconds since 1970. Starting a ring costs one HMAC for each interval
    /// since then.
    pub fn new(secret: &[u8; SECRET_LEN], policy: Policy, since: u64) -> Result<Self, ShareError> {
        let interval = policy
            .interval
            .filter(|interval| interval.get() >= Self::MIN_INTERVAL)
            .ok_or(ShareError::NoInterval)?;
        check(&policy)?;
        Ok(Self {
            chain: Chain::from_root(secret, interval.get(), since / interval),
            policy,
        })
    }

    /// Goes on to the oldest interval whose key still opens at `now`, if that is in reach, and forgets what was before it.
    fn chain_for(&self, now: u64) -> Chain {
        let mut chain = self.chain.clone();
        if let Some(interval) = self.policy.interval {
            let reach = self.policy.lifetime.saturating_add(Self::MIN_INTERVAL);
            let oldest = now.saturating_sub(reach) / interval;
            if chain.can_reach(oldest) {
                chain.advance_to(oldest);
            }
        }
        chain
    }
}

/// Is there room for as many keys as open at the same time?
fn check(policy: &Policy) -> Result<(), ShareError> {
    if policy.fits(MAX_KEYS) {
        return Ok(());
    }
    Err(ShareError::TooShort {
        lifetime: policy.lifetime,
        least: policy.shortest_interval(MAX_KEYS),
    })
}

impl Ring {
    /// Random keys in memory that this process shares with those that it forks.
    pub fn shared(policy: Policy, now: u64) -> Result<Self, ShareError> {
        check(&policy)?;
        let page = Page::create(Memory::anonymous()?, policy);
        Ok(Self::begun(page, Source::Random(Box::new(SystemEntropy)), now))
    }

    /// The keys of a root secret, in memory that this process shares with those that it forks.
    pub fn rooted(root: &Root, now: u64) -> Result<Self, ShareError> {
        Self::rooted_in(Memory::anonymous()?, root, now)
    }

    /// Makes a ring in memory of zeros: with a root or with random keys.
    pub(crate) fn rooted_in(memory: Memory, root: &Root, now: u64) -> Result<Self, ShareError> {
        let page = Page::create(memory, root.policy);
        let chain = root.chain_for(now);
        if let Some(claim) = page.claim(now) {
            // Made at no time, so that the keys that are due now are still to be made.
            let _first = claim.publish(0, content::encode(&[], 0, Some(&chain)).as_slice());
        }
        Ok(Self::begun(page, Source::Chain, now))
    }

    pub(crate) fn random_in(memory: Memory, policy: Policy, now: u64) -> Result<Self, ShareError> {
        check(&policy)?;
        let page = Page::create(memory, policy);
        Ok(Self::begun(page, Source::Random(Box::new(SystemEntropy)), now))
    }

    /// The ring that is in this memory already. It is only read, until there is a clock to look at, and a ticket.
    pub(crate) fn attached(memory: Memory) -> Result<Self, ShareError> {
        let page = Page::attach(memory)?;
        let source = if has_chain(&page) {
            Source::Chain
        } else {
            Source::Random(Box::new(SystemEntropy))
        };
        let ring = Self::empty(*page.policy(), source, Some(page));
        without_trace(|| ring.page.as_ref().is_some_and(|page| ring.refresh(page, 0)));
        Ok(ring)
    }

    /// The ring in a copy of another process's page, to look at: what changes here changes nothing there. Keys that have
    /// run out by `now` are gone from it, but it makes none that are not in the page.
    pub fn of_image(bytes: &[u8; PAGE_LEN], now: u64) -> Result<Self, ShareError> {
        let page = Page::attach(Memory::image(bytes)?)?;
        // Of a page that lives another copy can be taken.
        if decoded(&page, &[]).is_none() {
            return Err(PageError::NotWhole.into());
        }
        let rooted = has_chain(&page);
        Ok(Self::begun(page, Source::Copy { rooted }, now))
    }

    /// Is this ring's chain the one of `root`, as far as both have come? One that is far ahead of the clock is not asked: to
    /// find out takes long, and it would be of no use for as long.
    pub(crate) fn is_of(&self, root: &Root, now: u64) -> bool {
        let furthest = self
            .policy
            .interval
            .map_or(0, |interval| now / interval)
            .saturating_add(STEPS_AT_ONCE);
        let chain = self.page.as_ref().and_then(|page| decoded(page, &[])?.1.chain);
        let fits = |chain: &Chain| self.policy == root.policy && chain.number() <= furthest;
        let Some(chain) = chain.filter(|chain| fits(chain) && root.chain.can_reach(chain.number())) else {
            return false;
        };
        let mut own = root.chain.clone();
        own.advance_to(chain.number());
        // Compared in constant time.
        let same = |own: TicketKey, other: TicketKey| {
            own.is_made_of(other.cipher_key(), other.mac_algorithm(), other.mac_key())
        };
        own.number() == chain.number() && own.key().zip(chain.key()).is_some_and(|(own, other)| same(own, other))
    }

    fn begun(page: Page, source: Source, now: u64) -> Self {
        let ring = Self::empty(*page.policy(), source, Some(page));
        ring.advance(now);
        ring
    }

    /// Takes over what others have done; if that is not enough, does it.
    pub(crate) fn advance_shared(&self, page: &Page, now: u64) {
        let now = self.still(now);
        if self.refresh(page, now) {
            return;
        }
        // Busy: somebody is at it, and what there is will do until then.
        let _busy = self.change_shared(page, now, |_| ());
    }

    /// Takes over the page's newest version. True if that is good for `now`.
    fn refresh(&self, page: &Page, now: u64) -> bool {
        let known = self.current.load();
        let Some((version, decoded)) = decoded(page, known.all()) else {
            return false;
        };
        let snapshot = Snapshot::of_version(version, decoded.slots, decoded.made_at, &self.policy, self.makes_keys());
        let good = snapshot.is_good_at(now);
        self.keep(snapshot);
        good
    }

    pub(crate) fn change_shared<R>(
        &self,
        page: &Page,
        now: u64,
        mut edit: impl FnMut(&mut Slots<'_>) -> R,
    ) -> Result<R, ChangeError> {
        let claim = page.claim(now).ok_or(ChangeError::Busy)?;
        // From now on whoever changes anything takes this claim away.
        let now = self.still(now);
        let known = self.current.load();
        // A page that holds nothing whole is begun anew; keys from a chain can't be.
        let (base, before) = decoded(page, known.all()).unwrap_or((page.version(), Decoded::EMPTY));
        let mut chain = before.chain;
        let seen = Snapshot::of_version(base, before.slots, before.made_at, &self.policy, self.makes_keys());
        let mut slots = match chain {
            // The clock alone says whose turn it is: there is nothing to move when it is set back.
            Some(_) => seen.slots_as_they_are(&self.policy, now),
            None => seen.slots(&self.policy, now),
        };
        let times = |slots: &Slots<'_>| {
            let times = |slot: &Slot| (slot.name, slot.seals_from, slot.seals_until, slot.opens_until);
            slots.slots.iter().map(times).collect::<Vec<_>>()
        };
        let times_before = times(&slots);
        let result = edit(&mut slots);
        match &mut chain {
            // The keys of a chain that others have are no business of who only looks, nor is the work of running after it.
            Some(_) if !self.makes_keys() => slots.erase_old(),
            Some(chain) => slots.settle_chain(chain),
            None => slots.settle(|| self.make()),
        }
        // What is published is what this process goes on with, too.
        slots.make_room(MAX_KEYS);
        let words = content::encode(&slots.slots, slots.now, chain.as_ref());
        let version = claim.publish(base, words.as_slice()).map_err(|_| ChangeError::Busy)?;
        let snapshot = Snapshot::new(&slots, self.makes_keys()).with_version(version);
        self.keep(snapshot);
        // A try to make a key that is missing may have made none.
        if times(&slots) != times_before && !matches!(self.source, Source::Copy { .. }) {
            page.counters().add(Counter::Rotations);
        }
        Ok(result)
    }

    fn makes_keys(&self) -> bool {
        !matches!(self.source, Source::Given | Source::Copy { .. })
    }
}

fn has_chain(page: &Page) -> bool {
    decoded(page, &[]).is_some_and(|(_, decoded)| decoded.chain.is_some())
}

fn decoded(page: &Page, known: &[Slot]) -> Option<(u64, Decoded)> {
    let (version, content) = page.read()?;
    Some((version, content::decode(&content, known)?))
}
