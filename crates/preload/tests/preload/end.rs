//! A process that ends leaves no keys in its memory.

use std::path::Path;
use std::process::Command;

use carnet_keys::separation::{ContextParts, Separated};
use carnet_keys::{Ring, Root};

use crate::memory::{self, Wanted};
use crate::place::{pki, run};
use crate::stage::{Setup, Stage, VERSIONS, beginning};

/// As X509_pubkey_digest(3) has it: of the point, which comes last.
fn public_key() -> [u8; 32] {
    let certificate = pki().join("server.pem");
    let point = "openssl x509 -in \"$0\" -noout -pubkey | openssl pkey -pubin -outform DER | tail -c 65 | sha256sum";
    let digest = run(Command::new("sh").args(["-c", point]).arg(certificate));
    std::array::from_fn(|place| u8::from_str_radix(&digest[2 * place..2 * place + 2], 16).unwrap())
}

/// The keys in a ring, and what the context `a` of the stage makes of them; in halves, should a part be left.
fn secrets(ring: &Ring) -> Vec<Wanted> {
    let context = ContextParts::of_context(&public_key(), 0).digest();
    let mut found = Vec::new();
    let mut add = |what: String, key: &[u8]| {
        for half in key.chunks(16) {
            found.push((what.clone(), half.try_into().unwrap()));
        }
    };
    for info in ring.keys(beginning()) {
        let state = info.state;
        add(format!("{state:?}: cipher key"), info.key.cipher_key());
        add(format!("{state:?}: MAC key"), info.key.mac_key());
        for name in ["", "a.example"] {
            let keys = Separated::new(&info.key, &context).for_name(name.as_bytes()).keys;
            add(format!("{state:?}, for \"{name}\": cipher key"), &*keys.cipher_key);
            add(format!("{state:?}, for \"{name}\": MAC key"), &*keys.mac_key);
        }
    }
    found
}

fn left(pid: u32, secrets: &[Wanted]) -> Vec<String> {
    memory::places(&memory::of(pid), secrets)
}

fn work(stage: &mut Stage) {
    stage.ok(&["ctx a sid=x", "ctx same sid=x"]);
    for version in VERSIONS {
        for context in ["a", "same"] {
            assert!(stage.again(context, version, "").is_resumed());
            assert!(stage.again(context, version, "name=a.example").is_resumed());
        }
    }
    stage.connect("a", 13, "name=a.example save=kept");
}

/// Starts it, has it and a child of it work and end; what they and the ring have then. No key takes the turn of another
/// meanwhile: a root's keys do so when a new hour begins.
fn ends(ring: &Path, setup: Setup, more: &[Wanted]) {
    let setup = setup.env("CARNET_RING", ring).env("LINGER", "1").standing();
    let mut stage = setup.start();
    work(&mut stage);
    let before = Ring::look_at_file(ring, beginning()).unwrap();
    let secrets = [&*secrets(&before), more].concat();
    // Of the key that waits its turn nothing has been derived.
    let there = left(stage.pid(), &secrets);
    assert!(
        there.len() >= secrets.len() / 2,
        "they are found where they are: {there:?}"
    );
    let resumed = stage.say("child connect a 13 use=kept name=a.example ; exit");
    assert!(resumed.starts_with("resumed"), "{resumed}");
    let child = stage.more().strip_prefix("ended ").unwrap().parse().unwrap();
    let of_child = left(child, &secrets);
    assert_eq!(of_child, [""; 0], "of the child");
    assert_eq!(stage.say(""), "over");
    // The child is gone; its parent has all it had.
    let there = stage.say("connect a 13 use=kept name=a.example");
    assert!(there.starts_with("resumed"), "{there}");
    assert_eq!(stage.say("exit"), format!("ended {}", stage.pid()));
    let of_parent = left(stage.pid(), &secrets);
    assert_eq!(of_parent, [""; 0], "of the parent");
    assert_eq!(
        names(&Ring::look_at_file(ring, beginning()).unwrap()),
        names(&before),
        "the page is as it was"
    );
}

fn names(ring: &Ring) -> Vec<[u8; 16]> {
    ring.keys(beginning()).iter().map(|info| info.key.name().0).collect()
}

#[test]
fn a_process_that_ends_leaves_no_keys() {
    let setup = Setup::new();
    let ring = setup.path("ring");
    ends(&ring, setup, &[]);
}

#[test]
fn nor_the_keys_of_a_root() {
    let setup = Setup::new();
    let (ring, root) = (setup.path("ring"), setup.path("root"));
    Root::create_file(&root, carnet_keys::Policy::every(3600, 7200), beginning() - 10_000).unwrap();
    let text = std::fs::read_to_string(&root).unwrap();
    let secret = text.split('"').nth(1).unwrap().as_bytes();
    let parts: Vec<Wanted> = secret
        .chunks_exact(16)
        .map(|part| ("the root".to_owned(), part.try_into().unwrap()))
        .collect();
    assert_eq!(parts.len(), 2);
    ends(&ring, setup.env("CARNET_ROOT", &root), &parts);
}
