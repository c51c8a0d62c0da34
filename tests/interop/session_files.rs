//! Session files: what one library's client writes, the other's client and `openssl sess_id` read.

use crate::place::{CERTIFICATES, run};
use crate::{openssl, peer, place};
use std::fs;
use std::process::Command;

const GET: [&str; 4] = ["-text", "GET / HTTP/1.0\\r\\n\\r\\n", "-recv", "all"];

#[test]
fn openssl_reads_what_ours_wrote() {
    let server = openssl::Server::start(&CERTIFICATES.p256, &["-naccept", "2", "-www"]);
    let session = place::file("written-by-ours");
    peer::client(
        &server.port,
        &[&GET[..], &["-sess-out", &session, "-sni", "localhost"]].concat(),
    );

    let text = run(Command::new("openssl").args(["sess_id", "-in", &session, "-text", "-noout"]));
    for piece in [
        "Protocol  : TLSv1.3",
        "Cipher    : TLS_AES_256_GCM_SHA384",
        "TLS session ticket lifetime hint: 7200",
    ] {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    let mut client = openssl::client(
        &format!("127.0.0.1:{}", server.port),
        &["-sess_in", &session, "-ign_eof"],
    );
    client.say("GET / HTTP/1.0\r\n\r\n");
    let page = client.succeed();
    assert!(page.contains("Reused, TLSv1.3"), "{page}");
    server.process.succeed();
}

#[test]
fn ours_reads_what_openssl_wrote() {
    let server = peer::Server::echo(2, &["-appdata", "carried"]);
    let session = place::file("written-by-openssl");
    openssl::visit(&server.address(), &["-sess_out", &session]);
    let line = ["-text", "hello\\n", "-recv", "6", "-sess-in", &session];
    peer::client(&server.port, &line)[0].expect("ok=1 resumed=1");
    server.reports()[1].expect("resumed=1 appdata=carried");
}

/// Decoding and encoding with OpenSSL gives back the bytes that we wrote.
#[test]
fn openssl_writes_the_same_bytes_again() {
    let server = peer::Server::echo(1, &[]);
    let session = place::file("same-bytes");
    peer::client(
        &server.port,
        &["-text", "hello\\n", "-recv", "6", "-wait", "2", "-sess-out", &session],
    );
    server.reports();
    let again = place::file("same-bytes-again");
    run(Command::new("openssl").args(["sess_id", "-in", &session, "-out", &again]));
    assert_eq!(
        fs::read_to_string(&session).unwrap(),
        fs::read_to_string(&again).unwrap()
    );
}
