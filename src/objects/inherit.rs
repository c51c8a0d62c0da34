//! What a connection does not take over at `SSL_new`, but reads from its context when the moment comes: the lists that it has
//! none of its own of, and the certificates that go with any chain. Here a connection keeps a copy, which is brought up to
//! date before it is used.

use std::sync::Arc;

use super::config::{Config, Configurable as _};
use super::connection::Connection;

impl Config {
    /// Is all of this as the context has it?
    fn follows(&self, context: &Self) -> bool {
        let same = |mine: &Option<_>, other: &Option<_>| match (mine, other) {
            (Some(mine), Some(other)) => Arc::ptr_eq(mine, other),
            (mine, other) => mine.is_none() && other.is_none(),
        };
        (self.suites.own || self.suites.same(&context.suites))
            && same(&self.verify.client_authorities, &context.verify.client_authorities)
            && same(&self.verify.authorities, &context.verify.authorities)
            && self.credentials.shares_extra_chain(&context.credentials)
    }

    fn follow(&mut self, context: &Self) {
        if !self.suites.own {
            self.suites = context.suites.clone();
        }
        self.verify
            .client_authorities
            .clone_from(&context.verify.client_authorities);
        self.verify.authorities.clone_from(&context.verify.authorities);
        self.credentials.take_extra_chain(&context.credentials);
    }
}

impl Connection {
    /// The configuration with what the context has by now, which may be one that SSL_set_SSL_CTX(3) has switched to.
    pub fn present_config(&self) -> Arc<Config> {
        let (mine, context) = (self.config(), self.context().config());
        if Arc::ptr_eq(&mine, &context) || mine.follows(&context) {
            return mine;
        }
        self.update(|config| config.follow(&context));
        self.config()
    }
}
