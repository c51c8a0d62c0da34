//! carnet.h: what this library adds to OpenSSL's interface.
//!
//! SSL_CTX_set_tlsext_ticket_key_cb(3) leaves the keys to the reader. A key store is what has to be written there: it makes
//! keys, hands each its turn, and erases it on time.

use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};

use carnet_keys::{Entropy, Found, KeyInfo};
use carnet_ticket::{IV_LEN, KeyName};
use carnet_tls::ProtocolVersion;
use zeroize::Zeroize;

use super::entry::{bytes, entry};
use super::types::{EVP_CIPHER_CTX, EVP_MAC_CTX, HMAC_CTX, SSL, SSL_CTX};
use crate::drive::tickets;
use crate::error::{Common, Error, Result};
use crate::handles::{self, Ref};
use crate::libcrypto::evp_ctx::Refused;
use crate::libcrypto::ticket_key::{set_cipher, set_hmac, set_mac};
use crate::objects::connection::Connection;
use crate::objects::context::Context;
use crate::objects::keystore::{KeyStore, time_t};

/// A set of ticket keys that rotates by itself: one key seals, those before it and the one after it open.
///
/// Like SSL_CTX it is counted and opaque, and the pointer is a handle, not an address: a store that was freed, or
/// something else in its place, is an error. Every function of this header may be called from any thread at any time, and
/// one that fails because of what it was given says so with one reason on OpenSSL's error queue.
#[allow(non_camel_case_types, reason = "the C API's name")]
pub struct carnet_keystore_st {
    _opaque: [u8; 0],
}

/// See carnet_keystore_new().
#[allow(non_camel_case_types, reason = "the C API's name")]
pub type carnet_keystore = carnet_keystore_st;

/// Bytes in a key's name, with which a ticket begins.
pub const CARNET_TICKET_KEY_NAME_LEN: usize = 16;
/// Bytes in the AES key and in the HMAC key.
pub const CARNET_TICKET_KEY_LEN: usize = 32;

/// A copy of one key and its times, in seconds since 1970; the largest time_t means never. It holds secrets: wipe it with
/// carnet_ticket_key_cleanse() after use.
#[repr(C)]
#[allow(non_camel_case_types, reason = "the C API's name")]
pub struct carnet_ticket_key {
    /// What a ticket begins with.
    pub name: [c_uchar; CARNET_TICKET_KEY_NAME_LEN],
    /// For AES-256-CBC. AES-128-CBC takes the first 16 bytes.
    pub aes_key: [c_uchar; CARNET_TICKET_KEY_LEN],
    /// For HMAC, whatever the digest.
    pub hmac_key: [c_uchar; CARNET_TICKET_KEY_LEN],
    /// The key makes tickets from here on.
    pub created: time_t,
    /// From here on it makes none, and who shows a ticket under it should get a new one.
    pub retires: time_t,
    /// From here on it opens none either, and is erased.
    pub expire: time_t,
    /// 1 if the key has retired: a ticket key callback returns 2 for a ticket under it. Else 0.
    pub renew: c_int,
}

/// A clock: seconds since 1970. Called with the argument that was set with it, from any thread, and never with a lock held.
#[allow(non_camel_case_types, reason = "the C API's name")]
pub type carnet_clock_fn = Option<unsafe extern "C" fn(arg: *mut c_void) -> time_t>;

fn store(ks: *const carnet_keystore) -> Result<std::sync::Arc<KeyStore>> {
    Ok(handles::lookup::<KeyStore>(ks.cast())?)
}

pub(super) fn seconds(value: c_long) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::Common(Common::PassedInvalidArgument))
}

/// The library's version, for example "0.1.0". The string lives as long as the program.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Makes a key store. Every `interval` seconds a new random key takes over making tickets (0: the first one does for ever);
/// each opens tickets for `lifetime` seconds after that, which should be the lifetime of the tickets (SSL_CTX_set_timeout(3),
/// 7200 by default). The key that comes next is there one interval ahead of its turn.
///
/// A store lives in one process. Children that were forked with a copy have its keys, also the next one, and after that each
/// makes its own. See carnet_keystore_shared() and carnet_keystore_open() for stores that processes share.
///
/// Returns the store, to be freed with carnet_keystore_free(), or NULL if a number is negative.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_keystore_new(interval: c_long, lifetime: c_long) -> *mut carnet_keystore {
    entry("carnet_keystore_new", std::ptr::null_mut(), || {
        let store = KeyStore::rotating(seconds(interval)?, seconds(lifetime)?);
        Ok(Ref::new(store.into())?.to_c().cast())
    })
}

