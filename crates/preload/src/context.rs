//! What is kept with each `SSL_CTX`, and the little that is kept with each `SSL`.

use std::ffi::{c_int, c_long, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use carnet_keys::separation::{ContextDigest, ContextParts};
use carnet_ticket::{OPENSSL_BLOB_LEN, TicketKey};

use crate::openssl::{Ctx, OpenSsl, Ssl};
use crate::tickets::Separation;

/// CRYPTO_EX_INDEX_SSL, CRYPTO_EX_INDEX_SSL_CTX
const OF_SSL: c_int = 0;
const OF_CTX: c_int = 1;
/// SSL_CTRL_GET_TLSEXT_TICKET_KEYS
pub const GET_KEYS: c_int = 58;
/// SSL_CTRL_SET_TLSEXT_TICKET_KEYS
pub const SET_KEYS: c_int = 59;

/// An `SSL_CTX`, as this library sees it. OpenSSL keeps it (ex_data) and ends it with the context.
pub struct Record {
    /// The keys that OpenSSL has made for the context, or the application has set.
    own: ArcSwapOption<TicketKey>,
    /// The application's own key callbacks: the EVP_MAC kind and the HMAC_CTX kind.
    pub evp: AtomicPtr<c_void>,
    pub hmac: AtomicPtr<c_void>,
    identity: ArcSwap<Identity>,
    /// Has the operator been told that this context is left alone?
    pub told: AtomicBool,
}

/// What makes up a context's digest, to notice when it changes.
#[derive(Default)]
struct Identity {
    certificate: usize,
    verify_mode: c_int,
    authorities: usize,
    num_authorities: c_int,
    separation: Option<Arc<Separation>>,
}

struct Indexes {
    record: c_int,
    first_context: c_int,
    chain_start: c_int,
}

fn indexes(openssl: &OpenSsl) -> Option<&'static Indexes> {
    static INDEXES: OnceLock<Option<Indexes>> = OnceLock::new();
    let make = |class, new, free| {
        // SAFETY: the callbacks are functions of the right type, and stay: this library is never unloaded, since its
        // functions are libssl's callbacks.
        let index = unsafe { (openssl.CRYPTO_get_ex_new_index)(class, 0, null_mut(), new, null_mut(), free) };
        (index >= 0).then_some(index)
    };
    INDEXES
        .get_or_init(|| {
            Some(Indexes {
                record: make(OF_CTX, None, Some(forget as _))?,
                first_context: make(OF_SSL, Some(remember as _), None)?,
                chain_start: make(OF_SSL, None, None)?,
            })
        })
        .as_ref()
}

/// CRYPTO_EX_free of the record.
unsafe extern "C" fn forget(_: *mut c_void, record: *mut c_void, _: *mut c_void, _: c_int, _: c_long, _: *mut c_void) {
    if !record.is_null() {
        // SAFETY: `attach` put it there, from a Box, and the context that ends now was the only one to have it.
        drop(unsafe { Box::from_raw(record.cast::<Record>()) });
    }
}

/// CRYPTO_EX_new of an SSL: remembers the context that it starts with, whose ticket keys count even if a server-name
/// callback moves it to another.
unsafe extern "C" fn remember(
    ssl: *mut c_void,
    _: *mut c_void,
    data: *mut c_void,
    index: c_int,
    _: c_long,
    _: *mut c_void,
) {
    if let Some(openssl) = OpenSsl::get() {
        // SAFETY: OpenSSL calls this with an SSL that has its context, and with the data that belongs to it.
        unsafe {
            let context = (openssl.SSL_get_SSL_CTX)(ssl);
            (openssl.CRYPTO_set_ex_data)(data, index, context);
        }
    }
}

/// Gives a new context its record. `None`: OpenSSL has no memory for that.
///
/// # Safety
/// `context` is a live `SSL_CTX` that nobody else uses yet.
pub unsafe fn attach(openssl: &OpenSsl, context: Ctx) -> Option<()> {
    let indexes = indexes(openssl)?;
    let record = Box::new(Record {
        own: ArcSwapOption::empty(),
        evp: AtomicPtr::default(),
        hmac: AtomicPtr::default(),
        identity: ArcSwap::default(),
        told: AtomicBool::new(false),
    });
    record.read_own_keys(openssl, context);
    let record = Box::into_raw(record);
    // SAFETY: the context is live; the record is OpenSSL's from now on.
    if unsafe { (openssl.SSL_CTX_set_ex_data)(context, indexes.record, record.cast()) } == 1 {
        return Some(());
    }
    // SAFETY: OpenSSL did not take it.
    drop(unsafe { Box::from_raw(record) });
    None
}

/// The record of a context; `None` for one that was made before this library could see it.
///
/// # Safety
/// `context` is a live `SSL_CTX`, and stays that while the record is used.
pub unsafe fn record<'a>(openssl: &OpenSsl, context: Ctx) -> Option<&'a Record> {
    let index = indexes(openssl)?.record;
    // SAFETY: the context is live, so its record is, if it has one; a Record is only ever shared.
    unsafe { (openssl.SSL_CTX_get_ex_data)(context, index).cast::<Record>().as_ref() }
}

