//! The session of a connection: made by a full handshake, taken from a ticket, renewed by one that arrives
//! (SSL_get_session(3), SSL_CTX_sess_set_new_cb(3)).

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use carnet_ticket::{Secret, Session, SessionId};
use carnet_tls::{AlertDescription, Answer, CipherSuite, Connection as Engine, ProtocolVersion, ReceivedTicket};
use sha2::{Digest as _, Sha256};

use super::ask::Reply;
use super::held::Held;
use super::run::Halt;
use super::{cache, session12, staple};
use crate::error::{Error, Result};
use crate::objects::connection::{Connection, Phase, Role, SessionSlot};
use crate::objects::context::Counter;
use crate::objects::session::{SessionObject, now};

/// SSL_SESS_CACHE_CLIENT
const CACHE_CLIENT: u32 = 1;
/// What a context with a timeout of 0 means (SSL_CTX_set_timeout(3)).
const DEFAULT_TIMEOUT: u64 = 7200;

/// The engine has accepted a session from a ticket: from now on it is the connection's (SSL_session_reused(3)).
pub(super) fn note_resumption(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    let connection = held.connection();
    let engine = held.engine()?;
    if !engine.resumed() {
        if connection.status().role() == Role::Server {
            forget_acceptance(connection);
        } else if engine.version().is_some() {
            note_refusal(connection);
        }
        return Ok(());
    }
    let external = engine.psk_is_external().then(|| engine.suite()).flatten();
    let client = connection.status().role() == Role::Client;
    let mut facts = connection.facts();
    if !facts.progress.resumed {
        facts.progress.resumed = true;
        if !client {
            connection.session_context().sessions.count(Counter::Hits);
        }
        // A client's candidate is its external PSK: the server may have preferred the ticket.
        if matches!(facts.candidate, SessionSlot::Empty) || (client && external.is_none()) {
            return Ok(());
        }
        let candidate = std::mem::take(&mut facts.candidate);
        if let Some((session, suite)) = candidate.object().zip(external) {
            session.update(|session| session.cipher = suite.0);
        }
        if !client {
            let verify_result = candidate
                .object()
                .map(|session| session.read(|session| session.verify_result));
            facts.peer.verify_result = verify_result.unwrap_or_default();
        }
        let old = std::mem::replace(&mut facts.session, candidate);
        drop(facts);
        // With no lock held, as the application's ex_data functions may run: so in all of this file.
        drop(old);
    }
    Ok(())
}

/// A server that has asked for another hello looks at its sessions anew, and counts them anew.
fn forget_acceptance(connection: &Connection) {
    let mut facts = connection.facts();
    if std::mem::take(&mut facts.progress.resumed) {
        facts.peer.verify_result = 0;
        let old = std::mem::take(&mut facts.session);
        drop(facts);
        drop(old);
    }
}

/// The server has not accepted the session that a client offered: the handshake makes a new one.
fn note_refusal(connection: &Connection) {
    let mut facts = connection.facts();
    let refused = std::mem::take(&mut facts.progress.offered).then(|| std::mem::take(&mut facts.session));
    drop(facts);
    if refused.is_some() {
        connection.session_context().sessions.count(Counter::Misses);
    }
    drop(refused);
}

/// The handshake is done.
pub(super) fn established(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    note_resumption(held)?;
    let connection = held.connection();
    let tls12 = held.engine()?.version() == Some(ProtocolVersion::TLS1_2);
    let selected = held.engine()?.alpn().map(Box::<[u8]>::from);
    let stapled = held.engine()?.peer_ocsp_response().cloned();
    let acknowledged = held.engine()?.server_name_acknowledged();
    let mut facts = connection.facts();
    if connection.status().role() == Role::Client && acknowledged {
        facts.server_name.clone_from(&connection.own().host_name);
        facts.server_name_accepted = true;
    }
    let candidate = std::mem::take(&mut facts.candidate);
    if facts.protocol.as_deref() != selected.as_deref() {
        facts.protocol = selected;
    }
    // The application may have seen it, and have its address.
    if let Some(stapled) = stapled.filter(|stapled| facts.ocsp_response.as_deref() != Some(stapled)) {
        facts.ocsp_response = Some(stapled.to_vec().into_boxed_slice());
    }
    facts.progress.session_due = true;
    let resumed = facts.progress.resumed;
    // Somebody has looked at the session while it was still being made.
    let early = facts.session.object().filter(|_| !resumed).cloned();
    drop(facts);
    drop(candidate);
    if resumed && !tls12 {
        judge_staple(held)?;
    }
    if tls12 {
        held.released(session12::established)??;
    } else if let Some(session) = early {
        held.released(|connection| complete(connection, &session))?;
    }
    count(connection);
    if !tls12 && connection.status().role() == Role::Client {
        held.released(retire_offered)?;
    }
    Ok(())
}

