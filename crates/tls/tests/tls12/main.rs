//! TLS 1.2: our server and client against each other and against rustls.

mod app;
mod damage;
mod ends;
mod orders;
mod ours;
mod pki;
mod speed;
mod theirs;
mod versions;
