//! SSL: one connection.
//!
//! What the application may read or change at any time, callbacks included, lies under small locks of its own
//! ([`Facts`], the configuration, the contexts) or in atomics ([`Status`]). The protocol engine and its BIOs ([`Io`])
//! are held by one I/O call at a time; see the driver.

mod early;
mod facts;
mod io;
mod life;
mod own;
mod status;

use std::ffi::c_char;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use carnet_tls::{Connection as Engine, ProtocolVersion, Side};

pub use early::Early;
pub use facts::{Facts, SessionSlot, Stamp};
pub use io::{Io, Requests, Unfinished};
pub use own::{HelloLists, Own};
pub use status::{Phase, RECEIVED_SHUTDOWN, Role, SENT_SHUTDOWN, Status, Want};

use super::callbacks::SSL_info_cb;
use super::config::{self, Config, Configurable};
use super::context::Context;
use super::session::SessionObject;
use crate::error::{Common, Error, Result};
use crate::handles::{Kind, Named, Ref, Registry, SSL};
use crate::libcrypto::bio::Bio;
use crate::libcrypto::ex_data::{Class, ExData};
use crate::libcrypto::store::VerifyParam;

/// The object behind an `SSL *`.
pub struct Connection {
    handle: usize,
    contexts: Contexts,
    config: Mutex<Arc<Config>>,
    status: Status,
    io: Mutex<Io>,
    facts: Mutex<Facts>,
    own: Mutex<Own>,
    param: OnceLock<VerifyParam>,
    ex_data: ExData,
}

/// The contexts of a connection.
struct Contexts {
    /// The one the connection began with, whose sessions and ticket keys it uses whatever SSL_set_SSL_CTX does.
    initial: Ref<Context>,
    /// Another, since SSL_set_SSL_CTX(3), and whether there is one: most connections need not look.
    switched: Mutex<Option<Ref<Context>>>,
    has_switched: AtomicBool,
}

/// A connection's context: borrowed from it, or, when it may change under us, with a reference of its own.
pub enum CurrentContext<'c> {
    /// The one that the connection began with.
    Initial(&'c Ref<Context>),
    /// Another.
    Switched(Ref<Context>),
}

impl std::ops::Deref for CurrentContext<'_> {
    type Target = Ref<Context>;
    fn deref(&self) -> &Ref<Context> {
        match self {
            Self::Initial(context) => context,
            Self::Switched(context) => context,
        }
    }
}

/// The version whose sessions know no server name.
const TLS1_3: u16 = 0x0304;

static REGISTRY: Registry<Connection> = Registry::new();

impl Named for Connection {
    type C = SSL;
    const KIND: Kind = Kind::Connection;
    fn registry() -> &'static Registry<Self> {
        &REGISTRY
    }
}

impl Configurable for Connection {
    fn names(&self) -> (*mut crate::handles::SSL, *mut crate::handles::SSL_CTX) {
        (self.handle(), std::ptr::null_mut())
    }

    fn config(&self) -> Arc<Config> {
        Arc::clone(&lock(&self.config))
    }

    fn update<R>(&self, change: impl FnOnce(&mut Config) -> R) -> R {
        let mut config = lock(&self.config);
        let result = config::change(&mut config, change);
        self.status.set_mode(config.protocol.mode);
        let now = Arc::clone(&config);
        drop(config);
        self.tell_engine(&now);
        result
    }
}

impl Connection {
    /// SSL_new(3): a connection of `context`. The application's ex_data functions run.
    pub fn open(context: Ref<Context>) -> Result<Ref<Self>> {
        let made = Ref::new_with(|handle| Self::new(context, handle))?;
        if made.ex_data.start() {
            Ok(made)
        } else {
            Err(Common::MallocFailure.into())
        }
    }

    fn new(context: Ref<Context>, handle: *mut SSL) -> Self {
        let role = if context.method().server {
            Role::Server
        } else {
            Role::Client
        };
        let config = context.config();
        let status = Status::new(role, config.protocol.mode);
        Self {
            handle: handle.addr(),
            config: Mutex::new(config),
            contexts: Contexts {
                initial: context,
                switched: Mutex::default(),
                has_switched: AtomicBool::new(false),
            },
            status,
            io: Mutex::default(),
            facts: Mutex::default(),
            own: Mutex::default(),
            param: OnceLock::new(),
            ex_data: ExData::new(Class::Connection, handle),
        }
    }

    /// The handle that C knows, for callbacks.
    pub fn handle(&self) -> *mut SSL {
        std::ptr::without_provenance_mut(self.handle)
    }

