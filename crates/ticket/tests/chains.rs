//! What holds for tickets that say when their chain of resumptions began.

use std::collections::HashSet;

use carnet_ticket::{ChainCap, IV_LEN, KEY_ID_LEN, KeyName, MacAlgorithm, OpenError, Secret, Session, TicketKey};
use proptest::prelude::*;

/// Of the year 2023, of the second before 32 bits run out, and of the year 2300.
const NOWS: [u64; 3] = [1_700_000_000, (1 << 32) - 1, 10_413_792_000];

fn key(name: [u8; 16], secret: u8) -> TicketKey {
    let mac_key = [secret, 2].repeat(16);
    TicketKey::new(KeyName(name), &[secret; 32], MacAlgorithm::Sha256, &mac_key).unwrap()
}

fn session(time: u64) -> Session {
    let mut session = Session::new(0x0304, 0x1301, Secret::new(&[7; 32]).unwrap(), time);
    session.timeout = 7200;
    session
}

fn cap(seconds: u64) -> ChainCap {
    ChainCap::new(seconds).unwrap()
}

fn now() -> impl Strategy<Value = u64> {
    (prop::sample::select(&NOWS[..]), 0..1_000_000_u64).prop_map(|(now, more)| now + more)
}

proptest! {
    /// Whatever the time, the age and the cap: a ticket opens exactly as long as its chain may go on.
    #[test]
    fn a_ticket_opens_until_its_chain_is_over(
        name: [u8; 16],
        iv: [u8; IV_LEN],
        now in now(),
        age in prop_oneof![0..2_000_000_u64, 0..=ChainCap::LONGEST],
        limit in prop_oneof![1..2_000_000_u64, 1..=ChainCap::LONGEST],
    ) {
        let key = key(name, 1);
        let start = now - age;
        // The session is as young as in TLS 1.3, where each ticket has a new one.
        let ticket = key.seal_session_in_chain(&iv, &session(now), start).unwrap();
        prop_assert_eq!(&ticket[..KEY_ID_LEN], &name[..KEY_ID_LEN]);
        let opened = key.open_session_in_chain(&ticket, now, cap(limit));
        if ticket[..16] == name {
            // The stamp happens to look like no stamp.
            prop_assert_eq!(opened, Ok((session(now), now)));
        } else if age < limit {
            prop_assert_eq!(opened, Ok((session(now), start)));
        } else {
            prop_assert_eq!(opened, Err(OpenError::ChainOver));
        }
    }

    /// The stamp is hidden by the IV and bound by the MAC.
    #[test]
    fn nobody_reads_or_changes_a_stamp(iv: [u8; IV_LEN], age in 0..600_000_u64, byte in 12..16_usize, bit in 0..8_u32) {
        let (key, now) = (key([9; 16], 1), NOWS[0]);
        let ticket = key.seal_session_in_chain(&iv, &session(now), now - age).unwrap();
        let mut forged = ticket.clone();
        forged[byte] ^= 1_u8 << bit;
        prop_assert_eq!(key.open_session_in_chain(&forged, now, cap(604_800)), Err(OpenError::BadMac));
        let mut moved = ticket;
        moved[16] ^= 1;
        prop_assert_eq!(key.open_session_in_chain(&moved, now, cap(604_800)), Err(OpenError::BadMac));
    }

    /// Clocks disagree: by little, and a chain is as long as it should be on the clock of whoever opens; by much, and it ends.
    #[test]
    fn a_start_in_the_future(limit in 1..=ChainCap::LONGEST, ahead in 0..100_000_u64) {
        let now = NOWS[0];
        let left = cap(limit).remaining(now + ahead, now);
        prop_assert_eq!(left, if ahead <= limit.min(3600) { limit } else { 0 });
    }

    #[test]
    fn other_keys_do_not_open(name: [u8; 16], other: [u8; 12], iv: [u8; IV_LEN]) {
        prop_assume!(name[..12] != other);
        let ticket = key(name, 1).seal_session_in_chain(&iv, &session(NOWS[0]), NOWS[0]).unwrap();
        let mut other_name = name;
        other_name[..12].copy_from_slice(&other);
        prop_assert_eq!(
            key(other_name, 1).open_session_in_chain(&ticket, NOWS[0], cap(60)),
            Err(OpenError::OtherKey)
        );
        prop_assert_eq!(
            key(name, 2).open_session_in_chain(&ticket, NOWS[0], cap(60)),
            Err(OpenError::BadMac)
        );
    }

    #[test]
    fn garbage_does_not_open(ticket in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut named = ticket.clone();
        named.iter_mut().zip([9; 16]).for_each(|(to, from)| *to = from);
        let key = key([9; 16], 1);
        prop_assert!(key.open_session_in_chain(&ticket, NOWS[0], cap(60)).is_err());
        prop_assert!(key.open_session_in_chain(&named, NOWS[0], cap(60)).is_err());
    }
}

#[test]
fn tickets_of_one_chain_do_not_look_alike() {
    let key = key([9; 16], 1);
    let names: HashSet<_> = (0..=255_u8).map(|i| key.name_in_chain(&[i; IV_LEN], NOWS[0])).collect();
    assert_eq!(names.len(), 256);
}

/// A server that caps no chains, libssl for one, writes the plain name: there the session's own time counts.
#[test]
fn a_ticket_without_a_stamp_counts_from_its_session() {
    let (key, now) = (key([9; 16], 1), NOWS[0]);
    for (age, opens) in [(0, true), (59, true), (60, false)] {
        let ticket = key.seal_session(&[3; IV_LEN], &session(now - age)).unwrap();
        let opened = key.open_session_in_chain(&ticket, now, cap(60));
        let expected = if opens {
            Ok((session(now - age), now - age))
        } else {
            Err(OpenError::ChainOver)
        };
        assert_eq!(opened, expected);
    }
}

#[test]
fn a_server_without_a_cap_does_not_know_the_name() {
    let key = key([9; 16], 1);
    let ticket = key
        .seal_session_in_chain(&[3; IV_LEN], &session(NOWS[0]), NOWS[0])
        .unwrap();
    assert_eq!(key.open_session(&ticket, NOWS[0]), Err(OpenError::OtherKey));
}

/// What openssl(1) computes: `printf 'carnet chain cap\3\3…' | openssl dgst -sha256 -mac HMAC -macopt hexkey:01020102…`
const MASK: [u8; 4] = [0x72, 0xee, 0x86, 0x70];

#[test]
fn known_mask() {
    let name = key([0; 16], 1).name_in_chain(&[3; IV_LEN], 0);
    assert_eq!(name.0[..12], [0; 12]);
    assert_eq!(name.0[12..], MASK);
    let stamped = key([0; 16], 1).name_in_chain(&[3; IV_LEN], 0x0102_0304);
    assert_eq!(
        stamped.0[12..],
        std::array::from_fn::<u8, 4, _>(|i| MASK[i] ^ (i as u8 + 1))
    );
}

#[test]
fn caps() {
    assert_eq!(ChainCap::new(0), None);
    assert_eq!(ChainCap::new(ChainCap::LONGEST + 1), None);
    assert_eq!(ChainCap::new(u64::MAX), None);
    assert_eq!(cap(ChainCap::RECOMMENDED).seconds(), 7 * 24 * 3600);
}
