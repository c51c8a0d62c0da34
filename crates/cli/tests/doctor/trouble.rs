//! Those that don't answer as a TLS server does, and command lines that make no sense.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::place::{Place, address, command, doctor};

/// Something that accepts connections and does this with each.
fn listener(with: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || with(stream));
        }
    });
    at
}

#[test]
fn a_closed_port() {
    let report = doctor(&[&address().to_string()]);
    assert_eq!((report.code, report.codes()), (2, vec!["unreachable"]));
}

#[test]
fn no_tls() {
    let at = listener(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-nothing\r\n");
        let _ = stream.read(&mut [0; 1000]);
    });
    let report = doctor(&[&at]);
    assert_eq!((report.code, report.codes()), (2, vec!["unreachable"]));
    assert!(
        report.json["findings"][0]["text"]
            .as_str()
            .unwrap()
            .contains("does not speak TLS")
    );
}

#[test]
fn nothing_but_silence() {
    static CAME: AtomicUsize = AtomicUsize::new(0);
    let at = listener(|mut stream| {
        CAME.fetch_add(1, Ordering::Relaxed);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let report = doctor(&["--timeout", "1", &at]);
    assert_eq!((report.code, report.codes()), (2, vec!["unreachable"]));
    assert!(
        report.json["findings"][0]["text"]
            .as_str()
            .unwrap()
            .contains("time limit")
    );
    assert_eq!(CAME.load(Ordering::Relaxed), 2, "once in each version is enough");
}

/// As load balancers that have never heard of TLS 1.3: they take its hello, and say nothing.
#[test]
fn silence_in_one_version() {
    static BEHIND: OnceLock<SocketAddrV4> = OnceLock::new();
    let (place, behind) = (Place::new(), address());
    let _server = place.s_server(behind, "-tls1_2");
    BEHIND.set(behind).unwrap();
    let at = listener(|mut stream| {
        let mut hello = [0; 4096];
        let len = stream.read(&mut hello).unwrap();
        // supported_versions, with one version, which is 1.3.
        if hello[..len].windows(7).any(|bytes| bytes == [0, 0x2b, 0, 3, 2, 3, 4]) {
            let _ = stream.read_to_end(&mut Vec::new());
            return;
        }
        let mut server = TcpStream::connect(BEHIND.get().unwrap()).unwrap();
        server.write_all(&hello[..len]).unwrap();
        let (mut back, mut answers) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || io::copy(&mut answers, &mut back).and_then(|_| back.shutdown(Shutdown::Write)));
        let _ = io::copy(&mut stream, &mut server).and_then(|_| server.shutdown(Shutdown::Write));
    });
    let report = doctor(&["--timeout", "8", &at]);
    assert_eq!(
        (report.code, report.codes()),
        (1, vec!["handshake-failed"]),
        "{:#}",
        report.json
    );
    let versions = &report.json["servers"][0]["versions"];
    assert_eq!(versions[0]["outcome"]["handshake"], "failed");
    assert_eq!(versions[1]["outcome"]["handshake"], "ok");
}

#[test]
fn hanging_up() {
    let at = listener(drop);
    let report = doctor(&[&at]);
    assert_eq!((report.code, report.codes()), (2, vec!["handshake-failed"]));
}

#[test]
fn one_address_of_two() {
    let (place, good, bad) = (Place::new(), address(), address());
    let _server = place.s_server(good, "");
    let report = doctor(&[
        "--address",
        &good.to_string(),
        "--address",
        &bad.to_string(),
        "localhost",
    ]);
    assert_eq!((report.code, report.codes()), (1, vec!["unreachable"]));
}

#[test]
fn a_client_certificate_is_a_must() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "-Verify 1");
    let report = doctor(&[&at.to_string()]);
    assert_eq!((report.code, report.codes()), (2, vec!["handshake-failed"]));
}

#[test]
fn command_lines_without_sense() {
    for arguments in [
        &[][..],
        &["https://localhost/"],
        &["--allow", "everything", "localhost"],
        &["--sni", "127.0.0.1", "localhost"],
        &["--alpn", "", "localhost"],
        &["--for", "5", "localhost"],
        &["--tries", "0", "localhost"],
        &["--timeout", "0", "localhost"],
    ] {
        let out = command(arguments).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        assert!(out.stdout.is_empty() && !out.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn for_a_person() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "-num_tickets 0");
    let out = command(&[&at.to_string()]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("key name"), "{text}");
    assert!(text.lines().take(6).all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains(&format!("problem: {at} TLS 1.3 [no-tickets]")), "{text}");
    assert!(out.stderr.is_empty(), "no progress where nobody sees it");
    let narrow = command(&[&at.to_string()]).env("COLUMNS", "40").output().unwrap();
    let text = String::from_utf8(narrow.stdout).unwrap();
    assert!(text.contains("\n  resumed   6 of 6\n"), "{text}");
}
