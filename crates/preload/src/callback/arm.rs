//! Puts keys into the contexts that OpenSSL has called with.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use carnet_keys::separation::SealingKeys;
use carnet_ticket::{IV_LEN, TicketKey};

use super::Call;
use crate::openssl::{OpenSsl, PARAM_OCTETS, PARAM_UTF8, Param};

impl Call<'_> {
    pub(super) fn arm_own(&self, key: &TicketKey, iv: &[u8; IV_LEN], enc: bool) -> bool {
        match (key.cipher_key().first_chunk(), key.mac_key().first_chunk()) {
            (Some(cipher), Some(mac)) => self.arm_with(cipher, mac, iv, enc),
            _ => false,
        }
    }

    pub(super) fn arm(&self, keys: &SealingKeys, iv: &[u8; IV_LEN], enc: bool) -> bool {
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
