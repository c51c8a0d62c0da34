//! Certificates in use, and lists of authorities: `SSL_CTX_get0_certificate(3)`, `SSL_CTX_set0_CA_list(3)`,
//! `SSL_load_client_CA_file(3)`.

use std::ffi::{c_char, c_int};
use std::ptr;

use super::entry::{entry, string};
use super::types::{EVP_PKEY, OSSL_LIB_CTX, SSL, SSL_CTX, STACK_OF_X509_NAME, X509};
use crate::error::{Common, Error, Result};
use crate::handles;
use crate::libcrypto::pkey::Key;
use crate::libcrypto::stack::{NameStack, push_name, stack_der};
use crate::libcrypto::x509::Certificate;
use crate::objects::authorities::{List, Owner, Subjects};
use crate::objects::config::{Config, Configurable};
use crate::objects::connection::Connection;
use crate::objects::context::Context;

/// The current certificate, owned by the context; NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_certificate(ctx: *const SSL_CTX) -> *mut X509 {
    entry("SSL_CTX_get0_certificate", ptr::null_mut(), || {
        Ok(certificate(&handles::lookup::<Context>(ctx)?.config()))
    })
}

/// The current certificate, owned by the connection; NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_certificate(ssl: *const SSL) -> *mut X509 {
    entry("SSL_get_certificate", ptr::null_mut(), || {
        Ok(certificate(&handles::lookup::<Connection>(ssl)?.config()))
    })
}

/// The current private key, owned by the context; NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_privatekey(ctx: *const SSL_CTX) -> *mut EVP_PKEY {
    entry("SSL_CTX_get0_privatekey", ptr::null_mut(), || {
        Ok(key(&handles::lookup::<Context>(ctx)?.config()))
    })
}

/// The current private key, owned by the connection; NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_privatekey(ssl: *const SSL) -> *mut EVP_PKEY {
    entry("SSL_get_privatekey", ptr::null_mut(), || {
        Ok(key(&handles::lookup::<Connection>(ssl)?.config()))
    })
}

/// Forgets the connection's certificates and keys.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_certs_clear(ssl: *mut SSL) {
    entry("SSL_certs_clear", (), || {
        handles::lookup::<Connection>(ssl)?.update(|config| config.credentials.clear());
        Ok(())
    })
}

fn certificate(config: &Config) -> *mut X509 {
    config
        .credentials
        .certificate()
        .map_or(ptr::null_mut(), Certificate::as_ptr)
}

fn key(config: &Config) -> *mut EVP_PKEY {
    config.credentials.key().map_or(ptr::null_mut(), Key::as_ptr)
}

/// The authorities named to clients that are asked for a certificate; the library takes the list over.
///
/// # Safety
/// `name_list` is NULL or a list that the caller owns with its names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_client_CA_list(ctx: *mut SSL_CTX, name_list: *mut STACK_OF_X509_NAME) {
    entry("SSL_CTX_set_client_CA_list", (), || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let names = unsafe { NameStack::from_owned(name_list) };
        target.update(|config| config.set_authority_list(Owner::Context, List::ForClients, names));
        Ok(())
    })
}

/// The authorities named to clients that are asked for a certificate; the library takes the list over.
///
/// # Safety
/// `name_list` is NULL or a list that the caller owns with its names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_client_CA_list(ssl: *mut SSL, name_list: *mut STACK_OF_X509_NAME) {
    entry("SSL_set_client_CA_list", (), || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let names = unsafe { NameStack::from_owned(name_list) };
        target.update(|config| config.set_authority_list(Owner::Connection, List::ForClients, names));
        Ok(())
    })
}

/// The authorities named to the peer, client or server; the library takes the list over.
///
/// # Safety
/// `name_list` is NULL or a list that the caller owns with its names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_CA_list(ctx: *mut SSL_CTX, name_list: *mut STACK_OF_X509_NAME) {
    entry("SSL_CTX_set0_CA_list", (), || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let names = unsafe { NameStack::from_owned(name_list) };
        target.update(|config| config.set_authority_list(Owner::Context, List::ForBoth, names));
        Ok(())
    })
}

