//! SSL_new(3), SSL_free(3), SSL_clear(3), SSL_set_connect_state(3), SSL_do_handshake(3): making, ending and opening
//! connections.

use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;

use super::entry::entry;
use super::types::{SSL, SSL_CTX};
use crate::drive::handshake;
use crate::error::{Reason, Result};
use crate::handles;
use crate::objects::connection::{Connection, Role};
use crate::objects::context::Context;

/// The connection behind a handle, for one call.
pub(super) fn connection(ssl: *const SSL) -> Result<Arc<Connection>> {
    Ok(handles::lookup::<Connection>(ssl)?)
}

/// Makes a connection, which takes over the settings of `ctx`.
///
/// The caller owns it; NULL on failure. SSL_new(3)
///
/// # Safety
/// `ctx` is a context of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_new(ctx: *mut SSL_CTX) -> *mut SSL {
    entry("SSL_new", ptr::null_mut(), || {
        if ctx.is_null() {
            return Err(Reason::NULL_SSL_CTX.into());
        }
        let context = handles::acquire::<Context>(ctx)?;
        Ok(Connection::open(context)?.to_c())
    })
}

/// Gives one reference on a connection back; the last one ends it. NULL is fine.
///
/// SSL_free(3)
///
/// # Safety
/// `ssl` is NULL or a connection of this library of which the caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_free(ssl: *mut SSL) {
    entry("SSL_free", (), || Ok(handles::release::<Connection>(ssl)?));
}

/// Takes one more reference on a connection. Returns 1, or 0 on failure.
///
/// SSL_up_ref(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_up_ref(s: *mut SSL) -> c_int {
    entry("SSL_up_ref", 0, || {
        handles::up_ref::<Connection>(s)?;
        Ok(1)
    })
}

/// Makes a connection ready for another handshake with the same settings, side and BIOs. Returns 1, or 0 on failure.
///
/// SSL_clear(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_clear(s: *mut SSL) -> c_int {
    entry("SSL_clear", 0, || {
        connection(s)?.clear()?;
        Ok(1)
    })
}

/// A connection with the same settings, if nothing has happened on `s` yet; otherwise one more reference on `s` itself.
///
/// The caller owns the result; NULL on failure. SSL_dup(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup(s: *mut SSL) -> *mut SSL {
    entry("SSL_dup", ptr::null_mut(), || {
        let original = handles::acquire::<Connection>(s)?;
        match original.duplicate()? {
            Some(copy) => Ok(copy.to_c()),
            None => Ok(original.to_c()),
        }
    })
}

/// The connection will accept.
///
/// SSL_set_accept_state(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_accept_state(s: *mut SSL) {
    entry("SSL_set_accept_state", (), || set_side(s, Role::Server));
}

/// The connection will connect.
///
/// SSL_set_connect_state(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_connect_state(s: *mut SSL) {
    entry("SSL_set_connect_state", (), || set_side(s, Role::Client));
}

fn set_side(s: *mut SSL, role: Role) -> Result<()> {
    let connection = connection(s)?;
    connection.restart()?;
    connection.status().choose_role(role);
    Ok(())
}

/// 1 for a connection that accepts, and for one whose method may accept as long as nobody has said what it will do.
///
/// SSL_is_server(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_is_server(s: *const SSL) -> c_int {
    entry("SSL_is_server", 0, || {
        Ok(c_int::from(connection(s)?.status().role() == Role::Server))
    })
}

/// Does the handshake, or goes on with it. Returns 1 when it is done; for 0 and less see SSL_get_error(3).
///
/// SSL_do_handshake(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_do_handshake(s: *mut SSL) -> c_int {
    entry("SSL_do_handshake", -1, || {
        let connection = connection(s)?;
        Ok(done(handshake::perform(&connection), "SSL_do_handshake"))
    })
}

/// Waits for a client's handshake. Returns 1 when it is done; for 0 and less see SSL_get_error(3).
///
/// SSL_accept(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_accept(ssl: *mut SSL) -> c_int {
    entry("SSL_accept", -1, || perform_as(ssl, Role::Server, "SSL_accept"))
}

/// Starts a handshake with a server. Returns 1 when it is done; for 0 and less see SSL_get_error(3).
///
/// SSL_connect(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_connect(ssl: *mut SSL) -> c_int {
    entry("SSL_connect", -1, || perform_as(ssl, Role::Client, "SSL_connect"))
}

fn perform_as(ssl: *mut SSL, role: Role, name: &'static str) -> Result<c_int> {
    Ok(done(handshake::perform_as(&*connection(ssl)?, role), name))
}

fn done(result: std::result::Result<(), crate::drive::Halt>, name: &'static str) -> c_int {
    result.map_or_else(|halt| halt.handshake_result(name), |()| 1)
}

/// Switches a connection to another context: its certificates, and its session-id context if the connection has none
/// of its own. NULL goes back to the first one. Returns the context in force, or NULL on failure.
///
/// The result belongs to the connection. SSL_set_SSL_CTX(3)
///
/// # Safety
/// `ssl` is a connection of this library, `ctx` NULL or a context of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_SSL_CTX(ssl: *mut SSL, ctx: *mut SSL_CTX) -> *mut SSL_CTX {
    entry("SSL_set_SSL_CTX", ptr::null_mut(), || {
        let connection = connection(ssl)?;
        let context = if ctx.is_null() {
            connection.session_context().clone()
        } else {
            handles::acquire::<Context>(ctx)?
        };
        connection.switch_context(context);
        Ok(connection.context().as_ptr())
    })
}

/// The context of a connection, which keeps its reference.
///
/// SSL_get_SSL_CTX(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_SSL_CTX(ssl: *const SSL) -> *mut SSL_CTX {
    entry("SSL_get_SSL_CTX", ptr::null_mut(), || {
        Ok(connection(ssl)?.context().as_ptr())
    })
}
