//! SSL_read(3), SSL_peek(3), SSL_write(3): application data.

use std::ffi::c_int;
use std::sync::Arc;

use carnet_tls::{Connection as Engine, ContentType, Settings};

use super::held::Held;
use super::run::{Goal, Halt};
use super::{early, handshake};
use crate::error::Error;
use crate::libcrypto::reasons::Reason;
use crate::libcrypto::{callouts, err};
use crate::objects::config::Configurable;
use crate::objects::connection::{
    Connection, Early, HelloLists, Phase, RECEIVED_SHUTDOWN, SENT_SHUTDOWN, Unfinished, Want,
};

/// SSL_MODE_ENABLE_PARTIAL_WRITE
const MODE_PARTIAL_WRITE: u32 = 1;
/// SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
const MODE_MOVING_BUFFER: u32 = 2;
/// SSL_MODE_AUTO_RETRY
const MODE_AUTO_RETRY: u32 = 4;
/// SSL_MODE_RELEASE_BUFFERS
const MODE_RELEASE_BUFFERS: u32 = 16;

/// Copies decrypted bytes into `buffer`, from one record at most; `take` is false for SSL_peek.
pub fn read(connection: &Connection, buffer: &mut [u8], take: bool) -> Result<usize, Halt> {
    let status = connection.status();
    if !status.role_chosen() {
        return Err(Error::Ssl(Reason::UNINITIALIZED).into());
    }
    if status.shutdown() & RECEIVED_SHUTDOWN != 0 {
        status.set_want(Want::Nothing);
        return Err(Halt::Closed);
    }
    if status.early().is_beginning() {
        return Err(early::misplaced());
    }
    err::clear_if_any();
    let mut held = Held::new(connection)?;
    match (status.phase(), status.early()) {
        // The rest of the handshake has time.
        (Phase::Handshake, Early::Writable | Early::Unflushed) => early::park(&mut held)?,
        (Phase::Handshake, Early::Readable) if status.paused() => {}
        _ => {
            open(&mut held)?;
            super::post::send_queued(&mut held)?;
        }
    }
    if held.engine()?.plaintext().is_empty() {
        // Those of the handshake, and those that other calls have read, are nothing to pause after.
        held.io()?.watch.messages = held.engine()?.messages_received();
        held.run(Goal::Data).inspect_err(|halt| settle(connection, halt))?;
    }
    if buffer.is_empty() {
        return Err(Halt::Transport(0));
    }
    copy_out(&mut held, buffer, take)
}

/// Hands out what the engine has decrypted.
pub(super) fn copy_out(held: &mut Held<'_>, buffer: &mut [u8], take: bool) -> Result<usize, Halt> {
    let connection = held.connection();
    let status = connection.status();
    let engine = held.engine()?;
    let plaintext = engine.plaintext();
    let count = plaintext.len().min(buffer.len());
    if let (Some(to), Some(from)) = (buffer.get_mut(..count), plaintext.get(..count)) {
        to.copy_from_slice(from);
    }
    status.set_want(Want::Nothing);
    if take {
        let drained = count == plaintext.len();
        engine.consume_plaintext(count);
        if drained && status.mode() & MODE_RELEASE_BUFFERS != 0 {
            release(connection, engine);
        }
    }
    Ok(count)
}

/// Gives memory back. What programs ask of the client's hello later is kept.
pub(crate) fn release(connection: &Connection, engine: &mut Engine) {
    if let Some(hello) = engine.client_hello() {
        connection.own().lists.get_or_insert_with(|| HelloLists::of(hello));
    }
    engine.release_buffers();
}

/// After a failure nothing is waited for any more.
fn settle(connection: &Connection, halt: &Halt) {
    if let Halt::Fatal { .. } = halt {
        connection.status().set_want(Want::Nothing);
    }
}

/// Seals and sends `data`; says how much of it, which is all, or with SSL_MODE_ENABLE_PARTIAL_WRITE at least a record.
pub fn write(connection: &Connection, data: &[u8]) -> Result<usize, Halt> {
    let status = connection.status();
    if !status.role_chosen() {
        return Err(Error::Ssl(Reason::UNINITIALIZED).into());
    }
    if status.shutdown() & SENT_SHUTDOWN != 0 {
        status.set_want(Want::Nothing);
        return Err(Error::Ssl(Reason::PROTOCOL_IS_SHUTDOWN).into());
    }
    if status.early().is_beginning() || status.early() == Early::Readable {
        return Err(early::misplaced());
    }
    err::clear_if_any();
    let mut held = Held::new(connection)?;
    open(&mut held)?;
    transmit(&mut held, data)
}

