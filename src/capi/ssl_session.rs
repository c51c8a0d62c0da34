//! SSL_get_session(3), SSL_set_session(3), SSL_session_reused(3): the session of a connection.

use std::ffi::{c_int, c_long, c_uchar, c_uint};
use std::ptr;

use carnet_ticket::SessionId;

use super::entry::{bytes, entry};
use super::ssl_lifecycle::connection;
use super::types::{SSL, SSL_SESSION};
use crate::drive::{session, session_id};
use crate::error::{Error, Result};
use crate::handles::{self, Ref};
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::session::SessionObject;

/// Seconds that a session lives unless a context says otherwise, for every TLS method.
const DEFAULT_TIMEOUT: c_long = 7200;

fn named(connection: &Connection) -> Result<Option<Ref<SessionObject>>> {
    let Some(_made) = session::current(connection) else {
        return Ok(None);
    };
    connection.named_session()
}

/// The session of a connection, which keeps its reference; NULL as long as there is none.
///
/// SSL_get_session(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_session(ssl: *const SSL) -> *mut SSL_SESSION {
    entry("SSL_get_session", ptr::null_mut(), || {
        Ok(named(&*connection(ssl)?)?.map_or(ptr::null_mut(), |session| session.as_ptr()))
    })
}

/// The session of a connection with a reference that the caller owns; NULL as long as there is none.
///
/// SSL_get1_session(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get1_session(ssl: *mut SSL) -> *mut SSL_SESSION {
    entry("SSL_get1_session", ptr::null_mut(), || {
        Ok(named(&*connection(ssl)?)?.map_or(ptr::null_mut(), |session| session.to_c()))
    })
}

/// Chooses the session that a client will offer; NULL for none. Takes a reference of its own. Returns 1, or 0 on failure.
///
/// SSL_set_session(3)
///
/// # Safety
/// `to` is a connection of this library, `session` NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_session(to: *mut SSL, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_set_session", 0, || {
        let connection = connection(to)?;
        let session = if session.is_null() {
            None
        } else {
            Some(handles::acquire::<SessionObject>(session)?)
        };
        connection.set_session(session);
        Ok(1)
    })
}

/// 1 when the connection resumed an older session.
///
/// SSL_session_reused(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_session_reused(s: *const SSL) -> c_int {
    entry("SSL_session_reused", 0, || {
        Ok(c_int::from(connection(s)?.facts().progress.resumed))
    })
}

/// Gives `to` the session, the certificates and the session-id context of `from`. Returns 1, or 0 on failure.
///
/// SSL_copy_session_id(3)
///
/// # Safety
/// Both are connections of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_copy_session_id(to: *mut SSL, from: *const SSL) -> c_int {
    entry("SSL_copy_session_id", 0, || {
        let (to, from) = (connection(to)?, connection(from)?);
        to.set_session(named(&from)?);
        let config = from.config();
        to.update(|own| {
            own.credentials = config.credentials.clone();
            own.resumption.id_context = config.resumption.id_context;
        });
        Ok(1)
    })
}

/// 1 when the cache of the connection's first context has a session of its version with this id.
///
/// SSL_has_matching_session_id(3)
///
/// # Safety
/// `s` is a connection of this library, `id` points at `id_len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_has_matching_session_id(s: *const SSL, id: *const c_uchar, id_len: c_uint) -> c_int {
    entry("SSL_has_matching_session_id", 0, || {
        let connection = connection(s)?;
        if id_len as usize > SessionId::MAX_LEN {
            return Ok(0);
        }
        // SAFETY: the caller's contract.
        let id = SessionId::new(unsafe { bytes(id, id_len as usize) }?).map_err(|_| Error::INTERNAL)?;
        Ok(c_int::from(session_id::is_taken(&connection, id)))
    })
}

/// How long sessions live by the protocol's default, in seconds.
///
/// SSL_get_default_timeout(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_default_timeout(s: *const SSL) -> c_long {
    entry("SSL_get_default_timeout", 0, || connection(s).map(|_| DEFAULT_TIMEOUT))
}
