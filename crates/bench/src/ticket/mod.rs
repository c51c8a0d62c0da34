//! Sealing and opening a ticket, without the handshake round it: by carnet, by the sequence of calls that libssl makes,
//! and by rustls's Ticketer. All with AES-256 and HMAC-SHA-256 and a fresh IV for each ticket.

mod libcrypto;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use carnet_keys::Ring;
use carnet_ticket::{KeyName, OPENSSL_BLOB_LEN, TicketKey};
use rustls::crypto::aws_lc_rs;
use rustls::server::ProducesTickets;

pub use libcrypto::Libssl;

/// Something that makes tickets.
pub trait Tickets {
    /// Seals.
    fn seal(&self, plaintext: &[u8]) -> Vec<u8>;
    /// Opens what it sealed.
    fn open(&self, ticket: &[u8]) -> Option<usize>;
}

/// carnet's key by itself.
pub struct Carnet(TicketKey);

impl Carnet {
    /// With the key of an 80-byte blob.
    pub fn new(blob: &[u8; OPENSSL_BLOB_LEN]) -> Self {
        Self(TicketKey::from_openssl_blob(blob).expect("the blob is random"))
    }
}

impl Tickets for Carnet {
    fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let iv = carnet_keys::fresh_iv().expect("the system has entropy");
        self.0.seal(&iv, plaintext).expect("short enough")
    }

    fn open(&self, ticket: &[u8]) -> Option<usize> {
        Some(self.0.open(ticket).ok()?.len())
    }
}

/// As libcarnet uses it: the key looked up in a ring, by the clock.
pub struct CarnetRing(Ring);

impl CarnetRing {
    /// With the key of an 80-byte blob.
    pub fn new(blob: &[u8; OPENSSL_BLOB_LEN]) -> Self {
        Self(Ring::fixed(
            TicketKey::from_openssl_blob(blob).expect("the blob is random"),
        ))
    }
}

impl Tickets for CarnetRing {
    fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let key = self.0.sealing(now()).expect("the key is fixed");
        let iv = carnet_keys::fresh_iv().expect("the system has entropy");
        key.seal(&iv, plaintext).expect("short enough")
    }

    fn open(&self, ticket: &[u8]) -> Option<usize> {
        let found = self.0.opening(&KeyName::of_ticket(ticket)?, now())?;
        Some(found.key.open(ticket).ok()?.len())
    }
}

/// rustls with aws-lc-rs.
pub struct Rustls(Arc<dyn ProducesTickets>);

impl Rustls {
    /// With keys of its own.
    pub fn new() -> Result<Self, rustls::Error> {
        aws_lc_rs::Ticketer::new().map(Self)
    }
}

impl Tickets for Rustls {
    fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        self.0.encrypt(plaintext).expect("rustls has entropy")
    }

    fn open(&self, ticket: &[u8]) -> Option<usize> {
        self.0.decrypt(ticket).map(|plaintext| plaintext.len())
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Nanoseconds per ticket sealed.
pub fn time_seal(tickets: &dyn Tickets, plaintext: &[u8], count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        black_box(tickets.seal(black_box(plaintext)));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

/// Nanoseconds per ticket opened.
pub fn time_open(tickets: &dyn Tickets, plaintext: &[u8], count: u32) -> f64 {
    let ticket = tickets.seal(plaintext);
    assert_eq!(tickets.open(&ticket), Some(plaintext.len()));
    let start = Instant::now();
    for _ in 0..count {
        black_box(tickets.open(black_box(&ticket)));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}
