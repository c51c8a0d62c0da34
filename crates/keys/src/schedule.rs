//! When a key seals and when it opens: arithmetic on seconds, and the rules that keep a set of keys in order.

use std::num::NonZeroU64;
use std::sync::Arc;

use carnet_ticket::{KeyName, TicketKey};

use crate::ratchet::Chain;
use crate::trace::without_trace;

/// Never.
pub(crate) const NEVER: u64 = u64::MAX;

/// How far a chain goes on in one change, for which a ticket waits: a tenth of a second of work. A ring that was idle for so
/// long (intervals of a minute: half a year) takes another piece each second; and whoever writes nonsense into a page that
/// he shares can't make others run after it for longer.
pub(crate) const STEPS_AT_ONCE: u64 = if cfg!(test) { 1 << 10 } else { 1 << 18 };

/// How long keys live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// For how many seconds each key seals; `None` for ever.
    pub interval: Option<NonZeroU64>,
    /// For how many seconds a ticket may be redeemed. A key opens until the last ticket it sealed has run out.
    pub lifetime: u64,
}

impl Policy {
    /// OpenSSL's default session timeout, seconds.
    pub const DEFAULT_LIFETIME: u64 = 7200;

    /// A new key every `interval` seconds (at least one).
    pub fn every(interval: u64, lifetime: u64) -> Self {
        Self {
            interval: NonZeroU64::new(interval.max(1)),
            lifetime,
        }
    }

    /// One key, until somebody asks for another.
    pub fn unchanging(lifetime: u64) -> Self {
        Self {
            interval: None,
            lifetime,
        }
    }

    /// Is there room among `max` keys for all that open at the same time: those of a ticket's lifetime, the one that
    /// seals, the next, and one that was made by hand?
    pub(crate) fn fits(&self, max: usize) -> bool {
        let needed = |interval: NonZeroU64| self.lifetime.div_ceil(interval.get()).saturating_add(3);
        self.interval.is_none_or(|interval| needed(interval) <= max as u64)
    }

    /// The shortest interval that [`Policy::fits`].
    pub(crate) fn shortest_interval(&self, max: usize) -> u64 {
        self.lifetime.div_ceil((max as u64).saturating_sub(3).max(1)).max(1)
    }

    fn seals_until(&self, from: u64) -> u64 {
        self.interval
            .map_or(NEVER, |interval| from.saturating_add(interval.get()))
    }
}

impl Default for Policy {
    /// A new key every hour, for tickets of OpenSSL's default lifetime.
    fn default() -> Self {
        Self::every(3600, Self::DEFAULT_LIFETIME)
    }
}

/// A key and its times. It seals in `seals_from..seals_until` and opens from the start until `opens_until`.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) name: KeyName,
    pub(crate) key: Arc<TicketKey>,
    pub(crate) seals_from: u64,
    pub(crate) seals_until: u64,
    pub(crate) opens_until: u64,
}

impl Slot {
    pub(crate) fn new(key: Arc<TicketKey>, seals_from: u64, policy: &Policy) -> Self {
        let mut slot = Self {
            name: *key.name(),
            key,
            seals_from: 0,
            seals_until: 0,
            opens_until: 0,
        };
        slot.seal_from(seals_from, policy);
        slot
    }

    /// Seals from `from` on, for as long as the policy says.
    fn seal_from(&mut self, from: u64, policy: &Policy) {
        self.seals_from = from;
        self.seals_until = policy.seals_until(from);
        self.opens_until = self.seals_until.saturating_add(policy.lifetime);
    }

    pub(crate) fn seals_at(&self, now: u64) -> bool {
        (self.seals_from..self.seals_until).contains(&now)
    }

    pub(crate) fn is_ahead(&self, now: u64) -> bool {
        self.seals_from > now && self.seals_until > self.seals_from
    }

    /// Seals no more; opens for one ticket lifetime yet.
    fn retire(&mut self, now: u64, policy: &Policy) {
        if self.seals_at(now) {
            self.seals_until = now;
            self.opens_until = now.saturating_add(policy.lifetime);
        }
    }

    /// The clock was set back by `seconds`.
    fn shift_back(&mut self, seconds: u64) {
        for time in [&mut self.seals_from, &mut self.seals_until, &mut self.opens_until] {
            if *time != NEVER {
                *time = time.saturating_sub(seconds);
            }
        }
    }
}

/// The keys of a ring while they are being changed.
pub(crate) struct Slots<'p> {
    pub(crate) slots: Vec<Slot>,
    pub(crate) policy: &'p Policy,
    pub(crate) now: u64,
}

