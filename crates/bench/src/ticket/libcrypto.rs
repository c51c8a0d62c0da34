//! What OpenSSL 3.0's libssl does for a ticket: contexts made, algorithms fetched and keys set up for each one.

use std::ffi::{CStr, c_char, c_int, c_uchar, c_void};
use std::ptr::{null, null_mut};

use carnet_ticket::OPENSSL_BLOB_LEN;

use super::Tickets;

type Ptr = *mut c_void;

/// OSSL_PARAM(3)
#[repr(C)]
struct Param {
    key: *const c_char,
    data_type: u32,
    data: *const c_void,
    data_size: usize,
    return_size: usize,
}

#[link(name = "crypto")]
unsafe extern "C" {
    fn RAND_bytes(out: *mut c_uchar, len: c_int) -> c_int;
    fn EVP_CIPHER_CTX_new() -> Ptr;
    fn EVP_CIPHER_CTX_free(ctx: Ptr);
    fn EVP_CIPHER_fetch(libctx: Ptr, name: *const c_char, properties: *const c_char) -> Ptr;
    fn EVP_CIPHER_free(cipher: Ptr);
    fn EVP_EncryptInit_ex(ctx: Ptr, cipher: Ptr, engine: Ptr, key: *const c_uchar, iv: *const c_uchar) -> c_int;
    fn EVP_EncryptUpdate(ctx: Ptr, out: *mut c_uchar, len: *mut c_int, data: *const c_uchar, n: c_int) -> c_int;
    fn EVP_EncryptFinal(ctx: Ptr, out: *mut c_uchar, len: *mut c_int) -> c_int;
    fn EVP_DecryptInit_ex(ctx: Ptr, cipher: Ptr, engine: Ptr, key: *const c_uchar, iv: *const c_uchar) -> c_int;
    fn EVP_DecryptUpdate(ctx: Ptr, out: *mut c_uchar, len: *mut c_int, data: *const c_uchar, n: c_int) -> c_int;
    fn EVP_DecryptFinal(ctx: Ptr, out: *mut c_uchar, len: *mut c_int) -> c_int;
    fn EVP_MAC_fetch(libctx: Ptr, name: *const c_char, properties: *const c_char) -> Ptr;
    fn EVP_MAC_free(mac: Ptr);
    fn EVP_MAC_CTX_new(mac: Ptr) -> Ptr;
    fn EVP_MAC_CTX_free(ctx: Ptr);
    fn EVP_MAC_init(ctx: Ptr, key: *const c_uchar, len: usize, params: *const Param) -> c_int;
    fn EVP_MAC_update(ctx: Ptr, data: *const c_uchar, len: usize) -> c_int;
    fn EVP_MAC_final(ctx: Ptr, out: *mut c_uchar, len: *mut usize, size: usize) -> c_int;
    fn CRYPTO_memcmp(a: *const c_void, b: *const c_void, len: usize) -> c_int;
}

/// The keys of an SSL_CTX.
pub struct Libssl {
    name: [u8; 16],
    mac_key: [u8; 32],
    cipher_key: [u8; 32],
}

impl Libssl {
    /// With the key of an 80-byte blob.
    pub fn new(blob: &[u8; OPENSSL_BLOB_LEN]) -> Self {
        let part = |at: usize| *blob[at..].first_chunk().expect("the blob is long enough");
        Self {
            name: *blob.first_chunk().expect("the blob is long enough"),
            mac_key: part(16),
            cipher_key: part(48),
        }
    }
}

/// A keyed MAC context and a cipher context, freed with their algorithms.
struct Contexts {
    cipher: Ptr,
    cipher_ctx: Ptr,
    mac_ctx: Ptr,
}

