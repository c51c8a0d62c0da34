//! Applications with ticket keys of their own: respected or overridden, with a line in the log, and never sending what
//! was on the stack.

use std::process::Command;

use crate::place::{library, pki, program};
use crate::stage::{Setup, Stage, VERSIONS, clean, outcome};

const ZEROS: &str = "00000000000000000000000000000000";

/// OpenSSL passes stack memory for key name and IV; not every callback writes them.
#[test]
fn a_callback_that_writes_no_name_sends_zeros() {
    for kind in ["evp", "hmac"] {
        for version in VERSIONS {
            let mut stage = Stage::new();
            stage.ok(&["ctx a", &format!("callback a {kind} lazy")]);
            for _ in 0..3 {
                let first = stage.connect("a", version, "save=s");
                assert_eq!(
                    (first.key.as_str(), first.iv.as_str()),
                    (ZEROS, ZEROS),
                    "{kind} {version}"
                );
                assert!(stage.connect("a", version, "use=s").is_resumed());
            }
            // The stack, for comparison.
            let mut bare = Setup::bare().start();
            bare.ok(&["ctx a", &format!("callback a {kind} lazy")]);
            assert_ne!(bare.connect("a", version, "").key, ZEROS, "{kind} {version}");
        }
    }
}

/// HAProxy and Apache httpd have such callbacks: their clients would make a full handshake every second time.
#[test]
fn a_callback_that_asks_for_no_new_ticket() {
    for (kind, key) in [("evp", "45"), ("hmac", "48")] {
        let mut stage = Stage::new();
        stage.ok(&["ctx a", "ctx quiet tickets=0"]);
        for context in ["quiet", "a"] {
            stage.ok(&[&format!("callback {context} {kind} good 1")]);
        }
        stage.connect("a", 13, "save=s");
        for visit in 0..4 {
            let there = stage.connect("a", 13, "use=s save=s");
            assert!(there.is_resumed(), "{kind}: visit {visit}");
            assert_eq!((there.tickets, there.key), (1, key.repeat(16)), "{kind}: visit {visit}");
        }
        let there = stage.connect("quiet", 13, "use=s");
        assert!(there.is_resumed());
        assert_eq!(there.tickets, 0, "{kind}: none were wanted");
        // A TLS 1.2 client goes on with the ticket that it has.
        let there = stage.again("a", 12, "");
        assert!(there.is_resumed());
        assert_eq!(there.tickets, 0, "{kind}");
        // Without the library.
        let mut bare = Setup::bare().start();
        bare.ok(&["ctx a", &format!("callback a {kind} good 1")]);
        let there = bare.again("a", 13, "");
        assert!(there.is_resumed());
        assert_eq!(there.tickets, 0, "{kind}");
    }
}

/// lighttpd: its contexts have no certificate, so that they are left alone, and its keys rotate. OpenSSL's would not.
#[test]
fn a_callback_that_is_overridden_in_vain() {
    for (kind, key) in [("evp", "45"), ("hmac", "48")] {
        for version in VERSIONS {
            let mut stage = Stage::with("CARNET_MODE", "override");
            stage.ok(&["ctx a cert=none late=server", "ctx b"]);
            for context in ["a", "b"] {
                stage.ok(&[&format!("callback {context} {kind} good 1")]);
            }
            let there = stage.again("a", version, "");
            assert!(there.is_resumed(), "{kind} {version}");
            assert_eq!(there.key, key.repeat(16), "{kind} {version}");
            assert_eq!(there.tickets, u32::from(version == 13), "{kind} {version}");
            let elsewhere = stage.again("b", version, "");
            assert!(
                elsewhere.is_resumed() && elsewhere.key != key.repeat(16),
                "{kind} {version}"
            );
            stage.ok(&[&format!("callback a {kind} null")]);
            assert_ne!(stage.again("a", version, "").key, key.repeat(16), "taken back");
        }
    }
}

/// What has come of a connection, but for the ticket's length: some numbers of a session are random, and as long in DER
/// as they happen to be.
fn without_length(answer: &str) -> String {
    answer.split(" len=").next().unwrap_or_default().to_owned()
}

