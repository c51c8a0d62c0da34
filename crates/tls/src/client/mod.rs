//! The client's side of the TLS 1.3 handshake (RFC 8446 appendix A.1).
//!
//! ```text
//!              a PSK to offer?     OfferPsk, if there may be one
//! ClientHello                      start
//! (early data)
//!            ServerHello           ExpectServerHello, or once: HelloRetryRequest, ClientHello, ExpectServerHello
//!            EncryptedExtensions   ExpectEncryptedExtensions
//!            [CertificateRequest]  ExpectCertificateOrRequest  } not when a session
//!            Certificate           ExpectCertificate           } is resumed
//!              judge the chain     ExpectChainVerdict          }
//!            CertificateVerify     ExpectCertificateVerify     }
//!              check the signature ExpectSignatureVerdict      }
//!            Finished              ExpectFinished
//!              early data          Parked, until the application has no more of it
//!              which certificate?  ExpectCredential    } only after a CertificateRequest
//! [EndOfEarlyData]                 after early data that was accepted
//! [Certificate
//!              sign                ExpectSignature     } only with a certificate
//! [CertificateVerify]]
//! Finished                         -> Open, with Post: tickets and post-handshake authentication
//! ```
//!
//! A ServerHello of TLS 1.2 leads to `tls12`.

mod authenticate;
mod certificate;
mod early;
mod encrypted;
mod finished;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod hello;
mod offered;
mod post;
mod psk;
#[cfg(any(test, fuzzing))]
pub(crate) mod puppet;
mod retry;
mod server_hello;
mod start;
mod tls12;

use crate::core::Core;
use crate::message::Message;
use crate::number::Suite13;
use crate::schedule::{Handshake, TrafficSecret};
use crate::state::{State as Next, Wants};
use crate::transcript::Transcript;
use crate::{Answer, Error, ErrorKind, Offer, Question};

use authenticate::{ExpectCredential, ExpectSignature};
use certificate::{
    ExpectCertificate, ExpectCertificateOrRequest, ExpectCertificateVerify, ExpectChainVerdict, ExpectSignatureVerdict,
};
use early::Parked;
use encrypted::ExpectEncryptedExtensions;
use finished::ExpectFinished;
use offered::Offered;
pub(crate) use post::Post;
use server_hello::ExpectServerHello;
use start::{OfferPsk, Start};

/// The states of a client before its Finished, in the order of the wire.
pub(crate) enum State {
    Start(Box<Start>),
    OfferPsk(Box<OfferPsk>),
    ServerHello(Box<ExpectServerHello>),
    EncryptedExtensions(Box<ExpectEncryptedExtensions>),
    CertificateOrRequest(Box<ExpectCertificateOrRequest>),
    Certificate(Box<ExpectCertificate>),
    ChainVerdict(Box<ExpectChainVerdict>),
    CertificateVerify(Box<ExpectCertificateVerify>),
    SignatureVerdict(Box<ExpectSignatureVerdict>),
    Finished(Box<ExpectFinished>),
    Parked(Box<Parked>),
    Credential(Box<ExpectCredential>),
    Signature(Box<ExpectSignature>),
    Tls12(tls12::State),
}

/// Nothing has been sent.
pub(crate) fn start(offers: Vec<Offer>) -> State {
    State::Start(Box::new(Start { offers }))
}

impl State {
    pub(crate) fn wants(&self) -> Wants {
        match self {
            Self::ServerHello(_)
            | Self::EncryptedExtensions(_)
            | Self::CertificateOrRequest(_)
            | Self::Certificate(_)
            | Self::CertificateVerify(_)
            | Self::Finished(_) => Wants::Message,
            Self::Start(_) => Wants::Go,
            Self::Parked(_) => Wants::Data,
            Self::OfferPsk(_)
            | Self::ChainVerdict(_)
            | Self::SignatureVerdict(_)
            | Self::Credential(_)
            | Self::Signature(_) => Wants::Answer,
            Self::Tls12(state) => state.wants(),
        }
    }

    /// Is the handshake done but for our last flight, which waits for the end of early data?
    pub(crate) fn is_parked(&self) -> bool {
        matches!(self, Self::Parked(_))
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match self {
            Self::OfferPsk(state) => Ok(state.question()),
            Self::ChainVerdict(state) => Ok(state.question()),
            Self::SignatureVerdict(state) => Ok(state.question()),
            Self::Credential(state) => Ok(state.question()),
            Self::Signature(state) => Ok(state.question()),
            Self::Tls12(state) => state.question(),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        match self {
            Self::ServerHello(state) => state.message(core, message),
            Self::EncryptedExtensions(state) => state.message(core, message),
            Self::CertificateOrRequest(state) => state.message(core, message),
            Self::Certificate(state) => state.message(core, message),
            Self::CertificateVerify(state) => state.message(message),
            Self::Finished(state) => state.message(core, message),
            Self::Tls12(state) => state.message(core, message),
            Self::Parked(state) => state.message(message),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    /// Goes on with nothing from outside.
    pub(crate) fn go(self, core: &mut Core) -> Result<Next, Error> {
        match self {
            Self::Start(state) => state.go(core),
            Self::Parked(state) => state.go(core),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn change_cipher_spec(self, core: &mut Core) -> Result<Self, Error> {
        match self {
            Self::Tls12(state) => state.change_cipher_spec(core).map(Self::Tls12),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn answer(self, core: &mut Core, answer: Answer) -> Result<Next, Error> {
        match (self, answer) {
            (Self::Tls12(state), answer) => state.answer(core, answer),
            (Self::OfferPsk(state), Answer::ExternalPsk(offer)) => state.answer(core, offer),
            (Self::ChainVerdict(state), Answer::Verdict(verdict)) => state.answer(core, verdict),
            (Self::SignatureVerdict(state), Answer::Verdict(verdict)) => state.answer(core, verdict),
            (Self::Credential(state), Answer::Credential(credential)) => state.answer(core, credential),
            (Self::Signature(state), Answer::Signature(signature)) => state.answer(core, &signature),
            _ => Err(ErrorKind::WrongAnswer.into()),
        }
    }
}

impl From<State> for Next {
    fn from(state: State) -> Self {
        Self::Client(state)
    }
}

/// What every state between ServerHello and the server's Finished carries on.
struct Flight {
    offered: Offered,
    suite: &'static Suite13,
    transcript: Transcript,
    schedule: Handshake,
    /// client_handshake_traffic_secret
    write: TrafficSecret,
    /// server_handshake_traffic_secret
    read: TrafficSecret,
    /// The dummy change_cipher_spec of middlebox compatibility mode is still to be sent.
    owes_ccs: bool,
    early: EarlyFlight,
}

/// What early data means for the client's last flight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum EarlyFlight {
    /// None was offered, or not in this round.
    #[default]
    None,
    Refused,
    /// Its key is in use until EndOfEarlyData.
    Accepted,
}

#[cfg(test)]
mod tests;
