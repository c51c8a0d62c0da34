//! Full handshakes: every suite and group, HelloRetryRequest, names, KeyUpdate, failures.

use std::sync::Arc;

use carnet_tls::{AlertDescription, CipherSuite, ErrorKind, NamedGroup, ProtocolVersion, StateName};

use crate::app::{App, Pair, any_client, client, provider, settings};

const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];

const GROUPS: [NamedGroup; 4] = [
    NamedGroup::X25519MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
];

#[test]
fn every_suite_in_every_group() {
    for suite in SUITES {
        for group in GROUPS {
            let mut app = App::new();
            let config = Arc::new(client(provider(&[group], &[suite]), None));
            let mut pair = Pair::new(&settings(), &config);
            pair.run(&mut app).unwrap();
            assert_eq!(pair.done, 1, "{suite:?} {group:?}");
            assert_eq!(pair.server.suite(), Some(suite));
            assert_eq!(pair.server.group(), Some(group));
            assert_eq!(pair.server.version(), Some(ProtocolVersion::TLS1_3));
            assert!(!pair.server.is_handshaking() && !pair.client.is_handshaking());
            pair.exchange(&mut app);
        }
    }
}

#[test]
fn questions_come_in_the_order_of_openssl() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    assert_eq!(app.asked, ["hello", "name", "credential", "sign", "make", "make"]);
    assert_eq!(pair.server.server_name(), Some("localhost"));
    assert_eq!(pair.client.tls13_tickets_received(), 2);
    assert_eq!(app.drafts, [(vec![0; 8], true), (1_u64.to_be_bytes().to_vec(), false)]);
}

#[test]
fn an_application_may_always_hesitate() {
    let mut app = App::new();
    app.hesitates = true;
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    assert_eq!(pair.done, 1);
    pair.exchange(&mut app);
}

#[test]
fn a_missing_share_is_asked_for_once() {
    for group in GROUPS {
        let mut app = App::new();
        let mut settings = settings();
        settings.groups = vec![group];
        // The client's first share is for another group.
        let other = if group == NamedGroup::SECP256R1 {
            NamedGroup::SECP384R1
        } else {
            NamedGroup::SECP256R1
        };
        let config = Arc::new(client(provider(&[other, group], &[]), None));
        let mut pair = Pair::new(&settings, &config);
        pair.run(&mut app).unwrap();
        assert_eq!(pair.server.group(), Some(group));
        assert_eq!(
            app.asked,
            ["hello", "name", "hello", "name", "credential", "sign", "make", "make"]
        );
        assert_eq!(
            pair.client.handshake_kind(),
            Some(rustls::HandshakeKind::FullWithHelloRetryRequest)
        );
        pair.exchange(&mut app);
    }
}

#[test]
fn protocols_are_negotiated_or_refused() {
    let mut config = client(provider(&[], &[]), None);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let mut app = App::new();
    app.protocol = Some("http/1.1");
    let mut pair = Pair::new(&settings(), &config);
    pair.run(&mut app).unwrap();
    assert_eq!(pair.client.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert_eq!(pair.server.alpn(), Some(&b"http/1.1"[..]));

    app.protocol = None;
    let mut pair = Pair::new(&settings(), &config);
    let error = pair.run(&mut app).unwrap_err();
    assert_eq!(error.alert(), Some(AlertDescription::NoApplicationProtocol));
    assert_eq!(
        error.kind(),
        ErrorKind::Aborted(AlertDescription::NoApplicationProtocol)
    );
    assert_eq!(pair.server.step().unwrap_err(), error, "errors stay");
}

#[test]
fn nothing_in_common_is_a_handshake_failure() {
    type Change = fn(&mut carnet_tls::Settings);
    let cases: [(Change, ErrorKind); 3] = [
        (
            |s| s.suites = vec![CipherSuite::TLS_CHACHA20_POLY1305_SHA256],
            ErrorKind::NoSharedCipher,
        ),
        (|s| s.groups = vec![NamedGroup::SECP384R1], ErrorKind::NoSharedGroup),
        (
            |s| s.max_version = ProtocolVersion::TLS1_2,
            ErrorKind::UnsupportedVersion,
        ),
    ];
    for (change, kind) in cases {
        let mut settings = settings();
        change(&mut settings);
        let config = Arc::new(client(
            provider(&[NamedGroup::X25519], &[CipherSuite::TLS_AES_128_GCM_SHA256]),
            None,
        ));
        let mut pair = Pair::new(&settings, &config);
        assert_eq!(pair.run(&mut App::new()).unwrap_err().kind(), kind);
        assert!(pair.client.process_new_packets().is_err());
    }
}

#[test]
fn keys_are_updated_from_both_sides() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    for _ in 0..3 {
        pair.server.update_keys(true).unwrap();
        pair.flush();
        pair.exchange(&mut app);
        pair.client.refresh_traffic_keys().unwrap();
        pair.exchange(&mut app);
    }
}

