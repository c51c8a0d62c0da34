//! The part of libssl's and libcrypto's C ABI that the measurements call, resolved at run time, so that two libraries
//! with the same symbols can be loaded side by side.
#![allow(non_snake_case, reason = "fields carry the names of C's functions")]

use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// An opaque pointer of either library.
pub type Ptr = *mut c_void;

macro_rules! table {
    ($(#[$doc:meta])* $name:ident { $($field:ident: fn($($arg:ty),*) -> $ret:ty,)* }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "the fields are C's functions, described in OpenSSL's manual")]
        pub struct $name { $(pub $field: unsafe extern "C" fn($($arg),*) -> $ret,)* _library: Library }

        impl $name {
            /// Loads `path` and resolves every function.
            pub fn load(path: &Path) -> Result<Self, String> {
                // SAFETY: the libraries measured here have no constructors with preconditions.
                let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                $(
                    // SAFETY: the signature is that of the function in OpenSSL's manual.
                    let $field = unsafe { library.get::<unsafe extern "C" fn($($arg),*) -> $ret>(stringify!($field).as_bytes()) };
                    let $field = *$field.map_err(|error| format!("{}: {error}", path.display()))?;
                )*
                Ok(Self { $($field,)* _library: library })
            }
        }
    };
}

table! {
    /// Functions of a libssl.
    Ssl {
        TLS_method: fn() -> *const c_void,
        SSL_CTX_new: fn(*const c_void) -> Ptr,
        SSL_CTX_free: fn(Ptr) -> (),
        SSL_CTX_ctrl: fn(Ptr, c_int, c_long, Ptr) -> c_long,
        SSL_CTX_use_certificate: fn(Ptr, Ptr) -> c_int,
        SSL_CTX_use_PrivateKey: fn(Ptr, Ptr) -> c_int,
        SSL_CTX_set_ciphersuites: fn(Ptr, *const c_char) -> c_int,
        SSL_CTX_set_cipher_list: fn(Ptr, *const c_char) -> c_int,
        SSL_CTX_set_options: fn(Ptr, u64) -> u64,
        SSL_CTX_set_num_tickets: fn(Ptr, usize) -> c_int,
        SSL_CTX_set_verify: fn(Ptr, c_int, Ptr) -> (),
        SSL_CTX_set_session_id_context: fn(Ptr, *const c_uchar, u32) -> c_int,
        SSL_CTX_get_cert_store: fn(Ptr) -> Ptr,
        SSL_new: fn(Ptr) -> Ptr,
        SSL_free: fn(Ptr) -> (),
        SSL_set_shutdown: fn(Ptr, c_int) -> (),
        SSL_set_bio: fn(Ptr, Ptr, Ptr) -> (),
        SSL_set_accept_state: fn(Ptr) -> (),
        SSL_set_connect_state: fn(Ptr) -> (),
        SSL_do_handshake: fn(Ptr) -> c_int,
        SSL_get_error: fn(Ptr, c_int) -> c_int,
        SSL_read: fn(Ptr, Ptr, c_int) -> c_int,
        SSL_write: fn(Ptr, *const c_void, c_int) -> c_int,
        SSL_ctrl: fn(Ptr, c_int, c_long, Ptr) -> c_long,
        SSL_get1_session: fn(Ptr) -> Ptr,
        SSL_set_session: fn(Ptr, Ptr) -> c_int,
        SSL_SESSION_free: fn(Ptr) -> (),
        SSL_session_reused: fn(Ptr) -> c_int,
    }
}

table! {
    /// Functions of libcrypto.
    Crypto {
        BIO_new: fn(*const c_void) -> Ptr,
        BIO_s_mem: fn() -> *const c_void,
        BIO_read: fn(Ptr, Ptr, c_int) -> c_int,
        BIO_write: fn(Ptr, *const c_void, c_int) -> c_int,
        BIO_ctrl_pending: fn(Ptr) -> usize,
        d2i_X509: fn(Ptr, *mut *const c_uchar, c_long) -> Ptr,
        X509_free: fn(Ptr) -> (),
        d2i_AutoPrivateKey: fn(Ptr, *mut *const c_uchar, c_long) -> Ptr,
        EVP_PKEY_free: fn(Ptr) -> (),
        X509_STORE_add_cert: fn(Ptr, Ptr) -> c_int,
        ERR_print_errors_fp: fn(Ptr) -> (),
        ERR_get_error: fn() -> u64,
        ERR_error_string_n: fn(u64, *mut c_char, usize) -> (),
    }
}

/// SSL_CTRL_SET_GROUPS_LIST
pub const CTRL_SET_GROUPS_LIST: c_int = 92;
/// SSL_CTRL_SET_MIN_PROTO_VERSION
pub const CTRL_SET_MIN_PROTO_VERSION: c_int = 123;
/// SSL_CTRL_SET_MAX_PROTO_VERSION
pub const CTRL_SET_MAX_PROTO_VERSION: c_int = 124;
/// SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN: a connection that is freed without costs its session.
pub const SHUT_DOWN: c_int = 1 | 2;
/// SSL_OP_NO_TICKET
pub const OP_NO_TICKET: u64 = 1 << 14;
/// SSL_CTRL_SET_SESS_CACHE_MODE
pub const CTRL_SET_SESS_CACHE_MODE: c_int = 44;

impl Crypto {
    /// The error queue's oldest entry as text, for messages.
    pub fn error(&self) -> String {
        let mut text = [0u8; 256];
        // SAFETY: the buffer's length is given, and the function ends the string within it.
        unsafe { (self.ERR_error_string_n)((self.ERR_get_error)(), text.as_mut_ptr().cast(), text.len()) };
        String::from_utf8_lossy(text.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
    }
}
