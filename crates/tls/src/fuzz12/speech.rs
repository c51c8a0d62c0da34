//! What the puppet says and hears.

use super::Harm;
use super::puppet::{EXTENDED, MADE_UP_ID, MASTER, PROMISE, PUPPET_RANDOM, Puppet, SESSION_ID, Stop, TICKET};
use crate::codec::{Reader, Writer};
use crate::kx::KeyShare;
use crate::message;
use crate::message::server_hello::extension;
use crate::schedule::MasterSecret;
use crate::{ContentType, ErrorKind, ExtensionType, HandshakeType, NamedGroup, Side};

/// ContentType and legacy version of a record.
const HEADER_LEN: usize = 5;

impl Puppet {
    /// Says what an honest peer would, harmed.
    pub(super) fn say_step(&mut self, step: u8, harm: &Harm<'_>) -> Result<(), Stop> {
        let (kind, mut body) = match (self.side, step) {
            (Side::Server, 5) | (Side::Client, 8) => {
                let mut body = vec![1];
                harm.inflict(&mut body);
                self.say_record(ContentType::CHANGE_CIPHER_SPEC, &body)?;
                self.write = self.next.0.take().or(self.write.take());
                return Ok(());
            }
            (_, 7) => {
                let mut data = b"data".to_vec();
                harm.inflict(&mut data);
                return self.say_record(ContentType::APPLICATION_DATA, &data);
            }
            (Side::Server, 6) | (Side::Client, 9) => return self.say_finished(harm),
            (Side::Server, step) => self.client_step(step)?,
            (Side::Client, step) => self.server_step(step)?,
        };
        harm.inflict(&mut body);
        self.say(kind, &body)
    }

    fn say_finished(&mut self, harm: &Harm<'_>) -> Result<(), Stop> {
        let side = self.side.peer();
        let master = self.master.as_ref().ok_or(ErrorKind::Internal)?;
        let right = master.finished(side, &self.transcript.current());
        let mut body = right.as_bytes().to_vec();
        harm.inflict(&mut body);
        self.finished |= body == right.as_bytes() && self.write.is_some();
        self.say(HandshakeType::FINISHED, &body)
    }

    fn client_step(&mut self, step: u8) -> Result<(HandshakeType, Vec<u8>), Stop> {
        Ok(match step {
            0 => (HandshakeType::CLIENT_HELLO, self.client_hello(&[], None)),
            1 => (
                HandshakeType::CLIENT_HELLO,
                self.client_hello(&MADE_UP_ID, Some(TICKET)),
            ),
            2 => (HandshakeType::CLIENT_HELLO, self.client_hello(&SESSION_ID, None)),
            4 => (HandshakeType::CERTIFICATE, vec![0, 0, 0]),
            8 => (HandshakeType::CLIENT_HELLO, self.client_hello(&[], Some(&[]))),
            9 => (HandshakeType::CERTIFICATE, vec![0, 0, 4, 0, 0, 1, 0x30]),
            10 => (HandshakeType::CERTIFICATE_VERIFY, vec![4, 3, 0, 1, 1]),
            _ => {
                let share = KeyShare::generate(NamedGroup::X25519)?;
                let mut body = Vec::new();
                Writer::new(&mut body).vec8(share.public());
                self.ours = Some(share);
                (HandshakeType::CLIENT_KEY_EXCHANGE, body)
            }
        })
    }

    fn client_hello(&mut self, session_id: &[u8], ticket: Option<&[u8]>) -> Vec<u8> {
        self.offers_session = !session_id.is_empty();
        let mut body = Vec::new();
        let mut w = Writer::new(&mut body);
        w.u16(0x0303);
        w.bytes(&PUPPET_RANDOM);
        w.vec8(session_id);
        w.nest16(|w| w.u16(self.suite.suite.0));
        w.vec8(&[0]);
        w.nest16(|w| {
            extension(w, ExtensionType::SUPPORTED_GROUPS, |w| w.vec16(&[0, 0x1d]));
            extension(w, ExtensionType::EC_POINT_FORMATS, |w| w.vec8(&[0]));
            extension(w, ExtensionType::SIGNATURE_ALGORITHMS, |w| w.vec16(&[4, 3]));
            extension(w, ExtensionType::RENEGOTIATION_INFO, |w| w.vec8(&[]));
            if self.flags.has(EXTENDED) {
                extension(w, ExtensionType::EXTENDED_MASTER_SECRET, |_| {});
            }
            if let Some(ticket) = ticket {
                extension(w, ExtensionType::SESSION_TICKET, |w| w.bytes(ticket));
            }
        });
        body
    }

