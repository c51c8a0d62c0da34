//! Versions in memory of one process.

use super::atomics::{AtomicU64, Ordering};
use super::versions::*;

const CONTENT: usize = 4;

struct Memory {
    head: AtomicU64,
    claim: AtomicU64,
    copies: [Vec<AtomicU64>; 2],
}

fn sum(version: u64, words: &[u64]) -> u64 {
    words.iter().fold(version ^ 0x5bd1_e995, |sum, word| {
        sum.rotate_left(7).wrapping_mul(31) ^ word
    })
}

impl Memory {
    fn new() -> Self {
        let copy = || (0..CONTENT + PREFIX).map(|_| AtomicU64::new(0)).collect();
        Self {
            head: AtomicU64::new(0),
            claim: AtomicU64::new(0),
            copies: [copy(), copy()],
        }
    }

    fn versions(&self) -> Versions<'_> {
        Versions {
            head: &self.head,
            claim: &self.claim,
            copies: [&self.copies[0], &self.copies[1]],
            checksum: sum,
        }
    }

    fn publish(&self, words: [u64; CONTENT]) -> u64 {
        let versions = self.versions();
        versions
            .claim(100, 7)
            .unwrap()
            .publish(versions.current(), &words)
            .unwrap()
    }

    fn read(&self) -> Option<(u64, [u64; CONTENT])> {
        let mut out = [0; CONTENT];
        self.versions().read(&mut out).map(|version| (version, out))
    }
}

#[test]
fn what_is_published_is_read_and_the_old_is_gone() {
    let memory = Memory::new();
    assert_eq!(memory.read(), None, "nothing was ever written");
    for round in 1..=5 {
        assert_eq!(memory.publish([round; CONTENT]), round);
        assert_eq!(memory.read(), Some((round, [round; CONTENT])));
        for copy in &memory.copies {
            assert_eq!(
                copy[PREFIX].load(Ordering::Relaxed),
                round,
                "both copies hold the new words only"
            );
        }
    }
}

#[test]
fn one_writer_at_a_time_and_not_for_ever() {
    let memory = Memory::new();
    let versions = memory.versions();
    let dead = versions.claim(100, 1).unwrap();
    assert!(versions.claim(100, 2).is_none());
    assert!(versions.claim(101, 2).is_none());
    let heir = versions.claim(102, 2).unwrap();
    assert_eq!(dead.publish(0, &[6; CONTENT]), Err(Lost), "it was only asleep");
    assert_eq!(memory.read(), None, "and has written nothing");
    let base = versions.current();
    assert_eq!(base % 2, 0, "the same copy");
    assert_eq!(heir.publish(base, &[7; CONTENT]), Ok(base + 1));
    assert_eq!(memory.read(), Some((base + 1, [7; CONTENT])));
    assert!(versions.claim(102, 3).is_some(), "let go");
}

#[test]
fn a_claim_from_a_clock_that_was_wrong_does_not_bind() {
    let memory = Memory::new();
    std::mem::forget(memory.versions().claim(1_000_000, 1));
    assert!(memory.versions().claim(100, 2).is_some());
}

#[test]
fn a_writer_that_dies_anywhere_harms_nobody() {
    // Each word of the copies that the writer does not get to.
    for written in 0..2 * (CONTENT + PREFIX) {
        let memory = Memory::new();
        memory.publish([1; CONTENT]);
        let next = [2, sum(2, &[2; CONTENT]), 2, 2, 2, 2];
        let cells = memory.copies[0]
            .iter()
            .zip(next)
            .chain(memory.copies[1].iter().zip(next));
        for (index, (cell, word)) in cells.take(written).enumerate() {
            if index == CONTENT + PREFIX {
                memory.head.store(2, Ordering::Relaxed);
            }
            cell.store(word, Ordering::Relaxed);
        }
        let seen = memory.read().unwrap().1;
        assert!(
            seen == [1; CONTENT] || seen == [2; CONTENT],
            "{seen:?} after {written} words"
        );
        assert_eq!(memory.publish([3; CONTENT]), memory.read().unwrap().0);
        assert_eq!(memory.read().unwrap().1, [3; CONTENT]);
    }
}

#[test]
fn the_twin_stands_in_for_a_damaged_copy() {
    let memory = Memory::new();
    memory.publish([1; CONTENT]);
    for cell in &memory.copies[1] {
        let before = cell.swap(99, Ordering::Relaxed);
        assert_eq!(memory.read(), Some((1, [1; CONTENT])));
        cell.store(before, Ordering::Relaxed);
    }
    memory
        .copies
        .iter()
        .for_each(|copy| copy[3].store(99, Ordering::Relaxed));
    assert_eq!(memory.read(), None);
    memory.publish([4; CONTENT]);
    assert_eq!(
        memory.read(),
        Some((2, [4; CONTENT])),
        "and is repaired by the next writer"
    );
}

/// The newest version is damaged, and its twin was never made equal: what is left is the version before. Readers have it as
/// long as there is nothing newer, and whoever writes next goes on from there.
#[test]
fn the_version_before_stands_in_until_the_next_writer() {
    let memory = Memory::new();
    memory.publish([1; CONTENT]);
    let twin: Vec<_> = memory.copies[0]
        .iter()
        .map(|cell| cell.load(Ordering::Relaxed))
        .collect();
    memory.publish([2; CONTENT]);
    for (cell, before) in memory.copies[1].iter().zip(twin) {
        cell.store(before, Ordering::Relaxed);
    }
    memory.copies[0][PREFIX].store(99, Ordering::Relaxed);
    let (base, content) = memory.read().unwrap();
    assert_eq!((base, content), (memory.versions().current(), [1; CONTENT]));
    let claim = memory.versions().claim(100, 7).unwrap();
    assert_eq!(claim.publish(base, &[3; CONTENT]), Ok(3));
    assert_eq!(memory.read(), Some((3, [3; CONTENT])));
}

#[test]
fn claims_after_the_year_4147_do_not_bind_and_harm_nobody() {
    let memory = Memory::new();
    for now in [1 << 36, (1 << 36) + 1_700_000_000, u64::MAX] {
        let versions = memory.versions();
        let asleep = versions.claim(now, 1).unwrap();
        let base = versions.current();
        let heir = versions.claim(now, 2).unwrap();
        assert_eq!(asleep.publish(base, &[6; CONTENT]), Err(Lost));
        let base = versions.current();
        assert_eq!(heir.publish(base, &[7; CONTENT]), Ok(base + 1));
        assert_eq!(memory.read(), Some((base + 1, [7; CONTENT])));
    }
    assert!(
        memory.versions().claim(100, 3).is_some(),
        "also when the clock is set right"
    );
}

#[test]
fn content_of_another_length_is_refused() {
    let memory = Memory::new();
    let versions = memory.versions();
    assert_eq!(versions.claim(1, 1).unwrap().publish(0, &[1; 3]), Err(Lost));
    assert_eq!(versions.read(&mut [0; 3]), None);
}
