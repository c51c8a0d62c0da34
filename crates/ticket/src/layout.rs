//! Key name ‖ IV ‖ ciphertext ‖ MAC (RFC 5077 section 4, with the sizes that OpenSSL's keys give the parts).
//!
//! Also for tickets whose cipher and MAC an application's key callback chose: the lengths are arguments.

/// Length of a key name.
pub const NAME_LEN: usize = 16;

/// The longest IV that a cipher of libcrypto has (EVP_MAX_IV_LENGTH).
pub const MAX_IV_LEN: usize = 16;

/// Name and IV, when the IV is AES-CBC's.
pub(crate) const HEAD_LEN: usize = NAME_LEN + 16;

/// Anything shorter was not made by this layout, whatever the cipher; no key is even looked for.
pub const MIN_LEN: usize = NAME_LEN + MAX_IV_LEN;

/// The longest session that a ticket may hold: the rest of its 16-bit length is left to the other parts.
pub const MAX_SESSION_LEN: usize = 0xff00;

/// A ticket, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'t> {
    /// Which key.
    pub name: &'t [u8; NAME_LEN],
    /// The cipher's IV.
    pub iv: &'t [u8],
    /// Never empty.
    pub ciphertext: &'t [u8],
    /// The MAC, over everything before it.
    pub mac: &'t [u8],
    /// What the MAC covers: name, IV and ciphertext.
    pub authenticated: &'t [u8],
}

/// The name of the key that sealed `ticket`; `None` if it is shorter than [`MIN_LEN`].
pub fn key_name(ticket: &[u8]) -> Option<&[u8; NAME_LEN]> {
    if ticket.len() < MIN_LEN {
        return None;
    }
    ticket.first_chunk()
}

/// Takes `ticket` apart; `None` if it is too short to have been made with these lengths.
pub fn split(ticket: &[u8], iv_len: usize, mac_len: usize) -> Option<Parts<'_>> {
    let name = key_name(ticket)?;
    let (authenticated, mac) = ticket.split_at_checked(ticket.len().checked_sub(mac_len)?)?;
    let (iv, ciphertext) = authenticated.get(NAME_LEN..)?.split_at_checked(iv_len)?;
    if ciphertext.is_empty() {
        return None;
    }
    Some(Parts {
        name,
        iv,
        ciphertext,
        mac,
        authenticated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(len: usize) -> Vec<u8> {
        (0..len).map(|i| i as u8).collect()
    }

    #[test]
    fn parts_are_where_they_belong() {
        let ticket = ticket(16 + 12 + 5 + 20);
        let parts = split(&ticket, 12, 20).unwrap();
        assert_eq!(parts.name[..], ticket[..16]);
        assert_eq!(parts.iv, &ticket[16..28]);
        assert_eq!(parts.ciphertext, &ticket[28..33]);
        assert_eq!(parts.mac, &ticket[33..]);
        assert_eq!(parts.authenticated, &ticket[..33]);
    }

    #[test]
    fn too_short_for_any_key() {
        assert_eq!(key_name(&ticket(31)), None);
        assert_eq!(key_name(&ticket(32)).unwrap()[..], ticket(16));
        // Long enough for its own cipher, but not for every cipher.
        assert_eq!(split(&ticket(31), 0, 4), None);
        assert!(split(&ticket(32), 0, 4).is_some());
    }

    #[test]
    fn must_be_longer_than_name_iv_and_mac() {
        for (iv_len, mac_len) in [(16, 32), (16, 64), (12, 20), (0, 16)] {
            let overhead = NAME_LEN + iv_len + mac_len;
            assert_eq!(split(&ticket(overhead), iv_len, mac_len), None);
            assert_eq!(
                split(&ticket(overhead + 1), iv_len, mac_len).unwrap().ciphertext.len(),
                1
            );
        }
        assert_eq!(split(&ticket(100), usize::MAX, usize::MAX), None);
    }
}
