//! HAProxy with two threads, as Debian ships it: tickets by its key callback, and its own cache of sessions.

use std::fs;
use std::process::Command;

use crate::nginx::ask;
use crate::place::{self, CERTIFICATES};
use crate::preload::{WAYS, Way, assert_on_ours, unmodified};
use crate::process::{Process, free_port};
use crate::version::{VERSIONS, Version};

const PROGRAM: &str = "/usr/sbin/haproxy";
const ANSWER: &str = "pid=%pid protocol=%sslv reused=%[ssl_fc_is_resumed] client=%[ssl_c_s_dn(CN)] verify=%[ssl_c_verify] name=%[ssl_fc_sni] alpn=%[ssl_fc_alpn] end";

/// Three keys of 80 bytes in base64, as HAProxy wants them; the last but one makes tickets.
const KEYS: [&str; 3] = [
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk8=",
    "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/QEFCQ0RFRkdISUpLTE1OT1A=",
    "AgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFE=",
];

struct Haproxy {
    _process: Process,
    with_keys: String,
    with_cache: String,
}

/// On our library, or on the system's where there is no way.
fn start(way: Option<Way>, record: &str) -> Haproxy {
    let c = &*CERTIFICATES;
    let [pem, keys, file] = ["pem", "keys", "cfg"].map(|end| place::file(&format!("{record}.{end}")));
    let identity = [&c.p256.cert, &c.p256.key].map(|path| fs::read_to_string(path).unwrap());
    fs::write(&pem, identity.concat()).unwrap();
    fs::write(&keys, KEYS.map(|key| format!("{key}\n")).concat()).unwrap();
    let ports = [free_port(), free_port()];
    let bind = |port, how: &str| {
        format!(
            "frontend on{port}\n bind 127.0.0.1:{port} ssl crt {pem} ca-file {} verify optional alpn h2,http/1.1 {how}\n \
             http-request return status 200 content-type text/plain lf-string \"{ANSWER}\\n\"\n",
            c.ca
        )
    };
    let text = format!(
        "global\n nbthread 2\n maxconn 64\ndefaults\n mode http\n timeout client 20s\n timeout server 20s\n timeout connect 20s\n{}{}",
        bind(ports[0], &format!("tls-ticket-keys {keys}")),
        bind(ports[1], "no-tls-tickets")
    );
    fs::write(&file, text).unwrap();
    let mut command = match way {
        Some(way) => unmodified(way, PROGRAM, record),
        None => Command::new(PROGRAM),
    };
    let process = Process::start(command.args(["-W", "-db", "-f", &file]));
    process.wait_for("Loading success");
    let [with_keys, with_cache] = ports.map(|port| format!("127.0.0.1:{port}"));
    Haproxy {
        _process: process,
        with_keys,
        with_cache,
    }
}

fn facts(version: Version, reused: &str) -> String {
    let version = version.name();
    format!("protocol={version} reused={reused} client=client verify=0 name=localhost alpn=http/1.1 end")
}

/// A full handshake with a client certificate; the file with its session.
fn full(address: &str, version: Version, name: &str) -> String {
    let session = place::file(&format!("{name}-{}", version.name()));
    let client = &CERTIFICATES.client;
    let shown = ["-cert", &client.cert, "-key", &client.key, "-sess_out", &session];
    let (answer, _) = ask(address, &[&[version.flag(), "-alpn", "http/1.1"], &shown[..]].concat());
    assert_eq!(answer, facts(version, "0"), "{name}");
    session
}

fn resumed(address: &str, version: Version, session: &str) {
    let (answer, _) = ask(address, &[version.flag(), "-alpn", "http/1.1", "-sess_in", session]);
    assert_eq!(answer, facts(version, "1"), "{session}");
}

#[test]
fn resumes_by_ticket_and_from_its_cache() {
    for way in WAYS {
        let record = format!("haproxy-{way:?}");
        let haproxy = start(Some(way), &record);
        for (address, name) in [(&haproxy.with_keys, "keys"), (&haproxy.with_cache, "cache")] {
            for version in VERSIONS {
                let session = full(address, version, &format!("{record}-{name}"));
                resumed(address, version, &session);
            }
        }
        assert_on_ours(&record);
    }
}

/// The same key file at two servers, one of which runs on OpenSSL.
#[test]
fn one_fleet_with_haproxy_on_openssl() {
    let ours = start(Some(Way::Preloaded), "haproxy-ours");
    let theirs = start(None, "haproxy-theirs");
    for version in VERSIONS {
        let both = [(&ours, &theirs, "to-theirs"), (&theirs, &ours, "to-ours")];
        for (mints, redeems, name) in both {
            let session = full(&mints.with_keys, version, &format!("haproxy-{name}"));
            resumed(&redeems.with_keys, version, &session);
        }
    }
}
