//! What holds for every session and every ticket.

use bytes::Bytes;
use carnet_ticket::{KeyName, MacAlgorithm, OpenError, Secret, Session, SessionId, TicketKey};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000;

fn bytes(max: usize) -> impl Strategy<Value = Option<Bytes>> {
    option::of(vec(any::<u8>(), 0..max).prop_map(Bytes::from))
}

/// Without NUL, at which OpenSSL's strings end.
fn name() -> impl Strategy<Value = Option<Bytes>> {
    option::of(vec(1..=u8::MAX, 0..80).prop_map(Bytes::from))
}

fn id() -> impl Strategy<Value = SessionId> {
    vec(any::<u8>(), 0..=32).prop_map(|id| SessionId::new(&id).unwrap())
}

/// Zero is 'missing' on the wire, so it does not come back as zero.
fn nonzero() -> impl Strategy<Value = u64> {
    prop_oneof![1..200_000_u64, any::<u64>().prop_map(|n| n | 1)]
}

/// A SEQUENCE of any content: what a certificate is to this crate.
fn peer() -> impl Strategy<Value = Option<Bytes>> {
    option::of(vec(any::<u8>(), 0..1500).prop_map(|content| {
        let len = content.len() as u16;
        let mut der = match len {
            0..0x80 => vec![0x30, len as u8],
            0x80..0x100 => vec![0x30, 0x81, len as u8],
            _ => [&[0x30, 0x82][..], &len.to_be_bytes()].concat(),
        };
        der.extend(content);
        Bytes::from(der)
    }))
}

prop_compose! {
    fn head()(
        protocol in prop_oneof![Just(0x0303), Just(0x0304), Just(0xfefd)],
        cipher in any::<u16>(),
        secret in vec(any::<u8>(), 0..=512),
        time in nonzero(),
        timeout in nonzero(),
        session_id in id(),
        session_id_context in id(),
        verify_result in any::<i32>(),
        peer in peer(),
    ) -> Session {
        Session {
            timeout,
            session_id,
            session_id_context,
            verify_result: verify_result.into(),
            peer,
            ..Session::new(protocol, cipher, Secret::new(&secret).unwrap(), time)
        }
    }
}

prop_compose! {
    fn names()(hostname in name(), psk_identity_hint in name(), psk_identity in name(), srp_username in name())
        -> [Option<Bytes>; 4] {
        [hostname, psk_identity_hint, psk_identity, srp_username]
    }
}

prop_compose! {
    fn session()(
        head in head(),
        [hostname, psk_identity_hint, psk_identity, srp_username] in names(),
        lifetime_hint in any::<u64>(),
        ticket in bytes(400),
        compression in option::of(1..=u8::MAX),
        numbers in any::<[u32; 4]>(),
        alpn in bytes(255),
        max_fragment_mode in any::<u8>(),
        appdata in bytes(300),
    ) -> Session {
        let [flags, age_add, max_early_data, kex_group] = numbers;
        Session {
            hostname,
            psk_identity_hint,
            psk_identity,
            srp_username,
            lifetime_hint,
            ticket,
            compression,
            flags,
            age_add,
            max_early_data,
            kex_group,
            alpn,
            max_fragment_mode,
            appdata,
            ..head
        }
    }
}

fn key() -> impl Strategy<Value = TicketKey> {
    let mac = prop_oneof![
        Just(MacAlgorithm::Sha256),
        Just(MacAlgorithm::Sha384),
        Just(MacAlgorithm::Sha512)
    ];
    let cipher_key = prop_oneof![vec(1..=u8::MAX, 16), vec(1..=u8::MAX, 32)];
    (any::<[u8; 16]>(), cipher_key, mac, vec(1..=u8::MAX, 16..70))
        .prop_map(|(name, cipher_key, mac, mac_key)| TicketKey::new(KeyName(name), &cipher_key, mac, &mac_key).unwrap())
}

fn encode(session: &Session) -> Vec<u8> {
    let mut out = Vec::new();
    session.encode_into(&mut out);
    out
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

proptest! {
    #[test]
    fn sessions_come_back(session in session()) {
        let der = encode(&session);
        prop_assert_eq!(der.len(), session.encoded_len());
        let again = Session::decode(&der, NOW).unwrap();
        prop_assert_eq!(&again, &session);
        prop_assert_eq!(encode(&again), der);
    }

    /// Whatever is accepted is what we would write, up to what OpenSSL itself normalizes.
    #[test]
    fn a_damaged_session_is_refused_or_stable(session in session(), bit in any::<prop::sample::Index>()) {
        let der = encode(&session);
        if let Ok(other) = Session::decode(&flip(&der, bit.index(der.len() * 8)), NOW) {
            let canonical = encode(&other);
            prop_assert_eq!(encode(&Session::decode(&canonical, NOW).unwrap()), canonical);
        }
    }

    #[test]
    fn garbage_is_no_session(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Session::decode(&bytes, NOW);
        let _ = Session::decode_prefix(&bytes, NOW);
    }

    #[test]
    fn tickets_open(key in key(), iv in any::<[u8; 16]>(), session in session(), plaintext in vec(any::<u8>(), 0..100)) {
        let ticket = key.seal_session(&iv, &session).unwrap();
        prop_assert_eq!(ticket.len(), ticket.capacity(), "one exact allocation");
        prop_assert_eq!(key.open_session(&ticket, NOW).unwrap(), session);
        let ticket = key.seal(&iv, &plaintext).unwrap();
        prop_assert_eq!(key.open(&ticket).unwrap().to_vec(), plaintext);
    }

    #[test]
    fn another_key_does_not_open(ours in key(), theirs in key(), iv in any::<[u8; 16]>(), plaintext in vec(any::<u8>(), 0..100)) {
        let ticket = theirs.seal(&iv, &plaintext).unwrap();
        prop_assert!(ours.open(&ticket).is_err());
        // Even under the same name.
        let renamed = TicketKey::new(*theirs.name(), ours.cipher_key(), ours.mac_algorithm(), ours.mac_key()).unwrap();
        prop_assert!(matches!(renamed.open(&ticket), Err(OpenError::BadMac | OpenError::TooShort)));
    }

    #[test]
    fn garbage_is_no_ticket(key in key(), mut ticket in vec(any::<u8>(), 0..300)) {
        prop_assert!(key.open(&ticket).is_err());
        ticket.splice(..ticket.len().min(16), key.name().0);
        prop_assert!(key.open(&ticket).is_err());
    }
}

proptest! {
    // Each case tries every place.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_truncation_of_a_session_is_refused(session in session()) {
        let der = encode(&session);
        for len in 0..der.len() {
            prop_assert!(Session::decode(&der[..len], NOW).is_err());
            prop_assert!(Session::decode_prefix(&der[..len], NOW).is_err());
        }
    }

    #[test]
    fn every_damage_to_a_ticket_is_refused(key in key(), iv in any::<[u8; 16]>(), plaintext in vec(any::<u8>(), 0..100)) {
        let ticket = key.seal(&iv, &plaintext).unwrap();
        for len in 0..ticket.len() {
            prop_assert!(key.open(&ticket[..len]).is_err(), "cut to {}", len);
        }
        for bit in 0..ticket.len() * 8 {
            prop_assert!(key.open(&flip(&ticket, bit)).is_err(), "bit {}", bit);
        }
        for more in [0, 1, 16] {
            let longer = [&ticket[..], &vec![0; more + 1]].concat();
            prop_assert!(key.open(&longer).is_err());
        }
    }
}
