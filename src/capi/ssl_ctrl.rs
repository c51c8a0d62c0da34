//! SSL_ctrl(3), SSL_callback_ctrl(3): the commands behind most SSL_set_… and SSL_get_… macros.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};

use super::ctrl_shared;
use super::entry::{entry, optional_string, store};
use super::ssl_lifecycle::connection;
use super::types::{SSL, SSL_msg_cb};
use super::{ssl_groups, ssl_peer, ssl_staple};
use crate::drive::session;
use crate::error::{Common, Reason, Result};
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, Want};

/// The commands that are a connection's own; the rest is shared with contexts.
mod command {
    use std::ffi::c_int;

    pub(super) const GET_CLIENT_CERT_REQUEST: c_int = 9;
    pub(super) const GET_NUM_RENEGOTIATIONS: c_int = 10;
    pub(super) const CLEAR_NUM_RENEGOTIATIONS: c_int = 11;
    pub(super) const GET_TOTAL_RENEGOTIATIONS: c_int = 12;
    pub(super) const GET_FLAGS: c_int = 13;
    pub(super) const SET_MSG_CALLBACK: c_int = 15;
    pub(super) const SET_MTU: c_int = 17;
    pub(super) const SET_HOSTNAME: c_int = 55;
    pub(super) const SET_DEBUG_CB: c_int = 56;
    pub(super) const SET_DEBUG_ARG: c_int = 57;
    pub(super) const STATUS_FIRST: c_int = 65;
    pub(super) const GET_STATUS_TYPE: c_int = 127;
    pub(super) const STATUS_LAST: c_int = 71;
    pub(super) const GET_RI_SUPPORT: c_int = 76;
    pub(super) const GET_GROUPS: c_int = 90;
    pub(super) const GET_SHARED_GROUP: c_int = 93;
    pub(super) const GET_PEER_SIGNATURE_NID: c_int = 108;
    pub(super) const GET_PEER_TMP_KEY: c_int = 109;
    pub(super) const GET_RAW_CIPHERLIST: c_int = 110;
    pub(super) const GET_EC_POINT_FORMATS: c_int = 111;
    pub(super) const GET_EXTMS_SUPPORT: c_int = 122;
    pub(super) const GET_SIGNATURE_NID: c_int = 132;
    pub(super) const GET_TMP_KEY: c_int = 133;
    pub(super) const GET_NEGOTIATED_GROUP: c_int = 134;
    pub(super) const SET_RETRY_VERIFY: c_int = 136;
}

/// TLSEXT_NAMETYPE_host_name
const NAME_TYPE_HOST: c_long = 0;
/// TLSEXT_MAXLEN_host_name
const MAX_HOST_NAME: usize = 255;

/// Carries out a command on a connection. What it returns depends on the command; 0 on failure, as a rule.
///
/// SSL_ctrl(3)
///
/// # Safety
/// `ssl` is a connection of this library; `parg` is what the manual page of the macro behind `cmd` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_ctrl(ssl: *mut SSL, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    entry("SSL_ctrl", 0, || {
        let connection = connection(ssl)?;
        // SAFETY: the caller's contract above.
        unsafe { run(&connection, cmd, larg, parg) }
    })
}

