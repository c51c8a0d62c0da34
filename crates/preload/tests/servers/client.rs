//! A client that shows what happened: was the session resumed, and which tickets came?

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, HandshakeKind, NamedGroup, SignatureScheme,
    StreamOwned, SupportedProtocolVersion,
};

use crate::identity::Identity;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Tls12,
    Tls13,
}

pub const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

/// A session ticket and what its client has to remember with it.
pub enum Ticket {
    Tls12(Tls12ClientSessionValue),
    Tls13(Tls13ClientSessionValue),
}

/// The ticket that is to be offered next, and those that came.
#[derive(Default)]
struct Purse {
    offered: Mutex<Option<Ticket>>,
    received: Mutex<Vec<Ticket>>,
}

impl std::fmt::Debug for Purse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Purse")
    }
}

impl Purse {
    fn receive(&self, ticket: Ticket) {
        self.received.lock().unwrap().push(ticket);
    }
}

/// It has no regard for names: a ticket is offered wherever the test says.
impl ClientSessionStore for Purse {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.receive(Ticket::Tls12(value));
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        match &*self.offered.lock().unwrap() {
            Some(Ticket::Tls12(value)) => Some(value.clone()),
            _ => None,
        }
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        *self.offered.lock().unwrap() = None;
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.receive(Ticket::Tls13(value));
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut offered = self.offered.lock().unwrap();
        match offered.take() {
            Some(Ticket::Tls13(value)) => Some(value),
            other => {
                *offered = other;
                None
            }
        }
    }
}

/// Whom the server is is not the question here.
#[derive(Debug)]
struct Anyone(CryptoProvider);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What comes before TLS, and what is said inside of it. The server is expected to close.
#[derive(Clone, Copy)]
pub struct Talk {
    pub before: fn(&mut TcpStream),
    pub request: &'static str,
}

pub const HTTP: Talk = Talk {
    before: |_| {},
    request: "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
};

/// A client of one TLS version.
pub struct Client {
    config: Arc<ClientConfig>,
    purse: Arc<Purse>,
    talk: Talk,
}

/// What came of one connection.
pub struct Visit {
    pub resumed: bool,
    pub answer: String,
    /// The newest is the last.
    pub tickets: Vec<Ticket>,
}

/// Why nothing came of one.
pub struct Failure {
    text: String,
    /// Nobody listened.
    pub is_refused: bool,
    /// The connection ended without a word, as when a process is killed: no alert, and nothing wrong in what was said.
    pub is_cut: bool,
    /// The handshake was over, and a resumption.
    was_resumed: bool,
}

