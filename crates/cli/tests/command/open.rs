//! `carnet open` on tickets that servers made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use carnet_ticket::{Secret, Session, TicketKey};
use serde_json::Value;

use crate::identity::Identity;
use crate::place::{FAILED, NO, Place, now, peer};
use crate::process::{Process, tool};

const BLOB: [u8; 80] = {
    let mut blob = [0; 80];
    let mut index = 0;
    while index < 80 {
        blob[index] = index as u8 + 1;
        index += 1;
    }
    blob
};

/// Opens and must succeed.
fn opened(place: &Place, arguments: &[&str]) -> Value {
    let all: Vec<&str> = ["open", "--json"].iter().chain(arguments).copied().collect();
    place.json(&all)
}

/// The reason why it does not open, and the sentence.
fn refused(place: &Place, arguments: &[&str]) -> (String, String) {
    let all: Vec<&str> = ["open", "--json"].iter().chain(arguments).copied().collect();
    let said = place.carnet(&all);
    assert_eq!((said.code, said.error.as_str()), (NO, ""), "{}", said.out);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["opened"], false);
    (
        value["reason"].as_str().unwrap().to_owned(),
        value["text"].as_str().unwrap().to_owned(),
    )
}

/// A session of version `protocol`, sealed.
fn sealed(now: u64, change: impl Fn(&mut Session)) -> Vec<u8> {
    let mut session = Session::new(0x0304, 0x1301, Secret::new(&[0x5a; 32]).unwrap(), now);
    session.timeout = 7200;
    change(&mut session);
    TicketKey::from_openssl_blob(&BLOB)
        .unwrap()
        .seal_session(&[9; 16], &session)
        .unwrap()
}

#[test]
fn a_ticket_may_come_as_bytes_digits_or_base64() {
    let place = Place::new();
    place.write("k", BLOB, 0o600);
    let ticket = sealed(now(), |_| ());
    let hex: String = ticket.iter().map(|byte| format!("{byte:02X}:")).collect();
    for form in [ticket.clone(), hex.into_bytes(), STANDARD.encode(&ticket).into_bytes()] {
        place.write("t", &form, 0o600);
        let said = opened(&place, &["t", "--key", "k"]);
        assert_eq!(said["suite"]["name"], "TLS_AES_128_GCM_SHA256");
        assert_eq!(
            (&said["sealed_for"], &said["chain_start"]),
            (&Value::Null, &Value::Null)
        );
        let mut command = place.command(&["open", "-", "--key", "k"]);
        command.stdin(std::fs::File::open(place.path("t")).unwrap());
        assert!(command.output().unwrap().status.success());
    }
}

#[test]
fn secrets_are_hidden_unless_asked_for() {
    let place = Place::new();
    place.write("k", BLOB, 0o600);
    place.write("t", sealed(now(), |_| ()), 0o600);
    let secret = "5a".repeat(32);
    for arguments in [&["open", "t", "--key", "k"][..], &["open", "t", "--key", "k", "--json"]] {
        assert!(!place.done(arguments).contains("5a5a5a5a"));
        let all: Vec<&str> = arguments.iter().copied().chain(["--secrets"]).collect();
        assert!(place.done(&all).contains(&secret));
    }
}

#[test]
fn all_that_an_application_may_put_in() {
    let place = Place::new();
    place.write("k", BLOB, 0o600);
    let made = now() - 10_000;
    let ticket = sealed(made, |session| {
        session.appdata = Some(b"tab\there".to_vec().into());
        session.alpn = Some(b"h2".to_vec().into());
        session.hostname = Some(b"a.example".to_vec().into());
        session.peer = Some(b"\x30\x00".to_vec().into());
        session.verify_result = 10;
        session.kex_group = 0x1d;
        session.max_early_data = 99;
        session.cipher = 0xabcd;
    });
    place.write("t", ticket, 0o600);
    let said = opened(&place, &["t", "--key", "k"]);
    assert_eq!(said["appdata"]["hex"], "7461620968657265");
    assert_eq!(said["appdata"]["text"], Value::Null, "it is not all text");
    assert_eq!(
        (&said["alpn"]["text"], &said["server_name"]["text"]),
        (&"h2".into(), &"a.example".into())
    );
    assert!(said["client_certificate"].as_str().unwrap().contains("can't be read"));
    assert_eq!(
        (&said["verify_result"]["number"], &said["group"]["name"]),
        (&10.into(), &"X25519".into())
    );
    assert_eq!(
        (&said["suite"]["number"], &said["suite"]["name"]),
        (&0xabcd.into(), &Value::Null)
    );
    assert_eq!((&said["max_early_data"], &said["made"]), (&99.into(), &made.into()));
    assert!(place.done(&["open", "t", "--key", "k"]).contains("expired: "));

    // As much of it as there can be, from right to left.
    let long = sealed(made, |session| {
        session.appdata = Some("\u{202e}a".repeat(10_000).into_bytes().into())
    });
    place.write("t", long, 0o600);
    let text = place.done(&["open", "t", "--key", "k"]);
    assert!(
        text.contains("(--json shows all ") && text.len() < 200_000,
        "{}",
        text.len()
    );
    let json = place.done(&["open", "t", "--key", "k", "--json"]);
    assert!(!text.contains('\u{202e}') && !json.contains('\u{202e}'));
    let said: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(said["appdata"]["text"].as_str().unwrap(), "\u{202e}a".repeat(10_000));
}

