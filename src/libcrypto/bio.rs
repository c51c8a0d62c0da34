//! BIO of libcrypto: the pipe that TLS records travel through (BIO_s_socket(3), BIO_should_retry(3), BIO_ctrl(3)).
//!
//! A [`Bio`] is one counted reference to a chain. Everything goes through BIO_read, BIO_write and BIO_ctrl, so any kind
//! serves: sockets, memory, pairs, filters, and methods that the application wrote.

use std::ffi::{c_int, c_long, c_void};
use std::ptr::{self, NonNull};

use super::c::BIO;
pub use super::c::BIO_METHOD;

/// The parameter of BIO_callback_ctrl (BIO_info_cb).
pub type InfoCallback = Option<unsafe extern "C" fn(*mut BIO, c_int, c_int) -> c_int>;

const FLAG_READ: c_int = 0x01;
const FLAG_WRITE: c_int = 0x02;
const FLAG_IO_SPECIAL: c_int = 0x04;
const FLAG_SHOULD_RETRY: c_int = 0x08;
const CTRL_EOF: c_int = 2;
const CTRL_FLUSH: c_int = 11;
const C_SET_FD: c_int = 104;
const C_GET_FD: c_int = 105;
const TYPE_DESCRIPTOR: c_int = 0x0100;
const RETRY_CONNECT: c_int = 2;
const RETRY_ACCEPT: c_int = 3;

mod ffi {
    use super::{BIO, BIO_METHOD, c_int, c_long, c_void};

    unsafe extern "C" {
        pub fn __errno_location() -> *mut c_int;
        pub fn BIO_new(method: *const BIO_METHOD) -> *mut BIO;
        pub fn BIO_up_ref(bio: *mut BIO) -> c_int;
        pub fn BIO_free_all(bio: *mut BIO);
        pub fn BIO_read(bio: *mut BIO, data: *mut c_void, len: c_int) -> c_int;
        pub fn BIO_write(bio: *mut BIO, data: *const c_void, len: c_int) -> c_int;
        pub fn BIO_ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long;
        pub fn BIO_int_ctrl(bio: *mut BIO, cmd: c_int, larg: c_long, iarg: c_int) -> c_long;
        pub fn BIO_set_flags(bio: *mut BIO, flags: c_int);
        pub fn BIO_clear_flags(bio: *mut BIO, flags: c_int);
        pub fn BIO_test_flags(bio: *const BIO, flags: c_int) -> c_int;
        pub fn BIO_get_retry_reason(bio: *mut BIO) -> c_int;
        pub fn BIO_find_type(bio: *mut BIO, kind: c_int) -> *mut BIO;
        pub fn BIO_method_type(bio: *const BIO) -> c_int;
        pub fn BIO_s_socket() -> *const BIO_METHOD;
        pub fn BIO_s_connect() -> *const BIO_METHOD;
        pub fn BIO_f_buffer() -> *const BIO_METHOD;
        pub fn BIO_push(bio: *mut BIO, next: *mut BIO) -> *mut BIO;
    }
}

/// A program that is told SSL_ERROR_SYSCALL looks at errno, where an old error would mislead it.
fn clear_errno() {
    // SAFETY: the C library's place for this thread's error number, always valid.
    unsafe { ffi::__errno_location().write(0) }
}

/// What BIO_should_retry and its relatives say after a transfer that moved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// BIO_should_read.
    Read,
    /// BIO_should_write.
    Write,
    /// BIO_should_io_special, BIO_RR_CONNECT.
    Connect,
    /// BIO_should_io_special, BIO_RR_ACCEPT.
    Accept,
    /// BIO_should_io_special for a reason that TLS doesn't know.
    Special,
    /// None of them: not a matter of waiting.
    Never,
}

/// One counted reference to a BIO chain. Dropped with BIO_free_all, which is how SSL_free lets go of its BIOs.
#[derive(Debug)]
pub struct Bio(NonNull<BIO>);

// SAFETY: libcrypto counts BIO references atomically. A BIO's transfers are no more thread-safe than in C; a `Bio` that
// moves to another thread moves the right to use it.
unsafe impl Send for Bio {}

impl Bio {
    /// Takes over one reference that the caller owned. `None` for NULL.
    ///
    /// # Safety
    /// `raw` is NULL or a live BIO, and one of its references becomes ours.
    pub unsafe fn from_owned(raw: *mut BIO) -> Option<Bio> {
        NonNull::new(raw).map(Bio)
    }

