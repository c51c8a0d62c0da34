//! Calls of the application's functions.
//!
//! Each takes the function pointer as the application gave it and arguments that are valid for the call by their Rust
//! types; `None` means that no function is set. Callers hold no lock: the application comes back with the same SSL.
//!
//! What every SAFETY comment here leans on: whoever set a callback promised, by the manual page of its setter, that it is
//! a function of that signature which may be called on any thread that uses the SSL.

#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "handles are names, and arguments are the application's: nothing here dereferences either"
)]

use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr;

use super::c::{EVP_CIPHER_CTX, EVP_MAC_CTX, EVP_PKEY, HMAC_CTX, X509};
use super::evp_ctx::{CipherContext, MAX_IV_LEN, MacContext};
use super::pkey::Key;
use super::x509::Certificate;
use crate::handles::{SSL, SSL_CTX, SSL_SESSION};

/// Length of a ticket key's name (TLSEXT_KEYNAME_LENGTH).
pub const KEY_NAME_LEN: usize = 16;

/// `(ssl, arg)`: SSL_CTX_set_cert_cb(3), SSL_CTX_set_tlsext_status_cb(3), the generate callback of
/// SSL_CTX_set_session_ticket_cb(3).
pub fn plain(
    function: Option<unsafe extern "C" fn(*mut SSL, *mut c_void) -> c_int>,
    ssl: *mut SSL,
    argument: *mut c_void,
) -> Option<c_int> {
    // SAFETY: the setter's promise (see the module); `ssl` is a handle, which nothing dereferences.
    function.map(|call| unsafe { call(ssl, argument) })
}

/// SSL_set_not_resumable_session_callback(3): not 0 forbids to resume the session that is being made.
pub fn not_resumable(
    function: Option<unsafe extern "C" fn(*mut SSL, c_int) -> c_int>,
    ssl: *mut SSL,
    is_forward_secure: c_int,
) -> Option<c_int> {
    // SAFETY: the setter's promise; `ssl` is a handle.
    function.map(|call| unsafe { call(ssl, is_forward_secure) })
}

/// `(ssl, alert, arg)`: SSL_CTX_set_client_hello_cb(3), SSL_CTX_set_tlsext_servername_callback(3).
pub fn with_alert(
    function: Option<unsafe extern "C" fn(*mut SSL, *mut c_int, *mut c_void) -> c_int>,
    ssl: *mut SSL,
    alert: &mut c_int,
    argument: *mut c_void,
) -> Option<c_int> {
    // SAFETY: the setter's promise; `alert` is writable for the call.
    function.map(|call| unsafe { call(ssl, alert, argument) })
}

/// SSL_CTX_set_info_callback(3)
pub fn info(
    function: Option<unsafe extern "C" fn(*const SSL, c_int, c_int)>,
    ssl: *mut SSL,
    kind: c_int,
    value: c_int,
) {
    if let Some(call) = function {
        // SAFETY: the setter's promise.
        unsafe { call(ssl, kind, value) }
    }
}

/// What SSL_CTX_set_msg_callback(3)'s function is told.
pub struct Traced<'a> {
    /// Written by us, or read from the peer?
    pub sent: bool,
    /// The protocol's version.
    pub version: c_int,
    /// The record content type, or SSL3_RT_HEADER and its relatives.
    pub content_type: c_int,
    /// The message.
    pub bytes: &'a [u8],
}

/// SSL_CTX_set_msg_callback(3)'s function.
pub type MessageCallback =
    Option<unsafe extern "C" fn(c_int, c_int, c_int, *const c_void, usize, *mut SSL, *mut c_void)>;

/// SSL_CTX_set_msg_callback(3)
pub fn message(function: MessageCallback, ssl: *mut SSL, argument: *mut c_void, traced: &Traced<'_>) {
    if let Some(call) = function {
        let (data, len) = (traced.bytes.as_ptr().cast(), traced.bytes.len());
        // SAFETY: the setter's promise; `data` is readable for `len` bytes during the call.
        unsafe {
            call(
                c_int::from(traced.sent),
                traced.version,
                traced.content_type,
                data,
                len,
                ssl,
                argument,
            )
        }
    }
}

/// SSL_CTX_set_keylog_callback(3)
pub fn key_log(function: Option<unsafe extern "C" fn(*const SSL, *const c_char)>, ssl: *mut SSL, line: &CStr) {
    if let Some(call) = function {
        // SAFETY: the setter's promise; the line ends in NUL and lives through the call.
        unsafe { call(ssl, line.as_ptr()) }
    }
}

