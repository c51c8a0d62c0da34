//! A BIO_METHOD of our own (BIO_meth_new(3)) and what its callbacks do to their BIO (BIO_set_data(3)).

use std::ffi::{CStr, c_char, c_int, c_long, c_void};

use super::bio::{BIO_METHOD, InfoCallback};
use super::c::BIO;

mod ffi {
    use super::{BIO, BIO_METHOD, InfoCallback, c_char, c_int, c_long, c_void};

    unsafe extern "C" {
        pub fn BIO_meth_new(kind: c_int, name: *const c_char) -> *mut BIO_METHOD;
        pub fn BIO_meth_set_write(method: *mut BIO_METHOD, write: super::Write) -> c_int;
        pub fn BIO_meth_set_read(method: *mut BIO_METHOD, read: super::Read) -> c_int;
        pub fn BIO_meth_set_puts(method: *mut BIO_METHOD, puts: super::Puts) -> c_int;
        pub fn BIO_meth_set_ctrl(method: *mut BIO_METHOD, ctrl: super::Ctrl) -> c_int;
        pub fn BIO_meth_set_create(method: *mut BIO_METHOD, create: super::Life) -> c_int;
        pub fn BIO_meth_set_destroy(method: *mut BIO_METHOD, destroy: super::Life) -> c_int;
        pub fn BIO_meth_set_callback_ctrl(method: *mut BIO_METHOD, ctrl: super::CallbackCtrl) -> c_int;
        pub fn BIO_set_data(bio: *mut BIO, data: *mut c_void);
        pub fn BIO_get_data(bio: *mut BIO) -> *mut c_void;
        pub fn BIO_set_init(bio: *mut BIO, init: c_int);
        pub fn BIO_get_init(bio: *mut BIO) -> c_int;
        pub fn BIO_set_shutdown(bio: *mut BIO, shutdown: c_int);
        pub fn BIO_get_shutdown(bio: *mut BIO) -> c_int;
        pub fn BIO_set_flags(bio: *mut BIO, flags: c_int);
        pub fn BIO_clear_flags(bio: *mut BIO, flags: c_int);
        pub fn BIO_set_retry_reason(bio: *mut BIO, reason: c_int);
        pub fn BIO_get_retry_reason(bio: *mut BIO) -> c_int;
        pub fn BIO_copy_next_retry(bio: *mut BIO);
        pub fn BIO_set_next(bio: *mut BIO, next: *mut BIO);
        pub fn BIO_next(bio: *mut BIO) -> *mut BIO;
        pub fn BIO_push(bio: *mut BIO, next: *mut BIO) -> *mut BIO;
        pub fn BIO_up_ref(bio: *mut BIO) -> c_int;
        pub fn BIO_ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long;
        pub fn BIO_callback_ctrl(bio: *mut BIO, cmd: c_int, callback: InfoCallback) -> c_long;
        pub fn BIO_find_type(bio: *mut BIO, kind: c_int) -> *mut BIO;
    }
}

/// A method's write: `(bio, data, len)`, bytes taken or 0 or less.
pub type Write = unsafe extern "C" fn(*mut BIO, *const c_char, c_int) -> c_int;
/// A method's read: `(bio, buffer, len)`, bytes given or 0 or less.
pub type Read = unsafe extern "C" fn(*mut BIO, *mut c_char, c_int) -> c_int;
/// A method's puts: `(bio, string)`.
pub type Puts = unsafe extern "C" fn(*mut BIO, *const c_char) -> c_int;
/// A method's ctrl.
pub type Ctrl = unsafe extern "C" fn(*mut BIO, c_int, c_long, *mut c_void) -> c_long;
/// A method's create and destroy.
pub type Life = unsafe extern "C" fn(*mut BIO) -> c_int;
/// A method's callback_ctrl.
pub type CallbackCtrl = unsafe extern "C" fn(*mut BIO, c_int, InfoCallback) -> c_long;

/// What a kind of BIO does.
pub struct Functions {
    /// BIO_write and BIO_write_ex.
    pub write: Write,
    /// BIO_read and BIO_read_ex.
    pub read: Read,
    /// BIO_puts.
    pub puts: Puts,
    /// BIO_ctrl.
    pub ctrl: Ctrl,
    /// BIO_callback_ctrl.
    pub callback_ctrl: CallbackCtrl,
    /// BIO_new.
    pub create: Life,
    /// The last BIO_free.
    pub destroy: Life,
}

/// A new method that lives as long as the process, or NULL when memory is short. `kind` is a `BIO_TYPE_*` number.
pub fn new(kind: c_int, name: &'static CStr, functions: &Functions) -> *const BIO_METHOD {
    // SAFETY: the name is static; the setters store function pointers of the right types in the fresh method.
    unsafe {
        let method = ffi::BIO_meth_new(kind, name.as_ptr());
        if method.is_null() {
            return method;
        }
        ffi::BIO_meth_set_write(method, functions.write);
        ffi::BIO_meth_set_read(method, functions.read);
        ffi::BIO_meth_set_puts(method, functions.puts);
        ffi::BIO_meth_set_ctrl(method, functions.ctrl);
        ffi::BIO_meth_set_callback_ctrl(method, functions.callback_ctrl);
        ffi::BIO_meth_set_create(method, functions.create);
        ffi::BIO_meth_set_destroy(method, functions.destroy);
        method
    }
}

