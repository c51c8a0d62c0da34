//! stunnel in front of a plain server. A service's name is its session-id context.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use crate::client::{Client, HTTP, VERSIONS, all_resume, with_tickets};
use crate::load;
use crate::place::{Loaded, Place, signal, stop};
use crate::process::{Process, free_port};

/// A server that hears a line and says one. It ends with the test's process.
fn backend() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let heard = socket.read(&mut [0; 1000]);
            // A client that has gone needs no answer.
            let _said = heard.and_then(|_| socket.write_all(b"hello\n"));
        }
    });
    port
}

struct Stunnel {
    process: Process,
    open: String,
    closed: String,
    other: String,
}

fn start(place: &Place, instance: &str, backend: u16, loaded: Loaded<'_>) -> Stunnel {
    let ports = [(); 3].map(|()| free_port());
    let required = |ca: &str| format!("CAfile = {ca}\nrequireCert = yes\nverifyChain = yes\n");
    let verify = [String::new(), required(&place.ca.cert), required(&place.other_ca.cert)];
    let names = ["open", "closed", "other"];
    let services = ports.iter().zip(names).zip(verify).map(|((port, name), verify)| {
        format!("[{name}]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{backend}\n{verify}")
    });
    let (cert, key) = (&place.server.cert, &place.server.key);
    let text = format!(
        "foreground = yes\ndebug = 6\nlibwrap = no\npid =\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\ncert = {cert}\nkey = {key}\nsslVersionMin = TLSv1.2\n{}",
        services.collect::<String>()
    );
    let file = place.write(&format!("{instance}.conf"), text);
    let process = Process::start(place.command("/usr/bin/stunnel4", loaded).arg(file));
    process.wait_for_times(" bound to ", 3);
    let [open, closed, other] = ports.map(|port| format!("127.0.0.1:{port}"));
    Stunnel {
        process,
        open,
        closed,
        other,
    }
}

#[test]
fn a_reload_a_restart_and_a_second_instance() {
    let place = Place::new();
    let ring = place.path("ring");
    let settings = [("CARNET_RING", &*ring)];
    let backend = backend();
    let first = start(&place, "first", backend, Loaded::Carnet(&settings));
    for version in VERSIONS {
        Client::http(version).chain("stunnel", &first.open, 12);
    }
    let [reloaded, carried, kept] = [(); 3].map(|()| with_tickets(&first.open, HTTP));
    signal(first.process.id(), "HUP");
    first.process.wait_for_times(" bound to ", 6);
    all_resume("after a reload", &first.open, reloaded);
    let second = start(&place, "second", backend, Loaded::Carnet(&settings));
    all_resume("the second instance", &second.open, carried);
    stop(first.process, "TERM");
    let again = start(&place, "again", backend, Loaded::Carnet(&settings));
    all_resume("after a restart", &again.open, kept);
    stop(second.process, "TERM");
    stop(again.process, "TERM");
}

/// A reload while keys change.
#[test]
fn rotation_under_load() {
    let place = Place::new();
    let ring = place.path("ring");
    let stunnel = start(&place, "stunnel", backend(), Loaded::Carnet(&load::settings(&ring)));
    load::run(&stunnel.open, HTTP, &ring, |load| {
        load.closes();
        signal(stunnel.process.id(), "HUP");
        stunnel.process.wait_for_times(" bound to ", 6);
    });
    stop(stunnel.process, "TERM");
}

#[test]
fn services_stay_apart() {
    let place = Place::new();
    let stunnel = start(&place, "stunnel", backend(), Loaded::Carnet(&[]));
    for version in VERSIONS {
        let nobody = Client::http(version);
        let member = Client::new(version, Some(&place.client), HTTP);
        for (client, from, to) in [
            (&nobody, &stunnel.open, &stunnel.closed),
            (&member, &stunnel.closed, &stunnel.other),
        ] {
            let ticket = client.visit(from, None).ticket();
            let visit = client.try_visit(to, "localhost", Some(ticket));
            assert!(
                !visit.is_ok_and(|visit| visit.resumed || !visit.answer.is_empty()),
                "{version:?}"
            );
        }
        member.chain("a member", &stunnel.closed, 4);
    }
    stop(stunnel.process, "TERM");
}
