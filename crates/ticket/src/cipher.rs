//! AES-CBC with key schedules made once, and PKCS#7 padding (RFC 5652 section 6.3).

use aes::cipher::common::InnerIvInit;
use aes::cipher::consts::U16;
use aes::cipher::{Array, Block, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit};
use aes::{Aes128, Aes256};

use crate::layout::HEAD_LEN;

/// Block and IV length.
pub(crate) const BLOCK_LEN: usize = 16;

/// Encrypted at a time: what one step of SHA-256 takes.
const PIECE_LEN: usize = 64;

/// Name and IV are half of the hash's first step.
const FIRST_PIECE_LEN: usize = PIECE_LEN - HEAD_LEN;

/// Both directions of AES under one key.
pub(crate) enum Cipher {
    Aes128(Aes128),
    Aes256(Aes256),
}

impl Cipher {
    /// `None` for a key that is not of AES-128 or AES-256.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(Self::Aes128),
            32 => Aes256::new_from_slice(key).ok().map(Self::Aes256),
            _ => None,
        }
    }

    /// Encrypts whole blocks where they are, and gives them to `done` piece by piece, one piece behind.
    ///
    /// Each block waits for the one before it, and so does each step of the hash that `done` computes. But the hash of a
    /// piece does not wait for the encryption of the next, so the processor works on both at once: a long ticket takes
    /// a third less time than if one followed the other.
    pub(crate) fn encrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8], done: impl FnMut(&[u8])) {
        match self {
            Self::Aes128(aes) => encrypt(aes, iv, data, done),
            Self::Aes256(aes) => encrypt(aes, iv, data, done),
        }
    }

    /// Decrypts where it is; returns the length without padding, or `None` if blocks or padding are not whole.
    ///
    /// Not in constant time: what comes here has a good MAC, so it tells nobody anything new.
    pub(crate) fn decrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Option<usize> {
        let (blocks, rest): (&mut [Block<Aes128>], _) = Array::slice_as_chunks_mut(data);
        if !rest.is_empty() {
            return None;
        }
        match self {
            Self::Aes128(aes) => cbc::Decryptor::inner_iv_init(aes, iv.into()).decrypt_blocks(blocks),
            Self::Aes256(aes) => cbc::Decryptor::inner_iv_init(aes, iv.into()).decrypt_blocks(blocks),
        }
        unpadded_len(data)
    }
}

fn encrypt<C>(aes: &C, iv: &[u8; BLOCK_LEN], data: &mut [u8], mut done: impl FnMut(&[u8]))
where
    C: BlockCipherEncrypt<BlockSize = U16>,
{
    let mut cbc = cbc::Encryptor::inner_iv_init(aes, iv.into());
    let (first, rest) = data.split_at_mut(data.len().min(FIRST_PIECE_LEN));
    let mut behind: &[u8] = &[];
    for piece in std::iter::once(first).chain(rest.chunks_mut(PIECE_LEN)) {
        let (blocks, odd) = Array::slice_as_chunks_mut(piece);
        debug_assert!(odd.is_empty(), "the caller has padded");
        cbc.encrypt_blocks(blocks);
        done(behind);
        behind = piece;
    }
    done(behind);
}

/// How much padding, and what value each byte of it has.
pub(crate) fn padding(len: usize) -> u8 {
    // 1 to 16.
    (BLOCK_LEN - len % BLOCK_LEN) as u8
}

fn unpadded_len(data: &[u8]) -> Option<usize> {
    let value = *data.last()?;
    if !(1..=BLOCK_LEN).contains(&value.into()) {
        return None;
    }
    let len = data.len().checked_sub(value.into())?;
    data.get(len..)?.iter().all(|byte| *byte == value).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_never_empty() {
        assert_eq!([0, 1, 15, 16, 17].map(padding), [16, 15, 1, 16, 15]);
    }

    #[test]
    fn bad_padding() {
        let mut block = [4; 16];
        assert_eq!(unpadded_len(&block), Some(12));
        block[12] = 3;
        assert_eq!(unpadded_len(&block), None);
        assert_eq!(unpadded_len(&[0; 16]), None);
        assert_eq!(unpadded_len(&[17; 32]), None);
        assert_eq!(unpadded_len(&[16; 16]), Some(0));
        assert_eq!(unpadded_len(&[]), None);
    }

    /// NIST SP 800-38A, F.2.1 and F.2.5, first block.
    #[test]
    fn known_answers() {
        let iv: [u8; 16] = std::array::from_fn(|i| i as u8);
        let plain = hex("6bc1bee22e409f96e93d7e117393172a");
        for (key, encrypted) in [
            ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            (
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd6",
            ),
        ] {
            let cipher = Cipher::new(&hex(key)).unwrap();
            let mut data = plain.clone();
            cipher.encrypt(&iv, &mut data, |_| ());
            assert_eq!(data, hex(encrypted));
        }
    }

    #[test]
    fn pieces_are_all_of_it_in_order() {
        let cipher = Cipher::new(&[1; 32]).unwrap();
        for len in [0, 16, 32, 48, 96, 112, 208] {
            let mut data = vec![7; len];
            let mut seen = Vec::new();
            cipher.encrypt(&[0; 16], &mut data, |piece| seen.extend_from_slice(piece));
            assert_eq!(seen, data);
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
            .collect()
    }
}
