//! `carnet keys` on files.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::place::{FAILED, MISUSED, Place, now};
use crate::process::is_root;

/// The user without rights.
const NOBODY: u32 = 65_534;

/// Names and states.
pub fn listed(place: &Place, ring: &str) -> Vec<(String, String)> {
    let list = place.json(&["keys", "list", "--json", ring]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = list["keys"].as_array().unwrap().iter();
    keys.map(|key| (text(&key["name"]), text(&key["state"]))).collect()
}

pub fn sealing(place: &Place, ring: &str) -> String {
    let found = listed(place, ring).into_iter().find(|(_, state)| state == "sealing");
    found.unwrap().0
}

/// Different ones each time.
fn key(len: usize, seed: u8) -> Vec<u8> {
    (0..len)
        .map(|index| (index as u8).wrapping_mul(7).wrapping_add(seed) | 1)
        .collect()
}

fn name(key: &[u8]) -> String {
    key[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_ring_is_made_listed_rotated_and_revoked() {
    let place = Place::new();
    place.done(&["keys", "init", "ring", "--interval", "90m", "--lifetime", "12h"]);
    let mode = fs::metadata(place.path("ring")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let list = place.json(&["keys", "list", "ring", "--json"]);
    assert_eq!((&list["interval"], &list["lifetime"]), (&5400.into(), &43_200.into()));
    assert_eq!(list["rooted"], false);
    let [sealing, ahead] = [&list["keys"][0], &list["keys"][1]];
    assert_eq!(
        (&sealing["state"], &ahead["state"]),
        (&"sealing".into(), &"ahead".into())
    );
    assert_eq!(sealing["seals_until"], ahead["seals_from"]);

    let said = place.done(&["keys", "rotate", "ring"]);
    assert!(
        said.starts_with(&format!("{} seals now", ahead["name"].as_str().unwrap())),
        "{said}"
    );
    let before: HashSet<_> = listed(&place, "ring").into_iter().map(|(name, _)| name).collect();
    assert_eq!(before.len(), 3);

    let old = sealing["name"].as_str().unwrap();
    place.done(&["keys", "revoke", "ring", &old[..9].to_uppercase()]);
    assert_eq!(listed(&place, "ring").len(), 2);
    place.done(&["keys", "revoke", "--all", "ring"]);
    let after: HashSet<_> = listed(&place, "ring").into_iter().map(|(name, _)| name).collect();
    assert!(after.len() == 2 && after.is_disjoint(&before), "{before:?} {after:?}");
    assert_eq!(place.names(), ["ring"]);
}

#[test]
fn listing_shows_no_key_and_changes_nothing() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let secret = key(80, 3);
    place.write("other.key", &secret, 0o600);
    place.done(&["keys", "import", "ring", "other.key"]);
    let before = (place.read("ring"), fs::metadata(place.path("ring")).unwrap().mtime());
    for (arguments, digits) in [
        (&["keys", "list", "ring"][..], 16),
        (&["keys", "list", "ring", "--json"], 32),
        (&["stats", "ring"], 16),
    ] {
        let text = place.done(arguments);
        assert!(text.contains(&name(&secret)[..digits]), "{text}");
        assert!(
            digits == 32 || text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        for part in secret[16..].chunks(4) {
            let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!text.contains(&hex) && !text.contains(&STANDARD.encode(part)), "{text}");
        }
    }
    assert_eq!(
        before,
        (place.read("ring"), fs::metadata(place.path("ring")).unwrap().mtime())
    );
}

#[test]
fn a_root_gives_every_ring_the_same_keys() {
    let place = Place::new();
    // So long that no new one begins between two commands.
    place.done(&["keys", "init", "--root", "root", "--interval", "1000d"]);
    place.done(&["keys", "init", "one", "--from", "root"]);
    place.done(&["keys", "init", "--from", "root", "two"]);
    assert_eq!(listed(&place, "one"), listed(&place, "two"));
    assert_eq!(place.json(&["keys", "list", "one", "--json"])["rooted"], true);
    assert!(place.fails(&["keys", "rotate", "one"]).contains("by the clock"));
    place.write("k", key(48, 1), 0o600);
    assert!(
        place
            .fails(&["keys", "import", "--seal", "one", "k"])
            .contains("root secret")
    );
    assert!(
        place
            .fails(&["keys", "init", "--root", "root"])
            .contains("is there already")
    );
    let list = |ring: &str| {
        place.json(&["keys", "list", ring, "--json"])["keys"]
            .as_array()
            .unwrap()
            .clone()
    };
    let number = |value: &Value| value.as_u64().unwrap();
    let keys = list("two");
    let state = |wanted: &str| keys.iter().find(|key| key["state"] == wanted).unwrap();
    // Of one key: until the next one's turn. Of all: until that one's turn is over, too.
    let (seals, ahead) = (state("sealing"), state("ahead"));
    for (ring, which, until) in [
        ("two", seals["name"].as_str().unwrap(), number(&ahead["seals_from"])),
        ("one", "--all", number(&ahead["seals_until"])),
    ] {
        let said = place.done(&["keys", "revoke", ring, which]);
        let date = Command::new("date")
            .args(["-d", &format!("@{until}"), "+%Y-%m-%d %H:%M:%S"])
            .output()
            .unwrap();
        let until = String::from_utf8(date.stdout).unwrap();
        let until = until.trim();
        assert!(
            said.contains(&format!("no tickets are made until {until}")),
            "{until}: {said}"
        );
        assert!(said.contains("make a new root"), "{said}");
    }
    assert!(list("one").is_empty());
}

#[test]
fn key_files_go_in_and_come_out_as_they_were() {
    let place = Place::new();
    for (len, form) in [(48, "nginx48"), (80, "nginx80"), (80, "openssl")] {
        let ring = format!("ring-{form}");
        place.done(&["keys", "init", &ring]);
        let bytes = key(len, 5);
        place.write("in.key", &bytes, 0o600);
        place.done(&["keys", "import", &ring, "in.key", "--seal"]);
        assert_eq!(sealing(&place, &ring), name(&bytes));
        place.done(&["keys", "export", &ring, "--form", form, "-o", "out.key"]);
        assert_eq!(place.read("out.key"), bytes, "{form}");
        assert_eq!(
            fs::metadata(place.path("out.key")).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let other = if len == 48 { "nginx80" } else { "nginx48" };
        let why = place.fails(&["keys", "export", &ring, "--form", other, "-o", "not.key"]);
        assert!(why.contains(&name(&bytes)) && why.contains("another form"), "{why}");
    }
    assert!(!place.names().contains(&"not.key".to_owned()));
}

#[test]
fn haproxys_last_but_one_seals() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let keys: Vec<Vec<u8>> = (1..=3).map(|seed| key(80, seed * 20)).collect();
    let lines: String = keys.iter().map(|key| STANDARD.encode(key) + "\n").collect();
    place.write("in", &lines, 0o640);
    let before = now();
    let said = place.carnet(&["keys", "import", "ring", "in", "--seal", "--opens-for", "15m"]);
    let imported = before + 900..=now() + 900;
    assert!(said.error.contains("warning") && said.error.contains("640"), "{said:?}");
    assert_eq!(sealing(&place, "ring"), name(&keys[1]));
    let list = place.json(&["keys", "list", "ring", "--json"]);
    let first = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|info| info["name"] == name(&keys[0]))
        .unwrap();
    let until = first["opens_until"].as_u64().unwrap();
    assert!(imported.contains(&until) && first["seals_from"].is_null(), "{first}");

    place.done(&["keys", "export", "ring", "--form", "haproxy", "-o", "out"]);
    let out = String::from_utf8(place.read("out")).unwrap();
    let names: Vec<String> = out.lines().map(|line| name(&STANDARD.decode(line).unwrap())).collect();
    assert_eq!(names[names.len() - 2], name(&keys[1]));
    assert!(names.contains(&name(&keys[0])) && names.contains(&name(&keys[2])));
    // Again: what seals stays what it is.
    let said = place.carnet(&["keys", "import", "ring", "in"]);
    assert!(said.out.contains("is there already"), "{said:?}");
    assert_eq!(sealing(&place, "ring"), name(&keys[1]));

    place.done(&["keys", "init", "fresh"]);
    place.done(&["keys", "export", "fresh", "--form", "haproxy", "-o", "out"]);
    assert_eq!(
        place.read("out").split(|byte| *byte == b'\n').count(),
        4,
        "HAProxy wants three lines"
    );
}

#[test]
fn keys_go_to_a_pipe_but_not_to_a_terminal() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let arguments = ["keys", "export", "ring", "--form", "openssl", "-o", "-"];
    let piped = place.command(&arguments).output().unwrap();
    place.done(&["keys", "export", "ring", "--form", "openssl", "-o", "file"]);
    assert_eq!(piped.stdout, place.read("file"));
    // script(1) runs it on a terminal.
    let command = format!("{} {}", env!("CARGO_BIN_EXE_carnet"), arguments.join(" "));
    let mut script = std::process::Command::new("script");
    let on_terminal = script
        .current_dir(place.dir())
        .args(["-qec", &command, "/dev/null"])
        .output()
        .unwrap();
    let text = String::from_utf8(on_terminal.stdout).unwrap();
    assert!(
        !on_terminal.status.success() && text.contains("not shown on a terminal"),
        "{text}"
    );
}

/// A log on a full disk, for example: what was asked for is done all the same, and done wholly.
#[test]
fn all_is_done_before_anything_is_said() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let code = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.stdout(full()).stderr(full()).status().unwrap().code()
    };
    let before = listed(&place, "ring");
    assert_eq!(code(&["keys", "revoke", "--all", "ring"]), Some(FAILED));
    let after = listed(&place, "ring");
    assert!(
        before
            .iter()
            .all(|(name, _)| after.iter().all(|(other, _)| other != name))
    );
    let keys: Vec<Vec<u8>> = (1..=3).map(|seed| key(80, seed * 20)).collect();
    let lines: String = keys.iter().map(|key| STANDARD.encode(key) + "\n").collect();
    place.write("in", lines, 0o600);
    assert_eq!(code(&["keys", "import", "ring", "in"]), Some(FAILED));
    assert_eq!(listed(&place, "ring").len(), 2 + 3);
    assert_eq!(code(&["keys", "list", "nowhere"]), Some(FAILED), "and no panic");
    assert_eq!(code(&["doctor", "127.0.0.1:1", "--timeout", "0"]), Some(MISUSED));
}