/// Why a filter asks to be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// BIO_set_retry_read.
    Read,
    /// BIO_set_retry_write.
    Write,
    /// BIO_set_retry_special with this `BIO_RR_*` reason.
    Special(c_int),
}

const FLAG_READ: c_int = 0x01;
const FLAG_WRITE: c_int = 0x02;
const FLAG_IO_SPECIAL: c_int = 0x04;
const FLAG_SHOULD_RETRY: c_int = 0x08;
const RETRY_FLAGS: c_int = FLAG_READ | FLAG_WRITE | FLAG_IO_SPECIAL | FLAG_SHOULD_RETRY;

/// A BIO as its own method sees it, for the time of one callback.
#[derive(Clone, Copy)]
pub struct Own(*mut BIO);

impl Own {
    /// The BIO that libcrypto handed to a callback of its method.
    ///
    /// # Safety
    /// `bio` is live for as long as the value is used.
    pub unsafe fn new(bio: *mut BIO) -> Self {
        Self(bio)
    }

    /// The pointer kept with the BIO.
    pub fn data(self) -> *mut c_void {
        // SAFETY: live by the constructor's contract, here and in all methods below.
        unsafe { ffi::BIO_get_data(self.0) }
    }

    /// Keeps a pointer with the BIO.
    #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "it is kept, not followed")]
    pub fn set_data(self, data: *mut c_void) {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_set_data(self.0, data) }
    }

    /// BIO_get_init: ready to transfer.
    pub fn is_ready(self) -> bool {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_get_init(self.0) != 0 }
    }

    /// BIO_set_init.
    pub fn set_ready(self, ready: bool) {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_set_init(self.0, c_int::from(ready)) }
    }

    /// BIO_get_shutdown: BIO_CLOSE (1) or BIO_NOCLOSE (0).
    pub fn close_flag(self) -> c_int {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_get_shutdown(self.0) }
    }

    /// BIO_set_shutdown.
    pub fn set_close_flag(self, flag: c_int) {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_set_shutdown(self.0, flag) }
    }

    /// Clears every flag.
    pub fn clear_flags(self) {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_clear_flags(self.0, !0) }
    }

    /// BIO_clear_retry_flags, and no reason.
    pub fn clear_retry(self) {
        // SAFETY: see `data`.
        unsafe {
            ffi::BIO_clear_flags(self.0, RETRY_FLAGS);
            ffi::BIO_set_retry_reason(self.0, 0);
        }
    }

    /// Asks to be called again.
    pub fn again(self, why: Again) {
        let (flag, reason) = match why {
            Again::Read => (FLAG_READ, 0),
            Again::Write => (FLAG_WRITE, 0),
            Again::Special(reason) => (FLAG_IO_SPECIAL, reason),
        };
        // SAFETY: see `data`.
        unsafe {
            ffi::BIO_set_flags(self.0, flag | FLAG_SHOULD_RETRY);
            ffi::BIO_set_retry_reason(self.0, reason);
        }
    }

    /// BIO_copy_next_retry.
    pub fn copy_next_retry(self) {
        // SAFETY: see `data`; a BIO without a next has nothing to copy.
        unsafe {
            if !ffi::BIO_next(self.0).is_null() {
                ffi::BIO_copy_next_retry(self.0);
            }
        }
    }

    /// BIO_next, or NULL.
    pub fn next(self) -> *mut BIO {
        // SAFETY: see `data`.
        unsafe { ffi::BIO_next(self.0) }
    }

    /// Makes `next` the BIO after this one, in front of what was there; the chain has a reference of its own to it.
    ///
    /// # Safety
    /// `next` is live.
    pub unsafe fn insert_next(self, next: *mut BIO) {
        // SAFETY: both are live; BIO_push takes NULL.
        unsafe {
            let rest = ffi::BIO_next(self.0);
            if !rest.is_null() {
                ffi::BIO_push(next, rest);
            }
            ffi::BIO_set_next(self.0, next);
            ffi::BIO_up_ref(next);
        }
    }
}

/// One more reference to a BIO.
///
/// # Safety
/// `bio` is live.
pub unsafe fn up_ref(bio: *mut BIO) -> bool {
    // SAFETY: the caller's promise.
    unsafe { ffi::BIO_up_ref(bio) == 1 }
}

/// BIO_ctrl; 0 for NULL.
///
/// # Safety
/// `bio` is NULL or live, and `parg` is what the command asks for.
pub unsafe fn ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    if bio.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { ffi::BIO_ctrl(bio, cmd, larg, parg) }
}

/// BIO_callback_ctrl; 0 for NULL.
///
/// # Safety
/// `bio` is NULL or live.
pub unsafe fn callback_ctrl(bio: *mut BIO, cmd: c_int, callback: InfoCallback) -> c_long {
    if bio.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { ffi::BIO_callback_ctrl(bio, cmd, callback) }
}

/// BIO_get_retry_reason; 0 for NULL.
///
/// # Safety
/// `bio` is NULL or live.
pub unsafe fn retry_reason(bio: *mut BIO) -> c_int {
    if bio.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { ffi::BIO_get_retry_reason(bio) }
}

/// The first BIO of this kind in a chain, or NULL.
///
/// # Safety
/// `bio` is NULL or live.
pub unsafe fn find(bio: *mut BIO, kind: c_int) -> *mut BIO {
    if bio.is_null() {
        return bio;
    }
    // SAFETY: the caller's promise.
    unsafe { ffi::BIO_find_type(bio, kind) }
}
