//! The shell round the states: bytes in, bytes and questions out.

mod early;
mod facts;

use std::sync::Arc;

use crate::core::{Core, Received};
use crate::open::{Open, Post};
use crate::state::{State, Wants};
use crate::{
    AlertDescription, AlertLevel, Answer, Error, ErrorKind, Event, Offer, ProtocolVersion, Question, Settings, Side,
    StateName, client, server,
};

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Wire bytes are needed: fill [`Connection::input_buffer`], call [`Connection::received`], step again.
    Read,
    /// Output is pending and must be written before going on: the end of a flight, or an alert.
    Write,
    /// The application is asked: call [`Connection::answer`], step again.
    Ask(Question),
    /// Decrypted application data is waiting in [`Connection::plaintext`].
    Data,
    /// The handshake is done. Reported once per handshake, and once per completed post-handshake authentication.
    HandshakeDone,
    /// The peer has sent close_notify.
    Closed,
}

/// A TLS connection without I/O.
pub struct Connection {
    core: Core,
    state: State,
}

impl Connection {
    /// A server's side of a new connection.
    pub fn server(settings: Arc<Settings>) -> Self {
        Self {
            core: Core::new(Side::Server, settings),
            state: State::Server(server::start()),
        }
    }

    /// A client's side of a new connection, which offers to resume these sessions. Its ClientHello is made by the first
    /// [`Self::step`].
    pub fn client(settings: Arc<Settings>, offers: Vec<Offer>) -> Self {
        Self {
            core: Core::new(Side::Client, settings),
            state: State::Client(client::start(offers)),
        }
    }

    /// Goes on as far as possible without the application or the network.
    ///
    /// An error is final: it is returned again by every later call. The alert that tells the peer is then in
    /// [`Self::output`] already.
    pub fn step(&mut self) -> Result<Step, Error> {
        self.advance().map_err(|error| self.fail(error))
    }

