//! Server names: who asks for another one gets another key, although OpenSSL asks for the key before the application has
//! seen the name.

use crate::stage::{Stage, VERSIONS};

/// How an application may move a connection to another context.
const SWITCHES: [&str; 2] = ["by_name", "by_hello"];

fn virtual_hosts(switch: &str) -> Stage {
    let mut stage = Stage::new();
    stage.ok(&[
        "ctx first sid=x",
        "ctx a cert=server sid=x",
        "ctx b cert=server verify=require ca=ca1 sid=x",
        &format!("{switch} first a.example a"),
        &format!("{switch} first b.example b"),
    ]);
    stage
}

#[test]
fn a_ticket_for_one_name_does_not_resume_under_another() {
    for switch in SWITCHES {
        for version in VERSIONS {
            let mut stage = virtual_hosts(switch);
            let names = ["name=a.example", "name=b.example cert=client1", "name=c.example", ""];
            for from in names {
                for to in names {
                    stage.connect("first", version, &format!("{from} save=s"));
                    let there = stage.connect("first", version, &format!("{to} use=s"));
                    assert_eq!(there.is_resumed(), from == to, "{switch} {version} {from:?} {to:?}");
                    assert_eq!(there.peer, to.contains("client1"));
                }
            }
        }
    }
}

/// In a TLS 1.2 resumption OpenSSL forgets a name that no callback has accepted, and the renewed ticket must be for it
/// nevertheless.
#[test]
fn a_renewed_ticket_is_for_the_same_name() {
    for version in VERSIONS {
        for options in ["", "verify=peer ca=ca1 sid=x"] {
            let mut stage = crate::stage::Setup::new()
                .env("CARNET_INTERVAL", "1")
                .env("CARNET_LIFETIME", "10")
                .standing()
                .start();
            stage.ok(&[&format!("ctx a {options}")]);
            let first = stage.connect("a", version, "name=a.example save=s");
            let key = |connection: &crate::stage::Connection| connection.key[..16].to_owned();
            let mut last = key(&first);
            for _ in 0..2 {
                stage.ok(&["pass 1"]);
                let next = stage.connect("a", version, "name=a.example use=s save=s");
                assert!(next.is_resumed() && next.tickets > 0, "{version} {next:?}");
                assert_ne!(key(&next), last, "under the key of now");
                last = key(&next);
            }
            assert_eq!(stage.connect("a", version, "name=b.example use=s").how, "full");
        }
    }
}

/// OpenSSL takes the keys of the context that the connection has started with, and so does the library: a context that is
/// only ever switched to may have any.
#[test]
fn the_first_context_counts() {
    for switch in SWITCHES {
        for version in VERSIONS {
            let mut stage = virtual_hosts(switch);
            stage.ok(&["keys a set k"]);
            let there = stage.again("first", version, "name=a.example");
            assert!(there.is_resumed());
            assert_ne!(there.key, "6b".repeat(16), "{switch} {version}");
            stage.ok(&["free a", "ctx new sid=x", &format!("{switch} first a.example new")]);
            assert!(stage.connect("first", version, "name=c.example").how == "full");
        }
    }
}
