//! An established TLS 1.2 connection. Nothing happens in it but data: renegotiation is refused.

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::core::Core;
use crate::message::Message;
use crate::message::tls12::check_empty;
use crate::schedule::{HelloRandoms, MasterSecret};
use crate::state::Wants;
use crate::{AlertDescription, AlertLevel, Answer, Error, ErrorKind, HandshakeType, Question, ReceivedTicket, Side};

/// So many attempts to renegotiate may come without application data between them.
const MAX_RENEGOTIATIONS: u8 = 5;

/// The secrets of a connection whose Finished messages have both been verified.
pub(crate) struct Established {
    pub(crate) master: MasterSecret,
    pub(crate) randoms: HelloRandoms,
}

/// A ticket that came in the handshake, for the application to keep.
pub(crate) struct TicketIn {
    pub(crate) lifetime: u32,
    pub(crate) ticket: Bytes,
}

/// The state after the handshake.
pub(crate) struct Open12 {
    established: Established,
    stage: Stage,
    renegotiations: u8,
}

enum Stage {
    /// Client: the application gets the ticket.
    Ticket(TicketIn),
    /// The handshake's end is to be told.
    Report,
    Idle,
}

impl Open12 {
    /// A ticket is handed over only now: before Finished nobody knows who made it.
    pub(crate) fn new(established: Established, ticket: Option<TicketIn>) -> Self {
        Self {
            established,
            stage: ticket.map_or(Stage::Report, Stage::Ticket),
            renegotiations: 0,
        }
    }

    pub(crate) fn established(&self) -> &Established {
        &self.established
    }

    pub(crate) fn wants(&self) -> Wants {
        match self.stage {
            Stage::Ticket(_) => Wants::Answer,
            Stage::Report => Wants::Report,
            Stage::Idle => Wants::Anything,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        !matches!(self.stage, Stage::Idle)
    }

    pub(crate) fn reported(self) -> Self {
        Self {
            stage: Stage::Idle,
            ..self
        }
    }

    /// Application data passed: the peer may try once more.
    pub(crate) fn data_passed(&mut self) {
        self.renegotiations = 0;
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        let Stage::Ticket(ticket) = &self.stage else {
            return Err(ErrorKind::Internal.into());
        };
        Ok(Question::ReceivedTicket(ReceivedTicket {
            ticket: ticket.ticket.clone(),
            secret: Zeroizing::new(self.established.master.as_bytes().to_vec()),
            lifetime: ticket.lifetime,
            age_add: 0,
            nonce: Bytes::new(),
            max_early_data: 0,
        }))
    }

    #[inline(never)]
    pub(crate) fn answer(self, answer: Answer) -> Result<Self, Error> {
        match (&self.stage, answer) {
            (Stage::Ticket(_), Answer::Proceed) => Ok(Self {
                stage: Stage::Report,
                ..self
            }),
            _ => Err(ErrorKind::WrongAnswer.into()),
        }
    }

    /// Renegotiation: "the appropriate response is [...] a no_renegotiation alert [...] always a warning" (RFC 5246
    /// section 7.2.2). As OpenSSL under SSL_OP_NO_RENEGOTIATION, the connection goes on if the peer lets it.
    #[inline(never)]
    pub(crate) fn message(mut self, core: &mut Core, message: &Message) -> Result<Self, Error> {
        match (core.side, message.kind()) {
            (Side::Client, HandshakeType::HELLO_REQUEST) => check_empty(message)?,
            (Side::Server, HandshakeType::CLIENT_HELLO) => {}
            _ => return Err(ErrorKind::UnexpectedMessage.into()),
        }
        self.renegotiations += 1;
        if self.renegotiations > MAX_RENEGOTIATIONS {
            return Err(ErrorKind::TooManyWarnings.into());
        }
        if !core.is_write_closed() {
            core.send_alert(AlertLevel::Warning, AlertDescription::NoRenegotiation)?;
        }
        Ok(self)
    }
}
