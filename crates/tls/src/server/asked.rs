//! What the application is asked alike in both versions. `T` waits for the answer.

use std::sync::Arc;

use bytes::Bytes;

use crate::core::Core;
use crate::{AlertDescription, Error, ErrorKind, Question, Settings};

/// The application is told the server's name.
pub(crate) struct AskServerName<T> {
    then: T,
    name: Option<String>,
}

impl<T> AskServerName<T> {
    pub(super) fn new(core: &mut Core, name: Option<String>, then: T) -> Self {
        core.facts.names.server_name.clone_from(&name);
        Self { then, name }
    }

    pub(super) fn question(&self) -> Question {
        Question::ServerName {
            name: self.name.clone(),
        }
    }

    /// What waited, and whether the client is told that its name is known.
    pub(super) fn answered(self, core: &mut Core, acknowledge: bool, settings: Option<Arc<Settings>>) -> (T, bool) {
        if let Some(settings) = settings {
            core.switch_settings(settings);
        }
        let acknowledged = acknowledge && self.name.is_some();
        core.facts.names.acknowledged = acknowledged;
        (self.then, acknowledged)
    }
}

/// The application chooses a protocol (RFC 7301).
pub(crate) struct AskProtocol<T> {
    pub(super) offer: T,
    pub(super) offered: Bytes,
}

impl<T> AskProtocol<T> {
    pub(super) fn question(&self) -> Question {
        Question::Protocol {
            offered: self.offered.clone(),
        }
    }
}

/// The application judges the client's chain, which may be empty.
pub(crate) struct AskChain<T> {
    pub(super) then: T,
    pub(super) chain: Vec<Bytes>,
}

impl<T> AskChain<T> {
    pub(super) fn question(&self) -> Question {
        Question::VerifyChain {
            chain: self.chain.clone(),
        }
    }

    /// What waited, and the client's own certificate, if it has shown one.
    pub(super) fn judged(
        self,
        core: &mut Core,
        verdict: Result<(), AlertDescription>,
    ) -> Result<(T, Option<Bytes>), Error> {
        verdict.map_err(ErrorKind::ChainRefused)?;
        // Nobody is to see a peer that was refused.
        core.facts.authentication.peer_chain.clone_from(&self.chain);
        Ok((self.then, self.chain.into_iter().next()))
    }
}
