//! Clients that come again and again, each time with their newest ticket, while keys change and things happen to the server:
//! no handshake fails, and every one is a resumption. The library's clock goes on when the test says so (clock.c), a minute
//! at a time, and only once each client has come: how fast the machine is does not matter.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use carnet_keys::{Counter, Policy, Ring, Root};

use crate::client::{Client, Talk, VERSIONS, Version};
use crate::place::{CLOCK, Place, now, signal};
use crate::process::PATIENCE;

const CLIENTS_OF_A_VERSION: usize = 2;
const CLIENTS: usize = CLIENTS_OF_A_VERSION * VERSIONS.len();
/// The shortest that a root can have. Tickets must open when two of them have passed since a client came.
const INTERVAL: u64 = 60;
const LIFETIME: u64 = 150;
/// How often the clock goes on: the first key runs out on the way, OpenSSL's sessions of five minutes do not.
const STEPS: u64 = 4;
/// Of each client between two steps.
const RESUMPTIONS: usize = 3;

/// Where a server has its keys from, and a clock for them.
pub struct Keys {
    ring: String,
    root: Option<String>,
    clock: String,
    ahead: AtomicU64,
}

/// Random keys in a ring file, and those of a root secret.
pub fn all_keys(place: &Place) -> [Keys; 2] {
    [false, true].map(|rooted| {
        let name = |what: &str| format!("{what}-{rooted}");
        let root = rooted.then(|| place.path("root"));
        if let Some(root) = &root {
            Root::create_file(Path::new(root), Policy::every(INTERVAL, LIFETIME), now()).unwrap();
        }
        Keys {
            ring: place.path(&name("ring")),
            root,
            clock: place.write(&name("clock"), 0_u64.to_ne_bytes()),
            ahead: AtomicU64::new(0),
        }
    })
}

impl Keys {
    pub fn settings(&self) -> Vec<(&str, &str)> {
        let ring = [("CARNET_RING", &*self.ring), (CLOCK, &*self.clock)];
        let more = match &self.root {
            Some(root) => vec![("CARNET_ROOT", root.as_str())],
            None => vec![("CARNET_INTERVAL", "60"), ("CARNET_LIFETIME", "150")],
        };
        [&ring[..], &more].concat()
    }

    /// An interval goes by.
    fn pass(&self) {
        let ahead = self.ahead.fetch_add(INTERVAL, Ordering::Relaxed) + INTERVAL;
        let clock = File::options().write(true).open(&self.clock).unwrap();
        clock.write_all_at(&ahead.to_ne_bytes(), 0).unwrap();
    }
}

/// What goes on while clients come.
#[derive(Default)]
pub struct Load {
    /// How many connections may have been cut.
    cut: AtomicUsize,
    may_refuse: AtomicBool,
    /// How often each client has resumed.
    resumed: [AtomicUsize; CLIENTS],
    is_over: AtomicBool,
}

impl Load {
    /// Kills this process.
    pub fn kill(&self, pid: u32) {
        self.lets_go();
        signal(pid, "KILL");
    }

    /// The server closes its sockets and opens them again.
    pub fn closes(&self) {
        self.lets_go();
        self.may_refuse.store(true, Ordering::Relaxed);
    }

    /// The server breaks off what is under way: each client may lose the connection that it has.
    pub fn lets_go(&self) {
        self.cut.fetch_add(CLIENTS, Ordering::Relaxed);
    }

    fn counts(&self) -> [usize; CLIENTS] {
        std::array::from_fn(|client| self.resumed[client].load(Ordering::Relaxed))
    }

    /// Waits until each client has resumed a few times more. Those for whom that takes too long have seen why.
    fn everybody_comes(&self) {
        let (before, started) = (self.counts(), Instant::now());
        let came = |client: usize| self.counts()[client] >= before[client] + RESUMPTIONS;
        while !(0..CLIENTS).all(came) && started.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Sends the clients home, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a client has seen.
#[derive(Default, Debug)]
struct Seen {
    resumed: usize,
    /// In spite of a ticket.
    full: usize,
    refused: usize,
    cut: Vec<String>,
    failed: Vec<String>,
}

fn come_again(number: usize, version: Version, address: &str, talk: Talk, load: &Load) -> Seen {
    let client = Client::new(version, None, talk);
    let mut ticket = Some(client.full(address));
    let mut seen = Seen::default();
    while !load.is_over.load(Ordering::Relaxed) {
        // A connection that is cut costs the client its ticket.
        let has_ticket = ticket.is_some();
        match client.try_visit(address, "localhost", ticket.take()) {
            Ok(visit) if visit.answer.is_empty() => seen.cut.push("no answer".into()),
            Ok(mut visit) => {
                seen.resumed += usize::from(visit.resumed);
                seen.full += usize::from(has_ticket && !visit.resumed);
                load.resumed[number].store(seen.resumed, Ordering::Relaxed);
                ticket = visit.tickets.pop();
                assert!(ticket.is_some(), "{version:?}: no ticket");
            }
            Err(failure) if failure.is_refused => {
                seen.refused += 1;
                thread::sleep(Duration::from_millis(10));
            }
            Err(failure) if failure.is_cut => seen.cut.push(failure.to_string()),
            Err(failure) => seen.failed.push(failure.to_string()),
        }
    }
    seen
}

/// Lets clients of both versions come to a server that was started with the keys' settings, and `meanwhile` happen while they
/// change.
pub fn run(address: &str, talk: Talk, keys: &Keys, meanwhile: impl Fn(&Load)) {
    let load = Load::default();
    let versions = VERSIONS.iter().cycle().take(CLIENTS).copied().enumerate();
    let seen: Vec<(Version, Seen)> = thread::scope(|scope| {
        let load = &load;
        let come = |(number, version)| scope.spawn(move || (version, come_again(number, version, address, talk, load)));
        let clients: Vec<_> = versions.map(come).collect();
        let over = Over(&load.is_over);
        load.everybody_comes();
        for step in 1..=STEPS {
            keys.pass();
            if step == STEPS / 2 {
                meanwhile(load);
                // At once: nobody need have come since the step before.
                continue;
            }
            load.everybody_comes();
        }
        drop(over);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for (version, seen) in &seen {
        assert!(seen.full == 0 && seen.failed.is_empty(), "{version:?}: {seen:?}");
        assert!(seen.resumed >= RESUMPTIONS * STEPS as usize, "{version:?}: {seen:?}");
    }
    let cut = seen.iter().map(|(_, seen)| seen.cut.len()).sum::<usize>();
    assert!(cut <= load.cut.into_inner(), "{seen:?}");
    let is_refused = seen.iter().any(|(_, seen)| seen.refused > 0);
    assert!(!is_refused || load.may_refuse.into_inner(), "{seen:?}");
    let ring = Ring::look_at_file(Path::new(&keys.ring), now() + STEPS * INTERVAL).unwrap();
    assert_eq!(ring.is_rooted(), keys.root.is_some());
    // Two steps may have been seen as one.
    assert!(ring.counted(Counter::Rotations) >= STEPS - 1);
    assert!(ring.counted(Counter::Renewed) > 0);
    assert_eq!(ring.counted(Counter::UnknownKey), 0);
}
