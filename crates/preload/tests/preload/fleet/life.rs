//! What happens in the fleet: hosts make tickets, and callers take them to other hosts, up to the last second.

use std::path::Path;

use carnet_keys::separation::{ContextDigest, has_ring_id};
use carnet_ticket::KeyName;

use super::host::Host;
use super::secrets::{self, Interval};
use super::{INTERVAL, LIFETIME, ROOT, ROTATIONS, SINCE, T, opens_until};
use crate::stage::{Setup, Stage, VERSIONS};

const HOSTS: usize = 3;
/// Clocks are off by no more than this, seconds: two of them may be a minute apart.
const SKEW: i64 = 30;

/// By how much a host's clock is off in this minute. The first's goes from the one end to the other and back, the
/// second's the other way; the third's runs off and is set right at one blow, again and again.
fn skew(host: usize, minute: u64) -> i64 {
    let minute = minute.cast_signed();
    let there_and_back = (minute * 3 % (4 * SKEW) - 2 * SKEW).abs() - SKEW;
    match host {
        0 => there_and_back,
        1 => -there_and_back,
        _ => minute * 7 % (2 * SKEW + 1) - SKEW,
    }
}

/// A ticket in the hands of a caller.
pub struct Ticket {
    /// Of the caller's session.
    number: usize,
    pub bytes: Vec<u8>,
    pub interval: u64,
    version: u32,
    minter: usize,
    refused: [bool; HOSTS],
}

pub struct Fleet {
    pub hosts: Vec<Host>,
    caller: Stage,
    pub tickets: Vec<Ticket>,
    /// What every host has refused.
    pub gone: Vec<Ticket>,
    /// Numbers of sessions.
    free: Vec<usize>,
    intervals: Vec<Interval>,
    pub context: ContextDigest,
    pub opened: usize,
    pub refused: usize,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} opened, {} refused", self.opened, self.refused)
    }
}

impl Fleet {
    pub fn new(root: &Path) -> Self {
        let (context, digest) = secrets::context();
        let mut chain = secrets::first(ROOT, INTERVAL);
        let mut intervals = Vec::new();
        for _ in SINCE / INTERVAL..T / INTERVAL + ROTATIONS + 10 {
            intervals.push(Interval::new(chain, &digest));
            chain = secrets::next(&chain);
        }
        let host = |number| Host::with_root(root, T.saturating_add_signed(skew(number, 0)));
        Self {
            hosts: (0..HOSTS).map(host).collect(),
            caller: Setup::of("caller").start(),
            tickets: Vec::new(),
            gone: Vec::new(),
            free: (0..4096).rev().collect(),
            intervals,
            context,
            opened: 0,
            refused: 0,
        }
    }

    pub fn interval(&self, number: u64) -> &Interval {
        &self.intervals[(number - SINCE / INTERVAL) as usize]
    }

    pub fn running(&self) -> Vec<usize> {
        (0..HOSTS).filter(|host| !self.hosts[*host].is_stopped).collect()
    }

    fn set_time(&mut self, minute: u64, second: u64) {
        for (number, host) in self.hosts.iter_mut().enumerate() {
            host.set_clock((T + minute * INTERVAL + second).saturating_add_signed(skew(number, minute)));
        }
    }

    fn mint(&mut self, minter: usize, version: u32) {
        let number = self.free.pop().unwrap();
        let host = &mut self.hosts[minter];
        host.latest = host.latest.max(host.clock());
        // A clock that is set back by up to a minute does not take the ring back.
        let interval = host.latest / INTERVAL;
        let order = format!("mint {} {version} {number}", host.socket().display());
        let answer = self.caller.say(&order);
        let hex = answer.strip_prefix("full ").unwrap_or_else(|| panic!("{answer}"));
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = hex.as_bytes().chunks(2).map(byte).collect();
        let (name, sealing) = (
            KeyName::of_ticket(&bytes).unwrap(),
            KeyName(self.interval(interval).name),
        );
        assert!(has_ring_id(&name, &sealing), "sealed with the key of its minute");
        self.tickets.push(Ticket {
            number,
            bytes,
            interval,
            version,
            minter,
            refused: [false; HOSTS],
        });
    }

    /// Takes tickets to a host that has to open or to refuse them. What it has refused it gets no more.
    fn visit(&mut self, to: usize, which: impl Fn(&Ticket) -> bool) {
        let host = &mut self.hosts[to];
        let (clock, socket) = (host.clock(), host.socket());
        for ticket in self.tickets.iter_mut().filter(|ticket| !ticket.refused[to]) {
            if !which(ticket) {
                continue;
            }
            host.latest = host.latest.max(clock);
            let answer = self.caller.say(&format!("use {} {}", socket.display(), ticket.number));
            let opens = host.latest < opens_until(ticket.interval);
            assert_eq!(
                answer,
                if opens { "resumed" } else { "full" },
                "TLS {} from {} to {to} at {}, its key's interval began at {}: {}",
                ticket.version,
                ticket.minter,
                clock - SINCE,
                ticket.interval * INTERVAL - SINCE,
                host.said(),
            );
            self.opened += usize::from(opens);
            self.refused += usize::from(!opens);
            ticket.refused[to] = !opens;
        }
    }

    /// Each host is brought the tickets of the others, and makes new ones.
    pub fn round(&mut self) {
        for host in self.running() {
            self.visit(host, |ticket| ticket.minter != host);
        }
        for host in self.running() {
            VERSIONS.iter().for_each(|version| self.mint(host, *version));
        }
    }

    /// A host on which a key will have run out in a second, or has in this one.
    fn last_second(&mut self, host: usize) {
        let clock = self.hosts[host].clock();
        self.visit(host, |ticket| {
            (clock..=clock + 1).contains(&opens_until(ticket.interval))
        });
    }

    /// A minute of the fleet's life.
    pub fn minute(&mut self, minute: u64) {
        let running_out = |host: usize, early: i64| {
            let second = LIFETIME.cast_signed() - early - skew(host, minute);
            (second.rem_euclid(INTERVAL.cast_signed()).cast_unsigned(), Some(host))
        };
        let mut moments = vec![(5, None), (41, None)];
        for host in self.running() {
            moments.extend([running_out(host, 1), running_out(host, 0)]);
        }
        moments.sort_unstable();
        for (second, host) in moments {
            self.set_time(minute, second);
            match host {
                Some(host) => self.last_second(host),
                None => self.round(),
            }
        }
        let gone = self.tickets.extract_if(.., |ticket| ticket.refused == [true; HOSTS]);
        for ticket in gone {
            self.free.push(ticket.number);
            self.gone.push(ticket);
        }
    }
}
