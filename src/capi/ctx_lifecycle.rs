//! Contexts: `SSL_CTX_new(3)`, `SSL_CTX_free(3)`, `OPENSSL_init_ssl(3)`.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::conf_module;
use super::entry::{entry, optional_string};
use super::types::{OPENSSL_INIT_SETTINGS, OSSL_LIB_CTX, SSL_CTX, SSL_METHOD};
use crate::error::{Reason, Result};
use crate::handles;
use crate::libcrypto::err;
use crate::libcrypto::lib_ctx::{self, Library};
use crate::objects::context::Context;
use crate::objects::method;

/// Makes the library ready, which it does by itself when it is needed. Returns 1.
///
/// # Safety
/// `settings` is NULL or an OPENSSL_INIT_SETTINGS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OPENSSL_init_ssl(options: u64, settings: *const OPENSSL_INIT_SETTINGS) -> c_int {
    entry("OPENSSL_init_ssl", 0, || {
        err::load_strings();
        let config = if options & INIT_NO_LOAD_CONFIG == 0 {
            INIT_LOAD_CONFIG
        } else {
            0
        };
        // SAFETY: the caller's contract.
        Ok(c_int::from(unsafe {
            lib_ctx::initialise(options | INIT | config, settings.cast())
        }))
    })
}

/// OPENSSL_INIT_ADD_ALL_CIPHERS and OPENSSL_INIT_ADD_ALL_DIGESTS
const INIT: u64 = 0x0c;
const INIT_LOAD_CONFIG: u64 = 0x40;
const INIT_NO_LOAD_CONFIG: u64 = 0x80;

/// Makes a context for connections of this method. NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_new(meth: *const SSL_METHOD) -> *mut SSL_CTX {
    entry("SSL_CTX_new", ptr::null_mut(), || create(meth, Library::default()))
}

/// Makes a context with a library context and a property query, which the EVP_MAC of ticket key callbacks is fetched from.
/// Everything else is the default library context's, or not libcrypto's. NULL on failure.
///
/// # Safety
/// `libctx` is NULL or outlives the context, `propq` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new_ex(
    libctx: *mut OSSL_LIB_CTX,
    propq: *const c_char,
    meth: *const SSL_METHOD,
) -> *mut SSL_CTX {
    entry("SSL_CTX_new_ex", ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        let query = unsafe { optional_string(propq) };
        create(meth, Library::new(libctx, query))
    })
}

fn create(method: *const SSL_METHOD, library: Library) -> Result<*mut SSL_CTX> {
    let method = method::known(method).ok_or(Reason::NULL_SSL_METHOD_PASSED)?;
    err::load_strings();
    // SAFETY: no settings.
    unsafe { lib_ctx::initialise(INIT | INIT_LOAD_CONFIG, ptr::null()) };
    let context = Context::open(method, library)?;
    let handle = context.to_c();
    conf_module::system_default(handle);
    Ok(handle)
}

/// One more reference on the context. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_up_ref(ctx: *mut SSL_CTX) -> c_int {
    entry("SSL_CTX_up_ref", 0, || Ok(handles::up_ref::<Context>(ctx).map(|()| 1)?))
}

/// Gives a reference on the context back. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_free(ctx: *mut SSL_CTX) {
    entry("SSL_CTX_free", (), || Ok(handles::release::<Context>(ctx)?))
}

/// The method that the context was made with. NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_ssl_method(ctx: *const SSL_CTX) -> *const SSL_METHOD {
    entry("SSL_CTX_get_ssl_method", ptr::null(), || {
        Ok(ptr::from_ref(handles::lookup::<Context>(ctx)?.method()))
    })
}

/// Changes the method of connections to come. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_ssl_version(ctx: *mut SSL_CTX, meth: *const SSL_METHOD) -> c_int {
    entry("SSL_CTX_set_ssl_version", 0, || {
        let method = method::known(meth).ok_or(Reason::NULL_SSL_METHOD_PASSED)?;
        handles::lookup::<Context>(ctx)?.set_method(method);
        Ok(1)
    })
}

/// Keeps a pointer of the application's under an index of `SSL_CTX_get_ex_new_index`. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_ex_data(ctx: *mut SSL_CTX, idx: c_int, data: *mut c_void) -> c_int {
    entry("SSL_CTX_set_ex_data", 0, || {
        Ok(c_int::from(handles::lookup::<Context>(ctx)?.ex_data().set(idx, data)))
    })
}

/// The pointer that was kept under this index, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_ex_data(ctx: *const SSL_CTX, idx: c_int) -> *mut c_void {
    entry("SSL_CTX_get_ex_data", ptr::null_mut(), || {
        Ok(handles::lookup::<Context>(ctx)?.ex_data().value(idx))
    })
}
