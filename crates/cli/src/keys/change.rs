//! `carnet keys rotate` and `carnet keys revoke`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use carnet_keys::{ChangeError, KeyInfo, KeyState, Ring};
use clap::Args;

use super::{by_prefix, persist, prefix};
use crate::failure::{Answer, Failure};
use crate::table::hex;
use crate::{files, output, time};

/// Let the next key seal from now on, ahead of its time
///
/// The key that sealed until now still opens its tickets. Every process that maps the ring follows at once. A ring whose
/// keys come from a root secret is rotated by the clock alone.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The ring file
    ring: PathBuf,
}

impl Rotate {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let now = time::now();
        let ring = files::open_ring(&self.ring)?;
        persist(|| ring.rotate(now)).map_err(|error| match error {
            ChangeError::Rooted => Failure::new(format!(
                "{}: its keys come from a root secret and change by the clock; to be rid of them, make a new root",
                self.ring.display()
            )),
            error => Failure::new(error),
        })?;
        say_what_seals(&ring, now)
    }
}

/// Erase keys at once: their tickets open no more
///
/// For every process that maps the ring, from this moment on. Clients that bring a ticket under a revoked key make a full
/// handshake. If the sealing key is revoked, the next takes over.
///
/// A ring whose keys come from a root secret has no others to offer: after --all no tickets are made until the clock brings a
/// key that was not there, which takes one to two intervals. That is on this host alone, the rest of the fleet goes on with
/// the revoked keys; and whoever has a copy of the ring has the keys that come, too. To be rid of those make a new root,
/// remove the ring, and restart the servers.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The ring file
    ring: PathBuf,
    /// How the key's name begins, in hexadecimal
    #[arg(required_unless_present = "all", value_parser = prefix)]
    name_prefix: Option<String>,
    /// All keys
    #[arg(long, conflicts_with = "name_prefix")]
    all: bool,
}

impl Revoke {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let now = time::now();
        let ring = files::open_ring(&self.ring)?;
        let keys = ring.keys(now);
        let doomed = match &self.name_prefix {
            Some(prefix) => vec![by_prefix(&keys, prefix)?],
            // The one that waits goes first, so that it does not seal for a moment in between.
            None => keys.iter().rev().collect(),
        };
        for info in &doomed {
            // Not there any more: time or somebody else was faster.
            let _was_there: bool = persist(|| ring.revoke(info.key.name(), now))?;
        }
        // All are gone before anything is said of it, which may fail.
        for info in &doomed {
            output::say(format_args!("revoked {}", hex(&info.key.name().0)))?;
        }
        say_what_seals(&ring, now)?;
        if ring.is_rooted() {
            output::say(
                "the rest of the fleet goes on with these keys, and whoever has a copy of the ring has those that come; \
                 to be rid of them, make a new root, remove the ring, and restart the servers",
            )?;
        }
        Ok(Answer::Done)
    }
}

fn say_what_seals(ring: &Ring, now: u64) -> Result<Answer, Failure> {
    let keys = ring.keys(now);
    match keys.iter().find(|info| info.state == KeyState::Sealing) {
        Some(info) => output::say(format_args!(
            "{} seals now, until {}",
            hex(&info.key.name().0),
            time::moment(info.seals_until, now)
        ))?,
        None => match next_turn(ring.policy().interval, &keys, now).filter(|_| ring.is_rooted()) {
            Some(from) => output::say(format_args!(
                "no key seals now: no tickets are made until {}",
                time::moment(from, now)
            ))?,
            None => output::say("no key seals now: no tickets are made until the next one comes")?,
        },
    }
    Ok(Answer::Done)
}

/// When a key of a root secret will seal again: one that waits, or else the first that is not published yet, since those
/// that are do not come back.
fn next_turn(interval: Option<NonZeroU64>, keys: &[KeyInfo], now: u64) -> Option<u64> {
    let waiting = keys.iter().filter(|info| info.state == KeyState::Ahead);
    let made_next = interval.map(|interval| (now / interval).saturating_add(2).saturating_mul(interval.get()));
    waiting.map(|info| info.seals_from).min().or(made_next)
}
