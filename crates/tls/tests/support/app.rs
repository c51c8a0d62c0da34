//! An application's answers.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{KeyName, MacAlgorithm, Secret, Session, TicketKey};
use carnet_tls::{
    AlertDescription, Answer, CipherSuite, Connection, ExternalOffer, NewTicket, Offer, Question, ReceivedTicket, Side,
    TicketDraft, TicketVerdict,
};

use super::identity::{Identity, verify};

/// A made-up time, in seconds.
pub const NOW: u64 = 1_800_000_000;

/// What the application has, what it is told, and what it was asked.
#[derive(Default)]
pub struct App {
    pub identity: Option<Arc<Identity>>,
    /// The verdict on the peer's chain.
    pub refuse_chain: Option<AlertDescription>,
    /// The server's ALPN protocols in order of preference.
    pub protocols: Vec<&'static str>,
    /// Say Later once to every question before answering it.
    pub hesitates: bool,
    pub hesitated: bool,
    /// Seconds that the server's tickets live.
    pub lifetime: u32,
    /// So much early data do the server's tickets allow.
    pub max_early_data: u32,
    /// The server's tickets are never fresh enough for early data.
    pub stale: bool,
    /// The server's answer to AllowEarlyData is no.
    pub refuses_early_data: bool,
    /// The server's external PSKs.
    pub psks: Vec<ExternalOffer>,
    /// What the client has to offer of them.
    pub psk: Option<ExternalOffer>,

    pub tickets: Vec<ReceivedTicket>,
    pub asked: Vec<&'static str>,
    pub last_server_name: Option<String>,
    pub last_chain: Vec<Bytes>,
}

impl App {
    pub fn new() -> Self {
        Self {
            lifetime: 7200,
            ..Self::default()
        }
    }

    pub fn with_identity(identity: &Arc<Identity>) -> Self {
        Self {
            identity: Some(Arc::clone(identity)),
            ..Self::new()
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
            Question::OpenTicket { ticket, .. } => Answer::Ticket(open(&ticket, !self.stale)),
            Question::FindSession { .. } => Answer::Session(None),
            Question::FindPsk { identity, .. } => {
                let known = self.psks.iter().find(|psk| psk.identity == identity);
                Answer::Session(known.map(|psk| Arc::clone(&psk.session)))
            }
            Question::AllowEarlyData => Answer::EarlyData(!self.refuses_early_data),
            Question::OfferPsk { .. } => Answer::ExternalPsk(self.psk.clone()),
            Question::ServerName { name } => {
                let acknowledge = name.is_some();
                self.last_server_name = name;
                Answer::ServerName {
                    acknowledge,
                    settings: None,
                }
            }
            Question::Protocol { offered } => self.choose_protocol(&offered),
            Question::Credential(request) => Answer::Credential(
                self.identity
                    .as_ref()
                    .and_then(|identity| identity.credential(&request)),
            ),
            Question::Sign { scheme, message } => {
                Answer::Signature(self.identity.as_ref().unwrap().sign(scheme, &message))
            }
            Question::VerifyChain { chain } => {
                self.last_chain = chain;
                Answer::Verdict(self.refuse_chain.map_or(Ok(()), Err))
            }
            Question::VerifySignature {
                scheme,
                leaf,
                message,
                signature,
            } => Answer::Verdict(verify(scheme, &leaf, &message, &signature)),
            Question::MakeTicket(draft) => Answer::NewTicket(self.make_ticket(connection, &draft)),
            Question::ReceivedTicket(ticket) => {
                assert_eq!(connection.side(), Side::Client);
                self.tickets.push(ticket);
                Answer::Proceed
            }
        }
    }

    fn choose_protocol(&self, mut offered: &[u8]) -> Answer {
        let mut names = Vec::new();
        while let Some((len, rest)) = offered.split_first() {
            let (name, rest) = rest.split_at(usize::from(*len));
            names.push(name);
            offered = rest;
        }
        let chosen = self.protocols.iter().find(|ours| names.contains(&ours.as_bytes()));
        Answer::Protocol(chosen.map(|name| name.as_bytes().to_vec()))
    }

    fn make_ticket(&self, connection: &Connection, draft: &TicketDraft) -> NewTicket {
        let suite = connection.suite().unwrap();
        let mut session = Session::new(0x0304, suite.0, Secret::new(&draft.secret).unwrap(), NOW);
        session.timeout = self.lifetime.into();
        session.age_add = draft.age_add;
        session.max_early_data = self.max_early_data;
        session.alpn = connection.alpn().map(Bytes::copy_from_slice);
        session.peer = connection.peer_chain().first().cloned();
        let mut iv = [0; 16];
        getrandom::fill(&mut iv).unwrap();
        let ticket = ticket_key().seal_session(&iv, &session).unwrap();
        NewTicket::Send {
            ticket,
            lifetime: self.lifetime,
            max_early_data: self.max_early_data,
        }
    }

    /// The sessions of the tickets received so far, to be offered next.
    pub fn offers(&self, suite: CipherSuite) -> Vec<Offer> {
        self.tickets
            .iter()
            .map(|ticket| Offer {
                session: Arc::new(session(ticket, suite)),
                age_ms: 0,
            })
            .collect()
    }
}

fn session(ticket: &ReceivedTicket, suite: CipherSuite) -> Session {
    let mut session = Session::new(0x0304, suite.0, Secret::new(&ticket.secret).unwrap(), NOW);
    session.ticket = Some(ticket.ticket.clone());
    session.lifetime_hint = ticket.lifetime.into();
    session.age_add = ticket.age_add;
    session.max_early_data = ticket.max_early_data;
    session
}

fn ticket_key() -> TicketKey {
    TicketKey::new(KeyName([1; 16]), &[2; 32], MacAlgorithm::Sha256, &[3; 32]).unwrap()
}

fn open(ticket: &[u8], early_data_ok: bool) -> TicketVerdict {
    match ticket_key().open_session(ticket, NOW) {
        Ok(session) => TicketVerdict::Use {
            session: Arc::new(session),
            renew: true,
            early_data_ok,
        },
        Err(_) => TicketVerdict::Skip { renew: true },
    }
}

fn name(question: &Question) -> &'static str {
    match question {
        Question::ClientHello => "ClientHello",
        Question::OpenTicket { .. } => "OpenTicket",
        Question::FindSession { .. } => "FindSession",
        Question::FindPsk { .. } => "FindPsk",
        Question::AllowEarlyData => "AllowEarlyData",
        Question::OfferPsk { .. } => "OfferPsk",
        Question::ServerName { .. } => "ServerName",
        Question::Protocol { .. } => "Protocol",
        Question::Credential(_) => "Credential",
        Question::Sign { .. } => "Sign",
        Question::VerifyChain { .. } => "VerifyChain",
        Question::VerifySignature { .. } => "VerifySignature",
        Question::MakeTicket(_) => "MakeTicket",
        Question::ReceivedTicket(_) => "ReceivedTicket",
    }
}
