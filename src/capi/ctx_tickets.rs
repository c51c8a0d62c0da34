//! Tickets: `SSL_CTX_set_tlsext_ticket_key_cb(3)`, `SSL_CTX_set_session_ticket_cb(3)`, `SSL_CTX_set_num_tickets(3)`.

use std::ffi::{c_int, c_void};

use super::entry::entry;
use super::types::{
    SSL, SSL_CTX, SSL_CTX_decrypt_session_ticket_fn, SSL_CTX_generate_session_ticket_fn, SSL_ticket_key_cb,
    SSL_ticket_key_evp_cb,
};
use crate::handles;
use crate::objects::callbacks::Argument;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Chooses the keys that tickets are sealed and opened with. In OpenSSL's own header this is a macro over
/// `SSL_CTX_callback_ctrl`, which works here too. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tlsext_ticket_key_cb(ctx: *mut SSL_CTX, cb: SSL_ticket_key_cb) -> c_int {
    entry("SSL_CTX_set_tlsext_ticket_key_cb", 0, || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.tickets.key = cb);
        Ok(1)
    })
}

/// As `SSL_CTX_set_tlsext_ticket_key_cb`, with an EVP_MAC_CTX; it goes before that one. Returns 1 on success, 0 on
/// failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx: *mut SSL_CTX, cb: SSL_ticket_key_evp_cb) -> c_int {
    entry("SSL_CTX_set_tlsext_ticket_key_evp_cb", 0, || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| hooks.tickets.key_evp = cb);
        Ok(1)
    })
}

/// Two callbacks with one argument: `generate` just before a ticket is made, `decrypt` just after one was tried. Either may
/// be NULL. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_session_ticket_cb(
    ctx: *mut SSL_CTX,
    generate: SSL_CTX_generate_session_ticket_fn,
    decrypt: SSL_CTX_decrypt_session_ticket_fn,
    arg: *mut c_void,
) -> c_int {
    entry("SSL_CTX_set_session_ticket_cb", 0, || {
        handles::lookup::<Context>(ctx)?.set_hooks(|hooks| {
            hooks.tickets.generate = generate;
            hooks.tickets.decrypt = decrypt;
            hooks.tickets.argument = Argument::new(arg);
        });
        Ok(1)
    })
}

/// How many tickets a TLS 1.3 server sends after a full handshake. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_num_tickets(ctx: *mut SSL_CTX, num_tickets: usize) -> c_int {
    entry("SSL_CTX_set_num_tickets", 0, || {
        handles::lookup::<Context>(ctx)?.update(|config| config.resumption.num_tickets = num_tickets);
        Ok(1)
    })
}

/// How many tickets a TLS 1.3 server sends after a full handshake. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_num_tickets(ssl: *mut SSL, num_tickets: usize) -> c_int {
    entry("SSL_set_num_tickets", 0, || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.resumption.num_tickets = num_tickets);
        Ok(1)
    })
}

/// How many tickets a TLS 1.3 server sends after a full handshake.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_num_tickets(ctx: *const SSL_CTX) -> usize {
    entry("SSL_CTX_get_num_tickets", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().resumption.num_tickets)
    })
}

/// How many tickets a TLS 1.3 server sends after a full handshake.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_num_tickets(ssl: *const SSL) -> usize {
    entry("SSL_get_num_tickets", 0, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().resumption.num_tickets)
    })
}
