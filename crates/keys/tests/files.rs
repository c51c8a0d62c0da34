//! Files that are not what they were: changed while they are read, made from another root, of another version, tampered with.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use carnet_keys::{FileError, PAGE_LEN, Policy, Ring, Root, SECRET_LEN, Start};

const T: u64 = 1_700_000_000;
const HOUR: u64 = 3600;

fn policy() -> Policy {
    Policy::every(HOUR, 7200)
}

fn root(byte: u8) -> Root {
    Root::new(&[byte; SECRET_LEN], policy(), T - 10 * HOUR).unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn a_look_at_a_ring_that_is_being_changed_sees_whole_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let ring = Ring::create_file(&path, &Start::Random(policy()), T).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                ring.rotate(T).unwrap();
            }
        });
        let looks = (0..300).map(|_| Ring::look_at_file(&path, T).map(|ring| ring.sealing(T).is_some()));
        let bad: Vec<_> = looks.filter(|look| !matches!(look, Ok(true))).collect();
        done.store(true, Ordering::Relaxed);
        assert!(bad.is_empty(), "{} of 300, such as {:?}", bad.len(), bad.first());
    });
}

#[test]
fn a_copy_that_is_not_whole_is_not_shown_as_a_ring_without_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    drop(Ring::create_file(&path, &Start::Random(policy()), T).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    for word in [20, 260] {
        bytes[word * 8] ^= 1;
    }
    fs::write(&path, &bytes).unwrap();
    let error = Ring::look_at_file(&path, T).unwrap_err().to_string();
    assert!(error.contains("no copy is whole"), "{error}");
}

#[test]
fn a_ring_of_another_root_is_not_taken_for_this_ones() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let open = |root: &Root, now| Ring::open_or_create_file(&path, &Start::Root(root), now);
    let name = *open(&root(1), T).unwrap().sealing(T).unwrap().name();
    for later in [T, T + 3 * HOUR, T + 9000 * HOUR] {
        assert!(open(&root(1), later).is_ok(), "the chain has gone on");
    }
    let refused = open(&root(2), T).unwrap_err();
    assert!(matches!(refused, FileError::OtherRoot { .. }), "{refused}");
    assert!(refused.to_string().contains("remove it"), "{refused}");
    let other_times = Root::new(&[1; SECRET_LEN], Policy::every(HOUR, 3600), T - 10 * HOUR).unwrap();
    assert!(open(&other_times, T).is_err());
    fs::remove_file(&path).unwrap();
    assert_ne!(open(&root(2), T).unwrap().sealing(T).unwrap().name(), &name);

    fs::remove_file(&path).unwrap();
    drop(Ring::create_file(&path, &Start::Random(policy()), T).unwrap());
    assert!(
        matches!(open(&root(1), T), Err(FileError::OtherRoot { .. })),
        "random keys"
    );
    let start = Start::Random(policy());
    fs::remove_file(&path).unwrap();
    drop(open(&root(1), T).unwrap());
    let without = Ring::open_or_create_file(&path, &start, T).unwrap();
    assert!(without.is_rooted(), "who names no root takes what is there");
}

#[test]
fn a_ring_of_another_version_is_refused_with_advice() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    drop(Ring::create_file(&path, &Start::Random(policy()), T).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    for format in [0_u64, 2, u64::MAX] {
        bytes[8..16].copy_from_slice(&format.to_ne_bytes());
        fs::write(&path, &bytes).unwrap();
        for error in [
            Ring::open_file(&path).unwrap_err(),
            Ring::look_at_file(&path, T).unwrap_err(),
        ] {
            let text = error.to_string();
            let advice =
                format!("a ring in format {format}, of another version of carnet (this one has format 1): remove it");
            assert!(text.contains(&advice) && text.contains("ring: "), "{text}");
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "and left as it is");
    }
}

