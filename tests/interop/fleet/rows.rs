//! The rows of the table, each a small experiment. A cell says what happened; what must hold besides is asserted.

use std::collections::BTreeMap;

use super::servers::{Fleet, LIBRARIES, Visit, appdata, ticket_keys};
use super::{DIRECTIONS, Direction, Row};
use crate::place::{CERTIFICATES, Identity, Libssl};
use crate::version::Version;

pub const ROWS: [Row; 9] = [
    Row {
        title: "every cipher suite",
        measure: every_suite,
    },
    Row {
        title: "with client certificate and verify result",
        measure: client_certificate,
    },
    Row {
        title: "with ALPN, SNI and ticket application data",
        measure: names_and_data,
    },
    Row {
        title: "keys given by an `EVP_MAC` callback, AES-128-CBC",
        measure: evp_callback,
    },
    Row {
        title: "keys given by an `HMAC_CTX` callback, AES-256-CBC",
        measure: hmac_callback,
    },
    Row {
        title: "80 bytes at the one, callback at the other",
        measure: callback_and_bytes,
    },
    Row {
        title: "session saved by the one's client, offered by the other's",
        measure: session_files,
    },
    Row {
        title: "other keys",
        measure: other_keys,
    },
    Row {
        title: "other session-id context",
        measure: other_context,
    },
];

/// One ticket for each direction, by a client of the minting library and then one of the redeeming library.
fn across(fleet: &Fleet, options: &[&str]) -> [Visit; 2] {
    DIRECTIONS.map(|Direction { minted, redeemed }| {
        let saved = fleet.mint(minted, minted, options);
        fleet.redeem(&saved, redeemed, redeemed, options)
    })
}

fn outcomes(fleet: &Fleet) -> [String; 2] {
    across(fleet, &[]).map(|visit| visit.outcome().to_owned())
}

/// The suites of a version, with the certificates that they go with.
fn suites(version: Version) -> Vec<(&'static Identity, [&'static str; 3])> {
    let c = &*CERTIFICATES;
    match version {
        Version::Tls13 => vec![(
            &c.p256,
            [
                "TLS_AES_128_GCM_SHA256",
                "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256",
            ],
        )],
        Version::Tls12 => vec![
            (
                &c.p256,
                [
                    "ECDHE-ECDSA-AES128-GCM-SHA256",
                    "ECDHE-ECDSA-AES256-GCM-SHA384",
                    "ECDHE-ECDSA-CHACHA20-POLY1305",
                ],
            ),
            (
                &c.rsa,
                [
                    "ECDHE-RSA-AES128-GCM-SHA256",
                    "ECDHE-RSA-AES256-GCM-SHA384",
                    "ECDHE-RSA-CHACHA20-POLY1305",
                ],
            ),
        ],
    }
}

/// Each suite, without client certificate, ALPN and SNI. The cell counts.
fn every_suite(version: Version) -> [String; 2] {
    let keys = ticket_keys(1);
    let option = match version {
        Version::Tls12 => "-ciphers",
        Version::Tls13 => "-suites",
    };
    let (mut all, mut resumed) = (0, [0; 2]);
    for (identity, suites) in suites(version) {
        let name = format!("suites-{}", suites[0]);
        let fleet = Fleet::start(&name, version, identity, |_| vec!["-ticket-keys", &keys]);
        for suite in suites {
            all += 1;
            for (visit, count) in across(&fleet, &[option, suite]).iter().zip(&mut resumed) {
                visit.server.expect(&format!("cipher={suite} peer=- alpn=- sni=-"));
                *count += i32::from(visit.outcome() == "resumed");
            }
        }
    }
    resumed.map(|count| format!("{count} of {all} resumed"))
}

/// What the servers ask of a client, and what a client from an unknown CA shows: the verify result is not 0 then.
fn demanding(keys: &str) -> [&str; 6] {
    ["-ticket-keys", keys, "-ca", &CERTIFICATES.ca, "-verify", "any"]
}

fn stranger() -> [&'static str; 4] {
    let stranger = &CERTIFICATES.stranger;
    ["-cert", &stranger.cert, "-key", &stranger.key]
}

/// The certificate is shown once, to the server that mints the ticket.
fn client_certificate(version: Version) -> [String; 2] {
    let keys = ticket_keys(2);
    let fleet = Fleet::alike("certificate", version, &demanding(&keys));
    DIRECTIONS.map(|Direction { minted, redeemed }| {
        let saved = fleet.mint(minted, redeemed, &stranger());
        let visit = fleet.redeem(&saved, redeemed, minted, &[]);
        visit.server.expect("peer=stranger verify=21");
        visit.outcome().to_owned()
    })
}