/// Adds a reference, to be given back with carnet_keystore_free(). Returns 1, or 0 if `ks` is no store.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_keystore_up_ref(ks: *mut carnet_keystore) -> c_int {
    entry("carnet_keystore_up_ref", 0, || {
        handles::up_ref::<KeyStore>(ks.cast())?;
        Ok(1)
    })
}

/// Gives a reference back. Contexts that use the store keep its keys. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_keystore_free(ks: *mut carnet_keystore) {
    entry("carnet_keystore_free", (), || {
        Ok(handles::release::<KeyStore>(ks.cast())?)
    });
}

/// Sets the clock that the store goes by instead of the system's: for tests, once, and before the store is used. Returns 1,
/// or 0 if there is a clock already.
///
/// # Safety
/// `clock` may be called with `arg` from any thread for as long as the store, or a context that uses it, lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_keystore_set_clock(
    ks: *mut carnet_keystore,
    clock: carnet_clock_fn,
    arg: *mut c_void,
) -> c_int {
    entry("carnet_keystore_set_clock", 0, || {
        let (clock, arg) = (clock.ok_or(Error::NULL)?, Argument(arg));
        let read = move || {
            // SAFETY: what this function's caller promises; the pointer is only handed back to its owner.
            let now = unsafe { clock(arg.pointer()) };
            u64::try_from(now).unwrap_or(0)
        };
        store(ks)?.set_clock(Box::new(read))?;
        Ok(1)
    })
}

/// A pointer that belongs to the application and may go from thread to thread.
struct Argument(*mut c_void);

impl Argument {
    fn pointer(&self) -> *mut c_void {
        self.0
    }
}

// SAFETY: we never look at what it points at; who sets the clock promises that it works from any thread.
unsafe impl Send for Argument {}
// SAFETY: as above.
unsafe impl Sync for Argument {}

/// What the store's clock shows, seconds since 1970; -1 if `ks` is no store.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_keystore_now(ks: *mut carnet_keystore) -> time_t {
    entry("carnet_keystore_now", -1, || Ok(to_time_t(store(ks)?.now())))
}

/// Copies the key that makes tickets now into `key`: the manual page's currentkey(). Returns 1, or 0 if there is none
/// because the system gave no randomness to make one of.
///
/// # Safety
/// `key` points at a writable carnet_ticket_key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_keystore_current(ks: *mut carnet_keystore, key: *mut carnet_ticket_key) -> c_int {
    entry("carnet_keystore_current", 0, || {
        let info = store(ks)?.current().ok_or(Error::Silent)?;
        // SAFETY: the caller's contract above.
        unsafe { hand_out(&info, false, key) }
    })
}

/// Makes a new random key that makes tickets from now on, and copies it into `key` unless that is NULL: the manual page's
/// createkey(). The key that made them until now opens them still. Returns 1, or 0 if the system gave no randomness.
///
/// # Safety
/// `key` is NULL or points at a writable carnet_ticket_key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_keystore_create(ks: *mut carnet_keystore, key: *mut carnet_ticket_key) -> c_int {
    entry("carnet_keystore_create", 0, || {
        let info = store(ks)?.create()?;
        if key.is_null() {
            return Ok(1);
        }
        // SAFETY: not NULL, so writable by the caller's contract above.
        unsafe { hand_out(&info, false, key) }
    })
}

/// Copies the key that is called `name` into `key`: the manual page's findkey(). Returns 1, or 0 if there is none or it has
/// expired; then the error queue is left as it was.
///
/// # Safety
/// `name` points at 16 readable bytes, `key` at a writable carnet_ticket_key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_keystore_find(
    ks: *mut carnet_keystore,
    name: *const c_uchar,
    key: *mut carnet_ticket_key,
) -> c_int {
    entry("carnet_keystore_find", 0, || {
        let store = store(ks)?;
        // SAFETY: the caller's contract above.
        let info = store.find(&unsafe { key_name(name) }?).ok_or(Error::Silent)?;
        let retired = info.seals_until <= store.now();
        // SAFETY: the caller's contract above.
        unsafe { hand_out(&info, retired, key) }
    })
}

