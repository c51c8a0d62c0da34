//! Early data that is accepted, and early data that is not.

use carnet_tls::{AlertDescription, EarlyDataStatus as Status, ErrorKind, Event, NamedGroup, ProtocolVersion, Step};

use super::*;

#[test]
fn it_arrives_before_the_server_has_answered() {
    for compat in [true, false] {
        let settings = || Settings {
            middlebox_compat: compat,
            ..plain()
        };
        let mut c = eager(settings(), offers(), b"early ");
        c.send_early(b"data");
        assert!(c.connection.early_data_open());
        assert_eq!(c.connection.early_data_status(), Status::Rejected, "not accepted yet");
        let mut s = server(settings(), |_| {});
        s.feed(&c.take_output());
        assert_eq!(s.early, b"early data");
        assert!(s.connection.reading_early_data());
        assert!(s.app.asked.contains(&"AllowEarlyData"));
        assert_eq!(s.connection.early_data_status(), Status::Accepted);
        // The server may answer at once.
        s.send(b"an answer");
        let flight = s.take_output();
        c.feed(&flight);
        assert_eq!(c.received, b"an answer");
        assert!(c.connection.early_data_parked() && c.connection.is_handshaking());
        c.send_early(b", more");
        s.feed(&c.take_output());
        assert_eq!(s.early, b"early data, more");
        c.connection.finish_early_data().unwrap();
        assert!(!c.connection.early_data_open());
        exchange(&mut c, &mut s);
        assert_eq!(c.connection.early_data_status(), Status::Accepted);
        assert!(!s.connection.reading_early_data());
        assert!(c.connection.resumed() && s.connection.resumed());
        assert!(!s.connection.psk_is_external());
        talk(&mut c, &mut s);
        let (mut a, mut b) = ([0; 40], [0; 40]);
        c.connection
            .export_early_keying_material(&mut a, b"label", b"context")
            .unwrap();
        s.connection
            .export_early_keying_material(&mut b, b"label", b"context")
            .unwrap();
        assert_eq!(a, b);
    }
}

#[test]
fn a_client_that_says_early_that_it_is_done_never_parks() {
    let mut c = eager(plain(), offers(), b"early");
    c.connection.finish_early_data().unwrap();
    assert_eq!(
        c.connection.write_early_data(b"x").unwrap_err().kind(),
        ErrorKind::Misuse
    );
    let mut s = server(plain(), |_| {});
    exchange(&mut c, &mut s);
    assert_eq!(s.early, b"early");
    talk(&mut c, &mut s);
    assert_eq!(c.app.tickets.len(), 1);
}

#[test]
fn who_has_changed_its_mind_offers_none() {
    let mut c = client(plain(), offers());
    c.connection.start_early_data().unwrap();
    c.connection.finish_early_data().unwrap();
    let mut s = server(plain(), |_| {});
    exchange(&mut c, &mut s);
    assert_eq!(s.connection.early_data_status(), Status::NotSent);
    talk(&mut c, &mut s);
}

#[test]
fn none_need_be_written() {
    let mut c = eager(plain(), offers(), b"");
    c.connection.finish_early_data().unwrap();
    let mut s = server(plain(), |_| {});
    exchange(&mut c, &mut s);
    assert_eq!(
        (s.connection.early_data_status(), &s.early[..]),
        (Status::Accepted, &b""[..])
    );
    talk(&mut c, &mut s);
}

/// Early data that this server does not accept is lost, and the handshake goes on.
#[track_caller]
fn refused(mut c: Ours, mut s: Ours, resumed: bool) {
    s.feed(&c.take_output());
    assert!(!s.connection.reading_early_data());
    c.feed(&s.take_output());
    exchange(&mut c, &mut s);
    // Written in vain, whatever has become known meanwhile.
    assert!(c.connection.early_data_parked());
    c.send_early(b"more");
    c.connection.finish_early_data().unwrap();
    exchange(&mut c, &mut s);
    assert_eq!((c.error, s.error), (None, None));
    assert_eq!(c.connection.early_data_status(), Status::Rejected);
    assert_eq!(s.connection.early_data_status(), Status::Rejected);
    assert_eq!(
        (&s.early[..], &s.received[..]),
        (&b""[..], &b""[..]),
        "nothing is sent again by itself"
    );
    assert_eq!(c.connection.resumed(), resumed);
    talk(&mut c, &mut s);
}

