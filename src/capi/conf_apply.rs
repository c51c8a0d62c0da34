//! Carries the changes of a configuration over to its target, through the entry points that C would use: a setting by name
//! is the same setting.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};

use super::authorities::{
    SSL_CTX_set0_CA_list, SSL_add_dir_cert_subjects_to_stack, SSL_add_file_cert_subjects_to_stack,
    SSL_add_store_cert_subjects_to_stack, SSL_set0_CA_list,
};
use super::cipher_list::{
    SSL_CTX_set_cipher_list, SSL_CTX_set_ciphersuites, SSL_set_cipher_list, SSL_set_ciphersuites,
};
use super::constants::*;
use super::credential_certificate::{SSL_CTX_use_certificate_chain_file, SSL_use_certificate_chain_file};
use super::credential_key::{SSL_CTX_use_PrivateKey_file, SSL_use_PrivateKey_file};
use super::ctx_ctrl::SSL_CTX_ctrl;
use super::ctx_tickets::{SSL_CTX_set_num_tickets, SSL_set_num_tickets};
use super::settings_record::{SSL_CTX_set_block_padding, SSL_set_block_padding};
use super::settings_session::{SSL_CTX_clear_options, SSL_CTX_set_options, SSL_clear_options, SSL_set_options};
use super::ssl_ctrl::SSL_ctrl;
use super::types::{EVP_PKEY, SSL, SSL_CTX, X509_STORE};
use super::unsupported::{SSL_CTX_set0_tmp_dh_pkey, SSL_CTX_use_serverinfo_file, SSL_set0_tmp_dh_pkey};
use super::verify::{
    SSL_CTX_get_verify_callback, SSL_CTX_get_verify_mode, SSL_CTX_set_verify, SSL_get_verify_callback,
    SSL_get_verify_mode, SSL_set_verify,
};
use crate::libcrypto::pem::File;
use crate::libcrypto::pkey::Key;
use crate::libcrypto::stack::NameStack;
use crate::libcrypto::store::Store;
use crate::objects::conf::{Change, Configuration, Purpose, Source, Target};

/// Applies a change. Without a target there is nothing to do, and the answer is OpenSSL's: numbers and version limits
/// are then no good, everything else is.
pub fn apply(configuration: &Configuration, target: Target, change: &Change) -> bool {
    remember(configuration, change)
        && match target {
            Target::Nothing => !matches!(
                change,
                Change::MinVersion(_) | Change::MaxVersion(_) | Change::BlockPadding(_) | Change::NumTickets(_)
            ),
            Target::Context(ctx) => to_context(std::ptr::without_provenance_mut(ctx), change),
            Target::Connection(ssl) => to_connection(std::ptr::without_provenance_mut(ssl), change),
        }
}

/// Asks for the collected names, which the target takes over.
pub fn apply_ca_names(target: Target, names: NameStack) {
    match target {
        Target::Nothing => drop(names),
        // SAFETY: the stack is given away, and an entry point checks its handle.
        Target::Context(ctx) => unsafe {
            SSL_CTX_set0_CA_list(std::ptr::without_provenance_mut(ctx), names.into_raw())
        },
        // SAFETY: as above.
        Target::Connection(ssl) => unsafe { SSL_set0_CA_list(std::ptr::without_provenance_mut(ssl), names.into_raw()) },
    }
}

/// What the configuration itself must know of a change. False when the names could not be read.
fn remember(configuration: &Configuration, change: &Change) -> bool {
    match change {
        Change::Certificate(file) => configuration.state().without_key.push(file.clone()),
        Change::PrivateKey(_) => configuration.state().without_key.clear(),
        Change::CaNames(source, place) => {
            let mut state = configuration.state();
            let Some(names) = state.ca_names.take().or_else(NameStack::new) else {
                return false;
            };
            // SAFETY: a live stack of names and a string.
            let read = unsafe {
                match source {
                    Source::File => SSL_add_file_cert_subjects_to_stack(names.as_ptr(), place.as_ptr()),
                    Source::Directory => SSL_add_dir_cert_subjects_to_stack(names.as_ptr(), place.as_ptr()),
                    Source::Uri => SSL_add_store_cert_subjects_to_stack(names.as_ptr(), place.as_ptr()),
                }
            };
            state.ca_names = Some(names);
            return read == 1;
        }
        _ => {}
    }
    true
}

