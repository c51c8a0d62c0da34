//! Each setting, and each mistake in one: a line, and the program runs as if the library were not there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use crate::stage::{Setup, Stage};

/// One line that has `word` in it, and OpenSSL's own keys.
fn refused(setup: Setup, word: &str) {
    let mut stage = setup.start();
    stage.ok(&["ctx a"]);
    assert!(stage.has_openssls_keys("a"), "{word}: {:?}", stage.lines());
    stage.ok(&["ctx b"]);
    let lines = stage.finish();
    assert!(
        lines.len() == 1 && lines[0].contains(word) && lines[0].ends_with("going on without"),
        "{word}: {lines:?}"
    );
}

/// The library's keys, and nothing to say.
fn accepted(mut stage: Stage) -> Stage {
    stage.ok(&["ctx a"]);
    let there = stage.again("a", 13, "");
    assert!(there.is_resumed());
    let lines = stage.lines();
    assert!(lines.is_empty(), "{lines:?}");
    stage
}

#[test]
fn mistakes_in_the_environment() {
    for (name, value, word) in [
        (
            "CARNET_MODE",
            "on",
            "CARNET_MODE=on is none of respect, override and off",
        ),
        ("CARNET_INTERVAL", "1h", "CARNET_INTERVAL=1h is not a number of seconds"),
        ("CARNET_INTERVAL", "-1", "not a number"),
        ("CARNET_INTERVAL", "0", "an interval of 0 s"),
        ("CARNET_INTERVAL", "5", "make it at least 554 s"),
        ("CARNET_LIFETIME", "99999999", "too short"),
        ("CARNET_LIFETIME", "two hours", "CARNET_LIFETIME=two hours"),
        ("CARNET_CHAIN_CAP", "99999999999", "too long"),
        ("CARNET_CHAIN_CAP", "1.5", "CARNET_CHAIN_CAP=1.5"),
        (
            "CARNET_CONFIG",
            "/nowhere/carnet.toml",
            "/nowhere/carnet.toml: there is no such file",
        ),
        ("CARNET_CONFIG", "/", "/: Is a directory"),
        ("CARNET_RING", "/nowhere/ring", "/nowhere/ring: No such file"),
        ("CARNET_RING", "/", "directory"),
        ("CARNET_RING", "/dev/null", "not a regular file"),
        ("CARNET_ROOT", "/nowhere/root", "/nowhere/root: No such file"),
    ] {
        refused(Setup::new().env(name, value), word);
    }
}

#[test]
fn mistakes_in_the_file() {
    for (text, word) in [
        ("mode = \"never\"\n", "line 1"),
        ("mode = \"respect\"\nintervall = 5\n", "line 2"),
        ("interval = \"1h\"\n", "line 1"),
        ("ring = \"/a\nb\"\n", ", line "),
        ("interval = 0\n", "an interval of 0 s"),
        ("root = \"/r\"\ninterval = 60\n", "the root secret's file says interval"),
    ] {
        let setup = Setup::new();
        let path = setup.path("carnet.toml");
        fs::write(&path, text).unwrap();
        refused(setup.env("CARNET_CONFIG", path), word);
    }
}

fn with_ring(prepare: impl FnOnce(&Path)) -> Setup {
    let setup = Setup::new();
    let path = setup.path("ring");
    prepare(&path);
    setup.env("CARNET_RING", path)
}

/// A ring as the library makes it.
fn make_ring(path: &Path) {
    accepted(Setup::new().env("CARNET_RING", path).start()).finish();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

fn patched(path: &Path, place: usize, byte: u8) {
    make_ring(path);
    let mut bytes = fs::read(path).unwrap();
    bytes[place] = byte;
    fs::write(path, bytes).unwrap();
}

#[test]
fn rings_that_are_none() {
    let mode = |mode| {
        move |path: &Path| {
            (
                make_ring(path),
                fs::set_permissions(path, Permissions::from_mode(mode)).unwrap(),
            )
                .1
        }
    };
    refused(with_ring(mode(0o644)), "open to others (mode 644)");
    refused(with_ring(mode(0o660)), "chmod 600");
    refused(with_ring(|path| patched(path, 8, 2)), "a ring in format 2");
    refused(with_ring(|path| patched(path, 0, 0)), "not a ring of ticket keys");
    let private = |bytes: &'static [u8]| {
        move |path: &Path| {
            (
                fs::write(path, bytes).unwrap(),
                fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap(),
            )
                .1
        }
    };
    refused(with_ring(private(b"short")), "it has 5 bytes, not 4096");
    refused(with_ring(private(&[0; 4096])), "not a ring of ticket keys");
    refused(
        with_ring(|path| std::os::unix::fs::symlink("/etc/passwd", path).unwrap()),
        "symbolic links",
    );
    let fifo = |path: &Path| {
        assert!(
            std::process::Command::new("mkfifo")
                .arg(path)
                .status()
                .unwrap()
                .success()
        )
    };
    refused(with_ring(fifo), "");
    if rustix::process::geteuid().is_root() {
        refused(
            with_ring(|path| (make_ring(path), chown(path, Some(12345), None).unwrap()).1),
            "belongs to user 12345",
        );
    }
}

