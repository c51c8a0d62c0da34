//! Library contexts and property queries (`OSSL_LIB_CTX(3)`, `SSL_CTX_new_ex(3)`).

use std::ffi::{CStr, CString, c_char, c_int};

use super::c::OSSL_LIB_CTX;

unsafe extern "C" {
    fn OPENSSL_init_crypto(options: u64, settings: *const std::ffi::c_void) -> c_int;
}

/// Where algorithms are fetched from. The application keeps a context of its own alive for as long as the `SSL_CTX`.
#[derive(Default)]
pub struct Library {
    context: usize,
    query: Option<CString>,
}

impl Library {
    /// Copies the query.
    pub fn new(context: *mut OSSL_LIB_CTX, query: Option<&CStr>) -> Self {
        Self {
            context: context.expose_provenance(),
            query: query.map(CStr::to_owned),
        }
    }

    /// The context; NULL for the default.
    pub fn context(&self) -> *mut OSSL_LIB_CTX {
        std::ptr::with_exposed_provenance_mut(self.context)
    }

    /// The query; NULL for none. Owned by `self`.
    pub fn query(&self) -> *const c_char {
        self.query.as_ref().map_or(std::ptr::null(), |query| query.as_ptr())
    }
}

/// `OPENSSL_init_crypto(3)`, with settings that are only handed on.
///
/// # Safety
/// `settings` is NULL or an OPENSSL_INIT_SETTINGS.
pub unsafe fn initialise(options: u64, settings: *const std::ffi::c_void) -> bool {
    // SAFETY: the caller's promise.
    unsafe { OPENSSL_init_crypto(options, settings) == 1 }
}