fn to_context(ctx: *mut SSL_CTX, change: &Change) -> bool {
    let control = |command, number: c_long, pointer: *const c_char| {
        // SAFETY: each command gets what its manual page says: a number, or a string, or NULL.
        unsafe { SSL_CTX_ctrl(ctx, command, number, pointer.cast_mut().cast()) > 0 }
    };
    let nothing = std::ptr::null();
    // SAFETY: entry points check their handles; every pointer is a string that lives for the call.
    unsafe {
        match change {
            Change::Options(bits, true) => always(SSL_CTX_set_options(ctx, *bits)),
            Change::Options(bits, false) => always(SSL_CTX_clear_options(ctx, *bits)),
            Change::VerifyMode(bits, on) => {
                let mode = changed(SSL_CTX_get_verify_mode(ctx), *bits, *on);
                SSL_CTX_set_verify(ctx, mode, SSL_CTX_get_verify_callback(ctx));
                true
            }
            Change::CertificateFlags(bits) => always(control(SSL_CTRL_CERT_FLAGS, *bits, nothing)),
            Change::MinVersion(version) => control(SSL_CTRL_SET_MIN_PROTO_VERSION, c_long::from(*version), nothing),
            Change::MaxVersion(version) => control(SSL_CTRL_SET_MAX_PROTO_VERSION, c_long::from(*version), nothing),
            Change::CipherList(list) => SSL_CTX_set_cipher_list(ctx, list.as_ptr()) == 1,
            Change::Ciphersuites(list) => SSL_CTX_set_ciphersuites(ctx, list.as_ptr()) == 1,
            Change::Groups(list) => control(SSL_CTRL_SET_GROUPS_LIST, 0, list.as_ptr()),
            Change::Schemes(list) => control(SSL_CTRL_SET_SIGALGS_LIST, 0, list.as_ptr()),
            Change::ClientSchemes(list) => control(SSL_CTRL_SET_CLIENT_SIGALGS_LIST, 0, list.as_ptr()),
            Change::Certificate(file) => SSL_CTX_use_certificate_chain_file(ctx, file.as_ptr()) == 1,
            Change::PrivateKey(file) => SSL_CTX_use_PrivateKey_file(ctx, file.as_ptr(), SSL_FILETYPE_PEM) == 1,
            Change::ServerInfo(file) => SSL_CTX_use_serverinfo_file(ctx, file.as_ptr()) == 1,
            Change::DhParameters(file) => {
                dh_parameters(file).is_some_and(|key| SSL_CTX_set0_tmp_dh_pkey(ctx, key) == 1)
            }
            Change::Store(purpose, source, place) => {
                let (get, set) = store_commands(*purpose);
                let pointers = |command, pointer: *mut c_void| SSL_CTX_ctrl(ctx, command, 0, pointer) > 0;
                into_store(pointers, get, set, *source, place)
            }
            Change::CaNames(..) => true,
            Change::BlockPadding(size) => SSL_CTX_set_block_padding(ctx, *size) == 1,
            Change::NumTickets(count) => SSL_CTX_set_num_tickets(ctx, *count) == 1,
        }
    }
}

