//! External PSKs of TLS 1.3 (SSL_CTX_set_psk_find_session_callback(3), SSL_CTX_set_psk_use_session_callback(3)), also from
//! the callbacks that were made for TLS 1.2 (SSL_CTX_set_psk_client_callback(3), SSL_CTX_set_psk_server_callback(3)).
//!
//! ```text
//! client, before each hello                 server, for each identity, before it is tried as a ticket
//!   use-session callback                      find-session callback
//!   else the older one, with SHA-256          else the older one, with SHA-256
//!   -> offered after the ticket               -> a session like one from a ticket, or none
//! ```

use std::ffi::CString;
use std::ptr;
use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Secret;
use carnet_tls::{AlertDescription, Answer, CipherSuite, ExternalOffer, ProtocolVersion};

use super::ask::Reply;
use super::tickets::{self, Fit};
use crate::error::{Error, Result};
use crate::handles::{self, Ref, SSL_SESSION};
use crate::libcrypto::callouts_psk::{self, Key, MAX_IDENTITY_LEN, TooLong};
use crate::libcrypto::reasons::Reason;
use crate::objects::callbacks::PskHooks;
use crate::objects::cipher;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, SessionSlot};
use crate::objects::session::SessionObject;

/// The suite of a PSK that came without one: RFC 8446 section 4.2.11, "the Hash algorithm MUST be set when the PSK is
/// established or default to SHA-256 if no such algorithm is defined".
const DEFAULT_SUITE: u16 = 0x1301;

/// What a callback came to: a session of its own for this connection, or none, or the end of the handshake.
type Found = std::result::Result<Option<Ref<SessionObject>>, Reply>;

/// Does the application have a say in every identity, before it is tried as a ticket?
pub(super) fn may_be_found(connection: &Connection) -> bool {
    connection.config().hooks.psk.asked(true)
}

/// Server: is there a PSK with this identity?
pub(super) fn find(connection: &Connection, identity: &[u8]) -> Reply {
    if connection.facts().progress.search_over {
        return Answer::Session(None).into();
    }
    let hooks = connection.config().hooks.psk;
    match ask_server(connection, &hooks, identity) {
        Ok(None) => Answer::Session(None).into(),
        Ok(Some(session)) => accept(connection, session),
        Err(reply) => reply,
    }
}

fn ask_server(connection: &Connection, hooks: &PskHooks, identity: &[u8]) -> Found {
    match callouts_psk::find_session(hooks.find_session, connection.handle(), identity) {
        Some((0, _)) => {
            return Err(Reply::Abort(
                AlertDescription::InternalError,
                Reason::BAD_EXTENSION.into(),
            ));
        }
        Some((_, session)) if !session.is_null() => return own(session).map(Some),
        _ => {}
    }
    if identity.len() > MAX_IDENTITY_LEN {
        return Ok(None);
    }
    // As C reads it: up to the first NUL.
    let text: Vec<u8> = identity.iter().copied().take_while(|byte| *byte != 0).collect();
    let text = CString::new(text).map_err(|_| internal())?;
    match callouts_psk::server_key(hooks.server, connection.handle(), &text) {
        None => Ok(None),
        Some(Ok(key)) => from_key(&key),
        Some(Err(TooLong)) => Err(internal()),
    }
}

/// The PSK has still to fit this connection, as any session. It is ours by the application's word, so the session-id context
/// is the connection's.
fn accept(connection: &Connection, session: Ref<SessionObject>) -> Reply {
    let config = connection.config();
    session.update(|session| session.session_id_context = config.resumption.id_context);
    match tickets::fit(&config, &session, ProtocolVersion::TLS1_3) {
        Fit::Fits => {
            let offered = Arc::new(session.snapshot());
            // Whoever knows the PSK is who it is for: as good as a full handshake, whenever the application made the session.
            session.begin_chain(connection.session_context().key_store().now());
            connection.put_candidate(SessionSlot::Named(session));
            connection.facts().progress.no_renewal = false;
            Answer::Session(Some(offered)).into()
        }
        // Asked for the same identity as a ticket, the search that is over says so.
        Fit::Misfit | Fit::Expired => {
            tickets::end_search(connection);
            Answer::Session(None).into()
        }
        Fit::Uncertain => Reply::Abort(
            AlertDescription::InternalError,
            Reason::SESSION_ID_CONTEXT_UNINITIALIZED.into(),
        ),
    }
}

