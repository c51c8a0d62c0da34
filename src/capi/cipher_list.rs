//! Which suites may be negotiated: `SSL_CTX_set_cipher_list(3)`, `SSL_get_ciphers(3)`.

use std::ffi::{c_char, c_int, c_uchar};
use std::ptr;

use super::entry::{entry, store, string};
use super::types::{SSL, SSL_CIPHER, SSL_CTX, STACK_OF_SSL_CIPHER};
use crate::error::{Common, Reason, Result};
use crate::handles;
use crate::libcrypto::stack::StaticStack;
use crate::objects::cipher;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;
use crate::objects::security;

/// The TLS 1.2 suites that may be negotiated, in the language of ciphers(1). Returns 1 on success; 0 when none is left or the
/// list is not understood.
///
/// # Safety
/// `str` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cipher_list(ctx: *mut SSL_CTX, str: *const c_char) -> c_int {
    entry("SSL_CTX_set_cipher_list", 0, || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let list = unsafe { string(str) }?.to_string_lossy();
        target.update(|config| config.set_cipher_list(&list)).map(|()| 1)
    })
}

/// The TLS 1.2 suites that may be negotiated, in the language of ciphers(1). Returns 1 on success; 0 when none is left or the
/// list is not understood.
///
/// # Safety
/// `str` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_cipher_list(ssl: *mut SSL, str: *const c_char) -> c_int {
    entry("SSL_set_cipher_list", 0, || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let list = unsafe { string(str) }?.to_string_lossy();
        target.present_config();
        let changed = target.update(|config| {
            config.suites.own = true;
            config.set_cipher_list(&list)
        });
        changed.map(|()| 1)
    })
}

/// The TLS 1.3 suites that may be negotiated: names with colons between. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `str` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_ciphersuites(ctx: *mut SSL_CTX, str: *const c_char) -> c_int {
    entry("SSL_CTX_set_ciphersuites", 0, || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let names = unsafe { string(str) }?.to_string_lossy();
        target.update(|config| config.suites.set_tls13(&names)).map(|()| 1)
    })
}

/// The TLS 1.3 suites that may be negotiated: names with colons between. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `str` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_ciphersuites(ssl: *mut SSL, str: *const c_char) -> c_int {
    entry("SSL_set_ciphersuites", 0, || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let names = unsafe { string(str) }?.to_string_lossy();
        target.present_config();
        let changed = target.update(|config| {
            config.suites.own = true;
            config.suites.set_tls13(&names)
        });
        changed.map(|()| 1)
    })
}

/// The suites that may be negotiated, TLS 1.3 first; owned by the object until they change.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_ciphers(ctx: *const SSL_CTX) -> *mut STACK_OF_SSL_CIPHER {
    entry("SSL_CTX_get_ciphers", ptr::null_mut(), || {
        Ok(handles::lookup::<Context>(ctx)?
            .config()
            .suites
            .stack()
            .map_or(ptr::null_mut(), StaticStack::as_ptr))
    })
}

/// The suites that may be negotiated, TLS 1.3 first; owned by the object until they change.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_ciphers(ssl: *const SSL) -> *mut STACK_OF_SSL_CIPHER {
    entry("SSL_get_ciphers", ptr::null_mut(), || {
        Ok(handles::lookup::<Connection>(ssl)?
            .present_config()
            .suites
            .stack()
            .map_or(ptr::null_mut(), StaticStack::as_ptr))
    })
}

/// The name of the suite at this place of `SSL_get_ciphers`, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_cipher_list(ssl: *const SSL, n: c_int) -> *const c_char {
    if ssl.is_null() {
        return ptr::null();
    }
    entry("SSL_get_cipher_list", ptr::null(), || {
        let config = handles::lookup::<Connection>(ssl)?.present_config();
        let wanted = usize::try_from(n)
            .ok()
            .and_then(|index| config.suites.iter().nth(index));
        Ok(wanted.map_or(ptr::null(), |cipher| cipher.name.as_ptr()))
    })
}

/// The suites that the versions in use have; the caller frees the stack. NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get1_supported_ciphers(s: *mut SSL) -> *mut STACK_OF_SSL_CIPHER {
    entry("SSL_get1_supported_ciphers", ptr::null_mut(), || {
        let connection = handles::lookup::<Connection>(s)?;
        let config = connection.present_config();
        let suites = config.usable_suites(connection.context().method(), &security::policy(&*connection))?;
        if suites.is_empty() {
            return Ok(ptr::null_mut());
        }
        Ok(StaticStack::new(&suites).ok_or(Common::MallocFailure)?.into_raw())
    })
}

/// Takes the cipher suites of a ClientHello apart: known ones to `sk`, signalling values to `scsvs`, both owned by the
/// caller and both optional. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `bytes` points at `len` readable bytes; `sk` and `scsvs` are NULL or point at writable pointers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_bytes_to_cipher_list(
    s: *mut SSL,
    bytes: *const c_uchar,
    len: usize,
    isv2format: c_int,
    sk: *mut *mut STACK_OF_SSL_CIPHER,
    scsvs: *mut *mut STACK_OF_SSL_CIPHER,
) -> c_int {
    entry("SSL_bytes_to_cipher_list", 0, || {
        handles::lookup::<Connection>(s)?;
        // SAFETY: the caller's contract.
        let list = unsafe { super::entry::bytes(bytes, len) }?;
        let known = known_suites(list, if isv2format != 0 { V2_ENTRY_LEN } else { ENTRY_LEN })?;
        let known = StaticStack::new(&known).ok_or(Common::MallocFailure)?;
        let signalling = StaticStack::new::<SSL_CIPHER>(&[]).ok_or(Common::MallocFailure)?;
        if !sk.is_null() {
            // SAFETY: the caller's contract.
            unsafe { store(sk, known.into_raw()) };
        }
        if !scsvs.is_null() {
            // SAFETY: the caller's contract.
            unsafe { store(scsvs, signalling.into_raw()) };
        }
        Ok(1)
    })
}

const ENTRY_LEN: usize = 2;
/// SSL 2.0's entries have a leading byte, which is 0 for a suite of ours.
const V2_ENTRY_LEN: usize = 3;

fn known_suites(list: &[u8], entry_len: usize) -> Result<Vec<&'static SSL_CIPHER>> {
    if list.is_empty() {
        return Err(Reason::NO_CIPHERS_SPECIFIED.into());
    }
    if !list.len().is_multiple_of(entry_len) {
        return Err(Reason::ERROR_IN_RECEIVED_CIPHER_LIST.into());
    }
    let find = |entry: &[u8]| match entry {
        [high, low] | [0, high, low] => cipher::find(u16::from_be_bytes([*high, *low])),
        _ => None,
    };
    Ok(list.chunks_exact(entry_len).filter_map(find).collect())
}
