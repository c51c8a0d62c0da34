//! Early data (SSL_read_early_data(3), SSL_write_early_data(3)), and what may be said before the other side is known to be
//! there.
//!
//! ```text
//! client                                        server
//!   Untouched                                     Untouched
//!     write: the hello, then data                   read: the hello, our flight; at rest
//!   Writable, at rest                             Readable, at rest
//!     read: the server's flight; at rest again      read: early data (SUCCESS)
//!     write: more data                              write: an answer to a client that nobody knows
//!     connect, do_handshake, SSL_write              read: its end (FINISH)
//!   Written: the handshake goes on                Read: the handshake goes on
//! ```
//!
//! "At rest" the handshake is not done, and SSL_in_init(3) says that it is not going on.

use carnet_tls::{Connection as Engine, EarlyDataStatus, ErrorKind};

use super::held::Held;
use super::run::{Goal, Halt};
use super::state_names::State;
use super::{data, observe, start};
use crate::error::{Common, Error};
use crate::libcrypto::reasons::Reason;
use crate::libcrypto::{callouts, err};
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Early, Phase, RECEIVED_SHUTDOWN, Role, SENT_SHUTDOWN, Want};
use crate::objects::session::now;

/// How much older, in seconds, a ticket may be than its client says (OpenSSL's TICKET_AGE_ALLOWANCE): the time that the
/// hello takes to arrive, and clocks that run at different speeds (RFC 8446 section 8.3).
const AGE_ALLOWANCE_MS: u32 = 10_000;
const SECOND_MS: u32 = 1000;

/// The call does not fit where the connection is.
pub(super) fn misplaced() -> Halt {
    Halt::Fatal {
        error: Common::ShouldNotHaveBeenCalled.into(),
        returns: 0,
    }
}

// ---- client

/// SSL_write_early_data(3): says how much was written, which is all. On a server: an answer to early data.
pub fn write(connection: &Connection, data: &[u8]) -> Result<usize, Halt> {
    let status = connection.status();
    match status.early() {
        Early::Readable | Early::Read => return answer(connection, data),
        Early::Untouched if !may_begin(connection) => return Err(misplaced()),
        Early::Written | Early::AcceptAgain => return Err(misplaced()),
        Early::Untouched | Early::ConnectAgain | Early::Writable | Early::Unflushed => {}
    }
    if status.shutdown() & SENT_SHUTDOWN != 0 {
        return Err(Error::Ssl(Reason::PROTOCOL_IS_SHUTDOWN).into());
    }
    err::clear_if_any();
    let mut held = Held::new(connection)?;
    match status.early() {
        Early::Untouched | Early::ConnectAgain => {
            send_hello(&mut held)?;
            seal(&mut held, data)?;
        }
        Early::Unflushed => {}
        _ => {
            // A read has begun to take the server's flight.
            if !status.paused() {
                park(&mut held)?;
            }
            seal(&mut held, data)?;
        }
    }
    status.set_early(Early::Unflushed);
    held.io()?.flush_due = true;
    held.send()?;
    held.flush()?;
    status.set_early(Early::Writable);
    Ok(data.len())
}

/// Is there a session that allows early data, or may a callback have a PSK that does?
fn may_begin(connection: &Connection) -> bool {
    let status = connection.status();
    let allowed = connection
        .facts()
        .session
        .object()
        .map(|session| session.read(|session| session.max_early_data));
    status.role() == Role::Client
        && status.phase() == Phase::Before
        && (allowed.unwrap_or(0) > 0 || connection.config().hooks.psk.use_session.is_some())
}

/// Makes the hello. It goes out with the first data.
fn send_hello(held: &mut Held<'_>) -> Result<(), Halt> {
    let connection = held.connection();
    let status = connection.status();
    if status.phase() == Phase::Failed {
        return Err(Halt::Transport(-1));
    }
    if !status.role_chosen() {
        status.choose_role(Role::Client);
    }
    status.set_early(Early::ConnectAgain);
    if status.phase() == Phase::Before {
        start::begin(held)?;
    }
    let made = held.run(Goal::Hello);
    show_limit(held);
    if let Err(halt) = made {
        observe::leave(held, false)?;
        return Err(halt);
    }
    if !held.engine()?.early_data_open() {
        // The callback had no PSK, or one that allows no early data. OpenSSL, too, gives up without saying why.
        held.fail(carnet_tls::AlertDescription::InternalError);
        return Err(Halt::Transport(-1));
    }
    observe::pause(held, State::EARLY_DATA)?;
    status.set_early(Early::Writable);
    Ok(())
}