/// Everything at once through all pairs of servers and clients, and back to the server that minted the ticket.
fn names_and_data(version: Version) -> [String; 2] {
    let names = ["-alpn", "h2", "-sni", "localhost"];
    let keys = ticket_keys(3);
    let fleet = Fleet::alike(
        "names",
        version,
        &[&demanding(&keys)[..], &["-alpn", "http/1.1,h2"]].concat(),
    );
    let mut cells = BTreeMap::new();
    for (minted, client) in pairs() {
        let saved = fleet.mint(minted, client, &[&names[..], &stranger()].concat());
        for (redeemed, later_client) in pairs() {
            let kept = "alpn=h2 sni=localhost session-alpn=h2 session-sni=localhost peer=stranger verify=21";
            let kept_here = format!("{kept} appdata={}", appdata(saved.server));
            let visit = match version {
                // Each resumption brings a new ticket, which is good at the first server again.
                Version::Tls13 => {
                    let (visit, renewed) = fleet.exchange(&saved, redeemed, later_client, &names);
                    let back = fleet.redeem(&renewed, minted, client, &names);
                    back.server
                        .expect(&format!("resumed=1 {kept} appdata={}", appdata(renewed.server)));
                    visit
                }
                Version::Tls12 => fleet.redeem(&saved, redeemed, later_client, &names),
            };
            visit.server.expect(&kept_here);
            let outcome = cells.entry((minted, redeemed)).or_insert(visit.outcome());
            assert_eq!(
                *outcome,
                visit.outcome(),
                "{minted:?} to {redeemed:?}, {client:?}, {later_client:?}"
            );
        }
    }
    DIRECTIONS.map(|Direction { minted, redeemed }| cells[&(minted, redeemed)].to_owned())
}

fn pairs() -> impl Iterator<Item = (Libssl, Libssl)> {
    LIBRARIES
        .into_iter()
        .flat_map(|server| LIBRARIES.map(|client| (server, client)))
}

fn evp_callback(version: Version) -> [String; 2] {
    let keys = ticket_keys(4);
    let options = [
        "-ticket-keys",
        &keys,
        "-key-callback",
        "evp",
        "-key-cipher",
        "aes-128-cbc",
    ];
    outcomes(&Fleet::alike("evp", version, &options))
}

fn hmac_callback(version: Version) -> [String; 2] {
    let keys = ticket_keys(5);
    outcomes(&Fleet::alike(
        "hmac",
        version,
        &["-ticket-keys", &keys, "-key-callback", "hmac"],
    ))
}

/// Both ways round: the callback at libcarnet, then at OpenSSL.
fn callback_and_bytes(version: Version) -> [String; 2] {
    let keys = ticket_keys(6);
    let [first, second] = LIBRARIES.map(|with_callback| {
        let name = format!("mixed-{with_callback:?}");
        outcomes(&Fleet::start(&name, version, &CERTIFICATES.p256, |libssl| {
            let mut options = vec!["-ticket-keys", &keys];
            if libssl == with_callback {
                options.extend(["-key-callback", "evp"]);
            }
            options
        }))
    });
    assert_eq!(first, second);
    first
}

/// Server and client change libraries, together and one at a time. A column is where the session is loaded.
fn session_files(version: Version) -> [String; 2] {
    let keys = ticket_keys(7);
    let fleet = Fleet::alike("files", version, &["-ticket-keys", &keys]);
    DIRECTIONS.map(|Direction { minted, redeemed }| {
        let mut outcome = None;
        for server in LIBRARIES {
            let saved = fleet.mint(server, minted, &[]);
            for later_server in LIBRARIES {
                let now = fleet.redeem(&saved, later_server, redeemed, &[]).outcome();
                assert_eq!(*outcome.get_or_insert(now), now, "{server:?} to {later_server:?}");
            }
        }
        outcome.unwrap_or_default().to_owned()
    })
}

fn other_keys(version: Version) -> [String; 2] {
    let keys = LIBRARIES.map(|libssl| ticket_keys(8 + libssl as u8));
    let fleet = Fleet::start("other-keys", version, &CERTIFICATES.p256, |libssl| {
        vec!["-ticket-keys", &keys[libssl as usize]]
    });
    outcomes(&fleet)
}

fn other_context(version: Version) -> [String; 2] {
    let keys = ticket_keys(10);
    let fleet = Fleet::start("other-context", version, &CERTIFICATES.p256, |libssl| {
        vec!["-ticket-keys", &keys, "-context", appdata(libssl)]
    });
    outcomes(&fleet)
}
