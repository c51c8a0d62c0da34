//! The error queue (`ERR_new(3)`, `ERR_clear_error(3)`, `ERR_peek_error(3)`).

use std::ffi::{CString, c_char, c_int, c_ulong};
use std::sync::Once;

use super::reasons;

const LIB_SYS: c_int = 2;
const LIB_SSL: c_int = 20;
const LIB_PROV: c_int = 57;
const PROV_R_CIPHER_OPERATION_FAILED: c_int = 102;
const LIB_SHIFT: u32 = 23;
const REASON_MASK: c_ulong = 0x7f_ffff;
const RFLAG_FATAL: u32 = 1 << 18;
const RFLAG_COMMON: u32 = 2 << 18;
const SYSTEM_FLAG: c_ulong = 0x8000_0000;

#[repr(C)]
#[derive(Clone, Copy)]
struct ErrStringData {
    error: c_ulong,
    string: *const c_char,
}

unsafe extern "C" {
    fn ERR_new();
    fn ERR_set_debug(file: *const c_char, line: c_int, func: *const c_char);
    fn ERR_set_error(lib: c_int, reason: c_int, fmt: *const c_char, ...);
    fn ERR_clear_error();
    fn ERR_peek_error() -> c_ulong;
    fn ERR_peek_last_error() -> c_ulong;
    fn ERR_set_mark() -> c_int;
    fn ERR_pop_to_mark() -> c_int;
    fn ERR_clear_last_mark() -> c_int;
    fn ERR_load_strings_const(strings: *const ErrStringData) -> c_int;
}

/// Reasons that all of OpenSSL's libraries share (`openssl/err.h`, `ERR_R_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Common {
    /// Out of memory.
    MallocFailure,
    /// A function that does not fit the object or the moment.
    ShouldNotHaveBeenCalled,
    /// NULL where an object is needed.
    PassedNullParameter,
    /// A fault of the library.
    InternalError,
    /// An argument out of range.
    PassedInvalidArgument,
    /// A call-out to the operating system or another part failed.
    OperationFail,
    /// Not available in this library.
    Unsupported,
    /// libcrypto's `lib` failed and has said why (`ERR_R_PEM_LIB` and its like): the library's number.
    Library(u8),
}

impl Common {
    /// `ERR_R_SYS_LIB`
    pub const SYS_LIB: Self = Self::Library(2);
    /// `ERR_R_BUF_LIB`
    pub const BUF_LIB: Self = Self::Library(7);
    /// `ERR_R_PEM_LIB`
    pub const PEM_LIB: Self = Self::Library(9);
    /// `ERR_R_X509_LIB`
    pub const X509_LIB: Self = Self::Library(11);
    /// `ERR_R_ASN1_LIB`
    pub const ASN1_LIB: Self = Self::Library(13);
    /// `ERR_R_EVP_LIB`
    pub const EVP_LIB: Self = Self::Library(6);

    /// The number that `ERR_GET_REASON` gives.
    pub const fn code(self) -> u32 {
        match self {
            Self::MallocFailure => 256 | RFLAG_FATAL | RFLAG_COMMON,
            Self::ShouldNotHaveBeenCalled => 257 | RFLAG_FATAL | RFLAG_COMMON,
            Self::PassedNullParameter => 258 | RFLAG_FATAL | RFLAG_COMMON,
            Self::InternalError => 259 | RFLAG_FATAL | RFLAG_COMMON,
            Self::PassedInvalidArgument => 262 | RFLAG_COMMON,
            Self::OperationFail => 263 | RFLAG_FATAL | RFLAG_COMMON,
            Self::Unsupported => 268 | RFLAG_COMMON,
            Self::Library(lib) => lib as u32 | RFLAG_COMMON,
        }
    }
}

/// A packed error code, as `ERR_get_error` returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(c_ulong);

impl Code {
    /// `ERR_GET_LIB`
    pub fn library(self) -> u32 {
        if self.0 & SYSTEM_FLAG != 0 {
            LIB_SYS as u32
        } else {
            (self.0 >> LIB_SHIFT) as u32 & 0xff
        }
    }

    /// `ERR_GET_REASON`
    pub fn reason(self) -> u32 {
        if self.0 & SYSTEM_FLAG != 0 {
            (self.0 & !SYSTEM_FLAG) as u32
        } else {
            (self.0 & REASON_MASK) as u32
        }
    }
}

/// Pushes an error of the SSL library.
pub fn raise(function: &str, reason: u32, data: Option<&str>) {
    load_strings();
    push(LIB_SSL, reason as c_int, function, data);
}