/// What a callback says otherwise is passed on as it is.
#[test]
fn a_callback_that_fails_declines_or_renews() {
    for kind in ["evp", "hmac"] {
        for version in VERSIONS {
            for answer in ["-1", "0", "2"] {
                let [ours, without] = [Setup::new(), Setup::bare()].map(|setup| {
                    let mut stage = setup.start();
                    stage.ok(&["ctx a", &format!("callback a {kind} good {answer}")]);
                    stage.connect("a", version, "save=s");
                    without_length(&stage.say(&format!("connect a {version} use=s")))
                });
                assert_eq!(ours, without, "{kind} {version} {answer}");
                let expected = match answer {
                    "-1" => "failed",
                    "0" => "full",
                    _ => "resumed",
                };
                assert!(ours.starts_with(expected), "{kind} {version} {answer}: {ours}");
            }
        }
    }
}

/// Who asks for a ticket that the callback had not asked for takes it that there is none.
#[test]
fn a_callback_that_opens_and_fails_to_seal() {
    for kind in ["evp", "hmac"] {
        for (version, answers) in [(12, "1 -1"), (12, "2 -1"), (13, "1 -1"), (13, "2 -1"), (13, "1 0")] {
            let [ours, without] = [Setup::new(), Setup::bare()].map(|setup| {
                let mut stage = setup.start();
                stage.ok(&["ctx a", &format!("callback a {kind} good")]);
                stage.connect("a", version, "save=s");
                stage.ok(&[&format!("callback a {kind} good {answers}")]);
                let orders = ["use=s", "", "use=s"].map(|options| format!("connect a {version} {options}"));
                orders.map(|order| without_length(&stage.say(&order)))
            });
            assert_eq!(ours, without, "{kind} {version} {answers}");
        }
    }
}

/// DTLS counts its versions downwards, and its clients use a ticket as often as those of TLS 1.2 do.
#[test]
fn datagrams() {
    let mut stage = Stage::new();
    stage.ok(&[
        "ctx a dtls",
        "ctx b dtls",
        "callback b evp good 1",
        "ctx c dtls",
        "keys c set k",
    ]);
    for context in ["a", "b", "c"] {
        let there = stage.again(context, 12, "dtls");
        assert!(there.is_resumed(), "{context}");
        assert_eq!(there.tickets, 0, "{context}");
    }
}

fn key_of(stage: &mut Stage, version: u32) -> String {
    let there = stage.again("a", version, "");
    assert!(there.is_resumed(), "{version}");
    there.key
}

#[test]
fn they_are_respected() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&["ctx a"]);
        let ours = key_of(&mut stage, version);
        stage.ok(&["callback a hmac good"]);
        assert_eq!(key_of(&mut stage, version), "48".repeat(16));
        // OpenSSL asks the newer kind first.
        stage.ok(&["callback a evp good"]);
        assert_eq!(key_of(&mut stage, version), "45".repeat(16));
        stage.ok(&["callback a evp null"]);
        assert_eq!(key_of(&mut stage, version), "48".repeat(16));
        stage.ok(&["callback a hmac null"]);
        assert_eq!(key_of(&mut stage, version)[..16], ours[..16], "nobody else wants to");
        stage.ok(&["keys a set k"]);
        assert_eq!(key_of(&mut stage, version), "6b".repeat(16));
        stage.ok(&["callback a evp good", "callback a evp null"]);
        assert_eq!(
            key_of(&mut stage, version),
            "6b".repeat(16),
            "the keys that were set stay"
        );
        assert_eq!(stage.say("keys a get"), format!("1 {}", "6b".repeat(16)));
        let lines = stage.finish();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| line.contains("left to it") && line.contains("respect")),
            "{lines:?}"
        );
        assert!(lines[0].contains("has a ticket key callback") && lines[2].contains("has fixed ticket keys"));
    }
}

