//! stunnel in front of a plain server. A service's name is its session-id context. It remembers in tickets whether a
//! client has been authenticated (`redirect` is for those that were not), and can have ticket keys of its own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use crate::client::{Client, HTTP, VERSIONS, Version, all_resume, none_resumes, with_tickets};
use crate::identity::Identity;
use crate::load;
use crate::place::{Loaded, Place, signal, stop};
use crate::process::{Process, free_port};

/// A server that hears a line and says this one. It ends with the test's process.
fn backend(line: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let heard = socket.read(&mut [0; 1000]);
            // A client that has gone needs no answer.
            let _said = heard.and_then(|_| socket.write_all(line.as_bytes()));
        }
    });
    port
}

/// A section of the configuration: its name, and what it says besides where it listens.
type Service<'a> = (&'a str, String);

struct Stunnel {
    process: Process,
    file: String,
    ports: Vec<u16>,
    addresses: Vec<String>,
}

fn configure(place: &Place, file: &str, services: &[Service<'_>], ports: &[u16]) {
    let sections = services
        .iter()
        .zip(ports)
        .map(|((name, how), port)| format!("[{name}]\naccept = 127.0.0.1:{port}\n{how}\n"));
    let (cert, key) = (&place.server.cert, &place.server.key);
    let text = format!(
        "foreground = yes\ndebug = 6\nlibwrap = no\npid =\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n\
         cert = {cert}\nkey = {key}\nsslVersionMin = TLSv1.2\n{}",
        sections.collect::<String>()
    );
    place.write(file, text);
}

fn start(place: &Place, instance: &str, services: &[Service<'_>], loaded: Loaded<'_>) -> Stunnel {
    let ports: Vec<u16> = services.iter().map(|_| free_port()).collect();
    let file = format!("{instance}.conf");
    configure(place, &file, services, &ports);
    let process = Process::start(place.command("/usr/bin/stunnel4", loaded).arg(place.path(&file)));
    process.wait_for_times(" bound to ", ports.len());
    Stunnel {
        process,
        file,
        addresses: ports.iter().map(|port| format!("127.0.0.1:{port}")).collect(),
        ports,
    }
}

impl Stunnel {
    /// The first time.
    fn reload(&self) {
        signal(self.process.id(), "HUP");
        self.process.wait_for_times(" bound to ", 2 * self.ports.len());
    }
}

/// One service, with `more` to it.
fn one(more: &str) -> [Service<'static>; 1] {
    [("service", format!("connect = 127.0.0.1:{}\n{more}", backend("hello\n")))]
}

fn required(ca: &Identity) -> String {
    format!("CAfile = {}\nrequireCert = yes\nverifyChain = yes", ca.cert)
}

#[test]
fn a_reload_a_restart_and_a_second_instance() {
    let place = Place::new();
    let services = one("");
    for lasting in place.lasting() {
        let settings = lasting.settings();
        let first = start(&place, "first", &services, Loaded::Carnet(&settings));
        let address = &first.addresses[0];
        for version in VERSIONS {
            Client::http(version).chain("stunnel", address, 12);
        }
        let [reloaded, carried, kept] = [(); 3].map(|()| with_tickets(address, HTTP));
        first.reload();
        all_resume("after a reload", address, reloaded);
        let second = start(&place, "second", &services, Loaded::Carnet(&settings));
        all_resume("the second instance", &second.addresses[0], carried);
        stop(first.process, "TERM");
        let again = start(&place, "again", &services, Loaded::Carnet(&settings));
        all_resume("after a restart", &again.addresses[0], kept);
        stop(second.process, "TERM");
        stop(again.process, "TERM");
    }
}

/// A reload while keys change.
#[test]
fn rotation_under_load() {
    let place = Place::new();
    for keys in load::all_keys(&place) {
        let stunnel = start(&place, "stunnel", &one(""), Loaded::Carnet(&keys.settings()));
        load::run(&stunnel.addresses[0], HTTP, &keys, |load| {
            load.closes();
            stunnel.reload();
        });
        stop(stunnel.process, "TERM");
    }
}

/// How tickets of one service fare at another.
fn ways_in(place: &Place, stunnel: &Stunnel) -> Vec<String> {
    let [open, closed, other] = [0, 1, 2].map(|at| &stunnel.addresses[at]);
    let mut found = Vec::new();
    for version in VERSIONS {
        let nobody = Client::http(version);
        let member = Client::new(version, Some(&place.client), HTTP);
        for (what, client, from, to) in [
            ("nobody, where a certificate is required", &nobody, open, closed),
            ("a client of another authority", &member, closed, other),
        ] {
            let ticket = client.visit(from, None).ticket();
            if client.resumes(to, "localhost", ticket) {
                found.push(format!("{version:?}: {what}"));
            }
        }
    }
    found
}

/// An open service, and those of two authorities.
fn three<'a>(place: &Place, names: [&'a str; 3]) -> [Service<'a>; 3] {
    let how = [String::new(), required(&place.ca), required(&place.other_ca)];
    let mut how = how.map(|how| format!("connect = 127.0.0.1:{}\n{how}", backend("hello\n")));
    let mut services = names.map(|name| (name, String::new()));
    for (service, how) in services.iter_mut().zip(&mut how) {
        service.1 = std::mem::take(how);
    }
    services
}

