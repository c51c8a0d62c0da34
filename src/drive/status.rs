//! SSL_get_error(3): what the last I/O call's return value means.

use std::ffi::c_int;

use crate::libcrypto::bio::Retry;
use crate::libcrypto::err;
use crate::objects::connection::{Connection, RECEIVED_SHUTDOWN, Want};

const LIB_SYS: u32 = 2;

/// `SSL_ERROR_…`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Meaning {
    /// It succeeded.
    None = 0,
    /// A failure of the protocol; see the error queue.
    Ssl = 1,
    /// When the BIO can be read.
    WantRead = 2,
    /// When the BIO can be written.
    WantWrite = 3,
    /// When the certificate callback is ready.
    WantX509Lookup = 4,
    /// A failure below; see errno.
    Syscall = 5,
    /// The peer has closed its side.
    ZeroReturn = 6,
    /// When the BIO has connected.
    WantConnect = 7,
    /// When the BIO has accepted.
    WantAccept = 8,
    /// When the client hello callback is ready.
    WantClientHello = 11,
    /// When the verification callback is ready.
    WantRetryVerify = 12,
}

/// What `returned`, by an I/O call that this thread has just made on `connection`, means.
pub fn meaning(connection: &Connection, returned: c_int) -> Meaning {
    if returned > 0 {
        return Meaning::None;
    }
    if let Some(code) = err::peek() {
        return if code.library() == LIB_SYS {
            Meaning::Syscall
        } else {
            Meaning::Ssl
        };
    }
    let status = connection.status();
    let waiting = match status.want() {
        Want::Read => bio_wish(connection, Retry::Read),
        Want::Write => bio_wish(connection, Retry::Write),
        Want::Certificate => Some(Meaning::WantX509Lookup),
        Want::ClientHello => Some(Meaning::WantClientHello),
        Want::Verify => Some(Meaning::WantRetryVerify),
        Want::Nothing => None,
    };
    waiting.unwrap_or_else(|| {
        let closed = status.shutdown() & RECEIVED_SHUTDOWN != 0 && status.warning() == 0;
        if closed { Meaning::ZeroReturn } else { Meaning::Syscall }
    })
}

fn bio_wish(connection: &Connection, direction: Retry) -> Option<Meaning> {
    let io = connection.try_io().ok()?;
    let bio = if direction == Retry::Write {
        io.write_bio.as_ref()
    } else {
        io.read_bio.as_ref()
    };
    match bio?.wish(direction) {
        Retry::Read => Some(Meaning::WantRead),
        Retry::Write => Some(Meaning::WantWrite),
        Retry::Connect => Some(Meaning::WantConnect),
        Retry::Accept => Some(Meaning::WantAccept),
        Retry::Special => Some(Meaning::Syscall),
        Retry::Never => None,
    }
}