/// Client: the PSK to offer. `chosen` is the suite that a HelloRetryRequest named.
pub(super) fn offer(connection: &Connection, chosen: Option<CipherSuite>) -> Reply {
    connection.put_candidate(SessionSlot::Empty);
    let hooks = connection.config().hooks.psk;
    let (identity, session) = match ask_client(connection, &hooks, chosen) {
        Ok(Some(found)) => found,
        Ok(None) => return Answer::ExternalPsk(None).into(),
        Err(reply) => return reply,
    };
    let (chosen, own) = (chosen.and_then(|suite| cipher::find(suite.0)), session.cipher());
    // OpenSSL offers it all the same before the server has chosen, and fails afterwards.
    let hashes = (chosen.map(|cipher| cipher.hash), own.map(|cipher| cipher.hash));
    if matches!(hashes, (_, None)) || matches!(hashes, (Some(chosen), Some(own)) if chosen != own) {
        return bad_psk();
    }
    let offered = Arc::new(session.snapshot());
    connection.put_candidate(SessionSlot::Named(session));
    Answer::ExternalPsk(Some(ExternalOffer {
        identity: Bytes::from(identity),
        session: offered,
    }))
    .into()
}

type Offered = std::result::Result<Option<(Vec<u8>, Ref<SessionObject>)>, Reply>;

fn ask_client(connection: &Connection, hooks: &PskHooks, chosen: Option<CipherSuite>) -> Offered {
    let digest = chosen
        .and_then(|suite| cipher::find(suite.0))
        .map_or(ptr::null(), |cipher| cipher.hash.shown());
    if let Some(used) = callouts_psk::use_session(hooks.use_session, connection.handle(), digest) {
        if used.returned == 0 {
            drop(own(used.session));
            return Err(bad_psk());
        }
        if !used.session.is_null() {
            let session = own(used.session)?;
            if session.read(|session| session.protocol) != ProtocolVersion::TLS1_3.0 {
                return Err(bad_psk());
            }
            return identified(used.identity, session);
        }
    }
    match callouts_psk::client_key(hooks.client, connection.handle()) {
        None => Ok(None),
        Some(Err(TooLong)) => Err(Reply::Abort(AlertDescription::HandshakeFailure, Error::INTERNAL)),
        Some(Ok((identity, key))) => match from_key(&key)? {
            Some(session) => identified(identity.into_bytes(), session),
            None => Ok(None),
        },
    }
}

/// OpenSSL fails too, for want of the memory that it has not asked for.
fn identified(identity: Vec<u8>, session: Ref<SessionObject>) -> Offered {
    if identity.is_empty() {
        Err(internal())
    } else {
        Ok(Some((identity, session)))
    }
}

/// Takes the application's reference over, and gives it back for a copy: the connection writes on its session.
fn own(session: *mut SSL_SESSION) -> std::result::Result<Ref<SessionObject>, Reply> {
    let copy = || -> Result<Ref<SessionObject>> {
        let given = handles::take::<SessionObject>(session)?;
        let copy = given.duplicate(given.as_ptr())?;
        copy.permit_resumption();
        Ok(copy)
    };
    copy().map_err(|error| Reply::Abort(AlertDescription::InternalError, error))
}

/// A session round a bare key, which may be empty.
fn from_key(key: &Key) -> Found {
    if key.is_empty() {
        return Ok(None);
    }
    let secret = Secret::new(key).map_err(|_| internal())?;
    let session = SessionObject::empty();
    session.update(|session| {
        session.secret = secret;
        session.cipher = DEFAULT_SUITE;
        session.protocol = ProtocolVersion::TLS1_3.0;
    });
    Arc::new(session)
        .name()
        .map(Some)
        .map_err(|error| Reply::Abort(AlertDescription::InternalError, error))
}

fn internal() -> Reply {
    Reply::Abort(AlertDescription::InternalError, Error::INTERNAL)
}

fn bad_psk() -> Reply {
    Reply::Abort(AlertDescription::InternalError, Reason::BAD_PSK.into())
}
