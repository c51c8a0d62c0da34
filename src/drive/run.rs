//! The loop: step the engine, move bytes, report events, answer questions, until the call has what it is after.

use std::ffi::c_int;

use carnet_tls::{AlertDescription, Error as TlsError, ErrorKind, HandshakeType, ProtocolVersion, StateName, Step};

use super::held::Held;
use super::{ask, early, handshake, observe, reasons};
use crate::error::Error;
use crate::libcrypto::err;
use crate::libcrypto::reasons::Reason;
use crate::objects::connection::{Connection, Phase, RECEIVED_SHUTDOWN, Role, SENT_SHUTDOWN, Want};

/// Why an I/O call ends without having done what it was asked.
#[derive(Debug)]
pub enum Halt {
    /// To be called again; [`Want`] says when.
    Wait,
    /// The peer has sent close_notify.
    Closed,
    /// The BIO failed, with this return value; it has said why, or the operating system has.
    Transport(c_int),
    /// For good: what goes on the error queue, and what the call returns.
    Fatal {
        /// For the queue.
        error: Error,
        /// What a read returns; everything else returns -1.
        returns: c_int,
    },
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Fatal { error, returns: -1 }
    }
}

impl Halt {
    /// What SSL_read returns; puts a failure on the queue, as raised by `name`.
    pub fn read_result(self, name: &'static str) -> c_int {
        match self {
            Self::Wait => -1,
            Self::Closed => 0,
            Self::Transport(count) => count,
            Self::Fatal { error, returns } => {
                error.push(name);
                returns
            }
        }
    }

    /// What a handshake call returns: -1 for everything.
    pub fn handshake_result(self, name: &'static str) -> c_int {
        let Self::Fatal { error, returns } = self else {
            return -1;
        };
        error.push(name);
        // OpenSSL's undefined function, for the side that a method is not made for, says 0.
        if error == Error::BUSY { returns } else { -1 }
    }
}

/// What a run is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The handshake to be done, and what follows it at once to be sent.
    Handshake,
    /// Application data.
    Data,
    /// What is queued to be sent; nothing is read.
    Settled,
    /// Client: the hello to be made, that early data goes with. Nothing is sent.
    Hello,
    /// Client: the server's flight to be taken, and nothing answered yet, so that more early data can go before.
    Parked,
    /// Server: our flight to be sent, after which it is the client's turn.
    Accepted,
    /// Server: early data, or its end, after which the handshake is to be done.
    EarlyData,
}

