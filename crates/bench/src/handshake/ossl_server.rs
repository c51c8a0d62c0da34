//! A server on any library with OpenSSL's ABI, talking over memory BIOs.

use std::ffi::CString;
use std::ptr::null_mut;

use super::abi::{CTRL_SET_MAX_PROTO_VERSION, CTRL_SET_MIN_PROTO_VERSION, Crypto, OP_NO_TICKET, Ptr, SHUT_DOWN, Ssl};
use super::pki::{Identity, Pki};
use super::{Connection, Server, ServerOptions, Version};

/// An SSL_CTX of `ssl` for one version and one suite, with an identity, for either side.
pub(super) fn context(ssl: &Ssl, crypto: &Crypto, identity: Option<&Identity>, options: ServerOptions) -> Ptr {
    let suite = CString::new(options.suite).expect("a suite name has no NUL");
    // SAFETY: plain constructor and setter calls on the context that was just made, with valid arguments.
    unsafe {
        let ctx = (ssl.SSL_CTX_new)((ssl.TLS_method)());
        assert!(!ctx.is_null(), "SSL_CTX_new: {}", crypto.error());
        for limit in [CTRL_SET_MIN_PROTO_VERSION, CTRL_SET_MAX_PROTO_VERSION] {
            let version = options.version as u16;
            assert_eq!((ssl.SSL_CTX_ctrl)(ctx, limit, version.into(), null_mut()), 1);
        }
        let set_suite = match options.version {
            Version::Tls12 => ssl.SSL_CTX_set_cipher_list,
            Version::Tls13 => ssl.SSL_CTX_set_ciphersuites,
        };
        assert_eq!(set_suite(ctx, suite.as_ptr()), 1);
        if let Some(identity) = identity {
            let mut at = identity.certificate.as_ptr();
            let certificate = (crypto.d2i_X509)(null_mut(), &mut at, identity.certificate.len() as i64);
            let mut at = identity.key.as_ptr();
            let key = (crypto.d2i_AutoPrivateKey)(null_mut(), &mut at, identity.key.len() as i64);
            assert_eq!((ssl.SSL_CTX_use_certificate)(ctx, certificate), 1, "{}", crypto.error());
            assert_eq!((ssl.SSL_CTX_use_PrivateKey)(ctx, key), 1, "{}", crypto.error());
            (crypto.X509_free)(certificate);
            (crypto.EVP_PKEY_free)(key);
        }
        ctx
    }
}

/// Lets `ctx` trust the CA.
pub(super) fn trust(ssl: &Ssl, crypto: &Crypto, ctx: Ptr, pki: &Pki) {
    // SAFETY: the store belongs to the live context; the certificate is freed after the store took its reference.
    unsafe {
        let mut at = pki.ca.as_ptr();
        let ca = (crypto.d2i_X509)(null_mut(), &mut at, pki.ca.len() as i64);
        assert_eq!((crypto.X509_STORE_add_cert)((ssl.SSL_CTX_get_cert_store)(ctx), ca), 1);
        (crypto.X509_free)(ca);
    }
}

/// A server context of one library.
pub struct OsslServer<'a> {
    ssl: &'a Ssl,
    crypto: &'a Crypto,
    ctx: Ptr,
}

impl<'a> OsslServer<'a> {
    /// Configures one.
    pub fn new(ssl: &'a Ssl, crypto: &'a Crypto, pki: &Pki, options: ServerOptions) -> Self {
        let ctx = context(ssl, crypto, Some(&pki.server), options);
        // SAFETY: setters on a live context; the id context is copied.
        unsafe {
            if options.num_tickets == 0 {
                (ssl.SSL_CTX_set_options)(ctx, OP_NO_TICKET);
            }
            assert_eq!((ssl.SSL_CTX_set_num_tickets)(ctx, options.num_tickets), 1);
            assert_eq!((ssl.SSL_CTX_set_session_id_context)(ctx, b"bench".as_ptr(), 5), 1);
            if options.client_certificate {
                trust(ssl, crypto, ctx, pki);
                (ssl.SSL_CTX_set_verify)(ctx, 1 | 2, null_mut());
            }
        }
        Self { ssl, crypto, ctx }
    }
}

