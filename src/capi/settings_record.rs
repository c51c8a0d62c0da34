//! Small settings: `SSL_CTX_set_quiet_shutdown(3)`, `SSL_CTX_set_block_padding(3)`, `SSL_CTX_set_post_handshake_auth(3)`,
//! `SSL_CTX_set_security_level(3)`, `SSL_CTX_set_timeout(3)`.

use std::ffi::{c_int, c_long};
use std::sync::atomic::Ordering;

use super::entry::entry;
use super::types::{SSL, SSL_CTX};
use crate::handles;
use crate::objects::config::Configurable;
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// Whether SSL_shutdown says goodbye to nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_quiet_shutdown(ctx: *mut SSL_CTX, mode: c_int) {
    entry("SSL_CTX_set_quiet_shutdown", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.protocol.quiet_shutdown = mode != 0);
        Ok(())
    })
}

/// Whether SSL_shutdown says goodbye to nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_quiet_shutdown(ssl: *mut SSL, mode: c_int) {
    entry("SSL_set_quiet_shutdown", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.protocol.quiet_shutdown = mode != 0);
        Ok(())
    })
}

/// Whether SSL_shutdown says goodbye to nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_quiet_shutdown(ctx: *const SSL_CTX) -> c_int {
    entry("SSL_CTX_get_quiet_shutdown", 0, || {
        Ok(c_int::from(
            handles::lookup::<Context>(ctx)?.config().protocol.quiet_shutdown,
        ))
    })
}

/// Whether SSL_shutdown says goodbye to nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_quiet_shutdown(ssl: *const SSL) -> c_int {
    entry("SSL_get_quiet_shutdown", 0, || {
        Ok(c_int::from(
            handles::lookup::<Connection>(ssl)?.config().protocol.quiet_shutdown,
        ))
    })
}

/// Pads TLS 1.3 records to a multiple of this many bytes, at most 16384. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_block_padding(ctx: *mut SSL_CTX, block_size: usize) -> c_int {
    entry("SSL_CTX_set_block_padding", 0, || {
        let done = handles::lookup::<Context>(ctx)?.update(|config| config.records.set_block_padding(block_size));
        Ok(c_int::from(done))
    })
}

/// Pads TLS 1.3 records to a multiple of this many bytes, at most 16384. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_block_padding(ssl: *mut SSL, block_size: usize) -> c_int {
    entry("SSL_set_block_padding", 0, || {
        let done = handles::lookup::<Connection>(ssl)?.update(|config| config.records.set_block_padding(block_size));
        Ok(c_int::from(done))
    })
}

/// How large the read buffer is. Kept; buffers here are as large as they need to be.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_read_buffer_len(ctx: *mut SSL_CTX, len: usize) {
    entry("SSL_CTX_set_default_read_buffer_len", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.records.default_read_buffer_len = len);
        Ok(())
    })
}

/// How large the read buffer is. Kept; buffers here are as large as they need to be.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_read_buffer_len(ssl: *mut SSL, len: usize) {
    entry("SSL_set_default_read_buffer_len", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.records.default_read_buffer_len = len);
        Ok(())
    })
}

/// The longest record to ask the server for (RFC 6066's code). Kept, and not used yet: nothing is asked for. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_tlsext_max_fragment_length(ctx: *mut SSL_CTX, mode: u8) -> c_int {
    entry("SSL_CTX_set_tlsext_max_fragment_length", 0, || {
        handles::lookup::<Context>(ctx)?
            .update(|config| config.records.set_max_fragment_mode(mode))
            .map(|()| 1)
    })
}

/// The longest record to ask the server for (RFC 6066's code). Kept, and not used yet: nothing is asked for. Returns 1 on success, 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_tlsext_max_fragment_length(ssl: *mut SSL, mode: u8) -> c_int {
    entry("SSL_set_tlsext_max_fragment_length", 0, || {
        handles::lookup::<Connection>(ssl)?
            .update(|config| config.records.set_max_fragment_mode(mode))
            .map(|()| 1)
    })
}

/// Whether a client offers to prove itself after the handshake (RFC 8446 section 4.2.6).
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_post_handshake_auth(ctx: *mut SSL_CTX, val: c_int) {
    entry("SSL_CTX_set_post_handshake_auth", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.verify.post_handshake_auth = val != 0);
        Ok(())
    })
}

/// Whether a client offers to prove itself after the handshake (RFC 8446 section 4.2.6).
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_post_handshake_auth(ssl: *mut SSL, val: c_int) {
    entry("SSL_set_post_handshake_auth", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.verify.post_handshake_auth = val != 0);
        Ok(())
    })
}

/// The least strength of keys and algorithms, 0 to 5.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_security_level(ctx: *mut SSL_CTX, level: c_int) {
    entry("SSL_CTX_set_security_level", (), || {
        handles::lookup::<Context>(ctx)?.update(|config| config.algorithms.security_level = level);
        Ok(())
    })
}

/// The least strength of keys and algorithms, 0 to 5.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_security_level(ssl: *mut SSL, level: c_int) {
    entry("SSL_set_security_level", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.algorithms.security_level = level);
        Ok(())
    })
}

/// The least strength of keys and algorithms.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_security_level(ctx: *const SSL_CTX) -> c_int {
    entry("SSL_CTX_get_security_level", 0, || {
        Ok(handles::lookup::<Context>(ctx)?.config().algorithms.security_level)
    })
}

/// The least strength of keys and algorithms.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_security_level(ssl: *const SSL) -> c_int {
    entry("SSL_get_security_level", 0, || {
        Ok(handles::lookup::<Connection>(ssl)?.config().algorithms.security_level)
    })
}

/// Whether reading takes as much as there is.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_read_ahead(ssl: *mut SSL, yes: c_int) {
    entry("SSL_set_read_ahead", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.records.read_ahead = yes != 0);
        Ok(())
    })
}

/// Whether reading takes as much as there is.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_read_ahead(ssl: *const SSL) -> c_int {
    entry("SSL_get_read_ahead", 0, || {
        Ok(c_int::from(
            handles::lookup::<Connection>(ssl)?.config().records.read_ahead,
        ))
    })
}

/// How long new sessions live, in seconds. Returns what it was.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_timeout(ctx: *mut SSL_CTX, seconds: c_long) -> c_long {
    if ctx.is_null() {
        return 0;
    }
    entry("SSL_CTX_set_timeout", 0, || {
        Ok(handles::lookup::<Context>(ctx)?
            .sessions
            .timeout
            .swap(seconds, Ordering::Relaxed))
    })
}

/// How long new sessions live, in seconds.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_timeout(ctx: *const SSL_CTX) -> c_long {
    if ctx.is_null() {
        return 0;
    }
    entry("SSL_CTX_get_timeout", 0, || {
        Ok(handles::lookup::<Context>(ctx)?
            .sessions
            .timeout
            .load(Ordering::Relaxed))
    })
}
