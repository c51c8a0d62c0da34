//! The C names of the types that entry points use.

pub use crate::handles::{SSL, SSL_CONF_CTX, SSL_CTX, SSL_SESSION};
pub use crate::libcrypto::c::*;
pub use crate::objects::callbacks::*;
pub use crate::objects::cipher::SSL_CIPHER;
pub use crate::objects::method::SSL_METHOD;
