//! SSL_client_hello_get0_ext(3) and its relatives, SSL_get_servername(3), SSL_get0_alpn_selected(3): what the hellos said.

use std::ffi::{c_char, c_int, c_uchar, c_uint};
use std::ptr;

use carnet_tls::{ClientHello, ExtensionType};

use super::entry::{data_ptr, entry, store};
use super::ssl_lifecycle::connection;
use super::types::SSL;
use crate::error::{Common, Error, Result};
use crate::libcrypto::memory;

/// TLSEXT_NAMETYPE_host_name
const NAME_TYPE_HOST: c_int = 0;
/// The ClientHello is only shown inside the client hello callback and what follows it in the handshake.
pub(super) fn with_hello<R>(s: *const SSL, show: impl FnOnce(&ClientHello) -> R) -> Result<R> {
    let connection = connection(s)?;
    if !connection.facts().progress.hello_shown {
        return Err(Error::Silent);
    }
    let shown = connection.with_engine(|engine| engine.client_hello().map(show));
    shown.flatten().ok_or(Error::Silent)
}

/// Gives a part of the hello to C: the bytes stay where they are until the handshake is over.
///
/// # Safety
/// `out` is NULL or writable.
unsafe fn show(out: *mut *const c_uchar, part: (*const u8, usize)) -> usize {
    // SAFETY: the caller's promise.
    unsafe { store(out, part.0) };
    part.1
}

fn place(part: &[u8]) -> (*const u8, usize) {
    (data_ptr(part), part.len())
}

/// 1 when the hello came in SSL 2.0's format, which this library does not read.
///
/// SSL_client_hello_isv2(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_isv2(s: *mut SSL) -> c_int {
    entry("SSL_client_hello_isv2", 0, || connection(s).map(|_| 0))
}

/// The hello's legacy_version; 0 when there is no hello.
///
/// SSL_client_hello_get0_legacy_version(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_legacy_version(s: *mut SSL) -> c_uint {
    entry("SSL_client_hello_get0_legacy_version", 0, || {
        with_hello(s, |hello| c_uint::from(hello.legacy_version()))
    })
}

/// The hello's random. Returns its length, 0 when there is no hello.
///
/// SSL_client_hello_get0_random(3)
///
/// # Safety
/// `s` is a connection of this library, `out` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_random(s: *mut SSL, out: *mut *const c_uchar) -> usize {
    entry("SSL_client_hello_get0_random", 0, || {
        let part = with_hello(s, |hello| place(hello.random()))?;
        // SAFETY: the caller's contract above.
        Ok(unsafe { show(out, part) })
    })
}

/// The hello's legacy_session_id. Returns its length.
///
/// SSL_client_hello_get0_session_id(3)
///
/// # Safety
/// `s` is a connection of this library, `out` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_session_id(s: *mut SSL, out: *mut *const c_uchar) -> usize {
    entry("SSL_client_hello_get0_session_id", 0, || {
        let part = with_hello(s, |hello| place(hello.session_id()))?;
        // SAFETY: the caller's contract above.
        Ok(unsafe { show(out, part) })
    })
}

/// The hello's cipher suites, two bytes each. Returns the length in bytes.
///
/// SSL_client_hello_get0_ciphers(3)
///
/// # Safety
/// `s` is a connection of this library, `out` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_ciphers(s: *mut SSL, out: *mut *const c_uchar) -> usize {
    entry("SSL_client_hello_get0_ciphers", 0, || {
        let part = with_hello(s, |hello| place(hello.cipher_suites()))?;
        // SAFETY: the caller's contract above.
        Ok(unsafe { show(out, part) })
    })
}

/// The hello's compression methods. Returns the length.
///
/// SSL_client_hello_get0_compression_methods(3)
///
/// # Safety
/// `s` is a connection of this library, `out` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_compression_methods(s: *mut SSL, out: *mut *const c_uchar) -> usize {
    entry("SSL_client_hello_get0_compression_methods", 0, || {
        let part = with_hello(s, |hello| place(hello.compression_methods()))?;
        // SAFETY: the caller's contract above.
        Ok(unsafe { show(out, part) })
    })
}

