//! What a context is, as far as it matters to who may resume there, and noticing when that changes.
//!
//! The session-id context is not part of it: OpenSSL compares that itself.

use std::ffi::{c_int, c_long, c_ulong, c_void};
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::AtomicPtr;

use carnet_keys::separation::ContextParts;

use crate::algorithms::{Algorithms, DigestFunction};
use crate::exit;
use crate::module::Place;
use crate::openssl::{Ctx, OpenSsl};
use crate::tickets::Separation;

const VERIFY_PEER: c_int = 1;
/// SSL_CTRL_GET_VERIFY_CERT_STORE: SSL_CTX_get0_verify_cert_store(3)
const GET_VERIFY_STORE: c_int = 137;

/// A context's part of the ring, with what it was made of.
#[derive(Default)]
pub struct Identity {
    seen: Option<Seen>,
    /// While these are held no other object can be at their addresses.
    _held: Vec<Held>,
    separation: Option<Arc<Separation>>,
}

/// Enough to notice a change, and quick to look at.
struct Seen {
    certificate: usize,
    verify_mode: c_int,
    authorities: Vec<usize>,
    trust: Option<Trust>,
    /// The certificates and revocation lists in the store: of one that is in use some may be taken out, and others put in.
    trusted: Vec<usize>,
}

/// Whom a context that verifies its clients trusts.
#[derive(PartialEq, Eq)]
struct Trust {
    store: usize,
    flags: c_ulong,
    depth: c_int,
    judges: Judges,
}

/// The application's functions that have a say in it.
#[derive(PartialEq, Eq)]
struct Judges {
    /// SSL_CTX_set_verify(3)
    asked: usize,
    /// SSL_CTX_set_cert_verify_callback(3)
    alone: usize,
}

/// A reference to an object of OpenSSL's.
#[derive(Default)]
struct Held {
    object: AtomicPtr<c_void>,
    free: Option<unsafe extern "C" fn(*mut c_void)>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the reference was taken when this was made, for this function to give back.
            unsafe { free(*self.object.get_mut()) };
        }
    }
}

/// The objects that a context refers to.
struct Parts {
    certificate: *mut c_void,
    verify_mode: c_int,
    authorities: *mut c_void,
    store: *mut c_void,
}

impl Identity {
    /// The separation that is still right for the context, or a new identity that is. `judge` is the application's
    /// SSL_CTX_set_cert_verify_callback(3), or NULL.
    ///
    /// # Safety
    /// `context` is a live `SSL_CTX`.
    pub unsafe fn check(
        &self,
        openssl: &OpenSsl,
        algorithms: &Algorithms,
        context: Ctx,
        judge: *mut c_void,
    ) -> Result<Option<&Separation>, Arc<Self>> {
        // SAFETY: the caller's contract; these functions only look.
        let parts = unsafe {
            Parts {
                certificate: (openssl.SSL_CTX_get0_certificate)(context),
                verify_mode: (openssl.SSL_CTX_get_verify_mode)(context),
                authorities: (openssl.SSL_CTX_get_client_CA_list)(context),
                store: store_for_clients(openssl, context),
            }
        };
        // SAFETY: the caller's contract.
        let trust = unsafe { parts.trust(openssl, context, judge) };
        let is_as_before = |seen: &Seen| {
            seen.certificate == parts.certificate.addr()
                && seen.verify_mode == parts.verify_mode
                && seen.trust == trust
                && (trust.is_none() || trusts_as_before(openssl, parts.store, &seen.trusted))
                && parts.authorities(openssl).eq(seen.authorities.iter().copied())
        };
        if self.seen.as_ref().is_some_and(is_as_before) {
            return Ok(self.separation.as_deref());
        }
        let new = parts.identity(openssl, algorithms, trust, self.separation.as_ref());
        Err(Arc::new(new))
    }

    /// The separation of a new identity. `None`: nothing that would stay tells the context from others.
    pub fn separation(&self) -> Option<Arc<Separation>> {
        self.separation.clone()
    }
}

impl Judges {
    /// The parts with those that there are. `None`: one of them is in no module.
    fn join(&self, parts: ContextParts) -> Option<ContextParts> {
        let join = |parts: ContextParts, alone, function: usize| {
            if function == 0 {
                return Some(parts);
            }
            let place = Place::of(std::ptr::without_provenance(function))?;
            Some(parts.judged_by(alone, &place.module, place.offset))
        };
        join(join(parts, false, self.asked)?, true, self.alone)
    }
}

