//! A key share as an EVP_PKEY (d2i_PUBKEY(3)), for applications that want to see what the peer sent.

use std::ffi::{c_long, c_uchar};
use std::ptr;

use super::c::EVP_PKEY;
use super::pkey::Key;

unsafe extern "C" {
    fn d2i_PUBKEY(a: *mut *mut EVP_PKEY, pp: *mut *const c_uchar, len: c_long) -> *mut EVP_PKEY;
}

/// SubjectPublicKeyInfo up to the public value: X25519 (RFC 8410 section 4).
const X25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];
/// The same for P-256 (RFC 5480 section 2).
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// The same for P-384.
const P384: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00,
];
/// The same for P-521.
const P521: &[u8] = &[
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23, 0x03, 0x81, 0x86, 0x00,
];

/// The public key in the key share of a group, by its number on the wire. `None` for hybrids, which libcrypto has no
/// type for.
pub fn public_key(group: u16, share: &[u8]) -> Option<Key> {
    let prefix = match group {
        0x001d => X25519,
        0x0017 => P256,
        0x0018 => P384,
        0x0019 => P521,
        _ => return None,
    };
    let der = [prefix, share].concat();
    let mut cursor = der.as_ptr();
    let len = c_long::try_from(der.len()).ok()?;
    // SAFETY: `cursor` points at `len` readable bytes; the result is NULL or a key that we own.
    unsafe { Key::from_owned(d2i_PUBKEY(ptr::null_mut(), &raw mut cursor, len)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_keys() {
        assert_eq!(public_key(0x001d, &[9; 32]).map(|key| key.bits()), Some(253));
        assert!(public_key(0x0017, &[4; 65]).is_none(), "not on the curve");
        assert!(public_key(0x11ec, &[0; 1120]).is_none());
    }
}
