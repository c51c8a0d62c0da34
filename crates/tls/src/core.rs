//! What all states of a connection share: settings, record layer, facts, events.

use std::sync::Arc;

use bytes::Bytes;
use carnet_ticket::Session;
use zeroize::Zeroizing;

use crate::codec::Writer;
use crate::early::EarlyData;
use crate::event::Events;
use crate::facts::Facts;
use crate::message::{self, Message};
use crate::record::{Inbound, Incoming, Outbound, RecordKey};
use crate::schedule::TrafficSecret;
use crate::transcript::Transcript;
use crate::{
    AlertDescription, AlertLevel, ContentType, Error, ErrorKind, Event, HandshakeType, Settings, Side, StateName,
};

/// So many warning alerts may come in a row.
const MAX_WARNINGS: u8 = 5;

/// What [`Core::receive`] found.
pub(crate) enum Received {
    Message(Message),
    Data,
    /// TLS 1.2 only.
    ChangeCipherSpec,
    Closed,
    NeedInput,
}

/// The shared part of a connection. States get it by reference.
pub(crate) struct Core {
    pub(crate) side: Side,
    pub(crate) settings: Arc<Settings>,
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
    pub(crate) facts: Facts,
    pub(crate) early: EarlyData,
    pub(crate) events: Events,
    /// The message received last, as long as not everything that it caused has been asked.
    reading: Option<HandshakeType>,
    /// Nothing has been received since we last sent.
    turn_begins: bool,
    /// Alerts may be mere warnings: TLS 1.2 has been, or may still be, negotiated.
    takes_warnings: bool,
    warnings: u8,
    /// TLS 1.2: HelloRequests during the handshake.
    hello_requests: u8,
    /// TLS 1.2: the session id that the application wants for a new session.
    pub(crate) new_session_id: Option<Vec<u8>>,
    /// Client: see [`Connection::refuse_resumption`](crate::Connection::refuse_resumption).
    pub(crate) refuses_resumption: bool,
    sent_close: bool,
}

impl Core {
    pub(crate) fn new(side: Side, settings: Arc<Settings>) -> Self {
        Self {
            side,
            inbound: Inbound::new(),
            outbound: Outbound::new(settings.max_send_fragment, settings.record_padding),
            facts: Facts::default(),
            early: EarlyData::default(),
            events: Events::new(&settings),
            settings,
            reading: None,
            turn_begins: true,
            takes_warnings: false,
            warnings: 0,
            hello_requests: 0,
            new_session_id: None,
            refuses_resumption: false,
            sent_close: false,
        }
    }

    /// Goes on with other settings.
    pub(crate) fn switch_settings(&mut self, settings: Arc<Settings>) {
        self.outbound
            .set_limits(settings.max_send_fragment, settings.record_padding);
        self.events.configure(&settings);
        self.settings = settings;
    }

    // ---- sending

