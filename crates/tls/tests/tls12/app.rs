//! An application that knows TLS 1.2's sessions: tickets, and a cache of ids.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{KeyName, MacAlgorithm, Secret, Session, SessionId, TicketKey};
use carnet_tls::{
    AlertDescription, Answer, CipherSuite, ClientAuth, Connection, NamedGroup, NewTicket, Offer, ProtocolVersion,
    Question, Settings, SignatureScheme, TicketVerdict,
};

use crate::pki::{Identity, verify};

pub const NOW: u64 = 1_800_000_000;

pub const ECDSA_SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
];
pub const RSA_SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];
pub const TLS13_SUITES: [CipherSuite; 2] = [CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384];
pub const GROUPS: [NamedGroup; 3] = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];

/// TLS 1.2 only.
pub fn settings() -> Settings {
    Settings {
        min_version: ProtocolVersion::TLS1_2,
        max_version: ProtocolVersion::TLS1_2,
        suites: [TLS13_SUITES.as_slice(), &ECDSA_SUITES, &RSA_SUITES].concat(),
        server_preference: false,
        prefer_sha256: false,
        groups: [&[NamedGroup::X25519MLKEM768], GROUPS.as_slice()].concat(),
        schemes: vec![
            SignatureScheme::ECDSA_SECP256R1_SHA256,
            SignatureScheme::ECDSA_SECP384R1_SHA384,
            SignatureScheme::ED25519,
            SignatureScheme::RSA_PSS_RSAE_SHA256,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
        ],
        client_auth: ClientAuth::None,
        authorities: Vec::new(),
        post_handshake_auth: true,
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

pub fn with(change: impl FnOnce(&mut Settings)) -> Arc<Settings> {
    let mut settings = settings();
    change(&mut settings);
    Arc::new(settings)
}

/// What the server does with tickets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tickets {
    Good {
        renew: bool,
    },
    /// Not opened; no new one.
    Ignored,
    Declined,
}

pub struct App {
    pub identity: Option<Arc<Identity>>,
    pub tickets: Tickets,
    pub cache: HashMap<Vec<u8>, Arc<Session>>,
    pub refuse_chain: bool,
    pub ocsp: Option<Bytes>,
    pub protocol: Option<&'static str>,
    /// The client's sessions.
    pub sessions: Vec<Arc<Session>>,
    pub asked: Vec<&'static str>,
    pub chains: Vec<usize>,
    pub hesitates: bool,
    hesitated: bool,
}

impl App {
    pub fn new(identity: Option<&Arc<Identity>>) -> Self {
        Self {
            identity: identity.cloned(),
            tickets: Tickets::Good { renew: false },
            cache: HashMap::new(),
            refuse_chain: false,
            ocsp: None,
            protocol: None,
            sessions: Vec::new(),
            asked: Vec::new(),
            chains: Vec::new(),
            hesitates: false,
            hesitated: false,
        }
    }

    pub fn answer(&mut self, connection: &Connection, question: Question) -> Answer {
        if self.hesitates && !std::mem::replace(&mut self.hesitated, true) {
            return Answer::Later;
        }
        self.hesitated = false;
        self.asked.push(name(&question));
        match question {
            Question::ClientHello => Answer::Proceed,
            Question::OpenTicket { ticket, version, .. } => {
                assert_eq!(Some(version), connection.version());
                Answer::Ticket(self.open(&ticket))
            }
            Question::FindPsk { .. } => Answer::Session(None),
            Question::AllowEarlyData => Answer::EarlyData(false),
            Question::OfferPsk { .. } => Answer::ExternalPsk(None),
            Question::FindSession { session_id } => Answer::Session(self.cache.get(&session_id[..]).cloned()),
            Question::ServerName { name } => Answer::ServerName {
                acknowledge: name.is_some(),
                settings: None,
            },
            Question::Protocol { .. } => Answer::Protocol(self.protocol.map(|name| name.as_bytes().to_vec())),
            Question::Credential(request) => {
                let credential = self.identity.as_ref().and_then(|own| own.credential(&request));
                Answer::Credential(credential.map(|mut credential| {
                    credential.ocsp_response.clone_from(&self.ocsp);
                    credential
                }))
            }
            Question::Sign { scheme, message } => {
                Answer::Signature(self.identity.as_ref().unwrap().sign(scheme, &message))
            }
            Question::VerifyChain { chain } => {
                self.chains.push(chain.len());
                Answer::Verdict(if self.refuse_chain {
                    Err(AlertDescription::UnknownCa)
                } else {
                    Ok(())
                })
            }
            Question::VerifySignature {
                scheme,
                leaf,
                message,
                signature,
            } => Answer::Verdict(verify(scheme, &leaf, &message, &signature)),
            Question::MakeTicket(draft) => {
                if self.tickets == Tickets::Declined {
                    return Answer::NewTicket(NewTicket::Decline);
                }
                let session = session(connection, &draft.secret);
                let mut iv = [0; 16];
                getrandom::fill(&mut iv).unwrap();
                Answer::NewTicket(NewTicket::Send {
                    ticket: ticket_key().seal_session(&iv, &session).unwrap(),
                    lifetime: 300,
                    max_early_data: 0,
                })
            }
            Question::ReceivedTicket(ticket) => {
                let mut session = session(connection, &ticket.secret);
                session.ticket = Some(ticket.ticket);
                session.lifetime_hint = ticket.lifetime.into();
                session.age_add = ticket.age_add;
                self.sessions.push(Arc::new(session));
                Answer::Proceed
            }
        }
    }

    fn open(&self, ticket: &[u8]) -> TicketVerdict {
        let Tickets::Good { renew } = self.tickets else {
            let renew = self.tickets == Tickets::Declined;
            return TicketVerdict::Skip { renew };
        };
        match ticket_key().open_session(ticket, NOW) {
            Ok(session) => TicketVerdict::Use {
                session: Arc::new(session),
                renew,
                early_data_ok: true,
            },
            Err(_) => TicketVerdict::Skip { renew: true },
        }
    }

    pub fn offers(&self) -> Vec<Offer> {
        let offer = |session: &Arc<Session>| Offer {
            session: session.clone(),
            age_ms: 0,
        };
        self.sessions.last().map(offer).into_iter().collect()
    }
}

/// The connection's session with this secret.
pub fn session(connection: &Connection, secret: &[u8]) -> Session {
    let version = connection.version().unwrap();
    let suite = connection.suite().unwrap();
    let mut session = Session::new(version.0, suite.0, Secret::new(secret).unwrap(), NOW);
    session.timeout = 300;
    session.lifetime_hint = 300;
    if connection.extended_master_secret() {
        session.flags |= Session::EXTENDED_MASTER_SECRET;
    }
    session.session_id = SessionId::new(connection.session_id()).unwrap();
    session
}

fn ticket_key() -> TicketKey {
    TicketKey::new(KeyName([1; 16]), &[2; 32], MacAlgorithm::Sha256, &[3; 32]).unwrap()
}

fn name(question: &Question) -> &'static str {
    match question {
        Question::ClientHello => "hello",
        Question::OpenTicket { .. } => "ticket",
        Question::FindSession { .. } => "session",
        Question::FindPsk { .. } => "psk",
        Question::AllowEarlyData => "early",
        Question::OfferPsk { .. } => "offer",
        Question::ServerName { .. } => "name",
        Question::Protocol { .. } => "protocol",
        Question::Credential(_) => "credential",
        Question::Sign { .. } => "sign",
        Question::VerifyChain { .. } => "chain",
        Question::VerifySignature { .. } => "verify",
        Question::MakeTicket(_) => "make",
        Question::ReceivedTicket(_) => "received",
    }
}
