//! i2d_SSL_SESSION(3) and its PEM relatives: sessions as bytes.

use std::ffi::{c_int, c_long, c_uchar, c_void};
use std::ptr;
use std::sync::Arc;

use carnet_ticket::{DecodeError, Session};

use super::entry::{bytes, entry};
use super::types::{BIO, FILE, SSL_SESSION, pem_password_cb};
use crate::error::{Common, Error, Reason, Result};
use crate::handles;
use crate::libcrypto::memory;
use crate::libcrypto::session_pem::{self, Stream};
use crate::objects::session::{SessionObject, now};

/// Encodes a session as DER and returns the length, or 0 for a session without a cipher suite.
///
/// With `pp` NULL nothing is written. With `*pp` NULL a buffer is allocated, which the caller frees with
/// `OPENSSL_free`. Otherwise `*pp` must have room for the length, and is moved past the last byte.
/// i2d_SSL_SESSION(3)
///
/// # Safety
/// `in` is NULL or a session of this library; `pp` is NULL or points at NULL or at enough writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn i2d_SSL_SESSION(r#in: *const SSL_SESSION, pp: *mut *mut c_uchar) -> c_int {
    entry("i2d_SSL_SESSION", 0, || {
        if r#in.is_null() {
            return Ok(0);
        }
        let session = handles::lookup::<SessionObject>(r#in)?.snapshot();
        if session.cipher == 0 {
            return Ok(0);
        }
        let len = c_int::try_from(session.encoded_len()).map_err(|_| Error::INTERNAL)?;
        if !pp.is_null() {
            // SAFETY: not NULL; the rest is the caller's contract.
            unsafe { write_der(&session, pp) }?;
        }
        Ok(len)
    })
}

/// # Safety
/// `pp` points at NULL or at room for the encoding.
unsafe fn write_der(session: &Session, pp: *mut *mut c_uchar) -> Result<()> {
    let mut der = zeroize::Zeroizing::new(Vec::new());
    session.encode_into(&mut der);
    // SAFETY: the caller's promise.
    unsafe {
        if (*pp).is_null() {
            *pp = memory::duplicate(&der);
            return if (*pp).is_null() {
                Err(Error::Common(Common::MallocFailure))
            } else {
                Ok(())
            };
        }
        ptr::copy_nonoverlapping(der.as_ptr(), *pp, der.len());
        *pp = (*pp).add(der.len());
    }
    Ok(())
}

/// Decodes a session from the first `length` bytes at `*pp` and moves `*pp` past it.
///
/// The caller owns the session; NULL on failure, with `*pp` unmoved. If `a` and `*a` are not NULL that session is
/// given the new content instead; if only `*a` is NULL the new session is stored there too.
/// i2d_SSL_SESSION(3)
///
/// # Safety
/// `pp` points at `length` readable bytes; `a` is NULL or points at NULL or a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn d2i_SSL_SESSION(
    a: *mut *mut SSL_SESSION,
    pp: *mut *const c_uchar,
    length: c_long,
) -> *mut SSL_SESSION {
    entry("d2i_SSL_SESSION", ptr::null_mut(), || {
        if pp.is_null() {
            return Err(Error::NULL);
        }
        let len = usize::try_from(length).map_err(|_| Reason::BAD_LENGTH)?;
        // SAFETY: the caller's contract.
        let der = unsafe { bytes(*pp, len) }?;
        let (session, used) = Session::decode_prefix(der, now()).map_err(decode_failure)?;
        // SAFETY: `a` is NULL or points at NULL or a session.
        let decoded = unsafe { into_place(a, acceptable(session)?) }?;
        // SAFETY: `used` is at most `length`.
        unsafe { *pp = (*pp).add(used) };
        Ok(decoded)
    })
}

/// What OpenSSL asks of a session beyond its form: a suite that exists, a certificate that parses.
fn acceptable(session: Session) -> Result<SessionObject> {
    let has_certificate = session.peer.is_some();
    let session = SessionObject::new(session);
    if session.cipher().is_none() {
        return Err(Reason::UNKNOWN_CIPHER_RETURNED.into());
    }
    if has_certificate && session.peer_certificate().is_none() {
        return Err(Error::Queued);
    }
    Ok(session)
}

