//! Callbacks that a connection takes over from its context: `SSL_CTX_set_info_callback(3)`, `SSL_CTX_set_cert_cb(3)`,
//! `SSL_CTX_set_default_passwd_cb(3)`, `SSL_CTX_set_psk_client_callback(3)`.

use std::ffi::c_void;
use std::ptr;

use super::entry::entry;
use super::types::{
    SSL, SSL_CTX, SSL_cert_cb, SSL_info_cb, SSL_msg_cb, SSL_psk_client_cb_func, SSL_psk_find_session_cb_func,
    SSL_psk_server_cb_func, SSL_psk_use_session_cb_func, pem_password_cb,
};
use crate::handles;
use crate::objects::callbacks::{Argument, Hook};
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Called as a connection goes from state to state, at alerts, and at the end of handshakes; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_info_callback(ctx: *mut SSL_CTX, cb: SSL_info_cb) {
    entry("SSL_CTX_set_info_callback", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.info = cb);
        Ok(())
    })
}

/// Called as a connection goes from state to state, at alerts, and at the end of handshakes; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_info_callback(ssl: *mut SSL, cb: SSL_info_cb) {
    entry("SSL_set_info_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.info = cb);
        Ok(())
    })
}

/// The info callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_info_callback(ctx: *mut SSL_CTX) -> SSL_info_cb {
    entry("SSL_CTX_get_info_callback", None, || {
        Ok(handles::lookup::<Context>(ctx)?.hooks().info)
    })
}

/// The info callback that was set on the connection itself, or NULL: what it has from its context does not count.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_info_callback(ssl: *const SSL) -> SSL_info_cb {
    entry("SSL_get_info_callback", None, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().hooks.info)
    })
}

/// Called with every message and record header; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_msg_callback(ctx: *mut SSL_CTX, cb: SSL_msg_cb) {
    entry("SSL_CTX_set_msg_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.message.function = cb);
        Ok(())
    })
}

/// Called with every message and record header; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_msg_callback(ssl: *mut SSL, cb: SSL_msg_cb) {
    entry("SSL_set_msg_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.message.function = cb);
        Ok(())
    })
}

/// Called before a certificate is needed, to choose one; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cert_cb(ctx: *mut SSL_CTX, cb: SSL_cert_cb, arg: *mut c_void) {
    entry("SSL_CTX_set_cert_cb", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.certificate = Hook::new(cb, arg));
        Ok(())
    })
}

/// Called before a certificate is needed, to choose one; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_cert_cb(ssl: *mut SSL, cb: SSL_cert_cb, arg: *mut c_void) {
    entry("SSL_set_cert_cb", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.certificate = Hook::new(cb, arg));
        Ok(())
    })
}

/// Asks for the pass phrases of private keys; NULL for libcrypto's prompt.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_passwd_cb(ctx: *mut SSL_CTX, cb: Option<pem_password_cb>) {
    entry("SSL_CTX_set_default_passwd_cb", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.password.function = cb);
        Ok(())
    })
}

/// Asks for the pass phrases of private keys; NULL for libcrypto's prompt.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_passwd_cb(ssl: *mut SSL, cb: Option<pem_password_cb>) {
    entry("SSL_set_default_passwd_cb", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.password.function = cb);
        Ok(())
    })
}

/// The last argument of the pass phrase callback; without one, the pass phrase.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_passwd_cb_userdata(ctx: *mut SSL_CTX, u: *mut c_void) {
    entry("SSL_CTX_set_default_passwd_cb_userdata", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.password.argument = Argument::new(u));
        Ok(())
    })
}

/// The last argument of the pass phrase callback; without one, the pass phrase.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_passwd_cb_userdata(ssl: *mut SSL, u: *mut c_void) {
    entry("SSL_set_default_passwd_cb_userdata", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.password.argument = Argument::new(u));
        Ok(())
    })
}

