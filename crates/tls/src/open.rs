//! An established TLS 1.3 connection: traffic keys and their updates; what else happens differs by side.

use crate::core::Core;
use crate::message::{Message, post};
use crate::number::Suite13;
use crate::schedule::{ExporterSecret, TrafficSecret};
use crate::state::Wants;
use crate::{Answer, Error, ErrorKind, HandshakeType, Question, Side, client, server};

/// So many KeyUpdates that nobody asked for may come without application data, either way, between them. OpenSSL knows no
/// limit, and its own tests send 40.
const MAX_KEY_UPDATES: u8 = 128;

/// The state after the handshake.
pub(crate) struct Open {
    pub(crate) keys: TrafficKeys,
    pub(crate) post: Post,
}

/// What may happen after the handshake, by side.
pub(crate) enum Post {
    Server(server::Post),
    Client(client::Post),
}

/// The secrets of a connection whose Finished messages have both been verified. There is no other way to one of these
/// than [`TrafficKeys::new`], which the states call that have just done so.
pub(crate) struct TrafficKeys {
    suite: &'static Suite13,
    read: TrafficSecret,
    write: TrafficSecret,
    exporter: ExporterSecret,
    /// KeyUpdates of the peer in a row.
    unasked: u8,
    /// Our requests that the peer has not answered.
    requested: u32,
    /// The peer's request that we have not answered.
    owed: bool,
}

impl TrafficKeys {
    pub(crate) fn new(
        suite: &'static Suite13,
        read: TrafficSecret,
        write: TrafficSecret,
        exporter: ExporterSecret,
    ) -> Self {
        Self {
            suite,
            read,
            write,
            exporter,
            unasked: 0,
            requested: 0,
            owed: false,
        }
    }

    /// The key for Finished in post-handshake authentication (RFC 8446 section 4.4): the client's current one.
    pub(crate) fn read_secret(&self) -> &TrafficSecret {
        &self.read
    }

    pub(crate) fn write_secret(&self) -> &TrafficSecret {
        &self.write
    }

    pub(crate) fn exporter(&self) -> &ExporterSecret {
        &self.exporter
    }

    /// A KeyUpdate has arrived (section 4.6.3).
    fn peer_updates(&mut self, core: &mut Core, message: &Message) -> Result<(), Error> {
        let requested = post::parse_key_update(message)?;
        match self.requested.checked_sub(1) {
            Some(left) if !requested => self.requested = left,
            _ => self.unasked += 1,
        }
        if self.unasked > MAX_KEY_UPDATES {
            return Err(ErrorKind::TooManyKeyUpdates.into());
        }
        self.read = self.read.next();
        core.log_key(update_label(core.side.peer()), &self.read);
        core.set_read_key(self.read.record_key(self.suite)?)?;
        // "If the request_update field is set to 'update_requested', then the receiver MUST send a KeyUpdate of its own
        // with request_update set to 'update_not_requested' prior to sending its next Application Data record."
        self.owed |= requested;
        Ok(())
    }

    /// Must a KeyUpdate go out before the next application data?
    pub(crate) fn owes_update(&self) -> bool {
        self.owed
    }

    /// Application data passed, in either direction: the peer may update its keys again.
    pub(crate) fn data_passed(&mut self) {
        self.unasked = 0;
    }

    /// Sends a KeyUpdate. "Both sender and receiver MUST encrypt their KeyUpdate messages with the old keys."
    pub(crate) fn update(&mut self, core: &mut Core, request_peer: bool) -> Result<(), Error> {
        core.send_untranscribed(HandshakeType::KEY_UPDATE, |w| w.u8(request_peer.into()))?;
        self.owed = false;
        self.requested = self.requested.saturating_add(request_peer.into());
        self.write = self.write.next();
        core.log_key(update_label(core.side), &self.write);
        core.set_write_key(self.write.record_key(self.suite)?)
    }
}

/// Whose key, for key logs.
fn update_label(side: Side) -> &'static str {
    match side {
        Side::Client => "CLIENT_TRAFFIC_SECRET_N",
        Side::Server => "SERVER_TRAFFIC_SECRET_N",
    }
}

impl Open {
    pub(crate) fn wants(&self) -> Wants {
        match &self.post {
            Post::Server(post) => post.wants(),
            Post::Client(post) => post.wants(),
        }
    }

    pub(crate) fn offers_post_handshake_auth(&self) -> bool {
        matches!(&self.post, Post::Server(post) if post.is_authentication_offered())
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        match &self.post {
            Post::Server(post) => post.is_handshaking(),
            Post::Client(post) => post.is_handshaking(),
        }
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match &self.post {
            Post::Server(post) => post.question(),
            Post::Client(post) => post.question(),
        }
    }

    #[inline(never)]
    pub(crate) fn message(mut self, core: &mut Core, message: Message) -> Result<Self, Error> {
        // In the middle of an authentication a KeyUpdate is one more message out of order.
        if message.kind() == HandshakeType::KEY_UPDATE && self.wants() == Wants::Anything {
            self.keys.peer_updates(core, &message)?;
            return Ok(self);
        }
        let Self { mut keys, post } = self;
        let post = match post {
            Post::Server(post) => Post::Server(post.message(core, &mut keys, message)?),
            Post::Client(post) => Post::Client(post.message(core, &mut keys, message)?),
        };
        Ok(Self { keys, post })
    }

    #[inline(never)]
    pub(crate) fn answer(self, core: &mut Core, answer: Answer) -> Result<Self, Error> {
        let Self { mut keys, post } = self;
        let post = match post {
            Post::Server(post) => Post::Server(post.answer(core, &mut keys, answer)?),
            Post::Client(post) => Post::Client(post.answer(core, &mut keys, answer)?),
        };
        Ok(Self { keys, post })
    }

    /// The end of a handshake (or of a post-handshake authentication) has been told.
    pub(crate) fn reported(self) -> Self {
        let post = match self.post {
            Post::Server(post) => Post::Server(post.reported()),
            Post::Client(post) => Post::Client(post.reported()),
        };
        Self { keys: self.keys, post }
    }
}
