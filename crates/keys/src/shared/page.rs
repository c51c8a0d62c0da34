//! What stands where in the shared page.
//!
//! ```text
//! words 0..4      magic, format, interval, lifetime     written once, before anybody else can see the page
//! words 4..8      head, claim, 2 to spare               see `versions`
//! words 8..241    copy 0: version, checksum, content
//! words 241..474  copy 1
//! words 474..512  counters
//! ```

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use carnet_ticket::TicketKey;
use sha2::{Digest, Sha256};

use super::atomics::{AtomicU64, Ordering};
use super::content::{self, CONTENT_WORDS, Content, MAX_KEYS};
use super::counters::Counters;
use super::memory::{Memory, PAGE_WORDS};
use super::versions::{Claim, PREFIX, Versions};
use crate::schedule::Policy;
use crate::{Entropy as _, SystemEntropy};

/// "carnet" and a byte order: a file from a machine with the other one is not a ring here.
const MAGIC: u64 = u64::from_ne_bytes(*b"carnet\0\x01");
/// Of the layout above, of `content`, and of the order of counters. A file in another one is refused: what stands in it
/// would be read as something else.
const FORMAT: u64 = 1;

const HEAD: usize = 4;
const CLAIM: usize = 5;
const FIRST_COPY: usize = 8;
const COPY_LEN: usize = PREFIX + CONTENT_WORDS;
const SECOND_COPY: usize = FIRST_COPY + COPY_LEN;
const COUNTERS: usize = SECOND_COPY + COPY_LEN;

const _: () = assert!(COUNTERS + 32 <= PAGE_WORDS, "there is room for counters");

/// This memory is not a ring that this library can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The first bytes are not those of a ring.
    #[error("not a ring of ticket keys")]
    NotARing,
    /// A ring, of another format than this library's.
    #[error(
        "a ring in format {0}, of another version of carnet (this one has format {FORMAT}): remove it, and make a new one"
    )]
    OtherFormat(u64),
    /// The policy in it is none.
    #[error("a ring whose interval and lifetime make no sense")]
    BadPolicy,
    /// A copy of a page that was taken while somebody wrote to it, or that is damaged.
    #[error("a ring of which no copy is whole: it is damaged, or was being changed all the time")]
    NotWhole,
}

/// Keys in memory that processes share.
pub(crate) struct Page {
    memory: Memory,
    policy: Policy,
}

impl Page {
    /// Makes a ring of memory that is all zero and that nobody else uses yet.
    pub(crate) fn create(memory: Memory, policy: Policy) -> Self {
        let interval = policy.interval.map_or(0, std::num::NonZeroU64::get);
        let head = [MAGIC, FORMAT, interval, policy.lifetime];
        for (word, value) in memory.words().iter().zip(head) {
            word.store(value, Ordering::Release);
        }
        Self { memory, policy }
    }

    /// A ring that somebody has made.
    pub(crate) fn attach(memory: Memory) -> Result<Self, PageError> {
        let [magic, format, interval, lifetime, ..] = memory.words();
        if magic.load(Ordering::Acquire) != MAGIC {
            return Err(PageError::NotARing);
        }
        let format = format.load(Ordering::Acquire);
        if format != FORMAT {
            return Err(PageError::OtherFormat(format));
        }
        let lifetime = lifetime.load(Ordering::Acquire);
        let policy = match interval.load(Ordering::Acquire) {
            0 => Policy::unchanging(lifetime),
            interval => Policy::every(interval, lifetime),
        };
        if !policy.fits(MAX_KEYS) {
            return Err(PageError::BadPolicy);
        }
        Ok(Self { memory, policy })
    }

    /// How long keys live, as whoever made the page has said.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Can a key of this kind be shared?
    pub(crate) fn has_room_for(key: &TicketKey) -> bool {
        content::fits(key)
    }

    /// The version that there is now.
    pub(crate) fn version(&self) -> u64 {
        self.versions().current()
    }

    /// The newest version and its number. `None`: there is none that is whole.
    pub(crate) fn read(&self) -> Option<(u64, Content)> {
        let mut content = content::blank();
        let version = self.versions().read(content.as_mut_slice())?;
        Some((version, content))
    }

    /// See [`Memory::lock`].
    pub(crate) fn lock(&self) {
        self.memory.lock();
    }

    /// The right to change it.
    pub(crate) fn claim(&self, now: u64) -> Option<Claim<'_>> {
        // Differs from thread to thread, since each has a stack of its own, and from process to process, also after a fork;
        // chance tells apart those that have the same numbers in different namespaces. Without randomness it has to do
        // without.
        let (here, mut chance) = (0_u8, [0; 8]);
        let _without = SystemEntropy.fill(&mut chance);
        let writer = (std::process::id(), (&raw const here).addr(), chance);
        let nonce = BuildHasherDefault::<DefaultHasher>::default().hash_one(writer);
        self.versions().claim(now, nonce)
    }

    pub(crate) fn counters(&self) -> Counters<'_> {
        Counters(self.memory.words().get(COUNTERS..).unwrap_or_default())
    }

    fn versions(&self) -> Versions<'_> {
        let words: &[AtomicU64; PAGE_WORDS] = self.memory.words();
        let copy = |start: usize| words.get(start..start + COPY_LEN).unwrap_or_default();
        Versions {
            head: &words[HEAD],
            claim: &words[CLAIM],
            copies: [copy(FIRST_COPY), copy(SECOND_COPY)],
            checksum,
        }
    }
}

/// The first eight bytes of SHA-256. It stands beside the keys, in the same page, and tells no more than they do.
fn checksum(version: u64, words: &[u64]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(version.to_le_bytes());
    words.iter().for_each(|word| hash.update(word.to_le_bytes()));
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rings_are_attached() {
        let attach = |edit: &dyn Fn(&[AtomicU64; PAGE_WORDS])| {
            let page = Page::create(Memory::anonymous().unwrap(), Policy::default());
            edit(page.memory.words());
            Page::attach(page.memory).map(|page| page.policy)
        };
        let set = |word: usize, value: u64| attach(&move |words| words[word].store(value, Ordering::Relaxed));
        assert_eq!(attach(&|_| ()), Ok(Policy::default()));
        assert_eq!(set(0, 0), Err(PageError::NotARing));
        assert_eq!(set(0, MAGIC.swap_bytes()), Err(PageError::NotARing));
        assert_eq!(set(1, 2), Err(PageError::OtherFormat(2)));
        assert_eq!(set(2, 1), Err(PageError::BadPolicy));
        assert_eq!(set(2, 0), Ok(Policy::unchanging(Policy::DEFAULT_LIFETIME)));
    }

    #[test]
    fn the_page_is_used_to_its_end_and_no_further() {
        let page = Page::create(Memory::anonymous().unwrap(), Policy::default());
        assert_eq!(page.versions().copies.map(<[_]>::len), [COPY_LEN; 2]);
        assert_eq!(page.counters().0.len(), PAGE_WORDS - COUNTERS);
    }
}
