//! What a connection may negotiate: plain data, shared between the connections of one context.

use bytes::Bytes;

use crate::codec::Reader;
use crate::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, TicketRequest};

/// Whether a server asks for the client's certificate in the handshake.
///
/// Whether a missing or bad one is fatal is the answer to [`Question::VerifyChain`](crate::Question::VerifyChain).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// No CertificateRequest.
    #[default]
    None,
    /// CertificateRequest in every full handshake.
    Request,
    /// CertificateRequest only when [`Connection::request_client_certificate`](crate::Connection::request_client_certificate)
    /// asks after the handshake.
    PostHandshakeOnly,
}

/// What may be unusual about TLS 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls12 {
    /// Offer, and go along with, master secrets that depend on the whole handshake (RFC 7627; SSL_OP_NO_EXTENDED_MASTER_SECRET
    /// clears it).
    pub extended_master_secret: bool,
    /// Client: say that this is a second attempt, with an older version than would be possible (RFC 7507;
    /// SSL_MODE_SEND_FALLBACK_SCSV).
    pub is_fallback: bool,
    /// Client: go on with a server that does not know renegotiation_info (RFC 5746 section 4.1; SSL_OP_LEGACY_SERVER_CONNECT).
    pub tolerate_legacy_servers: bool,
}

impl Default for Tls12 {
    /// As it should be.
    fn default() -> Self {
        Self {
            extended_master_secret: true,
            is_fallback: false,
            tolerate_legacy_servers: false,
        }
    }
}

/// Everything about a connection that is settled before it starts. Cheap to share: cloned only to be changed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Lowest version to negotiate.
    pub min_version: ProtocolVersion,
    /// Highest version to negotiate.
    pub max_version: ProtocolVersion,
    /// Suites of both versions in order of preference.
    pub suites: Vec<CipherSuite>,
    /// A server prefers its own order of suites (SSL_OP_CIPHER_SERVER_PREFERENCE).
    pub server_preference: bool,
    /// A server prefers suites with SHA-256, whose hash is that of PSKs that have none of their own.
    pub prefer_sha256: bool,
    /// Groups in order of preference; a client sends a key share for the first.
    pub groups: Vec<NamedGroup>,
    /// Signature schemes that we accept from the peer, in order of preference.
    pub schemes: Vec<SignatureScheme>,
    /// Server: ask for a certificate?
    pub client_auth: ClientAuth,
    /// DER names for certificate_authorities (server in CertificateRequest, client in ClientHello).
    pub authorities: Vec<Bytes>,
    /// Client: offer post_handshake_auth.
    pub post_handshake_auth: bool,
    /// Client: the ProtocolNameList's content to offer; empty for no ALPN.
    pub protocols: Bytes,
    /// Client: the name to send in server_name.
    pub server_name: Option<String>,
    /// Middlebox compatibility mode (RFC 8446 appendix D.4).
    pub middlebox_compat: bool,
    /// Accept and send tickets at all in TLS 1.2 (SSL_OP_NO_TICKET clears it).
    pub tickets: bool,
    /// Server: TLS 1.3 tickets after a full handshake.
    pub num_tickets: usize,
    /// What concerns TLS 1.2 alone.
    pub tls12: Tls12,
    /// Resume also with psk_ke, without (EC)DHE (SSL_OP_ALLOW_NO_DHE_KEX).
    pub allow_psk_ke: bool,
    /// The application may have external PSKs: a server asks [`Question::FindPsk`](crate::Question::FindPsk), a client
    /// [`Question::OfferPsk`](crate::Question::OfferPsk).
    pub asks_for_psk: bool,
    /// Client: how many tickets to ask for (RFC 9149).
    pub ticket_request: Option<TicketRequest>,
    /// Server: give a client as many tickets as it asks for (RFC 9149), if that is no more than `num_tickets`.
    pub honour_ticket_requests: bool,
    /// Largest plaintext in one record that we send, 512 to 16384.
    pub max_send_fragment: usize,
    /// Pad records to a multiple of this many bytes; 0 or 1 for none.
    pub record_padding: usize,
    /// Largest Certificate message accepted, bytes (SSL_CTX_set_max_cert_list; default 102400).
    pub max_certificate_len: usize,
    /// Client: ask for a stapled OCSP response.
    pub request_ocsp: bool,
    /// Record trace events (messages and state changes) for [`Connection::take_events`](crate::Connection::take_events).
    pub observe: bool,
    /// Emit NSS key-log lines as events.
    pub key_log: bool,
}

impl Settings {
    /// Is this version allowed, and is there a suite for it?
    pub(crate) fn allows(&self, version: ProtocolVersion) -> bool {
        let fits = |suite: &CipherSuite| match version {
            ProtocolVersion::TLS1_3 => suite.is_tls13(),
            ProtocolVersion::TLS1_2 => suite.is_tls12(),
            _ => false,
        };
        self.min_version <= version && version <= self.max_version && self.suites.iter().any(fits)
    }

    /// Is this one of the protocols to offer in ALPN?
    pub(crate) fn offers_protocol(&self, name: &[u8]) -> bool {
        let mut list = Reader::new(&self.protocols);
        while let Ok(offered) = list.vec8() {
            if offered == name {
                return true;
            }
        }
        false
    }

    /// The signature schemes that we take from a TLS 1.2 peer.
    pub(crate) fn schemes12(&self) -> impl Iterator<Item = SignatureScheme> {
        self.schemes.iter().copied().filter(|scheme| scheme.is_tls12())
    }
}
