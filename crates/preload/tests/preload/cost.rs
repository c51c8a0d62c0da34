//! In the steady state: no allocation and no system call of ours. How long it takes is measured by `make bench`.

use std::process::Command;

use crate::place::{library, pki, tls_program};
use crate::stage::{VERSIONS, clean, outcome};

fn cost(preloaded: bool, arguments: &[&str]) -> Command {
    let mut command = Command::new(tls_program("cost"));
    clean(&mut command);
    if preloaded {
        command.env("LD_PRELOAD", library());
    }
    command.env("PKI", pki()).args(arguments);
    command
}

#[test]
fn it_allocates_nothing() {
    for version in VERSIONS {
        let (status, out, error) = outcome(&mut cost(true, &["quiet", &version.to_string(), "200"]));
        assert!(status.success() && error.is_empty(), "{error}");
        assert_eq!(out, "0 loaded\n", "TLS {version}");
    }
}

/// System calls of so many resumed handshakes.
fn calls(preloaded: bool, version: u32, number: u32) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let program = cost(preloaded, &["quiet", &version.to_string(), &number.to_string()]);
    let mut strace = Command::new("strace");
    strace.arg("-f").arg("-o").arg(&trace);
    for (name, value) in program.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        strace
            .arg("-E")
            .arg(format!("{}={}", name.to_str().unwrap(), value.to_str().unwrap()));
    }
    let (status, _, error) = outcome(strace.arg(program.get_program()).args(program.get_args()));
    assert!(status.success(), "{error}");
    // How the heap grows is a matter of who allocates what before.
    let text = std::fs::read_to_string(&trace).unwrap();
    text.lines()
        .filter(|line| !line.contains("brk(") && !line.contains("mmap("))
        .count()
}

/// OpenSSL makes some of its own, each handshake as many.
#[test]
fn it_makes_no_system_call() {
    for version in VERSIONS {
        let more = [true, false].map(|preloaded| calls(preloaded, version, 150) - calls(preloaded, version, 50));
        assert!(
            more[0] <= more[1],
            "TLS {version}: {} in a hundred handshakes, {} without",
            more[0],
            more[1]
        );
    }
}
