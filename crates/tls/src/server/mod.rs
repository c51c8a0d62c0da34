//! The server's states, in the order of the wire (RFC 8446 appendix A.2); those of TLS 1.2, which begins after AskHello, are
//! in `tls12`:
//!
//! ```text
//! ExpectHello ── ClientHello ──> AskHello ─> [AskPsk ─>] AskTicket (for each identity, until one is taken) ─> AskServerName
//!      ^                                                                                              │
//!      └────────── HelloRetryRequest (once at most) <── no usable key share <── AskProtocol (if offered)
//!                                                                                                     │
//!   resumed: [AskEarlyData ─>] ServerHello, EncryptedExtensions, Finished [─> ExpectEndOfEarlyData]   │
//!   in full: AskCredential ─> ServerHello, EncryptedExtensions, [CertificateRequest], Certificate ─> AskSignature
//!            ─> CertificateVerify, Finished                                                           │
//!                                                                                                     v
//!   [ExpectCertificate ─> AskChain ─> [ExpectVerify ─> AskVerified]] ─> ExpectFinished ─> Open: tickets and the rest
//! ```

mod asked;
mod client_auth;
mod early;
mod external_psk;
mod finish;
mod flight;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod hello;
mod offer;
mod plan;
mod post;
mod retry;
mod ticket;
mod tls12;

use asked::{AskChain, AskProtocol, AskServerName};

use crate::core::Core;
use crate::message::Message;
use crate::state::{self, Wants};
use crate::{Answer, Error, ErrorKind, Question};

pub(crate) use post::Post;

/// The handshake's states.
pub(crate) enum State {
    ExpectHello(hello::ExpectHello),
    AskHello(hello::AskHello),
    AskPsk(external_psk::AskPsk),
    AskTicket(ticket::AskTicket),
    AskServerName(AskServerName<(hello::Chosen, ticket::Basis)>),
    AskProtocol(AskProtocol<offer::Offer>),
    AskEarlyData(early::AskEarlyData),
    AskCredential(flight::AskCredential),
    AskSignature(Box<flight::AskSignature>),
    ExpectEndOfEarlyData(Box<early::ExpectEndOfEarlyData>),
    ExpectCertificate(Box<client_auth::ExpectCertificate>),
    AskChain(Box<AskChain<finish::ExpectFinished>>),
    ExpectVerify(Box<client_auth::ExpectVerify>),
    AskVerified(Box<client_auth::AskVerified>),
    ExpectFinished(Box<finish::ExpectFinished>),
    Tls12(tls12::State),
}

/// Nothing has arrived.
pub(crate) fn start() -> State {
    State::ExpectHello(hello::ExpectHello::first())
}

impl State {
    pub(crate) fn wants(&self) -> Wants {
        match self {
            Self::ExpectHello(_) | Self::ExpectCertificate(_) | Self::ExpectVerify(_) | Self::ExpectFinished(_) => {
                Wants::Message
            }
            Self::ExpectEndOfEarlyData(_) => Wants::Data,
            Self::AskHello(_)
            | Self::AskPsk(_)
            | Self::AskTicket(_)
            | Self::AskServerName(_)
            | Self::AskProtocol(_)
            | Self::AskEarlyData(_)
            | Self::AskCredential(_)
            | Self::AskSignature(_)
            | Self::AskChain(_)
            | Self::AskVerified(_) => Wants::Answer,
            Self::Tls12(state) => state.wants(),
        }
    }

    pub(crate) fn message(self, core: &mut Core, message: Message) -> Result<state::State, Error> {
        match self {
            Self::ExpectHello(state) => state.message(core, message).map(state::State::Server),
            Self::ExpectEndOfEarlyData(state) => state.message(core, message).map(state::State::Server),
            Self::ExpectCertificate(state) => state.message(message).map(state::State::Server),
            Self::ExpectVerify(state) => state.message(core, message).map(state::State::Server),
            Self::ExpectFinished(state) => state.message(core, message),
            Self::Tls12(state) => state.message(core, message),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn change_cipher_spec(self, core: &mut Core) -> Result<Self, Error> {
        match self {
            Self::Tls12(state) => state.change_cipher_spec(core).map(Self::Tls12),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    /// Is early data coming in that was accepted?
    pub(crate) fn reads_early_data(&self) -> bool {
        matches!(self, Self::ExpectEndOfEarlyData(_))
    }

    /// A record of early data has come in.
    pub(crate) fn early_data(&mut self, len: usize) -> Result<(), Error> {
        match self {
            Self::ExpectEndOfEarlyData(state) => state.data(len),
            _ => Err(ErrorKind::UnexpectedRecord.into()),
        }
    }

    /// Is our Finished out, so that application data may follow? The client has not proven anything then.
    pub(crate) fn may_write(&self) -> bool {
        matches!(
            self,
            Self::ExpectEndOfEarlyData(_)
                | Self::ExpectCertificate(_)
                | Self::AskChain(_)
                | Self::ExpectVerify(_)
                | Self::AskVerified(_)
                | Self::ExpectFinished(_)
        )
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match self {
            Self::AskHello(_) => Ok(Question::ClientHello),
            Self::AskPsk(state) => Ok(state.question()),
            Self::AskTicket(state) => Ok(state.question()),
            Self::AskServerName(state) => Ok(state.question()),
            Self::AskProtocol(state) => Ok(state.question()),
            Self::AskEarlyData(state) => Ok(state.question()),
            Self::AskCredential(state) => Ok(state.question()),
            Self::AskSignature(state) => Ok(state.question()),
            Self::AskChain(state) => Ok(state.question()),
            Self::AskVerified(state) => Ok(state.question()),
            Self::Tls12(state) => state.question(),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn answer(self, core: &mut Core, answer: Answer) -> Result<state::State, Error> {
        let next = match (self, answer) {
            (Self::Tls12(state), answer) => return state.answer(core, answer),
            (Self::AskHello(state), Answer::Proceed) => state.proceed(core),
            (Self::AskPsk(state), Answer::Session(session)) => state.found(core, session),
            (Self::AskTicket(state), Answer::Ticket(verdict)) => state.verdict(core, verdict),
            (Self::AskServerName(state), Answer::ServerName { acknowledge, settings }) => {
                state.named(core, acknowledge, settings)
            }
            (Self::AskProtocol(state), Answer::Protocol(protocol)) => state.selected(core, protocol),
            (Self::AskEarlyData(state), Answer::EarlyData(allowed)) => state.decided(core, allowed),
            (Self::AskCredential(state), Answer::Credential(credential)) => state.credential(core, credential),
            (Self::AskSignature(state), Answer::Signature(signature)) => state.signature(core, &signature),
            (Self::AskChain(state), Answer::Verdict(verdict)) => state.verdict(core, verdict),
            (Self::AskVerified(state), Answer::Verdict(verdict)) => state.verdict(verdict),
            _ => Err(ErrorKind::WrongAnswer.into()),
        };
        next.map(state::State::Server)
    }
}

#[cfg(test)]
mod tests;
