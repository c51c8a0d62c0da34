//! A server's session ids: random, or chosen by the application (SSL_CTX_set_generate_session_id(3)).
//!
//! TLS 1.2 needs one for a session that no ticket carries; in TLS 1.3 every ticket's session has one.

use carnet_ticket::SessionId;
use carnet_tls::{ExtensionType, ProtocolVersion};

use crate::error::{Error, Result};
use crate::libcrypto::callouts;
use crate::libcrypto::reasons::Reason;
use crate::objects::callbacks::GEN_SESSION_CB;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;

/// The connection's callback, or else that of the context it began with.
fn callback(connection: &Connection) -> GEN_SESSION_CB {
    let own = connection.config().hooks.generate_session_id;
    own.or_else(|| connection.session_context().config().hooks.generate_session_id)
}

/// An id for a new session.
pub(super) fn generate(connection: &Connection) -> Result<SessionId> {
    let mut id = [0; SessionId::MAX_LEN];
    let Some((returned, len)) = callouts::generate_session_id(callback(connection), connection.handle(), &mut id)
    else {
        // OpenSSL looks whether it is taken. Of 32 random bytes none ever is.
        getrandom::fill(&mut id).map_err(|_| Error::INTERNAL)?;
        return SessionId::new(&id).map_err(|_| Error::INTERNAL);
    };
    if returned == 0 {
        return Err(Reason::SSL_SESSION_ID_CALLBACK_FAILED.into());
    }
    let id = id.get(..len as usize).filter(|id| !id.is_empty());
    let id = SessionId::new(id.ok_or(Reason::SSL_SESSION_ID_HAS_BAD_LENGTH)?).map_err(|_| Error::INTERNAL)?;
    if is_taken(connection, id) {
        return Err(Reason::SSL_SESSION_ID_CONFLICT.into());
    }
    Ok(id)
}

/// SSL_has_matching_session_id(3): the context keeps a session of the connection's version with this id.
pub fn is_taken(connection: &Connection, id: SessionId) -> bool {
    let cache = &connection.session_context().sessions.cache;
    cache.find(connection.version(), id).is_some()
}

/// TLS 1.2: asks the application for the id of a session that is about to be made, unless a ticket will carry the session.
pub(super) fn choose(connection: &Connection) -> Result<()> {
    if callback(connection).is_none() || connection.facts().progress.resumed {
        return Ok(());
    }
    let renewal = !connection.facts().progress.no_renewal;
    let needed = connection.with_engine(|engine| {
        let offered = engine
            .client_hello()
            .is_some_and(|hello| hello.extension(ExtensionType::SESSION_TICKET).is_some());
        let promised = renewal && offered && engine.settings().tickets;
        engine.version() == Some(ProtocolVersion::TLS1_2) && !promised
    });
    if needed != Some(true) {
        return Ok(());
    }
    let id = generate(connection)?;
    // Never longer than an id may be.
    connection.with_engine(|engine| engine.set_new_session_id(id.as_bytes()).is_ok());
    Ok(())
}
