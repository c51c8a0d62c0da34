//! Finite-field Diffie-Hellman (`SSL_CTX_set_tmp_dh_callback(3)`): no cipher suite or group of this library uses it. Servers set
//! parameters all the same, and with OpenSSL they stay unused too when only TLS 1.3 is spoken; so they are taken.

use std::ffi::c_int;

use crate::capi::entry::entry;
use crate::capi::types::{EVP_PKEY, SSL, SSL_CTX, SSL_tmp_dh_cb};
use crate::error::Result;
use crate::handles;
use crate::libcrypto::pkey::Key;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Takes over Diffie-Hellman parameters, which nothing will use. Returns 1 on success, 0 on failure (they stay the
/// caller's).
///
/// # Safety
/// `dhpkey` is NULL or a key that the caller owns and gives away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_tmp_dh_pkey(ctx: *mut SSL_CTX, dhpkey: *mut EVP_PKEY) -> c_int {
    entry("SSL_CTX_set0_tmp_dh_pkey", 0, || {
        handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract above.
        unsafe { discard(dhpkey) }
    })
}

/// [`SSL_CTX_set0_tmp_dh_pkey`] for one connection.
///
/// # Safety
/// `dhpkey` is NULL or a key that the caller owns and gives away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_tmp_dh_pkey(s: *mut SSL, dhpkey: *mut EVP_PKEY) -> c_int {
    entry("SSL_set0_tmp_dh_pkey", 0, || {
        handles::lookup::<Connection>(s)?;
        // SAFETY: the caller's contract above.
        unsafe { discard(dhpkey) }
    })
}

/// Keeps the function that would supply parameters; it is never called.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tmp_dh_callback(ctx: *mut SSL_CTX, dh: SSL_tmp_dh_cb) {
    entry("SSL_CTX_set_tmp_dh_callback", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.tmp_dh = dh);
        Ok(())
    });
}

/// Takes no notice of the function that would supply parameters: it would never be called.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_tmp_dh_callback(ssl: *mut SSL, _dh: SSL_tmp_dh_cb) {
    entry("SSL_set_tmp_dh_callback", (), || {
        Ok(handles::lookup::<Connection>(ssl).map(drop)?)
    });
}

/// # Safety
/// `key` is NULL or a key that the caller gives away.
unsafe fn discard(key: *mut EVP_PKEY) -> Result<c_int> {
    // SAFETY: the caller's promise.
    drop(unsafe { Key::from_owned(key) });
    Ok(1)
}
