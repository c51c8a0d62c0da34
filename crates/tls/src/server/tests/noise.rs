//! Cut, flipped and invented input: errors, never a panic, and an alert for each.

use super::puppet::{Hello, Puppet, settings};
use crate::kx::KeyShare;
use crate::{ContentType, NamedGroup};

fn hello() -> Vec<u8> {
    let transcript = Puppet::new(settings()).transcript;
    let hello = Hello::good(&KeyShare::generate(NamedGroup::X25519).unwrap());
    hello.with_psks(&[b"first", b"second"], b"psk", &transcript)
}

#[test]
fn a_hello_cut_anywhere_waits_or_fails() {
    let hello = hello();
    for len in 0..hello.len() {
        // Cut on the wire: more is awaited.
        let mut puppet = Puppet::new(settings());
        let mut wire = vec![22, 3, 1];
        wire.extend_from_slice(&u16::try_from(hello.len()).unwrap().to_be_bytes());
        wire.extend_from_slice(&hello[..len]);
        assert!(puppet.feed(&wire).is_ok());
        assert!(puppet.wire.is_empty());
        // Cut inside, with true lengths outside.
        let mut cut = hello[..len.max(4)].to_vec();
        let body = u32::try_from(cut.len() - 4).unwrap().to_be_bytes();
        cut[1..4].copy_from_slice(&body[1..]);
        let mut puppet = Puppet::new(settings());
        assert!(puppet.say(&cut).is_err(), "cut at {len}");
        assert_eq!(puppet.hear_record().0, ContentType::ALERT);
    }
}

#[test]
fn a_hello_with_any_bit_flipped_never_panics() {
    let hello = hello();
    for bit in 0..hello.len() * 8 {
        let mut flipped = hello.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut puppet = Puppet::new(settings());
        let failed = puppet.say(&flipped).is_err();
        let again = puppet.server.step().is_err();
        assert_eq!(failed, again, "errors stay");
    }
}

#[test]
fn a_hello_in_fragments_of_any_size_is_the_same() {
    let hello = Hello::good(&KeyShare::generate(NamedGroup::X25519).unwrap()).encode();
    for size in 1..hello.len() {
        let mut puppet = Puppet::new(settings());
        for fragment in hello.chunks(size) {
            puppet.say_record(ContentType::HANDSHAKE, fragment).unwrap();
        }
        assert!(!puppet.wire.is_empty());
    }
}

#[test]
fn invented_bytes_are_refused() {
    // A small generator is random enough, and repeatable.
    let mut state = 0x9e37_79b9_u32;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    for round in 0..2000 {
        let len = usize::from(random()) + usize::from(random());
        let mut noise: Vec<u8> = (0..len).map(|_| random()).collect();
        if round % 2 == 0 {
            // Make it look like a record with a hello, at least.
            for (at, byte) in [22, 3, 3, 0, 200, 1, 0, 0, 196].into_iter().enumerate() {
                if let Some(slot) = noise.get_mut(at) {
                    *slot = byte;
                }
            }
        }
        let mut puppet = Puppet::new(settings());
        let result = puppet.feed(&noise);
        assert!(result.is_err() || puppet.wire.is_empty());
    }
}