/// A resumption in TLS 1.3 brings no OCSP response, and OpenSSL asks the client's application what it thinks of that.
fn judge_staple(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    if let Err((alert, error)) = held.released(staple::judge)? {
        held.fail(alert);
        return Err(error.into());
    }
    Ok(())
}

/// The peer's chain has been accepted in the handshake: a session that somebody has looked at already holds it from now on.
pub(super) fn note_peer(connection: &Connection) {
    let (session, parsed, leaf, verify_result) = {
        let facts = connection.facts();
        let mine =
            !facts.progress.resumed && !facts.progress.offered && connection.status().phase() == Phase::Handshake;
        let Some(session) = facts.session.object().filter(|_| mine) else {
            return;
        };
        let peer = &facts.peer;
        let leaf = peer.chain.first().cloned();
        (Arc::clone(session), peer.parsed.clone(), leaf, peer.verify_result)
    };
    session.set_peer_chain(parsed);
    session.update(|session| {
        session.peer = leaf;
        session.verify_result = verify_result;
    });
}

/// Fills in what was not known when the session was made.
pub(super) fn complete(connection: &Connection, session: &SessionObject) {
    let mut filled = session.snapshot();
    fill(connection, &mut filled);
    session.update(|session| *session = filled);
    let parsed = connection.facts().peer.parsed.clone();
    session.set_peer_chain(parsed);
}

/// SSL_CTX_sess_connect_good(3) and its relatives.
fn count(connection: &Connection) {
    let sessions = &connection.session_context().sessions;
    let resumed = connection.facts().progress.resumed;
    match connection.status().role() {
        Role::Client => sessions.count(Counter::ConnectGood),
        // Not always that of the sessions: as in OpenSSL, the context that a callback has switched to.
        Role::Server => connection.context().sessions.count(Counter::AcceptGood),
    }
    // A server has counted when it accepted the session.
    if resumed && connection.status().role() == Role::Client {
        sessions.count(Counter::Hits);
    }
}

/// "Clients SHOULD NOT reuse a ticket for multiple connections" (RFC 8446 appendix C.4): where a client's context keeps
/// sessions, one that has been used leaves and can't be resumed again, as in OpenSSL.
fn retire_offered(connection: &Connection) {
    let kept = connection.session_context().sessions.mode.load(Relaxed) & CACHE_CLIENT != 0;
    if kept && connection.facts().progress.resumed {
        connection.forget_session();
    }
}

/// A post-handshake authentication is done: the sessions of the tickets that follow hold the client's certificate.
pub(super) fn authenticated_later(held: &mut Held<'_>) -> std::result::Result<(), Halt> {
    let connection = held.connection();
    if connection.status().role() == Role::Client {
        return Ok(());
    }
    let (leaf, chain, verify_result) = {
        let facts = connection.facts();
        let peer = &facts.peer;
        (peer.chain.first().cloned(), peer.parsed.clone(), peer.verify_result)
    };
    // What tickets and the cache have of the session so far stays as it was: they know it by its secret, which the next
    // ticket changes, and by no client's name.
    let session = held.released(duplicate)??;
    session.set_peer_chain(chain);
    session.update(|session| {
        session.peer = leaf;
        session.verify_result = verify_result;
    });
    Ok(())
}

/// The connection's session, which is made now if the handshake has got far enough and nobody has asked before.
pub fn current(connection: &Connection) -> Option<Arc<SessionObject>> {
    let known = connection.facts().session.object().cloned();
    if let Some(session) = known {
        // Somebody had it made before there was a suite.
        if session.read(|session| session.cipher == 0)
            && let Some(suite) = connection.with_engine(|engine| suite_in_use(engine)).flatten()
        {
            session.update(|session| session.cipher = suite.0);
        }
        return Some(session);
    }
    let session = Arc::new(SessionObject::new(fresh(connection)?));
    session.begin_chain(connection.session_context().key_store().now());
    let mut facts = connection.facts();
    session.set_peer_chain(facts.peer.parsed.clone());
    if let SessionSlot::Empty = facts.session {
        facts.session = SessionSlot::Unnamed(Arc::clone(&session));
    }
    facts.session.object().cloned()
}

