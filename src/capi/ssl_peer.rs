//! SSL_get1_peer_certificate(3), SSL_get_peer_cert_chain(3), SSL_get_verify_result(3): who the peer is.

use std::ffi::{c_int, c_long};
use std::ptr;

use super::entry::{entry, store};
use super::ssl_lifecycle::connection;
use super::types::{SSL, STACK_OF_X509, STACK_OF_X509_NAME, X509};
use crate::drive::session;
use crate::error::Result;
use crate::libcrypto::stack::{CertificateStack, NameStack};
use crate::libcrypto::x509::{Certificate, Name};
use crate::objects::authorities::List;
use crate::objects::connection::{Connection, Role};
use crate::objects::scheme;

fn certificate(connection: &Connection) -> Option<Certificate> {
    let seen = connection.facts().peer.parsed.as_ref().map(|chain| chain.leaf.clone());
    // A resumed session has the certificate of the handshake that made it.
    seen.or_else(|| session::current(connection)?.peer_certificate())
}

/// The peer's certificate, which stays the connection's; NULL for none.
///
/// SSL_get0_peer_certificate(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_peer_certificate(s: *const SSL) -> *mut X509 {
    entry("SSL_get0_peer_certificate", ptr::null_mut(), || {
        // The connection or its session keeps a reference, so the address outlives this one.
        Ok(certificate(&*connection(s)?).map_or(ptr::null_mut(), |found| found.as_ptr()))
    })
}

/// The peer's certificate with a reference that the caller owns; NULL for none.
///
/// SSL_get1_peer_certificate(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get1_peer_certificate(s: *const SSL) -> *mut X509 {
    entry("SSL_get1_peer_certificate", ptr::null_mut(), || {
        Ok(certificate(&*connection(s)?).map_or(ptr::null_mut(), Certificate::into_raw))
    })
}

/// The certificates that the peer sent; on a server without the peer's own. They stay the connection's. NULL for none,
/// and after a resumption.
///
/// SSL_get_peer_cert_chain(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_peer_cert_chain(s: *const SSL) -> *mut STACK_OF_X509 {
    entry("SSL_get_peer_cert_chain", ptr::null_mut(), || {
        let connection = connection(s)?;
        let client = connection.status().role() == Role::Client;
        let mut facts = connection.facts();
        let kept = || facts.session.object()?.peer_chain();
        let judged = || facts.peer.judged.clone();
        let Some(parsed) = facts.peer.parsed.clone().or_else(judged).or_else(kept) else {
            return Ok(ptr::null_mut());
        };
        if client {
            return Ok(parsed.all.as_ptr());
        }
        if facts.peer.issuers.is_none() {
            facts.peer.issuers = issuers(&parsed.all);
        }
        Ok(facts
            .peer
            .issuers
            .as_ref()
            .map_or(ptr::null_mut(), |chain| chain.as_ptr()))
    })
}

fn issuers(all: &CertificateStack) -> Option<CertificateStack> {
    let mut issuers = CertificateStack::new()?;
    all.elements()
        .skip(1)
        .all(|issuer| issuers.push(issuer))
        .then_some(issuers)
}

/// The chain that was verified, leaf first, root last. It stays the connection's. NULL for none.
///
/// SSL_get0_verified_chain(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_verified_chain(s: *const SSL) -> *mut STACK_OF_X509 {
    entry("SSL_get0_verified_chain", ptr::null_mut(), || {
        let connection = connection(s)?;
        let facts = connection.facts();
        Ok(facts
            .peer
            .verified
            .as_ref()
            .map_or(ptr::null_mut(), |chain| chain.as_ptr()))
    })
}

/// What the verification of the peer's certificate came to: X509_V_OK, or why not.
///
/// SSL_get_verify_result(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_result(ssl: *const SSL) -> c_long {
    const UNSPECIFIED: c_long = 1;
    entry("SSL_get_verify_result", UNSPECIFIED, || {
        Ok(connection(ssl)?.facts().peer.verify_result)
    })
}

/// Overrides what the verification came to.
///
/// SSL_set_verify_result(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify_result(ssl: *mut SSL, v: c_long) {
    entry("SSL_set_verify_result", (), || {
        connection(ssl)?.facts().peer.verify_result = v;
        Ok(())
    });
}

