//! The room that carnet is built around: session tickets, as OpenSSL's SSL_CTX_set_tlsext_ticket_key_cb(3) and
//! SSL_CTX_set_session_ticket_cb(3) let an application take part in them.
//!
//! ```text
//! a ticket is offered                     a ticket is to be made
//!   keys::open  -> status, session          session of its own: id, secret, age_add, time
//!   decrypt callback                        generate callback (SSL_get_session is that session)
//!   carnet_ticket::verdict                  keys::seal  -> ticket, or declined
//!   acceptance: context, peer, timeout      new-session callback
//!   -> resume | full handshake | fatal      -> sent
//! ```

mod chain;
mod keys;

pub(super) use chain::is_over as chain_is_over;
pub use chain::{find_for_callback, name_for_callback};

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{Outcome, Return, Secret, Status, verdict};
use carnet_tls::{
    AlertDescription, Answer, Connection as Engine, NewTicket, ProtocolVersion, TicketDraft, TicketVerdict,
};

use super::ask::Reply;
use super::cache::{self, Lookup};
use super::credential::is_tls13;
use super::{early, session, session_id, session12};
use crate::error::{Error, Result};
use crate::libcrypto::callouts;
use crate::libcrypto::reasons::Reason;
use crate::objects::callbacks::TicketHooks;
use crate::objects::config::{Config, Configurable};
use crate::objects::connection::{Connection, SessionSlot, Want};
use crate::objects::context::Counter;
use crate::objects::session::{SessionObject, now};

/// How much of a ticket its key's name is.
const NAME_LEN: usize = 16;
/// SSL_VERIFY_PEER
const VERIFY_PEER: i32 = 1;
/// RFC 8446 section 4.6.1: "Servers MUST NOT use any value greater than 604800 seconds (7 days)."
const LONGEST_LIFETIME: u64 = 604_800;
/// A TLS 1.3 session's id, which only a stateful ticket shows to anyone.
const ID_LEN: usize = 32;

/// What an attempt to open a ticket came to.
enum Opened {
    /// The status, and the session when it is a success.
    Tried(Status, Option<Arc<SessionObject>>),
    /// The callback, or its context, failed.
    Failed(Error),
}

/// The first identity of a hello, which may be the second hello: what was found after the first is forgotten.
pub(super) fn begin_search(connection: &Connection) {
    let mut facts = connection.facts();
    facts.progress.search_over = false;
    facts.progress.session_due = false;
    facts.progress.resumed = false;
    let old = std::mem::take(&mut facts.session);
    drop(facts);
    // With no lock held: the application's ex_data functions may run.
    drop(old);
}

/// Opens a ticket that the client offers and decides what follows.
pub(super) fn open(connection: &Connection, ticket: &Bytes, version: ProtocolVersion) -> Reply {
    // One accepted ticket that can't be used ends the search: OpenSSL then goes on with a full handshake, and a new one
    // is due whatever else the client offers.
    if connection.facts().progress.search_over {
        return Answer::Ticket(TicketVerdict::Skip { renew: true }).into();
    }
    if version == ProtocolVersion::TLS1_3 && cache::tickets_are_names(connection) {
        return find(connection, ticket, version);
    }
    let context = connection.session_context();
    let hooks = context.hooks().tickets;
    let (status, session) = match keys::open(connection, context, &hooks, ticket, version) {
        Opened::Tried(status, session) => (status, session),
        Opened::Failed(error) => return Reply::Abort(AlertDescription::InternalError, error),
    };
    let candidate = match session {
        Some(session) => {
            if version == ProtocolVersion::TLS1_2 {
                session.update(|session| session12::adopt_id(connection, session));
            }
            SessionSlot::Unnamed(session)
        }
        None => SessionSlot::Empty,
    };
    connection.put_candidate(candidate);
    match verdict(status, ask_application(connection, &hooks, ticket, status)) {
        Outcome::Fatal => fatal(),
        Outcome::Full { renew } => {
            connection.put_candidate(SessionSlot::Empty);
            connection.facts().progress.no_renewal = !renew;
            Answer::Ticket(TicketVerdict::Skip { renew }).into()
        }
        Outcome::Resume { renew } => accept(connection, version, renew),
    }
}

