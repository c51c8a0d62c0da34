//! The names in a ClientHello: of the server and of the application protocols.

use std::sync::Arc;

use bytes::Bytes;

use super::hello::Asked;
use super::session::Basis;
use super::{State, flight};
use crate::core::Core;
use crate::{Error, Question, Settings};

/// The application is told the server's name.
pub(crate) struct AskServerName {
    asked: Asked,
    basis: Basis,
    name: Option<String>,
}

impl AskServerName {
    pub(super) fn enter(core: &mut Core, asked: Asked, basis: Basis) -> Result<State, Error> {
        let name = asked.hello.server_name()?;
        core.facts.names.server_name.clone_from(&name);
        Ok(State::AskServerName(Self { asked, basis, name }))
    }

    pub(super) fn question(&self) -> Question {
        Question::ServerName {
            name: self.name.clone(),
        }
    }

    #[inline(never)]
    pub(super) fn named(
        self,
        core: &mut Core,
        acknowledge: bool,
        settings: Option<Arc<Settings>>,
    ) -> Result<State, Error> {
        if let Some(settings) = settings {
            core.switch_settings(settings);
        }
        let acknowledge_name = acknowledge && self.name.is_some();
        core.facts.names.acknowledged = acknowledge_name;
        let offer = Offer {
            asked: self.asked,
            basis: self.basis,
            acknowledge_name,
            protocol: None,
        };
        match offer.asked.hello.protocols()? {
            Some(offered) => Ok(State::AskProtocol(AskProtocol { offer, offered })),
            None => flight::begin(core, offer),
        }
    }
}

/// The application chooses a protocol (RFC 7301).
pub(crate) struct AskProtocol {
    offer: Offer,
    offered: Bytes,
}

impl AskProtocol {
    pub(super) fn question(&self) -> Question {
        Question::Protocol {
            offered: self.offered.clone(),
        }
    }

    #[inline(never)]
    pub(super) fn selected(self, core: &mut Core, protocol: Option<Vec<u8>>) -> Result<State, Error> {
        core.facts.names.protocol.clone_from(&protocol);
        let offer = Offer { protocol, ..self.offer };
        flight::begin(core, offer)
    }
}

/// A ClientHello with what the application thinks of it.
pub(super) struct Offer {
    pub(super) asked: Asked,
    pub(super) basis: Basis,
    pub(super) acknowledge_name: bool,
    pub(super) protocol: Option<Vec<u8>>,
}
