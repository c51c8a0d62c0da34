//! Takes sessions from one place to another: between addresses, names and targets.

use carnet_tls::ProtocolVersion;

use super::examine::VERSIONS;
use super::facts::{Border, Crossing, Place, Seen, Server};
use super::kept::Kept;
use super::offer::Manner;
use super::progress::Progress;
use super::target::Endpoint;
use super::trouble::Trouble;
use super::visit::{Trip, Visit, visit};
use crate::table::hex;

/// A crossing that does not succeed is tried so often: the next connection may meet another process.
const TRIALS: usize = 3;

/// More addresses than this are not all tried with each other.
const MANY: usize = 3;

/// An address with what was found there.
pub(crate) struct Known<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) server: &'a Server,
}

/// Somewhere to take sessions from and to.
struct Spot {
    endpoint: Endpoint,
    place: Place,
}

/// Takes sessions across borders, and remembers what came of it.
pub(crate) struct Courier<'a> {
    pub(crate) manner: &'a Manner,
    pub(crate) progress: &'a mut Progress,
    pub(crate) found: Vec<Crossing>,
}

impl Courier<'_> {
    /// Between each two addresses of each target, there and back; of many addresses, only from each to the next: who shares
    /// keys with a neighbour shares them with the neighbour's neighbour.
    pub(crate) fn between_addresses(&mut self, known: &[Known<'_>]) {
        for (version, label) in VERSIONS {
            let spots: Vec<Spot> = known.iter().filter_map(|known| known.spot(label)).collect();
            for group in spots.chunk_by(|a, b| a.place.target == b.place.target) {
                if group.len() > MANY {
                    let next = group.iter().cycle().skip(1);
                    for (from, to) in group.iter().zip(next) {
                        self.cross(Border::Address, version, label, from, to);
                    }
                } else {
                    self.each_pair(group, Border::Address, version, label);
                }
            }
        }
    }

    /// Between each two targets, at the first address of each that resumes at all.
    pub(crate) fn between_targets(&mut self, known: &[Known<'_>]) {
        for (version, label) in VERSIONS {
            let mut spots: Vec<Spot> = Vec::new();
            for spot in known.iter().filter_map(|known| known.spot(label)) {
                if !spots.iter().any(|other| other.place.target == spot.place.target) {
                    spots.push(spot);
                }
            }
            self.each_pair(&spots, Border::Target, version, label);
        }
    }

    /// At each address, between its name and the others, no name at all among them.
    pub(crate) fn between_names(&mut self, known: &[Known<'_>], others: &[String]) {
        for known in known {
            for (version, label) in VERSIONS {
                let Some(own) = known.spot(label) else { continue };
                let names = others.iter().map(|name| Some(name.as_str()));
                let names = names.chain(std::iter::once(None));
                let mut spots = Vec::new();
                for name in names.filter(|name| *name != own.place.name.as_deref()) {
                    spots.extend(self.look(&own, name, version));
                }
                for other in &spots {
                    self.cross(Border::Name, version, label, &own, other);
                    self.cross(Border::Name, version, label, other, &own);
                }
            }
        }
    }

    fn each_pair(&mut self, spots: &[Spot], border: Border, version: ProtocolVersion, label: &'static str) {
        for (at, a) in spots.iter().enumerate() {
            for b in spots.iter().skip(at + 1) {
                self.cross(border, version, label, a, b);
                self.cross(border, version, label, b, a);
            }
        }
    }

    /// The same address under another name; `None` if it will have nothing to do with that name, or gives nothing to resume.
    fn look(&mut self, own: &Spot, name: Option<&str>, version: ProtocolVersion) -> Option<Spot> {
        let mut endpoint = own.endpoint.clone();
        endpoint.name = name.map(str::to_owned);
        let seen = self.visit(&endpoint, version, None)?;
        let place = Place {
            name: endpoint.name.clone(),
            certificate: seen.certificate.as_ref().map(|digest| hex(digest)),
            asks_certificate: seen.asks_certificate,
            ..own.place.clone()
        };
        Some(Spot { endpoint, place })
    }

    fn cross(&mut self, border: Border, version: ProtocolVersion, label: &'static str, from: &Spot, to: &Spot) {
        self.progress.say(&format!(
            "TLS {label}: from {} to {}",
            show(&from.place),
            show(&to.place)
        ));
        let mut resumed = None;
        for _ in 0..TRIALS {
            let attempt = self.attempt(version, from, to);
            resumed = resumed.max(attempt);
            if resumed == Some(true) {
                break;
            }
        }
        self.found.extend(resumed.map(|resumed| Crossing {
            border,
            version: label,
            from: from.place.clone(),
            to: to.place.clone(),
            resumed,
        }));
    }

    /// `None` if there was nothing to take along, or nobody to offer it to.
    fn attempt(&self, version: ProtocolVersion, from: &Spot, to: &Spot) -> Option<bool> {
        let first = self.visit(&from.endpoint, version, None)?;
        let offer = first.kept.last()?;
        let trip = Trip {
            address: to.endpoint.address,
            version,
            name: to.endpoint.name.as_deref(),
            offer: Some(offer),
        };
        match visit(trip, self.manner) {
            Ok(second) => Some(second.resumed),
            // Refused outright: not what it should be, but no crossing either.
            Err(Trouble::Refused(_) | Trouble::Failed(_)) => Some(false),
            Err(_) => None,
        }
    }

    fn visit(&self, endpoint: &Endpoint, version: ProtocolVersion, offer: Option<&Kept>) -> Option<Visit> {
        let trip = Trip {
            address: endpoint.address,
            version,
            name: endpoint.name.as_deref(),
            offer,
        };
        visit(trip, self.manner).ok()
    }
}

impl Known<'_> {
    /// `None` if nothing resumes here anyway.
    fn spot(&self, label: &str) -> Option<Spot> {
        let version = self.server.versions.iter().find(|version| version.version == label)?;
        let seen = version.seen.as_ref()?;
        (seen.resumption.resumed > 0).then(|| Spot {
            endpoint: self.endpoint.clone(),
            place: self.place(seen),
        })
    }

    fn place(&self, seen: &Seen) -> Place {
        Place {
            target: self.server.target.clone(),
            address: self.server.address.clone(),
            name: self.server.name.clone(),
            certificate: seen.certificate.clone(),
            asks_certificate: seen.asks_certificate,
        }
    }
}

/// For a person.
fn show(place: &Place) -> String {
    match &place.name {
        Some(name) => format!("{name} at {}", place.address),
        None => format!("{} without a name", place.address),
    }
}

fn name(place: &Place) -> String {
    place.name.clone().unwrap_or_else(|| "no name".to_owned())
}

/// What the two places of a crossing have in common.
pub(crate) fn common(crossing: &Crossing) -> String {
    match crossing.border {
        Border::Address => name(&crossing.from),
        Border::Name => crossing.from.address.clone(),
        Border::Target => String::new(),
    }
}

/// In what they differ: from where, and to where.
pub(crate) fn ends(crossing: &Crossing) -> [String; 2] {
    [&crossing.from, &crossing.to].map(|place| match crossing.border {
        Border::Address => place.address.clone(),
        Border::Name => name(place),
        Border::Target => show(place),
    })
}
