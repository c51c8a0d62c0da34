//! Our client against a rustls server.

mod support;

use std::sync::Arc;

use carnet_tls::{AlertDescription, CipherSuite, ErrorKind, NamedGroup, ProtocolVersion};
use rustls::{HandshakeKind, ServerConfig};
use support::app::App;
use support::identity::{self, Identity};
use support::ours::Ours;
use support::theirs::{Theirs, server_config};
use support::{GROUPS, SUITES, exchange, protocols, settings, with};

/// A server that takes everything.
fn any_server() -> Arc<ServerConfig> {
    Arc::new(server_config(&SUITES, &GROUPS, &identity::P256, None))
}

/// Data goes both ways.
#[track_caller]
fn talk(client: &mut Ours, server: &mut Theirs) {
    assert_eq!(client.error, None);
    assert_eq!(server.error, None);
    client.received.clear();
    server.received.clear();
    client.send(b"ping");
    server.send(b"pong");
    exchange(client, server);
    assert_eq!(client.error, None);
    assert_eq!(server.error, None);
    assert_eq!(server.received, b"ping");
    assert_eq!(client.received, b"pong");
}

fn connect(client: &mut Ours, config: &Arc<ServerConfig>) -> Theirs {
    let mut server = Theirs::server(config);
    exchange(client, &mut server);
    server
}

#[test]
fn full_handshake_with_every_suite_and_group() {
    for suite in SUITES {
        for group in GROUPS {
            let config = Arc::new(server_config(&[suite], &[group], &identity::P256, None));
            let settings = with(|s| {
                s.suites = vec![suite];
                s.groups = vec![group];
            });
            let mut client = Ours::client(settings, Vec::new(), App::new());
            let mut server = connect(&mut client, &config);
            talk(&mut client, &mut server);
            assert_eq!(client.handshakes, 1);
            assert_eq!(client.connection.version(), Some(ProtocolVersion::TLS1_3));
            assert_eq!(client.connection.suite(), Some(suite));
            assert_eq!(client.connection.group(), Some(group));
            assert!(!client.connection.resumed());
            assert_eq!(server.connection.handshake_kind(), Some(HandshakeKind::Full));
            assert_eq!(
                client.app.asked,
                ["VerifyChain", "VerifySignature", "ReceivedTicket", "ReceivedTicket"]
            );
            assert_eq!(client.app.last_chain, std::slice::from_ref(&identity::P256.certificate));
        }
    }
}

#[test]
fn every_kind_of_key_signs() {
    for identity in [&identity::P256, &identity::P384, &identity::ED25519, &identity::RSA] {
        let config = Arc::new(server_config(&SUITES, &GROUPS, identity, None));
        let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
        let mut server = connect(&mut client, &config);
        talk(&mut client, &mut server);
        assert!(client.connection.peer_scheme().is_some());
    }
}

#[test]
fn hello_retry_request_for_every_group() {
    for (first, second) in [
        (NamedGroup::X25519, NamedGroup::SECP256R1),
        (NamedGroup::SECP256R1, NamedGroup::SECP384R1),
        (NamedGroup::SECP384R1, NamedGroup::X25519),
        (NamedGroup::X25519, NamedGroup::X25519MLKEM768),
        (NamedGroup::X25519MLKEM768, NamedGroup::SECP384R1),
    ] {
        for compat in [true, false] {
            let config = Arc::new(server_config(&SUITES, &[second], &identity::P256, None));
            let settings = with(|s| {
                s.groups = vec![first, second];
                s.middlebox_compat = compat;
            });
            let mut client = Ours::client(settings, Vec::new(), App::new());
            let mut server = connect(&mut client, &config);
            talk(&mut client, &mut server);
            assert_eq!(client.connection.group(), Some(second));
            assert_eq!(
                server.connection.handshake_kind(),
                Some(HandshakeKind::FullWithHelloRetryRequest)
            );
        }
    }
}

#[test]
fn x25519_goes_along_with_the_hybrid() {
    // No HelloRetryRequest for a server that does not know ML-KEM.
    let config = Arc::new(server_config(&SUITES, &[NamedGroup::X25519], &identity::P256, None));
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let mut server = connect(&mut client, &config);
    talk(&mut client, &mut server);
    assert_eq!(server.connection.handshake_kind(), Some(HandshakeKind::Full));
}

