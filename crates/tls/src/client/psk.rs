//! PSKs on offer: tickets for resumption, and the application's own (RFC 8446 section 4.2.11).

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;

use super::hello::Hello;
use crate::schedule::{Digest, Early, HashAlgorithm, PskKind};
use crate::transcript::Transcript;
use crate::{CipherSuite, ExternalOffer, Offer, ProtocolVersion};

/// A longer identity than this can't be sure to fit into the extensions of a ClientHello, which have 2^16 - 1 bytes,
/// beside the others: no server is to keep us from ever connecting again by giving us such a ticket.
const MAX_IDENTITY: usize = 60_000;

/// A PSK that is offered, with the first stage of its key schedule, which the binder needs and a resumption goes on
/// with.
pub(super) struct PskOffer {
    kind: PskKind,
    identity: Bytes,
    session: Arc<Session>,
    obfuscated_age: u32,
    hash: HashAlgorithm,
    early: Early,
}

impl PskOffer {
    /// `None` if the session can't be resumed with one of these suites.
    pub(super) fn ticket(offer: Offer, suites: &[CipherSuite]) -> Option<Self> {
        let Offer { session, age_ms } = offer;
        let identity = session.ticket.clone()?;
        // "Clients MUST NOT attempt to use tickets which have ages greater than the 'ticket_lifetime' value which was
        // provided with the ticket"; a lifetime of zero "indicates that the ticket should be discarded immediately".
        if session.lifetime_hint == 0 || u64::from(age_ms / 1000) > session.lifetime_hint {
            return None;
        }
        // "The 'obfuscated_ticket_age' field of each PskIdentity contains an obfuscated version of the ticket age formed by
        // taking the age in milliseconds and adding the 'ticket_age_add' value that was included with the ticket [...],
        // modulo 2^32" (section 4.2.11.1).
        let obfuscated_age = age_ms.wrapping_add(session.age_add);
        Self::new(PskKind::Resumption, identity, session, obfuscated_age, suites)
    }

    /// "For identities established externally, an obfuscated_ticket_age of 0 SHOULD be used". `None` if it can't be used,
    /// or does not fit beside the tickets.
    pub(super) fn external(offer: ExternalOffer, hello: &Hello) -> Option<Self> {
        let ExternalOffer { identity, session } = offer;
        let others: usize = hello.psks().iter().map(|psk| psk.identity.len()).sum();
        if identity.len() > MAX_IDENTITY.saturating_sub(others) {
            return None;
        }
        Self::new(PskKind::External, identity, session, 0, hello.suites())
    }

    fn new(
        kind: PskKind,
        identity: Bytes,
        session: Arc<Session>,
        obfuscated_age: u32,
        suites: &[CipherSuite],
    ) -> Option<Self> {
        if session.protocol != ProtocolVersion::TLS1_3.0 || session.secret.is_empty() {
            return None;
        }
        if identity.is_empty() || identity.len() > MAX_IDENTITY {
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
            kind,
            identity,
            session,
            obfuscated_age,
            hash,
            early,
        })
    }

    pub(super) fn kind(&self) -> PskKind {
        self.kind
    }

    pub(super) fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    pub(super) fn identity(&self) -> &[u8] {
        &self.identity
    }

    pub(super) fn obfuscated_age(&self) -> u32 {
        self.obfuscated_age
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub(super) fn early(&self) -> &Early {
        &self.early
    }

    /// The binder over what was exchanged `before`, and the ClientHello up to the binders.
    pub(super) fn binder(&self, truncated: &[u8], before: Option<&Transcript>) -> Digest {
        let transcript = match before {
            None => self.hash.digest(truncated),
            Some(before) => before.with(truncated),
        };
        self.early.binder(self.kind, &transcript)
    }

    /// Its session and key schedule, once the server has selected it.
    pub(super) fn into_parts(self) -> (Arc<Session>, Early) {
        (self.session, self.early)
    }
}
