//! Our client against our server.

mod support;

use std::sync::Arc;

use carnet_tls::{
    AlertDescription, CipherSuite, ClientAuth, ErrorKind, Event, NamedGroup, Offer, ProtocolVersion, Settings, Step,
};
use support::app::App;
use support::ours::Ours;
use support::{End, GROUPS, SUITES, exchange, identity, protocols, settings, with};

fn default() -> Arc<Settings> {
    Arc::new(settings())
}

fn server(settings: Arc<Settings>) -> Ours {
    Ours::server(settings, App::with_identity(&identity::P256))
}

fn client(settings: Arc<Settings>, offers: Vec<Offer>) -> Ours {
    Ours::client(settings, offers, App::new())
}

#[track_caller]
fn talk(client: &mut Ours, server: &mut Ours) {
    exchange(client, server);
    assert_eq!((client.error, server.error), (None, None));
    client.received.clear();
    server.received.clear();
    client.send(b"ping");
    server.send(b"pong");
    exchange(client, server);
    assert_eq!((client.error, server.error), (None, None));
    assert_eq!(
        (&client.received[..], &server.received[..]),
        (&b"pong"[..], &b"ping"[..])
    );
}

/// Both sides say the same of the connection.
#[track_caller]
fn agree(client: &Ours, server: &Ours) {
    let (a, b) = (&client.connection, &server.connection);
    assert_eq!(a.version(), Some(ProtocolVersion::TLS1_3));
    assert_eq!(a.version(), b.version());
    assert_eq!(a.suite(), b.suite());
    assert_eq!(a.group(), b.group());
    assert_eq!(a.alpn(), b.alpn());
    assert_eq!(a.server_name(), b.server_name());
    assert_eq!(a.resumed(), b.resumed());
    assert_eq!(a.client_random(), b.client_random());
    assert_eq!(a.server_random(), b.server_random());
    assert_eq!(a.finished_local(), b.finished_peer());
    assert_eq!(a.finished_peer(), b.finished_local());
    assert_eq!(a.own_scheme(), b.peer_scheme());
    assert_eq!(a.peer_scheme(), b.own_scheme());
    let (mut ours, mut theirs) = ([0; 64], [0; 64]);
    a.export_keying_material(&mut ours, b"label", Some(b"context")).unwrap();
    b.export_keying_material(&mut theirs, b"label", Some(b"context"))
        .unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn full_and_resumed_with_every_suite_and_group() {
    for suite in SUITES {
        for group in GROUPS {
            let chosen = with(|s| {
                s.suites = vec![suite];
                s.groups = vec![group];
            });
            let (mut c, mut s) = (client(Arc::clone(&chosen), Vec::new()), server(default()));
            talk(&mut c, &mut s);
            agree(&c, &s);
            assert_eq!((c.connection.suite(), c.connection.group()), (Some(suite), Some(group)));
            assert_eq!(c.app.tickets.len(), 2);

            let (mut c, mut s) = (client(chosen, c.app.offers(suite)), server(default()));
            talk(&mut c, &mut s);
            agree(&c, &s);
            assert!(c.connection.resumed());
            assert_eq!(c.app.asked, ["ReceivedTicket"]);
        }
    }
}

#[test]
fn retry_full_and_resumed() {
    let suite = SUITES[0];
    for group in [NamedGroup::X25519MLKEM768, NamedGroup::SECP256R1, NamedGroup::SECP384R1] {
        for compat in [true, false] {
            let asks = with(|s| {
                s.groups = vec![NamedGroup::X25519, group];
                s.middlebox_compat = compat;
            });
            let answers = || with(|s| s.groups = vec![group]);
            let (mut c, mut s) = (client(Arc::clone(&asks), Vec::new()), server(answers()));
            talk(&mut c, &mut s);
            agree(&c, &s);
            let (mut c, mut s) = (client(asks, c.app.offers(suite)), server(answers()));
            talk(&mut c, &mut s);
            agree(&c, &s);
            assert!(c.connection.resumed());
            assert_eq!(c.connection.group(), Some(group));
        }
    }
}

#[test]
fn a_retry_drops_tickets_of_another_hash() {
    let suite = CipherSuite::TLS_AES_128_GCM_SHA256;
    let (mut c, mut s) = (client(with(|s| s.suites = vec![suite]), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    let asks = with(|s| s.groups = vec![NamedGroup::X25519, NamedGroup::SECP384R1]);
    let answers = with(|s| {
        s.suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
        s.groups = vec![NamedGroup::SECP384R1];
    });
    let (mut c, mut s) = (client(asks, c.app.offers(suite)), server(answers));
    talk(&mut c, &mut s);
    agree(&c, &s);
    assert!(!c.connection.resumed());
}

#[test]
fn a_ticket_serves_any_suite_of_its_hash() {
    let (mut c, mut s) = (
        client(
            with(|s| s.suites = vec![CipherSuite::TLS_AES_128_GCM_SHA256]),
            Vec::new(),
        ),
        server(default()),
    );
    talk(&mut c, &mut s);
    let offers = c.app.offers(CipherSuite::TLS_AES_128_GCM_SHA256);
    let chacha = with(|s| s.suites = vec![CipherSuite::TLS_CHACHA20_POLY1305_SHA256]);
    let (mut c, mut s) = (client(chacha, offers), server(default()));
    talk(&mut c, &mut s);
    agree(&c, &s);
    assert!(c.connection.resumed());
}

#[test]
fn the_second_of_two_tickets_is_taken_when_the_first_is_unknown() {
    let (mut c, mut s) = (client(default(), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    let suite = c.connection.suite().unwrap();
    c.app.tickets[0].ticket = bytes::Bytes::from_static(&[0; 200]);
    let (mut c, mut s) = (client(default(), c.app.offers(suite)), server(default()));
    talk(&mut c, &mut s);
    agree(&c, &s);
    assert!(c.connection.resumed());
    assert_eq!(s.app.asked.iter().filter(|asked| **asked == "OpenTicket").count(), 2);
}

#[test]
fn tickets_that_cannot_be_offered_are_left_out() {
    let (mut c, mut s) = (client(default(), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    let suite = c.connection.suite().unwrap();
    let good = c.app.offers(suite).remove(0);
    let spoilt = |change: fn(&mut carnet_ticket::Session)| {
        let mut session = carnet_ticket::Session::clone(&good.session);
        change(&mut session);
        Offer {
            session: Arc::new(session),
            age_ms: 0,
        }
    };
    let offers = vec![
        spoilt(|s| s.ticket = None),
        spoilt(|s| s.ticket = Some(bytes::Bytes::new())),
        spoilt(|s| s.ticket = Some(vec![1; 65_535].into())),
        spoilt(|s| s.protocol = 0x0303),
        spoilt(|s| s.cipher = 0x1399),
        spoilt(|s| s.lifetime_hint = 0),
        spoilt(|s| s.secret = carnet_ticket::Secret::default()),
        Offer {
            session: Arc::clone(&good.session),
            age_ms: 7_201_000,
        },
    ];
    let (mut c, mut s) = (client(default(), offers), server(default()));
    talk(&mut c, &mut s);
    assert!(!c.connection.resumed());
    assert!(!s.app.asked.contains(&"OpenTicket"));
}

#[test]
fn client_certificates_in_the_handshake() {
    for identity in [&identity::P256, &identity::P384, &identity::ED25519, &identity::RSA] {
        let asks = with(|s| s.client_auth = ClientAuth::Request);
        let mut c = Ours::client(default(), Vec::new(), App::with_identity(identity));
        let mut s = server(asks);
        talk(&mut c, &mut s);
        agree(&c, &s);
        assert_eq!(s.app.last_chain, std::slice::from_ref(&identity.certificate));
    }
}

#[test]
fn no_client_certificate() {
    let asks = || with(|s| s.client_auth = ClientAuth::Request);
    let (mut c, mut s) = (client(default(), Vec::new()), server(asks()));
    talk(&mut c, &mut s);
    agree(&c, &s);
    assert!(s.connection.peer_chain().is_empty());

    let app = App {
        refuse_chain: Some(AlertDescription::CertificateRequired),
        ..App::with_identity(&identity::P256)
    };
    let (mut c, mut s) = (client(default(), Vec::new()), Ours::server(asks(), app));
    exchange(&mut c, &mut s);
    assert_eq!(
        c.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::CertificateRequired)
    );
    assert_eq!(
        s.error.unwrap().kind(),
        ErrorKind::ChainRefused(AlertDescription::CertificateRequired)
    );
}

#[test]
fn authentication_after_the_handshake_many_times() {
    let offers = with(|s| s.post_handshake_auth = true);
    let mut c = Ours::client(offers, Vec::new(), App::with_identity(&identity::P384));
    let mut s = server(default());
    talk(&mut c, &mut s);
    assert!(s.connection.peer_chain().is_empty());
    for round in 1..=3 {
        s.connection.request_client_certificate().unwrap();
        talk(&mut c, &mut s);
        assert_eq!(s.app.last_chain, std::slice::from_ref(&identity::P384.certificate));
        assert_eq!((c.handshakes, s.handshakes), (1 + round, 1 + round));
        assert_eq!(c.app.tickets.len(), 2 * (1 + round));
        // New keys in between must not matter.
        c.connection.update_keys(true).unwrap();
        talk(&mut c, &mut s);
    }
    // Tickets from then on work as any others.
    let suite = c.connection.suite().unwrap();
    let (mut c, mut s) = (client(default(), c.app.offers(suite)), server(default()));
    talk(&mut c, &mut s);
    assert!(c.connection.resumed());
}

#[test]
fn the_answer_to_a_late_request_is_not_interrupted() {
    let offers = with(|s| s.post_handshake_auth = true);
    let mut c = Ours::client(offers, Vec::new(), App::with_identity(&identity::P256));
    let mut s = server(default());
    talk(&mut c, &mut s);
    s.connection.request_client_certificate().unwrap();
    s.run();
    // The application turns to something else between the question for a certificate and the one for a signature.
    for byte in s.take_output() {
        c.connection.input_buffer()[0] = byte;
        c.connection.received(1);
        while let Step::Ask(question) = c.connection.step().unwrap() {
            c.connection.update_keys(true).unwrap();
            assert_eq!(c.connection.write(b"data").unwrap(), 0);
            let answer = c.app.answer(&c.connection, question);
            c.connection.answer(answer).unwrap();
        }
    }
    talk(&mut c, &mut s);
    assert_eq!(s.app.last_chain, std::slice::from_ref(&identity::P256.certificate));
}

#[test]
fn authentication_after_the_handshake_without_certificate() {
    let offers = with(|s| s.post_handshake_auth = true);
    let (mut c, mut s) = (client(offers, Vec::new()), server(default()));
    talk(&mut c, &mut s);
    s.connection.request_client_certificate().unwrap();
    talk(&mut c, &mut s);
    assert!(s.connection.peer_chain().is_empty());
    assert!(c.app.asked.contains(&"Credential") && !c.app.asked.contains(&"Sign"));
    assert_eq!((c.handshakes, s.handshakes), (2, 2));
}

#[test]
fn authentication_after_the_handshake_needs_the_offer() {
    let (mut c, mut s) = (client(default(), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    assert_eq!(
        s.connection.request_client_certificate().unwrap_err().kind(),
        ErrorKind::Misuse
    );
    talk(&mut c, &mut s);
}

#[test]
fn authentication_after_a_resumption() {
    let offers_pha = with(|s| s.post_handshake_auth = true);
    let (mut c, mut s) = (client(default(), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    let suite = c.connection.suite().unwrap();
    let mut c = Ours::client(offers_pha, c.app.offers(suite), App::with_identity(&identity::P256));
    let mut s = server(default());
    talk(&mut c, &mut s);
    s.connection.request_client_certificate().unwrap();
    talk(&mut c, &mut s);
    assert!(c.connection.resumed());
    assert_eq!(s.app.last_chain, std::slice::from_ref(&identity::P256.certificate));
}

#[test]
fn as_many_tickets_as_the_server_likes() {
    for n in [0, 1, 2, 7] {
        let (mut c, mut s) = (client(default(), Vec::new()), server(with(|s| s.num_tickets = n)));
        talk(&mut c, &mut s);
        assert_eq!(c.app.tickets.len(), n);
        for _ in 0..3 {
            s.connection.request_ticket().unwrap();
        }
        talk(&mut c, &mut s);
        assert_eq!(c.app.tickets.len(), n + 3);
        let suite = c.connection.suite().unwrap();
        for offer in c.app.offers(suite) {
            let (mut c, mut s) = (client(default(), vec![offer]), server(default()));
            talk(&mut c, &mut s);
            assert!(c.connection.resumed());
        }
    }
}

#[test]
fn a_ticket_with_too_long_a_life_is_kept_for_a_week() {
    let app = App {
        lifetime: 700_000,
        ..App::with_identity(&identity::P256)
    };
    let (mut c, mut s) = (client(default(), Vec::new()), Ours::server(default(), app));
    talk(&mut c, &mut s);
    assert_eq!(c.app.tickets[0].lifetime, 604_800);
}

#[test]
fn key_updates_both_ways() {
    let (mut c, mut s) = (client(default(), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    for request in [false, true] {
        c.connection.update_keys(request).unwrap();
        talk(&mut c, &mut s);
        s.connection.update_keys(request).unwrap();
        talk(&mut c, &mut s);
        c.connection.update_keys(request).unwrap();
        s.connection.update_keys(request).unwrap();
        talk(&mut c, &mut s);
    }
}

#[test]
fn names() {
    let asks = || {
        with(|s| {
            s.server_name = Some("carnet.example".into());
            s.protocols = protocols(&["a", "h2", "http/1.1"]);
        })
    };
    let app = App {
        protocols: vec!["http/1.1", "h2"],
        ..App::with_identity(&identity::P256)
    };
    let (mut c, mut s) = (client(asks(), Vec::new()), Ours::server(default(), app));
    talk(&mut c, &mut s);
    agree(&c, &s);
    assert_eq!(s.app.last_server_name.as_deref(), Some("carnet.example"));
    assert!(c.connection.server_name_acknowledged() && s.connection.server_name_acknowledged());
    assert_eq!(c.connection.alpn(), Some(&b"http/1.1"[..]));
    // A server that selects none.
    let (mut c, mut s) = (client(asks(), Vec::new()), server(default()));
    talk(&mut c, &mut s);
    assert_eq!(c.connection.alpn(), None);
}

#[test]
fn every_question_may_wait() {
    let settings = with(|s| {
        s.client_auth = ClientAuth::Request;
        s.post_handshake_auth = true;
        s.server_name = Some("x".into());
        s.protocols = protocols(&["h2"]);
    });
    let app = || App {
        hesitates: true,
        protocols: vec!["h2"],
        ..App::with_identity(&identity::P256)
    };
    let mut c = Ours::client(Arc::clone(&settings), Vec::new(), app());
    let mut s = Ours::server(settings, app());
    talk(&mut c, &mut s);
    s.connection.request_client_certificate().unwrap();
    talk(&mut c, &mut s);
    agree(&c, &s);
}

#[test]
fn nothing_in_common_is_said_with_the_right_alert() {
    type Change = fn(&mut Settings);
    let table: [(Change, AlertDescription); 3] = [
        (|s| s.suites = vec![SUITES[0]], AlertDescription::HandshakeFailure),
        (
            |s| s.groups = vec![NamedGroup::X25519],
            AlertDescription::HandshakeFailure,
        ),
        (
            |s| s.schemes = vec![support::SCHEMES[2]],
            AlertDescription::HandshakeFailure,
        ),
    ];
    for (change, alert) in table {
        let answers = with(|s| {
            s.suites = vec![SUITES[2]];
            s.groups = vec![NamedGroup::SECP384R1];
        });
        let (mut c, mut s) = (client(with(change), Vec::new()), server(answers));
        exchange(&mut c, &mut s);
        assert_eq!(c.error.unwrap().kind(), ErrorKind::AlertReceived(alert));
    }
}

#[test]
fn settings_that_offer_nothing_fail_at_the_first_step() {
    type Change = fn(&mut Settings);
    let table: [(Change, ErrorKind); 4] = [
        (|s| s.suites.clear(), ErrorKind::NoSharedCipher),
        (|s| s.schemes.clear(), ErrorKind::NoSharedScheme),
        (|s| s.groups.clear(), ErrorKind::NoSharedGroup),
        (|s| s.max_version = ProtocolVersion::TLS1_2, ErrorKind::NoSharedCipher),
    ];
    for (change, kind) in table {
        let mut c = client(with(change), Vec::new());
        c.run();
        assert_eq!(c.error.unwrap().kind(), kind);
    }
}

#[test]
fn one_byte_at_a_time() {
    let (mut c, mut s) = (client(default(), Vec::new()), server(default()));
    c.run();
    for _ in 0..6 {
        for byte in c.take_output() {
            s.feed(&[byte]);
        }
        for byte in s.take_output() {
            c.feed(&[byte]);
        }
    }
    talk(&mut c, &mut s);
    agree(&c, &s);
}

#[test]
fn key_log_has_every_secret_of_both_sides() {
    let settings = with(|s| s.key_log = true);
    let (mut c, mut s) = (client(Arc::clone(&settings), Vec::new()), server(settings));
    talk(&mut c, &mut s);
    let lines = |end: &mut Ours| {
        let mut lines: Vec<_> = end
            .connection
            .take_events()
            .into_iter()
            .filter_map(|event| match event {
                Event::KeyLog {
                    label,
                    client_random,
                    secret,
                } => Some((label, client_random, secret.to_vec())),
                _ => None,
            })
            .collect();
        lines.sort();
        lines
    };
    let client_lines = lines(&mut c);
    assert_eq!(client_lines, lines(&mut s));
    assert_eq!(
        client_lines.iter().map(|line| line.0).collect::<Vec<_>>(),
        [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "EXPORTER_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
        ]
    );
}
