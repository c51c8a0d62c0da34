//! --watch.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
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

#[test]
fn a_restart_breaks_the_chain() {
    let (place, at) = (Place::new(), address());
    let first = place.s_server(at, "");
    let second = thread::spawn(move || {
        thread::sleep(Duration::from_millis(4500));
        drop(first);
        let second = place.s_server(at, "");
        (second, place)
    });
    let report = doctor(&[&at.to_string(), "--watch", "1", "--for", "10"]);
    let _kept: (Server, Place) = second.join().unwrap();
    assert_eq!(report.code, 1);
    let codes = report.codes();
    for code in ["chain-broke", "lifetime-not-honoured", "key-changed"] {
        assert!(codes.contains(&code), "{code}: {:#}", report.json["watch"]);
    }
}

#[test]
fn ctrl_c_ends_with_a_verdict() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "");
    let mut doctor = command(&[&at.to_string(), "--watch", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(doctor.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("Watching")));
    let pid = doctor.id().to_string();
    let killed = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(killed.unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.iter().any(|line| line == "Nothing to complain about."), "{rest:?}");
    assert_eq!(doctor.wait().unwrap().code(), Some(0));
}
