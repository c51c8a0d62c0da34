//! The client's states.

use crate::core::Core;
use crate::message::Message;
use crate::open::TrafficKeys;
use crate::state::Wants;
use crate::{Answer, Error, ErrorKind, Offer, Question};

/// The client's handshake states.
pub(crate) enum State {}

/// What a client does after the handshake.
pub(crate) enum Post {}

pub(crate) fn start(_core: &mut Core, _offers: Vec<Offer>) -> Result<crate::state::State, Error> {
    Err(ErrorKind::Misuse.into())
}

impl State {
    pub(crate) fn wants(&self) -> Wants {
        match *self {}
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match *self {}
    }

    pub(crate) fn message(self, _core: &mut Core, _message: Message) -> Result<crate::state::State, Error> {
        match self {}
    }

    pub(crate) fn answer(self, _core: &mut Core, _answer: Answer) -> Result<crate::state::State, Error> {
        match self {}
    }
}

impl Post {
    pub(crate) fn wants(&self) -> Wants {
        match *self {}
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match *self {}
    }

    pub(crate) fn message(self, _core: &mut Core, _keys: &mut TrafficKeys, _message: Message) -> Result<Self, Error> {
        match self {}
    }

    pub(crate) fn answer(self, _core: &mut Core, _keys: &mut TrafficKeys, _answer: Answer) -> Result<Self, Error> {
        match self {}
    }

    pub(crate) fn reported(self) -> Self {
        self
    }
}
