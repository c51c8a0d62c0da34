//! The registry: what C holds instead of addresses.
//!
//! `SSL_CTX *`, `SSL *` and `SSL_SESSION *` are opaque to C, so ours are names: a tag no address has, the kind of
//! object, a generation and an index. A name is given out once and never again, so a stale, mistyped, foreign or
//! twice-freed handle is an [`Error`](HandleError) and memory is untouched.
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "a lock is made of it; nothing else here is")]
mod lock;
mod name;
mod registry;
mod types;

use std::ptr;
use std::sync::Arc;

pub use name::Kind;
pub use registry::{HandleError, Registry};
pub use types::{SSL, SSL_CONF_CTX, SSL_CTX, SSL_SESSION, ssl_conf_ctx_st, ssl_ctx_st, ssl_session_st, ssl_st};

use name::Name;
use registry::Left;

/// A type whose values C refers to by handle.
pub trait Named: Send + Sync + Sized + 'static {
    /// The opaque C type of the handle, for example [`SSL_CTX`].
    type C;
    /// The kind written into the handle.
    const KIND: Kind;
    /// Has [`Named::retire`] something to do?
    const RETIRES: bool = false;
    /// The registry of this type: a `static` beside the type.
    fn registry() -> &'static Registry<Self>;
    /// The last reference is gone: what is left to do while the handle still works. Called once, with no lock held, and the
    /// application's code may run.
    fn retire(&self) {}
}

/// An object together with one reference on its handle, held by the library itself.
///
/// While a `Ref` lives the handle stays valid, as with a get0 pointer whose owner lives; C's own references are
/// counted apart, so that a program that frees too often cannot take this one away.
pub struct Ref<T: Named> {
    object: Arc<T>,
    name: Name,
}

impl<T: Named> Ref<T> {
    /// Registers an object. C has no reference yet: see [`Ref::to_c`].
    pub fn new(object: Arc<T>) -> Result<Self, HandleError> {
        let (object, name) = T::registry().insert_with(T::KIND, T::RETIRES, |_| Ok::<_, HandleError>(object))?;
        Ok(Self { object, name })
    }

    /// Registers what `make` builds, telling it the handle that it will have.
    pub fn new_with(make: impl FnOnce(*mut T::C) -> T) -> Result<Self, HandleError> {
        Self::try_new_with(|handle| Ok(make(handle)))
    }

    /// The same for what may fail to be built.
    pub fn try_new_with<E: From<HandleError>>(make: impl FnOnce(*mut T::C) -> Result<T, E>) -> Result<Self, E> {
        let (object, name) =
            T::registry().insert_with(T::KIND, T::RETIRES, |name| make(name.to_pointer()).map(Arc::new))?;
        Ok(Self { object, name })
    }

    /// The handle, owned by this `Ref` (get0).
    pub fn as_ptr(&self) -> *mut T::C {
        self.name.to_pointer()
    }

    /// The handle with one more reference that C owns and must free (get1).
    pub fn to_c(&self) -> *mut T::C {
        T::registry().add_c_reference(self.name);
        self.as_ptr()
    }

    /// The object.
    pub fn object(&self) -> &Arc<T> {
        &self.object
    }
}

impl<T: Named> Clone for Ref<T> {
    fn clone(&self) -> Self {
        T::registry().add_own_reference(self.name);
        Self {
            object: Arc::clone(&self.object),
            name: self.name,
        }
    }
}

impl<T: Named> Drop for Ref<T> {
    fn drop(&mut self) {
        bury(self.name, T::registry().drop_own_reference(self.name));
    }
}

/// Sees an object off whose last reference may have gone.
fn bury<T: Named>(name: Name, left: Left<T>) {
    if let Left::Retiring(object) = left {
        object.retire();
        // The reference that made the handle good once more; without it the object ends.
        drop(Ref { object, name });
    }
}

impl<T: Named> std::ops::Deref for Ref<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T: Named> std::fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({:p})", T::KIND, self.as_ptr())
    }
}

/// What a get-session callback returns that does not know yet: no session's handle, ever.
pub fn pending_session() -> *mut SSL_SESSION {
    ptr::without_provenance_mut(name::PENDING as usize)
}

/// The object behind a handle, for the time of one call.
pub fn lookup<T: Named>(handle: *const T::C) -> Result<Arc<T>, HandleError> {
    T::registry().lookup(Name::parse(handle, T::KIND)?)
}

/// The object behind a handle, to keep (set1): takes a reference of the library's own.
pub fn acquire<T: Named>(handle: *const T::C) -> Result<Ref<T>, HandleError> {
    let name = Name::parse(handle, T::KIND)?;
    let object = T::registry().acquire(name)?;
    Ok(Ref { object, name })
}

/// Takes over a reference that C owned (set0, and callbacks that hand one back).
pub fn take<T: Named>(handle: *const T::C) -> Result<Ref<T>, HandleError> {
    let owned = acquire::<T>(handle)?;
    release::<T>(handle)?;
    Ok(owned)
}

/// `*_up_ref`: one more reference for C.
pub fn up_ref<T: Named>(handle: *const T::C) -> Result<(), HandleError> {
    T::registry().up_ref(Name::parse(handle, T::KIND)?)
}

