//! `SSL_CTX_ctrl(3)` and `SSL_CTX_callback_ctrl(3)`: what stands behind the macros of `openssl/ssl.h`.

use std::ffi::{c_int, c_long, c_void};
use std::sync::atomic::Ordering;

use super::constants as n;
use super::ctrl_chain::show;
use super::ctrl_shared::{list, shared};
use super::entry::{bytes, entry, store};
use super::types::{
    SSL_CTX, SSL_msg_cb, SSL_not_resumable_cb, SSL_servername_cb, SSL_status_cb, SSL_ticket_key_cb, SSL_tmp_dh_cb,
};
use crate::error::{Error, Reason, Result};
use crate::handles;
use crate::libcrypto::x509::Certificate;
use crate::objects::callbacks::Argument;
use crate::objects::config::Configurable;
use crate::objects::context::{Context, Counter};

/// A callback of whatever kind the command says.
pub type GenericCallback = Option<unsafe extern "C" fn()>;

/// Carries out one of the SSL_CTRL_… commands. Returns what the command's macro says; 0 for an unknown one.
///
/// # Safety
/// `parg` points at what the command's macro says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_ctrl(ctx: *mut SSL_CTX, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    entry("SSL_CTX_ctrl", 0, || {
        if ctx.is_null() {
            // SAFETY: the caller's contract.
            return unsafe { check_only(cmd, parg) };
        }
        let context = handles::lookup::<Context>(ctx)?;
        sessions(&context, cmd, larg)
            // SAFETY: the caller's contract.
            .or_else(|| unsafe { extensions(&context, cmd, larg, parg) })
            // SAFETY: the caller's contract.
            .or_else(|| unsafe { extra_chain(&context, cmd, larg, parg) })
            // SAFETY: the caller's contract.
            .or_else(|| unsafe { shared(&*context, cmd, larg, parg) })
            .unwrap_or(Ok(0))
    })
}

/// Without a context the lists of names can be checked, and that is all.
///
/// # Safety
/// `parg` is NULL or a string.
unsafe fn check_only(cmd: c_int, parg: *mut c_void) -> Result<c_long> {
    match cmd {
        n::SSL_CTRL_SET_GROUPS_LIST | n::SSL_CTRL_SET_SIGALGS_LIST | n::SSL_CTRL_SET_CLIENT_SIGALGS_LIST => {
            // SAFETY: the caller's promise.
            unsafe { list(cmd, parg) }.map(|_| 1)
        }
        _ => Err(Error::NULL),
    }
}

fn sessions(context: &Context, cmd: c_int, larg: c_long) -> Option<Result<c_long>> {
    let sessions = &context.sessions;
    if let Some(counter) = Counter::of_command(cmd) {
        return Some(Ok(sessions.counted(counter)));
    }
    Some(Ok(match cmd {
        n::SSL_CTRL_SET_SESS_CACHE_SIZE if larg < 0 => 0,
        n::SSL_CTRL_SET_SESS_CACHE_SIZE => sessions.size.swap(larg, Ordering::Relaxed),
        n::SSL_CTRL_GET_SESS_CACHE_SIZE => sessions.size.load(Ordering::Relaxed),
        n::SSL_CTRL_SET_SESS_CACHE_MODE => c_long::from(sessions.mode.swap(larg as u32, Ordering::Relaxed)),
        n::SSL_CTRL_GET_SESS_CACHE_MODE => c_long::from(sessions.mode.load(Ordering::Relaxed)),
        _ => return None,
    }))
}

/// # Safety
/// `parg` points at what the command's macro says.
unsafe fn extensions(context: &Context, cmd: c_int, larg: c_long, parg: *mut c_void) -> Option<Result<c_long>> {
    Some(Ok(match cmd {
        n::SSL_CTRL_SET_MSG_CALLBACK_ARG => {
            context.update(|config| config.hooks.message.argument = Argument::new(parg));
            1
        }
        n::SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG => {
            context.set_hooks(|hooks| hooks.server_name.argument = Argument::new(parg));
            1
        }
        n::SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG => {
            context.set_hooks(|hooks| hooks.status.argument = Argument::new(parg));
            1
        }
        n::SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB => {
            // SAFETY: the caller's promise.
            unsafe { store(parg.cast::<SSL_status_cb>(), context.hooks().status.function) };
            1
        }
        n::SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB_ARG => {
            // SAFETY: the caller's promise.
            unsafe { store(parg.cast::<*mut c_void>(), context.hooks().status.argument.pointer()) };
            1
        }
        n::SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE => {
            context.update(|config| config.protocol.status_type = larg as i32);
            1
        }
        n::SSL_CTRL_GET_TLSEXT_STATUS_REQ_TYPE => c_long::from(context.config().protocol.status_type),
        // SAFETY: the caller's promise.
        n::SSL_CTRL_SET_TLSEXT_TICKET_KEYS => return Some(unsafe { set_ticket_keys(context, larg, parg.cast()) }),
        // SAFETY: the caller's promise.
        n::SSL_CTRL_GET_TLSEXT_TICKET_KEYS => return Some(unsafe { ticket_keys(context, larg, parg.cast()) }),
        _ => return None,
    }))
}

