//! What is printed: tables and sentences for a person, or one JSON object for a script.

use std::fmt::Write as _;

use serde::Serialize;

use super::cross::show;
use super::facts::{Change, Facts, Outcome, Seen, Server, Version, What};
use super::finding::{Finding, Level};
use crate::table::with_header;

/// The JSON object.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    findings: &'a [Finding],
}

/// For a script.
pub(crate) fn json(facts: &Facts, findings: &[Finding]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Report { facts, findings })
}

/// Everything but the findings.
pub(crate) fn tables(facts: &Facts) -> String {
    let mut text = String::new();
    let mut target = None;
    for server in &facts.servers {
        if target != Some(&server.target) {
            let name = server
                .name
                .as_ref()
                .map(|name| format!(" as {name}"))
                .unwrap_or_default();
            // Writing to a String can't fail, here and below.
            let _ = writeln!(
                text,
                "{}{}{name}",
                if target.is_some() { "\n" } else { "" },
                server.target
            );
            target = Some(&server.target);
            let group: Vec<&Server> = facts
                .servers
                .iter()
                .filter(|other| other.target == server.target)
                .collect();
            let _ = writeln!(text, "{}", servers(&group));
        }
    }
    if !facts.crossings.is_empty() {
        let _ = writeln!(text, "\nSessions taken along\n{}", crossings(facts));
    }
    text
}

fn servers(group: &[&Server]) -> String {
    let mut table = with_header(&[
        "address", "TLS", "suite", "tickets", "lifetime", "resumed", "renewed", "again", "key name",
    ]);
    for server in group {
        for version in &server.versions {
            table.add_row(row(server, version));
        }
    }
    table.to_string()
}

fn row(server: &Server, version: &Version) -> Vec<String> {
    let head = [server.address.clone(), version.version.to_owned()];
    let rest = match (&version.outcome, &version.seen) {
        (_, Some(seen)) => cells(seen),
        (Outcome::NotSpoken, _) => vec!["not spoken".to_owned()],
        (Outcome::NoRoute, _) => vec!["no route from here".to_owned()],
        (Outcome::Unreachable(_), _) => vec!["no connection".to_owned()],
        (Outcome::Failed(_) | Outcome::Ok, _) => vec!["no handshake".to_owned()],
    };
    let mut row: Vec<String> = head.into_iter().chain(rest).collect();
    row.resize(9, String::new());
    row
}

fn cells(seen: &Seen) -> Vec<String> {
    let (tickets, back) = (&seen.tickets, &seen.resumption);
    let sent = if tickets.session_id_only {
        "session id".to_owned()
    } else {
        tickets.sent.to_string()
    };
    let tried = back.offered > 0;
    vec![
        seen.suite.replace("_WITH_", "_").trim_start_matches("TLS_").to_owned(),
        sent,
        tickets.lifetime.map(span).unwrap_or_default(),
        if tried {
            format!("{} of {}", back.resumed, back.offered)
        } else {
            "-".to_owned()
        },
        if back.resumed > 0 {
            back.renewed.to_string()
        } else {
            "-".to_owned()
        },
        match back.reusable {
            _ if seen.extended_master_secret.is_some() => "-",
            Some(true) => "yes",
            Some(false) => "no",
            None => "-",
        }
        .to_owned(),
        keys(seen),
    ]
}

fn keys(seen: &Seen) -> String {
    let names = &seen.tickets.keys.names;
    match names.as_slice() {
        [] => "-".to_owned(),
        [one] => one.chars().take(16).collect(),
        [first, ..] => format!(
            "{} and {} more",
            first.chars().take(16).collect::<String>(),
            names.len() - 1
        ),
    }
}

