//! Session DER: whatever is accepted comes back as it was written, and nothing panics.
#![no_main]

use carnet_ticket::Session;
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_700_000_000;

fuzz_target!(|der: &[u8]| {
    let whole = Session::decode(der, NOW);
    if let Ok((session, used)) = Session::decode_prefix(der, NOW) {
        assert_eq!(whole.is_ok(), used == der.len());
        let mut canonical = Vec::new();
        session.encode_into(&mut canonical);
        assert_eq!(canonical.len(), session.encoded_len());
        let again = Session::decode(&canonical, NOW).expect("what is written can be read");
        assert_eq!(again, session);
    } else {
        assert!(whole.is_err());
    }
});
