//! Our client and our server, with what rustls can't do: session ids, empty tickets, no extended master secret.

use std::sync::Arc;

use carnet_ticket::{Session, SessionId};
use carnet_tls::{AlertDescription, ClientAuth, Connection, ErrorKind, Offer, ProtocolVersion, Settings};

use crate::app::{App, ECDSA_SUITES, GROUPS, RSA_SUITES, Tickets, session, settings, with};
use crate::ends::{End, Ours, exchange, exchange_through, talk};
use crate::pki;

fn pair(client: &Arc<Settings>, server: &Arc<Settings>, offers: Vec<Offer>, app: App) -> (Ours, Ours) {
    (Ours::client(client, offers, App::new(None)), Ours::server(server, app))
}

fn app() -> App {
    App::new(Some(&pki::P256))
}

#[test]
fn every_suite_and_group() {
    for (suites, identity) in [
        (ECDSA_SUITES, &*pki::P256),
        (RSA_SUITES, &*pki::RSA),
        (ECDSA_SUITES, &*pki::ED25519),
    ] {
        for suite in suites {
            for group in GROUPS {
                let only = with(|s| {
                    s.suites = vec![suite];
                    s.groups = vec![group];
                });
                let (mut client, mut server) = pair(&only, &with(|_| {}), Vec::new(), App::new(Some(identity)));
                server.app.hesitates = true;
                client.app.hesitates = true;
                exchange(&mut client, &mut server);
                talk(&mut client, &mut server);
                for end in [&client, &server] {
                    assert_eq!(end.connection.version(), Some(ProtocolVersion::TLS1_2));
                    assert_eq!(end.connection.suite(), Some(suite));
                    assert_eq!(end.connection.group(), Some(group));
                    assert!(end.connection.extended_master_secret() && !end.connection.resumed());
                }
                same_secrets(&client.connection, &server.connection);
                assert_eq!(
                    server.app.asked,
                    ["hello", "ticket", "name", "credential", "sign", "make"]
                );
                assert_eq!(client.app.asked, ["chain", "verify", "received"]);
            }
        }
    }
}

#[track_caller]
fn same_secrets(client: &Connection, server: &Connection) {
    for context in [None, Some(&b""[..]), Some(b"context")] {
        let export = |connection: &Connection| {
            let mut out = [0; 60];
            connection
                .export_keying_material(&mut out, b"EXPORTER-test", context)
                .unwrap();
            out
        };
        assert_eq!(export(client), export(server));
    }
    assert_eq!(client.master_secret(), server.master_secret());
    assert_eq!(client.finished_local(), server.finished_peer());
    assert_eq!(client.finished_peer(), server.finished_local());
    assert_eq!(client.finished_local().len(), 12);
}

#[test]
fn tickets_resume_and_are_renewed() {
    let both = with(|_| {});
    let mut server_app = app();
    let mut offers = Vec::new();
    for round in 0..4 {
        server_app.tickets = Tickets::Good { renew: round % 2 == 1 };
        server_app.asked.clear();
        let (mut client, mut server) = pair(&both, &both, offers.clone(), server_app);
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert_eq!(client.connection.resumed(), round > 0);
        assert_eq!(server.connection.resumed(), round > 0);
        same_secrets(&client.connection, &server.connection);
        let expected: &[_] = match round {
            0 => &["hello", "ticket", "name", "credential", "sign", "make"],
            2 => &["hello", "ticket", "name"],
            _ => &["hello", "ticket", "name", "make"],
        };
        assert_eq!(server.app.asked, expected);
        assert_eq!(client.app.sessions.len(), usize::from(round != 2));
        if let Some(session) = client.app.sessions.last() {
            assert_eq!(session.lifetime_hint, 300);
            offers = client.app.offers();
        }
        if round > 0 {
            // The made-up session id came back.
            assert_eq!(client.connection.session_id().len(), 32);
        } else {
            assert!(client.connection.session_id().is_empty());
        }
        server_app = server.app;
    }
}

/// The session that both would keep under its id.
fn by_id(connection: &Connection) -> Arc<Session> {
    let session = session(connection, &connection.master_secret().unwrap());
    assert!(!session.session_id.as_bytes().is_empty());
    Arc::new(session)
}