#[test]
fn a_chains_start_is_read_from_the_name() {
    let place = Place::new();
    place.write("k", BLOB, 0o600);
    let (key, time) = (TicketKey::from_openssl_blob(&BLOB).unwrap(), now());
    let session = Session::new(0x0303, 0xc02b, Secret::new(&[1; 48]).unwrap(), time);
    let ticket = key.seal_session_in_chain(&[9; 16], &session, time - 5000).unwrap();
    place.write("t", ticket, 0o600);
    let said = opened(&place, &["t", "--key", "k"]);
    assert_eq!(
        (&said["chain_start"], &said["version"]["name"]),
        (&(time - 5000).into(), &"TLS 1.2".into())
    );
    assert_ne!(said["key_name"], said["key"]["name"]);
}

#[test]
fn why_a_ticket_does_not_open() {
    let place = Place::new();
    place.write("k", BLOB, 0o600);
    place.write("other", [7; 80], 0o600);
    let ticket = sealed(now(), |_| ());
    place.write("t", &ticket, 0o600);
    assert_eq!(refused(&place, &["t", "--key", "other"]).0, "unknown_key");
    for at in [20, 40, ticket.len() - 1] {
        let mut damaged = ticket.clone();
        damaged[at] ^= 1;
        place.write("t", damaged, 0o600);
        assert_eq!(refused(&place, &["t", "--key", "k"]).0, "bad_mac");
    }
    place.write("t", &ticket[..60], 0o600);
    assert_eq!(refused(&place, &["t", "--key", "k"]).0, "too_short");
    place.write("t", [0x80; 20], 0o600);
    assert_eq!(refused(&place, &["t", "--key", "k"]).0, "too_short");
    place.write("t", "", 0o600);
    assert!(place.fails(&["open", "t", "--key", "k"]).contains("empty"));
    let key = TicketKey::from_openssl_blob(&BLOB).unwrap();
    place.write("t", key.seal(&[9; 16], b"no session").unwrap(), 0o600);
    assert_eq!(place.carnet(&["open", "t", "--key", "k"]).code, FAILED);
}

/// c-tests' server with fixed keys, on the system's libssl: what it says of its tickets is what we read.
#[test]
fn tickets_of_openssl_with_keys_that_were_set() {
    let place = Place::new();
    let peer = peer(&place);
    let ca = Identity::authority(place.dir(), "ca");
    let (server, client) = (
        place.p256(&ca, "server", "localhost"),
        place.p256(&ca, "client", "client of the test"),
    );
    let hex: String = BLOB.iter().map(|byte| format!("{byte:02x}")).collect();
    place.write("k", BLOB, 0o600);
    for (version, shown) in [("1.2", "TLS 1.2"), ("1.3", "TLS 1.3")] {
        let before = now();
        let mut command = std::process::Command::new(&peer);
        command.args([
            "server",
            "-port",
            "0",
            "-cert",
            &server.cert,
            "-key",
            &server.key,
            "-ticket-keys",
            &hex,
        ]);
        command.args([
            "-max", version, "-verify", "require", "-ca", &ca.cert, "-alpn", "h2,x", "-appdata", "user 17",
        ]);
        let process = Process::start(command.args(["-text", "hello"]));
        let port = process.wait_for_line("listening port=");
        let mut command = tool("openssl");
        let session = place.path("s.pem");
        command.args([
            "s_client",
            "-connect",
            &format!("127.0.0.1:{port}"),
            "-quiet",
            "-servername",
            "a.example",
        ]);
        command.args([
            "-alpn",
            "x",
            "-cert",
            &client.cert,
            "-key",
            &client.key,
            "-sess_out",
            &session,
        ]);
        Process::start(&mut command).finish();
        drop(process);
        let said = opened(&place, &["s.pem", "--key", "k"]);
        assert_eq!(said["version"]["name"], shown);
        assert_eq!(said["appdata"]["text"], "user 17");
        assert_eq!(said["alpn"]["text"], "x");
        assert_eq!(said["client_certificate"], "CN=client of the test");
        assert_eq!(said["verify_result"]["name"], "ok");
        assert_eq!(said["session_id_context"]["text"], "peer");
        let made = said["made"].as_u64().unwrap();
        // time(2), which OpenSSL asks, is a tick of the timer behind.
        assert!((before - 1..=now()).contains(&made), "{made}, after {before}");
        // The same session as DER.
        let der = place.path("s.der");
        crate::identity::run(tool("openssl").args(["sess_id", "-in", &session, "-outform", "DER", "-out", &der]));
        assert_eq!(opened(&place, &["s.der", "--key", "k"])["appdata"], said["appdata"]);
    }
}

