//! An established TLS 1.2 connection. Nothing happens in it but data: renegotiation is refused.

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::core::Core;
use crate::message::Message;
use crate::message::tls12::check_empty;
use crate::schedule::{HelloRandoms, MasterSecret};
use crate::state::Wants;
use crate::{AlertDescription, AlertLevel, Answer, Error, ErrorKind, HandshakeType, Question, ReceivedTicket, Side};

/// So many attempts to renegotiate may come without application data between them.
const MAX_RENEGOTIATIONS: u8 = 5;

/// The secrets of a connection whose Finished messages have both been verified.
pub(crate) struct Established {
    pub(crate) master: MasterSecret,
    pub(crate) randoms: HelloRandoms,
}

/// A ticket that came in the handshake, for the application to keep.
pub(crate) struct TicketIn {
    pub(crate) lifetime: u32,
    pub(crate) ticket: Bytes,
}

/// The state after the handshake.
pub(crate) struct Open12 {
    established: Established,
    stage: Stage,
    renegotiations: u8,
}

enum Stage {
    /// Client: the application gets the ticket.
    Ticket(TicketIn),
    /// The handshake's end is to be told.
    Report,
    Idle,
}

impl Open12 {
    /// A ticket is handed over only now: before Finished nobody knows who made it.
    pub(crate) fn new(established: Established, ticket: Option<TicketIn>) -> Self {
        Self {
            established,
            stage: ticket.map_or(Stage::Report, Stage::Ticket),
            renegotiations: 0,
        }
    }

    pub(crate) fn established(&self) -> &Established {
        &self.established
    }

