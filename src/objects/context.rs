//! SSL_CTX: what connections have in common.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use carnet_ticket::TicketKey;

use super::callbacks::ContextHooks;
use super::config::{self, Config, Configurable};
use super::keystore::KeyStore;
use super::method::SSL_METHOD;
pub use super::sessions::{Counter, Sessions};
use crate::error::{Common, Reason, Result};
use crate::handles::{Kind, Named, Ref, Registry, SSL_CTX};
use crate::libcrypto::ex_data::{Class, ExData};
use crate::libcrypto::lib_ctx::Library;
use crate::libcrypto::store::{Store, VerifyParam};

/// The object behind an `SSL_CTX *`.
pub struct Context {
    method: RwLock<&'static SSL_METHOD>,
    config: ArcSwap<Config>,
    /// Whoever changes the configuration. Readers never wait, not even in a child that was forked in the middle of a change.
    changing: Mutex<()>,
    hooks: RwLock<ContextHooks>,
    trust: Trust,
    /// The session cache's settings and counters.
    pub sessions: Sessions,
    keys: RwLock<Arc<KeyStore>>,
    library: Library,
    ex_data: ExData,
    handle: usize,
}

/// Whom a context trusts, and how chains are checked unless a connection says otherwise.
struct Trust {
    store: RwLock<Store>,
    /// In one place for good, because C may hold its address (`SSL_CTX_get0_param(3)`).
    param: VerifyParam,
}

static REGISTRY: Registry<Context> = Registry::new();

impl Named for Context {
    type C = SSL_CTX;
    const KIND: Kind = Kind::Context;
    const RETIRES: bool = true;
    fn registry() -> &'static Registry<Self> {
        &REGISTRY
    }
    fn retire(&self) {
        // The remove callback is told of the sessions that are left, and may ask the context for its data.
        self.flush_sessions(None);
    }
}

impl Configurable for Context {
    fn names(&self) -> (*mut crate::handles::SSL, *mut crate::handles::SSL_CTX) {
        (std::ptr::null_mut(), self.handle())
    }

    fn config(&self) -> Arc<Config> {
        self.config.load_full()
    }

    fn update<R>(&self, change: impl FnOnce(&mut Config) -> R) -> R {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut config = self.config.load_full();
        let result = config::change(&mut config, change);
        self.config.store(config);
        result
    }
}

impl Context {
    /// A context as `SSL_CTX_new_ex(3)` makes it. The application's ex_data functions run.
    pub fn open(method: &'static SSL_METHOD, library: Library) -> Result<Ref<Self>> {
        let made = Ref::try_new_with(|handle| Self::new(method, library, handle))?;
        if made.ex_data.start() {
            Ok(made)
        } else {
            Err(Common::MallocFailure.into())
        }
    }

    fn new(method: &'static SSL_METHOD, library: Library, handle: *mut SSL_CTX) -> Result<Self> {
        Ok(Self {
            method: RwLock::new(method),
            config: ArcSwap::default(),
            changing: Mutex::default(),
            hooks: RwLock::default(),
            trust: Trust {
                store: RwLock::new(Store::new().ok_or(Common::MallocFailure)?),
                param: VerifyParam::new().ok_or(Common::MallocFailure)?,
            },
            sessions: Sessions::default(),
            keys: RwLock::new(Arc::new(KeyStore::single())),
            library,
            ex_data: ExData::new(Class::Context, handle),
            handle: handle.addr(),
        })
    }

    /// `SSL_CTX_get_ssl_method(3)`
    pub fn method(&self) -> &'static SSL_METHOD {
        *self.method.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// `SSL_CTX_set_ssl_version(3)`: the suites go back to their defaults.
    pub fn set_method(&self, method: &'static SSL_METHOD) {
        *self.method.write().unwrap_or_else(PoisonError::into_inner) = method;
        self.update(|config| config.suites = Default::default());
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

    /// The application's data.
    pub fn ex_data(&self) -> &ExData {
        &self.ex_data
    }

    /// The library context and property query of `SSL_CTX_new_ex(3)`.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// `SSL_CTX_get_cert_store(3)`
    pub fn store(&self) -> Store {
        self.trust.store.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `SSL_CTX_set_cert_store(3)`
    pub fn set_store(&self, store: Store) {
        // What goes may have ex_data functions of the application's, which run with no lock held.
        let old = std::mem::replace(
            &mut *self.trust.store.write().unwrap_or_else(PoisonError::into_inner),
            store,
        );
        drop(old);
        self.renew_chains();
    }

    /// The trusted certificates have changed: chains that they completed are completed anew.
    pub fn renew_chains(&self) {
        self.update(|config| config.credentials.renew_all());
    }

    /// `SSL_CTX_get0_param(3)`
    pub fn param(&self) -> Result<&VerifyParam> {
        // Never fails; a connection's, made when first needed, may.
        Ok(&self.trust.param)
    }

    /// The keys that tickets are sealed with when no callback chooses.
    pub fn key_store(&self) -> Arc<KeyStore> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shares keys with others, or replaces them.
    pub fn use_key_store(&self, keys: Arc<KeyStore>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// `SSL_CTX_set_tlsext_ticket_keys(3)`: this key from now on, for good.
    pub fn set_ticket_key(&self, blob: &[u8]) -> Result<()> {
        let blob = blob.try_into().map_err(|_| Reason::INVALID_TICKET_KEYS_LENGTH)?;
        let key = TicketKey::from_openssl_blob(blob).map_err(|_| Common::PassedInvalidArgument)?;
        self.use_key_store(Arc::new(KeyStore::fixed(key)));
        Ok(())
    }

    /// `SSL_CTX_get_tlsext_ticket_keys(3)`: the key that seals now.
    pub fn ticket_key(&self) -> Option<Arc<TicketKey>> {
        self.key_store().sealing()
    }
}
