//! What stands before an application's own key callback, and mends what such callbacks do badly.

use std::ffi::{c_int, c_uchar, c_void};

use carnet_ticket::IV_LEN;

use super::{DECLINE, RENEW, USE, is_tls13};
use crate::context::{self, Record};
use crate::openssl::{KeyCallback, OpenSsl, Ssl};
use crate::undisturbed::undisturbed;

/// Stands before an application's EVP_MAC callback.
///
/// # Safety
/// As OpenSSL calls it.
pub unsafe extern "C-unwind" fn before_evp(
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
pub unsafe extern "C-unwind" fn before_hmac(
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
/// the network. And a callback that opens a TLS 1.3 ticket and asks for no new one leaves its client, which uses a ticket
/// once, without: it would have to make a full handshake every second time. The new ticket is sealed by the application's
/// callback, like any other, and an application that wants to send none (SSL_CTX_set_num_tickets(3)) still sends none. A
/// callback that fails to make a ticket that it has not asked for ends no handshake: there is no ticket then.
unsafe fn before(
    which: impl Fn(&Record) -> *mut c_void,
    ssl: Ssl,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    enc: c_int,
) -> c_int {
    // Another thread has put the other kind of callback on the context since OpenSSL made the MAC's.
    if mac.is_null() {
        return DECLINE;
    }
    let find = || {
        let openssl = OpenSsl::get()?;
        // SAFETY: a live SSL, which holds its first context.
        let record = unsafe { context::record(openssl, context::first_context(openssl, ssl)) }?;
        let callback = which(record);
        // SAFETY: the hooks keep nothing else there than functions of this type.
        let callback =
            (!callback.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, KeyCallback>(callback) });
        Some((openssl, callback?))
    };
    let Some((openssl, callback)) = undisturbed(find).flatten() else {
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
    let answer = unsafe { callback(ssl, name, iv, cipher, mac, enc) };
    // SAFETY: a live SSL.
    unsafe { mended(openssl, ssl, enc == 1, answer) }
}

/// # Safety
/// `ssl` is the live `SSL` that OpenSSL has called for.
unsafe fn mended(openssl: &OpenSsl, ssl: Ssl, seals: bool, answer: c_int) -> c_int {
    // SAFETY: the caller's contract.
    unsafe {
        if seals {
            let is_uncalled_for = || (openssl.SSL_session_reused)(ssl) != 0 && context::is_renewal_ours(openssl, ssl);
            return if answer < 0 && is_uncalled_for() {
                DECLINE
            } else {
                answer
            };
        }
        let renews = answer == USE && is_tls13(openssl, ssl);
        context::set_renewal_is_ours(openssl, ssl, renews);
        if renews { RENEW } else { answer }
    }
}
