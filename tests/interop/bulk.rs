//! 64 MiB each way, in pieces that fit neither records nor buffers.

use crate::place::{CERTIFICATES, DIR, run};
use crate::version::{VERSIONS, Version};
use crate::{openssl, peer, place};
use std::fs;
use std::process::Command;

const SIZE: usize = 64 << 20;

/// The bytes that the peer sends, and checks for with `-check`.
fn pattern() -> Vec<u8> {
    (0..SIZE).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect()
}

#[test]
fn ours_to_ours_both_ways_at_once() {
    for version in VERSIONS {
        let size = SIZE.to_string();
        let server = peer::Server::echo(1, &["-check"]);
        let mut options = vec!["-send", &size, "-recv", &size, "-check", "-chunk", "65521"];
        options.extend(version.only());
        if version == Version::Tls13 {
            options.extend(["-keyupdate", "both"]);
        }
        peer::client(&server.port, &options)[0]
            .expect("ok=1 closed=both")
            .expect(&format!("sent={size} received={size}"));
        server.reports()[0].expect(&format!("ok=1 sent={size} received={size}"));
    }
}

#[test]
fn from_openssl_to_ours() {
    fs::write(DIR.join("large"), pattern()).unwrap();
    for version in VERSIONS {
        let server = openssl::Server::start(&CERTIFICATES.p256, &[version.flag(), "-naccept", "1", "-HTTP"]);
        let get = ["-text", "GET /large HTTP/1.0\\r\\n\\r\\n", "-recv", "all"];
        let options = [&get[..], &["-check", "-read-ahead"]].concat();
        peer::client(&server.port, &options)[0].expect(&format!("ok=1 received={SIZE}"));
        server.process.finish();
    }
}

#[test]
fn from_ours_to_openssl() {
    for (chunk, version) in [
        ("16385", Version::Tls13),
        ("4099", Version::Tls13),
        ("16385", Version::Tls12),
    ] {
        let size = SIZE.to_string();
        let server = peer::Server::start(&CERTIFICATES.p256, &["-send", &size, "-chunk", chunk]);
        let received = place::file(&format!("received-{chunk}-{}", version.name()));
        let script = format!(
            "openssl s_client -connect {} {} -quiet -verify_quiet </dev/null >{received} || :",
            server.address(),
            version.flag()
        );
        run(Command::new("timeout").args(["300", "sh", "-c", &script]));
        assert!(fs::read(&received).unwrap() == pattern(), "the bytes differ");
        fs::remove_file(received).unwrap();
        server.any_reports()[0].expect(&format!("sent={size}"));
    }
}

/// A few bytes a record, and a record in many fragments of the smallest size (RFC 8446, 5.1).
#[test]
fn small_records() {
    for version in VERSIONS {
        let server = peer::Server::echo(2, &["-check", "-fragment", "512"]);
        let small = ["-send", "100003", "-recv", "100003", "-check", "-chunk", "7"];
        peer::client(&server.port, &[&small[..], &version.only()].concat())[0].expect("ok=1 received=100003");
        let blocking = ["-send", "10007", "-recv", "10007", "-check", "-blocking"];
        peer::client(&server.port, &[&blocking[..], &version.only()].concat())[0].expect("ok=1 received=10007");
        server.reports()[1].expect("ok=1 closed=both");
    }
}
