//! The shared page under every interleaving of two processes, with weak memory (loom).

use loom::sync::Arc;
use loom::thread;
use versions::*;

use atomics::AtomicU64;

/// What `versions` is built on, in the place of the standard library's.
mod atomics {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};

    /// Once more than head changes here. Each multiplies what there is to try.
    pub(crate) const TRIES: usize = 3;
}
#[path = "../src/shared/versions.rs"]
mod versions;

struct Memory {
    head: AtomicU64,
    claim: AtomicU64,
    copies: [Vec<AtomicU64>; 2],
}

fn sum(version: u64, words: &[u64]) -> u64 {
    words.iter().fold(version, |sum, word| sum.wrapping_mul(31) ^ word)
}

/// Version 1 is published: two words of 1.
fn memory() -> Arc<Memory> {
    let copy = || [1, sum(1, &[1, 1]), 1, 1].map(AtomicU64::new).into();
    Arc::new(Memory {
        head: AtomicU64::new(1),
        claim: AtomicU64::new(0),
        copies: [copy(), copy()],
    })
}

impl Memory {
    fn versions(&self) -> Versions<'_> {
        Versions {
            head: &self.head,
            claim: &self.claim,
            copies: [&self.copies[0], &self.copies[1]],
            checksum: sum,
        }
    }

    fn write(&self, now: u64, value: u64) -> Option<u64> {
        let versions = self.versions();
        let claim = versions.claim(now, value)?;
        claim.publish(versions.current(), &[value, value]).ok()
    }

    fn read(&self) -> (u64, u64) {
        let mut out = [0; 2];
        let version = self.versions().read(&mut out).unwrap_or_default();
        assert_eq!(out[0], out[1], "torn in version {version}");
        (version, out[0])
    }
}

/// `preemptions`: how often, at most, a thread is stopped in the middle; the number of interleavings grows with its power.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

#[test]
fn a_reader_sees_all_of_a_version_or_nothing_of_it() {
    check(2, || {
        let memory = memory();
        let writer = memory.clone();
        let handle = thread::spawn(move || {
            assert_eq!(writer.write(10, 2), Some(2));
            assert_eq!(writer.write(10, 3), Some(3));
        });
        let (first, value) = memory.read();
        assert_eq!(first, value);
        let (second, _) = memory.read();
        assert!(second >= first, "no way back");
        handle.join().unwrap();
        assert_eq!(memory.read(), (3, 3));
    });
}

#[test]
fn of_two_writers_each_succeeds_or_knows() {
    check(2, || {
        let memory = memory();
        let other = memory.clone();
        let handle = thread::spawn(move || other.write(10, 2));
        let mine = memory.write(10, 3);
        let theirs = handle.join().unwrap();
        let written = [mine, theirs].iter().flatten().count() as u64;
        assert!(written >= 1);
        assert_eq!(memory.read().0, 1 + written);
    });
}

#[test]
fn a_writer_that_was_taken_for_dead_tears_nothing() {
    check(1, || {
        let memory = memory();
        let slow = memory.clone();
        // Two seconds apart: the second takes the first for dead, whatever it is doing.
        let handle = thread::spawn(move || slow.write(10, 2));
        let heir = memory.write(12, 3);
        let mut out = [0; 2];
        // A word that the sleeper writes after its last look may damage a copy: then there is the twin, or nothing,
        // but never a mixture.
        if memory.versions().read(&mut out).is_some() {
            assert_eq!(out[0], out[1]);
        }
        handle.join().unwrap();
        assert!(heir.is_some() || memory.versions().read(&mut out).is_some());
    });
}

#[test]
fn a_writer_that_was_taken_for_dead_does_not_claim_the_work_of_another() {
    check(2, || {
        let memory = memory();
        let slow = memory.clone();
        let handle = thread::spawn(move || slow.write(10, 2));
        let heir = memory.write(12, 3);
        let sleeper = handle.join().unwrap();
        let mut out = [0; 2];
        let seen = memory.versions().read(&mut out);
        for (published, value) in [(sleeper, 2), (heir, 3)] {
            if published.is_some() && published == seen {
                assert_eq!(out, [value; 2], "this is what was said to be version {published:?}");
            }
        }
    });
}

/// Whoever finds the copy that head names damaged takes the twin's word under head's number: it is of that version, of the
/// one before or of the one that comes, and once a writer is done it is that writer's.
#[test]
fn a_twin_that_stands_in_under_heads_number_is_replaced_by_the_next_version() {
    // How far the last writer got with the twin: to the end, or not at all.
    for before in [1, 0] {
        check(1, move || {
            let copies = [[before, sum(before, &[before]), before], [1, sum(1, &[1]), 99]];
            let memory = Arc::new(Memory {
                head: AtomicU64::new(1),
                claim: AtomicU64::new(0),
                copies: copies.map(|copy| copy.map(AtomicU64::new).into()),
            });
            let writer = memory.clone();
            let handle = thread::spawn(move || {
                let versions = writer.versions();
                let claim = versions.claim(10, 1).unwrap();
                assert_eq!(claim.publish(versions.current(), &[2]), Ok(2));
            });
            let mut out = [0];
            match memory.versions().read(&mut out) {
                Some(1) => assert!([[before], [2]].contains(&out), "{out:?}"),
                // While the twin is overwritten none is whole.
                seen => assert!(seen.is_none() || (seen, out) == (Some(2), [2]), "{seen:?} {out:?}"),
            }
            handle.join().unwrap();
            assert_eq!(memory.versions().read(&mut out), Some(2));
            assert_eq!(out, [2]);
        });
    }
}
