//! carnet.h: key stores that processes share.

use std::ffi::{OsStr, c_char, c_long};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::carnet_h::{carnet_keystore, seconds};
use super::entry::{entry, string};
use crate::handles::Ref;
use crate::objects::keystore::KeyStore;

/// Makes a key store as carnet_keystore_new() does, in memory that the process shares with the children that it forks from
/// then on: whoever first notices that a key is due makes it for all, and what one rotates or erases all see.
///
/// There is room for 16 keys, so `interval` must be at least a thirteenth of `lifetime`. Returns the store, to be freed with
/// carnet_keystore_free(), or NULL with a reason.
#[unsafe(no_mangle)]
pub extern "C" fn carnet_keystore_shared(interval: c_long, lifetime: c_long) -> *mut carnet_keystore {
    entry("carnet_keystore_shared", std::ptr::null_mut(), || {
        let store = KeyStore::shared(seconds(interval)?, seconds(lifetime)?)?;
        Ok(Ref::new(store.into())?.to_c().cast())
    })
}

/// Opens the key store in the file at `path`, which every process that opens it shares, at the same time or later: a ring
/// file, as the command `carnet keys` and libcarnet_preload.so use it. It is made if it is not there, with `interval` and
/// `lifetime` as in carnet_keystore_shared(); one that is there keeps those that it was made with.
///
/// The file holds keys: it must belong to the user who runs the program, or to root, and be closed to others (mode 600). It
/// is mapped once, so it stays in reach after chroot(2) and when privileges are dropped. Returns the store, to be freed with
/// carnet_keystore_free(), or NULL with a reason that names the file and what is wrong.
///
/// # Safety
/// `path` is a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn carnet_keystore_open(
    path: *const c_char,
    interval: c_long,
    lifetime: c_long,
) -> *mut carnet_keystore {
    entry("carnet_keystore_open", std::ptr::null_mut(), || {
        // SAFETY: the caller's contract above.
        let path = unsafe { string(path) }?;
        let path = Path::new(OsStr::from_bytes(path.to_bytes()));
        let store = KeyStore::open(path, seconds(interval)?, seconds(lifetime)?)?;
        Ok(Ref::new(store.into())?.to_c().cast())
    })
}
