//! One connection: a handshake, a request so that the server has something to answer, and what it sent in tickets.
//!
//! The certificate and the server's signature are taken as they are: the doctor judges tickets, not certificates.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use carnet_tls::{
    Answer, CipherSuite, Connection, ContentType, Error, ErrorKind, Event, HandshakeType, ProtocolVersion, Question,
    Settings, Step,
};
use sha2::{Digest as _, Sha256};

use super::kept::Kept;
use super::offer::{self, Manner};
use super::trouble::Trouble;

/// What came of a connection whose handshake succeeded.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) suite: CipherSuite,
    pub(crate) resumed: bool,
    /// Tickets, or a session id, to be offered next time; oldest first.
    pub(crate) kept: Vec<Kept>,
    /// The lifetime of each ticket as it stood on the wire.
    pub(crate) lifetimes: Vec<u32>,
    /// The largest max_early_data_size of its tickets.
    pub(crate) max_early_data: u32,
    pub(crate) extended_master_secret: bool,
    /// SHA-256 of the server's certificate; none when a session was resumed.
    pub(crate) certificate: Option<[u8; 32]>,
    /// It asked for a certificate of ours.
    pub(crate) asks_certificate: bool,
    pub(crate) alpn: Option<String>,
}

/// Where to go, as whom, and with what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trip<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) version: ProtocolVersion,
    pub(crate) name: Option<&'a str>,
    pub(crate) offer: Option<&'a Kept>,
}

/// Connects, shakes hands, collects tickets, and says goodbye.
pub(crate) fn visit(trip: Trip<'_>, manner: &Manner) -> Result<Visit, Trouble> {
    let started = Instant::now();
    let stream = TcpStream::connect_timeout(&trip.address, manner.timeout).map_err(|e| Trouble::connecting(&e))?;
    let round_trip = started.elapsed();
    // Without it, small writes might wait for each other; it only costs time.
    let _ = stream.set_nodelay(true);
    let settings = offer::settings(trip.version, trip.name, manner);
    let mut talk = Talk::new(stream, settings, trip.offer, Instant::now() + manner.timeout);
    talk.shake_hands()?;
    talk.lull = (manner.wait / LULLS).max(round_trip * 2);
    let request = manner.is_http.then(|| offer::http_request(trip.name));
    talk.collect(trip.version, request, manner.wait.max(round_trip * 3))?;
    talk.leave();
    Ok(talk.into_visit())
}

/// After a ticket, the next one comes at once or not at all: a part of the time is enough in which the first has to come.
const LULLS: u32 = 5;

/// Whoever sends more tickets than this on one connection wants to fill our memory.
const MAX_KEPT: usize = 64;

/// A few bytes wait no longer than this to be sent.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection under way.
struct Talk {
    stream: TcpStream,
    connection: Connection,
    deadline: Instant,
    lull: Duration,
    kept: Vec<Kept>,
    lifetimes: Vec<u32>,
    max_early_data: u32,
    asks_certificate: bool,
}

/// Where the loop came to rest.
enum Rest {
    Done,
    Data,
    Closed,
}

/// Why it could not go on.
enum Halt {
    Io(io::Error),
    Tls(Error),
}

impl Talk {
    fn new(stream: TcpStream, settings: Arc<Settings>, offer: Option<&Kept>, deadline: Instant) -> Self {
        let offers = offer.map(Kept::offer).into_iter().collect();
        Self {
            stream,
            connection: Connection::client(settings, offers),
            deadline,
            lull: Duration::ZERO,
            kept: Vec::new(),
            lifetimes: Vec::new(),
            max_early_data: 0,
            asks_certificate: false,
        }
    }

    fn shake_hands(&mut self) -> Result<(), Trouble> {
        loop {
            match self.run() {
                Ok(Rest::Done) => return Ok(()),
                Ok(Rest::Data) => self.skip_data(),
                Ok(Rest::Closed) => return Err(Trouble::Broken("the server said goodbye in the handshake".into())),
                Err(Halt::Io(error)) => return Err(Trouble::talking(&error)),
                Err(Halt::Tls(error)) => return Err(Trouble::tls(error.kind())),
            }
        }
    }

    /// Waits for TLS 1.3's tickets, which come after the handshake: until there is an answer behind them, or silence. Likewise
    /// for a server that keeps the session itself: it may do so only when all is said, and another of its processes might be
    /// asked for it before that.
    fn collect(&mut self, version: ProtocolVersion, request: Option<Vec<u8>>, quiet: Duration) -> Result<(), Trouble> {
        if version != ProtocolVersion::TLS1_3 {
            // Of a resumed one the id may be of our own making, and is known anyway.
            if !self.kept.is_empty() || self.connection.resumed() {
                return Ok(());
            }
            self.kept.extend(Kept::session_id(&self.connection));
            if self.kept.is_empty() {
                return Ok(());
            }
        }
        self.deadline = Instant::now() + quiet;
        if let Some(request) = request {
            self.say(&request);
        }
        self.listen()
    }

