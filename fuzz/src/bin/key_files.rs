//! Files of keys: other programs' (forms), and a page that should be a ring. What is read is written as it was.
#![no_main]

use carnet_keys::{PAGE_LEN, Ring, forms};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    if choice & 1 == 0 {
        let Ok(keys) = forms::parse_keys(data) else { return };
        assert!(!keys.is_empty(), "a file without keys is refused");
        if let forms::SHORT_LEN | forms::LONG_LEN = data.len() {
            assert_eq!(*forms::write_key(&keys[0]).expect("of a kind with a form"), data);
            return;
        }
        let lines: String = keys.iter().map(|key| forms::write_line(key).expect("likewise").to_string()).collect();
        let again = forms::parse_keys(lines.as_bytes()).expect("what was written is read");
        assert_eq!(again.len(), keys.len());
        assert!(again.iter().zip(&keys).all(|(one, other)| one.is_made_of(
            other.cipher_key(),
            other.mac_algorithm(),
            other.mac_key()
        )));
        return;
    }
    // A head that is a ring's, so that what follows is looked at.
    let mut page = [0; PAGE_LEN];
    page[..8].copy_from_slice(b"carnet\0\x01");
    page[8] = 1;
    page[16..].iter_mut().zip(data).for_each(|(to, from)| *to = *from);
    if choice & 2 == 0 {
        // Whoever shares the page can make its checksum right.
        let [head, version, content] = [32..40, 64..72, 80..80 + 231 * 8];
        page[head].copy_from_slice(&2_u64.to_le_bytes());
        page[version.clone()].copy_from_slice(&2_u64.to_le_bytes());
        let sum = Sha256::new().chain_update(&page[version]).chain_update(&page[content]).finalize();
        page[72..80].copy_from_slice(&sum[..8]);
    }
    let now = 1_700_000_000 + u64::from(*choice);
    if let Ok(ring) = Ring::of_image(&page, now) {
        let _ = (ring.keys(now).len(), ring.is_rooted(), format!("{ring:?}"));
    }
});