#[test]
fn resumes_across_connections() {
    for suite in SUITES {
        let config = Arc::new(server_config(&[suite], &GROUPS, &identity::P256, None));
        let mut first = Ours::client(Arc::new(settings()), Vec::new(), App::new());
        let mut server = connect(&mut first, &config);
        talk(&mut first, &mut server);
        let mut offers = first.app.offers(suite);
        assert_eq!(offers.len(), 2);
        for _ in 0..3 {
            let mut client = Ours::client(Arc::new(settings()), offers, App::new());
            let mut server = connect(&mut client, &config);
            talk(&mut client, &mut server);
            assert!(client.connection.resumed());
            assert_eq!(server.connection.handshake_kind(), Some(HandshakeKind::Resumed));
            assert!(client.connection.peer_chain().is_empty());
            assert!(!client.app.asked.contains(&"VerifyChain"));
            offers = client.app.offers(suite);
            assert!(!offers.is_empty());
        }
    }
}

#[test]
fn resumes_after_a_hello_retry_request_with_fresh_binders() {
    let suite = CipherSuite::TLS_AES_128_GCM_SHA256;
    let mut config = server_config(&[suite], &GROUPS, &identity::P256, None);
    let mut first = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let ticketer = Arc::clone(&config.ticketer);
    let mut server = connect(&mut first, &Arc::new(config));
    talk(&mut first, &mut server);
    config = server_config(&[suite], &[NamedGroup::SECP384R1], &identity::P256, None);
    config.ticketer = ticketer;
    let mut client = Ours::client(Arc::new(settings()), first.app.offers(suite), App::new());
    let mut server = connect(&mut client, &Arc::new(config));
    talk(&mut client, &mut server);
    assert!(client.connection.resumed());
    assert_eq!(server.connection.handshake_kind(), Some(HandshakeKind::Resumed));
}

#[test]
fn an_unknown_ticket_leads_to_a_full_handshake() {
    let suite = CipherSuite::TLS_AES_128_GCM_SHA256;
    let mut first = Ours::client(with(|s| s.suites = vec![suite]), Vec::new(), App::new());
    let mut server = connect(&mut first, &any_server());
    talk(&mut first, &mut server);
    let mut client = Ours::client(with(|s| s.suites = vec![suite]), first.app.offers(suite), App::new());
    let mut server = connect(&mut client, &any_server());
    talk(&mut client, &mut server);
    assert!(!client.connection.resumed());
    assert_eq!(server.connection.handshake_kind(), Some(HandshakeKind::Full));
}

#[test]
fn a_wrong_psk_is_refused_by_the_server() {
    let suite = CipherSuite::TLS_AES_128_GCM_SHA256;
    let config = any_server();
    let mut first = Ours::client(with(|s| s.suites = vec![suite]), Vec::new(), App::new());
    let mut server = connect(&mut first, &config);
    talk(&mut first, &mut server);
    first.app.tickets[0].secret[0] ^= 1;
    let mut client = Ours::client(with(|s| s.suites = vec![suite]), first.app.offers(suite), App::new());
    connect(&mut client, &config);
    assert_eq!(
        client.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::DecryptError)
    );
}

#[test]
fn client_certificates() {
    for identity in [&identity::P256, &identity::P384, &identity::ED25519, &identity::RSA] {
        let config = Arc::new(server_config(&SUITES, &GROUPS, &identity::P256, Some(identity)));
        let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::with_identity(identity));
        let mut server = connect(&mut client, &config);
        talk(&mut client, &mut server);
        let seen: &Identity = identity;
        assert_eq!(
            server.connection.peer_certificates().unwrap()[0].as_ref(),
            &seen.certificate[..]
        );
        assert!(client.connection.own_scheme().is_some());
    }
}

#[test]
fn no_client_certificate_is_said_so() {
    let config = Arc::new(server_config(&SUITES, &GROUPS, &identity::P256, Some(&identity::P256)));
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let mut server = connect(&mut client, &config);
    talk(&mut client, &mut server);
    assert!(server.connection.peer_certificates().is_none());
    assert!(client.app.asked.contains(&"Credential"));
}

