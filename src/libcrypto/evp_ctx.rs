//! The contexts that a ticket key callback fills in: EVP_CIPHER_CTX, HMAC_CTX and EVP_MAC_CTX of libcrypto
//! (SSL_CTX_set_tlsext_ticket_key_cb(3)).
//!
//! The application chooses cipher, digest and keys; what is read back here is only sizes and results. A context that the
//! callback left unset makes every operation fail, never crash.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use super::c::{EVP_CIPHER_CTX, EVP_MAC_CTX, HMAC_CTX, OSSL_LIB_CTX};
use super::lib_ctx::Library;

/// libcrypto's EVP_MAX_IV_LENGTH.
pub const MAX_IV_LEN: usize = 16;

/// libcrypto's EVP_MAX_BLOCK_LENGTH.
pub const MAX_BLOCK_LEN: usize = 32;

/// libcrypto's EVP_MAX_MD_SIZE: no HMAC is longer.
pub const MAX_MAC_LEN: usize = 64;

#[repr(C)]
struct EvpMac {
    _opaque: [u8; 0],
}

mod ffi {
    use super::{EVP_CIPHER_CTX, EVP_MAC_CTX, EvpMac, HMAC_CTX, OSSL_LIB_CTX, c_char, c_int, c_uchar, c_uint, c_void};

    unsafe extern "C" {
        pub fn EVP_CIPHER_CTX_new() -> *mut EVP_CIPHER_CTX;
        pub fn EVP_CIPHER_CTX_free(ctx: *mut EVP_CIPHER_CTX);
        pub fn EVP_CIPHER_CTX_get0_cipher(ctx: *const EVP_CIPHER_CTX) -> *const c_void;
        pub fn EVP_CIPHER_get_iv_length(cipher: *const c_void) -> c_int;
        pub fn EVP_EncryptUpdate(
            ctx: *mut EVP_CIPHER_CTX,
            out: *mut c_uchar,
            out_len: *mut c_int,
            data: *const c_uchar,
            len: c_int,
        ) -> c_int;
        pub fn EVP_EncryptFinal(ctx: *mut EVP_CIPHER_CTX, out: *mut c_uchar, out_len: *mut c_int) -> c_int;
        pub fn EVP_DecryptUpdate(
            ctx: *mut EVP_CIPHER_CTX,
            out: *mut c_uchar,
            out_len: *mut c_int,
            data: *const c_uchar,
            len: c_int,
        ) -> c_int;
        pub fn EVP_DecryptFinal(ctx: *mut EVP_CIPHER_CTX, out: *mut c_uchar, out_len: *mut c_int) -> c_int;
        pub fn HMAC_CTX_new() -> *mut HMAC_CTX;
        pub fn HMAC_CTX_free(ctx: *mut HMAC_CTX);
        pub fn HMAC_size(ctx: *const HMAC_CTX) -> usize;
        pub fn HMAC_Update(ctx: *mut HMAC_CTX, data: *const c_uchar, len: usize) -> c_int;
        pub fn HMAC_Final(ctx: *mut HMAC_CTX, out: *mut c_uchar, len: *mut c_uint) -> c_int;
        pub fn EVP_MAC_fetch(lib_ctx: *mut OSSL_LIB_CTX, name: *const c_char, properties: *const c_char)
        -> *mut EvpMac;
        pub fn EVP_MAC_free(mac: *mut EvpMac);
        pub fn EVP_MAC_CTX_new(mac: *mut EvpMac) -> *mut EVP_MAC_CTX;
        pub fn EVP_MAC_CTX_free(ctx: *mut EVP_MAC_CTX);
        pub fn EVP_MAC_CTX_get_mac_size(ctx: *mut EVP_MAC_CTX) -> usize;
        pub fn EVP_MAC_update(ctx: *mut EVP_MAC_CTX, data: *const c_uchar, len: usize) -> c_int;
        pub fn EVP_MAC_final(ctx: *mut EVP_MAC_CTX, out: *mut c_uchar, len: *mut usize, size: usize) -> c_int;
    }
}