    fn advance(&mut self) -> Result<Step, Error> {
        loop {
            match self.state.wants() {
                Wants::Nothing(error) => return Err(error),
                Wants::Answer => return Ok(Step::Ask(self.state.question()?)),
                Wants::Go => self.state = self.take_state().go(&mut self.core)?,
                Wants::Report => {
                    if self.must_write()? {
                        return Ok(Step::Write);
                    }
                    self.report();
                    return Ok(Step::HandshakeDone);
                }
                wants @ (Wants::Message | Wants::ChangeCipherSpec | Wants::Data | Wants::Anything) => {
                    if let Some(step) = self.receive(wants)? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    /// Takes what has arrived; `None` when that changed the state.
    fn receive(&mut self, wants: Wants) -> Result<Option<Step>, Error> {
        // What was sent so far ends a flight, for now something else is expected.
        if self.must_write()? {
            return Ok(Some(Step::Write));
        }
        if !self.core.inbound.input.plaintext().is_empty() {
            return Ok(Some(Step::Data));
        }
        match self.core.receive()? {
            // "finished" before change_cipher_spec is not protected, and change_cipher_spec before there are keys would
            // protect with what everybody knows.
            Received::Message(_) if wants == Wants::ChangeCipherSpec => Err(ErrorKind::UnexpectedMessage.into()),
            Received::ChangeCipherSpec if wants != Wants::ChangeCipherSpec => {
                Err(ErrorKind::BadChangeCipherSpec.into())
            }
            Received::ChangeCipherSpec => {
                self.core.enter(StateName::ReadChangeCipherSpec);
                let state = self.take_state();
                self.state = state.change_cipher_spec(&mut self.core)?;
                Ok(None)
            }
            Received::Message(message) => {
                let state = self.take_state();
                self.state = state.message(&mut self.core, message)?;
                self.settle();
                Ok(None)
            }
            Received::Data => {
                match &mut self.state {
                    State::Server(state) if wants == Wants::Data => {
                        let input = &mut self.core.inbound.input;
                        let taken = state.early_data(input.plaintext().len());
                        // What is too much is not to be seen.
                        taken.inspect_err(|_| input.consume_plaintext(usize::MAX))?;
                    }
                    _ if !matches!(wants, Wants::Data | Wants::Anything) => {
                        return Err(ErrorKind::UnexpectedRecord.into());
                    }
                    State::Open(open) => open.keys.data_passed(),
                    State::Open12(open) => open.data_passed(),
                    _ => {}
                }
                Ok(Some(Step::Data))
            }
            Received::Closed => Ok(Some(Step::Closed)),
            Received::NeedInput => Ok(Some(Step::Read)),
        }
    }

    /// Ends the flight; is there something of it that has to be written now?
    fn must_write(&mut self) -> Result<bool, Error> {
        self.core.outbound.seal_flight(&mut self.core.events)?;
        Ok(self.core.outbound.must_flush())
    }

    /// A message or an answer has been dealt with, unless there is a question left.
    fn settle(&mut self) {
        let wants = self.state.wants();
        if wants != Wants::Answer {
            self.core.finish_reading();
        }
        if wants == Wants::Anything {
            self.core.facts.state = StateName::Established;
        }
    }

    fn report(&mut self) {
        self.state = match self.take_state() {
            State::Open(open) => State::Open(Box::new(open.reported())),
            State::Open12(open) => State::Open12(Box::new(open.reported())),
            other => other,
        };
        self.core.enter(StateName::Established);
    }

    /// Takes the state out to be consumed. If what consumes it fails, the caller's error replaces this one.
    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Failed(ErrorKind::Internal.into()))
    }

    /// Ends the connection with this alert, for a reason that only the driver knows. Without effect if it has failed
    /// already.
    pub fn abort(&mut self, alert: AlertDescription) {
        if !self.is_failed() {
            self.fail(ErrorKind::Aborted(alert).into());
        }
    }

    /// Goes on with other settings. What has been negotiated stays; limits and observers change.
    pub fn set_settings(&mut self, settings: Arc<Settings>) {
        self.core.switch_settings(settings);
    }

    /// Makes an error final, and tells the peer.
    fn fail(&mut self, error: Error) -> Error {
        if let State::Failed(first) = &self.state
            && self.core.facts.state == StateName::Failed
        {
            return *first;
        }
        self.state = State::Failed(error);
        self.core.enter(StateName::Failed);
        if let Some(alert) = error.alert()
            && !self.core.is_write_closed()
        {
            // The first error is the one to report, whatever happens to its alert.
            let _ = self.core.send_alert(AlertLevel::Fatal, alert);
        }
        error
    }

    /// Answers the question of the last [`Step::Ask`].
    ///
    /// # Errors
    /// The answer led to a failure, which is final, as that of [`Self::step`]. Without a question to answer:
    /// [`ErrorKind::Misuse`], and nothing has changed.
    pub fn answer(&mut self, answer: Answer) -> Result<(), Error> {
        match (self.state.wants(), answer) {
            (Wants::Nothing(error), _) => Err(error),
            (Wants::Answer, Answer::Later) => Ok(()),
            (Wants::Answer, answer) => match self.take_state().answer(&mut self.core, answer) {
                Ok(state) => {
                    self.state = state;
                    self.settle();
                    Ok(())
                }
                Err(error) => Err(self.fail(error)),
            },
            _ => Err(ErrorKind::Misuse.into()),
        }
    }

    /// Server: the session id to give to a session that TLS 1.2 makes without a ticket; empty for one that can't be
    /// resumed. Without this call it is 32 random bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] for more than 32 bytes.
    pub fn set_new_session_id(&mut self, session_id: &[u8]) -> Result<(), Error> {
        if session_id.len() > 32 {
            return Err(ErrorKind::Misuse.into());
        }
        self.core.new_session_id = Some(session_id.to_vec());
        Ok(())
    }

    /// Client: should the server accept a session that was offered, the connection fails. For sessions that turn out to belong
    /// to another session-id context than this connection: OpenSSL offers them all the same.
    pub fn refuse_resumption(&mut self) {
        self.core.refuses_resumption = true;
    }

    /// Server, TLS 1.2: sends a warning, such as unrecognized_name about the name that the client asked for (RFC 6066
    /// section 3). Without effect in TLS 1.3, which has no warnings, and on a connection that has failed.
    pub fn warn(&mut self, alert: AlertDescription) {
        if self.core.facts.version == Some(ProtocolVersion::TLS1_2) && !self.is_failed() {
            // Before there are keys, sealing can't fail.
            let _ = self.core.send_alert(AlertLevel::Warning, alert);
        }
    }

    // ---- wire

    /// Asks for more input than the next record's missing bytes, to save system calls.
    pub fn set_read_ahead(&mut self, yes: bool) {
        self.core.inbound.input.read_ahead = yes;
    }

    /// Where wire bytes go: exactly the missing bytes of a record's header or body, or, with read-ahead, all that fits.
    pub fn input_buffer(&mut self) -> &mut [u8] {
        self.core.inbound.input.buffer()
    }

    /// The first `n` bytes of [`Self::input_buffer`] have been filled.
    pub fn received(&mut self, n: usize) {
        self.core.inbound.input.received(n);
    }

    /// Are there bytes that have been received and not been taken, decrypted or not?
    pub fn has_buffered_input(&self) -> bool {
        let input = &self.core.inbound.input;
        !input.plaintext().is_empty() || !input.wire().is_empty() || !self.core.inbound.is_aligned()
    }

    /// What has to be written to the wire.
    pub fn output(&self) -> &[u8] {
        self.core.outbound.output()
    }

    /// The first `n` bytes of [`Self::output`] have been written.
    pub fn output_written(&mut self, n: usize) {
        self.core.outbound.written(n);
    }

    // ---- application data

    /// What is left of the current record of application data, decrypted in place.
    pub fn plaintext(&self) -> &[u8] {
        self.core.inbound.input.plaintext()
    }

    /// The first `n` bytes of [`Self::plaintext`] have been taken.
    pub fn consume_plaintext(&mut self, n: usize) {
        self.core.inbound.input.consume_plaintext(n);
    }

    /// Puts up to `max_send_fragment` bytes into one record in [`Self::output`]; says how many.
    ///
    /// A KeyUpdate that is due goes out first, also if `data` is empty.
    ///
    /// 0 for data that is not empty: something else goes first (tickets that were requested, the end of a
    /// post-handshake authentication); [`Self::step`] tells what.
    ///
    /// A server may write as soon as its Finished is out, though whoever reads it then has not proven anything.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] before that and after [`Self::close_notify`]; a failure is final.
    pub fn write(&mut self, data: &[u8]) -> Result<usize, Error> {
        match (&mut self.state, data) {
            (State::Failed(error), _) => Err(*error),
            _ if self.core.is_write_closed() => Err(ErrorKind::Misuse.into()),
            (State::Server(state), data) if state.may_write() => {
                // A KeyUpdate can't come before the client's Finished.
                if data.is_empty() || state.wants() == Wants::Answer || self.core.outbound.is_key_worn() {
                    return Ok(0);
                }
                let core = &mut self.core;
                let sealed = core.outbound.data(data, &mut core.events);
                sealed.map_err(|error| self.fail(error))
            }
            (State::Server(_) | State::Client(_), _) => Err(ErrorKind::Misuse.into()),
            (State::Open12(open), data) => {
                if data.is_empty() || open.wants() != Wants::Anything {
                    return Ok(0);
                }
                open.data_passed();
                let core = &mut self.core;
                let sealed = core.outbound.data(data, &mut core.events);
                sealed.map_err(|error| self.fail(error))
            }
            (State::Open(open), []) => {
                // Nothing to send, but a KeyUpdate that is due goes out all the same.
                Self::refresh_key(&mut self.core, open).map_err(|error| self.fail(error))?;
                Ok(0)
            }
            (State::Open(open), data) => {
                if matches!(open.wants(), Wants::Answer | Wants::Report) {
                    return Ok(0);
                }
                let core = &mut self.core;
                let sealed = Self::refresh_key(core, open).and_then(|()| core.outbound.data(data, &mut core.events));
                open.keys.data_passed();
                sealed.map_err(|error| self.fail(error))
            }
        }
    }

    /// Answers the peer's KeyUpdate; and RFC 8446 section 5.5: "Implementations SHOULD do a key update [...] prior to
    /// reaching these limits."
    fn refresh_key(core: &mut Core, open: &mut Open) -> Result<(), Error> {
        if open.keys.owes_update() || core.outbound.is_key_worn() {
            open.keys.update(core, false)
        } else {
            Ok(())
        }
    }

    /// Gives back memory that is not in use: buffers, and what was kept of the handshake's messages.
    pub fn release_buffers(&mut self) {
        self.core.inbound.input.release();
        self.core.outbound.release();
        if let State::Open(_) | State::Open12(_) = self.state {
            self.core.facts.names.client_hello = None;
        }
    }

    // ---- after the handshake

    /// Queues close_notify, once. Nothing can be written after it.
    pub fn close_notify(&mut self) {
        if !matches!(self.state, State::Failed(_)) {
            self.core.close_notify();
        }
    }

    /// Server: asks for the client's certificate (RFC 8446 section 4.6.2).
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] for a client, before the handshake is done, while another request or tickets are under
    /// way, and if the client did not offer post_handshake_auth.
    pub fn request_client_certificate(&mut self) -> Result<(), Error> {
        let Self { core, state } = self;
        match state {
            State::Open(open) => match &mut open.post {
                Post::Server(post) => post.request_certificate(core),
                Post::Client(_) => Err(ErrorKind::Misuse.into()),
            },
            State::Failed(error) => Err(*error),
            _ => Err(ErrorKind::Misuse.into()),
        }
    }

    /// Server: one more ticket, made at the next [`Self::step`].
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] for a client, and before the handshake is done.
    pub fn request_ticket(&mut self) -> Result<(), Error> {
        let Self { core, state } = self;
        match state {
            State::Open(open) => match &mut open.post {
                Post::Server(post) => post.request_ticket(core),
                Post::Client(_) => Err(ErrorKind::Misuse.into()),
            },
            State::Failed(error) => Err(*error),
            _ => Err(ErrorKind::Misuse.into()),
        }
    }

