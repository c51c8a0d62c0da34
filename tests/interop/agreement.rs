//! Whichever two of libcarnet and OpenSSL talk, both ends report the same: each case runs with all four pairs, and what
//! OpenSSL says to OpenSSL is right.

use std::thread;

use crate::peer::{self, Report};
use crate::place::{CERTIFICATES, Identity, Libssl};
use crate::version::{VERSIONS, Version};

const LIBRARIES: [Libssl; 2] = [Libssl::Systems, Libssl::Ours];
const KEYS: &str = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f\
                    101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
                    303132333435363738393a3b3c3d3e3f";

/// A server with `server`'s options, and a client with `client`'s that comes `rounds` times.
struct Case<'a> {
    identity: &'a Identity,
    rounds: usize,
    server: Vec<&'a str>,
    client: Vec<&'a str>,
}

fn case<'a>(server: &[&'a str], client: &[&'a str]) -> Case<'a> {
    let mut client = client.to_vec();
    if !client.contains(&"-groups") {
        // What comes first by itself is a matter of the version: X25519MLKEM768 since OpenSSL 3.5.
        client.extend(["-groups", "X25519:P-256:P-384"]);
    }
    Case {
        identity: &CERTIFICATES.p256,
        rounds: 1,
        server: server.to_vec(),
        client,
    }
}

/// The client comes twice, the second time with its session.
fn twice<'a>(version: Version, server: &[&'a str], client: &[&'a str]) -> Case<'a> {
    Case {
        rounds: 2,
        ..case(server, &[client, &["-resume"], &version.only()].concat())
    }
}

impl Case<'_> {
    fn run(&self, server: Libssl, client: Libssl) -> (Vec<Report>, Vec<Report>) {
        let rounds = self.rounds.to_string();
        let options = [&["-echo", "-rounds", &rounds], &self.server[..]].concat();
        let listening = peer::Server::start_on(server, self.identity, &options);
        let line = ["-text", "hello\\n", "-recv", "6", "-rounds", &rounds];
        let client = peer::any_client_on(client, &listening.port, &[&line[..], &self.client].concat());
        (listening.any_reports(), client)
    }

    /// What both ends say of each connection, the server first; the same for all pairs of libraries.
    #[track_caller]
    fn agreed(&self) -> Vec<[String; 2]> {
        let facts = |(server, client): (Vec<Report>, Vec<Report>)| -> Vec<[String; 2]> {
            assert_eq!((server.len(), client.len()), (self.rounds, self.rounds));
            server
                .iter()
                .zip(&client)
                .map(|(s, c)| [s.facts(), c.facts()])
                .collect()
        };
        let right = facts(self.run(Libssl::Systems, Libssl::Systems));
        for server in LIBRARIES {
            for client in LIBRARIES {
                if server == Libssl::Ours || client == Libssl::Ours {
                    let found = facts(self.run(server, client));
                    assert!(
                        found == right,
                        "server {server:?} {:?}, client {client:?} {:?}:\n{found:#?}\nbut OpenSSL says\n{right:#?}",
                        self.server,
                        self.client
                    );
                }
            }
        }
        right
    }

    /// Agreed, and the last connection's report has these pieces at both ends.
    #[track_caller]
    fn expect(&self, pieces: &[&str]) {
        let all = self.agreed();
        let last = all.last().expect("a connection");
        for piece in pieces {
            assert!(
                last.iter().all(|end| end.contains(piece)),
                "{piece} with {:?} and {:?} in {last:#?}",
                self.server,
                self.client
            );
        }
    }
}

/// Every lowest and highest version of the one with every one of the other.
#[test]
fn versions() {
    let ranges = [("1.2", "1.2"), ("1.2", "1.3"), ("1.3", "1.3")];
    thread::scope(|scope| {
        for server in ranges {
            scope.spawn(move || {
                for client in ranges {
                    let common = server.1.min(client.1);
                    let expected = if common < server.0.max(client.0) {
                        "ok=0".to_owned()
                    } else {
                        format!("ok=1 version=TLSv{common}")
                    };
                    let case = case(
                        &["-min", server.0, "-max", server.1],
                        &["-min", client.0, "-max", client.1],
                    );
                    case.expect(&expected.split(' ').map(|piece| piece.trim()).collect::<Vec<_>>());
                }
            });
        }
    });
}

