//! The sessions that a context keeps itself (`SSL_CTX_set_session_cache_mode(3)`), found by their versions and ids.
//!
//! Two maps under one lock: by name, and in the order in which they leave. Every operation looks at one session, so the lock
//! is held for one look-up in each map, whatever the cache holds: flushing takes one session at a time. What leaves is
//! handed out, so that neither the application's functions nor the end of a session run under the lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use carnet_ticket::{Expiry, Session, SessionId};

use super::session::SessionObject;
use crate::handles::Ref;

/// What a session is found by. OpenSSL, too, keeps sessions of two versions with the same id apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    protocol: u16,
    id: SessionId,
}

impl Name {
    fn of(session: &Session) -> Self {
        Self {
            protocol: session.protocol,
            id: session.session_id,
        }
    }
}

/// Where a session stands in the order of leaving: what expires first goes first, and of those that expire together what
/// came, or was changed, first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    expiry: Expiry,
    arrival: u64,
}

/// A context's sessions.
#[derive(Default)]
pub struct SessionCache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_name: HashMap<Name, Entry>,
    by_place: BTreeMap<Place, Name>,
    arrivals: u64,
}

struct Entry {
    session: Ref<SessionObject>,
    place: Place,
}

/// What became of a session that was to be kept.
pub enum Inserted {
    /// It was there before.
    Known,
    /// It is there now, and whichever had its name no longer is.
    New(Option<Ref<SessionObject>>),
}

impl SessionCache {
    /// Keeps a session, whose times change its place from now on.
    pub fn insert(self: &Arc<Self>, session: &Ref<SessionObject>) -> Inserted {
        session.set_home(self);
        let mut kept = self.lock();
        // Under the lock: whoever changes its times comes here afterwards.
        let (name, expiry) = session.read(|session| (Name::of(session), session.expiry()));
        let old = kept.take(&name);
        kept.put(name, expiry, session.clone());
        drop(kept);
        match old {
            Some(old) if old.as_ptr() == session.as_ptr() => Inserted::Known,
            old => Inserted::New(old),
        }
    }

    /// Takes the next one out that leaves a cache of `limit` sessions (0: any number) because `newcomer` has come.
    ///
    /// As in OpenSSL 3.0.19, whose newcomer is counted before and is not there yet: a cache of `n` ends up with `n - 1`.
    pub fn evict(&self, limit: usize, newcomer: &Ref<SessionObject>) -> Option<Ref<SessionObject>> {
        let mut kept = self.lock();
        if limit == 0 || kept.by_name.len() < limit {
            return None;
        }
        let is_other = |name: &Name| {
            let entry = kept.by_name.get(name);
            entry.is_some_and(|entry| entry.session.as_ptr() != newcomer.as_ptr())
        };
        let name = kept.by_place.values().copied().find(is_other)?;
        kept.take(&name)
    }

    /// The session of this version with this id.
    pub fn find(&self, protocol: u16, id: SessionId) -> Option<Ref<SessionObject>> {
        let kept = self.lock();
        kept.by_name
            .get(&Name { protocol, id })
            .map(|entry| entry.session.clone())
    }

    /// Takes out the session with this one's version and id.
    pub fn remove(&self, session: &SessionObject) -> Option<Ref<SessionObject>> {
        let name = session.read(Name::of);
        self.lock().take(&name)
    }

    /// Takes out the session that expires first, if it has expired at `now` (`None`: in any case).
    pub fn pop_expired(&self, now: Option<u64>) -> Option<Ref<SessionObject>> {
        let mut kept = self.lock();
        let (place, name) = kept.by_place.first_key_value().map(|(place, name)| (*place, *name))?;
        if now.is_some_and(|now| !place.expiry.is_before(now)) {
            return None;
        }
        kept.take(&name)
    }

    /// The times of a session have changed: it moves to its new place, if it is one of these.
    pub fn replace(&self, session: &SessionObject) {
        let mut kept = self.lock();
        let (name, expiry) = session.read(|session| (Name::of(session), session.expiry()));
        let is_it = |entry: &Entry| std::ptr::eq(Arc::as_ptr(entry.session.object()), session);
        if !kept.by_name.get(&name).is_some_and(is_it) {
            return;
        }
        if let Some(session) = kept.take(&name) {
            kept.put(name, expiry, session);
        }
    }

    /// How many there are (`SSL_CTX_sess_number(3)`).
    pub fn len(&self) -> usize {
        self.lock().by_name.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nothing that is done under this lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// A name that is put twice must have been taken in between.
    fn put(&mut self, name: Name, expiry: Expiry, session: Ref<SessionObject>) {
        let place = Place {
            expiry,
            arrival: self.arrivals,
        };
        self.arrivals += 1;
        self.by_place.insert(place, name);
        self.by_name.insert(name, Entry { session, place });
    }

    fn take(&mut self, name: &Name) -> Option<Ref<SessionObject>> {
        let entry = self.by_name.remove(name)?;
        self.by_place.remove(&entry.place);
        Some(entry.session)
    }
}

#[cfg(test)]
mod tests {
    use carnet_ticket::Secret;

