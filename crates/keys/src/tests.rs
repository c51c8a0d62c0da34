//! The ring on a fake clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use carnet_ticket::{KeyName, TicketKey};
use proptest::prelude::*;

use crate::*;

const T: u64 = 1_700_000_000;
const HOUR: u64 = 3600;
const LIFETIME: u64 = 7200;

fn ring() -> Ring {
    Ring::rotating(Policy::every(HOUR, LIFETIME), T)
}

fn sealing(ring: &Ring, now: u64) -> KeyName {
    *ring.sealing(now).unwrap().name()
}

fn opens(ring: &Ring, name: &KeyName, now: u64) -> bool {
    ring.opening(name, now).is_some()
}

fn states(ring: &Ring, now: u64) -> Vec<KeyState> {
    ring.keys(now).iter().map(|info| info.state).collect()
}

fn ahead(ring: &Ring, now: u64) -> KeyInfo {
    let mut keys = ring.keys(now).into_iter();
    keys.find(|info| info.state == KeyState::Ahead).unwrap()
}

fn key(byte: u8) -> TicketKey {
    TicketKey::from_openssl_blob(&[byte; 80]).unwrap()
}

/// Counts up; fails on demand.
#[derive(Clone, Default)]
struct Fake {
    next: Arc<AtomicU8>,
    broken: Arc<AtomicBool>,
}

impl Fake {
    fn is_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }
}

impl Entropy for Fake {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(NoEntropy);
        }
        out.fill(self.next.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(())
    }
}

#[test]
fn a_single_key_stays() {
    let ring = Ring::single(T);
    let name = sealing(&ring, T);
    assert!(ring.opening(&name, T + 1_000_000_000).unwrap().still_seals);
    assert_eq!(sealing(&ring, T + 1_000_000_000), name);
    assert_eq!(states(&ring, T), [KeyState::Sealing]);
    assert!(!opens(&ring, &KeyName([0; 16]), T));
}

#[test]
fn a_ring_that_has_forgotten_its_keys_has_none_whatever_is_done_to_it() {
    let shared = Ring::shared(Policy::every(HOUR, LIFETIME), T).unwrap();
    for ring in [ring(), Ring::fixed(key(1)), shared] {
        let name = sealing(&ring, T);
        let erased = Arc::downgrade(&ring.sealing(T).unwrap());
        ring.forget();
        assert!(erased.upgrade().is_none(), "erased at once: nobody reads it");
        for now in [T, T + HOUR, T + 100 * HOUR] {
            assert!(ring.sealing(now).is_none() && !opens(&ring, &name, now) && ring.keys(now).is_empty());
            let _changed = (
                ring.rotate(now),
                ring.install(key(2), now),
                ring.accept(key(3), now, now),
            );
            ring.keys(now);
        }
        assert!(ring.keys(T).is_empty());
    }
}

/// A thread that is making or taking over keys at that moment puts none back.
#[test]
fn forgetting_wins_over_whoever_changes_the_ring_meanwhile() {
    for round in 0..80 {
        let ring = Ring::shared(Policy::every(1, 2), T).unwrap();
        std::thread::scope(|scope| {
            let changes = || {
                for step in 0..20 {
                    let _key = ring.sealing(T + step);
                    std::thread::yield_now();
                }
            };
            scope.spawn(changes);
            scope.spawn(changes);
            scope.spawn(|| ring.forget());
        });
        assert_eq!(ring.current.load().all().len(), 0, "round {round}");
    }
}

#[test]
fn rings_are_isolated() {
    let (one, other) = (Ring::single(T), Ring::single(T));
    assert!(!opens(&other, &sealing(&one, T), T));
}

#[test]
fn a_key_is_published_then_seals_then_opens_then_is_gone() {
    let ring = ring();
    assert_eq!(states(&ring, T), [KeyState::Sealing, KeyState::Ahead]);
    let next = ahead(&ring, T);
    let name = *next.key.name();
    assert_eq!((next.seals_from, next.seals_until), (T + HOUR, T + 2 * HOUR));
    assert!(
        ring.opening(&name, T).unwrap().still_seals,
        "published: it opens, and needs no renewal"
    );
    assert_ne!(sealing(&ring, T + HOUR - 1), name);
    assert_eq!(sealing(&ring, T + HOUR), name);
    assert_eq!(sealing(&ring, T + 2 * HOUR - 1), name);
    assert_ne!(sealing(&ring, T + 2 * HOUR), name);
    assert!(!ring.opening(&name, T + 2 * HOUR).unwrap().still_seals);
    assert!(opens(&ring, &name, T + 2 * HOUR + LIFETIME - 1));
    assert!(!opens(&ring, &name, T + 2 * HOUR + LIFETIME));
}

