//! The key callback that OpenSSL calls for each ticket, and those that stand before an application's own.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use carnet_keys::separation::SealingKeys;
use carnet_ticket::{IV_LEN, KeyName, TicketKey};

use crate::context::{self, Record};
use crate::openssl::{Ctx, KeyCallback, OpenSsl, PARAM_OCTETS, PARAM_UTF8, Param, Ssl};
use crate::state;
use crate::tickets::Asked;

/// Returns of a key callback: SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
const DECLINE: c_int = 0;
const USE: c_int = 1;
const RENEW: c_int = 2;

const TLS1_3: c_int = 0x0304;
const VERIFY_PEER: c_int = 1;
const SESS_CACHE_SERVER: c_long = 2;
/// SSL_CTRL_GET_SESS_CACHE_MODE
const GET_SESS_CACHE_MODE: c_int = 45;
/// TLSEXT_NAMETYPE_host_name, and the server_name extension's number
const HOST_NAME: c_int = 0;
const SERVER_NAME: u32 = 0;
/// Longest server name that a hello can carry usefully (RFC 6066, DNS).
const MAX_NAME: usize = 255;

/// One call of the callback.
struct Call<'a> {
    openssl: &'a OpenSsl,
    ssl: Ssl,
    record: &'a Record,
    context: *mut c_void,
    /// By what it is known who may resume here.
    known_by: (*mut c_void, &'a Record),
    cipher: *mut c_void,
    mac: *mut c_void,
    now: u64,
}

/// What is installed on each context. Never fatal: where it can't help there is no ticket, or a full handshake.
///
/// # Safety
/// As OpenSSL calls it: SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
pub unsafe extern "C" fn ticket_key(
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    let run = || {
        // SAFETY: OpenSSL's buffers: 16 bytes of name, EVP_MAX_IV_LENGTH (16) of IV.
        let (name, iv) = unsafe { (&mut *name.cast::<[u8; 16]>(), &mut *iv.cast::<[u8; IV_LEN]>()) };
        let openssl = OpenSsl::get()?;
        // SAFETY: OpenSSL calls with a live SSL, which holds its first context.
        let (context, record, known_by) = unsafe {
            let context = context::first_context(openssl, ssl);
            let record = context::record(openssl, context)?;
            (context, record, known_by(openssl, ssl, context, record)?)
        };
        let call = Call {
            openssl,
            ssl,
            record,
            context,
            known_by,
            cipher,
            mac,
            now: state::now(),
        };
        if enc == 1 {
            call.seal(name, iv)
        } else {
            call.open(&KeyName(*name), iv)
        }
    };
    catch_unwind(AssertUnwindSafe(run)).ok().flatten().unwrap_or(DECLINE)
}

/// The first context; but where the application chooses one when it sees the hello, which is before OpenSSL asks for a
/// ticket's key, the one that it has chosen: HAProxy's first contexts have no certificates.
///
/// # Safety
/// `ssl` is a live `SSL`, and `first` its first context, of this record.
unsafe fn known_by<'a>(openssl: &OpenSsl, ssl: Ssl, first: Ctx, record: &'a Record) -> Option<(Ctx, &'a Record)> {
    if !record.chooses_by_hello.load(Ordering::Relaxed) {
        return Some((first, record));
    }
    // SAFETY: the caller's contract; the connection holds its context.
    unsafe {
        let chosen = (openssl.SSL_get_SSL_CTX)(ssl);
        Some((chosen, context::record(openssl, chosen)?))
    }
}

