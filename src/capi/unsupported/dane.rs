//! Authentication by TLSA records, RFC 6698 and 7671 (`SSL_CTX_dane_enable(3)`). The matching lives in libcrypto, but only for
//! callers that share libssl's internal structures, which this library does not.

use std::ffi::{c_char, c_int, c_uchar, c_ulong};
use std::ptr;

use super::foreign::SSL_DANE;
use super::unsupported;
use crate::capi::types::{EVP_MD, EVP_PKEY, SSL, SSL_CTX, X509};

/// Would let the connections of a context use TLSA records. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_enable(_ctx: *mut SSL_CTX) -> c_int {
    unsupported("SSL_CTX_dane_enable", 0)
}

/// Would add or rank a digest for TLSA matching types. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_mtype_set(_ctx: *mut SSL_CTX, _md: *const EVP_MD, _mtype: u8, _ord: u8) -> c_int {
    unsupported("SSL_CTX_dane_mtype_set", 0)
}

/// Would authenticate the peer by TLSA records. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_enable(_s: *mut SSL, _basedomain: *const c_char) -> c_int {
    unsupported("SSL_dane_enable", 0)
}

/// Would add a TLSA record. Returns 0: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_tlsa_add(
    _s: *mut SSL,
    _usage: u8,
    _selector: u8,
    _mtype: u8,
    _data: *const c_uchar,
    _dlen: usize,
) -> c_int {
    unsupported("SSL_dane_tlsa_add", 0)
}

/// Which TLSA record vouched for the chain, and how deep. Returns -1, as OpenSSL does where DANE is not enabled, with
/// nothing on the error queue.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_dane_authority(_s: *mut SSL, _mcert: *mut *mut X509, _mspki: *mut *mut EVP_PKEY) -> c_int {
    -1
}

/// The TLSA record that vouched for the chain, and how deep. Returns -1, as OpenSSL does where DANE is not enabled,
/// with nothing on the error queue.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_dane_tlsa(
    _s: *mut SSL,
    _usage: *mut u8,
    _selector: *mut u8,
    _mtype: *mut u8,
    _data: *mut *const c_uchar,
    _dlen: *mut usize,
) -> c_int {
    -1
}

/// The internal DANE state, for verification callbacks that know its layout. Returns NULL: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_dane(_ssl: *mut SSL) -> *mut SSL_DANE {
    unsupported("SSL_get0_dane", ptr::null_mut())
}

/// Would set DANE flags of a context. Returns the flags from before, none: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_set_flags(_ctx: *mut SSL_CTX, _flags: c_ulong) -> c_ulong {
    unsupported("SSL_CTX_dane_set_flags", 0)
}

/// Would clear DANE flags of a context. Returns the flags from before, none: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_dane_clear_flags(_ctx: *mut SSL_CTX, _flags: c_ulong) -> c_ulong {
    unsupported("SSL_CTX_dane_clear_flags", 0)
}

/// Would set DANE flags of a connection. Returns the flags from before, none: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_set_flags(_ssl: *mut SSL, _flags: c_ulong) -> c_ulong {
    unsupported("SSL_dane_set_flags", 0)
}

/// Would clear DANE flags of a connection. Returns the flags from before, none: not supported.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_dane_clear_flags(_ssl: *mut SSL, _flags: c_ulong) -> c_ulong {
    unsupported("SSL_dane_clear_flags", 0)
}