#[test]
fn tickets_of_a_server_with_the_preload_library() {
    let place = Place::new();
    let ca = Identity::authority(place.dir(), "ca");
    let (server, client) = (
        place.p256(&ca, "server", "localhost"),
        place.p256(&ca, "client", "client"),
    );
    // So long that no new one begins meanwhile.
    place.done(&["keys", "init", "--root", "root", "--interval", "1000d"]);
    let (ring, root) = (place.path("ring"), place.path("root"));
    let settings = [("CARNET_RING", ring.as_str()), ("CARNET_ROOT", &root)];
    let (_server, address) = place.s_server(&server, &settings, &["-Verify", "1", "-CAfile", &ca.cert]);
    let openssl = crate::identity::run(std::process::Command::new("sh").args(["-c", "command -v openssl"]));
    let openssl = openssl.trim().to_owned();
    // A program that has hardly a function.
    let no_program = place.path("program");
    std::fs::write(place.path("program.c"), "int main(void) { return 0; }").unwrap();
    crate::identity::run(std::process::Command::new("cc").args(["-o", &no_program, &place.path("program.c")]));
    let who = [
        "-cert",
        client.cert.as_str(),
        "-key",
        &client.key,
        "-servername",
        "b.example",
    ];
    for version in ["-tls1_2", "-tls1_3"] {
        let before = now();
        let more: Vec<&str> = who.iter().copied().chain([version]).collect();
        place.session(&address, "s.pem", &more);
        let (reason, text) = refused(&place, &["s.pem", "--ring", "ring"]);
        assert_eq!(reason, "wrong_context");
        assert!(
            ["--cert", "--server-name", "--client-ca", "--program"]
                .iter()
                .all(|option| text.contains(option)),
            "{text}"
        );
        let cert = ["s.pem", "--cert", &server.cert, "--ring", "ring"];
        assert_eq!(refused(&place, &cert).0, "wrong_context", "the client CA is missing");
        let with_ca: Vec<&str> = cert.iter().copied().chain(["--client-ca", &ca.cert]).collect();
        let text = refused(&place, &with_ca).1;
        assert!(
            text.contains("check --cert, or give --server-name") && !text.contains("--client-ca"),
            "{text}"
        );
        let named: Vec<&str> = with_ca.iter().copied().chain(["--server-name", "b.example"]).collect();
        let wrong: Vec<&str> = named
            .iter()
            .copied()
            .chain(["--program", &no_program, "--verify-mode", "7"])
            .collect();
        let text = refused(&place, &wrong).1;
        assert!(text.contains("check what"), "{text}");
        let text = refused(&place, &named).1;
        assert!(text.ends_with("where it does so with a function of its own)"), "{text}");
        // s_server is asked along the way, and prints what it sees.
        let program = ["--program", &openssl, "--verify-mode", "7"];
        let all: Vec<&str> = named.iter().copied().chain(program).collect();
        let said = opened(&place, &all);
        assert_eq!(said["client_certificate"], "CN=client");
        assert_eq!(said["sealed_for"]["server_name"], "b.example");
        assert_eq!(
            said["sealed_for"]["verify_mode"], 7,
            "peer, fail without certificate, once"
        );
        let start = said["chain_start"].as_u64().unwrap();
        assert!((before - 1..=now()).contains(&start), "{start}, after {before}");
        // The root alone has the keys, too.
        let from_root: Vec<&str> = all
            .iter()
            .map(|word| if *word == "--ring" { "--root" } else { word })
            .collect();
        let from_root: Vec<&str> = from_root
            .iter()
            .map(|word| if *word == "ring" { "root" } else { word })
            .collect();
        assert_eq!(opened(&place, &from_root)["key"], said["key"]);
    }
}

#[test]
fn certificates_that_are_none() {
    let place = Place::new();
    place.write("k", BLOB, 0o600);
    place.write("t", sealed(now(), |_| ()), 0o600);
    place.write(
        "c",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        0o600,
    );
    for option in ["--cert", "--client-ca"] {
        assert!(
            place
                .fails(&["open", "t", "--key", "k", option, "c"])
                .contains("no certificate")
        );
        assert!(
            place
                .fails(&["open", "t", "--key", "k", option, "d"])
                .contains("no such file")
        );
    }
}