impl Failure {
    fn new(address: &str, what: &str, error: &std::io::Error) -> Failure {
        use ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof};
        Failure {
            text: format!("{address}: {what}: {error}"),
            is_refused: error.kind() == ConnectionRefused,
            is_cut: matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof),
            was_resumed: false,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Visit {
    pub fn ticket(mut self) -> Ticket {
        self.tickets.pop().expect("the server sends tickets")
    }
}

impl Client {
    /// One that shows a certificate to who asks for it, if it has one.
    pub fn new(version: Version, identity: Option<&Identity>, talk: Talk) -> Client {
        let provider = aws_lc_rs::default_provider();
        let version: &'static SupportedProtocolVersion = match version {
            Version::Tls12 => &rustls::version::TLS12,
            Version::Tls13 => &rustls::version::TLS13,
        };
        let config = ClientConfig::builder_with_provider(provider.clone().into());
        let config = config.with_protocol_versions(&[version]).unwrap();
        let config = config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)));
        let mut config = match identity {
            None => config.with_no_client_auth(),
            Some(identity) => {
                let chain = vec![CertificateDer::from_pem_file(&identity.cert).unwrap()];
                let key = PrivateKeyDer::from_pem_file(&identity.key).unwrap();
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        let purse = Arc::new(Purse::default());
        config.resumption = Resumption::store(purse.clone());
        Client {
            config: Arc::new(config),
            purse,
            talk,
        }
    }

    pub fn http(version: Version) -> Client {
        Client::new(version, None, HTTP)
    }

    /// One connection. An error is a handshake that failed, or a server that is not there.
    pub fn try_visit(&self, address: &str, name: &str, offer: Option<Ticket>) -> Result<Visit, Failure> {
        *self.purse.offered.lock().unwrap() = offer;
        self.purse.received.lock().unwrap().clear();
        let failed = |what| move |error: std::io::Error| Failure::new(address, what, &error);
        let mut socket = TcpStream::connect(address).map_err(failed("connect"))?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.set_nodelay(true).unwrap();
        (self.talk.before)(&mut socket);
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(self.config.clone(), name).unwrap();
        let mut tls = StreamOwned::new(connection, socket);
        tls.write_all(self.talk.request.as_bytes())
            .map_err(failed("handshake"))?;
        let mut answer = Vec::new();
        let end = tls.read_to_end(&mut answer);
        let resumed = tls.conn.handshake_kind() == Some(HandshakeKind::Resumed);
        match end {
            // Not every server says goodbye.
            Err(e) if e.kind() != ErrorKind::UnexpectedEof => {
                let failure = failed("answer")(e);
                return Err(Failure {
                    was_resumed: resumed,
                    ..failure
                });
            }
            _ => {}
        }
        Ok(Visit {
            resumed,
            answer: String::from_utf8_lossy(&answer).into_owned(),
            tickets: std::mem::take(&mut *self.purse.received.lock().unwrap()),
        })
    }

    /// Does this ticket resume there, whatever is said after the handshake?
    pub fn resumes(&self, address: &str, name: &str, ticket: Ticket) -> bool {
        let visit = self.try_visit(address, name, Some(ticket));
        visit.map_or_else(|failure| failure.was_resumed, |visit| visit.resumed)
    }

    pub fn visit(&self, address: &str, offer: Option<Ticket>) -> Visit {
        self.visit_as("localhost", address, offer)
    }

    pub fn visit_as(&self, name: &str, address: &str, offer: Option<Ticket>) -> Visit {
        self.try_visit(address, name, offer)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A full handshake.
    pub fn full(&self, address: &str) -> Ticket {
        let visit = self.visit(address, None);
        assert!(!visit.resumed);
        visit.ticket()
    }

    /// A resumption, which must be one, and the ticket for the next.
    pub fn resumed(&self, what: &str, address: &str, ticket: Ticket) -> Ticket {
        let visit = self.visit(address, Some(ticket));
        assert!(visit.resumed, "{what}: a full handshake at {address}: {}", visit.answer);
        visit.ticket()
    }

    /// A full handshake and so many resumptions after it, each with the newest ticket of the one before: every time, not
    /// every second time. The answers, and the last ticket.
    pub fn chain(&self, what: &str, address: &str, times: usize) -> (Vec<String>, Ticket) {
        let mut ticket = self.full(address);
        let mut answers = Vec::new();
        for time in 0..times {
            let mut visit = self.visit(address, Some(ticket));
            assert!(visit.resumed, "{what}: a full handshake at time {time}");
            answers.push(std::mem::take(&mut visit.answer));
            ticket = visit.ticket();
        }
        (answers, ticket)
    }
}

/// A client of each version, with a ticket.
pub fn with_tickets(address: &str, talk: Talk) -> Vec<(Client, Ticket)> {
    let make = |version| {
        let client = Client::new(version, None, talk);
        let ticket = client.full(address);
        (client, ticket)
    };
    VERSIONS.map(make).into()
}

pub fn all_resume(what: &str, address: &str, tickets: Vec<(Client, Ticket)>) {
    for (client, ticket) in tickets {
        client.resumed(what, address, ticket);
    }
}

pub fn none_resumes(what: &str, address: &str, tickets: Vec<(Client, Ticket)>) {
    for (client, ticket) in tickets {
        assert!(!client.visit(address, Some(ticket)).resumed, "{what}");
    }
}
