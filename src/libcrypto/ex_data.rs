//! Application data on objects (`CRYPTO_get_ex_new_index(3)`).

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::c::{OPENSSL_STACK, OSSL_LIB_CTX};

#[repr(C)]
#[derive(Clone, Copy)]
struct CryptoExData {
    ctx: *mut OSSL_LIB_CTX,
    sk: *mut OPENSSL_STACK,
}

unsafe extern "C" {
    fn CRYPTO_new_ex_data(class: c_int, obj: *mut c_void, ad: *mut CryptoExData) -> c_int;
    fn CRYPTO_dup_ex_data(class: c_int, to: *mut CryptoExData, from: *const CryptoExData) -> c_int;
    fn CRYPTO_free_ex_data(class: c_int, obj: *mut c_void, ad: *mut CryptoExData);
    fn CRYPTO_set_ex_data(ad: *mut CryptoExData, idx: c_int, val: *mut c_void) -> c_int;
    fn CRYPTO_get_ex_data(ad: *const CryptoExData, idx: c_int) -> *mut c_void;
}

/// Which family of indexes (`CRYPTO_EX_INDEX_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Class {
    /// `SSL_get_ex_new_index`
    Connection = 0,
    /// `SSL_CTX_get_ex_new_index`
    Context = 1,
    /// `SSL_SESSION_get_ex_new_index`
    Session = 2,
}

/// The application data of one object. The application's free functions run when it is dropped.
///
/// The application's functions are called with no lock held: they come back with the object's handle.
pub struct ExData {
    class: Class,
    owner: usize,
    started: AtomicBool,
    guard: RwLock<()>,
    data: UnsafeCell<CryptoExData>,
}

// SAFETY: what `data` points at is owned by this value and reached under `guard`, except by the application's own
// functions, which run before anybody else has the object or while it is being copied (see `start` and `copy_from`).
unsafe impl Send for ExData {}
// SAFETY: as above.
unsafe impl Sync for ExData {}

impl ExData {
    /// The data of the object that C knows, or will know, as `owner`. See [`ExData::start`].
    pub fn new<C>(class: Class, owner: *mut C) -> Self {
        Self {
            class,
            owner: owner.addr(),
            started: AtomicBool::new(false),
            guard: RwLock::new(()),
            data: UnsafeCell::new(CryptoExData {
                ctx: std::ptr::null_mut(),
                sk: std::ptr::null_mut(),
            }),
        }
    }

    /// Runs the application's new functions, once; to be called as soon as `owner` is a valid handle. They may use it, so
    /// this also returns at once when it is under way. False when memory is short.
    pub fn start(&self) -> bool {
        if self.started.swap(true, Ordering::AcqRel) {
            return true;
        }
        let owner: *mut c_void = std::ptr::without_provenance_mut(self.owner);
        // SAFETY: a zeroed CRYPTO_EX_DATA of ours, which stays in its place; only hands `owner` on. Whoever made the
        // object has not given its handle away yet, so only the functions called here come back to the data.
        unsafe { CRYPTO_new_ex_data(self.class as c_int, owner, self.data.get()) == 1 }
    }

    /// Copies what `from` has; the application's dup functions run (SSL_dup, SSL_SESSION_dup).
    pub fn copy_from(&self, from: &Self) -> bool {
        // SAFETY: both are live CRYPTO_EX_DATA. Nobody else has the copy yet; that the original is not changed while it
        // is being copied is the application's part, as in OpenSSL.
        unsafe { CRYPTO_dup_ex_data(self.class as c_int, self.data.get(), from.data.get()) == 1 }
    }

    /// `SSL_set_ex_data(3)`
    #[allow(
        clippy::not_unsafe_ptr_arg_deref,
        reason = "libcrypto stores the value and never looks behind it"
    )]
    pub fn set(&self, index: c_int, value: *mut c_void) -> bool {
        let _alone = self.guard.write().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: a live CRYPTO_EX_DATA, alone under the write lock; `value` is only stored.
        unsafe { CRYPTO_set_ex_data(self.data.get(), index, value) == 1 }
    }

    /// `SSL_get_ex_data(3)`
    pub fn value(&self, index: c_int) -> *mut c_void {
        let _unchanged = self.guard.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: a live CRYPTO_EX_DATA; nobody writes under the read lock; any index is checked by the call.
        unsafe { CRYPTO_get_ex_data(self.data.get(), index) }
    }
}

impl Drop for ExData {
    fn drop(&mut self) {
        if !*self.started.get_mut() {
            return;
        }
        let owner: *mut c_void = std::ptr::without_provenance_mut(self.owner);
        // SAFETY: made by CRYPTO_new_ex_data, freed once; `owner` is a handle that is only handed on.
        unsafe { CRYPTO_free_ex_data(self.class as c_int, owner, self.data.get()) }
    }
}
