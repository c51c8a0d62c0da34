//! Info, message and key-log callbacks (SSL_CTX_set_info_callback(3), SSL_CTX_set_msg_callback(3),
//! SSL_CTX_set_keylog_callback(3)), in OpenSSL's order.
//!
//! OpenSSL announces a change of state before it happens: SSL_CB_…_LOOP comes with the old state, then the message of
//! the new state is shown. A message after the handshake is a little handshake of its own: two LOOPs with the state OK,
//! the message, LOOP, EXIT. Programs print these lines and count them, so they come as they do there.

use std::ffi::{CString, c_int};
use std::fmt::Write as _;

use carnet_tls::{ContentType, Event, ProtocolVersion, Side, StateName};

use super::held::Held;
use super::run::Halt;
use super::state_names::State;
use crate::libcrypto::callouts::{self, Traced};
use crate::objects::callbacks::ConnectionHooks;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Early, Phase, Role, Want};

const CB_LOOP: c_int = 0x01;
const CB_EXIT: c_int = 0x02;
const CB_READ_ALERT: c_int = 0x4004;
const CB_WRITE_ALERT: c_int = 0x4008;
const CB_HANDSHAKE_START: c_int = 0x10;
const CB_HANDSHAKE_DONE: c_int = 0x20;
const ST_CONNECT: c_int = 0x1000;
const ST_ACCEPT: c_int = 0x2000;
/// SSL3_RT_HEADER, SSL3_RT_INNER_CONTENT_TYPE
const RT_HEADER: c_int = 256;
const RT_INNER_TYPE: c_int = 257;
/// Handshake messages.
const HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;
/// legacy_record_version (RFC 8446 section 5.1)
const RECORD_VERSION: u16 = 0x0303;

/// An observer's errand: everything is copied, nothing is held.
struct Errand<'c> {
    connection: &'c Connection,
    hooks: ConnectionHooks,
}

