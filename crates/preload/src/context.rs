//! What is kept with each `SSL_CTX`, and the little that is kept with each `SSL`.

use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use carnet_keys::without_trace;
use carnet_ticket::{OPENSSL_BLOB_LEN, TicketKey};

use crate::algorithms::Algorithms;
use crate::identity::Identity;
use crate::openssl::{Ctx, OpenSsl, Ssl};
use crate::state;
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
    pub algorithms: Algorithms,
    /// The keys that OpenSSL has made for the context, or the application has set.
    own: ArcSwapOption<TicketKey>,
    /// The application's own key callbacks: the EVP_MAC kind and the HMAC_CTX kind.
    pub evp: AtomicPtr<c_void>,
    pub hmac: AtomicPtr<c_void>,
    /// Has the application set keys, or taken those that there are to use elsewhere?
    pub keys_are_its_own: AtomicBool,
    /// Does the application see the hello first (SSL_CTX_set_client_hello_cb(3)), and may choose another context by it?
    pub chooses_by_hello: AtomicBool,
    /// Has it keys agreed upon beforehand (SSL_CTX_set_psk_server_callback(3)), or had it any?
    pub has_psks: AtomicBool,
    /// The application's own verification of certificates (SSL_CTX_set_cert_verify_callback(3)), or NULL.
    pub judge: AtomicPtr<c_void>,
    identity: ArcSwap<Identity>,
    /// Has the operator been told that this context is left alone?
    told: AtomicBool,
}

struct Indexes {
    record: c_int,
    first_context: c_int,
    opened: c_int,
    renewal_is_ours: c_int,
}