/// # Safety
/// `parg` is what `cmd` asks for.
unsafe fn run(connection: &Connection, cmd: c_int, larg: c_long, parg: *mut c_void) -> Result<c_long> {
    use command as c;
    match cmd {
        // Renegotiation and DTLS: there never was one.
        c::GET_CLIENT_CERT_REQUEST
        | c::GET_NUM_RENEGOTIATIONS
        | c::CLEAR_NUM_RENEGOTIATIONS
        | c::GET_TOTAL_RENEGOTIATIONS
        | c::GET_FLAGS
        | c::SET_MTU => Ok(0),
        c::GET_RI_SUPPORT => {
            let supported = connection.with_engine(|engine| engine.secure_renegotiation());
            Ok(supported.unwrap_or_default().into())
        }
        // SAFETY: the macro passes a string or NULL.
        c::SET_HOSTNAME => set_host_name(connection, larg, unsafe { optional_string(parg.cast::<c_char>()) }),
        c::SET_DEBUG_ARG => Ok(1),
        // SAFETY: the caller's promise.
        c::STATUS_FIRST..=c::STATUS_LAST | c::GET_STATUS_TYPE => unsafe {
            ssl_staple::run(connection, cmd, larg, parg)
        },
        // SAFETY: the macro passes room for the NIDs, or NULL.
        c::GET_GROUPS => Ok(unsafe { ssl_groups::store_peer_groups(connection, parg.cast()) }),
        c::GET_SHARED_GROUP => Ok(ssl_groups::shared(connection, larg)),
        c::GET_NEGOTIATED_GROUP => Ok(ssl_groups::negotiated(connection)),
        // SAFETY: the macro passes a place for the NID.
        c::GET_PEER_SIGNATURE_NID => Ok(unsafe { ssl_peer::store_digest(connection, true, parg.cast()) }),
        // SAFETY: as above.
        c::GET_SIGNATURE_NID => Ok(unsafe { ssl_peer::store_digest(connection, false, parg.cast()) }),
        // SAFETY: the macro passes a place for an EVP_PKEY *.
        c::GET_PEER_TMP_KEY => Ok(unsafe { ssl_groups::store_peer_share(connection, parg.cast()) }),
        c::GET_TMP_KEY => {
            // SAFETY: as above. Our own ephemeral key is gone as soon as it was used.
            unsafe { store(parg.cast(), std::ptr::null_mut::<c_void>()) };
            Ok(0)
        }
        // SAFETY: the macro passes a place for a pointer, or NULL.
        c::GET_RAW_CIPHERLIST => Ok(unsafe { raw_cipher_list(connection, parg.cast()) }),
        c::GET_EC_POINT_FORMATS => Ok(0),
        c::GET_EXTMS_SUPPORT if connection.status().in_init() => Ok(-1),
        c::GET_EXTMS_SUPPORT => {
            let session = session::current(connection);
            Ok(session
                .is_some_and(|session| session.read(|session| session.extended_master_secret()))
                .into())
        }
        c::SET_RETRY_VERIFY => {
            connection.status().set_want(Want::Verify);
            Ok(1)
        }
        // SAFETY: the caller's promise.
        _ => unsafe { ctrl_shared::shared(connection, cmd, larg, parg) }.unwrap_or(Ok(0)),
    }
}

/// SSL_set_tlsext_host_name(3): the name that a client sends; NULL for none.
fn set_host_name(connection: &Connection, kind: c_long, name: Option<&CStr>) -> Result<c_long> {
    if kind != NAME_TYPE_HOST {
        return Err(Reason::SSL3_EXT_INVALID_SERVERNAME_TYPE.into());
    }
    if name.is_some_and(|name| name.is_empty() || name.count_bytes() > MAX_HOST_NAME) {
        return Err(Reason::SSL3_EXT_INVALID_SERVERNAME.into());
    }
    connection.own().host_name = name.map(CStr::to_owned);
    Ok(1)
}

/// The client's cipher suites as they came; how many bytes, or with no place for them how many bytes each has.
///
/// # Safety
/// `place` is NULL or writable.
unsafe fn raw_cipher_list(connection: &Connection, place: *mut *const u8) -> c_long {
    const BYTES_EACH: c_long = 2;
    if place.is_null() {
        return BYTES_EACH;
    }
    let list = connection.with_lists(|lists| (lists.suites.as_ptr(), lists.suites.len()));
    let Some((at, len)) = list else { return 0 };
    // SAFETY: the caller's promise.
    unsafe { store(place, at) };
    c_long::try_from(len).unwrap_or_default()
}

/// Any function: what it really is depends on the command.
type AnyFunction = Option<unsafe extern "C" fn()>;

/// Sets a callback of a connection. Returns 1, or 0 for a command that sets none.
///
/// SSL_callback_ctrl(3)
///
/// # Safety
/// `ssl` is a connection of this library; `fp` is NULL or a function of the type that `cmd` asks for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_callback_ctrl(ssl: *mut SSL, cmd: c_int, fp: AnyFunction) -> c_long {
    entry("SSL_callback_ctrl", 0, || {
        let connection = connection(ssl)?;
        match cmd {
            command::SET_MSG_CALLBACK => {
                // SAFETY: for this command the caller passes a message callback; both are pointers to functions.
                let function = unsafe { std::mem::transmute::<AnyFunction, SSL_msg_cb>(fp) };
                connection.update(|config| config.hooks.message.function = function);
                Ok(1)
            }
            // SSL_set_tlsext_debug_callback: TLS 1.3's extensions are not shown one by one.
            command::SET_DEBUG_CB => Ok(1),
            _ => Err(Common::PassedInvalidArgument.into()),
        }
    })
}
