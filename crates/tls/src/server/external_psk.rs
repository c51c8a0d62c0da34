//! External PSKs (RFC 8446 section 4.2.11): keys that the application knows by their identities.

use std::sync::Arc;

use carnet_ticket::Session;

use super::State;
use super::ticket::{AskTicket, Candidate, Found};
use crate::core::Core;
use crate::schedule::PskKind;
use crate::{Error, Question};

/// Is this identity that of an external PSK?
pub(crate) struct AskPsk {
    pub(super) candidate: Candidate,
}

impl AskPsk {
    pub(super) fn question(&self) -> Question {
        let Candidate { chosen, offered, .. } = &self.candidate;
        Question::FindPsk {
            identity: chosen.hello.part(offered.identity.clone()),
            index: offered.index,
        }
    }

    /// Without one it may be a ticket.
    #[inline(never)]
    pub(super) fn found(self, core: &mut Core, session: Option<Arc<Session>>) -> Result<State, Error> {
        let candidate = self.candidate;
        let Some(session) = session else {
            return Ok(State::AskTicket(AskTicket { candidate }));
        };
        // "For identities established externally, an obfuscated_ticket_age of 0 SHOULD be used, and servers MUST ignore
        // the value": there is no age that could be wrong.
        let found = Found {
            kind: PskKind::External,
            renew: true,
            early_data_ok: true,
        };
        candidate.take(core, session, found)
    }
}
