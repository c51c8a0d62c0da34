//! SSL_get_negotiated_group(3), SSL_get_shared_group(3), SSL_get1_groups(3), and the other lists that
//! two peers compare: SSL_get_sigalgs(3), SSL_get_shared_ciphers(3), SSL_get_client_ciphers(3).

use std::ffi::{c_char, c_int, c_long, c_uchar};
use std::ptr;

use carnet_tls::{ProtocolVersion, Side};

use super::entry::{bytes_mut, entry, store};
use super::ssl_lifecycle::connection;
use super::types::{EVP_PKEY, SSL, STACK_OF_SSL_CIPHER};
use crate::libcrypto::share::public_key;
use crate::libcrypto::stack::StaticStack;
use crate::objects::cipher::{self, SSL_CIPHER};
use crate::objects::config::Configurable;
use crate::objects::connection::{Connection, HelloLists, Role};
use crate::objects::security::{self, Operation, Query};
use crate::objects::{group, scheme};

/// TLSEXT_nid_unknown: marks a group's number where there is no NID.
const UNKNOWN_NID: c_int = 0x0100_0000;
/// What SSL_get_shared_group(3) takes for "how many".
const HOW_MANY: c_long = -1;

fn nid(code: u16) -> c_int {
    group::find(code)
        .map(|group| group.nid)
        .filter(|nid| *nid != 0)
        .unwrap_or(UNKNOWN_NID | c_int::from(code))
}

/// A list of the client's hello, as a server sees it. OpenSSL does not look at them when it resumes a session in TLS 1.2.
fn heard(connection: &Connection, pick: fn(&HelloLists) -> Vec<u16>) -> Vec<u16> {
    if connection.resumes_tls12() {
        return Vec::new();
    }
    connection.with_lists(pick).unwrap_or_default()
}

/// SSL_get1_groups(3): the client's groups, as a server sees them. Returns how many.
///
/// # Safety
/// `place` is NULL or has room for as many NIDs as a call with NULL said.
pub(super) unsafe fn store_peer_groups(connection: &Connection, place: *mut c_int) -> c_long {
    let groups = heard(connection, HelloLists::groups);
    if !place.is_null() {
        for (index, code) in groups.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { place.add(index).write(nid(*code)) };
        }
    }
    c_long::try_from(groups.len()).unwrap_or_default()
}

/// SSL_get_shared_group(3): the `index`th group that both sides have, in the order of whoever prefers; on a server only.
pub(super) fn shared(connection: &Connection, index: c_long) -> c_long {
    if connection.status().role() != Role::Server {
        return 0;
    }
    let theirs = heard(connection, HelloLists::groups);
    let own = connection.with_engine(|engine| engine.settings().clone());
    let Some(own) = own else { return 0 };
    let ours: Vec<u16> = own.groups.iter().map(|group| group.0).collect();
    let (first, second) = if own.server_preference {
        (&ours, &theirs)
    } else {
        (&theirs, &ours)
    };
    let policy = security::policy(connection);
    let strong = |code: &&u16| policy.allows(&Query::group(Operation::GroupShared, **code));
    let mut both = first.iter().filter(|code| second.contains(code)).filter(strong);
    if index == HOW_MANY {
        return c_long::try_from(both.count()).unwrap_or_default();
    }
    usize::try_from(index)
        .ok()
        .and_then(|index| both.nth(index))
        .map_or(0, |code| c_long::from(nid(*code)))
}

/// SSL_get_negotiated_group(3). Of a resumption without a key exchange, the session's.
pub(super) fn negotiated(connection: &Connection) -> c_long {
    let group = connection.with_engine(|engine| engine.group()).flatten();
    let remembered = || {
        let session = connection.facts().session.object().cloned()?;
        u16::try_from(session.read(|session| session.kex_group)).ok()
    };
    match group.map(|group| group.0).or_else(remembered) {
        None | Some(0) => 0,
        Some(code) => c_long::from(nid(code)),
    }
}