/// libcrypto refused; its own reason is on the error queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

fn ok(ret: c_int) -> Result<(), Refused> {
    if ret > 0 { Ok(()) } else { Err(Refused) }
}

/// An EVP_CIPHER_CTX for one ticket.
#[derive(Debug)]
pub struct CipherContext(NonNull<EVP_CIPHER_CTX>);

impl CipherContext {
    /// An empty context for the callback to fill in.
    pub fn new() -> Result<CipherContext, Refused> {
        // SAFETY: takes nothing; returns NULL or a context that we own.
        NonNull::new(unsafe { ffi::EVP_CIPHER_CTX_new() })
            .map(CipherContext)
            .ok_or(Refused)
    }

    /// For the callback, for the time of its call.
    pub fn as_ptr(&self) -> *mut EVP_CIPHER_CTX {
        self.0.as_ptr()
    }

    /// The chosen cipher's IV length, or `Refused` when none was chosen.
    pub fn iv_len(&self) -> Result<usize, Refused> {
        // SAFETY: the context is live; the cipher it returns is its own, or NULL.
        let len = unsafe {
            let cipher = ffi::EVP_CIPHER_CTX_get0_cipher(self.as_ptr());
            if cipher.is_null() {
                return Err(Refused);
            }
            ffi::EVP_CIPHER_get_iv_length(cipher)
        };
        usize::try_from(len)
            .map_err(|_| Refused)
            .and_then(|n| if n <= MAX_IV_LEN { Ok(n) } else { Err(Refused) })
    }

    /// Encrypts `data` and appends the ciphertext, with padding, to `out`.
    pub fn encrypt_into(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        self.transform(data, out, ffi::EVP_EncryptUpdate, ffi::EVP_EncryptFinal)
    }

    /// Decrypts `data` and appends the plaintext, its padding checked and removed, to `out`.
    pub fn decrypt_into(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        self.transform(data, out, ffi::EVP_DecryptUpdate, ffi::EVP_DecryptFinal)
    }

    fn transform(&mut self, data: &[u8], out: &mut Vec<u8>, update: Update, last: Final) -> Result<(), Refused> {
        let len = c_int::try_from(data.len()).map_err(|_| Refused)?;
        let start = out.len();
        out.resize(start + data.len() + MAX_BLOCK_LEN, 0);
        let room = out.get_mut(start..).ok_or(Refused)?;
        let mut first: c_int = 0;
        // SAFETY: the context is live and `room` holds a block more than `data`, the most an update can write.
        ok(unsafe { update(self.as_ptr(), room.as_mut_ptr(), &mut first, data.as_ptr(), len) })?;
        let first = usize::try_from(first).map_err(|_| Refused)?;
        let rest = room.get_mut(first..).ok_or(Refused)?;
        let mut tail: c_int = 0;
        // SAFETY: as above; what is left of `room` holds the last block.
        ok(unsafe { last(self.as_ptr(), rest.as_mut_ptr(), &mut tail) })?;
        let tail = usize::try_from(tail).map_err(|_| Refused)?;
        out.truncate(start + first + tail);
        Ok(())
    }
}

type Update = unsafe extern "C" fn(*mut EVP_CIPHER_CTX, *mut c_uchar, *mut c_int, *const c_uchar, c_int) -> c_int;
type Final = unsafe extern "C" fn(*mut EVP_CIPHER_CTX, *mut c_uchar, *mut c_int) -> c_int;

impl Drop for CipherContext {
    fn drop(&mut self) {
        // SAFETY: ours, and last used here; libcrypto wipes the keys in it.
        unsafe { ffi::EVP_CIPHER_CTX_free(self.as_ptr()) }
    }
}

/// The MAC half: which of the two kinds depends on which callback the application set.
#[derive(Debug)]
pub enum MacContext {
    /// For SSL_CTX_set_tlsext_ticket_key_evp_cb.
    Evp(NonNull<EVP_MAC_CTX>),
    /// For the older SSL_CTX_set_tlsext_ticket_key_cb.
    Hmac(NonNull<HMAC_CTX>),
}

