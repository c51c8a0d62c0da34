//! The names in a ClientHello: of the server and of the application protocols.

use std::sync::Arc;

use super::super::asked::{AskProtocol, AskServerName};
use super::hello::Asked;
use super::session::Basis;
use super::{State, flight};
use crate::core::Core;
use crate::{Error, Settings};

/// Goes on to the server's name.
pub(super) fn ask_name(core: &mut Core, asked: Asked, basis: Basis) -> Result<State, Error> {
    let name = asked.hello.server_name()?;
    Ok(State::AskServerName(AskServerName::new(core, name, (asked, basis))))
}

impl AskServerName<(Asked, Basis)> {
    #[inline(never)]
    pub(super) fn named(
        self,
        core: &mut Core,
        acknowledge: bool,
        settings: Option<Arc<Settings>>,
    ) -> Result<State, Error> {
        let ((asked, basis), acknowledge_name) = self.answered(core, acknowledge, settings);
        let offer = Offer {
            asked,
            basis,
            acknowledge_name,
            protocol: None,
        };
        match offer.asked.hello.protocols()? {
            Some(offered) => Ok(State::AskProtocol(AskProtocol { offer, offered })),
            None => flight::begin(core, offer),
        }
    }
}

impl AskProtocol<Offer> {
    #[inline(never)]
    pub(super) fn selected(self, core: &mut Core, protocol: Option<Vec<u8>>) -> Result<State, Error> {
        core.facts.names.protocol.clone_from(&protocol);
        let offer = Offer { protocol, ..self.offer };
        flight::begin(core, offer)
    }
}

/// A ClientHello with what the application thinks of it.
pub(crate) struct Offer {
    pub(super) asked: Asked,
    pub(super) basis: Basis,
    pub(super) acknowledge_name: bool,
    pub(super) protocol: Option<Vec<u8>>,
}
