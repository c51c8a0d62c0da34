//! A server on strings, for tests and for the fuzzer. It knows how TLS 1.3 goes, and does as it is told.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{Secret, Session};

use crate::codec::Writer;
use crate::kx::{self, SharedSecret};
use crate::message::server_hello::{RETRY_RANDOM, extension};
use crate::message::{self, ClientHello, Message};
use crate::record::RecordKey;
use crate::schedule::{Early, Handshake, HashAlgorithm, TrafficSecret};
use crate::transcript::Transcript;
use crate::{
    Answer, CipherSuite, ClientAuth, Connection, ContentType, Credential, Error, ErrorKind, ExtensionType,
    ExternalOffer, HandshakeType, NamedGroup, Offer, ProtocolVersion, Question, Settings, SignatureScheme, Step,
};

pub(crate) const SUITE: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;
pub(crate) const GROUP: NamedGroup = NamedGroup::X25519;
pub(crate) const PSK: [u8; 32] = [0x5a; 32];

/// Bodies of messages that are as they should be.
pub(crate) const ENCRYPTED_EXTENSIONS: &[u8] = &[0, 0];
pub(crate) const CERTIFICATE_REQUEST: &[u8] = &[0, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7];
pub(crate) const CERTIFICATE: &[u8] = &[0, 0, 0, 6, 0, 0, 1, b'c', 0, 0];
pub(crate) const CERTIFICATE_VERIFY: &[u8] = &[8, 7, 0, 2, 1, 2];
pub(crate) const NEW_SESSION_TICKET: &[u8] = &[0, 0, 0, 9, 1, 2, 3, 4, 1, 0, 0, 1, b't', 0, 0];

pub(crate) fn settings() -> Settings {
    Settings {
        min_version: ProtocolVersion::TLS1_2,
        max_version: ProtocolVersion::TLS1_3,
        suites: vec![SUITE, CipherSuite::TLS_AES_256_GCM_SHA384],
        server_preference: false,
        prefer_sha256: false,
        groups: vec![GROUP, NamedGroup::SECP256R1],
        schemes: vec![SignatureScheme::ED25519, SignatureScheme::RSA_PKCS1_SHA256],
        client_auth: ClientAuth::None,
        authorities: Vec::new(),
        post_handshake_auth: false,
        protocols: Bytes::from_static(b"\x02h2"),
        server_name: Some("localhost".into()),
        middlebox_compat: true,
        tickets: true,
        num_tickets: 0,
        allow_psk_ke: false,
        tls12: Default::default(),
        asks_for_psk: false,
        ticket_request: None,
        honour_ticket_requests: true,
        max_send_fragment: 16384,
        record_padding: 0,
        max_certificate_len: 102_400,
        request_ocsp: false,
        observe: false,
        key_log: false,
    }
}

/// A session with a ticket, of this suite.
pub(crate) fn offer(suite: CipherSuite) -> Offer {
    let mut session = Session::new(0x0304, suite.0, Secret::new(&PSK).unwrap_or_default(), 1_800_000_000);
    session.ticket = Some(Bytes::from_static(b"a ticket"));
    session.lifetime_hint = 7200;
    session.age_add = 0xffff_fff0;
    Offer {
        session: Arc::new(session),
        age_ms: 0x20,
    }
}

/// A ServerHello or HelloRetryRequest to be tampered with.
#[derive(Clone)]
pub(crate) struct Hi {
    pub(crate) legacy_version: u16,
    pub(crate) random: [u8; 32],
    pub(crate) session_id: Vec<u8>,
    pub(crate) suite: u16,
    pub(crate) compression: u8,
    pub(crate) extensions: Vec<(ExtensionType, Vec<u8>)>,
}

impl Hi {
    pub(crate) fn set(&mut self, extension_type: ExtensionType, data: &[u8]) {
        self.remove(extension_type);
        self.extensions.push((extension_type, data.to_vec()));
    }

    pub(crate) fn remove(&mut self, extension_type: ExtensionType) {
        self.extensions.retain(|(t, _)| *t != extension_type);
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut w = Writer::new(&mut body);
        w.u16(self.legacy_version);
        w.bytes(&self.random);
        w.vec8(&self.session_id);
        w.u16(self.suite);
        w.u8(self.compression);
        if !self.extensions.is_empty() {
            w.nest16(|w| {
                for (extension_type, data) in &self.extensions {
                    extension(w, *extension_type, |w| w.bytes(data));
                }
            });
        }
        body
    }
}

/// The server, with the client that it talks to.
pub(crate) struct Puppet {
    pub(crate) client: Connection,
    pub(crate) done: usize,
    pub(crate) questions: Vec<Question>,
    pub(crate) credential: Option<Credential>,
    transcript: Transcript,
    shared: Option<SharedSecret>,
    handshake: Option<Handshake>,
    traffic: Option<TrafficSecret>,
    pub(crate) write: Option<RecordKey>,
    /// What the client has sent and nobody has looked at.
    pub(crate) wire: Vec<u8>,
}

