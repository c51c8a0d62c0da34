//! Info, message and key-log callbacks (SSL_CTX_set_info_callback(3), SSL_CTX_set_msg_callback(3),
//! SSL_CTX_set_keylog_callback(3)), in OpenSSL's order.
//!
//! OpenSSL announces a change of state before it happens: SSL_CB_…_LOOP comes with the old state, then the message of
//! the new state is shown. A message after the handshake is a little handshake of its own: two LOOPs with the state OK,
//! the message, LOOP, EXIT. Programs print these lines and count them, so they come as they do there.

mod events;

use std::ffi::c_int;

use carnet_tls::{ProtocolVersion, Side, StateName};

pub(in crate::drive) use events::{report, rest};

use super::held::Held;
use super::run::Halt;
use super::state_names::State;
use crate::libcrypto::callouts::{self, Traced};
use crate::objects::callbacks::{Hook, SSL_info_cb, SSL_msg_cb};
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Early, Phase, Role, Want};

const CB_LOOP: c_int = 0x01;
const CB_EXIT: c_int = 0x02;
const CB_HANDSHAKE_START: c_int = 0x10;
const CB_HANDSHAKE_DONE: c_int = 0x20;
const ST_CONNECT: c_int = 0x1000;
const ST_ACCEPT: c_int = 0x2000;
/// Handshake messages.
const HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;

/// An observer's errand: everything is copied, nothing is held.
struct Errand<'c> {
    connection: &'c Connection,
    info: SSL_info_cb,
    message: Hook<SSL_msg_cb>,
}

impl<'c> Errand<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            info: connection.info_callback(),
            message: connection.config().hooks.message,
        }
    }

    fn info(&self, kind: c_int, value: c_int) {
        callouts::info(self.info, self.connection.handle(), kind, value);
    }

    fn looped(&self) {
        self.info(side(self.connection) | CB_LOOP, 1);
    }

    /// The version that OpenSSL names: the negotiated one, and as long as there is none, for a client the highest that it
    /// wants, for a server the highest that its method knows.
    fn version(&self) -> u16 {
        let ask = |engine: &mut carnet_tls::Connection| {
            let wanted = engine.settings().max_version;
            let wanted = (engine.side() == Side::Client).then_some(wanted);
            engine.version().or(wanted)
        };
        let version = self.connection.with_engine(ask).flatten();
        version.map_or_else(|| self.method_version(), |version| version.0)
    }

    fn method_version(&self) -> u16 {
        match self.connection.context().method().version {
            0 => ProtocolVersion::TLS1_3.0,
            fixed => fixed,
        }
    }

    fn is_tls12(&self) -> bool {
        let version = self.connection.with_engine(|engine| engine.version()).flatten();
        version == Some(ProtocolVersion::TLS1_2)
    }

    fn message(&self, sent: bool, version: u16, content_type: c_int, bytes: &[u8]) {
        let hook = self.message;
        let traced = Traced {
            sent,
            version: c_int::from(version),
            content_type,
            bytes,
        };
        callouts::message(
            hook.function,
            self.connection.handle(),
            hook.argument.pointer(),
            &traced,
        );
    }
}

fn side(connection: &Connection) -> c_int {
    match connection.status().role() {
        Role::Client => ST_CONNECT,
        Role::Server => ST_ACCEPT,
    }
}

/// The handshake begins; a server that may speak at all shows where it stands.
pub(super) fn begin(held: &mut Held<'_>, stands: bool) -> Result<(), Halt> {
    if !held.io()?.watch.observed {
        return Ok(());
    }
    Ok(held.released(|connection| {
        let errand = Errand::new(connection);
        errand.info(CB_HANDSHAKE_START, 1);
        if stands {
            errand.looped();
        }
    })?)
}

/// A state is left without a message.
pub(super) fn looped(held: &mut Held<'_>) -> Result<(), Halt> {
    if held.io()?.watch.observed {
        held.released(|connection| Errand::new(connection).looped())?;
    }
    Ok(())
}

/// A handshake call returns.
pub(super) fn leave(held: &mut Held<'_>, done: bool) -> Result<(), Halt> {
    if !held.io()?.watch.observed {
        show_state(held);
        return Ok(());
    }
    Ok(held.released(|connection| {
        let errand = Errand::new(connection);
        let status = connection.status();
        if status.phase() == Phase::Open {
            status.set_reporting(false);
            status.set_asked_to_send(false);
            status.set_state(State::OK.0);
        }
        errand.info(side(connection) | CB_EXIT, if done { 1 } else { -1 });
    })?)
}

