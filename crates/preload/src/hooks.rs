//! The functions of libssl that this library stands before.

use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;

use crate::callback::{before_evp, before_hmac, ticket_key, ticket_key_evp};
use crate::context::{self, GET_KEYS, Record, SET_KEYS};
use crate::foreign::{self, Function};
use crate::openssl::{AnyCallback, Ctx, KeyCallback, OpenSsl, Ssl};
use crate::settings::Mode;
use crate::state;
use crate::undisturbed::undisturbed;
use crate::wipe::is_short_of_memory;

/// SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB
const SET_KEY_CALLBACK: c_int = 72;

/// Runs what this library has to do for a context; a panic or a failure there is nobody else's affair. To foreign contexts
/// nothing is done: the OpenSSL that this library serves may not be there yet.
fn aside<R>(is_foreign: bool, work: impl FnOnce(&'static OpenSsl) -> Option<R>) -> Option<R> {
    if is_foreign {
        return None;
    }
    let openssl = OpenSsl::get()?;
    openssl.aside(|| undisturbed(|| work(openssl)).flatten())
}

/// The function that the caller means, and whether the context is none of ours; or the answer if there is no function.
macro_rules! real {
    ($name:ident as $type:ty, $whose:ident($argument:expr), or $failed:expr) => {{
        static FUNCTION: Function = Function::new(concat!(stringify!($name), "\0"));
        match FUNCTION.$whose($argument) {
            // SAFETY: libssl's function of this name has this type in every version that has it.
            Some((found, is_foreign)) => (unsafe { std::mem::transmute::<*mut c_void, $type>(found) }, is_foreign),
            None => return $failed,
        }
    }};
}

/// Puts our callback on a new context.
fn adopt(context: Ctx, library: *mut c_void, properties: *const c_char, is_foreign: bool) {
    if context.is_null() {
        return;
    }
    if is_short_of_memory() {
        return;
    }
    aside(is_foreign, |openssl| {
        state::ring()?;
        // SAFETY: libssl has just made it, and nobody else has it yet.
        unsafe {
            context::attach(openssl, context, library, properties)?;
            set_ours(openssl, context);
        }
        Some(())
    });
}

/// SSL_CTX_new(3): the context gets keys from the ring.
///
/// # Safety
/// As SSL_CTX_new(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new(method: *const c_void) -> Ctx {
    type New = unsafe extern "C" fn(*const c_void) -> Ctx;
    let (real, is_foreign) = real!(SSL_CTX_new as New, for_method(method), or null_mut());
    // SAFETY: the caller's arguments, passed on: so in all of this file.
    let context = foreign::make(method, is_foreign, || unsafe { real(method) });
    adopt(context, null_mut(), null(), is_foreign);
    context
}

/// SSL_CTX_new_ex(3): likewise.
///
/// # Safety
/// As SSL_CTX_new_ex(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new_ex(library: *mut c_void, properties: *const c_char, method: *const c_void) -> Ctx {
    type New = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_void) -> Ctx;
    let (real, is_foreign) = real!(SSL_CTX_new_ex as New, for_method(method), or null_mut());
    // SAFETY: the caller's arguments, passed on.
    let context = foreign::make(method, is_foreign, || unsafe { real(library, properties, method) });
    adopt(context, library, properties, is_foreign);
    context
}

/// Whose keys a context has from now on.
enum Brought {
    Keys,
    KeysElsewhere,
    Evp(Option<KeyCallback>),
    Hmac(Option<AnyCallback>),
}

/// The record of a context that is ours, and the mode. `None`: the call is none of our business.
fn ours<'a>(openssl: &OpenSsl, context: Ctx) -> Option<(&'a Record, Mode)> {
    let mode = state::settings()?.mode;
    if context.is_null() {
        return None;
    }
    // SAFETY: the application's context, live during its call.
    Some((unsafe { context::record(openssl, context) }?, mode))
}

