//! Safe, owned wrappers for the parts of libcrypto that we use. Nothing else in this package declares one of its
//! functions; each file declares those of its own topic, privately.

pub mod bio;
pub mod bio_method;
pub mod c;
pub mod callouts;
pub mod callouts_psk;
pub mod cert_store;
pub mod discard;
pub mod err;
pub mod evp_ctx;
pub mod ex_data;
pub mod lib_ctx;
pub mod memory;
pub mod pem;
pub mod pkey;
pub mod reasons;
pub mod session_pem;
pub mod share;
pub mod sign;
pub mod ssl_conf;
pub mod stack;
pub mod store;
pub mod store_ctx;
pub mod ticket_key;
pub mod x509;
