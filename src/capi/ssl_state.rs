//! SSL_in_init(3), SSL_get_state(3), SSL_state_string(3), SSL_get_version(3), SSL_want(3): where a connection is.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use carnet_tls::ProtocolVersion;

use super::constants::StateNumber;
use super::entry::entry;
use super::ssl_lifecycle::connection;
use super::types::{SSL, SSL_CIPHER, SSL_METHOD};
use crate::drive::state_names::State;
use crate::error::Result;
use crate::objects::cipher;
use crate::objects::connection::{Connection, Phase, Want};

/// SSL_ST_READ_HEADER, SSL_ST_READ_BODY and so on are one to us: a record is read when it is needed.
const TLS1_2: c_int = 0x0303;
const TLS1_3: c_int = 0x0304;

fn version(connection: &Connection) -> c_int {
    c_int::from(connection.version())
}

/// The protocol's version as a number: TLS1_3_VERSION.
///
/// SSL_version(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_version(ssl: *const SSL) -> c_int {
    entry("SSL_version", 0, || Ok(version(&*connection(ssl)?)))
}

/// The version in the ClientHello's legacy field; for a connection that has none, its own.
///
/// SSL_client_version(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_version(s: *const SSL) -> c_int {
    entry("SSL_client_version", 0, || {
        let connection = connection(s)?;
        let hello = connection.with_engine(|engine| engine.client_hello().map(|hello| hello.legacy_version()));
        Ok(hello
            .flatten()
            .map_or_else(|| version(&connection).min(TLS1_2), c_int::from))
    })
}

/// The protocol's version in words: "TLSv1.3".
///
/// SSL_get_version(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_version(s: *const SSL) -> *const c_char {
    entry("SSL_get_version", c"unknown".as_ptr(), || {
        Ok(match version(&*connection(s)?) {
            TLS1_3 => c"TLSv1.3",
            TLS1_2 => c"TLSv1.2",
            0x0302 => c"TLSv1.1",
            0x0301 => c"TLSv1",
            _ => c"unknown",
        }
        .as_ptr())
    })
}

/// 1 for DTLS, which this library does not speak.
///
/// SSL_is_dtls(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_is_dtls(s: *const SSL) -> c_int {
    entry("SSL_is_dtls", 0, || connection(s).map(|_| 0))
}

/// The method of the connection's context.
///
/// SSL_get_ssl_method(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_ssl_method(s: *const SSL) -> *const SSL_METHOD {
    entry("SSL_get_ssl_method", ptr::null(), || {
        Ok(ptr::from_ref(connection(s)?.context().method()))
    })
}

/// 1 while a handshake is under way or has not begun, and after a failure.
///
/// SSL_in_init(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_in_init(s: *const SSL) -> c_int {
    entry("SSL_in_init", 0, || Ok(c_int::from(connection(s)?.status().in_init())))
}

/// 1 when the handshake is done.
///
/// SSL_is_init_finished(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_is_init_finished(s: *const SSL) -> c_int {
    entry("SSL_is_init_finished", 0, || {
        let connection = connection(s)?;
        let status = connection.status();
        Ok(c_int::from(!status.in_init() && status.state() == State::OK.0))
    })
}

/// 1 when no handshake has begun.
///
/// SSL_in_before(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_in_before(s: *const SSL) -> c_int {
    entry("SSL_in_before", 0, || {
        Ok(c_int::from(connection(s)?.status().phase() == Phase::Before))
    })
}

/// The handshake's state: TLS_ST_….
///
/// SSL_get_state(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_state(ssl: *const SSL) -> StateNumber {
    entry("SSL_get_state", 0, || Ok(connection(ssl)?.status().state()))
}

fn state_text(s: *const SSL, failed: &'static CStr, name: fn(State) -> &'static CStr) -> Result<*const c_char> {
    let connection = connection(s)?;
    let status = connection.status();
    let text = if status.phase() == Phase::Failed {
        failed
    } else {
        name(State(status.state()))
    };
    Ok(text.as_ptr())
}

/// The handshake's state in six letters.
///
/// SSL_state_string(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_state_string(s: *const SSL) -> *const c_char {
    entry("SSL_state_string", c"UNKWN".as_ptr(), || {
        state_text(s, c"SSLERR", State::short_name)
    })
}

/// The handshake's state in words.
///
/// SSL_state_string_long(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_state_string_long(s: *const SSL) -> *const c_char {
    entry("SSL_state_string_long", c"unknown state".as_ptr(), || {
        state_text(s, c"error", State::long_name)
    })
}

/// What the record layer is reading, in two letters.
///
/// SSL_rstate_string(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_rstate_string(s: *const SSL) -> *const c_char {
    entry("SSL_rstate_string", c"unknown".as_ptr(), || {
        Ok(if reads_body(&*connection(s)?) { c"RB" } else { c"RH" }.as_ptr())
    })
}

/// What the record layer is reading, in words.
///
/// SSL_rstate_string_long(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_rstate_string_long(s: *const SSL) -> *const c_char {
    entry("SSL_rstate_string_long", c"unknown".as_ptr(), || {
        Ok(if reads_body(&*connection(s)?) {
            c"read body"
        } else {
            c"read header"
        }
        .as_ptr())
    })
}

fn reads_body(connection: &Connection) -> bool {
    connection
        .with_engine(|engine| engine.has_buffered_input())
        .unwrap_or(false)
}

/// What the last I/O call waits for: SSL_NOTHING, SSL_READING, SSL_WRITING, ….
///
/// SSL_want(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_want(s: *const SSL) -> c_int {
    entry("SSL_want", Want::Nothing as c_int, || {
        Ok(connection(s)?.status().want() as c_int)
    })
}

/// The cipher suite in use; NULL before there is one.
///
/// SSL_get_current_cipher(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_current_cipher(s: *const SSL) -> *const SSL_CIPHER {
    entry("SSL_get_current_cipher", ptr::null(), || {
        let connection = connection(s)?;
        // TLS 1.2 changes to it when keys do, or has it from the session.
        let in_use = connection.with_engine(|engine| {
            let early =
                engine.version() == Some(ProtocolVersion::TLS1_2) && !engine.is_protected() && !engine.resumed();
            engine.suite().is_some() && !early
        });
        if in_use == Some(true) {
            return suite(s);
        }
        // As long as a client does not know better, it is that of the session that it offers.
        let facts = connection.facts();
        let offers = facts.progress.offered || connection.status().phase() == Phase::Before;
        let offered = facts.session.object().filter(|_| offers);
        Ok(offered
            .and_then(|session| session.cipher())
            .map_or(ptr::null(), ptr::from_ref))
    })
}

/// The cipher suite that has been negotiated and may not be in use yet; NULL before there is one.
///
/// SSL_get_pending_cipher(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_pending_cipher(s: *const SSL) -> *const SSL_CIPHER {
    entry("SSL_get_pending_cipher", ptr::null(), || suite(s))
}

fn suite(s: *const SSL) -> Result<*const SSL_CIPHER> {
    let suite = connection(s)?.with_engine(|engine| engine.suite()).flatten();
    Ok(suite
        .and_then(|suite| cipher::find(suite.0))
        .map_or(ptr::null(), ptr::from_ref))
}
