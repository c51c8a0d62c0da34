use super::*;
use crate::doctor::facts::{Border, Chain, Change, Crossing, End, Place, Resumption, Seen, Tickets, What};
use crate::doctor::finding::CODES;
use crate::doctor::keynames::KeyNames;

/// A server as it should be.
fn well() -> Seen {
    Seen {
        suite: "TLS_AES_128_GCM_SHA256".into(),
        certificate: Some("aa".into()),
        tickets: Tickets {
            sent: 2,
            lifetime: Some(7200),
            len: Some(192),
            keys: KeyNames {
                len: Some(16),
                names: vec!["11".repeat(16)],
                ..KeyNames::default()
            },
            ..Tickets::default()
        },
        resumption: Resumption {
            offered: 8,
            resumed: 8,
            renewed: 8,
            failed: 0,
            reusable: Some(true),
        },
        ..Seen::default()
    }
}

fn facts(version: &'static str, outcome: Outcome, seen: Option<Seen>) -> Facts {
    Facts {
        servers: vec![Server {
            target: "a:443".into(),
            address: "192.0.2.1:443".into(),
            name: Some("a".into()),
            versions: vec![Version { version, outcome, seen }],
        }],
        ..Facts::default()
    }
}

fn codes(facts: &Facts) -> Vec<&'static str> {
    let found = judge(facts);
    for finding in &found {
        let known = CODES.iter().find(|(code, _)| *code == finding.code).unwrap();
        assert_eq!(
            known.1.ends_with("(note)"),
            finding.level == Level::Note,
            "{}",
            finding.code
        );
        assert!(finding.text.ends_with('.') && finding.advice.ends_with('.'));
    }
    found.iter().map(|finding| finding.code).collect()
}

#[track_caller]
fn check(version: &'static str, change: fn(&mut Seen), expected: &[&str]) {
    let mut seen = well();
    change(&mut seen);
    assert_eq!(codes(&facts(version, Outcome::Ok, Some(seen))), expected);
}

#[test]
fn all_is_well() {
    check("1.3", |_| {}, &[]);
    // TLS 1.2's tickets need no renewal.
    check("1.2", |s| s.resumption.renewed = 0, &[]);
}

#[test]
fn resumption() {
    let none = Resumption::default();
    check("1.3", |s| s.resumption.resumed = 0, &["no-resumption"]);
    check(
        "1.3",
        |s| (s.resumption.resumed, s.resumption.renewed) = (5, 5),
        &["some-resumption"],
    );
    check("1.3", |s| s.resumption.failed = 1, &["some-resumption"]);
    check("1.3", |s| s.resumption.renewed = 4, &["no-renewal"]);
    check("1.3", |s| s.resumption.reusable = Some(false), &["single-use"]);
    check(
        "1.3",
        |s| (s.resumption, s.resumption.failed) = (Resumption::default(), 2),
        &["no-resumption"],
    );
    let mut seen = well();
    (seen.resumption, seen.tickets) = (none, Tickets::default());
    assert_eq!(codes(&facts("1.3", Outcome::Ok, Some(seen))), ["no-tickets"]);
}

#[test]
fn what_is_kept_by_the_server() {
    check("1.3", |s| s.tickets.len = Some(32), &["session-ids"]);
    // nginx with ssl_session_tickets off and no cache.
    let forgotten = |s: &mut Seen| (s.tickets.len, s.resumption.resumed) = (Some(32), 0);
    check("1.3", forgotten, &["no-tickets"]);
    let broken = |s: &mut Seen| {
        s.tickets.len = Some(32);
        (s.resumption, s.resumption.failed) = (Resumption::default(), 2);
    };
    check("1.3", broken, &["no-resumption"]);
    check(
        "1.2",
        |s| (s.tickets.sent, s.tickets.session_id_only) = (0, true),
        &["session-ids"],
    );
    check(
        "1.2",
        |s| (s.tickets.sent, s.tickets.session_id_only, s.resumption.resumed) = (0, true, 0),
        &["no-tickets"],
    );
}

