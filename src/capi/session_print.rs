//! SSL_SESSION_print(3): sessions for people, secrets included.

use std::ffi::c_int;

use super::entry::entry;
use super::types::{BIO, FILE, SSL_SESSION};
use crate::error::{Error, Result};
use crate::handles;
use crate::libcrypto::pem::{File, write_all};
use crate::libcrypto::session_pem;
use crate::objects::session::SessionObject;
use crate::objects::session_text;

/// # Safety
/// `bio` is a live BIO.
unsafe fn print(bio: *mut BIO, session: *const SSL_SESSION) -> Result<c_int> {
    let session = handles::lookup::<SessionObject>(session)?.snapshot();
    let text = session_text::describe(&session).map_err(|_| Error::INTERNAL)?;
    // SAFETY: live by the caller's promise.
    let written = unsafe {
        write_all(bio, text.head.as_bytes())
            && session
                .ticket
                .as_ref()
                .is_none_or(|ticket| session_pem::dump(bio, ticket, 4))
            && write_all(bio, text.tail.as_bytes())
    };
    if written { Ok(1) } else { Err(Error::Queued) }
}

/// Describes a session, with its secret. Returns 1, or 0 on failure.
///
/// SSL_SESSION_print(3)
///
/// # Safety
/// `fp` is a live BIO; `ses` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_print(fp: *mut BIO, ses: *const SSL_SESSION) -> c_int {
    // SAFETY: the caller's contract.
    entry("SSL_SESSION_print", 0, || unsafe { print(fp, ses) })
}

/// Describes a session, with its secret, on a stream of C's stdio. Returns 1, or 0 on failure.
///
/// SSL_SESSION_print(3)
///
/// # Safety
/// `fp` is an open stream; `ses` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_print_fp(fp: *mut FILE, ses: *const SSL_SESSION) -> c_int {
    entry("SSL_SESSION_print_fp", 0, || {
        // SAFETY: the caller's contract; the wrapper ends with this call and leaves the stream open.
        unsafe {
            let file = File::from_stream(fp).ok_or(Error::Queued)?;
            print(file.as_ptr(), ses)
        }
    })
}

/// Writes the session's id and secret as a line that network analysers read. Returns 1; 0 if it has none.
///
/// SSL_SESSION_print(3)
///
/// # Safety
/// `bp` is a live BIO; `x` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_SESSION_print_keylog(bp: *mut BIO, x: *const SSL_SESSION) -> c_int {
    entry("SSL_SESSION_print_keylog", 0, || {
        let session = handles::lookup::<SessionObject>(x)?;
        let Some(line) = session.read(session_text::key_log_line) else {
            return Ok(0);
        };
        // SAFETY: the caller's contract.
        if unsafe { write_all(bp, line.as_bytes()) } {
            Ok(1)
        } else {
            Err(Error::Queued)
        }
    })
}
