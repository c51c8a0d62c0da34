//! Extensions of the application's own (`SSL_extension_supported(3)`, `SSL_CTX_use_serverinfo(3)`) and the two hooks through which
//! EAP-FAST, RFC 4851, replaces the session ticket of TLS 1.2.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

use super::foreign::{
    SSL_custom_ext_add_cb_ex, SSL_custom_ext_free_cb_ex, SSL_custom_ext_parse_cb_ex, custom_ext_add_cb,
    custom_ext_free_cb, custom_ext_parse_cb, tls_session_secret_cb_fn, tls_session_ticket_ext_cb_fn,
};
use super::unsupported;
use crate::capi::types::{SSL, SSL_CTX};

/// Whether the application has added a client extension of this type. Returns 0: it can't have.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_has_client_custom_ext(_ctx: *const SSL_CTX, _ext_type: c_uint) -> c_int {
    0
}

/// Would add an extension to a client's hello. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_client_custom_ext(
    _ctx: *mut SSL_CTX,
    _ext_type: c_uint,
    _add_cb: custom_ext_add_cb,
    _free_cb: custom_ext_free_cb,
    _add_arg: *mut c_void,
    _parse_cb: custom_ext_parse_cb,
    _parse_arg: *mut c_void,
) -> c_int {
    unsupported("SSL_CTX_add_client_custom_ext", 0)
}

/// Would add an extension to a server's hello. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_server_custom_ext(
    _ctx: *mut SSL_CTX,
    _ext_type: c_uint,
    _add_cb: custom_ext_add_cb,
    _free_cb: custom_ext_free_cb,
    _add_arg: *mut c_void,
    _parse_cb: custom_ext_parse_cb,
    _parse_arg: *mut c_void,
) -> c_int {
    unsupported("SSL_CTX_add_server_custom_ext", 0)
}

/// Would add an extension to the messages that `context` names. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_add_custom_ext(
    _ctx: *mut SSL_CTX,
    _ext_type: c_uint,
    _context: c_uint,
    _add_cb: SSL_custom_ext_add_cb_ex,
    _free_cb: SSL_custom_ext_free_cb_ex,
    _add_arg: *mut c_void,
    _parse_cb: SSL_custom_ext_parse_cb_ex,
    _parse_arg: *mut c_void,
) -> c_int {
    unsupported("SSL_CTX_add_custom_ext", 0)
}

/// Would answer clients' extensions with given bytes. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_serverinfo(
    _ctx: *mut SSL_CTX,
    _serverinfo: *const c_uchar,
    _serverinfo_length: usize,
) -> c_int {
    unsupported("SSL_CTX_use_serverinfo", 0)
}

/// Would answer clients' extensions with given bytes. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_serverinfo_ex(
    _ctx: *mut SSL_CTX,
    _version: c_uint,
    _serverinfo: *const c_uchar,
    _serverinfo_length: usize,
) -> c_int {
    unsupported("SSL_CTX_use_serverinfo_ex", 0)
}

/// Would answer clients' extensions with bytes from a PEM file. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_use_serverinfo_file(_ctx: *mut SSL_CTX, _file: *const c_char) -> c_int {
    unsupported("SSL_CTX_use_serverinfo_file", 0)
}

/// Would send given bytes as the session ticket of TLS 1.2. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_session_ticket_ext(_s: *mut SSL, _ext_data: *mut c_void, _ext_len: c_int) -> c_int {
    unsupported("SSL_set_session_ticket_ext", 0)
}

/// Would set the function that sees the client's session ticket of TLS 1.2. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_session_ticket_ext_cb(
    _s: *mut SSL,
    _cb: tls_session_ticket_ext_cb_fn,
    _arg: *mut c_void,
) -> c_int {
    unsupported("SSL_set_session_ticket_ext_cb", 0)
}

/// Would set the function that supplies the master secret of TLS 1.2. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_session_secret_cb(
    _s: *mut SSL,
    _session_secret_cb: tls_session_secret_cb_fn,
    _arg: *mut c_void,
) -> c_int {
    unsupported("SSL_set_session_secret_cb", 0)
}