#[test]
fn tickets() {
    check("1.3", |s| s.tickets.lifetime = Some(604_800), &[]);
    check("1.3", |s| s.tickets.lifetime = Some(604_801), &["lifetime-too-long"]);
    check("1.3", |s| s.tickets.lifetime = Some(0), &["lifetime-zero"]);
    check("1.2", |s| s.tickets.lifetime = Some(0), &[]);
    check("1.3", |s| s.tickets.max_early_data = 16_384, &["early-data"]);
    check("1.3", |s| s.tickets.keys.zero = true, &["zero-key-name"]);
    let zeros = |s: &mut Seen| (s.tickets.keys.zero, s.tickets.keys.zero_key) = (true, true);
    check("1.3", zeros, &["zero-key"]);
    let memory = |s: &mut Seen| {
        s.tickets.keys.memory = true;
        // What is on the stack changes.
        s.tickets.keys.names.push("22".repeat(16));
    };
    check("1.3", memory, &["memory-in-key-name"]);
    check("1.3", |s| s.tickets.keys.names.push("22".repeat(16)), &["many-keys"]);
    check("1.2", |s| s.extended_master_secret = Some(true), &[]);
    check(
        "1.2",
        |s| s.extended_master_secret = Some(false),
        &["no-extended-master-secret"],
    );
}

#[test]
fn who_does_not_answer() {
    let outcome = |outcome| codes(&facts("1.2", outcome, None));
    assert_eq!(outcome(Outcome::NotSpoken), ["version-missing"]);
    assert_eq!(outcome(Outcome::NoRoute), ["no-route"]);
    assert_eq!(outcome(Outcome::Unreachable("x".into())), ["unreachable"]);
    assert_eq!(outcome(Outcome::Failed("x".into())), ["handshake-failed"]);
    let mut both = facts("1.3", Outcome::Unreachable("x".into()), None);
    let again = both.servers[0].versions[0].clone();
    both.servers[0].versions.push(again);
    assert_eq!(codes(&both), ["unreachable"], "said once");
    assert!(!met_anybody(&both));
    assert!(met_anybody(&facts("1.3", Outcome::Ok, Some(well()))));
}

fn crossing(border: Border, resumed: bool, change: fn(&mut Place)) -> Vec<&'static str> {
    let place = |name: &str| Place {
        target: "a:443".into(),
        address: "192.0.2.1:443".into(),
        name: Some(name.into()),
        certificate: Some("aa".into()),
        asks_certificate: false,
    };
    let mut to = place("b");
    change(&mut to);
    codes(&Facts {
        crossings: vec![Crossing {
            border,
            version: "1.3",
            from: place("a"),
            to,
            resumed,
        }],
        ..Facts::default()
    })
}

#[test]
fn crossings() {
    assert_eq!(crossing(Border::Address, true, |_| {}), [""; 0]);
    assert_eq!(crossing(Border::Address, false, |_| {}), ["addresses-do-not-share"]);
    for border in [Border::Name, Border::Target] {
        // Two names of one server.
        assert_eq!(crossing(border, true, |_| {}), [""; 0]);
        assert_eq!(crossing(border, false, |to| to.asks_certificate = true), [""; 0]);
        assert_eq!(
            crossing(border, true, |to| to.asks_certificate = true),
            ["crosses-client-auth"]
        );
        let other = |to: &mut Place| to.certificate = Some("bb".into());
        assert_eq!(crossing(border, true, other), ["crosses-certificates"]);
        assert_eq!(crossing(border, false, other), [""; 0]);
    }
}

#[test]
fn what_changed_while_watching() {
    let change = |what| Change {
        at: 5,
        address: "192.0.2.1:443".into(),
        version: "1.3",
        what,
    };
    let facts = Facts {
        watch: vec![
            change(What::Refused { age: 4, lifetime: 7200 }),
            change(key_name()),
            change(What::Lost { why: "x".into() }),
            change(What::Back),
        ],
        ..Facts::default()
    };
    assert_eq!(codes(&facts), ["lifetime-not-honoured", "key-changed", "lost"]);
}

