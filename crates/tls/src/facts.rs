//! What has become known of a connection, for the application to look at.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;

use crate::message::ClientHello;
use crate::schedule::Digest;
use crate::{
    AlertDescription, AlertLevel, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, StateName, TicketRequest,
};

/// Facts, as they become known. No decision is taken from here: states own what they decide from.
pub(crate) struct Facts {
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) suite: Option<CipherSuite>,
    pub(crate) group: Option<NamedGroup>,
    pub(crate) resumed: Option<Arc<Session>>,
    /// TLS 1.2 only, as are the next two.
    pub(crate) session_id: Vec<u8>,
    pub(crate) extended_master_secret: bool,
    pub(crate) secure_renegotiation: bool,
    pub(crate) tickets: Tickets,
    pub(crate) randoms: Randoms,
    pub(crate) names: Names,
    pub(crate) authentication: Authentication,
    pub(crate) finished: FinishedData,
    pub(crate) heard: Heard,
    pub(crate) state: StateName,
}

/// Of PSKs and tickets.
#[derive(Default)]
pub(crate) struct Tickets {
    /// What was resumed is no ticket of ours.
    pub(crate) psk_is_external: bool,
    /// Server: what the client asks for (RFC 9149).
    pub(crate) request: Option<TicketRequest>,
    /// Client: what the server promises.
    pub(crate) expected: Option<u8>,
}

/// The hellos' randoms.
#[derive(Default)]
pub(crate) struct Randoms {
    pub(crate) client: [u8; 32],
    pub(crate) server: [u8; 32],
}

/// verify_data of the last Finished messages.
#[derive(Default)]
pub(crate) struct FinishedData {
    pub(crate) local: Option<Digest>,
    pub(crate) peer: Option<Digest>,
}

/// What came in besides application data.
#[derive(Default)]
pub(crate) struct Heard {
    /// The peer's key share, unless it is a hybrid's: those are long, and nobody has a type for them.
    pub(crate) share: Option<Box<[u8]>>,
    pub(crate) closed: bool,
    pub(crate) alert: Option<(AlertLevel, AlertDescription)>,
    /// How many handshake messages and alerts.
    pub(crate) messages: u64,
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
            session_id: Vec::new(),
            extended_master_secret: false,
            secure_renegotiation: false,
            tickets: Tickets::default(),
            randoms: Randoms::default(),
            names: Names::default(),
            authentication: Authentication::default(),
            finished: FinishedData::default(),
            heard: Heard::default(),
            state: StateName::Before,
        }
    }
}
