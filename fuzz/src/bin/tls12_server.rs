//! A TLS 1.2 server: a client that holds the right keys says what the fuzzer wants, in hello, the rest of its flight, and
//! records of every length; also resuming, by ticket and by session id.
#![no_main]

use carnet_tls::{Side, fuzzing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| fuzzing::tls12(Side::Server, script));