/// Without observers the state is only worked out when a call returns.
fn show_state(held: &mut Held<'_>) {
    let status = held.connection().status();
    let Ok(engine) = held.engine() else { return };
    let role = status.role();
    let state = match engine.state() {
        StateName::Before => Some(State::BEFORE),
        StateName::Read(kind) => State::of_message(role, false, kind.0),
        StateName::Wrote(kind) => State::of_message(role, true, kind.0),
        StateName::ReadChangeCipherSpec if role == Role::Server => Some(State::SERVER_READS_CHANGE),
        StateName::ReadChangeCipherSpec => Some(State::CLIENT_READS_CHANGE),
        StateName::WroteChangeCipherSpec if role == Role::Server => Some(State::SERVER_CHANGE),
        StateName::WroteChangeCipherSpec => Some(State::CLIENT_CHANGE),
        StateName::EarlyData => Some(State::EARLY_DATA),
        StateName::PendingEarlyDataEnd => Some(State::PENDING_EARLY_DATA_END),
        StateName::Established => Some(State::OK),
        StateName::Failed => None,
    };
    let state = if status.phase() == Phase::Open {
        Some(State::OK)
    } else {
        waiting(status.want(), role).or(state)
    };
    if let Some(state) = state {
        status.set_state(state.0);
    }
}

/// A callback has said 'later' while OpenSSL was at work on a message; the engine counts it only when that is done.
fn waiting(want: Want, role: Role) -> Option<State> {
    match (want, role) {
        (Want::ClientHello | Want::Certificate, Role::Server) => State::of_message(role, false, HELLO),
        (Want::Verify, Role::Client) => State::of_message(role, false, CERTIFICATE),
        _ => None,
    }
}

/// A handshake call after the handshake begins, to send what is queued.
pub(super) fn enter_again(held: &mut Held<'_>) -> Result<(), Halt> {
    if !held.io()?.watch.observed {
        return Ok(());
    }
    Ok(held.released(|connection| {
        connection.status().set_reporting(true);
        connection.status().set_asked_to_send(true);
        Errand::new(connection).looped();
    })?)
}

/// The handshake is done; tickets may follow, and the state that OpenSSL shows foretells them.
pub(super) fn done(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    if !held.io()?.watch.observed {
        status.set_state(State::OK.0);
        return Ok(());
    }
    let connection = held.connection();
    let tickets = status.role() == Role::Server && super::tickets::are_due(connection, held.engine()?);
    let next = if tickets { State::TICKET_SENT } else { State::OK };
    Ok(held.released(|connection| {
        let errand = Errand::new(connection);
        connection.status().set_reporting(true);
        errand.looped();
        connection.status().set_state(next.0);
        connection.status().set_reporting(false);
        errand.info(CB_HANDSHAKE_DONE, 1);
        connection.status().set_reporting(tickets);
    })?)
}

/// The end of a flight in the middle of the handshake.
pub(super) fn flight_written(held: &mut Held<'_>) -> Result<(), Halt> {
    if !held.io()?.watch.observed {
        return Ok(());
    }
    let resumed = held.engine()?.resumed();
    Ok(held.released(|connection| {
        let status = connection.status();
        let errand = Errand::new(connection);
        let tls12 = errand.is_tls12();
        // In TLS 1.2 a full handshake ends with the server's Finished, and only a resumption with the client's.
        let last = if tls12 && !resumed {
            State::SERVER_FINISHED
        } else {
            State::CLIENT_FINISHED
        };
        if status.phase() != Phase::Handshake || status.state() == last.0 {
            return;
        }
        errand.looped();
        if !tls12 && status.state() == State::SERVER_FINISHED.0 {
            status.set_state(State::EARLY_DATA.0);
            // SSL_read_early_data(3) stops here.
            if status.early() != Early::AcceptAgain {
                errand.looped();
            }
        }
    })?)
}

/// The handshake comes to rest in `state`, so that early data may flow. The call that brought it there is told as one that
/// has done its work.
pub(super) fn pause(held: &mut Held<'_>, state: State) -> Result<(), Halt> {
    let status = held.connection().status();
    if !held.io()?.watch.observed {
        status.set_state(state.0);
        status.set_paused(true);
        return Ok(());
    }
    Ok(held.released(|connection| {
        let errand = Errand::new(connection);
        if status.role() == Role::Client {
            errand.looped();
        }
        status.set_state(state.0);
        status.set_paused(true);
        errand.info(CB_HANDSHAKE_DONE, 1);
        errand.info(side(connection) | CB_EXIT, 1);
    })?)
}

/// A handshake that was at rest goes on.
pub(super) fn resume(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    if !status.paused() {
        return Ok(());
    }
    status.set_paused(false);
    if !held.io()?.watch.observed {
        return Ok(());
    }
    Ok(held.released(|connection| {
        let errand = Errand::new(connection);
        errand.info(CB_HANDSHAKE_START, 1);
        // Where the next thing is to send, that is announced with it.
        if status.state() != State::PENDING_EARLY_DATA_END.0 {
            errand.looped();
        }
    })?)
}
