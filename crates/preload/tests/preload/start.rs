//! What servers do to their process before, and while, they serve.

use std::fs::read_to_string;
use std::path::PathBuf;

use crate::place::{library, program, run};
use crate::stage::{Setup, Stage, VERSIONS, clean};

fn quick(setup: Setup) -> Setup {
    setup.env("CARNET_INTERVAL", "1").env("CARNET_LIFETIME", "12")
}

/// The first ticket, and one after a rotation, under keys that a process outside has, too.
fn shares_through_rotations(stage: &mut Stage, ring: &PathBuf) {
    let mut other = quick(Setup::new()).standing().env("CARNET_RING", ring).start();
    other.ok(&["ctx a"]);
    for version in VERSIONS {
        let before = stage.ring_key(&format!("connect a {version}"));
        stage.ok(&["pass 1"]);
        other.ok(&["pass 1"]);
        assert_ne!(stage.ring_key(&format!("connect a {version}")), before);
        let keys: Vec<String> = (0..4)
            .map(|turn| {
                if turn % 2 == 0 {
                    stage.ring_key("connect a 13")
                } else {
                    other.ring_key("connect a 13")
                }
            })
            .collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}

/// nginx's workers have lost the environment.
#[test]
fn a_cleared_environment() {
    let setup = Setup::new();
    let ring = setup.path("ring");
    let mut stage = quick(setup).standing().env("CARNET_RING", &ring).start();
    stage.ok(&["ctx a", "clearenv"]);
    shares_through_rotations(&mut stage, &ring);
}

/// HAProxy: contexts as root, then chroot, then somebody else. The ring's file is out of reach, its page is not.
#[test]
fn chroot_and_another_user() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let setup = Setup::new();
    let (ring, jail) = (setup.path("ring"), setup.path("jail"));
    std::fs::create_dir(&jail).unwrap();
    let mut stage = quick(setup).standing().env("CARNET_RING", &ring).start();
    stage.ok(&["ctx a", &format!("chroot {}", jail.display()), "setuid 65534"]);
    shares_through_rotations(&mut stage, &ring);
    assert!(stage.finish().is_empty());
}

/// A unit of systemd's with SystemCallFilter=~@memlock: who locks memory is killed.
#[test]
fn a_sandbox_without_memory_locks() {
    let sandbox = program("sandbox", &[]);
    let mut stage = Setup::new()
        .after(&format!("exec {} \"$0\"", sandbox.display()))
        .start();
    stage.ok(&["ctx a"]);
    for version in VERSIONS {
        assert_eq!(stage.connect("a", version, "save=S").how, "full");
        assert!(
            stage
                .connection(&format!("child connect a {version} use=S"))
                .is_resumed()
        );
    }
    assert!(stage.finish().is_empty());
}

/// OpenSSH's sandbox has it, for one. Who writes all the same is ended by a signal; standard error is a file here, too.
#[test]
fn a_limit_on_files_of_nothing() {
    for (name, value) in [
        ("CARNET_MODE", "nonsense"),
        ("CARNET_LOG", "log"),
        ("CARNET_RING", "ring"),
    ] {
        let setup = Setup::new();
        let path = setup.path(value);
        let value = if name == "CARNET_MODE" {
            value.into()
        } else {
            path.clone()
        };
        let setup = setup.env("CARNET_RING", "/proc/nowhere").env(name, value);
        let mut stage = setup.after("ulimit -f 0").start();
        stage.ok(&["ctx a"]);
        assert!(stage.again("a", 13, "").is_resumed(), "as without the library");
        assert!(stage.finish().is_empty(), "{name}");
        assert!(std::fs::read(&path).unwrap_or_default().is_empty(), "{name}");
    }
}

/// Daemons that close all that they have not opened themselves.
#[test]
fn closed_descriptors() {
    let setup = Setup::new();
    let ring = setup.path("ring");
    let mut stage = quick(setup).standing().env("CARNET_RING", &ring).start();
    stage.ok(&["ctx a", "closefds"]);
    shares_through_rotations(&mut stage, &ring);
}

/// A line for the operator must not get into a client's connection or a file that has the number of standard error.
#[test]
fn standard_error_that_is_something_else_now() {
    let mut stage = Stage::new();
    let file = stage.directory.path().join("database");
    stage.ok(&["ctx a verify=peer ca=ca1", &format!("take2 {}", file.display())]);
    assert_eq!(stage.connect("a", 13, "cert=client1").how, "full");
    assert_eq!(std::fs::read(&file).unwrap(), b"");
    let mut usual = Stage::new();
    usual.ok(&["ctx a verify=peer ca=ca1"]);
    usual.connect("a", 13, "cert=client1");
    assert_eq!(usual.lines().len(), 1);
}

/// Workers that get their contexts from before the fork, and workers that make their own.
#[test]
fn forked_workers_share() {
    for version in VERSIONS {
        let mut stage = quick(Setup::new()).standing().start();
        stage.ok(&["ctx a"]);
        stage.connect("a", version, "save=s");
        let worker = stage.connection(&format!("child connect a {version} use=s"));
        assert!(worker.is_resumed());
        assert_eq!(stage.say(&format!("child ctx b ; connect b {version} use=s")), "ok");
        assert!(stage.more().starts_with("resumed"), "{version}");
        // A worker rotates, and ends; the others have the key.
        stage.ok(&["pass 1"]);
        let keys: Vec<String> = (0..3)
            .map(|_| stage.ring_key(&format!("child connect a {version}")))
            .collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        assert!(stage.connect("a", version, "use=s").is_resumed());
    }
}

const LOCKED: &str = r"
import os, re, ssl
def locked():
    print(re.search('VmLck:.*?([0-9]+)', open('/proc/self/status').read())[1], flush=True)
ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
locked()
if os.fork() == 0:
    locked()
    os._exit(0)
os.wait()
";

/// A lock on memory does not pass to a child, and a server in the background is one whose parent has ended.
#[test]
fn keys_stay_out_of_swap_after_a_fork() {
    let mut python = std::process::Command::new("/usr/bin/python3");
    clean(&mut python);
    let said = run(python.args(["-c", LOCKED]).env("LD_PRELOAD", library()));
    // Where system calls are filtered, as in containers, a child asks for nothing.
    let is_filtered = !read_to_string("/proc/self/status").unwrap().contains("Seccomp:\t0");
    assert_eq!(said, if is_filtered { "4\n0\n" } else { "4\n4\n" }, "kB");
}

#[test]
fn children_that_are_not_forked() {
    let mut stage = Stage::new();
    stage.ok(&["spawn", "ctx a", "spawn"]);
    assert!(stage.again("a", 13, "").is_resumed());
    stage.ok(&["spawn"]);
    assert!(stage.finish().is_empty());
}

/// Killed in the middle of whatever they do, over and over; the rest go on. ../../keys/tests/killed.rs aims better.
#[test]
fn workers_that_are_killed() {
    let setup = Setup::new();
    let ring = setup.path("ring");
    let mut steady = quick(setup).env("CARNET_RING", &ring).start();
    steady.ok(&["ctx a"]);
    for round in 0..12 {
        let mut victim = quick(Setup::new()).env("CARNET_RING", &ring).start();
        victim.ok(&["ctx a"]);
        victim.connect("a", 13, "");
        std::thread::sleep(std::time::Duration::from_millis(round * 17));
        victim.kill();
        assert!(steady.again("a", 13, "").is_resumed());
    }
    assert!(steady.finish().is_empty());
}
