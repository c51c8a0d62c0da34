//! What is not TLS, or no longer: an alert, a reason, and the next client is served.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use crate::place::CERTIFICATES;
use crate::{openssl, peer};

/// Sends `bytes` and the end of the stream, and reads what comes back until the server has closed.
fn send(server: &peer::Server, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server that has seen enough closes at once: then these fail, and the answer may be lost with the connection.
    let _ = socket.write_all(bytes);
    let _ = socket.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    answer
}

/// The first flight of `s_client`.
fn client_hello() -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let _client = openssl::client(&address, &["-tls1_3", "-servername", "localhost", "-alpn", "h2"]);
    let (mut socket, _) = listener.accept().unwrap();
    let mut hello = vec![0; 5];
    socket.read_exact(&mut hello).unwrap();
    let len = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
    hello.resize(5 + len, 0);
    socket.read_exact(&mut hello[5..]).unwrap();
    hello
}

/// As [`client_hello`], in a record that says `len` and under the message type `kind`.
fn altered(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut hello = client_hello();
    change(&mut hello);
    hello
}

const ALERT: u8 = 21;

/// The reason is what OpenSSL's libssl says, and the alert is the one it sends.
#[test]
fn each_fault_has_its_reason_and_its_alert() {
    const DECODE_ERROR: u8 = 50;
    const PROTOCOL_VERSION: u8 = 70;
    const UNEXPECTED_MESSAGE: u8 = 10;
    const RECORD_OVERFLOW: u8 = 22;
    const ILLEGAL_PARAMETER: u8 = 47;
    let faults: Vec<(&str, Vec<u8>, &str, Option<u8>)> = vec![
        ("plain HTTP", b"GET / HTTP/1.0\r\n\r\n".to_vec(), "http request", None),
        ("noise", vec![0xee; 64], "wrong version number", None),
        (
            "an oversized record",
            vec![22, 3, 1, 0xff, 0xff],
            "packet length too long",
            Some(RECORD_OVERFLOW),
        ),
        (
            "another message first",
            altered(|h| h[5] = 2),
            "unexpected message",
            Some(UNEXPECTED_MESSAGE),
        ),
        (
            "data before the handshake",
            vec![23, 3, 3, 0, 1, 0],
            "unexpected message",
            Some(UNEXPECTED_MESSAGE),
        ),
        (
            "a session id of 255 bytes",
            altered(|h| h[43] = 255),
            "length mismatch",
            Some(DECODE_ERROR),
        ),
        (
            "bytes after the extensions",
            altered(append_to_hello),
            "length mismatch",
            Some(DECODE_ERROR),
        ),
        (
            "a stream that ends",
            client_hello()[..100].to_vec(),
            "unexpected eof while reading",
            None,
        ),
        (
            "TLS 1.1 at most",
            altered(|hello| without_tls13(hello)),
            "unsupported protocol",
            Some(PROTOCOL_VERSION),
        ),
        (
            "a compression method",
            altered(with_compression),
            "invalid compression algorithm",
            Some(ILLEGAL_PARAMETER),
        ),
    ];
    for (what, bytes, reason, alert) in &faults {
        let server = peer::Server::start(&CERTIFICATES.p256, &["-min", "1.3"]);
        let answer = send(&server, bytes);
        let reports = server.any_reports();
        assert_eq!(reports[0].get("reason"), *reason, "{what}");
        if let Some(alert) = alert {
            assert!(
                answer.len() >= 7 && answer[0] == ALERT && answer[6] == *alert,
                "{what}: {answer:?}"
            );
        }
    }
}

/// One byte more in the message than its fields account for, all lengths around them true.
fn append_to_hello(hello: &mut Vec<u8>) {
    hello.push(0);
    state_lengths(hello);
}

/// supported_versions turned into an extension that nobody knows, and TLS 1.1 in the old place.
fn without_tls13(hello: &mut [u8]) {
    let at = hello
        .windows(7)
        .position(|w| w == [0, 43, 0, 3, 2, 3, 4])
        .expect("supported_versions");
    hello[at] = 0xfa;
    hello[10] = 2;
}

/// A compression method more: RFC 8446, 4.1.2 wants one, which is none.
fn with_compression(hello: &mut Vec<u8>) {
    let session_id = usize::from(hello[43]);
    let suites = usize::from(u16::from_be_bytes([hello[44 + session_id], hello[45 + session_id]]));
    let methods = 46 + session_id + suites;
    hello[methods] = 2;
    hello.insert(methods + 1, 1);
    state_lengths(hello);
}

/// Makes the record and the message as long as they are.
fn state_lengths(hello: &mut [u8]) {
    let len = u16::try_from(hello.len() - 5).unwrap();
    hello[3..5].copy_from_slice(&len.to_be_bytes());
    hello[7..9].copy_from_slice(&(len - 4).to_be_bytes());
}

/// The hello cut at every byte: always an error, never the end of the server.
#[test]
fn every_truncation_leaves_the_server_well() {
    let hello = client_hello();
    let rounds = (hello.len() + 1).to_string();
    let server = peer::Server::start(&CERTIFICATES.p256, &["-echo", "-rounds", &rounds]);
    for len in 0..hello.len() {
        send(&server, &hello[..len]);
    }
    openssl::visit(&server.address(), &[]);
    let reports = server.any_reports();
    let (last, cut) = reports.split_last().unwrap();
    assert_eq!(cut.len(), hello.len());
    assert!(cut.iter().all(|report| report.get("ok") == "0"), "{cut:?}");
    last.expect("ok=1");
}

/// Every byte of the hello damaged: an alert or a handshake that goes on and finds no client.
#[test]
fn every_damage_leaves_the_server_well() {
    let hello = client_hello();
    let rounds = (hello.len() + 1).to_string();
    let server = peer::Server::start(&CERTIFICATES.p256, &["-echo", "-rounds", &rounds]);
    for at in 0..hello.len() {
        let mut damaged = hello.clone();
        damaged[at] ^= 0x55;
        send(&server, &damaged);
    }
    openssl::visit(&server.address(), &[]);
    let reports = server.any_reports();
    let (last, damaged) = reports.split_last().unwrap();
    assert!(damaged.iter().all(|report| report.get("ok") == "0"), "{damaged:?}");
    last.expect("ok=1");
}
