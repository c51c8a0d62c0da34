//! Early data (RFC 8446 sections 2.3, 4.2.10, 4.5): is it accepted, and where does it end?

use super::finish::ExpectFinished;
use super::offer::Offer;
use super::ticket::{Basis, Resumed};
use super::{State, flight};
use crate::core::Core;
use crate::message::Message;
use crate::number::Suite13;
use crate::record::RecordKey;
use crate::transcript::Transcript;
use crate::{EarlyDataStatus, Error, ErrorKind, HandshakeType, NamedGroup, Question};

/// The application decides whether to take it; all else speaks for it.
pub(crate) struct AskEarlyData {
    offer: Offer,
    group: Option<NamedGroup>,
    limit: u32,
}

/// All about the connection is decided but this. `group` is `None` for psk_ke.
pub(super) fn consider(core: &mut Core, offer: Offer, group: Option<NamedGroup>) -> Result<State, Error> {
    match limit(core, &offer) {
        Some(limit) => Ok(State::AskEarlyData(AskEarlyData { offer, group, limit })),
        None => flight::begin(core, offer, group),
    }
}

/// How much may come, if any. "The selected ALPN protocol" must be the PSK's, too (section 4.2.10). Not so the server's name:
/// as OpenSSL, and as section 4.2.11 says, TLS 1.3 does not associate it with a ticket.
fn limit(core: &Core, offer: &Offer) -> Option<u32> {
    let Basis::Resumed(resumed) = &offer.basis else {
        return None;
    };
    let session = resumed.early_session.as_ref()?;
    if session.alpn.as_deref() != core.facts.names.protocol.as_deref() {
        return None;
    }
    Some(core.early.wanted?.min(session.max_early_data))
}

impl AskEarlyData {
    #[expect(clippy::unused_self, reason = "every state that asks has a question of its own")]
    pub(super) fn question(&self) -> Question {
        Question::AllowEarlyData
    }

    #[inline(never)]
    pub(super) fn decided(self, core: &mut Core, allowed: bool) -> Result<State, Error> {
        let Self {
            mut offer,
            group,
            limit,
        } = self;
        offer.early_data = allowed.then_some(limit);
        flight::begin(core, offer, group)
    }
}

/// Accepts it: the key it is read with. `transcript` is ClientHello.
pub(super) fn accept(
    core: &mut Core,
    suite: &Suite13,
    resumed: &Resumed,
    transcript: &Transcript,
) -> Result<RecordKey, Error> {
    let hello = transcript.current();
    let traffic = resumed.early.client_traffic(&hello);
    let exporter = resumed.early.exporter(&hello);
    core.log_secret("EARLY_EXPORTER_SECRET", exporter.as_bytes());
    core.log_key("CLIENT_EARLY_TRAFFIC_SECRET", &traffic);
    core.early.exporter = Some(Box::new(exporter));
    core.early.status = EarlyDataStatus::Accepted;
    traffic.record_key(suite)
}

/// Early data may come, and EndOfEarlyData must.
pub(crate) struct ExpectEndOfEarlyData {
    pub(super) finished: ExpectFinished,
    /// So many bytes may still come.
    pub(super) left: u32,
}

impl ExpectEndOfEarlyData {
    /// A record of so many bytes has come. "A server receiving more than max_early_data_size bytes of 0-RTT data SHOULD
    /// terminate the connection with an 'unexpected_message' alert" (section 4.6.1).
    pub(super) fn data(&mut self, len: usize) -> Result<(), Error> {
        let len = u32::try_from(len).map_err(|_| ErrorKind::TooMuchEarlyData)?;
        self.left = self.left.checked_sub(len).ok_or(ErrorKind::TooMuchEarlyData)?;
        Ok(())
    }

    /// struct {} EndOfEarlyData; "the client's subsequent messages are encrypted using the handshake traffic keys", and it
    /// is part of the transcript, unlike the data before it (section 4.5).
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::END_OF_EARLY_DATA)?;
        if !message.body().is_empty() {
            return Err(ErrorKind::Malformed.into());
        }
        let mut finished = self.finished;
        finished.transcript.add(message.raw());
        // It "MUST" end its record, which this sees to.
        finished.unverified.read_handshake(core)?;
        Ok(State::ExpectFinished(Box::new(finished)))
    }
}