impl Drop for OsslServer<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is ours and every connection borrows from self.
        unsafe { (self.ssl.SSL_CTX_free)(self.ctx) }
    }
}

impl Server for OsslServer<'_> {
    fn connection(&self) -> Box<dyn Connection + '_> {
        // SAFETY: the SSL owns both BIOs from SSL_set_bio on.
        unsafe {
            let ssl = (self.ssl.SSL_new)(self.ctx);
            let (rbio, wbio) = memory_bios(self.crypto);
            (self.ssl.SSL_set_bio)(ssl, rbio, wbio);
            (self.ssl.SSL_set_accept_state)(ssl);
            Box::new(OsslConnection {
                api: self.ssl,
                crypto: self.crypto,
                ssl,
                rbio,
                wbio,
            })
        }
    }
}

/// Two memory BIOs: one to read from, one to write to.
pub(super) fn memory_bios(crypto: &Crypto) -> (Ptr, Ptr) {
    // SAFETY: constructors without preconditions.
    unsafe {
        (
            (crypto.BIO_new)((crypto.BIO_s_mem)()),
            (crypto.BIO_new)((crypto.BIO_s_mem)()),
        )
    }
}

/// Puts wire bytes into a memory BIO.
pub(super) fn bio_put(crypto: &Crypto, bio: Ptr, bytes: &[u8]) {
    // SAFETY: the slice is readable for its length, which fits (flights are small).
    let n = unsafe { (crypto.BIO_write)(bio, bytes.as_ptr().cast(), bytes.len() as i32) };
    assert_eq!(n, bytes.len() as i32);
}

/// Takes all that a memory BIO holds.
pub(super) fn bio_take(crypto: &Crypto, bio: Ptr, wire: &mut Vec<u8>) {
    // SAFETY: the BIO is live; the buffer is grown by exactly what is read.
    unsafe {
        let pending = (crypto.BIO_ctrl_pending)(bio);
        let start = wire.len();
        wire.resize(start + pending, 0);
        if pending > 0 {
            assert_eq!(
                (crypto.BIO_read)(bio, wire[start..].as_mut_ptr().cast(), pending as i32),
                pending as i32
            );
        }
    }
}

struct OsslConnection<'a> {
    api: &'a Ssl,
    crypto: &'a Crypto,
    ssl: Ptr,
    rbio: Ptr,
    wbio: Ptr,
}

impl Connection for OsslConnection<'_> {
    fn input(&mut self, bytes: &[u8]) {
        bio_put(self.crypto, self.rbio, bytes);
    }

    fn process(&mut self) -> bool {
        // SAFETY: the SSL is live until drop.
        unsafe {
            let code = (self.api.SSL_do_handshake)(self.ssl);
            if code == 1 {
                return true;
            }
            let error = (self.api.SSL_get_error)(self.ssl, code);
            assert_eq!(error, 2, "server: {}", self.crypto.error());
            false
        }
    }

    fn output(&mut self, wire: &mut Vec<u8>) {
        bio_take(self.crypto, self.wbio, wire);
    }

    fn resumed(&self) -> bool {
        // SAFETY: as above.
        unsafe { (self.api.SSL_session_reused)(self.ssl) == 1 }
    }

    fn write(&mut self, data: &[u8]) {
        // SAFETY: as above; the slice is readable for its length.
        let n = unsafe { (self.api.SSL_write)(self.ssl, data.as_ptr().cast(), data.len() as i32) };
        assert_eq!(n, data.len() as i32);
    }

    fn read(&mut self, scratch: &mut [u8]) -> usize {
        let mut total = 0;
        loop {
            // SAFETY: as above; the slice is writable for its length.
            let n = unsafe { (self.api.SSL_read)(self.ssl, scratch.as_mut_ptr().cast(), scratch.len() as i32) };
            if n <= 0 {
                return total;
            }
            total += n as usize;
        }
    }
}

impl Drop for OsslConnection<'_> {
    fn drop(&mut self) {
        // SAFETY: live, and freed once; it frees its BIOs.
        unsafe {
            (self.api.SSL_set_shutdown)(self.ssl, SHUT_DOWN);
            (self.api.SSL_free)(self.ssl);
        }
    }
}
