//! In programs that have nothing to do with it, that get libssl late, more than one, or another; under threads and valgrind.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::place::{library, pki, program, temporary, tls_program};
use crate::stage::{Setup, clean, outcome};

fn command(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    clean(&mut command);
    command.env("PKI", pki());
    command
}

fn preloaded(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = command(name);
    command.env("LD_PRELOAD", library());
    command
}

/// Settings that would be complained about if anybody cared, and a ring that would be made.
#[test]
fn programs_without_tls_hear_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ring = directory.path().join("ring");
    for arguments in [
        &["true"][..],
        &["sh", "-c", "true; (true); echo | cat > /dev/null"],
        &[
            "/usr/bin/python3",
            "-c",
            "import os; os.fork() or os._exit(0); os.wait()",
        ],
    ] {
        for mode in ["respect", "nonsense"] {
            let mut command = preloaded(arguments[0]);
            command
                .args(&arguments[1..])
                .env("CARNET_RING", &ring)
                .env("CARNET_MODE", mode);
            let (status, out, error) = outcome(&mut command);
            assert!(
                status.success() && out.is_empty() && error.is_empty(),
                "{arguments:?}: {out}{error}"
            );
            assert!(!ring.exists());
        }
    }
}

/// How often each system call was made, without those with which the linker loads a library.
fn calls(command: &mut Command) -> BTreeMap<String, u32> {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let mut strace = Command::new("strace");
    for (name, value) in command.get_envs() {
        // Into the traced program, not into strace.
        match value {
            Some(value) => strace
                .arg("-E")
                .arg(format!("{}={}", name.to_str().unwrap(), value.to_str().unwrap())),
            None => strace.env_remove(name),
        };
    }
    strace
        .arg("-o")
        .arg(&trace)
        .arg(command.get_program())
        .args(command.get_args());
    let (status, _, error) = outcome(&mut strace);
    assert!(status.success(), "{error}");
    let mut counts = BTreeMap::new();
    for line in std::fs::read_to_string(&trace).unwrap().lines() {
        assert!(!line.contains("carnet.toml") && !line.contains("libssl"), "{line}");
        // Signals and exits are not calls.
        let Some((name, _)) = line.split_once('(').filter(|_| !line.starts_with(['-', '+'])) else {
            continue;
        };
        let name = name.to_owned();
        *counts.entry(name).or_insert(0) += 1;
    }
    for loading in [
        "openat",
        "read",
        "pread64",
        "fstat",
        "newfstatat",
        "mmap",
        "mprotect",
        "munmap",
        "close",
        "access",
    ] {
        counts.remove(loading);
    }
    counts
}

#[test]
fn programs_without_tls_make_no_system_call_for_it() {
    for arguments in [&["true"][..], &["sh", "-c", "(true); exec true"]] {
        let with = calls(preloaded(arguments[0]).args(&arguments[1..]));
        let without = calls(command(arguments[0]).args(&arguments[1..]));
        let more: Vec<_> = with
            .iter()
            .filter(|(name, count)| without.get(*name) != Some(count))
            .collect();
        // The heap's first page; and how often a shell waits is a matter of luck.
        let of_loading = |name: &str| matches!(name, "brk" | "futex" | "getrandom" | "wait4" | "rt_sigreturn");
        assert!(
            more.iter().all(|(name, _)| of_loading(name)),
            "{more:?} where without there are {without:?}"
        );
    }
}

fn plugin() -> PathBuf {
    program("libplugin", &["-lssl", "-lcrypto"])
}

#[test]
fn a_program_that_gets_libssl_late() {
    let host = program("host", &["-ldl"]);
    let (status, out, error) = outcome(preloaded(&host).arg(plugin()));
    assert!(status.success(), "{out}{error}");
    assert_eq!(out, "4 shared\n".repeat(4));
    assert!(
        error.lines().all(|line| line.contains("takes the ticket keys")),
        "{error}"
    );
    let (_, out, _) = outcome(command(&host).arg(plugin()));
    assert_eq!(out, "4 own\n".repeat(4));
}

/// Some Python packages bring a libssl of their own name. Its contexts are none of ours; above all it must get its own
/// functions, and not those of the system's libssl.
#[test]
fn two_openssls_in_one_process() {
    let system = crate::place::run(
        Command::new("sh").args(["-c", "ldconfig -p | sed -n 's/.*libssl.so.3 .*=> //p' | head -n 1"]),
    );
    let mut bytes = std::fs::read(system.trim()).unwrap();
    let (from, to) = (b"libssl.so.3\0", b"libbnd.so.3\0");
    for place in 0..bytes.len() - from.len() {
        if bytes[place..].starts_with(from) {
            bytes[place..place + to.len()].copy_from_slice(to);
        }
    }
    let bundled = temporary().join("libbnd.so.3");
    std::fs::write(&bundled, bytes).unwrap();
    let directory = format!("-Wl,-rpath,{}", temporary().display());
    let with_bundled = program("libbundled", &[bundled.to_str().unwrap(), "-lcrypto", &directory]);
    let host = program("host", &["-ldl"]);
    for (plugins, expected) in [
        ([&plugin(), &with_bundled], ["4 shared\n", "4 own\n"]),
        ([&with_bundled, &plugin()], ["4 own\n", "4 shared\n"]),
    ] {
        let (status, out, error) = outcome(preloaded(&host).args(plugins));
        assert!(status.success(), "{out}{error}");
        assert_eq!(out, expected.concat().repeat(3) + expected[0]);
    }
}

