//! What a ClientHello offers of TLS 1.2 besides suites: a session to resume.

use std::sync::Arc;

use carnet_ticket::Session;

use crate::schedule::MasterSecret;
use crate::{CipherSuite, Error, Offer, ProtocolVersion, Settings};

/// TLS 1.2 is on offer, perhaps with a session.
pub(in crate::client) struct Offer12 {
    session: Option<Resumable>,
}

struct Resumable {
    session: Arc<Session>,
    /// What the server echoes to say that it resumes.
    session_id: Vec<u8>,
    has_ticket: bool,
}

impl Offer12 {
    /// Takes the first session that can be resumed with one of these suites.
    pub(in crate::client) fn new(settings: &Settings, offers: &[Offer], suites: &[CipherSuite]) -> Result<Self, Error> {
        let session = offers.iter().find_map(|offer| {
            let session = &offer.session;
            let has_ticket = settings.tickets && session.ticket.as_ref().is_some_and(|ticket| !ticket.is_empty());
            (is_resumable(session, suites) && (has_ticket || !session.session_id.as_bytes().is_empty()))
                .then_some((session, has_ticket))
        });
        let Some((session, has_ticket)) = session else {
            return Ok(Self { session: None });
        };
        let mut session_id = session.session_id.as_bytes().to_vec();
        if session_id.is_empty() {
            // "the client MAY generate and include a Session ID in the TLS ClientHello" beside a ticket, and tell by the
            // echo whether the session is resumed (RFC 5077 section 3.4).
            session_id.resize(32, 0);
            getrandom::fill(&mut session_id)?;
        }
        Ok(Self {
            session: Some(Resumable {
                session: Arc::clone(session),
                session_id,
                has_ticket,
            }),
        })
    }

    pub(in crate::client) fn session_id(&self) -> Option<&[u8]> {
        self.session.as_ref().map(|session| session.session_id.as_slice())
    }

    /// The content of the SessionTicket extension.
    pub(in crate::client) fn ticket(&self) -> &[u8] {
        match &self.session {
            Some(Resumable {
                session,
                has_ticket: true,
                ..
            }) => session.ticket.as_deref().unwrap_or_default(),
            _ => &[],
        }
    }

    pub(in crate::client) fn into_session(self) -> Option<Arc<Session>> {
        self.session.map(|session| session.session)
    }
}

fn is_resumable(session: &Session, suites: &[CipherSuite]) -> bool {
    let suite = CipherSuite(session.cipher);
    let hash = suite.tls12().map(|known| known.hash);
    session.protocol == ProtocolVersion::TLS1_2.0
        && suites.contains(&suite)
        && hash.is_some_and(|hash| MasterSecret::of_session(hash, session.secret.as_bytes()).is_some())
}
