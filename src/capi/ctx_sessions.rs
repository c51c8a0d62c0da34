//! Sessions of a context: `SSL_CTX_add_session(3)`, `SSL_CTX_flush_sessions(3)`, `SSL_CTX_sessions(3)`.
//!
//! TLS 1.3 resumes from tickets; the cache holds the sessions that tickets only name, and what the application adds.

use std::ffi::{c_int, c_long};
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use super::entry::entry;
use super::types::{SSL_CTX, SSL_SESSION, lhash_st_SSL_SESSION};
use crate::error::Error;
use crate::handles;
use crate::libcrypto::callouts;
use crate::objects::context::Context;
use crate::objects::session::SessionObject;

/// Adds a session to the context's cache. Returns 1, or 0 when it was there already.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_CTX_add_session", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        let session = handles::acquire::<SessionObject>(session)?;
        let limit = usize::try_from(context.sessions.size.load(Relaxed)).unwrap_or_default();
        let known = session.as_ptr();
        let gone = context.sessions.cache.insert(session, limit);
        let already = gone.iter().any(|gone| gone.as_ptr() == known);
        for gone in gone.iter().filter(|gone| gone.as_ptr() != known) {
            callouts::removed(context.hooks().sessions.remove, ctx, gone.as_ptr());
        }
        Ok(c_int::from(!already))
    })
}

/// Forbids to resume a session, and tells the remove-session callback. Returns 1 if it was in the context's cache.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_remove_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_CTX_remove_session", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        let object = handles::lookup::<SessionObject>(session)?;
        if object.read(|session| !session.session_id.is_empty()) {
            object.forbid_resumption();
            let id = object.read(|session| session.session_id);
            let kept = context.sessions.cache.remove(id.as_bytes());
            callouts::removed(context.hooks().sessions.remove, ctx, session);
            return Ok(c_int::from(kept.is_some()));
        }
        Ok(0)
    })
}

/// Drops sessions that have expired at this time from the cache; at time 0, all.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_flush_sessions(ctx: *mut SSL_CTX, tm: c_long) {
    entry("SSL_CTX_flush_sessions", (), || {
        let context = handles::lookup::<Context>(ctx)?;
        let time = u64::try_from(tm).unwrap_or_default();
        for gone in context
            .sessions
            .cache
            .flush(|session| time == 0 || session.is_expired(time))
        {
            callouts::removed(context.hooks().sessions.remove, ctx, gone.as_ptr());
        }
        Ok(())
    })
}

/// Would show the context's cache, which is no table of OpenSSL's. Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sessions(ctx: *mut SSL_CTX) -> *mut lhash_st_SSL_SESSION {
    entry("SSL_CTX_sessions", ptr::null_mut(), || {
        handles::lookup::<Context>(ctx)?;
        Err(Error::UNSUPPORTED)
    })
}
