//! Chains of resumptions, and where they end.
//!
//! Each TLS 1.3 resumption gives the client a new ticket with a new lifetime, so a client that comes back in time need
//! never make a full handshake again, and nobody looks at a certificate again. "It is RECOMMENDED that implementations
//! place limits on the total lifetime of such keying material" (RFC 8446 section 4.6.1). For that a ticket has to say
//! when its chain began. It does so in the last four bytes of its key name:
//!
//! ```text
//! first 12 bytes of the key's name ‖ (seconds since 1970, low 32 bits, big-endian) XOR mask
//! mask = first 4 bytes of HMAC(MAC key, "carnet chain cap" ‖ IV)
//! ```
//!
//! * The name is under the ticket's MAC, so nobody without the key makes a chain younger.
//! * What the mask is computed over has 32 bytes, what a ticket's MAC is computed over has more: one key serves both.
//! * The mask keeps an onlooker from telling which tickets are of one chain.
//! * A session's own bytes stay as OpenSSL writes them, so `time` keeps its meaning there.
//! * 32 bits of seconds wrap every 136 years. What counts is the distance from now, so 2106 is no event.

use std::num::NonZeroU32;

use crate::{IV_LEN, KeyName, OpenError, SealError, Session, TicketKey};

/// How much of a key's name still names the key where chains are capped.
pub const KEY_ID_LEN: usize = 12;

/// How far a chain's start may lie ahead of the clock: those of a fleet never quite agree.
const SKEW: u64 = 3600;

/// What goes into the mask's HMAC before the IV.
pub(crate) const MASK_LABEL: &[u8; 16] = b"carnet chain cap";

/// For how many seconds after a full handshake there may be resumptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChainCap(NonZeroU32);

impl ChainCap {
    /// Seven days: what other TLS libraries take, and the longest life of one TLS 1.3 ticket.
    pub const RECOMMENDED: u64 = 604_800;

    /// About 34 years, half of the distance that 32 bits of seconds can tell.
    pub const LONGEST: u64 = 1 << 30;

    /// `None` for 0 and for more than [`ChainCap::LONGEST`].
    pub fn new(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds).ok().and_then(NonZeroU32::new).map(Self)?;
        (seconds.seconds() <= Self::LONGEST).then_some(seconds)
    }

    /// In seconds.
    pub fn seconds(self) -> u64 {
        self.0.get().into()
    }

    /// For how many seconds from `now` a chain that began at `start` may go on; 0: it is over.
    ///
    /// A start ahead of `now` by no more than an hour (or the cap, if that is less) is another server's clock, and
    /// counts as now. One further ahead was written by a clock that was plainly wrong, and would live too long.
    pub fn remaining(self, start: u64, now: u64) -> u64 {
        if start.saturating_sub(now) > SKEW.min(self.seconds()) {
            return 0;
        }
        self.seconds().saturating_sub(now.saturating_sub(start))
    }

    /// May a chain that began at `start` not go on?
    pub fn is_over(self, start: u64, now: u64) -> bool {
        self.remaining(start, now) == 0
    }
}

impl KeyName {
    /// Does it name the same key as `other`, whatever time it carries?
    pub fn has_id_of(&self, other: &Self) -> bool {
        self.0.first_chunk::<KEY_ID_LEN>() == other.0.first_chunk::<KEY_ID_LEN>()
    }

    /// With the last four bytes replaced.
    fn with_tail(mut self, tail: [u8; 4]) -> Self {
        if let Some(last) = self.0.last_chunk_mut() {
            *last = tail;
        }
        self
    }

    fn tail(&self) -> [u8; 4] {
        self.0.last_chunk().copied().unwrap_or_default()
    }
}

impl TicketKey {
    /// This key's name as it stands in a ticket with `iv` whose chain began at `start`.
    pub fn name_in_chain(&self, iv: &[u8; IV_LEN], start: u64) -> KeyName {
        self.name().with_tail(chain_stamp(start, self.mask(iv)))
    }

    /// When the chain of a ticket with this name and IV began; `None` if the name is plainly this key's, from a server
    /// that caps no chains. Means nothing before the ticket's MAC has been checked.
    ///
    /// One stamp in 2³² looks like the plain name; its chain is then counted from the session's time.
    pub fn chain_start(&self, name: &KeyName, iv: &[u8; IV_LEN], now: u64) -> Option<u64> {
        if name == self.name() {
            return None;
        }
        Some(stamped_start(name.tail(), self.mask(iv), now))
    }

    /// As [`TicketKey::seal_session`], for a chain that began at `start`.
    pub fn seal_session_in_chain(
        &self,
        iv: &[u8; IV_LEN],
        session: &Session,
        start: u64,
    ) -> Result<Vec<u8>, SealError> {
        let name = self.name_in_chain(iv, start);
        self.seal_with(&name, iv, session.encoded_len(), |ticket| session.encode_into(ticket))
    }

    /// As [`TicketKey::open_session`], unless the ticket's chain has outlived `cap`. Gives the session and when its
    /// chain began. Nothing is decrypted of a ticket that says that it is too old.
    pub fn open_session_in_chain(&self, ticket: &[u8], now: u64, cap: ChainCap) -> Result<(Session, u64), OpenError> {
        let name = KeyName::of_ticket(ticket).ok_or(OpenError::TooShort)?;
        if !name.has_id_of(self.name()) {
            return Err(OpenError::OtherKey);
        }
        let parts = self.authentic(ticket)?;
        let iv = parts.iv.first_chunk().ok_or(OpenError::TooShort)?;
        let start = self.chain_start(&name, iv, now);
        if start.is_some_and(|start| cap.is_over(start, now)) {
            return Err(OpenError::ChainOver);
        }
        let session = Session::decode_shared(&self.decrypt(&parts)?.into_shared(), now)?;
        let start = start.unwrap_or(session.time);
        if cap.is_over(start, now) {
            return Err(OpenError::ChainOver);
        }
        Ok((session, start))
    }
}

/// The last four bytes of a key name: when the chain began, for those who know the mask.
pub fn chain_stamp(start: u64, mask: [u8; 4]) -> [u8; 4] {
    // The low half, by intent.
    xor((start as u32).to_be_bytes(), mask)
}

/// When the chain of a name with this `stamp` began.
pub fn stamped_start(stamp: [u8; 4], mask: [u8; 4], now: u64) -> u64 {
    nearest(u32::from_be_bytes(xor(stamp, mask)), now)
}

/// The moment with these low 32 bits that is nearest to `now`.
fn nearest(low: u32, now: u64) -> u64 {
    // Both halves by intent: what is left is the distance, less than 68 years either way.
    let ahead = low.wrapping_sub(now as u32) as i32;
    now.saturating_add_signed(ahead.into())
}

fn xor(a: [u8; 4], b: [u8; 4]) -> [u8; 4] {
    (u32::from_ne_bytes(a) ^ u32::from_ne_bytes(b)).to_ne_bytes()
}
