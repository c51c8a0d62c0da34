//! ALPN (RFC 7301) and SNI (RFC 6066, 3): what is asked for, what is chosen, what is refused.

use crate::place::CERTIFICATES;
use crate::version::VERSIONS;
use crate::{gnutls, openssl, peer};

#[test]
fn ours_chooses_by_its_own_preference() {
    for version in VERSIONS {
        let server = peer::Server::echo(2, &[&["-alpn", "h2,http/1.1"], &version.only()[..]].concat());
        let text = openssl::visit(&server.address(), &["-alpn", "http/1.1,h2"]);
        assert!(text.contains("ALPN protocol: h2"), "{text}");
        let text = gnutls::visit(&server.port, &["--alpn", "http/1.1"]);
        assert!(text.contains("Application protocol: http/1.1"), "{text}");
        let reports = server.reports();
        reports[0].expect("alpn=h2");
        reports[1].expect(&format!("alpn=http/1.1 version={}", version.name()));
    }
}

#[test]
fn no_protocol_in_common_ends_the_handshake() {
    let server = peer::Server::echo(1, &["-alpn", "h2"]);
    let refused = openssl::client(&server.address(), &["-alpn", "smtp"]).finish().text;
    assert!(refused.contains("alert no application protocol"), "{refused}");
    server.any_reports()[0].expect("ok=0 stage=handshake reason=no application protocol");
}

#[test]
fn ours_learns_the_choice_of_others() {
    let server = openssl::Server::start(&CERTIFICATES.p256, &["-alpn", "http/1.1", "-naccept", "1", "-www"]);
    let options = [
        "-alpn",
        "h2,http/1.1",
        "-text",
        "GET / HTTP/1.0\\r\\n\\r\\n",
        "-recv",
        "all",
    ];
    peer::client(&server.port, &options)[0].expect("ok=1 alpn=http/1.1");
    server.process.succeed();

    for version in VERSIONS {
        let server = gnutls::Server::start(&CERTIFICATES.p256, &["--echo", "-a", "--alpn", "h2"]);
        let line = ["-alpn", "h2,http/1.1", "-text", "hello\\n", "-recv", "6"];
        peer::client(&server.port, &[&line[..], &version.only()].concat())[0].expect("ok=1 alpn=h2");
    }
}

/// A server with two names shows each client the certificate of the name it asked for.
#[test]
fn ours_serves_two_names() {
    let c = &*CERTIFICATES;
    let second = [
        "-vhost",
        "other.example",
        "-vhost-cert",
        &c.other.cert,
        "-vhost-key",
        &c.other.key,
    ];
    let server = peer::Server::echo(4, &second);
    for (name, shown) in [("localhost", "CN=localhost"), ("other.example", "CN=other.example")] {
        let text = openssl::visit(&server.address(), &["-servername", name, "-verify_hostname", name]);
        assert!(
            openssl::with_names(&text).contains(&format!("subject={shown}")),
            "{text}"
        );
    }
    let text = gnutls::visit(
        &server.port,
        &["--sni-hostname", "other.example", "--verify-hostname", "other.example"],
    );
    assert!(text.contains("subject `CN=other.example'"), "{text}");
    openssl::visit(&server.address(), &["-noservername"]);
    let names: Vec<_> = server
        .reports()
        .iter()
        .map(|report| report.get("sni").to_owned())
        .collect();
    assert_eq!(names, ["localhost", "other.example", "other.example", "-"]);
}

#[test]
fn ours_asks_others_for_a_name() {
    let c = &*CERTIFICATES;
    let second = [
        "-servername",
        "other.example",
        "-cert2",
        &c.other.cert,
        "-key2",
        &c.other.key,
    ];
    let server = openssl::Server::start(&c.p256, &[&second[..], &["-naccept", "2", "-www"]].concat());
    let get = ["-text", "GET / HTTP/1.0\\r\\n\\r\\n", "-recv", "all"];
    peer::any_client(&server.port, &[&get[..], &["-sni", "other.example"]].concat())[0]
        .expect("ok=1 peer=other.example");
    peer::any_client(&server.port, &[&get[..], &["-sni", "localhost"]].concat())[0].expect("ok=1 peer=localhost");
    server.process.succeed();
}
