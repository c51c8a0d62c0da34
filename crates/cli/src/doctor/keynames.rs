//! What tickets tell of the keys that sealed them.
//!
//! Most servers put the key's name first, in 16 bytes, as RFC 5077 section 4 proposes: OpenSSL, nginx, GnuTLS, NSS,
//! BoringSSL. Carnet's names keep 12 of them and mask the others, and keep 8 for all contexts. Where tickets have nothing in
//! common, there is no name (rustls, Go), or each was sealed under another key.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;

use crate::table::hex;

/// Name lengths, the likeliest first.
const LENGTHS: [usize; 3] = [16, 12, 8];

/// What can be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct KeyNames {
    /// How long the names are; none if the tickets have none that can be seen.
    pub(crate) len: Option<usize>,
    /// Each name in hex, in the order of first appearance.
    pub(crate) names: Vec<String>,
    /// The bytes in the place of the name are all zero.
    pub(crate) zero: bool,
    /// They look like addresses: memory that nobody wrote a name to.
    pub(crate) memory: bool,
    /// The MAC is made with a key of zeros.
    pub(crate) zero_key: bool,
}

impl KeyNames {
    /// From the tickets of one server, oldest first.
    pub(crate) fn of(tickets: &[&[u8]]) -> Self {
        let heads: Vec<&[u8; 16]> = tickets.iter().filter_map(|ticket| ticket.first_chunk()).collect();
        let len = LENGTHS.into_iter().find(|len| is_shared(tickets, *len));
        let mut names = Vec::new();
        for head in &heads {
            let name = hex(head.get(..len.unwrap_or_default()).unwrap_or_default());
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        Self {
            len,
            names,
            zero: heads.iter().any(|head| **head == [0; 16]),
            memory: heads.len() > 1 && heads.iter().all(|head| has_address(head)),
            zero_key: tickets.iter().any(|ticket| is_under_zeros(ticket)),
        }
    }
}

/// Do two different tickets begin with the same `len` bytes?
fn is_shared(tickets: &[&[u8]], len: usize) -> bool {
    tickets.iter().enumerate().any(|(at, a)| {
        let head = a.get(..len);
        let others = tickets.get(at + 1..).unwrap_or_default();
        head.is_some() && others.iter().any(|b| a != b && b.get(..len) == head)
    })
}

/// Is the MAC, HMAC-SHA256 as OpenSSL has it at the end of its tickets, one of a key of zeros? How many zeros is all the same
/// to HMAC, which fills its key up with more of them.
fn is_under_zeros(ticket: &[u8]) -> bool {
    let mac = Hmac::<Sha256>::new_from_slice(&[0; 32]).ok();
    let parts = ticket.split_last_chunk::<32>().zip(mac);
    parts.is_some_and(|((sealed, end), mac)| mac.chain_update(sealed).verify_slice(end).is_ok())
}

/// Is half of it an address of a program, of its stack or of a library, as they are on 64-bit Linux? In a random name that
/// happens once in millions, and not in several tickets.
fn has_address(head: &[u8; 16]) -> bool {
    head.chunks_exact(8)
        .any(|word| matches!(word, [.., 0x55 | 0x56 | 0x7e | 0x7f, 0, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(head: &[u8], tail: u8) -> Vec<u8> {
        let mut ticket = head.to_vec();
        ticket.resize(100, tail);
        ticket
    }

    fn of(tickets: &[Vec<u8>]) -> KeyNames {
        KeyNames::of(&tickets.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn as_many_bytes_as_tickets_have_in_common() {
        for len in [16, 12, 8] {
            let found = of(&[ticket(&vec![0xab; len], 1), ticket(&vec![0xab; len], 2)]);
            assert_eq!(found.len, Some(len));
            assert_eq!(found.names, ["ab".repeat(len)]);
        }
        let none = of(&[ticket(&[1; 7], 1), ticket(&[1; 7], 2)]);
        assert_eq!((none.len, none.names), (None, vec![]));
    }

    #[test]
    fn each_name_once() {
        let found = of(&[
            ticket(&[1; 16], 1),
            ticket(&[2; 16], 2),
            ticket(&[1; 16], 3),
            ticket(&[2; 16], 4),
        ]);
        assert_eq!(found.names, ["01".repeat(16), "02".repeat(16)]);
    }

    #[test]
    fn the_same_ticket_twice_says_nothing() {
        let same = ticket(&[1; 16], 1);
        assert_eq!(of(&[same.clone(), same]).len, None);
        assert_eq!(of(&[]), KeyNames::default());
        assert_eq!(of(&[vec![1, 2, 3]]), KeyNames::default());
    }

    #[test]
    fn a_key_of_zeros_is_known_by_its_mac() {
        // By `openssl mac -digest SHA256 -macopt hexkey:00 HMAC`, of 48 bytes of 0x11.
        let mac = [
            0xa3, 0xb0, 0x97, 0xa9, 0x04, 0x53, 0x1a, 0x4b, 0x81, 0x9d, 0x1c, 0xd9, 0x93, 0x48, 0x7d, 0xd9, 0x88, 0xf1,
            0x55, 0x16, 0x4d, 0x22, 0x52, 0xea, 0xa0, 0x2e, 0x80, 0x2a, 0x7e, 0xe3, 0x81, 0x02,
        ];
        let mut sealed = [[0x11; 48].as_slice(), &mac].concat();
        assert!(of(&[sealed.clone()]).zero_key);
        sealed[0] ^= 1;
        assert!(!of(&[sealed]).zero_key);
        assert!(!of(&[vec![0; 31]]).zero_key);
    }

    #[test]
    fn names_that_are_none() {
        assert!(of(&[ticket(&[0; 16], 1)]).zero);
        let mut head = [0x11; 16];
        head[8..].copy_from_slice(&0x0000_7ffd_1234_5678_u64.to_le_bytes());
        let found = of(&[ticket(&head, 1), ticket(&head, 2)]);
        assert!(found.memory && !found.zero);
        assert!(!of(&[ticket(&head, 1)]).memory, "one may be chance");
        // A name of letters with zeros behind it.
        let mut name = *b"key-of-2026\0\0\0\0\0";
        assert!(!of(&[ticket(&name, 1), ticket(&name, 2)]).memory);
        name[13] = b'1';
        assert!(!of(&[ticket(&name, 1), ticket(&name, 2)]).memory);
    }
}
