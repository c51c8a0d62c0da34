//! What the engine has noted, told to the observers: states by the messages that lead to them, records, alerts, secrets.

use std::ffi::{CString, c_int};
use std::fmt::Write as _;

use carnet_tls::{ContentType, Event, HandshakeType, ProtocolVersion};

use super::super::held::Held;
use super::super::run::Halt;
use super::super::state_names::State;
use super::super::tickets;
use super::{CB_EXIT, Errand, side};
use crate::libcrypto::callouts;
use crate::objects::connection::{Connection, Phase, Role};

const CB_READ_ALERT: c_int = 0x4004;
const CB_WRITE_ALERT: c_int = 0x4008;
/// SSL3_RT_HEADER, SSL3_RT_INNER_CONTENT_TYPE
const RT_HEADER: c_int = 256;
const RT_INNER_TYPE: c_int = 257;
/// legacy_record_version (RFC 8446 section 5.1)
const RECORD_VERSION: u16 = 0x0303;

/// Tells the application what the engine has noted since the last time.
pub(in crate::drive) fn report(held: &mut Held<'_>) -> Result<(), Halt> {
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
        if state == State::END_OF_EARLY_DATA && status.state() != State::PENDING_EARLY_DATA_END.0 {
            // The application might have written more.
            status.set_state(State::PENDING_EARLY_DATA_END.0);
            errand.looped();
        }
    } else if status.is_in_exchange() {
        // One message of several.
    } else if !change.sent {
        status.set_reporting(true);
        errand.looped();
        errand.looped();
    } else if !status.reporting() {
        // An answer to the peer's KeyUpdate, which no call of the application's asked for.
        status.set_reporting(true);
        errand.looped();
        if state == State::TICKET_SENT {
            status.begin_exchange();
        }
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

/// The end of a message that came after the handshake. Those of an authentication count as one piece of work, with the
/// tickets that it brings.
fn close_message(errand: &Errand<'_>) {
    let status = errand.connection.status();
    errand.looped();
    if is_followed(errand.connection) {
        status.begin_exchange();
        return;
    }
    end_exchange(errand);
}

/// Do more messages follow this one at once?
fn is_followed(connection: &Connection) -> bool {
    let status = connection.status();
    let (role, state) = (status.role(), State(status.state()));
    let is = |sent: bool, message: HandshakeType| State::of_message(role, sent, message.0) == Some(state);
    match role {
        Role::Server => {
            is(false, HandshakeType::CERTIFICATE)
                || is(false, HandshakeType::CERTIFICATE_VERIFY)
                || is(false, HandshakeType::FINISHED)
                    && connection
                        .with_engine(|engine| Some(tickets::are_due(connection, engine)))
                        .flatten()
                        .unwrap_or(false)
        }
        Role::Client => {
            is(false, HandshakeType::CERTIFICATE_REQUEST)
                || is(true, HandshakeType::CERTIFICATE)
                || is(true, HandshakeType::CERTIFICATE_VERIFY)
        }
    }
}

/// Nothing more is to be sent, and what comes next has not come: an exchange that has had its last message is over.
pub(in crate::drive) fn rest(held: &mut Held<'_>) -> Result<(), Halt> {
    let status = held.connection().status();
    let last = [
        State::of_message(Role::Server, false, HandshakeType::FINISHED.0),
        Some(State::TICKET_SENT),
    ];
    if status.is_in_exchange() && !status.asked_to_send() && last.contains(&Some(State(status.state()))) {
        held.released(|connection| end_exchange(&Errand::new(connection)))?;
    }
    Ok(())
}

fn end_exchange(errand: &Errand<'_>) {
    let status = errand.connection.status();
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
