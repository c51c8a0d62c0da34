//! What a session says of its connection: SSL_SESSION_get_time(3), SSL_SESSION_get0_cipher(3), SSL_SESSION_get0_peer(3)
//! and their relatives.

use std::ffi::{c_char, c_int, c_long, c_uchar};
use std::ptr;

use bytes::Bytes;
use carnet_ticket::Secret;

use super::entry::{bytes, data_ptr, entry, optional_string, store};
use super::types::{SSL_CIPHER, SSL_SESSION, X509};
use crate::error::Error;
use crate::handles;
use crate::objects::session::SessionObject;

/// When the session was made, seconds since 1970; 0 for NULL.
///
/// SSL_SESSION_get_time(3)
///
/// # Safety
/// `s` is NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_time(s: *const SSL_SESSION) -> c_long {
    entry("SSL_SESSION_get_time", 0, || {
        if s.is_null() {
            return Ok(0);
        }
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| session.time.cast_signed()))
    })
}

/// Says when the session was made, seconds since 1970. Returns the time, or 0 on failure.
///
/// SSL_SESSION_set_time(3)
///
/// # Safety
/// `s` is NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_time(s: *mut SSL_SESSION, t: c_long) -> c_long {
    entry("SSL_SESSION_set_time", 0, || {
        if s.is_null() {
            return Ok(0);
        }
        handles::lookup::<SessionObject>(s)?.update_times(|session| session.time = t.cast_unsigned());
        Ok(t)
    })
}

/// For how many seconds after its making the session may be resumed; 0 for NULL.
///
/// SSL_SESSION_get_timeout(3)
///
/// # Safety
/// `s` is NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_timeout(s: *const SSL_SESSION) -> c_long {
    entry("SSL_SESSION_get_timeout", 0, || {
        if s.is_null() {
            return Ok(0);
        }
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| session.timeout.cast_signed()))
    })
}

/// Says for how many seconds the session may be resumed. Returns 1; 0 on failure and for a negative number.
///
/// SSL_SESSION_set_timeout(3)
///
/// # Safety
/// `s` is NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_timeout(s: *mut SSL_SESSION, t: c_long) -> c_long {
    entry("SSL_SESSION_set_timeout", 0, || {
        if s.is_null() || t < 0 {
            return Ok(0);
        }
        handles::lookup::<SessionObject>(s)?.update_times(|session| session.timeout = t.cast_unsigned());
        Ok(1)
    })
}

/// The session's protocol version, for example TLS1_3_VERSION; 0 on failure.
///
/// SSL_SESSION_get_protocol_version(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_protocol_version(s: *const SSL_SESSION) -> c_int {
    entry("SSL_SESSION_get_protocol_version", 0, || {
        Ok(handles::lookup::<SessionObject>(s)?.read(|session| c_int::from(session.protocol)))
    })
}

/// Sets the session's protocol version. Returns 1, or 0 on failure and for what has more than 16 bits, which OpenSSL keeps.
///
/// SSL_SESSION_get_protocol_version(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_protocol_version(s: *mut SSL_SESSION, version: c_int) -> c_int {
    entry("SSL_SESSION_set_protocol_version", 0, || {
        let version = u16::try_from(version).map_err(|_| Error::Common(crate::error::Common::PassedInvalidArgument))?;
        handles::lookup::<SessionObject>(s)?.update(|session| session.protocol = version);
        Ok(1)
    })
}

/// The session's cipher suite; NULL if it has none. Suites are static.
///
/// SSL_SESSION_get0_cipher(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_cipher(s: *const SSL_SESSION) -> *const SSL_CIPHER {
    entry("SSL_SESSION_get0_cipher", ptr::null(), || {
        Ok(handles::lookup::<SessionObject>(s)?
            .cipher()
            .map_or(ptr::null(), ptr::from_ref))
    })
}

/// Sets the session's cipher suite. Returns 1, or 0 on failure.
///
/// SSL_SESSION_get0_cipher(3)
///
/// # Safety
/// `s` is a session of this library; `cipher` is NULL or came from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set_cipher(s: *mut SSL_SESSION, cipher: *const SSL_CIPHER) -> c_int {
    entry("SSL_SESSION_set_cipher", 0, || {
        // SAFETY: the caller's contract; suites live for ever.
        let code = unsafe { cipher.as_ref() }.map_or(0, |cipher| cipher.code);
        handles::lookup::<SessionObject>(s)?.update(|session| session.cipher = code);
        Ok(1)
    })
}

/// The host name of the session; NULL if it has none. It belongs to the session.
///
/// SSL_SESSION_get0_hostname(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_hostname(s: *const SSL_SESSION) -> *const c_char {
    entry("SSL_SESSION_get0_hostname", ptr::null(), || {
        let session = handles::lookup::<SessionObject>(s)?;
        Ok(session.with_hostname(|name| name.map_or(ptr::null(), |name| name.as_ptr())))
    })
}

