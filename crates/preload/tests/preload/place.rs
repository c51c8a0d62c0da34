//! Where the tests' files are: the library under test, compiled programs, certificates.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// The library, as built with this test.
pub fn library() -> PathBuf {
    let beside = std::env::current_exe().unwrap().with_file_name("libcarnet_preload.so");
    assert!(beside.exists(), "{} is built with the test", beside.display());
    beside
}

/// Where compiled programs are.
pub fn temporary() -> &'static Path {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(path).unwrap();
    path
}

/// Runs a tool that has to succeed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{error}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// A C program of ../programs, compiled once a run. A name that begins with "lib" is a shared library.
pub fn program(name: &str, arguments: &[&str]) -> PathBuf {
    static BUILT: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let is_library = name.starts_with("lib");
    let out = temporary().join(if is_library {
        format!("{name}.so")
    } else {
        name.to_owned()
    });
    let mut built = BUILT.lock().unwrap();
    if !built.iter().any(|known| known == name) {
        let mut compiler = Command::new("cc");
        compiler.args([
            "-std=gnu11",
            "-O1",
            "-g",
            "-pthread",
            "-Wall",
            "-Wextra",
            "-Wno-unused-function",
        ]);
        compiler.args(["-Wno-deprecated-declarations", "-o"]).arg(&out);
        compiler.arg(source.join(format!("{name}.c")));
        if is_library {
            compiler.args(["-shared", "-fPIC"]);
        }
        compiler.args(arguments);
        run(&mut compiler);
        built.push(name.to_owned());
    }
    out
}

/// With -lssl -lcrypto.
pub fn tls_program(name: &str) -> PathBuf {
    program(name, &["-rdynamic", "-lssl", "-lcrypto"])
}

/// The directory with the certificates: `server` and `other` are servers', `ca1` and `ca2` sign `client1` and `client2`.
pub fn pki() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let directory = temporary().join("pki");
        std::fs::create_dir_all(&directory).unwrap();
        let at = |name: &str, suffix: &str| directory.join(format!("{name}{suffix}"));
        for name in ["server", "other", "ca1", "ca2", "client1", "client2"] {
            let mut openssl = Command::new("openssl");
            openssl.args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ]);
            openssl.args(["-days", "3000", "-subj", &format!("/CN={name}")]);
            if let Some(number) = name.strip_prefix("client") {
                let ca = format!("ca{number}");
                openssl
                    .arg("-CA")
                    .arg(at(&ca, ".pem"))
                    .arg("-CAkey")
                    .arg(at(&ca, ".key"));
                openssl.args(["-addext", "basicConstraints=CA:FALSE"]);
            }
            openssl
                .arg("-out")
                .arg(at(name, ".pem"))
                .arg("-keyout")
                .arg(at(name, ".key"));
            run(&mut openssl);
        }
        directory
    })
}