/// Seconds as a person says them, as long as they come out even.
fn span(seconds: u32) -> String {
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
        if seconds >= length && seconds.is_multiple_of(length) {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}

fn crossings(facts: &Facts) -> String {
    let mut table = with_header(&["from", "to", "TLS", "resumed"]);
    for crossing in &facts.crossings {
        table.add_row([
            show(&crossing.from),
            show(&crossing.to),
            crossing.version.to_owned(),
            if crossing.resumed { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table.to_string()
}

/// One line for a change, as it is seen.
pub(crate) fn change(change: &Change) -> String {
    let what = match &change.what {
        What::Broke { after } => format!("refused a fresh ticket, after {after} s of resumptions"),
        What::Refused { age, lifetime } => format!("refused a ticket {age} s old that was to live {lifetime} s"),
        What::KeyName { from, to, seen } => format!("new key {to}, after {seen} s with {from}"),
        What::Lost { why } => format!("no connection: {why}"),
        What::Back => "connected again".to_owned(),
    };
    format!("{:>6} s  {} TLS {}  {what}", change.at, change.address, change.version)
}

/// The sentences.
pub(crate) fn findings(findings: &[Finding], allowed: &[String]) -> String {
    if findings.is_empty() {
        return "Nothing to complain about.\n".to_owned();
    }
    let mut text = String::new();
    let mut told: Vec<&Finding> = Vec::new();
    for finding in findings {
        let is_same = |other: &Finding| other.code == finding.code && other.text == finding.text;
        if told.iter().any(|other| is_same(other)) {
            continue;
        }
        told.push(finding);
        let level = match finding.level {
            Level::Problem if allowed.iter().any(|code| code == finding.code) => "allowed",
            Level::Problem => "problem",
            Level::Note => "note",
        };
        let places = findings.iter().filter(|other| is_same(other));
        let places: Vec<&str> = places.map(|other| other.place.as_str()).collect();
        let _ = writeln!(
            text,
            "{level}: {} [{}]\n  {}\n  {}\n",
            places.join("\n  and "),
            finding.code,
            finding.text,
            finding.advice
        );
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::{Border, Crossing, Place};

    #[test]
    fn spans_are_short() {
        assert_eq!(
            [span(604_800), span(7200), span(300), span(90), span(0)],
            ["7 d", "2 h", "5 m", "90 s", "0 s"]
        );
    }

    #[test]
    fn every_level_has_its_word() {
        let list = [
            Finding::problem("a", "p", "Text.", "Advice."),
            Finding::problem("b", "p", "Text.", "Advice."),
            Finding::note("c", "p", "Text.", "Advice."),
        ];
        let text = findings(&list, &["b".to_owned()]);
        assert_eq!(
            text,
            "problem: p [a]\n  Text.\n  Advice.\n\nallowed: p [b]\n  Text.\n  Advice.\n\nnote: p [c]\n  Text.\n  Advice.\n"
        );
    }

    /// Scripts rely on the names.
    #[test]
    fn json_has_the_names_that_it_always_had() {
        let mut all = facts();
        let found = [Finding::note("c", "p", "Text.", "Advice.")];
        let text = json(&all, &found).unwrap();
        let expected = include_str!("report.json");
        assert_eq!(text, expected.trim_end());
        all.crossings.clear();
        assert!(json(&all, &[]).unwrap().contains("\"crossings\": []"));
    }

    fn facts() -> Facts {
        let place = Place {
            target: "a:443".into(),
            address: "192.0.2.1:443".into(),
            name: Some("a".into()),
            certificate: Some("aa".into()),
            asks_certificate: false,
        };
        let seen = Seen {
            extended_master_secret: Some(true),
            ..Seen::default()
        };
        let version = |version, outcome, seen| Version { version, outcome, seen };
        let change = |what| Change {
            at: 5,
            address: "192.0.2.1:443".into(),
            version: "1.3",
            what,
        };
        Facts {
            servers: vec![Server {
                target: "a:443".into(),
                address: "192.0.2.1:443".into(),
                name: Some("a".into()),
                versions: vec![
                    version("1.3", Outcome::Failed("why".into()), None),
                    version("1.2", Outcome::Ok, Some(seen)),
                ],
            }],
            crossings: vec![Crossing {
                border: Border::Address,
                version: "1.3",
                from: place.clone(),
                to: place,
                resumed: true,
            }],
            watch: vec![
                change(What::Broke { after: 4 }),
                change(What::Refused { age: 4, lifetime: 7200 }),
                change(What::KeyName {
                    from: "11".into(),
                    to: "22".into(),
                    seen: 3,
                }),
                change(What::Lost { why: "x".into() }),
                change(What::Back),
            ],
        }
    }
}