    use super::*;

    const TLS1_3: u16 = 0x0304;

    fn id(id: u8) -> SessionId {
        SessionId::new(&[id; 32]).unwrap()
    }

    fn session(number: u8, timeout: u64) -> Ref<SessionObject> {
        let mut session = Session::new(TLS1_3, 0x1301, Secret::default(), 100);
        session.session_id = id(number);
        session.timeout = timeout;
        Arc::new(SessionObject::new(session)).name().unwrap()
    }

    fn cache(timeouts: &[u64]) -> (Arc<SessionCache>, Vec<Ref<SessionObject>>) {
        let cache = Arc::new(SessionCache::default());
        let sessions: Vec<_> = timeouts
            .iter()
            .zip(1..)
            .map(|(timeout, n)| session(n, *timeout))
            .collect();
        for session in &sessions {
            assert!(matches!(cache.insert(session), Inserted::New(None)));
        }
        (cache, sessions)
    }

    fn order(cache: &SessionCache) -> Vec<u8> {
        std::iter::from_fn(|| cache.pop_expired(None))
            .map(|session| session.read(|session| session.session_id.as_bytes()[0]))
            .collect()
    }

    #[test]
    fn what_expires_first_leaves_first_and_the_newcomer_never() {
        let (cache, sessions) = cache(&[30, 10, 20]);
        let newcomer = session(9, 1);
        assert!(matches!(cache.insert(&newcomer), Inserted::New(None)));
        let gone = std::iter::from_fn(|| cache.evict(2, &newcomer));
        let gone: Vec<_> = gone.map(|session| session.as_ptr()).collect();
        assert_eq!(
            gone,
            [&sessions[1], &sessions[2], &sessions[0]].map(|session| session.as_ptr())
        );
        assert!(cache.find(TLS1_3, id(9)).is_some());
        assert!(
            cache.evict(1, &newcomer).is_none(),
            "a full cache with nobody else in it"
        );
    }

    #[test]
    fn of_equals_the_first_leaves_first_and_a_change_makes_a_session_the_last() {
        let (cache, sessions) = cache(&[10, 10, 10]);
        sessions[0].update_times(|session| session.timeout = 10);
        assert_eq!(order(&cache), [2, 3, 1]);
    }

    #[test]
    fn a_session_moves_when_its_times_change() {
        let (cache, sessions) = cache(&[10, 20, 30]);
        sessions[2].update_times(|session| session.time = 1);
        sessions[0].update_times(|session| session.timeout = u64::MAX / 2);
        assert_eq!(order(&cache), [3, 2, 1]);
        // And no longer does, now that it has left.
        sessions[0].update_times(|session| session.timeout = 1);
        assert!(cache.is_empty());
    }

    #[test]
    fn the_same_session_is_known_and_another_of_its_name_takes_its_place() {
        let (cache, sessions) = cache(&[10]);
        assert!(matches!(cache.insert(&sessions[0]), Inserted::Known));
        let other = session(1, 10);
        assert!(matches!(cache.insert(&other), Inserted::New(Some(old)) if old.as_ptr() == sessions[0].as_ptr()));
        assert_eq!(cache.len(), 1);
        // The one that was replaced has no place to move to.
        sessions[0].update_times(|session| session.timeout = 99);
        assert_eq!(cache.remove(&sessions[0]).unwrap().as_ptr(), other.as_ptr());
        assert!(cache.remove(&other).is_none());
        assert!(order(&cache).is_empty());
    }

    #[test]
    fn sessions_of_two_versions_may_have_one_id() {
        let (cache, _sessions) = cache(&[10]);
        assert!(cache.find(0x0303, id(1)).is_none());
        assert!(cache.find(TLS1_3, id(1)).is_some());
    }

    #[test]
    fn flushing_takes_what_has_expired_and_no_more() {
        let (cache, _sessions) = cache(&[1, 2, 3, 4]);
        assert_eq!(std::iter::from_fn(|| cache.pop_expired(Some(103))).count(), 2);
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn threads_that_come_and_go_leave_both_maps_alike() {
        let cache = Arc::new(SessionCache::default());
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let cache = &cache;
                scope.spawn(move || {
                    for round in 0..500u64 {
                        let one = session(thread * 8 + (round % 12) as u8, round % 7);
                        let _replaced = cache.insert(&one);
                        one.update_times(|session| session.timeout = round % 5);
                        while cache.evict(16, &one).is_some() {}
                        drop(cache.pop_expired(Some(101)));
                        drop(cache.remove(&one));
                    }
                });
            }
        });
        let kept = cache.lock();
        assert_eq!(kept.by_name.len(), kept.by_place.len());
        assert!(
            kept.by_name
                .iter()
                .all(|(name, entry)| kept.by_place.get(&entry.place) == Some(name))
        );
    }
}
