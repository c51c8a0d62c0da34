//! The client of every measurement: the system's libssl, so that only the server differs.

use std::ffi::CString;
use std::ptr::null_mut;

use super::ServerOptions;
use super::abi::{CTRL_SET_GROUPS_LIST, CTRL_SET_SESS_CACHE_MODE, Crypto, Ptr, SHUT_DOWN, Ssl};
use super::ossl_server::{bio_put, bio_take, context, memory_bios, trust};
use super::pki::Pki;

/// A client context.
pub struct Client<'a> {
    ssl: &'a Ssl,
    crypto: &'a Crypto,
    ctx: Ptr,
}

impl<'a> Client<'a> {
    /// A client that offers one suite and X25519, with its certificate ready.
    pub fn new(ssl: &'a Ssl, crypto: &'a Crypto, pki: &Pki, options: ServerOptions) -> Self {
        let ctx = context(ssl, crypto, Some(&pki.client), options);
        trust(ssl, crypto, ctx, pki);
        // In TLS 1.2 the curve of the server's certificate has to be among them; it prefers X25519.
        let groups = CString::new("X25519:P-256").expect("no NUL");
        // SAFETY: ctrl calls with the argument types of their commands.
        unsafe {
            assert_eq!(
                (ssl.SSL_CTX_ctrl)(ctx, CTRL_SET_GROUPS_LIST, 0, groups.as_ptr().cast_mut().cast()),
                1
            );
            (ssl.SSL_CTX_ctrl)(ctx, CTRL_SET_SESS_CACHE_MODE, 0, null_mut());
        }
        Self { ssl, crypto, ctx }
    }

    /// A connection, resuming `session` if given.
    pub fn connection(&self, session: Option<&Session<'_>>) -> ClientConnection<'_> {
        // SAFETY: as for the server; SSL_set_session takes its own reference.
        unsafe {
            let ssl = (self.ssl.SSL_new)(self.ctx);
            let (rbio, wbio) = memory_bios(self.crypto);
            (self.ssl.SSL_set_bio)(ssl, rbio, wbio);
            (self.ssl.SSL_set_connect_state)(ssl);
            if let Some(session) = session {
                assert_eq!((self.ssl.SSL_set_session)(ssl, session.pointer), 1);
            }
            ClientConnection {
                client: self,
                ssl,
                rbio,
                wbio,
            }
        }
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        // SAFETY: ours, and connections borrow from self.
        unsafe { (self.ssl.SSL_CTX_free)(self.ctx) }
    }
}

/// A session with its ticket.
pub struct Session<'a> {
    ssl: &'a Ssl,
    pointer: Ptr,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: our own reference.
        unsafe { (self.ssl.SSL_SESSION_free)(self.pointer) }
    }
}

/// One client connection.
pub struct ClientConnection<'a> {
    client: &'a Client<'a>,
    ssl: Ptr,
    rbio: Ptr,
    wbio: Ptr,
}

impl<'a> ClientConnection<'a> {
    /// Takes the server's bytes, works, appends what is to be sent. True once the handshake is complete.
    pub fn exchange(&mut self, from_server: &[u8], to_server: &mut Vec<u8>) -> bool {
        let (api, crypto) = (self.client.ssl, self.client.crypto);
        if !from_server.is_empty() {
            bio_put(crypto, self.rbio, from_server);
        }
        // SAFETY: the SSL is live until drop.
        let code = unsafe { (api.SSL_do_handshake)(self.ssl) };
        // SAFETY: as above.
        let error = unsafe { (api.SSL_get_error)(self.ssl, code) };
        assert!(code == 1 || error == 2, "client: {}", crypto.error());
        bio_take(crypto, self.wbio, to_server);
        code == 1
    }

    /// Reads whatever has arrived (tickets too); the number of application bytes.
    pub fn read(&mut self, from_server: &[u8], scratch: &mut [u8]) -> usize {
        let (api, crypto) = (self.client.ssl, self.client.crypto);
        if !from_server.is_empty() {
            bio_put(crypto, self.rbio, from_server);
        }
        let mut total = 0;
        loop {
            // SAFETY: the SSL is live; the slice is writable for its length.
            let n = unsafe { (api.SSL_read)(self.ssl, scratch.as_mut_ptr().cast(), scratch.len() as i32) };
            if n <= 0 {
                return total;
            }
            total += n as usize;
        }
    }

    /// Sends application data; appends the wire bytes.
    pub fn write(&mut self, data: &[u8], to_server: &mut Vec<u8>) {
        // SAFETY: the SSL is live; the slice is readable for its length.
        let n = unsafe { (self.client.ssl.SSL_write)(self.ssl, data.as_ptr().cast(), data.len() as i32) };
        assert_eq!(n, data.len() as i32);
        bio_take(self.client.crypto, self.wbio, to_server);
    }

    /// The session of this connection, with the newest ticket that has arrived.
    pub fn session(&self) -> Session<'a> {
        // SAFETY: the SSL is live; get1 gives a reference of our own.
        let pointer = unsafe { (self.client.ssl.SSL_get1_session)(self.ssl) };
        Session {
            ssl: self.client.ssl,
            pointer,
        }
    }
}

impl Drop for ClientConnection<'_> {
    fn drop(&mut self) {
        // SAFETY: live, and freed once.
        unsafe {
            (self.client.ssl.SSL_set_shutdown)(self.ssl, SHUT_DOWN);
            (self.client.ssl.SSL_free)(self.ssl);
        }
    }
}
