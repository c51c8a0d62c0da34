//! A client on strings. It knows how TLS 1.3 goes, and does as it is told.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;

use crate::codec::Writer;
use crate::kx::KeyShare;
use crate::message::server_hello::{ServerHello, extension};
use crate::message::{self, Message};
use crate::record::RecordKey;
use crate::schedule::{Early, Handshake, HashAlgorithm, PskKind, TrafficSecret};
use crate::transcript::Transcript;
use crate::{
    Answer, CipherSuite, ClientAuth, Connection, ContentType, Credential, Error, ErrorKind, ExtensionType,
    HandshakeType, NamedGroup, NewTicket, ProtocolVersion, Question, Settings, SignatureScheme, Step, TicketVerdict,
};

const SUITE: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;
const GROUP: NamedGroup = NamedGroup::X25519;

pub(super) fn settings() -> Settings {
    Settings {
        min_version: ProtocolVersion::TLS1_3,
        max_version: ProtocolVersion::TLS1_3,
        suites: vec![SUITE, CipherSuite::TLS_AES_256_GCM_SHA384],
        server_preference: true,
        prefer_sha256: false,
        groups: vec![GROUP, NamedGroup::SECP256R1],
        schemes: vec![SignatureScheme::ED25519],
        client_auth: ClientAuth::None,
        authorities: Vec::new(),
        post_handshake_auth: false,
        protocols: Bytes::new(),
        server_name: None,
        middlebox_compat: true,
        tickets: true,
        num_tickets: 1,
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

/// A ClientHello to be tampered with.
#[derive(Clone)]
pub(super) struct Hello {
    pub(super) legacy_version: u16,
    pub(super) session_id: Vec<u8>,
    pub(super) suites: Vec<u8>,
    pub(super) compression: Vec<u8>,
    pub(super) extensions: Vec<(ExtensionType, Vec<u8>)>,
}

impl Hello {
    pub(super) fn good(share: &KeyShare) -> Self {
        let mut hello = Self {
            legacy_version: 0x0303,
            session_id: vec![5; 32],
            suites: vec![0x13, 0x01],
            compression: vec![0],
            extensions: Vec::new(),
        };
        hello.set(ExtensionType::SUPPORTED_VERSIONS, vec![2, 3, 4]);
        hello.set(ExtensionType::SUPPORTED_GROUPS, vec![0, 4, 0, 0x1d, 0, 0x17]);
        hello.set(ExtensionType::SIGNATURE_ALGORITHMS, vec![0, 2, 8, 7]);
        hello.set_share(share);
        hello.set(ExtensionType::PSK_KEY_EXCHANGE_MODES, vec![1, 1]);
        hello.set(ExtensionType::POST_HANDSHAKE_AUTH, vec![]);
        hello
    }

    pub(super) fn set(&mut self, extension_type: ExtensionType, data: Vec<u8>) {
        match self.extensions.iter_mut().find(|(t, _)| *t == extension_type) {
            Some((_, old)) => *old = data,
            None => self.extensions.push((extension_type, data)),
        }
    }

    pub(super) fn remove(&mut self, extension_type: ExtensionType) {
        self.extensions.retain(|(t, _)| *t != extension_type);
    }

    pub(super) fn set_share(&mut self, share: &KeyShare) {
        let mut data = Vec::new();
        Writer::new(&mut data).nest16(|w| {
            w.u16(share.group().0);
            w.vec16(share.public());
        });
        self.set(ExtensionType::KEY_SHARE, data);
    }

    /// Offers these identities; binders are those of `psk`, made over what is really sent.
    pub(super) fn with_psks(mut self, identities: &[&[u8]], psk: &[u8], transcript: &Transcript) -> Vec<u8> {
        let mut data = Vec::new();
        let mut w = Writer::new(&mut data);
        w.nest16(|w| {
            for identity in identities {
                w.vec16(identity);
                w.u32(0);
            }
        });
        w.nest16(|w| identities.iter().for_each(|_| w.vec8(&[0; 32])));
        self.set(ExtensionType::PRE_SHARED_KEY, data);
        let mut encoded = self.encode();
        let binders_len = identities.len() * 33;
        let cut = encoded.len() - binders_len - 2;
        let early = Early::with_psk(HashAlgorithm::Sha256, psk);
        let binder = early.binder(PskKind::Resumption, &transcript.with(&encoded[..cut]));
        for entry in encoded[cut + 2..].chunks_mut(33) {
            entry[1..].copy_from_slice(binder.as_bytes());
        }
        encoded
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        message::encode(&mut out, HandshakeType::CLIENT_HELLO, |w| {
            w.u16(self.legacy_version);
            w.bytes(&[0x77; 32]);
            w.vec8(&self.session_id);
            w.vec16(&self.suites);
            w.vec8(&self.compression);
            w.nest16(|w| {
                for (extension_type, data) in &self.extensions {
                    extension(w, *extension_type, |w| w.bytes(data));
                }
            });
        })
        .unwrap();
        out
    }
}

/// Any message with this body.
pub(super) fn any(kind: HandshakeType, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    message::encode(&mut out, kind, |w| w.bytes(body)).unwrap();
    out
}

/// The client, with the server that it talks to.
pub(super) struct Puppet {
    pub(super) server: Connection,
    pub(super) done: usize,
    pub(super) data: Vec<u8>,
    /// What a ticket opens to.
    pub(super) session: Option<Arc<Session>>,
    pub(super) tickets_asked: Vec<usize>,
    /// The first identity is good, too.
    pub(super) knows_first: bool,
    /// The application answers with a credential of no certificates.
    pub(super) empty_chain: bool,
    pub(super) transcript: Transcript,
    pub(super) write: Option<RecordKey>,
    client_traffic: Option<TrafficSecret>,
    server_traffic: Option<TrafficSecret>,
    handshake: Option<Handshake>,
    read: Option<RecordKey>,
    pub(super) wire: Vec<u8>,
}

impl Puppet {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            server: Connection::server(Arc::new(settings)),
            done: 0,
            data: Vec::new(),
            session: None,
            tickets_asked: Vec::new(),
            knows_first: false,
            empty_chain: false,
            transcript: Transcript::new(HashAlgorithm::Sha256),
            write: None,
            client_traffic: None,
            server_traffic: None,
            handshake: None,
            read: None,
            wire: Vec::new(),
        }
    }

    /// Lets the server take these wire bytes and do all it can.
    pub(super) fn feed(&mut self, mut wire: &[u8]) -> Result<(), Error> {
        loop {
            let step = self.server.step();
            self.collect();
            match step? {
                Step::Read if wire.is_empty() => return Ok(()),
                Step::Read => {
                    let room = self.server.input_buffer();
                    let n = room.len().min(wire.len());
                    room[..n].copy_from_slice(&wire[..n]);
                    self.server.received(n);
                    wire = &wire[n..];
                }
                Step::Write => {}
                Step::Ask(question) => {
                    let answer = self.answer(question);
                    let result = self.server.answer(answer);
                    self.collect();
                    result?;
                }
                Step::Data => {
                    self.data.extend_from_slice(self.server.plaintext());
                    self.server.consume_plaintext(usize::MAX);
                }
                Step::HandshakeDone => self.done += 1,
                Step::Closed => return Ok(()),
            }
        }
    }

    fn collect(&mut self) {
        self.wire.extend_from_slice(self.server.output());
        self.server.output_written(usize::MAX);
    }

    fn answer(&mut self, question: Question) -> Answer {
        match question {
            Question::ClientHello => Answer::Proceed,
            Question::OpenTicket { index, .. } => {
                self.tickets_asked.push(index);
                Answer::Ticket(match &self.session {
                    Some(session) if index > 0 || self.knows_first => TicketVerdict::Use {
                        session: session.clone(),
                        renew: true,
                        early_data_ok: true,
                    },
                    _ => TicketVerdict::Skip { renew: true },
                })
            }
            Question::FindPsk { .. } => Answer::Session(self.session.clone()),
            Question::AllowEarlyData => Answer::EarlyData(true),
            Question::ServerName { .. } => Answer::ServerName {
                acknowledge: false,
                settings: None,
            },
            Question::Protocol { .. } => Answer::Protocol(None),
            Question::Credential(request) => Answer::Credential(Some(Credential {
                chain: match self.empty_chain {
                    true => [].into(),
                    false => [Bytes::from_static(b"certificate")].into(),
                },
                scheme: request.schemes[0],
                ocsp_response: None,
            })),
            Question::Sign { .. } => Answer::Signature(vec![1; 64]),
            Question::VerifyChain { .. } | Question::VerifySignature { .. } => Answer::Verdict(Ok(())),
            Question::MakeTicket(_) => Answer::NewTicket(NewTicket::Send {
                ticket: vec![1],
                lifetime: 1,
                max_early_data: 0,
            }),
            other => panic!("{other:?}"),
        }
    }

    /// Sends a handshake message, in a record of the present epoch.
    pub(super) fn say(&mut self, message: &[u8]) -> Result<(), ErrorKind> {
        let result = self.say_record(ContentType::HANDSHAKE, message);
        self.transcript.add(message);
        result
    }

    pub(super) fn say_record(&mut self, content_type: ContentType, content: &[u8]) -> Result<(), ErrorKind> {
        let mut out = Vec::new();
        match &mut self.write {
            Some(key) => key.seal(content_type, content, 0, &mut out).unwrap(),
            None => {
                let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
                out.extend_from_slice(&[content_type.0, 3, 3, high, low]);
                out.extend_from_slice(content);
            }
        }
        self.feed(&out).map_err(|e| e.kind())
    }

    /// Takes the server's next record: what is in it, alert or messages.
    pub(super) fn hear_record(&mut self) -> (ContentType, Vec<u8>) {
        let header: [u8; 5] = *self.wire.first_chunk().unwrap();
        let len = 5 + usize::from(u16::from_be_bytes([header[3], header[4]]));
        let mut body: Vec<u8> = self.wire.drain(..len).skip(5).collect();
        match &mut self.read {
            Some(key) if header[0] == 23 => {
                let inner = key.open(header, &mut body).unwrap();
                body.truncate(inner);
                let content_type = body.pop().unwrap();
                (ContentType(content_type), body)
            }
            _ => (ContentType(header[0]), body),
        }
    }

    /// Takes ServerHello, sets up handshake keys.
    pub(super) fn hear_hello(&mut self, share: KeyShare, psk: Option<&[u8]>) -> ServerHello {
        let (_, raw) = self.hear_record();
        self.transcript.add(&raw);
        let hello = ServerHello::parse(&Message::new(Bytes::from(raw)).unwrap()).unwrap();
        let shared = share.agree(hello.server_share().unwrap().unwrap().1).unwrap();
        let handshake = match psk {
            None => Handshake::without_psk(HashAlgorithm::Sha256, shared.as_bytes()),
            Some(psk) => Early::with_psk(HashAlgorithm::Sha256, psk).handshake(Some(shared.as_bytes())),
        };
        let hellos = self.transcript.current();
        let suite = SUITE.tls13().unwrap();
        let client_traffic = handshake.client_traffic(&hellos);
        self.write = Some(client_traffic.record_key(suite).unwrap());
        self.read = Some(handshake.server_traffic(&hellos).record_key(suite).unwrap());
        self.client_traffic = Some(client_traffic);
        self.handshake = Some(handshake);
        hello
    }

    /// Takes the rest of the server's flight.
    pub(super) fn hear_flight(&mut self) {
        loop {
            let (content_type, content) = self.hear_record();
            if content_type == ContentType::HANDSHAKE {
                self.transcript.add(&content);
                // Finished ends the flight, and is 36 bytes long.
                if content[content.len() - 36] == HandshakeType::FINISHED.0 {
                    return;
                }
            }
        }
    }

    /// The Finished that is due.
    pub(super) fn finished(&self) -> Vec<u8> {
        let traffic = self.client_traffic.as_ref().unwrap();
        any(
            HandshakeType::FINISHED,
            traffic.finished(&self.transcript.current()).as_bytes(),
        )
    }

    /// Switches to application keys. `until_server_finished` is what the transcript was then.
    pub(super) fn establish(&mut self, until_server_finished: &Transcript) {
        let master = self.handshake.take().unwrap().master();
        let suite = SUITE.tls13().unwrap();
        let client = master.client_traffic(&until_server_finished.current());
        self.write = Some(client.record_key(suite).unwrap());
        self.client_traffic = Some(client);
        let server = master.server_traffic(&until_server_finished.current());
        self.read = Some(server.record_key(suite).unwrap());
        self.server_traffic = Some(server);
    }

    /// After a KeyUpdate of the server.
    pub(super) fn update_server_key(&mut self) {
        let next = self.server_traffic.as_ref().unwrap().next();
        self.read = Some(next.record_key(SUITE.tls13().unwrap()).unwrap());
        self.server_traffic = Some(next);
    }

    /// What is read next came as the record of this number.
    pub(super) fn set_read_sequence(&mut self, sequence: u64) {
        self.read.as_mut().unwrap().set_sequence(sequence);
    }

    /// After a KeyUpdate.
    pub(super) fn update_own_key(&mut self) {
        let next = self.client_traffic.as_ref().unwrap().next();
        self.write = Some(next.record_key(SUITE.tls13().unwrap()).unwrap());
        self.client_traffic = Some(next);
    }

    /// Through the hellos and the server's flight.
    pub(super) fn until_flight(settings: Settings) -> Self {
        let mut puppet = Self::new(settings);
        let share = KeyShare::generate(GROUP).unwrap();
        puppet.say(&Hello::good(&share).encode()).unwrap();
        puppet.hear_hello(share, None);
        puppet.hear_flight();
        puppet
    }

    /// Writes with the early data's key, which the hello so far and this PSK make.
    pub(super) fn turn_early(&mut self, psk: &[u8]) {
        let traffic = Early::with_psk(HashAlgorithm::Sha256, psk).client_traffic(&self.transcript.current());
        self.write = Some(traffic.record_key(SUITE.tls13().unwrap()).unwrap());
    }

    /// Writes with the handshake's key.
    pub(super) fn turn_to_handshake(&mut self) {
        let traffic = self.client_traffic.as_ref().unwrap();
        self.write = Some(traffic.record_key(SUITE.tls13().unwrap()).unwrap());
    }

    /// Through the whole handshake.
    pub(super) fn established(settings: Settings) -> Self {
        let mut puppet = Self::until_flight(settings);
        let until_server_finished = puppet.transcript.clone();
        puppet.say(&puppet.finished()).unwrap();
        puppet.establish(&until_server_finished);
        assert_eq!(puppet.done, 1);
        puppet
    }
}
