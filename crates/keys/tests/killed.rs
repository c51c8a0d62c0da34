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
    let (mut seen, mut rounds, mut last, mut now) = (0_u32, 0_u32, 0, T);
    for round in 0..KILLS {
        // The claim of one that was killed runs out after two seconds; this clock is ours to move.
        now += 3;
        let before = seen;
        let mut victims = [spawn(&path, now), spawn(&path, now)];
        let until = Instant::now() + Duration::from_millis(20 + u64::from(round % 7) * 3);
        while Instant::now() < until {
            let sealing = ring.sealing(now).expect("there is always a key");
            assert!(is_whole(&sealing), "{sealing:?}");
            seen += u32::from(sealing.name().0[0] != last);
            last = sealing.name().0[0];
        }
        for victim in &mut victims {
            victim.kill().unwrap();
            victim.wait().unwrap();
        }
        rounds += u32::from(seen > before);
    }
    assert!(rounds > KILLS / 2, "the writers wrote in {rounds} of {KILLS} rounds");
    let later = now + 3;
    ring.install(key(77), later).unwrap();
    assert_eq!(ring.sealing(later).unwrap().name().0, [77; 16]);
    assert_eq!(
        Ring::open_file(&path).unwrap().sealing(later).unwrap().name().0,
        [77; 16]
    );
}