/// SSL_CTX_ctrl(3). Ticket keys that the application sets (59) count from then on, unless they are to be overridden; so do
/// those that it takes (58), since it can only want to set them elsewhere.
///
/// # Safety
/// As SSL_CTX_ctrl(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_ctrl(context: Ctx, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    type Control = unsafe extern "C" fn(Ctx, c_int, c_long, *mut c_void) -> c_long;
    let (real, is_foreign) = real!(SSL_CTX_ctrl as Control, for_context(context), or 0);
    // SAFETY: the caller's arguments, passed on.
    let result = unsafe { real(context, command, number, pointer) };
    let what = match command {
        SET_KEYS => Brought::Keys,
        GET_KEYS => Brought::KeysElsewhere,
        _ => return result,
    };
    if result == 1 && !pointer.is_null() {
        aside(is_foreign, |openssl| {
            let (record, mode) = ours(openssl, context)?;
            record.read_own_keys(openssl, context);
            brought(openssl, context, record, mode, what);
            Some(())
        });
    }
    result
}

/// SSL_CTX_callback_ctrl(3). A ticket key callback (72) counts from then on, unless it is to be overridden.
///
/// # Safety
/// As SSL_CTX_callback_ctrl(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_callback_ctrl(context: Ctx, command: c_int, callback: Option<AnyCallback>) -> c_long {
    type Control = unsafe extern "C" fn(Ctx, c_int, Option<AnyCallback>) -> c_long;
    let (real, is_foreign) = real!(SSL_CTX_callback_ctrl as Control, for_context(context), or 0);
    let answer = (command == SET_KEY_CALLBACK).then(|| {
        aside(is_foreign, |openssl| {
            let (record, mode) = ours(openssl, context)?;
            Some(brought(openssl, context, record, mode, Brought::Hmac(callback)))
        })
    });
    match answer.flatten() {
        Some(answer) => c_long::from(answer),
        // SAFETY: the caller's arguments, passed on.
        None => unsafe { real(context, command, callback) },
    }
}

/// SSL_CTX_set_tlsext_ticket_key_evp_cb(3). The callback counts from then on, unless it is to be overridden.
///
/// # Safety
/// As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_tlsext_ticket_key_evp_cb(context: Ctx, callback: Option<KeyCallback>) -> c_int {
    type Set = unsafe extern "C" fn(Ctx, Option<KeyCallback>) -> c_int;
    let (real, is_foreign) = real!(SSL_CTX_set_tlsext_ticket_key_evp_cb as Set, for_context(context), or 0);
    let answer = aside(is_foreign, |openssl| {
        let (record, mode) = ours(openssl, context)?;
        Some(brought(openssl, context, record, mode, Brought::Evp(callback)))
    });
    // SAFETY: the caller's arguments, passed on.
    answer.unwrap_or_else(|| unsafe { real(context, callback) })
}

/// SSL_CTX_set_tlsext_ticket_key_cb(3), which in OpenSSL is a macro: for languages that have none.
///
/// # Safety
/// `context` is a live `SSL_CTX`; `callback` is as SSL_CTX_set_tlsext_ticket_key_cb(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_tlsext_ticket_key_cb(context: Ctx, callback: Option<KeyCallback>) -> c_long {
    // SAFETY: what the macro does; the command casts it back.
    unsafe {
        let callback = std::mem::transmute::<Option<KeyCallback>, Option<AnyCallback>>(callback);
        SSL_CTX_callback_ctrl(context, SET_KEY_CALLBACK, callback)
    }
}

/// SSL_CTX_set_client_hello_cb(3): from now on the context that the callback chooses tells who may resume.
///
/// # Safety
/// As SSL_CTX_set_client_hello_cb(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_client_hello_cb(
    context: Ctx,
    callback: Option<AnyCallback>,
    argument: *mut c_void,
) {
    type Set = unsafe extern "C" fn(Ctx, Option<AnyCallback>, *mut c_void);
    let (real, is_foreign) = real!(SSL_CTX_set_client_hello_cb as Set, for_context(context), or Default::default());
    // SAFETY: the caller's arguments, passed on.
    unsafe { real(context, callback, argument) };
    aside(is_foreign, |openssl| {
        let (record, _) = ours(openssl, context)?;
        record.chooses_by_hello.store(callback.is_some(), Ordering::Relaxed);
        Some(())
    });
}

