//! TLS 1.2: our server and client against each other and against rustls.

mod app;
mod damage;
mod ends;
mod orders;
mod ours;
#[path = "../support/identity.rs"]
mod pki;
mod speed;
mod theirs;
mod versions;
