//! Callbacks that belong to the context: `SSL_CTX_set_client_hello_cb(3)`, `SSL_CTX_set_alpn_select_cb(3)`,
//! `SSL_CTX_sess_set_new_cb(3)`, `SSL_CTX_set_keylog_callback(3)`.

use std::ffi::c_void;

use super::entry::entry;
use super::types::{
    SSL_CTX, SSL_CTX_alpn_select_cb_func, SSL_CTX_keylog_cb_func, SSL_CTX_npn_advertised_cb_func,
    SSL_CTX_npn_select_cb_func, SSL_client_cert_cb, SSL_client_hello_cb_fn, SSL_cookie_generate_cb,
    SSL_cookie_verify_cb, SSL_get_session_cb, SSL_new_session_cb, SSL_remove_session_cb,
    SSL_stateless_cookie_generate_cb, SSL_stateless_cookie_verify_cb,
};
use crate::handles;
use crate::objects::callbacks::Hook;
use crate::objects::context::Context;

/// Sees a ClientHello before anything is decided; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_client_hello_cb(ctx: *mut SSL_CTX, cb: SSL_client_hello_cb_fn, arg: *mut c_void) {
    entry("SSL_CTX_set_client_hello_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.client_hello = Hook::new(cb, arg));
        Ok(())
    })
}

/// Chooses a server's application protocol; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_alpn_select_cb(ctx: *mut SSL_CTX, cb: SSL_CTX_alpn_select_cb_func, arg: *mut c_void) {
    entry("SSL_CTX_set_alpn_select_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.alpn_select = Hook::new(cb, arg));
        Ok(())
    })
}

/// Finds a client's certificate when a server asks for one; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_client_cert_cb(ctx: *mut SSL_CTX, cb: SSL_client_cert_cb) {
    entry("SSL_CTX_set_client_cert_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.client_certificate = cb);
        Ok(())
    })
}

/// The client certificate callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_client_cert_cb(ctx: *mut SSL_CTX) -> SSL_client_cert_cb {
    entry("SSL_CTX_get_client_cert_cb", None, || {
        Ok(handles::lookup::<Context>(ctx)?.hooks().client_certificate)
    })
}

/// Gets every line of an NSS key log; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_keylog_callback(ctx: *mut SSL_CTX, cb: SSL_CTX_keylog_cb_func) {
    entry("SSL_CTX_set_keylog_callback", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.key_log = cb);
        Ok(())
    })
}

/// The key log callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_keylog_callback(ctx: *const SSL_CTX) -> SSL_CTX_keylog_cb_func {
    entry("SSL_CTX_get_keylog_callback", None, || {
        Ok(handles::lookup::<Context>(ctx)?.hooks().key_log)
    })
}

/// Gets each new session, with a reference that it keeps by returning 1; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sess_set_new_cb(ctx: *mut SSL_CTX, cb: SSL_new_session_cb) {
    entry("SSL_CTX_sess_set_new_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.sessions.new = cb);
        Ok(())
    })
}

/// The new-session callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sess_get_new_cb(ctx: *mut SSL_CTX) -> SSL_new_session_cb {
    entry("SSL_CTX_sess_get_new_cb", None, || {
        Ok(handles::lookup::<Context>(ctx)?.hooks().sessions.new)
    })
}

/// Is told of each session that leaves the cache; NULL for nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sess_set_remove_cb(ctx: *mut SSL_CTX, cb: SSL_remove_session_cb) {
    entry("SSL_CTX_sess_set_remove_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.sessions.remove = cb);
        Ok(())
    })
}

/// The remove-session callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sess_get_remove_cb(ctx: *mut SSL_CTX) -> SSL_remove_session_cb {
    entry("SSL_CTX_sess_get_remove_cb", None, || {
        Ok(handles::lookup::<Context>(ctx)?.hooks().sessions.remove)
    })
}

/// Finds sessions outside the cache; NULL for nobody. Kept, and not called yet.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sess_set_get_cb(ctx: *mut SSL_CTX, cb: SSL_get_session_cb) {
    entry("SSL_CTX_sess_set_get_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.sessions.get = cb);
        Ok(())
    })
}

/// The get-session callback, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_sess_get_get_cb(ctx: *mut SSL_CTX) -> SSL_get_session_cb {
    entry("SSL_CTX_sess_get_get_cb", None, || {
        Ok(handles::lookup::<Context>(ctx)?.hooks().sessions.get)
    })
}

/// Kept and never called: TLS 1.3 has no NPN, and ALPN took its place.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_next_protos_advertised_cb(
    ctx: *mut SSL_CTX,
    cb: SSL_CTX_npn_advertised_cb_func,
    arg: *mut c_void,
) {
    entry("SSL_CTX_set_next_protos_advertised_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.npn_advertised = Hook::new(cb, arg));
        Ok(())
    })
}

/// Kept and never called: TLS 1.3 has no NPN, and ALPN took its place.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_next_proto_select_cb(
    ctx: *mut SSL_CTX,
    cb: SSL_CTX_npn_select_cb_func,
    arg: *mut c_void,
) {
    entry("SSL_CTX_set_next_proto_select_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.npn_select = Hook::new(cb, arg));
        Ok(())
    })
}

/// Kept and never called: for DTLS.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cookie_generate_cb(ctx: *mut SSL_CTX, cb: SSL_cookie_generate_cb) {
    entry("SSL_CTX_set_cookie_generate_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.cookie_generate = cb);
        Ok(())
    })
}

/// Kept and never called: for DTLS.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cookie_verify_cb(ctx: *mut SSL_CTX, cb: SSL_cookie_verify_cb) {
    entry("SSL_CTX_set_cookie_verify_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.cookie_verify = cb);
        Ok(())
    })
}

/// Kept and never called: SSL_stateless is not offered.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_stateless_cookie_generate_cb(ctx: *mut SSL_CTX, cb: SSL_stateless_cookie_generate_cb) {
    entry("SSL_CTX_set_stateless_cookie_generate_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.stateless_generate = cb);
        Ok(())
    })
}

/// Kept and never called: SSL_stateless is not offered.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_stateless_cookie_verify_cb(ctx: *mut SSL_CTX, cb: SSL_stateless_cookie_verify_cb) {
    entry("SSL_CTX_set_stateless_cookie_verify_cb", (), || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.inert.stateless_verify = cb);
        Ok(())
    })
}
