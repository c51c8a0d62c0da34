//! The key callback that OpenSSL calls for each ticket.
//!
//! ```text
//! server_name   which name a ticket is for
//! exempt        whose tickets stay what they are
//! arm           keys into OpenSSL's contexts
//! before        what stands before an application's own callback
//! ```

mod arm;
mod before;
mod exempt;
mod server_name;

use std::ffi::{c_int, c_uchar, c_void};
use std::sync::atomic::Ordering;

use carnet_ticket::{IV_LEN, KeyName};

use self::arm::Mac;
pub use self::before::{before_evp, before_hmac};
use crate::context::{self, Opened, Record};
use crate::openssl::{Ctx, OpenSsl, Ssl};
use crate::tickets::{Asked, Separation};
use crate::undisturbed::undisturbed;
use crate::wipe::is_short_of_memory;
use crate::{exit, state};

/// Returns of a key callback: SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
const DECLINE: c_int = 0;
const USE: c_int = 1;
const RENEW: c_int = 2;

const TLS1_3: c_int = 0x0304;
/// OSSL_QUIC1_VERSION, which SSL_version(3) says of QUIC: there TLS is always 1.3.
const QUIC1: c_int = 1;

/// One call of the callback.
struct Call<'a> {
    openssl: &'a OpenSsl,
    ssl: Ssl,
    record: &'a Record,
    context: *mut c_void,
    /// By what it is known who may resume here.
    known_by: (*mut c_void, &'a Record),
    cipher: *mut c_void,
    mac: Mac,
    now: u64,
}

/// What is installed on each context: SSL_CTX_set_tlsext_ticket_key_cb(3). For each ticket OpenSSL makes an `EVP_MAC_CTX` or an
/// `HMAC_CTX`, as the context's callback wants it; for the former it looks the MAC up, and again the digest in it, which takes
/// longer than all that is done here.
///
/// # Safety
/// As OpenSSL calls it.
pub unsafe extern "C-unwind" fn ticket_key(
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { answer(ssl, name, iv, cipher, Mac::Hmac(mac), enc) }
}

/// What is installed where OpenSSL knows the other no longer, since it was built without what is deprecated:
/// SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
///
/// # Safety
/// As OpenSSL calls it.
pub unsafe extern "C-unwind" fn ticket_key_evp(
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { answer(ssl, name, iv, cipher, Mac::Evp(mac), enc) }
}

