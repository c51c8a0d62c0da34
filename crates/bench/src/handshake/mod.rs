//! Handshakes and records through OpenSSL's C ABI, on any library that offers it, and on rustls.

pub mod abi;
pub mod cases;
pub mod client;
pub mod ossl_server;
pub mod pki;
pub mod rustls_server;
pub mod scenario;

/// What a scenario asks of a server's configuration.
#[derive(Debug, Clone, Copy)]
pub struct ServerOptions {
    /// The only version.
    pub version: Version,
    /// The only suite, by OpenSSL's name.
    pub suite: &'static str,
    /// TLS 1.3 tickets after a full handshake. 0, in TLS 1.2: none either, sessions are kept on the server.
    pub num_tickets: usize,
    /// Ask for a client certificate and put it into tickets.
    pub client_certificate: bool,
}

/// A TLS version by its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Version {
    /// 1.2
    Tls12 = 0x0303,
    /// 1.3
    Tls13 = 0x0304,
}

/// A server under test: makes connections that talk over memory.
pub trait Server {
    /// A fresh connection; its cost is part of what is measured.
    fn connection(&self) -> Box<dyn Connection + '_>;
}

/// One server connection, fed with the client's bytes. Every call is on the clock except [`Connection::input`] and
/// [`Connection::output`].
pub trait Connection {
    /// Hands over bytes from the client.
    fn input(&mut self, bytes: &[u8]);
    /// Works on what has arrived. True once the handshake is complete.
    fn process(&mut self) -> bool;
    /// Appends what is to be sent to the client.
    fn output(&mut self, wire: &mut Vec<u8>);
    /// The handshake was a resumption.
    fn resumed(&self) -> bool;
    /// Sends application data.
    fn write(&mut self, data: &[u8]);
    /// Reads application data that has arrived, discarding it; the number of bytes.
    fn read(&mut self, scratch: &mut [u8]) -> usize;
}