#[test]
fn sessions_resume_by_id() {
    let plain = with(|s| s.tickets = false);
    let ticketed = with(|_| {});
    for (client_settings, server_settings) in [(&plain, &plain), (&plain, &ticketed), (&ticketed, &plain)] {
        let (mut client, mut server) = pair(client_settings, server_settings, Vec::new(), app());
        server
            .connection
            .set_new_session_id(b"chosen by the application")
            .unwrap();
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert_eq!(client.connection.session_id(), b"chosen by the application");
        let session = by_id(&server.connection);
        let mut app = server.app;
        app.cache.insert(session.session_id.as_bytes().to_vec(), session);
        app.asked.clear();
        let offers = vec![Offer {
            session: by_id(&client.connection),
            age_ms: 0,
        }];
        let (mut client, mut server) = pair(client_settings, server_settings, offers.clone(), app);
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert!(client.connection.resumed() && server.connection.resumed());
        assert_eq!(server.app.asked, ["hello", "session", "name"]);
        same_secrets(&client.connection, &server.connection);

        // Forgotten: a full handshake, under a new id.
        let mut app = server.app;
        app.cache.clear();
        let (mut client, mut server) = pair(client_settings, server_settings, offers, app);
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert!(!client.connection.resumed() && !server.connection.resumed());
        assert_eq!(client.connection.session_id().len(), 32);
    }
}

#[test]
fn an_empty_ticket_extension_does_not_hide_the_session_id() {
    let both = with(|_| {});
    let mut server_app = app();
    server_app.tickets = Tickets::Ignored;
    let (mut client, mut server) = pair(&both, &both, Vec::new(), server_app);
    exchange(&mut client, &mut server);
    talk(&mut client, &mut server);
    let session = by_id(&server.connection);
    let mut app = server.app;
    app.cache.insert(session.session_id.as_bytes().to_vec(), session);
    app.asked.clear();
    let offers = vec![Offer {
        session: by_id(&client.connection),
        age_ms: 0,
    }];
    let (mut client, mut server) = pair(&both, &both, offers, app);
    exchange(&mut client, &mut server);
    talk(&mut client, &mut server);
    assert!(client.connection.resumed());
    assert_eq!(server.app.asked, ["hello", "ticket", "session", "name"]);
}

#[test]
fn ignored_and_declined_tickets() {
    let both = with(|_| {});
    for (tickets, made) in [(Tickets::Ignored, false), (Tickets::Declined, true)] {
        let mut server_app = app();
        server_app.tickets = tickets;
        let (mut client, mut server) = pair(&both, &both, Vec::new(), server_app);
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert_eq!(server.app.asked.contains(&"make"), made);
        assert!(client.app.sessions.is_empty());
        // A session without a ticket has an id; one whose ticket was declined has neither.
        assert_eq!(client.connection.session_id().is_empty(), made);
    }
}

/// A client without the extension: the ClientHello as ours would be, had we never heard of RFC 7627.
fn without_ems(hello: &mut [u8]) {
    let at = hello.windows(4).position(|w| w == [0, 23, 0, 0]).unwrap();
    // An extension that nobody knows takes its place, and the transcripts stay as long as they were.
    hello[at..at + 2].copy_from_slice(&[0x7a, 0x7a]);
}

/// Both ends' idea of one master secret, without extended master secret.
fn old_session() -> Arc<Session> {
    let (mut client, mut server) = pair(&with(|_| {}), &with(|_| {}), Vec::new(), app());
    exchange(&mut client, &mut server);
    let mut session = Session::clone(&client.app.sessions[0]);
    session.flags = 0;
    session.ticket = None;
    session.session_id = SessionId::new(b"old").unwrap();
    Arc::new(session)
}

#[test]
fn sessions_without_ems_are_not_resumed_with_it() {
    let session = old_session();
    let mut server_app = app();
    server_app.cache.insert(b"old".to_vec(), session.clone());
    let offers = vec![Offer { session, age_ms: 0 }];
    let (mut client, mut server) = pair(&with(|_| {}), &with(|_| {}), offers, server_app);
    exchange(&mut client, &mut server);
    talk(&mut client, &mut server);
    assert!(!client.connection.resumed() && !server.connection.resumed());
    assert!(client.connection.extended_master_secret());
}

#[test]
fn sessions_with_ems_are_not_resumed_without_it() {
    let both = with(|_| {});
    let (mut client, mut server) = pair(&both, &both, Vec::new(), app());
    exchange(&mut client, &mut server);
    let (mut client, mut server) = pair(&both, &both, client.app.offers(), server.app);
    let mut changed = false;
    exchange_through(&mut client, &mut server, &mut |from_client, mut bytes| {
        if from_client && !std::mem::replace(&mut changed, true) {
            without_ems(&mut bytes);
        }
        bytes
    });
    let error = server.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::InconsistentExtendedMasterSecret);
    assert_eq!(error.alert(), Some(AlertDescription::HandshakeFailure));
    assert_eq!(
        client.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::HandshakeFailure)
    );
}

