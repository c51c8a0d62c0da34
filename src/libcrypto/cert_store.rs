//! Certificates from anywhere that libcrypto can read: a URI, a token, a provider's own place (`OSSL_STORE_open(3)`).

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use super::c::X509;
use super::x509::Certificate;

#[repr(C)]
struct StoreContext {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Info {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn OSSL_STORE_open(
        uri: *const c_char,
        ui: *const c_void,
        ui_data: *mut c_void,
        post_process: *const c_void,
        post_process_data: *mut c_void,
    ) -> *mut StoreContext;
    fn OSSL_STORE_eof(store: *mut StoreContext) -> c_int;
    fn OSSL_STORE_error(store: *mut StoreContext) -> c_int;
    fn OSSL_STORE_load(store: *mut StoreContext) -> *mut Info;
    fn OSSL_STORE_close(store: *mut StoreContext) -> c_int;
    fn OSSL_STORE_INFO_get_type(info: *const Info) -> c_int;
    fn OSSL_STORE_INFO_get1_CERT(info: *const Info) -> *mut X509;
    fn OSSL_STORE_INFO_free(info: *mut Info);
}

const INFO_CERT: c_int = 5;

struct Open(NonNull<StoreContext>);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: this value owns the store.
        unsafe { OSSL_STORE_close(self.0.as_ptr()) };
    }
}

/// Every certificate under `uri`. `None` when it can't be opened; the error queue says why.
pub fn certificates(uri: &CStr) -> Option<Vec<Certificate>> {
    // SAFETY: a string; NULLs mean no user interface and no filter.
    let opened = unsafe { OSSL_STORE_open(uri.as_ptr(), ptr::null(), ptr::null_mut(), ptr::null(), ptr::null_mut()) };
    let store = Open(NonNull::new(opened)?);
    let mut found = Vec::new();
    // SAFETY: a live store; what it gives is ours to free, and a certificate is a reference of its own.
    unsafe {
        while OSSL_STORE_eof(store.0.as_ptr()) == 0 && OSSL_STORE_error(store.0.as_ptr()) == 0 {
            let info = OSSL_STORE_load(store.0.as_ptr());
            if info.is_null() {
                continue;
            }
            if OSSL_STORE_INFO_get_type(info) == INFO_CERT {
                found.extend(Certificate::from_owned(OSSL_STORE_INFO_get1_CERT(info)));
            }
            OSSL_STORE_INFO_free(info);
        }
    }
    Some(found)
}