impl Puppet {
    /// The client has sent its first hello.
    pub(crate) fn new(settings: Settings, offers: Vec<Offer>) -> Result<Self, Error> {
        Self::of(Connection::client(Arc::new(settings), offers))
    }

    /// One that has early data to send.
    pub(crate) fn eager(settings: Settings, offers: Vec<Offer>) -> Result<Self, Error> {
        let mut client = Connection::client(Arc::new(settings), offers);
        client.start_early_data()?;
        Self::of(client)
    }

    fn of(client: Connection) -> Result<Self, Error> {
        let mut puppet = Self {
            client,
            done: 0,
            questions: Vec::new(),
            credential: None,
            transcript: Transcript::new(HashAlgorithm::Sha256),
            shared: None,
            handshake: None,
            traffic: None,
            write: None,
            wire: Vec::new(),
        };
        puppet.feed(&[])?;
        Ok(puppet)
    }

    /// Lets the client take these wire bytes and do all it can.
    pub(crate) fn feed(&mut self, mut wire: &[u8]) -> Result<(), Error> {
        loop {
            let step = self.client.step();
            self.collect();
            match step? {
                Step::Read => {
                    let room = self.client.input_buffer();
                    let n = room.len().min(wire.len());
                    let (head, rest) = wire.split_at(n);
                    room.iter_mut().zip(head).for_each(|(to, from)| *to = *from);
                    self.client.received(n);
                    wire = rest;
                    if n == 0 {
                        return Ok(());
                    }
                }
                Step::Write => {}
                Step::Ask(question) => {
                    let answer = self.answer(question);
                    let result = self.client.answer(answer);
                    self.collect();
                    result?;
                }
                Step::Data => self.client.consume_plaintext(usize::MAX),
                Step::HandshakeDone => self.done += 1,
                Step::Closed => return Ok(()),
            }
        }
    }

    fn collect(&mut self) {
        self.wire.extend_from_slice(self.client.output());
        self.client.output_written(usize::MAX);
    }

    fn answer(&mut self, question: Question) -> Answer {
        let answer = match &question {
            Question::VerifyChain { .. } | Question::VerifySignature { .. } => Answer::Verdict(Ok(())),
            Question::Credential(_) => Answer::Credential(self.credential.clone()),
            Question::Sign { .. } => Answer::Signature(vec![7; 64]),
            Question::OfferPsk { .. } => Answer::ExternalPsk(Some(ExternalOffer {
                identity: Bytes::from_static(b"external"),
                session: offer(SUITE).session,
            })),
            _ => Answer::Proceed,
        };
        self.questions.push(question);
        answer
    }

    /// The hello that the client has just sent, alone in its record or after a change_cipher_spec. It is added to the
    /// transcript.
    pub(crate) fn hear_hello(&mut self) -> Result<ClientHello, Error> {
        let mut wire = std::mem::take(&mut self.wire);
        if wire.first() == Some(&20) {
            wire.drain(..6);
        }
        let len = match *wire {
            [_, _, _, high, low, ..] => usize::from(u16::from_be_bytes([high, low])),
            _ => 0,
        };
        let raw = wire.get(5..5 + len).unwrap_or_default();
        self.transcript.add(raw);
        let message = Message::new(Bytes::copy_from_slice(raw)).ok_or(ErrorKind::Internal)?;
        ClientHello::parse(&message)
    }

    /// The answer to this hello that all is right with.
    pub(crate) fn hi(&mut self, hello: &ClientHello) -> Result<Hi, Error> {
        let mut hi = self.hi_without_share(hello);
        let (group, share) = hello
            .key_shares()?
            .and_then(|shares| shares.split_at_checked(4))
            .ok_or(ErrorKind::Internal)?;
        let group = NamedGroup(u16::from_be_bytes([group[0], group[1]]));
        let (own, shared) = kx::respond(group, share)?;
        let mut data = Vec::new();
        let mut w = Writer::new(&mut data);
        w.u16(group.0);
        w.vec16(&own);
        hi.set(ExtensionType::KEY_SHARE, &data);
        self.shared = Some(shared);
        Ok(hi)
    }

    pub(crate) fn hi_without_share(&mut self, hello: &ClientHello) -> Hi {
        Hi {
            legacy_version: 0x0303,
            random: [0x33; 32],
            session_id: hello.session_id().to_vec(),
            suite: SUITE.0,
            compression: 0,
            extensions: vec![(ExtensionType::SUPPORTED_VERSIONS, vec![3, 4])],
        }
    }

    /// A HelloRetryRequest for this group.
    pub(crate) fn retry(&mut self, hello: &ClientHello, group: NamedGroup) -> Hi {
        let mut hi = self.hi_without_share(hello);
        hi.random = RETRY_RANDOM;
        hi.set(ExtensionType::KEY_SHARE, &group.0.to_be_bytes());
        hi
    }