/// SSL_CTX_set_alpn_select_cb(3)'s function.
pub type AlpnSelect = Option<
    unsafe extern "C" fn(*mut SSL, *mut *const c_uchar, *mut c_uchar, *const c_uchar, c_uint, *mut c_void) -> c_int,
>;

/// SSL_TLSEXT_ERR_OK
const ALPN_SELECTED: c_int = 0;

/// SSL_CTX_set_alpn_select_cb(3): what it returned, and a copy of what it selected. Unless it returned SSL_TLSEXT_ERR_OK
/// nobody has said that `*out` points anywhere, and with no length it selects nothing.
pub fn alpn_select(
    function: AlpnSelect,
    ssl: *mut SSL,
    argument: *mut c_void,
    offered: &[u8],
) -> Option<(c_int, Option<Vec<u8>>)> {
    let call = function?;
    let (mut out, mut out_len): (*const c_uchar, c_uchar) = (ptr::null(), 0);
    let len = c_uint::try_from(offered.len()).ok()?;
    // SAFETY: the setter's promise; the out parameters are writable and `offered` readable during the call.
    let returned = unsafe { call(ssl, &mut out, &mut out_len, offered.as_ptr(), len, argument) };
    if returned != ALPN_SELECTED || out.is_null() || out_len == 0 {
        return Some((returned, None));
    }
    // SAFETY: by the manual page `out` points into `offered` or into memory that outlives the callback.
    let selected = unsafe { std::slice::from_raw_parts(out, usize::from(out_len)) };
    Some((returned, Some(selected.to_vec())))
}

/// SSL_CTX_set_client_cert_cb(3)'s function.
pub type ClientCertificate = Option<unsafe extern "C" fn(*mut SSL, *mut *mut X509, *mut *mut EVP_PKEY) -> c_int>;

/// SSL_CTX_set_client_cert_cb(3): what it returned and the references that it gave away.
pub fn client_certificate(
    function: ClientCertificate,
    ssl: *mut SSL,
) -> Option<(c_int, Option<Certificate>, Option<Key>)> {
    let call = function?;
    let (mut x509, mut pkey) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the setter's promise; the out parameters are writable during the call.
    let returned = unsafe { call(ssl, &mut x509, &mut pkey) };
    if returned != 1 {
        return Some((returned, None, None));
    }
    // SAFETY: by the manual page the callback gives us a reference on each; NULL is allowed.
    Some((returned, unsafe { Certificate::from_owned(x509) }, unsafe {
        Key::from_owned(pkey)
    }))
}

/// The numbers of a question for SSL_CTX_set_security_callback(3)'s function.
pub struct SecurityQuestion {
    /// SSL_SECOP_…
    pub operation: c_int,
    /// The strength.
    pub bits: c_int,
    /// What the algorithm is called.
    pub nid: c_int,
}

/// SSL_CTX_set_security_callback(3)'s function.
pub type SecurityCallback =
    Option<unsafe extern "C" fn(*const SSL, *const SSL_CTX, c_int, c_int, c_int, *mut c_void, *mut c_void) -> c_int>;

/// SSL_CTX_set_security_callback(3): 0 forbids. `other` is what `operation` says.
pub fn security(
    function: SecurityCallback,
    (ssl, ctx): (*mut SSL, *mut SSL_CTX),
    question: &SecurityQuestion,
    other: *mut c_void,
    data: *mut c_void,
) -> Option<c_int> {
    let SecurityQuestion { operation, bits, nid } = *question;
    // SAFETY: the setter's promise; `other` lives through the call, as the types of those who make it say.
    function.map(|call| unsafe { call(ssl, ctx, operation, bits, nid, other, data) })
}

/// SSL_CTX_set_record_padding_callback(3): how many bytes of padding a record of this type and length gets.
pub fn record_padding(
    function: Option<unsafe extern "C" fn(*mut SSL, c_int, usize, *mut c_void) -> usize>,
    ssl: *mut SSL,
    kind: c_int,
    len: usize,
    argument: *mut c_void,
) -> Option<usize> {
    // SAFETY: the setter's promise; everything else is passed by value.
    function.map(|call| unsafe { call(ssl, kind, len, argument) })
}

/// SSL_CTX_sess_set_new_cb(3): true when the application keeps the reference it was given.
pub fn new_session(
    function: Option<unsafe extern "C" fn(*mut SSL, *mut SSL_SESSION) -> c_int>,
    ssl: *mut SSL,
    session: *mut SSL_SESSION,
) -> bool {
    // SAFETY: the setter's promise; both are handles.
    function.is_some_and(|call| unsafe { call(ssl, session) } != 0)
}

