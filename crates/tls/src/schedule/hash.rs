//! The two hashes of TLS 1.3's suites, HMAC over them with prepared keys, and HKDF-Expand-Label.

use std::fmt;

use sha2::{Digest as _, Sha256, Sha384};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hmac::{HmacSha256, HmacSha384};

/// The longest hash output.
const MAX_LEN: usize = 48;

/// A suite's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashAlgorithm {
    Sha256,
    Sha384,
}

impl HashAlgorithm {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    /// The hash of nothing, which Derive-Secret uses where there are no messages.
    pub(crate) fn of_nothing(self) -> Digest {
        match self {
            Self::Sha256 => Digest::new(&EMPTY_SHA256),
            Self::Sha384 => Digest::new(&EMPTY_SHA384),
        }
    }

    pub(crate) fn digest(self, bytes: &[u8]) -> Digest {
        match self {
            Self::Sha256 => Digest::new(&Sha256::digest(bytes)),
            Self::Sha384 => Digest::new(&Sha384::digest(bytes)),
        }
    }
}

const EMPTY_SHA256: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

const EMPTY_SHA384: [u8; 48] = [
    0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3, 0x6a, 0x21, 0xfd, 0xb7,
    0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e, 0xde, 0xbf, 0xe7, 0x6f,
    0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b,
];

/// A hash or MAC output that is no secret: transcript hashes, Finished, binders.
#[derive(Clone, Copy)]
pub(crate) struct Digest {
    len: u8,
    bytes: [u8; MAX_LEN],
}

impl Digest {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let (len, bytes) = padded(bytes);
        Self { len, bytes }
    }

    /// One that was computed elsewhere.
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }

    /// Is it what the peer sent? In constant time.
    pub(crate) fn matches(&self, claimed: &[u8]) -> bool {
        self.as_bytes().ct_eq(claimed).into()
    }
}

/// A hash-sized secret: zeroized, never shown.
#[derive(Clone)]
pub(crate) struct Secret {
    len: u8,
    bytes: [u8; MAX_LEN],
}

impl Drop for Secret {
    fn drop(&mut self) {
        // As `Zeroize` does, but not byte by byte: these come and go by the dozen in each handshake.
        self.bytes = [0; MAX_LEN];
        zeroize::optimization_barrier(&self.bytes);
    }
}

impl ZeroizeOnDrop for Secret {}

