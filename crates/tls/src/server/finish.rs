//! The client's Finished (RFC 8446 section 4.4.4): only it opens the way to application data.

use super::plan::TicketPlan;
use super::post::Post;
use crate::core::Core;
use crate::message::Message;
use crate::number::Suite13;
use crate::open::{self, Open, TrafficKeys};
use crate::schedule::{Digest, ExporterSecret, Master, TrafficSecret};
use crate::state::State;
use crate::transcript::Transcript;
use crate::{Error, ErrorKind, HandshakeType};

/// Waits for Finished.
pub(crate) struct ExpectFinished {
    pub(super) unverified: Unverified,
    pub(super) transcript: Transcript,
    pub(super) plan: TicketPlan,
    pub(super) post_handshake_auth: bool,
}

/// Secrets of a connection whose client has not proven anything. They are given away only against its Finished.
pub(super) struct Unverified {
    pub(super) suite: &'static Suite13,
    pub(super) client_handshake: TrafficSecret,
    pub(super) master: Master,
    pub(super) read: TrafficSecret,
    pub(super) write: TrafficSecret,
    pub(super) exporter: ExporterSecret,
}

impl Unverified {
    /// The client's messages up to its Finished are protected by the handshake's key: after early data, from now on.
    pub(super) fn read_handshake(&self, core: &mut Core) -> Result<(), Error> {
        core.log_key("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &self.client_handshake);
        core.set_read_key(self.client_handshake.record_key(self.suite)?)
    }

    fn verify(
        self,
        core: &mut Core,
        finished: &Message,
        transcript: &Transcript,
    ) -> Result<(TrafficKeys, Master), Error> {
        let expected = self.client_handshake.finished(&transcript.current());
        check_finished(&expected, finished)?;
        core.facts.finished.peer = Some(expected);
        core.log_key("CLIENT_TRAFFIC_SECRET_0", &self.read);
        core.set_read_key(self.read.record_key(self.suite)?)?;
        Ok((
            TrafficKeys::new(self.suite, self.read, self.write, self.exporter),
            self.master,
        ))
    }
}

/// "Recipients of Finished messages MUST verify that the contents are correct and if incorrect MUST terminate the
/// connection with a 'decrypt_error' alert."
pub(super) fn check_finished(expected: &Digest, finished: &Message) -> Result<(), Error> {
    if finished.body().len() != expected.as_bytes().len() {
        return Err(ErrorKind::Malformed.into());
    }
    if !expected.matches(finished.body()) {
        return Err(ErrorKind::BadFinished.into());
    }
    Ok(())
}

impl ExpectFinished {
    #[inline(never)]
    pub(super) fn message(self, core: &mut Core, message: Message) -> Result<State, Error> {
        let message = message.expect(HandshakeType::FINISHED)?;
        let Self {
            unverified,
            mut transcript,
            plan,
            post_handshake_auth,
        } = self;
        let (keys, master) = unverified.verify(core, &message, &transcript)?;
        core.inbound.tolerate_ccs(false);
        transcript.add(message.raw());
        let resumption = master.resumption(&transcript.current());
        let quota = plan.quota(&core.settings);
        let main_handshake = post_handshake_auth.then_some(transcript);
        let post = Post::new(quota, resumption, main_handshake)?;
        Ok(State::Open(Box::new(Open {
            keys,
            post: open::Post::Server(post),
        })))
    }
}
