//! Tickets computed with openssl(1): `openssl enc -aes-N-cbc`, then `openssl dgst -mac HMAC` over name, IV, ciphertext.

use carnet_ticket::{KeyName, MacAlgorithm, TicketKey};

const PLAINTEXT: &[u8] = b"the session of a ticket";
const AES_128: &str = "ca209c48a639a1429dcf0f709e50cc0c1d6d54ab501b504ac7f4223f3a417ef8";
const AES_256: &str = "32f58c4c8d6678611ecefaa283c53422319db7c900813bcfa8cd88fc65c88e44";

fn counting<const N: usize>(from: u8) -> [u8; N] {
    std::array::from_fn(|i| from + i as u8)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn check(cipher_key: &[u8], mac: MacAlgorithm, ciphertext: &str, tag: &str) {
    let name = KeyName(counting(0));
    let iv = counting(0x50);
    let key = TicketKey::new(name, cipher_key, mac, &counting::<32>(0x10)).unwrap();
    let ticket = [&name.0[..], &iv, &unhex(ciphertext), &unhex(tag)].concat();
    assert_eq!(key.seal(&iv, PLAINTEXT).unwrap(), ticket);
    assert_eq!(*key.open(&ticket).unwrap(), *PLAINTEXT);
}

#[test]
fn aes_128() {
    let key = counting::<16>(0x30);
    check(
        &key,
        MacAlgorithm::Sha256,
        AES_128,
        "40eb9bf73bae5b6403e3f6b706ffe27b0ff4156491a81ad57f2e8309506b6184",
    );
    check(
        &key,
        MacAlgorithm::Sha384,
        AES_128,
        "44d30b3c73533c059aa6f1735a2bbf304a20b2ce5cf44a66e35a61e931559ee953677472b03a004bdbbeb66eee1f1a64",
    );
    check(
        &key,
        MacAlgorithm::Sha512,
        AES_128,
        "eb0bb9409f188ae8825e88da43f2694cbd4f972aae11e3f3d8c24d8b5c5fb076\
         e43292b999c84cd73752349cadcc1015305a09f84edb08e08bbfdc591e14ad85",
    );
}

#[test]
fn aes_256() {
    let key = counting::<32>(0x30);
    check(
        &key,
        MacAlgorithm::Sha256,
        AES_256,
        "fd422f825f80453559d2c30b73a0be3aa5e890c9cdb2227b527f2ce2a5a4aec0",
    );
    check(
        &key,
        MacAlgorithm::Sha384,
        AES_256,
        "3d7ff3dd32fc5b7d771af3f7ea8fd516ef1e4e7f56b491a6a6c99be7a430ed1bdd94299b2a4bb3c49730029f9d72062b",
    );
    check(
        &key,
        MacAlgorithm::Sha512,
        AES_256,
        "942701b4cb8bfcd28501471ae4023cba47583c6e861c8fb1c14c7c8ddfb9c78d\
         f762dd9fba4700a92d2204e20509d3cf055b77194947e1abaa04d806ab037912",
    );
}
