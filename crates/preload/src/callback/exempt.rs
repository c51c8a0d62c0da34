//! Whose tickets must stay what they are without this library.

use std::ffi::{c_int, c_long, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;

use super::{Call, is_tls13};
use crate::context::{self, Opened};
use crate::identity::{store_for_clients, verify_store};
use crate::openssl::{Ctx, OpenSsl, Ssl};

const VERIFY_PEER: c_int = 1;
/// X509_V_OK, which is also the result where there was no certificate.
const VERIFIED: c_long = 0;
const SESS_CACHE_SERVER: c_long = 2;
/// SSL_CTRL_GET_SESS_CACHE_MODE
const GET_SESS_CACHE_MODE: c_int = 45;

impl Call<'_> {
    /// Contexts whose tickets must stay what they are without this library: those where a resumption is fatal to the
    /// client (a peer is verified and there is no session-id context), those whose sessions are not to be reused, and those
    /// that nothing tells from others. And of all contexts, the sessions of clients whose certificates did not verify, or
    /// were verified otherwise.
    pub(super) fn is_left_alone(&self) -> bool {
        let openssl = self.openssl;
        // SAFETY: live objects; these functions only look.
        let (cache_mode, verify_mode, session) = unsafe {
            (
                (openssl.SSL_CTX_ctrl)(self.context, GET_SESS_CACHE_MODE, 0, null_mut()),
                (openssl.SSL_get_verify_mode)(self.ssl),
                (openssl.SSL_get_session)(self.ssl),
            )
        };
        if self.is_context_left_alone() {
            return true;
        }
        if self.is_by_other_secrets()
            || self.is_by_raw_key()
            || self.verifies_otherwise()
            || self.is_let_in_all_the_same()
            || self.was_verified_otherwise()
        {
            return true;
        }
        let mut len = 0;
        if verify_mode & VERIFY_PEER != 0 && !session.is_null() {
            // SAFETY: the connection's session, while it is making a ticket of it.
            unsafe { (openssl.SSL_SESSION_get0_id_context)(session, &raw mut len) };
            if len == 0 {
                let why =
                    "a context verifies its clients and has no session-id context (SSL_CTX_set_session_id_context)";
                self.record.tell_once(why);
                return true;
            }
        }
        cache_mode & SESS_CACHE_SERVER == 0
    }

    /// Contexts that nothing tells from others.
    pub(super) fn is_context_left_alone(&self) -> bool {
        let why = if self.is_unknown() {
            "a context has no certificate, so that nothing tells it from others"
        } else if self.has_psks() {
            "a context takes keys agreed upon beforehand (PSK), and nothing tells which"
        } else {
            return false;
        };
        self.record.tell_once(why);
        true
    }

    /// Contexts that get their certificates in a callback, for each connection, and those that do without.
    fn is_unknown(&self) -> bool {
        // SAFETY: a live context; the function only looks.
        unsafe { (self.openssl.SSL_CTX_get0_certificate)(self.known_by.0) }.is_null()
    }

    /// External PSKs are looked up by functions of the application's, and what these know tells contexts apart.
    fn has_psks(&self) -> bool {
        self.record.has_psks.load(Ordering::Relaxed)
    }

    /// Was the client let in for a key or a password that it shares with the application, by callbacks that only this
    /// connection has?
    fn is_by_other_secrets(&self) -> bool {
        let (openssl, ssl) = (self.openssl, self.ssl);
        // SAFETY: a live SSL; these functions only look.
        unsafe {
            let has_user = openssl.SSL_get_srp_username.is_some_and(|user| !user(ssl).is_null());
            // In TLS 1.3 an external PSK looks like a resumption, but of no ticket.
            let has_psk = is_tls13(openssl, ssl)
                && (openssl.SSL_session_reused)(ssl) != 0
                && context::opened(openssl, ssl) == Opened::Nothing;
            has_user || has_psk || !(openssl.SSL_get_psk_identity)(ssl).is_null()
        }
    }

    /// Was the client let in for a raw public key (SSL_add_expected_rpk(3), since OpenSSL 3.2)? Each connection expects keys of
    /// its own.
    fn is_by_raw_key(&self) -> bool {
        let peer_key = self.openssl.SSL_get0_peer_rpk;
        // SAFETY: a live SSL; the function only looks.
        peer_key.is_some_and(|peer_key| !unsafe { peer_key(self.ssl) }.is_null())
    }

    /// Does the application verify this connection's client otherwise than its contexts do (SSL_set_verify(3),
    /// SSL_set0_verify_cert_store(3), SSL_get0_param(3)), or by a name that its certificate must have? What the contexts are
    /// does not tell then who may resume.
    pub(super) fn verifies_otherwise(&self) -> bool {
        let openssl = self.openssl;
        // SAFETY: live objects; these functions only look.
        unsafe {
            let now_used = (openssl.SSL_get_SSL_CTX)(self.ssl);
            let (mode, of_context) = ((openssl.SSL_get_verify_mode)(self.ssl), openssl.SSL_CTX_get_verify_mode);
            if mode != of_context(self.context) && mode != of_context(now_used) {
                return true;
            }
            if mode & VERIFY_PEER == 0 {
                return false;
            }
            let another = (now_used != self.context).then_some(now_used);
            let here = rules_of_connection(openssl, self.ssl);
            let first = rules_of_context(openssl, self.context);
            let second = another.map_or(first, |context| rules_of_context(openssl, context));
            let mut rules = here.iter().zip(first.iter().zip(&second));
            if rules.any(|(here, (first, second))| here != first && here != second) {
                return true;
            }
            // To ask costs more than all the rest.
            let stores = [Some(self.context), another].into_iter().flatten();
            let stores = stores.map(|context| store_for_clients(openssl, context));
            let params = stores.filter(|store| !store.is_null());
            let params = params.map(|store| (openssl.X509_STORE_get0_param)(store));
            let mut params = params.chain([(openssl.SSL_get0_param)(self.ssl)]);
            params.any(|param| asks_for_names(openssl, param))
        }
    }

    /// Has something else verified the session's client, if anything, than the rules of this connection's contexts? Where they
    /// ask for no certificate, whoever has brought one was asked by the application. Where they do, what resumes from one
    /// of OpenSSL's own tickets, or its cache, may have begun where the application asked otherwise, or for none.
    fn was_verified_otherwise(&self) -> bool {
        let openssl = self.openssl;
        // SAFETY: live objects, the session if there is one; these functions only look.
        unsafe {
            if (openssl.SSL_get_verify_mode)(self.ssl) & VERIFY_PEER != 0 {
                let is_from_ring = context::opened(openssl, self.ssl).chain_start().is_some();
                return (openssl.SSL_session_reused)(self.ssl) != 0 && !is_from_ring;
            }
            let session = (openssl.SSL_get_session)(self.ssl);
            !session.is_null() && !(openssl.SSL_SESSION_get0_peer)(session).is_null()
        }
    }

    /// Has the application accepted a client whose certificate did not verify? Only it knows why, and whether its next
    /// context will: after a reload the same context to OpenSSL may be a stricter one.
    fn is_let_in_all_the_same(&self) -> bool {
        // SAFETY: a live SSL; the function only looks.
        let result = unsafe { (self.openssl.SSL_get_verify_result)(self.ssl) };
        result != VERIFIED
    }
}