#[test]
fn no_ring_is_written_over() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    place.done(&["keys", "init", "other"]);
    symlink("ring", place.path("link")).unwrap();
    let before = (place.read("ring"), place.read("other"));
    for (output, why) in [
        ("ring", "is a ring"),
        ("./ring", "is a ring"),
        ("other", "is a ring"),
        ("link", "is a symbolic link"),
        (".", "is a directory"),
    ] {
        let said = place.fails(&["keys", "export", "ring", "--form", "nginx80", "-o", output]);
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(before, (place.read("ring"), place.read("other")));
    assert_eq!(place.names(), ["link", "other", "ring"]);
}

#[test]
fn what_belongs_to_root_is_not_for_others() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let program = place.path("carnet");
    // By a process of its own: what is open for writing here, children of other tests have open, too, and nobody can run it.
    let copied = std::process::Command::new("cp")
        .args([env!("CARGO_BIN_EXE_carnet"), &program])
        .status();
    assert!(copied.unwrap().success());
    let me = std::process::id().to_string();
    for (arguments, advice) in [
        (&["keys", "list", "ring"][..], "as the file's owner, or as root"),
        (&["keys", "rotate", "ring"], "as the file's owner, or as root"),
        (&["stats", &me], "sudo carnet stats"),
    ] {
        let mut command = std::process::Command::new(&program);
        command
            .current_dir(place.dir())
            .env_remove("CARNET_RING")
            .args(arguments);
        let said = command.uid(NOBODY).gid(NOBODY).output().unwrap();
        let error = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(FAILED));
        assert!(error.contains(advice), "{error}");
    }
    // Root may look at anybody's ring, but not change it: who owns it could do anything with it meanwhile.
    chown(place.path("ring"), Some(NOBODY), Some(NOBODY)).unwrap();
    place.done(&["keys", "list", "ring"]);
    assert!(place.fails(&["keys", "rotate", "ring"]).contains("sudo -u"));
}

