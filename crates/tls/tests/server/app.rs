//! A server application that answers questions, and a rustls client to talk to it.

use std::io::{Read, Write};
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use bytes::Bytes;
use carnet_ticket::{Secret, Session};
use carnet_tls::{
    AlertDescription, Answer, CipherSuite, ClientAuth, Connection, Credential, Error, NamedGroup, NewTicket,
    ProtocolVersion, Question, Settings, SignatureScheme, Step, TicketVerdict,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};

/// A self-signed certificate and its key.
pub struct Identity {
    pub certificate: Bytes,
    pub pkcs8: Vec<u8>,
}

impl Identity {
    pub fn new(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        Self {
            certificate: Bytes::copy_from_slice(made.cert.der()),
            pkcs8: made.signing_key.serialize_der(),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8).unwrap();
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }
}

/// Settings with everything this crate can do.
pub fn settings() -> Settings {
    Settings {
        min_version: ProtocolVersion::TLS1_2,
        max_version: ProtocolVersion::TLS1_3,
        suites: vec![
            CipherSuite::TLS_AES_256_GCM_SHA384,
            CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
            CipherSuite::TLS_AES_128_GCM_SHA256,
        ],
        server_preference: false,
        prefer_sha256: false,
        groups: vec![
            NamedGroup::X25519MLKEM768,
            NamedGroup::X25519,
            NamedGroup::SECP256R1,
            NamedGroup::SECP384R1,
        ],
        schemes: vec![
            SignatureScheme::ECDSA_SECP256R1_SHA256,
            SignatureScheme::RSA_PSS_RSAE_SHA256,
        ],
        client_auth: ClientAuth::None,
        authorities: Vec::new(),
        post_handshake_auth: false,
        protocols: Bytes::new(),
        server_name: None,
        middlebox_compat: true,
        tickets: true,
        num_tickets: 2,
        allow_psk_ke: false,
        tls12: Default::default(),
        asks_for_psk: false,
        ticket_request: None,
        honour_ticket_requests: true,
        max_send_fragment: 16384,
        record_padding: 0,
        max_certificate_len: 102_400,
        request_ocsp: false,
        observe: false,
        key_log: false,
    }
}

/// What the application remembers between connections, and what it was asked.
pub struct App {
    pub identity: Identity,
    pub sessions: Vec<Arc<Session>>,
    /// Verdict on a ticket that is known.
    pub renew: bool,
    pub protocol: Option<&'static str>,
    pub asked: Vec<&'static str>,
    pub drafts: Vec<(Vec<u8>, bool)>,
    pub chains: Vec<usize>,
    /// Every question is answered with `Later` once.
    pub hesitates: bool,
    hesitated: bool,
}

impl App {
    pub fn new() -> Self {
        Self {
            identity: Identity::new("localhost"),
            sessions: Vec::new(),
            renew: true,
            protocol: None,
            asked: Vec::new(),
            drafts: Vec::new(),
            chains: Vec::new(),
            hesitates: false,
            hesitated: false,
        }
    }

    fn answer(&mut self, question: Question, suite: CipherSuite) -> Answer {
        if self.hesitates && !self.hesitated {
            self.hesitated = true;
            return Answer::Later;
        }
        self.hesitated = false;
        match question {
            Question::ClientHello => self.note("hello", Answer::Proceed),
            Question::OpenTicket { ticket, .. } => {
                let found = std::str::from_utf8(&ticket).ok().and_then(|t| t.parse::<usize>().ok());
                let session = found.and_then(|index| self.sessions.get(index).cloned());
                let verdict = match session {
                    Some(session) => TicketVerdict::Use {
                        session,
                        renew: self.renew,
                        early_data_ok: true,
                    },
                    None => TicketVerdict::Skip { renew: true },
                };
                self.note("ticket", Answer::Ticket(verdict))
            }
            Question::ServerName { name } => self.note(
                "name",
                Answer::ServerName {
                    acknowledge: name.is_some(),
                    settings: None,
                },
            ),
            Question::Protocol { .. } => {
                let answer = match self.protocol {
                    Some(name) => Answer::Protocol(Some(name.into())),
                    None => Answer::Abort(AlertDescription::NoApplicationProtocol),
                };
                self.note("protocol", answer)
            }
            Question::Credential(request) => {
                assert!(request.schemes.contains(&SignatureScheme::ECDSA_SECP256R1_SHA256));
                let credential = Credential {
                    chain: [self.identity.certificate.clone()].into(),
                    scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
                    ocsp_response: None,
                };
                self.note("credential", Answer::Credential(Some(credential)))
            }
            Question::Sign { message, .. } => {
                let signature = self.identity.sign(&message);
                self.note("sign", Answer::Signature(signature))
            }
            Question::VerifyChain { chain } => {
                self.chains.push(chain.len());
                self.note("chain", Answer::Verdict(Ok(())))
            }
            Question::VerifySignature {
                leaf,
                message,
                signature,
                ..
            } => {
                let verdict = verify(&leaf, &message, &signature);
                self.note("verify", Answer::Verdict(verdict))
            }
            Question::MakeTicket(draft) => {
                self.drafts.push((draft.nonce.clone(), draft.first_of_full));
                let secret = Secret::new(&draft.secret).unwrap();
                let session = Session::new(0x0304, suite.0, secret, 0);
                self.sessions.push(Arc::new(session));
                let ticket = (self.sessions.len() - 1).to_string().into_bytes();
                let ticket = NewTicket::Send {
                    ticket,
                    lifetime: 7200,
                    max_early_data: 0,
                };
                self.note("make", Answer::NewTicket(ticket))
            }
            other => panic!("a server is not asked {other:?}"),
        }
    }