#[test]
fn services_stay_apart() {
    let place = Place::new();
    // Of one name, so that their session-id contexts do not tell them apart.
    for names in [["open", "closed", "other"], ["same"; 3]] {
        let services = three(&place, names);
        let stunnel = start(&place, "stunnel", &services, Loaded::Carnet(&[]));
        assert_eq!(ways_in(&place, &stunnel), [""; 0], "{names:?}");
        for version in VERSIONS {
            let member = Client::new(version, Some(&place.client), HTTP);
            member.chain("a member", &stunnel.addresses[1], 4);
        }
        stop(stunnel.process, "TERM");
    }
}

/// The test above finds what it looks for.
#[test]
fn one_key_for_all_is_found_out() {
    let place = Place::new();
    let stunnel = start(&place, "stunnel", &three(&place, ["same"; 3]), Loaded::Naive);
    assert_eq!(ways_in(&place, &stunnel).len(), 4);
    stop(stunnel.process, "TERM");
}

/// With its keys, with our library and without: they share tickets where its keys are respected, also across a restart.
#[test]
fn its_own_keys() {
    let place = Place::new();
    let secret = |name: &str, byte: &str| format!("{name} = {}\n", byte.repeat(32));
    let services = one(&(secret("ticketKeySecret", "1f") + &secret("ticketMacSecret", "2e")));
    let without = start(&place, "without", &services, Loaded::Nothing);
    let theirs = &without.addresses[0];
    for (mode, word) in [("respect", "left to it"), ("override", "overridden")] {
        let settings = [("CARNET_MODE", mode)];
        let with = start(&place, mode, &services, Loaded::Carnet(&settings));
        with.process.wait_for(word);
        let ours = &with.addresses[0];
        for version in VERSIONS {
            Client::http(version).chain(mode, ours, 4);
        }
        let (from_theirs, from_ours) = (with_tickets(theirs, HTTP), with_tickets(ours, HTTP));
        let reloaded = with_tickets(ours, HTTP);
        with.reload();
        all_resume(mode, ours, reloaded);
        if mode == "respect" {
            all_resume(mode, ours, from_theirs);
            all_resume(mode, theirs, from_ours);
        } else {
            none_resumes(mode, ours, from_theirs);
            none_resumes(mode, theirs, from_ours);
        }
        stop(with.process, "TERM");
    }
    stop(without.process, "TERM");
}

/// Who was sent elsewhere is sent there again, and who was let in is let in, by tickets of another process, too.
#[test]
fn tickets_tell_who_was_authenticated() {
    let place = Place::new();
    let ring = place.path("ring");
    let settings = [("CARNET_RING", &*ring)];
    let (inside, outside) = (backend("inside\n"), backend("outside\n"));
    let how = format!(
        "connect = 127.0.0.1:{inside}\nredirect = 127.0.0.1:{outside}\nverifyChain = yes\nCAfile = {}",
        place.ca.cert
    );
    let services = [("service", how)];
    let stranger = place.stranger();
    let clients = || {
        VERSIONS.map(|version| {
            [
                (Client::new(version, Some(&place.client), HTTP), "inside\n"),
                (Client::http(version), "outside\n"),
                (Client::new(version, Some(&stranger), HTTP), "outside\n"),
            ]
        })
    };
    let first = start(&place, "first", &services, Loaded::Carnet(&settings));
    let clients = clients().into_iter().flatten().map(|(client, expected)| {
        let visit = client.visit(&first.addresses[0], None);
        assert_eq!(visit.answer, expected);
        let ticket = client.resumed("again", &first.addresses[0], visit.ticket());
        (client, ticket, expected)
    });
    let clients: Vec<_> = clients.collect();
    stop(first.process, "TERM");
    let again = start(&place, "again", &services, Loaded::Carnet(&settings));
    for (at, (client, ticket, expected)) in clients.into_iter().enumerate() {
        let visit = client.visit(&again.addresses[0], Some(ticket));
        assert_eq!(visit.answer, expected);
        // A certificate that did not verify is looked at anew.
        assert_eq!(visit.resumed, at % 3 != 2);
    }
    stop(again.process, "TERM");
}

/// A service that has taken any certificate, and takes only those of an authority after a reload. The contexts differ in
/// nothing but what stunnel's callback makes of it.
#[test]
fn who_was_let_in_unverified_is_verified_after_a_reload() {
    let place = Place::new();
    let (inside, outside) = (backend("inside\n"), backend("outside\n"));
    let service = |how: &str| {
        [(
            "service",
            format!("connect = 127.0.0.1:{inside}\nCAfile = {}\n{how}", place.ca.cert),
        )]
    };
    let redirect = format!("verifyChain = yes\nredirect = 127.0.0.1:{outside}");
    let stricter = [
        ("requireCert = yes", "requireCert = yes\nverifyChain = yes", ""),
        ("verify = 0", &*redirect, "outside\n"),
    ];
    let stranger = place.stranger();
    for (before, after, expected) in stricter {
        let stunnel = start(&place, "stunnel", &service(before), Loaded::Carnet(&[]));
        let address = &stunnel.addresses[0];
        let come = |version: Version| {
            let client = Client::new(version, Some(&stranger), HTTP);
            let (answers, ticket) = client.chain("a stranger", address, 2);
            assert_eq!(answers, ["inside\n"; 2]);
            (client, ticket)
        };
        let strangers = VERSIONS.map(come);
        configure(&place, &stunnel.file, &service(after), &stunnel.ports);
        stunnel.reload();
        for (client, ticket) in strangers {
            let answer = client
                .try_visit(address, "localhost", Some(ticket))
                .map(|visit| visit.answer);
            assert_eq!(answer.unwrap_or_default(), expected, "{after}");
        }
        stop(stunnel.process, "TERM");
    }
}