/// Lets the next key make the tickets ahead of its time; the one that made them until now opens them still. Returns 1, or 0
/// if there is no next key and the system gave no randomness to make one of.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_keystore_rotate(ks: *mut carnet_keystore) -> c_int {
    entry("carnet_keystore_rotate", 0, || {
        store(ks)?.rotate()?;
        Ok(1)
    })
}

/// Erases the key that is called `name`, or every key for NULL: tickets under it are refused from now on, and their clients
/// make a full handshake. If it made tickets, the next key takes over; after NULL, a new one. Returns 1, or 0 if there is no
/// such key.
///
/// # Safety
/// `name` is NULL or points at 16 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_keystore_erase(ks: *mut carnet_keystore, name: *const c_uchar) -> c_int {
    entry("carnet_keystore_erase", 0, || {
        let store = store(ks)?;
        if name.is_null() {
            store.erase_all()?;
            return Ok(1);
        }
        // SAFETY: not NULL, so 16 readable bytes by the caller's contract above.
        let name = unsafe { key_name(name) }?;
        if store.erase(&name)? { Ok(1) } else { Err(Error::Silent) }
    })
}

/// Wipes a key that one of the functions above filled in. NULL is fine.
///
/// # Safety
/// `key` is NULL or points at a writable carnet_ticket_key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_ticket_key_cleanse(key: *mut carnet_ticket_key) {
    entry("carnet_ticket_key_cleanse", (), || {
        // SAFETY: NULL or writable by the caller's contract; integers and bytes have no invalid values.
        if let Some(key) = unsafe { key.as_mut() } {
            key.name.zeroize();
            key.aes_key.zeroize();
            key.hmac_key.zeroize();
            (key.created, key.retires, key.expire, key.renew) = (0, 0, 0, 0);
        }
        Ok(())
    });
}

/// Gives a context the keys of a store instead of its own, for the tickets of all its connections, those under way too. No
/// callback is needed; one that is set still goes first. NULL gives the context a new key of its own.
///
/// Several contexts may use one store: each then opens the others' tickets, so contexts that ask their clients for different
/// things (one for a certificate, the other not) must have different session id contexts
/// (SSL_CTX_set_session_id_context(3)), or a client that one lets in is let in by the other. Returns 1, or 0 on error.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_CTX_use_keystore(ctx: *mut SSL_CTX, ks: *mut carnet_keystore) -> c_int {
    entry("carnet_CTX_use_keystore", 0, || {
        let context = handles::lookup::<Context>(ctx)?;
        let store = if ks.is_null() {
            KeyStore::single().into()
        } else {
            store(ks)?
        };
        context.use_key_store(store);
        Ok(1)
    })
}

/// A ready-made callback for SSL_CTX_set_tlsext_ticket_key_cb(3) with AES-256-CBC and HMAC-SHA256, on the keys of the
/// connection's context: those of carnet_CTX_use_keystore(), or else its own. For applications that add something of their
/// own in a callback around it; otherwise carnet_CTX_use_keystore() alone does the same, faster.
///
/// Returns 1, 2 (renew the ticket: the key has retired, or this is TLS 1.3, where a ticket is for one use), 0 (no such key;
/// or, when making a ticket, none at all) or -1 (libcrypto failed).
///
/// # Safety
/// To be called by the library, or with the arguments that it gave the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_ticket_key_cb(
    ssl: *mut SSL,
    key_name: *mut c_uchar,
    iv: *mut c_uchar,
    ctx: *mut EVP_CIPHER_CTX,
    hctx: *mut HMAC_CTX,
    enc: c_int,
) -> c_int {
    entry("carnet_ticket_key_cb", -1, || {
        // SAFETY: the arguments are the library's, so the contexts are live, the name and the IV have 16 bytes each.
        unsafe { choose_key(ssl, key_name, iv, ctx, enc, |key| set_hmac(hctx, key)) }
    })
}

/// The same for SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
///
/// # Safety
/// To be called by the library, or with the arguments that it gave the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_ticket_key_evp_cb(
    ssl: *mut SSL,
    key_name: *mut c_uchar,
    iv: *mut c_uchar,
    ctx: *mut EVP_CIPHER_CTX,
    hctx: *mut EVP_MAC_CTX,
    enc: c_int,
) -> c_int {
    entry("carnet_ticket_key_evp_cb", -1, || {
        // SAFETY: as in carnet_ticket_key_cb.
        unsafe { choose_key(ssl, key_name, iv, ctx, enc, |key| set_mac(hctx, key)) }
    })
}

