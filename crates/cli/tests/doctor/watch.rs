//! --watch.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::place::{Place, Server, address, command, doctor};

#[test]
fn nothing_happens() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "");
    let report = doctor(&[&at.to_string(), "--watch", "1", "--for", "2"]);
    assert_eq!((report.code, report.codes()), (0, vec![]));
    assert_eq!(report.json["watch"].as_array().unwrap().len(), 0);
}

/// The doctor, watching by now, and the lines that it still has to write.
fn watching(arguments: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut doctor = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(doctor.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("Watching")));
    (doctor, lines)
}

/// As who is at the terminal does with Ctrl-C.
fn interrupt(doctor: &Child) {
    let killed = Command::new("kill").args(["-INT", &doctor.id().to_string()]).status();
    assert!(killed.unwrap().success());
}

#[test]
fn a_restart_breaks_the_chain() {
    let (place, at) = (Place::new(), address());
    let mut server = Some(place.s_server(at, ""));
    let (mut doctor, lines) = watching(&[&at.to_string(), "--watch", "1"]);
    let (sender, lines) = {
        let (sender, receiver) = channel();
        (
            thread::spawn(move || lines.for_each(|line| sender.send(line).unwrap())),
            receiver,
        )
    };
    let mut rest = Vec::new();
    // The first time it may come too early: there is no chain yet.
    while !rest.iter().any(|line: &String| line.contains("refused a fresh ticket")) {
        drop(server.take());
        server = Some(place.s_server(at, ""));
        rest.extend(lines.recv_timeout(Duration::from_secs(5)));
        rest.extend(lines.try_iter());
        assert!(rest.len() < 100, "{rest:#?}");
    }
    interrupt(&doctor);
    rest.extend(lines);
    sender.join().unwrap();
    assert_eq!(doctor.wait().unwrap().code(), Some(1));
    assert!(rest.iter().any(|line| line.ends_with("[chain-broke]")), "{rest:#?}");
    let reason = "another key seals since then";
    assert!(rest.iter().any(|line| line.contains(reason)), "{rest:#?}");
}

#[test]
fn ctrl_c_ends_with_a_verdict() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "");
    let (mut doctor, lines) = watching(&[&at.to_string(), "--watch", "1"]);
    interrupt(&doctor);
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line == "Nothing to complain about."), "{rest:?}");
    assert_eq!(doctor.wait().unwrap().code(), Some(0));
}

#[test]
fn nobody_reads_any_more() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "");
    let (mut doctor, lines) = watching(&[&at.to_string(), "--watch", "1"]);
    drop(lines);
    assert_eq!(doctor.wait().unwrap().code(), Some(0), "without end otherwise");
}

/// What the watch has to say from this line on.
fn after(line: &str, (mut doctor, mut lines): (Child, impl Iterator<Item = String>)) -> Vec<String> {
    assert!(lines.any(|found| found.contains(line)), "{line}");
    let killed = Command::new("kill").args(["-INT", &doctor.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let rest = lines.collect();
    doctor.wait().unwrap();
    rest
}

/// In TLS 1.2 a client comes with the same ticket until that has run out.
#[test]
fn tickets_run_out() {
    let (place, at) = (Place::new(), address());
    let _server = place.odd_server(at, "short");
    let watching = watching(&["--tries", "1", &at.to_string(), "--watch", "1", "--for", "60"]);
    let rest = after("TLS 1.2  a full handshake", watching);
    for code in ["[chain-broke]", "[lifetime-not-honoured]"] {
        assert!(!rest.iter().any(|line| line.ends_with(code)), "{rest:#?}");
    }
    assert!(
        rest.iter().any(|line| line.contains("without a full handshake")),
        "{rest:#?}"
    );
}

/// The chain cap of our own library.
#[test]
fn chains_that_have_an_end() {
    let (place, at) = (Place::new(), address());
    let mut server = place.s_server_command(at, "");
    server
        .env("LD_PRELOAD", crate::library("carnet-preload", "libcarnet_preload.so"))
        .envs([("CARNET_CHAIN_CAP", "8"), ("CARNET_CONFIG", "/dev/null")]);
    let _server = Server::start(at, &mut server);
    let watching = watching(&["--tries", "1", &at.to_string(), "--watch", "1", "--for", "60"]);
    let rest = after("with the same key as before", watching);
    assert!(rest.iter().any(|line| line.ends_with("[chain-ended]")), "{rest:#?}");
    assert!(!rest.iter().any(|line| line.ends_with("[chain-broke]")), "{rest:#?}");
}

/// Keys that rotate break nothing.
#[test]
fn a_rotation_is_seen_and_not_felt() {
    let (place, at) = (Place::new(), address());
    let mut server = place.s_server_command(at, "");
    server
        .env("LD_PRELOAD", crate::library("carnet-preload", "libcarnet_preload.so"))
        .envs([
            ("CARNET_INTERVAL", "2"),
            ("CARNET_LIFETIME", "20"),
            ("CARNET_CONFIG", "/dev/null"),
        ]);
    let _server = Server::start(at, &mut server);
    let report = doctor(&["--tries", "2", &at.to_string(), "--watch", "1", "--for", "6"]);
    let codes = report.codes();
    assert!(codes.contains(&"key-changed"), "{:#}", report.json);
    // While the doctor looked for the first time, another key may have come.
    assert!(
        codes.iter().all(|code| ["key-changed", "many-keys"].contains(code)),
        "{codes:?}"
    );
    assert_eq!(report.code, 0);
}
