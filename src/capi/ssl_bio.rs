//! SSL_set_bio(3), SSL_set_fd(3), SSL_get_rbio(3), SSL_get_fd(3): what a connection runs over.

use std::ffi::c_int;
use std::ptr;

use super::entry::entry;
use super::ssl_lifecycle::connection;
use super::types::{BIO, SSL};
use crate::error::{Common, Error, Result};
use crate::libcrypto::bio::Bio;
use crate::objects::connection::Connection;

/// Makes `rbio` and `wbio` what the connection reads from and writes to.
///
/// Which references the connection takes over is as in SSL_set_bio(3): one when both arguments are the same BIO; none for
/// an argument that changes nothing; otherwise one for each.
///
/// # Safety
/// `s` is a connection of this library; `rbio` and `wbio` are NULL or BIOs of which the caller owns the references that
/// it gives away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_bio(s: *mut SSL, rbio: *mut BIO, wbio: *mut BIO) {
    entry("SSL_set_bio", (), || {
        let connection = connection(s)?;
        let (old_read, old_write) = (connection.status().read_bio(), connection.status().write_bio());
        if rbio == old_read && wbio == old_write {
            return Ok(());
        }
        // One reference given for two sides: the side that has it already keeps its own.
        let share = |bio: &Option<Bio>| bio.as_ref().and_then(Bio::share);
        if rbio == old_read && rbio == wbio {
            return connection.with_bios(|io| io.write_bio = share(&io.read_bio));
        }
        if rbio == old_read {
            // SAFETY: the caller gives away the reference on the BIO that is new.
            let write = unsafe { Bio::from_owned(wbio) };
            return connection.with_bios(|io| io.write_bio = write);
        }
        if wbio == old_write && old_read != old_write && rbio == wbio {
            return connection.with_bios(|io| io.read_bio = share(&io.write_bio));
        }
        if wbio == old_write && old_read != old_write {
            // SAFETY: the caller gives away the reference on the BIO that is new.
            let read = unsafe { Bio::from_owned(rbio) };
            return connection.with_bios(|io| io.read_bio = read);
        }
        // SAFETY: the caller gives away a reference.
        let read = unsafe { Bio::from_owned(rbio) };
        let write = if rbio == wbio {
            read.as_ref()
                .map(|bio| bio.share().ok_or(Error::INTERNAL))
                .transpose()?
        } else {
            // SAFETY: as above; another BIO, another reference.
            unsafe { Bio::from_owned(wbio) }
        };
        connection.with_bios(|io| {
            io.read_bio = read;
            io.write_bio = write;
        })
    });
}

/// Makes `rbio` what the connection reads from, and takes over the reference.
///
/// SSL_set0_rbio(3)
///
/// # Safety
/// `s` is a connection of this library; `rbio` is NULL or a BIO of which the caller gives a reference away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_rbio(s: *mut SSL, rbio: *mut BIO) {
    entry("SSL_set0_rbio", (), || {
        // SAFETY: the caller's contract above.
        let bio = unsafe { Bio::from_owned(rbio) };
        connection(s)?.with_bios(|io| io.read_bio = bio)
    });
}

/// Makes `wbio` what the connection writes to, and takes over the reference.
///
/// SSL_set0_wbio(3)
///
/// # Safety
/// `s` is a connection of this library; `wbio` is NULL or a BIO of which the caller gives a reference away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_wbio(s: *mut SSL, wbio: *mut BIO) {
    entry("SSL_set0_wbio", (), || {
        // SAFETY: the caller's contract above.
        let bio = unsafe { Bio::from_owned(wbio) };
        connection(s)?.with_bios(|io| io.write_bio = bio)
    });
}

/// What the connection reads from; it keeps its reference.
///
/// SSL_get_rbio(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_rbio(s: *const SSL) -> *mut BIO {
    entry("SSL_get_rbio", ptr::null_mut(), || {
        Ok(connection(s)?.status().read_bio())
    })
}

/// What the connection writes to; it keeps its reference.
///
/// SSL_get_wbio(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_wbio(s: *const SSL) -> *mut BIO {
    entry("SSL_get_wbio", ptr::null_mut(), || {
        Ok(connection(s)?.status().write_bio())
    })
}

fn socket(fd: c_int) -> Result<Bio> {
    Bio::socket(fd).ok_or_else(|| Common::BUF_LIB.into())
}

/// Runs the connection over a socket, which stays open when the connection is freed. Returns 1, or 0 on failure.
///
/// SSL_set_fd(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_fd(s: *mut SSL, fd: c_int) -> c_int {
    entry("SSL_set_fd", 0, || {
        let connection = connection(s)?;
        let read = socket(fd)?;
        let write = read.share().ok_or(Error::INTERNAL)?;
        connection.with_bios(|io| {
            io.read_bio = Some(read);
            io.write_bio = Some(write);
        })?;
        Ok(1)
    })
}

/// Which of the two sides.
#[derive(Clone, Copy)]
enum Way {
    Read,
    Write,
}

/// Sets one side; a socket that the other side uses already is shared.
fn set_one(connection: &Connection, fd: c_int, way: Way) -> Result<()> {
    let other = match way {
        Way::Read => Way::Write,
        Way::Write => Way::Read,
    };
    let bio = match bio(connection, other)?.filter(|bio| bio.is_socket_on(fd)) {
        Some(shared) => shared,
        None => socket(fd)?,
    };
    connection.with_bios(|io| match way {
        Way::Read => io.read_bio = Some(bio),
        Way::Write => io.write_bio = Some(bio),
    })
}

/// A reference on one of the BIOs, to be asked something with the connection let go: its method may be the application's.
fn bio(connection: &Connection, way: Way) -> Result<Option<Bio>> {
    let io = connection.try_io()?;
    let bio = match way {
        Way::Read => &io.read_bio,
        Way::Write => &io.write_bio,
    };
    bio.as_ref().map(|bio| bio.share().ok_or(Error::INTERNAL)).transpose()
}

/// Reads from a socket. Returns 1, or 0 on failure.
///
/// SSL_set_rfd(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_rfd(s: *mut SSL, fd: c_int) -> c_int {
    entry("SSL_set_rfd", 0, || {
        set_one(&*connection(s)?, fd, Way::Read).map(|()| 1)
    })
}

/// Writes to a socket. Returns 1, or 0 on failure.
///
/// SSL_set_wfd(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_wfd(s: *mut SSL, fd: c_int) -> c_int {
    entry("SSL_set_wfd", 0, || {
        set_one(&*connection(s)?, fd, Way::Write).map(|()| 1)
    })
}

fn descriptor(s: *const SSL, way: Way) -> Result<c_int> {
    let bio = bio(&*connection(s)?, way)?;
    Ok(bio.and_then(|bio| bio.descriptor()).unwrap_or(-1))
}

/// The descriptor that the connection reads from, or -1.
///
/// SSL_get_fd(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_fd(s: *const SSL) -> c_int {
    entry("SSL_get_fd", -1, || descriptor(s, Way::Read))
}

/// The descriptor that the connection reads from, or -1.
///
/// SSL_get_rfd(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_rfd(s: *const SSL) -> c_int {
    entry("SSL_get_rfd", -1, || descriptor(s, Way::Read))
}

/// The descriptor that the connection writes to, or -1.
///
/// SSL_get_wfd(3)
///
/// # Safety
/// `s` is a connection of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_wfd(s: *const SSL) -> c_int {
    entry("SSL_get_wfd", -1, || descriptor(s, Way::Write))
}