#[test]
fn after_long_idleness_there_is_a_new_key() {
    let ring = ring();
    let old = sealing(&ring, T);
    let later = T + 1_000 * HOUR;
    let new = sealing(&ring, later);
    assert_ne!(old, new);
    assert!(!opens(&ring, &old, later));
    assert_eq!(states(&ring, later), [KeyState::Sealing, KeyState::Ahead]);
    assert_eq!(sealing(&ring, later + HOUR - 1), new, "a full interval");
}

#[test]
fn erased_means_dropped() {
    let ring = ring();
    let weak = Arc::downgrade(&ring.sealing(T).unwrap());
    ring.keys(T + HOUR + LIFETIME - 1);
    assert!(weak.upgrade().is_some());
    ring.keys(T + HOUR + LIFETIME);
    assert!(weak.upgrade().is_none());
}

#[test]
fn rotation_on_demand() {
    for ring in [ring(), Ring::single(T)] {
        let old = sealing(&ring, T);
        let new = *ring.rotate(T + 10).unwrap().name();
        assert_ne!(old, new);
        assert_eq!(sealing(&ring, T + 10), new);
        assert!(!ring.opening(&old, T + 10).unwrap().still_seals);
        assert!(opens(&ring, &old, T + 10 + LIFETIME - 1));
        assert!(!opens(&ring, &old, T + 10 + LIFETIME));
    }
}

#[test]
fn rotation_takes_the_published_key() {
    let ring = ring();
    let next = *ahead(&ring, T).key.name();
    assert_eq!(*ring.rotate(T + 10).unwrap().name(), next);
    assert_eq!(sealing(&ring, T + 10 + HOUR - 1), next, "a full interval from then on");
    assert_ne!(sealing(&ring, T + 10 + HOUR), next);
}

#[test]
fn fixed_keys() {
    let ring = Ring::fixed(key(7));
    assert_eq!(sealing(&ring, T).0, [7; 16]);
    assert_eq!(sealing(&ring, 0).0, [7; 16]);
    assert!(ring.opening(&KeyName([7; 16]), u64::MAX - 1).unwrap().still_seals);
    assert!(ring.rotate(T).is_err(), "it can't make another");
    assert_eq!(sealing(&ring, T).0, [7; 16]);
    ring.install(key(8), T).unwrap();
    assert_eq!(sealing(&ring, T).0, [8; 16]);
    assert!(!ring.opening(&KeyName([7; 16]), T).unwrap().still_seals);
    ring.accept(key(9), u64::MAX, T).unwrap();
    assert!(!ring.opening(&KeyName([9; 16]), T + 1_000_000).unwrap().still_seals);
    assert_eq!(ring.keys(T + 1_000_000).len(), 2, "the first has run out");
}

#[test]
fn installing_postpones_the_published_key() {
    let ring = ring();
    let next = *ahead(&ring, T).key.name();
    ring.install(key(5), T + 100).unwrap();
    assert_eq!(sealing(&ring, T + 100 + HOUR - 1).0, [5; 16]);
    assert_eq!(sealing(&ring, T + 100 + HOUR), next);
}

#[test]
fn revoked_keys_open_nothing() {
    let ring = ring();
    let (old, next) = (sealing(&ring, T), *ahead(&ring, T).key.name());
    assert_eq!(ring.revoke(&old, T), Ok(true));
    assert_eq!(ring.revoke(&old, T), Ok(false));
    assert!(!opens(&ring, &old, T));
    assert_eq!(sealing(&ring, T), next, "the next takes over");

    let single = Ring::single(T);
    let old = sealing(&single, T);
    single.revoke(&old, T).unwrap();
    assert_ne!(sealing(&single, T), old);

    let fixed = Ring::fixed(key(7));
    fixed.revoke(&KeyName([7; 16]), T).unwrap();
    assert!(fixed.sealing(T).is_none(), "no key, no ticket");
}

#[test]
fn without_entropy_there_is_no_key_and_then_there_is() {
    let fake = Fake::default();
    fake.is_broken(true);
    let ring = Ring::with_entropy(Policy::every(HOUR, LIFETIME), T, Box::new(fake.clone()));
    assert!(ring.sealing(T).is_none());
    assert!(ring.rotate(T).is_err());
    fake.is_broken(false);
    assert!(ring.sealing(T).is_none(), "one try a second");
    assert!(ring.sealing(T + 1).is_some());
    assert_eq!(states(&ring, T + 1), [KeyState::Sealing, KeyState::Ahead]);
}

