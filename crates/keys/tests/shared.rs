//! Rings in files, seen by several at once. Each `Ring` here has a mapping of its own, as another process would.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use carnet_keys::{ChangeError, Counter, FileError, Found, KeyState, Policy, Ring, Root, SECRET_LEN, Start};
use carnet_ticket::{KeyName, MacAlgorithm, TicketKey};

const T: u64 = 1_700_000_000;
const HOUR: u64 = 3600;
const LIFETIME: u64 = 7200;

struct Place {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    Place {
        _directory: directory,
        path,
    }
}

impl Place {
    fn create(&self) -> Ring {
        let start = Start::Random(Policy::every(HOUR, LIFETIME));
        Ring::create_file(&self.path, &start, T).unwrap()
    }

    fn open(&self) -> Ring {
        Ring::open_file(&self.path).unwrap()
    }
}

fn sealing(ring: &Ring, now: u64) -> KeyName {
    *ring.sealing(now).unwrap().name()
}

fn opens(ring: &Ring, name: &KeyName, now: u64) -> bool {
    ring.opening(name, now).is_some()
}

fn blob(ring: &Ring, now: u64) -> Vec<u8> {
    ring.sealing(now).unwrap().to_openssl_blob().unwrap().to_vec()
}

#[test]
fn all_who_map_a_file_have_the_same_keys_whoever_rotates() {
    let place = place();
    let rings = [place.create(), place.open(), place.open()];
    for step in 0..60 {
        let now = T + step * HOUR / 4;
        let first = &rings[step as usize % 3];
        let key = blob(first, now);
        for ring in &rings {
            assert_eq!(blob(ring, now), key, "step {step}");
            assert_eq!(ring.keys(now).len(), first.keys(now).len());
        }
    }
}

/// One process was stopped for ten hours with the time in its hands, at any step of its work. Nothing that the others have
/// done meanwhile goes.
#[test]
fn who_has_slept_does_not_set_the_clock_back() {
    static CLOCK: AtomicU64 = AtomicU64::new(T);
    let (place, later) = (place(), T + 10 * HOUR);
    let (awake, start) = (place.create(), Start::Random(Policy::every(HOUR, LIFETIME)));
    let clock = || CLOCK.load(Ordering::Relaxed);
    let sleeper = place.open().with_clock(clock);
    sealing(&sleeper, T);
    let key = sealing(&awake, later);
    CLOCK.store(later, Ordering::Relaxed);
    let new = Ring::open_or_create_file(&place.path, &start, T)
        .unwrap()
        .with_clock(clock);
    assert_eq!(sealing(&sleeper, T), key, "what seals now");
    assert_eq!(sealing(&new, T), key, "what seals now");
    sleeper.accept(self::key(9, 16), later + HOUR, T).unwrap();
    let own = Ring::rotating(Policy::every(HOUR, LIFETIME), later).with_clock(clock);
    let own_key = sealing(&own, later);
    own.accept(self::key(9, 16), later + HOUR, T).unwrap();
    for (ring, key) in [(&awake, key), (&own, own_key)] {
        assert_eq!(sealing(ring, later + HOUR - 1), key);
        CLOCK.store(later + HOUR + LIFETIME - 1, Ordering::Relaxed);
        assert!(opens(ring, &key, later + HOUR + LIFETIME - 1));
    }
}

#[test]
fn what_one_does_by_hand_all_see() {
    let place = place();
    let (one, other) = (place.create(), place.open());
    let old = sealing(&one, T);
    let new = *other.rotate(T + 10).unwrap().name();
    assert_eq!(sealing(&one, T + 10), new);
    let Found { still_seals, .. } = one.opening(&old, T + 10).unwrap();
    assert!(!still_seals);
    assert_eq!(one.revoke(&old, T + 11), Ok(true));
    assert!(!opens(&other, &old, T + 11));
    other.accept(key(9, 16), T + 100, T + 11).unwrap();
    assert_eq!(
        one.opening(&KeyName([9; 16]), T + 99).unwrap().key.cipher_key(),
        [9; 16]
    );
    assert!(!opens(&one, &KeyName([9; 16]), T + 100));
    one.install(key(8, 32), T + 12).unwrap();
    assert_eq!(sealing(&other, T + 12), KeyName([8; 16]));
    let foreign = TicketKey::new(KeyName([7; 16]), &[7; 32], MacAlgorithm::Sha512, &[7; 64]).unwrap();
    assert_eq!(one.install(foreign, T + 12), Err(ChangeError::Unshareable));
}

fn key(byte: u8, cipher_len: usize) -> TicketKey {
    TicketKey::new(
        KeyName([byte; 16]),
        &vec![byte; cipher_len],
        MacAlgorithm::Sha256,
        &[byte; 16],
    )
    .unwrap()
}

