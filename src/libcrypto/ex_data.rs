//! Application data on objects (`CRYPTO_get_ex_new_index(3)`).

use std::ffi::{c_int, c_void};
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
pub struct ExData {
    class: Class,
    owner: usize,
    data: RwLock<CryptoExData>,
}

// SAFETY: `sk` is owned by this value and only reached under the lock; the values in it are the application's own.
unsafe impl Send for ExData {}
// SAFETY: as above.
unsafe impl Sync for ExData {}

impl ExData {
    /// Makes the data of the object that C knows as `owner`; the application's new functions run.
    pub fn new<C>(class: Class, owner: *mut C) -> Option<Self> {
        let mut data = CryptoExData {
            ctx: std::ptr::null_mut(),
            sk: std::ptr::null_mut(),
        };
        // SAFETY: `data` is a zeroed CRYPTO_EX_DATA of ours; libcrypto only hands `owner` on to the application.
        let made = unsafe { CRYPTO_new_ex_data(class as c_int, owner.cast(), &raw mut data) };
        (made == 1).then(|| Self {
            class,
            owner: owner.addr(),
            data: RwLock::new(data),
        })
    }

    /// Copies what `from` has; the application's dup functions run (SSL_dup, SSL_SESSION_dup).
    pub fn copy_from(&self, from: &Self) -> bool {
        let source = *from.data.read().unwrap_or_else(PoisonError::into_inner);
        let mut copy = *self.data.read().unwrap_or_else(PoisonError::into_inner);
        // The application's dup functions may ask for the data of either object: no lock is held meanwhile.
        // SAFETY: both were made by CRYPTO_new_ex_data; these are copies of their pointers, and both objects live.
        let copied = unsafe { CRYPTO_dup_ex_data(self.class as c_int, &raw mut copy, &raw const source) == 1 };
        *self.data.write().unwrap_or_else(PoisonError::into_inner) = copy;
        copied
    }

    /// `SSL_set_ex_data(3)`
    #[allow(
        clippy::not_unsafe_ptr_arg_deref,
        reason = "libcrypto stores the value and never looks behind it"
    )]
    pub fn set(&self, index: c_int, value: *mut c_void) -> bool {
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: made by CRYPTO_new_ex_data, alone under the write lock; `value` is only stored.
        unsafe { CRYPTO_set_ex_data(&raw mut *data, index, value) == 1 }
    }

    /// `SSL_get_ex_data(3)`
    pub fn value(&self, index: c_int) -> *mut c_void {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: made by CRYPTO_new_ex_data; nobody writes under the read lock; any index is checked by the call.
        unsafe { CRYPTO_get_ex_data(&raw const *data, index) }
    }
}

impl Drop for ExData {
    fn drop(&mut self) {
        let data = self.data.get_mut().unwrap_or_else(PoisonError::into_inner);
        let owner: *mut c_void = std::ptr::without_provenance_mut(self.owner);
        // SAFETY: made by CRYPTO_new_ex_data, freed once; `owner` is a handle that is only handed on.
        unsafe { CRYPTO_free_ex_data(self.class as c_int, owner, &raw mut *data) }
    }
}
