//! SSL_SESSION: a session as C sees it, round a [`carnet_ticket::Session`].

use std::ffi::CString;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use carnet_ticket::{Secret, Session};

use super::cipher::{self, SSL_CIPHER};
use super::session_cache::SessionCache;
use super::verify::PeerChain;
use crate::error::Result;
use crate::handles::{Kind, Named, Ref, Registry, SSL_SESSION};
use crate::libcrypto::ex_data::{Class, ExData};
use crate::libcrypto::x509::Certificate;

/// The timeout of a session that `SSL_SESSION_new` made, seconds.
const NEW_TIMEOUT: u64 = 304;
/// X509_V_ERR_UNSPECIFIED: a session is not verified before somebody says so.
const UNVERIFIED: i64 = 1;
/// TLSEXT_max_fragment_length_UNSPECIFIED: no handshake has settled it.
const FRAGMENT_LENGTH_UNSETTLED: u8 = 255;

/// The object behind an `SSL_SESSION *`.
///
/// The session itself lies in this allocation and never moves, and its large fields have allocations of their own: so
/// what C gets from a get0 function stays where it is until that field is set again or the object goes.
pub struct SessionObject {
    session: RwLock<Session>,
    not_resumable: AtomicBool,
    /// When the full handshake was that the session goes back to; 0 if nobody has said.
    chain_start: AtomicU64,
    /// The cache that holds it, or held it last.
    home: Mutex<Weak<SessionCache>>,
    shown: Mutex<Shown>,
    ex_data: OnceLock<ExData>,
}

