//! Which version is negotiated, and that nobody can talk us down.

use std::sync::Arc;

use carnet_tls::{AlertDescription, ErrorKind, ProtocolVersion, Settings};

use crate::app::{App, with};
use crate::ends::{End, Ours, exchange, exchange_through, talk, talk_to_them};
use crate::pki;
use crate::theirs::{BOTH, ONLY_12, client, server, their_client, their_server};

const V12: ProtocolVersion = ProtocolVersion::TLS1_2;
const V13: ProtocolVersion = ProtocolVersion::TLS1_3;

fn versions(min: ProtocolVersion, max: ProtocolVersion) -> Arc<Settings> {
    with(|s| (s.min_version, s.max_version) = (min, max))
}

fn pair(client: &Arc<Settings>, server: &Arc<Settings>) -> (Ours, Ours) {
    (
        Ours::client(client, Vec::new(), App::new(None)),
        Ours::server(server, App::new(Some(&pki::P256))),
    )
}

#[test]
fn the_highest_in_common() {
    let all = [(V12, V12), (V12, V13), (V13, V13)];
    for client in all {
        for server in all {
            let (mut a, mut b) = pair(&versions(client.0, client.1), &versions(server.0, server.1));
            exchange(&mut a, &mut b);
            let highest = client.1.min(server.1);
            if highest < client.0.max(server.0) {
                assert_eq!(b.error.unwrap().alert(), Some(AlertDescription::ProtocolVersion));
                assert!(a.error.is_some());
                continue;
            }
            talk(&mut a, &mut b);
            assert_eq!(a.connection.version(), Some(highest));
            assert_eq!(b.connection.version(), Some(highest));
        }
    }
}

#[test]
fn the_highest_in_common_with_them() {
    for (theirs_can, highest) in [(BOTH, V13), (ONLY_12, V12)] {
        let mut ours = Ours::client(&versions(V12, V13), Vec::new(), App::new(None));
        let mut theirs = their_server(&Arc::new(server(theirs_can, &[], &[], &pki::P256, None)));
        exchange(&mut ours, &mut theirs);
        talk_to_them(&mut ours, &mut theirs);
        assert_eq!(ours.connection.version(), Some(highest));

        let mut ours = Ours::server(&versions(V12, V13), App::new(Some(&pki::P256)));
        let mut theirs = their_client(&Arc::new(client(theirs_can, &[], &[], None)));
        exchange(&mut theirs, &mut ours);
        talk_to_them(&mut ours, &mut theirs);
        assert_eq!(ours.connection.version(), Some(highest));
        let sentinel = ours.connection.server_random().ends_with(b"DOWNGRD\x01");
        assert_eq!(sentinel, highest == V12);
    }
    // A server that can do no more has nothing to warn of.
    let (mut a, mut b) = pair(&versions(V12, V13), &versions(V12, V12));
    exchange(&mut a, &mut b);
    talk(&mut a, &mut b);
    assert!(!b.connection.server_random().ends_with(b"DOWNGRD\x01"));
}

/// Somebody in the middle takes supported_versions away.
fn hide_versions(from_client: bool, mut bytes: Vec<u8>) -> Vec<u8> {
    let extension = [0, 43, 0, 5, 4, 3, 4, 3, 3];
    if from_client && let Some(at) = bytes.windows(9).position(|w| w == extension) {
        bytes[at..at + 2].copy_from_slice(&[0x7a, 0x7a]);
    }
    bytes
}

#[test]
fn a_downgrade_is_seen_by_the_client() {
    let (mut a, mut b) = pair(&versions(V12, V13), &versions(V12, V13));
    exchange_through(&mut a, &mut b, &mut hide_versions);
    assert_eq!(a.error.unwrap().kind(), ErrorKind::Downgrade);
    assert_eq!(
        b.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::IllegalParameter)
    );
    // Theirs, too.
    let mut ours = Ours::client(&versions(V12, V13), Vec::new(), App::new(None));
    let mut theirs = their_server(&Arc::new(server(BOTH, &[], &[], &pki::P256, None)));
    exchange_through(&mut ours, &mut theirs, &mut hide_versions);
    assert_eq!(ours.error.unwrap().kind(), ErrorKind::Downgrade);
    // And theirs sees ours.
    let mut ours = Ours::server(&versions(V12, V13), App::new(Some(&pki::P256)));
    let mut theirs = their_client(&Arc::new(client(BOTH, &[], &[], None)));
    exchange_through(&mut theirs, &mut ours, &mut hide_versions);
    assert!(theirs.error.is_some() && ours.done == 0);
}

#[test]
fn a_fallback_is_refused_by_a_server_that_can_do_more() {
    for (max, refused) in [(V13, true), (V12, false)] {
        let (mut a, mut b) = pair(&versions(V12, V12), &versions(V12, max));
        a.feed(&[]);
        let mut hello = a.take_output();
        // The SCSV of secure renegotiation becomes that of a fallback.
        let at = hello.windows(4).position(|w| w == [0x00, 0xff, 1, 0]).unwrap();
        hello[at..at + 2].copy_from_slice(&[0x56, 0x00]);
        b.feed(&hello);
        assert_eq!(
            b.error.map(|e| e.kind()),
            refused.then_some(ErrorKind::InappropriateFallback)
        );
    }
}

#[test]
fn tls12_sessions_are_offered_beside_tls13() {
    let (mut a, mut b) = pair(&versions(V12, V13), &versions(V12, V12));
    exchange(&mut a, &mut b);
    talk(&mut a, &mut b);
    let both = versions(V12, V13);
    // Resumed where TLS 1.2 is all there is, passed over where there is more.
    for (max, resumed) in [(V12, true), (V13, false)] {
        let mut client = Ours::client(&both, a.app.offers(), App::new(None));
        let mut server = Ours::server(&versions(V12, max), App::new(Some(&pki::P256)));
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert_eq!(client.connection.resumed(), resumed);
        assert_eq!(client.connection.version(), Some(max));
    }
}