fn to_connection(ssl: *mut SSL, change: &Change) -> bool {
    let control = |command, number: c_long, pointer: *const c_char| {
        // SAFETY: each command gets what its manual page says: a number, or a string, or NULL.
        unsafe { SSL_ctrl(ssl, command, number, pointer.cast_mut().cast()) > 0 }
    };
    let nothing = std::ptr::null();
    // SAFETY: entry points check their handles; every pointer is a string that lives for the call.
    unsafe {
        match change {
            Change::Options(bits, true) => always(SSL_set_options(ssl, *bits)),
            Change::Options(bits, false) => always(SSL_clear_options(ssl, *bits)),
            Change::VerifyMode(bits, on) => {
                let mode = changed(SSL_get_verify_mode(ssl), *bits, *on);
                SSL_set_verify(ssl, mode, SSL_get_verify_callback(ssl));
                true
            }
            Change::CertificateFlags(bits) => always(control(SSL_CTRL_CERT_FLAGS, *bits, nothing)),
            Change::MinVersion(version) => control(SSL_CTRL_SET_MIN_PROTO_VERSION, c_long::from(*version), nothing),
            Change::MaxVersion(version) => control(SSL_CTRL_SET_MAX_PROTO_VERSION, c_long::from(*version), nothing),
            Change::CipherList(list) => SSL_set_cipher_list(ssl, list.as_ptr()) == 1,
            Change::Ciphersuites(list) => SSL_set_ciphersuites(ssl, list.as_ptr()) == 1,
            Change::Groups(list) => control(SSL_CTRL_SET_GROUPS_LIST, 0, list.as_ptr()),
            Change::Schemes(list) => control(SSL_CTRL_SET_SIGALGS_LIST, 0, list.as_ptr()),
            Change::ClientSchemes(list) => control(SSL_CTRL_SET_CLIENT_SIGALGS_LIST, 0, list.as_ptr()),
            Change::Certificate(file) => SSL_use_certificate_chain_file(ssl, file.as_ptr()) == 1,
            Change::PrivateKey(file) => SSL_use_PrivateKey_file(ssl, file.as_ptr(), SSL_FILETYPE_PEM) == 1,
            // OpenSSL has this for contexts only, and ignores it here.
            Change::ServerInfo(_) | Change::CaNames(..) => true,
            Change::DhParameters(file) => dh_parameters(file).is_some_and(|key| SSL_set0_tmp_dh_pkey(ssl, key) == 1),
            Change::Store(purpose, source, place) => {
                let (get, set) = store_commands(*purpose);
                let pointers = |command, pointer: *mut c_void| SSL_ctrl(ssl, command, 0, pointer) > 0;
                into_store(pointers, get, set, *source, place)
            }
            Change::BlockPadding(size) => SSL_set_block_padding(ssl, *size) == 1,
            Change::NumTickets(count) => SSL_set_num_tickets(ssl, *count) == 1,
        }
    }
}

fn store_commands(purpose: Purpose) -> (c_int, c_int) {
    match purpose {
        Purpose::Chain => (SSL_CTRL_GET_CHAIN_CERT_STORE, SSL_CTRL_SET_CHAIN_CERT_STORE),
        Purpose::Verify => (SSL_CTRL_GET_VERIFY_CERT_STORE, SSL_CTRL_SET_VERIFY_CERT_STORE),
    }
}

/// Loads certificates into the store that the target has, or into a new one that it gets.
fn into_store(
    control: impl Fn(c_int, *mut c_void) -> bool,
    get: c_int,
    set: c_int,
    source: Source,
    place: &CStr,
) -> bool {
    let mut found: *mut X509_STORE = std::ptr::null_mut();
    control(get, (&raw mut found).cast());
    // SAFETY: get0 of a live target: NULL or a store that lives for this call.
    let own = unsafe { Store::from_borrowed(found) };
    let store = match own {
        Some(store) => store,
        None => {
            let Some(fresh) = Store::new() else { return false };
            // set0: the target takes over a reference, which `into_raw` gives away; `own` is a second one.
            // SAFETY: a live store.
            let Some(own) = (unsafe { Store::from_borrowed(fresh.as_ptr()) }) else {
                return false;
            };
            if !control(set, fresh.as_ptr().cast()) {
                return false;
            }
            std::mem::forget(fresh);
            own
        }
    };
    match source {
        Source::File => store.load_file(place),
        Source::Directory => store.load_dir(place),
        Source::Uri => store.load_uri(place),
    }
}

fn dh_parameters(file: &CStr) -> Option<*mut EVP_PKEY> {
    File::open(file)?.parameters().map(Key::into_raw)
}

fn changed(before: c_int, bits: c_int, on: bool) -> c_int {
    if on { before | bits } else { before & !bits }
}

/// For entry points whose result is not a success or a failure.
fn always<T>(_result: T) -> bool {
    true
}
