//! External PSKs.

use carnet_tls::{EarlyDataStatus as Status, ErrorKind, NamedGroup};

use super::*;

fn asking() -> Settings {
    Settings {
        asks_for_psk: true,
        ..plain()
    }
}

fn offering(settings: Settings, offers: Vec<Offer>, psk: ExternalOffer) -> Ours {
    let app = App {
        psk: Some(psk),
        ..App::new()
    };
    Ours::client(Arc::new(settings), offers, app)
}

#[test]
fn it_takes_the_certificates_place() {
    for suite in [SUITE, CipherSuite::TLS_AES_256_GCM_SHA384] {
        let settings = || Settings {
            suites: vec![suite],
            ..asking()
        };
        let mut c = offering(settings(), Vec::new(), external(b"me", suite));
        let mut s = server(settings(), |app| {
            app.identity = None;
            app.psks = vec![external(b"other", suite), external(b"me", suite)];
        });
        exchange(&mut c, &mut s);
        assert!(c.connection.resumed() && s.connection.resumed());
        assert!(c.connection.psk_is_external() && s.connection.psk_is_external());
        assert!(c.connection.peer_chain().is_empty());
        assert!(c.connection.group().is_some(), "psk_dhe_ke");
        talk(&mut c, &mut s);
        assert_eq!(c.app.asked, ["OfferPsk", "ReceivedTicket"], "one ticket");
        assert!(!s.app.asked.contains(&"OpenTicket"));

        // That ticket is a ticket like others.
        let mut again = client(settings(), c.app.offers(suite));
        let mut s = server(settings(), |_| {});
        exchange(&mut again, &mut s);
        assert!(again.connection.resumed() && !again.connection.psk_is_external());
        talk(&mut again, &mut s);
    }
}

#[test]
fn without_key_exchange_if_both_allow_it() {
    let settings = |alone| Settings {
        allow_psk_ke: alone,
        ..asking()
    };
    for (ours, theirs) in [(true, true), (true, false), (false, true)] {
        let mut c = offering(settings(ours), Vec::new(), external(b"me", SUITE));
        let mut s = server(settings(theirs), |app| app.psks = vec![external(b"me", SUITE)]);
        exchange(&mut c, &mut s);
        talk(&mut c, &mut s);
        assert!(s.connection.psk_is_external());
    }
}

#[test]
fn tickets_go_first_and_each_identity_is_asked_for_both_ways() {
    let mut c = offering(asking(), offers(), external(b"me", SUITE));
    let mut s = server(asking(), |app| app.psks = vec![external(b"me", SUITE)]);
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
    assert!(c.connection.resumed() && !c.connection.psk_is_external());
    assert_eq!(s.app.asked[..4], ["ClientHello", "FindPsk", "OpenTicket", "ServerName"]);

    let mut unknown = offers();
    for offer in &mut unknown {
        Arc::make_mut(&mut offer.session).ticket = Some(Bytes::from_static(b"no ticket of the server's"));
    }
    let mut c = offering(asking(), unknown, external(b"me", SUITE));
    let mut s = server(asking(), |app| app.psks = vec![external(b"me", SUITE)]);
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
    assert!(c.connection.psk_is_external() && s.connection.psk_is_external());
    assert_eq!(
        s.app.asked[..7],
        [
            "ClientHello",
            "FindPsk",
            "OpenTicket",
            "FindPsk",
            "OpenTicket",
            "FindPsk",
            "ServerName"
        ]
    );
}

#[test]
fn a_retry_asks_again_and_signs_anew() {
    for suite in [SUITE, CipherSuite::TLS_AES_256_GCM_SHA384] {
        let settings = |group| Settings {
            groups: vec![group, NamedGroup::SECP256R1],
            suites: vec![suite],
            ..asking()
        };
        let mut c = offering(settings(NamedGroup::X25519), Vec::new(), external(b"me", suite));
        let mut s = server(settings(NamedGroup::SECP256R1), |app| {
            app.psks = vec![external(b"me", suite)]
        });
        let only = Settings {
            groups: vec![NamedGroup::SECP256R1],
            ..s.connection.settings().as_ref().clone()
        };
        s.connection.set_settings(Arc::new(only));
        exchange(&mut c, &mut s);
        talk(&mut c, &mut s);
        assert_eq!(c.app.asked[..2], ["OfferPsk", "OfferPsk"]);
        assert!(c.connection.psk_is_external() && s.connection.psk_is_external());
    }
}

