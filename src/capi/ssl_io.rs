//! SSL_read(3), SSL_write(3), SSL_get_error(3), SSL_pending(3): application data.

use std::ffi::{c_int, c_void};

use super::entry::{bytes, bytes_mut, entry, store};
use super::ssl_lifecycle::connection;
use super::types::SSL;
use crate::drive::{data, status};
use crate::error::{Error, Reason, Result};

fn length(num: c_int) -> Result<usize> {
    usize::try_from(num).map_err(|_| Reason::BAD_LENGTH.into())
}

fn count(count: usize) -> c_int {
    c_int::try_from(count).unwrap_or(c_int::MAX)
}

/// Reads up to `num` bytes of application data. Returns how many; for 0 and less see SSL_get_error(3).
///
/// SSL_read(3)
///
/// # Safety
/// `ssl` is a connection of this library, `buf` points at `num` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read(ssl: *mut SSL, buf: *mut c_void, num: c_int) -> c_int {
    entry("SSL_read", -1, || {
        // SAFETY: the caller's contract above.
        let buffer = unsafe { bytes_mut(buf.cast(), length(num)?) }?;
        let read = data::read(&*connection(ssl)?, buffer, true);
        Ok(read.map_or_else(|halt| halt.read_result("SSL_read"), count))
    })
}

/// Like SSL_read, but the bytes stay to be read.
///
/// SSL_peek(3)
///
/// # Safety
/// `ssl` is a connection of this library, `buf` points at `num` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_peek(ssl: *mut SSL, buf: *mut c_void, num: c_int) -> c_int {
    entry("SSL_peek", -1, || {
        // SAFETY: the caller's contract above.
        let buffer = unsafe { bytes_mut(buf.cast(), length(num)?) }?;
        let read = data::read(&*connection(ssl)?, buffer, false);
        Ok(read.map_or_else(|halt| halt.read_result("SSL_peek"), count))
    })
}

/// Reads up to `num` bytes; how many comes through `readbytes`. Returns 1, or 0: see SSL_get_error(3).
///
/// SSL_read_ex(3)
///
/// # Safety
/// `ssl` is a connection of this library, `buf` points at `num` writable bytes, `readbytes` at a writable size_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read_ex(ssl: *mut SSL, buf: *mut c_void, num: usize, readbytes: *mut usize) -> c_int {
    entry("SSL_read_ex", 0, || {
        // SAFETY: the caller's contract above.
        let buffer = unsafe { bytes_mut(buf.cast(), num) }?;
        let read = data::read(&*connection(ssl)?, buffer, true);
        // SAFETY: the caller's contract above.
        unsafe { extended(read, readbytes, "SSL_read_ex") }
    })
}

/// Like SSL_read_ex, but the bytes stay to be read.
///
/// SSL_peek_ex(3)
///
/// # Safety
/// `ssl` is a connection of this library, `buf` points at `num` writable bytes, `readbytes` at a writable size_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_peek_ex(ssl: *mut SSL, buf: *mut c_void, num: usize, readbytes: *mut usize) -> c_int {
    entry("SSL_peek_ex", 0, || {
        // SAFETY: the caller's contract above.
        let buffer = unsafe { bytes_mut(buf.cast(), num) }?;
        let read = data::read(&*connection(ssl)?, buffer, false);
        // SAFETY: the caller's contract above.
        unsafe { extended(read, readbytes, "SSL_peek_ex") }
    })
}

/// Writes `num` bytes. Returns how many were written; for 0 and less see SSL_get_error(3). A write that could not be
/// finished has to be repeated with the same buffer (SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: with the same content).
///
/// SSL_write(3)
///
/// # Safety
/// `ssl` is a connection of this library, `buf` points at `num` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write(ssl: *mut SSL, buf: *const c_void, num: c_int) -> c_int {
    entry("SSL_write", -1, || {
        // SAFETY: the caller's contract above.
        let bytes = unsafe { bytes(buf.cast(), length(num)?) }?;
        let written = data::write(&*connection(ssl)?, bytes);
        Ok(written.map_or_else(|halt| halt.read_result("SSL_write"), count))
    })
}

/// Writes `num` bytes; how many were written comes through `written`. Returns 1, or 0: see SSL_get_error(3).
///
/// SSL_write_ex(3)
///
/// # Safety
/// `s` is a connection of this library, `buf` points at `num` readable bytes, `written` at a writable size_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_ex(s: *mut SSL, buf: *const c_void, num: usize, written: *mut usize) -> c_int {
    entry("SSL_write_ex", 0, || {
        // SAFETY: the caller's contract above.
        let bytes = unsafe { bytes(buf.cast(), num) }?;
        let done = data::write(&*connection(s)?, bytes);
        // SAFETY: the caller's contract above.
        unsafe { extended(done, written, "SSL_write_ex") }
    })
}

/// # Safety
/// `place` is NULL or writable.
unsafe fn extended(
    result: std::result::Result<usize, crate::drive::Halt>,
    place: *mut usize,
    name: &'static str,
) -> Result<c_int> {
    match result {
        Ok(done) => {
            // SAFETY: the caller's promise.
            unsafe { store(place, done) };
            Ok(1)
        }
        Err(halt) => {
            halt.read_result(name);
            Err(Error::Silent)
        }
    }
}

/// What the return value `ret_code` of the I/O call that this thread has just made means: SSL_ERROR_….
///
/// SSL_get_error(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_error(s: *const SSL, ret_code: c_int) -> c_int {
    const ERROR_SSL: c_int = 1;
    entry("SSL_get_error", ERROR_SSL, || {
        Ok(status::meaning(&*connection(s)?, ret_code) as c_int)
    })
}

/// How many bytes can be read without the network.
///
/// SSL_pending(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_pending(s: *const SSL) -> c_int {
    entry("SSL_pending", 0, || {
        Ok(count(
            connection(s)?
                .with_engine(|engine| engine.plaintext().len())
                .unwrap_or(0),
        ))
    })
}

/// 1 when bytes have arrived that have not been read, decrypted or not.
///
/// SSL_has_pending(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_has_pending(s: *const SSL) -> c_int {
    entry("SSL_has_pending", 0, || {
        Ok(c_int::from(
            connection(s)?
                .with_engine(|engine| engine.has_buffered_input())
                .unwrap_or(false),
        ))
    })
}

/// Makes the buffers. They are made when they are needed; so this only checks the handle. Returns 1, or 0 on failure.
///
/// SSL_alloc_buffers(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_alloc_buffers(ssl: *mut SSL) -> c_int {
    entry("SSL_alloc_buffers", 0, || connection(ssl).map(|_| 1))
}

/// Gives the buffers back if nothing is in them. Returns 1, or 0 when there is.
///
/// SSL_free_buffers(3)
///
/// # Safety
/// `ssl` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_free_buffers(ssl: *mut SSL) -> c_int {
    entry("SSL_free_buffers", 0, || {
        let connection = connection(ssl)?;
        let released = connection.with_engine(|engine| {
            let idle = !engine.has_buffered_input() && engine.output().is_empty();
            if idle {
                data::release(&connection, engine);
            }
            idle
        });
        Ok(c_int::from(released.unwrap_or(true)))
    })
}
