//! OCSP stapling on a connection (SSL_set_tlsext_status_ocsp_resp(3), SSL_get_tlsext_status_ocsp_resp(3)).

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use carnet_tls::ExtensionType;

use super::entry::store;
use crate::error::Result;
use crate::libcrypto::memory;
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Role};

const SET_TYPE: c_int = 65;
const GET_TYPE: c_int = 127;
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
        SET_TYPE => {
            let kind = c_int::try_from(larg).unwrap_or_default();
            connection.update(|config| config.protocol.status_type = kind);
            Ok(1)
        }
        GET_TYPE => Ok(status_type(connection).into()),
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

/// SSL_get_tlsext_status_type(3): what a client asks for; on a server what it was asked for, except in a resumption, which it
/// does not look at.
fn status_type(connection: &Connection) -> c_int {
    const OCSP: c_int = 1;
    let asked = || {
        let hello = |engine: &mut carnet_tls::Connection| {
            let asked = engine.client_hello()?.has(ExtensionType::STATUS_REQUEST);
            Some(asked && !engine.resumed())
        };
        connection.with_engine(hello).flatten()
    };
    if connection.status().role() == Role::Server && asked() == Some(true) {
        return OCSP;
    }
    connection.config().protocol.status_type
}
