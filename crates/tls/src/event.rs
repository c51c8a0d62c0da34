//! What an observer sees: messages, records, states, alerts, key-log lines.

use std::fmt;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::{AlertDescription, AlertLevel, ContentType, HandshakeType, Settings};

/// Something that happened, for traces. Collected only when [`Settings::observe`] or [`Settings::key_log`] is set.
#[derive(Clone)]
#[non_exhaustive]
pub enum Event {
    /// A record passed; its header. Comes before what was in it. (While observed, every message has a record of its
    /// own.)
    RecordHeader {
        /// Sent or received?
        sent: bool,
        /// The five bytes on the wire.
        header: [u8; 5],
    },
    /// What a protected record turned out to hold.
    InnerContentType {
        /// Sent or received?
        sent: bool,
        /// The content type inside.
        content_type: ContentType,
    },
    /// A message: a whole handshake message with its header, an alert's two bytes, or change_cipher_spec's one.
    Message {
        /// Sent or received?
        sent: bool,
        /// Handshake, alert or change_cipher_spec.
        content_type: ContentType,
        /// The connection's version, or 0x0304 as long as there is none.
        version: u16,
        /// The message.
        bytes: Bytes,
    },
    /// The handshake has got so far.
    State(StateName),
    /// An alert.
    Alert {
        /// Sent or received?
        sent: bool,
        /// Its legacy level.
        level: AlertLevel,
        /// What it says.
        description: AlertDescription,
    },
    /// A line for an NSS key log: `label client_random secret`, the last two in hex.
    KeyLog {
        /// Which secret.
        label: &'static str,
        /// ClientHello.random.
        client_random: [u8; 32],
        /// The secret.
        secret: Zeroizing<Vec<u8>>,
    },
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordHeader { sent, header } => write!(f, "RecordHeader {{ sent: {sent}, {header:02x?} }}"),
            Self::InnerContentType { sent, content_type } => {
                write!(f, "InnerContentType {{ sent: {sent}, {content_type:?} }}")
            }
            Self::Message {
                sent,
                content_type,
                bytes,
                ..
            } => {
                write!(f, "Message {{ sent: {sent}, {content_type:?}, {} bytes }}", bytes.len())
            }
            Self::State(name) => write!(f, "State({name:?})"),
            Self::Alert {
                sent,
                level,
                description,
            } => write!(f, "Alert {{ sent: {sent}, {level:?}, {description} }}"),
            Self::KeyLog { label, .. } => write!(f, "KeyLog({label})"),
        }
    }
}

/// How far a connection has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateName {
    /// Nothing has happened.
    Before,
    /// This message has been received.
    Read(HandshakeType),
    /// This message has been produced.
    Wrote(HandshakeType),
    /// change_cipher_spec has been received (TLS 1.2 only: the dummy of TLS 1.3 is dropped).
    ReadChangeCipherSpec,
    /// change_cipher_spec, or the dummy of TLS 1.3, has been produced.
    WroteChangeCipherSpec,
    /// Server: its first flight is out; the client's second is awaited, or early data.
    EarlyData,
    /// Client: the server's flight is in; the end of early data is awaited.
    PendingEarlyDataEnd,
    /// The handshake is done.
    Established,
    /// The connection failed.
    Failed,
}

/// Collects events, if anybody wants them.
#[derive(Debug, Default)]
pub(crate) struct Events {
    observe: bool,
    key_log: bool,
    list: Vec<Event>,
}

impl Events {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            observe: settings.observe,
            key_log: settings.key_log,
            list: Vec::new(),
        }
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.observe
    }

    /// Other wishes, when the settings have changed.
    pub(crate) fn configure(&mut self, settings: &Settings) {
        self.observe = settings.observe;
        self.key_log = settings.key_log;
    }

    pub(crate) fn push(&mut self, event: impl FnOnce() -> Event) {
        if self.observe {
            self.list.push(event());
        }
    }

    pub(crate) fn push_key(&mut self, event: impl FnOnce() -> Event) {
        if self.key_log {
            self.list.push(event());
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.list)
    }
}
