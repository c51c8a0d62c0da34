//! What belongs to one connection alone: no context lends it.

use std::ffi::CString;

/// What only SSL_set_… functions set.
#[derive(Default)]
pub struct Own {
    /// SSL_set_tlsext_host_name(3): the name that a client sends.
    pub host_name: Option<CString>,
}
