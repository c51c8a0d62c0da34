//! `carnet keys rotate` and `carnet keys revoke`.

use std::path::PathBuf;

use carnet_keys::{ChangeError, KeyState, Ring};
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
        let ring = files::open_ring(&self.ring, now)?;
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
/// handshake. If the sealing key is revoked, the next takes over. With keys from a root secret no other takes its place
/// before the clock brings the next one.
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
        let ring = files::open_ring(&self.ring, now)?;
        let keys = ring.keys(now);
        let doomed = match &self.name_prefix {
            Some(prefix) => vec![by_prefix(&keys, prefix)?],
            // The one that waits goes first, so that it does not seal for a moment in between.
            None => keys.iter().rev().collect(),
        };
        for info in &doomed {
            // Not there any more: time or somebody else was faster.
            let _was_there: bool = persist(|| ring.revoke(info.key.name(), now))?;
            output::say(format_args!("revoked {}", hex(&info.key.name().0)))?;
        }
        say_what_seals(&ring, now)
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
        None => output::say("no key seals now: no tickets are made until the next one comes")?,
    }
    Ok(Answer::Done)
}
