//! Tickets beyond the plain resumption that `suites` shows: how many, what is in them, who can read them.

use crate::place::CERTIFICATES;
use crate::{openssl, peer, place};

/// Name, HMAC key and AES key of `SSL_CTX_set_tlsext_ticket_keys`, in hex.
fn ticket_keys(seed: u8) -> String {
    (0..80u8)
        .map(|i| format!("{:02x}", i.wrapping_mul(31).wrapping_add(seed)))
        .collect()
}

#[test]
fn as_many_tickets_as_the_server_is_told() {
    for count in ["0", "1", "2", "5"] {
        let server = peer::Server::echo(1, &["-tickets", count]);
        let text = openssl::visit(&server.address(), &[]);
        assert_eq!(openssl::tickets(&text).to_string(), count, "{text}");
        server.reports()[0].expect(&format!("tickets={count}"));
    }
}

#[test]
fn tickets_on_demand_after_the_handshake() {
    let server = peer::Server::echo(1, &["-extra", "3"]);
    let text = openssl::visit(&server.address(), &[]);
    assert_eq!(openssl::tickets(&text), 5, "{text}");
    server.reports()[0].expect("tickets=5");
}

#[test]
fn application_data_travels_in_the_ticket() {
    let server = peer::Server::echo(2, &["-appdata", "guest-17"]);
    let session = place::file("appdata-session");
    openssl::visit(&server.address(), &["-sess_out", &session]);
    openssl::visit(&server.address(), &["-sess_in", &session]);
    let reports = server.reports();
    reports[0].expect("appdata=- status=-1");
    reports[1].expect("appdata=guest-17 status=6");
}

/// A ticket opens at a second server with the same keys, and at one with other keys is politely ignored.
#[test]
fn the_keys_decide_who_reads_a_ticket() {
    let keys = ticket_keys(1);
    let session = place::file("shared-keys-session");
    let first = peer::Server::echo(1, &["-ticket-keys", &keys]);
    openssl::visit(&first.address(), &["-sess_out", &session]);
    first.reports();

    let friend = peer::Server::echo(1, &["-ticket-keys", &keys]);
    let text = openssl::visit(&friend.address(), &["-sess_in", &session]);
    assert!(text.contains("Reused, TLSv1.3"), "{text}");
    friend.reports()[0].expect("resumed=1 status=6 tickets=1");

    let other = peer::Server::echo(1, &["-ticket-keys", &ticket_keys(2)]);
    let text = openssl::visit(&other.address(), &["-sess_in", &session]);
    assert!(text.contains("New, TLSv1.3"), "{text}");
    other.reports()[0].expect("resumed=0 status=4 tickets=2");
}

/// RFC 8446, 4.2.11: a PSK goes with its hash. A suite with another one makes the handshake full, which brings new
/// tickets.
#[test]
fn another_hash_is_a_full_handshake() {
    let session = place::file("hash-session");
    let server = peer::Server::echo(3, &[]);
    let address = server.address();
    openssl::visit(
        &address,
        &["-ciphersuites", "TLS_AES_128_GCM_SHA256", "-sess_out", &session],
    );
    for suites in [
        "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
    ] {
        openssl::visit(&address, &["-ciphersuites", suites, "-sess_in", &session]);
    }
    let reports = server.reports();
    reports[1].expect("resumed=1 cipher=TLS_CHACHA20_POLY1305_SHA256");
    reports[2].expect("resumed=0 cipher=TLS_AES_256_GCM_SHA384 status=6 tickets=2");
}

/// OpenSSL's server with its own keys renews at every resumption; our client uses each ticket once.
#[test]
fn ours_resumes_five_times_in_a_row_at_openssl() {
    let server = openssl::Server::start(&CERTIFICATES.p256, &["-naccept", "6", "-www"]);
    let get = [
        "-text",
        "GET / HTTP/1.0\\r\\n\\r\\n",
        "-recv",
        "all",
        "-rounds",
        "6",
        "-resume",
    ];
    let reports = peer::client(&server.port, &get);
    reports[0].expect("resumed=0 tickets=2");
    for report in &reports[1..] {
        report.expect("resumed=1 tickets=1 peer=localhost verify=0");
    }
    server.process.succeed();
}

#[test]
fn stateful_tickets_of_openssl_resume_too() {
    let server = openssl::Server::start(&CERTIFICATES.p256, &["-no_ticket", "-naccept", "2", "-www"]);
    let get = [
        "-text",
        "GET / HTTP/1.0\\r\\n\\r\\n",
        "-recv",
        "all",
        "-rounds",
        "2",
        "-resume",
    ];
    peer::client(&server.port, &get)[1].expect("resumed=1");
    server.process.succeed();
}

/// SSL_OP_NO_TICKET: whatever is sent, if anything, is no stateless ticket, and none is ever opened.
#[test]
fn no_stateless_tickets_where_they_are_off() {
    let server = peer::Server::echo(2, &["-no-ticket"]);
    let line = [
        "-text", "hello\\n", "-recv", "6", "-wait", "1", "-rounds", "2", "-resume",
    ];
    peer::client(&server.port, &line);
    for report in &server.reports() {
        report.expect("ok=1 status=-1");
    }
}