impl Held<'_> {
    /// Runs until the goal is reached.
    pub(super) fn run(&mut self, goal: Goal) -> Result<(), Halt> {
        loop {
            let step = self.engine()?.step();
            if step.is_ok() {
                early::note_end(self)?;
            }
            observe::report(self)?;
            if let Ok(Step::Read | Step::Data | Step::Closed) = step {
                observe::rest(self)?;
            }
            match step {
                Err(error) => return Err(self.failed(error)),
                Ok(Step::Ask(question)) => ask::answer(self, question)?,
                Ok(Step::Write | Step::Read) if goal == Goal::Hello => return Ok(()),
                Ok(Step::Write) => {
                    self.io()?.flush_due = true;
                    self.send()?;
                    self.flush()?;
                    observe::flight_written(self)?;
                    // What has been read ahead is for the next call.
                    let state = self.engine()?.state();
                    if goal == Goal::Accepted
                        && matches!(state, StateName::EarlyData | StateName::Wrote(HandshakeType::FINISHED))
                    {
                        return Ok(());
                    }
                }
                Ok(Step::HandshakeDone) => handshake::finished(self)?,
                Ok(Step::Data) if self.is_open() || self.is_resting(goal)? => return Ok(()),
                Ok(Step::Read) if goal != Goal::Data && (self.is_open() || self.is_resting(goal)?) => return Ok(()),
                Ok(Step::Read) => self.read_more(goal)?,
                // The peer says no more, and hears what we still have to say.
                Ok(Step::Closed) if goal == Goal::Settled => return Ok(()),
                Ok(Step::Closed) => return Err(self.closed()),
                Ok(Step::Data) => {
                    // Early data, while the application wants to have done with the handshake.
                    self.fail(AlertDescription::UnexpectedMessage);
                    return Err(Error::Ssl(Reason::UNEXPECTED_RECORD).into());
                }
            }
        }
    }

    /// Early data, or an answer to it, may flow, and that is what the call is after.
    fn is_resting(&mut self, goal: Goal) -> Result<bool, Halt> {
        let paused = self.connection().status().paused();
        let engine = self.engine()?;
        Ok(match goal {
            Goal::Data => paused,
            Goal::Parked => engine.early_data_parked(),
            // Also after a HelloRetryRequest, as in OpenSSL: there will be no early data then.
            Goal::Accepted => engine.state() != StateName::Before && engine.version() == Some(ProtocolVersion::TLS1_3),
            Goal::EarlyData => engine.reading_early_data() && !engine.plaintext().is_empty(),
            Goal::Handshake | Goal::Settled | Goal::Hello => false,
        })
    }

    fn is_open(&self) -> bool {
        self.connection().status().phase() == Phase::Open
    }

    /// Gets more bytes, unless the application wants to hear of every message after the handshake.
    fn read_more(&mut self, goal: Goal) -> Result<(), Halt> {
        if goal == Goal::Data && super::data::pause_after_message(self)? {
            return Err(Halt::Wait);
        }
        self.fill()
    }

    fn closed(&self) -> Halt {
        let status = self.connection().status();
        status.add_shutdown(RECEIVED_SHUTDOWN);
        status.set_warning(0);
        status.set_want(Want::Nothing);
        Halt::Closed
    }

    /// The engine has failed: its alert goes out, the session is spoilt, the error is told once.
    pub(super) fn failed(&mut self, error: TlsError) -> Halt {
        let connection = self.connection();
        let status = connection.status();
        let phase = status.phase();
        let told_before = phase == Phase::Failed;
        let _heard = observe::report(self);
        self.send_best_effort();
        status.set_phase(Phase::Failed);
        if told_before {
            return Halt::Transport(-1);
        }
        // OpenSSL spoils the session with the alert that it sends; after close_notify it sends none.
        let by_peer = matches!(error.kind(), ErrorKind::AlertReceived(_));
        if by_peer || status.shutdown() & SENT_SHUTDOWN == 0 {
            let _forgotten = self.released(Connection::forget_session);
        }
        if phase == Phase::Handshake && was_reading(error.kind()) {
            status.set_want(Want::Read);
        }
        if by_peer && self.is_unheard() {
            // A client that gives up before it has said hello: to OpenSSL that is no alert yet.
            return Error::Ssl(Reason::UNEXPECTED_MESSAGE).into();
        }
        let returns = if by_peer {
            status.add_shutdown(RECEIVED_SHUTDOWN);
            0
        } else {
            -1
        };
        let tls12 = self.is_tls12();
        if tls12 && error.kind() == ErrorKind::BadRecordMac {
            // The oldest error, which programs log first, is that of the cipher.
            err::raise_cipher_failure();
        }
        let special = (tls12 && status.role() == Role::Server).then(|| reasons::error_of_server12(error.kind()));
        if self.is_alert_first(error.kind()) {
            return Error::Ssl(Reason::UNEXPECTED_MESSAGE).into();
        }
        let error = match phase {
            Phase::Open => reasons::error_when_open(error.kind()),
            Phase::Before | Phase::Handshake | Phase::Failed => {
                special.flatten().unwrap_or_else(|| reasons::error(error.kind()))
            }
        };
        Halt::Fatal { error, returns }
    }

    /// A server that has not had a hello?
    fn is_unheard(&mut self) -> bool {
        let server = self.connection().status().role() == Role::Server;
        server
            && self
                .engine()
                .is_ok_and(|engine| engine.client_hello().is_none() && engine.version().is_none())
    }

    fn is_tls12(&mut self) -> bool {
        self.engine()
            .is_ok_and(|engine| engine.version() == Some(ProtocolVersion::TLS1_2))
    }

    /// To a server that does not know the version yet, an alert in the place of a ClientHello is just not what it expects.
    fn is_alert_first(&mut self, kind: ErrorKind) -> bool {
        let connection = self.connection();
        matches!(kind, ErrorKind::AlertReceived(_))
            && connection.status().role() == Role::Server
            && connection.context().method().version == 0
            && self
                .engine()
                .is_ok_and(|engine| engine.version().is_none() && engine.client_hello().is_none())
    }

    /// Ends the connection for a reason of the driver's own; the peer is told with `alert`.
    pub(super) fn fail(&mut self, alert: AlertDescription) {
        let connection = self.connection();
        if let Ok(engine) = self.engine() {
            engine.abort(alert);
        }
        let _heard = observe::report(self);
        self.send_best_effort();
        connection.status().set_phase(Phase::Failed);
        if connection.status().shutdown() & SENT_SHUTDOWN == 0 {
            let _forgotten = self.released(Connection::forget_session);
        }
    }
}

/// Failures of what was read, before a message was made of it: SSL_want then still says that the handshake was reading.
fn was_reading(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::AlertReceived(_)
            | ErrorKind::HttpRequest
            | ErrorKind::ProxyRequest
            | ErrorKind::NotTls
            | ErrorKind::WrongVersionNumber
            | ErrorKind::BadRecordMac
            | ErrorKind::RecordTooLong
    )
}
