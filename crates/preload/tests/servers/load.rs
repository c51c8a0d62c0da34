//! Clients that come again and again, each time with their newest ticket, while keys change every two seconds and things
//! happen to the server: no handshake fails, and every one is a resumption.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use carnet_keys::{Counter, Ring};

use crate::client::{Client, Talk, VERSIONS, Version};
use crate::place::signal;

const CLIENTS_OF_A_VERSION: usize = 2;
const CLIENTS: usize = CLIENTS_OF_A_VERSION * VERSIONS.len();
const LENGTH: Duration = Duration::from_secs(9);
/// As many as there are in that time, but for one whose second may have been the last.
const ROTATIONS: u64 = 3;
/// Of each client: more than anybody needs who wants to see a key change.
const RESUMPTIONS: usize = 10;

/// The shortest keys that there are, in a ring that can be looked at afterwards.
pub fn settings(ring: &str) -> [(&str, &str); 3] {
    [
        ("CARNET_RING", ring),
        ("CARNET_INTERVAL", "2"),
        ("CARNET_LIFETIME", "4"),
    ]
}

/// What goes on while clients come.
#[derive(Default)]
pub struct Load {
    /// How many connections may have been cut.
    cut: AtomicUsize,
    may_refuse: AtomicBool,
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

    /// Each client may lose the connection that it has.
    fn lets_go(&self) {
        self.cut.fetch_add(CLIENTS, Ordering::Relaxed);
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

fn come_again(version: Version, address: &str, talk: Talk, until: Instant) -> Seen {
    let client = Client::new(version, None, talk);
    let mut ticket = Some(client.full(address));
    let mut seen = Seen::default();
    while Instant::now() < until {
        // A connection that is cut costs the client its ticket.
        let has_ticket = ticket.is_some();
        match client.try_visit(address, "localhost", ticket.take()) {
            Ok(visit) if visit.answer.is_empty() => seen.cut.push("no answer".into()),
            Ok(mut visit) => {
                seen.resumed += usize::from(visit.resumed);
                seen.full += usize::from(has_ticket && !visit.resumed);
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

/// Lets clients of both versions come to a server that was started with [`settings`], and `meanwhile` happen when keys
/// have changed.
pub fn run(address: &str, talk: Talk, ring: &str, meanwhile: impl FnOnce(&Load)) {
    let load = Load::default();
    let until = Instant::now() + LENGTH;
    let versions = VERSIONS.iter().cycle().take(CLIENTS);
    let seen: Vec<(Version, Seen)> = thread::scope(|scope| {
        let come = |version| scope.spawn(move || (version, come_again(version, address, talk, until)));
        let clients: Vec<_> = versions.copied().map(come).collect();
        thread::sleep(LENGTH / 3);
        meanwhile(&load);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for (version, seen) in &seen {
        assert!(seen.full == 0 && seen.failed.is_empty(), "{version:?}: {seen:?}");
        assert!(seen.resumed > RESUMPTIONS, "{version:?}: {seen:?}");
    }
    let cut = seen.iter().map(|(_, seen)| seen.cut.len()).sum::<usize>();
    assert!(cut <= load.cut.into_inner(), "{seen:?}");
    let is_refused = seen.iter().any(|(_, seen)| seen.refused > 0);
    assert!(!is_refused || load.may_refuse.into_inner(), "{seen:?}");
    let ring = Ring::open_file(Path::new(ring)).unwrap();
    assert!(ring.counted(Counter::Rotations) >= ROTATIONS);
    assert!(ring.counted(Counter::Renewed) > 0);
    assert_eq!(ring.counted(Counter::UnknownKey), 0);
}