impl MacContext {
    /// An HMAC_CTX without key or digest.
    pub fn hmac() -> Result<MacContext, Refused> {
        // SAFETY: takes nothing; returns NULL or a context that we own.
        NonNull::new(unsafe { ffi::HMAC_CTX_new() })
            .map(MacContext::Hmac)
            .ok_or(Refused)
    }

    /// An EVP_MAC_CTX of the algorithm "HMAC" without key or digest, from where the SSL_CTX gets its algorithms.
    pub fn evp(library: &Library) -> Result<MacContext, Refused> {
        if library.context().is_null() && library.query().is_null() {
            return MacContext::of(default_hmac()?);
        }
        // SAFETY: the application keeps its library context alive as long as the SSL_CTX; the strings end in NUL.
        let mac = unsafe { ffi::EVP_MAC_fetch(library.context(), c"HMAC".as_ptr(), library.query()) };
        let context = MacContext::of(mac);
        // SAFETY: our reference to the fetched algorithm (NULL is allowed); the context holds its own.
        unsafe { ffi::EVP_MAC_free(mac) };
        context
    }

    fn of(mac: *mut EvpMac) -> Result<MacContext, Refused> {
        if mac.is_null() {
            return Err(Refused);
        }
        // SAFETY: `mac` is live; returns NULL or a context that we own.
        NonNull::new(unsafe { ffi::EVP_MAC_CTX_new(mac) })
            .map(MacContext::Evp)
            .ok_or(Refused)
    }

    /// The tag's length, or `Refused` when no digest was chosen.
    pub fn size(&self) -> Result<usize, Refused> {
        // SAFETY: the contexts are live.
        let size = unsafe {
            match self {
                MacContext::Evp(ctx) => ffi::EVP_MAC_CTX_get_mac_size(ctx.as_ptr()),
                MacContext::Hmac(ctx) => ffi::HMAC_size(ctx.as_ptr()),
            }
        };
        if (1..=MAX_MAC_LEN).contains(&size) {
            Ok(size)
        } else {
            Err(Refused)
        }
    }

    /// The tag over `data`, in the first [`MacContext::size`] bytes. To be called once.
    pub fn tag(&mut self, data: &[u8]) -> Result<[u8; MAX_MAC_LEN], Refused> {
        let mut tag = [0; MAX_MAC_LEN];
        // SAFETY: the contexts are live, `data` is readable for its length and `tag` holds the longest digest.
        unsafe {
            match self {
                MacContext::Evp(ctx) => {
                    let mut len = 0;
                    ok(ffi::EVP_MAC_update(ctx.as_ptr(), data.as_ptr(), data.len()))?;
                    ok(ffi::EVP_MAC_final(ctx.as_ptr(), tag.as_mut_ptr(), &mut len, tag.len()))?;
                }
                MacContext::Hmac(ctx) => {
                    let mut len = 0;
                    ok(ffi::HMAC_Update(ctx.as_ptr(), data.as_ptr(), data.len()))?;
                    ok(ffi::HMAC_Final(ctx.as_ptr(), tag.as_mut_ptr(), &mut len))?;
                }
            }
        }
        Ok(tag)
    }
}

impl Drop for MacContext {
    fn drop(&mut self) {
        // SAFETY: ours, and last used here; libcrypto wipes the keys in it.
        unsafe {
            match self {
                MacContext::Evp(ctx) => ffi::EVP_MAC_CTX_free(ctx.as_ptr()),
                MacContext::Hmac(ctx) => ffi::HMAC_CTX_free(ctx.as_ptr()),
            }
        }
    }
}