#[test]
fn it_is_refused_where_anything_speaks_against_it() {
    let eager = || eager(plain(), offers(), &[7; 900]);
    // The application does not read early data.
    let app = || App {
        max_early_data: LIMIT,
        protocols: vec!["h2"],
        ..App::with_identity(&identity::ED25519)
    };
    refused(eager(), Ours::server(Arc::new(plain()), app()), true);
    refused(eager(), server(plain(), |app| app.stale = true), true);
    refused(eager(), server(plain(), |app| app.refuses_early_data = true), true);
    // Another protocol, and none.
    refused(eager(), server(plain(), |app| app.protocols = vec!["http/1.1"]), true);
    refused(eager(), server(plain(), |app| app.protocols.clear()), true);
    // Another suite; of the same hash, and of another.
    for suite in [
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
    ] {
        let settings = || Settings {
            suites: vec![SUITE, suite],
            ..plain()
        };
        let other = Settings {
            suites: vec![suite],
            ..plain()
        };
        let c = super::eager(settings(), offers(), b"early");
        refused(c, server(other, |_| {}), suite.0 == 0x1303);
    }
    // Another group, and so a HelloRetryRequest.
    for compat in [true, false] {
        let settings = Settings {
            groups: vec![NamedGroup::X25519, NamedGroup::SECP256R1],
            middlebox_compat: compat,
            ..plain()
        };
        let other = Settings {
            groups: vec![NamedGroup::SECP256R1],
            ..plain()
        };
        refused(super::eager(settings, offers(), &[7; 900]), server(other, |_| {}), true);
    }
    // Another identity than the first is good.
    let mut offers = offers();
    Arc::make_mut(&mut offers[0].session).ticket = Some(Bytes::from_static(b"no ticket of the server's"));
    refused(super::eager(plain(), offers, b"early"), server(plain(), |_| {}), true);
}

#[test]
fn a_server_that_forgot_its_keys_does_a_full_handshake() {
    let mut offers = offers();
    offers.truncate(1);
    Arc::make_mut(&mut offers[0].session).ticket = Some(Bytes::from_static(b"no ticket of the server's"));
    let c = eager(plain(), offers, &[7; 900]);
    refused(c, server(plain(), |_| {}), false);
}

#[test]
fn what_the_ticket_does_not_allow_is_not_offered() {
    let mut without = offers();
    Arc::make_mut(&mut without[0].session).max_early_data = 0;
    let mut unknown_suite = offers();
    Arc::make_mut(&mut unknown_suite[0].session).cipher = CipherSuite::TLS_CHACHA20_POLY1305_SHA256.0;
    for offers in [Vec::new(), without, unknown_suite] {
        let mut c = eager(plain(), offers, b"");
        assert!(!c.connection.early_data_open());
        assert_eq!(c.connection.early_data_status(), Status::NotSent);
        assert_eq!(
            c.connection.write_early_data(b"x").unwrap_err().kind(),
            ErrorKind::Misuse
        );
        let mut s = server(plain(), |_| {});
        exchange(&mut c, &mut s);
        assert_eq!(s.connection.early_data_status(), Status::NotSent);
        let exported = s.connection.export_early_keying_material(&mut [0; 8], b"label", b"");
        assert_eq!(exported.unwrap_err().kind(), ErrorKind::Misuse);
        talk(&mut c, &mut s);
    }
}

#[test]
fn limits_hold_on_both_sides() {
    let mut c = eager(plain(), offers(), &[1; 600]);
    assert_eq!(
        c.connection.write_early_data(&[1; 401]).unwrap_err().kind(),
        ErrorKind::EarlyDataLimit
    );
    assert!(c.connection.is_failed() && !c.connection.early_data_open());
    // A client that believes in more than the server grants.
    let greedy = |n| {
        let mut offers = offers();
        Arc::make_mut(&mut offers[0].session).max_early_data = 1 << 20;
        eager(plain(), offers, &vec![1; n])
    };
    let mut s = server(plain(), |_| {});
    s.feed(&greedy(1000).take_output());
    assert_eq!((s.error, s.early.len()), (None, 1000));
    let mut s = server(plain(), |_| {});
    s.feed(&greedy(1001).take_output());
    let error = s.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::TooMuchEarlyData);
    assert_eq!(error.alert(), Some(AlertDescription::UnexpectedMessage));
    assert!(s.early.is_empty() && s.connection.plaintext().is_empty());
    // What is skipped is limited, too.
    for (limit, is_ok) in [(0, false), (999, false), (1000, true)] {
        let mut s = server(plain(), |app| app.refuses_early_data = true);
        s.connection.set_early_data_skip_limit(limit);
        s.feed(&greedy(1000).take_output());
        assert_eq!(s.error.is_none(), is_ok, "{limit}");
    }
}

#[test]
fn a_session_of_another_name_or_protocol_is_an_error() {
    let named = |name: &'static str| {
        let mut offers = offers();
        Arc::make_mut(&mut offers[0].session).hostname = Some(Bytes::from_static(name.as_bytes()));
        offers
    };
    let settings = |name: Option<&str>| Settings {
        server_name: name.map(str::to_owned),
        ..plain()
    };
    let error = |settings, offers| eager_error(client(settings, offers));
    assert_eq!(
        error(settings(None), named("a")),
        Some(ErrorKind::InconsistentEarlyDataName)
    );
    assert_eq!(
        error(settings(Some("b")), named("a")),
        Some(ErrorKind::InconsistentEarlyDataName)
    );
    assert_eq!(error(settings(Some("a")), named("a")), None);
    assert_eq!(error(settings(Some("a")), offers()), None);
    let mut other = plain();
    other.protocols = support::protocols(&["http/1.1"]);
    assert_eq!(error(other, offers()), Some(ErrorKind::InconsistentEarlyDataProtocol));
    // Without early data none of it matters.
    let mut c = client(settings(Some("b")), named("a"));
    let mut s = server(plain(), |_| {});
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
}

