//! Trusted certificates and what a verification checks (`X509_STORE_new(3)`, `X509_VERIFY_PARAM_set_flags(3)`).

use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;

use super::c::{OSSL_LIB_CTX, X509, X509_STORE, X509_VERIFY_PARAM};
use super::x509::Certificate;

unsafe extern "C" {
    fn X509_STORE_new() -> *mut X509_STORE;
    fn X509_STORE_up_ref(store: *mut X509_STORE) -> c_int;
    fn X509_STORE_free(store: *mut X509_STORE);
    fn X509_STORE_add_cert(store: *mut X509_STORE, x: *mut X509) -> c_int;
    fn X509_STORE_load_file_ex(
        store: *mut X509_STORE,
        file: *const c_char,
        ctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> c_int;
    fn X509_STORE_load_path(store: *mut X509_STORE, dir: *const c_char) -> c_int;
    fn X509_STORE_load_store_ex(
        store: *mut X509_STORE,
        uri: *const c_char,
        ctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> c_int;
    fn X509_STORE_set_default_paths_ex(store: *mut X509_STORE, ctx: *mut OSSL_LIB_CTX, propq: *const c_char) -> c_int;
    fn X509_STORE_add_lookup(store: *mut X509_STORE, method: *const LookupMethod) -> *mut Lookup;
    fn X509_LOOKUP_file() -> *const LookupMethod;
    fn X509_LOOKUP_hash_dir() -> *const LookupMethod;
    fn X509_LOOKUP_store() -> *const LookupMethod;
    fn X509_LOOKUP_ctrl_ex(
        lookup: *mut Lookup,
        cmd: c_int,
        argc: *const c_char,
        argl: std::ffi::c_long,
        ret: *mut *mut c_char,
        ctx: *mut OSSL_LIB_CTX,
        propq: *const c_char,
    ) -> c_int;
    fn X509_VERIFY_PARAM_new() -> *mut X509_VERIFY_PARAM;
    fn X509_VERIFY_PARAM_free(param: *mut X509_VERIFY_PARAM);
    fn X509_VERIFY_PARAM_inherit(to: *mut X509_VERIFY_PARAM, from: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_set1(to: *mut X509_VERIFY_PARAM, from: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_set_depth(param: *mut X509_VERIFY_PARAM, depth: c_int);
    fn X509_VERIFY_PARAM_get_depth(param: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_set_purpose(param: *mut X509_VERIFY_PARAM, purpose: c_int) -> c_int;
    fn X509_VERIFY_PARAM_set_trust(param: *mut X509_VERIFY_PARAM, trust: c_int) -> c_int;
    fn X509_VERIFY_PARAM_set1_host(param: *mut X509_VERIFY_PARAM, name: *const c_char, len: usize) -> c_int;
    fn X509_VERIFY_PARAM_add1_host(param: *mut X509_VERIFY_PARAM, name: *const c_char, len: usize) -> c_int;
    fn X509_VERIFY_PARAM_set_hostflags(param: *mut X509_VERIFY_PARAM, flags: std::ffi::c_uint);
    fn X509_VERIFY_PARAM_get0_peername(param: *const X509_VERIFY_PARAM) -> *mut c_char;
}

#[repr(C)]
struct Lookup {
    _opaque: [u8; 0],
}

#[repr(C)]
struct LookupMethod {
    _opaque: [u8; 0],
}

const LOOKUP_FILE_LOAD: c_int = 1;
const LOOKUP_ADD_DIR: c_int = 2;
const LOOKUP_ADD_STORE: c_int = 3;
const FILETYPE_DEFAULT: std::ffi::c_long = 3;

/// One reference on a store.
pub struct Store(NonNull<X509_STORE>);

// SAFETY: X509_STORE counts references atomically and locks its contents.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

impl Store {
    /// An empty store.
    pub fn new() -> Option<Self> {
        // SAFETY: no arguments; the result is new or NULL.
        unsafe { Self::from_owned(X509_STORE_new()) }
    }

    /// Takes over a reference.
    ///
    /// # Safety
    /// `store` is NULL or a store of which the caller owns a reference.
    pub unsafe fn from_owned(store: *mut X509_STORE) -> Option<Self> {
        NonNull::new(store).map(Self)
    }

    /// Takes a reference of its own.
    ///
    /// # Safety
    /// `store` is NULL or a live store.
    pub unsafe fn from_borrowed(store: *mut X509_STORE) -> Option<Self> {
        let store = NonNull::new(store)?;
        // SAFETY: live by the caller's promise.
        let counted = unsafe { X509_STORE_up_ref(store.as_ptr()) } == 1;
        counted.then_some(Self(store))
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut X509_STORE {
        self.0.as_ptr()
    }

    /// Trusts a certificate.
    pub fn add(&self, certificate: &Certificate) {
        // SAFETY: both live; the store takes a reference of its own. One that is there already is no failure.
        unsafe { X509_STORE_add_cert(self.as_ptr(), certificate.as_ptr()) };
    }

    /// Adds the certificates and revocation lists of a PEM file. Failures are on the error queue.
    pub fn load_file(&self, file: &CStr) -> bool {
        // SAFETY: a live store and a string; NULLs stand for the default library context.
        unsafe { X509_STORE_load_file_ex(self.as_ptr(), file.as_ptr(), std::ptr::null_mut(), std::ptr::null()) == 1 }
    }

    /// Looks certificates up in a directory of hashed names.
    pub fn load_dir(&self, dir: &CStr) -> bool {
        // SAFETY: a live store and a string.
        unsafe { X509_STORE_load_path(self.as_ptr(), dir.as_ptr()) == 1 }
    }

    /// Looks certificates up in an OSSL_STORE.
    pub fn load_uri(&self, uri: &CStr) -> bool {
        // SAFETY: as in `load_file`.
        unsafe { X509_STORE_load_store_ex(self.as_ptr(), uri.as_ptr(), std::ptr::null_mut(), std::ptr::null()) == 1 }
    }

    /// The system's certificates: file, directory and store.
    pub fn load_defaults(&self) -> bool {
        // SAFETY: as in `load_file`.
        unsafe { X509_STORE_set_default_paths_ex(self.as_ptr(), std::ptr::null_mut(), std::ptr::null()) == 1 }
    }

    /// The system's certificate file. That it cannot be read is no failure.
    pub fn load_default_file(&self) -> bool {
        // SAFETY: a static method.
        let method = unsafe { X509_LOOKUP_file() };
        self.add_default(method, LOOKUP_FILE_LOAD, FILETYPE_DEFAULT)
    }

    /// The system's certificate directory.
    pub fn load_default_dir(&self) -> bool {
        // SAFETY: a static method.
        let method = unsafe { X509_LOOKUP_hash_dir() };
        self.add_default(method, LOOKUP_ADD_DIR, FILETYPE_DEFAULT)
    }

    /// The system's certificate store.
    pub fn load_default_uri(&self) -> bool {
        // SAFETY: a static method.
        let method = unsafe { X509_LOOKUP_store() };
        self.add_default(method, LOOKUP_ADD_STORE, 0)
    }

    fn add_default(&self, method: *const LookupMethod, command: c_int, kind: std::ffi::c_long) -> bool {
        use std::ptr::{null, null_mut};
        // SAFETY: a live store and a static method of libcrypto's.
        let lookup = unsafe { X509_STORE_add_lookup(self.as_ptr(), method) };
        if lookup.is_null() {
            return false;
        }
        super::err::forgiving(|| {
            // SAFETY: the lookup belongs to the live store; NULL is the default place.
            let loaded = unsafe { X509_LOOKUP_ctrl_ex(lookup, command, null(), kind, null_mut(), null_mut(), null()) };
            (loaded == 1).then_some(())
        });
        true
    }
}

impl Clone for Store {
    fn clone(&self) -> Self {
        // SAFETY: live, since `self` holds a reference.
        unsafe { X509_STORE_up_ref(self.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: the reference that this value owns.
        unsafe { X509_STORE_free(self.as_ptr()) }
    }
}

/// What a verification checks. The application may change it through its address (`SSL_CTX_get0_param(3)`), as
/// unguarded as in OpenSSL.
pub struct VerifyParam(NonNull<X509_VERIFY_PARAM>);

// SAFETY: owned by this value; OpenSSL's own rule is that nobody changes it while connections use it.
unsafe impl Send for VerifyParam {}
// SAFETY: as above.
unsafe impl Sync for VerifyParam {}

impl VerifyParam {
    /// Nothing set.
    pub fn new() -> Option<Self> {
        // SAFETY: no arguments; the result is new or NULL.
        NonNull::new(unsafe { X509_VERIFY_PARAM_new() }).map(Self)
    }

    /// A copy of what `other` has set (`SSL_new` takes its context's).
    pub fn inherited(other: &Self) -> Option<Self> {
        let param = Self::new()?;
        // SAFETY: both live.
        (unsafe { X509_VERIFY_PARAM_inherit(param.as_ptr(), other.as_ptr()) } == 1).then_some(param)
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut X509_VERIFY_PARAM {
        self.0.as_ptr()
    }

    /// `SSL_set1_param(3)`
    ///
    /// # Safety
    /// `from` is a live parameter set.
    pub unsafe fn set_from(&self, from: *const X509_VERIFY_PARAM) -> bool {
        // SAFETY: ours lives, theirs by the caller's promise.
        unsafe { X509_VERIFY_PARAM_set1(self.as_ptr(), from) == 1 }
    }

    /// `SSL_set_verify_depth(3)`
    pub fn set_depth(&self, depth: c_int) {
        // SAFETY: live.
        unsafe { X509_VERIFY_PARAM_set_depth(self.as_ptr(), depth) }
    }

    /// `SSL_get_verify_depth(3)`; -1 when it is not set.
    pub fn depth(&self) -> c_int {
        // SAFETY: live.
        unsafe { X509_VERIFY_PARAM_get_depth(self.as_ptr()) }
    }

    /// `SSL_set_purpose(3)`
    pub fn set_purpose(&self, purpose: c_int) -> bool {
        // SAFETY: live; any number is checked by the call.
        unsafe { X509_VERIFY_PARAM_set_purpose(self.as_ptr(), purpose) == 1 }
    }

    /// `SSL_set_trust(3)`
    pub fn set_trust(&self, trust: c_int) -> bool {
        // SAFETY: live; any number is checked by the call.
        unsafe { X509_VERIFY_PARAM_set_trust(self.as_ptr(), trust) == 1 }
    }

    /// `SSL_set1_host(3)`; `None` clears.
    pub fn set_host(&self, name: Option<&CStr>) -> bool {
        let name = name.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: live; NULL or a NUL-terminated string, whose length 0 means 'measure it'.
        unsafe { X509_VERIFY_PARAM_set1_host(self.as_ptr(), name, 0) == 1 }
    }

    /// `SSL_add1_host(3)`
    pub fn add_host(&self, name: Option<&CStr>) -> bool {
        let name = name.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: as in `set_host`.
        unsafe { X509_VERIFY_PARAM_add1_host(self.as_ptr(), name, 0) == 1 }
    }

    /// `SSL_set_hostflags(3)`
    pub fn set_host_flags(&self, flags: std::ffi::c_uint) {
        // SAFETY: live.
        unsafe { X509_VERIFY_PARAM_set_hostflags(self.as_ptr(), flags) }
    }

    /// `SSL_get0_peername(3)`: the name that matched, owned by `self`.
    pub fn peer_name(&self) -> *const c_char {
        // SAFETY: live.
        unsafe { X509_VERIFY_PARAM_get0_peername(self.as_ptr()) }
    }
}

impl Drop for VerifyParam {
    fn drop(&mut self) {
        // SAFETY: this value owns it.
        unsafe { X509_VERIFY_PARAM_free(self.as_ptr()) }
    }
}
