//! Keys (`EVP_PKEY_new(3)`, `d2i_PrivateKey(3)`, `EVP_DigestVerify(3)`).

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_void};
use std::ptr::{self, NonNull};

use super::c::{EC_KEY, EVP_MD, EVP_MD_CTX, EVP_PKEY, EVP_PKEY_CTX, RSA};
use super::sign::{Digest, Recipe};

unsafe extern "C" {
    fn EVP_PKEY_new() -> *mut EVP_PKEY;
    fn EVP_PKEY_up_ref(key: *mut EVP_PKEY) -> c_int;
    fn EVP_PKEY_free(key: *mut EVP_PKEY);
    fn EVP_PKEY_is_a(key: *const EVP_PKEY, name: *const c_char) -> c_int;
    fn EVP_PKEY_get_bits(key: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_get_security_bits(key: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_get_size(key: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_get_group_name(key: *const EVP_PKEY, name: *mut c_char, size: usize, len: *mut usize) -> c_int;
    fn EVP_PKEY_eq(a: *const EVP_PKEY, b: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_missing_parameters(key: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_copy_parameters(to: *mut EVP_PKEY, from: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_set1_RSA(key: *mut EVP_PKEY, rsa: *mut RSA) -> c_int;
    fn d2i_PrivateKey(kind: c_int, a: *mut *mut EVP_PKEY, pp: *mut *const c_uchar, len: c_long) -> *mut EVP_PKEY;
    fn d2i_RSAPrivateKey(a: *mut *mut RSA, pp: *mut *const c_uchar, len: c_long) -> *mut RSA;
    fn RSA_free(rsa: *mut RSA);

    fn EVP_PKEY_CTX_set_rsa_padding(ctx: *mut EVP_PKEY_CTX, padding: c_int) -> c_int;
    fn EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx: *mut EVP_PKEY_CTX, len: c_int) -> c_int;
    fn EC_KEY_get0_group(key: *const EC_KEY) -> *const c_void;
    fn EC_GROUP_get_curve_name(group: *const c_void) -> c_int;
    fn EVP_MD_CTX_new() -> *mut EVP_MD_CTX;
    fn EVP_MD_CTX_free(ctx: *mut EVP_MD_CTX);
    fn EVP_DigestSignInit(
        ctx: *mut EVP_MD_CTX,
        pctx: *mut *mut EVP_PKEY_CTX,
        md: *const EVP_MD,
        engine: *mut c_void,
        key: *mut EVP_PKEY,
    ) -> c_int;
    fn EVP_DigestSign(
        ctx: *mut EVP_MD_CTX,
        sig: *mut c_uchar,
        sig_len: *mut usize,
        data: *const c_uchar,
        len: usize,
    ) -> c_int;
    fn EVP_DigestVerifyInit(
        ctx: *mut EVP_MD_CTX,
        pctx: *mut *mut EVP_PKEY_CTX,
        md: *const EVP_MD,
        engine: *mut c_void,
        key: *mut EVP_PKEY,
    ) -> c_int;
    fn EVP_DigestVerify(
        ctx: *mut EVP_MD_CTX,
        sig: *const c_uchar,
        sig_len: usize,
        data: *const c_uchar,
        len: usize,
    ) -> c_int;
}

const RSA_PKCS1_PSS_PADDING: c_int = 6;
const PSS_SALTLEN_DIGEST: c_int = -1;

/// What kind of signatures a key makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// rsaEncryption
    Rsa,
    /// RSASSA-PSS
    RsaPss,
    /// On P-256
    EcP256,
    /// On P-384
    EcP384,
    /// On P-521
    EcP521,
    /// On a curve that TLS 1.3 cannot sign with.
    EcOther,
    /// EdDSA on Curve25519
    Ed25519,
    /// EdDSA on Curve448
    Ed448,
}

/// One reference on a key.
pub struct Key(NonNull<EVP_PKEY>);

// SAFETY: EVP_PKEY counts references atomically and guards its caches with a lock of its own.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}

impl Key {
    /// Takes over a reference.
    ///
    /// # Safety
    /// `key` is NULL or a key of which the caller owns a reference.
    pub unsafe fn from_owned(key: *mut EVP_PKEY) -> Option<Self> {
        NonNull::new(key).map(Self)
    }

    /// Takes a reference of its own.
    ///
    /// # Safety
    /// `key` is NULL or a live key.
    pub unsafe fn from_borrowed(key: *mut EVP_PKEY) -> Option<Self> {
        let key = NonNull::new(key)?;
        // SAFETY: live by the caller's promise.
        let counted = unsafe { EVP_PKEY_up_ref(key.as_ptr()) } == 1;
        counted.then_some(Self(key))
    }

    /// Wraps an RSA key.
    ///
    /// # Safety
    /// `rsa` is a live RSA key.
    pub unsafe fn from_rsa(rsa: *mut RSA) -> Option<Self> {
        // SAFETY: no arguments; the result is new or NULL.
        let key = unsafe { Self::from_owned(EVP_PKEY_new()) }?;
        // SAFETY: ours lives, theirs by the caller's promise; the call takes a reference.
        (unsafe { EVP_PKEY_set1_RSA(key.as_ptr(), rsa) } == 1).then_some(key)
    }

    /// Parses a private key of an EVP_PKEY_… type from DER.
    pub fn from_der(kind: c_int, der: &[u8]) -> Option<Self> {
        let mut cursor = der.as_ptr();
        let len = c_long::try_from(der.len()).ok()?;
        // SAFETY: `cursor` points at `len` readable bytes; the result is new or NULL.
        unsafe { Self::from_owned(d2i_PrivateKey(kind, ptr::null_mut(), &raw mut cursor, len)) }
    }

    /// Parses an RSAPrivateKey.
    pub fn from_rsa_der(der: &[u8]) -> Option<Self> {
        let mut cursor = der.as_ptr();
        let len = c_long::try_from(der.len()).ok()?;
        // SAFETY: `cursor` points at `len` readable bytes; the result is new or NULL.
        let rsa = NonNull::new(unsafe { d2i_RSAPrivateKey(ptr::null_mut(), &raw mut cursor, len) })?;
        // SAFETY: a live RSA key of ours.
        let key = unsafe { Self::from_rsa(rsa.as_ptr()) };
        // SAFETY: ours; the EVP_PKEY has a reference of its own.
        unsafe { RSA_free(rsa.as_ptr()) };
        key
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut EVP_PKEY {
        self.0.as_ptr()
    }

    /// The address with the reference, which the caller now owns.
    pub fn into_raw(self) -> *mut EVP_PKEY {
        let pointer = self.as_ptr();
        std::mem::forget(self);
        pointer
    }

    /// What it signs; `None` for a key that TLS cannot use. Goes by name, as keys of other providers have no number.
    pub fn kind(&self) -> Option<KeyKind> {
        // SAFETY: live, and the name is a string.
        let is_a = |name: &CStr| unsafe { EVP_PKEY_is_a(self.as_ptr(), name.as_ptr()) == 1 };
        if is_a(c"EC") {
            return Some(self.curve());
        }
        let others = [
            (c"RSA", KeyKind::Rsa),
            (c"RSA-PSS", KeyKind::RsaPss),
            (c"ED25519", KeyKind::Ed25519),
            (c"ED448", KeyKind::Ed448),
        ];
        others.into_iter().find(|(name, _)| is_a(name)).map(|(_, kind)| kind)
    }

    fn curve(&self) -> KeyKind {
        let mut name = [0 as c_char; 64];
        let mut len = 0;
        // SAFETY: live; `name` has as many bytes as said and is NUL-terminated by the call.
        let known = unsafe { EVP_PKEY_get_group_name(self.as_ptr(), name.as_mut_ptr(), name.len(), &raw mut len) };
        if known != 1 {
            return KeyKind::EcOther;
        }
        // SAFETY: NUL-terminated, see above.
        match unsafe { CStr::from_ptr(name.as_ptr()) }.to_bytes() {
            b"prime256v1" | b"P-256" => KeyKind::EcP256,
            b"secp384r1" | b"P-384" => KeyKind::EcP384,
            b"secp521r1" | b"P-521" => KeyKind::EcP521,
            _ => KeyKind::EcOther,
        }
    }

    /// Its length in bits.
    pub fn bits(&self) -> i32 {
        // SAFETY: live.
        unsafe { EVP_PKEY_get_bits(self.as_ptr()) }
    }

    /// Its strength in bits.
    pub fn security_bits(&self) -> i32 {
        // SAFETY: live.
        unsafe { EVP_PKEY_get_security_bits(self.as_ptr()) }
    }

    /// The longest signature it makes.
    pub fn size(&self) -> usize {
        // SAFETY: live.
        usize::try_from(unsafe { EVP_PKEY_get_size(self.as_ptr()) }).unwrap_or(0)
    }

    /// Whether both have the same public half; if not, the error queue may say why.
    pub fn is_public_of(&self, other: &Key) -> bool {
        // SAFETY: both live.
        unsafe { EVP_PKEY_eq(self.as_ptr(), other.as_ptr()) == 1 }
    }

    /// Takes missing parameters (a DSA or EC key without its group) from `other`.
    pub fn copy_parameters(&self, other: &Key) {
        // SAFETY: both live.
        if unsafe { EVP_PKEY_missing_parameters(self.as_ptr()) } == 1 {
            // SAFETY: both live. That there is nothing to copy shows when the pair is checked.
            unsafe { EVP_PKEY_copy_parameters(self.as_ptr(), other.as_ptr()) };
        }
    }

    /// Signs `message` in one go, with nothing prepared.
    pub(super) fn sign_fresh(&self, recipe: Recipe, message: &[u8]) -> Option<Vec<u8>> {
        let context = MessageContext::new()?;
        let method = recipe.digest.map_or(ptr::null(), Digest::method);
        let mut operation = ptr::null_mut();
        // SAFETY: all live; `operation` becomes owned by `context`.
        let ready = unsafe {
            EVP_DigestSignInit(
                context.0.as_ptr(),
                &raw mut operation,
                method,
                ptr::null_mut(),
                self.as_ptr(),
            )
        };
        // SAFETY: `operation` lives as long as `context` once init has succeeded.
        if ready != 1 || recipe.pss && !unsafe { use_pss(operation) } {
            return None;
        }
        let mut signature = vec![0; self.size()];
        let mut len = signature.len();
        // SAFETY: `signature` has `len` writable bytes, `message` is readable.
        let done = unsafe {
            EVP_DigestSign(
                context.0.as_ptr(),
                signature.as_mut_ptr(),
                &raw mut len,
                message.as_ptr(),
                message.len(),
            )
        };
        signature.truncate(len);
        (done == 1).then_some(signature)
    }

    /// Whether `signature` over `message` is this key's. A bad one leaves nothing on the error queue.
    pub fn verify(&self, recipe: Recipe, message: &[u8], signature: &[u8]) -> bool {
        super::err::forgiving(|| self.check(recipe, message, signature)).is_some()
    }

    fn check(&self, recipe: Recipe, message: &[u8], signature: &[u8]) -> Option<()> {
        let context = MessageContext::new()?;
        let method = recipe.digest.map_or(ptr::null(), Digest::method);
        let mut operation = ptr::null_mut();
        // SAFETY: all live; `operation` becomes owned by `context`.
        let ready = unsafe {
            EVP_DigestVerifyInit(
                context.0.as_ptr(),
                &raw mut operation,
                method,
                ptr::null_mut(),
                self.as_ptr(),
            )
        };
        // SAFETY: `operation` lives as long as `context` once init has succeeded.
        if ready != 1 || recipe.pss && !unsafe { use_pss(operation) } {
            return None;
        }
        // SAFETY: both slices are readable.
        let good = unsafe {
            EVP_DigestVerify(
                context.0.as_ptr(),
                signature.as_ptr(),
                signature.len(),
                message.as_ptr(),
                message.len(),
            )
        };
        (good == 1).then_some(())
    }
}

/// RSASSA-PSS padding with a salt as long as the digest.
///
/// # Safety
/// `operation` is a live EVP_PKEY_CTX in a signing or verifying operation.
pub(super) unsafe fn use_pss(operation: *mut EVP_PKEY_CTX) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING) > 0
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, PSS_SALTLEN_DIGEST) > 0
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        // SAFETY: live, since `self` holds a reference.
        unsafe { EVP_PKEY_up_ref(self.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the reference that this value owns.
        unsafe { EVP_PKEY_free(self.as_ptr()) }
    }
}

struct MessageContext(NonNull<EVP_MD_CTX>);

impl MessageContext {
    fn new() -> Option<Self> {
        // SAFETY: no arguments; the result is new or NULL.
        NonNull::new(unsafe { EVP_MD_CTX_new() }).map(Self)
    }
}

impl Drop for MessageContext {
    fn drop(&mut self) {
        // SAFETY: this value owns it.
        unsafe { EVP_MD_CTX_free(self.0.as_ptr()) }
    }
}

/// The NID of an EC key's curve (`SSL_CTX_set_tmp_ecdh`); `None` for a key without a named one.
///
/// # Safety
/// `key` is a live EC key.
pub unsafe fn curve_nid(key: *const EC_KEY) -> Option<c_int> {
    // SAFETY: live by the caller's promise.
    let group = unsafe { EC_KEY_get0_group(key) };
    if group.is_null() {
        return None;
    }
    // SAFETY: the group belongs to the live key.
    Some(unsafe { EC_GROUP_get_curve_name(group) }).filter(|nid| *nid != 0)
}
