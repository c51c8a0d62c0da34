//! What a client keeps from one connection to offer on another: a ticket, or a TLS 1.2 session id.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use carnet_ticket::{Secret, Session, SessionId};
use carnet_tls::{CipherSuite, Connection, Offer, ProtocolVersion, ReceivedTicket};

use crate::time::now;

/// Something to resume.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    session: Arc<Session>,
    since: Instant,
}

impl Kept {
    /// A ticket that has just arrived.
    pub(crate) fn ticket(connection: &Connection, received: &ReceivedTicket) -> Option<Self> {
        let mut session = session(connection, &received.secret)?;
        session.ticket = Some(received.ticket.clone());
        session.lifetime_hint = received.lifetime.into();
        session.age_add = received.age_add;
        session.max_early_data = received.max_early_data;
        Some(Self::new(session))
    }

    /// The session id of a TLS 1.2 connection that got no ticket; `None` if it has none.
    pub(crate) fn session_id(connection: &Connection) -> Option<Self> {
        let id = SessionId::new(connection.session_id()).ok()?;
        if id.as_bytes().is_empty() {
            return None;
        }
        let mut session = session(connection, &connection.master_secret()?)?;
        session.session_id = id;
        Some(Self::new(session))
    }

    pub(super) fn new(session: Session) -> Self {
        Self {
            session: Arc::new(session),
            since: Instant::now(),
        }
    }

    #[cfg(test)]
    pub(super) fn aged(self, seconds: u64) -> Self {
        let age = std::time::Duration::from_secs(seconds);
        let since = self.since.checked_sub(age).unwrap();
        Self { since, ..self }
    }

    /// The ticket; `None` for a session id.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        self.session.ticket.as_ref()
    }

    /// How old it is, in seconds.
    pub(crate) fn age(&self) -> u64 {
        self.since.elapsed().as_secs()
    }

    /// To offer it.
    pub(crate) fn offer(&self) -> Offer {
        Offer {
            session: Arc::clone(&self.session),
            age_ms: u32::try_from(self.since.elapsed().as_millis()).unwrap_or(u32::MAX),
        }
    }
}

fn session(connection: &Connection, secret: &[u8]) -> Option<Session> {
    let version = connection.version()?;
    let suite = connection.suite().unwrap_or(CipherSuite(0));
    let mut session = Session::new(version.0, suite.0, Secret::new(secret).ok()?, now());
    if version == ProtocolVersion::TLS1_2 && connection.extended_master_secret() {
        session.flags |= Session::EXTENDED_MASTER_SECRET;
    }
    Some(session)
}
