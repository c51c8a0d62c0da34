//! What the doctor's client offers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use carnet_tls::{CipherSuite, ClientAuth, NamedGroup, ProtocolVersion, Settings, SignatureScheme, Tls12};

/// How to behave on every connection.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// For connecting, and for the handshake.
    pub(crate) timeout: Duration,
    /// How long to wait, after the handshake, for tickets and an answer.
    pub(crate) wait: Duration,
    /// Ask for something after the handshake, as a browser does.
    pub(crate) is_http: bool,
    /// Names for ALPN, each with its length before it.
    pub(crate) protocols: Bytes,
}

const SUITES_13: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];

const SUITES_12: [CipherSuite; 6] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

const SCHEMES: [SignatureScheme; 13] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::RSA_PSS_PSS_SHA256,
    SignatureScheme::RSA_PSS_PSS_SHA384,
    SignatureScheme::RSA_PSS_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// One version alone, with everything that a browser offers of it.
pub(crate) fn settings(version: ProtocolVersion, name: Option<&str>, manner: &Manner) -> Arc<Settings> {
    let suites = match version {
        ProtocolVersion::TLS1_3 => SUITES_13.to_vec(),
        _ => SUITES_12.to_vec(),
    };
    Arc::new(Settings {
        min_version: version,
        max_version: version,
        suites,
        server_preference: false,
        prefer_sha256: false,
        groups: vec![NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1],
        schemes: SCHEMES.to_vec(),
        client_auth: ClientAuth::None,
        authorities: Vec::new(),
        post_handshake_auth: false,
        protocols: manner.protocols.clone(),
        server_name: name.map(str::to_owned),
        middlebox_compat: true,
        tickets: true,
        num_tickets: 0,
        tls12: Tls12 {
            tolerate_legacy_servers: true,
            ..Tls12::default()
        },
        allow_psk_ke: false,
        asks_for_psk: false,
        ticket_request: None,
        honour_ticket_requests: false,
        max_send_fragment: 16_384,
        record_padding: 0,
        max_certificate_len: 102_400,
        request_ocsp: false,
        observe: true,
        key_log: false,
    })
}

/// ALPN's list; `None` if a name is empty or longer than 255 bytes.
pub(crate) fn protocols(names: &[String]) -> Option<Bytes> {
    let mut list = Vec::new();
    for name in names {
        let len = u8::try_from(name.len()).ok().filter(|len| *len > 0)?;
        list.push(len);
        list.extend_from_slice(name.as_bytes());
    }
    Some(list.into())
}

/// The least that an HTTP server answers.
pub(crate) fn http_request(name: Option<&str>) -> Vec<u8> {
    let host = name.map(|name| format!("Host: {name}\r\n")).unwrap_or_default();
    format!("HEAD / HTTP/1.0\r\n{host}User-Agent: carnet doctor\r\n\r\n").into_bytes()
}