/// SSL_get_peer_tmp_key(3): the peer's key share, as a key that the caller owns. 1, or 0 when there is none. A TLS 1.2
/// server does not keep it, as in OpenSSL.
///
/// # Safety
/// `place` is NULL or writable.
pub(super) unsafe fn store_peer_share(connection: &Connection, place: *mut *mut EVP_PKEY) -> c_long {
    // OpenSSL's server forgets the client's share of TLS 1.2 as soon as it has used it.
    let share = connection.with_engine(|engine| {
        let shown = engine.side() == Side::Client || engine.version() != Some(ProtocolVersion::TLS1_2);
        shown.then_some((engine.group()?.0, engine.peer_share()?.to_vec()))
    });
    let key = share.flatten().and_then(|(group, share)| public_key(group, &share));
    let Some(key) = key.filter(|_| !place.is_null()) else {
        return 0;
    };
    // SAFETY: not NULL, so writable by the caller's promise.
    unsafe { place.write(key.into_raw()) };
    1
}

/// Where SSL_get_sigalgs(3) and SSL_get_shared_sigalgs(3) write what they know of one algorithm.
struct Places {
    signature: *mut c_int,
    hash: *mut c_int,
    both: *mut c_int,
    raw: (*mut c_uchar, *mut c_uchar),
}

/// The NID of signature and digest together, which only the older algorithms have.
fn combined(signature: c_int, digest: c_int) -> c_int {
    const RSA: c_int = 6;
    const EC: c_int = 408;
    match (signature, digest) {
        (RSA, 64) => 65,
        (RSA, 672) => 668,
        (RSA, 673) => 669,
        (RSA, 674) => 670,
        (RSA, 675) => 671,
        (EC, 64) => 416,
        (EC, 675) => 793,
        (EC, 672) => 794,
        (EC, 673) => 795,
        (EC, 674) => 796,
        _ => 0,
    }
}

/// # Safety
/// Every place is NULL or writable.
unsafe fn store_scheme(code: u16, places: &Places) {
    let known = scheme::find(code);
    let [hash, signature] = code.to_be_bytes();
    // SAFETY: the caller's promise.
    unsafe {
        store(places.signature, known.map_or(0, |scheme| scheme.signature_nid));
        store(places.hash, known.map_or(0, scheme::Scheme::digest_nid));
        store(
            places.both,
            known.map_or(0, |scheme| combined(scheme.signature_nid, scheme.digest_nid())),
        );
        store(places.raw.0, signature);
        store(places.raw.1, hash);
    }
}

/// # Safety
/// Every place is NULL or writable.
unsafe fn nth_scheme(list: &[u16], idx: c_int, places: &Places) -> c_int {
    if idx >= 0 {
        let Some(code) = usize::try_from(idx).ok().and_then(|index| list.get(index)) else {
            return 0;
        };
        // SAFETY: the caller's promise.
        unsafe { store_scheme(*code, places) };
    }
    c_int::try_from(list.len()).unwrap_or_default()
}

fn peer_schemes(connection: &Connection) -> Vec<u16> {
    match connection.status().role() {
        Role::Server => heard(connection, HelloLists::schemes),
        Role::Client => connection.facts().peer.schemes.iter().map(|scheme| scheme.0).collect(),
    }
}

/// The peer's `idx`th signature algorithm. Returns how many there are.
///
/// SSL_get_sigalgs(3)
///
/// # Safety
/// `s` is a connection of this library; the other pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_sigalgs(
    s: *mut SSL,
    idx: c_int,
    psign: *mut c_int,
    phash: *mut c_int,
    psignhash: *mut c_int,
    rsig: *mut c_uchar,
    rhash: *mut c_uchar,
) -> c_int {
    entry("SSL_get_sigalgs", 0, || {
        let list = peer_schemes(&*connection(s)?);
        let places = Places {
            signature: psign,
            hash: phash,
            both: psignhash,
            raw: (rsig, rhash),
        };
        // SAFETY: the caller's contract above.
        Ok(unsafe { nth_scheme(&list, idx, &places) })
    })
}

