//! A connection and the sessions of its context: looking one up by the id that a client names, and putting in what a
//! handshake has made (SSL_CTX_set_session_cache_mode(3), SSL_CTX_sess_set_get_cb(3)).

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use carnet_ticket::SessionId;
use carnet_tls::ProtocolVersion;

use super::tickets;
use crate::error::{Error, Result};
use crate::handles::{self, Ref};
use crate::libcrypto::callouts;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Role};
use crate::objects::context::{Context, Counter};
use crate::objects::session::{SessionObject, now};

/// SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_SERVER
const CACHE_CLIENT: u32 = 1;
const CACHE_SERVER: u32 = 2;
/// SSL_SESS_CACHE_NO_AUTO_CLEAR
const CACHE_NO_AUTO_CLEAR: u32 = 0x80;
/// SSL_SESS_CACHE_NO_INTERNAL_LOOKUP
const CACHE_NO_INTERNAL_LOOKUP: u32 = 0x100;
/// SSL_SESS_CACHE_NO_INTERNAL_STORE
const CACHE_NO_INTERNAL_STORE: u32 = 0x200;
/// SSL_OP_NO_TICKET
const OP_NO_TICKET: u64 = 1 << 14;
/// SSL_OP_NO_ANTI_REPLAY
const OP_NO_ANTI_REPLAY: u64 = 1 << 24;
/// SSL_VERIFY_PEER
const VERIFY_PEER: i32 = 1;

/// TLS 1.3: do tickets only name sessions that the context keeps? With SSL_OP_NO_TICKET, and where they are good for one
/// connection only. No key and no decrypt callback has to do with such tickets.
pub(super) fn tickets_are_names(connection: &Connection) -> bool {
    connection.config().protocol.options & OP_NO_TICKET != 0 || are_single_use(connection)
}

/// TLS 1.3: is a session that allows early data taken out of the cache with its first use, so that nothing can be replayed
/// (SSL_CTX_set_max_early_data(3))?
pub(super) fn are_single_use(connection: &Connection) -> bool {
    let config = connection.config();
    config.resumption.max_early_data > 0 && config.protocol.options & OP_NO_ANTI_REPLAY == 0
}

/// What looking for a session came to.
pub(super) enum Lookup {
    /// Here it is.
    Found(Ref<SessionObject>),
    /// There is none that may be resumed.
    Nothing,
    /// The get-session callback does not know yet.
    Later,
    /// What the get-session callback gave is no session.
    Failed(Error),
}

/// Looks for the session of this version with this id: in the context's own cache, and if it is not there, with the
/// get-session callback. A session whose chain of resumptions may not go on is none.
pub(super) fn look_up(connection: &Connection, version: ProtocolVersion, id: &[u8]) -> Lookup {
    let context = connection.session_context();
    match look_everywhere(connection, context, version, id) {
        Lookup::Found(session) if tickets::chain_is_over(context, &session) => Lookup::Nothing,
        looked => looked,
    }
}

fn look_everywhere(connection: &Connection, context: &Context, version: ProtocolVersion, id: &[u8]) -> Lookup {
    let asked_again = std::mem::take(&mut connection.facts().progress.lookup_pending);
    if context.sessions.mode.load(Relaxed) & CACHE_NO_INTERNAL_LOOKUP == 0 {
        let found = SessionId::new(id)
            .ok()
            .and_then(|id| context.sessions.cache.find(version.0, id));
        match found {
            Some(session) => return Lookup::Found(session),
            None if asked_again => {}
            None => context.sessions.count(Counter::Misses),
        }
    }
    ask(connection, context, id)
}

/// SSL_CTX_sess_set_get_cb(3)
fn ask(connection: &Connection, context: &Context, id: &[u8]) -> Lookup {
    let Some((answer, copy)) = callouts::get_session(context.hooks().sessions.get, connection.handle(), id) else {
        return Lookup::Nothing;
    };
    if answer.is_null() {
        return Lookup::Nothing;
    }
    if answer == handles::pending_session() {
        connection.facts().progress.lookup_pending = true;
        return Lookup::Later;
    }
    // With the copy flag we take a reference of our own, without it the callback's is ours.
    let session = if copy {
        handles::acquire::<SessionObject>(answer)
    } else {
        handles::take::<SessionObject>(answer)
    };
    let session = match session {
        Ok(session) => session,
        Err(error) => return Lookup::Failed(error.into()),
    };
    if session.is_forbidden() {
        return Lookup::Nothing;
    }
    context.sessions.count(Counter::CallbackHits);
    if context.sessions.mode.load(Relaxed) & CACHE_NO_INTERNAL_STORE == 0 {
        context.add_session(&session);
    }
    Lookup::Found(session)
}

/// A handshake, or in TLS 1.3 a ticket, has made the connection's session: into the cache with it, and to the new-session
/// callback, as the context's cache mode says. A resumption of TLS 1.2 makes none. Every 255 handshakes what has expired
/// goes.
pub(super) fn update(connection: &Connection, session: &Arc<SessionObject>) -> Result<()> {
    let config = connection.config();
    let context = connection.session_context();
    let server = connection.status().role() == Role::Server;
    let (tls12, named, bound) = session.read(|session| {
        let tls12 = session.protocol == ProtocolVersion::TLS1_2.0;
        (
            tls12,
            !session.session_id.is_empty(),
            !session.session_id_context.is_empty(),
        )
    });
    // No server could resume it: see tickets::fit.
    let unusable = server && config.verify.mode & VERIFY_PEER != 0 && !bound;
    if !named || session.is_forbidden() || unusable {
        return Ok(());
    }
    let mode = context.sessions.mode.load(Relaxed);
    let wanted = if server { CACHE_SERVER } else { CACHE_CLIENT };
    if mode & wanted == 0 {
        return Ok(());
    }
    if !(tls12 && connection.facts().progress.resumed) {
        // A ticket that holds all of a session needs no cache, unless the application wants to hear of the session's end.
        let stateless = server && !tls12 && !tickets_are_names(connection) && context.hooks().sessions.remove.is_none();
        keep(connection, context, mode & CACHE_NO_INTERNAL_STORE == 0 && !stateless)?;
    }
    if mode & CACHE_NO_AUTO_CLEAR == 0 && context.sessions.is_time_to_flush(server) {
        context.flush_sessions(Some(now()));
    }
    Ok(())
}

fn keep(connection: &Connection, context: &Context, inside: bool) -> Result<()> {
    let function = context.hooks().sessions.new;
    // Only who is to see the session needs its handle.
    if !inside && function.is_none() {
        return Ok(());
    }
    let Some(session) = connection.named_session()? else {
        return Ok(());
    };
    if inside {
        context.add_session(&session);
    }
    if function.is_some() {
        // The application gets a reference, which it keeps if it says so.
        let shown = session.to_c();
        if !callouts::new_session(function, connection.handle(), shown) {
            handles::release::<SessionObject>(shown)?;
        }
    }
    Ok(())
}