/// By what a client's certificate is verified: callback, store, depth, flags. A connection has each from its first context,
/// or from the one that a callback has moved it to, until the application sets another.
type Rules = [u64; 4];

/// # Safety
/// `ssl` is a live `SSL`.
unsafe fn rules_of_connection(openssl: &OpenSsl, ssl: Ssl) -> Rules {
    // SAFETY: the caller's contract; these functions only look.
    unsafe {
        [
            (openssl.SSL_get_verify_callback)(ssl).addr() as u64,
            verify_store(openssl.SSL_ctrl, ssl).addr() as u64,
            u64::from((openssl.SSL_get_verify_depth)(ssl).cast_unsigned()),
            (openssl.X509_VERIFY_PARAM_get_flags)((openssl.SSL_get0_param)(ssl)),
        ]
    }
}

/// # Safety
/// `context` is a live `SSL_CTX`.
unsafe fn rules_of_context(openssl: &OpenSsl, context: Ctx) -> Rules {
    // SAFETY: the caller's contract; these functions only look.
    unsafe {
        [
            (openssl.SSL_CTX_get_verify_callback)(context).addr() as u64,
            verify_store(openssl.SSL_CTX_ctrl, context).addr() as u64,
            u64::from((openssl.SSL_CTX_get_verify_depth)(context).cast_unsigned()),
            (openssl.X509_VERIFY_PARAM_get_flags)((openssl.SSL_CTX_get0_param)(context)),
        ]
    }
}

/// Must a client's certificate have a certain host name, e-mail address or IP address (X509_VERIFY_PARAM_set1_host(3))?
///
/// # Safety
/// `param` is a live `X509_VERIFY_PARAM`.
unsafe fn asks_for_names(openssl: &OpenSsl, param: *mut c_void) -> bool {
    // SAFETY: the caller's contract; the first two only look, and what the third has made is given back.
    unsafe {
        if !(openssl.X509_VERIFY_PARAM_get0_host)(param, 0).is_null()
            || !(openssl.X509_VERIFY_PARAM_get0_email)(param).is_null()
        {
            return true;
        }
        let address = (openssl.X509_VERIFY_PARAM_get1_ip_asc)(param);
        if address.is_null() {
            return false;
        }
        (openssl.CRYPTO_free)(address.cast(), null(), 0);
        true
    }
}