fn indexes(openssl: &OpenSsl) -> Option<&'static Indexes> {
    static INDEXES: OnceLock<Option<Indexes>> = OnceLock::new();
    let make = |class, dup, free| {
        // SAFETY: the callbacks are functions of the right type, and stay: this library is never unloaded, since its
        // functions are libssl's callbacks.
        let index = unsafe { (openssl.CRYPTO_get_ex_new_index)(class, 0, null_mut(), None, dup, free) };
        (index >= 0).then_some(index)
    };
    INDEXES
        .get_or_init(|| {
            Some(Indexes {
                record: make(OF_CTX, None, Some(forget as _))?,
                first_context: make(OF_SSL, Some(remain as _), None)?,
                opened: make(OF_SSL, Some(remain as _), None)?,
                renewal_is_ours: make(OF_SSL, Some(remain as _), None)?,
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

/// CRYPTO_EX_dup of an SSL: SSL_dup(3) makes a new connection, which starts with the context that the old one has come to, and
/// what was remembered of the old one is not taken over.
unsafe extern "C" fn remain(
    to: *mut c_void,
    _: *const c_void,
    copied: *mut *mut c_void,
    index: c_int,
    _: c_long,
    _: *mut c_void,
) -> c_int {
    if let Some(openssl) = OpenSsl::get() {
        // SAFETY: OpenSSL calls this with the new connection's data, and with the place that holds what it will set.
        unsafe { *copied = (openssl.CRYPTO_get_ex_data)(to, index) };
    }
    1
}

/// Gives a new context its record. `None`: it has one already, or OpenSSL has no memory for that, or not what tickets need.
///
/// # Safety
/// `context` is a live `SSL_CTX` that nobody else uses yet, made of this `library` with these `properties`.
pub unsafe fn attach(openssl: &OpenSsl, context: Ctx, library: *mut c_void, properties: *const c_char) -> Option<()> {
    let indexes = indexes(openssl)?;
    // SAFETY: the caller's contract.
    if !unsafe { (openssl.SSL_CTX_get_ex_data)(context, indexes.record) }.is_null() {
        // SSL_CTX_new is made of SSL_CTX_new_ex, which this library stands before, too.
        return None;
    }
    let record = Box::new(Record {
        // SAFETY: a library context stays as long as what was made of it.
        algorithms: unsafe { Algorithms::of_library(openssl, library, properties) }?,
        own: ArcSwapOption::empty(),
        evp: AtomicPtr::default(),
        hmac: AtomicPtr::default(),
        keys_are_its_own: AtomicBool::new(false),
        chooses_by_hello: AtomicBool::new(false),
        has_psks: AtomicBool::new(false),
        judge: AtomicPtr::default(),
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

/// The context that a connection started with, whose ticket keys count even if a callback has moved it to another.
///
/// # Safety
/// `ssl` is a live `SSL`; it holds a reference to that context.
pub unsafe fn first_context(openssl: &OpenSsl, ssl: Ssl) -> Ctx {
    let remembered = indexes(openssl).map_or(null_mut(), |indexes| {
        // SAFETY: the caller's contract.
        unsafe { (openssl.SSL_get_ex_data)(ssl, indexes.first_context) }
    });
    if remembered.is_null() {
        // SAFETY: the caller's contract. It has not been moved.
        return unsafe { (openssl.SSL_get_SSL_CTX)(ssl) };
    }
    remembered
}

/// Remembers it, before the connection moves for the first time. (When it is made is too early: since OpenSSL 3.2 it does
/// not have its context yet when CRYPTO_EX_new is called.)
///
/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn remember_first(openssl: &OpenSsl, ssl: Ssl) -> Option<()> {
    let index = indexes(openssl)?.first_context;
    // SAFETY: the caller's contract. NULL is no connection, and these functions would look into it.
    unsafe {
        if !ssl.is_null() && (openssl.SSL_get_ex_data)(ssl, index).is_null() {
            (openssl.SSL_set_ex_data)(ssl, index, (openssl.SSL_get_SSL_CTX)(ssl));
        }
    }
    Some(())
}

/// What the ticket was that a connection has brought last, as far as its key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// There was none that could be opened: what is resumed all the same comes from a cache, or is an external PSK.
    Nothing,
    /// One under the keys that OpenSSL has made for the context, or the application has set.
    Own,
    /// One under the ring's keys, of a chain of resumptions that began then, seconds since 1970.
    OfChain(u64),
}

/// As OpenSSL keeps it: a number in the form of a pointer.
const OWN: u64 = 1;

impl Opened {
    /// When the chain began, if the ticket has said so.
    pub fn chain_start(self) -> Option<u64> {
        match self {
            Self::OfChain(start) => Some(start),
            Self::Nothing | Self::Own => None,
        }
    }
}

/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn opened(openssl: &OpenSsl, ssl: Ssl) -> Opened {
    let Some(indexes) = indexes(openssl) else {
        return Opened::Nothing;
    };
    // SAFETY: the caller's contract.
    match unsafe { (openssl.SSL_get_ex_data)(ssl, indexes.opened) }.addr() as u64 {
        0 => Opened::Nothing,
        OWN => Opened::Own,
        start => Opened::OfChain(start),
    }
}

/// Remembers it.
///
/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn set_opened(openssl: &OpenSsl, ssl: Ssl, what: Opened) {
    let number = match what {
        Opened::Nothing => 0,
        Opened::Own => OWN,
        Opened::OfChain(start) => start,
    };
    // SAFETY: the caller's contract; nobody takes the number for a pointer.
    unsafe {
        if let Some(indexes) = indexes(openssl).filter(|_| opened(openssl, ssl) != what) {
            let number = std::ptr::without_provenance_mut(usize::try_from(number).unwrap_or(0));
            (openssl.SSL_set_ex_data)(ssl, indexes.opened, number);
        }
    }
}

/// Was it this library that asked for a new ticket, and not the application, when the connection's last was opened?
///
/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn is_renewal_ours(openssl: &OpenSsl, ssl: Ssl) -> bool {
    // SAFETY: the caller's contract.
    indexes(openssl)
        .is_some_and(|indexes| !unsafe { (openssl.SSL_get_ex_data)(ssl, indexes.renewal_is_ours) }.is_null())
}

/// Remembers it.
///
/// # Safety
/// `ssl` is a live `SSL`.
pub unsafe fn set_renewal_is_ours(openssl: &OpenSsl, ssl: Ssl, is_ours: bool) {
    // SAFETY: the caller's contract.
    if let Some(indexes) = indexes(openssl).filter(|_| is_ours != unsafe { is_renewal_ours(openssl, ssl) }) {
        let mark = std::ptr::without_provenance_mut(is_ours.into());
        // SAFETY: the caller's contract; nobody takes the mark for a pointer.
        unsafe { (openssl.SSL_set_ex_data)(ssl, indexes.renewal_is_ours, mark) };
    }
}

impl Record {
    /// The keys that OpenSSL itself would use.
    pub fn own_keys(&self) -> Guard<Option<Arc<TicketKey>>> {
        self.own.load()
    }

    /// Reads them anew.
    pub fn read_own_keys(&self, openssl: &OpenSsl, context: Ctx) {
        let read = || {
            let mut blob = zeroize::Zeroizing::new([0; OPENSSL_BLOB_LEN]);
            let len = OPENSSL_BLOB_LEN as c_long;
            // SAFETY: the context is live (`attach`, or the application's own call), and the blob as long as it says.
            let read = unsafe { (openssl.SSL_CTX_ctrl)(context, GET_KEYS, len, blob.as_mut_ptr().cast()) };
            let key = (read == 1).then(|| TicketKey::from_openssl_blob(&blob).ok()).flatten();
            key.map(Arc::new)
        };
        self.own.store(without_trace(read));
    }

    /// Asks the context's part of the ring, made anew when what the context is has changed. `None`: it has none, since
    /// nothing that would stay tells it from others.
    ///
    /// # Safety
    /// `context` is the live `SSL_CTX` of this record.
    pub unsafe fn with_separation<R>(
        &self,
        openssl: &OpenSsl,
        context: Ctx,
        then: impl FnOnce(Option<&Separation>) -> R,
    ) -> R {
        let before = self.identity.load();
        // SAFETY: the caller's contract.
        match unsafe { before.check(openssl, &self.algorithms, context, callback(&self.judge)) } {
            Ok(separation) => then(separation),
            Err(new) => {
                let separation = new.separation();
                self.identity.store(new);
                then(separation.as_deref())
            }
        }
    }

    /// Tells the operator, once, why the context's tickets are left as they are.
    pub fn tell_once(&self, why: &str) {
        if !self.told.swap(true, Ordering::Relaxed) {
            state::tell(&format!("{why}: its tickets are left as they are"));
        }
    }
}

/// Loads a callback that the application has set.
pub fn callback(kept: &AtomicPtr<c_void>) -> *mut c_void {
    kept.load(Ordering::Acquire)
}
