//! Certificates and keys, one of each kind.

/// The certificates and keys that a context or a connection may present.
#[derive(Debug, Clone, Default)]
pub struct Credentials {}
