//! What is printed: tables and sentences for a person, or one JSON object for a script.

use std::fmt::Write as _;

use serde::Serialize;

use super::cross;
use super::facts::{Chain, Change, End, Facts, Outcome, Seen, Server, Version, What};
use super::finding::{Finding, Level};
use crate::table::{self, with_header};
use crate::time;

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
        let _ = writeln!(
            text,
            "\nSessions taken from one place to another: do they resume?\n{}",
            crossings(facts)
        );
    }
    text
}

fn servers(group: &[&Server]) -> String {
    let mut table = with_header(&[
        "address", "TLS", "tickets", "life", "resumed", "renewed", "again", "key name",
    ]);
    for server in group {
        for version in &server.versions {
            table.add_row(row(server, version));
        }
    }
    table::fit(table, table::width())
}

fn row(server: &Server, version: &Version) -> Vec<String> {
    let address = server.address.rsplit_once(':').filter(|(_, port)| {
        // The target's own port needs no mention.
        server.target.rsplit_once(':').is_some_and(|(_, own)| own == *port)
    });
    let address = address.map_or(server.address.as_str(), |(address, _)| address);
    let head = [address.to_owned(), version.version.to_owned()];
    let rest = match (&version.outcome, &version.seen) {
        (_, Some(seen)) => cells(seen),
        (Outcome::NotSpoken, _) => vec!["not spoken".to_owned()],
        (Outcome::NoRoute, _) => vec!["no route from here".to_owned()],
        (Outcome::Unreachable(_), _) => vec!["no connection".to_owned()],
        (Outcome::Failed(_) | Outcome::Ok, _) => vec!["no handshake".to_owned()],
    };
    let mut row: Vec<String> = head.into_iter().chain(rest).collect();
    row.resize(8, String::new());
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
        sent,
        match tickets.lifetime {
            // In TLS 1.2 that says nothing (RFC 5077 section 3.3).
            Some(0) if seen.extended_master_secret.is_some() => "-".to_owned(),
            lifetime => lifetime.map(span).unwrap_or_default(),
        },
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
        [one] => short(one),
        [first, ..] => format!("{} and {} more", short(first), names.len() - 1),
    }
}

