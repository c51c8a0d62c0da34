//! One address of one target: what it does with tickets, found by connecting again and again.

use carnet_tls::ProtocolVersion;

use super::facts::{Outcome, Resumption, Seen, Server, Tickets, Version};
use super::kept::Kept;
use super::keynames::KeyNames;
use super::offer::Manner;
use super::progress::Progress;
use super::target::Endpoint;
use super::trouble::Trouble;
use super::visit::{Trip, Visit, visit};
use crate::table::hex;

/// Newest first.
pub(crate) const VERSIONS: [(ProtocolVersion, &str); 2] =
    [(ProtocolVersion::TLS1_3, "1.3"), (ProtocolVersion::TLS1_2, "1.2")];

/// So many failures in a row end the attempts.
const MAX_FAILURES: usize = 2;

/// Looks at both versions.
pub(crate) fn examine(endpoint: &Endpoint, tries: usize, manner: &Manner, progress: &mut Progress) -> Server {
    let mut found: Vec<(&'static str, Result<Seen, Trouble>)> = Vec::new();
    for (version, label) in VERSIONS {
        progress.say(&format!("{} TLS {label}", endpoint.address));
        let examination = Examination {
            endpoint,
            version,
            manner,
        };
        // Who does not answer at all is not asked twice.
        let dead = found.iter().find_map(|(_, result)| result.as_ref().err());
        let result = match dead.filter(|trouble| trouble.is_final()) {
            Some(trouble) => Err(trouble.clone()),
            None => examination.run(tries),
        };
        found.push((label, result));
    }
    let spoke = |trouble: &Trouble| !trouble.is_final() && !trouble.is_silence();
    let has_spoken = found.iter().any(|(_, result)| result.as_ref().err().is_none_or(spoke));
    let version = |(version, result): (&'static str, Result<Seen, Trouble>)| Version {
        version,
        outcome: result
            .as_ref()
            .err()
            .map_or(Outcome::Ok, |why| outcome(why, has_spoken)),
        seen: result.ok(),
    };
    Server {
        target: endpoint.target.clone(),
        address: endpoint.address.to_string(),
        name: endpoint.name.clone(),
        versions: found.into_iter().map(version).collect(),
    }
}

struct Examination<'a> {
    endpoint: &'a Endpoint,
    version: ProtocolVersion,
    manner: &'a Manner,
}

impl Examination<'_> {
    fn run(&self, tries: usize) -> Result<Seen, Trouble> {
        let first = self.visit(None)?;
        let mut seen = begin(&first, self.version);
        let mut heap = Heap::default();
        let mut purse = Purse::new(self.version);
        heap.add(&first);
        purse.fill(&first);
        self.come_back(tries, &mut purse, &mut heap, &mut seen.resumption);
        if heap.tickets.len() == 1
            && let Ok(again) = self.visit(None)
        {
            // One ticket alone does not tell what of it is the key's name.
            heap.add(&again);
        }
        heap.put_into(&mut seen.tickets);
        Ok(seen)
    }

    fn visit(&self, offer: Option<&Kept>) -> Result<Visit, Trouble> {
        let trip = Trip {
            address: self.endpoint.address,
            version: self.version,
            name: self.endpoint.name.as_deref(),
            offer,
        };
        visit(trip, self.manner)
    }

    /// Offers what there is, newest first, as often as asked, and then a ticket that has been used once more.
    fn come_back(&self, tries: usize, purse: &mut Purse, heap: &mut Heap, found: &mut Resumption) {
        let mut failures = 0;
        for _ in 0..tries {
            let Some((kept, is_new)) = purse.next() else { return };
            let visit = match self.visit(Some(&kept)) {
                Ok(visit) => visit,
                Err(_) => {
                    found.failed += 1;
                    failures += 1;
                    if failures == MAX_FAILURES {
                        return;
                    }
                    continue;
                }
            };
            failures = 0;
            heap.add(&visit);
            note(found, &visit, is_new);
            purse.fill(&visit);
            if visit.resumed {
                purse.used = Some(kept);
            }
        }
        if found.reusable.is_none()
            && let Some(used) = purse.used.take()
            && let Ok(visit) = self.visit(Some(&used))
        {
            found.reusable = Some(visit.resumed);
        }
    }
}

/// A refused ticket that had been used before says something about reuse, and nothing else.
fn note(found: &mut Resumption, visit: &Visit, is_new: bool) {
    if !is_new {
        found.reusable = Some(visit.resumed && found.reusable != Some(false));
    }
    if is_new || visit.resumed {
        found.offered += 1;
    }
    if visit.resumed {
        found.resumed += 1;
        found.renewed += usize::from(!visit.lifetimes.is_empty());
    }
}

