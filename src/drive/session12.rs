//! Sessions of TLS 1.2: kept by their ids or in a ticket (RFC 5246 section 7.4.1.2, RFC 5077).
//!
//! A handshake makes one session and no more. Its ticket is made, or arrives, before the handshake is done; the cache and
//! the new-session callback get it afterwards, and only if it has an id by which it could be found: the server's own has
//! none when a ticket was promised (RFC 5077 section 3.4).

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use carnet_ticket::{Secret, Session, SessionId};
use carnet_tls::{
    AlertDescription, Answer, Connection as Engine, ExtensionType, ProtocolVersion, Settings, TicketDraft,
};

use super::ask::Reply;
use super::cache::{self, Lookup};
use super::session;
use super::tickets::{self, Fit};
use crate::error::{Error, Result};
use crate::libcrypto::reasons::Reason;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, SessionSlot, Want};
use crate::objects::context::Counter;
use crate::objects::session::SessionObject;

/// SSL_SESS_CACHE_CLIENT
const CACHE_CLIENT: u32 = 1;
/// SSL_SESS_CACHE_SERVER
const CACHE_SERVER: u32 = 2;

/// A session that the client names by its id: it has to fit, as one from a ticket has.
pub(super) fn find(connection: &Connection, id: &[u8]) -> Reply {
    let context = connection.session_context();
    let version = ProtocolVersion::TLS1_2;
    let found = match cache::look_up(connection, version, id) {
        Lookup::Found(session) => session,
        Lookup::Nothing => return Answer::Session(None).into(),
        Lookup::Later => return Reply::Later(Want::ClientHello),
        Lookup::Failed(error) => return Reply::Abort(AlertDescription::InternalError, error),
    };
    match tickets::fit(&connection.config(), &found, version) {
        Fit::Fits => {
            let session = Arc::new(found.snapshot());
            connection.put_candidate(SessionSlot::Named(found));
            Answer::Session(Some(session)).into()
        }
        Fit::Misfit => Answer::Session(None).into(),
        Fit::Expired => {
            context.sessions.count(Counter::Timeouts);
            context.remove_session(&found, || Some(found.clone()));
            Answer::Session(None).into()
        }
        Fit::Uncertain => Reply::Abort(
            AlertDescription::InternalError,
            Reason::SESSION_ID_CONTEXT_UNINITIALIZED.into(),
        ),
    }
}

/// A session from a ticket goes by the id that the client has put beside the ticket, if any: by its echo the client knows
/// that the ticket was accepted.
pub(super) fn adopt_id(connection: &Connection, session: &mut Session) {
    let id = connection
        .with_engine(|engine| SessionId::new(engine.client_hello()?.session_id()).ok())
        .flatten();
    if let Some(id) = id.filter(|id| !id.as_bytes().is_empty()) {
        session.session_id = id;
    }
}

/// The session that goes into a ticket is the connection's own, whether it is new or resumed.
pub(super) fn prepare(connection: &Connection, draft: &TicketDraft) -> Result<Arc<SessionObject>> {
    let known = connection.facts().session.object().cloned();
    if draft.first_of_full
        && let Some(early) = &known
    {
        session::complete(connection, early);
    }
    let session = known.or_else(|| session::current(connection)).ok_or(Error::INTERNAL)?;
    if draft.first_of_full {
        let secret = Secret::new(&draft.secret).map_err(|_| Error::INTERNAL)?;
        session.update(|session| session.secret = secret);
    }
    Ok(session)
}

/// ticket_lifetime_hint (RFC 5077 section 3.3): the session's timeout; 0, "unspecified", after a resumption, as in OpenSSL.
pub(super) fn lifetime(draft: &TicketDraft, timeout: u64) -> u32 {
    if !draft.first_of_full {
        return 0;
    }
    // OpenSSL cuts off what does not fit.
    u32::try_from(timeout & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// The client's session that a ticket goes into. A session that can be found by its id already stays as it is, out of the
/// cache from now on, and a copy takes its place.
pub(super) fn for_ticket(connection: &Connection) -> Result<Arc<SessionObject>> {
    let current = session::current(connection).ok_or(Error::INTERNAL)?;
    let id = current.read(|session| session.session_id);
    if id.as_bytes().is_empty() {
        return Ok(current);
    }
    let context = connection.session_context();
    if context.sessions.mode.load(Relaxed) & CACHE_CLIENT != 0 {
        connection.forget_session();
    }
    session::duplicate(connection)
}

/// What only TLS 1.2 puts into a session. An id that a ticket has given to a client's session stays.
pub(super) fn fill(engine: &Engine, session: &mut Session) {
    if session.ticket.is_none() {
        session.session_id = SessionId::new(engine.session_id()).unwrap_or_default();
    }
    if engine.extended_master_secret() {
        session.flags |= Session::EXTENDED_MASTER_SECRET;
    }
}

/// The handshake is done. The session of a full one can be resumed from now on.
pub(super) fn established(connection: &Connection) -> Result<()> {
    let session = session::current(connection).ok_or(Error::INTERNAL)?;
    if connection.facts().progress.resumed {
        return cache::update(connection, &session);
    }
    let secret = connection.with_engine(|engine| engine.master_secret()).flatten();
    let secret = Secret::new(&secret.ok_or(Error::INTERNAL)?).map_err(|_| Error::INTERNAL)?;
    session::complete(connection, &session);
    session.update(|session| session.secret = secret);
    cache::update(connection, &session)
}

/// A server is about to choose its certificate, and with ServerHello its session's id: none for a session that the context
/// does not keep, or that was to have a ticket. To one that must not be resumed no ticket is promised after all; that it has
/// an id unless it was to have one is OpenSSL's way.
pub(super) fn decide_id(connection: &Connection) {
    let progress = connection.facts().progress;
    let no_tickets = progress.no_tickets;
    let kept = connection.context().sessions.mode.load(Relaxed) & CACHE_SERVER != 0;
    connection.with_engine(|engine| {
        let hello = engine.client_hello();
        let asked = hello.is_some_and(|hello| hello.has(ExtensionType::SESSION_TICKET));
        let expected = asked && engine.settings().tickets && !progress.no_renewal;
        if !kept || no_tickets && expected {
            // An empty id is never too long.
            let _set = engine.set_new_session_id(&[]);
        }
        if no_tickets && engine.settings().tickets {
            let settings = Settings {
                tickets: false,
                ..Settings::clone(engine.settings())
            };
            engine.set_settings(Arc::new(settings));
        }
    });
}