/// Enough of a key's name to tell it from others.
fn short(name: &str) -> String {
    name.chars().take(12).collect()
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

/// A line for each way, both versions in it.
fn crossings(facts: &Facts) -> String {
    let mut table = with_header(&["where", "from", "to", "TLS 1.3", "TLS 1.2"]);
    let mut ways: Vec<([String; 3], [&str; 2])> = Vec::new();
    for crossing in &facts.crossings {
        let [from, to] = cross::ends(crossing);
        let way = [cross::common(crossing), from, to];
        let known = ways.iter().position(|(other, _)| *other == way);
        let at = known.unwrap_or(ways.len());
        if known.is_none() {
            ways.push((way, ["-"; 2]));
        }
        let resumed = if crossing.resumed { "yes" } else { "no" };
        if let Some((_, [new, old])) = ways.get_mut(at) {
            *(if crossing.version == "1.3" { new } else { old }) = resumed;
        }
    }
    for ([common, from, to], [new, old]) in &ways {
        table.add_row([common.as_str(), from, to, new, old]);
    }
    table::fit(table, table::width())
}

/// One line for a change, as it is seen.
pub(crate) fn change(change: &Change) -> String {
    let what = match &change.what {
        What::Broke { after } => format!("refused a fresh ticket, after {after} s of resumptions"),
        What::Ended {
            after,
            by: End::Lifetime,
        } => {
            format!("a full handshake, after {after} s of resumptions: the ticket had run out")
        }
        What::Ended { after, by: End::Reused } => {
            format!("a full handshake, after {after} s of resuming one session, whose lifetime nobody has said")
        }
        What::Ended { after, by: End::Server } => {
            format!("a full handshake, after {after} s of resumptions, with the same key as before")
        }
        What::Refused { age, lifetime } => format!("refused a ticket {age} s old that was to live {lifetime} s"),
        What::KeyName { from, to, seen } => format!("new key {}, after {seen} s with {}", short(to), short(from)),
        What::Lost { why } => format!("no connection: {why}"),
        What::Back => "connected again".to_owned(),
    };
    format!("{:>6} s  {} TLS {}  {what}", change.at, change.address, change.version)
}

/// How the watch went: for each version how often it resumed, and for how long without a full handshake.
pub(crate) fn chains(chains: &[Chain], changes: usize) -> String {
    let mut text = String::new();
    for chain in chains {
        let (address, version) = (&chain.address, chain.version);
        let (count, longest) = (counted(chain.resumptions, "resumption"), time::span(chain.longest));
        let _ = writeln!(
            text,
            "{address} TLS {version}: {count}, for {longest} without a full handshake"
        );
    }
    text + &counted(changes as u64, "change") + "\n"
}

fn counted(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// The sentences.
pub(crate) fn findings(findings: &[Finding], allowed: &[String], width: Option<usize>) -> String {
    if findings.is_empty() {
        return "Nothing to complain about.\n".to_owned();
    }
    let mut text = String::new();
    for group in grouped(findings) {
        for (finding, places) in &group {
            let level = match finding.level {
                Level::Problem if allowed.iter().any(|code| code == finding.code) => "allowed",
                Level::Problem => "problem",
                Level::Note => "note",
            };
            let places = places.join("\n  and ");
            let _ = writeln!(text, "{level}: {places} [{}]", finding.code);
            let _ = writeln!(text, "{}", table::wrap(&finding.text, "  ", width));
        }
        let advice = group.first().map(|(finding, _)| finding.advice).unwrap_or_default();
        let _ = writeln!(text, "{}\n", table::wrap(advice, "  ", width));
    }
    text.pop();
    text
}

/// A finding, and where else the same is the case.
type Told<'a> = (&'a Finding, Vec<&'a str>);

/// Those of one code and advice together, in the order of first appearance.
fn grouped(findings: &[Finding]) -> Vec<Vec<Told<'_>>> {
    let mut groups: Vec<Vec<Told<'_>>> = Vec::new();
    for finding in findings {
        let is_of = |group: &&mut Vec<Told<'_>>| {
            let first = group.first().map(|(first, _)| (first.code, first.advice));
            first == Some((finding.code, finding.advice))
        };
        let Some(group) = groups.iter_mut().find(is_of) else {
            groups.push(vec![(finding, vec![&finding.place])]);
            continue;
        };
        match group.iter_mut().find(|(told, _)| told.text == finding.text) {
            Some((_, places)) => places.push(&finding.place),
            None => group.push((finding, vec![&finding.place])),
        }
    }
    groups
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
    fn a_hint_of_zero_is_none() {
        let mut seen = Seen::default();
        seen.tickets.lifetime = Some(0);
        assert_eq!(cells(&seen)[1], "0 s");
        seen.extended_master_secret = Some(true);
        assert_eq!(cells(&seen)[1], "-");
    }

    #[test]
    fn every_level_has_its_word() {
        let list = [
            Finding::problem("a", "p", "Text.", "Advice."),
            Finding::problem("b", "p", "Text.", "Advice."),
            Finding::note("c", "p", "Text.", "Advice."),
        ];
        let text = findings(&list, &["b".to_owned()], None);
        assert_eq!(
            text,
            "problem: p [a]\n  Text.\n  Advice.\n\nallowed: p [b]\n  Text.\n  Advice.\n\nnote: p [c]\n  Text.\n  Advice.\n"
        );
    }

    #[test]
    fn advice_is_given_once() {
        let list = [
            Finding::problem("a", "p", "Text.", "Advice."),
            Finding::problem("b", "p", "Text.", "Advice."),
            Finding::problem("a", "q", "Text.", "Advice."),
            Finding::problem("a", "r", "Other text.", "Advice."),
        ];
        assert_eq!(
            findings(&list, &[], Some(12)),
            "problem: p\n  and q [a]\n  Text.\nproblem: r [a]\n  Other\n  text.\n  Advice.\n\n\
             problem: p [b]\n  Text.\n  Advice.\n"
        );
    }

    #[test]
    fn both_versions_of_a_way_are_one_line() {
        let mut all = facts();
        let mut old = all.crossings[0].clone();
        (old.version, old.resumed) = ("1.2", false);
        all.crossings.push(old);
        let text = crossings(&all);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        let words: Vec<&str> = lines[3].split_whitespace().collect();
        assert_eq!(words, ["│", "a", "192.0.2.1:443", "192.0.2.1:443", "yes", "no", "│"]);
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
                change(What::Ended {
                    after: 4,
                    by: End::Server,
                }),
                change(What::Refused { age: 4, lifetime: 7200 }),
                change(What::KeyName {
                    from: "11".into(),
                    to: "22".into(),
                    seen: 3,
                }),
                change(What::Lost { why: "x".into() }),
                change(What::Back),
            ],
            chains: vec![Chain {
                address: "192.0.2.1:443".into(),
                version: "1.3",
                resumptions: 3,
                longest: 4,
            }],
        }
    }
}
