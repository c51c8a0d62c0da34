//! Tickets: handed out, redeemed, asked for later.

use std::sync::Arc;

use carnet_tls::{CipherSuite, NamedGroup};

use crate::app::{App, Pair, any_client, client, provider, settings};

#[test]
fn a_ticket_resumes_and_is_renewed_once() {
    let mut app = App::new();
    let config = any_client();
    let mut pair = Pair::new(&settings(), &config);
    pair.run(&mut app).unwrap();
    for _ in 0..5 {
        app.asked.clear();
        app.drafts.clear();
        let mut pair = Pair::new(&settings(), &config);
        pair.run(&mut app).unwrap();
        assert!(pair.server.resumed());
        assert_eq!(pair.client.handshake_kind(), Some(rustls::HandshakeKind::Resumed));
        assert_eq!(app.asked, ["hello", "ticket", "name", "make"]);
        assert_eq!(app.drafts, [(vec![0; 8], false)]);
        pair.exchange(&mut app);
    }
}

#[test]
fn no_renewal_no_ticket() {
    let mut app = App::new();
    app.renew = false;
    let config = any_client();
    Pair::new(&settings(), &config).run(&mut app).unwrap();
    app.asked.clear();
    let mut pair = Pair::new(&settings(), &config);
    pair.run(&mut app).unwrap();
    assert_eq!(app.asked, ["hello", "ticket", "name"]);
    assert_eq!(pair.client.tls13_tickets_received(), 0);
}

#[test]
fn every_suite_resumes_also_after_a_retry() {
    let all = provider(&[], &[]).cipher_suites;
    for suite in all
        .iter()
        .filter_map(|s| s.tls13())
        .map(|s| CipherSuite(s.common.suite.into()))
    {
        let mut app = App::new();
        let config = Arc::new(client(
            provider(&[NamedGroup::X25519, NamedGroup::SECP256R1], &[suite]),
            None,
        ));
        Pair::new(&settings(), &config).run(&mut app).unwrap();
        app.asked.clear();
        let mut settings = settings();
        settings.groups = vec![NamedGroup::SECP256R1];
        let mut pair = Pair::new(&settings, &config);
        pair.run(&mut app).unwrap();
        assert_eq!(
            app.asked,
            ["hello", "ticket", "name", "hello", "ticket", "name", "make"]
        );
        assert_eq!(pair.client.handshake_kind(), Some(rustls::HandshakeKind::Resumed));
        pair.exchange(&mut app);
    }
}

#[test]
fn an_unknown_ticket_leads_to_a_full_handshake() {
    let mut app = App::new();
    let config = any_client();
    Pair::new(&settings(), &config).run(&mut app).unwrap();
    app.sessions.clear();
    app.asked.clear();
    let mut pair = Pair::new(&settings(), &config);
    pair.run(&mut app).unwrap();
    assert!(!pair.server.resumed());
    assert_eq!(
        app.asked,
        ["hello", "ticket", "name", "credential", "sign", "make", "make"]
    );
    pair.exchange(&mut app);
}

#[test]
fn another_hash_does_not_resume() {
    let mut app = App::new();
    let config = any_client();
    let mut first = settings();
    first.suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
    Pair::new(&first, &config).run(&mut app).unwrap();
    let mut second = settings();
    second.suites = vec![CipherSuite::TLS_AES_128_GCM_SHA256];
    let mut pair = Pair::new(&second, &config);
    pair.run(&mut app).unwrap();
    assert!(!pair.server.resumed());
    assert_eq!(pair.done, 1);
}

#[test]
fn tickets_on_demand() {
    let mut app = App::new();
    let config = any_client();
    let mut settings = settings();
    settings.num_tickets = 0;
    let mut pair = Pair::new(&settings, &config);
    assert!(pair.server.request_ticket().is_err());
    pair.run(&mut app).unwrap();
    assert!(app.drafts.is_empty());
    for k in 1..4_u64 {
        for _ in 0..k {
            pair.server.request_ticket().unwrap();
        }
        assert_eq!(pair.server.write(b"x"), Ok(0), "tickets first");
        pair.run(&mut app).unwrap();
        pair.exchange(&mut app);
    }
    let nonces: Vec<_> = app.drafts.iter().map(|(nonce, _)| nonce.clone()).collect();
    let counted: Vec<_> = (0..6_u64).map(|n| n.to_be_bytes().to_vec()).collect();
    assert_eq!(nonces, counted);
    assert_eq!(pair.client.tls13_tickets_received(), 6);
}
