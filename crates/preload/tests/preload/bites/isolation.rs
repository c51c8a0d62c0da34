//! One key for every context would let a client carry its session past another context's authentication.

use std::process::Command;

use crate::place::{library, pki, program, tls_program};
use crate::stage::{Setup, Stage, VERSIONS, clean, outcome};

/// Contexts that a ticket from `open` must not resume on, nor theirs on it.
const OTHERS: [(&str, &str); 6] = [
    ("certificate", "cert=other sid=x"),
    ("verify", "verify=peer ca=ca1 sid=x"),
    ("require", "verify=require ca=ca1 sid=x"),
    ("require2", "verify=require ca=ca2 sid=x"),
    ("names", "verify=require ca=ca1 names=ca1 sid=x"),
    ("session-id", "sid=y"),
];

fn set(stage: &mut Stage) {
    stage.ok(&["ctx open sid=x"]);
    for (name, options) in OTHERS {
        stage.ok(&[&format!("ctx {name} {options}")]);
    }
}

/// The client certificate that `name` asks for.
fn identity(name: &str) -> &'static str {
    match name {
        "open" | "certificate" | "session-id" | "verify" => "",
        "require2" => "cert=client2",
        _ => "cert=client1",
    }
}

/// Which pairs of contexts let a ticket of the first resume on the second.
fn crossings(stage: &mut Stage, version: u32) -> Vec<(&'static str, &'static str)> {
    let names = ["open"].into_iter().chain(OTHERS.map(|(name, _)| name));
    let mut found = Vec::new();
    for from in names.clone() {
        for to in names.clone().filter(|to| *to != from) {
            let made = stage.connect(from, version, &format!("{} save=s", identity(from)));
            assert_eq!(made.how, "full");
            // With a certificate, so that a full handshake succeeds everywhere.
            let there = stage.connect(to, version, &format!("{} use=s", identity(to)));
            if there.is_resumed() {
                found.push((from, to));
            }
        }
    }
    found
}

#[test]
fn contexts_that_differ_do_not_resume_each_others_sessions() {
    let mut stage = Stage::new();
    set(&mut stage);
    for version in VERSIONS {
        assert_eq!(crossings(&mut stage, version), [], "TLS {version}");
        for name in ["open"].into_iter().chain(OTHERS.map(|(name, _)| name)) {
            assert!(
                stage.again(name, version, identity(name)).is_resumed(),
                "{name} {version}"
            );
        }
    }
    assert_eq!(stage.finish(), [""; 0]);
}

/// What the test above is for: with one key for all, sessions cross.
#[test]
fn a_naive_library_lets_them() {
    let naive = program("libnaive", &[]);
    let mut stage = Setup::bare().env("LD_PRELOAD", naive).start();
    set(&mut stage);
    for version in VERSIONS {
        let found = crossings(&mut stage, version);
        for pair in [("open", "require"), ("require", "require2"), ("certificate", "open")] {
            assert!(found.contains(&pair), "{version}: {pair:?} is not in {found:?}");
        }
    }
}

/// Contexts that do not differ share their tickets: workers that make theirs after the fork, or a reloaded configuration.
#[test]
fn contexts_that_are_the_same_resume_each_others_sessions() {
    for how in ["", "how=ex"] {
        let mut stage = Stage::new();
        let options = "verify=require ca=ca1 names=ca1 sid=x";
        stage.ok(&[&format!("ctx one {options}"), &format!("ctx two {options} {how}")]);
        for version in VERSIONS {
            assert_eq!(stage.connect("one", version, "cert=client1 save=s").how, "full");
            let two = stage.connect("two", version, "cert=client1 use=s save=t");
            assert!(two.is_resumed() && two.peer, "{version}");
        }
        // As a reload does it.
        stage.ok(&["free one", &format!("ctx three {options}")]);
        assert!(stage.connect("three", 13, "cert=client1 use=t").is_resumed());
    }
}

/// What a context is may change while it is in use.
#[test]
fn a_client_that_was_trusted_is_asked_again_when_that_has_changed() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&["ctx a verify=require ca=ca1 sid=x"]);
        assert!(stage.again("a", version, "cert=client1").is_resumed());
        stage.ok(&["change a trust ca2"]);
        let refused = stage.say(&format!("connect a {version} cert=client1 use=again"));
        assert_eq!(refused, "failed certificate verify failed");
        assert!(stage.again("a", version, "cert=client2").is_resumed());
        stage.ok(&["change a cert other"]);
        assert_eq!(stage.connect("a", version, "cert=client2 use=again").how, "full");
    }
}

