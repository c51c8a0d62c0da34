//! What has become known of a connection, for the application to look at.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;

use crate::message::ClientHello;
use crate::schedule::Digest;
use crate::{AlertDescription, AlertLevel, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, StateName};

/// Facts, as they become known. No decision is taken from here: states own what they decide from.
pub(crate) struct Facts {
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) suite: Option<CipherSuite>,
    pub(crate) group: Option<NamedGroup>,
    pub(crate) resumed: Option<Arc<Session>>,
    pub(crate) client_random: [u8; 32],
    pub(crate) server_random: [u8; 32],
    pub(crate) names: Names,
    pub(crate) authentication: Authentication,
    pub(crate) finished_local: Option<Digest>,
    pub(crate) finished_peer: Option<Digest>,
    pub(crate) state: StateName,
    pub(crate) peer_closed: bool,
    pub(crate) alert_received: Option<(AlertLevel, AlertDescription)>,
    /// Handshake messages and alerts.
    pub(crate) messages_received: u64,
}

/// What the client asked for by name, and what it got.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) client_hello: Option<Arc<ClientHello>>,
    pub(crate) server_name: Option<String>,
    pub(crate) acknowledged: bool,
    pub(crate) protocol: Option<Vec<u8>>,
}

/// Certificates and signatures.
#[derive(Default)]
pub(crate) struct Authentication {
    pub(crate) peer_chain: Vec<Bytes>,
    pub(crate) peer_ocsp_response: Option<Bytes>,
    pub(crate) peer_scheme: Option<SignatureScheme>,
    pub(crate) own_scheme: Option<SignatureScheme>,
}

impl Facts {
    /// The version that traces show.
    pub(crate) fn trace_version(&self) -> u16 {
        self.version.unwrap_or(ProtocolVersion::TLS1_3).0
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            version: None,
            suite: None,
            group: None,
            resumed: None,
            client_random: [0; 32],
            server_random: [0; 32],
            names: Names::default(),
            authentication: Authentication::default(),
            finished_local: None,
            finished_peer: None,
            state: StateName::Before,
            peer_closed: false,
            alert_received: None,
            messages_received: 0,
        }
    }
}