/// The authorities named to the peer, client or server; the library takes the list over.
///
/// # Safety
/// `name_list` is NULL or a list that the caller owns with its names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_CA_list(ssl: *mut SSL, name_list: *mut STACK_OF_X509_NAME) {
    entry("SSL_set0_CA_list", (), || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let names = unsafe { NameStack::from_owned(name_list) };
        target.update(|config| config.set_authority_list(Owner::Connection, List::ForBoth, names));
        Ok(())
    })
}

/// The list of `set0_CA_list`, owned by the object.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_CA_list(ctx: *const SSL_CTX) -> *const STACK_OF_X509_NAME {
    entry("SSL_CTX_get0_CA_list", ptr::null(), || {
        Ok(list(&handles::lookup::<Context>(ctx)?.config(), List::ForBoth))
    })
}

/// The list of `set0_CA_list`, owned by the object.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_CA_list(ssl: *const SSL) -> *const STACK_OF_X509_NAME {
    entry("SSL_get0_CA_list", ptr::null(), || {
        Ok(list(
            &handles::lookup::<Connection>(ssl)?.present_config(),
            List::ForBoth,
        ))
    })
}

/// Adds a certificate's subject to the authorities named to clients. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `x` is NULL or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add_client_CA(ctx: *mut SSL_CTX, x: *mut X509) -> c_int {
    entry("SSL_CTX_add_client_CA", 0, || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let certificate = unsafe { Certificate::from_borrowed(x) }.ok_or(Error::Silent)?;
        target
            .update(|config| config.add_authority(Owner::Context, List::ForClients, &certificate))
            .map(|()| 1)
    })
}

/// Adds a certificate's subject to the authorities named to clients. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `x` is NULL or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_client_CA(ssl: *mut SSL, x: *mut X509) -> c_int {
    entry("SSL_add_client_CA", 0, || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let certificate = unsafe { Certificate::from_borrowed(x) }.ok_or(Error::Silent)?;
        target
            .update(|config| config.add_authority(Owner::Connection, List::ForClients, &certificate))
            .map(|()| 1)
    })
}

/// Adds a certificate's subject to the authorities named to the peer. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `x` is NULL or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add1_to_CA_list(ctx: *mut SSL_CTX, x: *const X509) -> c_int {
    entry("SSL_CTX_add1_to_CA_list", 0, || {
        let target = handles::lookup::<Context>(ctx)?;
        // SAFETY: the caller's contract.
        let certificate = unsafe { Certificate::from_borrowed(x.cast_mut()) }.ok_or(Error::Silent)?;
        target
            .update(|config| config.add_authority(Owner::Context, List::ForBoth, &certificate))
            .map(|()| 1)
    })
}

/// Adds a certificate's subject to the authorities named to the peer. Returns 1 on success, 0 on failure.
///
/// # Safety
/// `x` is NULL or a live certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add1_to_CA_list(ssl: *mut SSL, x: *const X509) -> c_int {
    entry("SSL_add1_to_CA_list", 0, || {
        let target = handles::lookup::<Connection>(ssl)?;
        // SAFETY: the caller's contract.
        let certificate = unsafe { Certificate::from_borrowed(x.cast_mut()) }.ok_or(Error::Silent)?;
        target
            .update(|config| config.add_authority(Owner::Connection, List::ForBoth, &certificate))
            .map(|()| 1)
    })
}

/// The list of `SSL_CTX_set_client_CA_list`, owned by the context.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_client_CA_list(ctx: *const SSL_CTX) -> *mut STACK_OF_X509_NAME {
    entry("SSL_CTX_get_client_CA_list", ptr::null_mut(), || {
        Ok(list(&handles::lookup::<Context>(ctx)?.config(), List::ForClients).cast_mut())
    })
}

