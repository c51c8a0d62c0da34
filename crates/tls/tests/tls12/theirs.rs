//! Against rustls, both ways.

use std::sync::Arc;

use carnet_tls::{CipherSuite, ClientAuth, ErrorKind, NamedGroup, ProtocolVersion, Settings};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection};

use crate::app::{App, ECDSA_SUITES, GROUPS, RSA_SUITES, Tickets, with};
use crate::ends::{Ours, Theirs, exchange, talk_to_them};
use crate::pki::{self, Identity};

pub type Versions = &'static [&'static rustls::SupportedProtocolVersion];
pub static ONLY_12: Versions = &[&rustls::version::TLS12];
pub static BOTH: Versions = &[&rustls::version::TLS13, &rustls::version::TLS12];

fn provider(suites: &[CipherSuite], groups: &[NamedGroup]) -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    if !suites.is_empty() {
        provider
            .cipher_suites
            .retain(|suite| suites.iter().any(|ours| ours.0 == u16::from(suite.suite())));
    }
    if !groups.is_empty() {
        provider
            .kx_groups
            .retain(|group| groups.iter().any(|ours| ours.0 == u16::from(group.name())));
    }
    Arc::new(provider)
}

pub fn server(
    versions: Versions,
    suites: &[CipherSuite],
    groups: &[NamedGroup],
    identity: &Identity,
    client: Option<&Identity>,
) -> ServerConfig {
    let provider = provider(suites, groups);
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap();
    let builder = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(client.their_chain().remove(0)).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        }
    };
    builder
        .with_single_cert(identity.their_chain(), identity.their_key())
        .unwrap()
}

#[derive(Debug)]
struct TakesAll(Arc<CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for TakesAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
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

pub fn client(
    versions: Versions,
    suites: &[CipherSuite],
    groups: &[NamedGroup],
    identity: Option<&Identity>,
) -> ClientConfig {
    let provider = provider(suites, groups);
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TakesAll(provider)));
    match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.their_chain(), identity.their_key())
            .unwrap(),
    }
}

pub fn their_server(config: &Arc<ServerConfig>) -> Theirs {
    Theirs::new(ServerConnection::new(config.clone()).unwrap())
}

pub fn their_client(config: &Arc<ClientConfig>) -> Theirs {
    let name = ServerName::try_from("localhost").unwrap();
    Theirs::new(ClientConnection::new(config.clone(), name).unwrap())
}

fn our_server(settings: &Arc<Settings>) -> Ours {
    Ours::server(settings, App::new(Some(&pki::P256)))
}

/// Exporters agree, so all else does.
#[track_caller]
fn same_exports(ours: &Ours, theirs: &Theirs) {
    for context in [None, Some(&b""[..]), Some(b"context")] {
        let mut out = [0; 50];
        ours.connection
            .export_keying_material(&mut out, b"EXPORTER-x", context)
            .unwrap();
        let expected = theirs
            .connection
            .export_keying_material([0; 50], b"EXPORTER-x", context)
            .unwrap();
        assert_eq!(out, expected);
    }
}

#[test]
fn every_suite_and_group() {
    for (suites, identity) in [
        (ECDSA_SUITES, &*pki::P256),
        (RSA_SUITES, &*pki::RSA),
        (ECDSA_SUITES, &*pki::P384),
    ] {
        for suite in suites {
            for group in GROUPS {
                let config = Arc::new(server(ONLY_12, &[suite], &[group], identity, None));
                let mut theirs = their_server(&config);
                let mut ours = Ours::client(&with(|_| {}), Vec::new(), App::new(None));
                exchange(&mut ours, &mut theirs);
                talk_to_them(&mut ours, &mut theirs);
                same_exports(&ours, &theirs);
                assert_eq!(
                    (ours.connection.suite(), ours.connection.group()),
                    (Some(suite), Some(group))
                );
                assert!(ours.connection.extended_master_secret());

                let config = Arc::new(client(ONLY_12, &[suite], &[group], None));
                let mut theirs = their_client(&config);
                let mut ours = Ours::server(&with(|_| {}), App::new(Some(identity)));
                exchange(&mut theirs, &mut ours);
                talk_to_them(&mut ours, &mut theirs);
                same_exports(&ours, &theirs);
                assert_eq!(
                    (ours.connection.suite(), ours.connection.group()),
                    (Some(suite), Some(group))
                );
                assert!(ours.connection.extended_master_secret());
            }
        }
    }
}

#[test]
fn their_tickets_resume_with_our_client() {
    let mut config = server(ONLY_12, &[], &[], &pki::P256, None);
    config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
    let config = Arc::new(config);
    let mut offers = Vec::new();
    for round in 0..3 {
        let mut ours = Ours::client(&with(|_| {}), offers.clone(), App::new(None));
        let mut theirs = their_server(&config);
        exchange(&mut ours, &mut theirs);
        talk_to_them(&mut ours, &mut theirs);
        assert_eq!(ours.connection.resumed(), round > 0);
        let kind = if round > 0 {
            HandshakeKind::Resumed
        } else {
            HandshakeKind::Full
        };
        assert_eq!(theirs.connection.handshake_kind(), Some(kind));
        if !ours.app.sessions.is_empty() {
            offers = ours.app.offers();
        }
        same_exports(&ours, &theirs);
    }
}

