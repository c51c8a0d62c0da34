//! The states of a connection, as the shell sees them.
//!
//! A state is an owned value. A message or an answer consumes it and gives the next one, or an error, which is final.
//! What consumes it is never inlined: the frames of all of them would add up in one function, and there are programs
//! whose threads have stacks of 64 KiB.

use crate::core::Core;
use crate::message::Message;
use crate::open::Open;
use crate::open12::Open12;
use crate::{Answer, Error, ErrorKind, Question, client, server};

/// What a state is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// A step, and nothing else.
    Go,
    /// A handshake message.
    Message,
    /// TLS 1.2: change_cipher_spec, which is no handshake message.
    ChangeCipherSpec,
    /// Application data, though the handshake is not done: early data, or what comes before the end of early data.
    Data,
    /// Application data, or a post-handshake message: nothing in particular.
    Anything,
    /// The answer to its question.
    Answer,
    /// That the handshake's end be told, once all output is written.
    Report,
    /// Nothing, ever.
    Nothing(Error),
}

/// All states.
pub(crate) enum State {
    Server(server::State),
    Client(client::State),
    Open(Box<Open>),
    Open12(Box<Open12>),
    Failed(Error),
}

impl State {
    pub(crate) fn wants(&self) -> Wants {
        match self {
            Self::Server(state) => state.wants(),
            Self::Client(state) => state.wants(),
            Self::Open(open) => open.wants(),
            Self::Open12(open) => open.wants(),
            Self::Failed(error) => Wants::Nothing(*error),
        }
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match self {
            Self::Server(state) => state.question(),
            Self::Client(state) => state.question(),
            Self::Open(open) => open.question(),
            Self::Open12(open) => open.question(),
            Self::Failed(error) => Err(*error),
        }
    }

    pub(crate) fn message(self, core: &mut Core, message: Message) -> Result<Self, Error> {
        match self {
            Self::Server(state) => state.message(core, message),
            Self::Client(state) => state.message(core, message),
            Self::Open(open) => Ok(Self::Open(Box::new(open.message(core, message)?))),
            Self::Open12(open) => Ok(Self::Open12(Box::new(open.message(core, &message)?))),
            Self::Failed(error) => Err(error),
        }
    }

    /// Takes the step that this state [wants](Wants::Go).
    pub(crate) fn go(self, core: &mut Core) -> Result<Self, Error> {
        match self {
            Self::Client(state) => state.go(core),
            Self::Failed(error) => Err(error),
            Self::Server(_) | Self::Open(_) | Self::Open12(_) => Err(ErrorKind::Internal.into()),
        }
    }

    /// TLS 1.2: the peer has sent change_cipher_spec, which this state [wants](Wants::ChangeCipherSpec).
    pub(crate) fn change_cipher_spec(self, core: &mut Core) -> Result<Self, Error> {
        match self {
            Self::Server(state) => state.change_cipher_spec(core).map(Self::Server),
            Self::Client(state) => state.change_cipher_spec(core).map(Self::Client),
            Self::Failed(error) => Err(error),
            Self::Open(_) | Self::Open12(_) => Err(ErrorKind::Internal.into()),
        }
    }

    pub(crate) fn answer(self, core: &mut Core, answer: Answer) -> Result<Self, Error> {
        // "Abort" fits every question.
        if let Answer::Abort(alert) = answer {
            return Err(ErrorKind::Aborted(alert).into());
        }
        match self {
            Self::Server(state) => state.answer(core, answer),
            Self::Client(state) => state.answer(core, answer),
            Self::Open(open) => Ok(Self::Open(Box::new(open.answer(core, answer)?))),
            Self::Open12(open) => Ok(Self::Open12(Box::new(open.answer(answer)?))),
            Self::Failed(error) => Err(error),
        }
    }
}
