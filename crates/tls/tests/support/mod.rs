//! Two ends in memory: ours, driven by a small application with canned answers, and rustls's.
#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod app;
pub mod identity;
pub mod ours;
pub mod theirs;

use std::sync::Arc;

use carnet_tls::{CipherSuite, ClientAuth, NamedGroup, ProtocolVersion, Settings, SignatureScheme};

pub const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_AES_128_GCM_SHA256,
];

pub const GROUPS: [NamedGroup; 4] = [
    NamedGroup::X25519MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
];

pub const SCHEMES: [SignatureScheme; 7] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// Everything on, nothing asked for.
pub fn settings() -> Settings {
    Settings {
        min_version: ProtocolVersion::TLS1_2,
        max_version: ProtocolVersion::TLS1_3,
        suites: SUITES.to_vec(),
        server_preference: false,
        prefer_sha256: false,
        groups: GROUPS.to_vec(),
        schemes: SCHEMES.to_vec(),
        client_auth: ClientAuth::None,
        authorities: Vec::new(),
        post_handshake_auth: false,
        protocols: bytes::Bytes::new(),
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

/// Settings changed by `change`.
pub fn with(change: impl FnOnce(&mut Settings)) -> Arc<Settings> {
    let mut settings = settings();
    change(&mut settings);
    Arc::new(settings)
}

/// A ProtocolNameList's content.
pub fn protocols(names: &[&str]) -> bytes::Bytes {
    let mut list = Vec::new();
    for name in names {
        list.push(u8::try_from(name.len()).unwrap());
        list.extend_from_slice(name.as_bytes());
    }
    list.into()
}

/// Something that takes and gives wire bytes.
pub trait End {
    /// Takes wire bytes and goes on as far as possible.
    fn feed(&mut self, bytes: &[u8]);
    /// What is to be sent.
    fn take_output(&mut self) -> Vec<u8>;
}

/// Passes bytes to and fro until both are silent.
pub fn exchange(a: &mut dyn End, b: &mut dyn End) {
    a.feed(&[]);
    loop {
        let from_a = a.take_output();
        b.feed(&from_a);
        let from_b = b.take_output();
        if from_a.is_empty() && from_b.is_empty() {
            return;
        }
        a.feed(&from_b);
    }
}