/// # Safety
/// `a` is NULL or points at NULL or a session of this library.
unsafe fn into_place(a: *mut *mut SSL_SESSION, decoded: SessionObject) -> Result<*mut SSL_SESSION> {
    // SAFETY: the caller's promise.
    let present = if a.is_null() { ptr::null_mut() } else { unsafe { *a } };
    if !present.is_null() {
        let content = decoded.snapshot();
        handles::lookup::<SessionObject>(present)?.update(|session| *session = content);
        return Ok(present);
    }
    let made = Arc::new(decoded).name()?.to_c();
    if !a.is_null() {
        // SAFETY: not NULL, so writable by the caller's promise.
        unsafe { *a = made };
    }
    Ok(made)
}

fn decode_failure(error: DecodeError) -> Error {
    match error {
        DecodeError::FormatVersion => Reason::UNKNOWN_SSL_VERSION.into(),
        DecodeError::Protocol => Reason::UNSUPPORTED_SSL_VERSION.into(),
        DecodeError::Length("cipher suite") => Reason::CIPHER_CODE_WRONG_LENGTH.into(),
        DecodeError::Length(_) => Reason::BAD_LENGTH.into(),
        DecodeError::Der(_) | DecodeError::Field | DecodeError::Trailing => {
            Error::SslData(Reason::BAD_DATA, error.to_string())
        }
    }
}

unsafe extern "C" fn encode_any(x: *const c_void, pp: *mut *mut c_uchar) -> c_int {
    // SAFETY: libcrypto passes on the handle and the buffer that it was given.
    unsafe { i2d_SSL_SESSION(x.cast(), pp) }
}

unsafe extern "C" fn decode_any(x: *mut *mut c_void, pp: *mut *const c_uchar, len: c_long) -> *mut c_void {
    // SAFETY: libcrypto passes the decoded PEM, and the caller's `x` unchanged.
    unsafe { d2i_SSL_SESSION(x.cast(), pp, len).cast() }
}

/// Reads the next session in PEM from a BIO. `cb` and `u` supply the pass phrase of an encrypted one.
///
/// The caller owns the session; NULL on failure. `x` is as for `d2i_SSL_SESSION`. PEM_read_bio_SSL_SESSION(3)
///
/// # Safety
/// `bp` is a live BIO; `x` is NULL or points at NULL or a session of this library; `cb` is NULL or takes `u`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_read_bio_SSL_SESSION(
    bp: *mut BIO,
    x: *mut *mut SSL_SESSION,
    cb: Option<pem_password_cb>,
    u: *mut c_void,
) -> *mut SSL_SESSION {
    entry("PEM_read_bio_SSL_SESSION", ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        Ok(unsafe { session_pem::read(Stream::Bio(bp), decode_any, x.cast(), cb, u) }.cast())
    })
}

/// Reads the next session in PEM from a stream of C's stdio; see `PEM_read_bio_SSL_SESSION`.
///
/// PEM_read_SSL_SESSION(3)
///
/// # Safety
/// `fp` is an open stream; the rest is as for `PEM_read_bio_SSL_SESSION`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_read_SSL_SESSION(
    fp: *mut FILE,
    x: *mut *mut SSL_SESSION,
    cb: Option<pem_password_cb>,
    u: *mut c_void,
) -> *mut SSL_SESSION {
    entry("PEM_read_SSL_SESSION", ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        Ok(unsafe { session_pem::read(Stream::File(fp), decode_any, x.cast(), cb, u) }.cast())
    })
}

/// Writes a session in PEM to a BIO: not encrypted, and its secret opens the session's tickets. Returns 1, or 0 on
/// failure. PEM_write_bio_SSL_SESSION(3)
///
/// # Safety
/// `bp` is a live BIO; `x` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_write_bio_SSL_SESSION(bp: *mut BIO, x: *const SSL_SESSION) -> c_int {
    entry("PEM_write_bio_SSL_SESSION", 0, || {
        // SAFETY: the caller's contract.
        Ok(unsafe { session_pem::write(Stream::Bio(bp), encode_any, x.cast()) })
    })
}

/// Writes a session in PEM to a stream of C's stdio; see `PEM_write_bio_SSL_SESSION`.
///
/// PEM_write_SSL_SESSION(3)
///
/// # Safety
/// `fp` is an open stream; `x` is a session of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PEM_write_SSL_SESSION(fp: *mut FILE, x: *const SSL_SESSION) -> c_int {
    entry("PEM_write_SSL_SESSION", 0, || {
        // SAFETY: the caller's contract.
        Ok(unsafe { session_pem::write(Stream::File(fp), encode_any, x.cast()) })
    })
}
