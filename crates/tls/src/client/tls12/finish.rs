//! The server's last flight: NewSessionTicket, change_cipher_spec, Finished (RFC 5077 section 3.3, RFC 5246 section
//! 7.4.9).

use super::State;
use crate::core::Core;
use crate::finished12::Secrets;
use crate::message::Message;
use crate::message::tls12::parse_ticket;
use crate::open12::{Open12, TicketIn};
use crate::record::RecordKey;
use crate::state::State as Next;
use crate::{Error, HandshakeType};

/// What comes after the server's Finished.
pub(super) enum Then {
    /// Ours went first: the handshake is done.
    Open,
    /// A session is resumed: it is our turn.
    Answer(Box<RecordKey>),
}

/// It is the server's turn to finish, with a ticket first if it promised one.
pub(super) fn turn(secrets: Secrets, read: RecordKey, then: Then, ticket: bool) -> State {
    let last = Last { secrets, then };
    if ticket {
        State::Ticket(Box::new(ExpectTicket { last, read }))
    } else {
        State::ChangeCipherSpec(Box::new(ExpectChangeCipherSpec {
            last,
            read,
            ticket: None,
        }))
    }
}

struct Last {
    secrets: Secrets,
    then: Then,
}

/// The promised ticket, which comes before change_cipher_spec.
pub(crate) struct ExpectTicket {
    last: Last,
    read: RecordKey,
}

impl ExpectTicket {
    #[inline(never)]
    pub(super) fn message(self, message: Message) -> Result<State, Error> {
        let Self { mut last, read } = self;
        let message = message.expect(HandshakeType::NEW_SESSION_TICKET)?;
        let (lifetime, ticket) = parse_ticket(&message)?;
        last.secrets.transcript.add(message.raw());
        // An empty one says that there is none after all.
        let ticket = (!ticket.is_empty()).then_some(TicketIn { lifetime, ticket });
        Ok(State::ChangeCipherSpec(Box::new(ExpectChangeCipherSpec {
            last,
            read,
            ticket,
        })))
    }
}

/// Waits for the server's change_cipher_spec.
pub(crate) struct ExpectChangeCipherSpec {
    last: Last,
    read: RecordKey,
    ticket: Option<TicketIn>,
}

impl ExpectChangeCipherSpec {
    #[inline(never)]
    pub(super) fn change_cipher_spec(self, core: &mut Core) -> Result<State, Error> {
        core.set_read_key(self.read)?;
        Ok(State::Finished(Box::new(ExpectFinished {
            last: self.last,
            ticket: self.ticket,
        })))
    }
}

/// Waits for the server's Finished.
pub(crate) struct ExpectFinished {
    last: Last,
    ticket: Option<TicketIn>,
}

impl ExpectFinished {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let Last { mut secrets, then } = self.last;
        secrets.check_finished(core, message)?;
        if let Then::Answer(write) = then {
            secrets.send_finished(core, *write)?;
        }
        let open = Open12::new(secrets.into_established(), self.ticket);
        Ok(Next::Open12(Box::new(open)))
    }
}
