//! SSL_CTX: what connections have in common.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::callbacks::ContextHooks;
use super::config::{Config, Configurable};
use super::keystore::KeyStore;
use super::method::SSL_METHOD;
use crate::handles::{Kind, Named, Registry, SSL_CTX};
use crate::libcrypto::ex_data::{Class, ExData};

/// The object behind an `SSL_CTX *`.
pub struct Context {
    method: &'static SSL_METHOD,
    config: RwLock<Arc<Config>>,
    hooks: RwLock<ContextHooks>,
    keys: RwLock<Arc<KeyStore>>,
    ex_data: OnceLock<ExData>,
    handle: usize,
}

static REGISTRY: Registry<Context> = Registry::new();

impl Named for Context {
    type C = SSL_CTX;
    const KIND: Kind = Kind::Context;
    fn registry() -> &'static Registry<Self> {
        &REGISTRY
    }
}

impl Configurable for Context {
    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn update<R>(&self, change: impl FnOnce(&mut Config) -> R) -> R {
        let mut config = self.config.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut config))
    }
}

impl Context {
    /// A context as `SSL_CTX_new` makes it, known to C as `handle`.
    pub fn new(method: &'static SSL_METHOD, handle: *mut SSL_CTX) -> Self {
        let ex_data = OnceLock::new();
        if let Some(data) = ExData::new(Class::Context, handle) {
            let _first = ex_data.set(data);
        }
        Self {
            method,
            config: RwLock::default(),
            hooks: RwLock::default(),
            keys: RwLock::new(Arc::new(KeyStore::single())),
            ex_data,
            handle: handle.addr(),
        }
    }

    /// `SSL_CTX_get_ssl_method(3)`
    pub fn method(&self) -> &'static SSL_METHOD {
        self.method
    }

    /// The handle that C knows, for callbacks that get an `SSL_CTX *`.
    pub fn handle(&self) -> *mut SSL_CTX {
        std::ptr::without_provenance_mut(self.handle)
    }

    /// A copy of the callbacks, to be called with no lock held.
    pub fn hooks(&self) -> ContextHooks {
        *self.hooks.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the callbacks.
    pub fn set_hooks(&self, change: impl FnOnce(&mut ContextHooks)) {
        change(&mut self.hooks.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The ticket keys. A connection takes those of the context it started with.
    pub fn key_store(&self) -> Arc<KeyStore> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the ticket keys: `SSL_CTX_set_tlsext_ticket_keys(3)`, `carnet_CTX_use_keystore`.
    pub fn use_key_store(&self, keys: Arc<KeyStore>) {
        let old = std::mem::replace(&mut *self.keys.write().unwrap_or_else(PoisonError::into_inner), keys);
        drop(old);
    }

    /// The application's data.
    pub fn ex_data(&self) -> Option<&ExData> {
        self.ex_data.get()
    }
}
