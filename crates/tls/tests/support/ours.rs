//! Our end of a connection.

use std::collections::VecDeque;
use std::sync::Arc;

use carnet_tls::{Connection, Error, Offer, Settings, Step};

use super::End;
use super::app::App;

/// A connection with its application and what has come of it.
pub struct Ours {
    pub connection: Connection,
    pub app: App,
    pub received: Vec<u8>,
    /// What came as early data.
    pub early: Vec<u8>,
    pub handshakes: usize,
    pub closed: bool,
    pub error: Option<Error>,
    inbox: VecDeque<u8>,
    outbox: Vec<u8>,
}

impl Ours {
    pub fn client(settings: Arc<Settings>, offers: Vec<Offer>, app: App) -> Self {
        Self::new(Connection::client(settings, offers), app)
    }

    pub fn server(settings: Arc<Settings>, app: App) -> Self {
        Self::new(Connection::server(settings), app)
    }

    fn new(connection: Connection, app: App) -> Self {
        Self {
            connection,
            app,
            received: Vec::new(),
            early: Vec::new(),
            handshakes: 0,
            closed: false,
            error: None,
            inbox: VecDeque::new(),
            outbox: Vec::new(),
        }
    }

    /// Writes all of `data`.
    pub fn send(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let n = self.connection.write(data).unwrap();
            if n == 0 {
                self.run();
            }
            data = &data[n..];
            self.flush();
        }
    }

    /// Writes all of `data` before the server has said anything.
    pub fn send_early(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let n = self.connection.write_early_data(data).unwrap();
            data = &data[n..];
            self.flush();
        }
    }

    pub fn flush(&mut self) {
        let output = self.connection.output();
        self.outbox.extend_from_slice(output);
        let n = output.len();
        self.connection.output_written(n);
    }

    pub fn run(&mut self) {
        loop {
            match self.connection.step() {
                Err(error) => return self.failed(error),
                Ok(Step::Write) => self.flush(),
                Ok(Step::Read) => {
                    self.flush();
                    if !self.fill() {
                        return;
                    }
                }
                Ok(Step::Ask(question)) => {
                    let answer = self.app.answer(&self.connection, question);
                    if let Err(error) = self.connection.answer(answer) {
                        return self.failed(error);
                    }
                }
                Ok(Step::Data) => {
                    let data = self.connection.plaintext();
                    let early = self.connection.reading_early_data();
                    let to = if early { &mut self.early } else { &mut self.received };
                    to.extend_from_slice(data);
                    let n = data.len();
                    self.connection.consume_plaintext(n);
                }
                Ok(Step::HandshakeDone) => self.handshakes += 1,
                Ok(Step::Closed) => {
                    self.closed = true;
                    return self.flush();
                }
            }
        }
    }

    fn failed(&mut self, error: Error) {
        self.error = Some(error);
        self.flush();
    }

    fn fill(&mut self) -> bool {
        let buffer = self.connection.input_buffer();
        assert!(!buffer.is_empty());
        let n = buffer.len().min(self.inbox.len());
        for (to, from) in buffer.iter_mut().zip(self.inbox.drain(..n)) {
            *to = from;
        }
        self.connection.received(n);
        n > 0
    }
}

impl End for Ours {
    fn feed(&mut self, bytes: &[u8]) {
        self.inbox.extend(bytes);
        self.run();
    }

    fn take_output(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.outbox)
    }
}
