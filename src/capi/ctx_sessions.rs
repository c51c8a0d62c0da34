//! Sessions of a context: `SSL_CTX_add_session(3)`, `SSL_CTX_flush_sessions(3)`, `SSL_CTX_sessions(3)`.
//!
//! There is no cache of sessions yet: TLS 1.3 resumes from tickets, which need none.

use std::ffi::{c_int, c_long};
use std::ptr;

use super::entry::entry;
use super::types::{SSL_CTX, SSL_SESSION, lhash_st_SSL_SESSION};
use crate::error::Error;
use crate::handles;
use crate::libcrypto::callouts;
use crate::objects::context::Context;
use crate::objects::session::SessionObject;

/// Would add a session to the context's cache. Returns 0: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_CTX_add_session", 0, || {
        handles::lookup::<Context>(ctx)?;
        handles::lookup::<SessionObject>(session)?;
        Err(Error::UNSUPPORTED)
    })
}

/// Forbids to resume a session, and tells the remove-session callback. Returns 1 if it was in the context's cache: 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_remove_session(ctx: *mut SSL_CTX, session: *mut SSL_SESSION) -> c_int {
    entry("SSL_CTX_remove_session", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        let object = handles::lookup::<SessionObject>(session)?;
        if object.read(|session| !session.session_id.is_empty()) {
            object.forbid_resumption();
            callouts::removed(context.hooks().sessions.remove, ctx, session);
        }
        Ok(0)
    })
}

/// Drops sessions that have expired at this time from the cache, which has none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_flush_sessions(ctx: *mut SSL_CTX, _tm: c_long) {
    entry("SSL_CTX_flush_sessions", (), || {
        handles::lookup::<Context>(ctx)?;
        Ok(())
    })
}

/// Would show the context's cache. NULL: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sessions(ctx: *mut SSL_CTX) -> *mut lhash_st_SSL_SESSION {
    entry("SSL_CTX_sessions", ptr::null_mut(), || {
        handles::lookup::<Context>(ctx)?;
        Err(Error::UNSUPPORTED)
    })
}
