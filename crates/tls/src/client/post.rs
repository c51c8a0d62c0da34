//! What may reach a client after the handshake: tickets (RFC 8446 section 4.6.1) and requests for its certificate
//! (section 4.6.2). KeyUpdate is the same for both sides, see `open`.

use zeroize::Zeroizing;

use super::authenticate::{credential_question, usable};
use crate::core::Core;
use crate::message::Message;
use crate::message::certificate::{CertificateRequest, signed_content, write_certificate, write_verify};
use crate::message::post::NewSessionTicket;
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
        transcript: Transcript,
    },
}

impl Post {
    pub(super) fn new(resumption: ResumptionSecret, handshake: Option<Transcript>) -> Self {
        Self {
            resumption,
            handshake,
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

    pub(crate) fn reported(self) -> Self {
        self.at(Stage::Idle)
    }

    pub(crate) fn question(&self) -> Result<Question, Error> {
        match &self.stage {
            Stage::Ticket(ticket) => Ok(Question::ReceivedTicket(self.received(ticket))),
            Stage::Credential { request, .. } => Ok(credential_question(request, true)),
            Stage::Signature { scheme, transcript } => {
                let message = signed_content(Side::Client, &transcript.current());
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

    pub(crate) fn answer(mut self, core: &mut Core, keys: &mut TrafficKeys, answer: Answer) -> Result<Self, Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Idle);
        let stage = match (stage, answer) {
            (Stage::Ticket(_), Answer::Proceed) => Stage::Idle,
            (Stage::Credential { request, transcript }, Answer::Credential(credential)) => {
                present(core, keys, &request, transcript, credential)?
            }
            (Stage::Signature { scheme, mut transcript }, Answer::Signature(signature)) => {
                core.send(&mut transcript, HandshakeType::CERTIFICATE_VERIFY, |w| {
                    write_verify(w, scheme, &signature);
                })?;
                core.facts.authentication.own_scheme = Some(scheme);
                finish(core, keys, transcript)?
            }
            _ => return Err(ErrorKind::WrongAnswer.into()),
        };
        Ok(self.at(stage))
    }
}

/// "All of the client's messages for a given response MUST appear consecutively on the wire with no intervening
/// messages of other types" (section 4.6.2): they wait in the flight until the last is there.
fn present(
    core: &mut Core,
    keys: &TrafficKeys,
    request: &CertificateRequest,
    mut transcript: Transcript,
    credential: Option<Credential>,
) -> Result<Stage, Error> {
    let chain = credential.as_ref().map_or(&[][..], |credential| &credential.chain);
    if let Some(credential) = &credential {
        usable(request, credential)?;
    }
    // "A client that declines to authenticate [...] MUST respond with [...] an empty Certificate message [...] followed
    // by Finished."
    core.send(&mut transcript, HandshakeType::CERTIFICATE, |w| {
        write_certificate(w, &request.context, chain, None)
    })?;
    match credential {
        Some(credential) => Ok(Stage::Signature {
            scheme: credential.scheme,
            transcript,
        }),
        None => finish(core, keys, transcript),
    }
}

/// Finished under client_application_traffic_secret_N (section 4.4).
fn finish(core: &mut Core, keys: &TrafficKeys, mut transcript: Transcript) -> Result<Stage, Error> {
    let verify_data = keys.write_secret().finished(&transcript.current());
    core.send(&mut transcript, HandshakeType::FINISHED, |w| {
        w.bytes(verify_data.as_bytes())
    })?;
    core.facts.finished_local = Some(verify_data);
    Ok(Stage::Report)
}