#[test]
fn entropy_that_fails_later_delays_the_next_key() {
    let fake = Fake::default();
    let ring = Ring::with_entropy(Policy::every(HOUR, LIFETIME), T, Box::new(fake.clone()));
    fake.is_broken(true);
    let second = sealing(&ring, T + HOUR);
    assert_eq!(ring.keys(T + HOUR).len(), 2, "none is ahead");
    fake.is_broken(false);
    assert_eq!(sealing(&ring, T + HOUR + 5), second);
    assert_eq!(ring.keys(T + HOUR + 5).len(), 3);
    fake.is_broken(true);
    sealing(&ring, T + 2 * HOUR);
    assert!(ring.sealing(T + 3 * HOUR).is_none(), "no key, no ticket");
    assert!(opens(&ring, &second, T + 3 * HOUR));
}

#[test]
fn zeros_are_no_key() {
    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Ok(())
        }
    }
    assert!(
        Ring::with_entropy(Policy::default(), T, Box::new(Zeros))
            .sealing(T)
            .is_none()
    );
}

#[test]
fn a_clock_that_jitters_changes_nothing() {
    let ring = ring();
    let first = sealing(&ring, T);
    let second = sealing(&ring, T + HOUR);
    assert_eq!(sealing(&ring, T + HOUR - 1), second, "no way back");
    assert!(!ring.opening(&first, T + HOUR - 1).unwrap().still_seals);
    assert_eq!(ring.keys(T + HOUR).len(), 3);
}

#[test]
fn a_clock_set_back_neither_stops_rotation_nor_revives() {
    let ring = ring();
    // The clock was a year fast and is corrected.
    let fast = T + 365 * 24 * HOUR;
    let wrong = sealing(&ring, fast);
    assert_eq!(sealing(&ring, T), wrong, "it seals on for at most an interval");
    assert_ne!(sealing(&ring, T + HOUR), wrong);
    assert!(opens(&ring, &wrong, T + HOUR + LIFETIME - 1));
    assert!(!opens(&ring, &wrong, T + HOUR + LIFETIME));
}

#[test]
fn the_ends_of_time() {
    let ring = Ring::rotating(Policy::every(0, 0), 0);
    assert_eq!(ring.policy().interval.unwrap().get(), 1);
    let first = sealing(&ring, 0);
    assert_ne!(sealing(&ring, 1), first);
    assert!(!opens(&ring, &first, 1));
    // No overflow, whatever comes of it.
    let _ = ring.sealing(u64::MAX);
    let _ = ring.rotate(u64::MAX);
    assert!(ring.sealing(T).is_some());
}

#[test]
fn readers_and_writers_in_many_threads() {
    let ring = Ring::rotating(Policy::every(1, 2), T);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let ring = &ring;
            scope.spawn(move || {
                for step in 0..2000 {
                    // Threads are up to three seconds apart.
                    let now = T + step / 20 + thread;
                    let key = ring.sealing(now).unwrap();
                    assert_eq!(key.to_openssl_blob().unwrap().len(), 80);
                    if step % 500 == 0 {
                        ring.rotate(now).unwrap();
                    }
                }
            });
        }
    });
    assert!(ring.keys(T + 200).len() <= 6);
}

#[test]
fn debug_shows_no_key_material() {
    let text = format!("{:?}", Ring::fixed(key(0xab)));
    assert!(
        text.contains(&"ab".repeat(16)) && !text.contains(&"ab".repeat(17)),
        "{text}"
    );
    assert!(!text.contains("171"), "{text}");
}

/// Another process has died in the middle of a change, just when a key was due to be erased.
#[test]
fn what_has_run_out_opens_nothing_though_nobody_can_erase_it() {
    let ring = Ring::shared(Policy::every(HOUR, LIFETIME), T).unwrap();
    let (name, end) = (sealing(&ring, T), T + HOUR + LIFETIME);
    assert!(opens(&ring, &name, end - 1));
    let seals = sealing(&ring, end - 1);
    std::mem::forget(ring.page.as_ref().unwrap().claim(end - 1).unwrap());
    assert!(!opens(&ring, &name, end));
    assert!(ring.opening_by_id(&name, end).is_none());
    assert_eq!(ring.with_opening(end, |key| *key == name, |_, _| ()), None);
    assert_eq!(sealing(&ring, end), seals, "the rest goes on");
    assert!(
        ring.keys(end).iter().any(|info| *info.key.name() == name),
        "it could not be erased"
    );
    assert!(
        ring.keys(end + 2).iter().all(|info| *info.key.name() != name),
        "now it is"
    );
}

