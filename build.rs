//! Shapes libcarnet.so so that the dynamic linker takes it for libssl.so.3.
//!
//! A program that was linked with libssl.so.3 asks for `SSL_read@OPENSSL_3.0.0`. The dynamic linker gives it an
//! unversioned `SSL_read` too, provided that the library which answers to that name *defines* the version node; without the
//! node it warns or refuses. rustc always writes a version script of its own, with every exported symbol in the
//! unnamed base node, and lld (the default on x86-64 since Rust 1.90) merges a second script into it. So ours adds the
//! node and nothing else. GNU ld would reject the pair, hence the explicit choice of lld elsewhere.

use std::os::unix::fs::symlink;
use std::{env, fs, io, path::Path, path::PathBuf};

/// The version node of OpenSSL 3's libssl, which is itself one of its dynamic symbols.
const NODE: &str = "OPENSSL_3.0.0";

/// The name that programs linked with `-lcarnet` look for.
const SONAME: &str = "libcarnet.so.0";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-lib=dylib=crypto");
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(());
    }
    let script = PathBuf::from(env::var("OUT_DIR")?).join("libcarnet.map");
    fs::write(&script, format!("{NODE} {{ global: \"{NODE}\"; }};\n"))?;

    cdylib_arg(&format!("-Wl,--version-script={}", script.display()));
    cdylib_arg(&format!("-Wl,--defsym={NODE}=0"));
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
