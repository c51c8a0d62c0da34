//! Certificates and names (`X509_new(3)`, `d2i_X509(3)`, `X509_NAME_dup(3)`).

use std::ffi::{c_int, c_long, c_uchar};
use std::ptr::{self, NonNull};

use bytes::Bytes;

use super::c::{EVP_PKEY, X509, X509_NAME};
use super::pkey::Key;

unsafe extern "C" {
    fn X509_up_ref(x: *mut X509) -> c_int;
    fn X509_free(x: *mut X509);
    fn d2i_X509(a: *mut *mut X509, pp: *mut *const c_uchar, len: c_long) -> *mut X509;
    fn i2d_X509(a: *const X509, pp: *mut *mut c_uchar) -> c_int;
    fn X509_get_pubkey(x: *mut X509) -> *mut EVP_PKEY;
    fn X509_check_private_key(x: *const X509, pkey: *const EVP_PKEY) -> c_int;
    fn X509_get_subject_name(x: *const X509) -> *mut X509_NAME;
    fn X509_get_key_usage(x: *mut X509) -> u32;
    fn X509_get_extension_flags(x: *mut X509) -> u32;
    fn X509_cmp(a: *const X509, b: *const X509) -> c_int;
    fn X509_get_signature_info(
        x: *mut X509,
        mdnid: *mut c_int,
        pknid: *mut c_int,
        secbits: *mut c_int,
        flags: *mut u32,
    ) -> c_int;
    fn X509_NAME_dup(name: *const X509_NAME) -> *mut X509_NAME;
    fn X509_NAME_free(name: *mut X509_NAME);
    fn X509_NAME_cmp(a: *const X509_NAME, b: *const X509_NAME) -> c_int;
    fn i2d_X509_NAME(name: *const X509_NAME, pp: *mut *mut c_uchar) -> c_int;
    fn d2i_X509_NAME(a: *mut *mut X509_NAME, pp: *mut *const c_uchar, len: c_long) -> *mut X509_NAME;
}

const KEY_USAGE_DIGITAL_SIGNATURE: u32 = 0x80;
const FLAG_SELF_SIGNED: u32 = 0x2000;

/// One reference on a certificate.
pub struct Certificate(NonNull<X509>);

// SAFETY: X509 counts references atomically and guards its caches with a lock of its own.
unsafe impl Send for Certificate {}
// SAFETY: as above; this type only calls functions that libcrypto allows on shared certificates.
unsafe impl Sync for Certificate {}

impl Certificate {
    /// Takes over a reference.
    ///
    /// # Safety
    /// `pointer` is NULL or a certificate of which the caller owns a reference.
    pub unsafe fn from_owned(pointer: *mut X509) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }

    /// Takes a reference of its own.
    ///
    /// # Safety
    /// `pointer` is NULL or a live certificate.
    pub unsafe fn from_borrowed(pointer: *mut X509) -> Option<Self> {
        let pointer = NonNull::new(pointer)?;
        // SAFETY: live by the caller's promise.
        let counted = unsafe { X509_up_ref(pointer.as_ptr()) } == 1;
        counted.then_some(Self(pointer))
    }

    /// Parses DER; all of it must be the certificate. A failure is on the error queue, unless bytes were left over.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let mut cursor = der.as_ptr();
        let len = c_long::try_from(der.len()).ok()?;
        // SAFETY: `cursor` points at `len` readable bytes; the result is a new certificate or NULL.
        let parsed = unsafe { Self::from_owned(d2i_X509(ptr::null_mut(), &raw mut cursor, len)) }?;
        (cursor.addr() == der.as_ptr().addr() + der.len()).then_some(parsed)
    }

    /// The encoding.
    pub fn to_der(&self) -> Option<Bytes> {
        // SAFETY: a live certificate; NULL asks for the length only.
        let len = usize::try_from(unsafe { i2d_X509(self.as_ptr(), ptr::null_mut()) }).ok()?;
        let mut der = vec![0u8; len];
        let mut cursor = der.as_mut_ptr();
        // SAFETY: `cursor` points at as many bytes as the call above said it writes.
        let written = unsafe { i2d_X509(self.as_ptr(), &raw mut cursor) };
        (usize::try_from(written) == Ok(len) && len != 0).then(|| der.into())
    }

    /// Another reference.
    pub fn share(&self) -> Option<Self> {
        // SAFETY: live, since `self` holds a reference.
        unsafe { Self::from_borrowed(self.as_ptr()) }
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut X509 {
        self.0.as_ptr()
    }

    /// The address with the reference, which the caller now owns.
    pub fn into_raw(self) -> *mut X509 {
        let pointer = self.as_ptr();
        std::mem::forget(self);
        pointer
    }

    /// The public key.
    pub fn public_key(&self) -> Option<Key> {
        // SAFETY: a live certificate; the result is NULL or a reference of ours.
        unsafe { Key::from_owned(X509_get_pubkey(self.as_ptr())) }
    }

    /// Whether `key` is the private half of the certificate's key; if not, the error queue says why.
    pub fn check_private_key(&self, key: &Key) -> bool {
        // SAFETY: both are live.
        unsafe { X509_check_private_key(self.as_ptr(), key.as_ptr()) == 1 }
    }

    /// The key usage extension, if there is one, allows signatures.
    pub fn may_sign(&self) -> bool {
        // SAFETY: a live certificate.
        unsafe { X509_get_key_usage(self.as_ptr()) & KEY_USAGE_DIGITAL_SIGNATURE != 0 }
    }

    /// Signed by itself.
    pub fn is_self_signed(&self) -> bool {
        // SAFETY: a live certificate.
        unsafe { X509_get_extension_flags(self.as_ptr()) & FLAG_SELF_SIGNED != 0 }
    }

    /// What is known of the signature on the certificate; `None` when libcrypto does not know the algorithm.
    pub fn signature_facts(&self) -> Option<SignatureFacts> {
        let (mut digest, mut algorithm, mut bits) = (0, 0, -1);
        // SAFETY: a live certificate; NULL means that the other results are not wanted.
        let known = unsafe {
            X509_get_signature_info(
                self.as_ptr(),
                &raw mut digest,
                &raw mut algorithm,
                &raw mut bits,
                ptr::null_mut(),
            )
        };
        let nid = if digest == 0 { algorithm } else { digest };
        (known == 1).then_some(SignatureFacts { bits, nid })
    }

    /// A copy of the subject's name.
    pub fn subject(&self) -> Option<Name> {
        // SAFETY: the name belongs to the live certificate; it is copied.
        unsafe { Name::copy_of(X509_get_subject_name(self.as_ptr())) }
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        // SAFETY: both are live.
        unsafe { X509_cmp(self.as_ptr(), other.as_ptr()) == 0 }
    }
}