/// What opening must not wait for, follow, or take for a file.
#[test]
fn pipes_links_and_devices_are_no_rings() {
    let directory = tempfile::tempdir().unwrap();
    let (real, path) = (directory.path().join("real"), directory.path().join("ring"));
    drop(Ring::create_file(&real, &Start::Random(policy()), T).unwrap());
    let refused = || {
        let start = Start::Random(policy());
        let opened = Ring::open_or_create_file(&path, &start, T).map(drop);
        let looked = Ring::look_at_file(&path, T).map(drop);
        let read = Root::from_file(&path).map(drop);
        assert!(opened.is_err() && looked.is_err() && read.is_err());
    };
    std::os::unix::fs::symlink(&real, &path).unwrap();
    refused();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(directory.path().join("nothing"), &path).unwrap();
    refused();
    assert!(
        !directory.path().join("nothing").exists(),
        "nothing was made where the link points"
    );
    fs::remove_file(&path).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg("-m600")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    refused();
    let mut left = names(directory.path());
    left.sort();
    assert_eq!(left, ["real", "ring"]);
}

/// What has a name for other purposes keeps it: /dev/null among them, should root write there.
#[test]
fn only_files_are_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let (old, path) = (directory.path().join("old"), directory.path().join("keys"));
    fs::write(&old, "old").unwrap();
    let write = || carnet_keys::write_private(&path, b"keys");
    for target in [old.as_path(), Path::new("nothing"), Path::new("/dev/null")] {
        std::os::unix::fs::symlink(target, &path).unwrap();
        assert!(
            matches!(write(), Err(FileError::NotAFile { .. })),
            "{}",
            target.display()
        );
        assert_eq!(fs::read_link(&path).unwrap(), target);
        fs::remove_file(&path).unwrap();
    }
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(matches!(write(), Err(FileError::NotAFile { .. })));
    assert_eq!(fs::read(&old).unwrap(), b"old");
    carnet_keys::write_private(&old, b"keys").unwrap();
    assert_eq!(fs::read(&old).unwrap(), b"keys");
}

/// A directory where nothing can be made, and a name that is taken: an error, and nothing is left lying about.
#[test]
fn what_can_not_be_made_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let start = Start::Random(policy());
    assert!(Ring::create_file(&directory.path().join("no/such/ring"), &start, T).is_err());
    fs::create_dir(directory.path().join("ring")).unwrap();
    assert!(Ring::create_file(&directory.path().join("ring"), &start, T).is_err());
    assert!(carnet_keys::write_private(&directory.path().join("ring"), b"keys").is_err());
    assert_eq!(names(directory.path()), ["ring"]);
}

/// /dev/full's kind of disk, by a quota that any user may set: the file is written before it is mapped, so that this is an
/// error and no SIGBUS.
#[test]
fn a_full_disk_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let status = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 0; exec \"$0\" --ignored --exact on_a_full_disk",
        ])
        .arg(std::env::current_exe().unwrap())
        .env("CARNET_TEST_DIRECTORY", directory.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    assert!(names(directory.path()).is_empty());
}

#[test]
#[ignore = "run by the test before it, with no room for files"]
fn on_a_full_disk() {
    let directory = std::env::var_os("CARNET_TEST_DIRECTORY").unwrap();
    let path = Path::new(&directory).join("ring");
    let error = Ring::create_file(&path, &Start::Random(policy()), T).unwrap_err();
    assert!(matches!(error, FileError::Io { .. }), "{error}");
    assert!(Root::create_file(&path, policy(), T).is_err());
}

#[test]
fn what_is_made_is_private_whatever_the_umask() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    drop(Ring::create_file(&path, &Start::Random(policy()), T).unwrap());
    carnet_keys::write_private(&directory.path().join("keys"), &[1; 48]).unwrap();
    Root::create_file(&directory.path().join("root"), policy(), T).unwrap();
    for name in ["ring", "keys", "root"] {
        let found = fs::metadata(directory.path().join(name)).unwrap();
        assert_eq!(found.permissions().mode() & 0o7777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), PAGE_LEN as u64);
}
