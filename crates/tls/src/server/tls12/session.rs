//! Which session, if any, goes on: from a ticket (RFC 5077) or by its id (RFC 5246 section 7.4.1.2).

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;

use super::State;
use super::hello::Asked;
use super::names::ask_name;
use crate::core::Core;
use crate::schedule::MasterSecret;
use crate::suite12::Suite12;
use crate::{CipherSuite, Error, ErrorKind, ExtensionType, ProtocolVersion, Question, TicketVerdict};

/// What the connection's keys come from, and whether a new ticket is due.
pub(crate) struct Basis {
    pub(super) resumed: Option<Box<Resumed>>,
    pub(super) renew: bool,
}

/// A session that is resumed.
pub(super) struct Resumed {
    pub(super) suite: &'static Suite12,
    pub(super) master: MasterSecret,
}

/// A ticket is being opened; perhaps an empty one, which only asks for a new one.
pub(crate) struct AskTicket {
    asked: Asked,
    ticket: Bytes,
    suite: CipherSuite,
}

#[inline(never)]
pub(super) fn begin(core: &mut Core, asked: Asked) -> Result<State, Error> {
    let ticket = asked.hello.extension_bytes(ExtensionType::SESSION_TICKET);
    match ticket.filter(|_| core.settings.tickets) {
        Some(ticket) => {
            // Only the certificate will decide between suites that are signed for in different ways.
            let shared = asked.shared_suites(&core.settings);
            let suite = shared.first().ok_or(ErrorKind::NoSharedCipher)?.suite;
            Ok(State::AskTicket(AskTicket { asked, ticket, suite }))
        }
        // Where tickets are off by now, a callback that still comes can't have one made (as in OpenSSL).
        None => {
            let renew = core.settings.tickets;
            look_up(core, asked, renew)
        }
    }
}

/// No ticket: is there a session with the id that the client names?
fn look_up(core: &mut Core, asked: Asked, renew: bool) -> Result<State, Error> {
    if asked.hello.session_id().is_empty() {
        return ask_name(core, asked, Basis { resumed: None, renew });
    }
    Ok(State::AskSession(AskSession { asked, renew }))
}

impl AskTicket {
    pub(super) fn question(&self) -> Question {
        Question::OpenTicket {
            ticket: self.ticket.clone(),
            version: ProtocolVersion::TLS1_2,
            suite: self.suite,
            index: 0,
            obfuscated_age: 0,
        }
    }

    #[inline(never)]
    pub(super) fn verdict(self, core: &mut Core, verdict: TicketVerdict) -> Result<State, Error> {
        match verdict {
            // An empty ticket holds no session.
            TicketVerdict::Use { .. } if self.ticket.is_empty() => Err(ErrorKind::WrongAnswer.into()),
            TicketVerdict::Use { session, renew, .. } => {
                let resumed = resume(core, &self.asked, session)?;
                // What can't be resumed after all is replaced.
                let renew = renew || resumed.is_none();
                ask_name(core, self.asked, Basis { resumed, renew })
            }
            // A ticket that is there but empty, or to be ignored, does not keep a session from being found by its id.
            TicketVerdict::Skip { renew } if self.ticket.is_empty() || !renew => look_up(core, self.asked, renew),
            TicketVerdict::Skip { renew } => ask_name(core, self.asked, Basis { resumed: None, renew }),
        }
    }
}

/// A session is being looked for.
pub(crate) struct AskSession {
    asked: Asked,
    renew: bool,
}

impl AskSession {
    pub(super) fn question(&self) -> Question {
        Question::FindSession {
            session_id: Bytes::copy_from_slice(self.asked.hello.session_id()),
        }
    }

    #[inline(never)]
    pub(super) fn found(self, core: &mut Core, session: Option<Arc<Session>>) -> Result<State, Error> {
        let resumed = match session {
            Some(session) => resume(core, &self.asked, session)?,
            None => None,
        };
        let renew = self.renew;
        ask_name(core, self.asked, Basis { resumed, renew })
    }
}

/// Can this session go on with this ClientHello? `None` for a full handshake.
fn resume(core: &mut Core, asked: &Asked, session: Arc<Session>) -> Result<Option<Box<Resumed>>, Error> {
    if session.protocol != ProtocolVersion::TLS1_2.0 {
        return Ok(None);
    }
    match (session.extended_master_secret(), asked.extended_master_secret) {
        // "If the original session used the 'extended_master_secret' extension but the new ClientHello does not contain
        // it, the server MUST abort the abbreviated handshake" (RFC 7627 section 5.3).
        (true, false) => return Err(ErrorKind::InconsistentExtendedMasterSecret.into()),
        // "If the original session did not use the 'extended_master_secret' extension but the new ClientHello contains
        // the extension, then the server MUST NOT perform the abbreviated handshake. Instead, it SHOULD continue with a
        // full handshake".
        (false, true) => return Ok(None),
        (true, true) | (false, false) => {}
    }
    let suite = CipherSuite(session.cipher);
    let Some(suite) = suite
        .tls12()
        .filter(|known| core.settings.suites.contains(&known.suite))
    else {
        return Ok(None);
    };
    // "If the session_id field is not empty (implying a session resumption request), this vector MUST include at least
    // the cipher_suite from that session" (RFC 5246 section 7.4.1.2).
    if !asked.hello.offers_suite(suite.suite.0) {
        return Err(ErrorKind::SessionCipherMissing.into());
    }
    let Some(master) = MasterSecret::of_session(suite.hash, session.secret.as_bytes()) else {
        return Ok(None);
    };
    core.facts.resumed = Some(session);
    Ok(Some(Box::new(Resumed { suite, master })))
}
