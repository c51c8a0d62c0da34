//! What may reach a client after the handshake: tickets (RFC 8446 section 4.6.1) and requests for its certificate
//! (section 4.6.2). KeyUpdate is the same for both sides, see `open`.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::authenticate::{credential_question, usable};
use crate::codec::Writer;
use crate::core::Core;
use crate::message::certificate::{CertificateRequest, signed_content, write_certificate, write_verify};
use crate::message::post::NewSessionTicket;
use crate::message::{self, Message};
use crate::open::TrafficKeys;
use crate::schedule::ResumptionSecret;
use crate::state::Wants;
use crate::transcript::Transcript;
use crate::{Answer, Credential, Error, ErrorKind, HandshakeType, Question, ReceivedTicket, Side, SignatureScheme};

/// "Servers MUST NOT use any value greater than 604800 seconds (7 days). [...] Clients MUST NOT cache tickets for longer
/// than 7 days, regardless of the ticket_lifetime".
const MAX_LIFETIME: u32 = 604_800;

/// A client after its Finished.
pub(crate) struct Post {
    resumption: ResumptionSecret,
    /// The transcript of the handshake, which each post-handshake authentication goes on from; none if we did not offer
    /// any.
    handshake: Option<Transcript>,
    /// Tickets that came before our Finished.
    early_tickets: VecDeque<NewSessionTicket>,
    stage: Stage,
}

/// What a client is doing after the handshake.
enum Stage {
    /// Its end, or that of an authentication, is to be told.
    Report,
    /// Nothing.
    Idle,
    /// The application gets a ticket.
    Ticket(NewSessionTicket),
    /// The application chooses a certificate.
    Credential {
        request: CertificateRequest,
        transcript: Transcript,
    },
    /// The application signs.
    Signature {
        scheme: SignatureScheme,
        response: Response,
    },
}

impl Post {
    pub(super) fn new(
        resumption: ResumptionSecret,
        handshake: Option<Transcript>,
        early_tickets: VecDeque<NewSessionTicket>,
    ) -> Self {
        Self {
            resumption,
            handshake,
            early_tickets,
            stage: Stage::Report,
        }
    }

    fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    pub(crate) fn wants(&self) -> Wants {
        match self.stage {
            Stage::Report => Wants::Report,
            Stage::Idle => Wants::Anything,
            Stage::Ticket(_) | Stage::Credential { .. } | Stage::Signature { .. } => Wants::Answer,
        }
    }

    /// A ticket that is being handed over is no handshake; an authentication is.
    pub(crate) fn is_handshaking(&self) -> bool {
        match self.stage {
            Stage::Report | Stage::Credential { .. } | Stage::Signature { .. } => true,
            Stage::Idle | Stage::Ticket(_) => false,
        }
    }

    pub(crate) fn reported(mut self) -> Self {
        let stage = self.at_rest();
        self.at(stage)
    }

    /// Nothing to do, unless there is a ticket that came early.
    fn at_rest(&mut self) -> Stage {
        self.early_tickets.pop_front().map_or(Stage::Idle, Stage::Ticket)
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match &self.stage {
            Stage::Ticket(ticket) => Ok(Question::ReceivedTicket(self.received(ticket))),
            Stage::Credential { request, .. } => Ok(credential_question(request, true)),
            Stage::Signature { scheme, response } => {
                let message = signed_content(Side::Client, &response.transcript.current());
                Ok(Question::Sign {
                    scheme: *scheme,
                    message,
                })
            }
            Stage::Report | Stage::Idle => Err(ErrorKind::Internal.into()),
        }
    }

    fn received(&self, ticket: &NewSessionTicket) -> ReceivedTicket {
        ReceivedTicket {
            ticket: ticket.ticket.clone(),
            secret: Zeroizing::new(self.resumption.psk(&ticket.nonce).as_bytes().to_vec()),
            lifetime: ticket.lifetime.min(MAX_LIFETIME),
            age_add: ticket.age_add,
            nonce: ticket.nonce.clone(),
            max_early_data: ticket.max_early_data,
        }
    }

