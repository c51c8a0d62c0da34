//! The client's side of the handshake: a server that holds the right keys says what the fuzzer wants.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| carnet_tls::fuzzing::server_flight(script));
