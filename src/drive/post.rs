//! After the handshake: tickets on demand, KeyUpdate, post-handshake authentication (SSL_new_session_ticket(3),
//! SSL_key_update(3), SSL_verify_client_post_handshake(3)). The calls queue; the next handshake call or write sends.

use carnet_tls::{ErrorKind, ProtocolVersion};

use super::held::Held;
use super::run::{Goal, Halt};
use super::{observe, reasons};
use crate::error::{Error, Result};
use crate::libcrypto::reasons::Reason;
use crate::objects::connection::{Connection, Phase, Role};

/// Sends what is queued. Nothing is read.
pub(super) fn send_queued(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    if !std::mem::take(&mut held.io()?.queued) {
        return Ok(());
    }
    observe::enter_again(held)?;
    let result = held.run(Goal::Settled).and_then(|()| held.send());
    match result {
        Err(Halt::Wait) => held.io()?.queued = true,
        _ => held.io()?.key_update = None,
    }
    observe::leave(held, result.is_ok())?;
    result
}

/// SSL_new_session_ticket(3): one more ticket. `Silent` where OpenSSL returns 0 without a word.
pub fn request_ticket(connection: &Connection) -> Result<()> {
    let status = connection.status();
    let mut io = connection.try_io()?;
    let in_time = status.phase() == Phase::Open;
    if !in_time || status.role() != Role::Server || is_tls13(&io).is_none() {
        return Err(Error::Silent);
    }
    let engine = io.engine.as_deref_mut().ok_or(Error::Silent)?;
    engine.request_ticket().map_err(|error| failure(error, Error::Silent))?;
    io.queued = true;
    Ok(())
}

/// What SSL_key_update(3) asks first: TLS 1.3 must have been negotiated.
pub fn check_key_update(connection: &Connection) -> Result<()> {
    is_tls13(&*connection.try_io()?).ok_or_else(|| Reason::WRONG_SSL_VERSION.into())
}

/// SSL_key_update(3)
pub fn update_keys(connection: &Connection, request_peer: bool) -> Result<()> {
    let mut io = connection.try_io()?;
    is_tls13(&io).ok_or(Error::Ssl(Reason::WRONG_SSL_VERSION))?;
    if connection.status().phase() != Phase::Open || io.queued {
        return Err(Reason::STILL_IN_INIT.into());
    }
    if io.unfinished.is_some() {
        return Err(Reason::BAD_WRITE_RETRY.into());
    }
    let engine = io.engine.as_deref_mut().ok_or(Error::INTERNAL)?;
    engine
        .update_keys(request_peer)
        .map_err(|error| failure(error, Error::Ssl(Reason::STILL_IN_INIT)))?;
    io.queued = true;
    io.key_update = Some(request_peer);
    Ok(())
}

/// SSL_verify_client_post_handshake(3)
pub fn request_client_certificate(connection: &Connection) -> Result<()> {
    let status = connection.status();
    let mut io = connection.try_io()?;
    is_tls13(&io).ok_or(Error::Ssl(Reason::WRONG_SSL_VERSION))?;
    if status.role() != Role::Server {
        return Err(Reason::NOT_SERVER.into());
    }
    if status.phase() != Phase::Open {
        return Err(Reason::STILL_IN_INIT.into());
    }
    let engine = io.engine.as_deref_mut().ok_or(Error::INTERNAL)?;
    let offered = engine
        .client_hello()
        .is_some_and(|hello| hello.has(carnet_tls::ExtensionType::POST_HANDSHAKE_AUTH));
    if !offered {
        return Err(Reason::EXTENSION_NOT_RECEIVED.into());
    }
    engine
        .request_client_certificate()
        .map_err(|error| failure(error, Error::Ssl(Reason::REQUEST_PENDING)))?;
    io.queued = true;
    Ok(())
}

fn is_tls13(io: &crate::objects::connection::Io) -> Option<()> {
    let version = io.engine.as_ref()?.version()?;
    (version == ProtocolVersion::TLS1_3).then_some(())
}

fn failure(error: carnet_tls::Error, misuse: Error) -> Error {
    if error.kind() == ErrorKind::Misuse {
        misuse
    } else {
        reasons::error(error.kind())
    }
}
