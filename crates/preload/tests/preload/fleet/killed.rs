//! Servers that share a ring file, killed or stopped in the middle of a rotation.
//!
//! A writer asks for randomness twice: before it claims the page, and for the new key, when it has claimed it. These are the
//! moments at which it is killed, or stopped. (Every single step of the writing is in carnet-keys' own tests.)

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use carnet_keys::{KeyState, Ring};

use super::T;
use super::host::Host;
use crate::stage::{Setup, Stage, VERSIONS};

const INTERVAL: u64 = 60;
const LIFETIME: u64 = 300;
const HOSTS: usize = 3;
const ROUNDS: usize = 8;
/// Where the claim stands in the page.
const CLAIM: u64 = 5 * 8;

struct Shared {
    ring: PathBuf,
    hosts: Vec<Host>,
    caller: Stage,
    clock: u64,
    /// When the tickets were made whose sessions the caller has by their places here.
    tickets: Vec<u64>,
}

impl Shared {
    fn new(directory: &Path) -> Self {
        let ring = directory.join("ring");
        let settings = vec![
            ("CARNET_RING", ring.clone().into()),
            ("CARNET_INTERVAL", INTERVAL.to_string().into()),
            ("CARNET_LIFETIME", LIFETIME.to_string().into()),
        ];
        Self {
            hosts: (0..HOSTS).map(|_| Host::with(settings.clone(), T)).collect(),
            ring,
            caller: Setup::of("caller").start(),
            clock: T,
            tickets: Vec::new(),
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.clock += seconds;
        self.hosts.iter_mut().for_each(|host| host.set_clock(self.clock));
    }

    fn mint(&mut self, host: usize, version: u32) -> String {
        let order = format!(
            "mint {} {version} {}",
            self.hosts[host].socket().display(),
            self.tickets.len()
        );
        let answer = self.caller.say(&order);
        answer.split(' ').next().unwrap().to_owned()
    }

    /// Each of these hosts makes tickets and opens all that have not run out.
    fn all_is_well(&mut self, hosts: &[usize], when: &str) {
        for host in hosts {
            for version in VERSIONS {
                assert_eq!(self.mint(*host, version), "full", "{when}, host {host}");
                self.tickets.push(self.clock);
            }
        }
        for (number, made) in self.tickets.iter().enumerate() {
            for host in hosts.iter().filter(|_| self.clock < made + LIFETIME) {
                let answer = self
                    .caller
                    .say(&format!("use {} {number}", self.hosts[*host].socket().display()));
                assert_eq!(answer, "resumed", "{when}, host {host}, {} s old", self.clock - made);
            }
        }
    }

    /// Is somebody at the writing?
    fn is_claimed(&self) -> bool {
        let mut claim = [0; 8];
        let ring = fs::File::open(&self.ring).unwrap();
        ring.read_exact_at(&mut claim, CLAIM).unwrap();
        claim != [0; 8]
    }

    /// How many keys wait for their turn.
    fn ahead(&self) -> usize {
        let ring = Ring::look_at_file(&self.ring, self.clock).unwrap();
        let keys = ring.keys(self.clock);
        keys.iter().filter(|info| info.state == KeyState::Ahead).count()
    }
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_rotation_leaves_the_ring_to_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let mut shared = Shared::new(directory.path());
    shared.all_is_well(&[0, 1, 2], "at first");
    for round in 0..ROUNDS {
        let (victim, with_claim) = (round % HOSTS, round % 2 == 1);
        let others: Vec<_> = (0..HOSTS).filter(|host| *host != victim).collect();
        // The key that was published seals now, and the next is to be made.
        shared.pass(INTERVAL);
        shared.hosts[victim].signal_at(if with_claim { 2 } else { 1 }, "KILL");
        let answer = shared.mint(victim, VERSIONS[round / 2 % 2]);
        assert_eq!(
            (answer.as_str(), shared.is_claimed()),
            ("failed", with_claim),
            "round {round}"
        );
        // The others do not wait for a dead one: their next key was published a minute ago.
        shared.all_is_well(&others, &format!("round {round}, at once"));
        shared.pass(3);
        shared.all_is_well(&others, &format!("round {round}, later"));
        assert_eq!((shared.ahead(), shared.is_claimed()), (1, false), "round {round}");
        shared.hosts[victim].restart();
        shared.all_is_well(&[0, 1, 2], &format!("round {round}, after a new start"));
    }
}

/// For six intervals, in which the others go on. What it then does with the time that it has read before, and with the claim
/// that it has had, undoes nothing of theirs.
#[test]
fn a_server_that_is_stopped_in_the_middle_of_a_rotation_harms_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let mut shared = Shared::new(directory.path());
    shared.all_is_well(&[0, 1, 2], "at first");
    for (round, with_claim) in [false, true, true, false].into_iter().enumerate() {
        let (sleeper, others) = (round % HOSTS, [(round + 1) % HOSTS, (round + 2) % HOSTS]);
        shared.hosts[sleeper].restart();
        shared.pass(INTERVAL);
        shared.all_is_well(&[sleeper], &format!("round {round}, at its beginning"));
        shared.pass(INTERVAL);
        shared.hosts[sleeper].signal_at(if with_claim { 2 } else { 1 }, "STOP");
        let order = format!("mint {} 13 0", shared.hosts[sleeper].socket().display());
        let mut client = Setup::of("caller").start();
        let client = std::thread::spawn(move || client.say(&order));
        let start = Instant::now();
        while !shared.hosts[sleeper].has_stopped() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "round {round}: it does not stop"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(shared.is_claimed(), with_claim, "round {round}");
        for interval in 0..6 {
            shared.pass(INTERVAL);
            shared.all_is_well(&others, &format!("round {round}, after {interval} intervals"));
        }
        shared.hosts[sleeper].go_on();
        assert!(client.join().unwrap().starts_with("full"), "round {round}");
        shared.all_is_well(&[0, 1, 2], &format!("round {round}, awake again"));
        assert_eq!((shared.ahead(), shared.is_claimed()), (1, false), "round {round}");
    }
}
