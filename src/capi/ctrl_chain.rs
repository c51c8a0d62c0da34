//! The commands of `SSL_CTX_ctrl(3)` about our own certificates: `SSL_CTX_add1_chain_cert(3)`,
//! `SSL_CTX_build_cert_chain(3)`, `SSL_CTX_set_current_cert(3)`, `SSL_CTX_set1_verify_cert_store(3)`.

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use super::constants as n;
use super::ctrl_shared::Target;
use super::entry::store;
use super::types::{STACK_OF_X509, X509, X509_STORE};
use crate::error::{Common, Error, Result};
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::store::Store;
use crate::libcrypto::x509::Certificate;
use crate::objects::chain_build::BuildFlags;
use crate::objects::config::Config;
use crate::objects::credentials::{Credentials, Select};
use crate::objects::security;

/// Carries a command out, if it is one of these.
///
/// # Safety
/// `parg` points at what the command's macro says.
pub(super) unsafe fn chains<T: Target>(
    target: &T,
    cmd: c_int,
    larg: c_long,
    parg: *mut c_void,
) -> Option<Result<c_long>> {
    Some(match cmd {
        // SAFETY: the caller's promise.
        n::SSL_CTRL_CHAIN => unsafe { set_chain(target, larg != 0, parg.cast()) },
        // SAFETY: the caller's promise.
        n::SSL_CTRL_CHAIN_CERT => unsafe { add_to_chain(target, larg != 0, parg.cast()) },
        n::SSL_CTRL_GET_CHAIN_CERTS => {
            let config = target.config();
            // SAFETY: the caller's promise.
            unsafe { show(parg, config.credentials.chain()) };
            Ok(1)
        }
        n::SSL_CTRL_BUILD_CERT_CHAIN => build(target, larg),
        n::SSL_CTRL_SELECT_CURRENT_CERT => {
            // SAFETY: the caller's promise.
            let certificate = unsafe { Certificate::from_borrowed(parg.cast()) };
            Ok(certificate.map_or(0, |own| {
                c_long::from(target.update(|c| c.credentials.select_current(&own)))
            }))
        }
        n::SSL_CTRL_SET_CURRENT_CERT => Ok(match larg as c_int {
            n::SSL_CERT_SET_FIRST => c_long::from(target.update(|c| c.credentials.set_current(Select::First))),
            n::SSL_CERT_SET_NEXT => c_long::from(target.update(|c| c.credentials.set_current(Select::Next))),
            _ => 0,
        }),
        n::SSL_CTRL_SET_VERIFY_CERT_STORE | n::SSL_CTRL_SET_CHAIN_CERT_STORE => {
            // SAFETY: the caller's promise.
            unsafe { set_store(target, cmd, larg != 0, parg.cast()) };
            Ok(1)
        }
        n::SSL_CTRL_GET_VERIFY_CERT_STORE | n::SSL_CTRL_GET_CHAIN_CERT_STORE => {
            let config = target.config();
            let own = store_slot(&config.credentials, cmd).map_or(ptr::null_mut(), Store::as_ptr);
            // SAFETY: the caller's promise.
            unsafe { store(parg.cast::<*mut X509_STORE>(), own) };
            Ok(1)
        }
        _ => return None,
    })
}

/// # Safety
/// `place` is NULL or points at a writable pointer.
pub(super) unsafe fn show(place: *mut c_void, chain: Option<&CertificateStack>) {
    let chain = chain.map_or(ptr::null_mut(), CertificateStack::as_ptr);
    // SAFETY: the caller's promise.
    unsafe { store(place.cast::<*mut STACK_OF_X509>(), chain) }
}

/// With `counted` (set1) the caller keeps what is its own; without (set0), only when the call fails.
///
/// # Safety
/// `chain` is NULL or a live stack of live certificates, owned by the caller unless `counted`.
unsafe fn set_chain<T: Target>(target: &T, counted: bool, chain: *mut STACK_OF_X509) -> Result<c_long> {
    let policy = security::policy(target);
    let set = |chain: Option<CertificateStack>| {
        target.update(|config| config.credentials.set_chain(chain));
        Ok(1)
    };
    if chain.is_null() {
        return set(None);
    }
    if counted {
        // SAFETY: live by the caller's promise.
        let copy = unsafe { CertificateStack::from_borrowed(chain) }.ok_or(Common::MallocFailure)?;
        policy.check_issuers(&copy)?;
        return set(Some(copy));
    }
    // SAFETY: owned by the caller, who gives it away if all goes well.
    let owned = unsafe { CertificateStack::from_owned(chain) }.ok_or(Error::NULL)?;
    if let Err(error) = policy.check_issuers(&owned) {
        let _still_the_callers = owned.into_raw();
        return Err(error);
    }
    set(Some(owned))
}

/// # Safety
/// `issuer` is NULL or a live certificate, a reference of which is the caller's to give unless `counted`.
unsafe fn add_to_chain<T: Target>(target: &T, counted: bool, issuer: *mut X509) -> Result<c_long> {
    // SAFETY: live by the caller's promise.
    let own = unsafe { Certificate::from_borrowed(issuer) }.ok_or(Error::NULL)?;
    security::policy(target).check(&own, false)?;
    target.update(|config| config.credentials.add_to_chain(own))?;
    if !counted {
        // SAFETY: the caller's reference, which it gave away with this call.
        drop(unsafe { Certificate::from_owned(issuer) });
    }
    Ok(1)
}

fn build<T: Target>(target: &T, flags: c_long) -> Result<c_long> {
    const BUILT: c_long = 1;
    const BUILT_WITH_ERRORS: c_long = 2;
    let trusted = target.trusted();
    let flags = BuildFlags(flags as u32);
    let config = target.config();
    let (chain, good) = config.credentials.build_chain(&trusted, flags)?;
    security::policy(target).check_issuers(&chain)?;
    target.update(|config| config.credentials.set_chain(Some(chain)));
    Ok(if good { BUILT } else { BUILT_WITH_ERRORS })
}

fn store_slot(credentials: &Credentials, cmd: c_int) -> Option<&Store> {
    match cmd {
        n::SSL_CTRL_GET_VERIFY_CERT_STORE => credentials.verify_store.as_ref(),
        _ => credentials.chain_store.as_ref(),
    }
}

/// # Safety
/// `store` is NULL or a live store, a reference of which is the caller's to give unless `counted`.
unsafe fn set_store<T: Target>(target: &T, cmd: c_int, counted: bool, store: *mut X509_STORE) {
    // SAFETY: the caller's promise.
    let store = unsafe {
        if counted {
            Store::from_borrowed(store)
        } else {
            Store::from_owned(store)
        }
    };
    target.update(|config: &mut Config| match cmd {
        n::SSL_CTRL_SET_VERIFY_CERT_STORE => config.credentials.verify_store = store,
        _ => {
            config.credentials.chain_store = store;
            config.credentials.renew_all();
        }
    });
}
