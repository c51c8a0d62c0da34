//! SSL_shutdown(3): both halves of the closing.

use super::held::Held;
use super::run::{Goal, Halt};
use crate::error::Error;
use crate::libcrypto::err;
use crate::libcrypto::reasons::Reason;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, RECEIVED_SHUTDOWN, SENT_SHUTDOWN};

/// Sends close_notify, or, when that is done, waits for the peer's. True once both have been seen.
pub fn perform(connection: &Connection) -> Result<bool, Halt> {
    let status = connection.status();
    if !status.role_chosen() {
        return Err(Error::Ssl(Reason::UNINITIALIZED).into());
    }
    err::clear_if_any();
    // Also while tickets or the like are queued.
    if status.in_init() {
        return Err(Error::Ssl(Reason::SHUTDOWN_WHILE_IN_INIT).into());
    }
    if connection.config().protocol.quiet_shutdown {
        status.set_shutdown(SENT_SHUTDOWN | RECEIVED_SHUTDOWN);
        return Ok(true);
    }
    let mut held = Held::new(connection)?;
    if status.shutdown() & SENT_SHUTDOWN == 0 {
        status.add_shutdown(SENT_SHUTDOWN);
        held.engine()?.close_notify();
        super::observe::report(&mut held)?;
        held.io()?.flush_due = true;
        held.send()?;
        // OpenSSL does not care whether the BIO could be flushed.
        let _flushed = held.flush();
    } else if held.engine()?.output().is_empty() {
        if status.shutdown() & RECEIVED_SHUTDOWN == 0 {
            await_close(&mut held)?;
        }
    } else {
        held.send()?;
        let _flushed = held.flush();
    }
    status.set_want(crate::objects::connection::Want::Nothing);
    Ok(status.shutdown() == SENT_SHUTDOWN | RECEIVED_SHUTDOWN)
}

/// Reads until the peer's close_notify. Application data on the way is an error: it should have been read before.
fn await_close(held: &mut Held<'_>) -> Result<(), Halt> {
    match held.run(Goal::Data) {
        Err(Halt::Closed) => Ok(()),
        Err(Halt::Transport(_)) if held.connection().status().shutdown() & RECEIVED_SHUTDOWN != 0 => Ok(()),
        Err(Halt::Fatal { error, .. }) => Err(Halt::Fatal { error, returns: -1 }),
        Err(halt) => Err(halt),
        Ok(()) => {
            held.fail(carnet_tls::AlertDescription::UnexpectedMessage);
            Err(Error::Ssl(Reason::APPLICATION_DATA_AFTER_CLOSE_NOTIFY).into())
        }
    }
}
