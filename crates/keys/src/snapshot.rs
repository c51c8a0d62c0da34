//! A ring's keys at one moment, never changed: what readers see.

use std::ops::Range;
use std::sync::Arc;

use carnet_ticket::{KeyName, TicketKey};

use crate::schedule::{NEVER, Policy, Slot, Slots};

/// Two threads that read the clock may come here in the other order; and clocks are adjusted by a little all the time.
/// A step back of no more than this many seconds is no event.
const JITTER: u64 = 60;

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Published, so that whoever lags or leads can open what it seals; does not seal yet.
    Ahead,
    /// Seals and opens.
    Sealing,
    /// Opens only.
    Opening,
}

/// A key with its times, for listing and for sharing.
#[derive(Debug, Clone)]
pub struct KeyInfo {
    /// The key.
    pub key: Arc<TicketKey>,
    /// Where it stands.
    pub state: KeyState,
    /// Seals from here, seconds since 1970.
    pub seals_from: u64,
    /// Seals to here, not included; `u64::MAX` for ever.
    pub seals_until: u64,
    /// Opens to here, not included; `u64::MAX` for ever. Then it is erased.
    pub opens_until: u64,
}

/// The keys, and for which moments nothing needs to change.
pub(crate) struct Snapshot {
    slots: Vec<Slot>,
    sealing: Option<Arc<TicketKey>>,
    made_at: u64,
    good: Range<u64>,
    /// Of the shared page; 0 for a ring of one process.
    version: u64,
}

impl Snapshot {
    /// No keys.
    pub(crate) fn none(policy: &Policy) -> Self {
        let slots = Slots {
            slots: Vec::new(),
            policy,
            now: 0,
        };
        Self::new(&slots, false)
    }

    /// Of `slots` that are settled. `self_made`: the ring can make keys, so a missing one is worth another try.
    pub(crate) fn new(slots: &Slots<'_>, self_made: bool) -> Self {
        let now = slots.now;
        let sealing = slots.sealing();
        let missing =
            sealing.is_none_or(|slot| slot.seals_until != NEVER && !slots.slots.iter().any(|slot| slot.is_ahead(now)));
        let ends = slots.slots.iter().map(|slot| slot.opens_until);
        let retry = (missing && self_made).then(|| now.saturating_add(1));
        let end = ends.chain(sealing.map(|slot| slot.seals_until)).chain(retry).min();
        Self {
            sealing: sealing.map(|slot| slot.key.clone()),
            slots: slots.slots.clone(),
            made_at: now,
            good: now.saturating_sub(JITTER)..end.unwrap_or(NEVER),
            version: 0,
        }
    }

    /// What another process made, or this one, at `made_at`.
    pub(crate) fn of_version(version: u64, slots: Vec<Slot>, made_at: u64, policy: &Policy, self_made: bool) -> Self {
        let slots = Slots {
            slots,
            policy,
            now: made_at,
        };
        Self::new(&slots, self_made).with_version(version)
    }

    pub(crate) fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn all(&self) -> &[Slot] {
        &self.slots
    }

    pub(crate) fn is_good_at(&self, now: u64) -> bool {
        self.good.contains(&now)
    }

    /// The slots to start a change from.
    pub(crate) fn slots<'p>(&self, policy: &'p Policy, now: u64) -> Slots<'p> {
        let mut slots = Slots {
            slots: self.slots.clone(),
            policy,
            now,
        };
        if now < self.good.start {
            slots.clock_went_back(self.made_at);
        } else {
            // What was true when this was made stays true.
            slots.now = now.max(self.made_at);
        }
        slots
    }

    /// The slots to start a change from where the clock alone says whose turn it is.
    pub(crate) fn slots_as_they_are<'p>(&self, policy: &'p Policy, now: u64) -> Slots<'p> {
        Slots {
            slots: self.slots.clone(),
            policy,
            now,
        }
    }

    pub(crate) fn sealing(&self) -> Option<&Arc<TicketKey>> {
        self.sealing.as_ref()
    }

    pub(crate) fn find(&self, name: &KeyName) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == *name)
    }

    /// The key that `name` means if names end in a time.
    pub(crate) fn find_by_id(&self, name: &KeyName) -> Option<&Slot> {
        self.slots.iter().find(|slot| name.has_id_of(&slot.name))
    }

    /// Does it seal, or will it?
    pub(crate) fn still_seals(&self, slot: &Slot, now: u64) -> bool {
        slot.seals_until > now.max(self.made_at)
    }

    pub(crate) fn list(&self, now: u64) -> Vec<KeyInfo> {
        let now = now.max(self.made_at);
        let info = |slot: &Slot| KeyInfo {
            key: slot.key.clone(),
            state: match () {
                () if slot.seals_at(now) => KeyState::Sealing,
                () if slot.is_ahead(now) => KeyState::Ahead,
                () => KeyState::Opening,
            },
            seals_from: slot.seals_from,
            seals_until: slot.seals_until,
            opens_until: slot.opens_until,
        };
        self.slots.iter().map(info).collect()
    }
}
