//! The offered tickets (RFC 8446 section 4.2.11): the first that opens, fits and is bound is resumed.

use std::sync::Arc;

use carnet_ticket::{Ended, Session};

use super::State;
use super::hello::Chosen;
use super::offer::AskServerName;
use crate::core::Core;
use crate::message::{OfferedPsk, PskCursor};
use crate::number::Suite13;
use crate::schedule::Early;
use crate::{CipherSuite, Error, ErrorKind, ProtocolVersion, Question, TicketVerdict};

/// So many identities are looked at. A ClientHello has room for hundreds of tickets, each of which costs a call of the
/// application and a MAC; who means well has a few.
const MAX_IDENTITIES: usize = 16;

/// What the connection's keys come from, besides the key exchange.
pub(super) enum Basis {
    /// The certificate's signature.
    Full {
        /// Tickets follow.
        renew: bool,
    },
    /// A session whose binder has been verified.
    Resumed(Box<Resumed>),
}

/// A session that is resumed.
pub(super) struct Resumed {
    pub(super) early: Early,
    pub(super) index: usize,
    renew: bool,
    /// psk_ke is all that client and settings allow.
    pub(super) without_dhe: bool,
}

impl Basis {
    /// What this means for the number of tickets.
    pub(super) fn ended(&self) -> Ended {
        match self {
            Self::Full { renew } => Ended::Full { renew: *renew },
            Self::Resumed(resumed) => Ended::Resumed { renew: resumed.renew },
        }
    }
}

/// One ticket is being opened.
pub(crate) struct AskTicket {
    chosen: Chosen,
    offered: OfferedPsk,
    /// Those after it.
    rest: PskCursor,
    without_dhe: bool,
}

/// Goes through the identities, if there are any that could be used.
#[inline(never)]
pub(super) fn begin(core: &mut Core, chosen: Chosen) -> Result<State, Error> {
    // A client that offers nothing gets tickets.
    let full = Basis::Full { renew: true };
    let modes = chosen.hello.psk_modes()?.unwrap_or_default();
    let Some(rest) = chosen.hello.psks()? else {
        return AskServerName::enter(core, chosen, full);
    };
    let without_dhe = !modes.with_dhe;
    // "The server MUST NOT select a key exchange mode that is not listed by the client" (section 4.2.9).
    if without_dhe && !(modes.alone && core.settings.allow_psk_ke) {
        return AskServerName::enter(core, chosen, full);
    }
    next(core, chosen, rest, without_dhe, true)
}

fn next(core: &mut Core, chosen: Chosen, mut rest: PskCursor, without_dhe: bool, renew: bool) -> Result<State, Error> {
    match rest
        .next(&chosen.hello)
        .filter(|offered| offered.index < MAX_IDENTITIES)
    {
        Some(offered) => Ok(State::AskTicket(AskTicket {
            chosen,
            offered,
            rest,
            without_dhe,
        })),
        None => AskServerName::enter(core, chosen, Basis::Full { renew }),
    }
}

impl AskTicket {
    pub(super) fn question(&self) -> Question {
        Question::OpenTicket {
            ticket: self.chosen.hello.part(self.offered.identity.clone()),
            version: ProtocolVersion::TLS1_3,
            suite: self.chosen.suite.suite,
            index: self.offered.index,
            obfuscated_age: self.offered.obfuscated_age,
        }
    }

    #[inline(never)]
    pub(super) fn verdict(self, core: &mut Core, verdict: TicketVerdict) -> Result<State, Error> {
        match verdict {
            TicketVerdict::Use { session, renew, .. } if fits(&session, self.chosen.suite) => {
                let basis = self.check_binder(&session, renew)?;
                core.facts.resumed = Some(session);
                AskServerName::enter(core, self.chosen, basis)
            }
            // OpenSSL passes over a session of another hash, and sends no ticket unless a later identity earns one.
            TicketVerdict::Use { .. } => next(core, self.chosen, self.rest, self.without_dhe, false),
            TicketVerdict::Skip { renew } => next(core, self.chosen, self.rest, self.without_dhe, renew),
        }
    }

    /// "Prior to accepting PSK key establishment, the server MUST validate the corresponding binder value. If this
    /// value is not present or does not validate, the server MUST abort the handshake."
    fn check_binder(&self, session: &Arc<Session>, renew: bool) -> Result<Basis, Error> {
        let Chosen {
            hello,
            suite,
            before_hello,
            ..
        } = &self.chosen;
        let early = Early::with_psk(suite.hash, session.secret.as_bytes());
        let expected = early.resumption_binder(&before_hello.with(hello.before_binders(&self.rest)));
        let binder = hello.raw().get(self.offered.binder.clone()).unwrap_or_default();
        if !expected.matches(binder) {
            return Err(ErrorKind::BadBinder.into());
        }
        let index = self.offered.index;
        Ok(Basis::Resumed(Box::new(Resumed {
            early,
            index,
            renew,
            without_dhe: self.without_dhe,
        })))
    }
}

/// "Any ticket MUST only be resumed with a cipher suite that has the same KDF hash algorithm as that used to establish
/// the original connection" (section 4.6.1).
fn fits(session: &Session, suite: &Suite13) -> bool {
    let hash = CipherSuite(session.cipher).tls13().map(|known| known.hash);
    session.protocol == ProtocolVersion::TLS1_3.0 && hash == Some(suite.hash) && !session.secret.as_bytes().is_empty()
}