#[test]
fn alpn_and_server_name() {
    let mut config = server_config(&SUITES, &GROUPS, &identity::P256, None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let config = Arc::new(config);
    let settings = with(|s| {
        s.protocols = protocols(&["http/1.1", "h2"]);
        s.server_name = Some("localhost".into());
    });
    let mut client = Ours::client(settings, Vec::new(), App::new());
    let mut server = connect(&mut client, &config);
    talk(&mut client, &mut server);
    assert_eq!(client.connection.alpn(), Some(&b"h2"[..]));
    assert_eq!(server.connection.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(server.connection.server_name(), Some("localhost"));
    assert_eq!(client.connection.server_name(), Some("localhost"));

    let settings = with(|s| s.protocols = protocols(&["spdy/1"]));
    let mut client = Ours::client(settings, Vec::new(), App::new());
    connect(&mut client, &config);
    assert_eq!(
        client.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::NoApplicationProtocol)
    );
}

#[test]
fn key_updates_both_ways() {
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let mut server = connect(&mut client, &any_server());
    talk(&mut client, &mut server);
    for request in [false, true, true] {
        client.connection.update_keys(request).unwrap();
        talk(&mut client, &mut server);
    }
    for _ in 0..3 {
        server.connection.refresh_traffic_keys().unwrap();
        talk(&mut client, &mut server);
    }
}

#[test]
fn exported_keys_agree() {
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let server = connect(&mut client, &any_server());
    for context in [None, Some(&b""[..]), Some(b"context")] {
        let mut ours = [0; 77];
        client
            .connection
            .export_keying_material(&mut ours, b"EXPERIMENTAL carnet", context)
            .unwrap();
        let theirs = server
            .connection
            .export_keying_material([0; 77], b"EXPERIMENTAL carnet", context)
            .unwrap();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn a_refused_chain_tells_the_server_why() {
    let app = App {
        refuse_chain: Some(AlertDescription::UnknownCa),
        ..App::new()
    };
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), app);
    let server = connect(&mut client, &any_server());
    assert_eq!(
        client.error.unwrap().kind(),
        ErrorKind::ChainRefused(AlertDescription::UnknownCa)
    );
    assert_eq!(
        server.error,
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA))
    );
    assert_eq!(client.connection.step().unwrap_err(), client.error.unwrap());
}

#[test]
fn every_question_may_wait() {
    let config = Arc::new(server_config(&SUITES, &GROUPS, &identity::P256, Some(&identity::P256)));
    let app = App {
        hesitates: true,
        ..App::with_identity(&identity::P256)
    };
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), app);
    let mut server = connect(&mut client, &config);
    talk(&mut client, &mut server);
    assert_eq!(
        client.app.asked[..4],
        ["VerifyChain", "VerifySignature", "Credential", "Sign"]
    );
}

#[test]
fn large_data_in_small_records() {
    let data: Vec<u8> = (0..1 << 20).map(|i: u32| (i % 251) as u8).collect();
    let settings = with(|s| {
        s.max_send_fragment = 1000;
        s.record_padding = 128;
    });
    let mut client = Ours::client(settings, Vec::new(), App::new());
    let mut server = connect(&mut client, &any_server());
    client.send(&data);
    for chunk in data.chunks(50_000) {
        server.send(chunk);
        exchange(&mut client, &mut server);
    }
    assert_eq!(server.received, data);
    assert_eq!(client.received, data);
}

#[test]
fn closing() {
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let mut server = connect(&mut client, &any_server());
    server.connection.send_close_notify();
    exchange(&mut client, &mut server);
    assert!(client.closed && client.connection.peer_closed());
    client.connection.close_notify();
    exchange(&mut client, &mut server);
    assert_eq!(server.error, None);
}

#[test]
fn a_server_without_tls13_is_told_so() {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity::P256.their_chain(), identity::P256.their_key())
        .unwrap();
    let mut client = Ours::client(Arc::new(settings()), Vec::new(), App::new());
    let server = connect(&mut client, &Arc::new(config));
    // A rustls server asked for TLS 1.2 alone finds no version in common with a hello for TLS 1.3 alone.
    assert_eq!(
        client.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::ProtocolVersion)
    );
    assert!(server.error.is_some());
}
