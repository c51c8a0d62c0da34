//! What the doctor has to say.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// Wrong: exit code 1.
    Problem,
    /// Good to know.
    Note,
}

/// One finding: a sentence about what is, and one about what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// How bad.
    pub(crate) level: Level,
    /// For scripts, and for --allow; does not change.
    pub(crate) code: &'static str,
    /// Where.
    pub(crate) place: String,
    /// What is.
    pub(crate) text: String,
    /// What to do.
    pub(crate) advice: &'static str,
}

impl Finding {
    /// Something wrong.
    pub(crate) fn problem(
        code: &'static str,
        place: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            level: Level::Problem,
            code,
            place: place.into(),
            text: text.into(),
            advice,
        }
    }

    /// Something to know.
    pub(crate) fn note(
        code: &'static str,
        place: impl Into<String>,
        text: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self {
            level: Level::Note,
            ..Self::problem(code, place, text, advice)
        }
    }
}

/// All codes of findings, each with what it is about.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("unreachable", "an address does not answer, or does not speak TLS"),
    ("handshake-failed", "a version is spoken, but the handshake fails"),
    ("version-missing", "a version is not spoken (note)"),
    ("no-route", "this machine has no way to that address (note)"),
    ("no-tickets", "nothing to resume is given out"),
    ("session-ids", "session ids instead of tickets (note)"),
    ("no-resumption", "tickets are given out and never honoured"),
    ("some-resumption", "only some tickets are honoured"),
    ("no-renewal", "TLS 1.3 resumptions bring no new ticket"),
    ("single-use", "tickets are honoured once (note)"),
    ("many-keys", "several keys seal at one time (note)"),
    ("zero-key", "the MAC is made with a key of zeros"),
    ("zero-key-name", "the key's name is zeros"),
    ("memory-in-key-name", "the key's name looks like addresses"),
    ("lifetime-too-long", "a lifetime of more than 7 days"),
    ("lifetime-zero", "TLS 1.3 tickets that may not be used"),
    ("no-extended-master-secret", "TLS 1.2 sessions without RFC 7627"),
    ("early-data", "tickets allow early data (note)"),
    (
        "addresses-do-not-share",
        "a ticket of one address is unknown to another",
    ),
    (
        "crosses-certificates",
        "a ticket resumes where another certificate is shown",
    ),
    (
        "crosses-client-auth",
        "a ticket resumes where a client certificate is asked for",
    ),
    ("chain-broke", "while watching: a fresh ticket was refused"),
    (
        "lifetime-not-honoured",
        "while watching: a ticket was refused before its time",
    ),
    ("chain-ended", "while watching: the server put an end to a chain (note)"),
    ("chain-too-long", "while watching: a chain went on for more than a week"),
    ("lost", "while watching: no connection"),
    ("key-changed", "while watching: another key seals (note)"),
];
