//! The application's functions: their C types, and the sets of them that contexts and connections carry.
//!
//! Everything here is `Copy`: whoever calls an application's function copies it out, lets go of every lock, and calls.

#![allow(non_camel_case_types, reason = "C's own names")]

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

use crate::handles::{SSL, SSL_CTX, SSL_SESSION};
use crate::libcrypto::c::{
    DH, EVP_CIPHER_CTX, EVP_MAC_CTX, EVP_MD, EVP_PKEY, HMAC_CTX, X509, X509_STORE_CTX, pem_password_cb,
};

/// A `void *` that the application gave us to hand back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Argument(usize);

impl Argument {
    /// Keeps the pointer.
    pub fn new(pointer: *mut c_void) -> Self {
        Self(pointer.expose_provenance())
    }

    /// The pointer, as it came.
    pub fn pointer(self) -> *mut c_void {
        std::ptr::with_exposed_provenance_mut(self.0)
    }
}

/// A function of the application's and what it wants to be called with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hook<F: Copy> {
    /// The function; `None` when it is not set.
    pub function: F,
    /// Its last argument.
    pub argument: Argument,
}

impl<F: Copy> Hook<F> {
    /// A function with its argument.
    pub fn new(function: F, argument: *mut c_void) -> Self {
        Self {
            function,
            argument: Argument::new(argument),
        }
    }
}

/// `SSL_CTX_set_info_callback(3)`
pub type SSL_info_cb = Option<unsafe extern "C" fn(ssl: *const SSL, kind: c_int, value: c_int)>;
/// `SSL_CTX_set_msg_callback(3)`
pub type SSL_msg_cb = Option<
    unsafe extern "C" fn(
        write_p: c_int,
        version: c_int,
        content_type: c_int,
        buf: *const c_void,
        len: usize,
        ssl: *mut SSL,
        arg: *mut c_void,
    ),
>;
/// `SSL_CTX_set_verify(3)`
pub type SSL_verify_cb = Option<unsafe extern "C" fn(preverify_ok: c_int, x509_ctx: *mut X509_STORE_CTX) -> c_int>;
/// `SSL_CTX_set_cert_verify_callback(3)`
pub type SSL_cert_verify_cb = Option<unsafe extern "C" fn(ctx: *mut X509_STORE_CTX, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_cert_cb(3)`
pub type SSL_cert_cb = Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_client_cert_cb(3)`
pub type SSL_client_cert_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, x509: *mut *mut X509, pkey: *mut *mut EVP_PKEY) -> c_int>;
/// `SSL_CTX_set_client_hello_cb(3)`
pub type SSL_client_hello_cb_fn =
    Option<unsafe extern "C" fn(ssl: *mut SSL, al: *mut c_int, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_tlsext_servername_callback(3)`
pub type SSL_servername_cb = Option<unsafe extern "C" fn(ssl: *mut SSL, al: *mut c_int, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_tlsext_status_cb(3)`
pub type SSL_status_cb = Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_alpn_select_cb(3)`
pub type SSL_CTX_alpn_select_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        out: *mut *const c_uchar,
        outlen: *mut c_uchar,
        input: *const c_uchar,
        inlen: c_uint,
        arg: *mut c_void,
    ) -> c_int,
>;
/// `SSL_CTX_set_next_protos_advertised_cb(3)`
pub type SSL_CTX_npn_advertised_cb_func = Option<
    unsafe extern "C" fn(ssl: *mut SSL, out: *mut *const c_uchar, outlen: *mut c_uint, arg: *mut c_void) -> c_int,
>;
/// `SSL_CTX_set_next_proto_select_cb(3)`
pub type SSL_CTX_npn_select_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        out: *mut *mut c_uchar,
        outlen: *mut c_uchar,
        input: *const c_uchar,
        inlen: c_uint,
        arg: *mut c_void,
    ) -> c_int,
>;
/// `SSL_CTX_set_keylog_callback(3)`
pub type SSL_CTX_keylog_cb_func = Option<unsafe extern "C" fn(ssl: *const SSL, line: *const c_char)>;
/// `SSL_CTX_sess_set_new_cb(3)`
pub type SSL_new_session_cb = Option<unsafe extern "C" fn(ssl: *mut SSL, session: *mut SSL_SESSION) -> c_int>;
/// `SSL_CTX_sess_set_remove_cb(3)`
pub type SSL_remove_session_cb = Option<unsafe extern "C" fn(ctx: *mut SSL_CTX, session: *mut SSL_SESSION)>;
/// `SSL_CTX_sess_set_get_cb(3)`
pub type SSL_get_session_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, data: *const c_uchar, len: c_int, copy: *mut c_int) -> *mut SSL_SESSION>;
/// `SSL_CTX_set_generate_session_id(3)`
pub type GEN_SESSION_CB = Option<unsafe extern "C" fn(ssl: *mut SSL, id: *mut c_uchar, id_len: *mut c_uint) -> c_int>;
/// `SSL_CTX_set_not_resumable_session_callback(3)`
pub type SSL_not_resumable_cb = Option<unsafe extern "C" fn(ssl: *mut SSL, is_forward_secure: c_int) -> c_int>;
/// `SSL_CTX_set_tlsext_ticket_key_cb(3)`
pub type SSL_ticket_key_cb = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        key_name: *mut c_uchar,
        iv: *mut c_uchar,
        ctx: *mut EVP_CIPHER_CTX,
        hctx: *mut HMAC_CTX,
        enc: c_int,
    ) -> c_int,
>;
/// `SSL_CTX_set_tlsext_ticket_key_evp_cb(3)`
pub type SSL_ticket_key_evp_cb = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        key_name: *mut c_uchar,
        iv: *mut c_uchar,
        ctx: *mut EVP_CIPHER_CTX,
        hctx: *mut EVP_MAC_CTX,
        enc: c_int,
    ) -> c_int,
>;
/// `SSL_CTX_set_session_ticket_cb(3)`: just before a ticket is made
pub type SSL_CTX_generate_session_ticket_fn = Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_session_ticket_cb(3)`: just after a ticket was opened, or was not
pub type SSL_CTX_decrypt_session_ticket_fn = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        session: *mut SSL_SESSION,
        keyname: *const c_uchar,
        keyname_length: usize,
        status: c_int,
        arg: *mut c_void,
    ) -> c_int,
