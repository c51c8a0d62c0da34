//! What the library leaves alone, what operators have switched off, and what happens without a key.

use crate::place::program;
use crate::stage::{Setup, VERSIONS};

/// OpenSSL makes a resumption fatal where clients are verified and there is no session-id context. Such a context's
/// tickets do not begin to open because processes share keys now.
#[test]
fn a_context_that_verifies_and_has_no_session_id_context_is_left_alone() {
    for version in VERSIONS {
        let ring = tempfile::tempdir().unwrap();
        let mut stages = [(); 2].map(|()| {
            let setup = Setup::new().env("CARNET_RING", ring.path().join("ring"));
            let mut stage = setup.start();
            stage.ok(&["ctx a verify=peer ca=ca1", "ctx with verify=peer ca=ca1 sid=x"]);
            stage
        });
        let file = ring.path().join("session");
        let [one, other] = &mut stages;
        for (context, expected) in [("a", "full"), ("with", "resumed")] {
            one.connect(context, version, "cert=client1 save=s");
            one.ok(&[&format!("export s {}", file.display())]);
            other.ok(&[&format!("import s {}", file.display())]);
            let there = other.connect(context, version, "cert=client1 use=s");
            assert_eq!(there.how, expected, "{version} {context}");
        }
        // In one and the same context it is what it is without the library.
        let mut bare = Setup::bare().start();
        bare.ok(&["ctx a verify=peer ca=ca1"]);
        let answers = [one, &mut bare].map(|stage| {
            stage.connect("a", version, "cert=client1 save=s");
            stage.say(&format!("connect a {version} cert=client1 use=s"))
        });
        assert_eq!(answers[0], "failed session id context uninitialized");
        assert_eq!(answers[0], answers[1]);
        for stage in stages {
            let lines = stage.lines();
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(lines[0].contains("SSL_CTX_set_session_id_context") && lines[0].contains("left as they are"));
        }
    }
}

/// SSL_OP_NO_TICKET, no tickets, no cache: as without the library.
#[test]
fn what_is_off_stays_off() {
    let ways = ["no_ticket", "tickets=0", "cache_off", "no_ticket tickets=0 cache_off"];
    for options in ways {
        for version in VERSIONS {
            let answers = [Setup::new(), Setup::bare()].map(|setup| {
                let mut stage = setup.start();
                stage.ok(&[&format!("ctx a sid=x {options}")]);
                let first = stage.connect("a", version, "save=s");
                let second = (first.tickets > 0).then(|| stage.connect("a", version, "use=s"));
                let second = second.map(|second| (second.how, second.tickets));
                (first.tickets, first.len > 0, second, stage.finish())
            });
            assert_eq!(answers[0], answers[1], "{options} {version}");
        }
    }
}

/// Where sessions are not to be kept, tickets are under the context's own key, which no other process has.
#[test]
fn without_a_cache_no_ticket_crosses() {
    let ring = tempfile::tempdir().unwrap();
    let stages = [(); 2].map(|()| Setup::new().env("CARNET_RING", ring.path().join("ring")).start());
    let [mut one, mut other] = stages;
    let file = ring.path().join("session");
    for (version, how) in VERSIONS
        .into_iter()
        .flat_map(|version| [(version, ""), (version, "verify=peer")])
    {
        let context = format!("ctx a sid=x cache_off {how}");
        one.ok(&[&context]);
        other.ok(&[&context]);
        one.connect("a", version, "save=s");
        one.ok(&[&format!("export s {}", file.display())]);
        other.ok(&[&format!("import s {}", file.display())]);
        assert_eq!(other.connect("a", version, "use=s").how, "full", "{version} {how}");
    }
}

/// A process that has slept for longer than any key lives has a new one when it wakes up, and none of zeros.
#[test]
fn after_a_long_idle_time_there_is_a_new_key() {
    for version in VERSIONS {
        let mut stage = Setup::new()
            .env("CARNET_INTERVAL", "1")
            .env("CARNET_LIFETIME", "1")
            .standing()
            .start();
        stage.ok(&["ctx a"]);
        let before = stage.connect("a", version, "save=s");
        stage.ok(&["pass 4"]);
        let after = stage.connect("a", version, "use=s save=t");
        assert_eq!(after.how, "full", "{version}");
        assert_ne!(after.key[..16], before.key[..16]);
        assert!(stage.connect("a", version, "use=t").is_resumed());
    }
}

/// No randomness, no key; no key, no ticket, and the handshake goes on. OpenSSL draws its own from elsewhere.
#[test]
fn without_a_key_there_is_no_ticket() {
    let broken = program("libnorandom", &[]);
    for version in VERSIONS {
        let both = std::env::join_paths([crate::place::library(), broken.clone()]).unwrap();
        let mut stage = Setup::new()
            .env("LD_PRELOAD", both)
            .env("CARNET_INTERVAL", "1")
            .env("CARNET_LIFETIME", "1")
            .start();
        stage.ok(&["ctx a"]);
        let first = stage.connect("a", version, "save=s");
        assert!(first.how == "full" && first.tickets == 0 && first.len == 0, "{first:?}");
        assert!(stage.finish().is_empty());
    }
}

/// What OpenSSL refuses to do for this library is no error of the application's, which would log it.
#[test]
fn what_fails_here_leaves_no_error() {
    let broken = program("libnomac", &[]);
    for version in VERSIONS {
        let both = std::env::join_paths([crate::place::library(), broken.clone()]).unwrap();
        let setup = Setup::new();
        let flag = setup.path("flag");
        let mut stage = setup.env("LD_PRELOAD", both).env("NO_MAC_IF", &flag).start();
        stage.ok(&["ctx a"]);
        stage.connect("a", version, "save=s");
        std::fs::write(&flag, "").unwrap();
        let there = stage.connect("a", version, "use=s");
        assert_eq!(
            (there.how.as_str(), there.tickets),
            ("full", 0),
            "it does fail: {version}"
        );
        assert_eq!(stage.say("errors"), "0 user:7", "{version}");
        std::fs::remove_file(&flag).unwrap();
        assert!(stage.connect("a", version, "use=s").is_resumed());
        assert!(stage.finish().is_empty());
    }
}

/// A ring that is filled with zeros while it is in use is no ring any more.
#[test]
fn a_ring_that_was_wiped_gives_no_key_of_zeros() {
    for version in VERSIONS {
        let setup = Setup::new();
        let path = setup.path("ring");
        let mut stage = setup.env("CARNET_RING", &path).start();
        stage.ok(&["ctx a"]);
        let before = stage.connect("a", version, "save=s");
        // In place, as a disk that fails would: the mapping sees it.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &[0; 4096], 0).unwrap();
        let after = stage.connect("a", version, "use=s save=t");
        assert_ne!(after.key, "00".repeat(16));
        assert!(after.how == "full" || after.key[..16] == before.key[..16]);
        assert!(after.tickets == 0 || stage.connect("a", version, "use=t").is_resumed());
    }
}
