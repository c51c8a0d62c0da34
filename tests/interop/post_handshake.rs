//! Post-handshake client authentication (RFC 8446, 4.6.2), asked for by either library's server.

use crate::place::CERTIFICATES;
use crate::{gnutls, openssl, peer};

#[test]
fn ours_asks_openssl() {
    let client = &CERTIFICATES.client;
    let server = peer::Server::echo(1, &["-pha", "-ca", &CERTIFICATES.ca]);
    let options = ["-enable_pha", "-cert", &client.cert, "-key", &client.key];
    let mut client = openssl::client(&server.address(), &options);
    // The certificate may cross the first line, but not the second.
    for line in ["one line\n", "another line\n"] {
        client.say(line);
        client.wait_for(line);
    }
    let text = client.succeed();
    // Two with the handshake, two more for the client that is known now.
    assert_eq!(openssl::tickets(&text), 4, "{text}");
    server.reports()[0].expect("ok=1 peer=client verify=0 tickets=4");
}

#[test]
fn ours_asks_gnutls() {
    let client = &CERTIFICATES.client;
    let server = peer::Server::echo(1, &["-pha", "-ca", &CERTIFICATES.ca]);
    let options = [
        "--post-handshake-auth",
        "--x509certfile",
        &client.cert,
        "--x509keyfile",
        &client.key,
    ];
    gnutls::visit(&server.port, &options);
    server.reports()[0].expect("ok=1 peer=client verify=0");
}

#[test]
fn a_client_that_did_not_offer_is_not_asked() {
    let server = peer::Server::echo(1, &["-pha", "-ca", &CERTIFICATES.ca]);
    openssl::client(&server.address(), &["-ign_eof"]).finish();
    server.any_reports()[0].expect("ok=0 stage=after reason=extension not received");
}

#[test]
fn ours_is_asked_by_openssl() {
    let client = &CERTIFICATES.client;
    let options = [
        "-CAfile",
        &CERTIFICATES.ca,
        "-Verify",
        "3",
        "-verify_return_error",
        "-naccept",
        "1",
    ];
    // -Verify alone asks in the handshake; the server's command `c` asks again afterwards.
    let server = openssl::Server::start(&CERTIFICATES.p256, &options);
    let mut process = server.process;
    let identity = ["-pha", "-cert", &client.cert, "-key", &client.key];
    let ours = peer::start_client(
        &server.port,
        &[&identity[..], &["-text", "ready\\n", "-recv", "5"]].concat(),
    );
    process.wait_for("ready");
    process.say("c\n");
    process.wait_for("SSL_do_handshake -> 1");
    process.say("done\n");
    let seen = ours.succeed();
    assert!(seen.contains("ok=1") && seen.contains("tickets=4"), "{seen}");
    process.succeed();
}

#[test]
fn ours_is_asked_by_gnutls() {
    let client = &CERTIFICATES.client;
    let options = ["--echo", "-a", "--verify-client-cert", "--x509cafile", &CERTIFICATES.ca];
    let server = gnutls::Server::start(&CERTIFICATES.p256, &options);
    let identity = ["-pha", "-cert", &client.cert, "-key", &client.key];
    // The echo comes before the request, so stay for messages that are no data.
    let line = ["-text", "**REAUTH**\\n", "-recv", "11", "-wait", "9"];
    let ours = peer::start_client(&server.port, &[&identity[..], &line[..]].concat());
    // The one on standard error, the other on standard output: whichever arrives first.
    server.process.wait_for("*** Sending re-auth request");
    server.process.wait_for("The certificate is trusted");
    drop(ours);
}