/// Copies a host name into the session; NULL clears it. Returns 1, or 0 on failure.
///
/// SSL_SESSION_get0_hostname(3)
///
/// # Safety
/// `s` is a session of this library; `hostname` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_hostname(s: *mut SSL_SESSION, hostname: *const c_char) -> c_int {
    entry("SSL_SESSION_set1_hostname", 0, || {
        // SAFETY: the caller's contract.
        let name = unsafe { optional_string(hostname) }.map(|name| Bytes::copy_from_slice(name.to_bytes()));
        handles::lookup::<SessionObject>(s)?.update(|session| session.hostname = name);
        Ok(1)
    })
}

/// Shows the protocol that ALPN selected: NULL and 0 if there is none. The bytes belong to the session.
///
/// SSL_SESSION_get0_alpn_selected(3)
///
/// # Safety
/// `s` is a session of this library; `alpn` and `len` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_alpn_selected(
    s: *const SSL_SESSION,
    alpn: *mut *const c_uchar,
    len: *mut usize,
) {
    entry("SSL_SESSION_get0_alpn_selected", (), || {
        let session = handles::lookup::<SessionObject>(s)?;
        let (at, length) = session.read(|session| {
            let protocol = session.alpn.as_deref().unwrap_or_default();
            (data_ptr(protocol), protocol.len())
        });
        // SAFETY: the caller's contract.
        unsafe {
            store(alpn, at);
            store(len, length);
        }
        Ok(())
    });
}

/// Copies a protocol name into the session; NULL or no bytes clear it. Returns 1, or 0 on failure.
///
/// SSL_SESSION_get0_alpn_selected(3)
///
/// # Safety
/// `s` is a session of this library; `alpn` is NULL or points at `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_alpn_selected(
    s: *mut SSL_SESSION,
    alpn: *const c_uchar,
    len: usize,
) -> c_int {
    entry("SSL_SESSION_set1_alpn_selected", 0, || {
        // SAFETY: the caller's contract.
        let name = unsafe { bytes(alpn, if alpn.is_null() { 0 } else { len }) }?;
        let name = (!name.is_empty()).then(|| Bytes::copy_from_slice(name));
        handles::lookup::<SessionObject>(s)?.update(|session| session.alpn = name);
        Ok(1)
    })
}

/// The peer's certificate; NULL if it showed none. It belongs to the session.
///
/// SSL_SESSION_get0_peer(3)
///
/// # Safety
/// `s` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get0_peer(s: *mut SSL_SESSION) -> *mut X509 {
    entry("SSL_SESSION_get0_peer", ptr::null_mut(), || {
        let certificate = handles::lookup::<SessionObject>(s)?.peer_certificate();
        // The session keeps the reference that makes the address last.
        Ok(certificate.map_or(ptr::null_mut(), |certificate| certificate.as_ptr()))
    })
}

/// Copies the secret into `out` and returns how many bytes: no more than `outlen`. With `outlen` 0 it returns the
/// secret's length and writes nothing.
///
/// SSL_SESSION_get_master_key(3)
///
/// # Safety
/// `sess` is a session of this library; `out` points at `outlen` writable bytes, or `outlen` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_master_key(
    sess: *const SSL_SESSION,
    out: *mut c_uchar,
    outlen: usize,
) -> usize {
    entry("SSL_SESSION_get_master_key", 0, || {
        handles::lookup::<SessionObject>(sess)?.read(|session| {
            let secret = session.secret.as_bytes();
            if outlen == 0 {
                return Ok(secret.len());
            }
            if out.is_null() {
                return Err(Error::NULL);
            }
            let len = secret.len().min(outlen);
            // SAFETY: not NULL, and the caller promises `outlen` writable bytes.
            unsafe { ptr::copy_nonoverlapping(secret.as_ptr(), out, len) };
            Ok(len)
        })
    })
}

/// Sets the secret, at most 512 bytes. Returns 1; 0 if it is longer, or on failure.
///
/// SSL_SESSION_get_master_key(3)
///
/// # Safety
/// `sess` is a session of this library; `input` points at `len` readable bytes, or `len` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_set1_master_key(
    sess: *mut SSL_SESSION,
    input: *const c_uchar,
    len: usize,
) -> c_int {
    entry("SSL_SESSION_set1_master_key", 0, || {
        // SAFETY: the caller's contract.
        let Ok(secret) = Secret::new(unsafe { bytes(input, len) }?) else {
            return Ok(0);
        };
        handles::lookup::<SessionObject>(sess)?.update(|session| session.secret = secret);
        Ok(1)
    })
}

/// The code of the session's max_fragment_length extension (RFC 6066 section 4); 0 for none.
///
/// SSL_SESSION_get_max_fragment_length(3)
///
/// # Safety
/// `sess` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_get_max_fragment_length(sess: *const SSL_SESSION) -> u8 {
    entry("SSL_SESSION_get_max_fragment_length", 0, || {
        Ok(handles::lookup::<SessionObject>(sess)?.max_fragment_mode())
    })
}
