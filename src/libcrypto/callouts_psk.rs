//! Calls of the application's functions for external PSKs. What every SAFETY comment leans on is said in
//! [`callouts`](super::callouts).

#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "handles are names, and arguments are the application's: nothing here dereferences either"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_uchar, c_uint};
use std::ptr;

use zeroize::Zeroizing;

use super::c::EVP_MD;
use crate::handles::{SSL, SSL_SESSION};

/// PSK_MAX_IDENTITY_LEN: what the callbacks that are older than TLS 1.3 may say.
pub const MAX_IDENTITY_LEN: usize = 256;
/// PSK_MAX_PSK_LEN
pub const MAX_KEY_LEN: usize = 512;

/// SSL_CTX_set_psk_find_session_callback(3)'s function.
pub type FindSession = Option<unsafe extern "C" fn(*mut SSL, *const c_uchar, usize, *mut *mut SSL_SESSION) -> c_int>;

/// SSL_CTX_set_psk_find_session_callback(3): what it returned, and a reference on the session that it found, or NULL.
pub fn find_session(function: FindSession, ssl: *mut SSL, identity: &[u8]) -> Option<(c_int, *mut SSL_SESSION)> {
    let call = function?;
    let mut session = ptr::null_mut();
    // SAFETY: the setter's promise; `identity` is readable and `session` writable during the call.
    let returned = unsafe { call(ssl, identity.as_ptr(), identity.len(), &mut session) };
    Some((returned, session))
}

/// SSL_CTX_set_psk_use_session_callback(3)'s function.
pub type UseSession = Option<
    unsafe extern "C" fn(*mut SSL, *const EVP_MD, *mut *const c_uchar, *mut usize, *mut *mut SSL_SESSION) -> c_int,
>;

/// What SSL_CTX_set_psk_use_session_callback(3)'s function said.
pub struct Used {
    /// What it returned.
    pub returned: c_int,
    /// A reference on the session, or NULL.
    pub session: *mut SSL_SESSION,
    /// A copy of the identity; empty without a session.
    pub identity: Vec<u8>,
}

/// SSL_CTX_set_psk_use_session_callback(3). `digest` is NULL before the server has chosen.
pub fn use_session(function: UseSession, ssl: *mut SSL, digest: *const EVP_MD) -> Option<Used> {
    let call = function?;
    let (mut id, mut len, mut session) = (ptr::null(), 0, ptr::null_mut());
    // SAFETY: the setter's promise; the out parameters are writable during the call.
    let returned = unsafe { call(ssl, digest, &mut id, &mut len, &mut session) };
    let said = returned != 0 && !session.is_null() && !id.is_null() && len != 0;
    let identity = if said && isize::try_from(len).is_ok() {
        // SAFETY: with a session comes an identity, `len` bytes long, which stays for the callback's caller (manual page).
        unsafe { std::slice::from_raw_parts(id, len) }.to_vec()
    } else {
        Vec::new()
    };
    Some(Used {
        returned,
        session,
        identity,
    })
}

/// SSL_CTX_set_psk_client_callback(3)'s function.
pub type ClientKey =
    Option<unsafe extern "C" fn(*mut SSL, *const c_char, *mut c_char, c_uint, *mut c_uchar, c_uint) -> c_uint>;
/// SSL_CTX_set_psk_server_callback(3)'s function.
pub type ServerKey = Option<unsafe extern "C" fn(*mut SSL, *const c_char, *mut c_uchar, c_uint) -> c_uint>;

/// The callback claims to have written more than there was room for.
pub struct TooLong;

/// A key, which may be empty: there is none.
pub type Key = Zeroizing<Vec<u8>>;

/// SSL_CTX_set_psk_client_callback(3): the identity and the key. In TLS 1.3 there is no hint.
pub fn client_key(function: ClientKey, ssl: *mut SSL) -> Option<Result<(CString, Key), TooLong>> {
    let call = function?;
    // One byte more than we say, so that the identity ends.
    let mut identity = [0_u8; MAX_IDENTITY_LEN + 1];
    let mut key = Zeroizing::new(vec![0_u8; MAX_KEY_LEN]);
    let (id, room) = (identity.as_mut_ptr().cast(), c_uint::try_from(MAX_IDENTITY_LEN).ok()?);
    // SAFETY: the setter's promise; both buffers have the room that we say and are the callback's during the call.
    let len = unsafe { call(ssl, ptr::null(), id, room, key.as_mut_ptr(), key_room()) };
    Some(cut(key, len).map(|key| {
        let identity = CStr::from_bytes_until_nul(&identity).unwrap_or_default();
        (identity.to_owned(), key)
    }))
}

/// SSL_CTX_set_psk_server_callback(3): the key that belongs to the identity.
pub fn server_key(function: ServerKey, ssl: *mut SSL, identity: &CStr) -> Option<Result<Key, TooLong>> {
    let call = function?;
    let mut key = Zeroizing::new(vec![0_u8; MAX_KEY_LEN]);
    // SAFETY: the setter's promise; the identity ends in NUL, the buffer has the room that we say.
    let len = unsafe { call(ssl, identity.as_ptr(), key.as_mut_ptr(), key_room()) };
    Some(cut(key, len))
}

fn key_room() -> c_uint {
    c_uint::try_from(MAX_KEY_LEN).unwrap_or(0)
}

fn cut(mut key: Key, len: c_uint) -> Result<Key, TooLong> {
    match usize::try_from(len) {
        Ok(len @ ..=MAX_KEY_LEN) => {
            key.truncate(len);
            Ok(key)
        }
        _ => Err(TooLong),
    }
}
