//! TLS 1.3: every resumption gets a new ticket, and a chain of them ends.

use crate::stage::{Setup, Stage, VERSIONS};

/// A client uses a TLS 1.3 ticket once. Without a new one each second handshake would be a full one.
#[test]
fn a_client_never_runs_out() {
    let mut stage = Stage::new();
    stage.ok(&["ctx a"]);
    assert_eq!(stage.connect("a", 13, "save=s").tickets, 2);
    for _ in 0..20 {
        let next = stage.connect("a", 13, "use=s save=s");
        assert!(next.is_resumed() && next.tickets == 1, "{next:?}");
    }
    // In TLS 1.2 the ticket stays good, and a new one would be for nothing.
    stage.connect("a", 12, "save=s");
    for _ in 0..5 {
        let next = stage.connect("a", 12, "use=s save=s");
        assert!(next.is_resumed() && next.tickets == 0, "{next:?}");
    }
}

/// Resumed each second until it is not.
fn seconds_of_chain(setup: Setup, version: u32) -> u32 {
    let mut stage = setup.standing().start();
    stage.ok(&["ctx a timeout=60"]);
    stage.connect("a", version, "save=s");
    for second in 0..20 {
        if !stage.connect("a", version, "use=s save=s").is_resumed() {
            return second;
        }
        stage.ok(&["pass 1"]);
    }
    20
}

#[test]
fn a_chain_ends() {
    for version in VERSIONS {
        let capped = seconds_of_chain(Setup::new().env("CARNET_CHAIN_CAP", "3"), version);
        assert_eq!(capped, 3, "{version}");
    }
}

#[test]
fn a_chain_goes_on_where_no_cap_is_wanted() {
    assert_eq!(seconds_of_chain(Setup::new().env("CARNET_CHAIN_CAP", "0"), 13), 20);
    assert_eq!(seconds_of_chain(Setup::bare(), 13), 20);
}
