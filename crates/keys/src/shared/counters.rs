//! What happened to tickets, counted by all processes that share a page.

use super::atomics::{AtomicU64, Ordering};

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// A ticket was sealed.
    Issued,
    /// A ticket was opened under the key that seals now. OpenSSL checks its MAC after that, without telling: a ticket that
    /// was damaged or forged under a name that fits is counted here as well.
    Opened,
    /// A ticket was opened, and its client gets a new one because its key no longer seals.
    Renewed,
    /// A ticket names a key that is not here.
    UnknownKey,
    /// A ticket was sealed for another virtual host, another client authentication, …
    WrongContext,
    /// A chain of resumptions has reached its greatest age.
    ChainTooOld,
    /// No ticket could be made, since there was no key to seal with.
    NoKey,
    /// The keys were changed: by time or by hand.
    Rotations,
}

impl Counter {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Issued,
        Self::Opened,
        Self::Renewed,
        Self::UnknownKey,
        Self::WrongContext,
        Self::ChainTooOld,
        Self::NoKey,
        Self::Rotations,
    ];

    /// Its name in tables, JSON and Prometheus text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Opened => "opened",
            Self::Renewed => "renewed",
            Self::UnknownKey => "unknown_key",
            Self::WrongContext => "wrong_context",
            Self::ChainTooOld => "chain_too_old",
            Self::NoKey => "no_key",
            Self::Rotations => "rotations",
        }
    }
}

/// The words that count, one for each [`Counter`] and some to spare.
#[derive(Clone, Copy)]
pub(crate) struct Counters<'a>(pub(crate) &'a [AtomicU64]);

impl Counters<'_> {
    pub(crate) fn add(&self, counter: Counter) {
        if let Some(word) = self.0.get(counter as usize) {
            word.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn value(&self, counter: Counter) -> u64 {
        self.0
            .get(counter as usize)
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files outlive the library that made them: whoever changes this changes the page's format.
    #[test]
    fn each_counter_keeps_its_place() {
        let names = [
            "issued",
            "opened",
            "renewed",
            "unknown_key",
            "wrong_context",
            "chain_too_old",
            "no_key",
            "rotations",
        ];
        assert_eq!(Counter::ALL.map(Counter::name), names);
        for (place, counter) in Counter::ALL.into_iter().enumerate() {
            let words = [const { AtomicU64::new(0) }; 32];
            let counters = Counters(&words);
            counters.add(counter);
            assert_eq!(words[place].load(Ordering::Relaxed), 1, "{}", counter.name());
            assert_eq!(counters.value(counter), 1);
        }
    }
}