const TICKET_KEYS_LEN: usize = 80;

/// # Safety
/// `keys` is NULL or points at `len` readable bytes.
unsafe fn set_ticket_keys(context: &Context, len: c_long, keys: *const u8) -> Result<c_long> {
    if keys.is_null() {
        return Ok(TICKET_KEYS_LEN as c_long);
    }
    let len = usize::try_from(len).map_err(|_| Reason::INVALID_TICKET_KEYS_LENGTH)?;
    // SAFETY: the caller's promise.
    context.set_ticket_key(unsafe { bytes(keys, len) }?).map(|()| 1)
}

/// # Safety
/// `keys` is NULL or points at `len` writable bytes.
unsafe fn ticket_keys(context: &Context, len: c_long, keys: *mut u8) -> Result<c_long> {
    if keys.is_null() {
        return Ok(TICKET_KEYS_LEN as c_long);
    }
    if usize::try_from(len) != Ok(TICKET_KEYS_LEN) {
        return Err(Reason::INVALID_TICKET_KEYS_LENGTH.into());
    }
    let key = context.ticket_key().ok_or(Error::INTERNAL)?;
    let blob = key.to_openssl_blob().ok_or(Error::INTERNAL)?;
    // SAFETY: 80 writable bytes by the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(blob.as_ptr(), keys, TICKET_KEYS_LEN) };
    Ok(1)
}

/// # Safety
/// `parg` points at what the command's macro says.
unsafe fn extra_chain(context: &Context, cmd: c_int, larg: c_long, parg: *mut c_void) -> Option<Result<c_long>> {
    Some(match cmd {
        n::SSL_CTRL_EXTRA_CHAIN_CERT => {
            // SAFETY: the caller gives its reference away.
            let issuer = unsafe { Certificate::from_owned(parg.cast()) };
            issuer.ok_or(Error::NULL).and_then(|issuer| {
                context
                    .update(|config| config.credentials.add_to_extra_chain(issuer))
                    .map(|()| 1)
            })
        }
        n::SSL_CTRL_GET_EXTRA_CHAIN_CERTS => {
            let config = context.config();
            let only_extra = larg != 0;
            let extra = config.credentials.extra_chain();
            // SAFETY: the caller's promise.
            unsafe {
                show(
                    parg,
                    extra.or_else(|| config.credentials.chain().filter(|_| !only_extra)),
                )
            };
            Ok(1)
        }
        n::SSL_CTRL_CLEAR_EXTRA_CHAIN_CERTS => {
            context.update(|config| config.credentials.clear_extra_chain());
            Ok(1)
        }
        _ => return None,
    })
}

/// Installs a callback of the kind that the command says. Returns 1, or 0 for an unknown command.
///
/// # Safety
/// `fp` is NULL or of the type that the command's macro says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_callback_ctrl(ctx: *mut SSL_CTX, cmd: c_int, fp: GenericCallback) -> c_long {
    entry("SSL_CTX_callback_ctrl", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        match cmd {
            n::SSL_CTRL_SET_MSG_CALLBACK => {
                // SAFETY: of this type by the caller's contract, and all function pointers are alike in memory.
                let callback = unsafe { std::mem::transmute::<GenericCallback, SSL_msg_cb>(fp) };
                context.update(|config| config.hooks.message.function = callback);
            }
            n::SSL_CTRL_SET_NOT_RESUMABLE_SESS_CB => {
                // SAFETY: as above.
                let callback = unsafe { std::mem::transmute::<GenericCallback, SSL_not_resumable_cb>(fp) };
                context.update(|config| config.hooks.not_resumable = callback);
            }
            n::SSL_CTRL_SET_TLSEXT_SERVERNAME_CB => {
                // SAFETY: as above.
                let callback = unsafe { std::mem::transmute::<GenericCallback, SSL_servername_cb>(fp) };
                context.set_hooks(|hooks| hooks.server_name.function = callback);
            }
            n::SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB => {
                // SAFETY: as above.
                let callback = unsafe { std::mem::transmute::<GenericCallback, SSL_status_cb>(fp) };
                context.set_hooks(|hooks| hooks.status.function = callback);
            }
            n::SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB => {
                // SAFETY: as above.
                let callback = unsafe { std::mem::transmute::<GenericCallback, SSL_ticket_key_cb>(fp) };
                context.set_hooks(|hooks| hooks.tickets.key = callback);
            }
            n::SSL_CTRL_SET_TMP_DH_CB => {
                // SAFETY: as above.
                let callback = unsafe { std::mem::transmute::<GenericCallback, SSL_tmp_dh_cb>(fp) };
                context.set_hooks(|hooks| hooks.inert.tmp_dh = callback);
            }
            _ => return Ok(0),
        }
        Ok(1)
    })
}
