//! nginx with two workers, as Debian ships it: tickets with keys from a file, which each worker reads; and sessions kept
//! in the memory that the workers share, by OpenSSL's callbacks for an external cache.

use std::fs;
use std::process::Command;
use std::time::Instant;

use crate::openssl;
use crate::place::{self, CERTIFICATES, run};
use crate::preload::{WAYS, Way, assert_on_ours, unmodified};
use crate::process::{PATIENCE, Process, free_port, is_root};
use crate::version::{VERSIONS, Version};

/// What the server says of a connection; an empty certificate name is none.
const ANSWER: &str = "pid=$pid protocol=$ssl_protocol reused=$ssl_session_reused client=$ssl_client_s_dn verify=$ssl_client_verify name=$ssl_server_name alpn=$ssl_alpn_protocol end";

const PROGRAM: &str = "/usr/sbin/nginx";

/// A server block that keeps sessions as `how` says.
fn server(port: u16, how: &str) -> String {
    let c = &*CERTIFICATES;
    format!(
        "server {{
            listen 127.0.0.1:{port} ssl http2 reuseport;
            ssl_certificate {cert}; ssl_certificate_key {key};
            ssl_protocols TLSv1.2 TLSv1.3;
            ssl_client_certificate {ca}; ssl_verify_client optional;
            {how}
            default_type text/plain;
            return 200 \"{ANSWER}\\n\";
        }}\n",
        cert = c.p256.cert,
        key = c.p256.key,
        ca = c.ca,
    )
}

struct Nginx {
    _process: Process,
    with_keys: String,
    with_cache: String,
}

/// On our library, or on the system's where there is no way.
fn start(way: Option<Way>, record: &str) -> Nginx {
    let dir = place::file(record);
    fs::create_dir_all(&dir).unwrap();
    let keys = format!("{dir}/ticket.key");
    fs::write(&keys, (0..80).collect::<Vec<u8>>()).unwrap();
    let ports = [free_port(), free_port()];
    let user = if is_root() { "user root;" } else { "" };
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {dir}/{name};\n"))
        .concat();
    let servers = server(ports[0], &format!("ssl_session_ticket_key {keys};"))
        + &server(
            ports[1],
            "ssl_session_tickets off; ssl_session_cache shared:sessions:1m;",
        );
    let text = format!(
        "daemon off; worker_processes 2; {user} pid {dir}/pid; error_log stderr notice;
         events {{ worker_connections 64; }}
         http {{ access_log off; {paths} {servers} }}\n"
    );
    let file = format!("{dir}/nginx.conf");
    fs::write(&file, text).unwrap();
    let mut command = match way {
        Some(way) => unmodified(way, PROGRAM, record),
        None => Command::new(PROGRAM),
    };
    let process = Process::start(command.args(["-p", &dir, "-e", "stderr", "-c", &file]));
    process.wait_for_times("start worker process ", 2);
    let [with_keys, with_cache] = ports.map(|port| format!("127.0.0.1:{port}"));
    Nginx {
        _process: process,
        with_keys,
        with_cache,
    }
}

/// One request: what the server says, and the number of the process that does.
pub fn ask(address: &str, options: &[&str]) -> (String, String) {
    let mut client = openssl::client(address, &[options, &["-ign_eof", "-servername", "localhost"]].concat());
    client.say("GET / HTTP/1.0\r\n\r\n");
    let text = client.succeed();
    let answer = text.lines().find(|line| line.starts_with("pid="));
    let answer = answer.unwrap_or_else(|| panic!("no answer in {text}"));
    let (pid, rest) = answer.split_once(' ').unwrap();
    (rest.to_owned(), pid.to_owned())
}

/// What the server says of a client that has shown its certificate, now or before.
fn facts(version: Version, reused: &str) -> String {
    let version = version.name();
    format!("protocol={version} reused={reused} client=CN=client verify=SUCCESS name=localhost alpn=http/1.1 end")
}

/// A full handshake with a client certificate; the file with its session, and the worker.
fn full(address: &str, version: Version, name: &str) -> (String, String) {
    let session = place::file(&format!("{name}-{}", version.name()));
    let client = &CERTIFICATES.client;
    let shown = [
        "-cert",
        &client.cert,
        "-key",
        &client.key,
        "-alpn",
        "http/1.1",
        "-sess_out",
        &session,
    ];
    let (answer, worker) = ask(address, &[&[version.flag()], &shown[..]].concat());
    assert_eq!(answer, facts(version, "."), "{name}");
    (session, worker)
}

/// A resumption without the certificate; the worker.
fn resumed(address: &str, version: Version, session: &str) -> String {
    let (answer, worker) = ask(address, &[version.flag(), "-alpn", "http/1.1", "-sess_in", session]);
    assert_eq!(answer, facts(version, "r"), "{session}");
    worker
}

/// A full handshake, then resumptions until both workers have taken the session.
fn resumes_at_both_workers(address: &str, name: &str) {
    for version in VERSIONS {
        let (session, first) = full(address, version, name);
        let started = Instant::now();
        let mut workers = Vec::new();
        // Which worker gets a connection is up to the kernel.
        while !(workers.contains(&first) && workers.iter().any(|worker| *worker != first)) {
            assert!(started.elapsed() < PATIENCE, "one worker has it all: {workers:?}");
            workers.push(resumed(address, version, &session));
        }
    }
}

#[test]
fn workers_share_ticket_keys_and_a_cache() {
    for way in WAYS {
        let record = format!("nginx-{way:?}");
        let nginx = start(Some(way), &record);
        resumes_at_both_workers(&nginx.with_keys, &format!("{record}-keys"));
        resumes_at_both_workers(&nginx.with_cache, &format!("{record}-cache"));
        let url = format!("https://localhost:{}/", nginx.with_keys.rsplit(':').next().unwrap());
        let mut curl = Command::new("curl");
        let told = run(curl.args([
            "--silent",
            "--max-time",
            "20",
            "--http2",
            "--cacert",
            &CERTIFICATES.ca,
            &url,
        ]));
        assert!(told.contains("alpn=h2"), "{told}");
        assert_on_ours(&record);
    }
}

/// The same key file at two servers, one of which runs on OpenSSL.
#[test]
fn one_fleet_with_nginx_on_openssl() {
    let ours = start(Some(Way::Preloaded), "nginx-ours");
    let theirs = start(None, "nginx-theirs");
    for version in VERSIONS {
        let both = [(&ours, &theirs, "to-theirs"), (&theirs, &ours, "to-ours")];
        for (mints, redeems, name) in both {
            let (session, _) = full(&mints.with_keys, version, &format!("nginx-{name}"));
            resumed(&redeems.with_keys, version, &session);
        }
    }
}
