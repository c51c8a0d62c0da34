//! External PSKs of TLS 1.3: OpenSSL's commands with one of the two on our library, and GnuTLS's.

use std::fs;

use crate::gnutls;
use crate::place::{self, CERTIFICATES};
use crate::preload::{Way, assert_on_ours, openssl_command};
use crate::process::{Process, tool};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";
/// The same key, and one that is not it.
const OTHER_KEY: &str = "100102030405060708090a0b0c0d0e0f";
/// What s_client calls itself.
const IDENTITY: &str = "Client_identity";
/// GnuTLS offers no PSK with a suite of another hash beside it.
const GNUTLS_SUITES: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+ECDHE-PSK";

/// `s_server` or `s_client`, on our library or not, with the linker's record if it is ours.
fn openssl(ours: bool, name: &str, record: &str) -> std::process::Command {
    if ours {
        openssl_command(Way::Preloaded, name, record)
    } else {
        let mut command = tool("openssl");
        command.arg(name);
        command
    }
}

/// A server for one connection that has this key and no certificate.
fn server(ours: bool, key: &str, record: &str) -> (Process, String) {
    let mut server = openssl(ours, "s_server", record);
    server.args([
        "-accept",
        "127.0.0.1:0",
        "-tls1_3",
        "-nocert",
        "-naccept",
        "1",
        "-psk",
        key,
    ]);
    let server = Process::start(&mut server);
    let port = server.wait_for_line("ACCEPT 127.0.0.1:");
    (server, port)
}

fn client(ours: bool, port: &str, record: &str) -> Process {
    let mut client = openssl(ours, "s_client", record);
    let address = format!("127.0.0.1:{port}");
    Process::start(client.args(["-connect", &address, "-tls1_3", "-psk", KEY]))
}

#[test]
fn openssl_commands() {
    for (ours_serves, ours_connects) in [(true, false), (false, true), (true, true)] {
        let record = format!("psk-{ours_serves}-{ours_connects}");
        let (mut server, port) = server(ours_serves, KEY, &record);
        let mut client = client(ours_connects, &port, &record);
        // The ticket follows the handshake, so both sides are done then.
        client.wait_for("Post-Handshake New Session Ticket arrived");
        client.say("from the client\n");
        server.wait_for("from the client");
        server.say("from the server\n");
        client.wait_for("from the server");
        client.say("Q\n");
        let text = client.succeed();
        assert!(text.contains("Reused, TLSv1.3"), "{record}: {text}");
        assert!(text.contains("no peer certificate available"), "{record}: {text}");
        assert_eq!(text.matches("Ticket arrived").count(), 1, "{record}: {text}");
        let text = server.succeed();
        assert!(text.contains("Reused session-id"), "{record}: {text}");
        assert_on_ours(&record);
    }
}

/// Whoever has another key is told so by the binder.
#[test]
fn another_key_is_refused() {
    for ours_serves in [true, false] {
        let record = format!("psk-other-{ours_serves}");
        let (server, port) = server(ours_serves, OTHER_KEY, &record);
        let ended = client(!ours_serves, &port, &record).finish();
        assert!(!ended.status.success(), "{record}: {}", ended.text);
        // Since 3.2 OpenSSL says it as RFC 8446 does (section 4.2.11.2 leaves it open, 6.2 does not).
        let alerts = ["illegal parameter", "decrypt error"];
        let is_told = alerts.iter().any(|alert| ended.text.contains(alert));
        assert!(is_told, "{record}: {}", ended.text);
        let text = server.finish().text;
        assert!(text.contains("binder does not verify"), "{record}: {text}");
    }
}

#[test]
fn gnutls_connects() {
    let (server, port) = server(true, KEY, "psk-gnutls");
    let mut client = tool("gnutls-cli");
    client.args(["--port", &port, "--pskusername", IDENTITY, "--pskkey", KEY]);
    client.args(["--priority", GNUTLS_SUITES, "127.0.0.1"]);
    let mut client = Process::start(&mut client);
    client.wait_for("Simple Client Mode");
    client.say("hello from gnutls\n");
    server.wait_for("hello from gnutls");
    let text = client.succeed();
    assert!(text.contains("PSK authentication. Connected as"), "{text}");
    assert!(server.finish().text.contains("Reused session-id"));
}

#[test]
fn gnutls_serves() {
    let keys = place::file("psk-keys");
    fs::write(&keys, format!("{IDENTITY}:{KEY}\n")).unwrap();
    let options = ["--pskpasswd", &keys, "--priority", GNUTLS_SUITES, "--echo"];
    let server = gnutls::Server::start(&CERTIFICATES.p256, &options);
    let mut client = client(true, &server.port, "psk-gnutls-server");
    client.wait_for("Post-Handshake New Session Ticket arrived");
    client.say("hello from s_client\n");
    client.wait_for("hello from s_client");
    client.say("Q\n");
    let text = client.succeed();
    assert!(text.contains("Reused, TLSv1.3"), "{text}");
    server
        .process
        .wait_for("PSK authentication. Connected as 'Client_identity'");
}
