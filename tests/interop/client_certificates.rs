//! Client certificates in the handshake: asked for, required, refused; and still known after a resumption.

use crate::place::CERTIFICATES;
use crate::version::VERSIONS;
use crate::{gnutls, openssl, peer, place};

fn demanding(rounds: usize) -> peer::Server {
    peer::Server::echo(rounds, &["-ca", &CERTIFICATES.ca, "-verify", "require"])
}

#[test]
fn an_openssl_client_shows_one() {
    let client = &CERTIFICATES.client;
    let server = demanding(2);
    let session = place::file("client-certificate-session");
    let options = ["-cert", &client.cert, "-key", &client.key];
    let text = openssl::visit(&server.address(), &[&options[..], &["-sess_out", &session]].concat());
    assert!(
        openssl::with_names(&text).contains("Acceptable client certificate CA names\nCN=carnet test ca"),
        "{text}"
    );
    openssl::visit(&server.address(), &["-sess_in", &session]);
    let reports = server.reports();
    reports[0].expect("ok=1 resumed=0 peer=client verify=0");
    reports[1].expect("ok=1 resumed=1 peer=client verify=0");
}

#[test]
fn a_gnutls_client_shows_one() {
    let client = &CERTIFICATES.client;
    for version in VERSIONS {
        let server = demanding(2);
        let priority = format!("NORMAL:-VERS-ALL:+VERS-TLS{}", version.number());
        let shown = ["--x509certfile", &client.cert, "--x509keyfile", &client.key];
        let options = [&shown[..], &["--resume", "--waitresumption", "--priority", &priority]].concat();
        gnutls::visit(&server.port, &options);
        let reports = server.reports();
        reports[0].expect("ok=1 resumed=0 peer=client verify=0");
        reports[1]
            .expect("ok=1 resumed=1 peer=client verify=0")
            .expect(&format!("version={}", version.name()));
    }
}

#[test]
fn a_client_without_one_is_let_in_only_where_it_may() {
    let server = peer::Server::echo(1, &["-ca", &CERTIFICATES.ca, "-verify", "peer"]);
    openssl::visit(&server.address(), &[]);
    server.reports()[0].expect("ok=1 peer=-");

    let server = demanding(1);
    let refused = openssl::client(&server.address(), &["-ign_eof"]).finish().text;
    assert!(refused.contains("alert certificate required"), "{refused}");
    server.any_reports()[0].expect("ok=0 stage=handshake reason=peer did not return a certificate");
}

#[test]
fn a_stranger_is_refused() {
    let stranger = &CERTIFICATES.stranger;
    let server = demanding(1);
    let options = ["-cert", &stranger.cert, "-key", &stranger.key, "-ign_eof"];
    let refused = openssl::client(&server.address(), &options).finish().text;
    assert!(refused.contains("alert unknown ca"), "{refused}");
    server.any_reports()[0].expect("ok=0 stage=handshake reason=certificate verify failed verify=20");
}

#[test]
fn ours_shows_one_to_openssl() {
    let client = &CERTIFICATES.client;
    let options = [
        "-Verify",
        "3",
        "-CAfile",
        &CERTIFICATES.ca,
        "-verify_return_error",
        "-naccept",
        "2",
        "-www",
    ];
    let server = openssl::Server::start(&CERTIFICATES.p256, &options);
    let get = [
        "-text",
        "GET / HTTP/1.0\\r\\n\\r\\n",
        "-recv",
        "all",
        "-rounds",
        "2",
        "-resume",
    ];
    let reports = peer::client(
        &server.port,
        &[&get[..], &["-cert", &client.cert, "-key", &client.key]].concat(),
    );
    reports[0].expect("ok=1 resumed=0");
    reports[1].expect("ok=1 resumed=1");
    let seen = server.process.succeed();
    assert!(openssl::with_names(&seen).contains("depth=0 CN=client"), "{seen}");
}

#[test]
fn ours_shows_one_to_gnutls() {
    let client = &CERTIFICATES.client;
    for version in VERSIONS {
        let asking = [
            "--require-client-cert",
            "--verify-client-cert",
            "--x509cafile",
            &CERTIFICATES.ca,
        ];
        let server = gnutls::Server::start(&CERTIFICATES.p256, &[&["--echo"], &asking[..]].concat());
        let line = ["-text", "hello\\n", "-recv", "6"];
        let shown = ["-cert", &client.cert, "-key", &client.key];
        peer::client(&server.port, &[&line[..], &shown, &version.only()].concat())[0].expect("ok=1");
        let seen = server.process.wait_for("Subject: CN=client");
        assert!(seen.contains("The certificate is trusted"), "{seen}");
    }
}