/// The content of an extension of the hello. Returns 1, or 0 when it is not there.
///
/// SSL_client_hello_get0_ext(3)
///
/// # Safety
/// `s` is a connection of this library, `out` and `outlen` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get0_ext(
    s: *mut SSL,
    kind: c_uint,
    out: *mut *const c_uchar,
    outlen: *mut usize,
) -> c_int {
    entry("SSL_client_hello_get0_ext", 0, || {
        let Ok(kind) = u16::try_from(kind) else { return Ok(0) };
        let part = with_hello(s, |hello| hello.extension(ExtensionType(kind)).map(place))?;
        let Some(part) = part else { return Ok(0) };
        // SAFETY: the caller's contract above.
        unsafe {
            store(outlen, part.1);
            show(out, part);
        }
        Ok(1)
    })
}

/// The types of the hello's extensions in its order, in an array that the caller frees with OPENSSL_free. Returns 1, or 0
/// on failure.
///
/// SSL_client_hello_get1_extensions_present(3)
///
/// # Safety
/// `s` is a connection of this library, `out` and `outlen` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_client_hello_get1_extensions_present(
    s: *mut SSL,
    out: *mut *mut c_int,
    outlen: *mut usize,
) -> c_int {
    entry("SSL_client_hello_get1_extensions_present", 0, || {
        if out.is_null() || outlen.is_null() {
            return Err(Error::Silent);
        }
        let kinds: Vec<c_int> = with_hello(s, |hello| {
            hello.extensions().map(|(kind, _)| c_int::from(kind.0)).collect()
        })?;
        let bytes: Vec<u8> = kinds.iter().flat_map(|kind| kind.to_ne_bytes()).collect();
        let array: *mut c_int = memory::duplicate(&bytes).cast();
        if array.is_null() && !bytes.is_empty() {
            return Err(Common::MallocFailure.into());
        }
        // SAFETY: the caller's contract above.
        unsafe {
            store(out, array);
            store(outlen, kinds.len());
        }
        Ok(1)
    })
}

/// The host name that the client asked for, or that a client is going to ask for; NULL for none.
///
/// SSL_get_servername(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_servername(s: *const SSL, kind: c_int) -> *const c_char {
    entry("SSL_get_servername", ptr::null(), || {
        Ok(if kind == NAME_TYPE_HOST {
            connection(s)?.server_name_ptr()
        } else {
            ptr::null()
        })
    })
}

/// TLSEXT_NAMETYPE_host_name when there is a host name, else -1.
///
/// SSL_get_servername_type(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_servername_type(s: *const SSL) -> c_int {
    entry("SSL_get_servername_type", -1, || {
        Ok(if connection(s)?.server_name_ptr().is_null() {
            -1
        } else {
            NAME_TYPE_HOST
        })
    })
}

/// The protocol that ALPN selected, not NUL-terminated; NULL and 0 for none.
///
/// SSL_get0_alpn_selected(3)
///
/// # Safety
/// `ssl` is a connection of this library, `data` and `len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_alpn_selected(ssl: *const SSL, data: *mut *const c_uchar, len: *mut c_uint) {
    entry("SSL_get0_alpn_selected", (), || {
        let part =
            connection(ssl).map(|connection| connection.facts().protocol.as_deref().map_or((ptr::null(), 0), place));
        let (at, length) = part.unwrap_or((ptr::null(), 0));
        // SAFETY: the caller's contract above.
        unsafe {
            store(data, at);
            store(len, c_uint::try_from(length).unwrap_or_default());
        }
        Ok(())
    });
}

/// The protocol that NPN selected: none, since NPN is gone from TLS 1.3.
///
/// SSL_get0_next_proto_negotiated(3)
///
/// # Safety
/// `s` is a connection of this library, `data` and `len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_next_proto_negotiated(s: *const SSL, data: *mut *const c_uchar, len: *mut c_uint) {
    entry("SSL_get0_next_proto_negotiated", (), || {
        let _checked = s;
        // SAFETY: the caller's contract above.
        unsafe {
            store(data, ptr::null());
            store(len, 0);
        }
        Ok(())
    });
}