    fn server_step(&mut self, step: u8) -> Result<(HandshakeType, Vec<u8>), Stop> {
        Ok(match step {
            0 | 1 => (HandshakeType::SERVER_HELLO, self.server_hello(step == 1)?),
            2 => (HandshakeType::CERTIFICATE, vec![0, 0, 4, 0, 0, 1, 0x30]),
            4 => (HandshakeType::CERTIFICATE_REQUEST, vec![1, 64, 0, 2, 4, 3, 0, 0]),
            5 => (HandshakeType::SERVER_HELLO_DONE, Vec::new()),
            6 => (HandshakeType::NEW_SESSION_TICKET, vec![0, 0, 1, 0, 0, 2, 1, 2]),
            10 => (HandshakeType::HELLO_REQUEST, Vec::new()),
            11 => (HandshakeType::CERTIFICATE_STATUS, vec![1, 0, 0, 1, 0x30]),
            _ => {
                let share = KeyShare::generate(NamedGroup::X25519)?;
                let mut body = vec![3, 0, 0x1d];
                let mut w = Writer::new(&mut body);
                w.vec8(share.public());
                w.bytes(&[4, 3, 0, 1, 1]);
                self.ours = Some(share);
                (HandshakeType::SERVER_KEY_EXCHANGE, body)
            }
        })
    }

    fn server_hello(&mut self, resuming: bool) -> Result<Vec<u8>, Stop> {
        let session_id = if resuming { self.session_id.clone() } else { Vec::new() };
        let mut body = Vec::new();
        let mut w = Writer::new(&mut body);
        w.u16(0x0303);
        w.bytes(&PUPPET_RANDOM);
        w.vec8(&session_id);
        w.u16(self.suite.suite.0);
        w.u8(0);
        w.nest16(|w| {
            extension(w, ExtensionType::RENEGOTIATION_INFO, |w| w.vec8(&[]));
            if self.flags.has(EXTENDED) {
                extension(w, ExtensionType::EXTENDED_MASTER_SECRET, |_| {});
            }
            if self.flags.has(PROMISE) {
                extension(w, ExtensionType::SESSION_TICKET, |_| {});
            }
        });
        if resuming {
            self.take_up_session()?;
        }
        Ok(body)
    }

    fn take_up_session(&mut self) -> Result<(), Stop> {
        self.master = MasterSecret::of_session(self.suite.hash, &MASTER);
        self.make_keys()
    }

    /// A full handshake's master secret, when both points are there and ClientKeyExchange is in the transcript.
    fn agree(&mut self) -> Result<(), Stop> {
        let Some(share) = self.ours.take() else { return Ok(()) };
        let premaster = share.agree(&self.theirs)?;
        let hash = self.suite.hash;
        self.master = Some(if self.flags.has(EXTENDED) {
            MasterSecret::derive_extended(hash, premaster.as_bytes(), &self.transcript.current())
        } else {
            MasterSecret::derive(hash, premaster.as_bytes(), &self.randoms)
        });
        self.make_keys()
    }

    fn make_keys(&mut self) -> Result<(), Stop> {
        let master = self.master.as_ref().ok_or(ErrorKind::Internal)?;
        let (client, server) = master.record_keys(self.suite, &self.randoms)?;
        self.next = match self.side {
            Side::Server => (Some(client), Some(server)),
            Side::Client => (Some(server), Some(client)),
        };
        Ok(())
    }

