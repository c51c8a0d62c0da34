//! What tickets tell of the keys that sealed them.
//!
//! Most servers put the key's name first, in 16 bytes, as RFC 5077 section 4 proposes: OpenSSL, nginx, GnuTLS, NSS,
//! BoringSSL. Carnet's names keep 12 of them and mask the others, and keep 8 for all contexts. Where tickets have nothing in
//! common, there is no name (rustls, Go), or each was sealed under another key.

use serde::Serialize;

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
