//! A context's sessions: settings and counters of its cache, and what adding, removing and flushing mean to the
//! application (`SSL_CTX_set_session_cache_mode(3)`, `SSL_CTX_add_session(3)`, `SSL_CTX_sess_number(3)`).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use carnet_ticket::ChainCap;

use super::context::Context;
use super::session::{SessionObject, now};
use super::session_cache::{Inserted, SessionCache};
use crate::handles::Ref;
use crate::libcrypto::callouts;

/// SSL_SESS_CACHE_UPDATE_TIME
const CACHE_UPDATE_TIME: u32 = 0x400;
/// SSL_SESS_CACHE_SERVER
const DEFAULT_CACHE_MODE: u32 = 2;
const DEFAULT_CACHE_SIZE: i64 = 20_480;
const DEFAULT_TIMEOUT: i64 = 7200;

/// `SSL_CTX_set_session_cache_mode(3)` and its relatives.
pub struct Sessions {
    /// SSL_SESS_CACHE_… bits.
    pub mode: AtomicU32,
    /// How many sessions at most; 0 for any number.
    pub size: AtomicI64,
    /// How long a session lives, in seconds.
    pub timeout: AtomicI64,
    /// The sessions themselves.
    pub cache: Arc<SessionCache>,
    chain_cap: AtomicU64,
    counters: [AtomicI64; Counter::ALL],
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            mode: AtomicU32::new(DEFAULT_CACHE_MODE),
            size: AtomicI64::new(DEFAULT_CACHE_SIZE),
            timeout: AtomicI64::new(DEFAULT_TIMEOUT),
            cache: Arc::default(),
            chain_cap: AtomicU64::new(0),
            counters: Default::default(),
        }
    }
}

/// What `SSL_CTX_sess_number(3)` and its relatives count, in the order of their SSL_CTRL_SESS_… commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Counter {
    /// Sessions in the cache.
    Number,
    /// Client handshakes started.
    Connect,
    /// Client handshakes finished.
    ConnectGood,
    /// Client renegotiations.
    ConnectRenegotiate,
    /// Server handshakes started.
    Accept,
    /// Server handshakes finished.
    AcceptGood,
    /// Server renegotiations.
    AcceptRenegotiate,
    /// Sessions resumed.
    Hits,
    /// Sessions found by the get-session callback.
    CallbackHits,
    /// Sessions offered and not found.
    Misses,
    /// Sessions offered and expired.
    Timeouts,
    /// Sessions dropped because the cache was full.
    CacheFull,
}

impl Counter {
    const ALL: usize = 12;
    const FIRST_COMMAND: i32 = 20;

    /// The counter that an SSL_CTRL_SESS_… command reads.
    pub fn of_command(command: i32) -> Option<usize> {
        usize::try_from(command.checked_sub(Self::FIRST_COMMAND)?)
            .ok()
            .filter(|index| *index < Self::ALL)
    }
}

impl Sessions {
    /// For how long a full handshake may be followed by resumptions; `None` for ever, as in OpenSSL.
    pub fn chain_cap(&self) -> Option<ChainCap> {
        ChainCap::new(self.chain_cap.load(Ordering::Relaxed))
    }

    /// From now on, also for the tickets that there are.
    pub fn set_chain_cap(&self, cap: Option<ChainCap>) {
        self.chain_cap
            .store(cap.map_or(0, ChainCap::seconds), Ordering::Relaxed);
    }

    /// One more.
    pub fn count(&self, counter: Counter) {
        self.counters[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// One fewer: it is counted elsewhere.
    pub fn uncount(&self, counter: Counter) {
        self.counters[counter as usize].fetch_sub(1, Ordering::Relaxed);
    }

    /// Is what has expired to be flushed now? After every 255 good handshakes of this side (SSL_CTX_flush_sessions(3)).
    pub fn is_time_to_flush(&self, server: bool) -> bool {
        const ROUND: i64 = 0xff;
        let good = if server {
            Counter::AcceptGood
        } else {
            Counter::ConnectGood
        };
        self.counted(good as usize) & ROUND == ROUND
    }

    /// What has been counted under the index that [`Counter::of_command`] gave.
    pub fn counted(&self, index: usize) -> i64 {
        if index == Counter::Number as usize {
            return i64::try_from(self.cache.len()).unwrap_or(i64::MAX);
        }
        self.counters
            .get(index)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

impl Context {
    /// `SSL_CTX_add_session(3)`; false when it was there already. Sessions that leave a full cache are forbidden to be
    /// resumed and told to the remove callback; one that had the same id just goes.
    pub fn add_session(&self, session: &Ref<SessionObject>) -> bool {
        let sessions = &self.sessions;
        if sessions.mode.load(Ordering::Relaxed) & CACHE_UPDATE_TIME != 0 {
            session.update(|session| session.time = now());
        }
        let Inserted::New(replaced) = sessions.cache.insert(session) else {
            return false;
        };
        drop(replaced);
        let limit = usize::try_from(sessions.size.load(Ordering::Relaxed)).unwrap_or_default();
        while let Some(old) = sessions.cache.evict(limit, session) {
            self.see_off(&old);
            sessions.count(Counter::CacheFull);
        }
        true
    }

    /// `SSL_CTX_remove_session(3)`; false when there was none of its id. It is forbidden to be resumed in any case, and the
    /// remove callback told, with the handle that `named` brings. Sessions without an id are left alone.
    pub fn remove_session(&self, session: &SessionObject, named: impl FnOnce() -> Option<Ref<SessionObject>>) -> bool {
        if session.read(|session| session.session_id.is_empty()) {
            return false;
        }
        let kept = self.sessions.cache.remove(session);
        session.forbid_resumption();
        let remove = self.hooks().sessions.remove;
        if remove.is_some()
            && let Some(named) = named()
        {
            callouts::removed(remove, self.handle(), named.as_ptr());
        }
        kept.is_some()
    }

    /// `SSL_CTX_flush_sessions(3)`: the sessions that have expired at `now` go; without it, all.
    pub fn flush_sessions(&self, now: Option<u64>) {
        // No more than there are, or it would never end while others keep adding.
        for _ in 0..self.sessions.cache.len() {
            let Some(old) = self.sessions.cache.pop_expired(now) else {
                return;
            };
            self.see_off(&old);
        }
    }

    /// A session has left the cache.
    fn see_off(&self, session: &Ref<SessionObject>) {
        session.forbid_resumption();
        callouts::removed(self.hooks().sessions.remove, self.handle(), session.as_ptr());
    }
}
