//! The server's Finished (RFC 8446 section 4.4.4), and the client's last flight up to its own.

use std::collections::VecDeque;

use super::authenticate::ExpectCredential;
use super::early::Parked;
use super::post::Post;
use super::{EarlyFlight, Flight, Offered, State};
use crate::core::Core;
use crate::early::Writing;
use crate::message::Message;
use crate::message::certificate::CertificateRequest;
use crate::message::post::NewSessionTicket;
use crate::number::Suite13;
use crate::open::{self, Open, TrafficKeys};
use crate::schedule::{ExporterSecret, Master, TrafficSecret};
use crate::state::State as Next;
use crate::transcript::Transcript;
use crate::{EarlyDataStatus, Error, ErrorKind, ExtensionType, HandshakeType, StateName};

/// The server is who it has to be, by its certificate or by the PSK; perhaps it wants to know who we are.
pub(super) struct Authenticated {
    request: Option<CertificateRequest>,
}

impl Authenticated {
    /// Our last flight, which begins with what the server wants to know.
    pub(super) fn answered_by(self, core: &mut Core, last: LastFlight) -> Result<Next, Error> {
        match self.request {
            None => last.finish(core),
            Some(request) => Ok(State::Credential(Box::new(ExpectCredential { last, request })).into()),
        }
    }

    /// Only who knows the PSK has the handshake's keys.
    pub(super) fn by_psk() -> Self {
        Self { request: None }
    }

    /// Chain and signature have been checked.
    pub(super) fn by_certificate(request: Option<CertificateRequest>) -> Self {
        Self { request }
    }
}

/// Only Finished is missing of the server's flight.
pub(crate) struct ExpectFinished {
    pub(super) flight: Flight,
    pub(super) server: Authenticated,
}

impl ExpectFinished {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<Next, Error> {
        let Self { flight, server } = self;
        let message = message.expect(HandshakeType::FINISHED)?;
        let expected = flight.read.finished(&flight.transcript.current());
        if message.body().len() != expected.as_bytes().len() {
            return Err(ErrorKind::Malformed.into());
        }
        // "Recipients of Finished messages MUST verify that the contents are correct and if incorrect MUST terminate
        // the connection with a 'decrypt_error' alert."
        if !expected.matches(message.body()) {
            return Err(ErrorKind::BadFinished.into());
        }
        core.facts.finished.peer = Some(expected);
        let last = LastFlight::new(core, flight, &message)?;
        if core.early.status != EarlyDataStatus::NotSent {
            core.enter(StateName::PendingEarlyDataEnd);
        }
        if core.early.writing != Writing::Closed {
            return Ok(State::Parked(Box::new(Parked { last, server })).into());
        }
        server.answered_by(core, last)
    }
}

/// What the client's last flight needs. The server's Finished has been verified, so the application's keys exist; ours
/// for sending are used after our own Finished.
pub(super) struct LastFlight {
    offered: Offered,
    suite: &'static Suite13,
    pub(super) transcript: Transcript,
    master: Master,
    /// client_handshake_traffic_secret
    handshake_write: TrafficSecret,
    read: TrafficSecret,
    write: TrafficSecret,
    exporter: ExporterSecret,
    owes_ccs: bool,
    early: EarlyFlight,
    /// Those that came before it.
    pub(super) tickets: VecDeque<NewSessionTicket>,
}

impl LastFlight {
    fn new(core: &mut Core, flight: Flight, finished: &Message) -> Result<Self, Error> {
        let Flight {
            offered,
            suite,
            mut transcript,
            schedule,
            write: handshake_write,
            owes_ccs,
            early,
            ..
        } = flight;
        transcript.add(finished.raw());
        let so_far = transcript.current();
        let master = schedule.master();
        let read = master.server_traffic(&so_far);
        let write = master.client_traffic(&so_far);
        let exporter = master.exporter(&so_far);
        core.log_secret("EXPORTER_SECRET", exporter.as_bytes());
        core.log_key("SERVER_TRAFFIC_SECRET_0", &read);
        core.set_read_key(read.record_key(suite)?)?;
        // change_cipher_spec may come "before the peer's Finished message has been received" (section 5).
        core.inbound.tolerate_ccs(false);
        Ok(Self {
            offered,
            suite,
            transcript,
            master,
            handshake_write,
            read,
            write,
            exporter,
            owes_ccs,
            early,
            tickets: VecDeque::new(),
        })
    }

    /// Before the first message of the flight: "the client sends a dummy change_cipher_spec record immediately before
    /// its second flight" (appendix D.4).
    pub(super) fn begin(&mut self, core: &mut Core) -> Result<(), Error> {
        if std::mem::take(&mut self.owes_ccs) {
            core.send_change_cipher_spec()?;
        }
        // "If the server sent an 'early_data' extension in EncryptedExtensions, the client MUST send an EndOfEarlyData
        // message after receiving the server Finished" (section 4.5), still under the early data's key.
        let early = std::mem::take(&mut self.early);
        if early == EarlyFlight::Accepted {
            core.send(&mut self.transcript, HandshakeType::END_OF_EARLY_DATA, |_| {})?;
            core.set_write_key(self.handshake_write.record_key(self.suite)?)?;
        }
        if early != EarlyFlight::None {
            core.log_key("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &self.handshake_write);
        }
        Ok(())
    }

    /// Sends Finished; the connection is open.
    pub(super) fn finish(mut self, core: &mut Core) -> Result<Next, Error> {
        self.begin(core)?;
        let verify_data = self.handshake_write.finished(&self.transcript.current());
        core.send(&mut self.transcript, HandshakeType::FINISHED, |w| {
            w.bytes(verify_data.as_bytes())
        })?;
        core.facts.finished.local = Some(verify_data);
        core.log_key("CLIENT_TRAFFIC_SECRET_0", &self.write);
        core.set_write_key(self.write.record_key(self.suite)?)?;
        let keys = TrafficKeys::new(self.suite, self.read, self.write, self.exporter);
        let resumption = self.master.resumption(&self.transcript.current());
        let authentication = self
            .offered
            .has(ExtensionType::POST_HANDSHAKE_AUTH)
            .then_some(self.transcript);
        let post = open::Post::Client(Post::new(resumption, authentication, self.tickets));
        Ok(Next::Open(Box::new(Open { keys, post })))
    }
}
