//! What belongs to one connection alone: no context lends it.

use std::ffi::CString;

use crate::libcrypto::store::VerifyParam;

/// Things that are made when they are first asked for.
#[derive(Default)]
pub struct Own {
    /// SSL_get0_param(3): a copy of the context's, made when the connection first changes, shows or needs it.
    pub param: Option<std::sync::Arc<VerifyParam>>,
    /// SSL_set_tlsext_host_name(3): the name that a client sends.
    pub host_name: Option<CString>,
}
