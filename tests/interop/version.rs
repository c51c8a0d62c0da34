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

    /// The peer's `-min` and `-max`, and a part of curl's options.
    pub fn number(self) -> &'static str {
        match self {
            Tls12 => "1.2",
            Tls13 => "1.3",
        }
    }

    /// The option of `s_client` and `s_server`.
    pub fn flag(self) -> &'static str {
        match self {
            Tls12 => "-tls1_2",
            Tls13 => "-tls1_3",
        }
    }

    /// The peer's options for this version alone.
    pub fn only(self) -> [&'static str; 4] {
        ["-min", self.number(), "-max", self.number()]
    }

    /// How many tickets a server sends with a full handshake, and how many when its own keys have opened one.
    pub fn tickets(self) -> [&'static str; 2] {
        match self {
            Tls12 => ["1", "0"],
            Tls13 => ["2", "1"],
        }
    }

    /// What makes the peer's client wait for a ticket: in TLS 1.2 it comes with the handshake.
    pub fn wait(self) -> &'static [&'static str] {
        match self {
            Tls12 => &[],
            Tls13 => &["-wait", "1"],
        }
    }
}
