//! The same server on rustls with aws-lc-rs.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{ServerConfig, ServerConnection, WebPkiClientVerifier};

use super::pki::Pki;
use super::{Connection, Server, ServerOptions, Version};

/// A rustls configuration.
pub struct RustlsServer {
    config: Arc<ServerConfig>,
}

impl RustlsServer {
    /// Configures one.
    pub fn new(pki: &Pki, options: ServerOptions) -> Result<Self, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let version = match options.version {
            Version::Tls12 => &rustls::version::TLS12,
            Version::Tls13 => &rustls::version::TLS13,
        };
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version])?;
        let builder = if options.client_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(pki.ca.clone()))?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| rustls::Error::General(error.to_string()))?)
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from(pki.server.certificate.clone())];
        let key = PrivatePkcs8KeyDer::from(pki.server.key.clone()).into();
        let mut config = builder.with_single_cert(chain, key)?;
        if options.num_tickets > 0 {
            config.ticketer = aws_lc_rs::Ticketer::new()?;
        }
        config.send_tls13_tickets = options.num_tickets;
        Ok(Self {
            config: Arc::new(config),
        })
    }
}

impl Server for RustlsServer {
    fn connection(&self) -> Box<dyn Connection + '_> {
        let inner = ServerConnection::new(self.config.clone()).expect("the configuration is complete");
        Box::new(RustlsConnection {
            inner,
            inbound: Vec::new(),
        })
    }
}

struct RustlsConnection {
    inner: ServerConnection,
    inbound: Vec<u8>,
}

impl RustlsConnection {
    fn take_input(&mut self) {
        let mut bytes = self.inbound.as_slice();
        while !bytes.is_empty() {
            self.inner.read_tls(&mut bytes).expect("memory can be read");
            self.inner.process_new_packets().expect("the client is honest");
        }
        self.inbound.clear();
    }
}

impl Connection for RustlsConnection {
    fn input(&mut self, bytes: &[u8]) {
        self.inbound.extend_from_slice(bytes);
    }

    fn process(&mut self) -> bool {
        self.take_input();
        !self.inner.is_handshaking()
    }

    fn output(&mut self, wire: &mut Vec<u8>) {
        while self.inner.wants_write() {
            self.inner.write_tls(wire).expect("memory can be written");
        }
    }

    fn resumed(&self) -> bool {
        self.inner.handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    }

    fn write(&mut self, data: &[u8]) {
        use std::io::Write;
        self.inner.set_buffer_limit(None);
        self.inner.writer().write_all(data).expect("no limit is set");
    }

    fn read(&mut self, scratch: &mut [u8]) -> usize {
        use std::io::Read;
        let mut total = 0;
        let mut bytes = std::mem::take(&mut self.inbound);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            self.inner.read_tls(&mut rest).expect("memory can be read");
            self.inner.process_new_packets().expect("the client is honest");
            while let Ok(n @ 1..) = self.inner.reader().read(scratch) {
                total += n;
            }
        }
        bytes.clear();
        self.inbound = bytes;
        total
    }
}