#[test]
fn what_does_not_fit_is_left_out() {
    let long: &'static [u8] = vec![7; 65_000].leak();
    let mut tls12 = external(b"me", SUITE);
    Arc::make_mut(&mut tls12.session).protocol = 0x0303;
    let mut no_secret = external(b"me", SUITE);
    Arc::make_mut(&mut no_secret.session).secret = Secret::default();
    for psk in [
        external(b"", SUITE),
        external(long, SUITE),
        external(b"me", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
        tls12.clone(),
        no_secret.clone(),
    ] {
        let mut c = offering(asking(), Vec::new(), psk);
        let mut s = server(asking(), |_| {});
        exchange(&mut c, &mut s);
        talk(&mut c, &mut s);
        assert!(!s.app.asked.contains(&"FindPsk"));
    }
    // The server's, too: passed over, and nothing else is asked about that identity.
    let other_hash = external(b"me", CipherSuite::TLS_AES_256_GCM_SHA384);
    for psk in [tls12, no_secret, other_hash] {
        let only = Settings {
            suites: vec![SUITE],
            ..asking()
        };
        let mut c = offering(asking(), Vec::new(), external(b"me", SUITE));
        let mut s = server(only, |app| app.psks = vec![psk]);
        exchange(&mut c, &mut s);
        talk(&mut c, &mut s);
        assert!(!s.connection.resumed() && !s.app.asked.contains(&"OpenTicket"));
    }
}

#[test]
fn another_key_is_a_wrong_binder() {
    let mut other = external(b"me", SUITE);
    Arc::make_mut(&mut other.session).secret = Secret::new(&[8; 32]).unwrap();
    let mut c = offering(asking(), Vec::new(), other);
    let mut s = server(asking(), |app| app.psks = vec![external(b"me", SUITE)]);
    exchange(&mut c, &mut s);
    assert_eq!(s.error.map(|error| error.kind()), Some(ErrorKind::BadBinder));
}

#[test]
fn a_ticket_is_no_external_psk_and_the_reverse() {
    // The same key and the same identity, taken for the other kind: the labels differ.
    let ticket = offers().remove(0);
    let as_external = ExternalOffer {
        identity: ticket.session.ticket.clone().unwrap(),
        session: Arc::clone(&ticket.session),
    };
    let mut c = client(asking(), vec![ticket]);
    let mut s = server(asking(), |app| app.psks = vec![as_external.clone()]);
    exchange(&mut c, &mut s);
    assert_eq!(s.error.map(|error| error.kind()), Some(ErrorKind::BadBinder));
    let mut c = offering(asking(), Vec::new(), as_external);
    let mut s = server(plain(), |_| {});
    exchange(&mut c, &mut s);
    assert_eq!(s.error.map(|error| error.kind()), Some(ErrorKind::BadBinder));
}

#[test]
fn early_data_goes_with_it() {
    for (protocol, selected, accepted) in [
        (None, None, true),
        (None, Some("h2"), false),
        (Some("h2"), Some("h2"), true),
    ] {
        let with_protocol = || {
            let mut psk = external(b"me", SUITE);
            Arc::make_mut(&mut psk.session).alpn = protocol.map(|name: &str| Bytes::from_static(name.as_bytes()));
            psk
        };
        let mut c = offering(asking(), Vec::new(), with_protocol());
        c.connection.start_early_data().unwrap();
        c.run();
        c.send_early(b"early");
        c.connection.finish_early_data().unwrap();
        let mut s = server(asking(), |app| {
            app.psks = vec![with_protocol()];
            app.protocols = selected.into_iter().collect();
        });
        exchange(&mut c, &mut s);
        talk(&mut c, &mut s);
        assert_eq!(c.connection.early_data_status() == Status::Accepted, accepted);
        assert_eq!(s.early.len(), if accepted { 5 } else { 0 });
    }
}

#[test]
fn a_server_may_prefer_the_hash_of_keys_that_have_none() {
    let suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384, SUITE];
    for (server_preference, prefer_sha256) in [(false, false), (false, true), (true, false), (true, true)] {
        let settings = Settings {
            suites: suites.clone(),
            server_preference,
            prefer_sha256,
            ..plain()
        };
        let mut c = client(settings.clone(), Vec::new());
        let mut s = server(settings, |_| {});
        exchange(&mut c, &mut s);
        assert_eq!(c.connection.suite(), Some(suites[usize::from(prefer_sha256)]));
    }
    let only = Settings {
        suites: vec![suites[0]],
        prefer_sha256: true,
        ..plain()
    };
    let (mut c, mut s) = (client(only.clone(), Vec::new()), server(only, |_| {}));
    exchange(&mut c, &mut s);
    talk(&mut c, &mut s);
}