#[test]
fn close_notify_goes_both_ways() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    pair.client.send_close_notify();
    pair.run(&mut app).unwrap();
    assert!(pair.server.peer_closed());
    pair.server.write(b"still here").unwrap();
    pair.server.close_notify();
    pair.server.close_notify();
    assert_eq!(pair.server.write(b"no more").unwrap_err().kind(), ErrorKind::Misuse);
    pair.flush();
    assert!(pair.client.process_new_packets().unwrap().peer_has_closed());
}

#[test]
fn exporters_agree() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    let mut ours = [0; 100];
    assert!(
        pair.server
            .export_keying_material(&mut ours, b"EXPERIMENTAL", None)
            .is_err()
    );
    pair.run(&mut app).unwrap();
    for context in [None, Some(&b"context"[..])] {
        pair.server
            .export_keying_material(&mut ours, b"EXPERIMENTAL", context)
            .unwrap();
        let theirs = pair
            .client
            .export_keying_material([0; 100], b"EXPERIMENTAL", context)
            .unwrap();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn small_fragments_and_padding_are_fine() {
    let mut app = App::new();
    let mut settings = settings();
    settings.max_send_fragment = 512;
    settings.record_padding = 256;
    settings.observe = true;
    settings.key_log = true;
    let mut pair = Pair::new(&settings, &any_client());
    pair.server.set_read_ahead(true);
    pair.run(&mut app).unwrap();
    pair.exchange(&mut app);
    let events = pair.server.take_events();
    assert!(
        events
            .iter()
            .any(|e| matches!(e, carnet_tls::Event::State(StateName::EarlyData)))
    );
    assert_eq!(
        events
            .iter()
            .filter(|e| matches!(e, carnet_tls::Event::KeyLog { .. }))
            .count(),
        5
    );
    pair.server.release_buffers();
    assert!(pair.server.client_hello().is_none());
}

#[test]
fn bytes_may_come_one_by_one() {
    for read_ahead in [false, true] {
        let mut app = App::new();
        let mut pair = Pair::new(&settings(), &any_client());
        pair.server.set_read_ahead(read_ahead);
        loop {
            let mut wire = Vec::new();
            while pair.client.wants_write() {
                pair.client.write_tls(&mut wire).unwrap();
            }
            for byte in &wire {
                pair.feed(&mut app, &[*byte]).unwrap();
            }
            if !pair.flush() && wire.is_empty() {
                break;
            }
        }
        assert_eq!(pair.done, 1);
        pair.exchange(&mut app);
    }
}

#[test]
fn an_idle_connection_is_small() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    pair.server.release_buffers();
    assert!(!pair.server.has_buffered_input() && pair.server.output().is_empty());
    assert!(size_of_val(&pair.server) < 2048);
    pair.exchange(&mut app);
}

#[test]
fn the_group_to_retry_with_is_the_servers_choice() {
    let mut settings = settings();
    settings.groups = vec![NamedGroup::SECP384R1, NamedGroup::SECP256R1];
    let groups = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];
    let mut pair = Pair::new(&settings, &Arc::new(client(provider(&groups, &[]), None)));
    pair.run(&mut App::new()).unwrap();
    assert_eq!(pair.server.group(), Some(NamedGroup::SECP384R1));
}

#[test]
fn a_key_update_is_answered_with_the_next_write_and_asked_for_as_often_as_one_likes() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    pair.client.refresh_traffic_keys().unwrap();
    pair.run(&mut app).unwrap();
    assert!(pair.server.owes_key_update());
    assert!(pair.server.output().is_empty());
    assert_eq!(pair.server.write(&[]), Ok(0));
    assert!(!pair.server.owes_key_update());
    pair.exchange(&mut app);
    // The client answers each of ours and has nothing else to say.
    for _ in 0..100 {
        pair.server.update_keys(true).unwrap();
        pair.server.write(b"x").unwrap();
        pair.run(&mut app).unwrap();
    }
}
