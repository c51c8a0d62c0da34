//! rustls, inside the test, as the other side: the one peer here that has X25519MLKEM768.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    SupportedProtocolVersion,
};

use crate::peer;
use crate::place::{CERTIFICATES, Identity, on_system_libssl};

pub type Groups = Vec<&'static dyn SupportedKxGroup>;

fn hybrid() -> &'static dyn SupportedKxGroup {
    aws_lc_rs::kx_group::X25519MLKEM768
}

fn classic() -> &'static dyn SupportedKxGroup {
    aws_lc_rs::kx_group::X25519
}

pub fn provider(groups: Groups) -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        kx_groups: groups,
        ..aws_lc_rs::default_provider()
    })
}

fn client_config(groups: Groups) -> Arc<ClientConfig> {
    Arc::new(client_config_of(provider(groups), &rustls::version::TLS13))
}

pub fn client_config_of(provider: Arc<CryptoProvider>, version: &'static SupportedProtocolVersion) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&CERTIFICATES.ca).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_protocol_versions(&[version]).unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

/// Says a line to an echo server and reads it back, so that the tickets before it have been read too.
pub fn visit(config: &Arc<ClientConfig>, address: &str) -> HandshakeKind {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), socket);
    tls.write_all(b"hello from rustls\n").unwrap();
    let mut back = [0; 18];
    tls.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hello from rustls\n");
    tls.conn.send_close_notify();
    tls.flush().unwrap();
    assert_eq!(tls.read(&mut back).unwrap(), 0, "our close_notify");
    tls.conn.handshake_kind().unwrap()
}

#[test]
fn a_rustls_client_agrees_on_the_hybrid_group() {
    if on_system_libssl() {
        return;
    }
    let server = peer::Server::echo(2, &["-groups", "X25519MLKEM768:X25519"]);
    let config = client_config(vec![hybrid(), classic()]);
    assert_eq!(visit(&config, &server.address()), HandshakeKind::Full);
    assert_eq!(visit(&config, &server.address()), HandshakeKind::Resumed);
    let reports = server.reports();
    reports[0].expect("ok=1 group=X25519MLKEM768 hrr=0 resumed=0 closed=both");
    reports[1].expect("ok=1 group=X25519MLKEM768 hrr=0 resumed=1 closed=both");
}

#[test]
fn ours_asks_rustls_for_another_share() {
    let server = peer::Server::echo(2, &["-groups", "P-384"]);
    let config = client_config(vec![classic(), aws_lc_rs::kx_group::SECP384R1]);
    assert_eq!(
        visit(&config, &server.address()),
        HandshakeKind::FullWithHelloRetryRequest
    );
    // A rustls client remembers the group.
    assert_eq!(visit(&config, &server.address()), HandshakeKind::Resumed);
    let reports = server.reports();
    reports[0].expect("ok=1 group=secp384r1 hrr=1 resumed=0");
    reports[1].expect("ok=1 group=secp384r1 resumed=1");
}

/// A rustls server with tickets that sends a line to each of its clients; returns its port.
fn serve(groups: Groups, num_clients: usize) -> (String, thread::JoinHandle<Vec<HandshakeKind>>) {
    let mut config = server_config_of(provider(groups), &rustls::version::TLS13, &CERTIFICATES.p256);
    config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
    serve_with(config, num_clients)
}

/// A server without tickets.
pub fn server_config_of(
    provider: Arc<CryptoProvider>,
    version: &'static SupportedProtocolVersion,
    identity: &Identity,
) -> ServerConfig {
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_protocol_versions(&[version]).unwrap().with_no_client_auth();
    let chain = vec![CertificateDer::from_pem_file(&identity.cert).unwrap()];
    config
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&identity.key).unwrap())
        .unwrap()
}

pub fn serve_with(config: ServerConfig, num_clients: usize) -> (String, thread::JoinHandle<Vec<HandshakeKind>>) {
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = thread::spawn(move || {
        let mut kinds = Vec::new();
        for _ in 0..num_clients {
            let (socket, _) = listener.accept().unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket);
            tls.write_all(b"hello from rustls\n").unwrap();
            tls.flush().unwrap();
            assert_eq!(tls.read(&mut [0; 8]).unwrap(), 0, "our close_notify");
            tls.conn.send_close_notify();
            tls.flush().unwrap();
            kinds.push(tls.conn.handshake_kind().unwrap());
        }
        kinds
    });
    (port, server)
}

#[test]
fn ours_agrees_with_a_rustls_server_on_the_hybrid_group() {
    if on_system_libssl() {
        return;
    }
    let (port, server) = serve(vec![hybrid()], 2);
    let options = [
        "-groups",
        "X25519MLKEM768:X25519",
        "-recv",
        "18",
        "-wait",
        "1",
        "-rounds",
        "2",
        "-resume",
    ];
    let reports = peer::client(&port, &options);
    reports[0].expect("ok=1 group=X25519MLKEM768 hrr=0 resumed=0");
    reports[1].expect("ok=1 group=X25519MLKEM768 hrr=0 resumed=1");
    assert_eq!(server.join().unwrap(), [HandshakeKind::Full, HandshakeKind::Resumed]);
}

#[test]
fn ours_obeys_rustls_asking() {
    let (port, server) = serve(vec![aws_lc_rs::kx_group::SECP384R1], 2);
    let options = [
        "-groups",
        "X25519:P-384",
        "-recv",
        "18",
        "-wait",
        "1",
        "-rounds",
        "2",
        "-resume",
    ];
    let reports = peer::client(&port, &options);
    reports[0].expect("ok=1 group=secp384r1 hrr=1 resumed=0");
    reports[1].expect("ok=1 group=secp384r1 hrr=1 resumed=1");
    server.join().unwrap();
}
