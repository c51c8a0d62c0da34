//! Programs as Debian ships them, built for OpenSSL's libssl, run on libcarnet in its place.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use crate::place::{self, CERTIFICATES, DIR, library_dir, on_system_libssl, run};
use crate::process::{Process, is_root, tool};
use crate::version::{VERSIONS, Version};
use crate::{openssl, peer};

/// How a program comes to use our library.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// `LD_PRELOAD`: before libssl, which is loaded too.
    Preloaded,
    /// Found under libssl's name, so that there is no other.
    InItsPlace,
}

pub const WAYS: [Way; 2] = [Way::Preloaded, Way::InItsPlace];

/// Every way with every version, and a name for what is written down of it.
fn each_way(program: &str, test: impl Fn(Way, Version, &str)) {
    for way in WAYS {
        for version in VERSIONS {
            test(way, version, &format!("{program}-{way:?}-{}", version.name()));
        }
    }
}

/// What s_client and s_server print of a connection: `state` is New or Reused.
fn line(state: &str, version: Version) -> String {
    format!("{state}, {}", version.name())
}

/// The program, set up to use our library, with the linker's record of which functions it got from where.
pub fn unmodified(way: Way, program: &str, record: &str) -> Command {
    let mut command = Command::new(program);
    if on_system_libssl() {
        return command;
    }
    match way {
        Way::Preloaded => command.env("LD_PRELOAD", library_dir().join("libcarnet.so")),
        Way::InItsPlace => command.env("LD_LIBRARY_PATH", library_dir()),
    };
    command
        .env("LD_DEBUG", "bindings")
        .env("LD_DEBUG_OUTPUT", DIR.join(record));
    command
}

/// The record says that SSL_CTX_new came from our library, and that nothing outside of libssl got anything from libssl.
pub fn assert_on_ours(record: &str) {
    if on_system_libssl() {
        return;
    }
    let mut text = String::new();
    for entry in fs::read_dir(&*DIR).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("{record}.")) {
            text += &fs::read_to_string(entry.path()).unwrap();
        }
    }
    let ours = library_dir().to_str().unwrap();
    let bound = |line: &&str| line.contains("normal symbol `SSL_CTX_new'");
    let lines: Vec<&str> = text.lines().filter(bound).collect();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.contains(&format!("to {ours}/"))),
        "{record}: {lines:?}"
    );
}

#[test]
fn curl() {
    each_way("curl", |way, version, record| {
        let server = openssl::Server::start(&CERTIFICATES.p256, &["-naccept", "2", "-www"]);
        let url = |path| format!("https://localhost:{}/{path}", server.port);
        let mut curl = unmodified(way, "curl", record);
        curl.args(["--silent", "--show-error", "--verbose", "--max-time", "20"]);
        curl.args(["--tls-max", version.number(), "--cacert", &CERTIFICATES.ca]);
        let text = run(curl.args([url("one"), url("two")]));
        let suite = match version {
            Version::Tls12 => "ECDHE-ECDSA-AES256-GCM-SHA384",
            Version::Tls13 => "TLS_AES_256_GCM_SHA384",
        };
        let agreed = format!("SSL connection using {} / {suite}", version.name());
        for piece in [
            &agreed,
            "SSL certificate verify ok",
            &line("New", version),
            &line("Reused", version),
        ] {
            assert!(text.contains(piece), "{record}: no {piece} in {text}");
        }
        assert_on_ours(record);
        server.process.succeed();
    });
}