/// Pushes what libcrypto's provider says of a record of TLS 1.2 that does not decrypt.
pub fn raise_cipher_failure() {
    push(LIB_PROV, PROV_R_CIPHER_OPERATION_FAILED, "tls_cipher", None);
}

/// Pushes an error of the operating system.
pub fn raise_system(function: &str, errno: i32, data: &str) {
    push(LIB_SYS, errno, function, Some(data));
}

fn push(lib: c_int, reason: c_int, function: &str, data: Option<&str>) {
    let function = CString::new(function).unwrap_or_default();
    let data = data.and_then(|data| CString::new(data).ok());
    // SAFETY: no arguments; starts a new entry of this thread's queue.
    unsafe { ERR_new() };
    // SAFETY: both strings are NUL-terminated and copied by the call.
    unsafe { ERR_set_debug(c"carnet".as_ptr(), 0, function.as_ptr()) };
    match data {
        // SAFETY: the format takes one NUL-terminated string, which outlives the call.
        Some(data) => unsafe { ERR_set_error(lib, reason, c"%s".as_ptr(), data.as_ptr()) },
        // SAFETY: no format, so no further arguments are read.
        None => unsafe { ERR_set_error(lib, reason, std::ptr::null()) },
    }
}

/// `ERR_clear_error(3)`
pub fn clear() {
    // SAFETY: no arguments; touches this thread's queue only.
    unsafe { ERR_clear_error() }
}

/// The same where the queue is nearly always empty already: looking is cheaper than clearing.
pub fn clear_if_any() {
    if peek().is_some() {
        clear();
    }
}

/// The oldest entry, left where it is.
pub fn peek() -> Option<Code> {
    // SAFETY: no arguments; reads this thread's queue only.
    let code = unsafe { ERR_peek_error() };
    (code != 0).then_some(Code(code))
}

/// The newest entry, left where it is.
pub fn peek_last() -> Option<Code> {
    // SAFETY: no arguments; reads this thread's queue only.
    let code = unsafe { ERR_peek_last_error() };
    (code != 0).then_some(Code(code))
}

/// Runs `attempt` and forgets the errors that it left on the queue if it fails without mattering (`None`).
pub fn forgiving<T>(attempt: impl FnOnce() -> Option<T>) -> Option<T> {
    // SAFETY: no arguments; marks this thread's queue. With an empty queue there is nothing to mark.
    let marked = unsafe { ERR_set_mark() } == 1;
    let result = attempt();
    match (marked, result.is_some()) {
        // SAFETY: no arguments; the mark set above is still there, since `attempt` balances its own.
        (true, true) => unsafe { ERR_clear_last_mark() },
        // SAFETY: as above.
        (true, false) => unsafe { ERR_pop_to_mark() },
        (false, true) => 1,
        (false, false) => {
            clear();
            1
        }
    };
    result
}

/// Makes the SSL library's reason texts known to `ERR_reason_error_string(3)`, once.
pub fn load_strings() {
    static ONCE: Once = Once::new();
    // SAFETY: the table ends with a zero entry, and neither it nor its strings ever change.
    ONCE.call_once(|| unsafe {
        ERR_load_strings_const(TABLE.0.as_ptr());
    });
}

/// What libcrypto keeps the address of: static, so that it stays as long as this library, which is never unloaded.
struct Table([ErrStringData; reasons::TEXTS.len() + 1]);

// SAFETY: nothing in it ever changes; its pointers are those of static strings.
unsafe impl Sync for Table {}

static TABLE: Table = Table(table());

const fn table() -> [ErrStringData; reasons::TEXTS.len() + 1] {
    let end = ErrStringData {
        error: 0,
        string: std::ptr::null(),
    };
    let mut table = [end; reasons::TEXTS.len() + 1];
    let mut index = 0;
    while index < reasons::TEXTS.len() {
        let (reason, text) = reasons::TEXTS[index];
        table[index].error = (LIB_SSL as c_ulong) << LIB_SHIFT | reason.0 as c_ulong;
        table[index].string = text.as_ptr();
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libcrypto::reasons::Reason;

    #[test]
    fn an_error_is_found_on_the_queue_with_its_numbers() {
        clear();
        raise("SSL_CTX_new", Reason::NULL_SSL_METHOD_PASSED.0, Some("why"));
        let code = peek().unwrap();
        assert_eq!((code.library(), code.reason()), (20, 196));
        clear();
        assert_eq!(peek(), None);
    }

    #[test]
    fn a_forgiven_attempt_leaves_what_was_there_before() {
        clear();
        raise("one", 1, None);
        let none: Option<()> = forgiving(|| {
            raise("two", 2, None);
            None
        });
        assert!(none.is_none());
        assert_eq!(peek_last().unwrap().reason(), 1);
        clear();
    }
}
