//! Writers in other processes that are killed in the middle of what they do, over and over.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use carnet_keys::{Policy, Ring, Start};
use carnet_ticket::TicketKey;

const T: u64 = 1_700_000_000;
const RING: &str = "CARNET_TEST_RING";
const NOW: &str = "CARNET_TEST_NOW";
const KILLS: u32 = 60;
/// Until a process has started.
const PATIENCE: Duration = Duration::from_secs(60);

/// All parts of it are the same byte, so that a key made of two is seen to be.
fn key(byte: u8) -> TicketKey {
    TicketKey::from_openssl_blob(&[byte; 80]).unwrap()
}

fn is_whole(key: &TicketKey) -> bool {
    let blob = key.to_openssl_blob().unwrap();
    blob.iter().all(|byte| *byte == blob[0] && *byte != 0)
}

#[test]
#[ignore = "the victim: run by the other test of this file"]
fn victim() {
    let ring = Ring::open_file(Path::new(&std::env::var(RING).unwrap())).unwrap();
    let now = std::env::var(NOW).unwrap().parse().unwrap();
    for byte in (1..=u8::MAX).cycle() {
        // Busy while the other victim is at it.
        let _busy = ring.install(key(byte), now);
    }
}

fn spawn(path: &Path, now: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "victim"])
        .env(RING, path)
        .env(NOW, now.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn readers_never_see_a_torn_key_and_the_next_writer_takes_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let ring = Ring::create_file(&path, &Start::Random(Policy::unchanging(0)), T).unwrap();
    ring.install(key(1), T).unwrap();
    let (mut last, mut now) = (1, T);
    for round in 0..KILLS {
        // The claim of one that was killed runs out after two seconds; this clock is ours to move.
        now += 3;
        let mut victims = [spawn(&path, now), spawn(&path, now)];
        let mut look = || {
            let sealing = ring.sealing(now).expect("there is always a key");
            assert!(is_whole(&sealing), "{sealing:?}");
            std::mem::replace(&mut last, sealing.name().0[0]) != last
        };
        let begun = Instant::now();
        while !look() {
            assert!(begun.elapsed() < PATIENCE, "nobody writes in round {round}");
        }
        let until = Instant::now() + Duration::from_millis(5 + u64::from(round % 7) * 3);
        while Instant::now() < until {
            look();
        }
        for victim in &mut victims {
            victim.kill().unwrap();
            victim.wait().unwrap();
        }
    }
    let later = now + 3;
    ring.install(key(77), later).unwrap();
    assert_eq!(ring.sealing(later).unwrap().name().0, [77; 16]);
    assert_eq!(
        Ring::open_file(&path).unwrap().sealing(later).unwrap().name().0,
        [77; 16]
    );
}
