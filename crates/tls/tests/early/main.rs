//! Early data, external PSKs and ticket requests: our client and our server against each other and against rustls.

mod data;
mod mischief;
mod psk;
mod requests;
#[path = "../support/mod.rs"]
mod support;
mod theirs;

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{Secret, Session};
use carnet_tls::{CipherSuite, ExternalOffer, Offer, Settings};
use support::app::{App, NOW};
use support::ours::Ours;
use support::{End, exchange, identity, settings};

const SUITE: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;
const LIMIT: u32 = 1000;

/// Both sides' settings, with what most tests need.
fn plain() -> Settings {
    let mut settings = settings();
    settings.suites = vec![SUITE, CipherSuite::TLS_AES_256_GCM_SHA384];
    settings.protocols = support::protocols(&["h2", "http/1.1"]);
    settings
}

/// A server that reads early data.
fn server(settings: Settings, change: impl FnOnce(&mut App)) -> Ours {
    let mut app = App::with_identity(&identity::ED25519);
    app.max_early_data = LIMIT;
    app.protocols = vec!["h2"];
    change(&mut app);
    let mut server = Ours::server(Arc::new(settings), app);
    server.connection.accept_early_data(LIMIT).unwrap();
    server
}

fn client(settings: Settings, offers: Vec<Offer>) -> Ours {
    Ours::client(Arc::new(settings), offers, App::new())
}

/// A client that has written this before the server said anything.
fn eager(settings: Settings, offers: Vec<Offer>, data: &[u8]) -> Ours {
    let mut client = client(settings, offers);
    client.connection.start_early_data().unwrap();
    client.run();
    client.send_early(data);
    client
}

/// The tickets of a first connection.
fn offers() -> Vec<Offer> {
    let (mut c, mut s) = (client(plain(), Vec::new()), server(plain(), |_| {}));
    exchange(&mut c, &mut s);
    assert_eq!((c.error, s.error), (None, None));
    c.app
        .offers(SUITE)
        .into_iter()
        .map(|mut offer| {
            Arc::make_mut(&mut offer.session).alpn = Some(Bytes::from_static(b"h2"));
            offer
        })
        .collect()
}

/// Data passes both ways after the handshake.
#[track_caller]
fn talk(client: &mut Ours, server: &mut Ours) {
    assert_eq!((client.error, server.error), (None, None));
    assert_eq!((client.handshakes, server.handshakes), (1, 1));
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

/// An external PSK.
fn external(identity: &'static [u8], suite: CipherSuite) -> ExternalOffer {
    let mut session = Session::new(0x0304, suite.0, Secret::new(&[9; 32]).unwrap(), NOW);
    session.max_early_data = LIMIT;
    ExternalOffer {
        identity: Bytes::from_static(identity),
        session: Arc::new(session),
    }
}