    /// Adds a handshake message to the flight and to the transcript. It is put into a record, together with its
    /// neighbours, when the key changes or the flight ends.
    pub(crate) fn send(
        &mut self,
        transcript: &mut Transcript,
        kind: HandshakeType,
        body: impl FnOnce(&mut Writer<'_>),
    ) -> Result<(), Error> {
        let at = self.outbound.flight().len();
        message::encode(self.outbound.flight(), kind, body)?;
        transcript.add(self.outbound.flight().get(at..).unwrap_or_default());
        self.sent(kind, at)
    }

    /// As [`Self::send`], for messages that belong to no transcript.
    pub(crate) fn send_untranscribed(
        &mut self,
        kind: HandshakeType,
        body: impl FnOnce(&mut Writer<'_>),
    ) -> Result<(), Error> {
        let flight = self.outbound.flight();
        let at = flight.len();
        message::encode(flight, kind, body)?;
        self.sent(kind, at)
    }

    /// Adds a message that is already encoded, header and all, and that the caller puts into the transcript.
    pub(crate) fn send_encoded(&mut self, message: &[u8]) -> Result<(), Error> {
        let flight = self.outbound.flight();
        let at = flight.len();
        flight.extend_from_slice(message);
        self.sent(HandshakeType(message.first().copied().unwrap_or_default()), at)
    }

    fn sent(&mut self, kind: HandshakeType, at: usize) -> Result<(), Error> {
        self.finish_reading();
        self.turn_begins = true;
        if self.events.is_observed() {
            // An observer expects to see each message in a record of its own.
            let bytes = Bytes::copy_from_slice(self.outbound.flight().get(at..).unwrap_or_default());
            self.outbound.seal_flight(&mut self.events)?;
            self.trace_message(true, ContentType::HANDSHAKE, &bytes);
        }
        self.enter(StateName::Wrote(kind));
        Ok(())
    }

    /// change_cipher_spec: of TLS 1.2, or the dummy of middlebox compatibility mode.
    pub(crate) fn send_change_cipher_spec(&mut self) -> Result<(), Error> {
        self.outbound.change_cipher_spec(&mut self.events)?;
        self.trace_message(true, ContentType::CHANGE_CIPHER_SPEC, &[1]);
        self.enter(StateName::WroteChangeCipherSpec);
        Ok(())
    }

    /// Protects what is sent from now on.
    pub(crate) fn set_write_key(&mut self, key: RecordKey) -> Result<(), Error> {
        self.outbound.set_key(key, &mut self.events)
    }

    /// Expects what arrives from now on to be protected.
    pub(crate) fn set_read_key(&mut self, key: RecordKey) -> Result<(), Error> {
        self.inbound.set_key(key)
    }

    pub(crate) fn send_alert(&mut self, level: AlertLevel, description: AlertDescription) -> Result<(), Error> {
        self.outbound
            .alert(level.code(), description.code(), &mut self.events)?;
        self.trace_message(true, ContentType::ALERT, &[level.code(), description.code()]);
        self.events.push(|| Event::Alert {
            sent: true,
            level,
            description,
        });
        Ok(())
    }

    /// "Each party MUST send a 'close_notify' alert before closing its write side of the connection" (section 6.1).
    pub(crate) fn close_notify(&mut self) {
        if !self.sent_close {
            self.sent_close = true;
            // Sealing fails only when the sequence numbers are used up, and then nothing can be said any more.
            let _ = self.send_alert(AlertLevel::Warning, AlertDescription::CloseNotify);
        }
    }

    /// Has close_notify been sent, so that nothing may follow?
    pub(crate) fn is_write_closed(&self) -> bool {
        self.sent_close
    }

    /// Client: the server has accepted this session.
    pub(crate) fn resume(&mut self, session: Arc<Session>) -> Result<(), Error> {
        if self.refuses_resumption {
            return Err(ErrorKind::ForeignSession.into());
        }
        self.facts.resumed = Some(session);
        Ok(())
    }

    // ---- receiving

    /// The next message, or whatever else arrived. Deals with alerts.
    pub(crate) fn receive(&mut self) -> Result<Received, Error> {
        if self.facts.heard.closed {
            return Ok(Received::Closed);
        }
        loop {
            match self.inbound.next(&mut self.events, self.settings.max_certificate_len)? {
                Incoming::Message(message) => {
                    self.warnings = 0;
                    self.facts.heard.messages += 1;
                    if std::mem::take(&mut self.turn_begins) {
                        self.enter(self.facts.state);
                    }
                    self.trace_message(false, ContentType::HANDSHAKE, message.raw());
                    self.reading = Some(message.kind());
                    return Ok(Received::Message(message));
                }
                Incoming::Data => {
                    self.warnings = 0;
                    return Ok(Received::Data);
                }
                Incoming::ChangeCipherSpec => {
                    self.trace_message(false, ContentType::CHANGE_CIPHER_SPEC, &[1]);
                    return Ok(Received::ChangeCipherSpec);
                }
                Incoming::NeedInput => return Ok(Received::NeedInput),
                Incoming::Alert(level, description) => {
                    self.alert(level, description)?;
                    if self.facts.heard.closed {
                        return Ok(Received::Closed);
                    }
                }
            }
        }
    }

    /// "All the alerts listed in Section 6.2 MUST be sent with AlertLevel=fatal and MUST be treated as error alerts when
    /// received regardless of the AlertLevel in the message. Unknown Alert types MUST be treated as error alerts."
    fn alert(&mut self, level: AlertLevel, description: AlertDescription) -> Result<(), Error> {
        self.facts.heard.alert = Some((level, description));
        self.facts.heard.messages += 1;
        self.trace_message(false, ContentType::ALERT, &[level.code(), description.code()]);
        self.events.push(|| Event::Alert {
            sent: false,
            level,
            description,
        });
        match description {
            AlertDescription::CloseNotify => {
                self.facts.heard.closed = true;
                Ok(())
            }
            // "This alert notifies the recipient that the sender is canceling the handshake for some reason unrelated to
            // a protocol failure": what it means for us, its close_notify will say.
            AlertDescription::UserCanceled => self.count_warning(),
            // TLS 1.2: "If an alert with a level of warning is sent and received, generally the connection can continue
            // normally" (RFC 5246 section 7.2.2).
            _ if self.takes_warnings && level == AlertLevel::Warning => self.count_warning(),
            _ => Err(ErrorKind::AlertReceived(description).into()),
        }
    }

    /// One more thing in a row that means nothing.
    pub(crate) fn count_warning(&mut self) -> Result<(), Error> {
        self.warnings += 1;
        if self.warnings > MAX_WARNINGS {
            Err(ErrorKind::TooManyWarnings.into())
        } else {
            Ok(())
        }
    }

    /// "This message will be ignored by the client if the client is currently negotiating a session" (RFC 5246 section
    /// 7.4.1.1). Some of them, at least.
    pub(crate) fn count_hello_request(&mut self) -> Result<(), Error> {
        self.hello_requests += 1;
        if self.hello_requests > MAX_WARNINGS {
            Err(ErrorKind::TooManyWarnings.into())
        } else {
            Ok(())
        }
    }

    /// May alerts be mere warnings? Not in TLS 1.3.
    pub(crate) fn take_warnings(&mut self, yes: bool) {
        self.takes_warnings = yes;
    }

    /// TLS 1.2 has been negotiated.
    pub(crate) fn turn_to_tls12(&mut self) {
        self.facts.version = Some(crate::ProtocolVersion::TLS1_2);
        self.takes_warnings = true;
        self.inbound.tolerate_ccs(false);
        self.inbound.turn_to_tls12();
    }

    // ---- traces

    /// All that the message received last caused has been asked and answered: only now it counts as read.
    pub(crate) fn finish_reading(&mut self) {
        if let Some(kind) = self.reading.take() {
            self.enter(StateName::Read(kind));
        }
    }

    pub(crate) fn enter(&mut self, name: StateName) {
        self.facts.state = name;
        self.events.push(|| Event::State(name));
    }

    fn trace_message(&mut self, sent: bool, content_type: ContentType, bytes: &[u8]) {
        let version = self.facts.trace_version();
        self.events.push(|| Event::Message {
            sent,
            content_type,
            version,
            bytes: Bytes::copy_from_slice(bytes),
        });
    }

    pub(crate) fn log_key(&mut self, label: &'static str, secret: &TrafficSecret) {
        self.log_secret(label, secret.as_bytes());
    }

    pub(crate) fn log_secret(&mut self, label: &'static str, secret: &[u8]) {
        let client_random = self.facts.randoms.client;
        let secret = || Zeroizing::new(secret.to_vec());
        self.events.push_key(|| Event::KeyLog {
            label,
            client_random,
            secret: secret(),
        });
    }
}
