//! Processes that share nothing but a root secret, and whose clocks disagree by up to a minute. Fifty rotations on a clock
//! of their own are in ../../../keys/tests/shared.rs; here the clocks are the system's, moved by libfaketime.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use carnet_keys::{Ring, Root};

use crate::place::{library, run};
use crate::stage::{Setup, Stage, VERSIONS};

/// A minute is the shortest interval of a root.
const INTERVAL: u64 = 60;
const LIFETIME: u64 = 120;
const SKEWS: [i64; 3] = [0, 30, 60];

fn faketime() -> PathBuf {
    let found = run(std::process::Command::new("sh").args(["-c", "ls /usr/lib/*/faketime/libfaketime.so.1"]));
    found.trim().into()
}

/// The clock stands `seconds` from the real one.
fn set_clock(file: &Path, seconds: i64) {
    fs::write(file, format!("{seconds:+}\n")).unwrap();
}

struct Host {
    stage: Stage,
    clock: PathBuf,
    skew: i64,
}

fn host(root: &Path, skew: i64) -> Host {
    let setup = Setup::new();
    let clock = setup.path("clock");
    set_clock(&clock, skew);
    let both = std::env::join_paths([library(), faketime()]).unwrap();
    let setup = setup.env("LD_PRELOAD", both).env("CARNET_ROOT", root);
    let setup = setup
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1");
    let mut stage = setup.start();
    stage.ok(&["ctx a sid=x timeout=120"]);
    Host { stage, clock, skew }
}

/// The keys of this moment, as the root gives them: what must not be found later.
fn secrets(root: &Path, now: u64) -> Vec<[u8; 32]> {
    let ring = Ring::rooted(&Root::from_file(root).unwrap(), now).unwrap();
    let key = ring.sealing(now).unwrap();
    [key.cipher_key(), key.mac_key()]
        .map(|half| half.try_into().unwrap())
        .into()
}

/// All memory of a process that can be written to.
fn memory(pid: u32) -> Vec<Vec<u8>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let file = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let ranges = maps.lines().filter_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        (rest.starts_with("rw")).then(|| (number(start), number(end)))
    });
    ranges
        .map(|(start, end)| {
            let mut bytes = vec![0; (end - start) as usize];
            // What can't be read, such as the kernel's own, is left out.
            let read = file.read_at(&mut bytes, start).unwrap_or(0);
            bytes.truncate(read);
            bytes
        })
        .collect()
}

fn has(memory: &[Vec<u8>], secret: &[u8; 32]) -> bool {
    memory.iter().any(|bytes| {
        let mut starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == secret[0]);
        starts.any(|(place, _)| bytes[place..].starts_with(secret))
    })
}

fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

#[test]
fn what_one_host_seals_every_host_opens_until_it_expires() {
    let directory = tempfile::tempdir().unwrap();
    let (root, session) = (directory.path().join("root"), directory.path().join("session"));
    let policy = carnet_keys::Policy::every(INTERVAL, LIFETIME);
    Root::create_file(&root, policy, now() - 600).unwrap();
    let mut hosts = SKEWS.map(|skew| host(&root, skew));
    let mut seen = std::collections::HashSet::new();
    let mut at = 0;
    for rotation in 0..8 {
        for version in VERSIONS {
            for from in 0..hosts.len() {
                for to in (0..hosts.len()).filter(|to| *to != from) {
                    let order = format!("connect a {version} save=s");
                    seen.insert(hosts[from].stage.ring_key(&order));
                    hosts[from].stage.ok(&[&format!("export s {}", session.display())]);
                    hosts[to].stage.ok(&[&format!("import s {}", session.display())]);
                    let there = hosts[to].stage.connect("a", version, "use=s");
                    assert!(there.is_resumed(), "rotation {rotation}, TLS {version}: {from} to {to}");
                }
            }
        }
        at += 47;
        hosts.iter().for_each(|host| set_clock(&host.clock, host.skew + at));
    }
    assert!(seen.len() >= 6, "there were rotations: {seen:?}");
}

#[test]
fn after_expiry_the_key_is_in_no_hosts_memory_and_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let policy = carnet_keys::Policy::every(INTERVAL, LIFETIME);
    Root::create_file(&root, policy, now() - 600).unwrap();
    for version in VERSIONS {
        let mut host = host(&root, 0);
        let old = secrets(&root, now());
        host.stage.connect("a", version, "save=s");
        let before = memory(host.stage.pid());
        assert!(old.iter().all(|secret| has(&before, secret)), "the search can find it");
        set_clock(&host.clock, (INTERVAL + LIFETIME + 2 * INTERVAL + 1).cast_signed());
        assert_eq!(host.stage.connect("a", version, "use=s").how, "full");
        let after = memory(host.stage.pid());
        assert!(
            !old.iter().any(|secret| has(&after, secret)),
            "TLS {version}: it is still there"
        );
    }
}
