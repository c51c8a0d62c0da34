//! rustls's end of a connection.

use std::io::{Read, Write};
use std::sync::Arc;

use carnet_tls::{CipherSuite, NamedGroup};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use super::End;
use super::identity::Identity;

/// A provider with these suites and groups only.
pub fn provider(suites: &[CipherSuite], groups: &[NamedGroup]) -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .retain(|suite| suites.iter().any(|ours| ours.0 == u16::from(suite.suite())));
    provider.kx_groups = groups
        .iter()
        .filter_map(|ours| {
            aws_lc_rs::ALL_KX_GROUPS
                .iter()
                .find(|group| u16::from(group.name()) == ours.0)
                .copied()
        })
        .collect();
    Arc::new(provider)
}

/// A server's configuration; with `client_roots`, it asks for a certificate and takes these.
pub fn server_config(
    suites: &[CipherSuite],
    groups: &[NamedGroup],
    identity: &Identity,
    client_roots: Option<&Identity>,
) -> ServerConfig {
    let provider = provider(suites, groups);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap();
    let builder = match client_roots {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(client.their_chain().remove(0)).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(identity.their_chain(), identity.their_key())
        .unwrap();
    config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
    config
}

/// A rustls server.
pub struct Theirs {
    pub connection: ServerConnection,
    pub received: Vec<u8>,
    pub error: Option<rustls::Error>,
}

impl Theirs {
    pub fn server(config: &Arc<ServerConfig>) -> Self {
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        Self {
            connection,
            received: Vec::new(),
            error: None,
        }
    }

    pub fn send(&mut self, data: &[u8]) {
        self.connection.writer().write_all(data).unwrap();
    }
}

impl End for Theirs {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            self.connection.read_tls(&mut bytes).unwrap();
            match self.connection.process_new_packets() {
                Ok(state) => {
                    let mut data = vec![0; state.plaintext_bytes_to_read()];
                    self.connection.reader().read_exact(&mut data).unwrap();
                    self.received.append(&mut data);
                }
                Err(error) => {
                    self.error = Some(error);
                    return;
                }
            }
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