/// Tickets or the cache, as both ends like it.
#[test]
fn ways_to_resume() {
    for version in VERSIONS {
        twice(version, &[], &[]).expect(&["resumed=1"]);
        twice(version, &["-no-ticket"], &[]).expect(&["resumed=1"]);
        twice(version, &[], &["-no-ticket"]).expect(&["resumed=1"]);
        twice(version, &["-no-ticket"], &["-no-ticket"]).expect(&["resumed=1"]);
        twice(version, &["-tickets", "0"], &[]).agreed();
        twice(version, &["-appdata", "kept"], &[]).expect(&["resumed=1"]);
    }
}

/// A key callback: its keys, a ticket renewed at each resumption, and none at all (in TLS 1.2 a NewSessionTicket without
/// a ticket, which a client has to ignore).
#[test]
fn key_callbacks() {
    for version in VERSIONS {
        for kind in ["evp", "hmac"] {
            let keys = ["-ticket-keys", KEYS, "-key-callback", kind];
            twice(version, &keys, &[]).expect(&["resumed=1", "tickets=0"]);
            // A client of TLS 1.2 does not hear of it: to its new-session callback that is no new session.
            let renewed = twice(version, &[&keys[..], &["-renew"]].concat(), &[]).agreed();
            assert!(
                renewed[1][0].contains("resumed=1") && renewed[1][0].contains("tickets=1"),
                "{renewed:#?}"
            );
        }
        twice(version, &["-ticket-keys", KEYS, "-key-callback", "none"], &[]).agreed();
    }
}

/// Extended master secrets (RFC 7627) at both ends, at one, at none.
#[test]
fn extended_master_secrets() {
    for server in [&[][..], &["-no-ems"]] {
        for client in [&[][..], &["-no-ems"]] {
            let ems = ["ems=0", "ems=1"][usize::from(server.is_empty() && client.is_empty())];
            twice(Version::Tls12, server, client).expect(&["resumed=1", ems]);
        }
    }
}

#[test]
fn client_certificates() {
    let c = &*CERTIFICATES;
    for version in VERSIONS {
        for identity in [&c.client, &c.rsa, &c.ed25519, &c.p384] {
            let shown = ["-cert", &identity.cert, "-key", &identity.key];
            let asking = ["-ca", &c.ca, "-verify", "require"];
            twice(version, &asking, &shown).expect(&["resumed=1"]);
        }
        let only = version.only();
        for demand in ["peer", "require", "any"] {
            let asking = ["-ca", &c.ca, "-verify", demand];
            case(&asking, &only).agreed();
            let stranger = [&only[..], &["-cert", &c.stranger.cert, "-key", &c.stranger.key]].concat();
            case(&asking, &stranger).agreed();
        }
    }
}

/// ALPN and SNI, wanted and refused.
#[test]
fn names() {
    let c = &*CERTIFICATES;
    for version in VERSIONS {
        let [server, client] = [["-alpn", "h2,http/1.1"], ["-alpn", "http/1.1,h2"]];
        twice(version, &server, &client).expect(&["alpn=h2", "resumed=1"]);
        let only = version.only();
        case(&["-alpn", "h2"], &[&["-alpn", "smtp"], &only[..]].concat()).expect(&["ok=0"]);
        case(&["-alpn", "h2"], &only).expect(&["ok=1"]);
        let second = [
            "-vhost",
            "other.example",
            "-vhost-cert",
            &c.other.cert,
            "-vhost-key",
            &c.other.key,
        ];
        twice(version, &second, &["-sni", "other.example"]).expect(&["resumed=1", "sni=other.example"]);
    }
}

/// TLS 1.2's suite is chosen by either end's preference, and goes with a certificate, its curve and a signature.
#[test]
fn choices_of_tls12() {
    let c = &*CERTIFICATES;
    let only = Version::Tls12.only();
    let both = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
    let other = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256";
    for preference in [&[][..], &["-server-preference"]] {
        let server = [&["-ciphers", both], preference].concat();
        case(&server, &[&only[..], &["-ciphers", other]].concat()).expect(&["ok=1"]);
    }
    for identity in [&c.p256, &c.p384, &c.rsa, &c.ed25519] {
        for options in [
            ["-groups", "X25519"],
            ["-groups", "P-256"],
            ["-groups", "P-384"],
            ["-groups", "X25519:P-384"],
            ["-ciphers", "ECDHE-RSA-AES128-GCM-SHA256"],
            ["-ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305"],
            ["-sigalgs", "RSA+SHA256:ECDSA+SHA256"],
            ["-sigalgs", "rsa_pss_rsae_sha384:ECDSA+SHA384"],
            ["-sigalgs", "ed25519:RSA+SHA512:ECDSA+SHA512"],
        ] {
            let case = case(&[], &[&only[..], &options].concat());
            Case { identity, ..case }.agreed();
        }
    }
}
