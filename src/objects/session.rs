//! SSL_SESSION: a session as C sees it, round a [`carnet_ticket::Session`].

use std::sync::{OnceLock, RwLock};

use bytes::Bytes;
use carnet_ticket::Session;

use crate::handles::{Kind, Named, Registry, SSL_SESSION};
use crate::libcrypto::ex_data::ExData;

/// The object behind an `SSL_SESSION *`.
pub struct SessionObject {
    session: RwLock<Session>,
    peer_chain: RwLock<Vec<Bytes>>,
    ex_data: OnceLock<ExData>,
}

static REGISTRY: Registry<SessionObject> = Registry::new();

impl Named for SessionObject {
    type C = SSL_SESSION;
    const KIND: Kind = Kind::Session;
    fn registry() -> &'static Registry<Self> {
        &REGISTRY
    }
}

impl SessionObject {
    /// Wraps a session. It gets a handle when it is first shown to C.
    pub fn new(session: Session) -> Self {
        Self { session: RwLock::new(session), peer_chain: RwLock::new(Vec::new()), ex_data: OnceLock::new() }
    }
}