/// The context that a connection started with.
///
/// # Safety
/// `ssl` is a live `SSL`; it holds a reference to that context.
pub unsafe fn first_context(openssl: &OpenSsl, ssl: Ssl) -> Ctx {
    let remembered = indexes(openssl).map_or(null_mut(), |indexes| {
        // SAFETY: the caller's contract.
        unsafe { (openssl.SSL_get_ex_data)(ssl, indexes.first_context) }
    });
    if remembered.is_null() {
        // SAFETY: the caller's contract. A connection that is older than this library's index.
        return unsafe { (openssl.SSL_get_SSL_CTX)(ssl) };
    }
    remembered
}

/// When the connection's chain of resumptions began, if a ticket has said so; seconds since 1970.
///
/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn chain_start(openssl: &OpenSsl, ssl: Ssl) -> Option<u64> {
    let index = indexes(openssl)?.chain_start;
    // SAFETY: the caller's contract. What is kept is a number in the form of a pointer.
    let kept = unsafe { (openssl.SSL_get_ex_data)(ssl, index) }.addr() as u64;
    (kept != 0).then_some(kept)
}

/// Remembers it.
///
/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn set_chain_start(openssl: &OpenSsl, ssl: Ssl, start: u64) {
    if let Some(indexes) = indexes(openssl) {
        let number = std::ptr::without_provenance_mut(usize::try_from(start).unwrap_or(0));
        // SAFETY: the caller's contract; nobody takes the number for a pointer.
        unsafe { (openssl.SSL_set_ex_data)(ssl, indexes.chain_start, number) };
    }
}

impl Record {
    /// The keys that OpenSSL itself would use.
    pub fn own_keys(&self) -> Option<Arc<TicketKey>> {
        self.own.load_full()
    }

    /// Reads them anew.
    pub fn read_own_keys(&self, openssl: &OpenSsl, context: Ctx) {
        let mut blob = zeroize::Zeroizing::new([0; OPENSSL_BLOB_LEN]);
        let len = OPENSSL_BLOB_LEN as c_long;
        // SAFETY: the context is live (`attach`, or the application's own call), and the blob as long as it says.
        let read = unsafe { (openssl.SSL_CTX_ctrl)(context, GET_KEYS, len, blob.as_mut_ptr().cast()) };
        let key = (read == 1).then(|| TicketKey::from_openssl_blob(&blob).ok()).flatten();
        self.own.store(key.map(Arc::new));
    }

    /// The context's part of the ring, made anew when certificate, verification or client authorities have changed.
    ///
    /// # Safety
    /// `context` is the live `SSL_CTX` of this record.
    pub unsafe fn separation(&self, openssl: &OpenSsl, context: Ctx) -> Arc<Separation> {
        // SAFETY: the caller's contract; these functions only look.
        let (certificate, authorities, verify_mode) = unsafe {
            (
                (openssl.SSL_CTX_get0_certificate)(context),
                (openssl.SSL_CTX_get_client_CA_list)(context),
                (openssl.SSL_CTX_get_verify_mode)(context),
            )
        };
        // SAFETY: the context's own list, or NULL, of which there are -1.
        let num_authorities = unsafe { (openssl.OPENSSL_sk_num)(authorities) };
        let before = self.identity.load();
        let same = before.certificate == certificate.addr()
            && before.authorities == authorities.addr()
            && (before.verify_mode, before.num_authorities) == (verify_mode, num_authorities);
        if let (true, Some(separation)) = (same, &before.separation) {
            return Arc::clone(separation);
        }
        let public_key = digest_of(certificate, openssl.X509_pubkey_digest, openssl);
        let mut parts = ContextParts::of_context(&public_key, verify_mode);
        for index in 0..num_authorities {
            // SAFETY: the index is within the list.
            let name = unsafe { (openssl.OPENSSL_sk_value)(authorities, index) };
            parts = parts.part(&digest_of(name, openssl.X509_NAME_digest, openssl));
        }
        let separation = kept_or_new(before.separation.as_ref(), parts.digest());
        self.identity.store(Arc::new(Identity {
            certificate: certificate.addr(),
            verify_mode,
            authorities: authorities.addr(),
            num_authorities,
            separation: Some(Arc::clone(&separation)),
        }));
        separation
    }
}

fn kept_or_new(before: Option<&Arc<Separation>>, digest: ContextDigest) -> Arc<Separation> {
    match before {
        Some(separation) if separation.is_for(&digest) => Arc::clone(separation),
        _ => Arc::new(Separation::new(digest)),
    }
}

type DigestFunction =
    unsafe extern "C" fn(*const c_void, *const c_void, *mut std::ffi::c_uchar, *mut std::ffi::c_uint) -> c_int;

/// SHA-256 of a certificate's public key, or of a name; zeros for none.
fn digest_of(object: *const c_void, digest: DigestFunction, openssl: &OpenSsl) -> [u8; 32] {
    let mut out = [0; 64];
    if !object.is_null() {
        // SAFETY: the object is the context's own, of the function's type; `out` has room for any digest.
        unsafe { digest(object, (openssl.EVP_sha256)(), out.as_mut_ptr(), null_mut()) };
    }
    out.first_chunk().copied().unwrap_or_default()
}

/// Loads a callback that the application has set.
pub fn callback(kept: &AtomicPtr<c_void>) -> *mut c_void {
    kept.load(Ordering::Acquire)
}
