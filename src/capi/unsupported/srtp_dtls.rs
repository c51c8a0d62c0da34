//! TLS over datagrams, RFC 6347, and the SRTP keys that it can make, RFC 5764 (`DTLS_method(3)`, `DTLSv1_listen(3)`,
//! `SSL_CTX_set_tlsext_use_srtp(3)`): this library speaks TLS over streams only.

use std::ffi::{c_char, c_int};
use std::ptr;

use super::foreign::{BIO_ADDR, DTLS_timer_cb, SRTP_PROTECTION_PROFILE, stack_st_SRTP_PROTECTION_PROFILE};
use super::unsupported;
use crate::capi::types::{SSL, SSL_CTX, SSL_METHOD};

/// The method for clients and servers of DTLS. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_method() -> *const SSL_METHOD {
    unsupported("DTLS_method", ptr::null())
}

/// The method for clients of DTLS. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_client_method() -> *const SSL_METHOD {
    unsupported("DTLS_client_method", ptr::null())
}

/// The method for servers of DTLS. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_server_method() -> *const SSL_METHOD {
    unsupported("DTLS_server_method", ptr::null())
}

/// The method for clients and servers of DTLS 1.0. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_method() -> *const SSL_METHOD {
    unsupported("DTLSv1_method", ptr::null())
}

/// The method for clients of DTLS 1.0. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_client_method() -> *const SSL_METHOD {
    unsupported("DTLSv1_client_method", ptr::null())
}

/// The method for servers of DTLS 1.0. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_server_method() -> *const SSL_METHOD {
    unsupported("DTLSv1_server_method", ptr::null())
}

/// The method for clients and servers of DTLS 1.2. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_2_method() -> *const SSL_METHOD {
    unsupported("DTLSv1_2_method", ptr::null())
}

/// The method for clients of DTLS 1.2. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_2_client_method() -> *const SSL_METHOD {
    unsupported("DTLSv1_2_client_method", ptr::null())
}

/// The method for servers of DTLS 1.2. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_2_server_method() -> *const SSL_METHOD {
    unsupported("DTLSv1_2_server_method", ptr::null())
}

/// Would wait for a ClientHello with a good cookie. Returns -1, a fatal error: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_listen(_s: *mut SSL, _client: *mut BIO_ADDR) -> c_int {
    unsupported("DTLSv1_listen", -1)
}

/// The most application data that fits into a datagram. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_get_data_mtu(_s: *const SSL) -> usize {
    unsupported("DTLS_get_data_mtu", 0)
}

/// Would set the function that chooses the next retransmission timeout. The error queue says that it is not
/// supported.
#[unsafe(no_mangle)]
pub extern "C" fn DTLS_set_timer_cb(_s: *mut SSL, _cb: DTLS_timer_cb) {
    unsupported("DTLS_set_timer_cb", ());
}

/// Would offer SRTP profiles. Returns 1, which means failure here: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tlsext_use_srtp(_ctx: *mut SSL_CTX, _profiles: *const c_char) -> c_int {
    unsupported("SSL_CTX_set_tlsext_use_srtp", 1)
}

/// Would offer SRTP profiles. Returns 1, which means failure here: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_tlsext_use_srtp(_ssl: *mut SSL, _profiles: *const c_char) -> c_int {
    unsupported("SSL_set_tlsext_use_srtp", 1)
}

/// The SRTP profiles on offer. Returns NULL: there are none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_srtp_profiles(_ssl: *mut SSL) -> *mut stack_st_SRTP_PROTECTION_PROFILE {
    ptr::null_mut()
}

/// The SRTP profile that was agreed on. Returns NULL: none was.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_selected_srtp_profile(_s: *mut SSL) -> *mut SRTP_PROTECTION_PROFILE {
    ptr::null_mut()
}