impl Slots<'_> {
    /// The clock shows less than it did at `before`. What counts is how much time passes, so the keys' times move with
    /// it: a clock that was wrong for a while neither stops rotation nor stretches a key's life by more than an interval
    /// (or a minute, see `JITTER`).
    pub(crate) fn clock_went_back(&mut self, before: u64) {
        let seconds = before.saturating_sub(self.now);
        self.slots.iter_mut().for_each(|slot| slot.shift_back(seconds));
    }

    /// Erases what has run out, and sees to it that one key seals and, if they rotate, that the next is published.
    /// `make` may have no key to give: then none seals, or the next one is published later.
    pub(crate) fn settle(&mut self, mut make: impl FnMut() -> Option<Arc<TicketKey>>) {
        let now = self.now;
        self.erase_old();
        if self.sealing().is_none() && !self.promote_next() {
            // Never used, or idle for so long that even the next key's time has passed.
            let made = make();
            self.slots.extend(made.map(|key| Slot::new(key, now, self.policy)));
        }
        let Some(end) = self.sealing().map(|slot| slot.seals_until) else {
            return;
        };
        if end != NEVER && self.next().is_none() {
            let made = make();
            self.slots.extend(made.map(|key| Slot::new(key, end, self.policy)));
        }
    }

    /// As [`Slots::settle`] where keys come from a chain: the key of each interval of the clock seals in it, and the
    /// chain goes on to the first interval whose key is not published.
    pub(crate) fn settle_chain(&mut self, chain: &mut Chain) {
        let now = self.now;
        self.erase_old();
        let Some(interval) = self.policy.interval else {
            return;
        };
        let next = (now / interval).saturating_add(1);
        // Of intervals whose tickets have run out no key is needed.
        let first = now.saturating_sub(self.policy.lifetime) / interval;
        if !chain.can_reach(next) {
            return;
        }
        let start = first.saturating_sub(1);
        if start.saturating_sub(chain.number()) > STEPS_AT_ONCE {
            return chain.advance_to(chain.number().saturating_add(STEPS_AT_ONCE));
        }
        chain.advance_to(start);
        while chain.number() <= next {
            let from = chain.number().saturating_mul(interval.get());
            let key = without_trace(|| chain.key().map(Arc::new));
            let made = key.map(|key| Slot::new(key, from, self.policy));
            self.slots.extend(made.filter(|slot| slot.opens_until > now));
            chain.advance_to(chain.number().saturating_add(1));
        }
    }

    /// Erases what has run out.
    pub(crate) fn erase_old(&mut self) {
        let now = self.now;
        self.slots.retain(|slot| slot.opens_until > now);
    }

    /// `key` seals from now on; what sealed until now only opens.
    pub(crate) fn seal_with(&mut self, key: Arc<TicketKey>) {
        let (now, policy) = (self.now, self.policy);
        let name = *key.name();
        self.slots.retain(|slot| slot.name != name);
        self.slots.iter_mut().for_each(|slot| slot.retire(now, policy));
        let slot = Slot::new(key, now, policy);
        // The key that is published already keeps its turn, which is the next.
        if let Some(next) = self.next_mut() {
            next.seal_from(slot.seals_until, policy);
        }
        self.slots.push(slot);
    }

    /// The published key takes over at once. False if there is none.
    pub(crate) fn promote_next(&mut self) -> bool {
        let Some(key) = self.next().map(|next| next.key.clone()) else {
            return false;
        };
        self.seal_with(key);
        true
    }

    /// `key` opens until `opens_until` and never seals.
    pub(crate) fn open_with(&mut self, key: Arc<TicketKey>, opens_until: u64) {
        self.slots.retain(|slot| slot.name != *key.name());
        let mut slot = Slot::new(key, 0, self.policy);
        slot.seals_until = 0;
        slot.opens_until = opens_until;
        self.slots.push(slot);
    }

    /// Leaves no more than `most` keys: the oldest of those that only open go first.
    pub(crate) fn make_room(&mut self, most: usize) {
        let now = self.now;
        let mut excess = self.slots.len().saturating_sub(most);
        self.slots.retain(|slot| {
            let goes = excess > 0 && !slot.seals_at(now) && !slot.is_ahead(now);
            excess -= usize::from(goes);
            !goes
        });
    }

    pub(crate) fn sealing(&self) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.seals_at(self.now))
    }

    fn next(&self) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.is_ahead(self.now))
    }

    fn next_mut(&mut self) -> Option<&mut Slot> {
        let now = self.now;
        self.slots.iter_mut().find(|slot| slot.is_ahead(now))
    }
}