#[test]
fn client_certificates() {
    for (identity, chain) in [
        (Some(&*pki::P384), 1),
        (Some(&*pki::RSA), 1),
        (Some(&*pki::ED25519), 1),
        (None, 0),
    ] {
        let asking = with(|s| s.client_auth = ClientAuth::Request);
        let mut client = Ours::client(&with(|_| {}), Vec::new(), App::new(identity));
        let mut server = Ours::server(&asking, app());
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert_eq!(server.app.chains, [chain]);
        assert_eq!(server.connection.peer_chain().len(), chain);
        assert_eq!(server.connection.peer_scheme(), client.connection.own_scheme());
        same_secrets(&client.connection, &server.connection);
    }
}

#[test]
fn refused_chains_end_it() {
    let (mut client, mut server) = pair(&with(|_| {}), &with(|_| {}), Vec::new(), app());
    client.app.refuse_chain = true;
    exchange(&mut client, &mut server);
    assert_eq!(
        server.error.unwrap().kind(),
        ErrorKind::AlertReceived(AlertDescription::UnknownCa)
    );
    assert!(client.connection.peer_chain().is_empty());
}

#[test]
fn names_and_staples() {
    let settings = with(|s| {
        s.server_name = Some("example.org".into());
        s.protocols = b"\x02h2\x08http/1.1"[..].into();
        s.request_ocsp = true;
    });
    for ocsp in [None, Some(b"a response"[..].into())] {
        let mut server_app = app();
        server_app.protocol = Some("http/1.1");
        server_app.ocsp.clone_from(&ocsp);
        let (mut client, mut server) = pair(&settings, &with(|_| {}), Vec::new(), server_app);
        exchange(&mut client, &mut server);
        talk(&mut client, &mut server);
        assert_eq!(client.connection.peer_ocsp_response(), ocsp.as_ref());
        assert!(client.connection.server_name_acknowledged());
        assert_eq!(server.connection.server_name(), Some("example.org"));
        assert_eq!(client.connection.alpn(), Some(&b"http/1.1"[..]));
        assert_eq!(server.connection.alpn(), Some(&b"http/1.1"[..]));
    }
}

#[test]
fn the_certificate_decides_between_suites() {
    for (identity, suites) in [(&*pki::P256, ECDSA_SUITES), (&*pki::RSA, RSA_SUITES)] {
        for server_preference in [false, true] {
            let server = with(|s| s.server_preference = server_preference);
            let (mut client, mut server) = pair(&with(|_| {}), &server, Vec::new(), App::new(Some(identity)));
            exchange(&mut client, &mut server);
            talk(&mut client, &mut server);
            assert_eq!(client.connection.suite(), Some(suites[0]));
        }
    }
}

#[test]
fn nothing_of_tls13_is_left() {
    let (mut client, mut server) = pair(&with(|_| {}), &with(|_| {}), Vec::new(), app());
    exchange(&mut client, &mut server);
    talk(&mut client, &mut server);
    for end in [&mut client, &mut server] {
        assert_eq!(end.connection.update_keys(false).unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(end.connection.request_ticket().unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(
            end.connection.request_client_certificate().unwrap_err().kind(),
            ErrorKind::Misuse
        );
        assert!(!end.connection.offers_post_handshake_auth());
    }
    client.connection.close_notify();
    exchange(&mut client, &mut server);
    assert!(server.connection.peer_closed());
}

#[test]
fn key_logs_name_the_master_secret() {
    let logging = with(|s| s.key_log = true);
    let (mut client, mut server) = pair(&logging, &logging, Vec::new(), app());
    exchange(&mut client, &mut server);
    for end in [&mut client, &mut server] {
        let events = end.connection.take_events();
        let [carnet_tls::Event::KeyLog { label, secret, .. }] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert_eq!(*label, "CLIENT_RANDOM");
        assert_eq!(Some(secret), end.connection.master_secret().as_ref());
    }
}

#[test]
fn a_client_hello_of_tls12_only_has_nothing_of_tls13() {
    let mut client = Ours::client(&Arc::new(settings()), Vec::new(), App::new(None));
    client.feed(&[]);
    let hello = client.take_output();
    for absent in [[0, 43], [0, 45], [0, 51]] {
        // Type and then a length below 256: enough to tell.
        assert!(!hello.windows(3).any(|w| w[..2] == absent && w[2] == 0), "{absent:?}");
    }
}