impl Secret {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let (len, bytes) = padded(bytes);
        Self { len, bytes }
    }

    /// Leaves zeros where it came from.
    fn take(bytes: &mut [u8]) -> Self {
        let secret = Self::new(bytes);
        bytes.fill(0);
        zeroize::optimization_barrier(bytes);
        secret
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Only ever given hash outputs, which fit.
fn padded(output: &[u8]) -> (u8, [u8; MAX_LEN]) {
    let mut bytes = [0; MAX_LEN];
    let output = output.get(..MAX_LEN).unwrap_or(output);
    if let Some(to) = bytes.get_mut(..output.len()) {
        to.copy_from_slice(output);
    }
    (output.len() as u8, bytes)
}

/// HMAC under a prepared key: the inner and outer blocks are hashed once, however often it is used.
#[derive(Clone)]
pub(crate) enum Mac {
    Sha256(HmacSha256),
    Sha384(HmacSha384),
}

impl Mac {
    pub(crate) fn new(hash: HashAlgorithm, key: &[u8]) -> Self {
        match hash {
            HashAlgorithm::Sha256 => Self::Sha256(HmacSha256::new(key)),
            HashAlgorithm::Sha384 => Self::Sha384(HmacSha384::new(key)),
        }
    }

    pub(crate) fn hash(&self) -> HashAlgorithm {
        match self {
            Self::Sha256(_) => HashAlgorithm::Sha256,
            Self::Sha384(_) => HashAlgorithm::Sha384,
        }
    }

    /// A MAC that is sent.
    pub(crate) fn digest(&self, message: &[u8]) -> Digest {
        match self {
            Self::Sha256(mac) => Digest::new(&mac.tag(message)),
            Self::Sha384(mac) => Digest::new(&mac.tag(message)),
        }
    }

    /// A MAC that is a key: HKDF-Extract (RFC 5869 section 2.2) with this salt.
    pub(crate) fn extract(&self, input: &[u8]) -> Secret {
        match self {
            Self::Sha256(mac) => Secret::take(&mut mac.tag(input)),
            Self::Sha384(mac) => Secret::take(&mut mac.tag(input)),
        }
    }

    /// HKDF-Expand-Label (RFC 8446 section 7.1) of up to one hash length, which is all the key schedule needs.
    pub(crate) fn expand_label(&self, label: &[u8], context: &[u8]) -> Secret {
        self.expand_label_len(label, context, self.hash().len())
    }

    /// As [`Self::expand_label`], with a shorter output.
    pub(crate) fn expand_label_len(&self, label: &[u8], context: &[u8], len: usize) -> Secret {
        let mut out = [0; MAX_LEN];
        let out_len = len.min(self.hash().len());
        let secret = match out.get_mut(..out_len) {
            Some(out) => {
                self.expand_label_into(label, context, out);
                Secret::new(out)
            }
            None => Secret::new(&[]),
        };
        out.zeroize();
        secret
    }

    /// HKDF-Expand-Label into `out`, of any length up to 255 hashes.
    pub(crate) fn expand_label_into(&self, label: &[u8], context: &[u8], out: &mut [u8]) {
        // struct { uint16 length; opaque label<7..255> = "tls13 " + Label; opaque context<0..255>; } HkdfLabel;
        let mut info = Info::new();
        info.push(&u16::try_from(out.len()).unwrap_or(u16::MAX).to_be_bytes());
        info.push(&[u8::try_from(label.len() + PREFIX.len()).unwrap_or(u8::MAX)]);
        info.push(PREFIX);
        info.push(label);
        info.push(&[u8::try_from(context.len()).unwrap_or(u8::MAX)]);
        info.push(context);
        let mut previous: Option<Secret> = None;
        for (chunk, counter) in out.chunks_mut(self.hash().len()).zip(1..=u8::MAX) {
            let block = match previous {
                None => {
                    // One block is the rule: a single update of the hash.
                    info.push(&[counter]);
                    self.extract(info.as_bytes())
                }
                Some(previous) => {
                    info.replace_last(counter);
                    let mut input = zeroize::Zeroizing::new(previous.as_bytes().to_vec());
                    input.extend_from_slice(info.as_bytes());
                    self.extract(&input)
                }
            };
            for (to, from) in chunk.iter_mut().zip(block.as_bytes()) {
                *to = *from;
            }
            previous = Some(block);
        }
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac")
    }
}

const PREFIX: &[u8] = b"tls13 ";

/// The info of HKDF-Expand, on the stack: at most 2 + 1 + 255 + 1 + 255 + 1 bytes.
struct Info {
    len: usize,
    bytes: [u8; 515],
}

impl Info {
    fn new() -> Self {
        Self {
            len: 0,
            bytes: [0; 515],
        }
    }

    fn push(&mut self, part: &[u8]) {
        if let Some(to) = self
            .bytes
            .get_mut(self.len..)
            .and_then(|rest| rest.get_mut(..part.len()))
        {
            to.copy_from_slice(part);
            self.len += part.len();
        }
    }

    fn replace_last(&mut self, byte: u8) {
        if let Some(last) = self.len.checked_sub(1).and_then(|at| self.bytes.get_mut(at)) {
            *last = byte;
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A running transcript hash.
#[derive(Clone)]
pub(crate) enum Running {
    Sha256(Sha256),
    Sha384(Sha384),
}

impl Running {
    pub(crate) fn new(hash: HashAlgorithm) -> Self {
        match hash {
            HashAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            HashAlgorithm::Sha384 => Self::Sha384(Sha384::new()),
        }
    }

    pub(crate) fn hash(&self) -> HashAlgorithm {
        match self {
            Self::Sha256(_) => HashAlgorithm::Sha256,
            Self::Sha384(_) => HashAlgorithm::Sha384,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha384(hash) => hash.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hash) => Digest::new(&hash.finalize()),
            Self::Sha384(hash) => Digest::new(&hash.finalize()),
        }
    }
}
