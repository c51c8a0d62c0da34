//! What was found: plain values, as they stand in `--json`. Nothing here judges.

use serde::Serialize;

use super::keynames::KeyNames;

/// Everything about everybody.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Facts {
    /// Each address of each target, in order.
    pub(crate) servers: Vec<Server>,
    /// Each attempt to take a session from one place to another.
    pub(crate) crossings: Vec<Crossing>,
    /// With --watch: what changed, in the order of time.
    pub(crate) watch: Vec<Change>,
    /// With --watch: how long sessions went on.
    pub(crate) chains: Vec<Chain>,
}

/// One address of one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Server {
    /// As it was asked for: HOST:PORT.
    pub(crate) target: String,
    /// IP:PORT.
    pub(crate) address: String,
    /// What server_name said.
    pub(crate) name: Option<String>,
    /// TLS 1.3 first.
    pub(crate) versions: Vec<Version>,
}

/// One version there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Version {
    /// `1.3` or `1.2`.
    pub(crate) version: &'static str,
    /// Whether there was a handshake at all.
    pub(crate) outcome: Outcome,
    /// What it showed.
    pub(crate) seen: Option<Seen>,
}

/// How the first handshake ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "handshake", content = "why", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Well.
    Ok,
    /// The server does not speak this version.
    NotSpoken,
    /// This machine can't get there.
    NoRoute,
    /// Nobody answers, or what answers does not speak TLS.
    Unreachable(String),
    /// Otherwise.
    Failed(String),
}

/// What the handshakes in one version showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Seen {
    /// The suite's name.
    pub(crate) suite: String,
    /// What ALPN chose.
    pub(crate) alpn: Option<String>,
    /// SHA-256 of the certificate, in hex.
    pub(crate) certificate: Option<String>,
    /// The server asked for the client's certificate.
    pub(crate) asks_certificate: bool,
    /// TLS 1.2 only.
    pub(crate) extended_master_secret: Option<bool>,
    /// Of the tickets.
    pub(crate) tickets: Tickets,
    /// Of the attempts to resume.
    pub(crate) resumption: Resumption,
}

/// The tickets of full handshakes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Tickets {
    /// After the first handshake.
    pub(crate) sent: usize,
    /// There were none, but there was a session id to resume.
    pub(crate) session_id_only: bool,
    /// The longest lifetime (hint) on the wire, seconds.
    pub(crate) lifetime: Option<u32>,
    /// The length of the first, bytes.
    pub(crate) len: Option<usize>,
    /// Early data that they allow, bytes.
    pub(crate) max_early_data: u32,
    /// What they say of the keys that sealed them.
    pub(crate) keys: KeyNames,
}

/// Coming back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Resumption {
    /// How often something was offered.
    pub(crate) offered: usize,
    /// How often it was resumed.
    pub(crate) resumed: usize,
    /// After how many of those the server sent a new ticket.
    pub(crate) renewed: usize,
    /// Connections that failed meanwhile.
    pub(crate) failed: usize,
    /// Does a ticket resume a second time? Unknown if it was not tried.
    pub(crate) reusable: Option<bool>,
}

/// From where a session came, or where it was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// HOST:PORT.
    pub(crate) target: String,
    /// IP:PORT.
    pub(crate) address: String,
    /// What server_name said.
    pub(crate) name: Option<String>,
    /// SHA-256 of the certificate that this place shows, in hex.
    pub(crate) certificate: Option<String>,
    /// It asks for the client's certificate.
    pub(crate) asks_certificate: bool,
}

/// Between what a session was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Border {
    /// Two addresses of one target: it should pass.
    Address,
    /// Two server names at one address.
    Name,
    /// Two targets.
    Target,
}

/// A session was taken across.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Crossing {
    /// What lies between.
    pub(crate) border: Border,
    /// `1.3` or `1.2`.
    pub(crate) version: &'static str,
    /// Where the session is from.
    pub(crate) from: Place,
    /// Where it was offered.
    pub(crate) to: Place,
    /// Was it resumed?
    pub(crate) resumed: bool,
}

/// One version at one address while it was watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Chain {
    /// IP:PORT.
    pub(crate) address: String,
    /// `1.3` or `1.2`.
    pub(crate) version: &'static str,
    /// All of them.
    pub(crate) resumptions: u64,
    /// For how many seconds after a full handshake a session was resumed, at most.
    pub(crate) longest: u64,
}

/// Something that changed while watching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Seconds since the watch began.
    pub(crate) at: u64,
    /// IP:PORT.
    pub(crate) address: String,
    /// `1.3` or `1.2`.
    pub(crate) version: &'static str,
    /// What.
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum What {
    /// The chain of resumptions broke: a fresh ticket was refused.
    Broke {
        /// How long the chain had lasted, seconds.
        after: u64,
    },
    /// The chain of resumptions ended as it may.
    Ended {
        /// How long it had lasted, seconds.
        after: u64,
        /// By what.
        by: End,
    },
    /// The first ticket of the watch is not honoured any more.
    Refused {
        /// Its age, seconds.
        age: u64,
        /// What the server had said.
        lifetime: u32,
    },
    /// Tickets are sealed under a key of another name.
    KeyName {
        /// The old name, hex.
        from: String,
        /// The new one.
        to: String,
        /// How long the old one was seen, seconds.
        seen: u64,
    },
    /// No connection.
    Lost {
        /// Why.
        why: String,
    },
    /// Connected again.
    Back,
}

/// What ends a chain of resumptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// The ticket's time was over.
    Lifetime,
    /// What was offered had been used before, and the server has not said for how long that works.
    Reused,
    /// The server refused a ticket in its time, and goes on with the same key.
    Server,
}