fn eager_error(mut client: Ours) -> Option<ErrorKind> {
    client.connection.start_early_data().unwrap();
    client.run();
    client.error.map(|error| error.kind())
}

#[test]
fn a_server_of_tls12_is_an_error() {
    let both = || Settings {
        suites: vec![SUITE, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],
        ..plain()
    };
    let mut s = server(
        Settings {
            max_version: ProtocolVersion::TLS1_2,
            ..both()
        },
        |app| app.identity = Some(Arc::clone(&identity::P256)),
    );
    let mut c = eager(both(), offers(), b"");
    s.feed(&c.take_output());
    c.feed(&s.take_output());
    let error = c.error.unwrap();
    assert_eq!(
        (error.kind(), error.alert()),
        (ErrorKind::UnsupportedVersion, Some(AlertDescription::ProtocolVersion))
    );
    // And such a server skips nothing.
    let mut s = server(
        Settings {
            max_version: ProtocolVersion::TLS1_2,
            ..both()
        },
        |app| app.identity = Some(Arc::clone(&identity::P256)),
    );
    let bare = Settings {
        middlebox_compat: false,
        ..both()
    };
    s.feed(&eager(bare, offers(), b"early").take_output());
    assert_eq!(s.error.map(|error| error.kind()), Some(ErrorKind::UnexpectedMessage));
}

#[test]
fn wishes_come_before_the_first_step_and_from_the_right_side() {
    let misuse = |result: Result<(), carnet_tls::Error>| assert_eq!(result.unwrap_err().kind(), ErrorKind::Misuse);
    let (mut c, mut s) = (client(plain(), Vec::new()), server(plain(), |_| {}));
    misuse(c.connection.accept_early_data(1));
    misuse(s.connection.start_early_data());
    misuse(s.connection.write_early_data(b"x").map(drop));
    s.connection.finish_early_data().unwrap();
    exchange(&mut c, &mut s);
    misuse(c.connection.start_early_data());
    misuse(s.connection.accept_early_data(1));
    c.connection.finish_early_data().unwrap();
    talk(&mut c, &mut s);
}

#[test]
fn a_client_may_close_instead() {
    let mut c = eager(plain(), offers(), b"early");
    c.connection.close_notify();
    assert!(!c.connection.early_data_open());
    let mut s = server(plain(), |_| {});
    s.feed(&c.take_output());
    assert_eq!((&s.early[..], s.closed), (&b"early"[..], true));
}

#[test]
fn keys_are_logged_and_states_told() {
    let told = || Settings {
        key_log: true,
        observe: true,
        ..plain()
    };
    let mut c = eager(told(), offers(), b"early");
    let mut s = server(told(), |_| {});
    s.feed(&c.take_output());
    c.feed(&s.take_output());
    c.connection.finish_early_data().unwrap();
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
    let logs = [&mut c, &mut s].map(|end| {
        let events = end.connection.take_events();
        let states: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::State(name) => Some(format!("{name:?}")),
                _ => None,
            })
            .collect();
        let keys: Vec<_> = events
            .into_iter()
            .filter_map(|event| match event {
                Event::KeyLog { label, secret, .. } => Some((label, secret.to_vec())),
                _ => None,
            })
            .collect();
        (keys, states)
    });
    let [(ours, states), (theirs, server_states)] = logs;
    assert_eq!(ours, theirs);
    // In OpenSSL's order.
    let labels: Vec<_> = ours.iter().map(|(label, _)| *label).collect();
    assert_eq!(
        labels,
        [
            "EARLY_EXPORTER_SECRET",
            "CLIENT_EARLY_TRAFFIC_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "EXPORTER_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
        ]
    );
    assert_eq!(
        states[..9],
        [
            "Wrote(CLIENT_HELLO)",
            "WroteChangeCipherSpec",
            "EarlyData",
            "EarlyData",
            "Read(SERVER_HELLO)",
            "Read(ENCRYPTED_EXTENSIONS)",
            "PendingEarlyDataEnd",
            "Read(FINISHED)",
            "Wrote(END_OF_EARLY_DATA)",
        ]
    );
    assert!(server_states.contains(&"Read(END_OF_EARLY_DATA)".to_owned()));
}

#[test]
fn every_byte_may_come_alone() {
    let mut c = eager(plain(), offers(), b"early");
    let mut s = server(plain(), |app| app.hesitates = true);
    for byte in c.take_output() {
        s.feed(&[byte]);
    }
    assert_eq!(s.early, b"early");
    for byte in s.take_output() {
        c.feed(&[byte]);
    }
    c.connection.finish_early_data().unwrap();
    assert!(matches!(c.connection.step(), Ok(Step::Write)));
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
}
