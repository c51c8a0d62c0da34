//! HelloRetryRequest (RFC 8446, 4.1.4): the key share that came is for a group the server doesn't want.

use crate::place::CERTIFICATES;
use crate::{gnutls, openssl, peer, place};

/// Each side's first group is one the other lacks; P-384 is what they share.
const OURS: &str = "P-384";
const THEIRS: &str = "X25519:P-384";

#[test]
fn ours_asks_openssl_for_another_share() {
    let server = peer::Server::echo(2, &["-groups", OURS]);
    let session = place::file("retry-session");
    let full = openssl::visit(&server.address(), &["-groups", THEIRS, "-sess_out", &session]);
    assert!(full.contains(" Temp Key: ECDH, secp384r1, 384 bits"), "{full}");
    let resumed = openssl::visit(&server.address(), &["-groups", THEIRS, "-sess_in", &session]);
    assert!(resumed.contains("Reused, TLSv1.3"), "{resumed}");
    let reports = server.reports();
    reports[0].expect("hrr=1 group=secp384r1 resumed=0");
    reports[1].expect("hrr=1 group=secp384r1 resumed=1");
}

#[test]
fn ours_obeys_openssl_asking() {
    let options = ["-groups", OURS, "-naccept", "2", "-www"];
    let server = openssl::Server::start(&CERTIFICATES.p256, &options);
    let get = [
        "-text",
        "GET / HTTP/1.0\\r\\n\\r\\n",
        "-recv",
        "all",
        "-rounds",
        "2",
        "-resume",
        "-groups",
        THEIRS,
    ];
    let reports = peer::client(&server.port, &get);
    reports[0].expect("ok=1 hrr=1 group=secp384r1 resumed=0");
    reports[1].expect("ok=1 hrr=1 group=secp384r1 resumed=1");
    server.process.succeed();
}

#[test]
fn ours_asks_gnutls_for_another_share() {
    let server = peer::Server::echo(2, &["-groups", OURS]);
    let priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1";
    let options = [
        "--priority",
        priority,
        "--single-key-share",
        "--resume",
        "--waitresumption",
    ];
    let text = gnutls::visit(&server.port, &options);
    assert!(text.contains("ECDHE-SECP384R1"), "{text}");
    let reports = server.reports();
    reports[0].expect("hrr=1 group=secp384r1 resumed=0");
    reports[1].expect("hrr=1 group=secp384r1 resumed=1");
}

#[test]
fn ours_obeys_gnutls_asking() {
    let priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP384R1";
    let server = gnutls::Server::start(&CERTIFICATES.p256, &["--echo", "-a", "--priority", priority]);
    let line = [
        "-text", "hello\\n", "-recv", "6", "-wait", "1", "-rounds", "2", "-resume", "-groups", THEIRS,
    ];
    let reports = peer::client(&server.port, &line);
    reports[0].expect("ok=1 hrr=1 group=secp384r1 resumed=0");
    reports[1].expect("ok=1 hrr=1 group=secp384r1 resumed=1");
}

#[test]
fn no_group_in_common_is_a_handshake_failure() {
    let server = peer::Server::start(&CERTIFICATES.p256, &["-groups", "P-384"]);
    let refused = openssl::client(&server.address(), &["-groups", "X25519"]).finish();
    assert!(!refused.status.success());
    assert!(refused.text.contains("alert handshake failure"), "{}", refused.text);
    server.any_reports()[0].expect("ok=0 stage=handshake");
}
