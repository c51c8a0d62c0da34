//! The server's states in TLS 1.2, in the order of the wire (RFC 5246 section 7.3, RFC 5077 section 3.1):
//!
//! ```text
//! ClientHello ─> AskTicket or AskSession, or both in turn ─> AskServerName ─> AskProtocol (if offered)
//!
//!   in full: AskCredential ─> ServerHello, Certificate, [CertificateStatus] ─> AskSignature
//!            ─> ServerKeyExchange, [CertificateRequest], ServerHelloDone
//!   [ExpectCertificate ─> AskChain] ─> ExpectKeyExchange ─> [ExpectVerify ─> AskVerified]
//!   ─> ExpectChangeCipherSpec ─> ExpectFinished ─> [AskNewTicket ─> NewSessionTicket]
//!   ─> ChangeCipherSpec, Finished ─> Open
//!
//!   resumed: ServerHello ─> [AskNewTicket ─> NewSessionTicket] ─> ChangeCipherSpec, Finished
//!   ─> ExpectChangeCipherSpec ─> ExpectFinished ─> Open
//! ```

mod client;
mod finish;
mod flight;
mod hello;
mod names;
mod session;

use super::asked::{AskChain, AskProtocol, AskServerName};
use crate::core::Core;
use crate::message::Message;
use crate::state::{self, Wants};
use crate::{Answer, Error, ErrorKind, Question};

pub(super) use hello::begin;

/// The handshake's states.
pub(crate) enum State {
    AskTicket(session::AskTicket),
    AskSession(session::AskSession),
    AskServerName(AskServerName<(hello::Asked, session::Basis)>),
    AskProtocol(AskProtocol<names::Offer>),
    AskCredential(flight::AskCredential),
    AskSignature(Box<flight::AskSignature>),
    ExpectCertificate(Box<client::ExpectCertificate>),
    AskChain(Box<AskChain<flight::Flight>>),
    ExpectKeyExchange(Box<client::ExpectKeyExchange>),
    ExpectVerify(Box<client::ExpectVerify>),
    AskVerified(Box<client::AskVerified>),
    ExpectChangeCipherSpec(Box<finish::ExpectChangeCipherSpec>),
    ExpectFinished(Box<finish::ExpectFinished>),
    AskNewTicket(Box<finish::AskNewTicket>),
}

impl From<State> for state::State {
    fn from(state: State) -> Self {
        Self::Server(super::State::Tls12(state))
    }
}

impl State {
    pub(crate) fn wants(&self) -> Wants {
        match self {
            Self::ExpectCertificate(_)
            | Self::ExpectKeyExchange(_)
            | Self::ExpectVerify(_)
            | Self::ExpectFinished(_) => Wants::Message,
            Self::ExpectChangeCipherSpec(_) => Wants::ChangeCipherSpec,
            Self::AskTicket(_)
            | Self::AskSession(_)
            | Self::AskServerName(_)
            | Self::AskProtocol(_)
            | Self::AskCredential(_)
            | Self::AskSignature(_)
            | Self::AskChain(_)
            | Self::AskVerified(_)
            | Self::AskNewTicket(_) => Wants::Answer,
        }
    }

    pub(crate) fn message(self, core: &mut Core, message: Message) -> Result<state::State, Error> {
        match self {
            Self::ExpectCertificate(state) => state.message(message).map(Into::into),
            Self::ExpectKeyExchange(state) => state.message(core, message).map(Into::into),
            Self::ExpectVerify(state) => state.message(core, message).map(Into::into),
            Self::ExpectFinished(state) => state.message(core, message),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn change_cipher_spec(self, core: &mut Core) -> Result<Self, Error> {
        match self {
            Self::ExpectChangeCipherSpec(state) => state.change_cipher_spec(core),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match self {
            Self::AskTicket(state) => Ok(state.question()),
            Self::AskSession(state) => Ok(state.question()),
            Self::AskServerName(state) => Ok(state.question()),
            Self::AskProtocol(state) => Ok(state.question()),
            Self::AskCredential(state) => Ok(state.question()),
            Self::AskSignature(state) => Ok(state.question()),
            Self::AskChain(state) => Ok(state.question()),
            Self::AskVerified(state) => Ok(state.question()),
            Self::AskNewTicket(state) => Ok(state.question()),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn answer(self, core: &mut Core, answer: Answer) -> Result<state::State, Error> {
        let next = match (self, answer) {
            (Self::AskTicket(state), Answer::Ticket(verdict)) => state.verdict(core, verdict),
            (Self::AskSession(state), Answer::Session(session)) => state.found(core, session),
            (Self::AskServerName(state), Answer::ServerName { acknowledge, settings }) => {
                state.named(core, acknowledge, settings)
            }
            (Self::AskProtocol(state), Answer::Protocol(protocol)) => state.selected(core, protocol),
            (Self::AskCredential(state), Answer::Credential(credential)) => state.credential(core, credential),
            (Self::AskSignature(state), Answer::Signature(signature)) => state.signature(core, &signature),
            (Self::AskChain(state), Answer::Verdict(verdict)) => state.verdict(core, verdict),
            (Self::AskVerified(state), Answer::Verdict(verdict)) => state.verdict(verdict),
            (Self::AskNewTicket(state), Answer::NewTicket(ticket)) => return state.made(core, ticket),
            _ => Err(ErrorKind::WrongAnswer.into()),
        };
        next.map(Into::into)
    }
}