>;
/// `SSL_CTX_set_psk_client_callback(3)`
pub type SSL_psk_client_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        hint: *const c_char,
        identity: *mut c_char,
        max_identity_len: c_uint,
        psk: *mut c_uchar,
        max_psk_len: c_uint,
    ) -> c_uint,
>;
/// `SSL_CTX_set_psk_server_callback(3)`
pub type SSL_psk_server_cb_func = Option<
    unsafe extern "C" fn(ssl: *mut SSL, identity: *const c_char, psk: *mut c_uchar, max_psk_len: c_uint) -> c_uint,
>;
/// `SSL_CTX_set_psk_find_session_callback(3)`
pub type SSL_psk_find_session_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        identity: *const c_uchar,
        identity_len: usize,
        session: *mut *mut SSL_SESSION,
    ) -> c_int,
>;
/// `SSL_CTX_set_psk_use_session_callback(3)`
pub type SSL_psk_use_session_cb_func = Option<
    unsafe extern "C" fn(
        ssl: *mut SSL,
        md: *const EVP_MD,
        id: *mut *const c_uchar,
        idlen: *mut usize,
        session: *mut *mut SSL_SESSION,
    ) -> c_int,
>;
/// `SSL_CTX_set_record_padding_callback(3)`
pub type SSL_record_padding_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, kind: c_int, len: usize, arg: *mut c_void) -> usize>;
/// `SSL_CTX_set_security_callback(3)`
pub type SSL_security_cb = Option<
    unsafe extern "C" fn(
        ssl: *const SSL,
        ctx: *const SSL_CTX,
        op: c_int,
        bits: c_int,
        nid: c_int,
        other: *mut c_void,
        ex: *mut c_void,
    ) -> c_int,
>;
/// `SSL_CTX_set_allow_early_data_cb(3)`
pub type SSL_allow_early_data_cb_fn = Option<unsafe extern "C" fn(ssl: *mut SSL, arg: *mut c_void) -> c_int>;
/// `SSL_CTX_set_tmp_dh_callback(3)`
pub type SSL_tmp_dh_cb = Option<unsafe extern "C" fn(ssl: *mut SSL, is_export: c_int, keylength: c_int) -> *mut DH>;
/// `SSL_CTX_set_cookie_generate_cb(3)`
pub type SSL_cookie_generate_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, cookie: *mut c_uchar, cookie_len: *mut c_uint) -> c_int>;
/// `SSL_CTX_set_cookie_verify_cb(3)`
pub type SSL_cookie_verify_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, cookie: *const c_uchar, cookie_len: c_uint) -> c_int>;
/// `SSL_CTX_set_stateless_cookie_generate_cb(3)`
pub type SSL_stateless_cookie_generate_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, cookie: *mut c_uchar, cookie_len: *mut usize) -> c_int>;
/// `SSL_CTX_set_stateless_cookie_verify_cb(3)`
pub type SSL_stateless_cookie_verify_cb =
    Option<unsafe extern "C" fn(ssl: *mut SSL, cookie: *const c_uchar, cookie_len: usize) -> c_int>;

/// What a connection gets from its context at `SSL_new` and may change for itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnectionHooks {
    /// `SSL_set_info_callback(3)`: goes before the context's, which no connection copies.
    pub info: SSL_info_cb,
    /// `SSL_set_msg_callback(3)`
    pub message: Hook<SSL_msg_cb>,
    /// `SSL_set_cert_cb(3)`
    pub certificate: Hook<SSL_cert_cb>,
    /// `SSL_set_generate_session_id(3)`
    pub generate_session_id: GEN_SESSION_CB,
    /// `SSL_set_not_resumable_session_callback(3)`
    pub not_resumable: SSL_not_resumable_cb,
    /// `SSL_set_record_padding_callback(3)`
    pub record_padding: Hook<SSL_record_padding_cb>,
    /// `SSL_set_security_callback(3)`; the argument is the ex data
    pub security: Hook<SSL_security_cb>,
    /// `SSL_set_allow_early_data_cb(3)`
    pub allow_early_data: Hook<SSL_allow_early_data_cb_fn>,
    /// `SSL_set_default_passwd_cb(3)`
    pub password: Hook<Option<pem_password_cb>>,
    /// Pre-shared keys.
    pub psk: PskHooks,
}