fn key_name() -> What {
    What::KeyName {
        from: "11".into(),
        to: "22".into(),
        seen: 3,
    }
}

/// A reload that makes new keys is one event.
#[test]
fn what_lost_keys_explain_is_not_said_again() {
    let change = |at, version, what| Change {
        at,
        address: "192.0.2.1:443".into(),
        version,
        what,
    };
    let refused = || What::Refused { age: 4, lifetime: 7200 };
    let mut facts = Facts {
        watch: vec![
            change(5, "1.3", key_name()),
            change(5, "1.3", What::Broke { after: 4 }),
            change(5, "1.3", refused()),
        ],
        ..Facts::default()
    };
    assert_eq!(codes(&facts), ["chain-broke"]);
    assert!(judge(&facts)[0].text.contains("another key seals since then"));
    facts
        .watch
        .extend([change(5, "1.2", key_name()), change(9, "1.3", refused())]);
    assert_eq!(codes(&facts), ["chain-broke", "key-changed", "lifetime-not-honoured"]);
    facts.watch.remove(0);
    assert!(!judge(&facts)[0].text.contains("another key"));
}

/// A chain cap, and a TLS 1.2 session whose time is over.
#[test]
fn chains_may_end() {
    let change = |at, what| Change {
        at,
        address: "192.0.2.1:443".into(),
        version: "1.2",
        what,
    };
    let mut facts = Facts {
        watch: vec![change(
            5,
            What::Ended {
                after: 5,
                by: End::Lifetime,
            },
        )],
        ..Facts::default()
    };
    assert_eq!(codes(&facts), [""; 0]);
    let refused = What::Refused { age: 4, lifetime: 7200 };
    facts.watch.extend([
        change(
            9,
            What::Ended {
                after: 4,
                by: End::Server,
            },
        ),
        change(9, refused),
    ]);
    assert_eq!(codes(&facts), ["chain-ended"]);
}

#[test]
fn chains_must_end() {
    let chain = |longest| Chain {
        address: "192.0.2.1:443".into(),
        version: "1.3",
        resumptions: 9,
        longest,
    };
    let facts = |longest| Facts {
        chains: vec![chain(longest)],
        ..Facts::default()
    };
    assert_eq!(codes(&facts(7 * 86_400 + 60)), [""; 0]);
    assert_eq!(codes(&facts(9 * 86_400)), ["chain-too-long"]);
}

#[test]
fn what_happens_again_is_said_once() {
    let change = |at, version, what| Change {
        at,
        address: "192.0.2.1:443".into(),
        version,
        what,
    };
    let key = |seen| What::KeyName {
        from: "11".into(),
        to: "22".into(),
        seen,
    };
    let facts = Facts {
        watch: vec![
            change(3, "1.3", key(3)),
            change(4, "1.2", key(4)),
            change(63, "1.3", key(60)),
            change(124, "1.3", key(61)),
        ],
        ..Facts::default()
    };
    assert_eq!(codes(&facts), ["key-changed", "key-changed"]);
    let found = judge(&facts);
    assert_eq!(
        [found[0].text.as_str(), found[1].text.as_str()],
        [
            "Another key seals tickets than before, each for 60 to 61 s (3 times, first 3 s after the watch began).",
            "Another key seals tickets than before (4 s after the watch began).",
        ]
    );
}

#[test]
fn what_is_allowed_is_no_problem() {
    let problem = Finding::problem("no-tickets", "p", "Text.", "Advice.");
    let note = Finding::note("early-data", "p", "Text.", "Advice.");
    assert!(!has_problem(std::slice::from_ref(&note), &[]));
    let both = [problem, note];
    assert!(has_problem(&both, &[]) && has_problem(&both, &["early-data".to_owned()]));
    assert!(!has_problem(&both, &["no-tickets".to_owned()]));
}
