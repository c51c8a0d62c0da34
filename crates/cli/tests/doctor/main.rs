//! `carnet doctor` with servers of all kinds on loopback.

mod place;
mod real;
mod trouble;
mod watch;

use std::os::unix::fs::symlink;
use std::process::Command;

use place::{Place, Server, address, doctor, library};

#[track_caller]
fn check_odd(oddity: &str, expected: &[&str]) {
    let (place, at) = (Place::new(), address());
    let _server = place.odd_server(at, oddity);
    let report = doctor(&[&at.to_string()]);
    assert_eq!(report.codes(), expected, "{:#}", report.json);
    assert_eq!(report.code, i32::from(!expected.is_empty()));
}

#[test]
fn a_server_as_it_should_be() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "");
    let report = doctor(&[&at.to_string()]);
    assert_eq!((report.code, report.codes()), (0, vec![]), "{:#}", report.json);
    let seen = report.seen(0, 0);
    assert_eq!(seen["tickets"]["sent"], 2);
    assert_eq!(seen["tickets"]["lifetime"], 7200);
    assert_eq!(seen["resumption"]["resumed"], 6);
    assert_eq!(seen["resumption"]["renewed"], 6);
    assert_eq!(seen["resumption"]["reusable"], true);
    let old = report.seen(0, 1);
    assert_eq!(
        (&old["tickets"]["sent"], &old["resumption"]["resumed"]),
        (&1.into(), &6.into())
    );
    assert_eq!(old["extended_master_secret"], true);
    assert_eq!(
        old["tickets"]["keys"], seen["tickets"]["keys"],
        "one key for both versions"
    );
    check_odd("none", &[]);
}

#[test]
fn as_many_tickets_as_the_server_sends() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "-num_tickets 5");
    assert_eq!(doctor(&[&at.to_string()]).seen(0, 0)["tickets"]["sent"], 5);
}

#[test]
fn no_tickets() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "-num_tickets 0");
    let report = doctor(&[&at.to_string()]);
    assert_eq!((report.code, report.codes()), (1, vec!["no-tickets"]));
    let allowed = doctor(&["--allow", "no-tickets", &at.to_string()]);
    assert_eq!((allowed.code, allowed.codes()), (0, vec!["no-tickets"]));
}

/// As nginx with `ssl_session_tickets off`: in TLS 1.3 there is something that looks like tickets.
#[test]
fn tickets_that_are_off() {
    check_odd("off", &["no-tickets"]);
}

#[test]
fn sessions_that_the_server_keeps() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "-no_ticket");
    let report = doctor(&[&at.to_string()]);
    assert_eq!(
        (report.code, report.codes()),
        (0, vec!["session-ids"]),
        "{:#}",
        report.json
    );
    assert_eq!(report.seen(0, 1)["tickets"]["session_id_only"], true);
}

#[test]
fn one_version_alone() {
    for (option, missing) in [("-tls1_2", 0), ("-tls1_3", 1)] {
        let (place, at) = (Place::new(), address());
        let _server = place.s_server(at, option);
        let report = doctor(&[&at.to_string()]);
        assert_eq!((report.code, report.codes()), (0, vec!["version-missing"]));
        let outcome = &report.json["servers"][0]["versions"][missing]["outcome"];
        assert_eq!(outcome["handshake"], "not_spoken");
    }
}

#[test]
fn early_data_is_worth_a_note() {
    let (place, at) = (Place::new(), address());
    let _server = place.s_server(at, "-tls1_3 -max_early_data 100");
    let report = doctor(&[&at.to_string()]);
    assert_eq!(report.seen(0, 0)["tickets"]["max_early_data"], 100);
    assert!(report.codes().contains(&"early-data"));
    assert_eq!(report.code, 0);
}

#[test]
fn odd_key_names() {
    check_odd("zero", &["zero-key-name"]);
    check_odd("memory", &["memory-in-key-name"]);
    check_odd("zero-key", &["zero-key"]);
}

#[test]
fn odd_lifetimes_and_secrets() {
    check_odd("long", &["lifetime-too-long"]);
    check_odd("old", &["no-extended-master-secret"]);
}

#[test]
fn resumption_that_fails() {
    check_odd("stingy", &["no-renewal"]);
    check_odd("forgetful", &["no-resumption"]);
    check_odd("strangers", &["some-resumption"]);
}

#[test]
fn a_name_behind_which_certificates_are_asked_for() {
    let (place, at) = (Place::new(), address());
    let _server = place.odd_server(at, "vhosts");
    let report = doctor(&[
        "--sni",
        "outer.example",
        "--other-name",
        "inner.example",
        &at.to_string(),
    ]);
    assert_eq!(report.code, 1);
    assert_eq!(
        report.codes(),
        ["crosses-client-auth", "crosses-certificates"],
        "{:#}",
        report.json
    );
}