impl<'c> Errand<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            hooks: connection.config().hooks,
        }
    }

    fn info(&self, kind: c_int, value: c_int) {
        callouts::info(self.hooks.info, self.connection.handle(), kind, value);
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
        let hook = self.hooks.message;
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

/// The handshake begins.
pub(super) fn begin(held: &mut Held<'_>) -> Result<(), Halt> {
    if !held.io()?.watch.observed {
        return Ok(());
    }
    Ok(held.released(|connection| {
        let errand = Errand::new(connection);
        errand.info(CB_HANDSHAKE_START, 1);
        if connection.status().role() == Role::Server {
            errand.looped();
        }
    })?)
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
    Ok(held.released(|connection| {
        let status = connection.status();
        let errand = Errand::new(connection);
        let tls12 = errand.is_tls12();
        // In TLS 1.2 a full handshake ends with the server's Finished, and only a resumption with the client's.
        let last = if tls12 && !connection.facts().progress.resumed {
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

/// Tells the application what the engine has noted since the last time.
pub(super) fn report(held: &mut Held<'_>) -> Result<(), Halt> {
    if !held.io()?.watch.watched {
        return Ok(());
    }
    let events = held.engine()?.take_events();
    let unclosed = held.io()?.watch.message_open;
    if events.is_empty() && !unclosed {
        return Ok(());
    }
    let open = held.released(|connection| tell_all(connection, &events, unclosed))?;
    held.io()?.watch.message_open = open;
    Ok(())
}

/// True when the last event is a message after the handshake, whose end is told next time: its callbacks come between.
fn tell_all(connection: &Connection, events: &[Event], mut open: bool) -> bool {
    let errand = Errand::new(connection);
    let (mut announced, mut logged) = (false, 0);
    for (index, event) in events.iter().enumerate() {
        if logged == 0 && std::mem::take(&mut open) {
            close_message(&errand);
        }
        match event {
            // What is sent changes the state before its record is shown; what is received, after.
            Event::RecordHeader { sent: true, .. } if !announced => {
                announced = events.get(index + 1..).is_some_and(|rest| announce_sent(&errand, rest));
            }
            _ => {}
        }
        if let Event::Message {
            sent,
            content_type,
            bytes,
            ..
        } = event
        {
            let first = bytes.first().copied().unwrap_or_default();
            let change = Change {
                sent: *sent,
                state: state_of(&errand, *sent, *content_type, first),
            };
            if !std::mem::take(&mut announced) {
                announce(&errand, &change);
            }
            if !sent && *content_type == ContentType::CHANGE_CIPHER_SPEC && change.state.is_some() {
                // OpenSSL does not show those of TLS 1.2 that it receives.
                continue;
            }
            errand.message(*sent, errand.version(), c_int::from(content_type.0), bytes);
            // The secrets that came with it are logged before it counts as done.
            let secrets = events
                .iter()
                .skip(index + 1)
                .take_while(|event| matches!(event, Event::KeyLog { .. }));
            logged = secrets.inspect(|secret| tell(&errand, secret)).count();
            open = conclude(&errand, &change);
        } else if logged > 0 {
            logged -= 1;
        } else {
            tell(&errand, event);
        }
    }
    open
}

/// Everything that changes no state.
fn tell(errand: &Errand<'_>, event: &Event) {
    match event {
        Event::RecordHeader { sent, header } => {
            let [_, major, minor, ..] = *header;
            errand.message(*sent, u16::from_be_bytes([major, minor]), RT_HEADER, header);
        }
        Event::InnerContentType { sent, content_type } => {
            // OpenSSL names the record's version when it sends, and the connection's when it receives.
            let version = if *sent {
                RECORD_VERSION
            } else {
                ProtocolVersion::TLS1_3.0
            };
            errand.message(*sent, version, RT_INNER_TYPE, &[content_type.0]);
        }
        Event::Alert {
            sent,
            level,
            description,
        } => {
            let kind = if *sent { CB_WRITE_ALERT } else { CB_READ_ALERT };
            errand.info(kind, c_int::from(level.code()) << 8 | c_int::from(description.code()));
        }
        Event::KeyLog {
            label,
            client_random,
            secret,
        } => {
            tell_key(errand.connection, label, client_random, secret);
        }
        // States are told by the messages that lead to them.
        _ => {}
    }
}

/// A message, and the state that it leads to if it leads to any.
struct Change {
    sent: bool,
    state: Option<State>,
}

fn state_of(errand: &Errand<'_>, sent: bool, content_type: ContentType, first: u8) -> Option<State> {
    let role = errand.connection.status().role();
    let tls12 = errand.is_tls12();
    match content_type {
        ContentType::HANDSHAKE => State::of_message(role, sent, first),
        ContentType::CHANGE_CIPHER_SPEC if sent => Some(match role {
            Role::Client => State::CLIENT_CHANGE,
            Role::Server => State::SERVER_CHANGE,
        }),
        ContentType::CHANGE_CIPHER_SPEC if tls12 => Some(match role {
            Role::Client => State::CLIENT_READS_CHANGE,
            Role::Server => State::SERVER_READS_CHANGE,
        }),
        _ => None,
    }
}

/// Announces the message in the record whose header is about to be shown. False when there is none.
fn announce_sent(errand: &Errand<'_>, rest: &[Event]) -> bool {
    let next = rest
        .iter()
        .find(|event| !matches!(event, Event::InnerContentType { .. }));
    let Some(Event::Message {
        sent: true,
        content_type,
        bytes,
        ..
    }) = next
    else {
        return false;
    };
    let first = bytes.first().copied().unwrap_or_default();
    let state = state_of(errand, true, *content_type, first);
    announce(errand, &Change { sent: true, state });
    true
}

/// The state is about to change.
fn announce(errand: &Errand<'_>, change: &Change) {
    let status = errand.connection.status();
    let Some(state) = change.state else { return };
    if status.phase() != Phase::Open {
        errand.looped();
    } else if !change.sent {
        status.set_reporting(true);
        errand.looped();
        errand.looped();
    } else if !status.reporting() {
        // An answer to the peer's KeyUpdate, which no call of the application's asked for.
        status.set_reporting(true);
        errand.looped();
    }
    status.set_state(state.0);
}

/// The message has been shown. True when its end is still to be told.
fn conclude(errand: &Errand<'_>, change: &Change) -> bool {
    let status = errand.connection.status();
    let Some(state) = change.state.filter(|_| status.phase() == Phase::Open) else {
        return false;
    };
    if !change.sent {
        return true;
    }
    if state == State::TICKET_SENT || status.asked_to_send() {
        errand.looped();
        return false;
    }
    close_message(errand);
    false
}

/// The end of a message that came after the handshake.
fn close_message(errand: &Errand<'_>) {
    let status = errand.connection.status();
    errand.looped();
    status.set_reporting(false);
    status.set_state(State::OK.0);
    errand.info(side(errand.connection) | CB_EXIT, 1);
}

/// A line of an NSS key log.
fn tell_key(connection: &Connection, label: &str, client_random: &[u8; 32], secret: &[u8]) {
    let mut line = zeroize::Zeroizing::new(String::with_capacity(label.len() + 2 + 64 + 2 * secret.len() + 1));
    line.push_str(label);
    for part in [client_random.as_slice(), secret] {
        line.push(' ');
        for byte in part {
            // Writing to a String can't fail.
            let _written = write!(line, "{byte:02x}");
        }
    }
    if let Ok(text) = CString::new(line.as_bytes()) {
        let function = connection.context().hooks().key_log;
        callouts::key_log(function, connection.handle(), &text);
        drop(zeroize::Zeroizing::new(text.into_bytes()));
    }
}