    /// A socket BIO that leaves the descriptor open when freed (BIO_NOCLOSE), as SSL_set_fd makes it.
    pub fn socket(fd: c_int) -> Option<Bio> {
        // SAFETY: BIO_s_socket returns a static method; BIO_new returns NULL or a BIO that we own.
        let bio = unsafe { Bio::from_owned(ffi::BIO_new(ffi::BIO_s_socket())) }?;
        // SAFETY: `bio` is live; this command takes its argument by value.
        unsafe { ffi::BIO_int_ctrl(bio.as_ptr(), C_SET_FD, 0, fd) };
        Some(bio)
    }

    /// Another reference to the same BIO.
    pub fn share(&self) -> Option<Bio> {
        // SAFETY: `self` keeps the BIO alive.
        let counted = unsafe { ffi::BIO_up_ref(self.as_ptr()) } == 1;
        counted.then_some(Bio(self.0))
    }

    /// The pointer that C knows it by; no reference changes hands.
    pub fn as_ptr(&self) -> *mut BIO {
        self.0.as_ptr()
    }

    /// Gives our reference to C.
    pub fn into_raw(self) -> *mut BIO {
        let raw = self.as_ptr();
        std::mem::forget(self);
        raw
    }

    /// BIO_read: how many bytes came, or 0 or less for none ([`Bio::retry`] and [`Bio::eof`] say why).
    pub fn read(&self, buffer: &mut [u8]) -> c_int {
        let len = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        clear_errno();
        // SAFETY: `self` keeps the BIO alive; `buffer` has at least `len` writable bytes.
        unsafe { ffi::BIO_read(self.as_ptr(), buffer.as_mut_ptr().cast(), len) }
    }

    /// BIO_write: how many bytes were taken, or 0 or less for none.
    pub fn write(&self, data: &[u8]) -> c_int {
        let len = c_int::try_from(data.len()).unwrap_or(c_int::MAX);
        clear_errno();
        // SAFETY: `self` keeps the BIO alive; `data` has at least `len` readable bytes.
        unsafe { ffi::BIO_write(self.as_ptr(), data.as_ptr().cast(), len) }
    }

    /// BIO_flush: positive when done, otherwise to be tried again ([`Bio::retry`]) or failed.
    pub fn flush(&self) -> c_long {
        // SAFETY: `self` keeps the BIO alive; the command takes no argument.
        unsafe { ffi::BIO_ctrl(self.as_ptr(), CTRL_FLUSH, 0, ptr::null_mut()) }
    }

    /// BIO_eof: the source has ended.
    pub fn eof(&self) -> bool {
        // SAFETY: `self` keeps the BIO alive; the command takes no argument.
        unsafe { ffi::BIO_ctrl(self.as_ptr(), CTRL_EOF, 0, ptr::null_mut()) > 0 }
    }

    /// BIO_should_retry.
    pub fn should_retry(&self) -> bool {
        self.has(FLAG_SHOULD_RETRY)
    }

    /// Why the last transfer moved nothing. SSL_get_error looks for the direction that it was going in first.
    pub fn wish(&self, direction: Retry) -> Retry {
        let order = if direction == Retry::Write {
            [Retry::Write, Retry::Read]
        } else {
            [Retry::Read, Retry::Write]
        };
        for wish in order {
            if self.has(if wish == Retry::Read { FLAG_READ } else { FLAG_WRITE }) {
                return wish;
            }
        }
        if !self.has(FLAG_IO_SPECIAL) {
            return Retry::Never;
        }
        // SAFETY: `self` keeps the BIO alive.
        match unsafe { ffi::BIO_get_retry_reason(self.as_ptr()) } {
            RETRY_CONNECT => Retry::Connect,
            RETRY_ACCEPT => Retry::Accept,
            _ => Retry::Special,
        }
    }

    /// Makes the BIO say that it wants to be read again, whatever it was doing (BIO_set_retry_read).
    pub fn set_retry_read(&self) {
        // SAFETY: `self` keeps the BIO alive.
        unsafe {
            ffi::BIO_clear_flags(
                self.as_ptr(),
                FLAG_READ | FLAG_WRITE | FLAG_IO_SPECIAL | FLAG_SHOULD_RETRY,
            );
            ffi::BIO_set_flags(self.as_ptr(), FLAG_READ | FLAG_SHOULD_RETRY);
        }
    }