impl Parts {
    /// `None` where clients are not verified: what is trusted does not matter there.
    ///
    /// # Safety
    /// `context` is the live `SSL_CTX` of these parts.
    unsafe fn trust(&self, openssl: &OpenSsl, context: Ctx, judge: *mut c_void) -> Option<Trust> {
        if self.verify_mode & VERIFY_PEER == 0 || self.store.is_null() {
            return None;
        }
        let flags = openssl.X509_VERIFY_PARAM_get_flags;
        // SAFETY: a live context and its store, which both have parameters.
        let (flags, depth, asked) = unsafe {
            let own = flags((openssl.SSL_CTX_get0_param)(context));
            let stores = flags((openssl.X509_STORE_get0_param)(self.store));
            let depth = (openssl.SSL_CTX_get_verify_depth)(context);
            (own | stores, depth, (openssl.SSL_CTX_get_verify_callback)(context))
        };
        Some(Trust {
            store: self.store.addr(),
            flags,
            depth,
            judges: Judges {
                asked: asked.addr(),
                alone: judge.addr(),
            },
        })
    }

    fn authorities(&self, openssl: &OpenSsl) -> impl Iterator<Item = usize> {
        elements(openssl, self.authorities).map(|name| name.addr())
    }

    /// Certificate, verify mode and the names of the client CAs.
    fn basic(&self, openssl: &OpenSsl, algorithms: &Algorithms) -> Option<ContextParts> {
        // SAFETY: the context's own objects, of the functions' types.
        let digest_of = |object, digest| unsafe { algorithms.digest_of(object, digest) };
        let public_key = digest_of(self.certificate, openssl.X509_pubkey_digest)?;
        let all = ContextParts::of_context(&public_key, self.verify_mode);
        elements(openssl, self.authorities).try_fold(all, |all, name| {
            Some(all.part(&digest_of(name, openssl.X509_NAME_digest)?))
        })
    }

    fn identity(
        &self,
        openssl: &OpenSsl,
        algorithms: &Algorithms,
        trust: Option<Trust>,
        before: Option<&Arc<Separation>>,
    ) -> Identity {
        let mut all = self.basic(openssl, algorithms);
        let (mut seen, mut held) = (Vec::new(), Vec::new());
        if let Some(trust) = &trust {
            let trusted = trusted(openssl, algorithms, self.store);
            seen = trusted.iter().map(|one| one.object.addr()).collect();
            let there = trusted.iter().filter(|one| !one.object.is_null());
            let digests: Option<_> = there.map(|one| one.digest).collect();
            held = trusted.into_iter().map(|one| one.held).collect();
            let trusting = |(all, digests)| ContextParts::trusting(all, trust.flags, trust.depth, digests);
            all = all.zip(digests).map(trusting).and_then(|all| trust.judges.join(all));
        }
        held.push(hold(self.certificate, openssl.X509_up_ref, openssl.X509_free));
        held.push(hold(self.store, openssl.X509_STORE_up_ref, openssl.X509_STORE_free));
        let separation = all.map(|all| {
            let digest = all.digest();
            let kept = before.filter(|separation| separation.is_for(&digest)).map(Arc::clone);
            kept.unwrap_or_else(|| exit::erased_at_exit(Separation::new(digest)))
        });
        Identity {
            seen: Some(Seen {
                certificate: self.certificate.addr(),
                verify_mode: self.verify_mode,
                authorities: self.authorities(openssl).collect(),
                trust,
                trusted: seen,
            }),
            _held: held,
            separation,
        }
    }
}

fn hold(
    object: *mut c_void,
    up_ref: unsafe extern "C" fn(*mut c_void) -> c_int,
    free: unsafe extern "C" fn(*mut c_void),
) -> Held {
    // SAFETY: the object is the context's own, of the functions' type, and live.
    let held = !object.is_null() && unsafe { up_ref(object) } == 1;
    Held {
        object: AtomicPtr::new(object),
        free: held.then_some(free),
    }
}

/// What a store trusts, or a revocation list; NULL and zeros for anything else that is in it.
struct Trusted {
    object: *mut c_void,
    held: Held,
    digest: Option<[u8; 32]>,
}

