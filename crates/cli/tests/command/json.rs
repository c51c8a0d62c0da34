//! What `--json` says stands in the manual.

use std::collections::BTreeSet;

use carnet_ticket::{Secret, Session, TicketKey};
use serde_json::Value;

use crate::place::{NO, Place};

/// The names of all fields.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.insert(name.clone());
                names(value, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

#[track_caller]
fn check(place: &Place, command: &[&str], values: &[Value]) {
    let help = place.done(&[command, &["--help"]].concat());
    let (_, help) = help.split_once("JSON:").unwrap();
    let words: BTreeSet<&str> = help
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .collect();
    let mut found = BTreeSet::new();
    values.iter().for_each(|value| names(value, &mut found));
    assert!(!found.is_empty());
    for name in found {
        assert!(words.contains(name.as_str()), "{command:?}: {name}");
    }
}

#[test]
fn every_field_is_in_the_manual() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    check(
        &place,
        &["keys", "list"],
        &[place.json(&["keys", "list", "--json", "ring"])],
    );
    let mut stats = place.json(&["stats", "--json", "ring"]);
    // These are carnet-keys-list(1)'s.
    for field in ["keys", "rooted", "interval", "lifetime", "now"] {
        assert!(stats["rings"][0].as_object_mut().unwrap().remove(field).is_some());
    }
    check(&place, &["stats"], &[stats]);
    let report = serde_json::from_str(include_str!("../../src/doctor/report.json")).unwrap();
    check(&place, &["doctor"], &[report]);
}

#[test]
fn every_field_of_a_ticket_is_in_the_manual() {
    let place = Place::new();
    let blob: Vec<u8> = (0..80).collect();
    let mut session = Session::new(0x0304, 0x1301, Secret::new(&[0x5a; 32]).unwrap(), 7);
    (session.appdata, session.kex_group) = (Some(b"x".to_vec().into()), 29);
    let ticket = TicketKey::from_openssl_blob(blob.as_slice().try_into().unwrap()).unwrap();
    place.write("t", ticket.seal_session(&[9; 16], &session).unwrap(), 0o600);
    place.write("k", &blob, 0o600);
    let opened = place.json(&["open", "--json", "t", "--key", "k"]);
    place.write("other", [7; 48], 0o600);
    let said = place.carnet(&["open", "--json", "t", "--key", "other"]);
    assert_eq!(said.code, NO, "{}", said.error);
    let refused = serde_json::from_str(&said.out).unwrap();
    check(&place, &["open"], &[opened, refused]);
}