    /// Says any message.
    pub(super) fn say(&mut self, kind: HandshakeType, body: &[u8]) -> Result<(), Stop> {
        let mut whole = Vec::new();
        message::encode(&mut whole, kind, |w| w.bytes(body))?;
        // "This message is not included in the handshake hash": RFC 5246 section 7.4.1.1.
        if kind != HandshakeType::HELLO_REQUEST {
            self.transcript.add(&whole);
        }
        if kind == HandshakeType::CLIENT_KEY_EXCHANGE && self.side == Side::Server {
            // A point that can't be agreed with gives no keys, and the engine will refuse it as well.
            let _ = self.agree();
        }
        self.say_record(ContentType::HANDSHAKE, &whole)
    }

    /// Says anything, under the present key.
    pub(super) fn say_record(&mut self, content_type: ContentType, content: &[u8]) -> Result<(), Stop> {
        let mut wire = Vec::new();
        let fragments = content.chunks(self.fragment);
        for fragment in fragments.chain(content.is_empty().then_some(content)) {
            match &mut self.write {
                Some(key) => key.seal(content_type, fragment, 0, &mut wire)?,
                None => {
                    let mut w = Writer::new(&mut wire);
                    w.bytes(&[content_type.0, 3, 3]);
                    w.vec16(fragment);
                }
            }
        }
        self.feed(&wire)
    }

    /// Says a record whose body is spoilt after it was protected; its header tells the length that it has then.
    pub(super) fn say_spoilt(
        &mut self,
        content_type: ContentType,
        content: &[u8],
        spoil: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Stop> {
        let mut body = Vec::new();
        match &mut self.write {
            Some(key) => {
                key.seal(content_type, content, 0, &mut body)?;
                body.drain(..HEADER_LEN);
            }
            None => body.extend_from_slice(content),
        }
        spoil(&mut body);
        let mut wire = Vec::new();
        let mut w = Writer::new(&mut wire);
        w.bytes(&[content_type.0, 3, 3]);
        w.vec16(&body);
        self.feed(&wire)
    }

    /// Reads what the engine has said: whole records, in which it puts whole messages.
    pub(super) fn listen(&mut self) -> Result<(), Stop> {
        let heard = std::mem::take(&mut self.heard);
        let mut wire = Reader::new(&heard);
        while !wire.is_empty() {
            let [content_type, a, b] = wire.array()?;
            let mut body = wire.vec16()?.to_vec();
            let header = [content_type, a, b, 0, 0];
            let content = match &mut self.read {
                Some(key) => {
                    let range = key.open12(header, &mut body)?;
                    body.get(range).unwrap_or_default().to_vec()
                }
                None => body,
            };
            match ContentType(content_type) {
                ContentType::CHANGE_CIPHER_SPEC => self.read = self.next.1.take(),
                ContentType::HANDSHAKE => self.hear(&content)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn hear(&mut self, mut messages: &[u8]) -> Result<(), Stop> {
        while let Some((&kind, _)) = messages.split_first() {
            let mut r = Reader::new(messages);
            r.u8()?;
            let body = r.vec24()?;
            let (raw, rest) = messages.split_at(messages.len() - r.len());
            self.transcript.add(raw);
            self.understand(HandshakeType(kind), body)?;
            messages = rest;
        }
        Ok(())
    }

    fn understand(&mut self, kind: HandshakeType, body: &[u8]) -> Result<(), Stop> {
        let mut r = Reader::new(body);
        match kind {
            HandshakeType::CLIENT_HELLO => {
                r.u16()?;
                self.randoms.client = r.array()?;
                self.session_id = r.vec8()?.to_vec();
            }
            HandshakeType::SERVER_HELLO => {
                r.u16()?;
                self.randoms.server = r.array()?;
                if !r.vec8()?.is_empty() && self.offers_session {
                    self.take_up_session()?;
                }
            }
            HandshakeType::SERVER_KEY_EXCHANGE => {
                r.array::<3>()?;
                self.theirs = r.vec8()?.to_vec();
            }
            HandshakeType::CLIENT_KEY_EXCHANGE => {
                self.theirs = r.vec8()?.to_vec();
                self.agree()?;
            }
            _ => {}
        }
        Ok(())
    }
}
