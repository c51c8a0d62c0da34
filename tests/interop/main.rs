//! libcarnet against other people's TLS: OpenSSL's and GnuTLS's command-line tools, curl and rustls, in both
//! directions. Our side is `c-tests/peer.c`, an ordinary OpenSSL program, linked with the `libcarnet.so` of this build.
//!
//! `CARNET_LIB=DIR` tests the library in another directory; `CARNET_TEST_LIBSSL=1` runs our side on the system's
//! libssl, which tells a fault of a test from a fault of the library.

mod gnutls;
mod identity;
mod openssl;
mod peer;
mod place;
mod process;
mod version;

mod agreement;
mod alpn_sni;
mod bad_input;
mod bulk;
mod client_certificates;
mod downgrade;
mod early_data;
mod fleet;
mod haproxy;
mod key_update;
mod keystore;
mod manual_page;
mod nginx;
mod post_handshake;
mod preload;
mod psk;
mod resumption;
mod retry;
mod rustls12;
mod rustls_peer;
mod session_files;
mod signatures;
mod small_stack;
mod suites;
mod tls12;