/// SSL_CTX_sess_set_get_cb(3)'s function.
pub type GetSession = Option<unsafe extern "C" fn(*mut SSL, *const c_uchar, c_int, *mut c_int) -> *mut SSL_SESSION>;

/// SSL_CTX_sess_set_get_cb(3): the session that the application has under this id, or NULL, and whether it keeps its own
/// reference, which it does unless it says otherwise.
pub fn get_session(function: GetSession, ssl: *mut SSL, id: &[u8]) -> Option<(*mut SSL_SESSION, bool)> {
    let call = function?;
    let len = c_int::try_from(id.len()).ok()?;
    let mut copy = 1;
    // SAFETY: the setter's promise; `id` is readable and `copy` writable during the call.
    let session = unsafe { call(ssl, id.as_ptr(), len, &mut copy) };
    Some((session, copy != 0))
}

/// SSL_CTX_set_generate_session_id(3)'s function.
pub type GenerateSessionId = Option<unsafe extern "C" fn(*mut SSL, *mut c_uchar, *mut c_uint) -> c_int>;

/// SSL_CTX_set_generate_session_id(3): what it returned, and the length it has set.
pub fn generate_session_id(function: GenerateSessionId, ssl: *mut SSL, id: &mut [u8; 32]) -> Option<(c_int, c_uint)> {
    let call = function?;
    let mut len = id.len() as c_uint;
    // SAFETY: the setter's promise; the id has the size that it is told, and both are writable during the call.
    let returned = unsafe { call(ssl, id.as_mut_ptr(), &mut len) };
    Some((returned, len))
}

/// The two functions that may choose a ticket's keys.
#[derive(Clone, Copy)]
pub enum TicketKeyCallback {
    /// SSL_CTX_set_tlsext_ticket_key_evp_cb(3)
    Evp(
        unsafe extern "C" fn(
            *mut SSL,
            *mut c_uchar,
            *mut c_uchar,
            *mut EVP_CIPHER_CTX,
            *mut EVP_MAC_CTX,
            c_int,
        ) -> c_int,
    ),
    /// SSL_CTX_set_tlsext_ticket_key_cb(3)
    Hmac(
        unsafe extern "C" fn(*mut SSL, *mut c_uchar, *mut c_uchar, *mut EVP_CIPHER_CTX, *mut HMAC_CTX, c_int) -> c_int,
    ),
}

/// Calls a ticket key callback. `None` when the MAC context is of the other kind.
pub fn ticket_key(
    callback: TicketKeyCallback,
    ssl: *mut SSL,
    name: &mut [u8; KEY_NAME_LEN],
    iv: &mut [u8; MAX_IV_LEN],
    (cipher, mac): (&CipherContext, &MacContext),
    sealing: bool,
) -> Option<c_int> {
    let (name, iv, enc) = (name.as_mut_ptr(), iv.as_mut_ptr(), c_int::from(sealing));
    match (callback, mac) {
        // SAFETY: the setter's promise; name and IV have the sizes that the manual page says, the contexts are live.
        (TicketKeyCallback::Evp(call), MacContext::Evp(mac)) => unsafe {
            Some(call(ssl, name, iv, cipher.as_ptr(), mac.as_ptr(), enc))
        },
        // SAFETY: as above.
        (TicketKeyCallback::Hmac(call), MacContext::Hmac(mac)) => unsafe {
            Some(call(ssl, name, iv, cipher.as_ptr(), mac.as_ptr(), enc))
        },
        _ => None,
    }
}

/// The decrypt function of SSL_CTX_set_session_ticket_cb(3).
pub type DecryptTicket =
    Option<unsafe extern "C" fn(*mut SSL, *mut SSL_SESSION, *const c_uchar, usize, c_int, *mut c_void) -> c_int>;

/// Calls the decrypt callback of SSL_CTX_set_session_ticket_cb(3).
pub fn decrypt_ticket(
    function: DecryptTicket,
    ssl: *mut SSL,
    session: *mut SSL_SESSION,
    key_name: &[u8],
    status: c_int,
    argument: *mut c_void,
) -> Option<c_int> {
    // SAFETY: the setter's promise; `key_name` is readable during the call, the rest are handles.
    function.map(|call| unsafe { call(ssl, session, key_name.as_ptr(), key_name.len(), status, argument) })
}

/// SSL_CTX_sess_set_remove_cb(3)
pub fn removed(
    function: Option<unsafe extern "C" fn(*mut SSL_CTX, *mut SSL_SESSION)>,
    context: *mut SSL_CTX,
    session: *mut SSL_SESSION,
) {
    if let Some(call) = function {
        // SAFETY: the setter's promise; both are handles, which nothing dereferences.
        unsafe { call(context, session) }
    }
}
