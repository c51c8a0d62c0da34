//! Programs as Debian ships them, built for OpenSSL's libssl, run on libcarnet in its place.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::thread;

use crate::place::{self, CERTIFICATES, DIR, library_dir, on_system_libssl, run};
use crate::process::Process;
use crate::{openssl, peer};

/// How a program comes to use our library.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// `LD_PRELOAD`: before libssl, which is loaded too.
    Preloaded,
    /// Found under libssl's name, so that there is no other.
    InItsPlace,
}

const WAYS: [Way; 2] = [Way::Preloaded, Way::InItsPlace];

/// The program, set up to use our library, with the linker's record of which functions it got from where.
fn unmodified(way: Way, program: &str, record: &str) -> Command {
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
fn assert_on_ours(record: &str) {
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
    for way in WAYS {
        let record = format!("curl-{way:?}");
        let server = openssl::Server::start(&CERTIFICATES.p256, &["-naccept", "2", "-www"]);
        let url = |path| format!("https://localhost:{}/{path}", server.port);
        let mut curl = unmodified(way, "curl", &record);
        curl.args([
            "--silent",
            "--show-error",
            "--verbose",
            "--max-time",
            "20",
            "--cacert",
            &CERTIFICATES.ca,
        ]);
        let text = run(curl.args([url("one"), url("two")]));
        assert!(
            text.contains("SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384"),
            "{way:?}: {text}"
        );
        assert!(text.contains("SSL certificate verify ok"), "{way:?}: {text}");
        assert!(
            text.contains("New, TLSv1.3") && text.contains("Reused, TLSv1.3"),
            "{way:?}: {text}"
        );
        assert_on_ours(&record);
        server.process.succeed();
    }
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

/// OpenSSL's own command against itself, one of the two on our library. It prints all that there is to know.
#[test]
fn openssl_command() {
    for way in WAYS {
        for ours_serves in [true, false] {
            let record = format!("openssl-{way:?}-{ours_serves}");
            let command = |ours: bool, name: &str| {
                let program = if ours {
                    unmodified(way, "openssl", &record)
                } else {
                    Command::new("openssl")
                };
                let mut line_by_line = Command::new("stdbuf");
                line_by_line.args(["-oL", "openssl", name]);
                line_by_line.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))));
                line_by_line
            };
            let c = &*CERTIFICATES;
            let mut server = command(ours_serves, "s_server");
            server.args([
                "-accept",
                "127.0.0.1:0",
                "-cert",
                &c.p256.cert,
                "-key",
                &c.p256.key,
                "-CAfile",
                &c.ca,
            ]);
            let server = Process::start(server.args(["-Verify", "2", "-naccept", "2", "-www"]));
            let address = format!("127.0.0.1:{}", server.wait_for_line("ACCEPT 127.0.0.1:"));
            let session = place::file(&format!("{record}-session"));
            for (option, outcome) in [("-sess_out", "New, TLSv1.3"), ("-sess_in", "Reused, TLSv1.3")] {
                let mut client = command(!ours_serves, "s_client");
                client.args([
                    "-connect",
                    &address,
                    "-CAfile",
                    &c.ca,
                    "-verify_return_error",
                    "-ign_eof",
                    option,
                    &session,
                ]);
                client.args(["-cert", &c.client.cert, "-key", &c.client.key]);
                let mut client = Process::start(&mut client);
                client.say("GET / HTTP/1.0\r\n\r\n");
                let page = client.succeed();
                assert!(
                    page.contains(outcome) && page.contains("HTTP/1.0 200 ok"),
                    "{record}: {page}"
                );
                assert!(page.contains("Verify return code: 0 (ok)"), "{record}: {page}");
            }
            server.succeed();
            assert_on_ours(&record);
        }
    }
}

#[test]
fn socat_serves() {
    for way in WAYS {
        let record = format!("socat-server-{way:?}");
        let identity = &CERTIFICATES.p256;
        let listen = format!(
            "OPENSSL-LISTEN:0,bind=127.0.0.1,cert={},key={},verify=0,fork",
            identity.cert, identity.key
        );
        let mut socat = unmodified(way, "socat", &record);
        let process = Process::start(socat.args(["-d", "-d", &listen, "SYSTEM:cat"]));
        let text = process.wait_for("listening on AF=2 127.0.0.1:");
        let port = text.rsplit("AF=2 127.0.0.1:").next().unwrap();
        let port = port.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        let session = place::file(&format!("{record}-session"));
        let address = format!("127.0.0.1:{port}");
        let full = openssl::visit(&address, &["-sess_out", &session]);
        assert!(
            full.contains("New, TLSv1.3") && full.contains("Verify return code: 0 (ok)"),
            "{way:?}: {full}"
        );
        let resumed = openssl::visit(&address, &["-sess_in", &session]);
        assert!(resumed.contains("Reused, TLSv1.3"), "{way:?}: {resumed}");
        assert_on_ours(&record);
    }
}

#[test]
fn socat_connects() {
    for way in WAYS {
        let record = format!("socat-client-{way:?}");
        let server = peer::Server::echo(1, &[]);
        let to = format!(
            "OPENSSL:{},commonname=localhost,cafile={}",
            server.address(),
            CERTIFICATES.ca
        );
        let mut process = Process::start(unmodified(way, "socat", &record).args(["-t", "5", "-", &to]));
        process.say("hello from socat\n");
        process.wait_for("hello from socat");
        process.succeed();
        server.reports()[0].expect("ok=1 version=TLSv1.3 received=17");
        assert_on_ours(&record);
    }
}

/// Debian's Python, whose ssl module uses a good part of the API: contexts, memory BIOs, session objects, certificates.
#[test]
fn python() {
    let script = r#"
import ssl, sys
port, ca, cert, key = int(sys.argv[1]), *sys.argv[2:]
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
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(cert, key)
server.set_alpn_protocols(["h2"]); client.set_alpn_protocols(["h2", "http/1.1"])
c, s = pair(client, server)
print(c.version(), c.cipher()[0], c.selected_alpn_protocol(), c.session_reused, dict(x[0] for x in c.getpeercert()["subject"]))
c2, s2 = pair(client, server, c.session)
print(c2.session_reused, s2.session_reused, c2.session.has_ticket, c2.session.ticket_lifetime_hint)
"#;
    for way in WAYS {
        let record = format!("python-{way:?}");
        let c = &*CERTIFICATES;
        let mut python = unmodified(way, "/usr/bin/python3", &record);
        let text = run(python.args(["-c", script, "0", &c.ca, &c.p256.cert, &c.p256.key]));
        let expected = "TLSv1.3 TLS_AES_256_GCM_SHA384 h2 False {'commonName': 'localhost'}\nTrue True True 7200\n";
        assert_eq!(text, expected, "{way:?}");
        assert_on_ours(&record);
    }
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
        hitch.args(["--tls-protos=TLSv1.3", "--log-level=3"]);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            // As root it insists on dropping that.
            hitch.arg("--user=nobody");
        }
        let process = Process::start(hitch.arg(&pem));
        process.wait_for("Process 0 online");
        let address = format!("127.0.0.1:{}", process.listening_port());
        let session = place::file(&format!("{record}-session"));
        let full = openssl::visit(&address, &["-sess_out", &session]);
        assert!(full.contains("New, TLSv1.3"), "{way:?}: {full}");
        let resumed = openssl::visit(&address, &["-sess_in", &session]);
        assert!(resumed.contains("Reused, TLSv1.3"), "{way:?}: {resumed}");
        assert_on_ours(&record);
    }
}
