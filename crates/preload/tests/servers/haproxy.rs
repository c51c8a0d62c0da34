//! HAProxy, which makes its contexts as root, then changes its root directory and its user, and reloads by executing
//! itself anew.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use carnet_keys::forms;

use crate::client::{Client, HTTP, VERSIONS, all_resume, none_resumes, with_tickets};
use crate::load;
use crate::place::{Loaded, Place, signal, stop};
use crate::process::{PATIENCE, Process, free_port, is_root};

const PROGRAM: &str = "/usr/sbin/haproxy";

struct Haproxy {
    process: Process,
    open: String,
    closed: String,
    optional: String,
    other: String,
}

/// An instance, with `more` on each bind line.
fn start(place: &Place, instance: &str, more: &str, loaded: Loaded<'_>) -> Haproxy {
    let pem = place.server_pem();
    let ports = [(); 4].map(|()| free_port());
    let (ca, other_ca) = (&place.ca.cert, &place.other_ca.cert);
    let verify = [
        String::new(),
        format!("ca-file {ca} verify required"),
        format!("ca-file {ca} verify optional"),
        format!("ca-file {other_ca} verify required"),
    ];
    let answer = "pid=%pid client=%[ssl_c_s_dn(CN)] used=%[ssl_c_used] end";
    let frontends = ports.iter().zip(verify).map(|(port, verify)| {
        format!(
            "frontend on{port}\n bind 127.0.0.1:{port} ssl crt {pem} {verify} {more}\n \
             http-request return status 200 content-type text/plain lf-string \"{answer}\"\n"
        )
    });
    let less = if is_root() {
        format!(" chroot {}\n user www-data\n group www-data\n", place.make_dir("empty"))
    } else {
        String::new()
    };
    let text = format!(
        "global\n nbthread 2\n maxconn 64\n stats socket {} level admin\n{less}defaults\n mode http\n timeout client 20s\n timeout server 20s\n \
         timeout connect 20s\n{}",
        place.path(&format!("{instance}.socket")),
        frontends.collect::<String>()
    );
    let file = place.write(&format!("{instance}.cfg"), text);
    let mut command = place.command(PROGRAM, loaded);
    let process = Process::start(command.args(["-W", "-db", "-f", &file]));
    process.wait_for("Loading success");
    let [open, closed, optional, other] = ports.map(|port| format!("127.0.0.1:{port}"));
    Haproxy {
        process,
        open,
        closed,
        optional,
        other,
    }
}

/// The worker that answers.
fn worker(haproxy: &Haproxy) -> String {
    Client::http(VERSIONS[0]).visit(&haproxy.open, None).answer
}

/// A signal that comes just as the master goes to sleep may be overlooked until the next.
fn reload(haproxy: &Haproxy) {
    let before = worker(haproxy);
    let started = Instant::now();
    while worker(haproxy) == before {
        assert!(started.elapsed() < PATIENCE, "no reload");
        signal(haproxy.process.id(), "USR2");
        thread::sleep(Duration::from_millis(300));
    }
    haproxy.process.wait_for("exited with code 0");
}

#[test]
fn threads_share_keys_and_clients_resume_every_time() {
    let place = Place::new();
    let haproxy = start(&place, "haproxy", "", Loaded::Carnet(&[]));
    for version in VERSIONS {
        Client::http(version).chain("threads", &haproxy.open, 24);
    }
    stop(haproxy.process, "TERM");
}

#[test]
fn with_lasting_keys_a_reload_a_restart_and_a_second_instance() {
    let place = Place::new();
    for lasting in place.lasting() {
        a_reload_a_restart_and_a_second_instance(&place, &lasting.settings());
    }
}

fn a_reload_a_restart_and_a_second_instance(place: &Place, settings: &[(&str, &str)]) {
    let first = start(place, "first", "", Loaded::Carnet(settings));
    let tickets = [(); 3].map(|()| with_tickets(&first.open, HTTP));
    let [reloaded, elsewhere, restarted] = tickets;
    reload(&first);
    all_resume("after a reload", &first.open, reloaded);
    let second = start(place, "second", "", Loaded::Carnet(settings));
    all_resume("the second instance", &second.open, elsewhere);
    stop(first.process, "TERM");
    stop(second.process, "TERM");
    let again = start(place, "first", "", Loaded::Carnet(settings));
    all_resume("after a restart", &again.open, restarted);
    stop(again.process, "TERM");
}

#[test]
fn rotation_under_load() {
    let place = Place::new();
    for keys in load::all_keys(&place) {
        let haproxy = start(&place, "haproxy", "", Loaded::Carnet(&keys.settings()));
        load::run(&haproxy.open, HTTP, &keys, |_| reload(&haproxy));
        stop(haproxy.process, "TERM");
    }
}

/// Each reload is a new program: keys in memory alone go with the old one.
#[test]
fn without_a_ring_file_a_reload_ends_all_tickets() {
    let place = Place::new();
    let haproxy = start(&place, "haproxy", "", Loaded::Carnet(&[]));
    let tickets = with_tickets(&haproxy.open, HTTP);
    reload(&haproxy);
    none_resumes("after a reload", &haproxy.open, tickets);
    stop(haproxy.process, "TERM");
}

fn key_line(byte: u8) -> String {
    let key = forms::parse_key(&[byte; forms::LONG_LEN]).unwrap();
    forms::write_line(&key).unwrap().to_string()
}

