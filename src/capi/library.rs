//! The library as a whole: defaults, names, and functions that need no object (`OSSL_default_cipher_list(3)`,
//! `SSL_select_next_proto(3)`, `SSL_extension_supported(3)`, `SSL_group_to_name(3)`).

use std::ffi::{c_char, c_int, c_uchar, c_uint};
use std::ptr;

use super::constants::*;
use super::entry::{bytes, entry, store};
use super::types::SSL;
use crate::libcrypto::err;
use crate::objects::group;
use crate::objects::protocol_names::{Selection, select};

/// Makes the SSL library's reason texts known to `ERR_reason_error_string(3)`, which happens by itself. Returns 1.
#[unsafe(no_mangle)]
pub extern "C" fn ERR_load_SSL_strings() -> c_int {
    entry("ERR_load_SSL_strings", 0, || {
        err::load_strings();
        Ok(1)
    })
}

/// The ciphers below TLS 1.3 that are used unless others are set, as `SSL_CTX_set_cipher_list(3)` takes them.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_default_cipher_list() -> *const c_char {
    c"ALL:!COMPLEMENTOFDEFAULT:!eNULL".as_ptr()
}

/// The ciphers of TLS 1.3 that are used unless others are set, as `SSL_CTX_set_ciphersuites(3)` takes them.
#[unsafe(no_mangle)]
pub extern "C" fn OSSL_default_ciphersuites() -> *const c_char {
    c"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256".as_ptr()
}

/// Whether the library deals with a TLS extension by itself, so that an application may not. Returns 1 or 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_extension_supported(ext_type: c_uint) -> c_int {
    const HANDLED: [c_int; 16] = [
        TLSEXT_TYPE_server_name,
        TLSEXT_TYPE_max_fragment_length,
        TLSEXT_TYPE_status_request,
        TLSEXT_TYPE_supported_groups,
        TLSEXT_TYPE_signature_algorithms,
        TLSEXT_TYPE_application_layer_protocol_negotiation,
        TLSEXT_TYPE_session_ticket,
        TLSEXT_TYPE_psk,
        TLSEXT_TYPE_early_data,
        TLSEXT_TYPE_supported_versions,
        TLSEXT_TYPE_cookie,
        TLSEXT_TYPE_psk_kex_modes,
        TLSEXT_TYPE_certificate_authorities,
        TLSEXT_TYPE_post_handshake_auth,
        TLSEXT_TYPE_signature_algorithms_cert,
        TLSEXT_TYPE_key_share,
    ];
    c_int::from(HANDLED.iter().any(|handled| handled.unsigned_abs() == ext_type))
}

/// Did something once; does nothing in OpenSSL either.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_debug(_s: *mut SSL, _debug: c_int) {}

/// Chooses an application protocol: the first of the server's that the client has too. Returns `OPENSSL_NPN_NEGOTIATED`;
/// without one `OPENSSL_NPN_NO_OVERLAP`, and `*out` is then the client's first, or NULL when its list is empty or malformed.
/// The result points into the lists.
///
/// # Safety
/// `server` and `client` point at as many bytes as their lengths say, `out` and `outlen` at writable places.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_select_next_proto(
    out: *mut *mut c_uchar,
    outlen: *mut c_uchar,
    server: *const c_uchar,
    server_len: c_uint,
    client: *const c_uchar,
    client_len: c_uint,
) -> c_int {
    entry("SSL_select_next_proto", OPENSSL_NPN_NO_OVERLAP, || {
        // SAFETY: the caller's contract above.
        let (server, client) = unsafe { (bytes(server, server_len as usize)?, bytes(client, client_len as usize)?) };
        let (name, answer) = match select(server, client) {
            Selection::Agreed(name) => (Some(name), OPENSSL_NPN_NEGOTIATED),
            Selection::NoOverlap(name) => (Some(name), OPENSSL_NPN_NO_OVERLAP),
            Selection::Nothing => (None, OPENSSL_NPN_NO_OVERLAP),
        };
        // SAFETY: the caller's contract above. A name has at most 255 bytes, its length being one.
        unsafe {
            store(out, name.map_or(ptr::null_mut(), |name| name.as_ptr().cast_mut()));
            store(outlen, name.map_or(0, |name| name.len() as c_uchar));
        }
        Ok(answer)
    })
}

/// The name of a group, by its NID or by its number in TLS with 0x1000000 added, as `SSL_get1_groups` gives them. Returns NULL
/// for an unknown one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_group_to_name(_s: *mut SSL, id: c_int) -> *const c_char {
    let found = match id & TLSEXT_nid_unknown {
        0 => group::ALL.iter().find(|group| group.nid == id && id != 0),
        _ => u16::try_from(id & !TLSEXT_nid_unknown).ok().and_then(group::find),
    };
    found.map_or(ptr::null(), |group| group.name.as_ptr())
}
