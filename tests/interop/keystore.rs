//! carnet.h from C: `keystore.c`, on its own and under valgrind.

use std::process::Command;

use crate::place::{CERTIFICATES, compile, on_system_libssl, run};

const TOPICS: usize = 6;

#[test]
fn c_program() {
    if on_system_libssl() {
        return;
    }
    let mut program = Command::new(compile("keystore", &["tests/interop/keystore.c"]));
    let text = run(program.args([&CERTIFICATES.p256.cert, &CERTIFICATES.p256.key]));
    assert_eq!(
        text.lines().filter(|line| line.starts_with("ok ")).count(),
        TOPICS,
        "{text}"
    );
}

#[test]
fn c_program_under_valgrind() {
    if on_system_libssl() {
        return;
    }
    let program = compile("keystore", &["tests/interop/keystore.c"]);
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite,indirect",
    ]);
    run(valgrind
        .arg(program)
        .args([&CERTIFICATES.p256.cert, &CERTIFICATES.p256.key]));
}
