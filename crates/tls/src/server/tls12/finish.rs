//! change_cipher_spec and Finished from both sides, with the ticket between them (RFC 5077 section 3.3).

use zeroize::Zeroizing;

use super::State;
use crate::core::Core;
use crate::finished12::Secrets;
use crate::message::Message;
use crate::message::tls12::write_ticket;
use crate::open12::Open12;
use crate::record::RecordKey;
use crate::state::State as Next;
use crate::{Error, HandshakeType, NewTicket, Question, TicketDraft};

/// Waits for the client's change_cipher_spec.
pub(crate) struct ExpectChangeCipherSpec {
    pub(super) secrets: Secrets,
    pub(super) read: RecordKey,
    pub(super) then: Then,
}

/// What comes after the client's Finished.
pub(super) enum Then {
    /// Ours went first: the handshake is done.
    Open,
    /// It is our turn.
    Answer { write: Box<RecordKey>, ticket: bool },
}

impl ExpectChangeCipherSpec {
    #[inline(never)]
    pub(super) fn change_cipher_spec(self, core: &mut Core) -> Result<State, Error> {
        core.set_read_key(self.read)?;
        Ok(State::ExpectFinished(Box::new(ExpectFinished {
            secrets: self.secrets,
            then: self.then,
        })))
    }
}

/// Waits for the client's Finished.
pub(crate) struct ExpectFinished {
    secrets: Secrets,
    then: Then,
}

impl ExpectFinished {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let Self { mut secrets, then } = self;
        secrets.check_finished(core, message)?;
        match then {
            Then::Open => Ok(open(secrets)),
            Then::Answer { write, ticket: true } => Ok(State::AskNewTicket(Box::new(AskNewTicket {
                secrets,
                write: *write,
                turn: Turn::Last,
            }))
            .into()),
            Then::Answer { write, ticket: false } => {
                secrets.send_finished(core, *write)?;
                Ok(open(secrets))
            }
        }
    }
}

fn open(secrets: Secrets) -> Next {
    Next::Open12(Box::new(Open12::new(secrets.into_established(), None)))
}

/// Our half of a resumption: change_cipher_spec and Finished, before the client's.
pub(super) fn send_first(
    core: &mut Core,
    mut secrets: Secrets,
    write: RecordKey,
    read: RecordKey,
) -> Result<State, Error> {
    secrets.send_finished(core, write)?;
    Ok(State::ExpectChangeCipherSpec(Box::new(ExpectChangeCipherSpec {
        secrets,
        read,
        then: Then::Open,
    })))
}

/// Who goes first.
pub(super) enum Turn {
    /// We do, in a resumption; this is for what the client sends then.
    First(Box<RecordKey>),
    /// The client did, in a full handshake.
    Last,
}

/// The application makes the ticket that ServerHello promised.
pub(crate) struct AskNewTicket {
    pub(super) secrets: Secrets,
    pub(super) write: RecordKey,
    pub(super) turn: Turn,
}

impl AskNewTicket {
    pub(super) fn question(&self) -> Question {
        Question::MakeTicket(TicketDraft {
            secret: Zeroizing::new(self.secrets.master().as_bytes().to_vec()),
            age_add: 0,
            nonce: Vec::new(),
            first_of_full: matches!(self.turn, Turn::Last),
        })
    }

    #[inline(never)]
    pub(super) fn made(self, core: &mut Core, ticket: NewTicket) -> Result<Next, Error> {
        let Self {
            mut secrets,
            write,
            turn,
        } = self;
        let (lifetime, ticket) = match ticket {
            NewTicket::Send { ticket, lifetime, .. } => (lifetime, ticket),
            // "If the server determines that it does not want to include a ticket after it has included the SessionTicket
            // extension in the ServerHello, then it sends a zero-length ticket in the NewSessionTicket handshake message."
            NewTicket::Decline => (0, Vec::new()),
        };
        core.send(&mut secrets.transcript, HandshakeType::NEW_SESSION_TICKET, |w| {
            write_ticket(w, lifetime, &ticket);
        })?;
        match turn {
            Turn::First(read) => send_first(core, secrets, write, *read).map(Into::into),
            Turn::Last => {
                secrets.send_finished(core, write)?;
                Ok(open(secrets))
            }
        }
    }
}
