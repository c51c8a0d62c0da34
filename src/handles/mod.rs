//! The registry: what C holds instead of addresses.
//!
//! `SSL_CTX *`, `SSL *` and `SSL_SESSION *` are opaque to C, so ours are names: a tag no address has, the kind of
//! object, a generation and an index. A name is given out once and never again, so a stale, mistyped, foreign or
//! twice-freed handle is an [`Error`](HandleError) and memory is untouched.

mod name;
mod registry;
mod types;

use std::ptr;
use std::sync::Arc;

pub use name::Kind;
pub use registry::{HandleError, Registry};
pub use types::{SSL, SSL_CONF_CTX, SSL_CTX, SSL_SESSION, ssl_conf_ctx_st, ssl_ctx_st, ssl_session_st, ssl_st};

use name::Name;

/// A type whose values C refers to by handle.
pub trait Named: Send + Sync + Sized + 'static {
    /// The opaque C type of the handle, for example [`SSL_CTX`].
    type C;
    /// The kind written into the handle.
    const KIND: Kind;
    /// The registry of this type: a `static` beside the type.
    fn registry() -> &'static Registry<Self>;
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
        let (object, name) = T::registry().insert_with(T::KIND, |_| Ok::<_, HandleError>(object))?;
        Ok(Self { object, name })
    }

    /// Registers what `make` builds, telling it the handle that it will have.
    pub fn new_with(make: impl FnOnce(*mut T::C) -> T) -> Result<Self, HandleError> {
        Self::try_new_with(|handle| Ok(make(handle)))
    }

    /// The same for what may fail to be built.
    pub fn try_new_with<E: From<HandleError>>(make: impl FnOnce(*mut T::C) -> Result<T, E>) -> Result<Self, E> {
        let (object, name) = T::registry().insert_with(T::KIND, |name| make(name.to_pointer()).map(Arc::new))?;
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
        T::registry().drop_own_reference(self.name);
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
    let last = T::registry().release(Name::parse(handle, T::KIND)?)?;
    drop(last);
    Ok(())
}
