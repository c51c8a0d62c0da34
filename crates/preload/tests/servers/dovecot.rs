//! Dovecot, which takes a new process for each connection: each has to find the keys, so they have to be in a file, and
//! Dovecot has to pass on what says so. Its login processes map the file before they give up root.

use std::process::Command;

use crate::client::{Client, Talk, VERSIONS, all_resume, none_resumes, with_tickets};
use crate::identity::run;
use crate::load;
use crate::place::{Loaded, Place, signal, stop};
use crate::process::{Process, free_port, is_root};

const PROGRAM: &str = "/usr/sbin/dovecot";

/// What its processes are to know.
const PASSED_ON: [&str; 7] = [
    "LD_PRELOAD",
    "CARNET_RING",
    "CARNET_ROOT",
    "CARNET_INTERVAL",
    "CARNET_LIFETIME",
    "CARNET_CONFIG",
    "AHEAD",
];

const TALK: Talk = Talk {
    before: |_| {},
    request: "a LOGOUT\r\n",
};

fn start(place: &Place, instance: &str, loaded: Loaded<'_>) -> (Process, String) {
    start_with(place, instance, false, loaded)
}

fn start_with(place: &Place, instance: &str, verifies: bool, loaded: Loaded<'_>) -> (Process, String) {
    let port = free_port();
    let dir = place.make_dir(instance);
    let settings = if is_old() { of_2_3 } else { of_2_4 };
    let text = format!(
        "{}base_dir = {dir}/run\nstate_dir = {dir}/state\nlog_path = /dev/stderr\nlisten = 127.0.0.1\nssl = required\n\
         service imap-login {{\n inet_listener imap {{\n  port = 0\n }}\n inet_listener imaps {{\n  port = {port}\n  \
         ssl = yes\n }}\n}}\n",
        settings(place, &dir, verifies)
    );
    let file = place.write(&format!("{instance}/dovecot.conf"), text);
    let process = Process::start(place.command(PROGRAM, loaded).args(["-F", "-c", &file]));
    process.wait_for("starting up for imap");
    (process, format!("127.0.0.1:{port}"))
}

/// Most settings have new names since 2.4.
fn is_old() -> bool {
    run(Command::new(PROGRAM).arg("--version")).starts_with("2.3.")
}

fn of_2_3(place: &Place, dir: &str, verifies: bool) -> String {
    let more = if verifies {
        format!(
            "ssl_ca = <{}\nssl_verify_client_cert = yes\nssl_require_crl = no\n",
            place.ca.cert
        )
    } else {
        String::new()
    };
    format!(
        "protocols = imap\nssl_cert = <{}\nssl_key = <{}\n{more}import_environment = $import_environment {}\n\
         passdb {{\n driver = static\n args = password=none\n}}\n\
         userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={dir}\n}}\n",
        place.server.cert,
        place.server.key,
        PASSED_ON.join(" ")
    )
}

fn of_2_4(place: &Place, dir: &str, verifies: bool) -> String {
    let more = if verifies {
        format!(
            "ssl_server_ca_file = {}\nssl_server_request_client_cert = yes\nssl_server_require_crl = no\n",
            place.ca.cert
        )
    } else {
        String::new()
    };
    let passed_on = PASSED_ON.map(|name| format!(" {name} = %{{env:{name}}}\n")).concat();
    format!(
        "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nprotocols {{\n imap = yes\n}}\n\
         ssl_server_cert_file = {}\nssl_server_key_file = {}\n{more}import_environment {{\n{passed_on}}}\n\
         passdb static {{\n passdb_static_password = none\n}}\n\
         userdb static {{\n fields {{\n  uid = nobody\n  gid = nogroup\n  home = {dir}\n }}\n}}\n",
        place.server.cert, place.server.key
    )
}

#[test]
fn with_lasting_keys_every_connection_resumes() {
    if !is_root() {
        eprintln!("not tested: Dovecot runs only where it can take other users' identities");
        return;
    }
    let place = Place::new();
    for lasting in place.lasting() {
        let settings = lasting.settings();
        let (first, address) = start(&place, "first", Loaded::Carnet(&settings));
        for version in VERSIONS {
            Client::new(version, None, TALK).chain("login processes", &address, 6);
        }
        let [carried, kept] = [(); 2].map(|()| with_tickets(&address, TALK));
        let (second, elsewhere) = start(&place, "second", Loaded::Carnet(&settings));
        all_resume("the second instance", &elsewhere, carried);
        stop(first, "TERM");
        stop(second, "TERM");
        let (again, address) = start(&place, "first", Loaded::Carnet(&settings));
        all_resume("after a restart", &address, kept);
        stop(again, "TERM");
    }
}

/// A reload while keys change.
#[test]
fn rotation_under_load() {
    if !is_root() {
        eprintln!("not tested: as above");
        return;
    }
    let place = Place::new();
    for keys in load::all_keys(&place) {
        let (dovecot, address) = start(&place, "dovecot", Loaded::Carnet(&keys.settings()));
        load::run(&address, TALK, &keys, |load| {
            // "Shutting down", it says to those who are in the handshake.
            load.lets_go();
            signal(dovecot.id(), "HUP");
            dovecot.wait_for("reloading configuration");
        });
        stop(dovecot, "TERM");
    }
}

/// Dovecot sets no session-id context, without which OpenSSL takes a resumption for an error where clients are verified:
/// its tickets are left alone there, and nobody is turned away.
#[test]
fn where_clients_are_verified_nothing_resumes_and_nothing_fails() {
    if !is_root() {
        eprintln!("not tested: as above");
        return;
    }
    let place = Place::new();
    let ring = place.path("ring");
    let settings = [("CARNET_RING", &*ring)];
    for (loaded, turned_away) in [(Loaded::Carnet(&settings), false), (Loaded::Naive, true)] {
        let (dovecot, address) = start_with(&place, "dovecot", true, loaded);
        for version in VERSIONS {
            let client = Client::new(version, Some(&place.client), TALK);
            let ticket = client.full(&address);
            match client.try_visit(&address, "localhost", Some(ticket)) {
                Ok(visit) => assert!(!visit.resumed && !turned_away, "{version:?} {loaded:?}"),
                Err(failure) => assert!(turned_away, "{version:?} {loaded:?}: {failure}"),
            }
        }
        stop(dovecot, "TERM");
    }
}

/// What Dovecot does by itself, and still does if the keys are in memory alone.
#[test]
fn without_a_ring_file_nothing_resumes() {
    if !is_root() {
        eprintln!("not tested: as above");
        return;
    }
    for loaded in [Loaded::Nothing, Loaded::Carnet(&[])] {
        let place = Place::new();
        let (dovecot, address) = start(&place, "dovecot", loaded);
        none_resumes("a new process", &address, with_tickets(&address, TALK));
        stop(dovecot, "TERM");
    }
}
