//! Whom a context trusts: `SSL_CTX_load_verify_locations(3)`, `SSL_CTX_set_cert_store(3)`.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::entry::{entry, optional_string};
use super::types::{SSL_CTX, SSL_cert_verify_cb, X509_STORE};
use crate::error::{Error, Result};
use crate::handles;
use crate::libcrypto::store::Store;
use crate::objects::callbacks::Hook;
use crate::objects::context::Context;

/// The function that judges chains in X509_verify_cert's place, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cert_verify_callback(ctx: *mut SSL_CTX, cb: SSL_cert_verify_cb, arg: *mut c_void) {
    entry("SSL_CTX_set_cert_verify_callback", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.verify_chain = Hook::new(cb, arg));
        Ok(())
    })
}

/// The store of trusted certificates, owned by the context.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_cert_store(ctx: *const SSL_CTX) -> *mut X509_STORE {
    entry("SSL_CTX_get_cert_store", ptr::null_mut(), || {
        let context = handles::lookup::<Context>(ctx)?;
        // The application may add to it through this address.
        context.renew_chains();
        Ok(context.store().as_ptr())
    })
}

/// Uses this store of trusted certificates; the context takes the caller's reference.
///
/// # Safety
/// `store` is NULL or a live store of which the caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_store(ctx: *mut SSL_CTX, store: *mut X509_STORE) {
    entry("SSL_CTX_set_cert_store", (), || {
        let context = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        context.set_store(unsafe { Store::from_owned(store) }.ok_or(Error::NULL)?);
        Ok(())
    })
}

/// Uses this store of trusted certificates; the context takes a reference of its own.
///
/// # Safety
/// `store` is NULL or a live store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_cert_store(ctx: *mut SSL_CTX, store: *mut X509_STORE) {
    entry("SSL_CTX_set1_cert_store", (), || {
        let context = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        context.set_store(unsafe { Store::from_borrowed(store) }.ok_or(Error::NULL)?);
        Ok(())
    })
}

/// Trusts the certificates of a PEM file. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_file(ctx: *mut SSL_CTX, file: *const c_char) -> c_int {
    entry("SSL_CTX_load_verify_file", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let file = unsafe { optional_string(file) }.ok_or(Error::Silent)?;
        loaded(&context, context.store().load_file(file))
    })
}

/// Trusts the certificates of a directory whose names are hashes. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `dir` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_dir(ctx: *mut SSL_CTX, dir: *const c_char) -> c_int {
    entry("SSL_CTX_load_verify_dir", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let dir = unsafe { optional_string(dir) }.ok_or(Error::Silent)?;
        loaded(&context, context.store().load_dir(dir))
    })
}

/// Trusts the certificates of an OSSL_STORE. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `uri` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_store(ctx: *mut SSL_CTX, uri: *const c_char) -> c_int {
    entry("SSL_CTX_load_verify_store", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let uri = unsafe { optional_string(uri) }.ok_or(Error::Silent)?;
        loaded(&context, context.store().load_uri(uri))
    })
}

/// Trusts the system's certificates. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_paths(ctx: *mut SSL_CTX) -> c_int {
    entry("SSL_CTX_set_default_verify_paths", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        loaded(&context, context.store().load_defaults())
    })
}

/// Trusts the system's certificate file. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_file(ctx: *mut SSL_CTX) -> c_int {
    entry("SSL_CTX_set_default_verify_file", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        loaded(&context, context.store().load_default_file())
    })
}

/// Trusts the system's certificate directory. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_dir(ctx: *mut SSL_CTX) -> c_int {
    entry("SSL_CTX_set_default_verify_dir", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        loaded(&context, context.store().load_default_dir())
    })
}

/// Trusts the system's certificate store. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_store(ctx: *mut SSL_CTX) -> c_int {
    entry("SSL_CTX_set_default_verify_store", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        loaded(&context, context.store().load_default_uri())
    })
}

/// Trusts the certificates of a PEM file and of a directory; either may be NULL, not both. Returns 1 on success, 0 on
/// failure.
///
/// # Safety
/// `file` and `dir` are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_locations(
    ctx: *mut SSL_CTX,
    file: *const c_char,
    dir: *const c_char,
) -> c_int {
    entry("SSL_CTX_load_verify_locations", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let (file, dir) = unsafe { (optional_string(file), optional_string(dir)) };
        if file.is_none() && dir.is_none() {
            return Err(Error::Silent);
        }
        let store = context.store();
        let good = file.is_none_or(|file| store.load_file(file)) && dir.is_none_or(|dir| store.load_dir(dir));
        loaded(&context, good)
    })
}

/// libcrypto says why on the queue.
fn loaded(context: &Context, good: bool) -> Result<c_int> {
    context.renew_chains();
    if good { Ok(1) } else { Err(Error::Queued) }
}