impl Clone for Certificate {
    fn clone(&self) -> Self {
        // SAFETY: live, since `self` holds a reference. It can only fail on a counter that is already broken.
        unsafe { X509_up_ref(self.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: the reference that this value owns.
        unsafe { X509_free(self.as_ptr()) }
    }
}

/// A distinguished name of our own.
pub struct Name(NonNull<X509_NAME>);

// SAFETY: nobody else has this copy.
unsafe impl Send for Name {}
// SAFETY: shared use only reads, and libcrypto renews a name's cached encoding only after a change.
unsafe impl Sync for Name {}

impl Name {
    /// Takes over a name.
    ///
    /// # Safety
    /// `pointer` is NULL or a name that the caller owns.
    pub unsafe fn from_owned(pointer: *mut X509_NAME) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }

    /// Copies a name.
    ///
    /// # Safety
    /// `pointer` is NULL or a live name.
    pub unsafe fn copy_of(pointer: *const X509_NAME) -> Option<Self> {
        if pointer.is_null() {
            return None;
        }
        // SAFETY: live by the caller's promise; the result is new or NULL.
        unsafe { Self::from_owned(X509_NAME_dup(pointer)) }
    }

    /// Parses DER.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let mut cursor = der.as_ptr();
        let len = c_long::try_from(der.len()).ok()?;
        // SAFETY: `cursor` points at `len` readable bytes; the result is a new name or NULL.
        let parsed = unsafe { Self::from_owned(d2i_X509_NAME(ptr::null_mut(), &raw mut cursor, len)) }?;
        (cursor.addr() == der.as_ptr().addr() + der.len()).then_some(parsed)
    }

    /// The address, owned by `self`.
    pub fn as_ptr(&self) -> *mut X509_NAME {
        self.0.as_ptr()
    }

    /// The address, which the caller now owns.
    pub fn into_raw(self) -> *mut X509_NAME {
        let pointer = self.as_ptr();
        std::mem::forget(self);
        pointer
    }

    /// The encoding.
    pub fn to_der(&self) -> Option<Bytes> {
        // SAFETY: a live name.
        unsafe { name_der(self.as_ptr()) }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        // SAFETY: both are live.
        unsafe { X509_NAME_cmp(self.as_ptr(), other.as_ptr()) == 0 }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // SAFETY: this value owns the name.
        unsafe { X509_NAME_free(self.as_ptr()) }
    }
}

/// The encoding of a name.
///
/// # Safety
/// `name` is live.
pub(super) unsafe fn name_der(name: *const X509_NAME) -> Option<Bytes> {
    // SAFETY: live by the caller's promise; NULL asks for the length only.
    let len = usize::try_from(unsafe { i2d_X509_NAME(name, ptr::null_mut()) }).ok()?;
    let mut der = vec![0u8; len];
    let mut cursor = der.as_mut_ptr();
    // SAFETY: `cursor` points at as many bytes as the call above said it writes.
    let written = unsafe { i2d_X509_NAME(name, &raw mut cursor) };
    (usize::try_from(written) == Ok(len) && len != 0).then(|| der.into())
}

/// The strength of the signature on a certificate.
#[derive(Debug, Clone, Copy)]
pub struct SignatureFacts {
    /// In bits, -1 when unknown.
    pub bits: c_int,
    /// The NID of the digest, or of the algorithm if that has no digest to choose.
    pub nid: c_int,
}

impl Default for SignatureFacts {
    fn default() -> Self {
        Self { bits: -1, nid: 0 }
    }
}
