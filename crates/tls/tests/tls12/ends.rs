//! The ends of a connection in memory.

use std::io::{Read, Write};
use std::sync::Arc;

use carnet_tls::{Connection, Error, Offer, Settings, Step};

use crate::app::App;

/// Something that takes and gives wire bytes.
pub trait End {
    fn feed(&mut self, bytes: &[u8]);
    fn take_output(&mut self) -> Vec<u8>;
}

/// Until both are silent; `change` may tamper with what passes (`true`: from `a`).
pub fn exchange_through(a: &mut dyn End, b: &mut dyn End, change: &mut dyn FnMut(bool, Vec<u8>) -> Vec<u8>) {
    a.feed(&[]);
    loop {
        let from_a = change(true, a.take_output());
        b.feed(&from_a);
        let from_b = change(false, b.take_output());
        if from_a.is_empty() && from_b.is_empty() {
            return;
        }
        a.feed(&from_b);
    }
}

pub fn exchange(a: &mut dyn End, b: &mut dyn End) {
    exchange_through(a, b, &mut |_, bytes| bytes);
}

pub struct Ours {
    pub connection: Connection,
    pub app: App,
    pub received: Vec<u8>,
    pub done: usize,
    pub error: Option<Error>,
    out: Vec<u8>,
}

impl Ours {
    pub fn client(settings: &Arc<Settings>, offers: Vec<Offer>, app: App) -> Self {
        Self::new(Connection::client(settings.clone(), offers), app)
    }

    pub fn server(settings: &Arc<Settings>, app: App) -> Self {
        Self::new(Connection::server(settings.clone()), app)
    }

    fn new(connection: Connection, app: App) -> Self {
        Self {
            connection,
            app,
            received: Vec::new(),
            done: 0,
            error: None,
            out: Vec::new(),
        }
    }

    pub fn send(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let n = self.connection.write(data).unwrap();
            assert!(n > 0);
            data = &data[n..];
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.out.extend_from_slice(self.connection.output());
        let n = self.connection.output().len();
        self.connection.output_written(n);
    }

    fn run(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        loop {
            match self.connection.step()? {
                Step::Read => {
                    self.flush();
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    let room = self.connection.input_buffer();
                    let n = room.len().min(bytes.len());
                    room[..n].copy_from_slice(&bytes[..n]);
                    self.connection.received(n);
                    bytes = &bytes[n..];
                }
                Step::Write => self.flush(),
                Step::Ask(question) => {
                    let answer = self.app.answer(&self.connection, question);
                    self.connection.answer(answer)?;
                }
                Step::Data => {
                    self.received.extend_from_slice(self.connection.plaintext());
                    let n = self.connection.plaintext().len();
                    self.connection.consume_plaintext(n);
                }
                Step::HandshakeDone => self.done += 1,
                Step::Closed => return Ok(()),
            }
        }
    }
}

impl End for Ours {
    fn feed(&mut self, bytes: &[u8]) {
        if let Err(error) = self.run(bytes) {
            self.error.get_or_insert(error);
        }
        self.flush();
    }

    fn take_output(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.out)
    }
}

pub struct Theirs {
    pub connection: rustls::Connection,
    pub received: Vec<u8>,
    pub error: Option<rustls::Error>,
}

impl Theirs {
    pub fn new(connection: impl Into<rustls::Connection>) -> Self {
        Self {
            connection: connection.into(),
            received: Vec::new(),
            error: None,
        }
    }

    pub fn send(&mut self, data: &[u8]) {
        self.connection.writer().write_all(data).unwrap();
    }
}

impl End for Theirs {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.error.is_none() {
            self.connection.read_tls(&mut bytes).unwrap();
            match self.connection.process_new_packets() {
                Ok(state) => {
                    let mut data = vec![0; state.plaintext_bytes_to_read()];
                    self.connection.reader().read_exact(&mut data).unwrap();
                    self.received.append(&mut data);
                }
                Err(error) => self.error = Some(error),
            }
        }
    }

    fn take_output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut output).unwrap();
        }
        output
    }
}

/// Data both ways between our ends.
#[track_caller]
pub fn talk(client: &mut Ours, server: &mut Ours) {
    assert_eq!((client.error, server.error), (None, None));
    assert_eq!((client.done, server.done), (1, 1));
    let long = vec![b'x'; 40_000];
    client.send(&long);
    server.send(b"pong");
    exchange(client, server);
    assert_eq!((client.error, server.error), (None, None));
    assert_eq!(server.received, long);
    assert_eq!(client.received, b"pong");
}

/// Data both ways between ours and theirs.
#[track_caller]
pub fn talk_to_them(ours: &mut Ours, theirs: &mut Theirs) {
    assert_eq!((ours.error, &theirs.error), (None, &None));
    let long = vec![b'x'; 40_000];
    ours.send(&long);
    theirs.send(b"pong");
    exchange(ours, theirs);
    assert_eq!((ours.error, &theirs.error), (None, &None));
    assert_eq!(ours.done, 1);
    assert_eq!(theirs.received, long);
    assert_eq!(ours.received, b"pong");
}