    pub(crate) fn wants(&self) -> Wants {
        match self.stage {
            Stage::Ticket(_) => Wants::Answer,
            Stage::Report => Wants::Report,
            Stage::Idle => Wants::Anything,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        !matches!(self.stage, Stage::Idle)
    }

    pub(crate) fn reported(self) -> Self {
        Self {
            stage: Stage::Idle,
            ..self
        }
    }

    /// Application data passed: the peer may try once more.
    pub(crate) fn data_passed(&mut self) {
        self.renegotiations = 0;
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        let Stage::Ticket(ticket) = &self.stage else {
            return Err(ErrorKind::Internal.into());
        };
        Ok(Question::ReceivedTicket(ReceivedTicket {
            ticket: ticket.ticket.clone(),
            secret: Zeroizing::new(self.established.master.as_bytes().to_vec()),
            lifetime: ticket.lifetime,
            age_add: 0,
            nonce: Bytes::new(),
            max_early_data: 0,
        }))
    }

    #[inline(never)]
    pub(crate) fn answer(self, answer: Answer) -> Result<Self, Error> {
        match (&self.stage, answer) {
            (Stage::Ticket(_), Answer::Proceed) => Ok(Self {
                stage: Stage::Report,
                ..self
            }),
            _ => Err(ErrorKind::WrongAnswer.into()),
        }
    }

    /// Renegotiation is answered with the alert that was made for it, "always a warning" (RFC 5246 section 7.2.2). As with
    /// OpenSSL under SSL_OP_NO_RENEGOTIATION, the connection goes on if the peer lets it.
    #[inline(never)]
    pub(crate) fn message(mut self, core: &mut Core, message: &Message) -> Result<Self, Error> {
        match (core.side, message.kind()) {
            (Side::Client, HandshakeType::HELLO_REQUEST) => check_empty(message)?,
            (Side::Server, HandshakeType::CLIENT_HELLO) => {}
            _ => return Err(ErrorKind::UnexpectedMessage.into()),
        }
        self.renegotiations += 1;
        if self.renegotiations > MAX_RENEGOTIATIONS {
            return Err(ErrorKind::TooManyWarnings.into());
        }
        if !core.is_write_closed() {
            core.send_alert(AlertLevel::Warning, AlertDescription::NoRenegotiation)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        CipherSuite, ClientAuth, Connection, Credential, NamedGroup, NewTicket, ProtocolVersion, Settings,
        SignatureScheme, Step, TicketVerdict,
    };

    fn settings() -> Arc<Settings> {
        Arc::new(Settings {
            min_version: ProtocolVersion::TLS1_2,
            max_version: ProtocolVersion::TLS1_2,
            suites: vec![CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256],
            server_preference: false,
            prefer_sha256: false,
            groups: vec![NamedGroup::X25519],
            schemes: vec![SignatureScheme::ED25519],
            client_auth: ClientAuth::None,
            authorities: Vec::new(),
            post_handshake_auth: false,
            protocols: Bytes::new(),
            server_name: None,
            middlebox_compat: false,
            tickets: true,
            num_tickets: 1,
            allow_psk_ke: false,
            tls12: Default::default(),
            asks_for_psk: false,
            ticket_request: None,
            honour_ticket_requests: true,
            max_send_fragment: 16384,
            record_padding: 0,
            max_certificate_len: 1000,
            request_ocsp: false,
            observe: false,
            key_log: false,
        })
    }

    /// A trusting application.
    fn answer(question: Question) -> Answer {
        match question {
            Question::OpenTicket { .. } => Answer::Ticket(TicketVerdict::Skip { renew: true }),
            Question::ServerName { .. } => Answer::ServerName {
                acknowledge: false,
                settings: None,
            },
            Question::Credential(_) => Answer::Credential(Some(Credential {
                chain: [Bytes::from_static(b"a certificate")].into(),
                scheme: SignatureScheme::ED25519,
                ocsp_response: None,
            })),
            Question::Sign { .. } => Answer::Signature(vec![0; 64]),
            Question::VerifyChain { .. } | Question::VerifySignature { .. } => Answer::Verdict(Ok(())),
            Question::MakeTicket(_) => Answer::NewTicket(NewTicket::Decline),
            _ => Answer::Proceed,
        }
    }

    fn run(end: &mut Connection, mut wire: &[u8]) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        loop {
            match end.step()? {
                Step::Write => {}
                Step::Read if wire.is_empty() => return Ok(out),
                Step::Read => {
                    let room = end.input_buffer();
                    let n = room.len().min(wire.len());
                    room[..n].copy_from_slice(&wire[..n]);
                    end.received(n);
                    wire = &wire[n..];
                }
                Step::Ask(question) => end.answer(answer(question))?,
                Step::Data => end.consume_plaintext(usize::MAX),
                Step::HandshakeDone => {}
                Step::Closed => return Ok(out),
            }
            out.extend_from_slice(end.output());
            end.output_written(usize::MAX);
        }
    }

    fn connected() -> [Connection; 2] {
        connect(&settings(), |_| {})
    }

    /// `change` is applied to the ClientHello, and the client believes that it was so from the first.
    fn connect(settings: &Arc<Settings>, change: impl Fn(&mut Vec<u8>)) -> [Connection; 2] {
        let mut client = Connection::client(settings.clone(), Vec::new());
        let mut server = Connection::server(settings.clone());
        assert!(matches!(client.step(), Ok(Step::Write)), "the ClientHello");
        change(client.first_hello().unwrap());
        let mut to_client = Vec::new();
        let mut is_first = true;
        loop {
            let mut to_server = run(&mut client, &to_client).unwrap();
            if std::mem::take(&mut is_first) {
                change(&mut to_server);
            }
            to_client = run(&mut server, &to_server).unwrap();
            if to_client.is_empty() {
                break;
            }
        }
        assert!(!client.is_handshaking() && !server.is_handshaking());
        [client, server]
    }

    #[test]
    fn renegotiation_is_declined_and_the_connection_goes_on() {
        for (asked, kind) in [(0, HandshakeType::HELLO_REQUEST), (1, HandshakeType::CLIENT_HELLO)] {
            let mut ends = connected();
            for round in 1..=MAX_RENEGOTIATIONS + 1 {
                ends[1 - asked].say(kind, &[]);
                let wire = run(&mut ends[1 - asked], &[]).unwrap();
                let reply = run(&mut ends[asked], &wire);
                if round > MAX_RENEGOTIATIONS {
                    assert_eq!(reply.unwrap_err().kind(), ErrorKind::TooManyWarnings);
                    break;
                }
                run(&mut ends[1 - asked], &reply.unwrap()).unwrap();
                let warning = (AlertLevel::Warning, AlertDescription::NoRenegotiation);
                assert_eq!(ends[1 - asked].alert_received(), Some(warning));
            }
        }
    }

    #[test]
    fn master_secrets_need_not_be_extended() {
        let [mut client, mut server] = connect(&settings(), |hello| {
            let at = hello.windows(4).position(|w| w == [0, 23, 0, 0]).unwrap();
            hello[at] = 0x7a;
        });
        for end in [&client, &server] {
            assert!(!end.extended_master_secret());
        }
        assert_eq!(client.master_secret(), server.master_secret());
        client.write(b"data").unwrap();
        let wire = client.output().to_vec();
        run(&mut server, &wire).unwrap();
    }

    #[test]
    fn observers_see_every_message() {
        let mut settings = Settings::clone(&settings());
        settings.observe = true;
        for mut end in connect(&Arc::new(settings), |_| {}) {
            let kinds: Vec<_> = end
                .take_events()
                .into_iter()
                .filter_map(|event| match event {
                    crate::Event::Message { bytes, .. } => Some(bytes[0]),
                    _ => None,
                })
                .collect();
            // From ClientHello to Finished, change_cipher_spec (1) and the (empty) ticket among them.
            assert_eq!(kinds, [1, 2, 11, 12, 14, 16, 1, 20, 4, 1, 20]);
        }
    }

    #[test]
    fn nothing_else_may_come() {
        for kind in [
            HandshakeType::SERVER_HELLO,
            HandshakeType::NEW_SESSION_TICKET,
            HandshakeType::KEY_UPDATE,
            HandshakeType::FINISHED,
            HandshakeType::CERTIFICATE_REQUEST,
        ] {
            for asked in [0, 1] {
                let mut ends = connected();
                ends[1 - asked].say(kind, &[0]);
                let wire = run(&mut ends[1 - asked], &[]).unwrap();
                let error = run(&mut ends[asked], &wire).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnexpectedMessage);
            }
        }
    }

    #[test]
    fn sequence_numbers_do_not_wrap() {
        let [mut client, _] = connected();
        client.set_write_sequence(u64::MAX);
        assert_eq!(client.write(b"x").unwrap_err().kind(), ErrorKind::Internal);
    }
}