/// A ticket that names a session of the context's cache, or of the application's.
fn find(connection: &Connection, ticket: &[u8], version: ProtocolVersion) -> Reply {
    let looked = if ticket.len() == ID_LEN {
        cache::look_up(connection, version, ticket)
    } else {
        Lookup::Nothing
    };
    let session = match looked {
        Lookup::Found(session) => session,
        Lookup::Nothing => return Answer::Ticket(TicketVerdict::Skip { renew: true }).into(),
        Lookup::Later => return Reply::Later(Want::ClientHello),
        Lookup::Failed(error) => return Reply::Abort(AlertDescription::InternalError, error),
    };
    // Whoever takes it out has it; a second client with the same ticket comes too late.
    let context = connection.session_context();
    if cache::are_single_use(connection) && !context.remove_session(&session, || Some(session.clone())) {
        return Answer::Ticket(TicketVerdict::Skip { renew: true }).into();
    }
    connection.put_candidate(SessionSlot::Named(session));
    accept(connection, version, true)
}

/// The decrypt callback's opinion; `None` when there is no callback.
fn ask_application(connection: &Connection, hooks: &TicketHooks, ticket: &[u8], status: Status) -> Option<Return> {
    let function = hooks.decrypt?;
    let name = ticket.get(..NAME_LEN.min(ticket.len())).unwrap_or_default();
    let session = match connection.named_candidate() {
        Ok(session) => session.map_or(std::ptr::null_mut(), |session| session.as_ptr()),
        Err(_) => return Some(Return::Abort),
    };
    let argument = hooks.argument.pointer();
    callouts::decrypt_ticket(
        Some(function),
        connection.handle(),
        session,
        name,
        status.code(),
        argument,
    )
    .map(Return::from_code)
}

/// A session that could be resumed still has to fit this connection.
fn accept(connection: &Connection, version: ProtocolVersion, renew: bool) -> Reply {
    let object = connection.facts().candidate.object().cloned();
    let Some(object) = object else { return fatal() };
    let config = connection.config();
    let fit = fit(&config, &object, version);
    if let Fit::Expired = fit {
        connection.session_context().sessions.count(Counter::Timeouts);
    }
    match fit {
        Fit::Fits => {
            connection.facts().progress.no_renewal = !renew;
            let session = Arc::new(object.snapshot());
            let claimed = connection.facts().progress.claimed_age;
            let early_data_ok = claimed.is_some_and(|age| early::is_fresh(&session, age));
            Answer::Ticket(TicketVerdict::Use {
                session,
                renew,
                early_data_ok,
            })
            .into()
        }
        Fit::Misfit | Fit::Expired => {
            end_search(connection);
            Answer::Ticket(TicketVerdict::Skip { renew: true }).into()
        }
        Fit::Uncertain => Reply::Abort(
            AlertDescription::InternalError,
            Reason::SESSION_ID_CONTEXT_UNINITIALIZED.into(),
        ),
    }
}

/// What was found can't be used, and nothing else is looked for: a full handshake, after which a ticket is due.
pub(super) fn end_search(connection: &Connection) {
    connection.put_candidate(SessionSlot::Empty);
    let mut facts = connection.facts();
    facts.progress.search_over = true;
    facts.progress.no_renewal = false;
}

pub(super) enum Fit {
    Fits,
    /// A full handshake, with a new ticket.
    Misfit,
    /// The same, because its time is over.
    Expired,
    /// The client is to be authenticated, and nothing says that this session was made where it was: fatal, so that
    /// authentication can't be skipped by accident (SSL_CTX_set_session_id_context(3), WARNINGS).
    Uncertain,
}

pub(super) fn fit(config: &Config, object: &SessionObject, version: ProtocolVersion) -> Fit {
    object.read(|session| {
        if session.protocol != version.0 || session.session_id_context != config.resumption.id_context {
            return Fit::Misfit;
        }
        if config.verify.mode & VERIFY_PEER != 0 && config.resumption.id_context.is_empty() {
            return Fit::Uncertain;
        }
        if session.is_expired(now()) {
            Fit::Expired
        } else {
            Fit::Fits
        }
    })
}

fn fatal() -> Reply {
    Reply::Abort(AlertDescription::InternalError, Error::INTERNAL)
}

/// Do tickets follow the handshake that has just been done, as only in TLS 1.3? For the state that OpenSSL shows at that
/// moment.
pub(super) fn are_due(connection: &Connection, engine: &Engine) -> bool {
    if engine.version() == Some(ProtocolVersion::TLS1_2) {
        return false;
    }
    let asked = engine.client_ticket_request().map(|asked| match engine.resumed() {
        true => asked.resumption,
        false => asked.new_session,
    });
    let progress = connection.facts().progress;
    asked != Some(0) && connection.config().resumption.num_tickets > 0 && !progress.no_renewal && !progress.no_tickets
}

/// Makes a ticket.
pub(super) fn make(connection: &Connection, draft: &TicketDraft) -> Reply {
    match try_make(connection, draft) {
        Ok(made) => Answer::NewTicket(made).into(),
        Err(error) => Reply::Abort(AlertDescription::InternalError, error),
    }
}