/// SSL_get_max_early_data(3) tells a client, from its hello on, what the session on offer allows, if that is used.
pub(super) fn show_limit(held: &mut Held<'_>) {
    let connection = held.connection();
    let used = matches!(connection.status().early(), Early::ConnectAgain);
    let limit = {
        let facts = connection.facts();
        let allowed = |slot: &crate::objects::connection::SessionSlot| {
            slot.object()
                .map_or(0, |session| session.read(|session| session.max_early_data))
        };
        match allowed(&facts.session) {
            0 => allowed(&facts.candidate),
            limit => limit,
        }
    };
    let limit = if used { limit } else { 0 };
    if connection.config().resumption.max_early_data != limit {
        connection.update(|config| config.resumption.max_early_data = limit);
    }
}

fn seal(held: &mut Held<'_>, mut data: &[u8]) -> Result<(), Halt> {
    while !data.is_empty() {
        let sealed = held.engine()?.write_early_data(data);
        observe::report(held)?;
        match sealed {
            Ok(0) => break,
            Ok(count) => data = data.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Misuse => return Err(Error::INTERNAL.into()),
            Err(error) => return Err(held.failed(error)),
        }
    }
    Ok(())
}

/// A client that has early data reads: it takes the server's flight, if it has not, and rests.
pub(super) fn park(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    if status.paused() && status.state() == State::PENDING_EARLY_DATA_END.0 {
        return Ok(());
    }
    observe::resume(held)?;
    let result = held.run(Goal::Parked);
    match &result {
        Ok(()) if status.phase() == Phase::Handshake => observe::pause(held, State::PENDING_EARLY_DATA_END)?,
        _ => observe::leave(held, result.is_ok())?,
    }
    result
}

/// An ordinary call goes on with the handshake.
pub(super) fn leave_off(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    if matches!(status.early(), Early::Writable | Early::Unflushed) {
        status.set_early(Early::Written);
        observe::resume(held)?;
        let finished = held.engine()?.finish_early_data();
        return finished.map_err(|error| held.failed(error));
    }
    observe::resume(held)
}

// ---- server

/// SSL_read_early_data(3): how much was read, `None` when there is no more.
pub fn read(connection: &Connection, buffer: &mut [u8]) -> Result<Option<usize>, Halt> {
    let status = connection.status();
    match status.early() {
        _ if status.role() != Role::Server => return Err(misplaced()),
        Early::Untouched if status.phase() != Phase::Before => return Err(misplaced()),
        Early::Untouched | Early::AcceptAgain | Early::Readable => {}
        _ => return Err(misplaced()),
    }
    err::clear_if_any();
    let mut held = Held::new(connection)?;
    if status.early() != Early::Readable {
        accept(&mut held)?;
    }
    if held.engine()?.early_data_status() != EarlyDataStatus::Accepted {
        status.set_early(Early::Read);
        return Ok(None);
    }
    if status.shutdown() & RECEIVED_SHUTDOWN != 0 {
        status.set_want(Want::Nothing);
        return Err(Halt::Closed);
    }
    if status.phase() == Phase::Failed {
        return Err(Halt::Transport(-1));
    }
    if buffer.is_empty() && !held.engine()?.plaintext().is_empty() {
        return Err(Halt::Transport(0));
    }
    let result = held.run(Goal::EarlyData);
    if status.early() == Early::Read {
        // The handshake has gone on in the same call, as far as it got.
        observe::leave(&mut held, result.is_ok())?;
        if let Err(Halt::Fatal { error, .. }) = result {
            error.push("SSL_read_early_data");
        }
        return Ok(None);
    }
    result?;
    data::copy_out(&mut held, buffer, true).map(Some)
}

