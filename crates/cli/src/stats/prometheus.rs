//! Prometheus's text format, version 0.0.4.

use std::fmt::Write as _;

use carnet_keys::{Counter, KeyState};

use super::Shown;
use crate::ring_view;

/// A family of metrics: name, type, help, and one label's values with the counters behind them.
struct Family {
    name: &'static str,
    help: &'static str,
    counters: &'static [(&'static str, Counter)],
}

const FAMILIES: [Family; 5] = [
    Family {
        name: "carnet_tickets_issued_total",
        help: "Session tickets made.",
        counters: &[("", Counter::Issued)],
    },
    Family {
        name: "carnet_tickets_opened_total",
        help: "Session tickets taken: under the key that seals, or under an older one.",
        counters: &[
            ("key=\"sealing\"", Counter::Opened),
            ("key=\"older\"", Counter::Renewed),
        ],
    },
    Family {
        name: "carnet_tickets_refused_total",
        help: "Session tickets that were not taken, by reason. Their clients made full handshakes.",
        counters: &[
            ("reason=\"unknown_key\"", Counter::UnknownKey),
            ("reason=\"wrong_context\"", Counter::WrongContext),
            ("reason=\"chain_too_old\"", Counter::ChainTooOld),
        ],
    },
    Family {
        name: "carnet_tickets_not_made_total",
        help: "Session tickets that were not made, since there was no key.",
        counters: &[("", Counter::NoKey)],
    },
    Family {
        name: "carnet_ring_rotations_total",
        help: "How often the ring's keys were changed, by time or by hand.",
        counters: &[("", Counter::Rotations)],
    },
];

const STATES: [KeyState; 3] = [KeyState::Ahead, KeyState::Sealing, KeyState::Opening];

/// All families, each with a line for each ring.
pub(super) fn text(shown: &[Shown], now: u64) -> String {
    let mut out = String::new();
    for family in FAMILIES {
        head(&mut out, family.name, "counter", family.help);
        for shown in shown {
            for (label, counter) in family.counters {
                line(&mut out, family.name, shown, label, shown.ring.counted(*counter));
            }
        }
    }
    head(&mut out, "carnet_ring_keys", "gauge", "Keys in the ring, by state.");
    for shown in shown {
        let keys = shown.ring.keys(now);
        for state in STATES {
            let count = keys.iter().filter(|info| info.state == state).count();
            let label = format!("state=\"{}\"", ring_view::state(state));
            line(&mut out, "carnet_ring_keys", shown, &label, count as u64);
        }
    }
    let name = "carnet_ring_next_rotation_timestamp_seconds";
    head(
        &mut out,
        name,
        "gauge",
        "When the sealing key's time ends, seconds since 1970.",
    );
    for shown in shown {
        let sealing = shown
            .ring
            .keys(now)
            .into_iter()
            .find(|info| info.state == KeyState::Sealing);
        if let Some(info) = sealing.filter(|info| info.seals_until != u64::MAX) {
            line(&mut out, name, shown, "", info.seals_until);
        }
    }
    out
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// The ring is named by its file, or by the lowest id of its processes.
fn line(out: &mut String, name: &str, shown: &Shown, label: &str, value: u64) {
    let file = shown.file.as_ref().map(|file| file.display().to_string());
    let ring = match (file, shown.processes.first()) {
        (Some(file), _) => format!("ring=\"{}\"", escaped(&file)),
        (None, Some(process)) => format!("ring=\"\",command=\"{}\",pid=\"{process}\"", escaped(&shown.command)),
        (None, None) => "ring=\"\"".to_owned(),
    };
    let comma = if label.is_empty() { "" } else { "," };
    let _ = writeln!(out, "{name}{{{ring}{comma}{label}}} {value}");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn labels_are_escaped() {
        assert_eq!(super::escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