/// `SSL_CTX_set_psk_use_session_callback(3)`, `SSL_CTX_set_psk_find_session_callback(3)`
#[derive(Debug, Clone, Copy, Default)]
pub struct PskHooks {
    /// `SSL_CTX_set_psk_client_callback(3)`: a client's, asked after the one for TLS 1.3
    pub client: SSL_psk_client_cb_func,
    /// `SSL_CTX_set_psk_server_callback(3)`: a server's, asked after the one for TLS 1.3
    pub server: SSL_psk_server_cb_func,
    /// TLS 1.3 server
    pub find_session: SSL_psk_find_session_cb_func,
    /// TLS 1.3 client
    pub use_session: SSL_psk_use_session_cb_func,
}

impl PskHooks {
    /// Is there anything to ask on this side?
    pub fn asked(&self, server: bool) -> bool {
        if server {
            self.find_session.is_some() || self.server.is_some()
        } else {
            self.use_session.is_some() || self.client.is_some()
        }
    }
}

/// What is read from the context when its moment comes, also by connections that exist already.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContextHooks {
    /// `SSL_CTX_set_client_hello_cb(3)`
    pub client_hello: Hook<SSL_client_hello_cb_fn>,
    /// `SSL_CTX_set_tlsext_servername_callback(3)`
    pub server_name: Hook<SSL_servername_cb>,
    /// `SSL_CTX_set_alpn_select_cb(3)`
    pub alpn_select: Hook<SSL_CTX_alpn_select_cb_func>,
    /// `SSL_CTX_set_cert_verify_callback(3)`
    pub verify_chain: Hook<SSL_cert_verify_cb>,
    /// `SSL_CTX_set_client_cert_cb(3)`
    pub client_certificate: SSL_client_cert_cb,
    /// `SSL_CTX_set_tlsext_status_cb(3)`
    pub status: Hook<SSL_status_cb>,
    /// `SSL_CTX_set_info_callback(3)`
    pub info: SSL_info_cb,
    /// `SSL_CTX_set_keylog_callback(3)`
    pub key_log: SSL_CTX_keylog_cb_func,
    /// Session cache.
    pub sessions: SessionHooks,
    /// Tickets.
    pub tickets: TicketHooks,
    /// Kept for their getters only.
    pub inert: InertHooks,
}

/// `SSL_CTX_sess_set_new_cb(3)`
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionHooks {
    /// A session was made or has arrived.
    pub new: SSL_new_session_cb,
    /// A session leaves the cache.
    pub remove: SSL_remove_session_cb,
    /// A session is looked for.
    pub get: SSL_get_session_cb,
}

/// `SSL_CTX_set_tlsext_ticket_key_cb(3)` and `SSL_CTX_set_session_ticket_cb(3)`
#[derive(Debug, Clone, Copy, Default)]
pub struct TicketHooks {
    /// Chooses keys, with an HMAC_CTX.
    pub key: SSL_ticket_key_cb,
    /// Chooses keys, with an EVP_MAC_CTX; goes before [`TicketHooks::key`].
    pub key_evp: SSL_ticket_key_evp_cb,
    /// Before a ticket is made.
    pub generate: SSL_CTX_generate_session_ticket_fn,
    /// After a ticket was opened, or was not.
    pub decrypt: SSL_CTX_decrypt_session_ticket_fn,
    /// The argument of both.
    pub argument: Argument,
}

/// Callbacks of protocols that this library does not speak. They are kept, and never called.
#[derive(Debug, Clone, Copy, Default)]
pub struct InertHooks {
    /// `SSL_CTX_set_next_protos_advertised_cb(3)`: NPN, gone from TLS 1.3
    pub npn_advertised: Hook<SSL_CTX_npn_advertised_cb_func>,
    /// `SSL_CTX_set_next_proto_select_cb(3)`
    pub npn_select: Hook<SSL_CTX_npn_select_cb_func>,
    /// `SSL_CTX_set_tmp_dh_callback(3)`: finite-field Diffie-Hellman
    pub tmp_dh: SSL_tmp_dh_cb,
    /// `SSL_CTX_set_cookie_generate_cb(3)`: DTLS
    pub cookie_generate: SSL_cookie_generate_cb,
    /// `SSL_CTX_set_cookie_verify_cb(3)`: DTLS
    pub cookie_verify: SSL_cookie_verify_cb,
    /// `SSL_CTX_set_stateless_cookie_generate_cb(3)`
    pub stateless_generate: SSL_stateless_cookie_generate_cb,
    /// `SSL_CTX_set_stateless_cookie_verify_cb(3)`
    pub stateless_verify: SSL_stateless_cookie_verify_cb,
}
