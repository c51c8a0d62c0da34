//! What changed while watching: each kind of change once for each address and version, however often it happened.

use crate::doctor::facts::{Chain, Change, End, What};
use crate::doctor::finding::Finding;
use crate::time;

pub(super) fn judge(changes: &[Change]) -> Vec<Finding> {
    let told: Vec<&Change> = changes.iter().filter(|change| !is_explained(change, changes)).collect();
    let mut findings = Vec::new();
    for (at, &first) in told.iter().enumerate() {
        let is_same = |other: &&Change| is_there(other, first) && is_alike(&other.what, &first.what);
        if !told.iter().take(at).any(is_same) {
            let all: Vec<&Change> = told.iter().copied().filter(is_same).collect();
            let is_new = |other: &Change| matches!(other.what, What::KeyName { .. }) && is_with(other, first);
            findings.extend(finding(first, &all, changes.iter().any(is_new)));
        }
    }
    findings
}

/// RFC 8446 lets no ticket live for longer, and wants the whole chain to have an end; a day more is for those that count
/// otherwise.
const MOST: u64 = 8 * 86_400;

/// A chain that is older than any one ticket may be.
pub(super) fn endless(chains: &[Chain]) -> Vec<Finding> {
    let endless = chains.iter().filter(|chain| chain.longest > MOST);
    let finding = |chain: &Chain| {
        Finding::problem(
            "chain-too-long",
            format!("{} TLS {}", chain.address, chain.version),
            format!(
                "A session was resumed again and again for {}, without a full handshake: all that time nobody has looked at \
                 certificates.",
                time::span(chain.longest)
            ),
            "OpenSSL puts no end to such chains in TLS 1.3. libcarnet_preload.so does, after seven days (CARNET_CHAIN_CAP).",
        )
    };
    endless.map(finding).collect()
}

fn is_alike(one: &What, other: &What) -> bool {
    match (one, other) {
        (What::Ended { by, .. }, What::Ended { by: other, .. }) => by == other,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

fn is_there(one: &Change, other: &Change) -> bool {
    (&one.address, one.version) == (&other.address, other.version)
}

/// At one place and time.
fn is_with(one: &Change, other: &Change) -> bool {
    one.at == other.at && is_there(one, other)
}

/// Keys that are lost break the chain, refuse old tickets and show a new name, all at once: said once. So does an end that the
/// server puts to a chain.
fn is_explained(change: &Change, all: &[Change]) -> bool {
    let breaks =
        |other: &Change| matches!(other.what, What::Broke { .. } | What::Ended { .. }) && is_with(other, change);
    matches!(change.what, What::KeyName { .. } | What::Refused { .. }) && all.iter().any(breaks)
}

fn finding(first: &Change, all: &[&Change], with_new_key: bool) -> Option<Finding> {
    let place = format!("{} TLS {}", first.address, first.version);
    let when = when(first, all.len());
    let key = if with_new_key {
        ", and another key seals since then"
    } else {
        ""
    };
    match &first.what {
        What::Broke { after } => Some(Finding::problem(
            "chain-broke",
            place,
            format!("Resumption broke: after {after} s of resuming, a fresh ticket was refused{key} ({when})."),
            "If there was a reload or a restart, the keys did not survive it: Apache's graceful and nginx before 1.23.2 make new \
             ones. libcarnet_preload.so keeps them across a reload, and with a CARNET_RING across a restart.",
        )),
        What::Refused { age, lifetime } => Some(Finding::problem(
            "lifetime-not-honoured",
            place,
            format!("A ticket that was said to live {lifetime} s was refused when it was {age} s old ({when})."),
            "Either the keys did not survive a reload, or they rotate faster than tickets run out: keep a key for opening as long \
             as its last ticket lives (CARNET_LIFETIME), or lower the session timeout.",
        )),
        What::KeyName { .. } => Some(Finding::note(
            "key-changed",
            place,
            format!("Another key seals tickets than before{} ({when}).", seen_for(all)),
            "Nothing to do: keys should change. Without rotation it means that a reload made new ones.",
        )),
        What::Lost { why } => Some(Finding::problem(
            "lost",
            place,
            format!("No connection: {why} ({when})."),
            "See whether the server was restarted, or is overloaded.",
        )),
        What::Ended { after, by: End::Server } => Some(Finding::note(
            "chain-ended",
            place,
            format!(
                "The server ended a chain of resumptions after {after} s, before the ticket had run out and with the same key as \
                 before ({when})."
            ),
            "As it should be where such chains have an end (libcarnet_preload.so's CARNET_CHAIN_CAP, seven days by default). \
             Otherwise the application has turned the session down.",
        )),
        What::Ended { .. } | What::Back => None,
    }
}

fn when(first: &Change, times: usize) -> String {
    match times {
        0 | 1 => format!("{} s after the watch began", first.at),
        _ => format!("{times} times, first {} s after the watch began", first.at),
    }
}

/// For how long each key was seen that gave way to another after the first, of which nobody knows how old it was.
fn seen_for(all: &[&Change]) -> String {
    let spans = all.iter().skip(1).filter_map(|change| match change.what {
        What::KeyName { seen, .. } => Some(seen),
        _ => None,
    });
    let (least, most) = (spans.clone().min(), spans.max());
    match least.zip(most) {
        Some((least, most)) if least < most => format!(", each for {least} to {most} s"),
        Some((least, _)) => format!(", each for {least} s"),
        None => String::new(),
    }
}