/// The certificates that a store trusts and its revocation lists, as a set: OpenSSL sorts them when it first looks for
/// one. Those that it finds in a directory later join them.
fn trusted(openssl: &OpenSsl, algorithms: &Algorithms, store: *mut c_void) -> Vec<Trusted> {
    let trusted = |(object, is_list)| {
        let (up_ref, free, digest): (_, _, DigestFunction) = if is_list {
            (openssl.X509_CRL_up_ref, openssl.X509_CRL_free, openssl.X509_CRL_digest)
        } else {
            (openssl.X509_up_ref, openssl.X509_free, openssl.X509_digest)
        };
        Trusted {
            object,
            held: hold(object, up_ref, free),
            // SAFETY: an object of the store, which is locked, and its function.
            digest: unsafe { algorithms.digest_of(object, digest) },
        }
    };
    with_objects(openssl, store, |objects| {
        let contents = elements(openssl, objects).map(|object| content(openssl, object));
        contents.map(trusted).collect()
    })
}

/// Looked at for each ticket. Of a big store nothing costs more: so no more than two calls for each object.
fn trusts_as_before(openssl: &OpenSsl, store: *mut c_void, before: &[usize]) -> bool {
    with_objects(openssl, store, |objects| {
        usize::try_from(count(openssl, objects)).unwrap_or(0) == before.len()
            && elements(openssl, objects)
                .zip(before)
                .all(|(object, before)| content(openssl, object).0.addr() == *before)
    })
}

/// The certificate or revocation list that a store's object is, or NULL, and whether it is a list.
fn content(openssl: &OpenSsl, object: *mut c_void) -> (*mut c_void, bool) {
    // SAFETY: an object of the store, which is locked.
    unsafe {
        let certificate = (openssl.X509_OBJECT_get0_X509)(object);
        if !certificate.is_null() {
            return (certificate, false);
        }
        ((openssl.X509_OBJECT_get0_X509_CRL)(object), true)
    }
}

/// The store by which a context judges its clients: its own, unless it has one for that alone.
///
/// # Safety
/// `context` is a live `SSL_CTX`.
pub unsafe fn store_for_clients(openssl: &OpenSsl, context: Ctx) -> *mut c_void {
    // SAFETY: the caller's contract.
    unsafe {
        let for_clients = verify_store(openssl.SSL_CTX_ctrl, context);
        if for_clients.is_null() {
            (openssl.SSL_CTX_get_cert_store)(context)
        } else {
            for_clients
        }
    }
}

type Control = unsafe extern "C" fn(*mut c_void, c_int, c_long, *mut c_void) -> c_long;

/// The store that a context or a connection has for its clients' certificates alone, or NULL.
///
/// # Safety
/// `control` is SSL_CTX_ctrl or SSL_ctrl, and `owner` a live object for it.
pub unsafe fn verify_store(control: Control, owner: *mut c_void) -> *mut c_void {
    let mut store: *mut c_void = null_mut();
    // SAFETY: the caller's contract; the command writes one pointer, or is not known and writes none.
    unsafe { control(owner, GET_VERIFY_STORE, 0, (&raw mut store).cast()) };
    store
}

/// Looks at a store's objects while nobody changes them.
fn with_objects<R>(openssl: &OpenSsl, store: *mut c_void, look: impl FnOnce(*mut c_void) -> R) -> R {
    // SAFETY: NULL, or the context's own store.
    let locked = !store.is_null() && unsafe { (openssl.X509_STORE_lock)(store) } == 1;
    if !locked {
        return look(null_mut());
    }
    // SAFETY: as above, and locked; the stack is the store's own.
    let result = look(unsafe { (openssl.X509_STORE_get0_objects)(store) });
    // SAFETY: it was locked above. `look` does not panic: it reads and collects.
    unsafe { (openssl.X509_STORE_unlock)(store) };
    result
}

/// -1 for NULL.
fn count(openssl: &OpenSsl, stack: *mut c_void) -> c_int {
    // SAFETY: NULL, or a stack that is not changed meanwhile.
    unsafe { (openssl.OPENSSL_sk_num)(stack) }
}

fn elements(openssl: &OpenSsl, stack: *mut c_void) -> impl Iterator<Item = *mut c_void> {
    let value = openssl.OPENSSL_sk_value;
    // SAFETY: the index is within the stack.
    (0..count(openssl, stack)).map(move |index| unsafe { value(stack, index) })
}