/// The `idx`th signature algorithm that both sides have. Returns how many there are.
///
/// SSL_get_shared_sigalgs(3)
///
/// # Safety
/// `s` is a connection of this library; the other pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_shared_sigalgs(
    s: *mut SSL,
    idx: c_int,
    psign: *mut c_int,
    phash: *mut c_int,
    psignhash: *mut c_int,
    rsig: *mut c_uchar,
    rhash: *mut c_uchar,
) -> c_int {
    entry("SSL_get_shared_sigalgs", 0, || {
        let connection = connection(s)?;
        let server = connection.status().role() == Role::Server;
        let theirs = peer_schemes(&connection);
        let list = connection
            .config()
            .shared_schemes(server, &theirs, &security::policy(&*connection));
        if idx < 0 {
            return Ok(0);
        }
        let places = Places {
            signature: psign,
            hash: phash,
            both: psignhash,
            raw: (rsig, rhash),
        };
        // SAFETY: the caller's contract above.
        Ok(unsafe { nth_scheme(&list, idx, &places) })
    })
}

/// The client's cipher suites that this library knows, in its order.
fn client_suites(connection: &Connection) -> Vec<&'static SSL_CIPHER> {
    let codes = heard(connection, HelloLists::suites);
    codes.into_iter().filter_map(cipher::find).collect()
}

/// The client's cipher suites, as a server sees them; the stack stays the connection's. NULL for none.
///
/// SSL_get_client_ciphers(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_client_ciphers(s: *const SSL) -> *mut STACK_OF_SSL_CIPHER {
    entry("SSL_get_client_ciphers", ptr::null_mut(), || {
        let connection = connection(s)?;
        let suites = client_suites(&connection);
        if connection.status().role() != Role::Server || suites.is_empty() {
            return Ok(ptr::null_mut());
        }
        let mut facts = connection.facts();
        if facts.peer.suites.is_none() {
            facts.peer.suites = StaticStack::new(&suites);
        }
        Ok(facts.peer.suites.as_ref().map_or(ptr::null_mut(), StaticStack::as_ptr))
    })
}

/// The names of the cipher suites that both sides have, with colons between, as many as fit. Returns `buf`, or NULL when
/// there is nothing to tell.
///
/// SSL_get_shared_ciphers(3)
///
/// # Safety
/// `s` is a connection of this library, `buf` points at `size` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_shared_ciphers(s: *const SSL, buf: *mut c_char, size: c_int) -> *mut c_char {
    entry("SSL_get_shared_ciphers", ptr::null_mut(), || {
        let connection = connection(s)?;
        let size = usize::try_from(size).unwrap_or_default();
        if connection.status().role() != Role::Server || size < 2 {
            return Ok(ptr::null_mut());
        }
        let names = shared_names(&connection, size);
        if names.is_empty() {
            return Ok(ptr::null_mut());
        }
        // SAFETY: the caller's contract above.
        let room = unsafe { bytes_mut(buf.cast(), size) }?;
        room.iter_mut()
            .zip(names.iter().copied().chain([0]))
            .for_each(|(to, from)| *to = from);
        Ok(buf)
    })
}

fn shared_names(connection: &Connection, size: usize) -> Vec<u8> {
    let config = connection.config();
    let mut names = Vec::new();
    for suite in client_suites(connection) {
        let ours = config.suites.iter().any(|own| own.code == suite.code);
        let longer = names.len() + suite.name.count_bytes() + 1;
        if ours && longer < size {
            if !names.is_empty() {
                names.push(b':');
            }
            names.extend_from_slice(suite.name.to_bytes());
        }
    }
    names
}