/// The pass phrase callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_default_passwd_cb(ctx: *mut SSL_CTX) -> Option<pem_password_cb> {
    entry("SSL_CTX_get_default_passwd_cb", None, || {
        Ok(handles::lookup::<Context>(ctx)?.config().hooks.password.function)
    })
}

/// The pass phrase callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_default_passwd_cb(ssl: *mut SSL) -> Option<pem_password_cb> {
    entry("SSL_get_default_passwd_cb", None, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().hooks.password.function)
    })
}

/// The last argument of the pass phrase callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_default_passwd_cb_userdata(ctx: *mut SSL_CTX) -> *mut c_void {
    entry("SSL_CTX_get_default_passwd_cb_userdata", ptr::null_mut(), || {
        Ok(handles::lookup::<Context>(ctx)?
            .config()
            .hooks
            .password
            .argument
            .pointer())
    })
}

/// The last argument of the pass phrase callback.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_default_passwd_cb_userdata(ssl: *mut SSL) -> *mut c_void {
    entry("SSL_get_default_passwd_cb_userdata", ptr::null_mut(), || {
        Ok(handles::lookup::<Connection>(ssl)?
            .config()
            .hooks
            .password
            .argument
            .pointer())
    })
}

/// A client's pre-shared key, in TLS 1.3 for suites with SHA-256, if SSL_set_psk_use_session_callback's function has none; NULL
/// for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_client_callback(ctx: *mut SSL_CTX, cb: SSL_psk_client_cb_func) {
    entry("SSL_CTX_set_psk_client_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.psk.client = cb);
        Ok(())
    })
}

/// A client's pre-shared key, in TLS 1.3 for suites with SHA-256, if SSL_set_psk_use_session_callback's function has none; NULL
/// for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_client_callback(ssl: *mut SSL, cb: SSL_psk_client_cb_func) {
    entry("SSL_set_psk_client_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.psk.client = cb);
        Ok(())
    })
}

/// A server's pre-shared keys, in TLS 1.3 for suites with SHA-256, if SSL_set_psk_find_session_callback's function does not
/// know the identity; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_server_callback(ctx: *mut SSL_CTX, cb: SSL_psk_server_cb_func) {
    entry("SSL_CTX_set_psk_server_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.psk.server = cb);
        Ok(())
    })
}

/// A server's pre-shared keys, in TLS 1.3 for suites with SHA-256, if SSL_set_psk_find_session_callback's function does not
/// know the identity; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_server_callback(ssl: *mut SSL, cb: SSL_psk_server_cb_func) {
    entry("SSL_set_psk_server_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.psk.server = cb);
        Ok(())
    })
}

/// Finds a TLS 1.3 server's pre-shared keys, asked for every identity before it is tried as a ticket; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_find_session_callback(ctx: *mut SSL_CTX, cb: SSL_psk_find_session_cb_func) {
    entry("SSL_CTX_set_psk_find_session_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.psk.find_session = cb);
        Ok(())
    })
}

/// Finds a TLS 1.3 server's pre-shared keys, asked for every identity before it is tried as a ticket; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_find_session_callback(ssl: *mut SSL, cb: SSL_psk_find_session_cb_func) {
    entry("SSL_set_psk_find_session_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.psk.find_session = cb);
        Ok(())
    })
}

/// A TLS 1.3 client's pre-shared key, offered after the ticket; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_psk_use_session_callback(ctx: *mut SSL_CTX, cb: SSL_psk_use_session_cb_func) {
    entry("SSL_CTX_set_psk_use_session_callback", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.hooks.psk.use_session = cb);
        Ok(())
    })
}

/// A TLS 1.3 client's pre-shared key, offered after the ticket; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_psk_use_session_callback(ssl: *mut SSL, cb: SSL_psk_use_session_cb_func) {
    entry("SSL_set_psk_use_session_callback", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.hooks.psk.use_session = cb);
        Ok(())
    })
}
