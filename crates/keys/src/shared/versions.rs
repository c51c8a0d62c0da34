//! Two copies of some words in memory that several processes share: read without a lock, written by one at a time, and
//! never torn, also when a writer is killed half-way.
//!
//! ```text
//! head = v          v is even:  [ copy 0: v ]  [ copy 1: v, an equal twin ]
//! a writer          1. claims   2. fills copy (v+1)%2   3. head = v+1   4. makes the other copy equal   5. lets go
//! killed after 1, 2             readers still see v, and its copy is whole
//! killed after 3, 4             readers see v+1, and its copy is whole
//! ```
//!
//! A claim runs out after [`CLAIM_SECONDS`], so that a dead writer is forgotten. One that was only asleep, and wakes up
//! when another has taken over, notices before each word it writes that the claim is no longer its own; should it wake up
//! between the look and the write, the checksum gives the damage away and the twin stands in. Above the version, head counts
//! how often somebody took over: so the sleeper's step 3 fails, and it does not say that a copy is its own which its heir
//! is filling.
//!
//! There is no lock of the system's here. File locks go when a program closes all its descriptors, and a robust mutex
//! would follow pointers that a less trusted process can write.

use super::atomics::{AtomicU64, Ordering, TRIES, fence};

/// For how long a writer may be at work before others take it for dead, seconds.
pub(crate) const CLAIM_SECONDS: u64 = 2;

/// What precedes the words of a copy: its version and its checksum.
pub(crate) const PREFIX: usize = 2;

/// The part of a claim that tells writers apart; the rest is the second in which it runs out. That has 36 bits: from the
/// year 4147 on a claim seems to have run out as soon as it is made, so that two writers may be at it at a time. That is no
/// more than what happens when one is taken for dead, and each change is still whole, or reported as lost.
const TOKEN_BITS: u32 = 28;

/// What head counts by when a writer takes over from another. The bits below it are the version that stands in a copy.
const TAKEN_OVER: u64 = 1 << 40;

/// Checks that words belong together: over the version and the words.
pub(crate) type Checksum = fn(u64, &[u64]) -> u64;

/// The words, where they are. Both copies have the same length, of [`PREFIX`] words and the content.
#[derive(Clone, Copy)]
pub(crate) struct Versions<'a> {
    /// The version that readers take, and how often writers were taken for dead.
    pub(crate) head: &'a AtomicU64,
    /// 0, or who writes and until when.
    pub(crate) claim: &'a AtomicU64,
    /// Version v is in copy v modulo 2.
    pub(crate) copies: [&'a [AtomicU64]; 2],
    /// Tells whole copies from damaged ones.
    pub(crate) checksum: Checksum,
}

/// Somebody else has taken over, or the content does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

impl<'a> Versions<'a> {
    /// The version that readers take now.
    pub(crate) fn current(&self) -> u64 {
        self.head.load(Ordering::Acquire)
    }

    /// Copies the words to `out`. The number is head's: as long as it stays, nothing newer was published. `None`: no copy
    /// is whole.
    ///
    /// If the copy that head names has been damaged, the words are the twin's, which are those of the same version unless
    /// its writer died before it came that far (then of the one before) or the next is being written (then of that). The
    /// number must be head's all the same: a reader would otherwise come back at each ticket, and the next writer, whose
    /// base it is, would be refused, where it is he who repairs the damage.
    pub(crate) fn read(&self, out: &mut [u64]) -> Option<u64> {
        for _ in 0..TRIES {
            let version = self.current();
            let whole = copy(self.copy(version), out, self.checksum);
            // What was copied was not overwritten meanwhile if the version is still this one.
            fence(Ordering::Acquire);
            if self.head.load(Ordering::Relaxed) != version {
                continue;
            }
            if whole == Some(number(version)) || copy(self.copy(version.wrapping_add(1)), out, self.checksum).is_some()
            {
                return Some(version);
            }
        }
        None
    }

    /// Becomes the writer, if there is none. `nonce` tells this caller from others.
    pub(crate) fn claim(&self, now: u64, nonce: u64) -> Option<Claim<'a>> {
        let held = self.claim.load(Ordering::Relaxed);
        let (ends, latest) = (held >> TOKEN_BITS, now.saturating_add(CLAIM_SECONDS));
        // A claim that ends later than any could is from before the clock was set back.
        if held != 0 && ends > now && ends <= latest {
            return None;
        }
        let token = (latest << TOKEN_BITS) | (nonce & ((1 << TOKEN_BITS) - 1)) | 1;
        self.claim
            .compare_exchange(held, token, Ordering::Acquire, Ordering::Relaxed)
            .ok()?;
        if held != 0 {
            self.head.fetch_add(TAKEN_OVER, Ordering::AcqRel);
        }
        Some(Claim { versions: *self, token })
    }

    fn copy(&self, version: u64) -> &'a [AtomicU64] {
        let [even, odd] = self.copies;
        if version.is_multiple_of(2) { even } else { odd }
    }
}

/// The right to write, until it is dropped, used, or runs out.
pub(crate) struct Claim<'a> {
    versions: Versions<'a>,
    token: u64,
}

impl Claim<'_> {
    /// Makes `words` the next version after `base`, which must be the newest, and wipes what was there before.
    pub(crate) fn publish(self, base: u64, words: &[u64]) -> Result<u64, Lost> {
        let Versions { head, checksum, .. } = self.versions;
        if head.load(Ordering::Acquire) != base {
            return Err(Lost);
        }
        let next = base.wrapping_add(1);
        let sum = checksum(number(next), words);
        self.fill(next, next, sum, words)?;
        head.compare_exchange(base, next, Ordering::AcqRel, Ordering::Relaxed)
            .map_err(|_| Lost)?;
        // The keys of the version before are gone when its copy is overwritten. It is published whether or not this
        // process gets that far: the next writer does it then.
        let _overtaken = self.fill(base, next, sum, words);
        Ok(next)
    }

    /// Writes the copy in which `place` would be.
    fn fill(&self, place: u64, version: u64, sum: u64, words: &[u64]) -> Result<(), Lost> {
        let copy = self.versions.copy(place);
        if copy.len() != words.len() + PREFIX {
            return Err(Lost);
        }
        // Readers that see any of what follows see the version that was current before it, at least.
        fence(Ordering::Release);
        for (cell, word) in copy.iter().zip([number(version), sum].iter().chain(words)) {
            // Not a load, which may give what was true a while ago.
            let held = self.versions.claim;
            held.compare_exchange(self.token, self.token, Ordering::Release, Ordering::Relaxed)
                .map_err(|_| Lost)?;
            cell.store(*word, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let _taken_over = self
            .versions
            .claim
            .compare_exchange(self.token, 0, Ordering::Release, Ordering::Relaxed);
    }
}

/// The version without what is above it.
fn number(version: u64) -> u64 {
    version % TAKEN_OVER
}

/// Copies the content out; the version it has if it is whole.
fn copy(from: &[AtomicU64], out: &mut [u64], checksum: Checksum) -> Option<u64> {
    let (prefix, content) = from.split_at_checked(PREFIX)?;
    let [version, sum] = prefix else { return None };
    let (version, sum) = (version.load(Ordering::Relaxed), sum.load(Ordering::Relaxed));
    if content.len() != out.len() {
        return None;
    }
    for (word, cell) in out.iter_mut().zip(content) {
        *word = cell.load(Ordering::Relaxed);
    }
    (checksum(version, out) == sum).then_some(version)
}
