//! Key files that other programs read, and what they seal with them: one writes, the other opens.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::identity::Identity;
use crate::keys::sealing;
use crate::place::Place;
use crate::process::{Process, free_port, is_root};

/// Starts nginx with this key file; its address.
fn nginx(place: &Place, server: &Identity, keys: &str) -> (Process, String) {
    let (address, dir) = (format!("127.0.0.1:{}", free_port()), place.dir().display());
    let user = if is_root() { "user root;" } else { "" };
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let paths = paths.map(|name| format!("{name}_temp_path {dir}/tmp;")).concat();
    let text = format!(
        "daemon off; master_process off; {user} pid {dir}/pid; error_log stderr notice; events {{}}
         http {{ access_log off; {paths} ssl_certificate {cert}; ssl_certificate_key {key};
             ssl_session_ticket_key {keys}; ssl_protocols TLSv1.2 TLSv1.3;
             server {{ listen {address} ssl; return 200 ok; }} }}\n",
        cert = server.cert,
        key = server.key,
    );
    let file = place.write("nginx.conf", text, 0o644);
    let mut command = Command::new("/usr/sbin/nginx");
    let process = Process::start(command.args(["-e", "stderr", "-c", &file]));
    process.wait_for("using the \"epoll\" event method");
    (process, address)
}

fn haproxy(place: &Place, server: &Identity, keys: &str) -> (Process, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let both = [&server.cert, &server.key]
        .map(|path| std::fs::read_to_string(path).unwrap())
        .concat();
    let pem = place.write("both.pem", both, 0o600);
    let text = format!(
        "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend f\n \
         bind {address} ssl crt {pem} tls-ticket-keys {keys}\n http-request return status 200\n"
    );
    let file = place.write("haproxy.cfg", text, 0o644);
    let mut command = Command::new("/usr/sbin/haproxy");
    let process = Process::start(command.args(["-W", "-db", "-f", &file]));
    process.wait_for("Loading success");
    (process, address)
}

fn opened(place: &Place, with: &str, file: &str) -> Value {
    place.json(&["open", "--json", "s.pem", with, file])
}

#[test]
fn nginx_seals_with_what_was_exported_and_imported() {
    let place = Place::new();
    let ca = Identity::authority(place.dir(), "ca");
    let server = place.p256(&ca, "server", "localhost");
    let short: Vec<u8> = (1..=48).collect();
    place.write("nginx48", &short, 0o600);
    place.done(&["keys", "init", "ring"]);
    place.done(&["keys", "export", "ring", "--form", "nginx80", "-o", "nginx80"]);
    for (form, key) in [
        ("nginx80", sealing(&place, "ring")),
        ("nginx48", "0102030405060708090a0b0c0d0e0f10".to_owned()),
    ] {
        if form == "nginx48" {
            place.done(&["keys", "import", "ring", "nginx48"]);
        }
        let (_nginx, address) = nginx(&place, &server, &place.path(form));
        for version in ["-tls1_2", "-tls1_3"] {
            place.session(&address, "s.pem", &[version]);
            for (with, file) in [("--ring", "ring"), ("--key", form)] {
                let said = opened(&place, with, file);
                assert_eq!(
                    (&said["key_name"], &said["key"]["name"]),
                    (&key.clone().into(), &key.clone().into())
                );
                assert_eq!(said["sealed_for"], Value::Null);
            }
        }
    }
}

#[test]
fn haproxy_seals_with_the_key_that_seals_in_the_ring() {
    let place = Place::new();
    let ca = Identity::authority(place.dir(), "ca");
    let server = place.p256(&ca, "server", "localhost");
    place.done(&["keys", "init", "ring"]);
    let check = |place: &Place| {
        let (_haproxy, address) = haproxy(place, &server, &place.path("keys"));
        for version in ["-tls1_2", "-tls1_3"] {
            place.session(&address, "s.pem", &[version]);
            let key = sealing(place, "ring");
            assert_eq!(opened(place, "--ring", "ring")["key_name"], key.clone());
            assert_eq!(opened(place, "--key", "keys")["key_name"], key);
        }
    };
    // A fresh ring has two keys and no old one, HAProxy wants three; then there are more.
    for _ in 0..3 {
        place.done(&["keys", "export", "ring", "--form", "haproxy", "-o", "keys"]);
        check(&place);
        place.done(&["keys", "rotate", "ring"]);
    }
    // The other way: HAProxy's file is first.
    let line = |seed: u8| STANDARD.encode((0..48).map(|byte| byte ^ seed).collect::<Vec<u8>>()) + "\n";
    place.write("keys", [line(64), line(128), line(192)].concat(), 0o600);
    place.done(&["keys", "import", "--seal", "ring", "keys"]);
    check(&place);
}
