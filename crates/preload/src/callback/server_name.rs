//! Which server name a connection's tickets are for.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::ptr::null;

use super::Call;
use crate::context;
use crate::openssl::Ssl;

/// TLSEXT_NAMETYPE_host_name, and the server_name extension's number
const HOST_NAME: c_int = 0;
const SERVER_NAME: u32 = 0;
/// Longest server name that a hello can carry usefully (RFC 6066, DNS).
const MAX_NAME: usize = 255;

impl Call<'_> {
    /// The server name in the ClientHello: `SSL_get_servername` does not know it yet.
    pub(super) fn with_server_name_to_open<R>(&self, then: impl FnOnce(&[u8]) -> R) -> R {
        let (mut start, mut len) = (null(), 0);
        // SAFETY: a live SSL in the middle of a ClientHello, or one that has none: then nothing is found.
        let found =
            unsafe { (self.openssl.SSL_client_hello_get0_ext)(self.ssl, SERVER_NAME, &raw mut start, &raw mut len) };
        if found != 1 || start.is_null() {
            LAST.with_borrow_mut(|last| last.set(self.ssl, b""));
            return then(b"");
        }
        // SAFETY: the hello stays while its callbacks run.
        let name = host_name(unsafe { std::slice::from_raw_parts(start, len) });
        LAST.with_borrow_mut(|last| last.set(self.ssl, name));
        then(name)
    }

    /// The server name that the client has asked for. A TLS 1.2 connection that resumes forgets one that no callback
    /// accepted; then it is what was seen when its ticket was opened, moments ago in this thread.
    pub(super) fn with_server_name_to_seal<R>(&self, then: impl FnOnce(&[u8]) -> Option<R>) -> Option<R> {
        // SAFETY: a live SSL; the name is NUL-terminated and lives as long as the SSL or its session.
        let name = unsafe { (self.openssl.SSL_get_servername)(self.ssl, HOST_NAME) };
        if !name.is_null() {
            // SAFETY: as above.
            return then(unsafe { CStr::from_ptr(name) }.to_bytes());
        }
        // SAFETY: a live SSL.
        let (is_reused, opened) = unsafe {
            let is_reused = (self.openssl.SSL_session_reused)(self.ssl) != 0;
            (is_reused, context::opened(self.openssl, self.ssl))
        };
        // Only one that has opened a ticket has a chain: another may be where it was in memory.
        if !is_reused || opened.chain_start().is_none() {
            return then(b"");
        }
        // Should the thread have opened another's meanwhile: no ticket is better than one for no name.
        LAST.with_borrow(|last| then(last.get(self.ssl)?))
    }
}

/// The server name of the ticket that this thread opened last.
struct LastName {
    ssl: usize,
    len: usize,
    name: [u8; MAX_NAME],
}

thread_local! {
    static LAST: RefCell<LastName> = const {
        RefCell::new(LastName { ssl: 0, len: 0, name: [0; MAX_NAME] })
    };
}

impl LastName {
    fn set(&mut self, ssl: Ssl, name: &[u8]) {
        self.ssl = ssl.addr();
        self.len = name.len().min(MAX_NAME);
        self.name.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
    }

    fn get(&self, ssl: Ssl) -> Option<&[u8]> {
        self.name.get(..self.len).filter(|_| self.ssl == ssl.addr())
    }
}

/// The host name in a server_name extension (RFC 6066 section 3); empty if there is none.
fn host_name(extension: &[u8]) -> &[u8] {
    let name = || {
        let (_list_len, list) = extension.split_first_chunk::<2>()?;
        let (kind, rest) = list.split_first()?;
        let (len, rest) = rest.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_be_bytes(*len))).filter(|_| *kind == 0)
    };
    name().filter(|name| name.len() <= MAX_NAME).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_read_without_trust() {
        assert_eq!(host_name(b"\0\x06\0\0\x03abc"), b"abc");
        assert_eq!(host_name(b"\0\x06\x01\0\x03abc"), b"", "another kind of name");
        assert_eq!(host_name(b"\0\x06\0\0\x04abc"), b"", "longer than what is there");
        for len in 0..8 {
            assert_eq!(host_name(&b"\0\x06\0\0\x03abc"[..len]), b"");
        }
        let long = [&b"\x01\x03\0\x01\x00"[..], &[b'a'; 256]].concat();
        assert_eq!(host_name(&long), b"", "no DNS name");
    }

    #[test]
    fn the_last_name_is_for_its_connection() {
        let (one, other) = (std::ptr::without_provenance_mut(1), std::ptr::without_provenance_mut(2));
        LAST.with_borrow_mut(|last| last.set(one, b"long.example"));
        LAST.with_borrow_mut(|last| last.set(one, b"a.example"));
        assert!(LAST.with_borrow(|last| last.get(one) == Some(b"a.example")));
        assert!(LAST.with_borrow(|last| last.get(other).is_none()));
    }
}