#[test]
fn their_session_ids_resume_with_our_client() {
    let config = Arc::new(server(ONLY_12, &[], &[], &pki::P256, None));
    let mut offers = Vec::new();
    for round in 0..3 {
        let mut ours = Ours::client(&with(|_| {}), offers, App::new(None));
        let mut theirs = their_server(&config);
        exchange(&mut ours, &mut theirs);
        talk_to_them(&mut ours, &mut theirs);
        assert_eq!(ours.connection.resumed(), round > 0);
        let session = crate::app::session(&ours.connection, &ours.connection.master_secret().unwrap());
        offers = vec![carnet_tls::Offer {
            session: Arc::new(session),
            age_ms: 0,
        }];
    }
}

#[test]
fn our_tickets_and_ids_resume_with_their_client() {
    for (tickets, renew) in [(true, false), (true, true), (false, false)] {
        let settings = with(|s| s.tickets = tickets);
        let mut config = client(ONLY_12, &[], &[], None);
        config.resumption = Resumption::in_memory_sessions(4);
        let config = Arc::new(config);
        let mut ours = our_server(&settings);
        for round in 0..4 {
            let mut app = std::mem::replace(&mut ours, our_server(&settings)).app;
            app.tickets = Tickets::Good { renew };
            ours.app = app;
            let mut theirs = their_client(&config);
            exchange(&mut theirs, &mut ours);
            talk_to_them(&mut ours, &mut theirs);
            assert_eq!(ours.connection.resumed(), round > 0);
            let kind = if round > 0 {
                HandshakeKind::Resumed
            } else {
                HandshakeKind::Full
            };
            assert_eq!(theirs.connection.handshake_kind(), Some(kind));
            same_exports(&ours, &theirs);
            let session = crate::app::session(&ours.connection, &ours.connection.master_secret().unwrap());
            ours.app
                .cache
                .insert(ours.connection.session_id().to_vec(), Arc::new(session));
        }
    }
}

#[test]
fn client_certificates() {
    for identity in [&*pki::P256, &*pki::P384, &*pki::RSA, &*pki::ED25519] {
        let asking = with(|s| s.client_auth = ClientAuth::Request);
        let config = Arc::new(client(ONLY_12, &[], &[], Some(identity)));
        let mut theirs = their_client(&config);
        let mut ours = our_server(&asking);
        exchange(&mut theirs, &mut ours);
        talk_to_them(&mut ours, &mut theirs);
        assert_eq!(
            ours.connection.peer_chain(),
            std::slice::from_ref(&identity.certificate)
        );

        let config = Arc::new(server(ONLY_12, &[], &[], &pki::P256, Some(identity)));
        for shown in [Some(identity), None] {
            let mut ours = Ours::client(&with(|_| {}), Vec::new(), App::new(shown));
            let mut theirs = their_server(&config);
            exchange(&mut ours, &mut theirs);
            talk_to_them(&mut ours, &mut theirs);
            let seen = theirs.connection.peer_certificates().map_or(0, <[_]>::len);
            assert_eq!(seen, usize::from(shown.is_some()));
        }
    }
}

#[test]
fn names() {
    let mut config = server(ONLY_12, &[], &[], &pki::P256, None);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let settings = with(|s| {
        s.server_name = Some("localhost".into());
        s.protocols = b"\x02h2\x08http/1.1"[..].into();
        s.request_ocsp = true;
    });
    let mut ours = Ours::client(&settings, Vec::new(), App::new(None));
    let mut theirs = their_server(&Arc::new(config));
    exchange(&mut ours, &mut theirs);
    talk_to_them(&mut ours, &mut theirs);
    assert_eq!(ours.connection.alpn(), Some(&b"http/1.1"[..]));

    let mut config = client(ONLY_12, &[], &[], None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut ours = our_server(&with(|_| {}));
    ours.app.protocol = Some("h2");
    ours.app.ocsp = Some(b"a response"[..].into());
    let mut theirs = their_client(&Arc::new(config));
    exchange(&mut theirs, &mut ours);
    talk_to_them(&mut ours, &mut theirs);
    assert_eq!(theirs.connection.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(ours.connection.server_name(), Some("localhost"));
}

#[test]
fn nothing_in_common() {
    let config = Arc::new(client(ONLY_12, &RSA_SUITES, &[], None));
    let mut theirs = their_client(&config);
    let mut ours = Ours::server(&with(|s| s.suites = ECDSA_SUITES.to_vec()), App::new(Some(&pki::P256)));
    exchange(&mut theirs, &mut ours);
    assert_eq!(ours.error.unwrap().kind(), ErrorKind::NoSharedCipher);
    let config = Arc::new(client(ONLY_12, &[], &[NamedGroup::X25519], None));
    let mut theirs = their_client(&config);
    let mut ours = Ours::server(
        &with(|s| s.groups = vec![NamedGroup::SECP384R1]),
        App::new(Some(&pki::P256)),
    );
    exchange(&mut theirs, &mut ours);
    assert_eq!(ours.error.unwrap().kind(), ErrorKind::NoSharedGroup);
    assert_eq!(ours.connection.version(), Some(ProtocolVersion::TLS1_2));
}
