//! Judging a chain and completing one (`X509_STORE_CTX_new(3)`, `X509_verify_cert(3)`).

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use super::c::{OSSL_LIB_CTX, STACK_OF_X509, X509, X509_STORE, X509_STORE_CTX, X509_VERIFY_PARAM};
use super::stack::CertificateStack;
use super::store::{Store, VerifyParam};
use super::x509::Certificate;

/// `X509_STORE_CTX_verify_cb`
pub type VerifyCallback = Option<unsafe extern "C" fn(ok: c_int, ctx: *mut X509_STORE_CTX) -> c_int>;
/// The function that takes X509_verify_cert's place (`SSL_CTX_set_cert_verify_callback(3)`).
pub type VerifyInstead = unsafe extern "C" fn(ctx: *mut X509_STORE_CTX, arg: *mut c_void) -> c_int;

unsafe extern "C" {
    fn X509_STORE_CTX_new_ex(ctx: *mut OSSL_LIB_CTX, propq: *const c_char) -> *mut X509_STORE_CTX;
    fn X509_STORE_CTX_free(ctx: *mut X509_STORE_CTX);
    fn X509_STORE_CTX_init(
        ctx: *mut X509_STORE_CTX,
        store: *mut X509_STORE,
        target: *mut X509,
        untrusted: *mut STACK_OF_X509,
    ) -> c_int;
    fn X509_STORE_CTX_set_ex_data(ctx: *mut X509_STORE_CTX, idx: c_int, data: *mut c_void) -> c_int;
    fn X509_STORE_CTX_set_default(ctx: *mut X509_STORE_CTX, name: *const c_char) -> c_int;
    fn X509_STORE_CTX_get0_param(ctx: *const X509_STORE_CTX) -> *mut X509_VERIFY_PARAM;
    fn X509_STORE_CTX_set_verify_cb(ctx: *mut X509_STORE_CTX, cb: VerifyCallback);
    fn X509_STORE_CTX_set_flags(ctx: *mut X509_STORE_CTX, flags: std::ffi::c_ulong);
    fn X509_STORE_CTX_get_error(ctx: *const X509_STORE_CTX) -> c_int;
    fn X509_STORE_CTX_get0_chain(ctx: *const X509_STORE_CTX) -> *mut STACK_OF_X509;
    fn X509_STORE_CTX_get1_chain(ctx: *const X509_STORE_CTX) -> *mut STACK_OF_X509;
    fn X509_VERIFY_PARAM_set1(to: *mut X509_VERIFY_PARAM, from: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_set_auth_level(param: *mut X509_VERIFY_PARAM, level: c_int);
    fn X509_VERIFY_PARAM_move_peername(to: *mut X509_VERIFY_PARAM, from: *mut X509_VERIFY_PARAM);
    fn X509_verify_cert(ctx: *mut X509_STORE_CTX) -> c_int;
    fn X509_verify_cert_error_string(n: c_long) -> *const c_char;
    fn CRYPTO_get_ex_new_index(
        class: c_int,
        argl: c_long,
        argp: *mut c_void,
        new: *const c_void,
        dup: *const c_void,
        free: *const c_void,
    ) -> c_int;
}

const EX_INDEX_X509_STORE_CTX: c_int = 5;

/// `SSL_get_ex_data_X509_STORE_CTX_idx(3)`: where a verify callback finds its `SSL *`.
pub fn ssl_index() -> c_int {
    static INDEX: OnceLock<c_int> = OnceLock::new();
    *INDEX.get_or_init(|| {
        // SAFETY: no functions; the name is static and only kept.
        unsafe {
            CRYPTO_get_ex_new_index(
                EX_INDEX_X509_STORE_CTX,
                0,
                c"SSL for verify callback".as_ptr().cast_mut().cast(),
                ptr::null(),
                ptr::null(),
                ptr::null(),
            )
        }
    })
}

/// Everything a judgement depends on.
pub struct Question<'a> {
    /// Trusted certificates.
    pub store: &'a Store,
    /// The peer's own certificate.
    pub leaf: &'a Certificate,
    /// All that the peer sent, leaf included.
    pub sent: &'a CertificateStack,
    /// What to check; the name that matched is moved here.
    pub param: &'a VerifyParam,
    /// The peer is a server (so its certificate must be one for servers).
    pub peer_is_server: bool,
    /// `SSL_get_security_level(3)`
    pub security_level: c_int,
    /// The `SSL *` that callbacks find at [`ssl_index`].
    pub ssl: *mut c_void,
    /// `SSL_set_verify(3)`
    pub callback: VerifyCallback,
    /// `SSL_CTX_set_cert_verify_callback(3)`
    pub instead: Option<(VerifyInstead, *mut c_void)>,
}

