//! After the handshake: tickets on demand, KeyUpdate, post-handshake authentication (SSL_new_session_ticket(3),
//! SSL_key_update(3), SSL_verify_client_post_handshake(3)). The calls queue; the next handshake call or write sends.

use std::sync::Arc;

use carnet_tls::{ErrorKind, ProtocolVersion, Settings};

use super::held::Held;
use super::run::{Goal, Halt};
use super::{observe, reasons};
use crate::error::{Error, Result};
use crate::libcrypto::reasons::Reason;
use crate::objects::connection::{Connection, Io, Phase, Role, SENT_SHUTDOWN};

/// SSL_VERIFY_PEER, SSL_VERIFY_CLIENT_ONCE
const VERIFY_PEER: i32 = 1;
const VERIFY_CLIENT_ONCE: i32 = 4;

/// Sends what is queued, unless a write is still unfinished. Nothing is read.
pub(super) fn send_queued(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    let io = held.io()?;
    if io.unfinished.is_some() {
        return Ok(());
    }
    let status = held.connection().status();
    if !status.queued() {
        return Ok(());
    }
    observe::enter_again(held)?;
    let result = send_all(held);
    if !matches!(result, Err(Halt::Wait)) {
        held.connection().status().set_queued(false);
    }
    observe::leave(held, result.is_ok())?;
    result
}

/// Tickets that were asked for while a write was not finished wait for the next write.
pub(super) fn queue_waiting(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    let io = held.io()?;
    if io.unfinished.is_none() && io.requests.tickets > 0 {
        held.connection().status().set_queued(true);
    }
    Ok(())
}

/// One ticket at a time, as in OpenSSL: the next is made when this one is out. Callbacks may ask for more on the way.
fn send_all(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    held.send()?;
    loop {
        hand_over(held)?;
        held.run(Goal::Settled)?;
        held.send()?;
        if held.io()?.requests.tickets == 0 {
            return Ok(());
        }
    }
}

/// Gives the requests to the engine, but of the tickets only one, which is taken off the list when it is made.
fn hand_over(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    let requests = &mut held.io()?.requests;
    let tickets = requests.tickets > 0;
    let key_update = requests.key_update.take();
    requests.certificate = false;
    let engine = held.engine()?;
    let requested = if tickets { engine.request_ticket() } else { Ok(()) };
    let requested = requested.and_then(|()| key_update.map_or(Ok(()), |peer| engine.update_keys(peer)));
    requested.map_err(|error| match error.kind() {
        ErrorKind::Misuse => Error::INTERNAL.into(),
        _ => held.failed(error),
    })
}

/// A ticket has been made, or declined. OpenSSL counts it against those that were asked for, also when the handshake owed
/// it.
pub(super) fn note_ticket(connection: &Connection) {
    if let Ok(mut io) = connection.try_io() {
        io.requests.tickets = io.requests.tickets.saturating_sub(1);
    }
}

/// SSL_new_session_ticket(3): one more ticket. `Silent` where OpenSSL returns 0 without a word.
pub fn request_ticket(connection: &Connection) -> Result<()> {
    let status = connection.status();
    let mut io = connection.try_io()?;
    let open = status.phase() == Phase::Open && status.shutdown() & SENT_SHUTDOWN == 0;
    // During other work only if tickets are queued already, as in OpenSSL.
    let busy = status.in_init() && io.requests.tickets == 0;
    if !open || busy || status.role() != Role::Server || !is_tls13(&io) {
        return Err(Error::Silent);
    }
    io.requests.tickets = io.requests.tickets.saturating_add(1);
    // A write that is not finished comes first: until then the connection is open as before.
    if io.unfinished.is_none() {
        status.set_queued(true);
    }
    Ok(())
}

/// What SSL_key_update(3) asks first: TLS 1.3 must have been negotiated.
pub fn check_key_update(connection: &Connection) -> Result<()> {
    if is_tls13(&*connection.try_io()?) {
        Ok(())
    } else {
        Err(Reason::WRONG_SSL_VERSION.into())
    }
}

/// SSL_key_update(3)
pub fn update_keys(connection: &Connection, request_peer: bool) -> Result<()> {
    let status = connection.status();
    let mut io = connection.try_io()?;
    if status.in_init() {
        return Err(Reason::STILL_IN_INIT.into());
    }
    if io.unfinished.is_some() {
        return Err(Reason::BAD_WRITE_RETRY.into());
    }
    io.requests.key_update = Some(request_peer);
    status.set_queued(true);
    Ok(())
}

/// SSL_verify_client_post_handshake(3)
pub fn request_client_certificate(connection: &Connection) -> Result<()> {
    let status = connection.status();
    let config = connection.present_config();
    let mode = config.verify.mode;
    let mut io = connection.try_io()?;
    if !is_tls13(&io) {
        return Err(Reason::WRONG_SSL_VERSION.into());
    }
    if status.role() != Role::Server {
        return Err(Reason::NOT_SERVER.into());
    }
    if status.in_init() {
        return Err(Reason::STILL_IN_INIT.into());
    }
    let asked = io.requests.certificates_asked;
    let engine = io.engine.as_deref_mut().ok_or(Error::INTERNAL)?;
    if !engine.offers_post_handshake_auth() {
        return Err(Reason::EXTENSION_NOT_RECEIVED.into());
    }
    if mode & VERIFY_PEER == 0 || (mode & VERIFY_CLIENT_ONCE != 0 && asked > 0) {
        return Err(Reason::INVALID_CONFIG.into());
    }
    let authorities = config.authorities(true);
    if engine.settings().authorities != authorities {
        let settings = Settings {
            authorities,
            ..Settings::clone(engine.settings())
        };
        engine.set_settings(Arc::new(settings));
    }
    engine
        .request_client_certificate()
        .map_err(|error| match error.kind() {
            ErrorKind::Misuse => Error::Ssl(Reason::REQUEST_SENT),
            kind => reasons::error(kind),
        })?;
    io.requests.certificate = true;
    io.requests.certificates_asked += 1;
    status.set_queued(true);
    Ok(())
}

fn is_tls13(io: &Io) -> bool {
    io.engine.as_ref().and_then(|engine| engine.version()) == Some(ProtocolVersion::TLS1_3)
}
