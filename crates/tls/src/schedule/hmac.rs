//! HMAC (RFC 2104) of messages that are there in one piece, on the compression functions of sha2.
//!
//! The key schedule takes dozens of HMACs of a hundred bytes and less in each handshake. The general interface spends
//! more on them than the hash itself does: on buffers for pieces, and on wiping those byte by byte. Here the state is
//! what has to be kept, eight words for each half of the key, and everything else is on the stack.

use sha2::block_api::{compress256, compress512};
use zeroize::optimization_barrier;

/// Writes an HMAC over one hash: its name, words, lengths in bytes of block, length field and output, initial value, and
/// compression function.
macro_rules! hmac {
    ($(#[$doc:meta])* $name:ident, $word:ty, $block_len:literal, $length_len:literal, $output_len:literal, $initial:expr, $compress:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) struct $name {
            inner: [$word; 8],
            outer: [$word; 8],
        }

        impl $name {
            pub(crate) fn new(key: &[u8]) -> Self {
                let mut block = [0; $block_len];
                match block.get_mut(..key.len()) {
                    Some(to) => to.copy_from_slice(key),
                    // "Applications that use keys longer than B bytes will first hash the key using H."
                    None => {
                        let mut hashed = hash($initial, 0, key);
                        block.iter_mut().zip(hashed).for_each(|(to, from)| *to = from);
                        wipe(&mut hashed);
                    }
                }
                let half = |pad: u8| {
                    let mut padded = block;
                    padded.iter_mut().for_each(|byte| *byte ^= pad);
                    let mut state = $initial;
                    $compress(&mut state, &[padded]);
                    wipe(&mut padded);
                    state
                };
                let keyed = Self {
                    inner: half(0x36),
                    outer: half(0x5c),
                };
                wipe(&mut block);
                keyed
            }

            /// H(K XOR opad, H(K XOR ipad, text))
            #[inline]
            pub(crate) fn tag(&self, message: &[u8]) -> [u8; $output_len] {
                let mut digest = hash(self.inner, $block_len, message);
                let tag = hash(self.outer, $block_len, &digest);
                wipe(&mut digest);
                tag
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                (self.inner, self.outer) = ([0; 8], [0; 8]);
                optimization_barrier(self);
            }
        }

        /// Hashes `message` from a state that `before` bytes have gone into.
        #[inline]
        fn hash(mut state: [$word; 8], before: usize, message: &[u8]) -> [u8; $output_len] {
            let (blocks, rest) = message.as_chunks();
            $compress(&mut state, blocks);
            // The rest, a one bit, zeros, and the length in bits: one block, or two.
            let mut tail = [[0; $block_len]; 2];
            let bytes = tail.as_flattened_mut();
            if let Some((one, to)) = bytes.get_mut(..=rest.len()).and_then(<[u8]>::split_last_mut) {
                to.copy_from_slice(rest);
                *one = 0x80;
            }
            let used = if rest.len() + $length_len < $block_len { 1 } else { 2 };
            let bits = 8 * (before + message.len()) as u64;
            if let Some(end) = tail.get_mut(used - 1).and_then(|block| block.last_chunk_mut()) {
                *end = bits.to_be_bytes();
            }
            $compress(&mut state, tail.get(..used).unwrap_or_default());
            wipe(tail.as_flattened_mut());
            let mut output = [0; $output_len];
            let words = output.as_chunks_mut().0;
            words.iter_mut().zip(&state).for_each(|(to, word)| *to = word.to_be_bytes());
            wipe_words(&mut state);
            output
        }

        fn wipe_words(words: &mut [$word; 8]) {
            *words = [0; 8];
            optimization_barrier(words);
        }
    };
}

/// As `Zeroize` does, but not byte by byte.
fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

mod sha256 {
    use super::{compress256, optimization_barrier, wipe};

    /// FIPS 180-4 section 5.3.3.
    const INITIAL: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    hmac!(
        /// HMAC-SHA-256 with a prepared key.
        HmacSha256, u32, 64, 8, 32, INITIAL, compress256
    );
}

mod sha384 {
    use super::{compress512, optimization_barrier, wipe};

    /// FIPS 180-4 section 5.3.4.
    const INITIAL: [u64; 8] = [
        0xcbbb_9d5d_c105_9ed8,
        0x629a_292a_367c_d507,
        0x9159_015a_3070_dd17,
        0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31,
        0x8eb4_4a87_6858_1511,
        0xdb0c_2e0d_64f9_8fa7,
        0x47b5_481d_befa_4fa4,
    ];

    hmac!(
        /// HMAC-SHA-384 with a prepared key.
        HmacSha384, u64, 128, 16, 48, INITIAL, compress512
    );
}

pub(crate) use sha256::HmacSha256;
pub(crate) use sha384::HmacSha384;

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Sha256, Sha384};

    use super::*;

    /// All lengths round every boundary, against the general implementation.
    #[test]
    fn the_same_as_the_general_one() {
        let bytes: Vec<u8> = (0..700_u32).map(|i| (i * 7 + 3) as u8).collect();
        let mut tested = 0;
        for key_len in [0, 1, 31, 32, 48, 63, 64, 65, 127, 128, 129, 300] {
            let (key, rest) = bytes.split_at(key_len);
            let (short, long) = (HmacSha256::new(key), HmacSha384::new(key));
            let (short_too, long_too) = (
                Hmac::<Sha256>::new_from_slice(key).unwrap(),
                Hmac::<Sha384>::new_from_slice(key).unwrap(),
            );
            for len in 0..400 {
                let message = &rest[..len];
                let wanted = short_too.clone().chain_update(message).finalize().into_bytes();
                assert_eq!(
                    short.tag(message)[..],
                    wanted[..],
                    "SHA-256, key {key_len}, message {len}"
                );
                let wanted = long_too.clone().chain_update(message).finalize().into_bytes();
                assert_eq!(
                    long.tag(message)[..],
                    wanted[..],
                    "SHA-384, key {key_len}, message {len}"
                );
                tested += 1;
            }
        }
        assert_eq!(tested, 12 * 400);
    }

    /// RFC 4231 section 4.3.
    #[test]
    fn a_published_answer() {
        let tag = HmacSha256::new(b"Jefe").tag(b"what do ya want for nothing?");
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
