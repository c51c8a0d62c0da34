//! SSL_do_handshake(3), SSL_accept(3), SSL_connect(3).

use super::held::Held;
use super::run::{Goal, Halt};
use super::{early, observe, post, session, start};
use crate::error::{Common, Error};
use crate::libcrypto::err;
use crate::libcrypto::reasons::Reason;
use crate::objects::connection::{Connection, Phase, Role};

/// SSL_do_handshake(3)
pub fn perform(connection: &Connection) -> Result<(), Halt> {
    if !connection.status().role_chosen() {
        return Err(Error::Ssl(Reason::CONNECTION_TYPE_NOT_SET).into());
    }
    check_method(connection)?;
    err::clear_if_any();
    let mut held = Held::new(connection)?;
    match connection.status().phase() {
        Phase::Before | Phase::Handshake => go(&mut held),
        Phase::Open => post::send_queued(&mut held),
        Phase::Failed => Err(Halt::Transport(-1)),
    }
}

/// SSL_accept(3), SSL_connect(3): chooses the side, unless that was done before.
pub fn perform_as(connection: &Connection, role: Role) -> Result<(), Halt> {
    if !connection.status().role_chosen() {
        connection.status().choose_role(role);
    }
    perform(connection)
}

/// The method may be for the other side only: the handshake call then returns 0.
fn check_method(connection: &Connection) -> Result<(), Halt> {
    let method = connection.context().method();
    let possible = match connection.status().role() {
        Role::Client => method.client,
        Role::Server => method.server,
    };
    if possible {
        return Ok(());
    }
    Err(Halt::Fatal {
        error: Common::ShouldNotHaveBeenCalled.into(),
        returns: 0,
    })
}

/// Begins or goes on, until the handshake is done and what follows it at once is sent.
pub(super) fn go(held: &mut Held<'_>) -> Result<(), Halt> {
    if held.connection().status().phase() == Phase::Before {
        start::begin(held).or_else(|halt| observe::leave(held, false).and(Err(halt)))?;
    }
    early::leave_off(held)?;
    let result = held.run(Goal::Handshake);
    observe::leave(held, result.is_ok())?;
    result
}

/// The engine says that the handshake is done (or a post-handshake authentication is).
pub(super) fn finished(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    if status.phase() == Phase::Open {
        return session::authenticated_later(held);
    }
    session::established(held)?;
    status.set_phase(Phase::Open);
    observe::done(held)
}