/// SSL_set_SSL_CTX(3), by which callbacks move a connection to another context: its tickets stay a matter of the one that it
/// has started with, which is remembered.
///
/// # Safety
/// As SSL_set_SSL_CTX(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_SSL_CTX(ssl: Ssl, context: Ctx) -> Ctx {
    type Set = unsafe extern "C" fn(Ssl, Ctx) -> Ctx;
    if context.is_null() && foreign::is_any() {
        // NULL is the first context, which is no secret to libssl; but here nothing tells to which libssl.
        return null_mut();
    }
    let (real, is_foreign) = real!(SSL_set_SSL_CTX as Set, for_context(context), or null_mut());
    aside(is_foreign, |openssl| {
        // SAFETY: the caller's connection, live during its call.
        unsafe { context::remember_first(openssl, ssl) }
    });
    // SAFETY: the caller's arguments, passed on.
    unsafe { real(ssl, context) }
}

/// SSL_CTX_set_cert_verify_callback(3): what verifies the clients of a context tells it from others.
///
/// # Safety
/// As SSL_CTX_set_cert_verify_callback(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_verify_callback(
    context: Ctx,
    callback: Option<AnyCallback>,
    argument: *mut c_void,
) {
    type Set = unsafe extern "C" fn(Ctx, Option<AnyCallback>, *mut c_void);
    let (real, is_foreign) =
        real!(SSL_CTX_set_cert_verify_callback as Set, for_context(context), or Default::default());
    // SAFETY: the caller's arguments, passed on.
    unsafe { real(context, callback, argument) };
    aside(is_foreign, |openssl| {
        let (record, _) = ours(openssl, context)?;
        record.judge.store(pointer(callback), Ordering::Release);
        Some(())
    });
}

/// SSL_CTX_set_psk_server_callback(3): who has a key agreed upon is let in by the application, and it alone tells such contexts
/// apart.
///
/// # Safety
/// As SSL_CTX_set_psk_server_callback(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_psk_server_callback(context: Ctx, callback: Option<AnyCallback>) {
    type Set = unsafe extern "C" fn(Ctx, Option<AnyCallback>);
    let (real, is_foreign) = real!(SSL_CTX_set_psk_server_callback as Set, for_context(context), or Default::default());
    // SAFETY: the caller's arguments, passed on.
    unsafe { real(context, callback) };
    has_psks(context, callback, is_foreign);
}

/// SSL_CTX_set_psk_find_session_callback(3): likewise.
///
/// # Safety
/// As SSL_CTX_set_psk_find_session_callback(3) says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_psk_find_session_callback(context: Ctx, callback: Option<AnyCallback>) {
    type Set = unsafe extern "C" fn(Ctx, Option<AnyCallback>);
    let (real, is_foreign) =
        real!(SSL_CTX_set_psk_find_session_callback as Set, for_context(context), or Default::default());
    // SAFETY: the caller's arguments, passed on.
    unsafe { real(context, callback) };
    has_psks(context, callback, is_foreign);
}

/// For good: connections that were made meanwhile go on with the callback.
fn has_psks(context: Ctx, callback: Option<AnyCallback>, is_foreign: bool) {
    if callback.is_some() {
        aside(is_foreign, |openssl| {
            let (record, _) = ours(openssl, context)?;
            record.has_psks.store(true, Ordering::Relaxed);
            Some(())
        });
    }
}

