//! The names in a ClientHello: of the server and of the application protocols. Then, is there a usable key share?

use std::sync::Arc;

use super::asked::{AskProtocol, AskServerName};
use super::hello::Chosen;
use super::ticket::Basis;
use super::{State, early, retry};
use crate::core::Core;
use crate::kx;
use crate::message::ClientHello;
use crate::{Error, ErrorKind, NamedGroup, Settings};

/// Goes on to the server's name.
pub(super) fn ask_name(core: &mut Core, chosen: Chosen, basis: Basis) -> Result<State, Error> {
    let name = chosen.hello.server_name()?;
    Ok(State::AskServerName(AskServerName::new(core, name, (chosen, basis))))
}

impl AskServerName<(Chosen, Basis)> {
    #[inline(never)]
    pub(super) fn named(
        self,
        core: &mut Core,
        acknowledge: bool,
        settings: Option<Arc<Settings>>,
    ) -> Result<State, Error> {
        let ((chosen, basis), acknowledge_name) = self.answered(core, acknowledge, settings);
        let offer = Offer {
            chosen,
            basis,
            acknowledge_name,
            early_data: None,
        };
        match offer.chosen.hello.protocols()? {
            Some(offered) => Ok(State::AskProtocol(AskProtocol { offer, offered })),
            None => offer.protocol(core, None),
        }
    }
}

impl AskProtocol<Offer> {
    #[inline(never)]
    pub(super) fn selected(self, core: &mut Core, protocol: Option<Vec<u8>>) -> Result<State, Error> {
        self.offer.protocol(core, protocol)
    }
}

/// A ClientHello with what the application thinks of it.
pub(crate) struct Offer {
    pub(super) chosen: Chosen,
    pub(super) basis: Basis,
    pub(super) acknowledge_name: bool,
    /// So much early data is accepted.
    pub(super) early_data: Option<u32>,
}

impl Offer {
    fn protocol(self, core: &mut Core, protocol: Option<Vec<u8>>) -> Result<State, Error> {
        core.facts.names.protocol = protocol;
        let without_dhe = matches!(&self.basis, Basis::Resumed(resumed) if resumed.without_dhe);
        if without_dhe {
            return early::consider(core, self, None);
        }
        let hello = &self.chosen.hello;
        if let Some(retried) = &self.chosen.retried {
            // The share that was asked for: check_second() has seen it.
            let group = retried.group;
            return early::consider(core, self, Some(group));
        }
        match choose_group(hello, &core.settings.groups)? {
            Choice::Shared(group) => early::consider(core, self, Some(group)),
            Choice::Retry(group) => retry::retry(core, self.chosen, group),
        }
    }
}

enum Choice {
    Shared(NamedGroup),
    Retry(NamedGroup),
}

/// The first of the client's shares whose group is ours; without one, the first of our groups that is also the client's.
/// As OpenSSL: the client has a say as long as that saves a round trip.
fn choose_group(hello: &ClientHello, ours: &[NamedGroup]) -> Result<Choice, Error> {
    let is_ours = |group: &NamedGroup| ours.contains(group) && kx::is_supported(*group);
    if let Some(group) = hello.shared_groups()?.into_iter().find(is_ours) {
        return Ok(Choice::Shared(group));
    }
    let theirs = hello.groups()?.ok_or(ErrorKind::MissingExtension)?;
    let group = ours
        .iter()
        .find(|group| theirs.contains(group.0) && kx::is_supported(**group));
    // "If there is no overlap between the received 'supported_groups' and the groups supported by the server, then the
    // server MUST abort the handshake with a 'handshake_failure' or an 'insufficient_security' alert" (section 4.1.1).
    group
        .map(|group| Choice::Retry(*group))
        .ok_or_else(|| ErrorKind::NoSharedGroup.into())
}
