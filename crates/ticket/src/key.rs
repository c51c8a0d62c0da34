//! Sealing and opening.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::chain::MASK_LABEL;
use crate::cipher::{BLOCK_LEN, Cipher, padding};
use crate::layout::{self, HEAD_LEN, MAX_SESSION_LEN, NAME_LEN, Parts};
use crate::mac::{Mac, MacAlgorithm};
use crate::{DecodeError, Private, Session};

/// Length of the IV that [`TicketKey::seal`] takes.
pub const IV_LEN: usize = BLOCK_LEN;

/// Length of the blob of `SSL_CTX_set_tlsext_ticket_keys`: name 16, HMAC key 32, AES-256 key 32.
pub const OPENSSL_BLOB_LEN: usize = 80;

/// Names a key; sent in the clear at the head of each ticket that the key seals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(pub [u8; NAME_LEN]);

impl KeyName {
    /// The name at the head of `ticket`, unless that is too short to be one.
    pub fn of_ticket(ticket: &[u8]) -> Option<Self> {
        layout::key_name(ticket).map(|name| Self(*name))
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 16 or 32 bytes.
    #[error("an AES key has 16 or 32 bytes")]
    CipherKeyLength,
    /// Under 16 bytes.
    #[error("a MAC key has at least 16 bytes")]
    MacKeyLength,
    /// All zero: memory that nobody filled.
    #[error("a key is not all zero")]
    Zero,
}

/// Why a session can't go into a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Over [`layout::MAX_SESSION_LEN`] bytes. In the handshake: an internal_error alert.
    #[error("the session is too long for a ticket")]
    TooLong,
}

/// Why a ticket does not open. All of these are [`Status::NoDecrypt`](crate::Status::NoDecrypt); none is for the peer
/// to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short to be a ticket.
    #[error("too short to be a ticket")]
    TooShort,
    /// Sealed under another key.
    #[error("sealed under another key")]
    OtherKey,
    /// The MAC does not match: changed on the way, or made up.
    #[error("the MAC does not match")]
    BadMac,
    /// The MAC matches, but not by this cipher's rules.
    #[error("the padding is wrong")]
    BadPadding,
    /// What is inside is not a session.
    #[error("what is inside is not a session: {0}")]
    NotASession(#[from] DecodeError),
    /// The full handshake that its chain of resumptions began with was too long ago.
    #[error("its chain of resumptions has gone on for too long")]
    ChainOver,
}

/// A key that seals and opens tickets: AES-CBC and HMAC, both prepared once.
///
/// It cannot be made from nothing or from zeros, is zeroized when dropped, and shows only its name when printed.
pub struct TicketKey {
    name: KeyName,
    cipher: Cipher,
    mac: Mac,
    // As they came, for export.
    cipher_key: Zeroizing<Box<[u8]>>,
    mac_key: Zeroizing<Box<[u8]>>,
}

impl TicketKey {
    /// A key named `name`: AES-128 or AES-256 by the length of `cipher_key`, and an HMAC with a key of at least 16
    /// bytes.
    pub fn new(name: KeyName, cipher_key: &[u8], mac: MacAlgorithm, mac_key: &[u8]) -> Result<Self, KeyError> {
        if mac_key.len() < 16 {
            return Err(KeyError::MacKeyLength);
        }
        if is_zero(cipher_key) || is_zero(mac_key) {
            return Err(KeyError::Zero);
        }
        Ok(Self {
            name,
            cipher: Cipher::new(cipher_key).ok_or(KeyError::CipherKeyLength)?,
            mac: Mac::new(mac, mac_key).ok_or(KeyError::MacKeyLength)?,
            cipher_key: Zeroizing::new(cipher_key.into()),
            mac_key: Zeroizing::new(mac_key.into()),
        })
    }

    /// A key from the blob of `SSL_CTX_set_tlsext_ticket_keys`: AES-256-CBC with HMAC-SHA-256.
    pub fn from_openssl_blob(blob: &[u8; OPENSSL_BLOB_LEN]) -> Result<Self, KeyError> {
        let (name, keys) = blob.split_first_chunk().ok_or(KeyError::CipherKeyLength)?;
        let (mac_key, cipher_key) = keys.split_at_checked(32).ok_or(KeyError::MacKeyLength)?;
        Self::new(KeyName(*name), cipher_key, MacAlgorithm::Sha256, mac_key)
    }

