//! Safe, owned wrappers for the parts of libcrypto that we use. Nothing else in this package declares one of its
//! functions; each file declares those of its own topic, privately.

pub mod bio;
pub mod c;
pub mod discard;
pub mod err;
pub mod evp_ctx;
pub mod ex_data;
pub mod reasons;
