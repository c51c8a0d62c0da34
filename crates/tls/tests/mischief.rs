//! Somebody on the way between server and client changes, cuts, swaps and repeats what the server sends. The client must
//! not take it, must not panic, and says so with an alert.

mod support;

use std::sync::Arc;

use carnet_tls::{CipherSuite, ClientAuth, ErrorKind, NamedGroup, Offer, Settings};
use support::app::App;
use support::ours::Ours;
use support::{End, exchange, identity, with};

const SUITE: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;

/// How client and server are set up.
#[derive(Clone, Copy)]
enum Kind {
    Full,
    Retry,
    Resumed,
    ClientAuth,
}

fn client_settings(kind: Kind) -> Arc<Settings> {
    with(|s| {
        s.suites = vec![SUITE];
        s.groups = match kind {
            Kind::Retry => vec![NamedGroup::X25519, NamedGroup::SECP256R1],
            _ => vec![NamedGroup::X25519],
        };
        s.server_name = Some("localhost".into());
        s.protocols = support::protocols(&["h2"]);
    })
}

fn server_settings(kind: Kind) -> Arc<Settings> {
    with(|s| {
        if let Kind::Retry = kind {
            s.groups = vec![NamedGroup::SECP256R1];
        }
        if let Kind::ClientAuth = kind {
            s.client_auth = ClientAuth::Request;
        }
    })
}

fn pair(kind: Kind, offers: &[Offer]) -> (Ours, Ours) {
    let app = App {
        protocols: vec!["h2"],
        ..App::with_identity(&identity::ED25519)
    };
    let server = Ours::server(server_settings(kind), app);
    let client = Ours::client(
        client_settings(kind),
        offers.to_vec(),
        App::with_identity(&identity::ED25519),
    );
    (client, server)
}

fn offers(kind: Kind) -> Vec<Offer> {
    let Kind::Resumed = kind else { return Vec::new() };
    let (mut client, mut server) = pair(Kind::Full, &[]);
    exchange(&mut client, &mut server);
    client.app.offers(SUITE)
}

/// The server's whole answer to the first hello; with a retry, only up to there.
fn flight(client: &mut Ours, server: &mut Ours) -> Vec<u8> {
    client.run();
    server.feed(&client.take_output());
    server.take_output()
}

/// Cuts into records.
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let [_, _, _, high, low, ..] = *bytes {
        let (record, rest) = bytes.split_at(5 + usize::from(u16::from_be_bytes([high, low])));
        records.push(record.to_vec());
        bytes = rest;
    }
    records
}

/// "This field is deprecated and MUST be ignored": the minor version of a record that is not protected may be anything,
/// and what is under no transcript and no key can't be noticed.
fn is_ignored(flight: &[u8], at: usize) -> bool {
    let mut start = 0;
    for record in records(flight) {
        if start + 2 == at {
            return record[0] != 23;
        }
        start += record.len();
    }
    false
}

/// Whatever the client does, it must not be the end of a handshake.
#[track_caller]
fn refused(client: &mut Ours, server: &mut Ours) {
    assert_eq!(client.handshakes, 0);
    if let Some(error) = client.error {
        // Who does not speak TLS at all is not told.
        let told = error.kind() != ErrorKind::NotTls;
        assert_eq!(error.alert().is_some(), told, "{error:?}");
        let output = client.take_output();
        assert_eq!(!output.is_empty(), told);
        // It stays so.
        assert_eq!(client.connection.step().unwrap_err(), error);
        assert!(client.connection.write(b"data").is_err());
        server.feed(&output);
        assert_eq!(server.error.is_some(), told);
    }
}

#[test]
fn every_byte_of_the_flight_changed() {
    for kind in [Kind::Full, Kind::Retry, Kind::Resumed, Kind::ClientAuth] {
        let offers = offers(kind);
        let mut at = 0;
        loop {
            let (mut client, mut server) = pair(kind, &offers);
            let mut flight = flight(&mut client, &mut server);
            if at >= flight.len() {
                break;
            }
            let ignored = is_ignored(&flight, at);
            // Another bit at every place, and now and then all of them.
            flight[at] ^= if at % 9 == 8 { 0xff } else { 1 << (at % 9) };
            client.feed(&flight);
            if client.error.is_none() {
                // What of a HelloRetryRequest goes unnoticed at once, the transcript shows in the end.
                exchange(&mut client, &mut server);
                assert_eq!(client.handshakes, usize::from(ignored), "byte {at}");
            } else {
                refused(&mut client, &mut server);
            }
            at += 1;
        }
        assert!(at > 90);
    }
}