/// What was made for C out of the session, when C asked.
#[derive(Default)]
struct Shown {
    hostname: Option<CString>,
    peer: Option<(Bytes, Certificate)>,
    chain: Option<Arc<PeerChain>>,
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
        Self {
            session: RwLock::new(session),
            not_resumable: AtomicBool::new(false),
            chain_start: AtomicU64::new(0),
            home: Mutex::default(),
            shown: Mutex::default(),
            ex_data: OnceLock::new(),
        }
    }

    /// What `SSL_SESSION_new` makes: no secret, no suite, not verified.
    pub fn empty() -> Self {
        let mut session = Session::new(0, 0, Secret::default(), now());
        session.timeout = NEW_TIMEOUT;
        session.verify_result = UNVERIFIED;
        session.max_fragment_mode = FRAGMENT_LENGTH_UNSETTLED;
        Self::new(session)
    }

    /// Gives a session its handle; the application's ex_data functions run.
    pub fn name(self: &Arc<Self>) -> Result<Ref<Self>> {
        let named = Ref::new(Arc::clone(self))?;
        self.ex_data(named.as_ptr());
        Ok(named)
    }

    /// A copy with a handle of its own, application data and all (`SSL_SESSION_dup(3)`). `handle` is that of `self`.
    pub fn duplicate(&self, handle: *mut SSL_SESSION) -> Result<Ref<Self>> {
        let copy = Arc::new(self.copy()).name()?;
        copy.set_peer_chain(self.peer_chain());
        copy.not_resumable
            .store(self.not_resumable.load(Ordering::Relaxed), Ordering::Relaxed);
        copy.ex_data(copy.as_ptr()).copy_from(self.ex_data(handle));
        Ok(copy)
    }

    /// A copy of the session and of where its chain began; nothing of what belongs to the object.
    pub fn copy(&self) -> Self {
        let copy = Self::new(self.snapshot());
        copy.chain_start
            .store(self.chain_start.load(Ordering::Relaxed), Ordering::Relaxed);
        copy
    }

    /// When the full handshake was that this session goes back to, seconds since 1970. For a session that was loaded, or
    /// made by hand, it is taken to be the session's own time.
    pub fn chain_start(&self) -> u64 {
        match self.chain_start.load(Ordering::Relaxed) {
            0 => self.read(|session| session.time),
            start => start,
        }
    }

    /// Says when that was.
    pub fn begin_chain(&self, start: u64) {
        self.chain_start.store(start, Ordering::Relaxed);
    }

    /// Looks at the session. No callback may run inside.
    pub fn read<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(&self.session.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the session. No callback may run inside.
    pub fn update<R>(&self, change: impl FnOnce(&mut Session) -> R) -> R {
        change(&mut self.session.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the session's times, and with them its place in the cache that holds it.
    pub fn update_times(&self, change: impl FnOnce(&mut Session)) {
        self.update(change);
        let home = self.home.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(cache) = home {
            cache.replace(self);
        }
    }

    /// A cache takes the session in.
    pub fn set_home(&self, cache: &Arc<SessionCache>) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(cache);
    }

    /// A copy of the session; its large fields are shared.
    pub fn snapshot(&self) -> Session {
        self.read(Session::clone)
    }

    /// The application's data on this object. `handle` is the object's own, for the application's functions, which run
    /// when this is first called: no lock may be held.
    pub fn ex_data(&self, handle: *mut SSL_SESSION) -> &ExData {
        let data = self.ex_data.get_or_init(|| ExData::new(Class::Session, handle));
        data.start();
        data
    }

    /// The session's cipher suite, if it has one that exists here.
    pub fn cipher(&self) -> Option<&'static SSL_CIPHER> {
        cipher::find(self.read(|session| session.cipher))
    }

    /// The code of the max_fragment_length extension; 0 for none and for what no handshake has settled.
    pub fn max_fragment_mode(&self) -> u8 {
        match self.read(|session| session.max_fragment_mode) {
            FRAGMENT_LENGTH_UNSETTLED => 0,
            mode => mode,
        }
    }

    /// Marks a session that no later connection may resume, for example because its own ended in a fatal alert.
    pub fn forbid_resumption(&self) {
        self.not_resumable.store(true, Ordering::Relaxed);
    }

    /// Has that been forbidden?
    pub fn is_forbidden(&self) -> bool {
        self.not_resumable.load(Ordering::Relaxed)
    }

    /// `SSL_SESSION_is_resumable(3)`
    pub fn is_resumable(&self) -> bool {
        let identified =
            self.read(|s| !s.session_id.as_bytes().is_empty() || s.ticket.as_ref().is_some_and(|t| !t.is_empty()));
        identified && !self.is_forbidden()
    }

    /// The peer's certificate, parsed when first asked for: sealing and opening tickets never needs that.
    pub fn peer_certificate(&self) -> Option<Certificate> {
        let der = self.read(|session| session.peer.clone())?;
        let known = |shown: &Shown| {
            let (known, certificate) = shown.peer.as_ref()?;
            (*known == der).then(|| certificate.clone())
        };
        let seen = known(&self.shown());
        if seen.is_some() {
            return seen;
        }
        // With no lock held: the application may have functions for certificates that begin and end.
        let certificate = Certificate::from_der(&der)?;
        let mut shown = self.shown();
        // Another thread was faster: its certificate has been shown.
        if let Some(seen) = known(&shown) {
            drop(shown);
            return Some(seen);
        }
        let before = shown.peer.replace((der.clone(), certificate.clone()));
        drop(shown);
        drop(before);
        Some(certificate)
    }

    /// What the peer sent when this session was made (`SSL_get_peer_cert_chain(3)` after a resumption). Not in the DER.
    pub fn peer_chain(&self) -> Option<Arc<PeerChain>> {
        self.shown().chain.clone()
    }

    /// Keeps what the peer sent. No lock may be held: what was kept goes, and a certificate's end may call the application.
    pub fn set_peer_chain(&self, chain: Option<Arc<PeerChain>>) {
        let before = std::mem::replace(&mut self.shown().chain, chain);
        drop(before);
    }

    /// A new ticket makes a session resumable again.
    pub fn permit_resumption(&self) {
        self.not_resumable.store(false, Ordering::Relaxed);
    }

    /// The host name as C's string, which stays until the name changes or the object goes.
    pub fn with_hostname<R>(&self, show: impl FnOnce(Option<&CString>) -> R) -> R {
        let name = self.read(|session| session.hostname.clone());
        let mut shown = self.shown();
        if shown.hostname.as_ref().map(|known| known.as_bytes()) != name.as_deref() {
            // A name with a NUL in it can't be shown to C; those that carnet stores have none.
            shown.hostname = name.and_then(|name| CString::new(name.to_vec()).ok());
        }
        show(shown.hostname.as_ref())
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds since 1970, as sessions count them.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_session_is_as_openssl_makes_it() {
        let session = SessionObject::empty();
        assert_eq!(session.read(|s| (s.timeout, s.verify_result)), (304, 1));
        assert!(!session.is_resumable());
        assert!(session.cipher().is_none());
    }

    #[test]
    fn a_session_with_a_ticket_can_be_resumed_until_that_is_forbidden() {
        let session = SessionObject::empty();
        session.update(|s| s.ticket = Some(Bytes::from_static(b"ticket")));
        assert!(session.is_resumable());
        session.forbid_resumption();
        assert!(!session.is_resumable());
    }

    #[test]
    fn the_host_name_stays_where_c_saw_it() {
        let session = SessionObject::empty();
        session.update(|s| s.hostname = Some(Bytes::from_static(b"example.org")));
        let first = session.with_hostname(|name| name.map(|name| name.as_ptr()));
        assert_eq!(session.with_hostname(|name| name.map(|name| name.as_ptr())), first);
        assert!(first.is_some());
    }
}
