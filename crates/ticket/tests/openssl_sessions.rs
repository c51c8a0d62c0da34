//! Session files of OpenSSL 3.0 (tests/data, made by make.sh there) pass through unchanged, and `openssl sess_id` reads
//! what this crate writes.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bytes::Bytes;
use carnet_ticket::{Secret, Session, SessionId};

const FILES: [&str; 13] = [
    "tls12",
    "tls12-alpn-fragment",
    "tls12-client-cert",
    "tls12-psk",
    "tls12-session-id",
    "tls12-sni",
    "tls13",
    "tls13-aes128",
    "tls13-alpn",
    "tls13-chacha-early-data",
    "tls13-client-cert",
    "tls13-psk",
    "tls13-sni",
];

fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/{name}.der"));
    std::fs::read(&path).unwrap()
}

fn encode(session: &Session) -> Vec<u8> {
    let mut out = Vec::new();
    session.encode_into(&mut out);
    out
}

/// What `openssl sess_id -text` says of it.
fn sess_id(der: &[u8]) -> String {
    let mut child = Command::new("openssl")
        .args(["sess_id", "-inform", "DER", "-noout", "-text"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs openssl(1), package openssl");
    child.stdin.take().unwrap().write_all(der).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn come_back_byte_for_byte() {
    for name in FILES {
        let der = file(name);
        let session = Session::decode(&der, 0).unwrap();
        assert_eq!(session.encoded_len(), der.len(), "{name}");
        assert_eq!(encode(&session), der, "{name}");
    }
}

#[test]
fn say_what_the_connection_was() {
    let session = Session::decode(&file("tls13-alpn"), 0).unwrap();
    assert_eq!(
        (session.protocol, session.cipher, session.kex_group),
        (0x0304, 0x1302, 0x1d)
    );
    assert_eq!(session.alpn.as_deref(), Some(&b"h2"[..]));
    assert_eq!(session.secret.len(), 48);
    assert!(session.ticket.is_some() && session.age_add != 0 && session.peer.is_some());
    assert_eq!((session.timeout, session.lifetime_hint), (7200, 7200));

    let session = Session::decode(&file("tls12-alpn-fragment"), 0).unwrap();
    assert_eq!(session.max_fragment_mode, 2);
    assert!(session.extended_master_secret());

    for name in ["tls12-sni", "tls13-sni"] {
        let session = Session::decode(&file(name), 0).unwrap();
        assert_eq!(session.hostname.as_deref(), Some(&b"ticket.example"[..]), "{name}");
    }

    let session = Session::decode(&file("tls12-session-id"), 0).unwrap();
    assert!(session.ticket.is_none() && session.session_id.len() == 32);

    let session = Session::decode(&file("tls12-psk"), 0).unwrap();
    assert_eq!(session.psk_identity.as_deref(), Some(&b"Client_identity"[..]));
    assert_eq!(session.psk_identity_hint.as_deref(), Some(&b"hint"[..]));

    let session = Session::decode(&file("tls13-chacha-early-data"), 0).unwrap();
    assert_eq!((session.cipher, session.max_early_data), (0x1303, 16384));
}

/// Real OpenSSL agrees with us about each field of a session that we made up.
#[test]
fn openssl_reads_ours() {
    let mut session = Session::new(0x0304, 0x1301, Secret::new(&[0xa1; 32]).unwrap(), 1_600_000_000);
    session.timeout = 7200;
    session.session_id = SessionId::new(&[0xb2; 32]).unwrap();
    session.session_id_context = SessionId::new(&[0xc3; 8]).unwrap();
    session.verify_result = 18;
    session.lifetime_hint = 7201;
    session.max_early_data = 4096;
    session.ticket = Some(Bytes::from_static(b"0123456789"));
    session.psk_identity = Some(Bytes::from_static(b"me"));
    session.psk_identity_hint = Some(Bytes::from_static(b"who"));
    session.srp_username = Some(Bytes::from_static(b"srp"));
    session.appdata = Some(Bytes::from_static(b"of the application"));
    session.peer = Session::decode(&file("tls13"), 0).unwrap().peer;
    let text = sess_id(&encode(&session));
    for line in [
        "Protocol  : TLSv1.3".to_owned(),
        "Cipher    : TLS_AES_128_GCM_SHA256".to_owned(),
        format!("Session-ID: {}", "B2".repeat(32)),
        format!("Session-ID-ctx: {}", "C3".repeat(8)),
        format!("Resumption PSK: {}", "A1".repeat(32)),
        "PSK identity: me".to_owned(),
        "PSK identity hint: who".to_owned(),
        "SRP username: srp".to_owned(),
        "TLS session ticket lifetime hint: 7201 (seconds)".to_owned(),
        "30 31 32 33 34 35 36 37-38 39".to_owned(),
        "Start Time: 1600000000".to_owned(),
        "Timeout   : 7200 (sec)".to_owned(),
        "Verify return code: 18 (self-signed certificate)".to_owned(),
        "Extended master secret: no".to_owned(),
        "Max Early Data: 4096".to_owned(),
    ] {
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    session.protocol = 0x0303;
    session.flags = Session::EXTENDED_MASTER_SECRET;
    assert!(sess_id(&encode(&session)).contains("Extended master secret: yes"));
}
