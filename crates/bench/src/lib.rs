//! Side-by-side measurements: the same work by carnet, the system's OpenSSL and rustls, interleaved in one run.

pub mod handshake;
pub mod preload;
pub mod table;
pub mod ticket;
