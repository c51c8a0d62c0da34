//! Tickets offered for resumption (RFC 8446 section 4.2.11).

use std::sync::Arc;

use carnet_ticket::Session;

use crate::schedule::{Digest, Early, HashAlgorithm};
use crate::transcript::Transcript;
use crate::{CipherSuite, Offer, ProtocolVersion};

/// A longer ticket than this can't be sure to fit into the extensions of a ClientHello, which have 2^16 - 1 bytes, beside
/// the others: no server is to keep us from ever connecting again by giving us one.
const MAX_IDENTITY: usize = 60_000;

/// A session that is offered, with the first stage of its key schedule, which the binder needs and a resumption goes
/// on with.
pub(super) struct TicketOffer {
    session: Arc<Session>,
    age_ms: u32,
    hash: HashAlgorithm,
    early: Early,
}

impl TicketOffer {
    /// `None` if the session can't be resumed with one of these suites.
    pub(super) fn new(offer: Offer, suites: &[CipherSuite]) -> Option<Self> {
        let Offer { session, age_ms } = offer;
        if session.protocol != ProtocolVersion::TLS1_3.0 || session.secret.is_empty() {
            return None;
        }
        let ticket_len = session.ticket.as_ref().map_or(0, |ticket| ticket.len());
        if ticket_len == 0 || ticket_len > MAX_IDENTITY {
            return None;
        }
        // "Clients MUST NOT attempt to use tickets which have ages greater than the 'ticket_lifetime' value which was
        // provided with the ticket"; a lifetime of zero "indicates that the ticket should be discarded immediately".
        if session.lifetime_hint == 0 || u64::from(age_ms / 1000) > session.lifetime_hint {
            return None;
        }
        // "Any ticket MUST only be resumed with a cipher suite that has the same KDF hash algorithm as that used to
        // establish the original connection" (section 4.6.1): one of those we offer, not necessarily the session's own.
        let hash = CipherSuite(session.cipher).tls13()?.hash;
        suites
            .iter()
            .find(|suite| suite.tls13().is_some_and(|known| known.hash == hash))?;
        let early = Early::with_psk(hash, session.secret.as_bytes());
        Some(Self {
            session,
            age_ms,
            hash,
            early,
        })
    }

    pub(super) fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    pub(super) fn identity(&self) -> &[u8] {
        self.session.ticket.as_deref().unwrap_or_default()
    }

    /// "The 'obfuscated_ticket_age' field of each PskIdentity contains an obfuscated version of the ticket age formed by
    /// taking the age in milliseconds and adding the 'ticket_age_add' value that was included with the ticket [...],
    /// modulo 2^32" (section 4.2.11.1).
    pub(super) fn obfuscated_age(&self) -> u32 {
        self.age_ms.wrapping_add(self.session.age_add)
    }

    /// The binder over what was exchanged `before`, and the ClientHello up to the binders.
    pub(super) fn binder(&self, truncated: &[u8], before: Option<&Transcript>) -> Digest {
        let transcript = match before {
            None => self.hash.digest(truncated),
            Some(before) => before.with(truncated),
        };
        self.early.resumption_binder(&transcript)
    }

    /// Its session and key schedule, once the server has selected it.
    pub(super) fn into_parts(self) -> (Arc<Session>, Early) {
        (self.session, self.early)
    }
}