#[test]
fn curl_refuses_a_stranger() {
    let server = openssl::Server::start(&CERTIFICATES.stranger, &["-naccept", "1", "-www"]);
    let mut curl = unmodified(Way::Preloaded, "curl", "curl-stranger");
    curl.args([
        "--silent",
        "--show-error",
        "--max-time",
        "20",
        "--cacert",
        &CERTIFICATES.ca,
    ]);
    let output = curl
        .arg(format!("https://127.0.0.1:{}/", server.port))
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(60),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// OpenSSL's own command, set up to use our library, printing line by line.
pub fn openssl_command(way: Way, name: &str, record: &str) -> Command {
    let program = unmodified(way, "openssl", record);
    let mut command = tool("openssl");
    command.arg(name);
    command.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command
}

/// The command against itself, one of the two on our library. It prints all that there is to know.
#[test]
fn openssl_commands() {
    each_way("openssl", |way, version, record| {
        for ours_serves in [true, false] {
            let record = format!("{record}-{ours_serves}");
            let command = |ours: bool, name: &str| {
                if ours {
                    openssl_command(way, name, &record)
                } else {
                    let mut command = tool("openssl");
                    command.arg(name);
                    command
                }
            };
            let c = &*CERTIFICATES;
            let mut server = command(ours_serves, "s_server");
            server.args(["-accept", "127.0.0.1:0", "-cert", &c.p256.cert, "-key", &c.p256.key]);
            server.args(["-CAfile", &c.ca, "-Verify", "2", "-naccept", "2", "-www"]);
            let server = Process::start(&mut server);
            let address = format!("127.0.0.1:{}", server.wait_for_line("ACCEPT 127.0.0.1:"));
            let session = place::file(&format!("{record}-session"));
            for (option, state) in [("-sess_out", "New"), ("-sess_in", "Reused")] {
                let mut client = command(!ours_serves, "s_client");
                client.args(["-connect", &address, "-CAfile", &c.ca, "-verify_return_error"]);
                client.args(["-ign_eof", version.flag(), option, &session]);
                client.args(["-cert", &c.client.cert, "-key", &c.client.key]);
                let mut client = Process::start(&mut client);
                client.say("GET / HTTP/1.0\r\n\r\n");
                let page = client.succeed();
                for piece in [&line(state, version), "HTTP/1.0 200 ok", "Verify return code: 0 (ok)"] {
                    assert!(page.contains(piece), "{record}: no {piece} in {page}");
                }
                // Since OpenSSL 3.5 s_client does not say it of TLS 1.3.
                let told = ["Secure Renegotiation IS", "This TLS version forbids renegotiation"];
                assert!(told.iter().any(|piece| page.contains(piece)), "{record}: {page}");
            }
            server.succeed();
            assert_on_ours(&record);
        }
    });
}

#[test]
fn socat_serves() {
    each_way("socat-server", |way, version, record| {
        let identity = &CERTIFICATES.p256;
        let listen = format!(
            "OPENSSL-LISTEN:0,bind=127.0.0.1,cert={},key={},verify=0,fork",
            identity.cert, identity.key
        );
        let mut socat = unmodified(way, "socat", record);
        let process = Process::start(socat.args(["-d", "-d", &listen, "SYSTEM:cat"]));
        let text = process.wait_for("listening on AF=2 127.0.0.1:");
        let port = text.rsplit("AF=2 127.0.0.1:").next().unwrap();
        let port = port.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        let session = place::file(&format!("{record}-session"));
        let address = format!("127.0.0.1:{port}");
        full_and_resumed(&address, version, &session);
        assert_on_ours(record);
    });
}

/// Two visits of `s_client`, the second with the session of the first.
fn full_and_resumed(address: &str, version: Version, session: &str) {
    let full = openssl::visit(address, &[version.flag(), "-sess_out", session]);
    assert!(full.contains(&line("New", version)), "{session}: {full}");
    assert!(full.contains("Verify return code: 0 (ok)"), "{session}: {full}");
    let resumed = openssl::visit(address, &[version.flag(), "-sess_in", session]);
    assert!(resumed.contains(&line("Reused", version)), "{session}: {resumed}");
}

#[test]
fn socat_connects() {
    each_way("socat-client", |way, version, record| {
        let server = peer::Server::echo(1, &[]);
        let to = format!(
            "OPENSSL:{},commonname=localhost,cafile={},openssl-max-proto-version=TLS{}",
            server.address(),
            CERTIFICATES.ca,
            version.number()
        );
        let mut process = Process::start(unmodified(way, "socat", record).args(["-t", "5", "-", &to]));
        process.say("hello from socat\n");
        process.wait_for("hello from socat");
        process.succeed();
        server.reports()[0].expect(&format!("ok=1 version={} received=17", version.name()));
        assert_on_ours(record);
    });
}

/// Debian's Python, whose ssl module uses a good part of the API: contexts, memory BIOs, session objects, certificates.
#[test]
fn python() {
    let script = r#"
import ssl, sys
minor, ca, cert, key = int(sys.argv[1]), *sys.argv[2:]
def pair(client_ctx, server_ctx, session=None):
    ends = []
    for side, (ctx, kw) in enumerate([(client_ctx, dict(server_hostname="localhost", session=session)), (server_ctx, dict(server_side=True))]):
        i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends.append((ctx.wrap_bio(i, o, **kw), i, o))
    (c, ci, co), (s, si, so) = ends
    done = set()
    for _ in range(8):
        for name, end in (("c", c), ("s", s)):
            try:
                if name not in done: end.do_handshake(); done.add(name)
            except ssl.SSLWantReadError: pass
            si.write(co.read()); ci.write(so.read())
    assert done == {"c", "s"}, done
    s.write(b"x" * 40000); ci.write(so.read())
    got = b""
    while len(got) < 40000: got += c.read(65536)
    return c, s
client = ssl.create_default_context(cafile=ca)
client.maximum_version = ssl.TLSVersion.TLSv1_2 if minor == 2 else ssl.TLSVersion.TLSv1_3
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(cert, key)
server.set_alpn_protocols(["h2"]); client.set_alpn_protocols(["h2", "http/1.1"])
c, s = pair(client, server)
print(c.version(), c.cipher()[0], c.selected_alpn_protocol(), c.session_reused, dict(x[0] for x in c.getpeercert()["subject"]))
c2, s2 = pair(client, server, c.session)
print(c2.session_reused, s2.session_reused, c2.session.has_ticket, c2.session.ticket_lifetime_hint)
"#;
    each_way("python", |way, version, record| {
        let c = &*CERTIFICATES;
        let mut python = unmodified(way, "/usr/bin/python3", record);
        let (minor, suite) = match version {
            Version::Tls12 => ("2", "ECDHE-ECDSA-AES256-GCM-SHA384"),
            Version::Tls13 => ("3", "TLS_AES_256_GCM_SHA384"),
        };
        let text = run(python.args(["-c", script, minor, &c.ca, &c.p256.cert, &c.p256.key]));
        let expected = format!(
            "{} {suite} h2 False {{'commonName': 'localhost'}}\nTrue True True 7200\n",
            version.name()
        );
        assert_eq!(text, expected, "{record}");
        assert_on_ours(record);
    });
}

/// hitch takes TLS off in front of a plain server, in worker processes that it forks.
#[test]
fn hitch() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let backend_port = backend.local_addr().unwrap().port();
    // Ends with the test's process.
    thread::spawn(move || {
        for socket in backend.incoming().flatten() {
            thread::spawn(move || {
                let (mut from, mut to) = (socket.try_clone().unwrap(), socket);
                let mut piece = [0; 4096];
                while let Ok(n @ 1..) = from.read(&mut piece) {
                    if to.write_all(&piece[..n]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let identity = &CERTIFICATES.p256;
    let pem = place::file("hitch.pem");
    fs::write(
        &pem,
        [&identity.key, &identity.cert]
            .map(|path| fs::read_to_string(path).unwrap())
            .concat(),
    )
    .unwrap();
    for way in WAYS {
        let record = format!("hitch-{way:?}");
        let mut hitch = unmodified(way, "/usr/sbin/hitch", &record);
        hitch.args([
            "--frontend=[127.0.0.1]:0",
            &format!("--backend=[127.0.0.1]:{backend_port}"),
            "--workers=1",
        ]);
        hitch.args(["--tls-protos=TLSv1.2 TLSv1.3", "--log-level=3"]);
        if is_root() {
            // As root it insists on dropping that.
            hitch.arg("--user=nobody");
        }
        let process = Process::start(hitch.arg(&pem));
        process.wait_for("Process 0 online");
        let address = format!("127.0.0.1:{}", process.listening_port());
        for version in VERSIONS {
            let session = place::file(&format!("{record}-{}", version.name()));
            full_and_resumed(&address, version, &session);
        }
        assert_on_ours(&record);
    }
}
