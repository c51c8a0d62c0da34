//! The end of a TLS 1.2 handshake, the same for both sides: change_cipher_spec and Finished (RFC 5246 sections 7.1,
//! 7.4.9).

use crate::core::Core;
use crate::message::Message;
use crate::open12::Established;
use crate::record::RecordKey;
use crate::schedule::{HelloRandoms, MasterSecret};
use crate::suite12::Suite12;
use crate::transcript::Transcript;
use crate::{Error, ErrorKind, HandshakeType, Side};

/// The master secret is there; nobody has proven that it is the same on both sides.
pub(crate) struct Secrets {
    pub(crate) transcript: Transcript,
    /// Given away by [`Self::into_established`] only.
    established: Established,
}

/// The record keys of both directions, each to be used after its change_cipher_spec.
pub(crate) struct Keys {
    pub(crate) read: RecordKey,
    pub(crate) write: RecordKey,
}

impl Secrets {
    #[inline(never)]
    pub(crate) fn new(
        core: &mut Core,
        suite: &Suite12,
        transcript: Transcript,
        master: MasterSecret,
    ) -> Result<(Self, Keys), Error> {
        let randoms = HelloRandoms {
            client: core.facts.randoms.client,
            server: core.facts.randoms.server,
        };
        core.log_secret("CLIENT_RANDOM", master.as_bytes());
        let (client, server) = master.record_keys(suite, &randoms)?;
        let keys = match core.side {
            Side::Client => Keys {
                read: server,
                write: client,
            },
            Side::Server => Keys {
                read: client,
                write: server,
            },
        };
        let established = Established { master, randoms };
        let secrets = Self {
            transcript,
            established,
        };
        Ok((secrets, keys))
    }

    /// For the ticket: the master secret.
    pub(crate) fn master(&self) -> &MasterSecret {
        &self.established.master
    }

    /// change_cipher_spec and Finished, the first protected message.
    #[inline(never)]
    pub(crate) fn send_finished(&mut self, core: &mut Core, write: RecordKey) -> Result<(), Error> {
        core.send_change_cipher_spec()?;
        core.set_write_key(write)?;
        let verify_data = self.established.master.finished(core.side, &self.transcript.current());
        core.send(&mut self.transcript, HandshakeType::FINISHED, |w| {
            w.bytes(verify_data.as_bytes())
        })?;
        core.facts.finished.local = Some(verify_data);
        Ok(())
    }

    /// "Recipients of Finished messages MUST verify that the contents are correct."
    #[inline(never)]
    pub(crate) fn check_finished(&mut self, core: &mut Core, message: Message) -> Result<(), Error> {
        let message = message.expect(HandshakeType::FINISHED)?;
        let expected = self
            .established
            .master
            .finished(core.side.peer(), &self.transcript.current());
        if message.body().len() != expected.as_bytes().len() {
            return Err(ErrorKind::Malformed.into());
        }
        if !expected.matches(message.body()) {
            return Err(ErrorKind::BadFinished.into());
        }
        self.transcript.add(message.raw());
        core.facts.finished.peer = Some(expected);
        Ok(())
    }

    /// Both Finished messages are right (or the peer's is, and ours is out).
    pub(crate) fn into_established(self) -> Established {
        self.established
    }
}