/// The default library context's HMAC, fetched once: a fetch costs more than sealing a ticket does.
fn default_hmac() -> Result<*mut EvpMac, Refused> {
    struct Fetched(NonNull<EvpMac>);
    // SAFETY: a fetched algorithm is immutable and counted atomically.
    unsafe impl Send for Fetched {}
    // SAFETY: as above.
    unsafe impl Sync for Fetched {}
    static HMAC: OnceLock<Fetched> = OnceLock::new();
    if let Some(found) = HMAC.get() {
        return Ok(found.0.as_ptr());
    }
    // SAFETY: NULL names the default library context; the string ends in NUL.
    let mac = unsafe { ffi::EVP_MAC_fetch(ptr::null_mut(), c"HMAC".as_ptr(), ptr::null()) };
    let mac = NonNull::new(mac).ok_or(Refused)?;
    if let Err(second) = HMAC.set(Fetched(mac)) {
        // SAFETY: another thread was first, so this reference of ours is not kept.
        unsafe { ffi::EVP_MAC_free(second.0.as_ptr()) };
    }
    HMAC.get().map(|found| found.0.as_ptr()).ok_or(Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        fn EVP_aes_128_cbc() -> *const c_void;
        fn EVP_sha256() -> *const c_void;
        fn EVP_CipherInit_ex(
            ctx: *mut EVP_CIPHER_CTX,
            cipher: *const c_void,
            engine: *mut c_void,
            key: *const u8,
            iv: *const u8,
            enc: c_int,
        ) -> c_int;
        fn HMAC_Init_ex(
            ctx: *mut HMAC_CTX,
            key: *const c_void,
            len: c_int,
            md: *const c_void,
            engine: *mut c_void,
        ) -> c_int;
    }

    fn keyed(enc: c_int) -> CipherContext {
        let ctx = CipherContext::new().expect("context");
        // SAFETY: the context is live, key and IV are 16 bytes, as AES-128-CBC reads.
        let set = unsafe {
            let (key, iv) = ([1u8; 16], [2u8; 16]);
            EVP_CipherInit_ex(
                ctx.as_ptr(),
                EVP_aes_128_cbc(),
                ptr::null_mut(),
                key.as_ptr(),
                iv.as_ptr(),
                enc,
            )
        };
        assert_eq!(set, 1);
        ctx
    }

    #[test]
    fn what_one_context_encrypts_another_decrypts() {
        let mut sealed = b"in front".to_vec();
        let mut ctx = keyed(1);
        assert_eq!(ctx.iv_len(), Ok(16));
        ctx.encrypt_into(&[0x77; 33], &mut sealed).expect("encrypted");
        assert_eq!(sealed.len(), 8 + 48);
        let mut opened = Vec::new();
        keyed(0).decrypt_into(&sealed[8..], &mut opened).expect("decrypted");
        assert_eq!(opened, [0x77; 33]);
        assert_eq!(
            keyed(0).decrypt_into(&sealed[8..40], &mut Vec::new()),
            Err(Refused),
            "padding"
        );
    }

    #[test]
    fn a_context_that_nobody_filled_in_refuses() {
        let mut ctx = CipherContext::new().expect("context");
        assert_eq!(ctx.iv_len(), Err(Refused));
        assert_eq!(ctx.encrypt_into(&[0; 16], &mut Vec::new()), Err(Refused));
        assert_eq!(MacContext::hmac().expect("context").size(), Err(Refused));
        let mut mac = MacContext::evp(&Library::default()).expect("context");
        assert_eq!(mac.size(), Err(Refused));
        assert_eq!(mac.tag(b"data"), Err(Refused));
    }

    #[test]
    fn hmac_has_its_digests_size() {
        let mut mac = MacContext::hmac().expect("context");
        if let MacContext::Hmac(ctx) = &mac {
            // SAFETY: the context is live and the key is 16 bytes.
            let set = unsafe {
                HMAC_Init_ex(
                    ctx.as_ptr(),
                    [3u8; 16].as_ptr().cast(),
                    16,
                    EVP_sha256(),
                    ptr::null_mut(),
                )
            };
            assert_eq!(set, 1);
        }
        assert_eq!(mac.size(), Ok(32));
        assert!(mac.tag(b"data").is_ok());
    }
}
