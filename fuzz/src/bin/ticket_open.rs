//! The ticket opener: what was not sealed does not open, what was does, and a session inside may be anything.
#![no_main]

use std::sync::LazyLock;

use carnet_ticket::{IV_LEN, KeyName, MacAlgorithm, TicketKey, layout};
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_700_000_000;

static KEYS: LazyLock<Vec<TicketKey>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    for cipher_len in [16, 32] {
        for mac in [MacAlgorithm::Sha256, MacAlgorithm::Sha384, MacAlgorithm::Sha512] {
            keys.extend(TicketKey::new(KeyName([7; 16]), &vec![1; cipher_len], mac, &[2; 32]));
        }
    }
    keys
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let Some(key) = KEYS.get(usize::from(*choice) % 8) else {
        return;
    };
    match choice / 8 % 3 {
        0 => {
            // As it is, and under the right name: finding a MAC is beyond a fuzzer.
            assert!(key.open(data).is_err());
            let named = [&key.name().0[..], data].concat();
            assert!(key.open(&named).is_err());
            for (iv_len, mac_len) in [(16, 32), (12, 20), (0, 0), (data.len(), 1)] {
                if let Some(parts) = layout::split(data, iv_len, mac_len) {
                    assert_eq!(parts.authenticated.len() + parts.mac.len(), data.len());
                }
            }
        }
        1 => {
            let ticket = key.seal(&[*choice; IV_LEN], data).expect("the fuzzer's input is short");
            assert_eq!(&*key.open(&ticket).expect("it was sealed just now"), data);
            let _ = key.open_session(&ticket, NOW);
        }
        _ => {
            // The first bytes say where to damage a ticket of the rest.
            let Some((place, data)) = data.split_first_chunk::<3>() else {
                return;
            };
            let mut ticket = key.seal(&[*choice; IV_LEN], data).expect("the fuzzer's input is short");
            let at = usize::from(u16::from_be_bytes([place[0], place[1]])) % ticket.len();
            ticket[at] ^= place[2].max(1);
            assert!(key.open(&ticket).is_err());
            assert!(key.open(&ticket[..at]).is_err());
        }
    }
});
