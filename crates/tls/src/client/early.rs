//! Early data (RFC 8446 section 2.3): what may be sent before the server has said anything.

use std::sync::Arc;

use carnet_ticket::Session;

use super::State;
use super::finished::{Authenticated, LastFlight};
use super::psk::PskOffer;
use crate::core::Core;
use crate::early::Writing;
use crate::message::post::NewSessionTicket;
use crate::message::{Extensions, Message};
use crate::number::Suite13;
use crate::schedule::HashAlgorithm;
use crate::state::State as Next;
use crate::{CipherSuite, EarlyDataStatus, Error, ErrorKind, ExtensionType, HandshakeType, Settings, StateName};

/// So many tickets are kept for a client that is parked. Servers have few to give.
const MAX_TICKETS: usize = 16;

/// Early data has been offered, with the first PSK. "The PSK used to encrypt the early data MUST be the first PSK listed in
/// the client's 'pre_shared_key' extension" (section 4.2.10).
pub(super) struct EarlyOffer {
    session: Arc<Session>,
    suite: &'static Suite13,
}

impl EarlyOffer {
    /// `None` if the PSK does not allow any, or the server could not choose its suite. An error if the connection is to be
    /// another than the one that the session is of: then what the application is about to send may be meant for another.
    pub(super) fn new(first: &PskOffer, suites: &[CipherSuite], settings: &Settings) -> Result<Option<Self>, Error> {
        let session = first.session();
        let suite = CipherSuite(session.cipher);
        let Some(known) = suite.tls13().filter(|_| suites.contains(&suite)) else {
            return Ok(None);
        };
        if session.max_early_data == 0 {
            return Ok(None);
        }
        let name = settings.server_name.as_deref().map(str::as_bytes);
        if session.hostname.is_some() && session.hostname.as_deref() != name {
            return Err(ErrorKind::InconsistentEarlyDataName.into());
        }
        let protocol = session.alpn.as_deref();
        if protocol.is_some_and(|protocol| !settings.offers_protocol(protocol)) {
            return Err(ErrorKind::InconsistentEarlyDataProtocol.into());
        }
        Ok(Some(Self {
            session: Arc::clone(session),
            suite: known,
        }))
    }

    /// The ClientHello is out: what is sent from now on is early data.
    pub(super) fn begin(&self, core: &mut Core, first: &PskOffer, hello: &[u8]) -> Result<(), Error> {
        let hash: HashAlgorithm = self.suite.hash;
        let transcript = hash.digest(hello);
        let traffic = first.early().client_traffic(&transcript);
        let exporter = first.early().exporter(&transcript);
        core.log_secret("EARLY_EXPORTER_SECRET", exporter.as_bytes());
        core.log_key("CLIENT_EARLY_TRAFFIC_SECRET", &traffic);
        core.early.exporter = Some(Box::new(exporter));
        core.early.status = EarlyDataStatus::Rejected;
        core.early.writing = Writing::Sent;
        core.early.left = self.session.max_early_data;
        // "If offering early data, the record is placed immediately after the first ClientHello" (appendix D.4).
        if core.settings.middlebox_compat {
            core.send_change_cipher_spec()?;
        }
        core.set_write_key(traffic.record_key(self.suite)?)?;
        core.enter(StateName::EarlyData);
        Ok(())
    }

    /// What EncryptedExtensions say of it; ALPN has been settled. `index` is that of the PSK that the server chose.
    ///
    /// "If the server supplies an 'early_data' extension, the client MUST verify that the server's selected_identity is 0. If
    /// any other value is returned, the client MUST abort the handshake with an 'illegal_parameter' alert" (section 4.2.11).
    /// Cipher suite and protocol must be the PSK's, too, or the server could not have accepted it.
    pub(super) fn accepted(
        &self,
        core: &mut Core,
        extensions: &Extensions,
        suite: CipherSuite,
        index: Option<u16>,
    ) -> Result<bool, Error> {
        match extensions.get(ExtensionType::EARLY_DATA) {
            None => return Ok(false),
            Some([]) => {}
            Some(_) => return Err(ErrorKind::Malformed.into()),
        }
        let same_protocol = self.session.alpn.as_deref() == core.facts.names.protocol.as_deref();
        if index != Some(0) || suite != self.suite.suite || !same_protocol {
            return Err(ErrorKind::BadEarlyData.into());
        }
        core.early.status = EarlyDataStatus::Accepted;
        Ok(true)
    }
}

/// Early data that is written from now on is dropped.
pub(super) fn refused(core: &mut Core) {
    if core.early.writing == Writing::Sent {
        core.early.writing = Writing::Dropped;
    }
}

/// The server's flight is in, and the application may have more early data to write. Until it says that it has not, there
/// is no EndOfEarlyData and no Finished; but what the server has to say already may be read.
pub(crate) struct Parked {
    pub(super) last: LastFlight,
    pub(super) server: Authenticated,
}

impl Parked {
    /// "a server which does not request certificate-based client authentication MAY compute the remainder of the transcript
    /// independently and then send a NewSessionTicket immediately upon sending its Finished rather than waiting for the
    /// client Finished" (section 4.6.1). We can't use it before we have sent that. Nothing else makes sense before it.
    #[inline(never)]
    pub(super) fn message(mut self, message: Message) -> Result<Next, Error> {
        let message = message.expect(HandshakeType::NEW_SESSION_TICKET)?;
        if self.last.tickets.len() >= MAX_TICKETS {
            return Err(ErrorKind::UnexpectedMessage.into());
        }
        self.last.tickets.push_back(NewSessionTicket::parse(&message)?);
        Ok(State::Parked(Box::new(self)).into())
    }

    #[inline(never)]
    pub(super) fn go(self, core: &mut Core) -> Result<Next, Error> {
        self.server.answered_by(core, self.last)
    }
}
