//! The two versions of TLS, by the names that the tools have for them.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Tls12,
    Tls13,
}

use Version::{Tls12, Tls13};

pub const VERSIONS: [Version; 2] = [Tls13, Tls12];

impl Version {
    /// What SSL_get_version says.
    pub fn name(self) -> &'static str {
        match self {
            Tls12 => "TLSv1.2",
            Tls13 => "TLSv1.3",
        }
    }

    /// The peer's `-min` and `-max`.
    pub fn number(self) -> &'static str {
        match self {
            Tls12 => "1.2",
            Tls13 => "1.3",
        }
    }
}
