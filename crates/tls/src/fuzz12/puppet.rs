//! The peer of an engine in TLS 1.2, which does as it is told.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::{Secret, Session, SessionId};

use crate::kx::KeyShare;
use crate::record::RecordKey;
use crate::schedule::{HelloRandoms, MasterSecret};
use crate::suite12::Suite12;
use crate::transcript::Transcript;
use crate::{
    Answer, CipherSuite, ClientAuth, Connection, Credential, Error, ErrorKind, NamedGroup, NewTicket, Offer,
    ProtocolVersion, Question, Settings, Side, SignatureScheme, Step, TicketVerdict,
};

pub(super) const MASTER: [u8; 48] = [7; 48];
pub(super) const SESSION_ID: [u8; 32] = [9; 32];
pub(super) const MADE_UP_ID: [u8; 32] = [8; 32];
pub(super) const TICKET: &[u8] = b"a ticket";
pub(super) const PUPPET_RANDOM: [u8; 32] = [0x77; 32];

/// Bits of the script's first two bytes. The lowest two choose the suite.
pub(super) const EXTENDED: u16 = 1 << 2;
pub(super) const CLIENT_AUTH: u16 = 1 << 3;
pub(super) const RENEW: u16 = 1 << 4;
/// A client has a session to offer.
pub(super) const OFFER: u16 = 1 << 5;
/// The puppet, as a server, promises a ticket.
pub(super) const PROMISE: u16 = 1 << 6;

/// How the script begins.
#[derive(Clone, Copy)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    pub(super) fn has(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    fn suite(self) -> CipherSuite {
        match self.0 & 3 {
            0 => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            1 => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            _ => CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        }
    }

    fn settings(self) -> Settings {
        Settings {
            min_version: ProtocolVersion::TLS1_2,
            max_version: ProtocolVersion::TLS1_2,
            suites: vec![self.suite()],
            groups: vec![NamedGroup::X25519],
            schemes: vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
            client_auth: if self.has(CLIENT_AUTH) {
                ClientAuth::Request
            } else {
                ClientAuth::None
            },
            observe: self.has(1 << 7),
            request_ocsp: self.has(1 << 8),
            ..crate::client::puppet::settings()
        }
    }

    fn session(self) -> Session {
        let secret = Secret::new(&MASTER).unwrap_or_default();
        let mut session = Session::new(0x0303, self.suite().0, secret, 1_800_000_000);
        session.session_id = SessionId::new(&SESSION_ID).unwrap_or_default();
        session.flags = u32::from(self.has(EXTENDED));
        session
    }
}

/// Why a script goes no further.
pub(super) enum Stop {
    ScriptEnds,
    Refused,
}

impl From<Error> for Stop {
    fn from(_: Error) -> Self {
        Self::Refused
    }
}

impl From<ErrorKind> for Stop {
    fn from(_: ErrorKind) -> Self {
        Self::Refused
    }
}

/// The peer, and the engine that it talks to.
pub(super) struct Puppet {
    pub(super) engine: Connection,
    pub(super) side: Side,
    pub(super) flags: Flags,
    pub(super) suite: &'static Suite12,
    pub(super) transcript: Transcript,
    pub(super) randoms: HelloRandoms,
    /// The session id of the engine's hello.
    pub(super) session_id: Vec<u8>,
    /// The engine's point, once it has sent it.
    pub(super) theirs: Vec<u8>,
    pub(super) ours: Option<KeyShare>,
    pub(super) master: Option<MasterSecret>,
    /// Keys that wait for change_cipher_spec: to write with, and to read with.
    pub(super) next: (Option<RecordKey>, Option<RecordKey>),
    pub(super) write: Option<RecordKey>,
    pub(super) read: Option<RecordKey>,
    /// What the engine has sent and the puppet has not read.
    pub(super) heard: Vec<u8>,
    /// Content bytes in a record, at most.
    pub(super) fragment: usize,
    pub(super) offers_session: bool,
    /// The engine has been sent the right Finished.
    pub(super) finished: bool,
    pub(super) done: bool,
    pub(super) failure: Option<ErrorKind>,
}

