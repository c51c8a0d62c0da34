//! A TLS 1.2 client: a server that holds the right keys says what the fuzzer wants.
#![no_main]

use carnet_tls::{Side, fuzzing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| fuzzing::tls12(Side::Client, script));
