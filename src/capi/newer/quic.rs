//! QUIC, which this library does not speak: openssl-quic(7). No object of QUIC's can be made here, and of a TLS connection these
//! functions say what OpenSSL's say of one.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::unsupported;
use crate::capi::types::{SSL, SSL_CTX, SSL_METHOD};

/// SSL_STREAM_TYPE_BIDI, SSL_STREAM_STATE_NONE
const BOTH_WAYS: c_int = 3;
const NO_STREAM: c_int = 0;

/// Would say whether calls on a QUIC object wait. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_blocking_mode(_s: *mut SSL, _blocking: c_int) -> c_int {
    unsupported("SSL_set_blocking_mode", 0)
}

/// Returns -1: that is a matter of the BIO.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_blocking_mode(_s: *mut SSL) -> c_int {
    -1
}

/// Would say where a QUIC client connects to. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set1_initial_peer_addr(_s: *mut SSL, _peer_addr: *const c_void) -> c_int {
    unsupported("SSL_set1_initial_peer_addr", 0)
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_listener(_ctx: *mut SSL_CTX, _flags: u64) -> *mut SSL {
    unsupported("SSL_new_listener", ptr::null_mut())
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_listener_from(_s: *mut SSL, _flags: u64) -> *mut SSL {
    unsupported("SSL_new_listener_from", ptr::null_mut())
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_from_listener(_s: *mut SSL, _flags: u64) -> *mut SSL {
    unsupported("SSL_new_from_listener", ptr::null_mut())
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_accept_connection(_s: *mut SSL, _flags: u64) -> *mut SSL {
    unsupported("SSL_accept_connection", ptr::null_mut())
}

/// Returns 0: nothing waits.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_accept_connection_queue_len(_s: *mut SSL) -> usize {
    0
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_listen(_s: *mut SSL) -> c_int {
    unsupported("SSL_listen", 0)
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_domain(_ctx: *mut SSL_CTX, _flags: u64) -> *mut SSL {
    unsupported("SSL_new_domain", ptr::null_mut())
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_domain_flags(_ctx: *mut SSL_CTX, _flags: u64) -> c_int {
    unsupported("SSL_CTX_set_domain_flags", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_domain_flags(_ctx: *const SSL_CTX, _flags: *mut u64) -> c_int {
    unsupported("SSL_CTX_get_domain_flags", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_domain_flags(_s: *const SSL, _flags: *mut u64) -> c_int {
    unsupported("SSL_get_domain_flags", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_stream_mode(_s: *mut SSL, _mode: u32) -> c_int {
    unsupported("SSL_set_default_stream_mode", 0)
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_new_stream(_s: *mut SSL, _flags: u64) -> *mut SSL {
    unsupported("SSL_new_stream", ptr::null_mut())
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_incoming_stream_policy(_s: *mut SSL, _policy: c_int, _aec: u64) -> c_int {
    unsupported("SSL_set_incoming_stream_policy", 0)
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_accept_stream(_s: *mut SSL, _flags: u64) -> *mut SSL {
    unsupported("SSL_accept_stream", ptr::null_mut())
}

/// Returns 0: nothing waits.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_accept_stream_queue_len(_s: *mut SSL) -> usize {
    0
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_inject_net_dgram(
    _s: *mut SSL,
    _buf: *const u8,
    _len: usize,
    _peer: *const c_void,
    _local: *const c_void,
) -> c_int {
    unsupported("SSL_inject_net_dgram", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stream_conclude(_s: *mut SSL, _flags: u64) -> c_int {
    unsupported("SSL_stream_conclude", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stream_reset(_s: *mut SSL, _args: *const c_void, _args_len: usize) -> c_int {
    unsupported("SSL_stream_reset", 0)
}

/// Returns -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_read_error_code(_s: *mut SSL, _code: *mut u64) -> c_int {
    -1
}

/// Returns -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_write_error_code(_s: *mut SSL, _code: *mut u64) -> c_int {
    -1
}

/// Returns -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_conn_close_info(_s: *mut SSL, _info: *mut c_void, _info_len: usize) -> c_int {
    -1
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_value_uint(_s: *mut SSL, _class: u32, _id: u32, _value: *mut u64) -> c_int {
    unsupported("SSL_get_value_uint", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_value_uint(_s: *mut SSL, _class: u32, _id: u32, _value: u64) -> c_int {
    unsupported("SSL_set_value_uint", 0)
}

/// Would make a connection the TLS of another's QUIC. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quic_tls_cbs(_s: *mut SSL, _functions: *const c_void, _arg: *mut c_void) -> c_int {
    unsupported("SSL_set_quic_tls_cbs", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quic_tls_transport_params(_s: *mut SSL, _params: *const u8, _len: usize) -> c_int {
    unsupported("SSL_set_quic_tls_transport_params", 0)
}

/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quic_tls_early_data_enabled(_s: *mut SSL, _enabled: c_int) -> c_int {
    unsupported("SSL_set_quic_tls_early_data_enabled", 0)
}

/// Returns NULL, with which no context can be made.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_QUIC_client_method() -> *const SSL_METHOD {
    unsupported("OSSL_QUIC_client_method", ptr::null())
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_QUIC_client_thread_method() -> *const SSL_METHOD {
    unsupported("OSSL_QUIC_client_thread_method", ptr::null())
}

/// Returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_QUIC_server_method() -> *const SSL_METHOD {
    unsupported("OSSL_QUIC_server_method", ptr::null())
}

/// Both ways, as a TLS connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_type(_s: *mut SSL) -> c_int {
    BOTH_WAYS
}

/// The greatest number: no stream.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_id(_s: *mut SSL) -> u64 {
    u64::MAX
}

/// Returns -1: no stream.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_stream_local(_s: *mut SSL) -> c_int {
    -1
}

/// Returns SSL_STREAM_STATE_NONE.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_read_state(_s: *mut SSL) -> c_int {
    NO_STREAM
}

/// Returns SSL_STREAM_STATE_NONE.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_stream_write_state(_s: *mut SSL) -> c_int {
    NO_STREAM
}

/// Would be called for a listener's new connections, of which there are none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_new_pending_conn_cb(_ctx: *mut SSL_CTX, _callback: *const c_void, _arg: *mut c_void) {
    unsupported("SSL_CTX_set_new_pending_conn_cb", ());
}
