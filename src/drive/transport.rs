//! Between the engine's buffers and the BIOs.

use std::ffi::c_int;

use super::held::Held;
use super::run::Halt;
use crate::error::Error;
use crate::libcrypto::reasons::Reason;
use crate::objects::config::Configurable;
use crate::objects::connection::{Phase, RECEIVED_SHUTDOWN, Want};

/// SSL_OP_IGNORE_UNEXPECTED_EOF
const OP_IGNORE_UNEXPECTED_EOF: u64 = 1 << 7;

impl Held<'_> {
    /// Reads what the engine is waiting for, or a part of it.
    pub(super) fn fill(&mut self) -> Result<(), Halt> {
        let status = self.connection().status();
        status.set_want(Want::Read);
        let io = self.io()?;
        let Some(bio) = io.read_bio.as_ref() else {
            self.fail(carnet_tls::AlertDescription::InternalError);
            return Err(Error::Ssl(Reason::READ_BIO_NOT_SET).into());
        };
        let engine = io.engine.as_deref_mut().ok_or(Error::INTERNAL)?;
        let count = bio.read(engine.input_buffer());
        if let Ok(received @ 1..) = usize::try_from(count) {
            engine.received(received);
            status.set_want(Want::Nothing);
            return Ok(());
        }
        if bio.should_retry() {
            return Err(Halt::Wait);
        }
        if bio.eof() {
            return Err(self.unexpected_end(count));
        }
        Err(Halt::Transport(count))
    }

    /// The peer has closed the transport without a close_notify, which an attacker could do as well (SSL_get_error(3),
    /// BUGS).
    fn unexpected_end(&mut self, count: c_int) -> Halt {
        let connection = self.connection();
        let ignored = connection.config().protocol.options & OP_IGNORE_UNEXPECTED_EOF != 0;
        if ignored {
            connection.status().add_shutdown(RECEIVED_SHUTDOWN);
            connection.status().set_warning(0);
            return Halt::Transport(count);
        }
        let error = Error::Ssl(Reason::UNEXPECTED_EOF_WHILE_READING);
        self.fail(carnet_tls::AlertDescription::DecodeError);
        Halt::Fatal { error, returns: count }
    }

    /// Writes everything that the engine has ready.
    pub(super) fn send(&mut self) -> Result<(), Halt> {
        let connection = self.connection();
        let io = self.io()?;
        let Some(engine) = io.engine.as_deref_mut() else {
            return Ok(());
        };
        while !engine.output().is_empty() {
            connection.status().set_want(Want::Write);
            let Some(bio) = io.write_bio.as_ref() else {
                return Err(missing_write_bio(connection.status().phase()));
            };
            let count = bio.write(engine.output());
            match usize::try_from(count) {
                Ok(written @ 1..) => engine.output_written(written),
                _ if bio.should_retry() => return Err(Halt::Wait),
                _ => return Err(Halt::Transport(count)),
            }
        }
        connection.status().set_want(Want::Nothing);
        Ok(())
    }

    /// Flushes the BIO after a flight.
    pub(super) fn flush(&mut self) -> Result<(), Halt> {
        let status = self.connection().status();
        let io = self.io()?;
        if !io.flush_due {
            return Ok(());
        }
        status.set_want(Want::Write);
        let Some(bio) = io.write_bio.as_ref() else {
            return Err(Halt::Transport(-1));
        };
        if bio.flush() <= 0 {
            return Err(if bio.should_retry() {
                Halt::Wait
            } else {
                Halt::Transport(-1)
            });
        }
        io.flush_due = false;
        status.set_want(Want::Nothing);
        Ok(())
    }

    /// Sends and flushes as much as goes without waiting, for an alert that nobody will ask about again.
    pub(super) fn send_best_effort(&mut self) {
        let status = self.connection().status();
        let want = status.want();
        if self.send().is_ok()
            && let Ok(io) = self.io()
        {
            io.flush_due = true;
            let _sent = self.flush();
        }
        status.set_want(want);
    }
}

/// OpenSSL says so only for application data; a handshake without BIO fails without a word.
fn missing_write_bio(phase: Phase) -> Halt {
    match phase {
        Phase::Open => Error::Ssl(Reason::BIO_NOT_SET).into(),
        Phase::Before | Phase::Handshake | Phase::Failed => Halt::Transport(-1),
    }
}