fn try_make(connection: &Connection, draft: &TicketDraft) -> Result<NewTicket> {
    if connection.facts().progress.no_tickets {
        super::post::note_ticket(connection);
        return Ok(NewTicket::Decline);
    }
    let context = connection.session_context();
    let hooks = context.hooks().tickets;
    let tls13 = is_tls13(connection);
    let session = if tls13 {
        prepare(connection, draft)?
    } else {
        session12::prepare(connection, draft)?
    };
    if callouts::plain(hooks.generate, connection.handle(), hooks.argument.pointer()) == Some(0) {
        return Err(Error::INTERNAL);
    }
    let sealed = if tls13 && cache::tickets_are_names(connection) {
        let left = chain::remaining(context, &session);
        let id = || session.read(|session| session.session_id.as_bytes().to_vec());
        (left != Some(0)).then(|| (id(), left))
    } else {
        keys::seal(connection, context, &hooks, &session)?
    };
    super::post::note_ticket(connection);
    let Some((ticket, left)) = sealed else {
        return Ok(NewTicket::Decline);
    };
    let (timeout, max_early_data) = session.read(|session| (session.timeout, session.max_early_data));
    let timeout = timeout.min(left.unwrap_or(u64::MAX));
    let lifetime = if tls13 {
        cache::update(connection, &session)?;
        u32::try_from(timeout.min(LONGEST_LIFETIME)).unwrap_or(u32::MAX)
    } else {
        session12::lifetime(draft, timeout)
    };
    Ok(NewTicket::Send {
        ticket,
        lifetime,
        max_early_data,
    })
}

/// The session that goes into the ticket: the connection's own for the first after a full handshake, then copies.
fn prepare(connection: &Connection, draft: &TicketDraft) -> Result<Arc<SessionObject>> {
    let session = if draft.first_of_full {
        session::current(connection).ok_or(Error::INTERNAL)?
    } else {
        session::duplicate(connection)?
    };
    let secret = Secret::new(&draft.secret).map_err(|_| Error::INTERNAL)?;
    let id = session_id::generate(connection)?;
    let protocol = connection.facts().protocol.as_deref().map(Bytes::copy_from_slice);
    let max_early_data = connection.config().resumption.max_early_data;
    session.update(|session| {
        session.max_early_data = max_early_data;
        session.secret = secret;
        session.session_id = id;
        session.age_add = draft.age_add;
        session.time = now();
        if protocol.is_some() {
            session.alpn = protocol;
        }
    });
    Ok(session)
}

#[cfg(test)]
mod tests {
    use carnet_ticket::{Session, SessionId};

    use super::*;

    fn session(id_context: &[u8]) -> SessionObject {
        let mut session = Session::new(ProtocolVersion::TLS1_3.0, 0x1301, Secret::default(), now());
        session.timeout = 7200;
        session.session_id_context = SessionId::new(id_context).unwrap();
        SessionObject::new(session)
    }

    fn config(id_context: &[u8], verify_mode: i32) -> Config {
        let mut config = Config::default();
        config.resumption.id_context = SessionId::new(id_context).unwrap();
        config.verify.mode = verify_mode;
        config
    }

    #[test]
    fn a_session_of_another_context_or_version_is_a_misfit() {
        let tls13 = ProtocolVersion::TLS1_3;
        assert!(matches!(fit(&config(b"a", 0), &session(b"a"), tls13), Fit::Fits));
        assert!(matches!(fit(&config(b"b", 0), &session(b"a"), tls13), Fit::Misfit));
        assert!(matches!(
            fit(&config(b"a", 0), &session(b"a"), ProtocolVersion::TLS1_2),
            Fit::Misfit
        ));
    }

    #[test]
    fn an_old_session_is_a_misfit() {
        let session = session(b"a");
        session.update(|session| session.time = now() - 7201);
        assert!(matches!(
            fit(&config(b"a", 0), &session, ProtocolVersion::TLS1_3),
            Fit::Expired
        ));
    }

    #[test]
    fn client_authentication_without_a_session_id_context_is_no_ground_for_a_resumption() {
        let tls13 = ProtocolVersion::TLS1_3;
        assert!(matches!(
            fit(&config(b"", VERIFY_PEER), &session(b""), tls13),
            Fit::Uncertain
        ));
        assert!(matches!(fit(&config(b"", 0), &session(b""), tls13), Fit::Fits));
        assert!(matches!(
            fit(&config(b"a", VERIFY_PEER), &session(b"a"), tls13),
            Fit::Fits
        ));
    }
}
