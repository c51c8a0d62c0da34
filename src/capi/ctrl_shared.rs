//! What `SSL_CTX_ctrl(3)` and `SSL_ctrl` have in common: the commands behind the macros of `openssl/ssl.h`.

use std::ffi::{c_char, c_int, c_long, c_void};

use super::constants as n;
use super::ctrl_chain;
use super::entry::{bytes, string};
use crate::error::{Error, Reason, Result};
use crate::libcrypto::pkey;
use crate::libcrypto::store::Store;
use crate::objects::config::{Config, Configurable, Protocol};
use crate::objects::connection::Connection;
use crate::objects::context::Context;
use crate::objects::method::SSL_METHOD;
use crate::objects::{group, scheme};

/// What the commands need beside the configuration.
pub(super) trait Target: Configurable {
    /// The method, which may fix the version.
    fn method(&self) -> &'static SSL_METHOD;
    /// The context's trusted certificates.
    fn trusted(&self) -> Store;
}

impl Target for Context {
    fn method(&self) -> &'static SSL_METHOD {
        self.method()
    }
    fn trusted(&self) -> Store {
        self.store()
    }
}

impl Target for Connection {
    fn method(&self) -> &'static SSL_METHOD {
        self.context().method()
    }
    fn trusted(&self) -> Store {
        self.context().store()
    }
}

/// Carries a command out, if it is one of those that contexts and connections share.
///
/// # Safety
/// `parg` points at what the command's macro says.
pub(super) unsafe fn shared<T: Target>(
    target: &T,
    cmd: c_int,
    larg: c_long,
    parg: *mut c_void,
) -> Option<Result<c_long>> {
    settings(target, cmd, larg)
        // SAFETY: the caller's promise.
        .or_else(|| unsafe { algorithms(target, cmd, larg, parg) })
        // SAFETY: the caller's promise.
        .or_else(|| unsafe { ctrl_chain::chains(target, cmd, larg, parg) })
}

/// Commands whose whole argument is a number.
fn settings<T: Target>(target: &T, cmd: c_int, larg: c_long) -> Option<Result<c_long>> {
    let number = usize::try_from(larg).ok();
    let config = || target.config();
    let set = |change: &dyn Fn(&mut Config) -> bool| c_long::from(target.update(change));
    Some(Ok(match cmd {
        n::SSL_CTRL_MODE => mode(target, larg as u32, 0),
        n::SSL_CTRL_CLEAR_MODE => mode(target, 0, larg as u32),
        n::SSL_CTRL_GET_READ_AHEAD => c_long::from(config().records.read_ahead),
        n::SSL_CTRL_SET_READ_AHEAD => {
            c_long::from(target.update(|c| std::mem::replace(&mut c.records.read_ahead, larg != 0)))
        }
        n::SSL_CTRL_GET_MAX_CERT_LIST => config().records.max_certificate_len as c_long,
        n::SSL_CTRL_SET_MAX_CERT_LIST => number.map_or(0, |len| {
            target.update(|c| std::mem::replace(&mut c.records.max_certificate_len, len)) as c_long
        }),
        n::SSL_CTRL_SET_MAX_SEND_FRAGMENT => set(&|c| number.is_some_and(|len| c.records.set_max_send_fragment(len))),
        n::SSL_CTRL_SET_SPLIT_SEND_FRAGMENT => {
            set(&|c| number.is_some_and(|len| c.records.set_split_send_fragment(len)))
        }
        n::SSL_CTRL_SET_MAX_PIPELINES => set(&|c| number.is_some_and(|count| c.records.set_max_pipelines(count))),
        n::SSL_CTRL_CERT_FLAGS => c_long::from(target.update(|c| {
            c.credentials.flags |= larg as u32;
            c.credentials.flags
        })),
        n::SSL_CTRL_CLEAR_CERT_FLAGS => c_long::from(target.update(|c| {
            c.credentials.flags &= !(larg as u32);
            c.credentials.flags
        })),
        n::SSL_CTRL_SET_MIN_PROTO_VERSION => version(target, larg, |protocol, version| protocol.min_version = version),
        n::SSL_CTRL_SET_MAX_PROTO_VERSION => version(target, larg, |protocol, version| protocol.max_version = version),
        n::SSL_CTRL_GET_MIN_PROTO_VERSION => c_long::from(config().protocol.min_version),
        n::SSL_CTRL_GET_MAX_PROTO_VERSION => c_long::from(config().protocol.max_version),
        // Elliptic curves are all there is, and they need no telling.
        n::SSL_CTRL_SET_DH_AUTO => 1,
        _ => return None,
    }))
}