/// A disk without room for a page must be an error when the ring is made, not a SIGBUS when it is used.
#[test]
fn no_room_for_the_ring() {
    let setup = with_ring(|_| ()).after("trap '' XFSZ; ulimit -f 1");
    let path = setup.path("ring");
    refused(setup, "File too large");
    assert!(!path.exists());
}

#[test]
fn roots() {
    let setup = Setup::new();
    let path = setup.path("root");
    let text = "secret = \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"\ninterval = 3600\nlifetime = 7200\nsince = 1700000000\n";
    carnet_keys::write_private(&path, text.as_bytes()).unwrap();
    accepted(setup.env("CARNET_ROOT", &path).start()).finish();
    for (from, to, word) in [
        ("AQEB", "", "not a root secret"),
        ("3600", "5", "at least 60 s"),
        ("lifetime", "lifetyme", "line 3"),
    ] {
        let setup = Setup::new();
        let path = setup.path("root");
        carnet_keys::write_private(&path, text.replacen(from, to, 1).as_bytes()).unwrap();
        refused(setup.env("CARNET_ROOT", path), word);
    }
    let setup = Setup::new();
    let path = setup.path("root");
    fs::write(&path, text).unwrap();
    refused(setup.env("CARNET_ROOT", path), "open to others");
}

#[test]
fn all_settings_in_a_file_and_the_environment_wins() {
    let setup = Setup::new();
    let (config, ring, log) = (setup.path("carnet.toml"), setup.path("ring"), setup.path("log"));
    let text = format!(
        "mode = \"override\"\nring = \"{}\"\ninterval = 1\nlifetime = 9\nchain_cap = 2\nlog = \"{}\"\n",
        ring.display(),
        log.display()
    );
    fs::write(&config, text).unwrap();
    let mut stage = accepted(setup.env("CARNET_CONFIG", &config).standing().start());
    assert!(ring.exists());
    let before = stage.ring_key("connect a 13");
    stage.ok(&["keys a set k", "pass 1"]);
    let after = stage.ring_key("connect a 13 save=s");
    assert!(before != after && after != "6b".repeat(8), "overridden, and rotated");
    stage.ok(&["pass 2"]);
    assert_eq!(stage.connect("a", 13, "use=s").how, "full", "the cap");
    assert!(stage.lines().is_empty());
    assert!(
        fs::read_to_string(&log)
            .unwrap()
            .ends_with("has fixed ticket keys: overridden (CARNET_MODE=override)\n")
    );
    let mut stage = Setup::new()
        .env("CARNET_CONFIG", &config)
        .env("CARNET_MODE", "respect")
        .start();
    stage.ok(&["ctx a", "keys a set k"]);
    assert_eq!(stage.ring_key("connect a 13"), "6b".repeat(8));
}

#[test]
fn the_log_may_be_off_or_anywhere() {
    for log in ["off", "/nowhere/log", "/dev/full", "/"] {
        let mut stage = Setup::new().env("CARNET_LOG", log).env("CARNET_MODE", "wrong").start();
        stage.ok(&["ctx a"]);
        assert!(stage.has_openssls_keys("a"));
        assert_eq!(stage.finish(), [""; 0], "{log}");
    }
}

/// A log in a directory of others: not through their links, nor into a pipe that nobody reads; and a standard error that
/// nobody reads any more does not end the program.
#[test]
fn the_log_goes_where_it_belongs_or_nowhere() {
    let setup = Setup::new().env("CARNET_MODE", "wrong");
    let (target, link, pipe) = (setup.path("target"), setup.path("link"), setup.path("pipe"));
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let mut stage = setup.env("CARNET_LOG", &link).start();
    stage.ok(&["ctx a"]);
    assert_eq!(fs::read(&target).unwrap(), b"");
    let mut other = Setup::new()
        .env("CARNET_MODE", "wrong")
        .env("CARNET_LOG", &pipe)
        .start();
    other.ok(&["ctx a"]);
    let log = stage.directory.path().join("log");
    let mut other = Setup::new().env("CARNET_MODE", "wrong").env("CARNET_LOG", &log).start();
    other.ok(&["ctx a"]);
    assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o137, 0);
    assert!(fs::read_to_string(&log).unwrap().contains("CARNET_MODE=wrong"));
    // "2>&3" to a pipe whose reader has gone.
    let broken = Setup::new()
        .env("CARNET_MODE", "wrong")
        .after("p=$(mktemp -u); mkfifo $p; sleep 0.2 < $p & exec 2> $p; rm $p; wait");
    let mut stage = broken.start();
    stage.ok(&["ctx a"]);
}

#[test]
fn off_is_off() {
    let setup = Setup::new();
    let ring = setup.path("ring");
    let mut stage = setup.env("CARNET_MODE", "off").env("CARNET_RING", &ring).start();
    stage.ok(&["ctx a", "callback a hmac good"]);
    assert_eq!(stage.ring_key("connect a 12"), "48".repeat(8));
    stage.ok(&["callback a hmac null"]);
    assert!(stage.has_openssls_keys("a"));
    assert!(stage.finish().is_empty() && !ring.exists());
}
