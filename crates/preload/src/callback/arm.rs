//! Puts keys into the contexts that OpenSSL has called with.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{null, null_mut};

use carnet_keys::separation::SealingKeys;
use carnet_ticket::{IV_LEN, TicketKey};

use super::Call;
use crate::openssl::{OpenSsl, PARAM_OCTETS, PARAM_UTF8, Param};

/// The context of a MAC, as each of the two kinds of key callbacks gets one.
#[derive(Clone, Copy)]
pub(super) enum Mac {
    /// `HMAC_CTX *`
    Hmac(*mut c_void),
    /// `EVP_MAC_CTX *`
    Evp(*mut c_void),
}

impl Mac {
    pub(super) fn is_null(self) -> bool {
        let (Self::Hmac(context) | Self::Evp(context)) = self;
        context.is_null()
    }
}

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
        let algorithms = &self.record.algorithms;
        let is_armed = match self.mac {
            Mac::Hmac(context) => arm_hmac(self.openssl, context, mac_key, algorithms.sha256()),
            Mac::Evp(context) => arm_evp_mac(self.openssl, context, mac_key),
        };
        // SAFETY: the context is the one that OpenSSL called with; key and IV have the lengths of AES-256-CBC.
        is_armed
            && unsafe {
                (self.openssl.EVP_CipherInit_ex)(
                    self.cipher,
                    algorithms.aes_256_cbc(),
                    null_mut(),
                    cipher_key.as_ptr(),
                    iv.as_ptr(),
                    enc.into(),
                )
            } == 1
    }
}

fn arm_evp_mac(openssl: &OpenSsl, context: *mut c_void, key: &[u8; 32]) -> bool {
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
        param(c"key", PARAM_OCTETS, key.as_ptr(), key.len()),
        end,
    ];
    // SAFETY: the context is the one that OpenSSL called with; the parameters end with an empty one and are only read.
    unsafe { (openssl.EVP_MAC_CTX_set_params)(context, params.as_ptr()) == 1 }
}

fn arm_hmac(openssl: &OpenSsl, context: *mut c_void, key: &[u8; 32], digest: *const c_void) -> bool {
    let Some(init) = openssl.HMAC_Init_ex else {
        return false;
    };
    // SAFETY: the context is the one that OpenSSL called with; the key is as long as it says, the digest a context's own.
    unsafe { init(context, key.as_ptr().cast(), key.len() as c_int, digest, null_mut()) == 1 }
}
