//! The ticket keys of a context: a ring and the clock that it goes by.
//!
//! Each SSL_CTX has a store of its own, with one random key, as in OpenSSL. Through `carnet.h` an application can make a
//! store whose keys rotate and give it to several contexts.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use carnet_keys::{ChangeError, Entropy, FileError, Found, KeyInfo, Policy, Ring, ShareError, Start, SystemEntropy};
use carnet_ticket::{KeyName, OPENSSL_BLOB_LEN, TicketKey};
use zeroize::Zeroizing;

use crate::error::{Common, Error, Result};
use crate::handles::{Kind, Named, Registry};

/// Seconds since 1970, as C has them.
#[allow(non_camel_case_types, reason = "C's own name")]
pub type time_t = i64;

/// What a test puts in the place of the system's clock: seconds since 1970.
pub type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// The object behind a `carnet_keystore *`, and the keys of every `SSL_CTX`.
pub struct KeyStore {
    ring: Ring,
    /// If it is not the system's. The ring looks at it as well.
    clock: Arc<OnceLock<Clock>>,
}

static REGISTRY: Registry<KeyStore> = Registry::new();

/// What `carnet_keystore *` points at for C: nothing.
pub enum Opaque {}

impl Named for KeyStore {
    type C = Opaque;
    const KIND: Kind = Kind::KeyStore;
    fn registry() -> &'static Registry<Self> {
        &REGISTRY
    }
}

fn policy(interval: u64, lifetime: u64) -> Policy {
    if interval == 0 {
        Policy::unchanging(lifetime)
    } else {
        Policy::every(interval, lifetime)
    }
}

/// The system's time, seconds since 1970; 0 for a clock that stands before it.
fn system_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn read(clock: &OnceLock<Clock>) -> u64 {
    clock.get().map_or_else(system_time, |clock| clock())
}

impl KeyStore {
    /// One random key for ever: what a new SSL_CTX has.
    pub fn single() -> Self {
        Self::of(Ring::single(system_time()))
    }

    /// This one key: `SSL_CTX_set_tlsext_ticket_keys(3)`.
    pub fn fixed(key: TicketKey) -> Self {
        Self::of(Ring::fixed(key))
    }

    /// A new key every `interval` seconds (0: one for ever), each of which opens for `lifetime` seconds longer.
    pub fn rotating(interval: u64, lifetime: u64) -> Self {
        Self::of(Ring::rotating(policy(interval, lifetime), system_time()))
    }

    /// The same in memory that forked processes share.
    pub fn shared(interval: u64, lifetime: u64) -> Result<Self> {
        let ring = Ring::shared(policy(interval, lifetime), system_time());
        let refused = |error: ShareError| Error::CommonData(Common::PassedInvalidArgument, error.to_string());
        Ok(Self::of(ring.map_err(refused)?))
    }

    /// The same in a file, which is made if it is not there.
    pub fn open(path: &Path, interval: u64, lifetime: u64) -> Result<Self> {
        let start = Start::Random(policy(interval, lifetime));
        let ring = Ring::open_or_create_file(path, &start, system_time());
        let refused = |error: FileError| Error::CommonData(Common::PassedInvalidArgument, error.to_string());
        Ok(Self::of(ring.map_err(refused)?))
    }

    fn of(ring: Ring) -> Self {
        let clock = Arc::new(OnceLock::new());
        let same = clock.clone();
        Self {
            ring: ring.with_clock(move || read(&same)),
            clock,
        }
    }

    /// Replaces the system's clock, once.
    pub fn set_clock(&self, clock: Clock) -> Result<()> {
        self.clock
            .set(clock)
            .map_err(|_| Error::Common(Common::ShouldNotHaveBeenCalled))
    }

    /// The time that decides which key is whose turn, seconds since 1970.
    pub fn now(&self) -> u64 {
        read(&self.clock)
    }

    /// The key to seal with. `None`: no ticket can be made now.
    pub fn sealing(&self) -> Option<Arc<TicketKey>> {
        self.ring.sealing(self.now())
    }

    /// The key that a ticket names, if it still opens.
    pub fn opening(&self, name: &KeyName) -> Option<Found> {
        self.ring.opening(name, self.now())
    }

    /// The key that a ticket names, if names end in the time that a chain of resumptions began.
    pub fn opening_by_id(&self, name: &KeyName) -> Option<Found> {
        self.ring.opening_by_id(name, self.now())
    }

    /// The sealing key with its times.
    pub fn current(&self) -> Option<KeyInfo> {
        let now = self.now();
        self.info(self.ring.sealing(now)?.name(), now)
    }

