//! Early data between us and rustls.

use std::io::{Read, Write};

use carnet_tls::EarlyDataStatus as Status;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig};

use super::support::theirs::{Theirs, provider, server_config};
use super::support::{GROUPS, SUITES};
use super::*;

/// rustls accepts early data only for sessions that it keeps itself.
fn their_server(suite: CipherSuite, limit: u32) -> Arc<ServerConfig> {
    let mut config = server_config(&[suite], &GROUPS, &identity::P256, None);
    config.ticketer = Arc::new(NoTickets);
    config.max_early_data_size = limit;
    Arc::new(config)
}

#[derive(Debug)]
struct NoTickets;

impl rustls::server::ProducesTickets for NoTickets {
    fn enabled(&self) -> bool {
        false
    }

    fn lifetime(&self) -> u32 {
        0
    }

    fn encrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

#[test]
fn our_client_their_server() {
    for suite in SUITES {
        for allowed in [true, false] {
            let config = their_server(suite, LIMIT);
            let settings = || Settings {
                suites: vec![suite],
                protocols: Bytes::new(),
                ..plain()
            };
            let mut c = client(settings(), Vec::new());
            let mut s = Theirs::server(&config);
            exchange(&mut c, &mut s);
            assert_eq!((c.error, s.error.clone()), (None, None));
            let mut offers = c.app.offers(suite);
            offers.truncate(1);
            assert_eq!(offers[0].session.max_early_data, LIMIT);

            let mut c = eager(settings(), offers, b"early");
            let mut s = Theirs::server(&config);
            if !allowed {
                s.connection.reject_early_data();
            }
            s.feed(&c.take_output());
            let mut early = Vec::new();
            if let Some(mut data) = s.connection.early_data() {
                data.read_to_end(&mut early).unwrap();
            }
            assert_eq!(early, if allowed { &b"early"[..] } else { b"" });
            s.send(b"at once");
            c.feed(&s.take_output());
            assert!(c.connection.early_data_parked());
            c.connection.finish_early_data().unwrap();
            exchange(&mut c, &mut s);
            assert_eq!((c.error, s.error.clone()), (None, None));
            assert!(c.connection.resumed());
            assert_eq!(c.connection.early_data_status() == Status::Accepted, allowed);
            c.send(b"ping");
            exchange(&mut c, &mut s);
            assert_eq!((&c.received[..], &s.received[..]), (&b"at once"[..], &b"ping"[..]));
        }
    }
}

/// rustls as the client.
struct TheirClient {
    connection: ClientConnection,
    received: Vec<u8>,
}

impl End for TheirClient {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            self.connection.read_tls(&mut bytes).unwrap();
            let state = self.connection.process_new_packets().unwrap();
            let mut data = vec![0; state.plaintext_bytes_to_read()];
            self.connection.reader().read_exact(&mut data).unwrap();
            self.received.append(&mut data);
        }
    }

    fn take_output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut output).unwrap();
        }
        output
    }
}

fn their_client(config: &Arc<ClientConfig>) -> TheirClient {
    TheirClient {
        connection: ClientConnection::new(Arc::clone(config), ServerName::try_from("localhost").unwrap()).unwrap(),
        received: Vec::new(),
    }
}

fn their_config(suite: CipherSuite) -> Arc<ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(identity::P256.their_chain().remove(0)).unwrap();
    let mut config = ClientConfig::builder_with_provider(provider(&[suite], &GROUPS))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(8);
    config.enable_early_data = true;
    Arc::new(config)
}

#[test]
fn their_client_our_server() {
    for suite in SUITES {
        for allowed in [true, false] {
            let config = their_config(suite);
            let server = || {
                server(settings(), |app| {
                    app.identity = Some(Arc::clone(&identity::P256));
                    app.refuses_early_data = !allowed;
                })
            };
            let (mut c, mut s) = (their_client(&config), server());
            exchange(&mut c, &mut s);
            assert_eq!((s.error, s.handshakes), (None, 1));

            let (mut c, mut s) = (their_client(&config), server());
            let mut early = c.connection.early_data().expect("the ticket allows it");
            early.write_all(b"early").unwrap();
            s.feed(&c.take_output());
            assert_eq!((s.error, s.connection.reading_early_data()), (None, allowed));
            s.send(b"at once");
            exchange(&mut c, &mut s);
            assert_eq!((s.error, s.handshakes), (None, 1));
            assert_eq!(s.early, if allowed { &b"early"[..] } else { b"" });
            assert_eq!(c.connection.is_early_data_accepted(), allowed);
            assert!(s.connection.resumed());
            c.connection.writer().write_all(b"ping").unwrap();
            exchange(&mut c, &mut s);
            assert_eq!((&c.received[..], &s.received[..]), (&b"at once"[..], &b"ping"[..]));
        }
    }
}