    /// The blob of `SSL_CTX_get_tlsext_ticket_keys`; `None` for a key of other algorithms or lengths.
    pub fn to_openssl_blob(&self) -> Option<Zeroizing<[u8; OPENSSL_BLOB_LEN]>> {
        if (self.mac.algorithm(), self.mac_key.len(), self.cipher_key.len()) != (MacAlgorithm::Sha256, 32, 32) {
            return None;
        }
        let mut blob = Zeroizing::new([0; OPENSSL_BLOB_LEN]);
        let bytes = self
            .name
            .0
            .iter()
            .chain(self.mac_key.iter())
            .chain(self.cipher_key.iter());
        blob.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(blob)
    }

    /// Its name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The AES key, for whoever does the cryptography elsewhere (a key callback).
    pub fn cipher_key(&self) -> &[u8] {
        &self.cipher_key
    }

    /// Which HMAC.
    pub fn mac_algorithm(&self) -> MacAlgorithm {
        self.mac.algorithm()
    }

    /// The HMAC key.
    pub fn mac_key(&self) -> &[u8] {
        &self.mac_key
    }

    /// Is this key made of these parts? In constant time for the keys.
    pub fn is_made_of(&self, cipher_key: &[u8], mac: MacAlgorithm, mac_key: &[u8]) -> bool {
        let same = self.cipher_key.ct_eq(cipher_key) & self.mac_key.ct_eq(mac_key);
        bool::from(same) && self.mac.algorithm() == mac
    }

    /// Seals `plaintext`. `iv` is fresh and random for each ticket: RFC 5077 section 4.
    pub fn seal(&self, iv: &[u8; IV_LEN], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_with(&self.name, iv, plaintext.len(), |ticket| {
            ticket.extend_from_slice(plaintext);
        })
    }

    /// Seals the DER of `session`, which is written straight into the ticket.
    pub fn seal_session(&self, iv: &[u8; IV_LEN], session: &Session) -> Result<Vec<u8>, SealError> {
        self.seal_with(&self.name, iv, session.encoded_len(), |ticket| {
            session.encode_into(ticket)
        })
    }

    /// The one allocation of a ticket: `write` appends `len` bytes of plaintext, which are encrypted where they stand.
    pub(crate) fn seal_with(
        &self,
        name: &KeyName,
        iv: &[u8; IV_LEN],
        len: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Vec<u8>, SealError> {
        if len > MAX_SESSION_LEN {
            return Err(SealError::TooLong);
        }
        let padding = padding(len);
        let padded_len = len + usize::from(padding);
        let mut ticket = Vec::with_capacity(HEAD_LEN + padded_len + self.mac.algorithm().output_len());
        ticket.extend_from_slice(&name.0);
        ticket.extend_from_slice(iv);
        write(&mut ticket);
        ticket.resize(HEAD_LEN + padded_len, padding);
        let mut mac = self.mac.clone();
        let (head, body) = ticket.split_at_mut(HEAD_LEN);
        mac.update(head);
        self.cipher.encrypt(iv, body, |piece| mac.update(piece));
        mac.append_to(&mut ticket);
        Ok(ticket)
    }

    /// Opens `ticket`: first its name, then its MAC, and only then is anything decrypted.
    pub fn open(&self, ticket: &[u8]) -> Result<Private, OpenError> {
        if KeyName::of_ticket(ticket).ok_or(OpenError::TooShort)? != self.name {
            return Err(OpenError::OtherKey);
        }
        self.decrypt(&self.authentic(ticket)?)
    }

    /// The parts of a ticket whose MAC this key has made. What its name should be is for the caller to say.
    pub(crate) fn authentic<'t>(&self, ticket: &'t [u8]) -> Result<Parts<'t>, OpenError> {
        let mac_len = self.mac.algorithm().output_len();
        let parts = layout::split(ticket, IV_LEN, mac_len).ok_or(OpenError::TooShort)?;
        if !self.mac.verify(parts.authenticated, parts.mac) {
            return Err(OpenError::BadMac);
        }
        Ok(parts)
    }

    /// What is inside a ticket that has been found [`authentic`](Self::authentic).
    pub(crate) fn decrypt(&self, parts: &Parts<'_>) -> Result<Private, OpenError> {
        let iv = parts.iv.first_chunk().ok_or(OpenError::TooShort)?;
        let mut plaintext = Private::new(parts.ciphertext.to_vec());
        let len = self
            .cipher
            .decrypt(iv, plaintext.as_mut_slice())
            .ok_or(OpenError::BadPadding)?;
        plaintext.truncate(len);
        Ok(plaintext)
    }

    /// Opens `ticket` and reads the session inside, which shares the decrypted buffer. `now` (seconds since 1970)
    /// stands in for a time that the session does not say.
    pub fn open_session(&self, ticket: &[u8], now: u64) -> Result<Session, OpenError> {
        Ok(Session::decode_shared(&self.open(ticket)?.into_shared(), now)?)
    }

    /// What hides the time in the name of a ticket with this IV.
    pub(crate) fn mask(&self, iv: &[u8; IV_LEN]) -> [u8; 4] {
        let mut mac = self.mac.clone();
        mac.update(MASK_LABEL);
        mac.update(iv);
        mac.first_bytes()
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketKey({:?})", self.name)
    }
}