fn fresh(connection: &Connection) -> Option<Session> {
    if !connection.facts().progress.session_due {
        return None;
    }
    let mut session = Session::new(ProtocolVersion::TLS1_3.0, 0, Secret::default(), now());
    session.timeout = match connection.session_context().sessions.timeout.load(Relaxed) {
        0 => DEFAULT_TIMEOUT,
        seconds => seconds as u64,
    };
    fill(connection, &mut session);
    Some(session)
}

/// As in OpenSSL, a session has a suite once there are keys.
fn suite_in_use(engine: &Engine) -> Option<CipherSuite> {
    engine.suite().filter(|_| engine.is_protected())
}

/// Writes down what a full handshake has agreed on so far. The secret comes with a ticket.
fn fill(connection: &Connection, session: &mut Session) {
    let negotiated = connection.with_engine(|engine| {
        if engine.version() == Some(ProtocolVersion::TLS1_2) {
            session12::fill(engine, session);
        }
        (engine.version(), suite_in_use(engine), engine.group())
    });
    let (version, suite, group) = negotiated.unwrap_or_default();
    session.protocol = version.map_or(session.protocol, |version| version.0);
    session.cipher = suite.map_or(session.cipher, |suite| suite.0);
    session.kex_group = group.map_or(session.kex_group, |group| u32::from(group.0));
    let facts = connection.facts();
    session.session_id_context = facts.progress.id_context;
    session.verify_result = facts.peer.verify_result;
    session.peer = facts.peer.chain.first().cloned();
    session.alpn = facts.protocol.as_deref().map(Bytes::copy_from_slice);
    if facts.server_name_accepted {
        session.hostname = facts
            .server_name
            .as_ref()
            .map(|name| Bytes::copy_from_slice(name.as_bytes()));
    }
}

/// A copy of the connection's session for one more ticket (RFC 8446 section 4.6.1: each has its own secret). It has a
/// handle only if the original has one, or application data could not follow it.
pub(super) fn duplicate(connection: &Connection) -> Result<Arc<SessionObject>> {
    let original = current(connection).ok_or(Error::INTERNAL)?;
    let handle = connection.facts().session.named_ptr();
    let copy = match handle {
        Some(handle) => SessionSlot::Named(original.duplicate(handle)?),
        None => SessionSlot::Unnamed(Arc::new(original.copy())),
    };
    let object = copy.object().cloned().ok_or(Error::INTERNAL)?;
    object.begin_chain(original.chain_start());
    object.update(|session| session.ticket = None);
    // That another connection has spoilt the original says nothing about the copy. Marked, it would never get out of the
    // cache again (CVE-2024-2511).
    object.permit_resumption();
    object.set_peer_chain(original.peer_chain());
    let old = std::mem::replace(&mut connection.facts().session, copy);
    drop(old);
    Ok(object)
}

/// Client: a ticket has arrived, so there is a session to offer next time.
pub(super) fn received_ticket(connection: &Connection, ticket: ReceivedTicket) -> Reply {
    match store_ticket(connection, ticket) {
        Ok(()) => Answer::Proceed.into(),
        Err(error) => Reply::Abort(AlertDescription::InternalError, error),
    }
}

fn store_ticket(connection: &Connection, received: ReceivedTicket) -> Result<()> {
    if received.ticket.is_empty() {
        return Ok(());
    }
    let secret = Secret::new(&received.secret).map_err(|_| Error::INTERNAL)?;
    // OpenSSL gives the session an id that the application can find it by: the ticket's digest.
    let id = SessionId::new(&Sha256::digest(&received.ticket)).map_err(|_| Error::INTERNAL)?;
    let tls12 = connection.with_engine(|engine| engine.version() == Some(ProtocolVersion::TLS1_2)) == Some(true);
    let session = if tls12 {
        session12::for_ticket(connection)?
    } else {
        duplicate(connection)?
    };
    session.update(|session| {
        session.secret = secret;
        session.session_id = id;
        session.time = now();
        session.lifetime_hint = u64::from(received.lifetime);
        session.age_add = received.age_add;
        session.max_early_data = received.max_early_data;
        session.ticket = Some(received.ticket);
    });
    session.permit_resumption();
    // In TLS 1.2 the handshake is not done yet.
    if tls12 {
        return Ok(());
    }
    cache::update(connection, &session)
}