    /// SSL_get_SSL_CTX(3)
    pub fn context(&self) -> CurrentContext<'_> {
        let switched = if self.contexts.has_switched.load(Acquire) {
            lock(&self.contexts.switched).clone()
        } else {
            None
        };
        switched.map_or(
            CurrentContext::Initial(&self.contexts.initial),
            CurrentContext::Switched,
        )
    }

    /// SSL_set_info_callback(3), else what the context has by now.
    pub fn info_callback(&self) -> SSL_info_cb {
        self.config().hooks.info.or_else(|| self.context().hooks().info)
    }

    /// The context whose sessions and ticket keys serve this connection.
    pub fn session_context(&self) -> &Ref<Context> {
        &self.contexts.initial
    }

    /// Replaces the current context. SSL_set_SSL_CTX(3) says what else changes with it.
    pub fn set_context(&self, context: Ref<Context>) {
        let old = lock(&self.contexts.switched).replace(context);
        self.contexts.has_switched.store(true, Release);
        drop(old);
    }

    /// The flags that need no lock.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The application's data.
    pub fn ex_data(&self) -> &ExData {
        &self.ex_data
    }

    /// What the handshake brought to light. To be held for a moment only, never across a call of the application's.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        lock(&self.facts)
    }

    /// The session with its handle, for C to see. The application's ex_data functions run if the handle is new.
    pub fn named_session(&self) -> Result<Option<Ref<SessionObject>>> {
        let named = self.facts().session.named()?;
        Ok(shown(named))
    }

    /// The same for the session from a ticket that has not been accepted yet.
    pub fn named_candidate(&self) -> Result<Option<Ref<SessionObject>>> {
        let named = self.facts().candidate.named()?;
        Ok(shown(named))
    }

    /// Replaces the candidate. The one that was there goes with no lock held: the application's ex_data functions run.
    pub fn put_candidate(&self, candidate: SessionSlot) {
        let old = std::mem::replace(&mut self.facts().candidate, candidate);
        drop(old);
    }

    /// What the connection alone has. To be held for a moment only.
    pub fn own(&self) -> MutexGuard<'_, Own> {
        lock(&self.own)
    }

    /// The engine and the BIOs, for the time of one call. An error when somebody has them: see [`Io`].
    pub fn try_io(&self) -> Result<MutexGuard<'_, Io>> {
        match self.io.try_lock() {
            Ok(io) => Ok(io),
            Err(TryLockError::WouldBlock) if self.status.held() => Err(Error::BUSY),
            // Another thread looks something up, which takes no time.
            Err(TryLockError::WouldBlock) => Ok(self.wait_for_io()),
            Err(TryLockError::Poisoned(poisoned)) => Ok(self.recovered(poisoned.into_inner())),
        }
    }

    /// The same for a call that knows that no other can be doing I/O.
    pub fn wait_for_io(&self) -> MutexGuard<'_, Io> {
        self.io
            .lock()
            .unwrap_or_else(|poisoned| self.recovered(poisoned.into_inner()))
    }

    /// There was a panic in the middle of a call: the engine can't be trusted any more.
    fn recovered<'a>(&self, mut io: MutexGuard<'a, Io>) -> MutexGuard<'a, Io> {
        io.engine = None;
        self.io.clear_poison();
        self.status.set_phase(Phase::Failed);
        io
    }

    /// SSL_get0_param(3): the connection's own parameters. They start as those of its first context, whatever
    /// SSL_set_SSL_CTX does, are when they are first changed, shown or needed.
    pub fn param(&self) -> Result<&VerifyParam> {
        if let Some(param) = self.param.get() {
            return Ok(param);
        }
        let param = VerifyParam::inherited(self.session_context().param()?).ok_or(Error::Queued)?;
        Ok(self.param.get_or_init(|| param))
    }

    /// Asks the engine something, if there is one and nobody is using it.
    pub fn with_engine<R>(&self, ask: impl FnOnce(&mut Engine) -> R) -> Option<R> {
        let mut io = self.try_io().ok()?;
        io.engine.as_deref_mut().map(ask)
    }

    /// SSL_version(3): a client's is the highest that it wants, as soon as it has said hello. Before the handshake it is that
    /// of the method, and for a flexible method TLS 1.3.
    pub fn version(&self) -> u16 {
        let known = self.with_engine(|engine| {
            let wanted = engine.settings().max_version;
            let wanted = (engine.side() == Side::Client).then_some(wanted);
            engine.version().or(wanted)
        });
        match (known.flatten(), self.context().method().version) {
            (Some(version), _) => version.0,
            (None, 0) => ProtocolVersion::TLS1_3.0,
            (None, fixed) => fixed,
        }
    }

    /// Does it resume a session in TLS 1.2?
    pub fn resumes_tls12(&self) -> bool {
        let facts = self.facts();
        let session = facts.session.object().filter(|_| facts.progress.resumed);
        session.is_some_and(|session| session.read(|session| session.protocol != TLS1_3))
    }

    /// SSL_get_servername(3): what the client asked for; on the client's side, what it asks for. NULL for none.
    ///
    /// In TLS 1.2 the name belongs to the session: a resumed one shows the name that it was made with.
    pub fn server_name_ptr(&self) -> *const c_char {
        let (session, resumed) = {
            let facts = self.facts();
            (facts.session.object().cloned(), facts.progress.resumed)
        };
        let server = self.status.role_chosen() && self.status.role() == Role::Server;
        let of_session = session
            .filter(|session| session.read(|session| session.protocol != TLS1_3))
            .map(|session| session.with_hostname(|name| name.map_or(std::ptr::null(), |name| name.as_ptr())));
        match of_session {
            Some(name) if resumed && (server || !name.is_null()) => return name,
            Some(name) if !server && self.status.phase() == Phase::Before && self.own().host_name.is_none() => {
                return name;
            }
            _ => {}
        }
        let received = self.facts().server_name.as_ref().map(|name| name.as_ptr());
        received
            .or_else(|| self.own().host_name.as_ref().map(|name| name.as_ptr()))
            .unwrap_or(std::ptr::null())
    }

    /// Looks at the lists of the client's hello, which are kept now if nobody has asked before. `None` on a client, and
    /// before there is a hello.
    pub fn with_lists<R>(&self, look: impl FnOnce(&HelloLists) -> R) -> Option<R> {
        // One lock after the other: an I/O call takes this one while it holds the engine.
        if self.own().lists.is_none() {
            let lists = self
                .with_engine(|engine| engine.client_hello().map(HelloLists::of))
                .flatten()?;
            self.own().lists.get_or_insert(lists);
        }
        self.own().lists.as_ref().map(look)
    }

    /// Changes the BIOs and tells [`Status`], which shows them.
    pub fn with_bios(&self, change: impl FnOnce(&mut Io)) -> Result<()> {
        let mut io = self.try_io()?;
        // Kept until the lock is let go: a BIO that ends calls its method, which may be the application's.
        let share = |bio: &Option<Bio>| bio.as_ref().and_then(Bio::share);
        let old = (share(&io.read_bio), share(&io.write_bio));
        change(&mut io);
        let pointer = |bio: &Option<Bio>| bio.as_ref().map_or(std::ptr::null_mut(), Bio::as_ptr);
        self.status.set_bios(pointer(&io.read_bio), pointer(&io.write_bio));
        drop(io);
        drop(old);
        Ok(())
    }
}

