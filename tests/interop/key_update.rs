//! KeyUpdate (RFC 8446, 4.6.3), alone and with a request for the peer's, started by either side.

use crate::place::CERTIFICATES;
use crate::{gnutls, openssl, peer};

/// `k` updates s_client's keys, `K` asks ours to update too; the connection must go on either way.
#[test]
fn openssl_clients_update() {
    let server = peer::Server::echo(1, &[]);
    let mut client = openssl::client(&server.address(), &[]);
    for (updates, command) in ["", "k\n", "K\n", "K\n"].iter().enumerate() {
        client.say(command);
        client.wait_for_times("KEYUPDATE", updates);
        client.say(&format!("after update {updates}\n"));
        client.wait_for(&format!("after update {updates}\n"));
    }
    client.succeed();
    server.reports()[0].expect("ok=1 updates=0/3 closed=both");
}

#[test]
fn gnutls_clients_update() {
    let server = peer::Server::echo(1, &[]);
    let mut client = gnutls::client(&server.port, &["--inline-commands"]);
    client.wait_for("Simple Client Mode");
    for (command, line) in [("", "one"), ("^rekey1^\n", "two"), ("^rekey^\n", "three")] {
        client.say(command);
        client.say(&format!("{line}\n"));
        client.wait_for(&format!("\n{line}"));
    }
    client.succeed();
    server.reports()[0].expect("ok=1 updates=0/2");
}

#[test]
fn openssl_servers_update() {
    let server = openssl::Server::start(&CERTIFICATES.p256, &["-naccept", "1"]);
    let mut process = server.process;
    let client = peer::start_client(&server.port, &["-text", "ready\\n", "-recv", "5"]);
    process.wait_for("ready");
    for (updates, command) in ["k\n", "K\n", "k\n"].iter().enumerate() {
        // A command is only seen at the start of what the server reads, so what follows has to come apart from it.
        process.say(command);
        process.wait_for_times("SSL_do_handshake -> 1", updates + 1);
    }
    process.say("done\n");
    let seen = client.succeed();
    assert!(
        seen.contains("ok=1") && seen.contains("received=5") && seen.contains("updates=0/3"),
        "{seen}"
    );
    process.succeed();
}

/// Ours updates in the middle of a transfer, and has the other side update as well.
#[test]
fn ours_updates_towards_openssl() {
    for kind in ["one", "both"] {
        let server = peer::Server::echo(1, &["-keyupdate", kind]);
        openssl::visit(&server.address(), &[]);
        server.reports()[0].expect("ok=1");

        let server = peer::Server::start(
            &CERTIFICATES.p256,
            &["-send", "200000", "-keyupdate", kind, "-recv", "all"],
        );
        let mut client = openssl::client(&server.address(), &["-quiet", "-no_ign_eof"]);
        // The updates come at half and at three quarters.
        client.wait_for_len(200_000);
        // It answers a request for an update when it next writes.
        client.say("goodbye\n");
        client.finish();
        let reports = server.reports();
        let updates = reports[0].expect("ok=1 sent=200000").get("updates");
        // RFC 8446, 4.6.3: one answer may do for requests that came together.
        let allowed = if kind == "both" { &["2/1", "2/2"][..] } else { &["2/0"] };
        assert!(allowed.contains(&updates), "{kind}: {updates}");
    }
}
