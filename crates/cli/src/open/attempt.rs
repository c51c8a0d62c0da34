//! Trying keys on a ticket: as a plain key, with a chain's start in its name, or separated for a context.

use std::sync::Arc;

use carnet_keys::separation::{ContextDigest, Separated, has_ring_id};
use carnet_ticket::{IV_LEN, KeyName, MacAlgorithm, OpenError, Private, TicketKey};

use super::context::Guess;
use super::functions::Function;

/// A key that may open the ticket.
pub(super) struct Candidate {
    pub(super) key: Arc<TicketKey>,
    /// Where it stands: "sealing", or "line 2".
    pub(super) place: String,
}

/// A ticket that was opened.
pub(super) struct Opened<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) plaintext: Private,
    /// When the chain of resumptions began, if the key name says so.
    pub(super) chain_start: Option<u64>,
    /// For which context, if it was for one.
    pub(super) context: Option<&'a Guess>,
}

/// Why none opens it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is shorter than any.
    TooShort,
    /// No key has its name.
    UnknownKey,
    /// This key has its name, but the MAC is not the key's.
    BadMac(KeyName),
    /// The ring's key is this, and the context is another.
    WrongContext(KeyName),
}

/// Tries all keys that the ticket's key name can mean.
pub(super) fn open<'a>(
    ticket: &[u8],
    candidates: &'a [Candidate],
    guesses: &'a [Guess],
    judges: &[Function],
    now: u64,
) -> Result<Opened<'a>, Refused> {
    let head = ticket.split_first_chunk::<16>();
    let head = head.and_then(|(name, rest)| Some((KeyName(*name), rest.first_chunk::<IV_LEN>()?)));
    let (name, iv) = head.ok_or(Refused::TooShort)?;
    let mut refused = Refused::UnknownKey;
    for candidate in candidates {
        let key = &candidate.key;
        if name.has_id_of(key.name()) {
            match under(&name, key.cipher_key(), key.mac_algorithm(), key.mac_key(), ticket) {
                Ok(plaintext) => {
                    return Ok(Opened {
                        candidate,
                        plaintext,
                        chain_start: key.chain_start(&name, iv, now),
                        context: None,
                    });
                }
                Err(OpenError::TooShort) => return Err(Refused::TooShort),
                Err(_) => refused = Refused::BadMac(*key.name()),
            }
        }
        if !has_ring_id(&name, key.name()) {
            continue;
        }
        let guesses = guesses.iter().flat_map(|guess| {
            let digests = guess.digests(judges);
            digests.map(move |digest| (guess, digest))
        });
        match separated(ticket, (&name, iv), candidate, guesses, now) {
            Ok(opened) => return Ok(opened),
            Err(Refused::WrongContext(_)) if refused != Refused::UnknownKey => {}
            Err(why) => refused = why,
        }
    }
    Err(refused)
}

fn separated<'a>(
    ticket: &[u8],
    (name, iv): (&KeyName, &[u8; IV_LEN]),
    candidate: &'a Candidate,
    guesses: impl Iterator<Item = (&'a Guess, ContextDigest)>,
    now: u64,
) -> Result<Opened<'a>, Refused> {
    let mut refused = Refused::WrongContext(*candidate.key.name());
    for (guess, digest) in guesses {
        let separated = Separated::new(&candidate.key, &digest);
        let server_name = guess.server_name.as_bytes();
        let named = separated.for_name(server_name);
        let Some(start) = separated.chain_start(name, &named, iv, now) else {
            continue;
        };
        let keys = named.keys;
        match under(name, &*keys.cipher_key, MacAlgorithm::Sha256, &*keys.mac_key, ticket) {
            Ok(plaintext) => {
                return Ok(Opened {
                    candidate,
                    plaintext,
                    chain_start: Some(start),
                    context: Some(guess),
                });
            }
            Err(_) => refused = Refused::BadMac(*candidate.key.name()),
        }
    }
    Err(refused)
}

/// Opens it with these keys, under the name that it has.
fn under(
    name: &KeyName,
    cipher_key: &[u8],
    mac: MacAlgorithm,
    mac_key: &[u8],
    ticket: &[u8],
) -> Result<Private, OpenError> {
    let key = TicketKey::new(*name, cipher_key, mac, mac_key).map_err(|_| OpenError::OtherKey)?;
    key.open(ticket)
}