impl Connection {
    /// Settings that may change while the connection is up.
    fn tell_engine(&self, config: &Config) {
        if self.status.phase() == Phase::Before {
            return;
        }
        let informed = self.info_callback().is_some();
        let Ok(mut io) = self.try_io() else { return };
        let Io {
            engine: Some(engine),
            watch,
            ..
        } = &mut *io
        else {
            return;
        };
        engine.set_read_ahead(config.records.read_ahead);
        watch.padded = config.hooks.record_padding.function.is_some();
        if engine.settings().num_tickets != config.resumption.num_tickets {
            engine.set_num_tickets(config.resumption.num_tickets);
        }
        let now = engine.settings();
        let observe = informed || config.hooks.message.function.is_some();
        let wanted = (config.records.max_send_fragment, config.records.block_padding, observe);
        if (now.max_send_fragment, now.record_padding, now.observe) != wanted {
            let mut settings = carnet_tls::Settings::clone(now);
            (settings.max_send_fragment, settings.record_padding, settings.observe) = wanted;
            watch.observed = observe;
            watch.watched = observe || settings.key_log;
            engine.set_settings(Arc::new(settings));
        }
    }
}

impl Drop for Connection {
    /// SSL_free(3): a session whose connection ends without close_notify is not to be resumed.
    fn drop(&mut self) {
        self.forget_unclosed_session();
    }
}

/// Lets the application's ex_data functions see a session whose handle may be new. No lock is held.
fn shown(session: Option<Ref<SessionObject>>) -> Option<Ref<SessionObject>> {
    session.inspect(|session| {
        session.ex_data(session.as_ptr());
    })
}

/// Nothing that is done under these locks can panic half-way, so a poisoned one is as good as new.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
