//! SSL_set_ex_data(3), SSL_get_ex_data(3), SSL_get_ex_data_X509_STORE_CTX_idx(3): the application's data on connections.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::entry::entry;
use super::ssl_lifecycle::connection;
use super::types::SSL;
use crate::error::Error;
use crate::objects::verify;

/// Keeps `data` on the connection. Returns 1, or 0 on failure.
///
/// SSL_set_ex_data(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_ex_data(ssl: *mut SSL, idx: c_int, data: *mut c_void) -> c_int {
    entry("SSL_set_ex_data", 0, || {
        if connection(ssl)?.ex_data().set(idx, data) {
            Ok(1)
        } else {
            Err(Error::Queued)
        }
    })
}

/// What was kept on the connection; NULL for nothing.
///
/// SSL_get_ex_data(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_ex_data(ssl: *const SSL, idx: c_int) -> *mut c_void {
    entry("SSL_get_ex_data", ptr::null_mut(), || {
        Ok(connection(ssl)?.ex_data().value(idx))
    })
}

/// The index under which a verify callback finds the `SSL *` in its X509_STORE_CTX.
///
/// SSL_get_ex_data_X509_STORE_CTX_idx(3)
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_ex_data_X509_STORE_CTX_idx() -> c_int {
    entry("SSL_get_ex_data_X509_STORE_CTX_idx", -1, || Ok(verify::ssl_index()))
}