/// A file of keys, of which the last but one makes tickets, and what a bind line says of it.
fn key_file(place: &Place) -> (String, String) {
    let keys = place.write("ticket.keys", [1, 2, 3].map(key_line).concat());
    let more = format!("tls-ticket-keys {keys}");
    (keys, more)
}

#[test]
fn its_own_keys() {
    let place = Place::new();
    let (_, more) = key_file(&place);
    let theirs = start(&place, "theirs", &more, Loaded::Nothing);
    let ours = start(&place, "ours", &more, Loaded::Carnet(&[]));
    ours.process.wait_for("left to it");
    for (from, to) in [(&theirs.open, &ours.open), (&ours.open, &theirs.open)] {
        for (client, ticket) in with_tickets(from, HTTP) {
            assert!(client.visit(to, Some(ticket)).resumed);
        }
    }
    // HAProxy's callback asks for no new ticket: without the library every second TLS 1.3 handshake is a full one.
    for version in VERSIONS {
        Client::http(version).chain("its own keys", &ours.open, 6);
    }
    stop(theirs.process, "TERM");
    stop(ours.process, "TERM");
    let overridden = start(
        &place,
        "overridden",
        &more,
        Loaded::Carnet(&[("CARNET_MODE", "override")]),
    );
    for version in VERSIONS {
        Client::http(version).chain("overridden", &overridden.open, 4);
    }
    stop(overridden.process, "TERM");
}

/// `set ssl tls-key` takes out the oldest of the three keys: it counts where they are respected, and has no effect where
/// they are overridden.
#[test]
fn keys_through_the_command_socket() {
    let place = Place::new();
    let (keys, more) = key_file(&place);
    for mode in ["respect", "override"] {
        let settings = [("CARNET_MODE", mode)];
        let haproxy = start(&place, mode, &more, Loaded::Carnet(&settings));
        let (one_key, three_keys) = (with_tickets(&haproxy.open, HTTP), with_tickets(&haproxy.open, HTTP));
        let add_key = |byte| {
            let mut socket = UnixStream::connect(place.path(&format!("{mode}.socket"))).unwrap();
            writeln!(socket, "set ssl tls-key {keys} {}", key_line(byte).trim()).unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).unwrap();
            assert!(answer.contains("updated"), "{answer}");
        };
        add_key(4);
        all_resume("a new key", &haproxy.open, one_key);
        add_key(5);
        add_key(6);
        match mode {
            "respect" => none_resumes(mode, &haproxy.open, three_keys),
            _ => all_resume(mode, &haproxy.open, three_keys),
        }
        for version in VERSIONS {
            Client::http(version).chain("new keys", &haproxy.open, 4);
        }
        stop(haproxy.process, "TERM");
    }
}

/// How tickets of one bind line fare at another.
fn ways_in(place: &Place, haproxy: &Haproxy) -> Vec<String> {
    let mut found = Vec::new();
    for version in VERSIONS {
        let nobody = || Client::http(version);
        let member = || Client::new(version, Some(&place.client), HTTP);
        let h = haproxy;
        let attacks = [
            ("nobody, where a certificate is required", nobody(), &h.open, &h.closed),
            ("nobody, from where it is optional", nobody(), &h.optional, &h.closed),
            ("a client of another authority", member(), &h.closed, &h.other),
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
fn bind_lines_stay_apart() {
    let place = Place::new();
    let haproxy = start(&place, "haproxy", "", Loaded::Carnet(&[]));
    assert_eq!(ways_in(&place, &haproxy), [""; 0]);
    for version in VERSIONS {
        let member = Client::new(version, Some(&place.client), HTTP);
        let (answers, _) = member.chain("a member", &haproxy.closed, 4);
        assert!(
            answers.iter().all(|answer| answer.contains("client=client ")),
            "{answers:?}"
        );
    }
    stop(haproxy.process, "TERM");
}

/// The test above finds what it looks for.
#[test]
fn one_key_for_all_is_found_out() {
    let place = Place::new();
    let haproxy = start(&place, "haproxy", "", Loaded::Naive);
    let found = ways_in(&place, &haproxy);
    assert!(!found.is_empty());
    stop(haproxy.process, "TERM");
}

/// Where errors in certificates were ignored, and are not after a reload. The contexts look alike to OpenSSL.
#[test]
fn who_was_let_in_unverified_is_verified_after_a_reload() {
    let place = Place::new();
    let ring = place.path("ring");
    let settings = [("CARNET_RING", &*ring)];
    let ignore = " crt-ignore-err all ca-ignore-err all";
    let haproxy = start(&place, "haproxy", ignore, Loaded::Carnet(&settings));
    let stranger = place.stranger();
    let come = |version| {
        let client = Client::new(version, Some(&stranger), HTTP);
        let (answers, ticket) = client.chain("a stranger", &haproxy.closed, 2);
        assert!(answers[0].contains("client=client used=1"), "{answers:?}");
        (client, ticket)
    };
    let strangers = VERSIONS.map(come);
    let file = place.path("haproxy.cfg");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(ignore, "")).unwrap();
    reload(&haproxy);
    for (client, ticket) in strangers {
        assert!(!client.resumes(&haproxy.closed, "localhost", ticket));
        let member = Client::new(VERSIONS[0], Some(&place.client), HTTP);
        member.chain("a member", &haproxy.closed, 2);
    }
    stop(haproxy.process, "TERM");
}
