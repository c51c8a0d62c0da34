//! `carnet keys import`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use carnet_keys::{ChangeError, KeyInfo, KeyState, Ring, forms};
use carnet_ticket::TicketKey;
use clap::Args;

use super::persist;
use crate::failure::{Answer, Failure};
use crate::table::hex;
use crate::time::{now, parse_span};
use crate::{files, output};

/// Take keys from another program's key file into a ring
///
/// Files of nginx (ssl_session_ticket_key, 48 or 80 bytes), Apache httpd (SSLSessionTicketKeyFile), HAProxy (tls-ticket-keys,
/// lines of base64) and OpenSSL's 80 bytes are told apart by what is in them. Without --seal the keys only open tickets. All
/// of the file is taken, or nothing.
///
/// Programs under libcarnet_preload.so seal under keys that they derive from the ring's, another for each certificate, client
/// verification and server name. So rings on several hosts that import the same keys open each other's tickets, but not those
/// of a server that uses the file itself.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The ring file
    ring: PathBuf,
    /// The other program's key file
    file: PathBuf,
    /// Let the file's key seal from now on; of several lines, the last but one, as HAProxy does
    #[arg(long)]
    seal: bool,
    /// For how long the keys that do not seal open tickets, from now [default: the ring's lifetime]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    opens_for: Option<u64>,
}

impl Import {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let now = now();
        let ring = files::open_ring(&self.ring)?;
        let keys = self.keys()?;
        warn_if_open_to_others(&self.file);
        let seals = self.seal.then(|| keys.len().saturating_sub(2));
        if self.seal && ring.is_rooted() {
            return Err(Failure::new(ChangeError::Rooted));
        }
        let there = ring.keys(now);
        check_room(&there, &keys)?;
        let opens_until = now.saturating_add(self.opens_for.unwrap_or(ring.policy().lifetime));
        let mut told = Vec::new();
        for (index, key) in keys.into_iter().enumerate() {
            let (name, seals) = (hex(&key.name().0), seals == Some(index));
            if !seals && there.iter().any(|info| stays(info, &key)) {
                told.push(format!("{name} is there already, and stays as it is"));
                continue;
            }
            let done = put(&ring, &key, seals, opens_until, now);
            done.map_err(|error| Failure::new(format!("{name} was not taken: {error}")))?;
            let what = if seals { "seals from now on" } else { "opens tickets" };
            told.push(format!("{name} {what}"));
        }
        // All are in before anything is said of it, which may fail.
        output::say(told.join("\n"))?;
        Ok(Answer::Done)
    }

    fn keys(&self) -> Result<Vec<TicketKey>, Failure> {
        let bytes = files::read(&self.file)?;
        let keys = forms::parse_keys(&bytes);
        keys.map_err(|error| Failure::new(format!("{}: {error}", self.file.display())))
    }
}

/// A key that does more here than it would by the import alone.
fn stays(info: &KeyInfo, key: &TicketKey) -> bool {
    info.state != KeyState::Opening && is_same(&info.key, key)
}

fn is_same(one: &TicketKey, other: &TicketKey) -> bool {
    one.name() == other.name() && one.is_made_of(other.cipher_key(), other.mac_algorithm(), other.mac_key())
}

/// Refuses a file in which two keys have a name, or that would push keys out of the ring.
fn check_room(there: &[KeyInfo], keys: &[TicketKey]) -> Result<(), Failure> {
    // One place is for the key that comes next.
    let room = Ring::ROOM.saturating_sub(there.len() + 1);
    let is_new = |key: &&TicketKey| there.iter().all(|info| info.key.name() != key.name());
    if keys.iter().filter(is_new).count() > room {
        return Err(Failure::new(format!(
            "the ring has room for {room} more keys; revoke old ones, or import fewer"
        )));
    }
    for (index, key) in keys.iter().enumerate() {
        let namesake = there.iter().find(|info| info.key.name() == key.name());
        if namesake.is_some_and(|info| !is_same(&info.key, key)) {
            return Err(Failure::new(format!(
                "the ring has another key with the name {}; revoke that first",
                hex(&key.name().0)
            )));
        }
        if keys
            .iter()
            .skip(index + 1)
            .any(|other| other.name() == key.name() && !is_same(other, key))
        {
            return Err(Failure::new("two keys of the file have the same name; make them anew"));
        }
    }
    Ok(())
}

fn put(ring: &Ring, key: &TicketKey, seals: bool, opens_until: u64, now: u64) -> Result<(), Failure> {
    // A key can't be copied, so that none is left lying about: each try makes it anew.
    let again = || TicketKey::new(*key.name(), key.cipher_key(), key.mac_algorithm(), key.mac_key());
    again()?;
    persist(|| {
        let Ok(key) = again() else {
            return Err(ChangeError::Unshareable);
        };
        match seals {
            true => ring.install(key, now),
            false => ring.accept(key, opens_until, now),
        }
    })?;
    Ok(())
}

/// What was readable to others may be known to them.
fn warn_if_open_to_others(file: &Path) {
    let mode = std::fs::metadata(file).map(|found| found.permissions().mode() & 0o777);
    if let Ok(mode) = mode
        && mode & 0o077 != 0
    {
        output::complain(format_args!(
            "warning: {} is open to others (mode {mode:03o}); whoever has read it can open these tickets",
            file.display()
        ));
    }
}
