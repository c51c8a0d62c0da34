//! Threads with little stack: `small_stack.c`.

use std::process::Command;

use crate::place::{CERTIFICATES, compile, run};

#[test]
fn handshakes_fit_in_64_kib() {
    let c = &*CERTIFICATES;
    let mut program = Command::new(compile("small_stack", &["tests/interop/small_stack.c"]));
    assert_eq!(run(program.args([&c.p256.cert, &c.p256.key, &c.ca])), "ok\n");
}