/// In constant time, since it is a key.
fn is_zero(key: &[u8]) -> bool {
    key.iter().fold(0, |any, byte| any | byte).ct_eq(&0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blob_order_is_name_mac_cipher() {
        let blob: [u8; 80] = std::array::from_fn(|i| i as u8);
        let key = TicketKey::from_openssl_blob(&blob).unwrap();
        assert_eq!(key.name().0, blob[..16]);
        assert_eq!(key.mac_key(), &blob[16..48]);
        assert_eq!(key.cipher_key(), &blob[48..]);
        assert_eq!(*key.to_openssl_blob().unwrap(), blob);
    }

    #[test]
    fn only_openssls_kind_fits_the_blob() {
        let name = KeyName([1; 16]);
        for (cipher_len, mac, mac_len) in [
            (16, MacAlgorithm::Sha256, 32),
            (32, MacAlgorithm::Sha256, 16),
            (32, MacAlgorithm::Sha384, 32),
        ] {
            let key = TicketKey::new(name, &vec![1; cipher_len], mac, &vec![1; mac_len]).unwrap();
            assert!(key.to_openssl_blob().is_none());
        }
    }

    #[test]
    fn no_key_from_nothing() {
        let new = |cipher: &[u8], mac: &[u8]| TicketKey::new(KeyName([1; 16]), cipher, MacAlgorithm::Sha256, mac);
        assert_eq!(new(&[], &[1; 32]).unwrap_err(), KeyError::Zero);
        assert_eq!(new(&[0; 32], &[1; 32]).unwrap_err(), KeyError::Zero);
        assert_eq!(new(&[1; 32], &[0; 32]).unwrap_err(), KeyError::Zero);
        assert_eq!(new(&[1; 24], &[1; 32]).unwrap_err(), KeyError::CipherKeyLength);
        assert_eq!(new(&[1; 32], &[1; 15]).unwrap_err(), KeyError::MacKeyLength);
        assert_eq!(new(&[1; 32], &[]).unwrap_err(), KeyError::MacKeyLength);
        assert_eq!(TicketKey::from_openssl_blob(&[0; 80]).unwrap_err(), KeyError::Zero);
    }

    #[test]
    fn debug_shows_the_name_only() {
        let key = TicketKey::new(KeyName([0xab; 16]), &[0x11; 32], MacAlgorithm::Sha256, &[0x22; 32]).unwrap();
        assert_eq!(format!("{key:?}"), format!("TicketKey({})", "ab".repeat(16)));
    }

    #[test]
    fn sessions_too_long() {
        let key = TicketKey::new(KeyName([1; 16]), &[1; 32], MacAlgorithm::Sha256, &[1; 32]).unwrap();
        assert!(key.seal(&[0; 16], &vec![0; 0xff00]).is_ok());
        assert_eq!(key.seal(&[0; 16], &vec![0; 0xff01]), Err(SealError::TooLong));
    }

    /// A good MAC over bytes that are not whole blocks, or whose padding is none.
    #[test]
    fn padding_is_checked_after_the_mac() {
        let key = TicketKey::new(KeyName([1; 16]), &[1; 32], MacAlgorithm::Sha256, &[1; 32]).unwrap();
        for ciphertext in [&[7; 15][..], &[7; 16], &[7; 17]] {
            let mut ticket = [&[1; 16][..], &[9; 16], ciphertext].concat();
            let mut mac = key.mac.clone();
            mac.update(&ticket);
            mac.append_to(&mut ticket);
            assert_eq!(key.open(&ticket), Err(OpenError::BadPadding), "{}", ciphertext.len());
        }
    }
}