    /// Server: how many tickets follow a full handshake from now on.
    pub fn set_num_tickets(&mut self, n: usize) {
        Arc::make_mut(&mut self.core.settings).num_tickets = n;
        if let State::Open(open) = &mut self.state
            && let Post::Server(post) = &mut open.post
        {
            post.set_num_tickets(n);
        }
    }

    /// Sends a KeyUpdate, which may ask the peer for one, too (RFC 8446 section 4.6.3).
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] before the handshake is done and after close_notify.
    pub fn update_keys(&mut self, request_peer: bool) -> Result<(), Error> {
        match &mut self.state {
            State::Failed(error) => Err(*error),
            State::Open(open) if !self.core.is_write_closed() => {
                let updated = open.keys.update(&mut self.core, request_peer);
                updated.map_err(|error| self.fail(error))
            }
            _ => Err(ErrorKind::Misuse.into()),
        }
    }

    /// What a client that waits for ServerHello believes that it has sent.
    #[cfg(test)]
    pub(crate) fn first_hello(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.state {
            State::Client(client::State::ServerHello(state)) => state.first_hello(),
            _ => None,
        }
    }

    /// Sends a handshake message that does not belong here.
    #[cfg(test)]
    pub(crate) fn say(&mut self, kind: crate::HandshakeType, body: &[u8]) {
        self.core.send_untranscribed(kind, |w| w.bytes(body)).unwrap();
    }

    /// As if so many records had been sent.
    #[cfg(test)]
    pub(crate) fn set_write_sequence(&mut self, sequence: u64) {
        self.core.outbound.set_sequence(sequence);
    }

    /// What happened since the last call, if [`Settings::observe`] or [`Settings::key_log`] is set.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.core.events.take()
    }
}
