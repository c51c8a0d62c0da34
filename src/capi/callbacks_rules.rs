//! Callbacks that decide: `SSL_CTX_set_record_padding_callback(3)`, `SSL_CTX_set_security_callback(3)`,
//! `SSL_CTX_set_generate_session_id(3)`, `SSL_CTX_set_allow_early_data_cb(3)`.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::entry::entry;
use super::types::{
    GEN_SESSION_CB, SSL, SSL_CTX, SSL_allow_early_data_cb_fn, SSL_not_resumable_cb, SSL_record_padding_cb,
    SSL_security_cb,
};
use crate::handles;
use crate::objects::callbacks::{Argument, Hook};
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// How much padding a TLS 1.3 record gets; NULL for `SSL_CTX_set_block_padding`'s.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_record_padding_callback(ctx: *mut SSL_CTX, cb: SSL_record_padding_cb) {
    entry("SSL_CTX_set_record_padding_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.record_padding.function = cb);
        Ok(())
    })
}

/// As `SSL_CTX_set_record_padding_callback`. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_record_padding_callback(ssl: *mut SSL, cb: SSL_record_padding_cb) -> c_int {
    entry("SSL_set_record_padding_callback", 0, || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.record_padding.function = cb);
        Ok(1)
    })
}

/// The last argument of the padding callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_record_padding_callback_arg(ctx: *mut SSL_CTX, arg: *mut c_void) {
    entry("SSL_CTX_set_record_padding_callback_arg", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.record_padding.argument = Argument::new(arg));
        Ok(())
    })
}

/// The last argument of the padding callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_record_padding_callback_arg(ssl: *mut SSL, arg: *mut c_void) {
    entry("SSL_set_record_padding_callback_arg", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.record_padding.argument = Argument::new(arg));
        Ok(())
    })
}

/// The last argument of the padding callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_record_padding_callback_arg(ctx: *const SSL_CTX) -> *mut c_void {
    entry("SSL_CTX_get_record_padding_callback_arg", ptr::null_mut(), || {
        Ok(handles::lookup::<Context>(ctx)?
            .config()
            .hooks
            .record_padding
            .argument
            .pointer())
    })
}

/// The last argument of the padding callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_record_padding_callback_arg(ssl: *const SSL) -> *mut c_void {
    entry("SSL_get_record_padding_callback_arg", ptr::null_mut(), || {
        Ok(handles::lookup::<Connection>(ssl)?
            .config()
            .hooks
            .record_padding
            .argument
            .pointer())
    })
}

/// Decides whether an algorithm or key is strong enough, in place of the security level. What both sides have is put to
/// it all at once, where OpenSSL goes on asking only until something will do.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_security_callback(ctx: *mut SSL_CTX, cb: SSL_security_cb) {
    entry("SSL_CTX_set_security_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.security.function = cb);
        Ok(())
    })
}

/// Decides whether an algorithm or key is strong enough, in place of the security level. What both sides have is put to
/// it all at once, where OpenSSL goes on asking only until something will do.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_security_callback(ssl: *mut SSL, cb: SSL_security_cb) {
    entry("SSL_set_security_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.security.function = cb);
        Ok(())
    })
}

/// The security callback, or NULL for the library's own.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_security_callback(ctx: *const SSL_CTX) -> SSL_security_cb {
    entry("SSL_CTX_get_security_callback", None, || {
        Ok(handles::lookup::<Context>(ctx)?.config().hooks.security.function)
    })
}

/// The security callback, or NULL for the library's own.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_security_callback(ssl: *const SSL) -> SSL_security_cb {
    entry("SSL_get_security_callback", None, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().hooks.security.function)
    })
}

/// The last argument of the security callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set0_security_ex_data(ctx: *mut SSL_CTX, ex: *mut c_void) {
    entry("SSL_CTX_set0_security_ex_data", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.security.argument = Argument::new(ex));
        Ok(())
    })
}

/// The last argument of the security callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set0_security_ex_data(ssl: *mut SSL, ex: *mut c_void) {
    entry("SSL_set0_security_ex_data", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.security.argument = Argument::new(ex));
        Ok(())
    })
}

/// The last argument of the security callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_security_ex_data(ctx: *const SSL_CTX) -> *mut c_void {
    entry("SSL_CTX_get0_security_ex_data", ptr::null_mut(), || {
        Ok(handles::lookup::<Context>(ctx)?
            .config()
            .hooks
            .security
            .argument
            .pointer())
    })
}

/// The last argument of the security callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_security_ex_data(ssl: *const SSL) -> *mut c_void {
    entry("SSL_get0_security_ex_data", ptr::null_mut(), || {
        Ok(handles::lookup::<Connection>(ssl)?
            .config()
            .hooks
            .security
            .argument
            .pointer())
    })
}

/// Makes session ids, which must be new to the context; NULL for random ones. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_generate_session_id(ctx: *mut SSL_CTX, cb: GEN_SESSION_CB) -> c_int {
    entry("SSL_CTX_set_generate_session_id", 0, || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.generate_session_id = cb);
        Ok(1)
    })
}

/// Makes session ids, which must be new to the context; NULL for random ones. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_generate_session_id(ssl: *mut SSL, cb: GEN_SESSION_CB) -> c_int {
    entry("SSL_set_generate_session_id", 0, || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.generate_session_id = cb);
        Ok(1)
    })
}

/// Decides whether a session may be resumed; NULL for the library's own rules.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_not_resumable_session_callback(ctx: *mut SSL_CTX, cb: SSL_not_resumable_cb) {
    entry("SSL_CTX_set_not_resumable_session_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.not_resumable = cb);
        Ok(())
    })
}

/// Decides whether a session may be resumed; NULL for the library's own rules.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_not_resumable_session_callback(ssl: *mut SSL, cb: SSL_not_resumable_cb) {
    entry("SSL_set_not_resumable_session_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.not_resumable = cb);
        Ok(())
    })
}

/// Decides whether a server takes early data, when everything else speaks for it; NULL for yes.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_allow_early_data_cb(ctx: *mut SSL_CTX, cb: SSL_allow_early_data_cb_fn, arg: *mut c_void) {
    entry("SSL_CTX_set_allow_early_data_cb", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.allow_early_data = Hook::new(cb, arg));
        Ok(())
    })
}

/// Decides whether a server takes early data, when everything else speaks for it; NULL for yes.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_allow_early_data_cb(ssl: *mut SSL, cb: SSL_allow_early_data_cb_fn, arg: *mut c_void) {
    entry("SSL_set_allow_early_data_cb", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.allow_early_data = Hook::new(cb, arg));
        Ok(())
    })
}
