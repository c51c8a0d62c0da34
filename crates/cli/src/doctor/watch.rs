//! Keeps resuming, and tells when that changes: across a reload, a restart, a rotation of keys.

use std::time::{Duration, Instant};

use carnet_tls::ProtocolVersion;

use super::cross::Known;
use super::examine::VERSIONS;
use super::facts::{Change, What};
use super::kept::Kept;
use super::offer::Manner;
use super::target::Endpoint;
use super::visit::{Trip, Visit, visit};
use crate::table::hex;

/// One version at one address, watched.
pub(crate) struct Watched<'a> {
    endpoint: &'a Endpoint,
    version: ProtocolVersion,
    label: &'static str,
    /// A used ticket can be used again.
    reusable: bool,
    name_len: Option<usize>,
    names: Vec<(String, Instant)>,
    chain: Option<(Kept, Instant)>,
    /// An old ticket, and what the server said of its life.
    old: Option<(Kept, u32)>,
    is_lost: bool,
    pub(crate) resumptions: u64,
}

/// Everything that resumes at all.
pub(crate) fn watched<'a>(known: &[Known<'a>]) -> Vec<Watched<'a>> {
    let mut list = Vec::new();
    for known in known {
        for (version, label) in VERSIONS {
            let found = known.server.versions.iter().find(|found| found.version == label);
            let Some(seen) = found.and_then(|found| found.seen.as_ref()) else {
                continue;
            };
            let names = seen.tickets.keys.names.iter();
            if seen.resumption.resumed > 0 {
                list.push(Watched {
                    endpoint: known.endpoint,
                    version,
                    label,
                    reusable: label == "1.2" || seen.resumption.reusable == Some(true),
                    name_len: seen.tickets.keys.len,
                    names: names.map(|name| (name.clone(), Instant::now())).collect(),
                    chain: None,
                    old: None,
                    is_lost: false,
                    resumptions: 0,
                });
            }
        }
    }
    list
}

impl Watched<'_> {
    /// One more look; `began` is when the watch did.
    pub(crate) fn look(&mut self, began: Instant, manner: &Manner) -> Vec<Change> {
        let mut seen = Vec::new();
        self.go_on(manner, &mut seen);
        self.try_old(manner, &mut seen);
        let at = began.elapsed().as_secs();
        let change = |what| Change {
            at,
            address: self.endpoint.address.to_string(),
            version: self.label,
            what,
        };
        seen.into_iter().map(change).collect()
    }

    /// The chain: each connection resumes with what the one before it brought.
    fn go_on(&mut self, manner: &Manner, seen: &mut Vec<What>) {
        let offer = self.chain.as_ref().map(|(kept, _)| kept.clone());
        let visit = match self.visit(offer.as_ref(), manner) {
            Ok(visit) => visit,
            Err(trouble) => {
                if !std::mem::replace(&mut self.is_lost, true) {
                    seen.push(What::Lost {
                        why: trouble.describe(),
                    });
                }
                return;
            }
        };
        if std::mem::take(&mut self.is_lost) {
            seen.push(What::Back);
        }
        self.note_name(&visit, seen);
        let newest = visit.kept.last().cloned();
        match (&self.chain, visit.resumed) {
            (Some((_, since)), true) => {
                self.resumptions += 1;
                let since = *since;
                if let Some(newest) = newest {
                    self.chain = Some((newest, since));
                } else if !self.reusable {
                    self.chain = None;
                }
            }
            (chain, _) => {
                if let Some((_, since)) = chain {
                    seen.push(What::Broke {
                        after: since.elapsed().as_secs(),
                    });
                }
                self.chain = newest.map(|newest| (newest, Instant::now()));
            }
        }
        if self.old.is_none() && self.reusable {
            self.old = visit.kept.first().cloned().zip(visit.lifetimes.first().copied());
        }
    }

    /// Is a ticket honoured for as long as the server said?
    fn try_old(&mut self, manner: &Manner, seen: &mut Vec<What>) {
        let Some((old, lifetime)) = &self.old else { return };
        if old.age() >= u64::from(*lifetime) {
            // Its time is over, or the server has not said how long that is.
            self.old = None;
            return;
        }
        let Ok(visit) = self.visit(Some(old), manner) else {
            return;
        };
        if visit.resumed {
            self.resumptions += 1;
        } else {
            seen.push(What::Refused {
                age: old.age(),
                lifetime: *lifetime,
            });
            self.old = None;
        }
    }

    fn note_name(&mut self, visit: &Visit, seen: &mut Vec<What>) {
        let newest = visit.kept.last().and_then(Kept::bytes);
        let Some(name) = newest.zip(self.name_len).and_then(|(ticket, len)| ticket.get(..len)) else {
            return;
        };
        let name = hex(name);
        if self.names.iter().any(|(known, _)| *known == name) {
            return;
        }
        if let Some((last, since)) = self.names.last() {
            seen.push(What::KeyName {
                from: last.clone(),
                to: name.clone(),
                seen: since.elapsed().as_secs(),
            });
        }
        self.names.push((name, Instant::now()));
    }

    fn visit(&self, offer: Option<&Kept>, manner: &Manner) -> Result<Visit, super::trouble::Trouble> {
        let trip = Trip {
            address: self.endpoint.address,
            version: self.version,
            name: self.endpoint.name.as_deref(),
            offer,
        };
        visit(trip, manner)
    }
}

/// When the watch ends, and how often it looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) every: Duration,
    pub(crate) until: Option<Instant>,
}

/// Looks again and again, until it is time or `stop` says so; tells each change as it is seen.
pub(crate) fn watch(
    list: &mut [Watched<'_>],
    pace: Pace,
    manner: &Manner,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&[Change], u64),
) -> Vec<Change> {
    let began = Instant::now();
    let mut all = Vec::new();
    let mut due = began;
    loop {
        for watched in list.iter_mut() {
            if stop() {
                return all;
            }
            let changes = watched.look(began, manner);
            all.extend(changes.iter().cloned());
            tell(&changes, began.elapsed().as_secs());
        }
        due = next_look(due, pace.every, Instant::now());
        if pace.until.is_some_and(|until| due > until) || !rest(due, stop) {
            return all;
        }
    }
}

/// On the beat; but looks that took longer than that are not made up for, which a server that has just recovered would feel.
fn next_look(due: Instant, every: Duration, now: Instant) -> Instant {
    (due + every).max(now)
}

/// Waits; `false` if told to stop.
fn rest(until: Instant, stop: &dyn Fn() -> bool) -> bool {
    const NAP: Duration = Duration::from_millis(100);
    loop {
        if stop() {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(NAP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_is_more_than_a_clock_can_bear() {
        let longest = super::super::seconds(u64::MAX);
        let _no_panic = next_look(Instant::now() + longest, longest, Instant::now());
        assert_eq!(super::super::seconds(90), Duration::from_secs(90));
    }

    #[test]
    fn nothing_is_made_up_for() {
        let (began, second) = (Instant::now(), Duration::from_secs(1));
        assert_eq!(next_look(began, second, began + second / 2), began + second);
        let late = began + 60 * second;
        assert_eq!(next_look(began, second, late), late);
        assert_eq!(next_look(late, second, late), late + second);
    }
}