    /// Sends a ServerHello; then its keys are in use.
    pub(crate) fn say_hi(&mut self, hi: &Hi, psk: Option<&[u8]>) -> Result<(), ErrorKind> {
        self.say(HandshakeType::SERVER_HELLO, &hi.body())?;
        let shared = self.shared.take();
        let shared = shared.as_ref().map(SharedSecret::as_bytes);
        let handshake = match (psk, shared) {
            (Some(psk), shared) => Early::with_psk(HashAlgorithm::Sha256, psk).handshake(shared),
            (None, shared) => Handshake::without_psk(HashAlgorithm::Sha256, shared.unwrap_or_default()),
        };
        self.protect(handshake.server_traffic(&self.transcript.current()))?;
        self.handshake = Some(handshake);
        Ok(())
    }

    fn protect(&mut self, traffic: TrafficSecret) -> Result<(), ErrorKind> {
        let suite = SUITE.tls13().ok_or(ErrorKind::Internal)?;
        self.write = Some(traffic.record_key(suite).map_err(|error| error.kind())?);
        self.traffic = Some(traffic);
        Ok(())
    }

    /// Sends a HelloRetryRequest, and hears the second hello.
    pub(crate) fn say_retry(&mut self, retry: &Hi) -> Result<ClientHello, ErrorKind> {
        let transcript = std::mem::replace(&mut self.transcript, Transcript::new(HashAlgorithm::Sha256));
        self.transcript = transcript.replaced_by_message_hash();
        self.say(HandshakeType::SERVER_HELLO, &retry.body())?;
        self.hear_hello().map_err(|error| error.kind())
    }

    /// Sends a handshake message in a record of its own, under the present key.
    pub(crate) fn say(&mut self, kind: HandshakeType, body: &[u8]) -> Result<(), ErrorKind> {
        let mut message = Vec::new();
        message::encode(&mut message, kind, |w| w.bytes(body)).map_err(|error| error.kind())?;
        self.transcript.add(&message);
        self.say_record(ContentType::HANDSHAKE, &message)
    }

    pub(crate) fn say_record(&mut self, content_type: ContentType, content: &[u8]) -> Result<(), ErrorKind> {
        let mut out = Vec::new();
        match &mut self.write {
            Some(key) => key
                .seal(content_type, content, 0, &mut out)
                .map_err(|error| error.kind())?,
            None => {
                let mut w = Writer::new(&mut out);
                w.bytes(&[content_type.0, 3, 3]);
                w.vec16(content);
            }
        }
        self.feed(&out).map_err(|error| error.kind())
    }

    /// The Finished that is due.
    pub(crate) fn verify_data(&self) -> Vec<u8> {
        let transcript = self.transcript.current();
        self.traffic
            .as_ref()
            .map(|traffic| traffic.finished(&transcript).as_bytes().to_vec())
            .unwrap_or_default()
    }

    /// Sends a KeyUpdate and turns to the next key.
    pub(crate) fn say_key_update(&mut self, request: u8) -> Result<(), ErrorKind> {
        self.say(HandshakeType::KEY_UPDATE, &[request])?;
        let next = self.traffic.as_ref().ok_or(ErrorKind::Internal)?.next();
        self.protect(next)
    }

    /// Sends Finished and turns to the application's keys.
    pub(crate) fn say_finished(&mut self) -> Result<(), ErrorKind> {
        self.say(HandshakeType::FINISHED, &self.verify_data())?;
        let master = self.handshake.take().ok_or(ErrorKind::Internal)?.master();
        self.protect(master.server_traffic(&self.transcript.current()))
    }

    /// Up to ServerHello.
    pub(crate) fn until_hi(settings: Settings) -> Result<Self, Error> {
        let mut puppet = Self::new(settings, Vec::new())?;
        let hello = puppet.hear_hello()?;
        let hi = puppet.hi(&hello)?;
        puppet.say_hi(&hi, None)?;
        Ok(puppet)
    }

    /// Up to ServerHello, which takes the session that was offered.
    pub(crate) fn until_resumed_hi(settings: Settings) -> Result<Self, Error> {
        let mut puppet = Self::new(settings, vec![offer(SUITE)])?;
        let hello = puppet.hear_hello()?;
        let mut hi = puppet.hi(&hello)?;
        hi.set(ExtensionType::PRE_SHARED_KEY, &[0, 0]);
        puppet.say_hi(&hi, Some(&PSK))?;
        Ok(puppet)
    }

    /// Through the whole handshake.
    pub(crate) fn established(settings: Settings) -> Result<Self, Error> {
        let mut puppet = Self::until_hi(settings)?;
        puppet.say(HandshakeType::ENCRYPTED_EXTENSIONS, ENCRYPTED_EXTENSIONS)?;
        puppet.say(HandshakeType::CERTIFICATE, CERTIFICATE)?;
        puppet.say(HandshakeType::CERTIFICATE_VERIFY, CERTIFICATE_VERIFY)?;
        puppet.say_finished()?;
        Ok(puppet)
    }
}
