//! The client's side of TLS 1.2 (RFC 5246 section 7.3, RFC 5077 section 3.1).
//!
//! ```text
//! ClientHello                       (the same as for TLS 1.3)
//!            ServerHello            begin
//!            Certificate            ExpectCertificate        }
//!              judge the chain      AskChain                 } not when a session
//!            [CertificateStatus]    ExpectKeyExchange        } is resumed
//!            ServerKeyExchange      ExpectKeyExchange        }
//!              check the signature  AskVerified              }
//!            [CertificateRequest]   ExpectDone               }
//!            ServerHelloDone        ExpectDone               }
//!              which certificate?   AskCredential            } only after a
//! [Certificate]                                              } CertificateRequest
//! ClientKeyExchange                                          }
//!              sign                 AskSignature             }
//! [CertificateVerify]                                        }
//! ChangeCipherSpec, Finished        (when resumed: last)
//!            [NewSessionTicket]     ExpectTicket, if ServerHello promised one
//!            ChangeCipherSpec       ExpectChangeCipherSpec
//!            Finished               ExpectFinished           -> Open
//! ```

mod authenticate;
mod finish;
mod offer;
mod server;
mod server_hello;

use crate::core::Core;
use crate::message::Message;
use crate::message::tls12::check_empty;
use crate::state::{State as Next, Wants};
use crate::{Answer, Error, ErrorKind, HandshakeType, Question};

pub(super) use offer::Offer12;
pub(super) use server_hello::begin;

/// The states of a client after a ServerHello of TLS 1.2, in the order of the wire.
pub(crate) enum State {
    Certificate(Box<server::ExpectCertificate>),
    AskChain(Box<server::AskChain>),
    KeyExchange(Box<server::ExpectKeyExchange>),
    AskVerified(Box<server::AskVerified>),
    Done(Box<server::ExpectDone>),
    AskCredential(Box<authenticate::AskCredential>),
    AskSignature(Box<authenticate::AskSignature>),
    Ticket(Box<finish::ExpectTicket>),
    ChangeCipherSpec(Box<finish::ExpectChangeCipherSpec>),
    Finished(Box<finish::ExpectFinished>),
}

impl From<State> for Next {
    fn from(state: State) -> Self {
        Self::Client(super::State::Tls12(state))
    }
}

impl State {
    pub(crate) fn wants(&self) -> Wants {
        match self {
            Self::Certificate(_) | Self::KeyExchange(_) | Self::Done(_) | Self::Ticket(_) | Self::Finished(_) => {
                Wants::Message
            }
            Self::ChangeCipherSpec(_) => Wants::ChangeCipherSpec,
            Self::AskChain(_) | Self::AskVerified(_) | Self::AskCredential(_) | Self::AskSignature(_) => Wants::Answer,
        }
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match self {
            Self::AskChain(state) => Ok(state.question()),
            Self::AskVerified(state) => Ok(state.question()),
            Self::AskCredential(state) => Ok(state.question()),
            Self::AskSignature(state) => Ok(state.question()),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        // "This message MUST NOT be included in the message hashes" (section 7.4.1.1).
        if message.kind() == HandshakeType::HELLO_REQUEST {
            check_empty(&message)?;
            core.count_hello_request()?;
            return Ok(self.into());
        }
        match self {
            Self::Certificate(state) => state.message(message).map(Into::into),
            Self::KeyExchange(state) => state.message(core, message).map(Into::into),
            Self::Done(state) => state.message(core, message).map(Into::into),
            Self::Ticket(state) => state.message(message).map(Into::into),
            Self::Finished(state) => state.message(core, message),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn change_cipher_spec(self, core: &mut Core) -> Result<Self, Error> {
        match self {
            Self::ChangeCipherSpec(state) => state.change_cipher_spec(core),
            _ => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn answer(self, core: &mut Core, answer: Answer) -> Result<Next, Error> {
        let next = match (self, answer) {
            (Self::AskChain(state), Answer::Verdict(verdict)) => state.answer(core, verdict),
            (Self::AskVerified(state), Answer::Verdict(verdict)) => state.answer(core, verdict),
            (Self::AskCredential(state), Answer::Credential(credential)) => state.answer(core, credential),
            (Self::AskSignature(state), Answer::Signature(signature)) => state.answer(core, &signature),
            _ => Err(ErrorKind::WrongAnswer.into()),
        };
        next.map(Into::into)
    }
}
