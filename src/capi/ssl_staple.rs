//! OCSP stapling on a connection (SSL_set_tlsext_status_ocsp_resp(3), SSL_get_tlsext_status_ocsp_resp(3)).

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use super::entry::store;
use crate::error::Result;
use crate::libcrypto::memory;
use crate::objects::connection::Connection;

const GET_EXTENSIONS: c_int = 66;
const GET_IDS: c_int = 68;
const GET_RESPONSE: c_int = 70;
const SET_RESPONSE: c_int = 71;
/// No response, as SSL_get_tlsext_status_ocsp_resp(3) says it.
const NO_RESPONSE: c_long = -1;

/// Carries out one of the status commands of SSL_ctrl(3).
///
/// # Safety
/// `parg` is what `cmd` asks for.
pub(super) unsafe fn run(connection: &Connection, cmd: c_int, larg: c_long, parg: *mut c_void) -> Result<c_long> {
    match cmd {
        // Responder ids and request extensions, which nobody sends any more: there are none.
        GET_EXTENSIONS | GET_IDS => {
            // SAFETY: the macro passes a place for a pointer.
            unsafe { store(parg.cast(), ptr::null_mut::<c_void>()) };
            Ok(1)
        }
        GET_RESPONSE => {
            let facts = connection.facts();
            let response = facts.ocsp_response.as_deref();
            // SAFETY: the macro passes a place for a pointer; the response stays until it is replaced.
            unsafe { store(parg.cast(), response.map_or(ptr::null(), <[u8]>::as_ptr)) };
            Ok(response.map_or(NO_RESPONSE, |response| {
                c_long::try_from(response.len()).unwrap_or(NO_RESPONSE)
            }))
        }
        SET_RESPONSE => {
            let len = usize::try_from(larg).unwrap_or_default();
            // SAFETY: the caller gives a response of `larg` bytes away that it allocated with OPENSSL_malloc, or NULL.
            let response = unsafe { memory::take(parg.cast(), len) };
            connection.facts().ocsp_response = response;
            Ok(1)
        }
        _ => Ok(1),
    }
}
