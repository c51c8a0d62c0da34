//! The exported-symbol list: everything that libssl.so.3 exports, and nothing else but `carnet_*` and the setter that OpenSSL
//! has as a macro only.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::Failure;

/// What libssl.so.3 of OpenSSL 3.0 to 3.5 exports, one name a line; `OPENSSL_3.0.0` and the like are the version nodes.
pub const LIBSSL: &str = include_str!("../data/libssl3-symbols.txt");

/// Exported although OpenSSL's own is a macro: programs in languages without macros want the function.
pub const EXTRA: [&str; 1] = ["SSL_CTX_set_tlsext_ticket_key_cb"];

/// Fails unless `library` exports exactly what it should.
pub fn compare(library: &Path) -> Result<(), Failure> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "--format=posix"])
        .arg(library)
        .output()?;
    if !output.status.success() {
        return Err(format!("nm {}: {}", library.display(), String::from_utf8_lossy(&output.stderr)).into());
    }
    let listing = String::from_utf8(output.stdout)?;
    let found: BTreeSet<&str> = listing
        .lines()
        .filter_map(|line| line.split(['@', ' ']).next())
        .collect();
    let wanted: BTreeSet<&str> = LIBSSL.lines().chain(EXTRA).collect();

    let missing: Vec<&str> = wanted.difference(&found).copied().collect();
    let surplus: Vec<&str> = found
        .difference(&wanted)
        .copied()
        .filter(|name| !name.starts_with("carnet_"))
        .collect();
    if missing.is_empty() && surplus.is_empty() {
        println!(
            "{}: all {} symbols of libssl.so.3, and no stranger",
            library.display(),
            LIBSSL.lines().count()
        );
        return Ok(());
    }
    Err(format!(
        "{}: {} missing: {}; {} that libssl.so.3 does not have: {}",
        library.display(),
        missing.len(),
        missing.join(" "),
        surplus.len(),
        surplus.join(" ")
    )
    .into())
}