/// `*_free`: C gives one reference back. NULL is fine; one free too many is [`HandleError::OverReleased`] or
/// [`HandleError::Stale`].
pub fn release<T: Named>(handle: *const T::C) -> Result<(), HandleError> {
    if ptr::eq(handle, ptr::null()) {
        return Ok(());
    }
    let name = Name::parse(handle, T::KIND)?;
    bury(name, T::registry().release(name)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    struct Thing(u32);
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    static THINGS: Registry<Thing> = Registry::new();

    impl Named for Thing {
        type C = ssl_ctx_st;
        const KIND: Kind = Kind::Context;
        fn registry() -> &'static Registry<Self> {
            &THINGS
        }
    }

    impl Drop for Thing {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Other;
    static OTHERS: Registry<Other> = Registry::new();

    impl Named for Other {
        type C = ssl_ctx_st;
        const KIND: Kind = Kind::Session;
        const RETIRES: bool = true;
        fn registry() -> &'static Registry<Self> {
            &OTHERS
        }
        fn retire(&self) {
            RETIRED.fetch_add(1, Ordering::Relaxed);
            let handle = *SEEN_OFF.lock().unwrap();
            let handle = ptr::without_provenance::<ssl_ctx_st>(handle);
            assert!(lookup::<Other>(handle).is_ok(), "the handle still works");
            // Nobody comes back to life, and nobody retires twice.
            up_ref::<Other>(handle).unwrap();
            release::<Other>(handle).unwrap();
        }
    }

    static RETIRED: AtomicUsize = AtomicUsize::new(0);
    static SEEN_OFF: std::sync::Mutex<usize> = std::sync::Mutex::new(0);

    #[test]
    fn an_object_is_told_once_that_it_ends() {
        let owned = Ref::new(Arc::new(Other)).unwrap();
        let handle = owned.to_c();
        *SEEN_OFF.lock().unwrap() = handle.addr();
        release::<Other>(handle).unwrap();
        assert_eq!(RETIRED.load(Ordering::Relaxed), 0);
        drop(owned);
        assert_eq!(RETIRED.load(Ordering::Relaxed), 1);
        assert_eq!(lookup::<Other>(handle).err(), Some(HandleError::Stale));
    }

    fn made(number: u32) -> *mut ssl_ctx_st {
        Ref::new(Arc::new(Thing(number))).unwrap().to_c()
    }

    #[test]
    fn the_last_free_ends_the_object_and_its_handle() {
        let handle = made(7);
        up_ref::<Thing>(handle).unwrap();
        release::<Thing>(handle).unwrap();
        assert_eq!(lookup::<Thing>(handle).unwrap().0, 7);
        release::<Thing>(handle).unwrap();
        assert_eq!(lookup::<Thing>(handle).err(), Some(HandleError::Stale));
        assert_eq!(release::<Thing>(handle), Err(HandleError::Stale));
        assert_eq!(up_ref::<Thing>(handle), Err(HandleError::Stale));
    }

    #[test]
    fn c_cannot_free_what_the_library_holds() {
        let handle = made(8);
        let own = acquire::<Thing>(handle).unwrap();
        release::<Thing>(handle).unwrap();
        assert_eq!(release::<Thing>(handle), Err(HandleError::OverReleased));
        assert_eq!(lookup::<Thing>(own.as_ptr()).unwrap().0, 8);
        drop(own);
        assert_eq!(lookup::<Thing>(handle).err(), Some(HandleError::Stale));
    }

    #[test]
    fn what_is_no_handle_of_this_kind_is_refused() {
        let handle = made(9);
        assert_eq!(lookup::<Other>(handle).err(), Some(HandleError::WrongKind));
        assert_eq!(lookup::<Thing>(ptr::null()).err(), Some(HandleError::Null));
        let local = 5u64;
        assert_eq!(
            lookup::<Thing>((&raw const local).cast()).err(),
            Some(HandleError::Foreign)
        );
        assert_eq!(release::<Thing>(ptr::null()), Ok(()));
        // Made up, but well-formed.
        let invented = Name {
            kind: Kind::Context,
            generation: 3,
            index: 1 << 20,
        }
        .to_pointer();
        assert_eq!(lookup::<Thing>(invented).err(), Some(HandleError::Foreign));
        release::<Thing>(handle).unwrap();
    }

    #[test]
    fn a_name_is_never_given_twice() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..1000 {
            let handle = made(number);
            assert!(seen.insert(handle.addr()));
            release::<Thing>(handle).unwrap();
        }
    }

    #[test]
    fn many_threads_come_and_go() {
        let shared = made(1);
        thread::scope(|scope| {
            for seed in 0..4 {
                scope.spawn(move || {
                    let shared: *mut ssl_ctx_st = shared_pointer();
                    for number in 0..2000 {
                        let own = made(seed * 10_000 + number);
                        up_ref::<Thing>(shared).unwrap();
                        assert_eq!(lookup::<Thing>(own).unwrap().0, seed * 10_000 + number);
                        release::<Thing>(own).unwrap();
                        release::<Thing>(shared).unwrap();
                    }
                });
            }
            SHARED.store(shared.addr(), Ordering::Release);
        });
        release::<Thing>(shared).unwrap();
        assert!(DROPPED.load(Ordering::Relaxed) >= 8000);
    }

    static SHARED: AtomicUsize = AtomicUsize::new(0);

    fn shared_pointer() -> *mut ssl_ctx_st {
        loop {
            let address = SHARED.load(Ordering::Acquire);
            if address != 0 {
                return ptr::without_provenance_mut(address);
            }
            thread::yield_now();
        }
    }
}
