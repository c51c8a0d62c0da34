//! Sessions of a context: `SSL_CTX_add_session(3)`, `SSL_CTX_flush_sessions(3)`, `SSL_CTX_sessions(3)`.
//!
//! The cache holds TLS 1.2's sessions, those of TLS 1.3 that tickets only name, and what the application adds.

use std::ffi::{c_int, c_long};
use std::ptr;

use super::entry::entry;
use super::types::{SSL_CTX, SSL_SESSION, lhash_st_SSL_SESSION};
use crate::error::Error;
use crate::handles;
use crate::objects::context::Context;
use crate::objects::session::SessionObject;

/// Adds a session to the context's cache. Returns 1, or 0 when it was there already.
///
/// Another session with the same id and version leaves, and of a full cache those that expire first. OpenSSL 3.0.19 keeps
/// one session fewer than SSL_CTX_sess_set_cache_size(3) allows, and so does this.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_CTX_add_session", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        let session = handles::acquire::<SessionObject>(session)?;
        Ok(c_int::from(context.add_session(&session)))
    })
}

/// Forbids to resume a session, and tells the remove-session callback, unless the session has no id. Returns 1 if there was
/// a session with this id in the context's cache, which there is no longer.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_remove_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_CTX_remove_session", 0, || {
        if session.is_null() {
            return Ok(0);
        }
        let context = handles::lookup::<Context>(ctx)?;
        let session = handles::acquire::<SessionObject>(session)?;
        Ok(c_int::from(context.remove_session(&session, || Some(session.clone()))))
    })
}

/// Drops sessions that have expired at this time from the cache; at time 0, all.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_flush_sessions(ctx: *mut SSL_CTX, tm: c_long) {
    entry("SSL_CTX_flush_sessions", (), || {
        let now = (tm != 0).then(|| tm.cast_unsigned());
        handles::lookup::<Context>(ctx)?.flush_sessions(now);
        Ok(())
    })
}

/// Would show the context's cache as an LHASH. It is none, and one beside it would be read without the lock under which it
/// changes. Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sessions(ctx: *mut SSL_CTX) -> *mut lhash_st_SSL_SESSION {
    entry("SSL_CTX_sessions", ptr::null_mut(), || {
        handles::lookup::<Context>(ctx)?;
        Err(Error::UNSUPPORTED)
    })
}
