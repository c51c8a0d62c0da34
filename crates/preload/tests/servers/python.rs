//! Python's `ssl`, whose applications have no say in ticket keys: workers that each make contexts of their own, and
//! contexts that differ in nothing but whom they trust.

use crate::client::{Client, HTTP, VERSIONS, all_resume, with_tickets};
use crate::load;
use crate::place::{Loaded, Place, a_child, signal};
use crate::process::Process;

struct Server {
    process: Process,
    open: String,
    closed: String,
    other: String,
}

fn start(place: &Place, loaded: Loaded<'_>) -> Server {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/server.py");
    let mut command = place.command("/usr/bin/python3", loaded);
    command.args([script, &place.server.cert, &place.server.key]);
    let process = Process::start(command.args([&place.ca.cert, &place.other_ca.cert]));
    let ports = process.wait_for_line("ports ");
    let mut addresses = ports.split(' ').map(|port| format!("127.0.0.1:{port}"));
    let [open, closed, other] = [(); 3].map(|()| addresses.next().unwrap());
    Server {
        process,
        open,
        closed,
        other,
    }
}

#[test]
fn forked_workers_share_keys() {
    let place = Place::new();
    let server = start(&place, Loaded::Carnet(&[]));
    for version in VERSIONS {
        let client = Client::http(version);
        let (answers, ticket) = client.chain("workers", &server.open, 8);
        // Which worker is faster is up to the kernel: the last one has to wait now.
        let last = answers
            .last()
            .and_then(|answer| answer.strip_prefix("pid=")?.split(' ').next());
        let last = last.unwrap();
        signal(last, "STOP");
        let visit = client.visit(&server.open, Some(ticket));
        signal(last, "CONT");
        assert!(
            visit.resumed && !visit.answer.contains(last),
            "{version:?}: {}",
            visit.answer
        );
    }
}

#[test]
fn a_restart_and_a_second_instance() {
    let place = Place::new();
    for lasting in place.lasting() {
        let settings = lasting.settings();
        let first = start(&place, Loaded::Carnet(&settings));
        let (before, elsewhere) = (with_tickets(&first.open, HTTP), with_tickets(&first.open, HTTP));
        let second = start(&place, Loaded::Carnet(&settings));
        all_resume("the second instance", &second.open, elsewhere);
        drop((first, second));
        let again = start(&place, Loaded::Carnet(&settings));
        all_resume("after a restart", &again.open, before);
    }
}

/// A worker killed, and replaced, while keys change.
#[test]
fn rotation_under_load() {
    let place = Place::new();
    for keys in load::all_keys(&place) {
        let server = start(&place, Loaded::Carnet(&keys.settings()));
        load::run(&server.open, HTTP, &keys, |load| {
            load.kill(a_child(server.process.id()));
            server.process.wait_for("a worker is gone");
        });
    }
}

/// How tickets of one context fare at another.
fn ways_in(place: &Place, server: &Server) -> Vec<String> {
    let mut found = Vec::new();
    for version in VERSIONS {
        let nobody = || Client::http(version);
        let member = || Client::new(version, Some(&place.client), HTTP);
        let attacks = [
            (
                "nobody, where a certificate is required",
                nobody(),
                &server.open,
                &server.closed,
            ),
            ("a client of another authority", member(), &server.closed, &server.other),
        ];
        for (what, client, from, to) in attacks {
            let ticket = client.visit(from, None).ticket();
            // Here a full handshake is refused; what counts is whether an answer comes.
            match client.try_visit(to, "localhost", Some(ticket)) {
                Ok(visit) if visit.answer.is_empty() && !visit.resumed => {}
                Ok(visit) => found.push(format!("{version:?}: {what}: {}", visit.answer)),
                Err(_) => {}
            }
        }
    }
    found
}

#[test]
fn contexts_stay_apart() {
    let place = Place::new();
    let server = start(&place, Loaded::Carnet(&[]));
    assert_eq!(ways_in(&place, &server), [""; 0]);
    for version in VERSIONS {
        let member = Client::new(version, Some(&place.client), HTTP);
        let (answers, _) = member.chain("a member", &server.closed, 4);
        assert!(answers.iter().all(|answer| answer.contains("'client'")), "{answers:?}");
    }
}

/// The test above finds what it looks for.
#[test]
fn one_key_for_all_is_found_out() {
    let place = Place::new();
    let server = start(&place, Loaded::Naive);
    let found = ways_in(&place, &server);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found[0].contains("peer=None") || found[0].contains("peer={}"),
        "{found:?}"
    );
}