impl Contexts {
    fn new(keys: &Libssl) -> Self {
        const SHA256: &CStr = c"SHA256";
        let params = [
            Param {
                key: c"digest".as_ptr(),
                data_type: 4,
                data: SHA256.as_ptr().cast(),
                data_size: SHA256.count_bytes(),
                return_size: usize::MAX,
            },
            Param {
                key: null(),
                data_type: 0,
                data: null(),
                data_size: 0,
                return_size: 0,
            },
        ];
        // SAFETY: each call gets objects made just before, and the parameter array ends with its terminator.
        unsafe {
            let mac = EVP_MAC_fetch(null_mut(), c"HMAC".as_ptr(), null());
            let mac_ctx = EVP_MAC_CTX_new(mac);
            EVP_MAC_free(mac);
            assert_eq!(EVP_MAC_init(mac_ctx, keys.mac_key.as_ptr(), 32, params.as_ptr()), 1);
            Self {
                cipher: EVP_CIPHER_fetch(null_mut(), c"AES-256-CBC".as_ptr(), null()),
                cipher_ctx: EVP_CIPHER_CTX_new(),
                mac_ctx,
            }
        }
    }

    fn mac(&self, data: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        let mut len = 0;
        // SAFETY: the context is live and keyed; lengths are those of the slices.
        let ok = unsafe {
            EVP_MAC_update(self.mac_ctx, data.as_ptr(), data.len()) == 1
                && EVP_MAC_final(self.mac_ctx, out.as_mut_ptr(), &mut len, 32) == 1
        };
        assert!(ok && len == 32);
        out
    }
}

impl Drop for Contexts {
    fn drop(&mut self) {
        // SAFETY: made by new, freed once.
        unsafe {
            EVP_CIPHER_free(self.cipher);
            EVP_CIPHER_CTX_free(self.cipher_ctx);
            EVP_MAC_CTX_free(self.mac_ctx);
        }
    }
}

impl Tickets for Libssl {
    fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let contexts = Contexts::new(self);
        let mut ticket = vec![0; 32 + plaintext.len() + 16 + 32];
        ticket[..16].copy_from_slice(&self.name);
        let (mut len, mut rest) = (0, 0);
        // SAFETY: the contexts are live, and the ticket has room for the padded ciphertext.
        let ok = unsafe {
            let iv = ticket.as_mut_ptr().add(16);
            let out = ticket.as_mut_ptr().add(32);
            let key = self.cipher_key.as_ptr();
            RAND_bytes(iv, 16) == 1
                && EVP_EncryptInit_ex(contexts.cipher_ctx, contexts.cipher, null_mut(), key, iv) == 1
                && EVP_EncryptUpdate(
                    contexts.cipher_ctx,
                    out,
                    &mut len,
                    plaintext.as_ptr(),
                    plaintext.len() as c_int,
                ) == 1
                && EVP_EncryptFinal(contexts.cipher_ctx, out.add(len as usize), &mut rest) == 1
        };
        assert!(ok);
        ticket.truncate(32 + (len + rest) as usize);
        let mac = contexts.mac(&ticket);
        ticket.extend_from_slice(&mac);
        ticket
    }

    fn open(&self, ticket: &[u8]) -> Option<usize> {
        let contexts = Contexts::new(self);
        let (body, tag) = ticket.split_at_checked(ticket.len().checked_sub(32)?)?;
        let mac = contexts.mac(body);
        // SAFETY: both are 32 bytes.
        if unsafe { CRYPTO_memcmp(mac.as_ptr().cast(), tag.as_ptr().cast(), 32) } != 0 {
            return None;
        }
        let (iv, ciphertext) = body.get(16..)?.split_at_checked(16)?;
        let mut plaintext = vec![0u8; ciphertext.len()];
        let (mut len, mut rest) = (0, 0);
        // SAFETY: the contexts are live; decrypting never writes more than it reads.
        let ok = unsafe {
            let (out, key) = (plaintext.as_mut_ptr(), self.cipher_key.as_ptr());
            let n = ciphertext.len() as c_int;
            EVP_DecryptInit_ex(contexts.cipher_ctx, contexts.cipher, null_mut(), key, iv.as_ptr()) == 1
                && EVP_DecryptUpdate(contexts.cipher_ctx, out, &mut len, ciphertext.as_ptr(), n) == 1
                && EVP_DecryptFinal(contexts.cipher_ctx, out.add(len as usize), &mut rest) == 1
        };
        ok.then_some((len + rest) as usize)
    }
}