/// The application has brought keys, or a callback for them; or it takes its callback back. What the call returns.
fn brought(openssl: &OpenSsl, context: Ctx, record: &Record, mode: Mode, what: Brought) -> c_int {
    let name = match what {
        Brought::Keys => "has fixed ticket keys",
        Brought::KeysElsewhere => "takes the ticket keys",
        Brought::Evp(_) | Brought::Hmac(_) => "has a ticket key callback",
    };
    let is_news = match what {
        Brought::Evp(None) | Brought::Hmac(None) => false,
        Brought::KeysElsewhere => !record.keys_are_its_own.load(Ordering::Acquire),
        _ => true,
    };
    if is_news {
        let outcome = if mode == Mode::Override {
            "overridden (CARNET_MODE=override)"
        } else {
            "its tickets are left to it (CARNET_MODE=respect)"
        };
        state::tell(&format!("context {context:p}: the application {name}: {outcome}"));
    }
    match what {
        // Of contexts that are left alone they are the keys in any case (`Record::read_own_keys`).
        Brought::Keys | Brought::KeysElsewhere if mode == Mode::Override => return 1,
        Brought::Keys | Brought::KeysElsewhere => record.keys_are_its_own.store(true, Ordering::Release),
        Brought::Evp(callback) => record.evp.store(pointer(callback), Ordering::Release),
        Brought::Hmac(callback) => record.hmac.store(pointer(callback), Ordering::Release),
    }
    let evp = !record.evp.load(Ordering::Acquire).is_null();
    let hmac = !record.hmac.load(Ordering::Acquire).is_null();
    let keys = record.keys_are_its_own.load(Ordering::Acquire);
    let theirs: Option<(Option<KeyCallback>, Option<KeyCallback>)> = match (evp, hmac, keys) {
        // Ours are of the application's kind, so that it can be asked where they can't help.
        (true, _, _) if mode == Mode::Override => Some((Some(ticket_key_evp), None)),
        (false, true, _) if mode == Mode::Override => Some((None, Some(ticket_key))),
        (true, _, _) => Some((Some(before_evp), hmac.then_some(before_hmac))),
        (false, true, _) => Some((None, Some(before_hmac))),
        (false, false, true) => Some((None, None)),
        (false, false, false) => None,
    };
    // SAFETY: the application's context; the callbacks are of the two kinds.
    let is_set = unsafe {
        match theirs {
            Some((evp, hmac)) => set(openssl, context, evp, hmac),
            None => set_ours(openssl, context),
        }
    };
    is_set.into()
}

/// # Safety
/// `context` is a live `SSL_CTX`.
unsafe fn set_ours(openssl: &OpenSsl, context: Ctx) -> bool {
    // SAFETY: the caller's contract; the callbacks are of the two kinds.
    unsafe {
        openssl.HMAC_Init_ex.is_some() && set(openssl, context, None, Some(ticket_key))
            || set(openssl, context, Some(ticket_key_evp), None)
    }
}

/// Gives a context its callbacks. OpenSSL asks the EVP_MAC kind first, then the other, then takes the context's keys: in no
/// moment is there none, if there is to be one. False: there is one of the other kind, which this OpenSSL does not know.
///
/// # Safety
/// `context` is a live `SSL_CTX`, and the callbacks are of the two kinds.
unsafe fn set(openssl: &OpenSsl, context: Ctx, evp: Option<KeyCallback>, hmac: Option<KeyCallback>) -> bool {
    // SAFETY: the caller's contract; the command takes the cast back.
    unsafe {
        let hmac = std::mem::transmute::<Option<KeyCallback>, Option<AnyCallback>>(hmac);
        if evp.is_some() {
            (openssl.SSL_CTX_set_tlsext_ticket_key_evp_cb)(context, evp);
        }
        let is_known = (openssl.SSL_CTX_callback_ctrl)(context, SET_KEY_CALLBACK, hmac) == 1;
        if evp.is_none() {
            (openssl.SSL_CTX_set_tlsext_ticket_key_evp_cb)(context, None);
        }
        is_known || hmac.is_none()
    }
}

/// A callback as the record keeps it.
fn pointer<F: Copy>(callback: Option<F>) -> *mut c_void {
    const { assert!(size_of::<Option<F>>() == size_of::<*mut c_void>()) };
    // SAFETY: `F` is a function pointer, and `None` is NULL.
    unsafe { std::mem::transmute_copy::<Option<F>, *mut c_void>(&callback) }
}