fn mode<T: Target>(target: &T, on: u32, off: u32) -> c_long {
    c_long::from(target.update(|config| {
        config.protocol.mode = (config.protocol.mode | on) & !off;
        config.credentials.renew_all();
        config.protocol.mode
    }))
}

/// A method with a fixed version accepts limits and goes by its own.
fn version<T: Target>(target: &T, number: c_long, set: impl FnOnce(&mut Protocol, u16)) -> c_long {
    if !Protocol::accepts_version(number) {
        return 0;
    }
    let is_tls = number == 0 || (0x0300..=0x0304).contains(&number);
    if is_tls && target.method().version == 0 {
        target.update(|config| set(&mut config.protocol, number as u16));
    }
    1
}

/// Groups and signature schemes, as lists of numbers or names.
///
/// # Safety
/// `parg` points at `larg` ints, at a string or at a key, as the command's macro says.
unsafe fn algorithms<T: Target>(target: &T, cmd: c_int, larg: c_long, parg: *mut c_void) -> Option<Result<c_long>> {
    let codes = match cmd {
        // SAFETY: the caller's promise.
        n::SSL_CTRL_SET_GROUPS => unsafe { numbers(parg, larg) }.and_then(|nids| group::from_nids(&nids)),
        // SAFETY: the caller's promise.
        n::SSL_CTRL_SET_TMP_ECDH => unsafe { curve(parg) },
        n::SSL_CTRL_SET_SIGALGS | n::SSL_CTRL_SET_CLIENT_SIGALGS => {
            // SAFETY: the caller's promise.
            unsafe { numbers(parg, larg) }.and_then(|nids| scheme::from_nid_pairs(&nids).ok_or(Error::Silent))
        }
        // SAFETY: the caller's promise.
        n::SSL_CTRL_SET_GROUPS_LIST | n::SSL_CTRL_SET_SIGALGS_LIST | n::SSL_CTRL_SET_CLIENT_SIGALGS_LIST => unsafe {
            list(cmd, parg)
        },
        // There is no finite-field key agreement here that could use the parameters.
        n::SSL_CTRL_SET_TMP_DH => return Some(if parg.is_null() { Err(Error::NULL) } else { Ok(1) }),
        _ => return None,
    };
    Some(codes.map(|codes| {
        let codes = Some(codes.into());
        target.update(|config| match cmd {
            n::SSL_CTRL_SET_SIGALGS | n::SSL_CTRL_SET_SIGALGS_LIST => config.algorithms.schemes = codes,
            n::SSL_CTRL_SET_CLIENT_SIGALGS | n::SSL_CTRL_SET_CLIENT_SIGALGS_LIST => {
                config.algorithms.client_schemes = codes
            }
            _ => config.algorithms.groups = codes,
        });
        1
    }))
}

/// Reads one of the lists of names. Also serves `SSL_CTX_ctrl` without a context, which only checks.
///
/// # Safety
/// `parg` is NULL or a string.
pub(super) unsafe fn list(cmd: c_int, parg: *mut c_void) -> Result<Vec<u16>> {
    // SAFETY: the caller's promise.
    let text = unsafe { string(parg.cast::<c_char>()) }?.to_string_lossy();
    match cmd {
        n::SSL_CTRL_SET_GROUPS_LIST => group::parse_list(&text),
        _ => scheme::parse_list(&text).ok_or(Error::Silent),
    }
}

/// `SSL_CTX_set_tmp_ecdh`: a key stands for its curve, which is then the only group.
///
/// # Safety
/// `key` is NULL or a live EC key.
unsafe fn curve(key: *mut c_void) -> Result<Vec<u16>> {
    if key.is_null() {
        return Err(Error::NULL);
    }
    // SAFETY: the caller's promise.
    let nid = unsafe { pkey::curve_nid(key.cast()) }.ok_or(Reason::MISSING_PARAMETERS)?;
    group::from_nids(&[nid])
}

/// # Safety
/// `parg` points at `len` ints.
unsafe fn numbers(parg: *mut c_void, len: c_long) -> Result<Vec<c_int>> {
    const INT_LEN: usize = size_of::<c_int>();
    let len = usize::try_from(len)
        .ok()
        .and_then(|len| len.checked_mul(INT_LEN))
        .ok_or(Error::Silent)?;
    // SAFETY: the caller's promise; bytes need no alignment.
    let raw = unsafe { bytes(parg.cast(), len) }?;
    Ok(raw
        .chunks_exact(INT_LEN)
        .filter_map(|int| int.try_into().ok())
        .map(c_int::from_ne_bytes)
        .collect())
}