    /// A key that opens, with its times.
    pub fn find(&self, name: &KeyName) -> Option<KeyInfo> {
        self.info(name, self.now())
    }

    fn info(&self, name: &KeyName, now: u64) -> Option<KeyInfo> {
        self.ring.keys(now).into_iter().find(|info| info.key.name() == name)
    }

    /// Makes a key that nobody has seen yet, which seals from now on.
    pub fn create(&self) -> Result<KeyInfo> {
        let mut blob = Zeroizing::new([0; OPENSSL_BLOB_LEN]);
        SystemEntropy.fill(blob.as_mut_slice()).map_err(|_| Error::INTERNAL)?;
        let key = TicketKey::from_openssl_blob(&blob).map_err(|_| Error::INTERNAL)?;
        let (name, now) = (*key.name(), self.now());
        self.ring.install(key, now).map_err(refused)?;
        self.info(&name, now).ok_or(Error::INTERNAL)
    }

    /// The next key takes over ahead of its time. An error: none could be made, or its turn is not ours to choose.
    pub fn rotate(&self) -> Result<()> {
        insist(|| self.ring.rotate(self.now())).map(drop)
    }

    /// Erases a key. True if it was there.
    pub fn erase(&self, name: &KeyName) -> Result<bool> {
        insist(|| self.ring.revoke(name, self.now()))
    }

    /// Erases every key there is, also those whose turn had not come: what seals next is new.
    pub fn erase_all(&self) -> Result<()> {
        let now = self.now();
        for info in self.ring.keys(now) {
            insist(|| self.ring.revoke(info.key.name(), now))?;
        }
        Ok(())
    }
}

/// How often a change is tried that another process stands in the way of, which takes some microseconds.
const TRIES: usize = 1000;

fn insist<T>(change: impl Fn() -> std::result::Result<T, ChangeError>) -> Result<T> {
    for _ in 1..TRIES {
        match change() {
            Err(ChangeError::Busy) => std::thread::yield_now(),
            ended => return ended.map_err(refused),
        }
    }
    change().map_err(refused)
}

/// The reason for the error queue.
fn refused(error: ChangeError) -> Error {
    let kind = match error {
        ChangeError::NoEntropy(_) | ChangeError::Busy => Common::InternalError,
        ChangeError::Rooted | ChangeError::Given => Common::ShouldNotHaveBeenCalled,
        ChangeError::Unshareable => Common::PassedInvalidArgument,
    };
    Error::CommonData(kind, error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn with_clock(interval: u64, lifetime: u64) -> (KeyStore, Arc<AtomicU64>) {
        let (store, time) = (
            KeyStore::rotating(interval, lifetime),
            Arc::new(AtomicU64::new(system_time())),
        );
        let hand = Arc::clone(&time);
        store.set_clock(Box::new(move || hand.load(Ordering::Relaxed))).unwrap();
        (store, time)
    }

    #[test]
    fn keys_come_and_go_with_the_clock() {
        let (store, time) = with_clock(100, 200);
        let first = *store.sealing().unwrap().name();
        assert!(store.opening(&first).unwrap().still_seals);
        time.fetch_add(100, Ordering::Relaxed);
        assert!(!store.opening(&first).unwrap().still_seals);
        assert_ne!(*store.sealing().unwrap().name(), first);
        time.fetch_add(200, Ordering::Relaxed);
        assert!(store.opening(&first).is_none());
    }

    #[test]
    fn erasing_leaves_no_old_key() {
        let (store, _) = with_clock(100, 200);
        let before: Vec<KeyName> = store
            .ring
            .keys(store.now())
            .iter()
            .map(|info| *info.key.name())
            .collect();
        store.erase_all().unwrap();
        assert!(before.iter().all(|name| store.find(name).is_none()));
        assert!(store.sealing().is_some());
    }

    #[test]
    fn a_created_key_seals_at_once() {
        let store = KeyStore::rotating(100, 200);
        let created = store.create().unwrap();
        assert_eq!(store.sealing().unwrap().name(), created.key.name());
        assert_eq!(created.seals_until - created.seals_from, 100);
        assert_eq!(created.opens_until - created.seals_until, 200);
    }

    #[test]
    fn the_clock_is_set_once() {
        let store = KeyStore::single();
        store.set_clock(Box::new(|| 5)).unwrap();
        assert_eq!(
            store.set_clock(Box::new(|| 6)),
            Err(Error::Common(Common::ShouldNotHaveBeenCalled))
        );
        assert_eq!(store.now(), 5);
    }
}
