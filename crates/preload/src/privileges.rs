//! Before a process gives up what it may need to reach its ring: a program that has loaded libssl late, and makes its
//! first context when it is in another root directory or another user, still finds the file that it was told of. Dovecot's
//! login processes are such programs.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::openssl::OpenSsl;
use crate::state;
use crate::undisturbed::undisturbed;

/// Does this program do more than whoever has started it may (AT_SECURE: set-user-id, file capabilities)? Then the
/// environment is a stranger's, and the linker has found this library in a place that only root writes to.
pub fn is_more_than_its_caller() -> bool {
    // SAFETY: it only looks at what the kernel has told the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The libc's function of this name, once what can be prepared is.
fn prepared(name: &CStr) -> *mut c_void {
    let _done = undisturbed(|| {
        if OpenSsl::is_loaded() {
            state::ring();
        }
    });
    // SAFETY: the name ends in NUL; RTLD_NEXT is what comes after this library.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if found.is_null() {
        // SAFETY: the thread's own.
        unsafe { *libc::__errno_location() = libc::ENOSYS };
    }
    found
}

/// Calls the libc's function, or fails as a system call that is not there.
macro_rules! after_preparing {
    ($name:literal as $type:ty, $($argument:expr),*) => {{
        let found = prepared($name);
        if found.is_null() {
            return -1;
        }
        // SAFETY: POSIX's or Linux's function of this name has this type; the arguments are the caller's, passed on.
        unsafe { std::mem::transmute::<*mut c_void, $type>(found)($($argument),*) }
    }};
}

/// chroot(2)
///
/// # Safety
/// `path` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chroot(path: *const c_char) -> c_int {
    after_preparing!(c"chroot" as unsafe extern "C" fn(*const c_char) -> c_int, path)
}

/// setuid(2)
#[unsafe(no_mangle)]
pub extern "C" fn setuid(user: libc::uid_t) -> c_int {
    after_preparing!(c"setuid" as unsafe extern "C" fn(libc::uid_t) -> c_int, user)
}

/// setresuid(2)
#[unsafe(no_mangle)]
pub extern "C" fn setresuid(real: libc::uid_t, effective: libc::uid_t, saved: libc::uid_t) -> c_int {
    type SetAll = unsafe extern "C" fn(libc::uid_t, libc::uid_t, libc::uid_t) -> c_int;
    after_preparing!(c"setresuid" as SetAll, real, effective, saved)
}