/// The part of writing that comes after the handshake, or, for an answer to early data, before its end.
pub(super) fn transmit(held: &mut Held<'_>, data: &[u8]) -> Result<usize, Halt> {
    let status = held.connection().status();
    let mode = status.mode();
    let resumed = resume_unfinished(held, data, mode)?;
    held.send()?;
    let mut done = resumed.map_or(0, |unfinished| unfinished.done + unfinished.stuck);
    held.io()?.unfinished = None;
    if resumed.is_some() && (mode & MODE_PARTIAL_WRITE != 0 || done >= data.len()) {
        return Ok(done);
    }
    if resumed.is_none() {
        super::post::queue_waiting(held)?;
        super::post::send_queued(held)?;
    }
    while let Some(rest) = data.get(done..).filter(|rest| !rest.is_empty()) {
        let sealed = seal(held, rest)?;
        if let Err(halt) = held.send() {
            let address = data.as_ptr().addr();
            held.io()?.unfinished = Some(Unfinished {
                address,
                len: data.len(),
                done,
                stuck: sealed,
            });
            return Err(halt);
        }
        done += sealed;
        if mode & MODE_PARTIAL_WRITE != 0 {
            break;
        }
    }
    Ok(done)
}

/// One record. The engine may have something to say first, such as tickets that were asked for.
fn seal(held: &mut Held<'_>, rest: &[u8]) -> Result<usize, Halt> {
    loop {
        if held.io()?.watch.padded {
            ask_for_padding(held, rest.len())?;
        }
        let written = held.engine()?.write(rest);
        super::observe::report(held)?;
        match written {
            Err(error) => return Err(held.failed(error)),
            Ok(0) => held.run(Goal::Settled)?,
            Ok(sealed) => return Ok(sealed),
        }
    }
}

/// SSL_set_record_padding_callback(3): the application is told the length of the content and its type byte, and says how
/// many zeros follow (RFC 8446 section 5.4). Records of the handshake are not padded by it.
fn ask_for_padding(held: &mut Held<'_>, len: usize) -> Result<(), Halt> {
    let settings = Arc::clone(held.engine()?.settings());
    let len = len.min(settings.max_send_fragment) + 1;
    let padding = held.released(|connection| {
        let hook = connection.config().hooks.record_padding;
        let kind = c_int::from(ContentType::APPLICATION_DATA.0);
        callouts::record_padding(hook.function, connection.handle(), kind, len, hook.argument.pointer())
    })?;
    // A multiple of this, the first of which is what was asked for.
    let record_padding = len.saturating_add(padding.unwrap_or_default());
    if settings.record_padding != record_padding {
        let changed = Settings {
            record_padding,
            ..Settings::clone(&settings)
        };
        held.engine()?.set_settings(Arc::new(changed));
    }
    Ok(())
}

/// A write that was cut short must be repeated with the same data: its first part is sealed already.
fn resume_unfinished(held: &mut Held<'_>, data: &[u8], mode: u32) -> Result<Option<Unfinished>, Halt> {
    let Some(unfinished) = held.io()?.unfinished else {
        return Ok(None);
    };
    let reason = if data.len() < unfinished.done + unfinished.stuck {
        Reason::BAD_LENGTH
    } else if mode & MODE_MOVING_BUFFER == 0 && data.as_ptr().addr() != unfinished.address {
        Reason::BAD_WRITE_RETRY
    } else {
        return Ok(Some(unfinished));
    };
    held.connection().status().set_want(Want::Nothing);
    held.fail(carnet_tls::AlertDescription::InternalError);
    Err(Error::Ssl(reason).into())
}

/// Finishes the handshake first, where it is not finished.
fn open(held: &mut Held<'_>) -> Result<(), Halt> {
    match held.connection().status().phase() {
        Phase::Open => Ok(()),
        Phase::Failed => {
            held.connection().status().set_want(Want::Nothing);
            Err(Halt::Transport(-1))
        }
        // The handshake's failures are reported as a handshake call's.
        Phase::Before | Phase::Handshake => handshake::go(held).map_err(|halt| match halt {
            Halt::Fatal { error, .. } => Halt::Fatal { error, returns: -1 },
            Halt::Closed => Halt::Transport(-1),
            other => other,
        }),
    }
}

/// Without SSL_MODE_AUTO_RETRY a read returns after a message that was no application data, as if it had to wait.
pub(super) fn pause_after_message(held: &mut Held<'_>) -> Result<bool, Halt> {
    let connection = held.connection();
    if connection.status().mode() & MODE_AUTO_RETRY != 0 {
        return Ok(false);
    }
    let taken = held.engine()?.messages_received();
    let io = held.io()?;
    if std::mem::replace(&mut io.watch.messages, taken) == taken {
        return Ok(false);
    }
    if let Some(bio) = io.read_bio.as_ref() {
        bio.set_retry_read();
    }
    connection.status().set_want(Want::Read);
    Ok(true)
}
