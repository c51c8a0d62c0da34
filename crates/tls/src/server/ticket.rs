//! The offered PSKs (RFC 8446 section 4.2.11): the first that is known, fits and is bound is used.

use std::sync::Arc;

use carnet_ticket::{Ended, Session};

use super::State;
use super::external_psk::AskPsk;
use super::hello::Chosen;
use super::offer::ask_name;
use crate::core::Core;
use crate::message::{OfferedPsk, PskCursor};
use crate::number::Suite13;
use crate::schedule::{Early, PskKind};
use crate::{CipherSuite, Error, ErrorKind, ProtocolVersion, Question, TicketVerdict};

/// So many identities are looked at. A ClientHello has room for hundreds of tickets, each of which costs a call of the
/// application and a MAC; who means well has a few.
const MAX_IDENTITIES: usize = 16;

/// What the connection's keys come from, besides the key exchange.
pub(crate) enum Basis {
    /// The certificate's signature.
    Full {
        /// Tickets follow.
        renew: bool,
    },
    /// A PSK whose binder has been verified.
    Resumed(Box<Resumed>),
}

/// A PSK that is used.
pub(crate) struct Resumed {
    pub(super) early: Early,
    pub(super) index: usize,
    kind: PskKind,
    renew: bool,
    /// psk_ke is all that client and settings allow.
    pub(super) without_dhe: bool,
    /// Its session, if that alone does not rule out early data.
    pub(super) early_session: Option<Arc<Session>>,
}

impl Basis {
    /// What this means for the number of tickets.
    pub(super) fn ended(&self) -> Ended {
        match self {
            Self::Full { renew } => Ended::Full { renew: *renew },
            Self::Resumed(resumed) => match resumed.kind {
                PskKind::Resumption => Ended::Resumed { renew: resumed.renew },
                PskKind::External => Ended::ExternalPsk,
            },
        }
    }
}

/// An identity that the application is asked about.
pub(super) struct Candidate {
    pub(super) chosen: Chosen,
    pub(super) offered: OfferedPsk,
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
        return ask_name(core, chosen, full);
    };
    let without_dhe = !modes.with_dhe;
    // "The server MUST NOT select a key exchange mode that is not listed by the client" (section 4.2.9).
    if without_dhe && !(modes.alone && core.settings.allow_psk_ke) {
        return ask_name(core, chosen, full);
    }
    next(core, chosen, rest, without_dhe, true)
}

fn next(core: &mut Core, chosen: Chosen, mut rest: PskCursor, without_dhe: bool, renew: bool) -> Result<State, Error> {
    let offered = rest.next(&chosen.hello);
    let Some(offered) = offered.filter(|offered| offered.index < MAX_IDENTITIES) else {
        return ask_name(core, chosen, Basis::Full { renew });
    };
    let candidate = Candidate {
        chosen,
        offered,
        rest,
        without_dhe,
    };
    Ok(if core.settings.asks_for_psk {
        State::AskPsk(AskPsk { candidate })
    } else {
        State::AskTicket(AskTicket { candidate })
    })
}

impl Candidate {
    /// Goes on with the next one. `renew`: a full handshake that comes of it earns tickets.
    pub(super) fn pass_over(self, core: &mut Core, renew: bool) -> Result<State, Error> {
        next(core, self.chosen, self.rest, self.without_dhe, renew)
    }

    /// Uses the session that belongs to it, if that fits.
    pub(super) fn take(self, core: &mut Core, session: Arc<Session>, found: Found) -> Result<State, Error> {
        if !fits(&session, self.chosen.suite) {
            // As good as none, so that a full handshake earns tickets.
            return self.pass_over(core, true);
        }
        let early = self.check_binder(&session, found.kind)?;
        let early_session = self.early_session(core, &session, found.early_data_ok);
        core.facts.tickets.psk_is_external = found.kind == PskKind::External;
        core.facts.resumed = Some(session);
        let basis = Basis::Resumed(Box::new(Resumed {
            early,
            index: self.offered.index,
            kind: found.kind,
            renew: found.renew,
            without_dhe: self.without_dhe,
            early_session,
        }));
        ask_name(core, self.chosen, basis)
    }

    /// "Prior to accepting PSK key establishment, the server MUST validate the corresponding binder value. If this
    /// value is not present or does not validate, the server MUST abort the handshake."
    fn check_binder(&self, session: &Session, kind: PskKind) -> Result<Early, Error> {
        let Chosen {
            hello,
            suite,
            before_hello,
            ..
        } = &self.chosen;
        let early = Early::with_psk(suite.hash, session.secret.as_bytes());
        let expected = early.binder(kind, &before_hello.with(hello.before_binders(&self.rest)));
        let binder = hello.raw().get(self.offered.binder.clone()).unwrap_or_default();
        if !expected.matches(binder) {
            return Err(ErrorKind::BadBinder.into());
        }
        Ok(early)
    }

    /// "In order to accept early data, the server MUST have accepted a PSK cipher suite and selected the first key offered
    /// in the client's 'pre_shared_key' extension", and the version and the cipher suite are to be those of the PSK
    /// (section 4.2.10). ALPN is not settled yet.
    fn early_session(&self, core: &Core, session: &Arc<Session>, is_fresh: bool) -> Option<Arc<Session>> {
        let Chosen { hello, suite, .. } = &self.chosen;
        let may_be = core.early.wanted.is_some()
            && hello.has(crate::ExtensionType::EARLY_DATA)
            && self.chosen.retried.is_none()
            && self.offered.index == 0
            && is_fresh
            && session.cipher == suite.suite.0
            && session.max_early_data > 0;
        may_be.then(|| session.clone())
    }
}

/// What is known of a PSK besides its session.
pub(super) struct Found {
    pub(super) kind: PskKind,
    /// A new ticket is due after the resumption.
    pub(super) renew: bool,
    pub(super) early_data_ok: bool,
}

/// One ticket is being opened.
pub(crate) struct AskTicket {
    pub(super) candidate: Candidate,
}

impl AskTicket {
    pub(super) fn question(&self) -> Question {
        let Candidate { chosen, offered, .. } = &self.candidate;
        Question::OpenTicket {
            ticket: chosen.hello.part(offered.identity.clone()),
            version: ProtocolVersion::TLS1_3,
            suite: chosen.suite.suite,
            index: offered.index,
            obfuscated_age: offered.obfuscated_age,
        }
    }

    #[inline(never)]
    pub(super) fn verdict(self, core: &mut Core, verdict: TicketVerdict) -> Result<State, Error> {
        match verdict {
            TicketVerdict::Use {
                session,
                renew,
                early_data_ok,
            } => {
                let found = Found {
                    kind: PskKind::Resumption,
                    renew,
                    early_data_ok,
                };
                self.candidate.take(core, session, found)
            }
            TicketVerdict::Skip { renew } => self.candidate.pass_over(core, renew),
        }
    }
}

/// "Any ticket MUST only be resumed with a cipher suite that has the same KDF hash algorithm as that used to establish
/// the original connection" (section 4.6.1), and any PSK with its own.
fn fits(session: &Session, suite: &Suite13) -> bool {
    let hash = CipherSuite(session.cipher).tls13().map(|known| known.hash);
    session.protocol == ProtocolVersion::TLS1_3.0 && hash == Some(suite.hash) && !session.secret.as_bytes().is_empty()
}