#[test]
fn changes_are_counted_and_tries_are_not() {
    let root = Root::new(&[5; SECRET_LEN], Policy::every(HOUR, LIFETIME), T).unwrap();
    let ring = Ring::rooted(&root, T).unwrap();
    assert_eq!(ring.counted(Counter::Rotations), 1, "the first keys");
    for info in ring.keys(T) {
        ring.revoke(info.key.name(), T).unwrap();
    }
    let revoked = ring.counted(Counter::Rotations);
    assert_eq!(revoked, 3);
    for second in 1..10 {
        assert!(ring.sealing(T + second).is_none());
    }
    assert_eq!(ring.counted(Counter::Rotations), revoked);
}

/// A page of a host that was off for two years of minutes, or in which a worker that was taken over has set the chain back.
#[test]
fn a_chain_that_is_far_behind_catches_up_in_pieces() {
    let root = |since| Root::new(&[5; SECRET_LEN], Policy::every(60, 300), since).unwrap();
    let steps = crate::schedule::STEPS_AT_ONCE;
    let ring = Ring::rooted(&root(T), T).unwrap();
    let mut now = T + 3 * 60 * steps;
    let fleets = sealing(&Ring::rooted(&root(T), now).unwrap(), now);
    for _ in 0..2 {
        assert!(ring.sealing(now).is_none());
        assert!(ring.sealing(now).is_none(), "one piece a second");
        now += 1;
    }
    assert_eq!(sealing(&ring, now), fleets);
    assert_eq!(states(&ring, now).len(), 2 + 300 / 60);
}

#[derive(Debug, Clone)]
enum Event {
    Wait(u64),
    SetBack(u64),
    Rotate,
    Install(u8),
    RevokeSealing,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..3 * HOUR).prop_map(Event::Wait),
        1 => (0..30 * HOUR).prop_map(Event::Wait),
        1 => (0..30 * HOUR).prop_map(Event::SetBack),
        1 => Just(Event::Rotate),
        1 => any::<u8>().prop_map(|byte| Event::Install(byte | 1)),
        1 => Just(Event::RevokeSealing),
    ]
}

proptest! {
    #[test]
    fn one_key_seals_and_one_is_ahead(events in prop::collection::vec(event(), 1..40)) {
        let ring = ring();
        let mut now = T;
        for event in events {
            match event {
                Event::Wait(seconds) => now += seconds,
                Event::SetBack(seconds) => now -= seconds,
                Event::Rotate => prop_assert!(ring.rotate(now).is_ok()),
                Event::Install(byte) => ring.install(key(byte), now).unwrap(),
                Event::RevokeSealing => prop_assert_eq!(ring.revoke(&sealing(&ring, now), now), Ok(true)),
            }
            let states = states(&ring, now);
            let count = |wanted| states.iter().filter(|state| **state == wanted).count();
            prop_assert_eq!(count(KeyState::Sealing), 1, "{:?}", states);
            prop_assert_eq!(count(KeyState::Ahead), 1, "{:?}", states);
        }
    }

    /// What is sealed now opens for a ticket's lifetime, and not much longer.
    #[test]
    fn tickets_open_for_their_lifetime(waits in prop::collection::vec(1..2 * HOUR, 1..10)) {
        let ring = ring();
        let mut now = T;
        let mut sealed = Vec::new();
        for wait in waits {
            sealed.push((now, sealing(&ring, now)));
            now += wait;
            for (at, name) in &sealed {
                let opens = opens(&ring, name, now);
                prop_assert!(opens || now >= at + LIFETIME);
                prop_assert!(!opens || now < at + HOUR + LIFETIME);
            }
        }
    }
}

/// As far as a worker that was taken over may have set it: the next start must not run after it.
#[test]
fn a_chain_far_ahead_of_the_clock_is_not_taken_for_a_roots() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let root = Root::new(&[5; SECRET_LEN], Policy::every(HOUR, LIFETIME), T).unwrap();
    let open = |now| Ring::open_or_create_file(&path, &Start::Root(&root), now).map(|ring| drop(ring.keys(now)));
    for ahead in [0, 10, 1000] {
        open(T + ahead * HOUR).unwrap();
        open(T).unwrap();
    }
    open(T + 2000 * HOUR).unwrap();
    assert!(matches!(open(T), Err(FileError::OtherRoot { .. })));
    open(T + 1000 * HOUR).unwrap();
}