/// Never fatal: where it can't help there is no ticket, or a full handshake.
///
/// # Safety
/// As OpenSSL calls its callbacks.
unsafe fn answer(ssl: Ssl, name: *mut c_uchar, iv: *mut c_uchar, cipher: *mut c_void, mac: Mac, enc: c_int) -> c_int {
    // Another thread has put the other kind of callback on the context since OpenSSL made the MAC's.
    if mac.is_null() || is_short_of_memory() {
        return DECLINE;
    }
    let Some(openssl) = OpenSsl::get() else {
        return DECLINE;
    };
    let run = || {
        // SAFETY: OpenSSL's buffers: 16 bytes of name, EVP_MAX_IV_LENGTH (16) of IV.
        let (name, iv) = unsafe { (&mut *name.cast::<[u8; 16]>(), &mut *iv.cast::<[u8; IV_LEN]>()) };
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
        if call.is_left_to_application() {
            return Some(None);
        }
        let answer = if enc == 1 {
            call.seal(name, iv)
        } else {
            call.open(&KeyName(*name), iv)
        };
        if let Some(ring) = state::ring() {
            exit::follow(ring, call.now);
        }
        answer.map(Some)
    };
    match openssl.aside(|| undisturbed(run)).flatten() {
        None => DECLINE,
        Some(Some(answer)) => answer,
        // SAFETY: OpenSSL's arguments, passed on.
        Some(None) => unsafe {
            match mac {
                Mac::Evp(mac) => before_evp(ssl, name, iv, cipher, mac, enc),
                Mac::Hmac(mac) => before_hmac(ssl, name, iv, cipher, mac, enc),
            }
        },
    }
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

/// `ssl` is the connection that OpenSSL has called a callback for. DTLS has numbers of its own, which are greater.
fn is_tls13(openssl: &OpenSsl, ssl: Ssl) -> bool {
    // SAFETY: it is live.
    matches!(unsafe { (openssl.SSL_version)(ssl) }, TLS1_3 | QUIC1)
}

impl Call<'_> {
    fn seal(&self, name: &mut [u8; 16], iv: &mut [u8; IV_LEN]) -> Option<c_int> {
        if !self.record.algorithms.randomize(self.openssl, iv) {
            return None;
        }
        let iv = &*iv;
        if self.is_left_alone() {
            return self.seal_as_ever(name, iv);
        }
        let (ring, chain_start) = (state::ring()?, self.chain_start());
        self.with_server_name_to_seal(|server_name| {
            let asked = Asked {
                server_name,
                iv,
                now: self.now,
            };
            self.with_separation(|separation| {
                let Some(separation) = separation else {
                    let why = "a context verifies its clients with a function that is in no file, so that nothing tells it from others";
                    self.known_by.1.tell_once(why);
                    return self.seal_as_ever(name, iv);
                };
                let sealed = separation.seal(ring, &asked, chain_start, |new, keys| {
                    *name = new.0;
                    self.arm(keys, iv, true)
                });
                sealed?.then_some(USE)
            })
        })
    }

    /// A context that is left alone, whose application has a callback for the keys: they are its business, though it was
    /// overridden elsewhere. Those that OpenSSL has made would stay for ever.
    fn is_left_to_application(&self) -> bool {
        let kept = match self.mac {
            Mac::Evp(_) => &self.record.evp,
            Mac::Hmac(_) => &self.record.hmac,
        };
        !context::callback(kept).is_null() && self.is_context_left_alone()
    }

    /// Under the keys that OpenSSL has made for the context, or the application has set.
    fn seal_as_ever(&self, name: &mut [u8; 16], iv: &[u8; IV_LEN]) -> Option<c_int> {
        let own = self.record.own_keys();
        let own = own.as_deref()?;
        *name = own.name().0;
        self.arm_own(own, iv, true).then_some(USE)
    }

    fn open(&self, name: &KeyName, iv: &[u8; IV_LEN]) -> Option<c_int> {
        let is_tls13 = is_tls13(self.openssl, self.ssl);
        // SAFETY: a live SSL. It may have had another connection before SSL_clear(3).
        unsafe { context::set_opened(self.openssl, self.ssl, Opened::Nothing) };
        if let Some(own) = self.record.own_keys().as_deref().filter(|own| own.name() == name) {
            // SAFETY: a live SSL.
            unsafe { context::set_opened(self.openssl, self.ssl, Opened::Own) };
            // As OpenSSL does with keys of its own.
            let answer = if is_tls13 { RENEW } else { USE };
            return self.arm_own(own, iv, false).then_some(answer);
        }
        if self.is_context_left_alone() || self.verifies_otherwise() {
            return None;
        }
        let (settings, ring) = (state::settings()?, state::ring()?);
        let (armed, renew) = self.with_server_name_to_open(|server_name| {
            let asked = Asked {
                server_name,
                iv,
                now: self.now,
            };
            self.with_separation(|separation| {
                separation?.open(ring, name, &asked, settings.chain_cap, |opening| {
                    // SAFETY: a live SSL.
                    unsafe { context::set_opened(self.openssl, self.ssl, Opened::OfChain(opening.chain_start)) };
                    (self.arm(opening.keys, iv, false), opening.renew)
                })
            })
        })?;
        // A TLS 1.3 client uses a ticket once: without a new one it would have none for the next time.
        let answer = if is_tls13 || renew { RENEW } else { USE };
        armed.then_some(answer)
    }

    fn with_separation<R>(&self, then: impl FnOnce(Option<&Separation>) -> R) -> R {
        let (context, record) = self.known_by;
        // SAFETY: the context is that of the record, and live.
        unsafe { record.with_separation(self.openssl, context, then) }
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
            context::opened(openssl, self.ssl)
                .chain_start()
                .map_or(made, |start| start.min(made))
        }
    }
}