/// A list takes the other's place in a store that is in use: as many objects as before, and maybe where the old one was.
#[test]
fn a_revocation_list_in_the_place_of_another() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&["ctx a verify=require ca=ca1 sid=x", "change a revoked server"]);
        assert!(stage.again("a", version, "cert=client1").is_resumed());
        assert_eq!(stage.connect("a", version, "cert=client1 save=s").how, "full");
        // More than once: what is freed leaves its place to the next.
        stage.ok(&[
            "change a revoked other",
            "change a revoked client2",
            "change a revoked client1",
        ]);
        let there = stage.say(&format!("connect a {version} cert=client1 use=s"));
        assert_eq!(there, "failed certificate verify failed", "{version}");
    }
}

/// HAProxy's way: the context that a connection starts with has no certificate, and the hello decides.
#[test]
fn contexts_chosen_by_the_hello_count() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        for (first, chosen, options) in [
            ("first1", "a1", "cert=server"),
            ("first2", "a2", "cert=other"),
            ("first3", "a3", "cert=server"),
            ("first4", "a4", "cert=server verify=require ca=ca1"),
        ] {
            stage.ok(&[
                &format!("ctx {first} cert=none sid=x"),
                &format!("ctx {chosen} {options} sid=x"),
                &format!("by_hello {first} a.example {chosen}"),
            ]);
        }
        let there = ["first1", "first2", "first3", "first4"].map(|first| {
            assert_eq!(stage.connect("first1", version, "name=a.example save=s").how, "full");
            let there = stage.connect(first, version, "name=a.example cert=client1 use=s");
            there.is_resumed()
        });
        assert_eq!(there, [true, false, true, false], "{version}");
        assert_eq!(stage.finish(), [""; 0]);
    }
}

/// Nothing tells contexts without certificates from each other: they keep OpenSSL's keys.
#[test]
fn contexts_without_certificates_share_nothing() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&[
            "ctx one cert=none late=server sid=x",
            "ctx two cert=none late=other sid=x",
        ]);
        assert!(stage.again("one", version, "").is_resumed());
        assert_eq!(stage.connect("two", version, "use=again").how, "full", "{version}");
        assert!(stage.has_openssls_keys("two"));
        let lines = stage.finish();
        let told = lines.iter().filter(|line| line.contains("no certificate")).count();
        assert_eq!(told, 2, "once for each: {lines:?}");
    }
}

/// What the application asks of a connection counts where it is not what it asks of the context.
#[test]
fn a_connection_that_verifies_otherwise_has_tickets_of_its_own() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&["ctx one ca=ca1 sid=x", "ctx two ca=ca1 sid=x"]);
        let made = stage.connect("one", version, "save=s");
        assert_eq!(made.how, "full");
        let there = stage.connect("two", version, "ask cert=client1 use=s save=t");
        assert!(!there.is_resumed() && there.peer, "{version}");
        let again = stage.connect("two", version, "ask cert=client1 use=t");
        assert!(again.is_resumed() && again.peer, "{version}");
        assert_eq!(stage.connect("one", version, "ask cert=client1 use=t").how, "full");
    }
}

/// Contexts that are the same but for the functions that verify their clients.
const JUDGES: [(&str, &str); 5] = [
    ("plain", ""),
    ("asked-a", "asked=A"),
    ("asked-b", "asked=B"),
    ("judge-a", "judge=A"),
    ("judge-b", "judge=B"),
];

#[test]
fn what_verifies_a_contexts_clients_counts() {
    for version in VERSIONS {
        let ring = tempfile::tempdir().unwrap();
        let stages = [(); 2].map(|()| Setup::new().env("CARNET_RING", ring.path().join("ring")).start());
        let [mut one, mut other] = stages.map(|mut stage| {
            for (name, options) in JUDGES {
                stage.ok(&[&format!("ctx {name} verify=require ca=ca1 sid=x {options}")]);
            }
            stage
        });
        let file = ring.path().join("session");
        for (from, _) in JUDGES {
            let resumed = JUDGES.map(|(to, _)| {
                one.connect(from, version, "cert=client1 save=s");
                one.connect(to, version, "cert=client1 use=s").is_resumed()
            });
            assert_eq!(resumed, JUDGES.map(|(to, _)| to == from), "{version} {from}");
            // A second instance has the same functions elsewhere in its memory.
            one.connect(from, version, "cert=client1 save=s");
            one.ok(&[&format!("export s {}", file.display())]);
            other.ok(&[&format!("import s {}", file.display())]);
            assert!(
                other.connect(from, version, "cert=client1 use=s").is_resumed(),
                "{version} {from}"
            );
        }
        assert_eq!((one.finish(), other.finish()), (Vec::new(), Vec::new()));
    }
}