    #[inline(never)]
    pub(crate) fn message(self, core: &mut Core, _keys: &mut TrafficKeys, message: Message) -> Result<Self, Error> {
        match message.kind() {
            HandshakeType::NEW_SESSION_TICKET => {
                let ticket = NewSessionTicket::parse(&message)?;
                Ok(self.at(Stage::Ticket(ticket)))
            }
            HandshakeType::CERTIFICATE_REQUEST => self.certificate_requested(core, &message),
            // Among them ServerHello's relatives: there is no renegotiation in TLS 1.3.
            _ => Err(ErrorKind::UnexpectedMessage.into()),
        }
    }

    /// "A client that receives a post-handshake CertificateRequest message without having sent the 'post_handshake_auth'
    /// extension MUST send an 'unexpected_message' fatal alert" (section 4.6.2).
    fn certificate_requested(self, core: &Core, message: &Message) -> Result<Self, Error> {
        let mut transcript = self.handshake.clone().ok_or(ErrorKind::UnexpectedMessage)?;
        let request = CertificateRequest::parse(message)?;
        if core.is_write_closed() {
            // After our close_notify nothing can be answered.
            return Ok(self);
        }
        transcript.add(message.raw());
        Ok(self.at(Stage::Credential { request, transcript }))
    }

    #[inline(never)]
    pub(crate) fn answer(mut self, core: &mut Core, keys: &mut TrafficKeys, answer: Answer) -> Result<Self, Error> {
        let stage = match (std::mem::replace(&mut self.stage, Stage::Idle), answer) {
            (Stage::Ticket(_), Answer::Proceed) => self.at_rest(),
            // Our close_notify has gone out meanwhile: there is nothing to be sent any more.
            (Stage::Credential { .. }, Answer::Credential(_)) if core.is_write_closed() => Stage::Idle,
            (Stage::Signature { .. }, Answer::Signature(_)) if core.is_write_closed() => Stage::Idle,
            (Stage::Credential { request, transcript }, Answer::Credential(credential)) => {
                let response = Response::new(&request, transcript, credential.as_ref())?;
                match credential {
                    None => response.finish(core, keys)?,
                    Some(credential) => Stage::Signature {
                        scheme: credential.scheme,
                        response,
                    },
                }
            }
            (Stage::Signature { scheme, mut response }, Answer::Signature(signature)) => {
                response.add(HandshakeType::CERTIFICATE_VERIFY, |w| {
                    write_verify(w, scheme, &signature)
                })?;
                core.facts.authentication.own_scheme = Some(scheme);
                response.finish(core, keys)?
            }
            _ => return Err(ErrorKind::WrongAnswer.into()),
        };
        Ok(self.at(stage))
    }
}

/// What answers a CertificateRequest. "All of the client's messages for a given response MUST appear consecutively on
/// the wire with no intervening messages of other types" (section 4.6.2), so they wait until the last is there.
struct Response {
    messages: Vec<Vec<u8>>,
    transcript: Transcript,
}

impl Response {
    /// "If it declines, it MUST send a Certificate message containing no certificates followed by Finished."
    fn new(
        request: &CertificateRequest,
        transcript: Transcript,
        credential: Option<&Credential>,
    ) -> Result<Self, Error> {
        let chain = match credential {
            Some(credential) => usable(request, credential)?,
            None => &[],
        };
        let mut response = Self {
            messages: Vec::new(),
            transcript,
        };
        response.add(HandshakeType::CERTIFICATE, |w| {
            write_certificate(w, &request.context, chain, None)
        })?;
        Ok(response)
    }

    fn add(&mut self, kind: HandshakeType, body: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
        let mut message = Vec::new();
        message::encode(&mut message, kind, body)?;
        self.transcript.add(&message);
        self.messages.push(message);
        Ok(())
    }

    /// Finished under client_application_traffic_secret_N (section 4.4); then all of it goes out.
    fn finish(mut self, core: &mut Core, keys: &TrafficKeys) -> Result<Stage, Error> {
        let verify_data = keys.write_secret().finished(&self.transcript.current());
        self.add(HandshakeType::FINISHED, |w| w.bytes(verify_data.as_bytes()))?;
        for message in &self.messages {
            core.send_encoded(message)?;
        }
        core.facts.finished.local = Some(verify_data);
        Ok(Stage::Report)
    }
}