impl Puppet {
    pub(super) fn new(side: Side, flags: Flags) -> Result<Self, Stop> {
        let settings = Arc::new(flags.settings());
        let engine = match side {
            Side::Server => Connection::server(settings),
            Side::Client => Connection::client(settings, flags.offers()),
        };
        let suite = flags.suite().tls12().ok_or(ErrorKind::Internal)?;
        let mut puppet = Self {
            engine,
            side,
            flags,
            suite,
            transcript: Transcript::new(suite.hash),
            randoms: HelloRandoms {
                client: PUPPET_RANDOM,
                server: PUPPET_RANDOM,
            },
            session_id: Vec::new(),
            theirs: Vec::new(),
            ours: None,
            master: None,
            next: (None, None),
            write: None,
            read: None,
            heard: Vec::new(),
            fragment: 1 << 14,
            offers_session: false,
            finished: false,
            done: false,
            failure: None,
        };
        puppet.feed(&[])?;
        Ok(puppet)
    }

    #[cfg(test)]
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// What must be true in the end, whatever was said.
    pub(super) fn judge(&mut self) {
        let events = self.engine.take_events();
        let _ = format!("{:?} {events:?}", self.engine);
        match self.failure {
            None => assert!(!self.engine.is_failed(), "a failure that nobody was told of"),
            Some(kind) => {
                let again = self.engine.step().err().map(|error| error.kind());
                assert_eq!(again, Some(kind), "a failure does not stay");
            }
        }
    }

    /// Sends application data, once that is possible.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<(), Stop> {
        if self.done {
            let written = self.engine.write(data);
            self.note(written)?;
        }
        self.feed(&[])
    }

    fn note<T>(&mut self, result: Result<T, Error>) -> Result<T, Stop> {
        result.map_err(|error| {
            self.failure = self.engine.is_failed().then(|| error.kind());
            Stop::Refused
        })
    }

    /// Gives the engine these bytes, and hears what it says.
    pub(super) fn feed(&mut self, mut wire: &[u8]) -> Result<(), Stop> {
        loop {
            let step = self.engine.step();
            self.heard.extend_from_slice(self.engine.output());
            self.engine.output_written(usize::MAX);
            match self.note(step)? {
                Step::Read => {
                    let room = self.engine.input_buffer();
                    let n = room.len().min(wire.len());
                    room.iter_mut().zip(wire).for_each(|(to, from)| *to = *from);
                    self.engine.received(n);
                    wire = wire.get(n..).unwrap_or_default();
                    if n == 0 {
                        self.listen()?;
                        return Ok(());
                    }
                }
                Step::Write => {}
                Step::Ask(question) => {
                    let answer = self.answer(&question);
                    let result = self.engine.answer(answer);
                    self.note(result)?;
                }
                Step::Data => self.engine.consume_plaintext(usize::MAX),
                Step::HandshakeDone => {
                    assert!(self.finished, "the handshake is done without the peer's Finished");
                    self.done = true;
                }
                Step::Closed => return Ok(()),
            }
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::OpenTicket { ticket, .. } => Answer::Ticket(if ticket == TICKET {
                TicketVerdict::Use {
                    session: Arc::new(self.flags.session()),
                    renew: self.flags.has(RENEW),
                    early_data_ok: false,
                }
            } else {
                TicketVerdict::Skip {
                    renew: self.flags.has(RENEW),
                }
            }),
            Question::FindSession { session_id } => {
                let session = (*session_id == SESSION_ID[..]).then(|| Arc::new(self.flags.session()));
                Answer::Session(session)
            }
            Question::ServerName { name } => Answer::ServerName {
                acknowledge: name.is_some(),
                settings: None,
            },
            Question::Protocol { .. } => Answer::Protocol(None),
            Question::Credential(_) if self.side == Side::Client => Answer::Credential(None),
            Question::Credential(request) => Answer::Credential(request.schemes.first().map(|scheme| Credential {
                chain: [vec![0x30].into()].into(),
                scheme: *scheme,
                ocsp_response: None,
            })),
            Question::Sign { .. } => Answer::Signature(vec![1; 64]),
            Question::VerifyChain { .. } | Question::VerifySignature { .. } => Answer::Verdict(Ok(())),
            Question::MakeTicket(_) => Answer::NewTicket(NewTicket::Send {
                ticket: TICKET.to_vec(),
                lifetime: 7200,
                max_early_data: 0,
            }),
            _ => Answer::Proceed,
        }
    }
}

impl Flags {
    fn offers(self) -> Vec<Offer> {
        if !self.has(OFFER) {
            return Vec::new();
        }
        let mut session = self.session();
        session.session_id = SessionId::default();
        session.ticket = Some(Bytes::from_static(TICKET));
        vec![Offer {
            session: Arc::new(session),
            age_ms: 0,
        }]
    }
}