/// What came out of it.
pub struct Judgement {
    /// X509_verify_cert or what took its place said yes.
    pub accepted: bool,
    /// X509_V_OK or why not; an accepted chain may have an error that a callback overruled.
    pub error: c_int,
    /// The chain from leaf to root, as far as it was built.
    pub chain: Option<CertificateStack>,
}

/// Judges a chain. `None` when libcrypto could not even begin.
pub fn judge(question: &Question<'_>) -> Option<Judgement> {
    let context = Verification::new()?;
    let raw = context.0.as_ptr();
    let purpose = if question.peer_is_server {
        c"ssl_server"
    } else {
        c"ssl_client"
    };
    // SAFETY: all live longer than `context`; `ssl` is only handed on.
    let param = unsafe {
        if X509_STORE_CTX_init(
            raw,
            question.store.as_ptr(),
            question.leaf.as_ptr(),
            question.sent.as_ptr(),
        ) != 1
            || X509_STORE_CTX_set_ex_data(raw, ssl_index(), question.ssl) != 1
        {
            return None;
        }
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(raw), question.security_level);
        X509_STORE_CTX_set_default(raw, purpose.as_ptr());
        let param = X509_STORE_CTX_get0_param(raw);
        X509_VERIFY_PARAM_set1(param, question.param.as_ptr());
        if question.callback.is_some() {
            X509_STORE_CTX_set_verify_cb(raw, question.callback);
        }
        param
    };
    let answer = match question.instead {
        // SAFETY: the application's function and argument; `raw` is live.
        Some((function, argument)) => unsafe { function(raw, argument) },
        // SAFETY: a live context, set up above.
        None => unsafe { X509_verify_cert(raw) },
    };
    // SAFETY: live; the chain comes with a reference on each certificate.
    let (error, chain) = unsafe {
        let chain = X509_STORE_CTX_get0_chain(raw);
        let chain = if chain.is_null() {
            None
        } else {
            CertificateStack::from_owned(X509_STORE_CTX_get1_chain(raw))
        };
        X509_VERIFY_PARAM_move_peername(question.param.as_ptr(), param);
        (X509_STORE_CTX_get_error(raw), chain)
    };
    Some(Judgement {
        accepted: answer > 0,
        error,
        chain,
    })
}

/// How to complete a chain of our own.
pub struct Building<'a> {
    /// Where issuers are found.
    pub store: &'a Store,
    /// The certificate to start from.
    pub leaf: &'a Certificate,
    /// Issuers that need not be trusted.
    pub untrusted: Option<&'a CertificateStack>,
    /// X509_V_FLAG_… to add.
    pub flags: u64,
}

/// What could be found of a chain from its leaf on, and whether it is complete and good (or the X509_V_ERR_…).
pub fn build(building: &Building<'_>) -> Option<(CertificateStack, std::result::Result<(), c_int>)> {
    let context = Verification::new()?;
    let raw = context.0.as_ptr();
    let untrusted = building.untrusted.map_or(ptr::null_mut(), CertificateStack::as_ptr);
    // SAFETY: all live longer than `context`.
    unsafe {
        if X509_STORE_CTX_init(raw, building.store.as_ptr(), building.leaf.as_ptr(), untrusted) != 1 {
            return None;
        }
        X509_STORE_CTX_set_flags(raw, building.flags);
        let good = X509_verify_cert(raw) > 0;
        let chain = CertificateStack::from_owned(X509_STORE_CTX_get1_chain(raw))?;
        Some((
            chain,
            if good {
                Ok(())
            } else {
                Err(X509_STORE_CTX_get_error(raw))
            },
        ))
    }
}

/// `X509_verify_cert_error_string(3)`
pub fn error_text(error: c_int) -> &'static CStr {
    // SAFETY: any number is answered with a static string.
    unsafe { CStr::from_ptr(X509_verify_cert_error_string(c_long::from(error))) }
}

struct Verification(NonNull<X509_STORE_CTX>);

impl Verification {
    fn new() -> Option<Self> {
        // SAFETY: NULLs stand for the defaults; the result is new or NULL.
        NonNull::new(unsafe { X509_STORE_CTX_new_ex(ptr::null_mut(), ptr::null()) }).map(Self)
    }
}

impl Drop for Verification {
    fn drop(&mut self) {
        // SAFETY: this value owns it.
        unsafe { X509_STORE_CTX_free(self.0.as_ptr()) }
    }
}