fn begin(first: &Visit, version: ProtocolVersion) -> Seen {
    let tickets = Tickets {
        sent: first.lifetimes.len(),
        session_id_only: first.lifetimes.is_empty() && !first.kept.is_empty(),
        ..Tickets::default()
    };
    Seen {
        suite: format!("{:?}", first.suite),
        alpn: first.alpn.clone(),
        certificate: first.certificate.as_ref().map(|digest| hex(digest)),
        asks_certificate: first.asks_certificate,
        extended_master_secret: (version == ProtocolVersion::TLS1_2).then_some(first.extended_master_secret),
        tickets,
        resumption: Resumption::default(),
    }
}

/// How a failed first handshake is told of a server that has, or has not, spoken the other version.
fn outcome(trouble: &Trouble, has_spoken: bool) -> Outcome {
    match trouble {
        Trouble::NoRoute => Outcome::NoRoute,
        Trouble::NoVersion => Outcome::NotSpoken,
        other if other.is_final() || (other.is_silence() && !has_spoken) => Outcome::Unreachable(other.describe()),
        other => Outcome::Failed(other.describe()),
    }
}

/// What a client has to offer.
struct Purse {
    /// TLS 1.2's tickets are made to be used many times.
    lasting: bool,
    new: Vec<Kept>,
    used: Option<Kept>,
}

impl Purse {
    fn new(version: ProtocolVersion) -> Self {
        Self {
            lasting: version == ProtocolVersion::TLS1_2,
            new: Vec::new(),
            used: None,
        }
    }

    fn fill(&mut self, visit: &Visit) {
        if !visit.kept.is_empty() {
            self.new.clone_from(&visit.kept);
        }
    }

    /// The newest, and whether it has not been used; else one that has been.
    fn next(&mut self) -> Option<(Kept, bool)> {
        if self.lasting {
            return self.new.last().map(|kept| (kept.clone(), true));
        }
        match self.new.pop() {
            Some(kept) => Some((kept, true)),
            None => self.used.clone().map(|kept| (kept, false)),
        }
    }
}

/// More tickets, or more bytes of them, tell no more of their keys, and whoever sends them wants to keep us busy.
const MAX_TICKETS: usize = 4096;
const MAX_BYTES: usize = 16 << 20;

/// All tickets that were seen.
#[derive(Default)]
struct Heap {
    tickets: Vec<Kept>,
    bytes: usize,
    lifetime: Option<u32>,
    max_early_data: u32,
}

impl Heap {
    fn add(&mut self, visit: &Visit) {
        for kept in &visit.kept {
            let Some(ticket) = kept.bytes() else { continue };
            self.bytes = self.bytes.saturating_add(ticket.len());
            if self.tickets.len() < MAX_TICKETS && self.bytes <= MAX_BYTES {
                self.tickets.push(kept.clone());
            }
        }
        self.lifetime = self.lifetime.max(visit.lifetimes.iter().max().copied());
        self.max_early_data = self.max_early_data.max(visit.max_early_data);
    }

    fn put_into(&self, tickets: &mut Tickets) {
        let bytes: Vec<&[u8]> = self
            .tickets
            .iter()
            .filter_map(|kept| kept.bytes().map(AsRef::as_ref))
            .collect();
        tickets.lifetime = self.lifetime;
        tickets.len = bytes.first().map(|ticket| ticket.len());
        tickets.max_early_data = self.max_early_data;
        tickets.keys = KeyNames::of(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use carnet_ticket::{Secret, Session};
    use carnet_tls::CipherSuite;

    use super::*;

    fn visit(tickets: usize, len: usize) -> Visit {
        let mut session = Session::new(0x0304, 0x1301, Secret::new(&[1; 32]).unwrap(), 7);
        session.ticket = Some(vec![1; len].into());
        Visit {
            suite: CipherSuite(0x1301),
            resumed: false,
            kept: vec![Kept::new(session); tickets],
            lifetimes: vec![7200; tickets],
            max_early_data: 0,
            extended_master_secret: true,
            certificate: None,
            asks_certificate: false,
            alpn: None,
        }
    }

    #[test]
    fn no_server_fills_our_memory() {
        for (len, most) in [(100, MAX_TICKETS), (60_000, MAX_BYTES / 60_000)] {
            let mut heap = Heap::default();
            (0..100).for_each(|_| heap.add(&visit(64, len)));
            assert_eq!(heap.tickets.len(), most, "{len}");
        }
    }
}
