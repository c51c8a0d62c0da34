//! Lengths come from the real cipher and MAC, damaged tickets open nothing, and tickets are of the version they are for.

use crate::stage::{Setup, Stage, VERSIONS};

/// Name 16, IV 16, whole blocks of AES, HMAC-SHA-256 32: what OpenSSL's own would be.
#[test]
fn tickets_are_as_long_as_openssls_own() {
    for version in VERSIONS {
        for options in ["", "name=a.example", "cert=client1"] {
            let lens = [Setup::new(), Setup::bare()].map(|setup| {
                let mut stage = setup.start();
                stage.ok(&["ctx a verify=peer ca=ca1 sid=x"]);
                stage.connect("a", version, options).len
            });
            // The session's time, among others, has one length or another in DER.
            assert!(
                lens[0].abs_diff(lens[1]) <= 16 && lens[0].is_multiple_of(16),
                "{lens:?}"
            );
        }
    }
}

/// Every byte of a ticket: the name's, the IV's, the ciphertext's, the MAC's. Also tickets that are too short or too long.
#[test]
fn damaged_tickets_are_full_handshakes() {
    for version in VERSIONS {
        let mut stage = Stage::new();
        stage.ok(&["ctx a"]);
        let len = stage.connect("a", version, "save=s").len;
        let places = (0..len + 7).step_by(7).map(|place| ("flip", place));
        let cuts = [0, 1, 15, 16, 31, 32, 47, 48, 63, 64, len].map(|len| ("cut", len));
        for (how, number) in places.chain(cuts).chain([("add", 1), ("add", 16)]) {
            // Not each is as long as the first: some numbers in it are random.
            let last = stage.connect("a", version, "save=s").len - 1;
            let damage = format!("{how} {}", number.min(last));
            stage.ok(&[&format!("damage s {damage}")]);
            let there = stage.connect("a", version, "use=s");
            assert_eq!(there.how, "full", "TLS {version}: {damage}");
        }
        assert!(stage.again("a", version, "").is_resumed());
    }
}

#[test]
fn a_ticket_of_one_version_does_not_resume_in_the_other() {
    let mut stage = Stage::new();
    stage.ok(&["ctx a"]);
    for (from, to) in [(12, 13), (13, 12)] {
        stage.connect("a", from, "save=s");
        stage.ok(&[&format!("graft s {to}")]);
        let there = stage.say(&format!("connect a {to} use=s"));
        assert!(!there.starts_with("resumed"), "{from} {to}: {there}");
    }
}