/// A function that a program has made for itself stays nowhere: what verifies so keeps OpenSSL's keys.
#[test]
fn a_function_in_no_file() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        for name in ["one", "two"] {
            stage.ok(&[&format!("ctx {name} verify=require ca=ca1 sid=x asked=made")]);
        }
        assert!(stage.again("one", version, "cert=client1").is_resumed());
        let there = stage.connect("one", version, "cert=client1 save=s");
        assert_eq!(stage.say("keys one get"), format!("1 {}", there.key), "OpenSSL's own");
        assert_eq!(stage.connect("two", version, "cert=client1 use=s").how, "full");
        let lines = stage.finish();
        let told = lines.iter().filter(|line| line.contains("in no file")).count();
        assert_eq!(told, 2, "once for each: {lines:?}");
    }
}

/// SSL_set_verify(3) with a function that is not the context's.
#[test]
fn a_connection_that_another_function_verifies_has_tickets_of_its_own() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        let options = "verify=require ca=ca1 sid=x asked=A";
        stage.ok(&[&format!("ctx one {options}"), &format!("ctx two {options}")]);
        stage.connect("one", version, "cert=client1 save=s");
        assert!(stage.connect("two", version, "ask=A cert=client1 use=s").is_resumed());
        stage.connect("one", version, "cert=client1 save=s");
        let there = stage.connect("two", version, "ask=B cert=client1 use=s save=t");
        assert!(!there.is_resumed() && there.peer, "{version}");
        assert!(stage.connect("two", version, "ask=B cert=client1 use=t").is_resumed());
    }
}

/// A session that was verified otherwise does not come by keys of the context's because it is resumed where nobody asks, as
/// after authentication in the middle of a connection.
#[test]
fn what_was_verified_otherwise_stays_so() {
    for (options, ask) in [
        ("", "ask"),
        ("verify=require asked=A", "ask=B"),
        ("verify=require", "trust=ca1"),
        ("verify=require", "ask=none"),
    ] {
        for version in VERSIONS {
            let mut stage = Stage::new();
            stage.ok(&["one", "two"]
                .map(|name| format!("ctx {name} ca=ca1 sid=x {options}"))
                .each_ref()
                .map(String::as_str));
            let made = stage.connect("one", version, &format!("{ask} cert=client1 save=s"));
            let has_peer = ask != "ask=none";
            assert!(made.how == "full" && made.peer == has_peer, "{ask} {version}");
            for visit in 0..3 {
                let there = stage.connect("one", version, "cert=client1 use=s save=s");
                assert!(there.is_resumed() && there.peer == has_peer, "{ask} {version} {visit}");
            }
            let crossed = stage.connect("two", version, "cert=client1 use=s");
            assert!(!crossed.is_resumed(), "{ask} {version}");
        }
    }
}

/// Which name a client's certificate must have (X509_VERIFY_PARAM_set1_host(3)), for a context or for a connection.
#[test]
fn clients_that_must_have_certain_names() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        let options = "verify=require ca=ca1 sid=x";
        stage.ok(&[
            &format!("ctx any {options}"),
            &format!("ctx one {options} host=client1"),
            &format!("ctx two {options} host=client2"),
            &format!("ctx three {options} stores_host=client2"),
        ]);
        assert!(stage.again("one", version, "cert=client1").is_resumed(), "{version}");
        for from in ["one", "any"] {
            for there in ["connect two", "connect three", "connect any"] {
                stage.connect(from, version, "cert=client1 save=s");
                let host = if there == "connect any" { "host=client2" } else { "" };
                let there = stage.say(&format!("{there} {version} cert=client1 {host} use=s"));
                assert_eq!(there, "failed certificate verify failed", "{version} {from}");
            }
        }
    }
}

/// Whom a connection trusts, how far, and by which rules, is not always what its context says.
#[test]
fn a_connection_that_trusts_otherwise_has_tickets_of_its_own() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        let options = "verify=require ca=ca1 sid=x";
        stage.ok(&[&format!("ctx one {options}"), &format!("ctx two {options}")]);
        for (otherwise, client) in [("trust=ca2", "client2"), ("depth=7", "client1")] {
            stage.connect("one", version, "cert=client1 save=s");
            let there = stage.connect("two", version, &format!("{otherwise} cert={client} use=s save=t"));
            assert_eq!(there.how, "full", "{version} {otherwise}");
            let again = stage.connect("two", version, &format!("{otherwise} cert={client} use=t"));
            assert!(again.is_resumed(), "{version} {otherwise}");
            stage.connect("two", version, &format!("{otherwise} cert={client} save=t"));
            let back = stage.say(&format!("connect one {version} cert=client1 use=t"));
            assert!(back.starts_with("full"), "{version} {otherwise}: {back}");
        }
        stage.connect("one", version, "cert=client1 save=s");
        let there = stage.say(&format!("connect two {version} crl cert=client1 use=s"));
        assert_eq!(there, "failed certificate verify failed", "{version}: there is no list");
    }
}

