//! The sessions that a context keeps itself (`SSL_CTX_set_session_cache_mode(3)`), found by their ids.
//!
//! TLS 1.3 needs them for tickets that only name a session (SSL_OP_NO_TICKET), and for `SSL_CTX_add_session(3)`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use carnet_ticket::Session;

use super::session::SessionObject;
use crate::handles::Ref;

type Id = Box<[u8]>;

/// A context's sessions. What leaves it is handed out, so that the application's functions never run under its lock.
#[derive(Default)]
pub struct SessionCache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<Id, Ref<SessionObject>>,
    /// The oldest first; names of sessions that have left may linger.
    order: VecDeque<Id>,
}

impl SessionCache {
    /// Keeps a session; with more than `limit` of them (0: no limit) the oldest leaves. What leaves, or had the same id,
    /// comes back.
    pub fn insert(&self, session: Ref<SessionObject>, limit: usize) -> Vec<Ref<SessionObject>> {
        let id: Id = session.read(|session| session.session_id.as_bytes().into());
        let mut kept = self.lock();
        let mut gone: Vec<_> = kept.by_id.insert(id.clone(), session).into_iter().collect();
        kept.order.push_back(id);
        while limit != 0 && kept.by_id.len() > limit {
            let Some(oldest) = kept.order.pop_front() else { break };
            gone.extend(kept.by_id.remove(&oldest));
        }
        // Names that linger are cleared away before they outnumber what is there.
        if kept.order.len() > 2 * kept.by_id.len() + 16 {
            let Kept { by_id, order } = &mut *kept;
            order.retain(|id| by_id.contains_key(id));
        }
        gone
    }

    /// The session with this id.
    pub fn find(&self, id: &[u8]) -> Option<Ref<SessionObject>> {
        self.lock().by_id.get(id).cloned()
    }

    /// Takes the session with this id out.
    pub fn remove(&self, id: &[u8]) -> Option<Ref<SessionObject>> {
        self.lock().by_id.remove(id)
    }

    /// Takes out every session for which `old` holds (`SSL_CTX_flush_sessions(3)`).
    pub fn flush(&self, old: impl Fn(&Session) -> bool) -> Vec<Ref<SessionObject>> {
        let mut kept = self.lock();
        let ids: Vec<Id> = kept
            .by_id
            .iter()
            .filter(|(_, session)| session.read(&old))
            .map(|(id, _)| id.clone())
            .collect();
        ids.iter().filter_map(|id| kept.by_id.remove(id)).collect()
    }

    /// How many there are (`SSL_CTX_sess_number(3)`).
    pub fn len(&self) -> usize {
        self.lock().by_id.len()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use carnet_ticket::{Secret, SessionId};

    use super::*;

    fn session(id: u8) -> Ref<SessionObject> {
        let mut session = Session::new(0x0304, 0x1301, Secret::default(), 100);
        session.session_id = SessionId::new(&[id; 32]).unwrap();
        session.timeout = u64::from(id);
        Arc::new(SessionObject::new(session)).name().unwrap()
    }

    #[test]
    fn the_oldest_session_leaves_a_full_cache() {
        let cache = SessionCache::default();
        assert!(cache.insert(session(1), 2).is_empty());
        assert!(cache.insert(session(2), 2).is_empty());
        assert_eq!(cache.insert(session(3), 2).len(), 1);
        assert!(cache.find(&[1; 32]).is_none());
        assert!(cache.find(&[3; 32]).is_some());
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn a_session_is_found_until_it_is_removed_or_too_old() {
        let cache = SessionCache::default();
        (1..=4).for_each(|id| drop(cache.insert(session(id), 0)));
        assert!(cache.remove(&[2; 32]).is_some());
        assert!(cache.remove(&[2; 32]).is_none());
        assert_eq!(cache.flush(|session| session.is_expired(104)).len(), 2);
        assert_eq!(cache.len(), 1);
    }
}
