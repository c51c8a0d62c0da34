//! Functions without a family: kernel TLS, stateless retries, engines, tracing, tests.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::foreign::{ENGINE, off_t, openssl_ssl_test_functions};
use super::unsupported;
use crate::capi::entry::entry;
use crate::capi::types::{EVP_PKEY, SSL, SSL_CTX, SSL_METHOD, X509, stack_st_X509};
use crate::error::Error;
use crate::handles;
use crate::objects::connection::Connection;

/// Would send a file through kernel TLS. Returns -1: not supported, as in an OpenSSL that was built without it.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_sendfile(_s: *mut SSL, _fd: c_int, _offset: off_t, _size: usize, _flags: c_int) -> isize {
    unsupported("SSL_sendfile", -1)
}

/// Would answer a ClientHello with a cookie and keep no state. Returns -1, a fatal error: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stateless(_s: *mut SSL) -> c_int {
    unsupported("SSL_stateless", -1)
}

/// Changes the method of a connection. Returns 1 for the method that it has, 0 for any other: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_ssl_method(s: *mut SSL, method: *const SSL_METHOD) -> c_int {
    entry("SSL_set_ssl_method", 0, || {
        let same = ptr::eq(handles::lookup::<Connection>(s)?.context().method(), method);
        if same { Ok(1) } else { Err(Error::UNSUPPORTED) }
    })
}

/// Would say how well a chain suits the peer, as `CERT_PKEY_VALID` and other bits. Returns 0, none of them: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_check_chain(
    _s: *mut SSL,
    _x: *mut X509,
    _pk: *mut EVP_PKEY,
    _chain: *mut stack_st_X509,
) -> c_int {
    unsupported("SSL_check_chain", 0)
}

/// Would let an engine choose the client's certificate. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_client_cert_engine(_ctx: *mut SSL_CTX, _e: *mut ENGINE) -> c_int {
    unsupported("SSL_CTX_set_client_cert_engine", 0)
}

/// Would print a message in a readable form; meant as a message callback. Prints nothing, and the error queue says
/// that it is not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_trace(
    _write_p: c_int,
    _version: c_int,
    _content_type: c_int,
    _buf: *const c_void,
    _len: usize,
    _ssl: *mut SSL,
    _arg: *mut c_void,
) {
    unsupported("SSL_trace", ());
}

/// Internal functions, for OpenSSL's own unit tests. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_test_functions() -> *const openssl_ssl_test_functions {
    unsupported("SSL_test_functions", ptr::null())
}