#[test]
fn all_of_a_file_or_nothing() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let before = place.read("ring");
    let mut lines: String = (0..15).map(|seed| STANDARD.encode(key(48, seed * 9)) + "\n").collect();
    place.write("many", &lines, 0o600);
    assert!(place.fails(&["keys", "import", "ring", "many"]).contains("room for 13"));
    lines.truncate(64);
    place.write("bad", lines + "\n!\n", 0o600);
    assert!(place.fails(&["keys", "import", "ring", "bad"]).contains("line 2"));
    let mut namesake = key(48, 9);
    namesake[47] ^= 2;
    let both = [key(48, 9), namesake].map(|key| STANDARD.encode(key) + "\n").concat();
    place.write("both", both, 0o600);
    assert!(place.fails(&["keys", "import", "ring", "both"]).contains("same name"));
    place.write("zeros", [0; 80], 0o600);
    place.fails(&["keys", "import", "ring", "zeros"]);
    assert_eq!(place.read("ring"), before);
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    place.done(&["keys", "init", "--root", "root"]);
    for mode in [0o640, 0o604, 0o666] {
        for (file, arguments) in [
            ("ring", &["keys", "list", "ring"][..]),
            ("ring", &["keys", "rotate", "ring"]),
            ("ring", &["stats", "ring"]),
            ("root", &["keys", "init", "new", "--from", "root"]),
        ] {
            fs::set_permissions(place.path(file), fs::Permissions::from_mode(mode)).unwrap();
            let why = place.fails(arguments);
            assert!(why.contains("chmod 600") && why.contains(&format!("{mode:o}")), "{why}");
            fs::set_permissions(place.path(file), fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    symlink("ring", place.path("link")).unwrap();
    assert!(place.fails(&["keys", "list", "link"]).contains("symbolic link"));
    assert!(place.fails(&["keys", "list", "nowhere"]).contains("no such file"));
    assert!(place.fails(&["keys", "list", "."]).contains("is a directory"));
    assert!(
        place
            .fails(&["keys", "import", "ring", "."])
            .ends_with("is a directory; name a file")
    );
    let missing = place.fails(&["keys", "init", "nowhere/ring"]);
    assert!(
        missing.ends_with("make it first: install -d -m 700 nowhere"),
        "{missing}"
    );
    assert!(place.fails(&["keys", "init", "ring"]).contains("is there already"));
    assert!(place.fails(&["keys", "list", "root"]).contains("but a root secret"));
    place.write("page", [7; 4096], 0o600);
    assert!(
        place
            .fails(&["keys", "list", "page"])
            .ends_with("`carnet keys init` makes one")
    );
    place.write("nginx", key(80, 1), 0o600);
    assert!(
        place
            .fails(&["keys", "rotate", "nginx"])
            .contains("`carnet keys import`")
    );
    let why = place.fails(&["keys", "init", "new", "--from", "nginx"]);
    assert!(why.contains("`carnet keys init --root` makes one"), "{why}");
    let mut other = place.read("ring");
    other[8] = 9;
    place.write("other", other, 0o600);
    let why = place.fails(&["keys", "list", "other"]);
    assert!(why.contains("format 9") && why.contains("remove other"), "{why}");
    assert_eq!(place.names(), ["link", "nginx", "other", "page", "ring", "root"]);
}

#[test]
fn command_lines_that_make_no_sense() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    for arguments in [
        &["keys", "init"][..],
        &["keys", "init", "x", "--interval", "soon"],
        &["keys", "init", "--root", "x", "--from", "y"],
        &["keys", "init", "x", "--from", "y", "--interval", "1h"],
        &["keys", "revoke", "ring"],
        &["keys", "revoke", "ring", "ab", "--all"],
        &["keys", "revoke", "ring", ""],
        &["keys", "revoke", "ring", "zz"],
        &["keys", "export", "ring", "-o", "x"],
        &["keys", "export", "ring", "--form", "nginx64", "-o", "x"],
        &["stats", "--json", "--prometheus"],
        &["open", "x"],
        &["open", "x", "--ring", "a", "--key", "b"],
    ] {
        assert_eq!(place.carnet(arguments).code, MISUSED, "{arguments:?}");
    }
    assert!(place.fails(&["keys", "init", "x", "--interval", "0"]).contains("none"));
    assert!(
        place
            .fails(&["keys", "init", "x", "--interval", "1m", "--lifetime", "1d"])
            .contains("at least")
    );
    assert!(
        place
            .fails(&["keys", "init", "--root", "x", "--interval", "5s"])
            .contains("at least 60 s")
    );
    let own = listed(&place, "ring");
    let other = ('0'..='9').find(|digit| own.iter().all(|(name, _)| !name.starts_with(*digit)));
    let other = other.unwrap().to_string();
    assert!(
        place
            .fails(&["keys", "revoke", "ring", &other])
            .contains("no key's name")
    );
    assert_eq!(place.names(), ["ring"]);
}