impl Call<'_> {
    fn seal(&self, name: &mut [u8; 16], iv: &mut [u8; IV_LEN]) -> Option<c_int> {
        // SAFETY: a buffer of that length.
        if unsafe { (self.openssl.RAND_bytes)(iv.as_mut_ptr(), IV_LEN as c_int) } != 1 {
            return None;
        }
        if self.is_left_alone() {
            let own = self.record.own_keys()?;
            *name = own.name().0;
            return self.arm_own(&own, iv, true).then_some(USE);
        }
        let sealing = self.with_server_name_to_seal(|server_name| {
            let asked = Asked {
                server_name,
                iv,
                now: self.now,
            };
            // SAFETY: the context is that of the record, and live.
            let separation = unsafe { self.known_by.1.separation(self.openssl, self.known_by.0) }?;
            separation.seal(state::ring()?, &asked, self.chain_start())
        })?;
        *name = sealing.name.0;
        self.arm(&sealing.keys, iv, true).then_some(USE)
    }

    fn open(&self, name: &KeyName, iv: &[u8; IV_LEN]) -> Option<c_int> {
        // SAFETY: a live SSL.
        let is_tls13 = unsafe { (self.openssl.SSL_version)(self.ssl) } >= TLS1_3;
        if let Some(own) = self.record.own_keys().filter(|own| own.name() == name) {
            // As OpenSSL does with keys of its own.
            let answer = if is_tls13 { RENEW } else { USE };
            return self.arm_own(&own, iv, false).then_some(answer);
        }
        if self.is_unknown() || self.verifies_otherwise() {
            return None;
        }
        let settings = state::settings()?;
        let opening = self.with_server_name_to_open(|server_name| {
            let asked = Asked {
                server_name,
                iv,
                now: self.now,
            };
            // SAFETY: the context is that of the record, and live.
            let separation = unsafe { self.known_by.1.separation(self.openssl, self.known_by.0) }?;
            separation.open(state::ring()?, name, &asked, settings.chain_cap)
        })?;
        // SAFETY: a live SSL.
        unsafe { context::set_chain_start(self.openssl, self.ssl, opening.chain_start) };
        // A TLS 1.3 client uses a ticket once: without a new one it would have none for the next time.
        let answer = if is_tls13 || opening.renew { RENEW } else { USE };
        self.arm(&opening.keys, iv, false).then_some(answer)
    }

    /// Contexts whose tickets must stay what they are without this library: those where a resumption is fatal to the
    /// client (a peer is verified and there is no session-id context), those whose sessions are not to be reused, and those
    /// that nothing tells from others.
    fn is_left_alone(&self) -> bool {
        let openssl = self.openssl;
        // SAFETY: live objects; these functions only look.
        let (cache_mode, verify_mode, session) = unsafe {
            (
                (openssl.SSL_CTX_ctrl)(self.context, GET_SESS_CACHE_MODE, 0, null_mut()),
                (openssl.SSL_get_verify_mode)(self.ssl),
                (openssl.SSL_get_session)(self.ssl),
            )
        };
        if self.is_unknown() {
            if !self.record.told.swap(true, Ordering::Relaxed) {
                state::tell(
                    "a context has no certificate, so that nothing tells it from others: its tickets are left as they are",
                );
            }
            return true;
        }
        if self.verifies_otherwise() {
            return true;
        }
        let mut len = 0;
        if verify_mode & VERIFY_PEER != 0 && !session.is_null() {
            // SAFETY: the connection's session, while it is making a ticket of it.
            unsafe { (openssl.SSL_SESSION_get0_id_context)(session, &raw mut len) };
            if len == 0 && !self.record.told.swap(true, Ordering::Relaxed) {
                state::tell(
                    "a context verifies its clients and has no session-id context \
                     (SSL_CTX_set_session_id_context): its tickets are left as they are",
                );
            }
            return len == 0;
        }
        cache_mode & SESS_CACHE_SERVER == 0
    }

    /// Contexts that get their certificates in a callback, for each connection, and those that do without.
    fn is_unknown(&self) -> bool {
        // SAFETY: a live context; the function only looks.
        unsafe { (self.openssl.SSL_CTX_get0_certificate)(self.known_by.0) }.is_null()
    }

    /// Does the application verify this connection's client otherwise than its contexts do (SSL_set_verify(3))? What the
    /// contexts are does not tell then who may resume.
    fn verifies_otherwise(&self) -> bool {
        let of_context = self.openssl.SSL_CTX_get_verify_mode;
        // SAFETY: live objects; these functions only look.
        unsafe {
            let mode = (self.openssl.SSL_get_verify_mode)(self.ssl);
            mode != of_context(self.context) && mode != of_context((self.openssl.SSL_get_SSL_CTX)(self.ssl))
        }
    }

    /// When the chain began that the ticket to be made belongs to.
    fn chain_start(&self) -> u64 {
        let openssl = self.openssl;
        // SAFETY: a live SSL.
        unsafe {
            if (openssl.SSL_session_reused)(self.ssl) == 0 {
                return self.now;
            }
            let session = (openssl.SSL_get_session)(self.ssl);
            let time = (openssl.SSL_SESSION_get_time)(session);
            let made = u64::try_from(time).unwrap_or(self.now);
            // A session from the cache brought no ticket; what is kept may then be of the connection's life before
            // SSL_clear(3).
            context::chain_start(openssl, self.ssl).map_or(made, |start| start.min(made))
        }
    }

    fn arm_own(&self, key: &TicketKey, iv: &[u8; IV_LEN], enc: bool) -> bool {
        match (key.cipher_key().first_chunk(), key.mac_key().first_chunk()) {
            (Some(cipher), Some(mac)) => self.arm_with(cipher, mac, iv, enc),
            _ => false,
        }
    }

    fn arm(&self, keys: &SealingKeys, iv: &[u8; IV_LEN], enc: bool) -> bool {
        self.arm_with(&keys.cipher_key, &keys.mac_key, iv, enc)
    }

    /// Puts the keys into OpenSSL's contexts: AES-256-CBC, HMAC-SHA-256.
    fn arm_with(&self, cipher_key: &[u8; 32], mac_key: &[u8; 32], iv: &[u8; IV_LEN], enc: bool) -> bool {
        let param = |key: &'static CStr, data_type, data: *const u8, data_size| Param {
            key: key.as_ptr(),
            data_type,
            data: data.cast_mut().cast(),
            data_size,
            return_size: 0,
        };
        let end = Param {
            key: null(),
            data_type: 0,
            data: null_mut(),
            data_size: 0,
            return_size: 0,
        };
        let params = [
            param(c"digest", PARAM_UTF8, c"SHA256".as_ptr().cast(), 6),
            param(c"key", PARAM_OCTETS, mac_key.as_ptr(), mac_key.len()),
            end,
        ];
        // SAFETY: the contexts are those that OpenSSL called with; the parameters end with an empty one and are only
        // read; key and IV have the lengths of AES-256-CBC.
        unsafe {
            (self.openssl.EVP_MAC_CTX_set_params)(self.mac, params.as_ptr()) == 1
                && (self.openssl.EVP_CipherInit_ex)(
                    self.cipher,
                    aes_256_cbc(self.openssl),
                    null_mut(),
                    cipher_key.as_ptr(),
                    iv.as_ptr(),
                    enc.into(),
                ) == 1
        }
    }

    /// The server name in the ClientHello: `SSL_get_servername` does not know it yet.
    fn with_server_name_to_open<R>(&self, then: impl FnOnce(&[u8]) -> R) -> R {
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
    fn with_server_name_to_seal<R>(&self, then: impl FnOnce(&[u8]) -> Option<R>) -> Option<R> {
        // SAFETY: a live SSL; the name is NUL-terminated and lives as long as the SSL or its session.
        let name = unsafe { (self.openssl.SSL_get_servername)(self.ssl, HOST_NAME) };
        if !name.is_null() {
            // SAFETY: as above.
            return then(unsafe { CStr::from_ptr(name) }.to_bytes());
        }
        // SAFETY: a live SSL.
        let is_reused = unsafe { (self.openssl.SSL_session_reused)(self.ssl) } != 0;
        // SAFETY: a live SSL. Only one that has opened a ticket has a chain: another may be where it was in memory.
        if !is_reused || unsafe { context::chain_start(self.openssl, self.ssl) }.is_none() {
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

/// Fetched once: to fetch it for each ticket would cost more than the rest.
fn aes_256_cbc(openssl: &OpenSsl) -> *const c_void {
    static CIPHER: OnceLock<usize> = OnceLock::new();
    let fetch = || {
        // SAFETY: NUL-terminated strings, or none: the default library context and properties.
        let cipher = unsafe { (openssl.EVP_CIPHER_fetch)(null_mut(), c"AES-256-CBC".as_ptr(), null::<c_char>()) };
        cipher.expose_provenance()
    };
    std::ptr::with_exposed_provenance(*CIPHER.get_or_init(fetch))
}

/// Stands before an application's EVP_MAC callback.
///
/// # Safety
/// As OpenSSL calls it.
pub unsafe extern "C" fn before_evp(
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    // SAFETY: OpenSSL's arguments, passed on.
    unsafe { before(|record| context::callback(&record.evp), ssl, name, iv, cipher, mac, enc) }
}

/// Stands before an application's HMAC_CTX callback.
///
/// # Safety
/// As OpenSSL calls it.
pub unsafe extern "C" fn before_hmac(
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    // SAFETY: OpenSSL's arguments, passed on.
    unsafe {
        before(
            |record| context::callback(&record.hmac),
            ssl,
            name,
            iv,
            cipher,
            mac,
            enc,
        )
    }
}

/// OpenSSL passes stack memory for the name and IV of a new ticket; a callback that does not write them would send it to
/// the network.
unsafe fn before(
    which: impl Fn(&Record) -> *mut c_void,
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    let find = || {
        let openssl = OpenSsl::get()?;
        // SAFETY: a live SSL, which holds its first context.
        let record = unsafe { context::record(openssl, context::first_context(openssl, ssl)) }?;
        let callback = which(record);
        // SAFETY: the hooks keep nothing else there than functions of this type.
        (!callback.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, KeyCallback>(callback) })
    };
    let Some(callback) = catch_unwind(AssertUnwindSafe(find)).ok().flatten() else {
        return DECLINE;
    };
    if enc == 1 {
        // SAFETY: OpenSSL's buffers of 16 bytes each.
        unsafe {
            name.write_bytes(0, 16);
            iv.write_bytes(0, IV_LEN);
        }
    }
    // SAFETY: the application's own callback, with OpenSSL's arguments.
    unsafe { callback(ssl, name, iv, cipher, mac, enc) }
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
