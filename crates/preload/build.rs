//! Keeps the library in the process that has loaded it: OpenSSL holds pointers to its functions.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