#[test]
fn addresses_that_share_nothing() {
    let place = Place::new();
    let (one, two) = (address(), address());
    let _servers = [place.s_server(one, ""), place.s_server(two, "")];
    let report = doctor(&[
        "--address",
        &one.to_string(),
        "--address",
        &two.to_string(),
        "localhost",
    ]);
    assert_eq!((report.code, report.codes()), (1, vec!["addresses-do-not-share"]));
    assert_eq!(report.crossed("address"), [false; 4]);
}

#[test]
fn of_many_addresses_each_with_the_next() {
    let place = Place::new();
    let all = [address(), address(), address(), address()];
    let _servers = all.map(|at| place.odd_server(at, "stingy"));
    let all = all.map(|at| at.to_string());
    let addresses = all.iter().flat_map(|at| ["--address", at]);
    let arguments: Vec<&str> = addresses.chain(["--tries", "2", "127.0.0.1"]).collect();
    let report = doctor(&arguments);
    assert_eq!(report.crossed("address"), [true; 8]);
    assert_eq!(report.codes(), ["no-renewal"]);
}

/// s_server with our library in it, keys from a ring file.
fn with_ring(place: &Place, at: std::net::SocketAddrV4, arguments: &str) -> Server {
    let mut command = place.s_server_command(at, arguments);
    command
        .env("LD_PRELOAD", library("carnet-preload", "libcarnet_preload.so"))
        .env("CARNET_RING", place.path("ring"))
        .env("CARNET_CONFIG", "/dev/null");
    Server::start(at, &mut command)
}

#[test]
fn addresses_that_share_a_ring() {
    let place = Place::new();
    let (one, two) = (address(), address());
    let _servers = [with_ring(&place, one, ""), with_ring(&place, two, "")];
    let report = doctor(&[
        "--address",
        &one.to_string(),
        "--address",
        &two.to_string(),
        "localhost",
    ]);
    assert_eq!((report.code, report.codes()), (0, vec![]), "{:#}", report.json);
    assert_eq!(report.crossed("address"), [true; 4]);
}

#[test]
fn a_ring_keeps_names_and_targets_apart() {
    let place = Place::new();
    let (one, two) = (address(), address());
    let vhost = format!(
        "-servername other.example -cert2 {} -key2 {}",
        place.path("two.pem"),
        place.path("two.key")
    );
    let other = format!("-cert {} -key {}", place.path("two.pem"), place.path("two.key"));
    let _servers = [with_ring(&place, one, &vhost), with_ring(&place, two, &other)];
    let targets = [one.to_string(), two.to_string()];
    let names = ["--sni", "localhost", "--other-name", "other.example"];
    let report = doctor(&[&names[..], &[&targets[0], &targets[1]]].concat());
    assert_eq!((report.code, report.codes()), (0, vec![]), "{:#}", report.json);
    assert!(!report.crossed("name").contains(&true));
    assert_eq!(report.crossed("target"), [false; 4]);
}

#[test]
fn one_key_for_two_targets() {
    let place = Place::new();
    let (one, two) = (address(), address());
    let _servers = [
        place.odd_server_as(one, "stingy", ["one", "two"]),
        place.odd_server_as(two, "stingy", ["two", "one"]),
    ];
    let report = doctor(&[&one.to_string(), &two.to_string()]);
    assert_eq!(report.crossed("target"), [true; 4]);
    assert!(report.codes().contains(&"crosses-certificates"));
}

#[test]
fn gnutls() {
    let (place, at) = (Place::new(), address());
    let mut command = Command::new("gnutls-serv");
    command
        .args(["--http", "--quiet", "--port", &at.port().to_string()])
        .args([
            "--x509certfile",
            &place.path("one.pem"),
            "--x509keyfile",
            &place.path("one.key"),
        ]);
    let _server = Server::start(at, &mut command);
    let report = doctor(&[&at.to_string()]);
    assert_eq!((report.code, report.codes()), (0, vec![]), "{:#}", report.json);
}

#[test]
fn our_own_library() {
    let (place, at) = (Place::new(), address());
    symlink(library("carnet", "libcarnet.so"), place.path("libssl.so.3")).unwrap();
    let mut command = place.s_server_command(at, "");
    command.env("LD_LIBRARY_PATH", place.path(""));
    let _server = Server::start(at, &mut command);
    let report = doctor(&[&at.to_string()]);
    assert_eq!((report.code, report.codes()), (0, vec![]), "{:#}", report.json);
}