/// The authorities that the peer named; they stay the connection's. NULL for none.
fn peer_authorities(connection: &Connection) -> *mut STACK_OF_X509_NAME {
    let mut facts = connection.facts();
    if facts.peer.authority_names.is_none() && !facts.peer.authorities.is_empty() {
        facts.peer.authority_names = NameStack::new().and_then(|mut names| {
            let mut parsed = facts.peer.authorities.iter().map(|der| Name::from_der(der));
            parsed
                .all(|name| name.is_some_and(|name| names.push(name)))
                .then_some(names)
        });
    }
    facts
        .peer
        .authority_names
        .as_ref()
        .map_or(ptr::null_mut(), |names| names.as_ptr())
}

/// The authorities that the peer named in its hello or its request for a certificate; they stay the connection's.
///
/// SSL_get0_peer_CA_list(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_peer_CA_list(s: *const SSL) -> *const STACK_OF_X509_NAME {
    entry("SSL_get0_peer_CA_list", ptr::null(), || {
        Ok(peer_authorities(&*connection(s)?).cast_const())
    })
}

/// On a server the authorities that it will name; on a client those that the server named. They stay the connection's.
///
/// SSL_get_client_CA_list(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_client_CA_list(s: *const SSL) -> *mut STACK_OF_X509_NAME {
    entry("SSL_get_client_CA_list", ptr::null_mut(), || {
        let connection = connection(s)?;
        if connection.status().role() == Role::Client {
            return Ok(peer_authorities(&connection));
        }
        let config = connection.present_config();
        let names = config.authority_list(List::ForClients);
        Ok(names.map_or(ptr::null_mut(), |names| names.as_ptr()))
    })
}

/// Which of the two signatures of a handshake.
#[derive(Clone, Copy)]
enum Signed {
    ByPeer,
    ByUs,
}

fn scheme_of(connection: &Connection, signed: Signed) -> Option<&'static scheme::Scheme> {
    let code = connection.with_engine(|engine| match signed {
        Signed::ByPeer => engine.peer_scheme(),
        Signed::ByUs => engine.own_scheme(),
    });
    scheme::find(code.flatten()?.0)
}

/// Writes the digest's NID of a signature, for SSL_get_peer_signature_nid(3) and SSL_get_signature_nid(3).
///
/// # Safety
/// `nid` is NULL or writable.
pub(super) unsafe fn store_digest(connection: &Connection, by_peer: bool, nid: *mut c_int) -> c_long {
    let signed = if by_peer { Signed::ByPeer } else { Signed::ByUs };
    let Some(scheme) = scheme_of(connection, signed) else {
        return 0;
    };
    // SAFETY: the caller's promise.
    unsafe { store(nid, scheme.digest_nid()) };
    1
}

/// # Safety
/// `nid` is NULL or writable.
unsafe fn store_type(s: *const SSL, signed: Signed, nid: *mut c_int) -> Result<c_int> {
    let Some(scheme) = scheme_of(&*connection(s)?, signed) else {
        return Ok(0);
    };
    // SAFETY: the caller's promise.
    unsafe { store(nid, scheme.signature_nid) };
    Ok(1)
}

/// The kind of key that the peer signed with. Returns 1, or 0 when it signed nothing.
///
/// SSL_get_peer_signature_type_nid(3)
///
/// # Safety
/// `s` is a connection of this library, `pnid` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_peer_signature_type_nid(s: *const SSL, pnid: *mut c_int) -> c_int {
    // SAFETY: the caller's contract above.
    entry("SSL_get_peer_signature_type_nid", 0, || unsafe {
        store_type(s, Signed::ByPeer, pnid)
    })
}

/// The kind of key that we signed with. Returns 1, or 0 when we signed nothing.
///
/// SSL_get_signature_type_nid(3)
///
/// # Safety
/// `s` is a connection of this library, `pnid` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_signature_type_nid(s: *const SSL, pnid: *mut c_int) -> c_int {
    // SAFETY: the caller's contract above.
    entry("SSL_get_signature_type_nid", 0, || unsafe {
        store_type(s, Signed::ByUs, pnid)
    })
}
