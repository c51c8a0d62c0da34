//! Prometheus's text format, version 0.0.4.

use std::fmt::Write as _;

use carnet_keys::{Counter, KeyState};

use super::Shown;
use crate::{output, ring_view};

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
    let shown = named(shown);
    for family in FAMILIES {
        head(&mut out, family.name, "counter", family.help);
        for (name, shown) in &shown {
            for (label, counter) in family.counters {
                line(&mut out, family.name, name, label, shown.ring.counted(*counter));
            }
        }
    }
    head(&mut out, "carnet_ring_keys", "gauge", "Keys in the ring, by state.");
    for (name, shown) in &shown {
        let keys = shown.ring.keys(now);
        for state in STATES {
            let count = keys.iter().filter(|info| info.state == state).count();
            let label = format!("state=\"{}\"", ring_view::state(state));
            line(&mut out, "carnet_ring_keys", name, &label, count as u64);
        }
    }
    let family = "carnet_ring_next_rotation_timestamp_seconds";
    head(
        &mut out,
        family,
        "gauge",
        "When the sealing key's time ends, seconds since 1970.",
    );
    for (name, shown) in &shown {
        let sealing = shown
            .ring
            .keys(now)
            .into_iter()
            .find(|info| info.state == KeyState::Sealing);
        if let Some(info) = sealing.filter(|info| info.seals_until != u64::MAX) {
            line(&mut out, family, name, "", info.seals_until);
        }
    }
    out
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// Each ring with the labels that tell it from the others. Of one name there may be several: a file's path says another thing
/// in each container. Two lines of the same labels would make all of the text invalid.
fn named(shown: &[Shown]) -> Vec<(String, &Shown)> {
    let mut all: Vec<(String, &Shown)> = Vec::new();
    for shown in shown {
        let plain = labels(shown);
        let numbered = (2..).map(|number: u32| format!("{plain},number=\"{number}\""));
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        let name = names.find(|name| all.iter().all(|(known, _)| known != name));
        all.push((name.unwrap_or(plain), shown));
    }
    all
}

/// The ring is named by its file, or by the lowest id of its processes.
fn labels(shown: &Shown) -> String {
    let file = shown.file.as_ref().map(|file| file.display().to_string());
    match (file, shown.processes.first()) {
        (Some(file), _) => format!("ring=\"{}\"", escaped(&file)),
        (None, Some(process)) => format!("ring=\"\",command=\"{}\",pid=\"{process}\"", escaped(&shown.command)),
        (None, None) => "ring=\"\"".to_owned(),
    }
}

fn line(out: &mut String, family: &str, ring: &str, label: &str, value: u64) {
    let comma = if label.is_empty() { "" } else { "," };
    let _ = writeln!(out, "{family}{{{ring}{comma}{label}}} {value}");
}

fn escaped(text: &str) -> String {
    let text = output::harmless(text);
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use carnet_keys::{Policy, Ring};

    use super::*;

    /// As of two containers in which the ring has the same path, and of a process of somebody's who has named it with care.
    #[test]
    fn no_two_lines_have_the_same_labels() {
        let ring = |file: Option<&str>, command: &str| Shown {
            ring: Ring::rotating(Policy::default(), 1000),
            file: file.map(Into::into),
            processes: vec![7],
            command: command.to_owned(),
        };
        let path = "/var/lib/carnet/ring";
        let evil = "n\"} 9\nx\x1b";
        let all = [Some(path), Some(path), Some(path), None, None].map(|file| ring(file, evil));
        let text = text(&all, 1000);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let mut series: Vec<&str> = lines.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
        series.sort_unstable();
        series.dedup();
        assert_eq!(series.len(), lines.len(), "{text}");
        assert_eq!(lines.len(), all.len() * 12, "{text}");
        assert!(
            text.contains("ring=\"/var/lib/carnet/ring\"} ") && text.contains("ring\",number=\"3\"} "),
            "{text}"
        );
        assert!(
            text.contains(r#"command="n\"} 9\nx"#) && !text.contains('\x1b'),
            "{text}"
        );
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(super::escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