fn list(config: &Config, list: List) -> *const STACK_OF_X509_NAME {
    config
        .authority_list(list)
        .map_or(ptr::null(), |names| names.as_ptr().cast_const())
}

/// A copy of a list of names, which the caller owns. NULL on failure.
///
/// # Safety
/// `sk` is NULL or a live list of live names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup_CA_list(sk: *const STACK_OF_X509_NAME) -> *mut STACK_OF_X509_NAME {
    entry("SSL_dup_CA_list", ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        unsafe { NameStack::from_borrowed(sk) }
            .map(NameStack::into_raw)
            .ok_or_else(|| Common::MallocFailure.into())
    })
}

/// The subjects of the certificates in a PEM file, each once; the caller owns the list. NULL on failure.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_load_client_CA_file(file: *const c_char) -> *mut STACK_OF_X509_NAME {
    entry("SSL_load_client_CA_file", ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        Subjects::load(unsafe { string(file) }?).map(NameStack::into_raw)
    })
}

/// As `SSL_load_client_CA_file`; the library context serves nothing, since names need no algorithms.
///
/// # Safety
/// `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_load_client_CA_file_ex(
    file: *const c_char,
    _libctx: *mut OSSL_LIB_CTX,
    _propq: *const c_char,
) -> *mut STACK_OF_X509_NAME {
    entry("SSL_load_client_CA_file_ex", ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        Subjects::load(unsafe { string(file) }?).map(NameStack::into_raw)
    })
}

/// Adds the subjects of the certificates in a PEM file to a list that does not have them yet. Returns 1 on success, 0 on
/// failure.
///
/// # Safety
/// `stack` is a live list of live names, `file` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_file_cert_subjects_to_stack(
    stack: *mut STACK_OF_X509_NAME,
    file: *const c_char,
) -> c_int {
    entry("SSL_add_file_cert_subjects_to_stack", 0, || {
        // SAFETY: the caller's contract.
        unsafe {
            let file = string(file)?;
            add_to(stack, |subjects| {
                subjects.add_file(file)?;
                crate::libcrypto::err::clear();
                Ok(())
            })
        }
    })
}

/// Adds the subjects of the certificates in the files of a directory to a list that does not have them yet. Returns 1 on
/// success, 0 on failure.
///
/// # Safety
/// `stack` is a live list of live names, `dir` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_dir_cert_subjects_to_stack(
    stack: *mut STACK_OF_X509_NAME,
    dir: *const c_char,
) -> c_int {
    entry("SSL_add_dir_cert_subjects_to_stack", 0, || {
        // SAFETY: the caller's contract.
        unsafe {
            let dir = string(dir)?;
            add_to(stack, |subjects| subjects.add_dir(dir))
        }
    })
}

/// Adds the subjects of the certificates in the store at a URI to a list that does not have them yet. Returns 1 on success,
/// 0 on failure.
///
/// # Safety
/// `stack` is a live list of live names, `uri` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_store_cert_subjects_to_stack(
    stack: *mut STACK_OF_X509_NAME,
    uri: *const c_char,
) -> c_int {
    entry("SSL_add_store_cert_subjects_to_stack", 0, || {
        // SAFETY: the caller's contract.
        unsafe {
            let uri = string(uri)?;
            add_to(stack, |subjects| {
                subjects.add_store(uri)?;
                crate::libcrypto::err::clear();
                Ok(())
            })
        }
    })
}

/// # Safety
/// `stack` is NULL or a live list of live names.
unsafe fn add_to(stack: *mut STACK_OF_X509_NAME, add: impl FnOnce(&mut Subjects) -> Result<()>) -> Result<c_int> {
    if stack.is_null() {
        return Err(Error::NULL);
    }
    // SAFETY: live by the caller's promise.
    let mut subjects = Subjects::beside(unsafe { stack_der(stack) });
    add(&mut subjects)?;
    for name in subjects.into_names() {
        // SAFETY: live by the caller's promise.
        if !unsafe { push_name(stack, name) } {
            return Err(Common::MallocFailure.into());
        }
    }
    Ok(1)
}