    /// The descriptor of the first BIO in the chain that has one.
    pub fn descriptor(&self) -> Option<c_int> {
        let mut fd: c_int = -1;
        // SAFETY: `self` keeps the chain alive; a descriptor BIO stores an int through the pointer, which is ours.
        unsafe {
            let found = ffi::BIO_find_type(self.as_ptr(), TYPE_DESCRIPTOR);
            if found.is_null() {
                return None;
            }
            ffi::BIO_ctrl(found, C_GET_FD, 0, ptr::from_mut(&mut fd).cast::<c_void>());
        }
        Some(fd)
    }

    fn has(&self, flags: c_int) -> bool {
        // SAFETY: `self` keeps the BIO alive.
        unsafe { ffi::BIO_test_flags(self.as_ptr(), flags) != 0 }
    }

    /// True when both are the same BIO.
    pub fn same(&self, other: &Bio) -> bool {
        self.0 == other.0
    }

    /// True when the chain's first BIO is a socket on `fd` (SSL_set_rfd and SSL_set_wfd then share one BIO).
    pub fn is_socket_on(&self, fd: c_int) -> bool {
        const TYPE_SOCKET: c_int = 5 | 0x0400 | TYPE_DESCRIPTOR;
        // SAFETY: `self` keeps the BIO alive.
        let socket = unsafe { ffi::BIO_method_type(self.as_ptr()) } == TYPE_SOCKET;
        socket && self.descriptor() == Some(fd)
    }
}

impl Drop for Bio {
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and this is its last use.
        unsafe { ffi::BIO_free_all(self.as_ptr()) }
    }
}

/// Puts `bio` in front of `next` and returns the chain (BIO_push).
pub fn push(bio: Bio, next: Bio) -> Bio {
    // SAFETY: both are live and ours; BIO_push takes over `next` as part of the chain and returns `bio`.
    unsafe { ffi::BIO_push(bio.as_ptr(), next.into_raw()) };
    bio
}

/// A connect BIO without an address yet (BIO_s_connect(3)).
pub fn connect() -> Option<Bio> {
    // SAFETY: BIO_s_connect returns a static method; BIO_new returns NULL or a BIO that we own.
    unsafe { Bio::from_owned(ffi::BIO_new(ffi::BIO_s_connect())) }
}

/// A buffering filter (BIO_f_buffer(3)).
pub fn buffer() -> Option<Bio> {
    // SAFETY: BIO_f_buffer returns a static method; BIO_new returns NULL or a BIO that we own.
    unsafe { Bio::from_owned(ffi::BIO_new(ffi::BIO_f_buffer())) }
}

/// A BIO of a method of our own.
#[allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "every method is libcrypto's or ours, and lives for ever"
)]
pub fn with_method(method: *const BIO_METHOD) -> Option<Bio> {
    if method.is_null() {
        return None;
    }
    // SAFETY: the only methods in this library that are not libcrypto's are made by `method` and never freed.
    unsafe { Bio::from_owned(ffi::BIO_new(method)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        fn BIO_s_mem() -> *const BIO_METHOD;
    }

    fn memory() -> Bio {
        // SAFETY: a static method of libcrypto's; the new BIO is ours.
        unsafe { Bio::from_owned(ffi::BIO_new(BIO_s_mem())) }.expect("memory")
    }

    #[test]
    fn bytes_go_through_a_memory_bio() {
        let bio = memory();
        assert_eq!(bio.write(b"record"), 6);
        assert!(bio.flush() > 0);
        let mut buffer = [0; 16];
        assert_eq!(bio.read(&mut buffer), 6);
        assert_eq!(&buffer[..6], b"record");
    }

    #[test]
    fn an_empty_memory_bio_asks_to_be_read_again() {
        let bio = memory();
        assert!(bio.read(&mut [0; 4]) < 0);
        assert!(bio.should_retry());
        assert_eq!(bio.wish(Retry::Read), Retry::Read);
        assert_eq!(bio.descriptor(), None);
    }

    #[test]
    fn a_shared_bio_outlives_the_first_reference() {
        let bio = memory();
        let other = bio.share().expect("reference");
        assert!(bio.same(&other));
        drop(bio);
        assert_eq!(other.write(b"x"), 1);
    }

    #[test]
    fn sockets_know_their_descriptor() {
        let bio = Bio::socket(7).expect("socket");
        assert_eq!(bio.descriptor(), Some(7));
        assert!(bio.is_socket_on(7));
        assert!(!bio.is_socket_on(8));
    }
}