    fn note(&mut self, name: &'static str, answer: Answer) -> Answer {
        self.asked.push(name);
        answer
    }
}

fn verify(leaf: &[u8], message: &[u8], signature: &[u8]) -> Result<(), AlertDescription> {
    let leaf = CertificateDer::from(leaf);
    let leaf = webpki::EndEntityCert::try_from(&leaf).unwrap();
    leaf.verify_signature(webpki::aws_lc_rs::ECDSA_P256_SHA256, message, signature)
        .map_err(|_| AlertDescription::DecryptError)
}

/// A connection between the two.
pub struct Pair {
    pub server: Connection,
    pub client: rustls::ClientConnection,
    pub done: usize,
    /// What the server has read.
    pub received: Vec<u8>,
    /// What the client has read.
    pub client_received: Vec<u8>,
}

impl Pair {
    pub fn new(settings: &Settings, client: &Arc<rustls::ClientConfig>) -> Self {
        let name = ServerName::try_from("localhost").unwrap();
        Self {
            server: Connection::server(Arc::new(settings.clone())),
            client: rustls::ClientConnection::new(client.clone(), name).unwrap(),
            done: 0,
            received: Vec::new(),
            client_received: Vec::new(),
        }
    }

    /// Until neither has anything more to say.
    pub fn run(&mut self, app: &mut App) -> Result<(), Error> {
        loop {
            let mut wire = Vec::new();
            while self.client.wants_write() {
                self.client.write_tls(&mut wire).unwrap();
            }
            let fed = !wire.is_empty();
            let result = self.feed(app, &wire);
            let sent = self.flush();
            result?;
            if !fed && !sent {
                return Ok(());
            }
        }
    }

    /// Gives the server these wire bytes.
    pub fn feed(&mut self, app: &mut App, mut wire: &[u8]) -> Result<(), Error> {
        loop {
            match self.server.step()? {
                Step::Read => {
                    if wire.is_empty() {
                        return Ok(());
                    }
                    let room = self.server.input_buffer();
                    let n = room.len().min(wire.len());
                    room[..n].copy_from_slice(&wire[..n]);
                    self.server.received(n);
                    wire = &wire[n..];
                }
                Step::Write => {
                    self.flush();
                }
                Step::Ask(question) => {
                    let suite = self.server.suite().unwrap_or(CipherSuite(0));
                    self.server.answer(app.answer(question, suite))?;
                }
                Step::Data => {
                    self.received.extend_from_slice(self.server.plaintext());
                    let n = self.server.plaintext().len();
                    self.server.consume_plaintext(n);
                }
                Step::HandshakeDone => self.done += 1,
                Step::Closed => return Ok(()),
            }
        }
    }

    /// Gives the client what the server has to say.
    pub fn flush(&mut self) -> bool {
        let mut output = self.server.output();
        let n = output.len();
        while !output.is_empty() {
            self.client.read_tls(&mut output).unwrap();
            // A client that has failed says so in its next alert.
            let _ = self.client.process_new_packets();
            let mut data = [0; 20_000];
            while let Ok(n @ 1..) = self.client.reader().read(&mut data) {
                self.client_received.extend_from_slice(&data[..n]);
            }
        }
        self.server.output_written(n);
        n > 0
    }

    /// Data both ways.
    pub fn exchange(&mut self, app: &mut App) {
        self.client.writer().write_all(b"hello server").unwrap();
        self.run(app).unwrap();
        assert_eq!(self.received, b"hello server");
        self.received.clear();
        let mut data: &[u8] = &[b'x'; 40_000];
        while !data.is_empty() {
            let n = self.server.write(data).unwrap();
            assert!(n > 0 && n <= 16384);
            data = &data[n..];
            self.flush();
        }
        assert_eq!(self.client_received, vec![b'x'; 40_000]);
        self.client_received.clear();
    }
}

#[derive(Debug)]
struct TakesAll(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for TakesAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        unreachable!("TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A rustls provider with these groups and suites only; none given means all.
pub fn provider(groups: &[NamedGroup], suites: &[CipherSuite]) -> rustls::crypto::CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    if !groups.is_empty() {
        let all = rustls::crypto::aws_lc_rs::ALL_KX_GROUPS;
        let find = |g: &NamedGroup| *all.iter().find(|k| u16::from(k.name()) == g.0).unwrap();
        provider.kx_groups = groups.iter().map(find).collect();
    }
    if !suites.is_empty() {
        provider
            .cipher_suites
            .retain(|s| suites.iter().any(|wanted| u16::from(s.suite()) == wanted.0));
    }
    provider
}

/// A rustls client configuration, perhaps with a certificate of its own.
pub fn client(provider: rustls::crypto::CryptoProvider, identity: Option<&Identity>) -> rustls::ClientConfig {
    let provider = Arc::new(provider);
    let builder = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TakesAll(provider)));
    match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.pkcs8.clone()));
            let chain = vec![CertificateDer::from(identity.certificate.to_vec())];
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    }
}

/// With everything rustls can do.
pub fn any_client() -> Arc<rustls::ClientConfig> {
    Arc::new(client(provider(&[], &[]), None))
}