/// What both ready-made callbacks do.
///
/// # Safety
/// `name` and `iv` point at 16 bytes, writable when `enc` is not 0; `ctx` is live.
unsafe fn choose_key(
    ssl: *mut SSL,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    ctx: *mut EVP_CIPHER_CTX,
    enc: c_int,
    set_mac: impl FnOnce(&carnet_ticket::TicketKey) -> std::result::Result<(), Refused>,
) -> Result<c_int> {
    if name.is_null() || iv.is_null() || ctx.is_null() {
        return Err(Error::NULL);
    }
    let connection = handles::lookup::<Connection>(ssl)?;
    let context = connection.session_context();
    let store = context.key_store();
    // SAFETY: not NULL, so 16 bytes each by this function's contract; they don't overlap with anything of ours.
    let (name, iv) = unsafe { (&mut *name.cast::<[u8; 16]>(), &mut *iv.cast::<[u8; IV_LEN]>()) };
    let (key, answer) = if enc != 0 {
        let Some(key) = store.sealing() else { return Ok(0) };
        carnet_keys::SystemEntropy.fill(iv).map_err(|_| Error::INTERNAL)?;
        let Some(named) = tickets::name_for_callback(&connection, context, &key, iv) else {
            return Ok(0);
        };
        *name = named.0;
        (key, 1)
    } else {
        let Some(Found { key, still_seals }) = tickets::find_for_callback(&connection, context, &KeyName(*name), iv)
        else {
            return Ok(0);
        };
        let for_one_use =
            connection.with_engine(|engine| engine.version() == Some(ProtocolVersion::TLS1_2)) != Some(true);
        (key, if still_seals && !for_one_use { 1 } else { 2 })
    };
    // SAFETY: `ctx` is live by this function's contract.
    unsafe { set_cipher(ctx, &key, iv, enc != 0) }
        .and_then(|()| set_mac(&key))
        .map_err(|Refused| Error::Queued)?;
    Ok(answer)
}

/// The key name at `name`.
///
/// # Safety
/// `name` is NULL or points at 16 readable bytes.
unsafe fn key_name(name: *const c_uchar) -> Result<KeyName> {
    if name.is_null() {
        return Err(Error::NULL);
    }
    // SAFETY: not NULL, so 16 readable bytes by this function's contract.
    let name = unsafe { bytes(name, CARNET_TICKET_KEY_NAME_LEN) }?;
    Ok(KeyName(name.try_into().map_err(|_| Error::INTERNAL)?))
}

/// Copies a key to where C wants it. Returns 1.
///
/// # Safety
/// `to` is NULL, which is an error, or points at a writable carnet_ticket_key.
unsafe fn hand_out(info: &KeyInfo, retired: bool, to: *mut carnet_ticket_key) -> Result<c_int> {
    if to.is_null() {
        return Err(Error::NULL);
    }
    let (aes_key, hmac_key) = (info.key.cipher_key(), info.key.mac_key());
    if aes_key.len() != CARNET_TICKET_KEY_LEN || hmac_key.len() != CARNET_TICKET_KEY_LEN {
        return Err(Error::UNSUPPORTED);
    }
    // Straight into the caller's memory: a secret copied to our stack first would stay there.
    // SAFETY: `to` is writable by this function's contract, each place is as long as what is copied to it.
    unsafe {
        (&raw mut (*to).name).write(info.key.name().0);
        (&raw mut (*to).aes_key)
            .cast::<u8>()
            .copy_from_nonoverlapping(aes_key.as_ptr(), aes_key.len());
        (&raw mut (*to).hmac_key)
            .cast::<u8>()
            .copy_from_nonoverlapping(hmac_key.as_ptr(), hmac_key.len());
        (&raw mut (*to).created).write(to_time_t(info.seals_from));
        (&raw mut (*to).retires).write(to_time_t(info.seals_until));
        (&raw mut (*to).expire).write(to_time_t(info.opens_until));
        (&raw mut (*to).renew).write(retired.into());
    }
    Ok(1)
}

fn to_time_t(seconds: u64) -> time_t {
    time_t::try_from(seconds).unwrap_or(time_t::MAX)
}
