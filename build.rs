//! Shapes libcarnet.so so that the dynamic linker takes it for libssl.so.3.
//!
//! A program that was linked with libssl.so.3 asks for `SSL_read@OPENSSL_3.0.0`. The dynamic linker gives it an
//! unversioned `SSL_read` too, provided that the library which answers to that name *defines* the version node; without the
//! node it warns or refuses. So it is with `SSL_is_quic@OPENSSL_3.2.0` of a program that was linked with a newer one. rustc always writes a version script of its own, with every exported symbol in the
//! unnamed base node, and lld (the default on x86-64 since Rust 1.90) merges a second script into it. So ours adds the
//! nodes and nothing else. GNU ld would reject the pair, hence the explicit choice of lld elsewhere.

use std::os::unix::fs::symlink;
use std::{env, fs, io, path::Path, path::PathBuf};

/// The version nodes of OpenSSL 3's libssl up to 3.5, which are dynamic symbols of it themselves.
const NODES: [&str; 5] = [
    "OPENSSL_3.0.0",
    "OPENSSL_3.2.0",
    "OPENSSL_3.3.0",
    "OPENSSL_3.4.0",
    "OPENSSL_3.5.0",
];

/// The name that programs linked with `-lcarnet` look for.
const SONAME: &str = "libcarnet.so.0";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-lib=dylib=crypto");
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(());
    }
    let script = PathBuf::from(env::var("OUT_DIR")?).join("libcarnet.map");
    let nodes = NODES.map(|node| format!("{node} {{ global: \"{node}\"; }};\n"));
    fs::write(&script, nodes.concat())?;

    cdylib_arg(&format!("-Wl,--version-script={}", script.display()));
    for node in NODES {
        cdylib_arg(&format!("-Wl,--defsym={node}=0"));
    }
    cdylib_arg(&format!("-Wl,-soname,{SONAME}"));
    // Our calls of our own functions never go to a libssl that came first: it could not read our handles.
    cdylib_arg("-Wl,-Bsymbolic-functions");
    // libcrypto keeps pointers to our ex_data and BIO callbacks after a dlclose, exactly as it does for libssl.
    cdylib_arg("-Wl,-z,nodelete");
    if env::var("CARGO_CFG_TARGET_ARCH")? != "x86_64" {
        cdylib_arg("-fuse-ld=lld");
    }
    link_soname(&script)
}

/// Puts libcarnet.so.0 beside libcarnet.so, so that what is linked with the one finds the other also before `make install`.
fn link_soname(script: &Path) -> Result<(), Box<dyn std::error::Error>> {
    // The script is in PROFILE/build/carnet-HASH/out.
    let Some(profile) = script.ancestors().nth(4) else {
        return Ok(());
    };
    match symlink("libcarnet.so", profile.join(SONAME)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Passes `arg` to the linker of libcarnet.so alone, not to that of the tests.
fn cdylib_arg(arg: &str) {
    println!("cargo:rustc-cdylib-link-arg={arg}");
}