#[test]
fn every_cut_leaves_it_waiting() {
    for kind in [Kind::Full, Kind::Retry, Kind::Resumed] {
        let offers = offers(kind);
        let (mut client, mut server) = pair(kind, &offers);
        let whole = flight(&mut client, &mut server);
        for byte in &whole[..whole.len() - 1] {
            client.feed(&[*byte]);
            assert_eq!(client.error, None);
            assert_eq!(client.handshakes, 0);
        }
        client.feed(&whole[whole.len() - 1..]);
        exchange(&mut client, &mut server);
        assert_eq!(client.handshakes, 1);
    }
}

#[test]
fn records_swapped_dropped_and_repeated() {
    type Change = fn(&mut Vec<Vec<u8>>, usize);
    let changes: [(&str, Change); 3] = [
        ("swapped", |records, at| records.swap(at, at + 1)),
        ("dropped", |records, at| {
            records.remove(at);
        }),
        ("repeated", |records, at| records.insert(at, records[at].clone())),
    ];
    // Small fragments, so that there are many records.
    let answers = with(|s| s.max_send_fragment = 64);
    for (name, change) in changes {
        let mut at = 0;
        loop {
            let app = App::with_identity(&identity::ED25519);
            let mut server = Ours::server(Arc::clone(&answers), app);
            let (mut client, _) = pair(Kind::Full, &[]);
            let mut records = records(&flight(&mut client, &mut server));
            if at + 1 >= records.len() {
                break;
            }
            let is_ccs = records[at][0] == 20;
            change(&mut records, at);
            client.feed(&records.concat());
            if is_ccs {
                // It means nothing, however often it comes or if it doesn't; only, not inside a message.
                assert_eq!(client.handshakes, usize::from(name != "swapped"), "{name} {at}");
            } else {
                refused(&mut client, &mut server);
            }
            at += 1;
        }
        assert!(at > 8, "{name} {at}");
    }
}

#[test]
fn a_flight_of_another_connection() {
    let (mut client, mut server) = pair(Kind::Full, &[]);
    let other = flight(&mut client, &mut server);
    let (mut client, mut server) = pair(Kind::Full, &[]);
    let own = flight(&mut client, &mut server);
    // All of it, then only what comes after ServerHello.
    client.feed(&other);
    assert_eq!(client.error.unwrap().kind(), ErrorKind::BadSessionIdEcho);
    let (mut client, mut server) = pair(Kind::Full, &[]);
    let mut mixed = records(&flight(&mut client, &mut server));
    mixed.truncate(2);
    mixed.extend_from_slice(&records(&own)[2..]);
    client.feed(&mixed.concat());
    assert_eq!(client.error.unwrap().kind(), ErrorKind::BadRecordMac);
    refused(&mut client, &mut server);
}

#[test]
fn every_byte_after_the_handshake_changed() {
    let mut at = 0;
    loop {
        let (mut client, mut server) = pair(Kind::Full, &[]);
        let first = flight(&mut client, &mut server);
        client.feed(&first);
        server.feed(&client.take_output());
        server.send(b"data");
        let mut tickets = server.take_output();
        if at >= tickets.len() {
            break;
        }
        tickets[at] ^= 1 << (at % 8);
        client.feed(&tickets);
        assert!(client.received.is_empty());
        assert!(client.app.tickets.len() < 3);
        if let Some(error) = client.error {
            assert!(error.alert().is_some());
            assert!(!client.take_output().is_empty());
        }
        at += 1;
    }
    assert!(at > 200);
}

#[test]
fn noise_before_anything_else() {
    let noise: [&[u8]; 8] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        &[0; 100],
        &[0xff; 100],
        &[22, 3, 3, 0, 0],
        &[23, 3, 3, 0, 1, 0],
        &[20, 3, 3, 0, 1, 2],
        &[22, 3, 3, 0x40, 1],
    ];
    for bytes in noise {
        let (mut client, _) = pair(Kind::Full, &[]);
        client.run();
        client.take_output();
        client.feed(bytes);
        assert!(client.error.is_some(), "{bytes:?}");
        assert_eq!(client.handshakes, 0);
    }
}
