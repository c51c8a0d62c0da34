//! Signing with what can be prepared prepared (`EVP_PKEY_sign(3)`, `EVP_MD_fetch(3)`).

use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, OnceLock};

use super::c::{EVP_MD, EVP_PKEY, EVP_PKEY_CTX, OSSL_LIB_CTX};
use super::pkey::{Key, use_pss};

unsafe extern "C" {
    fn EVP_get_digestbyname(name: *const c_char) -> *const EVP_MD;
    fn EVP_MD_fetch(ctx: *mut OSSL_LIB_CTX, name: *const c_char, properties: *const c_char) -> *mut EVP_MD;
    fn EVP_Digest(
        data: *const c_void,
        len: usize,
        out: *mut c_uchar,
        out_len: *mut c_uint,
        md: *const EVP_MD,
        engine: *mut c_void,
    ) -> c_int;
    fn EVP_PKEY_CTX_new(key: *mut EVP_PKEY, engine: *mut c_void) -> *mut EVP_PKEY_CTX;
    fn EVP_PKEY_CTX_dup(ctx: *const EVP_PKEY_CTX) -> *mut EVP_PKEY_CTX;
    fn EVP_PKEY_CTX_free(ctx: *mut EVP_PKEY_CTX);
    fn EVP_PKEY_sign_init(ctx: *mut EVP_PKEY_CTX) -> c_int;
    fn EVP_PKEY_sign(
        ctx: *mut EVP_PKEY_CTX,
        sig: *mut c_uchar,
        sig_len: *mut usize,
        digest: *const c_uchar,
        digest_len: usize,
    ) -> c_int;
    fn EVP_PKEY_CTX_set_signature_md(ctx: *mut EVP_PKEY_CTX, md: *const EVP_MD) -> c_int;
}

const MAX_DIGEST_LEN: usize = 64;

/// A hash function to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digest {
    /// SHA-1: accepted from old TLS 1.2 peers at security level 0 only.
    Sha1,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Digest {
    /// libcrypto's method, fetched once; NULL when it can't be.
    pub(super) fn method(self) -> *const EVP_MD {
        static METHODS: [OnceLock<usize>; 4] = [const { OnceLock::new() }; 4];
        let kept = &METHODS[self as usize];
        if let Some(address) = kept.get() {
            return ptr::with_exposed_provenance(*address);
        }
        // SAFETY: a string and NULLs for the defaults. The reference is kept for ever, also by a thread that comes second.
        let fetched = unsafe { EVP_MD_fetch(ptr::null_mut(), self.name().as_ptr(), ptr::null()) };
        // What fails now, for want of memory, is tried again next time.
        if !fetched.is_null() {
            let _first = kept.set(fetched.expose_provenance());
        }
        fetched
    }

    /// The method for C to look at: not the fetched one, whose name is another ("SHA2-256").
    pub fn shown(self) -> *const EVP_MD {
        // SAFETY: a string; the result is static or NULL.
        unsafe { EVP_get_digestbyname(self.name().as_ptr()) }
    }

    fn name(self) -> &'static CStr {
        match self {
            Self::Sha1 => c"SHA1",
            Self::Sha256 => c"SHA256",
            Self::Sha384 => c"SHA384",
            Self::Sha512 => c"SHA512",
        }
    }

    fn of(self, message: &[u8], out: &mut [u8; MAX_DIGEST_LEN]) -> Option<usize> {
        let mut len: c_uint = 0;
        // SAFETY: `message` is readable, `out` holds the longest digest there is, the method is fetched (or NULL, which
        // the call refuses).
        let done = unsafe {
            EVP_Digest(
                message.as_ptr().cast(),
                message.len(),
                out.as_mut_ptr(),
                &raw mut len,
                self.method(),
                ptr::null_mut(),
            )
        };
        (done == 1).then_some(len as usize)
    }
}

/// How a signature is made: everything about a SignatureScheme that libcrypto needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// The hash; EdDSA has none.
    pub digest: Option<Digest>,
    /// RSASSA-PSS with a salt as long as the hash.
    pub pss: bool,
}

struct Operation(NonNull<EVP_PKEY_CTX>);

// SAFETY: owned by this value, which is used by one thread at a time (see `Signer`).
unsafe impl Send for Operation {}

impl Operation {
    /// A signing operation with everything chosen but the digest's value.
    fn prepare(key: &Key, digest: Digest, pss: bool) -> Option<Self> {
        // SAFETY: live key; the result is new or NULL.
        let operation = Self(NonNull::new(unsafe {
            EVP_PKEY_CTX_new(key.as_ptr(), ptr::null_mut())
        })?);
        let context = operation.0.as_ptr();
        // SAFETY: `context` is live; PSS is set before the digest, as RSASSA-PSS keys require.
        let ready = unsafe {
            EVP_PKEY_sign_init(context) > 0
                && (!pss || use_pss(context))
                && EVP_PKEY_CTX_set_signature_md(context, digest.method()) > 0
        };
        ready.then_some(operation)
    }

    fn duplicate(&self) -> Option<Self> {
        // SAFETY: live, and nobody uses it meanwhile (the caller holds the lock).
        NonNull::new(unsafe { EVP_PKEY_CTX_dup(self.0.as_ptr()) }).map(Self)
    }

    fn sign(&self, digest: &[u8], size: usize) -> Option<Vec<u8>> {
        let mut signature = vec![0; size];
        let mut len = size;
        // SAFETY: live; `signature` has `len` writable bytes, `digest` is readable.
        let done = unsafe {
            EVP_PKEY_sign(
                self.0.as_ptr(),
                signature.as_mut_ptr(),
                &raw mut len,
                digest.as_ptr(),
                digest.len(),
            )
        };
        signature.truncate(len);
        (done > 0).then_some(signature)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: this value owns it.
        unsafe { EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

/// A private key with the signing operation set up once: about 4 µs less a signature than `EVP_DigestSign` from scratch,
/// of 25 with P-256 (OpenSSL 3.0 fetches four algorithms each time).
pub struct Signer {
    key: Key,
    recipe: Recipe,
    /// `None` when this key cannot be set up ahead (EdDSA; some providers), found out once.
    template: OnceLock<Option<Mutex<Operation>>>,
}

impl Signer {
    /// Nothing is computed yet.
    pub fn new(key: Key, recipe: Recipe) -> Self {
        Self {
            key,
            recipe,
            template: OnceLock::new(),
        }
    }

    /// Signs; on failure the error queue says why.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.sign_prepared(message)
            .or_else(|| self.key.sign_fresh(self.recipe, message))
    }

    fn sign_prepared(&self, message: &[u8]) -> Option<Vec<u8>> {
        let digest = self.recipe.digest?;
        let template = self.template.get_or_init(|| {
            super::err::forgiving(|| Operation::prepare(&self.key, digest, self.recipe.pss)).map(Mutex::new)
        });
        let mut value = [0; MAX_DIGEST_LEN];
        let len = digest.of(message, &mut value)?;
        super::err::forgiving(|| {
            // Whoever finds it taken signs from scratch: by another thread, or by one that a fork has left behind.
            let operation = template.as_ref()?.try_lock().ok()?.duplicate()?;
            operation.sign(value.get(..len)?, self.key.size())
        })
    }
}