/// As many as there are places, and more: what makes room is what only opens.
#[test]
fn a_full_ring_keeps_the_key_that_seals_and_the_next() {
    let place = place();
    let (one, other) = (place.create(), place.open());
    let (now, next) = (sealing(&one, T), sealing(&one, T + HOUR));
    for byte in 1..=20 {
        one.accept(key(byte, 32), T + 2 * HOUR, T + HOUR).unwrap();
        for ring in [&one, &other] {
            assert_eq!(sealing(ring, T + HOUR), next, "after {byte} more");
            assert!(ring.keys(T + HOUR).len() <= Ring::ROOM);
            assert!(opens(ring, &KeyName([byte; 16]), T + HOUR));
        }
    }
    assert!(
        !opens(&one, &now, T + HOUR) && !opens(&one, &KeyName([1; 16]), T + HOUR),
        "the oldest left"
    );
    let after = sealing(&one, T + 2 * HOUR);
    assert_eq!(sealing(&other, T + 2 * HOUR), after);
    for byte in 21..=60 {
        one.install(key(byte, 32), T + 2 * HOUR).unwrap();
        for ring in [&one, &other] {
            assert_eq!(sealing(ring, T + 2 * HOUR), KeyName([byte; 16]));
            let ahead = ring
                .keys(T + 2 * HOUR)
                .iter()
                .filter(|info| info.state == KeyState::Ahead)
                .count();
            assert_eq!(ahead, 1, "the next is still published");
        }
    }
}

#[test]
fn a_ring_outlives_those_who_use_it() {
    let place = place();
    let name = sealing(&place.create(), T);
    assert_eq!(sealing(&place.open(), T + HOUR - 1), name);
    let later = place.open();
    assert!(opens(&later, &name, T + HOUR + LIFETIME - 1));
    assert!(!opens(&later, &name, T + HOUR + LIFETIME));
}

#[test]
fn an_image_is_a_copy() {
    let place = place();
    let ring = place.create();
    ring.count(carnet_keys::Counter::Issued);
    let bytes = fs::read(&place.path).unwrap();
    let image = Ring::of_image(bytes.as_slice().try_into().unwrap(), T).unwrap();
    assert_eq!(blob(&image, T), blob(&ring, T));
    assert_eq!(image.counted(carnet_keys::Counter::Issued), 1);
    assert_eq!(image.revoke(&sealing(&image, T), T), Ok(true));
    assert_ne!(blob(&image, T), blob(&ring, T));
    assert!(Ring::of_image(&[0; carnet_keys::PAGE_LEN], T).is_err());
}

#[test]
fn time_passes_in_a_copy_but_nothing_is_made_or_counted() {
    let place = place();
    let ring = place.create();
    let before = fs::read(&place.path).unwrap();
    let look = |now| Ring::look_at_file(&place.path, now).unwrap();
    let names = |ring: &Ring, now| ring.keys(now).iter().map(|info| *info.key.name()).collect::<Vec<_>>();
    assert_eq!(names(&look(T), T), names(&ring, T));
    let later = T + HOUR;
    assert_eq!(
        names(&look(later), later).len(),
        2,
        "the next seals, and none is made after it"
    );
    assert!(names(&look(T + 1000 * HOUR), T + 1000 * HOUR).is_empty());
    assert_eq!(
        look(later).counted(Counter::Rotations),
        ring.counted(Counter::Rotations)
    );
    assert_eq!(look(later).rotate(later).unwrap_err(), ChangeError::Given);
    assert_eq!(fs::read(&place.path).unwrap(), before, "nothing was written");
}

/// Not even a chain goes on in it, which may be far behind: whoever looks at others' rings must not work for them.
#[test]
fn a_copy_of_a_roots_ring_shows_what_is_there() {
    let place = place();
    let root = Root::new(&[5; SECRET_LEN], Policy::every(HOUR, LIFETIME), T).unwrap();
    drop(Ring::create_file(&place.path, &Start::Root(&root), T).unwrap());
    let states = |now| {
        let ring = Ring::look_at_file(&place.path, now).unwrap();
        assert!(ring.is_rooted());
        ring.keys(now).iter().map(|info| info.state).collect::<Vec<_>>()
    };
    assert_eq!(states(T), [KeyState::Sealing, KeyState::Ahead]);
    assert_eq!(
        states(T + HOUR),
        [KeyState::Opening, KeyState::Sealing],
        "none is made after it"
    );
    assert_eq!(states(T + 2 * HOUR), [KeyState::Opening; 2]);
    for later in [T + 1000 * HOUR, u64::MAX] {
        assert_eq!(states(later), []);
    }
}