const PYTHON: &str = r#"
import ssl, sys
pki, minor = sys.argv[1], int(sys.argv[2])
def context(*trusted):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(f"{pki}/server.pem", f"{pki}/server.key")
    for name in trusted:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(f"{pki}/{name}.pem")
    return ctx
def connect(server_ctx, session=None, name="client1"):
    client.load_cert_chain(f"{pki}/{name}.pem", f"{pki}/{name}.key")
    ends = []
    for ctx, options in ((client, dict(server_hostname="a.example", session=session)), (server_ctx, dict(server_side=True))):
        i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends.append((ctx.wrap_bio(i, o, **options), i, o))
    (c, ci, co), (s, si, so) = ends
    for _ in range(6):
        for end in (c, s):
            try: end.do_handshake()
            except ssl.SSLWantReadError: pass
            si.write(co.read()); ci.write(so.read())
    s.write(b"x"); ci.write(so.read()); c.read(1)
    return c.session, s.session_reused, s.getpeercert(True) is not None
client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
client.minimum_version = client.maximum_version = {2: ssl.TLSVersion.TLSv1_2, 3: ssl.TLSVersion.TLSv1_3}[minor]
contexts = {"open": context(), "one": context("ca1"), "two": context("ca2"), "both": context("ca1", "ca2")}
for a in contexts:
    for b in contexts:
        session, *_ = connect(contexts[a], name="client2" if a == "two" else "client1")
        _, reused, peer = connect(contexts[b], session, name="client2" if b == "two" else "client1")
        assert reused == (a == b), (a, b, reused)
        assert peer == (b != "open"), (a, b, peer)
print("fine")
"#;

/// The session-id context of Python's contexts is the same in all of them, and they name no client authorities.
#[test]
fn python_contexts_are_kept_apart() {
    for minor in ["2", "3"] {
        let mut python = Command::new("/usr/bin/python3");
        clean(&mut python);
        python.args(["-c", PYTHON]).arg(pki()).arg(minor);
        let (status, out, error) = outcome(python.env("LD_PRELOAD", library()));
        assert!(status.success() && out == "fine\n" && error.is_empty(), "{error}");
        let (status, _, error) = outcome(python.env("LD_PRELOAD", program("libnaive", &[])));
        assert!(!status.success() && error.contains("AssertionError"), "{error}");
    }
}

/// Keys agreed upon beforehand, and passwords (SRP): whom they let in comes nowhere else by a ticket. All is as without the
/// library.
#[test]
fn clients_that_have_other_secrets() {
    let program = tls_program("psk");
    for arguments in [
        &["old"][..],
        &["new"],
        &["srp"],
        &["old", "connection"],
        &["new", "connection"],
    ] {
        let mut command = Command::new(&program);
        clean(&mut command);
        command.env("PKI", pki()).args(arguments);
        let (_, without, _) = outcome(&mut command);
        let (status, with, said) = outcome(command.env("LD_PRELOAD", library()));
        assert!(status.success(), "{arguments:?}: {status} {said}");
        assert_eq!(with, without, "{arguments:?}");
        if arguments[0] != "new" {
            let end_of_first = with.lines().next().unwrap().trim_end().ends_with("failed");
            assert!(with.starts_with("full alice resumed alice ") && end_of_first, "{with}");
        }
    }
}

/// Raw public keys: each connection expects its own, and nothing tells contexts apart by them. As without the library.
#[test]
fn clients_that_have_raw_keys() {
    let mut command = Command::new(tls_program("rpk"));
    clean(&mut command);
    let (_, without, _) = outcome(command.env("PKI", pki()));
    let (status, with, said) = outcome(command.env("LD_PRELOAD", library()));
    assert!(status.success(), "{status} {said}");
    assert_eq!(with, without);
    if with == "none\n" {
        eprintln!("not tested: OpenSSL has raw public keys since 3.2");
        return;
    }
    assert_eq!(with, "full resumed failed failed \n".repeat(2));
}
