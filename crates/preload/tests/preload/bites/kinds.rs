//! OpenSSL has two kinds of key callbacks, and one of them is deprecated.

use std::process::Command;

use crate::place::{library, pki, program, tls_program};
use crate::stage::{Setup, VERSIONS, clean, outcome};

/// As long as OpenSSL knows both, this library's is of the kind that costs less; without that one it does as well.
#[test]
fn an_openssl_without_what_is_deprecated() {
    let without = program("libnodeprecated", &[]);
    for version in VERSIONS {
        let both = std::env::join_paths([library(), without.clone()]).unwrap();
        let mut stage = Setup::new().env("LD_PRELOAD", both).start();
        stage.ok(&["ctx a", "ctx b"]);
        let ring_key = stage.ring_key(&format!("connect b {version}"));
        let there = stage.again("a", version, "");
        assert_eq!((there.is_resumed(), &there.key[..16]), (true, &*ring_key), "{version}");
        stage.ok(&["callback a evp good"]);
        let there = stage.again("a", version, "");
        assert_eq!((there.is_resumed(), there.key), (true, "45".repeat(16)), "{version}");
        stage.ok(&["callback a evp null"]);
        let there = stage.again("a", version, "");
        assert_eq!((there.is_resumed(), &there.key[..16]), (true, &*ring_key), "{version}");
    }
}

/// OpenSSL looks twice at which callback a context has: to make a MAC's context for it, and to call it. Who sets a
/// callback of the other kind in between finds no MAC, and then there is no ticket.
#[test]
fn a_callback_that_comes_between() {
    let swap = tls_program("swap");
    for version in VERSIONS {
        let mut command = Command::new(&swap);
        clean(&mut command);
        command.env("LD_PRELOAD", library()).env("PKI", pki());
        let (status, out, error) = outcome(command.arg(version.to_string()));
        assert!(status.success(), "{error}");
        assert_eq!(
            out, "full full full 2 2 full full 2 2 resumed 0 without a MAC\n",
            "TLS {version}"
        );
    }
}