#[test]
fn erased_keys_are_not_in_the_file() {
    let place = place();
    let ring = place.create();
    let mut keys = Vec::new();
    for step in 0..20 {
        keys.push(blob(&ring, T + step * HOUR));
    }
    ring.revoke(&sealing(&ring, T + 19 * HOUR), T + 19 * HOUR).unwrap();
    let image = fs::read(&place.path).unwrap();
    let found = |key: &Vec<u8>| {
        image
            .windows(32)
            .any(|window| window == &key[16..48] || window == &key[48..])
    };
    let kept: Vec<_> = keys.iter().map(found).collect();
    // What was sealed two hours ago and since opens; the last was revoked.
    let expected: Vec<_> = (0..20).map(|step| (17..19).contains(&step)).collect();
    assert_eq!(kept, expected);
}

#[test]
fn a_file_that_is_not_private_is_refused_with_advice() {
    let place = place();
    drop(place.create());
    for mode in [0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(&place.path, Permissions::from_mode(mode)).unwrap();
        let error = Ring::open_file(&place.path).unwrap_err();
        assert!(matches!(error, FileError::OpenToOthers { .. }), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    fs::set_permissions(&place.path, Permissions::from_mode(0o600)).unwrap();
    assert!(Ring::open_file(&place.path).is_ok());
}

#[test]
fn what_is_no_ring_is_refused() {
    let place = place();
    let open = || Ring::open_file(&place.path).unwrap_err().to_string();
    assert!(open().contains("No such file"));
    let write = |bytes: &[u8]| carnet_keys::write_private(&place.path, bytes).unwrap();
    write(b"short");
    assert!(open().contains("it has 5 bytes, not 4096"), "{}", open());
    write(&[0; 4096]);
    assert!(open().contains("not a ring of ticket keys"), "{}", open());
    fs::remove_file(&place.path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &place.path).unwrap();
    assert!(Ring::open_file(&place.path).is_err());
    let directory = Ring::open_file(place.path.parent().unwrap());
    assert!(directory.is_err());
}

#[test]
fn a_ring_that_is_there_is_not_made_again() {
    let place = place();
    let name = sealing(&place.create(), T);
    let start = Start::Random(Policy::every(HOUR, LIFETIME));
    assert!(Ring::create_file(&place.path, &start, T).is_err());
    let ring = Ring::open_or_create_file(&place.path, &start, T).unwrap();
    assert_eq!(sealing(&ring, T), name);
    let left: Vec<_> = fs::read_dir(place.path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half-made lies about");
}

#[test]
fn a_damaged_ring_gives_no_wrong_keys_and_is_begun_anew() {
    let place = place();
    let name = sealing(&place.create(), T);
    let mut bytes = fs::read(&place.path).unwrap();
    let words = bytes.len() / 8;
    for word in 8..words - 38 {
        bytes[word * 8] ^= 1;
    }
    carnet_keys::write_private(&place.path, &bytes).unwrap();
    let ring = place.open();
    assert_ne!(sealing(&ring, T), name);
    assert_eq!(sealing(&place.open(), T), sealing(&ring, T));
}

#[test]
fn too_many_keys_are_refused_before_anything_is_made() {
    let place = place();
    let start = Start::Random(Policy::every(60, LIFETIME));
    let error = Ring::create_file(&place.path, &start, T).unwrap_err();
    assert!(error.to_string().contains("at least 554 s"), "{error}");
    assert!(!place.path.exists());
    assert!(Ring::shared(Policy::every(554, LIFETIME), T).is_ok());
}

mod fleet {
    use super::*;

    const INTERVAL: u64 = 60;
    const SHORT: u64 = 300;

    fn root(since: u64) -> Root {
        Root::new(&[5; SECRET_LEN], Policy::every(INTERVAL, SHORT), since).unwrap()
    }

    /// Three hosts that share nothing but the root; their clocks are up to a minute apart.
    #[test]
    fn through_fifty_rotations_each_opens_what_the_others_seal() {
        let since = T - 1000;
        let skews = [0, 30, 60];
        let hosts = skews.map(|skew| Ring::rooted(&root(since), T + skew).unwrap());
        let mut sealed: Vec<(u64, KeyName)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        for now in (T..T + 50 * INTERVAL).step_by(7) {
            for (host, skew) in hosts.iter().zip(skews) {
                let name = sealing(host, now + skew);
                sealed.push((now, name));
                names.insert(name);
            }
            for (at, name) in &sealed {
                for (host, skew) in hosts.iter().zip(skews) {
                    let opens = opens(host, name, now + skew);
                    // A fast clock is up to a minute ahead with erasing as well: the key had its interval on top.
                    assert!(opens || now + skew >= at + SHORT, "sealed {} s ago", now - at);
                    assert!(!opens || now + skew <= at + SHORT + 2 * INTERVAL, "{} s ago", now - at);
                }
            }
            sealed.retain(|(at, _)| now < at + 2 * SHORT);
        }
        assert!(names.len() >= 50);
    }

    #[test]
    fn a_host_that_starts_later_has_the_keys_of_before() {
        let early = Ring::rooted(&root(T), T).unwrap();
        let now = T + 1234;
        let old = sealing(&early, now - SHORT);
        let late = Ring::rooted(&root(T), now).unwrap();
        assert_eq!(blob(&early, now), blob(&late, now));
        assert!(opens(&late, &old, now));
    }

    #[test]
    fn the_memory_of_today_opens_nothing_from_yesterday() {
        let place = place();
        let ring = Ring::create_file(&place.path, &Start::Root(&root(T)), T).unwrap();
        let old = ring.sealing(T).unwrap();
        let chain_before = fs::read(&place.path).unwrap();
        let now = T + INTERVAL + SHORT + INTERVAL;
        ring.keys(now);
        let image = fs::read(&place.path).unwrap();
        for secret in [old.cipher_key(), old.mac_key(), &old.name().0] {
            assert!(chain_before.windows(secret.len()).any(|window| window == secret));
            assert!(!image.windows(secret.len()).any(|window| window == secret));
        }
        assert!(
            !image.windows(SECRET_LEN).any(|window| window == [5; SECRET_LEN]),
            "nor is the root there"
        );
        // Whoever has the image has the chain as it is now, and there is no way back from it.
        let stolen = place.open();
        for time in [T, T + INTERVAL, now] {
            assert!(!opens(&stolen, old.name(), time));
        }
        assert!(stolen.is_rooted());
        assert_eq!(
            blob(&stolen, now + INTERVAL),
            blob(&ring, now + INTERVAL),
            "but it goes on with the fleet"
        );
    }

    #[test]
    fn the_clock_alone_rotates() {
        let ring = Ring::rooted(&root(T), T).unwrap();
        assert_eq!(ring.rotate(T).unwrap_err(), ChangeError::Rooted);
        assert_eq!(ring.install(key(1, 32), T), Err(ChangeError::Rooted));
        ring.accept(key(1, 32), T + 10, T).unwrap();
        assert!(opens(&ring, &KeyName([1; 16]), T));
        let states: Vec<_> = ring.keys(T).iter().map(|info| info.state).collect();
        assert_eq!(states.iter().filter(|state| **state == KeyState::Sealing).count(), 1);
        assert_eq!(states.iter().filter(|state| **state == KeyState::Ahead).count(), 1);
    }

    #[test]
    fn other_keys_do_not_push_out_those_of_the_clock() {
        let ring = Ring::rooted(&root(T), T).unwrap();
        let name = sealing(&ring, T);
        for byte in 1..=20 {
            ring.accept(key(byte, 32), T + 1000, T).unwrap();
        }
        ring.keys(T + 1);
        assert_eq!(sealing(&ring, T), name);
        assert_eq!(
            sealing(&ring, T + INTERVAL),
            sealing(&Ring::rooted(&root(T), T).unwrap(), T + INTERVAL)
        );
    }

    #[test]
    fn a_clock_at_its_end_does_not_hold_anybody_up() {
        for now in [u64::MAX, u64::MAX - 1, 1 << 62] {
            let ring = Ring::rooted(&root(T), now).unwrap();
            assert!(ring.sealing(now).is_none());
            ring.keys(T);
            assert_eq!(sealing(&ring, T), sealing(&Ring::rooted(&root(T), T).unwrap(), T));
        }
    }

    #[test]
    fn a_clock_that_jumps_and_comes_back_finds_no_key_or_the_fleets() {
        let (jumpy, steady) = (Ring::rooted(&root(T), T).unwrap(), Ring::rooted(&root(T), T).unwrap());
        jumpy.keys(T + 20 * INTERVAL);
        for now in (T..T + 30 * INTERVAL).step_by(13) {
            if let Some(key) = jumpy.sealing(now) {
                assert_eq!(key.name(), &sealing(&steady, now));
            }
        }
        // Centuries: the chain stays where it is rather than run for minutes.
        jumpy.keys(u64::MAX / 2);
        assert!(jumpy.sealing(u64::MAX / 2).is_none());
        let now = T + 40 * INTERVAL;
        assert_eq!(sealing(&jumpy, now), sealing(&steady, now));
    }

    #[test]
    fn roots_need_an_interval_that_clocks_can_agree_on() {
        let root = |policy| Root::new(&[5; SECRET_LEN], policy, T).unwrap_err().to_string();
        assert!(root(Policy::unchanging(SHORT)).contains("at least 60 s"));
        assert!(root(Policy::every(59, SHORT)).contains("at least 60 s"));
        assert!(root(Policy::every(60, LIFETIME)).contains("at least 554 s"));
    }
}
