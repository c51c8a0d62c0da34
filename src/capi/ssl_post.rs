//! SSL_new_session_ticket(3), SSL_key_update(3), SSL_verify_client_post_handshake(3), SSL_renegotiate(3): after the
//! handshake.

use std::ffi::c_int;

use carnet_tls::ProtocolVersion;

use super::entry::entry;
use super::ssl_lifecycle::connection;
use super::types::SSL;
use crate::drive::post;
use crate::error::{Reason, Result};
use crate::objects::config::Configurable;
use crate::objects::connection::Phase;

/// SSL_KEY_UPDATE_NONE: no update is pending.
const KEY_UPDATE_NONE: c_int = -1;
/// SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED
const KEY_UPDATE_NOT_REQUESTED: c_int = 0;
const KEY_UPDATE_REQUESTED: c_int = 1;

/// SSL_OP_NO_RENEGOTIATION
const OP_NO_RENEGOTIATION: u64 = 1 << 30;

/// Sends one more ticket, with the next write or handshake call. Returns 1; 0 on a client, before the handshake is done,
/// and below TLS 1.3.
///
/// SSL_new_session_ticket(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_new_session_ticket(s: *mut SSL) -> c_int {
    entry("SSL_new_session_ticket", 0, || {
        post::request_ticket(&*connection(s)?).map(|()| 1)
    })
}

/// Changes our keys, with the next write or handshake call, and asks the peer to change its own if `updatetype` says so.
/// Returns 1, or 0 on failure.
///
/// SSL_key_update(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_key_update(s: *mut SSL, updatetype: c_int) -> c_int {
    entry("SSL_key_update", 0, || {
        let connection = connection(s)?;
        post::check_key_update(&connection)?;
        let request = match updatetype {
            KEY_UPDATE_NOT_REQUESTED => false,
            KEY_UPDATE_REQUESTED => true,
            _ => return Err(Reason::INVALID_KEY_UPDATE_TYPE.into()),
        };
        post::update_keys(&connection, request)?;
        Ok(1)
    })
}

/// The kind of key update that waits to be sent, or SSL_KEY_UPDATE_NONE.
///
/// SSL_get_key_update_type(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_key_update_type(s: *const SSL) -> c_int {
    entry("SSL_get_key_update_type", KEY_UPDATE_NONE, || {
        let connection = connection(s)?;
        let pending = connection.try_io()?.requests.key_update;
        Ok(pending.map_or(KEY_UPDATE_NONE, c_int::from))
    })
}

/// Asks the client for a certificate, with the next write or handshake call. Returns 1, or 0 on failure.
///
/// SSL_verify_client_post_handshake(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_verify_client_post_handshake(ssl: *mut SSL) -> c_int {
    entry("SSL_verify_client_post_handshake", 0, || {
        post::request_client_certificate(&*connection(ssl)?).map(|()| 1)
    })
}

/// TLS 1.3 has no renegotiation: 0, with wrong ssl version on the queue. In TLS 1.2 it is refused as OpenSSL does under
/// SSL_OP_NO_RENEGOTIATION. Before a handshake it changes nothing.
fn renegotiate(s: *mut SSL) -> Result<c_int> {
    let connection = connection(s)?;
    let forbidden = connection.config().protocol.options & OP_NO_RENEGOTIATION != 0;
    if connection.status().phase() == Phase::Before && !forbidden {
        return Ok(1);
    }
    let version = connection.with_engine(|engine| engine.version()).flatten();
    Err(if version == Some(ProtocolVersion::TLS1_3) {
        Reason::WRONG_SSL_VERSION.into()
    } else {
        Reason::NO_RENEGOTIATION.into()
    })
}

/// Starts a new handshake, which is refused. Returns 1 before the first handshake, which makes it pointless, else 0.
///
/// SSL_renegotiate(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_renegotiate(s: *mut SSL) -> c_int {
    entry("SSL_renegotiate", 0, || renegotiate(s))
}

/// Like SSL_renegotiate.
///
/// SSL_renegotiate_abbreviated(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_renegotiate_abbreviated(s: *mut SSL) -> c_int {
    entry("SSL_renegotiate_abbreviated", 0, || renegotiate(s))
}

/// 1 while a renegotiation is under way: never.
///
/// SSL_renegotiate_pending(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_renegotiate_pending(s: *const SSL) -> c_int {
    entry("SSL_renegotiate_pending", 0, || connection(s).map(|_| 0))
}