/// A connection of QUIC's is no TLS connection to OpenSSL, and yet has tickets.
#[test]
fn servers_of_quic() {
    let quic = tls_program("quic");
    let servers = ["server", "server", "server", "other", "other"];
    let (status, out, error) = outcome(preloaded(&quic).args(servers));
    assert!(status.success() && error.is_empty(), "{out}{error}");
    let (_, without, _) = outcome(command(&quic).args(servers));
    if out == "none\n" {
        assert_eq!(without, out);
        eprintln!("not tested: OpenSSL has servers of QUIC since 3.5");
        return;
    }
    assert_eq!(out.replace("resumed 1\n", "r").replace("full 2\n", "f"), "frrrfrr");
    assert_eq!(without.replace("resumed 1\n", "r").replace("full 2\n", "f"), "ffrffrf");
}

/// Where the default library context has no algorithms.
#[test]
fn library_contexts_of_the_programs_own() {
    let library_program = tls_program("own_library");
    let (_, with, said) = outcome(&mut preloaded(&library_program));
    assert_eq!(
        (with.as_str(), said.as_str()),
        ("full resumed full \nfull resumed full \n", "")
    );
    let (_, without, _) = outcome(&mut command(&library_program));
    assert_eq!(with, without);
}

/// It works for a while on what it has put aside, and then stays out of the way.
#[test]
fn no_memory() {
    let both = format!("{}:{}", library().display(), program("libnomemory", &[]).display());
    let mut stage = Setup::new().standing().env("LD_PRELOAD", both).start();
    stage.ok(&["ctx a"]);
    for _ in 0..5 {
        assert!(stage.again("a", 12, "").is_resumed());
        assert!(stage.again("a", 13, "").is_resumed());
        stage.ok(&["pass 3600"]);
    }
    for round in 0..300 {
        stage.ok(&["ctx b"]);
        assert_eq!(stage.connect("b", 13, "").how, "full", "{round}");
    }
    assert_eq!(stage.connect("a", 13, "").how, "full");
    assert!(stage.finish().is_empty());
}

#[test]
fn an_older_openssl_is_passed_by() {
    let old = program("libold", &[]);
    let directory = format!("-Wl,-rpath,{}", temporary().display());
    let user = program("old", &[old.to_str().unwrap(), &directory]);
    let (status, out, error) = outcome(&mut preloaded(user));
    assert!(status.success() && error.is_empty(), "{error}");
    assert_eq!(out, "1 59080 33001\n");
}

#[test]
fn many_threads() {
    let threads = tls_program("threads");
    let mut command = preloaded(threads);
    let (status, out, error) = outcome(
        command
            .args(["16", "12"])
            .env("CARNET_INTERVAL", "1")
            .env("CARNET_LIFETIME", "12"),
    );
    assert!(status.success() && error.is_empty(), "{out}{error}");
    // A ticket lives for twelve seconds, so all of them resume.
    assert_eq!(out, format!("0 failures, {} resumptions\n", 16 * 12 * 4));
}

/// OpenSSL's asynchronous jobs: coroutines of 32 KiB on the heap, which lies in what the first thread may take for its stack
/// where that has no limit.
#[test]
fn coroutines() {
    for limit in ["$(ulimit -H -s)", "8192", "256"] {
        let mut shell = preloaded("sh");
        shell
            .args(["-c", &format!("ulimit -S -s {limit}; exec \"$0\"")])
            .arg(program("jobs", &["-lssl", "-lcrypto"]));
        let (status, out, error) = outcome(&mut shell);
        assert!(status.success() && error.is_empty(), "{limit}: {status} {error}");
        assert_eq!(out, "0 1\n0 1\n", "{limit}");
    }
}

/// One thread looks for OpenSSL, for which the linker is needed; another, in the constructor of a library that is being loaded,
/// has the linker, and comes to use OpenSSL.
#[test]
fn constructors_that_use_openssl() {
    let slow = program("libslow", &[]);
    let constructed = program("libconstructed", &["-lssl", "-lcrypto"]);
    let meet = program("meet", &["-rdynamic"]);
    // While it looks for OpenSSL's functions, and while it makes the ring.
    for when in ["300", "900"] {
        let both = format!("{}:{}", library().display(), slow.display());
        let mut command = command(&meet);
        command.env("LD_PRELOAD", both).arg(&constructed).arg(when);
        let (status, out, error) = outcome(&mut command);
        assert!(status.success() && error.is_empty(), "{when}: {status} {error}");
        assert_eq!(out, "both have contexts\n");
    }
}

/// Its end is put off while this library works, and comes where it would come without it, if the application is at work.
#[test]
fn threads_that_are_cancelled() {
    let cancel = tls_program("cancel");
    for (what, expected) in [("", "1 cancelled\n"), ("callback", "0 cancelled\n")] {
        let (status, out, error) = outcome(preloaded(&cancel).arg(what).env("CARNET_LOG", "off"));
        assert!(status.success() && error.is_empty(), "{what}: {status} {error}");
        assert_eq!(out, expected, "{what}");
        assert_eq!(outcome(command(&cancel).arg(what)).1, expected, "{what}");
    }
}

#[test]
fn children_of_a_process_whose_threads_talk() {
    let (status, out, error) = outcome(&mut preloaded(program("forks", &["-lssl", "-lcrypto"])));
    assert!(status.success() && out == "0\n", "{status} {out}");
    assert!(error.contains("has fixed ticket keys"));
}

#[test]
fn valgrind_finds_nothing() {
    let threads = tls_program("threads");
    let mut valgrind = command("valgrind");
    valgrind.args([
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--show-leak-kinds=definite,indirect",
    ]);
    valgrind.args(["--errors-for-leak-kinds=definite,indirect", "--num-callers=30"]);
    valgrind.env("LD_PRELOAD", library()).arg(threads).args(["3", "2"]);
    let (status, out, error) = outcome(&mut valgrind);
    assert!(status.success() && out.starts_with("0 failures"), "{out}{error}");
}
