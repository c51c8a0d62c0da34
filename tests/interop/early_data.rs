//! Early data: OpenSSL's commands with one of the two on our library, GnuTLS's, and nginx with `ssl_early_data on`.

use std::fs;
use std::process::Command;

use crate::gnutls;

use crate::place::{self, CERTIFICATES};
use crate::preload::{WAYS, Way, assert_on_ours, openssl_command, unmodified};
use crate::process::{Process, free_port, is_root, tool};

/// A file with what is to be sent early.
fn early(name: &str, text: &str) -> String {
    let path = place::file(&format!("{name}.early"));
    fs::write(&path, text).unwrap();
    path
}

fn openssl(ours: bool, name: &str, record: &str) -> Command {
    if ours {
        openssl_command(Way::Preloaded, name, record)
    } else {
        let mut command = tool("openssl");
        command.arg(name);
        command
    }
}

fn server(ours: bool, options: &[&str], record: &str) -> (Process, String) {
    let identity = &CERTIFICATES.p256;
    let mut server = openssl(ours, "s_server", record);
    server.args(["-accept", "127.0.0.1:0", "-cert", &identity.cert, "-key", &identity.key]);
    let server = Process::start(server.args(["-early_data"]).args(options));
    let port = server.wait_for_line("ACCEPT 127.0.0.1:");
    (server, port)
}

/// One visit that stays until the server's ticket has come; all that was printed.
fn visit(ours: bool, address: &str, options: &[&str], record: &str) -> String {
    let mut client = openssl(ours, "s_client", record);
    client.args(["-connect", address, "-CAfile", &CERTIFICATES.ca, "-verify_return_error"]);
    let mut client = Process::start(client.args(options));
    client.wait_for("Post-Handshake New Session Ticket arrived");
    client.say("Q\n");
    client.succeed()
}

/// Accepted once; the same ticket a second time is a replay, and gets a full handshake.
#[test]
fn openssl_commands() {
    for (ours_serves, ours_connects) in [(true, false), (false, true), (true, true)] {
        let record = format!("early-{ours_serves}-{ours_connects}");
        let (server, port) = server(ours_serves, &["-naccept", "3"], &record);
        let address = format!("127.0.0.1:{port}");
        let (session, data) = (
            place::file(&format!("{record}-session")),
            early(&record, "hello ahead of time\n"),
        );
        visit(ours_connects, &address, &["-sess_out", &session], &record);
        let again = ["-sess_in", &session, "-early_data", &data];
        let text = visit(ours_connects, &address, &again, &record);
        assert!(
            text.contains("Reused, TLSv1.3") && text.contains("Early data was accepted"),
            "{record}: {text}"
        );
        let text = visit(ours_connects, &address, &again, &record);
        assert!(
            text.contains("New, TLSv1.3") && text.contains("Early data was rejected"),
            "{record}: {text}"
        );
        let text = server.succeed();
        assert_eq!(text.matches("hello ahead of time").count(), 1, "{record}: {text}");
        assert_on_ours(&record);
    }
}

/// Without the protection against replays a ticket that holds everything is accepted as often as it comes.
#[test]
fn as_often_as_it_comes_without_protection() {
    let record = "early-replayed";
    let (server, port) = server(true, &["-naccept", "3", "-no_anti_replay"], record);
    let address = format!("127.0.0.1:{port}");
    let (session, data) = (place::file("early-replayed-session"), early(record, "once more\n"));
    visit(false, &address, &["-sess_out", &session], record);
    for _ in 0..2 {
        let text = visit(false, &address, &["-sess_in", &session, "-early_data", &data], record);
        assert!(text.contains("Early data was accepted"), "{text}");
    }
    assert_eq!(server.succeed().matches("once more").count(), 2);
}

/// That of GnuTLS 3.8.9 does not, whoever serves.
fn gnutls_cli_can_send_some() -> bool {
    let server = gnutls::Server::start(&CERTIFICATES.p256, &["--earlydata", "--echo"]);
    let data = early("early-gnutls-alone", "hello ahead of time\n");
    let client = gnutls::client(&server.port, &["--resume", "--earlydata", &data]);
    !client.finish().text.contains("error sending early data")
}

#[test]
fn gnutls_connects() {
    if !gnutls_cli_can_send_some() {
        eprintln!("not tested: this gnutls-cli sends no early data to GnuTLS's own server either");
        return;
    }
    let (server, port) = server(true, &["-naccept", "2"], "early-gnutls");
    let data = early("early-gnutls", "hello ahead of time\n");
    let mut client = gnutls::client(&port, &["--resume", "--earlydata", &data]);
    client.wait_for("*** This is a resumed session");
    client.say("hello in time\n");
    server.wait_for("hello in time");
    client.succeed();
    let text = server.finish().text;
    assert!(text.contains("hello ahead of time"), "{text}");
    assert!(text.contains("End of early data"), "{text}");
}

#[test]
fn gnutls_serves() {
    let server = gnutls::Server::start(&CERTIFICATES.p256, &["--earlydata", "--echo"]);
    let address = format!("127.0.0.1:{}", server.port);
    let (session, data) = (
        place::file("early-gnutls-session"),
        early("early-gnutls-server", "hello ahead of time\n"),
    );
    visit(true, &address, &["-sess_out", &session], "early-gnutls-server");
    let again = ["-sess_in", &session, "-early_data", &data];
    let text = visit(true, &address, &again, "early-gnutls-server");
    assert!(
        text.contains("Reused, TLSv1.3") && text.contains("Early data was accepted"),
        "{text}"
    );
}

/// nginx answers a request that it got as early data: there is no other. Whether the handshake is done by then depends on
/// who is faster.
#[test]
fn nginx() {
    for way in WAYS {
        let record = format!("early-nginx-{way:?}");
        let dir = place::file(&record);
        fs::create_dir_all(&dir).unwrap();
        let port = free_port();
        let file = format!("{dir}/nginx.conf");
        fs::write(&file, configuration(&dir, port)).unwrap();
        let mut command = unmodified(way, "/usr/sbin/nginx", &record);
        let process = Process::start(command.args(["-p", &dir, "-e", "stderr", "-c", &file]));
        process.wait_for("start worker process ");
        let address = format!("127.0.0.1:{port}");
        let (session, data) = (
            place::file(&format!("{record}-session")),
            early(&record, "GET / HTTP/1.0\r\n\r\n"),
        );
        visit(false, &address, &["-sess_out", &session], &record);
        let again = ["-sess_in", &session, "-early_data", &data, "-ign_eof"];
        let mut client = openssl(false, "s_client", &record);
        client.args([
            "-connect",
            &address,
            "-CAfile",
            &CERTIFICATES.ca,
            "-verify_return_error",
        ]);
        let text = Process::start(client.args(again)).succeed();
        assert!(text.contains("Early data was accepted"), "{way:?}: {text}");
        assert!(text.contains("reused=r end"), "{way:?}: {text}");
        assert_on_ours(&record);
    }
}

fn configuration(dir: &str, port: u16) -> String {
    let c = &*CERTIFICATES;
    let user = if is_root() { "user root;" } else { "" };
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {dir}/{name};\n"))
        .concat();
    format!(
        "daemon off; worker_processes 1; {user} pid {dir}/pid; error_log stderr notice;
         events {{ worker_connections 64; }}
         http {{
            access_log off; {paths}
            server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {cert}; ssl_certificate_key {key};
                ssl_protocols TLSv1.3; ssl_early_data on;
                default_type text/plain;
                return 200 \"reused=$ssl_session_reused end\\n\";
            }}
         }}\n",
        cert = c.p256.cert,
        key = c.p256.key,
    )
}
