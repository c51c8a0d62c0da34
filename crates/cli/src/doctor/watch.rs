//! Keeps resuming, and tells when that changes: across a reload, a restart, a rotation of keys.

use std::time::{Duration, Instant};

use carnet_tls::ProtocolVersion;

use super::cross::Known;
use super::examine::VERSIONS;
use super::facts::{Chain, Change, End, What};
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
    link: Option<Link>,
    /// An old ticket, and what the server said of its life.
    old: Option<(Kept, u32)>,
    is_lost: bool,
    resumptions: u64,
    longest: Duration,
}

/// The end of a chain of resumptions: what is offered next.
struct Link {
    kept: Kept,
    /// What the server said of its life; none if it has said nothing.
    lifetime: Option<u32>,
    /// It has not been offered yet.
    is_fresh: bool,
    /// When the full handshake was.
    since: Instant,
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
                    link: None,
                    old: None,
                    is_lost: false,
                    resumptions: 0,
                    longest: Duration::ZERO,
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
        let offer = self.link.as_ref().map(|link| link.kept.clone());
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
        let link = self.link.take();
        if let (Some(link), false) = (&link, visit.resumed) {
            seen.push(link.end(&visit, self.name_len));
        }
        let since = link.as_ref().filter(|_| visit.resumed).map(|link| link.since);
        if let Some(since) = since {
            self.resumptions += 1;
            self.longest = self.longest.max(since.elapsed());
        }
        self.link = match Link::of(&visit, since.unwrap_or_else(Instant::now)) {
            // Nothing new: the old one again, if that is of any use.
            None => link.filter(|_| visit.resumed && self.reusable).map(Link::used),
            new => new,
        };
        if self.old.is_none() && self.reusable {
            self.old = visit.kept.first().cloned().zip(visit.lifetimes.first().copied());
        }
    }

    /// Is a ticket honoured for as long as the server said?
    fn try_old(&mut self, manner: &Manner, seen: &mut Vec<What>) {
        let Some((old, lifetime)) = &self.old else { return };
        if is_over(old, *lifetime) {
            // Or the server has not said how long that is.
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
        let Some(name) = visit.kept.last().and_then(|newest| name(newest, self.name_len)) else {
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

    /// How it went on.
    pub(crate) fn chain(&self) -> Chain {
        Chain {
            address: self.endpoint.address.to_string(),
            version: self.label,
            resumptions: self.resumptions,
            longest: self.longest.as_secs(),
        }
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

/// A ticket's key, by its name.
fn name(kept: &Kept, len: Option<usize>) -> Option<&[u8]> {
    kept.bytes()?.get(..len?)
}

/// Server and client count seconds, and not from the same moment.
fn is_over(kept: &Kept, lifetime: u32) -> bool {
    kept.age().saturating_add(1) >= u64::from(lifetime)
}

impl Link {
    /// What a connection brought; `None` if that is nothing.
    fn of(visit: &Visit, since: Instant) -> Option<Self> {
        Some(Self {
            kept: visit.kept.last()?.clone(),
            lifetime: visit.lifetimes.last().copied().filter(|lifetime| *lifetime > 0),
            is_fresh: true,
            since,
        })
    }

    fn used(self) -> Self {
        Self {
            is_fresh: false,
            ..self
        }
    }

    /// It was refused, in this full handshake. What a client comes with again and again, as in TLS 1.2, runs out some time;
    /// and of a server that goes on with the key it can only be meant.
    fn end(&self, visit: &Visit, name_len: Option<usize>) -> What {
        let after = self.since.elapsed().as_secs();
        let before = name(&self.kept, name_len);
        let now = visit.kept.last().and_then(|newest| name(newest, name_len));
        let by = match self.lifetime {
            Some(lifetime) if is_over(&self.kept, lifetime) => End::Lifetime,
            None if !self.is_fresh => End::Reused,
            _ if before.is_some() && before == now => End::Server,
            _ => return What::Broke { after },
        };
        What::Ended { after, by }
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
    use carnet_ticket::{Secret, Session};
    use carnet_tls::CipherSuite;

    use super::*;

    /// A full handshake that brought a ticket under the key of this name.
    fn full(key: u8) -> Visit {
        let mut session = Session::new(0x0304, 0x1301, Secret::new(&[1; 32]).unwrap(), 7);
        session.ticket = Some(vec![key; 80].into());
        Visit {
            suite: CipherSuite(0x1301),
            resumed: false,
            kept: vec![Kept::new(session)],
            lifetimes: vec![300],
            max_early_data: 0,
            extended_master_secret: true,
            certificate: None,
            asks_certificate: false,
            alpn: None,
        }
    }

    #[test]
    fn chains_end_in_several_ways() {
        let link = |age| {
            let link = Link::of(&full(1), Instant::now()).unwrap();
            Link {
                kept: link.kept.aged(age),
                ..link
            }
        };
        let end = |by| What::Ended { after: 0, by };
        let broke = What::Broke { after: 0 };
        // Another key, the same, and one whose name nobody knows.
        assert_eq!(link(2).end(&full(2), Some(16)), broke);
        assert_eq!(link(2).end(&full(1), Some(16)), end(End::Server));
        assert_eq!(link(2).end(&full(1), None), broke);
        // Server and client begin to count in different seconds.
        assert_eq!(link(298).used().end(&full(2), Some(16)), broke);
        assert_eq!(link(299).used().end(&full(2), Some(16)), end(End::Lifetime));
        // A session id, of which nobody has said how long it is good for.
        let unknown = |is_fresh| Link {
            lifetime: None,
            is_fresh,
            ..link(2)
        };
        assert_eq!(unknown(true).end(&full(2), Some(16)), broke);
        assert_eq!(unknown(false).end(&full(2), Some(16)), end(End::Reused));
        // A ticket from before the last second of its life.
        assert!(is_over(&link(299).kept, 300) && !is_over(&link(298).kept, 300));
    }

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