/// The handshake as far as a server gets by itself.
fn accept(held: &mut Held<'_>) -> Result<(), Halt> {
    let connection = held.connection();
    let status = connection.status();
    if status.phase() == Phase::Failed {
        return Err(Halt::Transport(-1));
    }
    if !status.role_chosen() {
        status.choose_role(Role::Server);
    }
    status.set_early(Early::AcceptAgain);
    if status.phase() == Phase::Before {
        start::begin(held)?;
    }
    let result = held.run(Goal::Accepted);
    match &result {
        Ok(()) if status.phase() == Phase::Handshake => observe::pause(held, State::EARLY_DATA)?,
        _ => observe::leave(held, result.is_ok())?,
    }
    result?;
    status.set_early(Early::Readable);
    Ok(())
}

/// The engine has taken EndOfEarlyData: the handshake goes on.
pub(super) fn note_end(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    if status.early() != Early::Readable || held.engine()?.reading_early_data() {
        return Ok(());
    }
    status.set_early(Early::Read);
    observe::resume(held)
}

/// SSL_write_early_data(3) on a server.
fn answer(connection: &Connection, data: &[u8]) -> Result<usize, Halt> {
    let status = connection.status();
    if status.shutdown() & SENT_SHUTDOWN != 0 {
        return Err(Error::Ssl(Reason::PROTOCOL_IS_SHUTDOWN).into());
    }
    err::clear_if_any();
    let mut held = Held::new(connection)?;
    let written = data::transmit(&mut held, data)?;
    held.io()?.flush_due = true;
    // OpenSSL does not care either whether the BIO could be flushed.
    let _flushed = held.flush();
    status.set_want(Want::Nothing);
    Ok(written)
}

/// SSL_CTX_set_allow_early_data_cb(3), asked when everything else speaks for it.
pub(super) fn may_accept(connection: &Connection) -> bool {
    let config = connection.config();
    let hook = config.hooks.allow_early_data;
    config.resumption.max_early_data > 0
        && callouts::plain(hook.function, connection.handle(), hook.argument.pointer()) != Some(0)
}

/// Is a ticket as old as its client says, give or take what OpenSSL allows, and its session still good?
pub(super) fn is_fresh(session: &carnet_ticket::Session, obfuscated_age: u32) -> bool {
    let age = obfuscated_age.wrapping_sub(session.age_add);
    let known = now().wrapping_sub(session.time);
    // Clients that count milliseconds may seem to be ahead of us, who count seconds.
    let known_ms = u32::try_from(known)
        .ok()
        .and_then(|age| age.checked_mul(SECOND_MS)?.checked_add(SECOND_MS));
    session.timeout >= known && known_ms.is_some_and(|known| age <= known && known - age <= AGE_ALLOWANCE_MS)
}

// ---- both

/// SSL_get_early_data_status(3)
pub fn outcome(connection: &Connection) -> EarlyDataStatus {
    connection
        .with_engine(|engine| engine.early_data_status())
        .unwrap_or_default()
}

/// What a new engine is to know of early data.
pub(super) fn prepare(connection: &Connection, engine: &mut Engine) {
    let limit = connection.config().resumption.recv_max_early_data;
    let wished = match (connection.status().role(), connection.status().early()) {
        (Role::Client, Early::ConnectAgain) => engine.start_early_data(),
        (Role::Server, early) => {
            engine.set_early_data_skip_limit(limit);
            if early == Early::AcceptAgain {
                engine.accept_early_data(limit)
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    };
    debug_assert!(wished.is_ok(), "the engine is new");
}

#[cfg(test)]
mod tests {
    use carnet_ticket::{Secret, Session};

    use super::*;

    /// A session that the server knows to be `seconds` old, and what a client says that believes in `claimed` milliseconds.
    fn judged(seconds: u64, claimed: u32) -> bool {
        let mut session = Session::new(0x0304, 0x1301, Secret::default(), now() - seconds);
        session.timeout = 7200;
        session.age_add = 0xffff_ff00;
        is_fresh(&session, session.age_add.wrapping_add(claimed))
    }

    #[test]
    fn a_ticket_may_be_older_than_its_client_says_by_the_allowance() {
        assert!(judged(0, 0));
        assert!(judged(5, 5900));
        assert!(judged(9, 0));
        assert!(!judged(12, 0));
        assert!(!judged(7300, 7_300_000));
    }

    #[test]
    fn a_ticket_is_not_younger_than_its_client_says() {
        assert!(!judged(5, 9000));
        assert!(!judged(5, u32::MAX));
    }
}