#[test]
fn they_are_overridden() {
    for version in VERSIONS {
        let mut stage = Stage::with("CARNET_MODE", "override");
        stage.ok(&["ctx a"]);
        let ours = key_of(&mut stage, version);
        for order in [
            "callback a hmac good",
            "callback a evp good",
            "keys a set k",
            "callback a evp null",
        ] {
            stage.ok(&[order]);
            assert_eq!(key_of(&mut stage, version)[..16], ours[..16], "{order}");
        }
        let lines = stage.finish();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| line.contains("overridden") && line.contains("override")),
            "{lines:?}"
        );
    }
}

/// Keys are taken to be set elsewhere: contexts that share theirs so go on sharing them.
#[test]
fn keys_that_are_copied_are_shared() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&["ctx a sid=x", "ctx b sid=x verify=peer ca=ca1"]);
        assert_eq!(
            stage.say("keys a len"),
            "80 0",
            "asking how long they are is taking nothing"
        );
        assert!(stage.lines().is_empty());
        assert_eq!(stage.say("keys a copy b"), "1 1");
        stage.connect("a", version, "save=s");
        assert!(
            stage.connect("b", version, "use=s").is_resumed(),
            "as without the library"
        );
        assert!(stage.finish()[0].contains("takes the ticket keys"));
    }
}

/// In OpenSSL it is a macro; here it is a function as well, for languages that have no macros.
#[test]
fn the_macro_is_a_symbol() {
    let mut stage = Stage::new();
    stage.ok(&["ctx a", "callback a hmac old"]);
    assert_eq!(key_of(&mut stage, 13), "48".repeat(16));
    let mut bare = Setup::bare().start();
    bare.ok(&["ctx a"]);
    assert_eq!(bare.say("callback a hmac old"), "-1");
}

/// Linked before libssl rather than preloaded.
#[test]
fn a_program_may_link_it() {
    let directory = library();
    let directory = directory.parent().unwrap().to_str().unwrap();
    let linked = program("linked", &["-L", directory, "-lcarnet_preload", "-lssl", "-lcrypto"]);
    let mut command = Command::new(linked);
    clean(&mut command);
    let (status, out, error) = outcome(command.env("PKI", pki()).env("LD_LIBRARY_PATH", directory));
    assert!(status.success(), "{error}");
    assert_eq!(
        out,
        "callback set: 1\nTLS 1.2: the callback made 1 tickets and opened 1, resumed\nTLS 1.3: the callback made 3 tickets and opened 1, resumed\n"
    );
    assert!(
        error.contains("has a ticket key callback") && error.lines().count() == 1,
        "{error}"
    );
}

const CTYPES: &str = r#"
import ctypes, os, sys
carnet = ctypes.CDLL(sys.argv[1])
ssl = ctypes.CDLL("libssl.so.3")
for name in ("TLS_server_method",): getattr(ssl, name).restype = ctypes.c_void_p
for name in ("SSL_CTX_new", "SSL_CTX_set_tlsext_ticket_key_cb"): assert getattr(carnet, name)
carnet.SSL_CTX_new.restype = ctypes.c_void_p
carnet.SSL_CTX_new.argtypes = [ctypes.c_void_p]
ctx = carnet.SSL_CTX_new(ssl.TLS_server_method())
kind = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 5, ctypes.c_int)
callback = kind(lambda *a: 0)
carnet.SSL_CTX_set_tlsext_ticket_key_cb.restype = ctypes.c_long
carnet.SSL_CTX_set_tlsext_ticket_key_cb.argtypes = [ctypes.c_void_p, kind]
print(carnet.SSL_CTX_set_tlsext_ticket_key_cb(ctx, callback))
ssl.SSL_CTX_free.argtypes = [ctypes.c_void_p]
ssl.SSL_CTX_free(ctx)
"#;

#[test]
fn python_reaches_the_symbol_by_ctypes() {
    for preloaded in [false, true] {
        let mut python = Command::new("/usr/bin/python3");
        clean(&mut python);
        if preloaded {
            python.env("LD_PRELOAD", library());
        }
        let (status, out, error) = outcome(python.args(["-c", CTYPES]).arg(library()));
        assert!(status.success() && out == "1\n", "{error}");
        assert!(error.contains("has a ticket key callback"), "{error}");
    }
}
