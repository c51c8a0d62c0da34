//! What changed while watching.

use crate::doctor::facts::{Change, What};
use crate::doctor::finding::Finding;

pub(super) fn judge(changes: &[Change]) -> Vec<Finding> {
    changes.iter().filter_map(finding).collect()
}

fn finding(change: &Change) -> Option<Finding> {
    let place = format!("{} TLS {} after {} s", change.address, change.version, change.at);
    match &change.what {
        What::Broke { after } => Some(Finding::problem(
            "chain-broke",
            place,
            format!("Resumption broke: after {after} s of resuming, a fresh ticket was refused."),
            "If there was a reload or a restart, the keys did not survive it: Apache's graceful and nginx before 1.23.2 make new \
             ones. libcarnet_preload.so keeps them across a reload, and with a CARNET_RING across a restart.",
        )),
        What::Refused { age, lifetime } => Some(Finding::problem(
            "lifetime-not-honoured",
            place,
            format!("A ticket that was said to live {lifetime} s was refused when it was {age} s old."),
            "Either the keys did not survive a reload, or they rotate faster than tickets run out: keep a key for opening as long \
             as its last ticket lives (CARNET_LIFETIME), or lower the session timeout.",
        )),
        What::KeyName { from, to, seen } => Some(Finding::note(
            "key-changed",
            place,
            format!("Another key seals tickets: {to}, after {from} had been seen for {seen} s."),
            "Nothing to do: keys should change. Without rotation it means that a reload made new ones.",
        )),
        What::Lost { why } => Some(Finding::problem(
            "lost",
            place,
            format!("No connection: {why}."),
            "See whether the server was restarted, or is overloaded.",
        )),
        What::Back => None,
    }
}