    fn listen(&mut self) -> Result<(), Trouble> {
        loop {
            match self.run() {
                Ok(Rest::Done) => {}
                Ok(Rest::Data) if self.lifetimes.is_empty() => self.skip_data(),
                Ok(Rest::Data | Rest::Closed) | Err(Halt::Io(_)) => return Ok(()),
                Err(Halt::Tls(error)) => return self.judge_late(error),
            }
        }
    }

    /// In TLS 1.3 a server that wants a certificate says so only after our side of the handshake is done. Whatever else it
    /// says by then, it has made its tickets.
    fn judge_late(&self, error: Error) -> Result<(), Trouble> {
        match error.kind() {
            ErrorKind::AlertReceived(_) if self.asks_certificate && self.lifetimes.is_empty() => {
                Err(Trouble::tls(error.kind()))
            }
            _ => Ok(()),
        }
    }

    /// Goodbye, however late: a server may forget the session of a connection that just breaks. Whether it arrives is nobody's
    /// concern.
    fn leave(&mut self) {
        self.deadline = Instant::now() + FAREWELL;
        self.connection.close_notify();
        let _ = self.flush();
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    fn into_visit(self) -> Visit {
        let connection = &self.connection;
        let certificate = connection.peer_chain().first();
        Visit {
            suite: connection.suite().unwrap_or(CipherSuite(0)),
            resumed: connection.resumed(),
            lifetimes: self.lifetimes,
            max_early_data: self.max_early_data,
            extended_master_secret: connection.extended_master_secret(),
            certificate: certificate.map(|der| Sha256::digest(der).into()),
            asks_certificate: self.asks_certificate,
            alpn: connection.alpn().map(|name| String::from_utf8_lossy(name).into_owned()),
            kept: self.kept,
        }
    }

    // ---- the loop

    fn run(&mut self) -> Result<Rest, Halt> {
        loop {
            let step = self.connection.step();
            self.note_lifetimes();
            match step {
                Err(error) => {
                    // The alert that says why; the server may be gone.
                    let _ = self.flush();
                    return Err(Halt::Tls(error));
                }
                Ok(Step::Write) => self.flush()?,
                Ok(Step::Read) => {
                    self.flush()?;
                    self.fill()?;
                }
                Ok(Step::Ask(question)) => {
                    let answer = self.answer(question);
                    self.connection.answer(answer).map_err(Halt::Tls)?;
                }
                Ok(Step::HandshakeDone) => {
                    self.flush()?;
                    return Ok(Rest::Done);
                }
                Ok(Step::Data) => return Ok(Rest::Data),
                Ok(Step::Closed) => return Ok(Rest::Closed),
            }
        }
    }

    fn answer(&mut self, question: Question) -> Answer {
        match question {
            Question::VerifyChain { .. } | Question::VerifySignature { .. } => Answer::Verdict(Ok(())),
            Question::Credential(_) => {
                self.asks_certificate = true;
                Answer::Credential(None)
            }
            Question::ReceivedTicket(received) => {
                self.max_early_data = self.max_early_data.max(received.max_early_data);
                if self.kept.len() < MAX_KEPT {
                    self.kept.extend(Kept::ticket(&self.connection, &received));
                }
                if self.connection.version() == Some(ProtocolVersion::TLS1_3) {
                    self.deadline = self.deadline.min(Instant::now() + self.lull);
                }
                Answer::Proceed
            }
            _ => Answer::Proceed,
        }
    }

    /// The engine keeps no ticket for more than a week, so what the server wrote is read from the message.
    fn note_lifetimes(&mut self) {
        for event in self.connection.take_events() {
            let Event::Message {
                sent: false,
                content_type: ContentType::HANDSHAKE,
                bytes,
                ..
            } = event
            else {
                continue;
            };
            let lifetime = bytes.get(4..8).and_then(|bytes| bytes.first_chunk());
            if let (Some(&kind), Some(lifetime)) = (bytes.first(), lifetime)
                && HandshakeType(kind) == HandshakeType::NEW_SESSION_TICKET
                && bytes.len() > 10
            {
                self.lifetimes.push(u32::from_be_bytes(*lifetime));
            }
        }
    }

    // ---- bytes

    fn say(&mut self, data: &[u8]) {
        // A server that has closed already has sent its tickets before; they are read all the same.
        if self.connection.write(data).is_ok() {
            let _ = self.flush();
        }
    }

    fn skip_data(&mut self) {
        let len = self.connection.plaintext().len();
        self.connection.consume_plaintext(len);
    }

    fn left(&self) -> Result<Duration, Halt> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from(io::ErrorKind::TimedOut).into());
        }
        Ok(left)
    }

    fn flush(&mut self) -> Result<(), Halt> {
        while !self.connection.output().is_empty() {
            self.stream.set_write_timeout(Some(self.left()?))?;
            match self.stream.write(self.connection.output()) {
                Ok(n) => self.connection.output_written(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<(), Halt> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        match self.stream.read(self.connection.input_buffer()) {
            Ok(0) => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(n) => {
                self.connection.received(n);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
