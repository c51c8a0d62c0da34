//! Client certificates in the handshake.

use std::sync::Arc;

use carnet_tls::{ClientAuth, SignatureScheme};

use crate::app::{App, Identity, Pair, any_client, client, provider, settings};

#[test]
fn a_client_certificate_is_judged_and_its_signature_verified() {
    let identity = Identity::new("client");
    let mut app = App::new();
    let mut settings = settings();
    settings.client_auth = ClientAuth::Request;
    let config = Arc::new(client(provider(&[], &[]), Some(&identity)));
    let mut pair = Pair::new(&settings, &config);
    pair.run(&mut app).unwrap();
    assert_eq!(
        app.asked,
        ["hello", "name", "credential", "sign", "chain", "verify", "make", "make"]
    );
    assert_eq!(pair.server.peer_chain(), [identity.certificate]);
    assert_eq!(pair.server.peer_scheme(), Some(SignatureScheme::ECDSA_SECP256R1_SHA256));
    pair.exchange(&mut app);
}

#[test]
fn a_client_without_certificate_is_judged_too() {
    let mut app = App::new();
    let mut settings = settings();
    settings.client_auth = ClientAuth::Request;
    let mut pair = Pair::new(&settings, &any_client());
    pair.run(&mut app).unwrap();
    assert_eq!(app.chains, [0]);
    pair.exchange(&mut app);
}

#[test]
fn nobody_is_asked_after_the_handshake_who_did_not_offer_it() {
    let mut app = App::new();
    let mut pair = Pair::new(&settings(), &any_client());
    pair.run(&mut app).unwrap();
    assert!(pair.server.request_client_certificate().is_err());
    pair.exchange(&mut app);
}
